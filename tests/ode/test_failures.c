/* One evaluation that goes wrong, whichever it is, with every method: the k-th
 * ends the solve, or fails, or gives no number, or an event function does. */
#include "tests/check.h"

#include <eigenstep/ode.h>
#include <string.h>

static const double fast = 200, end = 2;

typedef enum fault { NONE, FAILS, ENDS, NO_NUMBER } fault;

typedef struct lab {
  fault fault;
  size_t k, calls; /* the call that goes wrong, from 1 */
  size_t event_k, event_calls;
  double hole;           /* g so near to 0 is no number */
  size_t n, fail_output; /* outputs seen; the one that fails, from 1 */
  size_t before_output;  /* calls before the second */
  size_t hits;
  double hit_t;
} lab;

static es_status met(lab *l) {
  if (++l->calls != l->k) return ES_OK;
  if (l->fault == ENDS) return ES_INTERRUPTED;
  return l->fault == FAILS ? ES_RHS_FAILED : ES_OK;
}

/* y_1 = cos t, where all else dies away within 1/200, and y_2 = e^-t. */
static es_status rhs(double t, const double *y, double *dydt, void *context) {
  lab *l = context;
  const es_status status = met(l);
  dydt[0] = -fast * (y[0] - cos(t)) - sin(t);
  dydt[1] = -y[1];
  if (l->calls == l->k && l->fault == NO_NUMBER) dydt[1] = NAN;
  return status;
}

static es_status freeze(double t, const double *y, double h, void *context) {
  (void)t, (void)y, (void)h;
  return met(context);
}

static void phi(double tau, double *v, void *context) {
  (void)context;
  v[0] *= -expm1(-fast * tau) / (fast * tau);
  v[1] *= -expm1(-tau) / tau;
}

static void half(double t, const double *y, double *g, void *context) {
  (void)t;
  lab *l = context;
  g[0] = y[1] - .5;
  if (++l->event_calls == l->event_k || fabs(g[0]) < l->hole) g[0] = NAN;
}

static bool hit(size_t event, int direction, double t, const double *y,
                void *context) {
  (void)event, (void)direction, (void)y;
  lab *l = context;
  l->hits++;
  l->hit_t = t;
  return false;
}

static es_status note(size_t index, double t, const double *y, void *context) {
  (void)t, (void)y;
  lab *l = context;
  assert_int_equal(index, l->n);
  if (index == 1) l->before_output = l->calls;
  return ++l->n == l->fail_output ? ES_FILE_WRITE : ES_OK;
}

/* The state must be on the solution wherever the solve ended: errors of 1e-7 a
 * step that never grow, with gd of h/2 |y''| < 200 h/2 * 1e-3. */
static es_status solve(lab *l, const char *method, es_diag *diag, double *t) {
  const es_ode_system system = {.n = 2,
                                .rhs = rhs,
                                .n_events = 1,
                                .events = half,
                                .on_event = hit,
                                .context = l,
                                .linear = {freeze, phi}};
  const double times[5] = {0, .3, .69, 1, end};
  const bool fixed = strcmp(method, "gd") == 0;
  es_ode_options o;
  es_ode_options_default(&o);
  o.method = method;
  o.rtol = 1e-7;
  o.max_steps = 0;
  if (fixed) o.h0 = 1e-3;
  es_ode *ode;
  es_diag made;
  assert_ok(es_ode_new(&ode, &system, &o, &made), made);
  double y[2] = {1, 1};
  const es_status status = es_ode_solve(ode, 0, y, times, 5, note, t, diag);
  const double tolerance = fixed ? 2e-3 : 1e-5;
  assert_close(y[0], cos(*t), 0, tolerance);
  assert_close(y[1], exp(-*t), 0, tolerance);
  size_t due = 0;
  while (due < 5 && times[due] <= *t + (fixed ? 5e-4 : 0)) due++;
  assert_true(l->n == due || l->n == l->fail_output);
  es_ode_free(ode);
  return status;
}

/* Calls k = 1, 2, .. 20 and then ever fewer of a solve's, up to its last; and
 * the last before an output, which some methods have to prepare. */
static size_t next(size_t k) { return k < 20 ? k + 1 : k + k / 3; }

/* What a solve without a fault comes to. */
static lab whole_solve(const es_stepper_info *info) {
  lab l = {0};
  es_diag diag;
  double t;
  assert_ok(solve(&l, info->name, &diag, &t), diag);
  assert_close(t, end, 0, 0);
  assert_int_equal(l.n, 5);
  assert_int_equal(l.hits, 1);
  assert_close(l.hit_t, log(2), 0, info->fixed_step ? 1e-3 : 1e-6);
  return l;
}

typedef void check(const char *method, fault f, size_t k, es_diag *diag);

