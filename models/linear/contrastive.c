/* One contrastive layer as an es_model: columns of a state, and the tables that
 * go with it. See one_layer.h. */
#include "models/linear/one_layer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

one_layer_columns es_one_layer_columns(const one_layer *b) {
  one_layer_columns c = {0};
  const bool infonce = es_drive_mode_of(b->drive) == ES_DRIVE_INFONCE;
  c.sigma = es_drive_has_loss(b->drive);
  c.x_min = c.sigma + b->k;
  c.cov = c.x_min + 1;
  c.regime = c.cov + (b->root != NULL ? b->k : 0);
  c.n = c.regime + (infonce && es_drive_repels(b->drive));
  return c;
}

static void shape(const void *self, es_model_shape *out) {
  const one_layer *b = self;
  out->n = b->d * b->m;
  out->n_columns = es_one_layer_columns(b).n;
  out->has_exact = b->closed != NULL;
  out->lr = es_drive_rate(b->drive);
  out->no_fixed = es_one_layer_no_points(b);
}

static void column(const void *self, size_t j, char *name, size_t size) {
  const one_layer *b = self;
  const one_layer_columns c = es_one_layer_columns(b);
  if (j < c.sigma)
    snprintf(name, size, "loss");
  else if (j < c.x_min)
    snprintf(name, size, "sigma_%zu", j - c.sigma + 1);
  else if (j < c.cov)
    snprintf(name, size, "x_min");
  else if (j < c.regime)
    snprintf(name, size, "cov_lambda_%zu", j - c.cov + 1);
  else
    snprintf(name, size, "regime");
}

/* In units of the start, where errors made while W is small grow with it. */
static void start(const void *self, double *y, double *scale) {
  const one_layer *b = self;
  const size_t n = b->d * b->m;
  const double norm = es_norm(n, b->W0);
  memcpy(y, b->W0, n * sizeof *y);
  for (size_t k = 0; k < n; k++) scale[k] = norm > 0 && norm < 1 ? norm : 1;
}

static es_status rhs(double t, const double *y, double *dydt, void *self) {
  const one_layer *b = self;
  const es_status status = es_drive_push(b->drive, t, y, dydt, NULL);
  for (size_t k = 0; b->eta > 0 && k < b->d * b->m; k++)
    dydt[k] -= b->eta * y[k];
  return status;
}

/* det(I + 2S)^(1/2)/N of the k eigenvalues cov of S = W Cov(x) W^T: far below 1
 * the population's limit holds. */
static double regime(const one_layer *b, const double *cov) {
  double half = 0;
  for (size_t j = 0; j < b->k; j++) half += log1p(2 * cov[j]) / 2;
  return exp(half - log((double)es_drive_count(b->drive)));
}

static es_status find_x_min(one_layer *b, double t, const double *y,
                            double *out) {
  *out = b->constant ? b->x_min : NAN;
  if (b->constant || es_drive_is_dot(b->drive)) return ES_OK;
  es_status status = es_drive_x(b->drive, t, y, b->X);
  if (status == ES_OK)
    status = es_eigen_run(b->eigen, b->m, b->X, b->value, false, NULL);
  *out = b->value[0];
  return status;
}

static es_status observe(void *self, double t, const double *y, double *out) {
  one_layer *b = self;
  const one_layer_columns c = es_one_layer_columns(b);
  const size_t d = b->d, m = b->m;
  es_status status =
      c.sigma > 0 ? es_drive_push(b->drive, t, y, b->G, out) : ES_OK;
  if (status == ES_OK) status = es_singular_run(b->singular, y, out + c.sigma);
  if (status == ES_OK) status = find_x_min(b, t, y, out + c.x_min);
  if (status != ES_OK || b->root == NULL) return status;
  es_gemm(false, false, d, m, m, 1, y, d, b->root, m, 0, b->T, d);
  status = es_singular_run(b->singular, b->T, out + c.cov);
  for (size_t j = c.cov; j < c.regime; j++) out[j] *= out[j];
  if (c.regime < c.n) out[c.regime] = regime(b, out + c.cov);
  return status;
}

static size_t n_states(const void *self) {
  const one_layer *b = self;
  return b->d * b->m;
}

static void state_name(const void *self, size_t r, char *name, size_t size) {
  const one_layer *b = self;
  snprintf(name, size, "W_%zu_%zu", r / b->m + 1, r % b->m + 1);
}

static void state(const void *self, const double *y, double *out) {
  const one_layer *b = self;
  for (size_t j = 0; j < b->m; j++)
    for (size_t i = 0; i < b->d; i++) out[j + i * b->m] = y[i + j * b->d];
}

static es_status exact(void *self, double t, double *out, double *user) {
  const one_layer *b = self;
  const es_status status = es_one_layer_exact(b, t, out);
  return status == ES_OK && user != NULL ? es_one_layer_state(b, t, user)
                                         : status;
}

static es_model_array array(const void *self, size_t j) {
  const one_layer *b = self;
  const size_t m = b->m, n = b->n_points;
  const double *C = es_drive_covariance(b->drive);
  const double *X = es_drive_constant(b->drive), *A = es_drive_a(b->drive);
  const double *shape = es_drive_image_shape(b->drive);
  const es_model_array arrays[] = {
      {X != NULL ? "/X" : NULL, X, m, m},
      {C != NULL ? "/C" : NULL, C, m, m},
      {A != NULL ? "/A" : NULL, A, m, m},
      {n > 0 ? "/c" : NULL, b->mode_c, n, 1},
      {n > 0 ? "/a" : NULL, b->mode_a, n, 1},
      {n > 0 ? "/s" : NULL, b->mode_s, n, 1},
      {n > 0 ? "/modes" : NULL, b->modes, m, n},
      {shape != NULL ? "/image_shape" : NULL, shape, 3, 1},
      {"/W0", b->W0, b->d, m},
  };
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
    if (arrays[i].dataset != NULL && j-- == 0) return arrays[i];
  return (es_model_array){NULL, NULL, 0, 0};
}

static const char *remark(const void *self) {
  const one_layer *b = self;
  return es_drive_count(b->drive) == 1
             ? "one pair has no others to be told from: L = 0"
             : NULL;
}

static bool checksum(const void *self, unsigned *crc) {
  const one_layer *b = self;
  return es_drive_checksum(b->drive, crc);
}

const es_model es_model_contrastive = {
    .name = "contrastive",
    .summary = "one linear layer under a contrastive loss",
    .keys = &es_one_layer_keys,
    .takes_data = true,
    .open = es_one_layer_open,
    .close = es_one_layer_close,
    .shape = shape,
    .start = start,
    .rhs = rhs,
    .column = column,
    .observe = observe,
    .n_states = n_states,
    .state_name = state_name,
    .state = state,
    .exact = exact,
    .array = array,
    .fixed_columns = es_one_layer_point_columns,
    .n_fixed = es_one_layer_n_points,
    .fixed = es_one_layer_point,
    .n_figures = es_one_layer_n_figures,
    .figure = es_one_layer_figure,
    .remark = remark,
    .checksum = checksum,
};
