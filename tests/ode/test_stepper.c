/* A stepper from outside the table, of the kinds that the table does not have:
 * without dense output, with memory of its own, choosing its own steps. The
 * driver must carry it as it is. */
#include "tests/check.h"

#include "ode/control.h"
#include "ode/stepper.h"

#include <stdlib.h>

typedef struct own {
  double promised; /* what the next step may be at most; 0: anything */
} own;

typedef struct lab {
  int opened, closed, begun, refuse;
  bool modest;   /* leaves the choice of h to the driver */
  int overflows; /* errors of attempts to come that are infinite */
  double t[64], y[64], event_t;
  size_t n;
} lab;

static es_status heun_open(es_step *s, es_diag *diag) {
  lab *l = s->context;
  l->opened++;
  if (l->refuse) return es_fail(diag, ES_NO_MEMORY, "no memory for history");
  s->own = calloc(1, sizeof(own));
  assert_non_null(s->own);
  return ES_OK;
}

static void heun_close(es_step *s) {
  ((lab *)s->context)->closed++;
  free(s->own);
}

static void heun_begin(es_step *s) {
  ((lab *)s->context)->begun++;
  ((own *)s->own)->promised = 0;
}

static size_t heun_doubles(size_t stride) { return stride; }

/* y + h (k1 + k2)/2; the error is the distance to Euler's step. */
static es_status heun_attempt(es_step *s) {
  double *k2 = s->work;
  for (size_t i = 0; i < s->n; i++) s->y_new[i] = s->y[i] + s->h * s->f[i];
  es_status status = es_step_rhs(s, s->t_new, s->y_new, k2);
  if (status != ES_OK) return status;
  for (size_t i = 0; i < s->n; i++) {
    s->y_new[i] = s->y[i] + s->h / 2 * (s->f[i] + k2[i]);
    k2[i] = s->h / 2 * (k2[i] - s->f[i]);
  }
  s->error = es_step_norm(s, k2, s->y, s->y);
  lab *l = s->context;
  if (l->overflows-- > 0) s->error = INFINITY;
  own *o = s->own;
  if (o->promised > 0) assert_true(s->h <= o->promised * (1 + 1e-9));
  if (l->modest)
    s->h_next = 0;
  else
    s->h_next = o->promised =
        fmax(1e-6, s->h * fmin(3, .4 / sqrt(s->error + 1e-20)));
  return es_step_rhs(s, s->t_new, s->y_new, s->f_new);
}

static const es_stepper heun = {
    .name = "heun",
    .summary = "a stepper of this test",
    .order = 2,
    .error_order = 1,
    .stages = 2,
    .doubles = heun_doubles,
    .open = heun_open,
    .close = heun_close,
    .begin = heun_begin,
    .attempt = heun_attempt,
};

static es_status decay(double t, const double *y, double *dydt, void *context) {
  (void)t, (void)context;
  dydt[0] = -y[0];
  return ES_OK;
}

static void half(double t, const double *y, double *g, void *context) {
  (void)t, (void)context;
  g[0] = y[0] - .5;
}

static bool keep(size_t event, int direction, double t, const double *y,
                 void *context) {
  (void)event, (void)direction;
  assert_close(y[0], .5, 1e-14, 0);
  ((lab *)context)->event_t = t;
  return false;
}

static es_status note(size_t index, double t, const double *y, void *context) {
  lab *l = context;
  assert_int_equal(index, l->n);
  l->t[l->n] = t;
  l->y[l->n++] = y[0];
  return ES_OK;
}

static es_status make(es_ode **ode, lab *l, es_diag *diag) {
  const es_ode_system system = {.n = 1,
                                .rhs = decay,
                                .n_events = 1,
                                .events = half,
                                .on_event = keep,
                                .context = l};
  es_ode_options o;
  es_ode_options_default(&o);
  o.rtol = 1e-8;
  return es_ode_open(ode, &heun, &system, &o, diag);
}

/* Outputs are stepped onto; the error of some 1/sqrt(rtol) steps of error
 * rtol^(3/2) or, for the estimate is of order 1, of rtol each, is below 1e-6;
 * the event lies on the cubic between two steps, as exact as these. */
static void a_foreign_stepper(void **state) {
  (void)state;
  lab l = {0};
  es_ode *ode;
  es_diag diag = {0};
  const double times[4] = {.1, .1, .3, 2};
  double y = 1, t;
  assert_ok(make(&ode, &l, &diag), diag);
  for (int i = 0; i < 2; i++) {
    y = 1;
    l.n = 0;
    assert_ok(es_ode_solve(ode, 0, &y, times, 4, note, &t, &diag), diag);
  }
  for (size_t i = 0; i < 4; i++) {
    assert_close(l.t[i], times[i], 0, 0);
    assert_close(l.y[i], exp(-times[i]), 1e-6, 0);
  }
  assert_close(t, 2, 0, 0);
  assert_close(l.event_t, log(2), 1e-6, 0);
  /* Its own choice of h was followed: .4 of sqrt(2 rtol y/y''). */
  assert_in_range(es_ode_stats(ode).steps, 2 / 5.7e-5, 2 / 5e-5);
  es_ode_free(ode);
  assert_int_equal(l.opened, 1);
  assert_int_equal(l.begun, 2);
  assert_int_equal(l.closed, 1);
}

