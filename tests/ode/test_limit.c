/* Solutions that go to infinity: the limit, and the estimate of a pole. */
#include "tests/check.h"

#include "ode/pole.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

static const char *const methods[] = {"tsit5",       "dop853",     "gsl-rk8pd",
                                      "adams",       "rosenbrock", "auto",
                                      "gsl-msadams", "gsl-msbdf"};
enum { METHODS = sizeof methods / sizeof *methods };

/* y' = y^p in every component. */
typedef struct lab {
  double power;
  size_t n, outputs, events;
  double event_t;
} lab;

static es_status grow(double t, const double *y, double *dydt, void *context) {
  (void)t;
  const lab *l = context;
  for (size_t i = 0; i < l->n; i++) dydt[i] = pow(y[i], l->power);
  return ES_OK;
}

static es_status note(size_t index, double t, const double *y, void *context) {
  (void)index, (void)t, (void)y;
  ((lab *)context)->outputs++;
  return ES_OK;
}

static void at_ten(double t, const double *y, double *g, void *context) {
  (void)t, (void)context;
  g[0] = y[0] - 10;
}

static bool on_ten(size_t event, int direction, double t, const double *y,
                   void *context) {
  (void)y;
  lab *l = context;
  assert_int_equal(event, 0);
  assert_int_equal(direction, 1);
  l->events++;
  l->event_t = t;
  return false;
}

typedef struct result {
  es_status status;
  double t, y[2];
  es_diag diag;
  es_ode_statistics stats;
} result;

static es_ode_options with(const char *method, double limit) {
  es_ode_options o;
  es_ode_options_default(&o);
  o.method = method;
  o.rtol = 1e-13;
  o.limit = limit;
  return o;
}

static result run(lab *l, es_ode_rhs rhs, const es_ode_options *o, double t0,
                  const double *y0, const double *times, size_t n) {
  const es_ode_system system = {.n = l->n,
                                .rhs = rhs,
                                .n_events = l->event_t < 0 ? 1 : 0,
                                .events = at_ten,
                                .on_event = on_ten,
                                .context = l};
  es_ode *ode;
  result r = {.t = NAN};
  memcpy(r.y, y0, l->n * sizeof *y0);
  assert_ok(es_ode_new(&ode, &system, o, &r.diag), r.diag);
  r.status = es_ode_solve(ode, t0, r.y, times, n, note, &r.t, &r.diag);
  r.stats = es_ode_stats(ode);
  es_ode_free(ode);
  return r;
}

static void check_diverged(const result *r, double t, double rtol) {
  assert_status(r->status, ES_DIVERGED);
  assert_int_equal(r->diag.code, ES_DIVERGED);
  assert_int_equal(es_status_exit_code(ES_DIVERGED), 1);
  assert_non_null(strstr(r->diag.message, "passed the limit 1"));
  assert_close(r->t, t, rtol, 0);
  assert_close(r->diag.t, r->t, 0, 0);
  assert_int_equal(r->diag.steps, r->stats.steps + r->stats.rejected);
}

/* y = e^t and 1/(1 - t) pass 1000 at log 1000 and .999; an error of y by e is
 * one of t by e/y', so that the second is the sharper. Outputs before it come,
 * none after; the state lies on the limit. */
static void crossings_are_located(void **state) {
  (void)state;
  const double times[3] = {.5, .99, 20}, one = 1;
  for (int m = 0; m < METHODS; m++)
    for (int power = 1; power <= 2; power++) {
      lab l = {.power = power, .n = 1};
      const es_ode_options o = with(methods[m], 1000);
      const result r = run(&l, grow, &o, 0, &one, times, 3);
      check_diverged(&r, power == 1 ? log(1000) : .999, 1e-10);
      assert_close(r.y[0], 1000, 1e-9, 0);
      assert_true(r.y[0] >= 1000);
      assert_int_equal(l.outputs, 2);
    }
}

/* The limit counts in units of the scale, and the first component to pass it
 * ends the solve: -e^t/2 with scale 1/1000 before e^t with scale 1. Events
 * before it are still events, and those of the limit never reach on_event. */
