/* Discrete descent of the linear model, Z <- Z - 4 lr (Z G Z^T - I) Z G with
 * G = diag(gamma), and the steps it takes: see held.h.
 *
 * Columns beyond the first d that cannot move, gamma_j = 0 or Z_j = 0, are left
 * out. One step costs 4 d^2 k flops for the k that are left. One thread: at
 * d = 10, k = 64 a step is 3 us, less than waking a second one. */
#include "ntk/held.h"

#include "linalg/linalg.h"
#include "metrics/crossing.h"

#include <eigenstep/barlow_twins.h>

#include <math.h>
#include <string.h>

/* Modes grow to 1: a power beyond this, or beyond so much of the start's, is a
 * blow-up and will only grow. */
static const double blow_up = 1e6;

typedef struct descent {
  const es_held *model;
  size_t d, k;
  size_t steps; /* taken */
  double lr, limit;
  double *gamma, *Z; /* k; d×k */
  double *ZG, *C;    /* d×k; d×d: Z G Z^T - I */
  double *power;     /* k: gamma_j |Z_j|^2 */
  double *last;      /* d: the powers one step before */
  es_congruence *eigen;
  es_slab slab;
} descent;

static bool moves(const es_held *c, size_t j) {
  if (c->gamma[j] == 0) return false;
  for (size_t i = 0; i < c->d; i++)
    if (c->Z0[i + j * c->d] != 0) return true;
  return false;
}

static bool kept(const es_held *c, size_t j) { return j < c->d || moves(c, j); }

static es_status open_slab(descent *w, es_diag *diag) {
  const size_t d = w->d, k = w->k, number = sizeof(double);
  size_t total = 0;
  for (int i = 0; i < 2; i++) es_slab_add(&total, k, number);
  for (int i = 0; i < 2; i++) es_slab_add(&total, k, d * number);
  es_slab_add(&total, d, d * number);
  es_slab_add(&total, d, number);
  const es_status status = es_slab_open(&w->slab, total, diag);
  if (status != ES_OK) return status;
  w->gamma = es_slab_take(&w->slab, k, number);
  w->power = es_slab_take(&w->slab, k, number);
  w->Z = es_slab_take(&w->slab, k, d * number);
  w->ZG = es_slab_take(&w->slab, k, d * number);
  w->C = es_slab_take(&w->slab, d, d * number);
  w->last = es_slab_take(&w->slab, d, number);
  return ES_OK;
}

static void descent_close(descent *w) {
  es_congruence_free(w->eigen);
  es_slab_close(&w->slab);
}

/* ZG and the powers at this step. */
static void measure(descent *w) {
  const size_t d = w->d;
  for (size_t j = 0; j < w->k; j++) {
    const double *z = w->Z + j * d;
    double *zg = w->ZG + j * d, sum = 0;
    for (size_t i = 0; i < d; i++) {
      zg[i] = w->gamma[j] * z[i];
      sum += zg[i] * z[i];
    }
    w->power[j] = sum;
  }
}

static double largest_power(const descent *w) {
  double largest = 0;
  for (size_t j = 0; j < w->k; j++) largest = fmax(largest, fabs(w->power[j]));
  return largest;
}

static es_status descent_open(descent *w, const es_held *c, double lr,
                              bool eigenvalues, es_diag *diag) {
  *w = (descent){.model = c, .d = c->d, .lr = lr};
  if (!(lr > 0 && isfinite(lr)))
    return es_fail(diag, ES_BAD_VALUE,
                   "lr=%g: expected a positive learning rate", lr);
  for (size_t j = 0; j < c->m; j++)
    if (kept(c, j)) w->k++;
  es_status status = open_slab(w, diag);
  if (status == ES_OK && eigenvalues)
    status = es_congruence_new(&w->eigen, w->d, w->k, diag);
  if (status != ES_OK) return status;
  for (size_t j = 0, k = 0; j < c->m; j++) {
    if (!kept(c, j)) continue;
    w->gamma[k] = c->gamma[j];
    memcpy(w->Z + k++ * w->d, c->Z0 + j * w->d, w->d * sizeof *w->Z);
  }
  measure(w);
  w->limit = blow_up * fmax(1, largest_power(w));
  return ES_OK;
}

