/* Settings of BYOL's eigenmodes and their start: see eigenmodes.h. */
#include "models/linear/eigenmodes.h"

#include "base/slab.h"
#include "models/linear/per_mode.h"

#include <math.h>
#include <stdio.h>

/* Squares of what is at most this are numbers. */
#define MOST 1e100

#define MODEL_KEY(name, flags, low, unit, fallback, help)                      \
  { "model", name, ES_LIST, flags, low, MOST, NULL, unit, fallback, help }

static const es_key keys[] = {
    MODEL_KEY("p0", 0, -MOST, "1", NULL,
              "start: eigenvalue of the predictor along each mode"),
    MODEL_KEY("s0", 0, 0, "1", NULL,
              "start: eigenvalue of W W^T along each mode"),
    MODEL_KEY("tau0", 0, -MOST, "1", "0",
              "start: W_a = tau W along each mode; with ema=off it stays"),
    MODEL_KEY("sigma2", 0, 0, "1", "0.09",
              "variance of the augmentation, of which lambda_s is made"),
    MODEL_KEY("alpha_p", ES_OPEN_LOW, 0, "1", "1",
              "learning rate of the predictor over that of W"),
    MODEL_KEY("eta", 0, 0, "1/time", "0.04",
              "weight decay, of predictor and W"),
    MODEL_KEY("eta_p", 0, 0, "1/time", NULL,
              "weight decay of the predictor [eta]"),
    MODEL_KEY("eta_s", 0, 0, "1/time", NULL, "weight decay of W [eta]"),
    MODEL_KEY("beta", 0, 0, "1/time", "0.4",
              "rate at which W_a follows W, of ema=on"),
    {"model", "ema", ES_FLAG, 0, 0, 0, NULL, NULL, "on",
     "W_a' = beta (W - W_a); off: tau stays at tau0 (SimSiam: tau0=1)"},
    MODEL_KEY("lambda_s", ES_OPEN_LOW, 0, "1", NULL,
              "eigenvalue of X + X' along each mode [1 + sigma2]"),
    MODEL_KEY("lambda_d", ES_OPEN_LOW, 0, "1", "1",
              "eigenvalue of X along each mode"),
    {"model", "lr", ES_REAL, ES_OPEN_LOW, 0, INFINITY, NULL, "time", NULL,
     "learning rate of solver.method=gd: t = steps * lr"},
    MODEL_KEY("p10", 0, -MOST, "1", NULL,
              "start: singular value of the predictor's first layer"),
    MODEL_KEY("p20", 0, -MOST, "1", NULL,
              "start: singular value of its second layer, p = p20 p10"),
};
/* Windows on one array: p0 is the one's, the last two are the other's. */
enum { ALL = sizeof keys / sizeof *keys };
const es_keys es_eigenmode_keys = {keys, ALL - 2};
const es_keys es_two_layer_keys = {keys + 1, ALL - 1};

static const char *const names[] = {
    "s0",   "tau0",     "sigma2",   "alpha_p", "eta", "eta_p", "eta_s",
    "beta", "lambda_s", "lambda_d", "p0",      "p10", "p20",   NULL};

static double or_else(double x, double fallback) {
  return isnan(x) ? fallback : x;
}

static es_eigenmode mode_of(const es_config *config, size_t j) {
  const double eta = es_per_mode(config, "eta", j);
  return (es_eigenmode){.alpha_p = es_per_mode(config, "alpha_p", j),
                        .eta_p = or_else(es_per_mode(config, "eta_p", j), eta),
                        .eta_s = or_else(es_per_mode(config, "eta_s", j), eta),
                        .beta = es_per_mode(config, "beta", j),
                        .lambda_s =
                            or_else(es_per_mode(config, "lambda_s", j),
                                    1 + es_per_mode(config, "sigma2", j)),
                        .lambda_d = es_per_mode(config, "lambda_d", j),
                        .p0 = or_else(es_per_mode(config, "p0", j), 0),
                        .s0 = or_else(es_per_mode(config, "s0", j), 0),
                        .tau0 = es_per_mode(config, "tau0", j),
                        .ema = es_config_flag(config, "model", "ema")};
}

static const char *missing(const es_config *config, bool two_layer) {
  if (!es_config_has(config, "model", "s0"))
    return "model.s0: give the eigenvalue of W W^T that each mode starts from";
  if (!two_layer && !es_config_has(config, "model", "p0"))
    return "model.p0: give the predictor's eigenvalue that each mode starts "
           "from";
  if (two_layer && !es_config_has(config, "model", "p10"))
    return "model.p10: give where each mode of the first layer starts";
  if (two_layer && !es_config_has(config, "model", "p20"))
    return "model.p20: give where each mode of the second layer starts";
  return NULL;
}

es_status es_eigenmodes_read(es_eigenmode **modes, size_t *n,
                             const char **no_start, const es_config *config,
                             bool two_layer, es_diag *diag) {
  *modes = NULL;
  *no_start = missing(config, two_layer);
  const es_status status = es_per_mode_count(n, config, names, diag);
  if (status != ES_OK) return status;
  *modes = es_zeroed(*n, 1, sizeof **modes);
  if (*modes == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  for (size_t j = 0; j < *n; j++) (*modes)[j] = mode_of(config, j);
  return ES_OK;
}

double es_eigenmodes_lr(const es_config *config) {
  return es_config_has(config, "model", "lr") &&
                 es_config_has(config, "solver", "method") &&
                 es_config_is(config, "solver", "method", "gd")
             ? es_config_real(config, "model", "lr")
             : 0;
}

bool es_eigenmode_descends(const es_eigenmode *mode, double lr) {
  return lr > 0 && mode->s0 > 0;
}

double es_eigenmodes_log_scale(const es_config *config) {
  static const double usual = 1e3;
  const double ratio = es_config_real(config, "solver", "rtol") /
                       es_config_real(config, "solver", "atol");
  const bool sound = ratio > 0 && ratio < 1e15;
  return (sound ? ratio : usual) / ES_EIGENMODE_ATOL_UNIT;
}

void es_eigenmode_begin(const es_eigenmode *mode, double log_scale, double *y,
                        double *scale) {
  const double w0 = mode->s0 > 0 ? sqrt(mode->s0) : 1, tau0 = mode->tau0;
  y[0] = 0;
  y[1] = w0;
  y[2] = tau0 * w0;
  scale[0] = log_scale;
  scale[1] = w0;
  /* From 0 a relative tolerance would take hundreds of steps to get away. A
   * direction that turns from a small tau0 has not grown past solver.limit. */
  scale[2] = tau0 != 0 ? fmax(fabs(y[2]), w0)
                       : fmin(w0 / ES_EIGENMODE_ATOL_UNIT, 1e300);
}

double es_eigenmode_s(const es_eigenmode *mode, const double *y) {
  const double w = direction_size(mode, y) * y[1];
  return w * w;
}

double es_eigenmode_tau(const es_eigenmode *mode, const double *y) {
  static const double most = 1e280;
  if (!mode->ema) return mode->tau0;
  const double tau = y[2] / y[1];
  return fabs(tau) > most ? INFINITY : tau;
}

void es_eigenmode_weights(const es_eigenmode *mode, const double *y,
                          double *out) {
  out[0] = direction_size(mode, y) * y[1];
  out[1] = direction_size(mode, y) * y[2];
}

void es_eigenmode_weight_name(const void *self, size_t j, char *name,
                              size_t size) {
  (void)self;
  snprintf(name, size, "%s_%zu", j % 2 == 0 ? "W" : "Wa", j / 2 + 1);
}
