/* rosenbrock in solves: what it asks of a system, and how it takes what goes
 * wrong there. */
#include "tests/check.h"

#include <eigenstep/ode.h>
#include <stdio.h>
#include <string.h>

typedef struct field {
  size_t rhs, jacobians, bad_from, bad_to; /* which Jacobians are bad */
  double bad, lambda, last_t;
  es_status status;
} field;

static es_status chase(double t, const double *y, double *dydt, void *context) {
  field *f = context;
  f->rhs++;
  dydt[0] = -f->lambda * (y[0] - cos(t)) - sin(t);
  return ES_OK;
}

static es_status chase_jacobian(double t, const double *y, double *J,
                                double *dfdt, void *context) {
  (void)y;
  field *f = context;
  f->jacobians++;
  const bool bad = f->jacobians >= f->bad_from && f->jacobians < f->bad_to;
  if (!bad) assert_true(t > f->last_t); /* one at each (t, y) */
  if (!bad) f->last_t = t;
  J[0] = bad ? f->bad : -f->lambda;
  dfdt[0] = -f->lambda * sin(t) - cos(t);
  return bad ? f->status : ES_OK;
}

static es_status chase_with(field *f, bool differences, double h0, double *y,
                            es_ode_statistics *stats, es_diag *diag) {
  es_ode_options o;
  es_ode_options_default(&o);
  o.method = "rosenbrock";
  o.h0 = h0;
  f->last_t = -1;
  const es_ode_system system = {.n = 1,
                                .rhs = chase,
                                .context = f,
                                .jacobian =
                                    differences ? NULL : chase_jacobian};
  es_ode *ode;
  const double end = 3;
  *y = 1;
  *diag = (es_diag){0};
  assert_ok(es_ode_new(&ode, &system, &o, diag), *diag);
  const es_status status = es_ode_solve(ode, 0, y, &end, 1, NULL, NULL, diag);
  *stats = es_ode_stats(ode);
  es_ode_free(ode);
  return status;
}

/* With a first step that is too long: one Jacobian for each place that steps
 * start from, one factorisation an attempt, 8 evaluations an accepted step and
 * 7 a rejected one, one for the first slope; differences cost n + 1 more. */
static void what_it_asks_is_counted(void **state) {
  (void)state;
  for (int differences = 0; differences < 2; differences++) {
    field f = {.lambda = 1e4};
    double y;
    es_ode_statistics s;
    es_diag diag;
    assert_ok(chase_with(&f, differences, 2, &y, &s, &diag), diag);
    assert_true(s.rejected > 2 && s.steps > 10);
    assert_int_equal(s.jacobian_calls, s.steps);
    assert_int_equal(s.lu_calls, s.steps + s.rejected);
    assert_int_equal(s.rhs_calls, 1 + 8 * s.steps + 7 * s.rejected +
                                      (differences ? 2 * s.steps : 0));
    assert_int_equal(f.rhs, s.rhs_calls);
    assert_int_equal(f.jacobians, differences ? 0 : s.jacobian_calls);
    /* The start is on the slow solution: all errors are of one size. */
    assert_close(y, cos(3), 1e-9, 0);
  }
}

/* Jacobians that fail, or are not finite, a few times: the step is tried again.
 * For ever: the solve ends with a status that says so. */
static void bad_jacobians(void **state) {
  (void)state;
  const double values[3] = {NAN, INFINITY, -1e4};
  const es_status own[3] = {ES_OK, ES_OK, ES_FILE_DATA};
  const es_status want[3] = {ES_NOT_FINITE, ES_NOT_FINITE, ES_RHS_FAILED};
  for (int i = 0; i < 3; i++) {
    field f = {.lambda = 1e4,
               .bad = values[i],
               .status = own[i],
               .bad_from = 5,
               .bad_to = 9};
    double y;
    es_ode_statistics s;
    es_diag diag;
    assert_ok(chase_with(&f, false, 0, &y, &s, &diag), diag);
    assert_close(y, cos(3), 1e-9, 0);
    assert_int_equal(s.rejected >= 4, 1);
    assert_int_equal(s.jacobian_calls, s.steps + 4);
    f.jacobians = 0;
    f.bad_to = SIZE_MAX;
    assert_status(chase_with(&f, false, 0, &y, &s, &diag), want[i]);
    assert_int_equal(s.steps, 4);
    assert_close(y, cos(diag.t), 1e-8, 0);
    f.jacobians = 0;
    f.status = ES_INTERRUPTED;
    assert_status(chase_with(&f, false, 0, &y, &s, &diag), ES_INTERRUPTED);
    assert_int_equal(f.jacobians, 5);
  }
}

