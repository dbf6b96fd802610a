/* GSL's steppers behind its own driver, used as its manual shows. */
#include "tests/bench/ode/ode.h"

#include "base/progress.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_odeiv2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct stepper {
  const char *name;
  const gsl_odeiv2_step_type *const *type;
  bool implicit; /* needs the Jacobian */
  bool stiff;    /* is used where a problem is stiff */
  bool nonstiff; /* is used where it is not */
} stepper;

static const stepper steppers[] = {
    {"rk8pd", &gsl_odeiv2_step_rk8pd, false, false, true},
    {"rkf45", &gsl_odeiv2_step_rkf45, false, false, true},
    {"msadams", &gsl_odeiv2_step_msadams, false, true, true},
    {"msbdf", &gsl_odeiv2_step_msbdf, true, true, false},
    {"bsimp", &gsl_odeiv2_step_bsimp, true, true, false},
    {"rk4imp", &gsl_odeiv2_step_rk4imp, true, true, false},
};
enum { STEPPERS = sizeof steppers / sizeof *steppers };

static int rhs(double t, const double y[], double dydt[], void *self) {
  return run_rhs(self, t, y, dydt) ? GSL_SUCCESS : GSL_EBADFUNC;
}

/* GSL's Jacobian is row by row. */
static int jacobian(double t, const double y[], double *dfdy, double dfdt[],
                    void *self) {
  run *r = self;
  const size_t n = r->p->n;
  if (r->over || !run_jacobian(r, t, y, dfdy, dfdt)) return GSL_EBADFUNC;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < i; j++) {
      const double below = dfdy[i + j * n];
      dfdy[i + j * n] = dfdy[j + i * n];
      dfdy[j + i * n] = below;
    }
  return GSL_SUCCESS;
}

static outcome solve_cell(run *r, const stepper *s, double *y) {
  const problem *p = r->p;
  gsl_odeiv2_system system = {.function = rhs, .dimension = p->n, .params = r};
  if (p->jacobian != NULL) system.jacobian = jacobian;
  /* Its driver takes the first step as it is given. */
  gsl_odeiv2_driver *driver = gsl_odeiv2_driver_alloc_scaled_new(
      &system, *s->type, 1e-6 * p->times[0], r->atol, r->rtol, 1, 0, p->scale);
  int code = driver != NULL ? GSL_SUCCESS : GSL_ENOMEM;
  double t = 0;
  for (size_t k = 0; k < p->n_times && code == GSL_SUCCESS; k++) {
    code = gsl_odeiv2_driver_apply(driver, &t, p->times[k], y);
    if (code == GSL_SUCCESS) run_keep(r, k, y);
  }
  if (driver != NULL) {
    r->steps += driver->n;
    gsl_odeiv2_driver_free(driver);
  }
  return code == GSL_SUCCESS ? DONE : run_failed(r, gsl_strerror(code));
}

static outcome solve(const method *m, run *r) {
  double *y = bench_room(r->p->n, sizeof *y);
  outcome end = DONE;
  const double begun = es_seconds();
  for (size_t j = 0; j < r->p->cells && end == DONE; j++) {
    run_cell(r, j, y);
    end = solve_cell(r, m->own, y);
  }
  r->seconds = es_seconds() - begun;
  free(y);
  return end;
}

static bool suits(const method *m, const problem *p) {
  const stepper *s = m->own;
  if (s->implicit && p->jacobian == NULL) return false;
  return p->stiff ? s->stiff : s->nonstiff;
}

static method named(const stepper *s) {
  method m = {.package = "GSL", .solve = solve, .own = s, .suits = suits};
  snprintf(m.name, sizeof m.name, "%s", s->name);
  return m;
}

method method_gsl(const char *name) {
  size_t i = 0;
  while (i + 1 < STEPPERS && strcmp(steppers[i].name, name) != 0) i++;
  return named(&steppers[i]);
}

size_t methods_gsl(method *out, size_t most) {
  size_t n = 0;
  for (size_t i = 0; i < STEPPERS && n < most; i++)
    out[n++] = named(&steppers[i]);
  return n;
}
