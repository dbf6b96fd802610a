/* rock4 in the driver: what it costs, how it follows the spectral radius, and
 * what it does where the right-hand side, or the budget, says no. */
#include "tests/check.h"

#include <eigenstep/ode.h>
#include <string.h>

enum { MODES = 4, STAGES = 200 };
#define LONGEST 14119.5 /* h times the radius of 200 stages */

/* y_i' = -rate_i y_i, the last at `stiff`; y_0 alone is asked for. */
typedef struct lab {
  double stiff;
  size_t calls, bad_call; /* the one that gives `answer`; 0: none */
  es_status answer;
  bool never_at_start; /* all calls at t = 0 but two fail */
  size_t at_start;
  double crossing; /* time of the event */
} lab;

static es_status decay(double t, const double *y, double *dydt, void *context) {
  lab *l = context;
  const double rates[MODES] = {1, 2, 3, l->stiff};
  for (int i = 0; i < MODES; i++) dydt[i] = -rates[i] * y[i];
  l->calls++;
  if (t == 0 && ++l->at_start > 2 && l->never_at_start)
    return ES_NO_CONVERGENCE;
  return l->calls == l->bad_call ? l->answer : ES_OK;
}

typedef struct result {
  es_status status;
  es_diag diag;
  es_ode_statistics stats;
  double y[MODES], t;
} result;

static es_ode_options defaults(void) {
  es_ode_options o;
  es_ode_options_default(&o);
  o.method = "rock4";
  return o;
}

static result solve(lab *l, const es_ode_options *o, double end) {
  const es_ode_system system = {.n = MODES, .rhs = decay, .context = l};
  result r = {.y = {1, 1, 1, 1}};
  es_ode *ode;
  assert_ok(es_ode_new(&ode, &system, o, &r.diag), r.diag);
  r.status = es_ode_solve(ode, 0, r.y, &end, 1, NULL, &r.t, &r.diag);
  r.stats = es_ode_stats(ode);
  es_ode_free(ode);
  return r;
}

/* Where nothing is stiff a step costs five evaluations, four if it is rejected,
 * and the radius a few at the start and one in 16 steps. */
static void least_stages_where_nothing_is_stiff(void **state) {
  (void)state;
  lab l = {.stiff = 4};
  const es_ode_options o = defaults();
  const result r = solve(&l, &o, 2);
  assert_ok(r.status, r.diag);
  assert_close(r.y[0], exp(-2), 1e-7, 0);
  const uint64_t steps = 2 + 5 * r.stats.steps + 4 * r.stats.rejected;
  print_message("%d steps, %d evaluations, %d for the radius\n",
                (int)r.stats.steps, (int)r.stats.rhs_calls,
                (int)(r.stats.rhs_calls - steps));
  assert_true(r.stats.steps > 100);
  assert_in_range(r.stats.rhs_calls, steps + 2,
                  steps + 60 + r.stats.steps / 16);
}

/* Where all but rounding has died away steps are as long as 200 stages are
 * stable, .95/1.1 of that by the margins; the driver is not refused again and
 * again. A radius followed from below by at most 1% is allowed for. */
static void stability_ends_steps_at_rest(void **state) {
  (void)state;
  lab l = {.stiff = 1e5};
  const es_ode_options o = defaults();
  const result r = solve(&l, &o, 200);
  assert_ok(r.status, r.diag);
  const double least = 200 * l.stiff * 1.1 / (.95 * LONGEST);
  const double most = least + 1500; /* the transients of rates 1 to 3 */
  print_message("%d steps, %d rejected\n", (int)r.stats.steps,
                (int)r.stats.rejected);
  assert_in_range(r.stats.steps, (uint64_t)(.99 * least), (uint64_t)most);
  assert_true(r.stats.rejected < 60);
  assert_close(r.y[0], 0, 0, 1e-10);
  assert_close(r.y[3], 0, 0, 1e-10);
}

