/* Events: where, in which order, and which are none. */
#include "tests/check.h"

#include <eigenstep/ode.h>
#include <float.h>
#include <string.h>

enum { MANY = 64, LOG = 1024 };

typedef struct record {
  size_t event; /* LOG for an output */
  int direction;
  double t, y;
} record;

typedef struct lab {
  void (*g)(double t, const double *y, double *g, const struct lab *l);
  double place[MANY]; /* parameters of g */
  record log[LOG];
  size_t n, n_events, calls;
  size_t end_at; /* event + 1 that is terminal; 0: none */
} lab;

static es_status still(double t, const double *y, double *dydt, void *c) {
  (void)t, (void)y, (void)c;
  dydt[0] = 0;
  return ES_OK;
}

static es_status clock_of(double t, const double *y, double *dydt, void *c) {
  (void)t, (void)y, (void)c;
  dydt[0] = 1;
  return ES_OK;
}

static es_status decay(double t, const double *y, double *dydt, void *c) {
  (void)t, (void)c;
  dydt[0] = -y[0];
  return ES_OK;
}

static void events(double t, const double *y, double *g, void *context) {
  lab *l = context;
  l->calls++;
  l->g(t, y, g, l);
}

static void add(lab *l, record r) {
  assert_true(l->n < LOG);
  if (l->n > 0) assert_true(l->log[l->n - 1].t <= r.t);
  l->log[l->n++] = r;
}

static bool on_event(size_t event, int direction, double t, const double *y,
                     void *context) {
  lab *l = context;
  add(l, (record){event, direction, t, y[0]});
  l->n_events++;
  return l->end_at == event + 1;
}

static es_status output(size_t index, double t, const double *y,
                        void *context) {
  (void)index;
  add(context, (record){LOG, 0, t, y[0]});
  return ES_OK;
}

typedef struct setup {
  const char *method;
  es_ode_rhs rhs;
  size_t n_events;
  double h; /* first and longest step; 0: free */
} setup;

/* Solves from (t0, *y) to the times; returns the status, leaves t in *t. */
static es_status run(lab *l, setup s, double t0, double *y, const double *times,
                     size_t n, double *t, es_diag *diag) {
  const es_ode_system system = {.n = 1,
                                .rhs = s.rhs,
                                .n_events = s.n_events,
                                .events = events,
                                .on_event = on_event,
                                .context = l};
  es_ode_options o;
  es_ode_options_default(&o);
  o.method = s.method;
  o.rtol = 1e-12;
  o.h0 = o.h_max = s.h;
  es_ode *ode;
  assert_ok(es_ode_new(&ode, &system, &o, diag), *diag);
  const es_status status = es_ode_solve(ode, t0, y, times, n, output, t, diag);
  es_ode_free(ode);
  return status;
}

static void run_ok(lab *l, setup s, double end) {
  double y = 1, t;
  es_diag diag = {0};
  assert_ok(run(l, s, 0, &y, &end, 1, &t, &diag), diag);
  assert_close(t, end, 0, 0);
}

static const char *const methods[] = {"tsit5",       "dop853",     "gsl-rk8pd",
                                      "adams",       "rosenbrock", "auto",
                                      "gsl-msadams", "gsl-msbdf"};
enum { METHODS = sizeof methods / sizeof *methods };

static void waves(double t, const double *y, double *g, const lab *l) {
  (void)y, (void)l;
  g[0] = sin(t);
  g[1] = cos(t);
}

/* Roots of functions of t alone do not depend on the solution: they are found
 * to four units in the last place, and beyond the root, never before it. */
static void roots_to_the_last_place(void **state) {
  (void)state;
  for (int m = 0; m < METHODS; m++) {
    lab l = {.g = waves};
    run_ok(&l, (setup){methods[m], still, 2, .9}, 20);
    assert_int_equal(l.n_events, 12);
    for (size_t i = 0; i < 12; i++) {
      const record r = l.log[i];
      const double want = (double)(i + 1) * 2 * atan(1);
      assert_int_equal(r.event, (i + 1) % 2);
      assert_close(r.t, want, 4 * DBL_EPSILON, 0);
      const double g = r.event == 0 ? sin(r.t) : cos(r.t);
      assert_true(g * r.direction >= 0);
      assert_int_equal(r.direction, i % 4 == 0 || i % 4 == 1 ? -1 : 1);
    }
  }
}

