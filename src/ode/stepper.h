/* What a stepper is, to the driver. A stepper is one file with one constant
 * es_stepper and one line in the table of stepper.c. It never sees outputs,
 * events or step control; it tries one step and tells how wrong that was.
 * Methods that need more than arrays of doubles (a history, a factorisation, a
 * foreign library) keep it in step->own; methods that choose their own step
 * write step->h_next. */
#ifndef ES_ODE_STEPPER_H
#define ES_ODE_STEPPER_H

#include "base/finite.h"

#include <eigenstep/ode.h>
#include <math.h>

/* The loops over components carry no dependence. Said to the compiler where
 * OpenMP is on; the result has the same bits either way. */
#ifdef _OPENMP
#define ES_SIMD _Pragma("omp simd")
/* The same on all threads where `size`, in scope, is worth waking them. */
#define ES_SIMD_WIDE                                                           \
  _Pragma("omp parallel for simd schedule(static) if (size >= ES_WIDE)")
#else
#define ES_SIMD
#define ES_SIMD_WIDE
#endif
enum { ES_WIDE = 1 << 14 };

/* One step from (t, y) to (t_new, y_new), h = t_new - t. All vectors have n
 * entries and start on cache lines; stride is n rounded up to one. */
typedef struct es_step {
  size_t n, stride;
  es_ode_rhs rhs;
  es_ode_jacobian jacobian; /* NULL: by differences */
  es_ode_linear linear;     /* NULLs: none known */
  void *context;
  uint64_t rhs_calls, jacobian_calls, lu_calls;
  double rtol;
  const double *atol; /* n: atol*scale, at least DBL_MIN */
  double *work;       /* the stepper's doubles */
  void *own;          /* what open made */
  double t, t_new, h;
  double *y, *f;         /* at t; f = f(t, y) unless the method is fixed_step */
  double *y_new, *f_new; /* what attempt fills; scratch until then */
  double error;          /* of the attempt, in tolerances: accepted if <= 1 */
  double h_next;         /* 0: the driver chooses */
} es_step;

typedef struct es_stepper {
  const char *name, *summary;
  int order;       /* local error O(h^(order+1)) */
  int error_order; /* step->error = O(h^(error_order+1)) */
  int dense_order; /* 0: the driver steps onto outputs */
  int stages;      /* right-hand sides of an accepted step */
  bool fixed_step; /* h is h0 throughout, error and f are not used */
  bool l_stable;   /* fast modes die away at any h */
  bool factors;    /* each step takes a Jacobian and its LU factors */
  double stable;   /* explicit methods: |R(x)| <= 1 for -stable <= x <= 0 */
  /* Doubles of workspace for a step of this stride, SIZE_MAX where no memory
   * would do. NULL: none. */
  size_t (*doubles)(size_t stride);
  /* Makes and frees step->own, once per workspace; close is called after an
   * open that failed too. NULL: nothing to own. */
  es_status (*open)(es_step *step, es_diag *diag);
  void (*close)(es_step *step);
  /* Forgets the history: a solve begins at (t, y, f). NULL: there is none. */
  void (*begin)(es_step *step);
  /* Fills y_new and error, and f_new = f(t_new, y_new) where error <= 1. May
   * be called again with another h from the same (t, y). */
  es_status (*attempt)(es_step *step);
  /* Called once for an attempt that passed and is to be interpolated; an error
   * of NAN rejects the step after all. NULL: nothing to do. */
  es_status (*prepare)(es_step *step);
  /* The size of the fastest mode's eigenvalue, one over time, after an attempt
   * that passed and before prepare. NULL: no estimate. */
  double (*rate)(const es_step *step);
  /* y(t + theta*h), 0 <= theta <= 1. NULL: cubic Hermite from y, f. */
  void (*dense)(const es_step *step, double theta, double *y);
} es_stepper;

/* The table: C name, name in solver.method. */
#define ES_STEPPERS(X)                                                         \
  X(tsit5, "tsit5")                                                            \
  X(dop853, "dop853")                                                          \
  X(exponential, "exponential")                                                \
  X(rosenbrock, "rosenbrock")                                                  \
  X(gsl_rk8pd, "gsl-rk8pd")                                                    \
  X(gd, "gd")                                                                  \
  X(adams, "adams")                                                            \
  X(gsl_msadams, "gsl-msadams")                                                \
  X(gsl_msbdf, "gsl-msbdf")                                                    \
  X(rock4, "rock4")

#define ES_STEPPER_DECLARE(id, name) extern const es_stepper es_stepper_##id;
ES_STEPPERS(ES_STEPPER_DECLARE)
#undef ES_STEPPER_DECLARE

/* The stepper of a name, or NULL. */
const es_stepper *es_stepper_find(const char *name);

/* A workspace around any stepper, in the table or not. */
es_status es_ode_open(es_ode **out, const es_stepper *stepper,
                      const es_ode_system *system,
                      const es_ode_options *options, es_diag *diag) ES_MUST_USE;

/* What auto begins with at this relative tolerance. */
const es_stepper *es_stepper_auto(double rtol);

/* Row j of the stepper's doubles, stride each. */
static inline double *es_step_row(const es_step *s, size_t j) {
  return s->work + j * s->stride;
}

/* One counted evaluation. */
static inline es_status es_step_rhs(es_step *s, double t, const double *y,
                                    double *dydt) {
  s->rhs_calls++;
  return s->rhs(t, y, dydt, s->context);
}

/* J = df/dy (n×n, column-major) and dfdt (n) at (t, y), where f is f(t, y): the
 * system's own, or forward differences, which cost n + 1 evaluations; an entry
 * is then good to about the root of roundoff. y is put back as it was. dfdt may
 * be NULL where the system has no Jacobian of its own. */
es_status es_step_jacobian(es_step *s, double t, double *y, const double *f,
                           double *J, double *dfdt) ES_MUST_USE;

/* One over the size that an error in component i may have. */
static inline double es_step_weight(const es_step *s, size_t i, double y,
                                    double y_new) {
  return 1 / (s->atol[i] + s->rtol * fmax(fabs(y), fabs(y_new)));
}

/* The larger of two sizes; a NaN wins. The error of a step is its largest over
 * the components: a root mean square would let the few modes that move be as
 * wrong as the root of the number of those that rest. */
static inline double es_worse(double a, double b) {
  return a >= b || isnan(a) ? a : b;
}

/* For rates: sqrt(df/dy), an eigenvalue's size where these are the squares of
 * J's image of a vector and of the vector itself; 0 where nothing moved. */
static inline double es_square(double x) { return x * x; }
static inline double es_root_ratio(double df, double dy) {
  return dy > 0 ? sqrt(df / dy) : 0;
}

/* Largest component of v in tolerances between y and y_new. */
double es_step_norm(const es_step *s, const double *v, const double *y,
                    const double *y_new);

/* A rate for explicit Runge-Kutta methods whose last two stages are at one
 * time: |k_m - k_(m-1)|/|y_m - y_(m-1)| in tolerances at y_new, where y_m = y +
 * h sum_(j<m) a_j k_j, y_(m-1) likewise with `before`, and k is indexed from 1.
 */
double es_step_pair_rate(const es_step *s, double *const *k, int m,
                         const double *a, const double *before);

/* The cubic through y, f at t and y_new, f_new at t_new. */
void es_step_hermite(const es_step *s, double theta, double *y);

/* y at a time of the step just attempted (and prepared). */
void es_step_at(const es_stepper *stepper, const es_step *s, double t,
                double *y);

#endif
