/* SUNDIALS: CVODE's Adams with functional iteration and BDF with Newton's
 * (dense with the Jacobian, or GMRES where that would not fit), and ARKODE's
 * explicit Runge-Kutta. Written for version 6. Without its headers
 * (ES_HAVE_SUNDIALS=0) there are no methods. */
#include "tests/bench/ode/ode.h"

#include <stdio.h>

#if ES_HAVE_SUNDIALS

#include "base/progress.h"

#include <arkode/arkode_erkstep.h>
#include <cvode/cvode.h>
#include <nvector/nvector_openmp.h>
#include <nvector/nvector_serial.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunlinsol/sunlinsol_spgmr.h>
#include <sunmatrix/sunmatrix_dense.h>
#include <sunnonlinsol/sunnonlinsol_fixedpoint.h>

typedef enum kind { ADAMS, BDF, BDF_GMRES, ERK } kind;
typedef struct setting {
  const char *name;
  kind scheme;
  int order; /* of ERK; 0: its default */
} setting;

static const setting settings[] = {
    {"CVODE Adams", ADAMS, 0},         {"CVODE BDF", BDF, 0},
    {"CVODE BDF GMRES", BDF_GMRES, 0}, {"ARKODE ERK", ERK, 0},
    {"ARKODE ERK 8", ERK, 8},
};
enum { SETTINGS = sizeof settings / sizeof *settings };

/* All that a solve of one cell owns. */
typedef struct solver {
  SUNContext context;
  N_Vector y, tolerance;
  void *memory; /* of CVODE or ERKStep */
  SUNMatrix J;
  SUNLinearSolver linear;
  SUNNonlinearSolver fixed_point;
} solver;

static int rhs(realtype t, N_Vector y, N_Vector dydt, void *self) {
  return run_rhs(self, t, N_VGetArrayPointer(y), N_VGetArrayPointer(dydt)) ? 0
                                                                           : -1;
}

static int jacobian(realtype t, N_Vector y, N_Vector f, SUNMatrix J, void *self,
                    N_Vector a, N_Vector b, N_Vector c) {
  run *r = self;
  double dfdt[64];
  (void)f, (void)a, (void)b, (void)c;
  if (r->p->n > sizeof dfdt / sizeof *dfdt) return -1;
  return run_jacobian(r, t, N_VGetArrayPointer(y), SUNDenseMatrix_Data(J), dfdt)
             ? 0
             : -1;
}

/* Long vectors on as many threads as the products have. */
static N_Vector vector(const run *r, SUNContext context) {
  const sunindextype n = (sunindextype)r->p->n;
  return r->p->large ? N_VNew_OpenMP(n, omp_get_max_threads(), context)
                     : N_VNew_Serial(n, context);
}

static int open_linear(solver *s, run *r, kind scheme) {
  const sunindextype n = (sunindextype)r->p->n;
  if (scheme == BDF_GMRES) {
    s->linear = SUNLinSol_SPGMR(s->y, SUN_PREC_NONE, 0, s->context);
    return CVodeSetLinearSolver(s->memory, s->linear, NULL);
  }
  s->J = SUNDenseMatrix(n, n, s->context);
  s->linear = SUNLinSol_Dense(s->y, s->J, s->context);
  const int code = CVodeSetLinearSolver(s->memory, s->linear, s->J);
  return code == 0 && r->p->jacobian != NULL
             ? CVodeSetJacFn(s->memory, jacobian)
             : code;
}

static int open_cvode(solver *s, run *r, kind scheme) {
  s->memory = CVodeCreate(scheme == ADAMS ? CV_ADAMS : CV_BDF, s->context);
  if (s->memory == NULL) return -1;
  int code = CVodeInit(s->memory, rhs, 0, s->y);
  if (code == 0) code = CVodeSVtolerances(s->memory, r->rtol, s->tolerance);
  if (code == 0) code = CVodeSetUserData(s->memory, r);
  if (code == 0) code = CVodeSetMaxNumSteps(s->memory, -1);
  if (code == 0) code = CVodeSetErrFile(s->memory, NULL);
  if (code != 0 || scheme != ADAMS)
    return code != 0 ? code : open_linear(s, r, scheme);
  s->fixed_point = SUNNonlinSol_FixedPoint(s->y, 0, s->context);
  return CVodeSetNonlinearSolver(s->memory, s->fixed_point);
}

