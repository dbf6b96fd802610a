/* Every way a solve ends, and its outputs. */
#include "tests/check.h"

#include <eigenstep/ode.h>
#include <string.h>

enum { OUTPUTS = 64 };

/* One state for all right-hand sides and callbacks here. */
typedef struct lab {
  double t[OUTPUTS], y[OUTPUTS];
  size_t n;           /* outputs seen */
  size_t fail_output; /* index + 1 of the one that fails; 0: none */
  double wall, slope; /* where a right-hand side ends; its slope beyond */
  es_status wall_status;
  es_diag *diag; /* where it leaves a line, or NULL */
  size_t polls, stop_after, calls, bad_call;
} lab;

static es_status decay(double t, const double *y, double *dydt, void *context) {
  (void)t, (void)context;
  dydt[0] = -y[0];
  return ES_OK;
}

static es_status blow_up(double t, const double *y, double *dydt, void *c) {
  (void)t, (void)c;
  dydt[0] = y[0] * y[0];
  return ES_OK;
}

static es_status wall(double t, const double *y, double *dydt, void *context) {
  (void)y;
  const lab *l = context;
  dydt[0] = 1;
  if (t <= l->wall) return ES_OK;
  if (l->diag == NULL) return l->wall_status;
  return es_fail(l->diag, l->wall_status, "beyond the wall");
}

static es_status steep_wall(double t, const double *y, double *dydt, void *c) {
  (void)y;
  const lab *l = c;
  dydt[0] = t > l->wall ? l->slope : 1;
  return ES_OK;
}

/* Leaves the domain of sqrt by stages that reach too far, but has a solution:
 * y = (1 - t/2)^2 up to t = 2. */
static es_status drain(double t, const double *y, double *dydt, void *c) {
  (void)t, (void)c;
  dydt[0] = -sqrt(y[0]);
  return ES_OK;
}

static es_status note(size_t index, double t, const double *y, void *context) {
  lab *l = context;
  if (index < OUTPUTS) {
    assert_int_equal(index, l->n);
    l->t[l->n] = t;
    l->y[l->n] = y[0];
  }
  l->n++;
  return index + 1 == l->fail_output ? ES_FILE_WRITE : ES_OK;
}

static bool stop(void *self) {
  lab *l = self;
  return ++l->polls > l->stop_after;
}

static es_ode_options plain(const char *method) {
  es_ode_options o;
  es_ode_options_default(&o);
  o.method = method;
  return o;
}

typedef struct result {
  es_status status;
  double y, t;
  es_diag diag;
  es_ode_statistics stats;
} result;

static result solve(es_ode_rhs rhs, const es_ode_options *o, lab *l, double t0,
                    double y0, const double *times, size_t n) {
  const es_ode_system system = {.n = 1, .rhs = rhs, .context = l};
  es_ode *ode;
  result r = {.y = y0, .t = NAN};
  assert_ok(es_ode_new(&ode, &system, o, &r.diag), r.diag);
  es_diag *theirs = l->diag;
  if (theirs != NULL) l->diag = &r.diag;
  r.status = es_ode_solve(ode, t0, &r.y, times, n, note, &r.t, &r.diag);
  l->diag = theirs;
  r.stats = es_ode_stats(ode);
  es_ode_free(ode);
  return r;
}

static const char *const methods[] = {"tsit5",       "dop853",     "gsl-rk8pd",
                                      "adams",       "rosenbrock", "auto",
                                      "gsl-msadams", "gsl-msbdf"};
enum { METHODS = sizeof methods / sizeof *methods };

/* The line says t, h and steps, and so does the diagnostic. */
static void check_diag(const result *r, es_status want) {
  assert_status(r->status, want);
  assert_int_equal(r->diag.code, want);
  assert_close(r->diag.t, r->t, 0, 0);
  assert_int_equal(r->diag.steps, r->stats.steps + r->stats.rejected);
  assert_true(isfinite(r->diag.h) && r->diag.h > 0);
  assert_non_null(strstr(r->diag.message, "at t = "));
  assert_non_null(strstr(r->diag.message, "h = "));
  assert_non_null(strstr(r->diag.message, "steps"));
}

/* y = 1/(1 - t): the outputs before t = 1 come, exact to the error that the
 * growth by 1/(1 - t)^2 makes of 1e-9, and the end comes soon. Steps shrink
 * in proportion to 1 - t, down to 1e-16: 37 e-folds of, here, at most 100
 * steps each, with GSL's multistep methods 200, and about as many rejected. */