static void shapes(double t, const double *y, double *g, const lab *l) {
  (void)y;
  const double x = t - l->place[0];
  g[0] = x;
  g[1] = -x * x * x;
  g[2] = expm1(300 * x);
  g[3] = atan(1e9 * x);
  g[4] = x < 0 ? -1 : 1e-9;
  g[5] = x < 0 ? 1 : -INFINITY;
  g[6] = cbrt(x);
}

/* Flat, steep, curved, discontinuous. The number of evaluations is bounded by
 * bisection to 1e-16 of the step, twice over, for each of the seven. */
static void roots_of_every_shape(void **state) {
  (void)state;
  const double places[] = {1e-9, .11, 1. / 3, .77, .999999999};
  for (size_t p = 0; p < sizeof places / sizeof *places; p++) {
    lab l = {.g = shapes, .place = {places[p]}};
    run_ok(&l, (setup){"tsit5", still, 7, 1}, 1);
    assert_int_equal(l.n_events, 7);
    for (size_t i = 0; i < 7; i++)
      assert_close(l.log[i].t, places[p], 1e-13, 0);
    assert_in_range(l.calls, 7, 6 + 7 * 2 * 53);
  }
}

static void thresholds(double t, const double *y, double *g, const lab *l) {
  (void)t;
  for (int j = 0; j < MANY; j++) g[j] = y[0] - l->place[j];
}

/* 64 crossings within a step or few, in scrambled order: each once, in order
 * of time, at a cost of about ten evaluations each. y = e^-t to about
 * 10 * 1e-12, so t to that over y. */
static void many_in_one_step(void **state) {
  (void)state;
  for (int m = 0; m < METHODS; m++) {
    lab l = {.g = thresholds};
    for (int j = 0; j < MANY; j++)
      l.place[j] = .4 + .55 * ((j * 37) % MANY) / MANY;
    run_ok(&l, (setup){methods[m], decay, MANY, 0}, 1);
    assert_int_equal(l.n_events, MANY);
    for (int j = 0; j < MANY; j++) {
      const record r = l.log[j];
      assert_int_equal(r.direction, -1);
      assert_close(r.t, -log(l.place[r.event]), 0, 1e-10);
      assert_close(r.y, l.place[r.event], 0, 1e-15);
    }
    assert_in_range(l.calls, MANY, 5 * 400 + 10 * MANY);
  }
}

static void quiet(double t, const double *y, double *g, const lab *l) {
  (void)y, (void)l;
  g[0] = t;                   /* 0 at the start, then rises */
  g[1] = (t - .5) * (t - .5); /* touches 0 at a step */
  g[2] = 1;                   /* never 0 */
  g[3] = 0;                   /* always 0 */
  g[4] = fmax(.5 - t, 0);     /* falls to 0 and stays */
}

static void zeros_that_are_no_events(void **state) {
  (void)state;
  lab l = {.g = quiet};
  run_ok(&l, (setup){"tsit5", still, 5, .125}, 1);
  assert_int_equal(l.n_events, 0);
  l = (lab){.g = quiet}; /* looks for them on a cubic first */
  run_ok(&l, (setup){"dop853", still, 5, .125}, 1);
  assert_int_equal(l.n_events, 0);
}

static void there_and_back(double t, const double *y, double *g, const lab *l) {
  (void)y, (void)l;
  g[0] = t * (.5 - t);
}

/* 0 at the start takes no side, so that the first step has both: the change
 * within it is an event all the same. */
