/* Settings of `barlow-twins` to a start in Gamma's eigenbasis: an aligned
 * start, a given W0 or a Gaussian one; the aligned partner of a generic start
 * by QR of its first d columns; what can be learned from it (theory.md 1). */
#include "models/linear/barlow.h"

#include "base/random.h"

#include <eigenstep/barlow_twins.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODEL_KEY(name, kind, flags, low, high, choices, unit, fallback, help) \
  { "model", name, kind, flags, low, high, choices, unit, fallback, help }

static const es_key keys[] = {
    MODEL_KEY("gamma", ES_LIST, 0, -INFINITY, INFINITY, NULL, "1", NULL,
              "eigenvalues of Gamma, which is then diagonal"),
    MODEL_KEY("Gamma", ES_MATRIX, ES_SYMMETRIC, -INFINITY, INFINITY, NULL, "1",
              NULL, "Gamma = E[x x'^T], symmetrised over the pair"),
    MODEL_KEY("d", ES_SIZE, 0, 1, 1e6, NULL, "1", NULL,
              "embedding dimensions [as many as the start or Gamma has]"),
    MODEL_KEY("s0", ES_LIST, 0, 0, INFINITY, NULL, "1", NULL,
              "aligned start: singular value of W along each mode"),
    MODEL_KEY("W0", ES_MATRIX, 0, -INFINITY, INFINITY, NULL, "1", NULL,
              "start: a d by m matrix"),
    MODEL_KEY("init", ES_CHOICE, 0, 0, 0, "gaussian", NULL, NULL,
              "random start, entries N(0, init_scale^2)"),
    MODEL_KEY("init_scale", ES_REAL, ES_OPEN_LOW, 0, INFINITY, NULL, "1",
              "1e-6", "standard deviation of the random start's entries"),
    MODEL_KEY("seed", ES_SIZE, 0, 0, 0x1p53, NULL, NULL, "0",
              "seed of the random start"),
    MODEL_KEY("lr", ES_REAL, ES_OPEN_LOW, 0, INFINITY, NULL, "time", NULL,
              "learning rate of solver.method=gd: t = steps * lr"),
};
const es_keys es_barlow_keys = {keys, sizeof keys / sizeof *keys};

static es_status read_d(barlow *b, const es_config *config, size_t fallback,
                        es_diag *diag) {
  b->d = fallback;
  if (es_config_has(config, "model", "d"))
    b->d = es_config_size(config, "model", "d");
  if (b->d > b->m)
    return es_fail(diag, ES_BAD_SHAPE,
                   "model.d=%zu: at most the %zu dimensions of Gamma", b->d,
                   b->m);
  b->Z0 = es_barlow_cells(b->d, b->m, sizeof *b->Z0);
  b->s0 = es_barlow_cells(b->d, 1, sizeof *b->s0);
  return b->Z0 == NULL || b->s0 == NULL ? es_barlow_no_memory(diag) : ES_OK;
}

static es_status aligned_start(barlow *b, const es_config *config,
                               es_diag *diag) {
  size_t n;
  const double *s0 = es_config_list(config, "model", "s0", &n);
  size_t modes = b->order != NULL ? b->m : n;
  if (es_config_has(config, "model", "d"))
    modes = es_config_size(config, "model", "d");
  if (n != modes && modes <= b->m)
    return es_config_blame(config, "model", "s0", diag,
                           "%zu values for %zu modes: give one for each", n,
                           modes);
  const es_status status = read_d(b, config, modes, diag);
  if (status != ES_OK) return status;
  memcpy(b->s0, s0, n * sizeof *s0);
  for (size_t j = 0; j < n; j++) b->Z0[j + j * b->d] = s0[j];
  return ES_OK;
}