static es_status check_bounds(const descent *w, es_diag *diag) {
  bool inside = true;
  for (size_t j = 0; j < w->k; j++)
    inside &= fabs(w->power[j]) <= w->limit; /* false for NaN */
  if (inside) return ES_OK;
  const double top = w->model->gamma[0],
               bottom = w->model->gamma[w->model->m - 1];
  return es_fail(diag, ES_NOT_FINITE,
                 "the predicted descent blows up at step %zu: lr=%g, "
                 "1/(4 gamma_1)=%g, stable below %g",
                 w->steps, w->lr, es_barlow_lr_limit(top, 0),
                 es_barlow_lr_limit(top, bottom));
}

/* One step from what was measured, and the measure of where it leads. */
static es_status advance(descent *w, es_diag *diag) {
  const size_t d = w->d, k = w->k;
  es_gemm(false, true, d, d, k, 1, w->ZG, d, w->Z, d, 0, w->C, d);
  for (size_t i = 0; i < d; i++) w->C[i + i * d] -= 1;
  es_gemm(false, false, d, k, d, -4 * w->lr, w->C, d, w->ZG, d, 1, w->Z, d);
  w->steps++;
  measure(w);
  return check_bounds(w, diag);
}

static void predict_aligned(es_held_step *out, const es_held *c) {
  for (size_t j = 0; j < c->d; j++) {
    const double tau = es_barlow_half_time(c->gamma[j], c->s0[j]);
    out[j] = (es_held_step){.gamma = c->gamma[j],
                            .s0 = c->s0[j],
                            .tau = isinf(tau) ? NAN : tau,
                            .tau_generic = NAN,
                            .step = NAN};
  }
}

/* Finds which modes passed 1/2 in the step before now, and returns how many.
 * Before the start there is no number, and a mode beyond 1/2 steps at 0. */
static size_t find_crossings(es_held_step *out, descent *w) {
  const double now = (double)w->steps, step[2] = {now - 1, now};
  size_t found = 0;
  for (size_t j = 0; j < w->d; j++) {
    const double y[2] = {w->steps == 0 ? NAN : w->last[j], w->power[j]};
    w->last[j] = w->power[j];
    if (!isnan(out[j].step)) continue;
    out[j].step = es_crossing_time(2, step, 1, y, 1, .5);
    out[j].tau_generic = w->lr * out[j].step;
    if (!isnan(out[j].step)) found++;
  }
  return found;
}

static es_status find_steps(es_held_step *out, descent *w, size_t max_steps,
                            es_diag *diag) {
  size_t left = 0;
  for (size_t j = 0; j < w->d; j++)
    if (w->gamma[j] > 0 && moves(w->model, j)) left++;
  left -= find_crossings(out, w);
  while (left > 0 && w->steps < max_steps) {
    const es_status status = advance(w, diag);
    if (status != ES_OK) return status;
    left -= find_crossings(out, w);
  }
  return ES_OK;
}

es_status es_held_steps(const es_held *c, double lr, size_t max_steps,
                        es_held_step *out, es_diag *diag) {
  descent w;
  const int threads = es_blas_serial();
  predict_aligned(out, c);
  es_status status = descent_open(&w, c, lr, false, diag);
  if (status == ES_OK) status = find_steps(out, &w, max_steps, diag);
  descent_close(&w);
  es_blas_resume(threads);
  return status;
}

static es_status record(const descent *w, double *curve, double *values,
                        es_diag *diag) {
  memcpy(curve, w->power, w->d * sizeof *curve);
  if (values == NULL) return ES_OK;
  const es_status status =
      es_congruence_factored(w->eigen, w->Z, w->gamma, values);
  return status == ES_OK ? ES_OK
                         : es_fail(diag, status,
                                   "eigenvalues of the predicted embedding "
                                   "did not converge at step %zu",
                                   w->steps);
}

es_status es_held_descend(const es_held *c, double lr, const size_t *at,
                          size_t n_at, double *curve, double *values,
                          es_diag *diag) {
  descent w;
  for (size_t i = 1; i < n_at; i++)
    if (at[i] < at[i - 1])
      return es_fail(diag, ES_BAD_VALUE, "step %zu asked for after step %zu",
                     at[i], at[i - 1]);
  const int threads = es_blas_serial();
  es_status status = descent_open(&w, c, lr, values != NULL, diag);
  for (size_t i = 0; status == ES_OK && i < n_at; i++) {
    while (status == ES_OK && w.steps < at[i]) status = advance(&w, diag);
    if (status == ES_OK)
      status = record(&w, curve + i * c->d,
                      values != NULL ? values + i * c->d : NULL, diag);
  }
  descent_close(&w);
  es_blas_resume(threads);
  return status;
}