static void sides_taken_within_the_first_step(void **state) {
  (void)state;
  static const char *const with[2] = {"tsit5", "dop853"};
  for (int m = 0; m < 2; m++) {
    lab l = {.g = there_and_back};
    run_ok(&l, (setup){with[m], still, 1, 1}, 1);
    assert_int_equal(l.n_events, 1);
    assert_close(l.log[0].t, .5, 1e-15, 0);
    assert_int_equal(l.log[0].direction, -1);
  }
}

static void late(double t, const double *y, double *g, const lab *l) {
  (void)y, (void)l;
  g[0] = .5 - t;
  g[1] = t < .25 ? -1 : t <= .75 ? 0 : 1;
}

/* A zero at a step (at .5) is an event once the other side is seen; of a
 * stretch of zeros the last known counts, here the sample before .775. */
static void zeros_that_are_events(void **state) {
  (void)state;
  lab l = {.g = late};
  run_ok(&l, (setup){"tsit5", still, 2, .125}, 1);
  assert_int_equal(l.n_events, 2);
  assert_int_equal(l.log[0].event, 0);
  assert_int_equal(l.log[0].direction, -1);
  assert_close(l.log[0].t, .5, 0, 0);
  assert_int_equal(l.log[1].direction, 1);
  assert_close(l.log[1].t, .75, 0, 0);
}

static void pair(double t, const double *y, double *g, const lab *l) {
  (void)y;
  g[0] = (t - l->place[0]) * (t - l->place[1]);
}

/* One step of length 1 is looked at in fifths: two roots in different fifths
 * are seen, two in one fifth are not, as the header says. */
static void two_roots_in_one_step(void **state) {
  (void)state;
  lab seen = {.g = pair, .place = {.35, .45}};
  run_ok(&seen, (setup){"dop853", still, 1, 1}, 1);
  assert_int_equal(seen.n_events, 2);
  assert_close(seen.log[0].t, .35, 1e-13, 0);
  assert_close(seen.log[1].t, .45, 1e-13, 0);
  assert_int_equal(seen.log[0].direction, -1);
  assert_int_equal(seen.log[1].direction, 1);
  lab unseen = {.g = pair, .place = {.25, .35}};
  run_ok(&unseen, (setup){"dop853", still, 1, 1}, 1);
  assert_int_equal(unseen.n_events, 0);
}

static es_status arch(double t, const double *y, double *dydt, void *c) {
  (void)y, (void)c;
  dydt[0] = 1 - 2 * t;
  return ES_OK;
}

static void height(double t, const double *y, double *g, const lab *l) {
  (void)t, (void)l;
  g[0] = y[0] - 1.2;
}

/* y = 1 + t - t^2 passes 1.2 both ways between two ends at 1, which the inside
 * alone shows: of a cubic first, where an interpolant has to be prepared. */
static void an_arch_within_one_step(void **state) {
  (void)state;
  for (int m = 0; m < METHODS; m++) {
    lab l = {.g = height};
    run_ok(&l, (setup){methods[m], arch, 1, 1}, 1);
    assert_int_equal(l.n_events, 2);
    for (int k = 0; k < 2; k++)
      assert_close(l.log[k].t, (1 + (2 * k - 1) * sqrt(.2)) / 2, 1e-10, 0);
  }
}

static void half(double t, const double *y, double *g, const lab *l) {
  (void)t;
  g[0] = y[0] - l->place[0];
  g[1] = y[0] - l->place[1];
}

/* The second threshold ends the solve: no output after it, the state is there,
 * and a solve from there does not meet it again. */
