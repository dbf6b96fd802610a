/* Cross-entropy: see loss.h. */
#include "models/resnet/loss_parts.h"

#include <math.h>

static es_status open_cross(void **self, size_t n, size_t d,
                            const es_config *config, es_diag *diag) {
  const size_t count[] = {ES_LOSS_END};
  (void)config;
  return es_loss_work_new(self, sizeof(es_loss_work), n, d, count, diag);
}

/* ln sum_c e^(z_c) of a row; the largest term is 1. */
static double log_sum(size_t d, const double *z) {
  double most = z[0];
  for (size_t c = 1; c < d; c++)
    if (z[c] > most) most = z[c];
  double sum = exp(z[0] - most);
  for (size_t c = 1; c < d; c++) sum += exp(z[c] - most);
  return most + log(sum);
}

/* One row: with l the log-sum and T the sum of t, by z_c e^(z_c - l) T - t_c,
 * by t_c l - z_c, which is never negative. */
static double row(size_t d, const double *z, const double *t, double share,
                  double *dz, double *dt) {
  const double l = log_sum(d, z);
  double total = 0, loss = 0;
  for (size_t c = 0; c < d; c++) {
    total += t[c];
    loss += t[c] * (l - z[c]);
    if (dt != NULL) dt[c] = share * (l - z[c]);
  }
  for (size_t c = 0; c < d; c++) dz[c] = share * (exp(z[c] - l) * total - t[c]);
  return share * loss;
}

static double value_cross(void *self, const double *z, const double *t,
                          double *dz, double *dt) {
  const es_loss_work *w = self;
  const size_t view = w->n * w->d;
  double loss = 0;
  for (size_t k = 0; k < 2 * view; k += w->d) {
    const size_t other = k < view ? k + view : k - view;
    loss += row(w->d, z + k, t + other, .5 / (double)w->n, dz + k,
                dt == NULL ? NULL : dt + other);
  }
  return loss;
}

const es_loss es_loss_cross_entropy = {
    .name = "cross-entropy",
    .summary = "-ln of the softmax of a prediction at its class",
    .rate = "0.02",
    .targets = true,
    .open = open_cross,
    .close = es_loss_work_free,
    .value = value_cross};
