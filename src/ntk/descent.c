/* Discrete descent of the linear model, Z <- Z - 4 lr (Z G Z^T - I) Z G with
 * G = diag(gamma), or Z <- Z + 4 lr (Z G - Z S Z^T Z S) with the spectral loss,
 * and the steps it takes: see held.h.
 *
 * Columns beyond the first d that cannot move, gamma_j = 0 or Z_j = 0, are left
 * out; with the spectral loss S moves them all. One step costs 4 d^2 k flops
 * for the k that are left, and 2 d k^2 more with S. One thread: at d = 10,
 * k = 64 a step is 3 us, less than waking a second one. */
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
  double *ZG, *C;    /* d×k; d×d: Z G Z^T - I, or Z S Z^T */
  double *ZS;        /* d×k; NULL: the covariance loss */
  double *power;     /* k: gamma_j |Z_j|^2 */
  double *last;      /* d: the powers one step before, in plateaus */
  es_congruence *eigen;
  es_slab slab;
} descent;

static bool moves(const es_held *c, size_t j) {
  if (c->S != NULL) return true;
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
  es_slab_add(&total, w->model->S != NULL ? k : 0, d * number);
  const es_status status = es_slab_open(&w->slab, total, diag);
  if (status != ES_OK) return status;
  w->gamma = es_slab_take(&w->slab, k, number);
  w->power = es_slab_take(&w->slab, k, number);
  w->Z = es_slab_take(&w->slab, k, d * number);
  w->ZG = es_slab_take(&w->slab, k, d * number);
  w->C = es_slab_take(&w->slab, d, d * number);
  w->last = es_slab_take(&w->slab, d, number);
  if (w->model->S != NULL) w->ZS = es_slab_take(&w->slab, k, d * number);
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

/* C = Z G Z^T - I, or Z S Z^T. */
static void find_excess(descent *w) {
  const size_t d = w->d, k = w->k;
  if (w->ZS == NULL) {
    es_gemm(false, true, d, d, k, 1, w->ZG, d, w->Z, d, 0, w->C, d);
    for (size_t i = 0; i < d; i++) w->C[i + i * d] -= 1;
  } else {
    es_gemm(false, false, d, k, k, 1, w->Z, d, w->model->S, k, 0, w->ZS, d);
    es_gemm(false, true, d, d, k, 1, w->ZS, d, w->Z, d, 0, w->C, d);
  }
}

/* One step from what was measured, and the measure of where it leads. */
static es_status advance(descent *w, es_diag *diag) {
  const size_t d = w->d, k = w->k;
  const double *right = w->ZS == NULL ? w->ZG : w->ZS;
  find_excess(w);
  es_gemm(false, false, d, k, d, -4 * w->lr, w->C, d, right, d, 1, w->Z, d);
  for (size_t i = 0; w->ZS != NULL && i < d * k; i++)
    w->Z[i] += 4 * w->lr * w->ZG[i];
  w->steps++;
  measure(w);
  return check_bounds(w, diag);
}

static void predict_aligned(es_held_step *out, const es_held *c) {
  for (size_t j = 0; j < c->d; j++) {
    const double scale =
        c->S == NULL ? 1 : c->S[j + j * c->m] / fabs(c->gamma[j]);
    const double tau = es_barlow_half_time(c->gamma[j], c->s0[j] * scale);
    out[j] = (es_held_step){.gamma = c->gamma[j],
                            .s0 = c->s0[j],
                            .tau = isinf(tau) ? NAN : tau,
                            .tau_generic = NAN,
                            .step = NAN};
  }
}

/* Finds which modes passed half of their plateau in the step before now, and
 * returns how many. Before the start there is no number, and a mode beyond 1/2
 * steps at 0. */
static size_t find_crossings(es_held_step *out, descent *w) {
  const double now = (double)w->steps, step[2] = {now - 1, now};
  size_t found = 0;
  for (size_t j = 0; j < w->d; j++) {
    const double plateau = es_held_plateau(w->model, j);
    const double now_j = plateau > 0 ? w->power[j] / plateau : w->power[j];
    const double y[2] = {w->steps == 0 ? NAN : w->last[j], now_j};
    w->last[j] = now_j;
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

/* Of the state as it is; values are those of C. */
static double loss_of(descent *w, const double *values) {
  double sum = 0;
  if (w->ZS == NULL) {
    for (size_t j = 0; j < w->d; j++) sum += (1 - values[j]) * (1 - values[j]);
    return sum;
  }
  find_excess(w);
  for (size_t i = 0; i < w->d * w->d; i++) sum += w->C[i] * w->C[i];
  for (size_t j = 0; j < w->k; j++) sum -= 2 * w->power[j];
  return sum;
}

/* Row i of what is wanted; work: d numbers. */
static es_status record(descent *w, size_t i, const es_held_path *out,
                        double *work, es_diag *diag) {
  const size_t d = w->d;
  double *values = out->values != NULL ? out->values + i * d : work;
  if (out->curve != NULL)
    memcpy(out->curve + i * d, w->power, d * sizeof *w->power);
  if (w->eigen == NULL) return ES_OK;
  const es_status status =
      es_congruence_factored(w->eigen, w->Z, w->gamma, values);
  if (status != ES_OK)
    return es_fail(diag, status,
                   "eigenvalues of the predicted embedding did not converge at "
                   "step %zu",
                   w->steps);
  if (out->loss != NULL) out->loss[i] = loss_of(w, values);
  return ES_OK;
}

/* Z with the columns that were left out. */
static void put_state(const descent *w, double *Z) {
  const es_held *c = w->model;
  for (size_t j = 0, k = 0; j < c->m; j++)
    memcpy(Z + j * w->d, kept(c, j) ? w->Z + k++ * w->d : c->Z0 + j * w->d,
           w->d * sizeof *Z);
}

static es_status walk(descent *w, const size_t *at, size_t n_at,
                      const es_held_path *out, es_diag *diag) {
  es_status status = ES_OK;
  for (size_t i = 0; status == ES_OK && i < n_at; i++) {
    while (status == ES_OK && w->steps < at[i]) status = advance(w, diag);
    if (status == ES_OK) status = record(w, i, out, w->last, diag);
  }
  if (status == ES_OK && out->Z != NULL) put_state(w, out->Z);
  return status;
}

es_status es_held_descend(const es_held *c, double lr, const size_t *at,
                          size_t n_at, const es_held_path *out, es_diag *diag) {
  descent w;
  for (size_t i = 1; i < n_at; i++)
    if (at[i] < at[i - 1])
      return es_fail(diag, ES_BAD_VALUE, "step %zu asked for after step %zu",
                     at[i], at[i - 1]);
  const int threads = es_blas_serial();
  es_status status =
      descent_open(&w, c, lr, out->values != NULL || out->loss != NULL, diag);
  if (status == ES_OK) status = walk(&w, at, n_at, out, diag);
  descent_close(&w);
  es_blas_resume(threads);
  return status;
}