static int open_erk(solver *s, run *r, int order) {
  s->memory = ERKStepCreate(rhs, 0, s->y, s->context);
  if (s->memory == NULL) return -1;
  int code = ERKStepSVtolerances(s->memory, r->rtol, s->tolerance);
  if (code == 0) code = ERKStepSetUserData(s->memory, r);
  if (code == 0) code = ERKStepSetMaxNumSteps(s->memory, -1);
  if (code == 0) code = ERKStepSetErrFile(s->memory, NULL);
  return code == 0 && order > 0 ? ERKStepSetOrder(s->memory, order) : code;
}

static int open_solver(solver *s, run *r, const setting *what,
                       const double *y) {
  const problem *p = r->p;
  if (SUNContext_Create(NULL, &s->context) != 0) return -1;
  s->y = vector(r, s->context);
  s->tolerance = vector(r, s->context);
  if (s->y == NULL || s->tolerance == NULL) return -1;
  memcpy(N_VGetArrayPointer(s->y), y, p->n * sizeof *y);
  for (size_t i = 0; i < p->n; i++)
    N_VGetArrayPointer(s->tolerance)[i] = r->atol * p->scale[i];
  return what->scheme == ERK ? open_erk(s, r, what->order)
                             : open_cvode(s, r, what->scheme);
}

/* The Runge-Kutta steps end on outputs: their interpolant is of order 5 at
 * most. */
static int advance(solver *s, kind scheme, double t_out) {
  double t;
  if (scheme != ERK) return CVode(s->memory, t_out, s->y, &t, CV_NORMAL);
  const int code = ERKStepSetStopTime(s->memory, t_out);
  return code != 0 ? code
                   : ERKStepEvolve(s->memory, t_out, s->y, &t, ARK_NORMAL);
}

static void close_solver(solver *s, run *r, kind scheme) {
  long int steps = 0;
  if (s->memory != NULL && scheme == ERK) {
    (void)ERKStepGetNumSteps(s->memory, &steps);
    ERKStepFree(&s->memory);
  } else if (s->memory != NULL) {
    (void)CVodeGetNumSteps(s->memory, &steps);
    CVodeFree(&s->memory);
  }
  r->steps += (uint64_t)steps;
  if (s->linear != NULL) (void)SUNLinSolFree(s->linear);
  if (s->fixed_point != NULL) (void)SUNNonlinSolFree(s->fixed_point);
  if (s->J != NULL) SUNMatDestroy(s->J);
  if (s->y != NULL) N_VDestroy(s->y);
  if (s->tolerance != NULL) N_VDestroy(s->tolerance);
  if (s->context != NULL) (void)SUNContext_Free(&s->context);
}

static outcome solve_cell(run *r, const setting *what, const double *y) {
  solver s = {0};
  char note[48];
  int code = open_solver(&s, r, what, y);
  for (size_t k = 0; k < r->p->n_times && code >= 0; k++) {
    code = advance(&s, what->scheme, r->p->times[k]);
    if (code >= 0) run_keep(r, k, N_VGetArrayPointer(s.y));
  }
  snprintf(note, sizeof note, "code %d", code);
  close_solver(&s, r, what->scheme);
  return code >= 0 ? DONE : run_failed(r, note);
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
  const kind s = ((const setting *)m->own)->scheme;
  if (s == BDF) return p->jacobian != NULL && p->n <= 64;
  if (s == BDF_GMRES) return p->jacobian == NULL && p->d > 0;
  return !p->stiff;
}

size_t methods_sundials(method *out, size_t most) {
  size_t n = 0;
  for (size_t i = 0; i < SETTINGS && n < most; i++) {
    out[n] = (method){.package = "SUNDIALS",
                      .solve = solve,
                      .own = &settings[i],
                      .suits = suits};
    snprintf(out[n++].name, sizeof out->name, "%s", settings[i].name);
  }
  return n;
}

const char *version_sundials(char *out, size_t size) {
  snprintf(out, size, "%s", SUNDIALS_VERSION);
  return out;
}

#else

size_t methods_sundials(method *out, size_t most) {
  (void)out, (void)most;
  return 0;
}

const char *version_sundials(char *out, size_t size) {
  if (size > 0) out[0] = '\0';
  return out;
}

#endif