static void terminal_events(void **state) {
  (void)state;
  for (int m = 0; m < METHODS; m++) {
    lab l = {.g = half, .place = {.75, .5}, .end_at = 2};
    const double times[4] = {.1, .5, .7, 2};
    double y = 1, t;
    es_diag diag = {0};
    const setup s = {methods[m], decay, 2, 0};
    assert_ok(run(&l, s, 0, &y, times, 4, &t, &diag), diag);
    const size_t order[] = {LOG, 0, LOG, 1};
    assert_int_equal(l.n, 4);
    for (int i = 0; i < 4; i++) assert_int_equal(l.log[i].event, order[i]);
    assert_close(t, log(2), 1e-11, 0);
    assert_close(y, .5, 1e-15, 0);
    assert_close(l.log[3].t, t, 0, 0);
    assert_true(y <= .5);
    assert_ok(run(&l, s, t, &y, times + 3, 1, &t, &diag), diag);
    assert_int_equal(l.n_events, 2);
    assert_close(y, exp(-2), 1e-10, 0);
  }
}

/* At one time the output comes first, then the event, then nothing. */
static void outputs_at_the_time_of_an_event(void **state) {
  (void)state;
  lab l = {.g = late, .end_at = 1};
  const double times[3] = {.5, .5, .5 + 1e-9};
  double y = 1, t;
  es_diag diag = {0};
  const setup s = {"tsit5", still, 2, .125};
  assert_ok(run(&l, s, 0, &y, times, 3, &t, &diag), diag);
  assert_int_equal(l.n, 3);
  assert_int_equal(l.log[1].event, LOG);
  assert_int_equal(l.log[2].event, 0);
  assert_close(t, .5, 0, 0);
}

static void undefined(double t, const double *y, double *g, const lab *l) {
  (void)y;
  g[0] = t < l->place[0] ? 1 : NAN;
}

/* Not a number at the start, at a step, or only inside one. */
static void events_that_are_not_numbers(void **state) {
  (void)state;
  const double places[3] = {-1, .5, .3};
  for (int i = 0; i < 3; i++) {
    lab l = {.g = undefined, .place = {places[i]}};
    double y = 1, t;
    const double times[2] = {.2, 1};
    es_diag diag = {0};
    const setup s = {"tsit5", clock_of, 1, .25};
    assert_status(run(&l, s, 0, &y, times, 2, &t, &diag), ES_NOT_FINITE);
    assert_non_null(strstr(diag.message, "event"));
    assert_close(t, i == 0 ? 0 : .25, 0, 0);
    assert_close(diag.t, t, 0, 0);
    assert_close(y, 1 + t, 1e-15, 0);
  }
}

/* y_{k+1} = .9 y_k; the line from y_6 = .531441 to y_7 crosses .5. Between
 * .9^2 and .9^3 lies .75. */
static void events_of_discrete_descent(void **state) {
  (void)state;
  lab l = {.g = half, .place = {.75, .5}, .end_at = 2};
  const double times[3] = {.22, .26, 3};
  double y = 1, t;
  es_diag diag = {0};
  const setup s = {"gd", decay, 2, .1};
  assert_ok(run(&l, s, 0, &y, times, 3, &t, &diag), diag);
  /* .22 is nearest to step 2, .26 to step 3. */
  const size_t order[] = {LOG, 0, LOG, 1};
  const double want[] = {.2, .2 + .1 * (.81 - .75) / .081, .3,
                         .6 + .1 * (.531441 - .5) / .0531441};
  assert_int_equal(l.n, 4);
  for (int i = 0; i < 4; i++) {
    assert_int_equal(l.log[i].event, order[i]);
    assert_close(l.log[i].t, want[i], 1e-14, 0);
  }
  assert_close(y, .5, 1e-14, 0);
  assert_close(t, want[3], 1e-14, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(roots_to_the_last_place),
      cmocka_unit_test(roots_of_every_shape),
      cmocka_unit_test(many_in_one_step),
      cmocka_unit_test(zeros_that_are_no_events),
      cmocka_unit_test(zeros_that_are_events),
      cmocka_unit_test(sides_taken_within_the_first_step),
      cmocka_unit_test(two_roots_in_one_step),
      cmocka_unit_test(an_arch_within_one_step),
      cmocka_unit_test(terminal_events),
      cmocka_unit_test(outputs_at_the_time_of_an_event),
      cmocka_unit_test(events_that_are_not_numbers),
      cmocka_unit_test(events_of_discrete_descent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