static void blow_up_ends_with_a_status(void **state) {
  (void)state;
  const double times[4] = {0, .5, .9, 2};
  for (int m = 0; m < METHODS; m++) {
    lab l = {0};
    const es_ode_options o = plain(methods[m]);
    const result r = solve(blow_up, &o, &l, 0, 1, times, 4);
    assert_true(r.status == ES_STEP_UNDERFLOW || r.status == ES_NOT_FINITE);
    check_diag(&r, r.status);
    assert_int_equal(l.n, 3);
    assert_close(l.y[1], 2, 1e-7, 0);
    assert_close(l.y[2], 10, 1e-6, 0);
    assert_close(r.t, 1, 1e-7, 0);
    assert_true(r.y > 1e6 && isfinite(r.y));
    assert_true(r.stats.steps + r.stats.rejected < (m < 6 ? 3700 : 7400));
  }
}

/* A slope that is not finite beyond t = 1, or an rhs that fails there: the
 * solve comes as near as t can, and keeps what it has: y = t. */
static void check_wall(es_ode_rhs rhs, const char *method, lab l,
                       es_status want) {
  const double times[3] = {.25, .75, 3};
  l.wall = 1;
  const es_ode_options o = plain(method);
  const result r = solve(rhs, &o, &l, 0, 0, times, 3);
  check_diag(&r, want);
  /* The others end the solve at the first attempt that meets the wall. */
  if (want == ES_RHS_FAILED || want == ES_NOT_FINITE) {
    assert_int_equal(l.n, 2);
    assert_close(l.y[1], .75, 1e-14, 0);
    assert_close(r.t, 1, 1e-14, 0);
  }
  assert_close(r.y, r.t, 1e-14, 0);
  /* h falls by 4 each time, to 1e-16: 27 times; growth between undoes some. */
  assert_true(r.stats.rejected < 3 * 27);
  if (l.diag != NULL) assert_non_null(strstr(r.diag.message, "the wall"));
}

static void walls(void **state) {
  (void)state;
  es_diag unused;
  for (int m = 0; m < METHODS; m++) {
    check_wall(steep_wall, methods[m], (lab){.slope = NAN}, ES_NOT_FINITE);
    check_wall(steep_wall, methods[m], (lab){.slope = INFINITY}, ES_NOT_FINITE);
    const es_status own[] = {ES_FILE_DATA, ES_NO_CONVERGENCE, ES_NO_MEMORY,
                             ES_INTERRUPTED};
    for (int i = 0; i < 4; i++) {
      const es_status want = i < 2 ? ES_RHS_FAILED : own[i];
      check_wall(wall, methods[m], (lab){.wall_status = own[i]}, want);
      check_wall(wall, methods[m],
                 (lab){.wall_status = own[i], .diag = &unused}, want);
    }
  }
}

/* One evaluation in a long solve fails, or is not a number: whichever it is, of
 * a stage, of the last slope or of dense output, the step is tried again and
 * the answer is as good as any: 1e-9 in some 100 steps. The line that it left
 * is gone from the diagnostic then. (A start at order 1 is rejected anyway.) */
static es_status hiccup(double t, const double *y, double *dydt, void *c) {
  (void)t;
  lab *l = c;
  dydt[0] = -y[0];
  if (++l->calls != l->bad_call) return ES_OK;
  if (l->wall_status != ES_OK)
    return es_fail(l->diag, l->wall_status, "a hiccup");
  dydt[0] = NAN;
  return ES_OK;
}

static void single_failures_are_mended(void **state) {
  (void)state;
  es_diag unused;
  const double times[4] = {.5, 1, 1.5, 2};
  const es_status kinds[2] = {ES_OK, ES_NO_CONVERGENCE};
  for (int m = 0; m < METHODS; m++)
    for (size_t bad = 2; bad < 60; bad++)
      for (int k = 0; k < 2; k++) {
        lab l = {.bad_call = bad, .wall_status = kinds[k], .diag = &unused};
        const es_ode_options o = plain(methods[m]);
        const result r = solve(hiccup, &o, &l, 0, 1, times, 4);
        assert_ok(r.status, r.diag);
        assert_true(l.calls > bad);
        if (m < 3) assert_int_equal(r.stats.rejected > 0, bad > 2);
        for (int i = 0; i < 4; i++)
          assert_close(l.y[i], exp(-times[i]), 1e-7, 0);
        assert_int_equal(r.diag.code, ES_OK);
        assert_string_equal(r.diag.message, "");
      }
}

