/* Settings of `barlow-twins` to a start in Gamma's eigenbasis: an aligned
 * start, a given W0 or a Gaussian one (theory.md 1). */
#include "models/linear/barlow.h"

#include "base/random.h"
#include "base/text.h"

#include <eigenstep/barlow_twins.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MODEL_KEY(name, kind, flags, low, high, choices, unit, fallback, help) \
  { "model", name, kind, flags, low, high, choices, unit, fallback, help }

static const es_key keys[] = {
    MODEL_KEY("gamma", ES_LIST, 0, -INFINITY, INFINITY, NULL, "1", NULL,
              "eigenvalues of Gamma, which is then diagonal"),
    MODEL_KEY("Gamma", ES_MATRIX, ES_SYMMETRIC, -INFINITY, INFINITY, NULL, "1",
              NULL, "Gamma = E[x x'^T], symmetrised over the pair"),
    MODEL_KEY("sigma", ES_LIST, 0, 0, INFINITY, NULL, "1", NULL,
              "of loss=vicreg and spectral: eigenvalues of Sigma beside gamma"),
    MODEL_KEY("Sigma", ES_MATRIX, ES_SYMMETRIC, -INFINITY, INFINITY, NULL, "1",
              NULL, "of these beside Gamma: Sigma = E[x x^T] over both views"),
    MODEL_KEY("loss", ES_CHOICE, 0, 0, 0, "covariance|vicreg|spectral", NULL,
              "covariance",
              "|C-I|^2 with C = W Gamma W^T; nu E|W(x-x')|^2 + |W Sigma W^T - "
              "I|^2; or -2 tr C + |W Sigma W^T|^2. A mode steps at half of its "
              "plateau"),
    MODEL_KEY("nu", ES_REAL, 0, 0, INFINITY, NULL, "1", "1",
              "of loss=vicreg: weight of the views' distance"),
    MODEL_KEY("precondition", ES_CHOICE, 0, 0, 0, "none|left|logdet", NULL,
              "none",
              "of loss=covariance: W' = -(C+rI)^-1 grad L, or L - mu log "
              "det(C+rI)"),
    MODEL_KEY("precondition_epsilon", ES_REAL, ES_OPEN_LOW, 0, 1e100, NULL, "1",
              "0.01", "ridge r of the preconditioners"),
    /* The squares of r and mu must be numbers. */
    MODEL_KEY("mu", ES_REAL, 0, 0, 1e100, NULL, "1", "0.1",
              "of precondition=logdet: weight of log det"),
    MODEL_KEY("d", ES_SIZE, 0, 1, 1e6, NULL, "1", NULL,
              "embedding dimensions [as many as the start or Gamma has]"),
    MODEL_KEY("s0", ES_LIST, 0, 0, INFINITY, NULL, "1", NULL,
              "aligned start: singular value of W along each mode"),
    MODEL_KEY("W0", ES_MATRIX, 0, -INFINITY, INFINITY, NULL, "1", NULL,
              "start: a d by m matrix; of a kernel F(0), d by 2n, its columns "
              "the n first views and then the n second ones"),
    MODEL_KEY("init", ES_CHOICE, 0, 0, 0, "gaussian", NULL, NULL,
              "random start, entries N(0, init_scale^2)"),
    MODEL_KEY("init_scale", ES_REAL, ES_OPEN_LOW, 0, INFINITY, NULL, "1",
              "1e-6", "standard deviation of the random start's entries"),
    MODEL_KEY("seed", ES_SIZE, 0, 0, 0x1p53, NULL, NULL, "0",
              "seed of the random start"),
    MODEL_KEY("lr", ES_REAL, ES_OPEN_LOW, 0, INFINITY, NULL, "time", NULL,
              "learning rate of solver.method=gd: t = steps * lr"),
    MODEL_KEY("kernel", ES_CHOICE, 0, 0, 0, "linear|rbf", NULL, NULL,
              "k(x,y) = x^T y, or exp(-|x-y|^2/(2 bandwidth^2)), of the pairs "
              "of [data]; data.center centres both views in feature space"),
    MODEL_KEY("bandwidth", ES_REAL, ES_OPEN_LOW, 0, INFINITY, NULL, "value",
              NULL,
              "of kernel=rbf [median distance between the first views of the "
              "first 1000 pairs]"),
    MODEL_KEY("K", ES_MATRIX, ES_SYMMETRIC, -INFINITY, INFINITY, NULL, "1",
              NULL,
              "kernel of n pairs, 2n by 2n, in the order of W0's columns"),
};
/* Windows on one array: Gamma's keys, what both models have, a kernel's. */
enum { OF_GAMMA = 4, OF_KERNEL = 3, ALL = sizeof keys / sizeof *keys };
const es_keys es_barlow_keys = {keys, ALL - OF_KERNEL};
const es_keys es_barlow_kernel_keys = {keys + OF_GAMMA, ALL - OF_GAMMA};

