/* Linear Barlow Twins as an es_model (Simon et al. 2023; theory.md 1): what all
 * losses share, the rest being in the barlow_flow that the settings chose.
 *   lambda_j: eigenvalues of C = W Gamma W^T; cov_lambda_j: of W Sigma W^T
 * State y: the k active columns of Z, d×k. */
#include "models/linear/barlow.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static es_status rhs(double t, const double *y, double *dydt, void *self) {
  const barlow *b = self;
  (void)t;
  return b->flow->rhs(b, y, dydt);
}

static es_status jacobian(double t, const double *y, double *J, double *dfdt,
                          void *self) {
  const barlow *b = self;
  (void)t, (void)dfdt;
  return b->flow->jacobian(b, y, J);
}

/* Columns of the contract; cov_lambda_j come behind them. */
static size_t first_columns(const barlow *b) {
  return b->aligned ? 1 + b->d : 2 + 2 * b->d;
}

static void shape(const void *self, es_model_shape *out) {
  const barlow *b = self;
  out->n = b->d * b->k;
  out->n_columns = first_columns(b) + (b->flow->by_sigma ? b->d : 0);
  out->n_events = b->d;
  out->by_rank = !b->aligned;
  out->has_exact = b->aligned;
  out->has_linear = b->fast != NULL;
  for (size_t j = 0; j < b->k && b->fast != NULL; j++)
    out->fastest = fmax(out->fastest, 8 * b->active_gamma[j]);
  out->lr = b->lr;
  out->n_points = b->n_points;
  out->embed_dim = b->d;
  out->t_last = b->t_last;
  out->bytes = b->bytes;
}

static void column(const void *self, size_t j, char *name, size_t size) {
  const barlow *b = self;
  if (j == 0)
    snprintf(name, size, "loss");
  else if (j <= b->d)
    snprintf(name, size, "lambda_%zu", j);
  else if (j >= first_columns(b))
    snprintf(name, size, "cov_lambda_%zu", j - first_columns(b) + 1);
  else if (j == b->d + 1)
    snprintf(name, size, "predicted_loss");
  else
    snprintf(name, size, "predicted_%zu", j - b->d - 1);
}

static size_t n_states(const void *self) {
  const barlow *b = self;
  return b->d * b->coords;
}

/* Row by row, as the user writes W0. */
static void state_name(const void *self, size_t r, char *name, size_t size) {
  const barlow *b = self;
  snprintf(name, size, "W_%zu_%zu", r / b->coords + 1, r % b->coords + 1);
}

static void start(const void *self, double *y, double *scale) {
  const barlow *b = self;
  const size_t d = b->d;
  for (size_t c = 0; c < b->k; c++) {
    const double *z = b->Z0 + b->active[c] * d;
    /* Errors made while a mode is small grow with it: the absolute tolerance
     * is in units of the column's own start. */
    const double norm = es_norm(d, z);
    for (size_t i = 0; i < d; i++) {
      y[i + c * d] = z[i];
      scale[i + c * d] = norm > 0 && norm < 1 ? norm : 1;
    }
  }
}

/* Loss and eigenvalues of the aligned partner, or of the closed form; cov may
 * be NULL. */
static void closed(const barlow *b, double t, double *loss, double *lambda,
                   double *cov) {
  *loss = 0;
  for (size_t j = 0; j < b->d; j++) {
    const barlow_mode mode = b->flow->mode(b, j, t);
    lambda[j] = mode.lambda;
    if (cov != NULL) cov[j] = mode.cov_lambda;
    *loss += mode.loss;
  }
}

/* Where the columns cov_lambda_j begin in a row; NULL where there are none. */
static double *cov_part(const barlow *b, double *out) {
  return b->flow->by_sigma ? out + first_columns(b) : NULL;
}

static es_status observe(void *self, double t, const double *y, double *out) {
  barlow *b = self;
  const size_t d = b->d;
  double *cov = cov_part(b, out);
  if (b->aligned) { /* Z stays diagonal: modes keep gamma's order */
    for (size_t j = 0; j < d; j++) {
      const double square = y[j + j * d] * y[j + j * d];
      out[1 + j] = b->gamma[j] * square;
      if (cov != NULL) cov[j] = b->sigma[j] * square;
    }
  } else {
    const es_status status = es_barlow_spectra(b, y, out + 1, cov);
    if (status != ES_OK) return status;
    closed(b, t, out + d + 1, out + d + 2, NULL);
  }
  out[0] = b->flow->value(b, out + 1, cov);
  return ES_OK;
}

