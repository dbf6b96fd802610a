/* Cosines with targets: see loss.h. With u = z/|z| and v = t/|t| of the other
 * view, the gradient by u is -2v/n, and by v -2u/n. */
#include "models/resnet/loss_parts.h"

enum { U, V, U_NORM, V_NORM };

static es_status open_cosine(void **self, size_t n, size_t d,
                             const es_config *config, es_diag *diag) {
  const size_t rows = es_size_product(2, n), cells = es_size_product(rows, d);
  const size_t count[] = {cells, cells, rows, rows, ES_LOSS_END};
  (void)config;
  return es_loss_work_new(self, sizeof(es_loss_work), n, d, count, diag);
}

static double value_cosine(void *self, const double *z, const double *t,
                           double *dz, double *dt) {
  const es_loss_work *w = self;
  const size_t rows = 2 * w->n, view = w->n * w->d;
  double *u = w->piece[U], *v = w->piece[V], along = 0;
  es_loss_unit(rows, w->d, z, u, w->piece[U_NORM]);
  es_loss_unit(rows, w->d, t, v, w->piece[V_NORM]);
  for (size_t k = 0; k < 2 * view; k++) {
    const size_t other = k < view ? k + view : k - view;
    along += u[k] * v[other];
    dz[k] = -2 / (double)w->n * v[other];
    if (dt != NULL) dt[other] = -2 / (double)w->n * u[k];
  }
  es_loss_unit_back(rows, w->d, u, w->piece[U_NORM], dz);
  if (dt != NULL) es_loss_unit_back(rows, w->d, v, w->piece[V_NORM], dt);
  return 2 * ((double)rows - along) / (double)w->n;
}

const es_loss es_loss_cosine = {
    .name = "cosine",
    .summary = "2 - 2 cos of a prediction and the other view's target",
    .rate = "0.02",
    .targets = true,
    .open = open_cosine,
    .close = es_loss_work_free,
    .value = value_cosine};
