/* auto: what it begins with, when it changes methods, and that nothing of the
 * solution, its outputs and its events is lost on the way. */
#include "tests/check.h"

#include "ode/stiff.h"

#include <string.h>

enum { OUTPUTS = 3000, EVENTS = 40 };

typedef struct lab {
  double worst; /* largest error over the outputs */
  size_t n;     /* outputs */
  double event_t[EVENTS];
  int direction[EVENTS];
  size_t n_events;
} lab;

/* y = cos t, chased at a rate that swings between .5 and 5000 every pi: stiff
 * and not by turns. */
static double rate(double t) { return .5 + 2500 * (1 + tanh(3 * sin(t))); }

static es_status chase(double t, const double *y, double *dydt, void *context) {
  (void)context;
  dydt[0] = -rate(t) * (y[0] - cos(t)) - sin(t);
  return ES_OK;
}

static es_status chase_jacobian(double t, const double *y, double *J,
                                double *dfdt, void *context) {
  (void)context;
  const double swing = tanh(3 * sin(t));
  const double slope = 2500 * 3 * cos(t) * (1 - swing * swing);
  J[0] = -rate(t);
  dfdt[0] = -slope * (y[0] - cos(t)) - rate(t) * sin(t) - cos(t);
  return ES_OK;
}

static void zero(double t, const double *y, double *g, void *context) {
  (void)t, (void)context;
  g[0] = y[0];
}

static bool keep(size_t event, int direction, double t, const double *y,
                 void *context) {
  (void)event, (void)y;
  lab *l = context;
  assert_true(l->n_events < EVENTS);
  l->event_t[l->n_events] = t;
  l->direction[l->n_events++] = direction;
  return false;
}

static es_status see(size_t index, double t, const double *y, void *context) {
  lab *l = context;
  assert_int_equal(index, l->n++);
  l->worst = fmax(l->worst, fabs(y[0] - cos(t)));
  return ES_OK;
}

typedef struct result {
  es_ode_statistics stats;
  char method[48];
  double y[60];
} result;

static result solve(const es_ode_system *system, const char *method,
                    double rtol, const double *start, const double *times,
                    size_t n, es_ode_output output) {
  es_ode_options o;
  es_ode_options_default(&o);
  o.method = method;
  o.rtol = rtol;
  o.atol = rtol;
  es_ode *ode;
  es_diag diag = {0};
  result r = {0};
  memcpy(r.y, start, system->n * sizeof *start);
  assert_ok(es_ode_new(&ode, system, &o, &diag), diag);
  assert_ok(es_ode_solve(ode, 0, r.y, times, n, output, NULL, &diag), diag);
  r.stats = es_ode_stats(ode);
  strcpy(r.method, es_ode_method(ode));
  es_ode_free(ode);
  return r;
}

/* Five stretches of each kind: it changes both ways in each. Outputs are as
 * exact as those of dop853 alone (40 to 150 rtol at tolerances of 1e-6 to
 * 1e-11: what its dense output makes of a fast mode), the zeros of cos are met
 * where they are (y crosses them at slope 1), one after the other. */