/* out (d×coords row by row) = Z back^T, where Z is column-major d×m. */
static void from_basis(const barlow *b, const double *Z, double *out) {
  const size_t d = b->d, m = b->m, n = b->coords;
  if (b->V != NULL) {
    /* Row-major d×n is column-major n×d: out = back Z^T. */
    es_gemm(false, true, n, d, m, 1, b->back != NULL ? b->back : b->V, n, Z, d,
            0, out, n);
    return;
  }
  for (size_t j = 0; j < m; j++)
    for (size_t i = 0; i < d; i++) out[i * m + b->order[j]] = Z[i + j * d];
}

static void state(const void *self, const double *y, double *out) {
  const barlow *b = self;
  const size_t d = b->d;
  double *Z = b->full;
  memcpy(Z, b->Z0, d * b->m * sizeof *Z);
  for (size_t c = 0; c < b->k; c++)
    memcpy(Z + b->active[c] * d, y + c * d, d * sizeof *Z);
  from_basis(b, Z, out);
}

static es_status exact(void *self, double t, double *out, double *user_state) {
  barlow *b = self;
  const size_t d = b->d;
  closed(b, t, out, out + 1, cov_part(b, out));
  if (user_state == NULL) return ES_OK;
  memset(b->full, 0, d * b->m * sizeof *b->full);
  for (size_t j = 0; j < d; j++) b->full[j + j * d] = b->flow->mode(b, j, t).s;
  from_basis(b, b->full, user_state);
  return ES_OK;
}

/* Z* = U diag(s_j(t)) in the first d columns, 0 beyond. Columns that are not in
 * the state never moved and are left out. */
static double distance(void *self, double t, const double *y) {
  const barlow *b = self;
  const size_t d = b->d;
  double sum = 0;
  for (size_t c = 0; c < b->k; c++) {
    const size_t j = b->active[c];
    const double s = j < d ? b->flow->mode(b, j, t).s : 0;
    for (size_t i = 0; i < d; i++) {
      const double u = j >= d ? 0 : b->U != NULL ? b->U[i + j * d] : i == j;
      const double gap = y[i + c * d] - s * u;
      sum += gap * gap;
    }
  }
  return sqrt(sum);
}

/* Row by row, out = (W x)^T: W is row-major d×n, so column-major n×d. */
static void embed(void *self, const double *W, double *out) {
  const barlow *b = self;
  es_gemm(true, false, b->d, b->n_points, b->coords, 1, W, b->coords, b->points,
          b->coords, 0, out, b->d);
}

static size_t n_steps(const void *self) { return ((const barlow *)self)->d; }

/* Relative distance to the next rate below; under the covariance loss, whose
 * rates are gamma, 1 - gamma_{j+1}^+/gamma_j. */
static double gap_below(const barlow *b, size_t j) {
  const double *rate = b->rate;
  double next = 0;
  if (!(rate[j] > 0)) return NAN;
  for (size_t i = 0; i < b->m; i++)
    if (rate[i] < rate[j] || (i > j && rate[i] <= rate[j]))
      next = fmax(next, rate[i]);
  return 1 - next / rate[j];
}

static void step(const void *self, size_t j, es_model_step *out) {
  const barlow *b = self;
  out->mode = j + 1;
  out->gamma = b->gamma[j];
  out->gap = gap_below(b, j);
  out->s0 = b->s0[j];
  out->s_final = b->flow->settled(b, j).s;
  out->tau = b->flow->step_time(b, j);
  out->half_time = b->flow->half_time(b, j);
  out->steps = b->lr > 0 ? b->flow->descent_steps(b, j) : NAN;
}

/* Where the flow ends: each mode on its plateau; under Sigma a generic start
 * where the pencil says, whose modes need not be those that step first. */
static const char *const fixed_columns[] = {"mode", "gamma", "s", "lambda",
                                            NULL};

