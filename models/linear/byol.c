/* BYOL and SimSiam with full matrices as an es_model (Tian, Chen, Ganguli 2021,
 * Lemma 1; theory.md 2): see byol.h. Closed forms: without a predictor W(t) =
 * W(0) exp(-(X' + eta I) t), and byol_aligned.c. */
#include "models/linear/byol.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void shape(const void *self, es_model_shape *out) {
  const byol *b = self;
  out->n = es_byol_length(b);
  out->n_columns = BYOL_FIRST + 2 * b->n2;
  out->has_exact = b->variant == BYOL_NO_PREDICTOR || b->aligned != NULL;
  out->lr = b->lr;
  out->bytes = b->bytes;
  out->n_points = b->n_points;
  out->embed_dim = b->n2;
}

static void column(const void *self, size_t j, char *name, size_t size) {
  static const char *const first[BYOL_FIRST] = {"W_norm",
                                                "Wp_norm",
                                                "Wa_norm",
                                                "commutator",
                                                "commutator_normalised",
                                                "asymmetry",
                                                "balance_residual",
                                                "tau",
                                                "tau_residual"};
  const byol *b = self;
  if (j < BYOL_FIRST) {
    snprintf(name, size, "%s", first[j]);
    return;
  }
  j -= BYOL_FIRST;
  snprintf(name, size, j < b->n2 ? "p_%zu" : "s_%zu", j % b->n2 + 1);
}

/* Of each matrix's own start, where errors made while it is small grow with it;
 * a target that starts at zero becomes like W. */
static void fill_scale(size_t n, const double *start, double fallback,
                       double *scale) {
  double norm = es_norm(n, start);
  if (!(norm > 0)) norm = fallback;
  for (size_t i = 0; i < n; i++) scale[i] = norm > 0 && norm < 1 ? norm : 1;
}

static void start(const void *self, double *y, double *scale) {
  const byol *b = self;
  const size_t n = b->n2 * b->n1, nn = b->n2 * b->n2;
  const double z = es_norm(n, b->Z0);
  memcpy(y, b->Z0, n * sizeof *y);
  fill_scale(n, b->Z0, 1, scale);
  if (b->variant == BYOL_NO_PREDICTOR) return;
  memcpy(y + n, b->P0, nn * sizeof *y);
  fill_scale(nn, b->P0, z, scale + n);
  if (b->variant != BYOL_EMA) return;
  memcpy(y + n + nn, b->A0, n * sizeof *y);
  fill_scale(n, b->A0, z, scale + n + nn);
}

/* The user's state: W, W_p and W_a, each row by row. */
static size_t n_states(const void *self) {
  const byol *b = self;
  return b->n2 * (2 * b->n1 + b->n2);
}

static void state_name(const void *self, size_t r, char *name, size_t size) {
  const byol *b = self;
  const size_t wide = b->n2 * b->n1, square = b->n2 * b->n2;
  const char *part = r < wide ? "W" : r < wide + square ? "Wp" : "Wa";
  const size_t cols = *(part + 1) == 'p' ? b->n2 : b->n1;
  r -= r < wide ? 0 : r < wide + square ? wide : wide + square;
  snprintf(name, size, "%s_%zu_%zu", part, r / cols + 1, r % cols + 1);
}

/* out = (Z V^T)^T: row-major n2×n1 is column-major n1×n2. */
static void back(const byol *b, const double *Z, double *out) {
  const size_t n1 = b->n1, n2 = b->n2;
  if (b->V != NULL) {
    es_gemm(false, true, n1, n2, n1, 1, b->V, n1, Z, n2, 0, out, n1);
    return;
  }
  for (size_t j = 0; j < n1; j++)
    for (size_t i = 0; i < n2; i++) out[j + i * n1] = Z[i + j * n2];
}

static void user_state(const byol *b, const byol_state *x, double *out) {
  const size_t n = b->n2, wide = n * b->n1;
  back(b, x->Z, out);
  for (size_t j = 0; j < n; j++)
    for (size_t i = 0; i < n; i++) out[wide + j + i * n] = x->P[i + j * n];
  back(b, x->A, out + wide + n * n);
}

static void state(const void *self, const double *y, double *out) {
  const byol *b = self;
  const byol_state x = es_byol_view(b, y);
  user_state(b, &x, out);
}

/* Without a predictor A0 has no other use. */
static byol_state decayed(const byol *b, double t) {
  const size_t n2 = b->n2;
  for (size_t j = 0; j < b->n1; j++) {
    const double left = exp(-(b->D[j] + b->eta_s) * t);
    for (size_t i = 0; i < n2; i++)
      b->A0[i + j * n2] = left * b->Z0[i + j * n2];
  }
  return es_byol_view(b, b->A0);
}

static es_status exact(void *self, double t, double *out, double *user) {
  const byol *b = self;
  byol_state x;
  es_status status;
  if (b->aligned != NULL) {
    status = es_byol_aligned_at(b, t, &x, out);
  } else {
    x = decayed(b, t);
    status = es_byol_columns(b, t, &x, out);
  }
  if (user != NULL) user_state(b, &x, user);
  return status;
}

/* Row by row, out = (W x)^T. */
static void embed(void *self, const double *W, double *out) {
  const byol *b = self;
  es_gemm(true, false, b->n2, b->n_points, b->n1, 1, W, b->n1, b->points, b->n1,
          0, out, b->n2);
}

static es_model_array array(const void *self, size_t j) {
  const byol *b = self;
  const bool predictor = b->variant != BYOL_NO_PREDICTOR;
  const es_model_array arrays[] = {
      {predictor ? "/X_values" : "/Xp_values", b->D, b->n1, 1},
      {predictor && b->S == NULL ? "/sum_values" : NULL, b->sum, b->n1, 1},
      {b->S != NULL ? "/S" : NULL, b->S, b->n1, b->n1},
      {b->V != NULL ? "/V" : NULL, b->V, b->n1, b->n1},
      {"/Z0", b->Z0, b->n2, b->n1},
      {"/Wp0", b->P0, b->n2, b->n2},
  };
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
    if (arrays[i].dataset != NULL && j-- == 0) return arrays[i];
  return (es_model_array){NULL, NULL, 0, 0};
}

static const char *remark(const void *self) {
  const byol *b = self;
  return b->remark[0] != '\0' ? b->remark : NULL;
}

static bool checksum(const void *self, unsigned *crc) {
  const byol *b = self;
  *crc = b->data_crc;
  return b->from_data;
}

const es_model es_model_byol = {
    .name = "byol",
    .summary = "BYOL and SimSiam: matrices of network, predictor and target",
    .keys = &es_byol_keys,
    .takes_data = true,
    .open = es_byol_open,
    .close = es_byol_close,
    .shape = shape,
    .start = start,
    .rhs = es_byol_rhs,
    .jacobian = es_byol_jacobian,
    .column = column,
    .observe = es_byol_observe,
    .n_states = n_states,
    .state_name = state_name,
    .state = state,
    .exact = exact,
    .embed = embed,
    .array = array,
    .fixed_columns = es_byol_point_columns,
    .n_fixed = es_byol_n_points,
    .fixed = es_byol_point,
    .remark = remark,
    .checksum = checksum,
    .fate = es_byol_fate,
    .limit = es_byol_limit,
    .fate_reads_state = true,
    .batch = &es_byol_batch,
};
