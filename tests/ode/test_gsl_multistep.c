/* GSL's multistep methods behind ours: stiff problems with known answers, dense
 * output against the steps, attempts rejected at random, what cannot be made
 * and what cannot be solved. Accuracy against rtol, ways to end and events are
 * asserted for all methods alike in the other files. */
#include "tests/check.h"
#include "tests/ode/stiff_problems.h"

#include "ode/solve.h"

#include <gsl/gsl_errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const methods[2] = {"gsl-msadams", "gsl-msbdf"};

static es_ode_options options_of(const char *method, double rtol) {
  es_ode_options o;
  es_ode_options_default(&o);
  o.method = method;
  o.rtol = rtol;
  return o;
}

/* Problems of the test set for initial value problem solvers, to its ends. */
typedef struct stiff {
  const char *name;
  es_ode_rhs rhs;
  es_ode_jacobian jacobian;
  size_t n;
  double end, scale[3], start[3], want[3];
} stiff;
static const stiff stiffs[2] = {
    {"van der pol",
     van_der_pol,
     van_der_pol_jacobian,
     2,
     2000,
     {1, 1e-3, 0},
     {2, 0, 0},
     {1.706167732170469, -.8928097010248125e-3, 0}},
    {"robertson",
     robertson,
     robertson_jacobian,
     3,
     1e11,
     {1e-8, 1e-13, 1},
     {1, 0, 0},
     {.2083340149701255e-7, .8333360770334713e-13, .9999999791665050}},
};

/* Their errors are those that the last stretch has made, along which the
 * solution draws its neighbours in: a small multiple of rtol. An explicit
 * method would need 1e6 steps and more. */
static void stiff_problems(void **state) {
  (void)state;
  for (int p = 0; p < 2; p++)
    for (int own = 0; own < 2; own++)
      for (int e = 6; e <= 8; e += 2) {
        const stiff *q = &stiffs[p];
        es_ode_system system = {.n = q->n, .rhs = q->rhs};
        if (own) system.jacobian = q->jacobian;
        es_ode_options o = options_of("gsl-msbdf", pow(10, -e));
        o.scale = q->scale;
        o.atol = .01 * o.rtol;
        es_ode *ode;
        es_diag diag = {0};
        double y[3], worst = 0;
        memcpy(y, q->start, sizeof y);
        assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
        assert_ok(es_ode_solve(ode, 0, y, &q->end, 1, NULL, NULL, &diag), diag);
        const es_ode_statistics st = es_ode_stats(ode);
        es_ode_free(ode);
        for (size_t i = 0; i < q->n; i++)
          worst = fmax(worst, fabs(y[i] / q->want[i] - 1));
        print_message("%s, rtol 1e-%d: error/rtol %.3g, %d steps, %d rejected, "
                      "%d slopes, %d Jacobians\n",
                      q->name, e, worst / o.rtol, (int)st.steps,
                      (int)st.rejected, (int)st.rhs_calls,
                      (int)st.jacobian_calls);
        assert_true(worst < 3 * o.rtol);
        assert_true(st.steps + st.rejected < 12000);
      }
}

/* Errors relative to y = exp(sin t), seen at the ends of steps and at outputs.
 */
typedef struct seen {
  double ends, outputs;
  const es_ode *ode;
} seen;

static es_status wave(double t, const double *y, double *dydt, void *c) {
  (void)c;
  dydt[0] = y[0] * cos(t);
  return ES_OK;
}
static double off(double t, double y) { return fabs(y * exp(-sin(t)) - 1); }

/* Polled before every attempt. */
static bool see_end(void *self) {
  seen *w = self;
  w->ends = fmax(w->ends, off(w->ode->step.t, w->ode->step.y[0]));
  return false;
}
static es_status see_output(size_t index, double t, const double *y, void *c) {
  (void)index;
  ((seen *)c)->outputs = fmax(((seen *)c)->outputs, off(t, y[0]));
  return ES_OK;
}