/* A first step beyond all degrees is refused before it is tried. */
static void steps_beyond_all_degrees(void **state) {
  (void)state;
  lab l = {.stiff = 1e7};
  es_ode_options o = defaults();
  o.h0 = 1;
  o.rtol = 1e-4;
  o.atol = 1e-4;
  const result r = solve(&l, &o, .5);
  assert_ok(r.status, r.diag);
  assert_close(r.y[0], exp(-.5), 1e-3, 0);
  assert_close(r.y[3], 0, 0, 1e-3);
}

/* The radius rises from 10 to 10^6 and falls back, each within a fifth of a
 * unit of time, in a mode that is small by then and must not be let grow. */
static es_status surge(double t, const double *y, double *dydt, void *c) {
  (void)c;
  const double up = 1 + exp(-50 * (t - 1)), down = 1 + exp(50 * (t - 2));
  dydt[0] = -y[0];
  dydt[1] = -(10 + 1e6 / up / down) * y[1];
  return ES_OK;
}

static es_status see_surge(size_t index, double t, const double *y, void *c) {
  (void)index, (void)c;
  assert_close(y[0], exp(-t), 0, 1e-5);
  if (t > 1) assert_close(y[1], 0, 0, 1e-4);
  return ES_OK;
}

static void radius_is_followed(void **state) {
  (void)state;
  const es_ode_system system = {.n = 2, .rhs = surge};
  es_ode_options o = defaults();
  o.rtol = o.atol = 1e-6;
  double y[2] = {1, 1}, times[300];
  for (int i = 0; i < 300; i++) times[i] = 3 * (i + 1) / 300.;
  es_ode *ode;
  es_diag diag = {0};
  assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
  assert_ok(es_ode_solve(ode, 0, y, times, 300, see_surge, NULL, &diag), diag);
  const es_ode_statistics s = es_ode_stats(ode);
  print_message("surge: %d steps, %d rejected, %d evaluations\n", (int)s.steps,
                (int)s.rejected, (int)s.rhs_calls);
  assert_true(s.rejected < s.steps / 3);
  es_ode_free(ode);
}

/* One evaluation that fails, or is not a number, whether of the radius or of a
 * stage, does no harm. */
static void single_failures_are_mended(void **state) {
  (void)state;
  const es_ode_options plain = defaults();
  lab whole = {.stiff = 1e5}; /* steps of few stages, and at last of many */
  assert_int_equal(solve(&whole, &plain, 1).status, ES_OK);
  for (size_t i = 2; i < 120; i++) {
    const size_t bad = i < 80 ? i : whole.calls - 7 * (i - 79);
    lab l = {.stiff = i < 80 ? 100 : 1e5,
             .bad_call = bad,
             .answer = ES_NO_CONVERGENCE};
    es_ode_options o = defaults();
    const result r = solve(&l, &o, 1);
    assert_ok(r.status, r.diag);
    assert_true(l.calls > bad);
    assert_close(r.y[0], exp(-1), 1e-7, 0);
    assert_string_equal(r.diag.message, "");
  }
}

/* Two outcomes end the solve, wherever they come from. */
static void interruptions_end_it(void **state) {
  (void)state;
  const es_status ends[2] = {ES_INTERRUPTED, ES_NO_MEMORY};
  for (int k = 0; k < 2; k++)
    for (size_t bad = 1; bad < 40; bad++) {
      lab l = {.stiff = 100, .bad_call = bad, .answer = ends[k]};
      const es_ode_options o = defaults();
      const result r = solve(&l, &o, 1);
      assert_int_equal(r.status, ends[k]);
      assert_int_equal(l.calls, bad);
    }
}

static es_status clock_of(double t, const double *y, double *dydt, void *c) {
  (void)t, (void)y, (void)c;
  dydt[0] = 3;
  return ES_OK;
}

