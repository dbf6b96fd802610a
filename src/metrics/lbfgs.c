/* Limited-memory BFGS: see lbfgs.h. */
#include "metrics/lbfgs.h"

#include "base/slab.h"
#include "base/sums.h"
#include "linalg/linalg.h"

#include <math.h>
#include <string.h>

enum { PAIRS = ES_LBFGS_PAIRS, MOST_TRIALS = 60 };

static const double decrease = 1e-4, curvature = .9; /* Wolfe's c1 and c2 */
static const double roundoff = 1e-14;                /* of f, relative */

typedef struct work {
  const es_lbfgs_problem *p;
  es_lbfgs_result *out;
  double *x, *g;              /* where we are */
  double *direction;          /* where to */
  double *next, *next_g, *Hy; /* the trial point; H0 y */
  double *s[PAIRS], *y[PAIRS], rho[PAIRS];
  size_t kept, newest; /* pairs; the newest one's place */
  double scale;        /* s^T y/y^T H0 y of the newest */
  es_slab slab;
} work;

static void add(size_t n, double *a, double factor, const double *b) {
  for (size_t i = 0; i < n; i++) a[i] += factor * b[i];
}

static es_status open_work(work *w, es_diag *diag) {
  const size_t n = w->p->n;
  double **const taken[] = {&w->g, &w->direction, &w->next, &w->next_g, &w->Hy};
  enum { TAKEN = sizeof taken / sizeof *taken };
  size_t total = 0;
  for (int k = 0; k < TAKEN + 2 * PAIRS; k++)
    es_slab_add(&total, n, sizeof(double));
  const es_status status = es_slab_open(&w->slab, total, diag);
  if (status != ES_OK) return status;
  for (int k = 0; k < TAKEN; k++)
    *taken[k] = es_slab_take(&w->slab, n, sizeof(double));
  for (int k = 0; k < PAIRS; k++) {
    w->s[k] = es_slab_take(&w->slab, n, sizeof(double));
    w->y[k] = es_slab_take(&w->slab, n, sizeof(double));
  }
  return ES_OK;
}

static void apply_start(const work *w, double *r) {
  if (w->p->precondition != NULL) w->p->precondition(w->p->self, r);
}

/* direction = -H g, newest pair first and then last. */
static void choose_direction(work *w) {
  const size_t n = w->p->n;
  double alpha[PAIRS] = {0}, *r = w->direction;
  for (size_t i = 0; i < n; i++) r[i] = -w->g[i];
  for (size_t k = 0; k < w->kept; k++) {
    const size_t i = (w->newest + PAIRS - k) % PAIRS;
    alpha[i] = w->rho[i] * es_dot(n, w->s[i], r);
    add(n, r, -alpha[i], w->y[i]);
  }
  apply_start(w, r);
  for (size_t i = 0; w->kept > 0 && i < n; i++) r[i] *= w->scale;
  for (size_t k = w->kept; k-- > 0;) {
    const size_t i = (w->newest + PAIRS - k) % PAIRS;
    add(n, r, alpha[i] - w->rho[i] * es_dot(n, w->y[i], r), w->s[i]);
  }
}

/* The pair from x to next, and x moves there. */
static void keep_step(work *w, double value) {
  const size_t n = w->p->n;
  w->newest = w->kept == 0 ? 0 : (w->newest + 1) % PAIRS;
  if (w->kept < PAIRS) w->kept++;
  double *s = w->s[w->newest], *y = w->y[w->newest];
  for (size_t i = 0; i < n; i++) {
    s[i] = w->next[i] - w->x[i];
    y[i] = w->next_g[i] - w->g[i];
  }
  memcpy(w->Hy, y, n * sizeof *y);
  apply_start(w, w->Hy);
  w->rho[w->newest] = 1 / es_dot(n, s, y);
  w->scale = es_dot(n, s, y) / es_dot(n, y, w->Hy);
  memcpy(w->x, w->next, n * sizeof *w->x);
  memcpy(w->g, w->next_g, n * sizeof *w->g);
  w->out->value = value;
}

/* Whether f fell enough over a step t; slope: f' along the direction at its
 * begin and its end. Differences of f below its roundoff say nothing, and there
 * the slope at the end has to. */
static bool fell(double before, double after, double t, double slope,
                 double slope_after) {
  return after <= before + decrease * t * slope ||
         (after <= before + roundoff * fabs(before) &&
          slope_after <= (2 * decrease - 1) * slope);
}

/* A step along the direction, or false where there is none. */
static bool step(work *w, size_t most) {
  const size_t n = w->p->n;
  const double slope = es_dot(n, w->g, w->direction);
  double low = 0, high = INFINITY, t = 1;
  if (!(slope < 0)) return false;
  for (int k = 0; k < MOST_TRIALS && w->out->evaluations < most; k++) {
    memcpy(w->next, w->x, n * sizeof *w->next);
    add(n, w->next, t, w->direction);
    const double value = w->p->value(w->p->self, w->next, w->next_g);
    const double after = es_dot(n, w->next_g, w->direction);
    w->out->evaluations++;
    if (!fell(w->out->value, value, t, slope, after)) {
      high = t;
    } else if (after < curvature * slope) {
      low = t;
    } else {
      keep_step(w, value);
      return true;
    }
    t = isinf(high) ? 2 * low : (low + high) / 2;
  }
  return false;
}

static es_status descend(work *w, double tolerance, size_t most,
                         es_diag *diag) {
  es_lbfgs_result *out = w->out;
  out->value = w->p->value(w->p->self, w->x, w->g);
  out->evaluations = 1;
  for (;;) {
    out->gradient = es_norm(w->p->n, w->g);
    if (!isfinite(out->value) || !isfinite(out->gradient))
      return es_fail(diag, ES_NOT_FINITE,
                     "the function to minimise is not finite");
    if (out->gradient <= tolerance) return ES_OK;
    if (w->p->stopping != NULL && w->p->stopping(w->p->self, out->gradient))
      return es_fail(diag, ES_INTERRUPTED, "interrupted");
    choose_direction(w);
    if (!step(w, most))
      return es_fail(diag, ES_NO_CONVERGENCE,
                     "L-BFGS stopped at |g| = %.3g after %zu evaluations, "
                     "%.3g was wanted",
                     out->gradient, out->evaluations, tolerance);
    out->iterations++;
  }
}

es_status es_lbfgs(es_lbfgs_result *out, const es_lbfgs_problem *problem,
                   double *x, double tolerance, size_t most, es_diag *diag) {
  work w = {.p = problem, .out = out, .x = x};
  *out = (es_lbfgs_result){0};
  es_status status = open_work(&w, diag);
  if (status == ES_OK) status = descend(&w, tolerance, most, diag);
  es_slab_close(&w.slab);
  return status;
}