static void changes_lose_nothing(void **state) {
  (void)state;
  static double times[OUTPUTS];
  const double end = 10 * acos(-1) + .5, one = 1, rtol = 1e-7;
  for (int i = 0; i < OUTPUTS; i++) times[i] = end * (i + 1) / OUTPUTS;
  for (int analytic = 0; analytic < 2; analytic++) {
    lab l = {0};
    const es_ode_system system = {.n = 1,
                                  .rhs = chase,
                                  .jacobian = analytic ? chase_jacobian : NULL,
                                  .n_events = 1,
                                  .events = zero,
                                  .on_event = keep,
                                  .context = &l};
    const result r = solve(&system, "auto", rtol, &one, times, OUTPUTS, see);
    assert_int_equal(l.n, OUTPUTS);
    assert_string_equal(r.method, "dop853+rosenbrock");
    assert_in_range(r.stats.switches, 9, 20);
    assert_true(r.stats.implicit_steps > 0);
    assert_true(r.stats.implicit_steps + r.stats.stiff_steps < r.stats.steps);
    assert_true(r.stats.t_stiff > 0 && r.stats.t_stiff < 1);
    const double worst = l.worst;
    print_message("error/rtol %.2g after %d changes\n", worst / rtol,
                  (int)r.stats.switches);
    assert_int_equal(l.n_events, 10);
    for (int i = 0; i < 10; i++) {
      assert_close(l.event_t[i], (i + .5) * acos(-1), 0, 400 * rtol);
      assert_int_equal(l.direction[i], i % 2 ? 1 : -1);
    }
    /* Alone, dop853 takes 5 * pi * 5000/6.4 steps in the stiff stretches. */
    l = (lab){0};
    const result alone =
        solve(&system, "dop853", rtol, &one, times, OUTPUTS, see);
    print_message("dop853 alone: error/rtol %.2g\n", l.worst / rtol);
    assert_true(worst < 400 * rtol && l.worst < 400 * rtol);
    assert_true(alone.stats.rhs_calls > 10 * r.stats.rhs_calls);
    assert_string_equal(alone.method, "dop853");
  }
}

static es_status rotate(double t, const double *y, double *dydt, void *c) {
  (void)t, (void)c;
  dydt[0] = y[1];
  dydt[1] = -y[0];
  return ES_OK;
}

/* Where nothing is stiff, it is the method that it begins with, to the bit. */
static void smooth_problems_see_no_change(void **state) {
  (void)state;
  const es_ode_system system = {.n = 2, .rhs = rotate};
  const double start[2] = {1, 0}, end = 100;
  const double rtols[4] = {1e-3, 1e-4, 1e-7, 1e-12};
  for (int i = 0; i < 4; i++) {
    const char *const begins = i == 0 ? "tsit5" : "dop853";
    const result a = solve(&system, "auto", rtols[i], start, &end, 1, NULL);
    const result b = solve(&system, begins, rtols[i], start, &end, 1, NULL);
    assert_string_equal(a.method, begins);
    assert_memory_equal(a.y, b.y, sizeof a.y);
    assert_memory_equal(&a.stats.steps, &b.stats.steps, sizeof a.stats.steps);
    assert_int_equal(a.stats.rhs_calls, b.stats.rhs_calls);
    assert_int_equal(a.stats.switches + a.stats.implicit_steps, 0);
    /* At the loosest a stray step looks as if it were held. */
    assert_true(a.stats.stiff_steps <= (i == 0 ? a.stats.steps / 5 : 0));
    assert_true(isnan(a.stats.t_stiff));
  }
}

/* Sixty modes of rates about 30, forced at 3: dop853 is held short by them, and
 * rosenbrock takes longer steps, but not by as much as its Jacobian by
 * differences is dearer. Trials find that out and become rare: after 15 times
 * the price of (11 + 60 + 120 + 48)/12 = 20 in steps held, after twice as many,
 * and so on; each costs some 7 steps of 69 evaluations. */
static es_status force(double t, const double *y, double *dydt, void *c) {
  (void)c;
  for (int i = 0; i < 60; i++)
    dydt[i] = -(30 + .1 * i) * (y[i] - cos(3 * t + i));
  return ES_OK;
}

static void trials_that_do_not_pay_are_few(void **state) {
  (void)state;
  const es_ode_system system = {.n = 60, .rhs = force};
  const double start[60] = {0}, end = 300;
  const result a = solve(&system, "auto", 1e-4, start, &end, 1, NULL);
  const result b = solve(&system, "dop853", 1e-4, start, &end, 1, NULL);
  const result c = solve(&system, "rosenbrock", 1e-4, start, &end, 1, NULL);
  print_message("%d evaluations, dop853 %d, rosenbrock %d, %d changes\n",
                (int)a.stats.rhs_calls, (int)b.stats.rhs_calls,
                (int)c.stats.rhs_calls, (int)a.stats.switches);
  assert_true(b.stats.stiff_steps > b.stats.steps / 2);
  assert_true(c.stats.rhs_calls > 2 * b.stats.rhs_calls);
  assert_in_range(a.stats.switches, 4, 6);
  assert_in_range(a.stats.implicit_steps, 14, 30);
  assert_true(a.stats.rhs_calls < b.stats.rhs_calls * 11 / 10);
}