static void the_limit_is_in_units_of_scale(void **state) {
  (void)state;
  const double end = 20, start[2] = {1, -.5}, scale[2] = {1, 1e-3};
  lab l = {.power = 1, .n = 2, .event_t = -1};
  es_ode_options o = with("dop853", 1e4);
  o.scale = scale;
  const result r = run(&l, grow, &o, 0, start, &end, 1);
  check_diverged(&r, log(20), 1e-10);
  assert_close(r.y[1], -10, 1e-9, 0);
  assert_int_equal(l.events, 1);
  assert_close(l.event_t, log(10), 1e-10, 0);
}

/* A start beyond the limit ends at once, one on it as soon as it grows; one
 * that shrinks from it does not; and 0 is no limit. */
static void starts_on_and_beyond_the_limit(void **state) {
  (void)state;
  const double end = 1, beyond = -1001, on = 1000;
  lab l = {.power = 1, .n = 1};
  es_ode_options o = with("tsit5", 1000);
  result r = run(&l, grow, &o, 0, &beyond, &end, 1);
  check_diverged(&r, 0, 0);
  assert_int_equal(r.stats.steps, 0);
  r = run(&l, grow, &o, 0, &on, &end, 1);
  check_diverged(&r, 0, 0);
  l.power = -3; /* grows by 5e-7 of itself */
  r = run(&l, grow, &o, 0, &on, &end, 1);
  check_diverged(&r, 0, 0);
  o.limit = 0;
  r = run(&l, grow, &o, 0, &beyond, &end, 1);
  assert_ok(r.status, r.diag);
  o.limit = 1000;
  const double later = 2, less = 999;
  l.power = 0;
  r = run(&l, grow, &o, 0, &less, &end, 1);
  assert_ok(r.status, r.diag); /* reaches 1000 and does not pass it */
  r = run(&l, grow, &o, 0, &less, &later, 1);
  check_diverged(&r, 1, 1e-12);
}

/* Gradient descent with a step that overshoots: y_{k+1} = y_k - h y_k^3 = -2,
 * 2, ... grows for y > sqrt(2/h). Between steps the place is on the line. */
static es_status cubic(double t, const double *y, double *dydt, void *c) {
  (void)t, (void)c;
  dydt[0] = -y[0] * y[0] * y[0];
  return ES_OK;
}

static void discrete_descent_diverges(void **state) {
  (void)state;
  const double end = 100, three = 3;
  lab l = {.n = 1};
  es_ode_options o = with("gd", 1e6);
  o.h0 = .5;
  const result r = run(&l, cubic, &o, 0, &three, &end, 1);
  double y = 3, t = 0, next = y - .5 * y * y * y;
  for (; fabs(next) < 1e6; t += .5) y = next, next = y - .5 * y * y * y;
  const double place = t + .5 * (copysign(1e6, next) - y) / (next - y);
  check_diverged(&r, place, 1e-12);
  assert_close(fabs(r.y[0]), 1e6, 1e-9, 0);
}

static void bad_limits(void **state) {
  (void)state;
  const double bad[] = {-1, NAN, INFINITY};
  lab l = {.n = 1};
  const es_ode_system system = {.n = 1, .rhs = grow, .context = &l};
  for (int i = 0; i < 3; i++) {
    const es_ode_options o = with("tsit5", bad[i]);
    es_ode *ode;
    es_diag diag = {0};
    assert_status(es_ode_new(&ode, &system, &o, &diag), ES_BAD_VALUE);
    assert_non_null(strstr(diag.message, "limit"));
  }
}

static double number_after(const char *line, const char *word) {
  const char *at = strstr(line, word);
  return at == NULL ? NAN : strtod(at + strlen(word), NULL);
}

/* y' = y^p from 2 has y = C (t* - t)^-q, q = 1/(p - 1), t* = 2^(1-p)/(p - 1).
 * The estimate is asked for to 1%; where steps end it is as good as the
 * solution itself, which the growth by 1/(t* - t) of early errors does not
 * spoil: to about 1e-9 here. */
