/* Smooth functions of many variables, minimised by limited-memory BFGS (Nocedal
 * 1980; Liu and Nocedal 1989). The two-loop recursion runs over the last
 * ES_LBFGS_PAIRS pairs, around a matrix that the caller knows or the identity,
 * scaled by s^T y/y^T H0 y. The step length is bisected (Lewis and Overton
 * 2013) until it satisfies the weak Wolfe conditions or, near the minimum,
 * where differences of f are roundoff, the approximate ones of Hager and Zhang
 * (2005); either makes s^T y > 0. Nothing is random. */
#ifndef ES_METRICS_LBFGS_H
#define ES_METRICS_LBFGS_H

#include <eigenstep/status.h>
#include <stdbool.h>

enum { ES_LBFGS_PAIRS = 20 };

typedef struct es_lbfgs_problem {
  size_t n;
  /* f(x), and its gradient into g. */
  double (*value)(void *self, const double *x, double *g);
  /* r (n) becomes H0 r, H0 positive definite, near the inverse of f's Hessian;
   * NULL: the identity. */
  void (*precondition)(void *self, double *r);
  /* Told the gradient's norm before each iteration; true: stop with
   * ES_INTERRUPTED. NULL: never. */
  bool (*stopping)(void *self, double gradient);
  void *self;
} es_lbfgs_problem;

typedef struct es_lbfgs_result {
  double value, gradient; /* f and |g|_2 at x */
  size_t iterations, evaluations;
} es_lbfgs_result;

/* From x to where |g|_2 <= tolerance. ES_NO_CONVERGENCE after `most`
 * evaluations or where no step makes f smaller; ES_NOT_FINITE where f or g is
 * not finite at the start; *out and x then hold how far it came. */
es_status es_lbfgs(es_lbfgs_result *out, const es_lbfgs_problem *problem,
                   double *x, double tolerance, size_t most,
                   es_diag *diag) ES_MUST_USE;

#endif