/* Z0 = W0 V. */
static es_status to_basis(barlow *b, const double *W0, es_diag *diag) {
  const size_t d = b->d, m = b->m;
  if (b->V != NULL) {
    es_gemm(false, false, d, m, m, 1, W0, d, b->V, m, 0, b->Z0, d);
  } else {
    for (size_t j = 0; j < m; j++)
      memcpy(b->Z0 + j * d, W0 + b->order[j] * d, d * sizeof *W0);
  }
  /* The aligned partner: QR of the first d columns (theory.md 1). */
  double *R = es_barlow_cells(d, d, sizeof *R);
  es_status status = ES_OK;
  b->U = es_barlow_cells(d, d, sizeof *b->U);
  if (b->U == NULL || R == NULL) status = es_barlow_no_memory(diag);
  if (status == ES_OK) {
    memcpy(b->U, b->Z0, d * d * sizeof *b->U);
    status = es_qr(d, d, b->U, R, diag);
  }
  /* What is roundoff beside its own column is a column that depends on those
   * before it: the partner has no such mode. */
  for (size_t j = 0; status == ES_OK && j < d; j++) {
    const double least =
        4 * (double)d * DBL_EPSILON * es_norm(d, b->Z0 + j * d);
    b->s0[j] = R[j + j * d] > least ? R[j + j * d] : 0;
  }
  free(R);
  return status;
}

static es_status given_start(barlow *b, const es_config *config,
                             es_diag *diag) {
  const es_matrix *W0 = es_config_matrix(config, "model", "W0");
  if (W0->cols != b->m || W0->rows > b->m)
    return es_config_blame(config, "model", "W0", diag,
                           "%zu by %zu; it must have %zu columns and at most "
                           "as many rows",
                           W0->rows, W0->cols, b->m);
  const es_status status = read_d(b, config, W0->rows, diag);
  if (status != ES_OK) return status;
  if (W0->rows != b->d)
    return es_config_blame(config, "model", "W0", diag, "%zu rows, but d=%zu",
                           W0->rows, b->d);
  return to_basis(b, W0->data, diag);
}

static es_status gaussian_start(barlow *b, const es_config *config,
                                es_diag *diag) {
  if (b->from_data && !es_config_has(config, "model", "d"))
    return es_fail(diag, ES_USAGE,
                   "model.d: give the number of embedding dimensions (1 to "
                   "%zu)",
                   b->m);
  es_status status = read_d(b, config, b->m, diag);
  if (status != ES_OK) return status;
  const double scale = es_config_real(config, "model", "init_scale");
  const uint64_t seed = es_config_size(config, "model", "seed");
  double *W0 = es_barlow_cells(b->d, b->m, sizeof *W0);
  if (W0 == NULL) return es_barlow_no_memory(diag);
  for (size_t i = 0; i < b->d; i++)
    for (size_t j = 0; j < b->m; j++)
      W0[i + j * b->d] =
          scale * es_random_normal(seed, ES_STREAM_INIT, i * b->m + j);
  status = to_basis(b, W0, diag);
  free(W0);
  return status;
}

static es_status read_start(barlow *b, const es_config *config, es_diag *diag) {
  if (b->aligned) return aligned_start(b, config, diag);
  return es_config_has(config, "model", "W0") ? given_start(b, config, diag)
                                              : gaussian_start(b, config, diag);
}

/* Which columns move; at least d are kept, so that C is d×d of d×k. */
static es_status choose_active(barlow *b, es_diag *diag) {
  const size_t d = b->d;
  b->active = es_barlow_cells(b->m, 1, sizeof *b->active);
  b->active_gamma = es_barlow_cells(b->m, 1, sizeof *b->active_gamma);
  if (b->active == NULL || b->active_gamma == NULL)
    return es_barlow_no_memory(diag);
  for (size_t j = 0; j < b->m; j++) {
    const bool moves = b->gamma[j] != 0 && es_norm(d, b->Z0 + j * d) > 0;
    if (!moves && j >= d) continue;
    b->active[b->k] = j;
    b->active_gamma[b->k++] = b->gamma[j];
  }
  b->scaled = es_barlow_cells(d, b->k, sizeof(double));
  b->residual = es_barlow_cells(d, d, sizeof(double));
  b->vectors = es_barlow_cells(d, d, sizeof(double));
  b->values = es_barlow_cells(d, 1, sizeof(double));
  b->full = es_barlow_cells(d, b->m, sizeof(double));
  if (b->scaled == NULL || b->residual == NULL || b->vectors == NULL ||
      b->values == NULL || b->full == NULL)
    return es_barlow_no_memory(diag);
  const es_status status = es_barlow_fast_new(&b->fast, d, b->k, diag);
  return status == ES_OK ? es_congruence_new(&b->eigen, d, b->k, diag) : status;
}

/* Rank of the start on the modes with gamma > 0: what can be learned. QR of
 * these columns' transpose; a row is dependent where what is left of it is
 * roundoff beside its own size, whatever its scale. */