/* A line that an attempt left does not end up in a later failure's. */
static void stale_lines_are_dropped(void **state) {
  (void)state;
  es_diag unused;
  const double times[2] = {.5, 1};
  lab l = {.bad_call = 5, .diag = &unused, .fail_output = 2};
  l.wall_status = ES_FILE_DATA;
  const es_ode_options o = plain("tsit5");
  const result r = solve(hiccup, &o, &l, 0, 1, times, 2);
  assert_status(r.status, ES_FILE_WRITE);
  assert_null(strstr(r.diag.message, "hiccup"));
  assert_non_null(strstr(r.diag.message, es_status_text(ES_FILE_WRITE)));
}

/* Nothing smaller helps at the start itself. */
static void walls_at_the_start(void **state) {
  (void)state;
  const double end = 1;
  lab l = {.wall = -1, .slope = NAN, .wall_status = ES_FILE_DATA};
  const es_ode_options o = plain("tsit5");
  assert_status(solve(wall, &o, &l, 0, 0, &end, 1).status, ES_RHS_FAILED);
  assert_status(solve(steep_wall, &o, &l, 0, 0, &end, 1).status, ES_NOT_FINITE);
  assert_status(solve(decay, &o, &l, 0, NAN, &end, 1).status, ES_NOT_FINITE);
  l.wall_status = ES_NO_MEMORY;
  assert_status(solve(wall, &o, &l, 0, 0, &end, 1).status, ES_NO_MEMORY);
}

/* Attempts that leave the domain are only retried: near the end of the drain
 * y is reached to sqrt-like conditioning, 1e-9/(2 sqrt y). */
static void retries_recover(void **state) {
  (void)state;
  const double end = 1.98;
  for (int m = 0; m < METHODS; m++) {
    lab l = {0};
    es_ode_options o = plain(methods[m]);
    o.h0 = 1.97;
    const result r = solve(drain, &o, &l, 0, 1, &end, 1);
    assert_ok(r.status, r.diag);
    assert_true(r.stats.rejected > 0);
    assert_close(r.y, 1e-4, 0, 1e-9);
  }
}

static void budgets(void **state) {
  (void)state;
  const double end = 1e9;
  for (int m = 0; m < METHODS; m++) {
    lab l = {0};
    es_ode_options o = plain(methods[m]);
    o.max_steps = 50;
    const result r = solve(decay, &o, &l, 0, 1, &end, 1);
    check_diag(&r, ES_BUDGET);
    assert_int_equal(r.diag.steps, 50);
    assert_memory_equal(r.diag.message, "max_steps is used up at", 23);
    assert_close(r.y, exp(-r.t), 1e-6, 1e-9);
  }
}

static void interruption(void **state) {
  (void)state;
  const double end = 1e9;
  lab l = {.stop_after = 7};
  es_ode_options o = plain("tsit5");
  o.stopping = stop;
  o.stopping_self = &l;
  const result r = solve(decay, &o, &l, 0, 1, &end, 1);
  check_diag(&r, ES_INTERRUPTED);
  assert_memory_equal(r.diag.message, "interrupted at", 14);
  assert_int_equal(r.diag.steps, 7);
}

/* A tolerance that no step can meet, and a longest step below t's spacing. */
static void steps_that_cannot_be_taken(void **state) {
  (void)state;
  const double end = 1e9 + 1;
  lab l = {0};
  es_ode_options o = plain("tsit5");
  o.h_max = 1e-9;
  const result r = solve(decay, &o, &l, 1e9, 1, &end, 1);
  check_diag(&r, ES_STEP_UNDERFLOW);
  assert_close(r.t, 1e9, 0, 0);
  assert_int_equal(r.stats.steps, 0);
}

/* Outputs at the start, repeated, between steps and at the end; the times are
 * handed back as they were asked for. */