static void with_every_method(check *goes, fault f) {
  es_stepper_info info;
  for (size_t m = 0; (info = es_stepper_list(m)).name != NULL; m++) {
    const lab whole = whole_solve(&info);
    for (size_t k = 1; k <= whole.calls; k = next(k)) {
      es_diag diag = {0};
      goes(info.name, f, k, k % 2 == 0 ? &diag : NULL);
    }
    goes(info.name, f, whole.before_output, NULL);
  }
}

static void ends(const char *method, fault f, size_t k, es_diag *diag) {
  lab l = {.fault = f, .k = k};
  double t;
  assert_status(solve(&l, method, diag, &t), ES_INTERRUPTED);
  assert_int_equal(l.calls, k);
  assert_true(t < end);
  if (diag != NULL) assert_close(diag->t, t, 0, 0);
}

/* The state is the last good one, and nothing is called any more. */
static void an_interruption_anywhere(void **state) {
  (void)state;
  with_every_method(ends, ENDS);
}

/* A method of fixed steps ends, all others need a shorter step; all but the
 * first evaluation of all, for that no step would help. */
static void is_overcome(const char *method, fault f, size_t k, es_diag *diag) {
  lab l = {.fault = f, .k = k};
  double t;
  const es_status status = solve(&l, method, diag, &t);
  if (k > 1 && strcmp(method, "gd") != 0) {
    assert_status(status, ES_OK);
    assert_close(t, end, 0, 0);
    assert_int_equal(l.hits, 1);
    assert_close(l.hit_t, log(2), 0, 1e-6);
    return;
  }
  assert_status(status, f == FAILS ? ES_RHS_FAILED : ES_NOT_FINITE);
  assert_true(l.calls <= k + 1);
  if (diag != NULL) assert_non_null(strstr(diag->message, "at t = "));
}
static void a_failure_anywhere(void **state) {
  (void)state;
  with_every_method(is_overcome, FAILS);
}
static void no_number_anywhere(void **state) {
  (void)state;
  with_every_method(is_overcome, NO_NUMBER);
}

/* Where the sample without a number was one of those that only ask whether to
 * look closer, a closer look finds numbers. */
static void an_event_without_a_number(void **state) {
  (void)state;
  es_stepper_info info;
  for (size_t m = 0; (info = es_stepper_list(m)).name != NULL; m++) {
    const lab whole = whole_solve(&info);
    size_t ended = 0;
    for (size_t k = 1; k <= whole.event_calls; k = next(k)) {
      lab l = {.event_k = k};
      es_diag diag;
      double t;
      const es_status status =
          solve(&l, info.name, k % 2 == 0 ? &diag : NULL, &t);
      if (status == ES_OK)
        assert_close(l.hit_t, log(2), 0, info.fixed_step ? 1e-3 : 1e-6);
      else
        ended++;
      if (status == ES_OK) continue;
      assert_status(status, ES_NOT_FINITE);
      assert_true(t < end && l.hits <= 1);
      if (k % 2 == 0) assert_non_null(strstr(diag.message, "event function"));
    }
    assert_true(ended >= 1);
  }
}

/* Its zero cannot be told without a look at it. */
static void an_event_without_a_number_at_its_zero(void **state) {
  (void)state;
  es_stepper_info info;
  for (size_t m = 0; (info = es_stepper_list(m)).name != NULL; m++) {
    lab l = {.hole = 1e-4};
    es_diag diag;
    double t;
    assert_status(solve(&l, info.name, &diag, &t), ES_NOT_FINITE);
    assert_true(t < log(2) + 1e-3 && l.hits == 0);
    assert_non_null(strstr(diag.message, "event function"));
  }
}

/* That of time 0 before the solve has begun; the third comes just before the
 * event, the last after it. */
static void an_output_anywhere(void **state) {
  (void)state;
  static const double at[5] = {0, .3, .69, 1, 2};
  es_stepper_info info;
  for (size_t m = 0; (info = es_stepper_list(m)).name != NULL; m++)
    for (size_t k = 1; k <= 5; k++) {
      lab l = {.fail_output = k};
      double t;
      es_diag diag;
      assert_status(solve(&l, info.name, k % 2 == 0 ? &diag : NULL, &t),
                    ES_FILE_WRITE);
      assert_int_equal(l.n, k);
      assert_int_equal(l.hits, k > 3);
      assert_close(t, at[k - 1], 0, info.fixed_step ? 1e-3 : 0);
      if (k % 2 == 0) assert_non_null(strstr(diag.message, "the output"));
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_interruption_anywhere),
      cmocka_unit_test(a_failure_anywhere),
      cmocka_unit_test(no_number_anywhere),
      cmocka_unit_test(an_event_without_a_number),
      cmocka_unit_test(an_event_without_a_number_at_its_zero),
      cmocka_unit_test(an_output_anywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