static es_status learnable(barlow *b, size_t *rank, es_diag *diag) {
  const size_t d = b->d;
  size_t p = 0;
  for (size_t j = 0; j < b->m; j++) p += b->gamma[j] > 0;
  const size_t rows = p > d ? p : d;
  double *A = es_barlow_cells(rows, d, sizeof *A),
         *R = es_barlow_cells(d, d, sizeof *R);
  double *size = es_barlow_cells(d, 1, sizeof *size);
  es_status status = ES_OK;
  if (A == NULL || R == NULL || size == NULL)
    status = es_barlow_no_memory(diag);
  for (size_t j = 0, r = 0; status == ES_OK && j < b->m; j++) {
    if (!(b->gamma[j] > 0)) continue;
    for (size_t i = 0; i < d; i++) A[r + i * rows] = b->Z0[i + j * d];
    r++;
  }
  for (size_t i = 0; status == ES_OK && i < d; i++)
    size[i] = es_norm(rows, A + i * rows);
  if (status == ES_OK) status = es_qr(rows, d, A, R, diag);
  *rank = 0;
  for (size_t i = 0; status == ES_OK && i < d; i++)
    *rank += R[i + i * d] > 4 * (double)d * DBL_EPSILON * size[i];
  free(A);
  free(R);
  free(size);
  return status;
}

/* Partner's half times, or, where it has none, those from the start itself. */
static void find_last_step(barlow *b) {
  b->t_last = NAN;
  for (size_t j = 0; j < b->d; j++) {
    double half = es_barlow_half_time(b->gamma[j], b->s0[j]);
    if (!isfinite(half) && j < b->reachable && !b->aligned)
      half = es_barlow_generic_half_time(b, j);
    if (isfinite(half) && half > 0) b->t_last = fmax(b->t_last, half);
  }
}

static void note_limits(barlow *b) {
  find_last_step(b);
  const double limit = es_barlow_model_lr_limit(b);
  if (b->reachable < b->d)
    snprintf(b->remark, sizeof b->remark,
             "%zu of %zu modes can be learned (gamma > 0, s0 > 0): the loss "
             "stays at %zu or above",
             b->reachable, b->d, b->d - b->reachable);
  else if (b->lr > 0 && b->lr >= limit)
    snprintf(b->remark, sizeof b->remark,
             "model.lr=%g: discrete descent is stable below %g only", b->lr,
             limit);
}

static es_status build(barlow *b, const es_config *config,
                       const es_watch *watch, es_diag *diag) {
  b->aligned = es_config_has(config, "model", "s0");
  if (b->aligned + es_config_has(config, "model", "W0") +
          es_config_has(config, "model", "init") >
      1)
    return es_fail(diag, ES_USAGE,
                   "give one of model.s0, model.W0 and model.init");
  if (es_config_has(config, "model", "lr"))
    b->lr = es_config_real(config, "model", "lr");
  es_status status = es_barlow_spectrum(b, config, watch, diag);
  if (status == ES_OK) status = read_start(b, config, diag);
  if (status == ES_OK) status = choose_active(b, diag);
  for (size_t j = 0; status == ES_OK && b->aligned && j < b->d; j++)
    b->reachable += b->gamma[j] > 0 && b->s0[j] > 0;
  if (status == ES_OK && !b->aligned)
    status = learnable(b, &b->reachable, diag);
  if (status == ES_OK) note_limits(b);
  return status;
}

es_status es_barlow_open(void **self, const es_config *config,
                         const es_watch *watch, es_diag *diag) {
  barlow *b = calloc(1, sizeof *b);
  *self = NULL;
  if (b == NULL) return es_barlow_no_memory(diag);
  const es_status status = build(b, config, watch, diag);
  if (status != ES_OK) {
    es_barlow_close(b);
    return status;
  }
  *self = b;
  return ES_OK;
}

void es_barlow_close(void *self) {
  barlow *b = self;
  if (b == NULL) return;
  es_congruence_free(b->eigen);
  es_barlow_fast_free(b->fast);
  free(b->gamma);
  free(b->V);
  free(b->order);
  free(b->Z0);
  free(b->U);
  free(b->points);
  es_barlow_factors_free(b->factors);
  free(b->s0);
  free(b->active);
  free(b->active_gamma);
  free(b->scaled);
  free(b->residual);
  free(b->values);
  free(b->vectors);
  free(b->full);
  free(b);
}
