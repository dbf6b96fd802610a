/* The spectral contrastive loss: see loss.h. With S = Z Z^T/2n of the centred
 * embeddings its gradient by Z is (2/n)(S Z - Z'), Z' the other views; it sums
 * to 0 over the columns. */
#include "models/resnet/loss_parts.h"

#include "linalg/linalg.h"

#include <math.h>

enum { X, VAR, S };

static es_status open_spectral(void **self, size_t n, size_t d,
                               const es_config *config, es_diag *diag) {
  const size_t count[] = {es_size_product(2, es_size_product(d, n)), d,
                          es_size_product(d, d), ES_LOSS_END};
  (void)config;
  return es_loss_work_new(self, sizeof(es_loss_work), n, d, count, diag);
}

static double value_spectral(void *self, const double *z, const double *t,
                             double *dz, double *dt) {
  const es_loss_work *w = self;
  const size_t n = w->n, d = w->d, view = n * d;
  const double share = 2 / (double)n;
  double *x = w->piece[X], *s = w->piece[S], square = 0, along = 0;
  (void)t;
  (void)dt;
  if (!es_loss_centre(2 * n, d, z, x, w->piece[VAR])) return NAN;
  es_syrk(d, 2 * n, .5 / (double)n, x, 0, s);
  for (size_t k = 0; k < d * d; k++) square += s[k] * s[k];
  for (size_t k = 0; k < view; k++) {
    along += x[k] * x[k + view];
    dz[k] = -share * x[k + view];
    dz[k + view] = -share * x[k];
  }
  es_gemm(false, false, d, 2 * n, d, share, s, d, x, d, 1, dz, d);
  return square - share * along;
}

const es_loss es_loss_spectral = {
    .name = "spectral",
    .summary = "-2 tr C + |S|^2 of the views' covariances, across and own",
    .rate = "0.02",
    .theorem = true,
    .open = open_spectral,
    .close = es_loss_work_free,
    .value = value_spectral};