static void outputs_hit_their_times(void **state) {
  (void)state;
  const double times[8] = {1, 1, 1.1, 1.1, 1 + 1. / 3, 2, 7. / 3, 7. / 3};
  for (int m = 0; m < METHODS; m++) {
    lab l = {0};
    const es_ode_options o = plain(methods[m]);
    const result r = solve(decay, &o, &l, 1, 2, times, 8);
    assert_ok(r.status, r.diag);
    assert_int_equal(l.n, 8);
    assert_close(l.y[0], 2, 0, 0);
    for (int i = 0; i < 8; i++) {
      assert_close(l.t[i], times[i], 0, 0);
      assert_close(l.y[i], 2 * exp(1 - times[i]), 1e-8, 0);
    }
    assert_close(r.t, 7. / 3, 0, 0);
    assert_close(r.y, l.y[7], 0, 0);
    assert_close(l.y[2], l.y[3], 0, 0);
  }
}

/* Outputs cost no steps: 1000 of them change neither steps nor the end. */
static void outputs_do_not_steer(void **state) {
  (void)state;
  double times[1000];
  for (int i = 0; i < 1000; i++) times[i] = 5 * (i + 1) / 1000.;
  for (int m = 0; m < 6; m++) {
    lab l = {0}, last = {0};
    const es_ode_options o = plain(methods[m]);
    const result few = solve(decay, &o, &last, 0, 1, times + 999, 1);
    const result many = solve(decay, &o, &l, 0, 1, times, 1000);
    assert_int_equal(l.n, 1000);
    assert_int_equal(few.stats.steps, many.stats.steps);
    assert_memory_equal(&few.y, &many.y, sizeof few.y);
    /* First slope and its probe; 2 to 13 a step (all but tsit5 save one if they
     * reject), and more for a step with outputs inside. */
    const uint64_t cost[6][3] = {{6, 6, 0}, {12, 11, 3}, {13, 12, 26},
                                 {2, 1, 0}, {10, 7, 0},  {12, 11, 3}};
    const es_ode_statistics a = few.stats, b = many.stats;
    const uint64_t want = 2 + cost[m][0] * a.steps + cost[m][1] * a.rejected;
    assert_int_equal(a.rhs_calls, want);
    assert_int_equal(b.rhs_calls, want + cost[m][2] * b.steps);
  }
}

static void no_times(void **state) {
  (void)state;
  lab l = {0};
  const es_ode_options o = plain("tsit5");
  const result r = solve(decay, &o, &l, 3, 2, NULL, 0);
  assert_ok(r.status, r.diag);
  assert_close(r.t, 3, 0, 0);
  assert_close(r.y, 2, 0, 0);
  assert_int_equal(r.stats.rhs_calls, 0);
}

static void bad_times(void **state) {
  (void)state;
  lab l = {0};
  const es_ode_options o = plain("tsit5");
  const double lists[4][2] = {{1, .5}, {-1, 1}, {1, NAN}, {1, INFINITY}};
  for (int i = 0; i < 4; i++) {
    const result r = solve(decay, &o, &l, 0, 2, lists[i], 2);
    assert_status(r.status, ES_BAD_VALUE);
    assert_non_null(strstr(r.diag.message, "times["));
    assert_close(r.y, 2, 0, 0);
  }
  const result r = solve(decay, &o, &l, NAN, 2, lists[0], 1);
  assert_status(r.status, ES_BAD_VALUE);
  assert_non_null(strstr(r.diag.message, "t0"));
  assert_int_equal(l.n, 0);
}

/* The state is that of the output that failed. */
static void an_output_can_end_the_solve(void **state) {
  (void)state;
  const double times[3] = {.5, 1, 2};
  lab l = {.fail_output = 2};
  const es_ode_options o = plain("dop853");
  const result r = solve(decay, &o, &l, 0, 1, times, 3);
  check_diag(&r, ES_FILE_WRITE);
  assert_int_equal(l.n, 2);
  assert_close(r.t, 1, 0, 0);
  assert_close(r.y, l.y[1], 0, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(blow_up_ends_with_a_status),
      cmocka_unit_test(walls),
      cmocka_unit_test(single_failures_are_mended),
      cmocka_unit_test(stale_lines_are_dropped),
      cmocka_unit_test(walls_at_the_start),
      cmocka_unit_test(retries_recover),
      cmocka_unit_test(budgets),
      cmocka_unit_test(interruption),
      cmocka_unit_test(steps_that_cannot_be_taken),
      cmocka_unit_test(outputs_hit_their_times),
      cmocka_unit_test(outputs_do_not_steer),
      cmocka_unit_test(no_times),
      cmocka_unit_test(bad_times),
      cmocka_unit_test(an_output_can_end_the_solve),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
