/* Deep contrastive networks as an es_model: see deep.h. */
#include "models/linear/deep.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void shape(const void *self, es_model_shape *out) {
  const deep *b = self;
  out->n = b->n;
  out->n_columns = es_deep_columns(b).n;
  out->has_exact = b->aligned != NULL;
  out->t_blowup = b->blowup;
  out->lr = es_drive_rate(b->drive);
}

static void column(const void *self, size_t j, char *name, size_t size) {
  static const char *const ranks[] = {"rank_head", "rank_rest", "rankme_head",
                                      "rankme_rest"};
  const deep *b = self;
  const deep_columns c = es_deep_columns(b);
  if (j < c.conserved) {
    size_t l = 1;
    for (; j >= b->k[l]; l++) j -= b->k[l];
    snprintf(name, size, "sigma_%zu_%zu", l, j + 1);
  } else if (j < c.alignment) {
    snprintf(name, size, "conserved_residual");
  } else if (j < c.blowup) {
    snprintf(name, size, "alignment_%zu", j - c.alignment + 1);
  } else if (j < c.loss) {
    snprintf(name, size, "t_blowup");
  } else if (j < c.cov) {
    snprintf(name, size, "loss");
  } else if (j < c.ranks) {
    snprintf(name, size, "cov_lambda_%zu", j - c.cov + 1);
  } else {
    snprintf(name, size, "%s", ranks[j - c.ranks]);
  }
}

/* In units of each layer's start, where errors made while it is small grow with
 * it. */
static void start(const void *self, double *y, double *scale) {
  const deep *b = self;
  memcpy(y, b->W0, b->n * sizeof *y);
  for (size_t l = 1; l <= b->L; l++) {
    const double norm = es_norm(b->at[l + 1] - b->at[l], b->W0 + b->at[l]);
    for (size_t k = b->at[l]; k < b->at[l + 1]; k++)
      scale[k] = norm > 0 && norm < 1 ? norm : 1;
  }
}

static size_t n_states(const void *self) { return ((const deep *)self)->n; }

static size_t layer_of(const deep *b, size_t r) {
  size_t l = 1;
  while (r >= b->at[l + 1]) l++;
  return l;
}

static void state_name(const void *self, size_t r, char *name, size_t size) {
  const deep *b = self;
  const size_t l = layer_of(b, r), cols = b->d[l - 1];
  r -= b->at[l];
  snprintf(name, size, "W%zu_%zu_%zu", l, r / cols + 1, r % cols + 1);
}

/* Each layer row by row. */
static void state(const void *self, const double *y, double *out) {
  const deep *b = self;
  if (b->ordered) { /* square and diagonal */
    memcpy(out, y, b->n * sizeof *out);
    return;
  }
  for (size_t l = 1; l <= b->L; l++)
    for (size_t j = 0; j < b->d[l - 1]; j++)
      for (size_t i = 0; i < b->d[l]; i++)
        out[b->at[l] + j + i * b->d[l - 1]] = y[b->at[l] + i + j * b->d[l]];
}

static es_status exact(void *self, double t, double *out, double *user) {
  deep *b = self;
  const double *y;
  es_status status = es_deep_aligned_at(b, t, &y);
  if (status == ES_OK) status = es_deep_observe(b, t, y, out);
  if (status == ES_OK && user != NULL) state(b, y, user);
  return status;
}

/* In the Frobenius norm, over all layers. */
static double distance(void *self, double t, const double *y) {
  deep *b = self;
  const double *exactly;
  double square = 0;
  if (b->aligned == NULL || es_deep_aligned_at(b, t, &exactly) != ES_OK)
    return NAN;
  for (size_t k = 0; k < b->n; k++)
    square += (y[k] - exactly[k]) * (y[k] - exactly[k]);
  return sqrt(square);
}

static es_model_array array(const void *self, size_t j) {
  static const char *const names[] = {"/W1_0",  "/W2_0",  "/W3_0",  "/W4_0",
                                      "/W5_0",  "/W6_0",  "/W7_0",  "/W8_0",
                                      "/W9_0",  "/W10_0", "/W11_0", "/W12_0",
                                      "/W13_0", "/W14_0", "/W15_0", "/W16_0"};
  const deep *b = self;
  const size_t m = b->d[0];
  const double *C = es_drive_covariance(b->drive);
  const double *X = es_drive_constant(b->drive), *A = es_drive_a(b->drive);
  const es_model_array arrays[] = {{X != NULL ? "/X" : NULL, X, m, m},
                                   {C != NULL ? "/C" : NULL, C, m, m},
                                   {A != NULL ? "/A" : NULL, A, m, m}};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
    if (arrays[i].dataset != NULL && j-- == 0) return arrays[i];
  if (j >= b->L) return (es_model_array){NULL, NULL, 0, 0};
  return (es_model_array){names[j], b->W0 + b->at[j + 1], b->d[j + 1], b->d[j]};
}

static const char *remark(const void *self) {
  const deep *b = self;
  return b->remark[0] != '\0' ? b->remark : NULL;
}

static bool checksum(const void *self, unsigned *crc) {
  const deep *b = self;
  return es_drive_checksum(b->drive, crc);
}

const es_model es_model_contrastive_deep = {
    .name = "contrastive-deep",
    .summary = "deep networks under a contrastive loss, layer by layer",
    .keys = &es_deep_keys,
    .takes_data = true,
    .open = es_deep_open,
    .close = es_deep_close,
    .shape = shape,
    .start = start,
    .rhs = es_deep_rhs,
    .column = column,
    .observe = es_deep_observe,
    .n_states = n_states,
    .state_name = state_name,
    .state = state,
    .exact = exact,
    .distance = distance,
    .array = array,
    .remark = remark,
    .checksum = checksum,
};