/* Between steps y is off by hardly more than at their ends: the interpolation's
 * own error is below the share of a tolerance that a step may have. */
static void dense_output_is_as_good(void **state) {
  (void)state;
  static double times[2000];
  for (int i = 0; i < 2000; i++) times[i] = (i + 1) / 200.;
  for (int m = 0; m < 2; m++)
    for (int e = 4; e <= 12; e += 2) {
      seen w = {0};
      const es_ode_system system = {.n = 1, .rhs = wave, .context = &w};
      es_ode_options o = options_of(methods[m], pow(10, -e));
      o.stopping = see_end;
      o.stopping_self = &w;
      es_ode *ode;
      es_diag diag = {0};
      double y = 1;
      assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
      w.ode = ode;
      assert_ok(es_ode_solve(ode, 0, &y, times, 2000, see_output, NULL, &diag),
                diag);
      print_message("%s, rtol 1e-%d: error/rtol %.3g at ends, %.3g at outputs, "
                    "%d steps\n",
                    methods[m], e, w.ends / o.rtol, w.outputs / o.rtol,
                    (int)es_ode_stats(ode).steps);
      es_ode_free(ode);
      assert_true(w.outputs < 1.1 * w.ends + .1 * o.rtol);
      assert_true(w.ends < 100 * o.rtol);
    }
}

/* The same, or a failure where the context says so. */
static es_status wave_or_not(double t, const double *y, double *dydt, void *c) {
  return *(const bool *)c ? ES_FILE_DATA : wave(t, y, dydt, NULL);
}

static unsigned next_random(unsigned *seed) {
  *seed = *seed * 1664525u + 1013904223u;
  return *seed >> 8;
}

/* A driver without judgement: accepts and rejects by lot, and has slopes fail
 * by lot, with steps up to the one that is offered. Whatever the order has
 * become, that must leave no trace in the solution. */
static void rejections_by_lot(void **state) {
  (void)state;
  for (int m = 0; m < 2; m++)
    for (unsigned seed = 1; seed <= 40; seed++) {
      bool fails = false;
      const es_ode_system system = {
          .n = 1, .rhs = wave_or_not, .context = &fails};
      const es_ode_options o = options_of(methods[m], 1e-6);
      const double end = 1e-3;
      es_ode *ode;
      es_diag diag = {0};
      double y = 1, h = 1e-3;
      unsigned lot = seed;
      assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
      assert_ok(es_ode_solve(ode, 0, &y, &end, 1, NULL, NULL, &diag), diag);
      es_step *s = &ode->step;
      for (int i = 0; i < 2000 && s->t < 20; i++) {
        s->h = h;
        s->t_new = s->t + h;
        s->h_next = s->error = 0;
        fails = next_random(&lot) % 32 == 0;
        const es_status status = ode->stepper->attempt(s);
        const bool bad = status != ES_OK || !(s->error <= 1);
        h = s->h_next > 0 ? s->h_next : h / 4;
        if (next_random(&lot) % 12 == 0) h *= .3;
        if (bad || next_random(&lot) % 16 == 0) continue;
        double *swap = s->y;
        s->y = s->y_new, s->y_new = swap;
        swap = s->f;
        s->f = s->f_new, s->f_new = swap;
        s->t = s->t_new;
        assert_close(off(s->t, s->y[0]), 0, 0, 100 * o.rtol);
      }
      assert_true(s->t > 2);
      es_ode_free(ode);
    }
}

/* What cannot be had: matrices of a large system. (Memory: test_gsl.c.) */
static void a_system_too_large_for_matrices(void **state) {
  (void)state;
  const es_ode_system system = {.n = 4097, .rhs = wave};
  const es_ode_options o = options_of("gsl-msbdf", 1e-6);
  es_ode *ode;
  es_diag diag = {0};
  assert_status(es_ode_new(&ode, &system, &o, &diag), ES_BAD_VALUE);
  assert_null(ode);
  assert_non_null(strstr(diag.message, "n = 4097"));
  assert_non_null(strstr(diag.message, "4096"));
}