/* n fast modes, one of them slow and forced. */
static es_status many(double t, const double *y, double *dydt, void *context) {
  const size_t n = *(size_t *)context;
  dydt[0] = cos(t) - y[0];
  for (size_t i = 1; i < n; i++) dydt[i] = -1e3 * (y[i] - y[i - 1]);
  return ES_OK;
}

/* Beyond its size no matrix is made room for, and nothing changes. */
static void large_systems_stay_explicit(void **state) {
  (void)state;
  const size_t sizes[2] = {1024, 1025};
  for (int i = 0; i < 2; i++) {
    size_t n = sizes[i];
    static double y[1025];
    const es_ode_system system = {.n = n, .rhs = many, .context = &n};
    es_ode_options o;
    es_ode_options_default(&o);
    o.method = "auto";
    o.rtol = 9e-9; /* below what order 4 is taken for */
    es_ode *ode;
    es_diag diag = {0};
    const double end = 3;
    memset(y, 0, sizeof y);
    assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
    assert_string_equal(es_ode_method(ode), "dop853");
    assert_ok(es_ode_solve(ode, 0, y, &end, 1, NULL, NULL, &diag), diag);
    assert_string_equal(es_ode_method(ode), "dop853");
    assert_true(es_ode_stats(ode).stiff_steps > 15);
    es_ode_free(ode);
  }
}

static es_status no_freeze(double t, const double *y, double h, void *context) {
  (void)t, (void)y, (void)h, (void)context;
  return ES_OK;
}

/* L = -1000 on all: rhs's own. */
static void many_phi(double tau, double *v, void *context) {
  const size_t n = *(const size_t *)context;
  for (size_t i = 0; i < n; i++) v[i] *= -expm1(-1000 * tau) / (1000 * tau);
}

/* What takes over: rock4 where matrices are too large and order 4 will do, the
 * system's own linear part wherever there is one. */
static void what_takes_over_is_the_systems(void **state) {
  (void)state;
  size_t n = 1025;
  static double y[1025];
  const char *const want[2] = {"dop853+rock4", "dop853+exponential"};
  for (int i = 0; i < 2; i++) {
    es_ode_system system = {.n = n, .rhs = many, .context = &n};
    if (i == 1) system.linear = (es_ode_linear){no_freeze, many_phi};
    es_ode_options o;
    es_ode_options_default(&o);
    o.method = "auto";
    o.rtol = 1e-6;
    es_ode *ode;
    es_diag diag = {0};
    const double end = .5;
    memset(y, 0, sizeof y);
    assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
    assert_ok(es_ode_solve(ode, 0, y, &end, 1, NULL, NULL, &diag), diag);
    assert_string_equal(es_ode_method(ode), want[i]);
    assert_int_equal(es_ode_stats(ode).switches, 1);
    es_ode_free(ode);
  }
}

/* u_t = u_xx in HEAT points, u = 0 at both ends: eigenvalues up to
 * -4 (HEAT + 1)^2. */
enum { HEAT = 1025 };

static es_status heat(double t, const double *u, double *dudt, void *c) {
  (void)t, (void)c;
  const double w = (HEAT + 1.) * (HEAT + 1.);
  for (int i = 0; i < HEAT; i++)
    dudt[i] =
        w * ((i > 0 ? u[i - 1] : 0) - 2 * u[i] + (i + 1 < HEAT ? u[i + 1] : 0));
  return ES_OK;
}

/* rock4 looks for the radius when it takes over, and has to find it: alone,
 * dop853 would take steps of 6.4 over that, of 12 evaluations each. */