void es_barlow_note(barlow *b, const char *format, ...) {
  va_list args;
  va_start(args, format);
  es_text_add(b->remark, sizeof b->remark, format, args);
  va_end(args);
}

static es_status read_d(barlow *b, const es_config *config, size_t fallback,
                        es_diag *diag) {
  b->d = fallback;
  if (es_config_has(config, "model", "d"))
    b->d = es_config_size(config, "model", "d");
  if (b->d > b->m)
    return es_fail(diag, ES_BAD_SHAPE,
                   "model.d=%zu: at most the %zu dimensions of %s", b->d, b->m,
                   b->back != NULL ? "the kernel's span" : "Gamma");
  b->Z0 = es_zeroed(b->d, b->m, sizeof *b->Z0);
  b->s0 = es_zeroed(b->d, 1, sizeof *b->s0);
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

/* Z0 = W0 E, E being rows×m. */
static void multiply(barlow *b, const double *W0, size_t rows,
                     const double *E) {
  es_gemm(false, false, b->d, b->m, rows, 1, W0, b->d, E, rows, 0, b->Z0, b->d);
}

/* Z0 = W0 V. */
static es_status to_basis(barlow *b, const double *W0, es_diag *diag) {
  if (b->V != NULL)
    multiply(b, W0, b->coords, b->V);
  else
    for (size_t j = 0; j < b->m; j++)
      memcpy(b->Z0 + j * b->d, W0 + b->order[j] * b->d, b->d * sizeof *W0);
  return es_barlow_find_partner(b, diag);
}

/* What of a given start no function of the kernel's span has. Projecting loses
 * digits with the square root of the span's condition, at most 1e-9. */
static es_status note_outside(barlow *b, const double *F0, es_diag *diag) {
  const size_t d = b->d, n = d * b->coords;
  double *rest = es_zeroed(d, b->coords, sizeof *rest);
  if (rest == NULL) return es_barlow_no_memory(diag);
  memcpy(rest, F0, n * sizeof *rest);
  es_gemm(false, true, d, b->coords, b->m, -1, b->Z0, d, b->back, b->coords, 1,
          rest, d);
  const double share = es_norm(n, rest) / es_norm(n, F0);
  free(rest);
  if (share > 1e-6)
    es_barlow_note(b,
                   "%.3g of W0 (Frobenius norm, relative) lies outside the "
                   "kernel's span and is left out",
                   share);
  return ES_OK;
}

static es_status given_start(barlow *b, const es_config *config,
                             es_diag *diag) {
  const es_matrix *W0 = es_config_matrix(config, "model", "W0");
  if (W0->cols != b->coords || W0->rows > b->m)
    return es_config_blame(config, "model", "W0", diag,
                           "%zu by %zu; it must have %zu columns and at most "
                           "%zu rows",
                           W0->rows, W0->cols, b->coords, b->m);
  es_status status = read_d(b, config, W0->rows, diag);
  if (status != ES_OK) return status;
  if (W0->rows != b->d)
    return es_config_blame(config, "model", "W0", diag, "%zu rows, but d=%zu",
                           W0->rows, b->d);
  status = to_basis(b, W0->data, diag);
  return status == ES_OK && b->back != NULL ? note_outside(b, W0->data, diag)
                                            : status;
}

/* Row by row, so that a row does not depend on how many there are; NULL without
 * memory. */
static double *draw(const barlow *b, size_t columns, const es_config *config) {
  const double scale = es_config_real(config, "model", "init_scale");
  const uint64_t seed = es_config_size(config, "model", "seed");
  double *W0 = es_zeroed(b->d, columns, sizeof *W0);
  for (size_t i = 0; W0 != NULL && i < b->d; i++)
    for (size_t j = 0; j < columns; j++)
      W0[i + j * b->d] =
          scale * es_random_normal(seed, ES_STREAM_INIT, i * columns + j);
  return W0;
}

/* A function drawn where the kernel's own features are known, else in the
 * basis: a Gaussian process of covariance init_scale^2 K. Modes are counted by
 * 2n, so that one more at the edge of roundoff does not change the others. */
static es_status from_kernel(barlow *b, const double *W0, es_diag *diag) {
  if (b->random != NULL)
    multiply(b, W0, b->n_random, b->random);
  else
    memcpy(b->Z0, W0, b->d * b->m * sizeof *W0);
  return es_barlow_find_partner(b, diag);
}

static es_status gaussian_start(barlow *b, const es_config *config,
                                es_diag *diag) {
  if (b->needs_d && !es_config_has(config, "model", "d"))
    return es_fail(diag, ES_USAGE,
                   "model.d: give the number of embedding dimensions (1 to "
                   "%zu)",
                   b->m);
  es_status status = read_d(b, config, b->m, diag);
  if (status != ES_OK) return status;
  double *W0 = draw(b, b->random != NULL ? b->n_random : b->coords, config);
  if (W0 == NULL) return es_barlow_no_memory(diag);
  status = b->back != NULL ? from_kernel(b, W0, diag) : to_basis(b, W0, diag);
  free(W0);
  return status;
}

static es_status read_start(barlow *b, const es_config *config, es_diag *diag) {
  if (b->aligned) return aligned_start(b, config, diag);
  return es_config_has(config, "model", "W0") ? given_start(b, config, diag)
                                              : gaussian_start(b, config, diag);
}

/* Partner's half times, or, where it has none, those from the start itself. */
static void find_last_step(barlow *b) {
  b->t_last = NAN;
  for (size_t j = 0; j < b->d; j++) {
    double half = b->flow->half_time(b, j);
    if (!isfinite(half) && j < b->reachable && !b->aligned)
      half = es_barlow_generic_half_time(b, j);
    if (isfinite(half) && half > 0) b->t_last = fmax(b->t_last, half);
  }
}

static void note_limits(barlow *b) {
  find_last_step(b);
  if (b->S != NULL)
    es_barlow_note(b, "Gamma and Sigma do not commute: the aligned partner "
                      "takes Sigma's diagonal in the eigenbasis of the rates");
  if (b->reachable < b->d)
    es_barlow_note(b,
                   "%zu of %zu modes can be learned (%s > 0, s0 > 0): the "
                   "loss stays at %.6g or above",
                   b->reachable, b->d, b->sigma != NULL ? "rate" : "gamma",
                   b->flow->floor(b));
  if (!(b->lr > 0)) return;
  const double limit = b->flow->lr_limit(b);
  if (b->lr >= limit)
    es_barlow_note(b, "model.lr=%g: discrete descent is stable below %g only",
                   b->lr, limit);
}

/* Where Gamma alone decides, columns grow by it. */
static es_status settle_rates(barlow *b, es_diag *diag) {
  if (b->coords == 0) b->coords = b->m;
  if (b->rate != NULL) return ES_OK;
  b->rate = es_zeroed(b->m, 1, sizeof *b->rate);
  if (b->rate == NULL) return es_barlow_no_memory(diag);
  memcpy(b->rate, b->gamma, b->m * sizeof *b->rate);
  return ES_OK;
}

static es_status build(barlow *b, es_barlow_source source,
                       const es_config *config, const es_watch *watch,
                       es_diag *diag) {
  b->aligned = es_config_has(config, "model", "s0");
  if (b->aligned + es_config_has(config, "model", "W0") +
          es_config_has(config, "model", "init") >
      1)
    return es_fail(diag, ES_USAGE,
                   "give one of model.s0, model.W0 and model.init");
  if (es_config_has(config, "model", "lr"))
    b->lr = es_config_real(config, "model", "lr");
  es_status status = es_barlow_flow_choose(b, config, diag);
  if (status == ES_OK) status = source(b, config, watch, diag);
  if (status == ES_OK) status = settle_rates(b, diag);
  if (status == ES_OK) status = read_start(b, config, diag);
  /* No start is aligned with both. */
  if (b->S != NULL) b->aligned = false;
  if (status == ES_OK) status = es_barlow_choose_active(b, diag);
  if (status == ES_OK) status = es_barlow_count_learnable(b, diag);
  if (status == ES_OK && b->flow->check != NULL)
    status = b->flow->check(b, config, diag);
  if (status == ES_OK) status = es_barlow_set_levels(b, diag);
  if (status == ES_OK) note_limits(b);
  return status;
}

es_status es_barlow_open_from(void **self, es_barlow_source source,
                              const es_config *config, const es_watch *watch,
                              es_diag *diag) {
  barlow *b = calloc(1, sizeof *b);
  *self = NULL;
  if (b == NULL) return es_barlow_no_memory(diag);
  const es_status status = build(b, source, config, watch, diag);
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
  es_barlow_pencil_free(&b->pencil);
  es_barlow_factors_free(b->factors);
  double *const own[] = {b->gamma,
                         b->sigma,
                         b->rate,
                         b->S,
                         b->to_sigma,
                         b->to_gamma,
                         b->sigma_values,
                         b->gamma_values,
                         b->V,
                         b->back,
                         b->random,
                         b->Z0,
                         b->U,
                         b->s0,
                         b->active_gamma,
                         b->active_sigma,
                         b->active_rate,
                         b->growth_weight,
                         b->event_level,
                         b->scaled,
                         b->residual,
                         b->values,
                         b->vectors,
                         b->shifted,
                         b->driven,
                         b->turned,
                         b->full,
                         b->points};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) free(own[i]);
  free(b->order);
  free(b->active);
  free(b);
}