/* W = 1/(gamma h) - J is 0 to the last bit with the first h. */
static void a_singular_matrix_is_another_h(void **state) {
  (void)state;
  field f = {.lambda = -1 / 0.21193756319429014};
  double y;
  es_ode_statistics s;
  es_diag diag;
  assert_ok(chase_with(&f, false, 1, &y, &s, &diag), diag);
  assert_true(s.rejected >= 1);
  /* Errors grow by e^(4.7 * 3) = 1.4e6. */
  assert_close(y, cos(3), 0, 1e-2);
}

static es_status still(double t, const double *y, double *dydt, void *c) {
  (void)t, (void)y, (void)dydt, (void)c;
  return ES_OK;
}

/* Two matrices of order n are refused before any memory is touched. */
static void orders_that_no_memory_holds(void **state) {
  (void)state;
  es_ode_options o;
  es_ode_options_default(&o);
  o.method = "rosenbrock";
  const size_t sizes[4] = {32767, 1000000, (size_t)1 << 40, SIZE_MAX / 8};
  for (int i = 0; i < 4; i++) {
    const es_ode_system system = {.n = sizes[i], .rhs = still};
    es_ode *ode;
    es_diag diag = {0};
    assert_status(es_ode_new(&ode, &system, &o, &diag), ES_NO_MEMORY);
    assert_null(ode);
    assert_non_null(strstr(diag.message, "no memory"));
    char order[32];
    snprintf(order, sizeof order, "n = %zu", sizes[i]);
    assert_non_null(strstr(diag.message, order)); /* and no size in MB */
  }
}

/* A fast mode does not hold steps short, nor does the watch for a steady state
 * on its behalf. */
static es_status settle(double t, const double *y, double *dydt, void *c) {
  (void)t, (void)c;
  dydt[0] = -1e6 * (y[0] - y[1]);
  dydt[1] = 1 - y[1];
  return ES_OK;
}

static void steady_states_of_stiff_systems(void **state) {
  (void)state;
  const char *const methods[2] = {"rosenbrock", "auto"};
  for (int m = 0; m < 2; m++) {
    const es_ode_system system = {.n = 2, .rhs = settle};
    es_ode_options o;
    es_ode_options_default(&o);
    o.method = methods[m];
    o.stop_when_steady = true;
    es_ode *ode;
    es_diag diag = {0};
    double y[2] = {0, 0};
    const double end = 1000;
    assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
    assert_ok(es_ode_solve(ode, 0, y, &end, 1, NULL, NULL, &diag), diag);
    const es_ode_statistics s = es_ode_stats(ode);
    es_ode_free(ode);
    assert_close(y[0], 1, 2e-9, 0);
    assert_close(y[1], 1, 2e-9, 0);
    assert_true(s.t_steady > 20 && s.t_steady < 1000);
    assert_true(s.steps < 1000 && s.implicit_steps > s.steps / 2);
  }
}

static es_status grow(double t, const double *y, double *dydt, void *c) {
  (void)t, (void)c;
  dydt[0] = 8 * y[0] * (1 - y[0]);
  return ES_OK;
}

/* The first step is as short as the solution asks however long the solve is: an
 * L-stable method takes a step over all that grows to the state that nothing
 * moves, y = 0, and sees no error in it. */
static void a_long_solve_begins_with_a_short_step(void **state) {
  (void)state;
  const double ends[] = {1e10, 1e25, 1e100, 1e300};
  for (size_t k = 0; k < sizeof ends / sizeof *ends; k++) {
    const es_ode_system system = {.n = 1, .rhs = grow};
    es_ode_options o;
    es_ode_options_default(&o);
    o.method = "rosenbrock";
    es_ode *ode;
    es_diag diag = {0};
    double y = 1e-6;
    assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
    assert_ok(es_ode_solve(ode, 0, &y, ends + k, 1, NULL, NULL, &diag), diag);
    es_ode_free(ode);
    assert_close(y, 1, 1e-9, 0); /* at rest: within a step's tolerance */
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_long_solve_begins_with_a_short_step),
      cmocka_unit_test(what_it_asks_is_counted),
      cmocka_unit_test(bad_jacobians),
      cmocka_unit_test(a_singular_matrix_is_another_h),
      cmocka_unit_test(orders_that_no_memory_holds),
      cmocka_unit_test(steady_states_of_stiff_systems),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
