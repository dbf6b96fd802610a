/* Squared distance from targets: see loss.h. */
#include "models/resnet/loss_parts.h"

static es_status open_l2(void **self, size_t n, size_t d,
                         const es_config *config, es_diag *diag) {
  const size_t count[] = {ES_LOSS_END};
  (void)config;
  return es_loss_work_new(self, sizeof(es_loss_work), n, d, count, diag);
}

static double value_l2(void *self, const double *z, const double *t, double *dz,
                       double *dt) {
  const es_loss_work *w = self;
  const size_t view = w->n * w->d;
  double square = 0;
  for (size_t k = 0; k < 2 * view; k++) {
    const size_t other = k < view ? k + view : k - view;
    const double apart = z[k] - t[other];
    square += apart * apart;
    dz[k] = apart / (double)w->n;
    if (dt != NULL) dt[other] = -dz[k];
  }
  return square / 2 / (double)w->n;
}

const es_loss es_loss_l2 = {
    .name = "l2",
    .summary = "half the squared distance from the other view's target",
    .rate = "0.02",
    .targets = true,
    .open = open_l2,
    .close = es_loss_work_free,
    .value = value_l2};