static void poles_are_named(void **state) {
  (void)state;
  const double end = 20, start[2] = {2, 1};
  for (int m = 0; m < METHODS; m++)
    for (int power = 2; power <= 5; power++) {
      lab l = {.power = power, .n = 2};
      es_ode_options o = with(methods[m], 0);
      o.rtol = 1e-9;
      const result r = run(&l, grow, &o, 0, start, &end, 1);
      assert_status(r.status, ES_STEP_UNDERFLOW);
      const double q = 1. / (power - 1), t_star = q * pow(2, 1 - power);
      assert_close(number_after(r.diag.message, "t* = "), t_star, 1e-7, 0);
      assert_close(number_after(r.diag.message, "t)^-"), q, .03, 0);
    }
}

/* With the pole at t = 0, where floats are dense, y itself overflows. */
static void a_pole_that_overflows(void **state) {
  (void)state;
  const double end = 1, one = 1;
  lab l = {.power = 2, .n = 1};
  es_ode_options o = with("dop853", 0);
  o.rtol = 1e-9;
  const result r = run(&l, grow, &o, -1, &one, &end, 1);
  assert_true(r.status == ES_NOT_FINITE || r.status == ES_STEP_UNDERFLOW);
  assert_close(number_after(r.diag.message, "t* = "), 0, 0, 1e-8);
}

/* Nothing is claimed where there is no pole: growth to overflow, which is
 * exponential or faster but never infinite, and a wall. */
static es_status twice_exponential(double t, const double *y, double *dydt,
                                   void *c) {
  (void)c;
  dydt[0] = exp(t) * y[0];
  return ES_OK;
}

static es_status wall(double t, const double *y, double *dydt, void *c) {
  (void)y, (void)c;
  dydt[0] = t > 1 ? NAN : 1;
  return ES_OK;
}

static void no_pole_is_claimed(void **state) {
  (void)state;
  const double end = 1e4, one = 1;
  const es_ode_rhs list[3] = {grow, twice_exponential, wall};
  for (int m = 0; m < METHODS; m++)
    for (int i = 0; i < 3; i++) {
      lab l = {.power = 1, .n = 1};
      es_ode_options o = with(methods[m], 0);
      o.rtol = 1e-9;
      const result r = run(&l, list[i], &o, 0, &one, &end, 1);
      assert_status(r.status, ES_NOT_FINITE);
      assert_null(strstr(r.diag.message, "blow-up"));
    }
}

/* From exact states the estimate is exact: q and t* to roundoff. */
static void the_estimate_alone(void **state) {
  (void)state;
  for (int k = 1; k <= 40; k++) {
    const double q = k / 8., scale[2] = {2, 1e-3};
    es_pole pole = {0};
    double t_star, order, y[2], f[2];
    es_step s = {.n = 2, .y = y, .f = f, .t = 0};
    es_pole_see(&pole, &s, scale, 1); /* a long step: not part of it */
    for (int i = 0; i < 6; i++) {
      assert_int_equal(es_pole_find(&pole, &t_star, &order), i >= 4);
      s.t = 1 + .01 * i;
      const double left = 3 - s.t, size = 1e200 * pow(left, -q);
      y[0] = size * 2, y[1] = -size * 3e-3;
      f[0] = q * y[0] / left, f[1] = q * y[1] / left;
      es_pole_see(&pole, &s, scale, .01);
    }
    assert_true(es_pole_find(&pole, &t_star, &order));
    assert_close(t_star, 3, 1e-10, 0);
    assert_close(order, q, 1e-10, 0);
    es_pole bent = pole; /* the last stretch is steeper by a quarter */
    bent.r[3] -= .25 * (bent.r[2] - bent.r[3]);
    assert_false(es_pole_find(&bent, &t_star, &order));
    y[0] = y[1] = 0;
    es_pole_see(&pole, &s, scale, .01);
    assert_false(es_pole_find(&pole, &t_star, &order));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(crossings_are_located),
      cmocka_unit_test(the_limit_is_in_units_of_scale),
      cmocka_unit_test(starts_on_and_beyond_the_limit),
      cmocka_unit_test(discrete_descent_diverges),
      cmocka_unit_test(bad_limits),
      cmocka_unit_test(poles_are_named),
      cmocka_unit_test(a_pole_that_overflows),
      cmocka_unit_test(no_pole_is_claimed),
      cmocka_unit_test(the_estimate_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