/* y' = 4 y in steps of 1/4 makes I - h J of order 1 vanish, whose factorisation
 * fails; so does the corrector with steps that are too long. With GSL's own
 * handler in force, which aborts, on two threads at once. */
static es_status quadruple(double t, const double *y, double *dydt, void *c) {
  (void)t, (void)c;
  dydt[0] = 4 * y[0];
  return ES_OK;
}
static es_status four(double t, const double *y, double *J, double *dfdt,
                      void *c) {
  (void)t, (void)y, (void)dfdt, (void)c;
  J[0] = 4;
  return ES_OK;
}

static void a_matrix_that_is_singular(void **state) {
  (void)state;
  const double end = 1;
  double got[8];
  uint64_t rejected[8];
  gsl_error_handler_t *const first = gsl_set_error_handler(NULL);
#ifdef _OPENMP
#pragma omp parallel for num_threads(2)
#endif
  for (int i = 0; i < 8; i++) {
    const es_ode_system system = {.n = 1, .rhs = quadruple, .jacobian = four};
    es_ode_options o = options_of("gsl-msbdf", 1e-6);
    o.h0 = .25;
    es_ode *ode;
    es_diag diag = {0};
    got[i] = 1;
    if (es_ode_new(&ode, &system, &o, &diag) != ES_OK) continue;
    if (es_ode_solve(ode, 0, &got[i], &end, 1, NULL, NULL, &diag) != ES_OK)
      got[i] = NAN;
    rejected[i] = es_ode_stats(ode).rejected;
    es_ode_free(ode);
  }
  assert_null(gsl_set_error_handler(first));
  for (int i = 0; i < 8; i++) {
    assert_close(got[i], exp(4), 1e-4, 0);
    assert_true(rejected[i] > 0);
  }
}

/* A Jacobian that fails rejects the step; so it does for good, and the two
 * statuses that end a solve do so at once. */
static es_status no_jacobian(double t, const double *y, double *J, double *dfdt,
                             void *context) {
  (void)t, (void)y, (void)J, (void)dfdt;
  return *(const es_status *)context;
}

static void a_jacobian_that_fails(void **state) {
  (void)state;
  const double end = 1;
  es_status gives[3] = {ES_FILE_DATA, ES_NO_MEMORY, ES_INTERRUPTED};
  const es_status want[3] = {ES_RHS_FAILED, ES_NO_MEMORY, ES_INTERRUPTED};
  for (int i = 0; i < 3; i++) {
    const es_ode_system system = {.n = 1,
                                  .rhs = quadruple,
                                  .jacobian = no_jacobian,
                                  .context = &gives[i]};
    const es_ode_options o = options_of("gsl-msbdf", 1e-6);
    es_ode *ode;
    es_diag diag = {0};
    double y = 1, t;
    assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
    assert_status(es_ode_solve(ode, 0, &y, &end, 1, NULL, &t, &diag), want[i]);
    assert_close(t, 0, 0, 0);
    assert_close(y, 1, 0, 0);
    assert_true(es_ode_stats(ode).rejected == 0 || i == 0);
    es_ode_free(ode);
  }
}

/* All is the same once GSL's handler is off for good, where no step has to put
 * it aside. */
static void after_es_init(void **state) {
  es_init();
  rejections_by_lot(state);
  a_matrix_that_is_singular(state);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(stiff_problems),
      cmocka_unit_test(dense_output_is_as_good),
      cmocka_unit_test(rejections_by_lot),
      cmocka_unit_test(a_system_too_large_for_matrices),
      cmocka_unit_test(a_matrix_that_is_singular),
      cmocka_unit_test(a_jacobian_that_fails),
      cmocka_unit_test(after_es_init),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