/* A slope that nothing moves has no radius. */
static void a_radius_of_nothing(void **state) {
  (void)state;
  const es_ode_system system = {.n = 1, .rhs = clock_of};
  const es_ode_options o = defaults();
  const double end = 7;
  double y = 0;
  es_ode *ode;
  es_diag diag;
  assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
  assert_ok(es_ode_solve(ode, 0, &y, &end, 1, NULL, NULL, &diag), diag);
  assert_close(y, 21, 1e-14, 0);
  assert_true(es_ode_stats(ode).steps < 40);
  es_ode_free(ode);
}

/* With no radius to be had at the start the error alone decides. */
static void a_start_without_a_radius(void **state) {
  (void)state;
  lab l = {.stiff = 100, .never_at_start = true};
  const es_ode_options o = defaults();
  const result r = solve(&l, &o, 1);
  assert_ok(r.status, r.diag);
  assert_close(r.y[0], exp(-1), 1e-7, 0);
}

static void budgets(void **state) {
  (void)state;
  lab l = {.stiff = 100};
  es_ode_options o = defaults();
  o.max_steps = 10;
  const result r = solve(&l, &o, 1);
  assert_int_equal(r.status, ES_BUDGET);
  assert_int_equal(r.stats.steps + r.stats.rejected, 10);
  assert_true(r.t > 0 && r.t < 1);
  assert_close(r.y[0], exp(-r.t), 1e-8, 0);
}

/* y_0 falls through 1/2 at log 2; the cubic's error is within the tolerance. */
static void half(double t, const double *y, double *g, void *context) {
  (void)t, (void)context;
  g[0] = y[0] - .5;
}

static bool on_half(size_t event, int direction, double t, const double *y,
                    void *context) {
  (void)event, (void)y;
  assert_int_equal(direction, -1);
  ((lab *)context)->crossing = t;
  return true;
}

static void events_are_located(void **state) {
  (void)state;
  lab l = {.stiff = 1000};
  const es_ode_system system = {.n = MODES,
                                .rhs = decay,
                                .n_events = 1,
                                .events = half,
                                .on_event = on_half,
                                .context = &l};
  const es_ode_options o = defaults();
  const double end = 2;
  double y[MODES] = {1, 1, 1, 1};
  es_ode *ode;
  es_diag diag = {0};
  assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
  assert_ok(es_ode_solve(ode, 0, y, &end, 1, NULL, NULL, &diag), diag);
  assert_close(l.crossing, log(2), 1e-8, 0);
  es_ode_free(ode);
}

/* A workspace keeps nothing from one solve to the next: with another rate in
 * between, which does not have it rejected again and again, the third repeats
 * the first bit by bit. */
static void solves_begin_anew(void **state) {
  (void)state;
  lab l = {0};
  const es_ode_system system = {.n = MODES, .rhs = decay, .context = &l};
  const es_ode_options o = defaults();
  const double end = 2, rates[3] = {5, 5000, 5};
  es_ode_statistics s[3];
  double y[3][MODES];
  es_ode *ode;
  es_diag diag = {0};
  assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
  for (int i = 0; i < 3; i++) {
    for (int j = 0; j < MODES; j++) y[i][j] = 1;
    l.stiff = rates[i];
    assert_ok(es_ode_solve(ode, 0, y[i], &end, 1, NULL, NULL, &diag), diag);
    s[i] = es_ode_stats(ode);
    assert_true(s[i].rejected < 25);
    assert_close(y[i][0], exp(-2), 1e-7, 0);
  }
  es_ode_free(ode);
  assert_memory_equal(y[0], y[2], sizeof y[0]);
  assert_int_equal(s[0].rhs_calls, s[2].rhs_calls);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(least_stages_where_nothing_is_stiff),
      cmocka_unit_test(stability_ends_steps_at_rest),
      cmocka_unit_test(steps_beyond_all_degrees),
      cmocka_unit_test(radius_is_followed),
      cmocka_unit_test(single_failures_are_mended),
      cmocka_unit_test(interruptions_end_it),
      cmocka_unit_test(a_radius_of_nothing),
      cmocka_unit_test(a_start_without_a_radius),
      cmocka_unit_test(budgets),
      cmocka_unit_test(events_are_located),
      cmocka_unit_test(solves_begin_anew),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