static void fixed(const void *self, size_t j, double *row) {
  const barlow *b = self;
  const es_barlow_pencil *p = &b->pencil;
  const barlow_mode mode = b->flow->settled(b, j);
  const bool generic = b->flow->by_sigma && !b->aligned;
  const bool ends = generic && j < p->n;
  row[0] = (double)j + 1;
  row[1] = ends ? p->gamma[j] : generic ? NAN : b->gamma[j];
  row[2] = ends ? p->s[j] : generic ? 0 : mode.s;
  row[3] = ends ? p->lambda[j] : generic ? 0 : mode.lambda;
}

/* theory.md 1: the least gap over the modes with gamma > 0, of the plain flow.
 */
static double exponent(const void *self) {
  const barlow *b = self;
  double p = NAN;
  for (size_t j = 0; b->flow->plain && j < b->d; j++)
    p = fmin(p, gap_below(b, j));
  return p;
}

static double loss_floor(const void *self) {
  const barlow *b = self;
  return b->flow->floor(b);
}

static size_t n_figures(const void *self) {
  (void)self;
  return 2;
}

static void figure(const void *self, size_t j, es_model_figure *out) {
  const barlow *b = self;
  *out = j == 0 ? (es_model_figure){"loss_floor", "loss floor", loss_floor(b)}
                : (es_model_figure){"lr_max",
                                    "discrete descent is stable below lr =",
                                    b->flow->lr_limit(b)};
}

static es_model_array array(const void *self, size_t j) {
  const barlow *b = self;
  const bool kernel = b->back != NULL, images = b->image_shape[0] > 0;
  const es_model_array arrays[] = {
      {"/gamma", b->gamma, b->m, 1},
      {b->sigma != NULL ? "/sigma" : NULL, b->sigma, b->m, 1},
      {"/s0", b->s0, b->d, 1},
      {"/Z0", b->Z0, b->d, b->m},
      {kernel         ? "/C"
       : b->V != NULL ? "/V"
                      : NULL,
       b->V, b->coords, b->m},
      {images ? "/image_shape" : NULL, b->image_shape, 3, 1},
      {b->bandwidth > 0 ? "/bandwidth" : NULL, &b->bandwidth, 1, 1},
  };
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
    if (arrays[i].dataset != NULL && j-- == 0) return arrays[i];
  return (es_model_array){NULL, NULL, 0, 0};
}

static const char *remark(const void *self) {
  const barlow *b = self;
  return b->remark[0] != '\0' ? b->remark : NULL;
}

static bool checksum(const void *self, unsigned *crc) {
  const barlow *b = self;
  *crc = b->data_crc;
  return b->from_data;
}

static es_status open_features(void **self, const es_config *config,
                               const es_watch *watch, es_diag *diag) {
  return es_barlow_open_from(self, es_barlow_spectrum, config, watch, diag);
}

static es_status open_kernel(void **self, const es_config *config,
                             const es_watch *watch, es_diag *diag) {
  return es_barlow_open_from(self, es_barlow_kernel, config, watch, diag);
}

/* Both models are the same behind their modes. */
#define MODES_LEARNED                                                          \
  .plot = "staircase", .takes_data = true, .close = es_barlow_close,           \
  .shape = shape, .column = column, .n_states = n_states,                      \
  .state_name = state_name, .start = start, .rhs = rhs, .jacobian = jacobian,  \
  .linear = {es_barlow_freeze, es_barlow_phi}, .observe = observe,             \
  .state = state, .exact = exact, .distance = distance, .embed = embed,        \
  .events = es_barlow_events, .overlap = es_barlow_overlap,                    \
  .n_steps = n_steps, .step = step, .floor = loss_floor, .exponent = exponent, \
  .generic_half_time = es_barlow_generic_half_time,                            \
  .fixed_columns = fixed_columns, .n_fixed = n_steps, .fixed = fixed,          \
  .n_figures = n_figures, .figure = figure, .array = array,                    \
  .factors = es_barlow_factors_of, .remark = remark, .checksum = checksum

const es_model es_model_barlow_twins = {
    .name = "barlow-twins",
    .summary = "linear Barlow Twins: eigenvalues that step up one at a time",
    .keys = &es_barlow_keys,
    .open = open_features,
    MODES_LEARNED};

const es_model es_model_barlow_twins_kernel = {
    .name = "barlow-twins-kernel",
    .summary = "Barlow Twins of a kernel: linear, rbf, or a given matrix",
    .keys = &es_barlow_kernel_keys,
    .open = open_kernel,
    MODES_LEARNED};
