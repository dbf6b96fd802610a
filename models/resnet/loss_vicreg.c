/* VICReg: see loss.h. A view's variances and covariances are entries of
 * C = x x^T/(n - 1) of its centred columns; with s = sqrt(C_jj + 1e-4) their
 * part of the gradient by x is M x,
 *   M_ij = 4 C_ij/(d (n - 1)),  M_jj = -(25/2)/(d (n - 1) s_j) where s_j < 1,
 * and by z the same: it sums to 0 over the columns. */
#include "models/resnet/loss_parts.h"

#include "linalg/linalg.h"

#include <math.h>

enum { X, VAR, C };
static const double weight = 25, epsilon = 1e-4;

static es_status open_vicreg(void **self, size_t n, size_t d,
                             const es_config *config, es_diag *diag) {
  const size_t count[] = {es_size_product(d, n), d, es_size_product(d, d),
                          ES_LOSS_END};
  (void)config;
  return es_loss_work_new(self, sizeof(es_loss_work), n, d, count, diag);
}

/* C becomes M; the view's share of the loss. */
static double weigh(size_t n, size_t d, double *c) {
  const double share = 1 / ((double)d * ((double)n - 1));
  double hinge = 0, off = 0;
  for (size_t j = 0; j < d; j++) {
    const double s = sqrt(c[j + j * d] + epsilon);
    for (size_t i = 0; i < d; i++) {
      if (i == j) continue;
      off += c[i + j * d] * c[i + j * d];
      c[i + j * d] *= 4 * share;
    }
    hinge += fmax(0, 1 - s);
    c[j + j * d] = s < 1 ? -weight / 2 * share / s : 0;
  }
  return (weight / 2 * hinge + off) / (double)d;
}

static double add_view(const es_loss_work *w, const double *z, double *dz) {
  const size_t n = w->n, d = w->d;
  double *x = w->piece[X], *c = w->piece[C];
  if (!es_loss_centre(n, d, z, x, w->piece[VAR])) return NAN;
  es_syrk(d, n, 1 / ((double)n - 1), x, 0, c);
  const double loss = weigh(n, d, c);
  es_gemm(false, false, d, n, d, 1, c, d, x, d, 1, dz, d);
  return loss;
}

static double value_vicreg(void *self, const double *z, const double *t,
                           double *dz, double *dt) {
  const es_loss_work *w = self;
  const size_t view = w->n * w->d;
  const double scale = weight / (double)view;
  double square = 0;
  (void)t;
  (void)dt;
  for (size_t k = 0; k < view; k++) {
    const double apart = z[k] - z[view + k];
    square += apart * apart;
    dz[k] = 2 * scale * apart;
    dz[view + k] = -dz[k];
  }
  const double first = add_view(w, z, dz);
  return scale * square + first + add_view(w, z + view, dz + view);
}

const es_loss es_loss_vicreg = {
    .name = "vicreg",
    .summary = "invariance, variance above 1, no covariance (25, 25, 1)",
    .rate = "0.002", /* the gradient of a mean, 25 times */
    .open = open_vicreg,
    .close = es_loss_work_free,
    .value = value_vicreg};