static void rock4_takes_over_and_pays(void **state) {
  (void)state;
  static double u[HEAT];
  const es_ode_system system = {.n = HEAT, .rhs = heat};
  const double end = .01, step = acos(-1) / (HEAT + 1),
               radius = 4. * 1026 * 1026;
  es_ode_options o;
  es_ode_options_default(&o);
  o.method = "auto";
  o.rtol = o.atol = 1e-5;
  es_ode *ode;
  es_diag diag = {0};
  for (int i = 0; i < HEAT; i++) u[i] = sin(step * (i + 1));
  assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
  assert_ok(es_ode_solve(ode, 0, u, &end, 1, NULL, NULL, &diag), diag);
  const uint64_t calls = es_ode_stats(ode).rhs_calls;
  assert_true((double)calls < .1 * 12 * radius * end / 6.4);
  assert_string_equal(es_ode_method(ode), "dop853+rock4");
  for (int i = 0; i < HEAT; i++)
    assert_close(u[i],
                 exp(-radius * sin(step / 2) * sin(step / 2) * end) *
                     sin(step * (i + 1)),
                 0, 1e-4);
  es_ode_free(ode);
}

/* The same workspace again: a solve that ended with rosenbrock leaves nothing
 * to the next. */
static void workspaces_begin_anew(void **state) {
  (void)state;
  lab l = {0};
  const es_ode_system system = {.n = 1, .rhs = chase, .context = &l};
  es_ode_options o;
  es_ode_options_default(&o);
  o.method = "auto";
  es_ode *ode;
  es_diag diag = {0};
  double y[2] = {1, 1};
  const double end = 2;
  es_ode_statistics s[2];
  assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
  for (int i = 0; i < 2; i++) {
    assert_ok(es_ode_solve(ode, 0, &y[i], &end, 1, NULL, NULL, &diag), diag);
    assert_string_equal(es_ode_method(ode), "dop853+rosenbrock");
    s[i] = es_ode_stats(ode);
  }
  const double start = 4;
  assert_ok(es_ode_solve(ode, 3.5, &y[0], &start, 1, NULL, NULL, &diag), diag);
  assert_string_equal(es_ode_method(ode), "dop853");
  es_ode_free(ode);
  assert_int_equal(s[0].switches, 1);
  assert_int_equal(s[0].rhs_calls, s[1].rhs_calls);
  assert_true(s[0].t_stiff > 0 && s[0].t_stiff <= s[1].t_stiff);
  assert_close(y[1], cos(2), 1e-7, 0);
}

/* The rules of stiff.c, by script: a step is held from half the interval of
 * stability on, and looked at each tenth time until one is. */
static uint64_t held_until_change(es_stiff *w, es_ode_statistics *stats) {
  for (uint64_t i = 1; i < 100000; i++) {
    w->rate = es_stiff_due(w, w->plain) ? 40 : NAN;
    if (es_stiff_see(w, w->plain, 7, .1, false, stats)) return i;
  }
  return 0;
}

static uint64_t implicit_until_change(es_stiff *w, double z,
                                      es_ode_statistics *stats) {
  for (uint64_t i = 1; i < 1000; i++) {
    assert_true(es_stiff_due(w, w->stiff));
    w->rate = z;
    if (es_stiff_see(w, w->stiff, 8, 1, false, stats)) return i;
  }
  return 0;
}

