/* Methods with a memory: that a new start forgets all of it. */
#include "tests/check.h"

#include "ode/solve.h"

#include <string.h>

static const char *const methods[3] = {"adams", "gsl-msadams", "gsl-msbdf"};

/* y' = -y^2. */
static es_status square(double t, const double *y, double *dydt, void *c) {
  (void)t, (void)c;
  dydt[0] = -y[0] * y[0];
  return ES_OK;
}

static es_ode *make(const char *method) {
  const es_ode_system system = {.n = 1, .rhs = square};
  es_ode_options o;
  es_ode_options_default(&o);
  o.method = method;
  es_ode *ode;
  es_diag diag = {0};
  assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
  return ode;
}

/* A new start at t = 3. */
static void attempt_from(es_ode *ode, double y) {
  es_step *s = &ode->step;
  s->t = 3;
  s->h = 1e-4;
  s->t_new = s->t + s->h;
  s->y[0] = y;
  s->f[0] = -y * y;
  ode->stepper->begin(s);
  assert_int_equal(ode->stepper->attempt(s), ES_OK);
}

/* After begin an attempt and what is interpolated of it have the bits of the
 * first ones of a workspace that has never made a step, also from the t of the
 * attempt before. */
static void a_new_start_forgets(void **state) {
  (void)state;
  for (int m = 0; m < 3; m++) {
    double y[2], inside[2], error[2];
    for (int i = 0; i < 2; i++) {
      es_ode *ode = make(methods[m]);
      es_step *s = &ode->step;
      es_diag diag = {0};
      const double end = 3;
      double start = 1;
      if (i == 1)
        assert_ok(es_ode_solve(ode, 0, &start, &end, 1, NULL, NULL, &diag),
                  diag);
      if (i == 1) attempt_from(ode, 5);
      attempt_from(ode, .25);
      ode->stepper->dense(s, .25, &inside[i]);
      y[i] = s->y_new[0];
      error[i] = s->error;
      es_ode_free(ode);
    }
    assert_memory_equal(&y[0], &y[1], sizeof *y);
    assert_memory_equal(&inside[0], &inside[1], sizeof *y);
    assert_memory_equal(&error[0], &error[1], sizeof *y);
    assert_close(y[0], 1 / 4.0001, 1e-8, 0);
    assert_close(inside[0], 1 / 4.000025, 1e-8, 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_new_start_forgets),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