/* Steps are cut to hit 200 outputs, in pairs 1e-9 apart; the h of before is
 * taken up again after each, so that an output costs two steps and no climb
 * from 1e-9. The driver's h is .9 of the largest that passes, sqrt(2 rtol). */
static void cut_steps_do_not_slow_down(void **state) {
  (void)state;
  lab l = {.modest = true};
  es_ode *ode;
  es_diag diag = {0};
  double y = 1, times[200];
  for (int i = 0; i < 200; i++) times[i] = (i / 2 + 1) * .02 + i % 2 * 1e-9;
  assert_ok(make(&ode, &l, &diag), diag);
  assert_ok(es_ode_solve(ode, 0, &y, times, 200, NULL, NULL, &diag), diag);
  assert_in_range(es_ode_stats(ode).steps, 2 / 1.5e-4, 2 / 1.2e-4 + 400);
  es_ode_free(ode);
}

/* An error that is infinite asks for a shorter step as one that is not a number
 * does; where none is short enough the solve says which it was. */
static void errors_that_overflow(void **state) {
  (void)state;
  for (int i = 0; i < 2; i++) {
    lab l = {.modest = true, .overflows = i == 0 ? 3 : 1000};
    es_ode *ode;
    es_diag diag = {0};
    const double end = 1;
    double y = 1, t;
    assert_ok(make(&ode, &l, &diag), diag);
    const es_status status = es_ode_solve(ode, 0, &y, &end, 1, NULL, &t, &diag);
    assert_status(status, i == 0 ? ES_OK : ES_NOT_FINITE);
    assert_close(t, i == 0 ? 1 : 0, 0, 0);
    assert_close(y, exp(-t), 1e-6, 0);
    if (i == 0) assert_int_equal(es_ode_stats(ode).rejected, 3);
    es_ode_free(ode);
  }
}

/* The error of a step is its worst component's, wherever that stands; what is
 * not a number is worse than all, also where sound components follow. */
static void the_worst_component_counts(void **state) {
  (void)state;
  const double y[3] = {1, 1, 1}, atol[3] = {1, 1, 1};
  const es_step s = {.n = 3, .atol = atol};
  for (int at = 0; at < 3; at++) {
    double v[3] = {1, -1, 1};
    v[at] = -3;
    assert_close(es_step_norm(&s, v, y, y), 3, 0, 0);
    v[at] = NAN;
    assert_true(isnan(es_step_norm(&s, v, y, y)));
  }
  /* The tolerance is the larger of those at both ends: 1 + .5*4 = 3. */
  const es_step relative = {.n = 3, .atol = atol, .rtol = .5};
  const double end[3] = {1, -4, 1}, moved[3] = {0, 6, 0};
  assert_close(es_step_norm(&relative, moved, y, end), 2, 4e-16, 0);
  assert_close(es_step_norm(&relative, moved, end, y), 2, 4e-16, 0);
}

/* What cannot be opened is closed and freed all the same. */
static void a_stepper_that_does_not_open(void **state) {
  (void)state;
  lab l = {.refuse = 1};
  es_ode *ode;
  es_diag diag = {0};
  assert_status(make(&ode, &l, &diag), ES_NO_MEMORY);
  assert_null(ode);
  assert_string_equal(diag.message, "no memory for history");
  assert_int_equal(l.closed, 1);
}

/* The formulas of control.c in numbers: k = 5, beta = .04, alpha = .17, the
 * last error taken as 1e-4 before the first step. */
static void step_size_control(void **state) {
  (void)state;
  es_control c;
  es_control_begin(&c, &es_stepper_tsit5);
  assert_close(es_control_accept(&c, 2, .5),
               2 * .9 * pow(.5, -.17) * pow(1e-4, .04), 1e-14, 0);
  assert_close(es_control_accept(&c, 2, .25),
               2 * .9 * pow(.25, -.17) * pow(.5, .04), 1e-14, 0);
  assert_close(es_control_accept(&c, 2, 0), 20, 1e-14, 0);
  assert_close(es_control_reject(&c, 2, 3), 2 * .9 * pow(3, -.2), 1e-14, 0);
  assert_close(es_control_reject(&c, 2, 1e30), .4, 1e-14, 0);
  assert_close(es_control_reject(&c, 2, NAN), .5, 1e-14, 0);
  assert_close(es_control_accept(&c, 2, 1e-9), 2, 1e-14, 0);
  assert_true(es_control_accept(&c, 2, 1e-9) > 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_foreign_stepper),
      cmocka_unit_test(step_size_control),
      cmocka_unit_test(cut_steps_do_not_slow_down),
      cmocka_unit_test(the_worst_component_counts),
      cmocka_unit_test(errors_that_overflow),
      cmocka_unit_test(a_stepper_that_does_not_open),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