static void the_rules_of_changing(void **state) {
  (void)state;
  es_stiff w;
  es_ode_statistics s = {.t_stiff = NAN};
  es_stiff_begin(&w, &es_stepper_dop853, &es_stepper_rosenbrock, 30, true);
  /* 11 + 30/20 + 900/30 + 24 evaluations against 12. */
  assert_close(w.price, 66.5 / 12, 1e-14, 0);
  const uint64_t patience = (uint64_t)(15 * 66.5 / 12);
  assert_int_equal(held_until_change(&w, &s), 9 + patience);
  assert_int_equal(s.stiff_steps, patience);
  assert_close(s.t_stiff, 7, 0, 0);
  /* h |lambda| = 4 was held: 4 * price and more is worth it. */
  assert_int_equal(implicit_until_change(&w, 4 * 5.6, &s), 0);
  assert_int_equal(implicit_until_change(&w, 4 * 5.5, &s), 6);
  assert_int_equal(s.implicit_steps, 999 + 6);
  /* The first step of the explicit method again is that of before. */
  assert_close(es_stiff_first(&w), 4 / (4 * 5.5), 1e-14, 0);
  /* It was worth it for long, so that patience is what it was; then it is not,
   * and doubles. The pause between looks is over. */
  assert_int_equal(held_until_change(&w, &s), patience);
  assert_int_equal(implicit_until_change(&w, 1, &s), 7);
  assert_int_equal(held_until_change(&w, &s), 2 * patience);
  assert_int_equal(implicit_until_change(&w, 1, &s), 7);
  assert_int_equal(held_until_change(&w, &s), 4 * patience);
  assert_int_equal(s.switches, 7);
  /* Six calm steps forget what was held. */
  es_stiff_begin(&w, &es_stepper_dop853, &es_stepper_rosenbrock, 1, true);
  const uint64_t due = w.patience;
  for (uint64_t i = 0; i < 9 + due - 1; i++) {
    w.rate = 40;
    assert_false(es_stiff_see(&w, w.plain, 7, .1, false, &s));
  }
  for (int i = 0; i < 6; i++) {
    w.rate = 10;
    assert_false(es_stiff_see(&w, w.plain, 7, .1, false, &s));
  }
  assert_false(es_stiff_due(&w, w.plain));
  assert_int_equal(held_until_change(&w, &s), 9 + due);
}

/* y -> 1 at a rate of 1000 up to t = 1/2, and then y' = slope - rate (y - 1).
 */
typedef struct bend {
  double slope, rate;
} bend;

static es_status bent(double t, const double *y, double *dydt, void *context) {
  const bend *b = context;
  dydt[0] = t < .5 ? -1e3 * (y[0] - 1) : b->slope - b->rate * (y[0] - 1);
  return ES_OK;
}

static es_ode_statistics along(bend b, double end, double *y) {
  const es_ode_system system = {.n = 1, .rhs = bent, .context = &b};
  es_ode_options o;
  es_ode_options_default(&o);
  o.method = "auto";
  o.rtol = 1e-6;
  es_ode *ode;
  es_diag diag = {0};
  assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
  const double times[2] = {.5, end};
  *y = 2;
  assert_ok(es_ode_solve(ode, 0, y, times, 2, NULL, NULL, &diag), diag);
  const es_ode_statistics stats = es_ode_stats(ode);
  es_ode_free(ode);
  return stats;
}

/* Where J is 0 the power method finds nothing to follow, and where its square
 * overflows no length: the first is stiff no more, the second is. y is exact
 * but for the steps over the bend. */
static void jacobians_out_of_range(void **state) {
  (void)state;
  double y;
  es_ode_statistics stats = along((bend){3, 0}, 4, &y);
  assert_close(y, 1 + 3 * 3.5, 1e-5, 0);
  assert_true(stats.switches >= 2);
  stats = along((bend){0, 1e160}, 4, &y);
  assert_close(y, 1, 1e-5, 0);
  assert_int_equal(stats.switches, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(changes_lose_nothing),
      cmocka_unit_test(smooth_problems_see_no_change),
      cmocka_unit_test(trials_that_do_not_pay_are_few),
      cmocka_unit_test(large_systems_stay_explicit),
      cmocka_unit_test(what_takes_over_is_the_systems),
      cmocka_unit_test(rock4_takes_over_and_pays),
      cmocka_unit_test(workspaces_begin_anew),
      cmocka_unit_test(jacobians_out_of_range),
      cmocka_unit_test(the_rules_of_changing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
