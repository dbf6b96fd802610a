/* Barlow Twins: see loss.h. With x = r(z - mean), r = (var + 1e-5)^(-1/2), and
 * G = dL/dc, the gradient by x is G x'/n and by x' G^T x/n; by z it is
 *   r(g - mean(g) - x mean(g x)),
 * where mean(g) = 0, for x and x' have none. */
#include "models/resnet/loss_parts.h"

#include "linalg/linalg.h"

#include <math.h>

enum { X, VAR, C };
static const double epsilon = 1e-5, published = .0051;

typedef struct barlow {
  es_loss_work work;
  double lambda;
} barlow;

static es_status open_barlow(void **self, size_t n, size_t d,
                             const es_config *config, es_diag *diag) {
  const bool given =
      config != NULL && es_config_has(config, "method", "lambda");
  const size_t count[] = {
      es_size_product(2, es_size_product(d, n)),
      es_size_product(2, d),
      es_size_product(d, d),
      ES_LOSS_END,
  };
  const es_status status =
      es_loss_work_new(self, sizeof(barlow), n, d, count, diag);
  if (status == ES_OK)
    ((barlow *)*self)->lambda =
        given ? es_config_real(config, "method", "lambda") : published;
  return status;
}

/* x and r of a view; r takes the place of the variances. */
static bool normalise(const barlow *b, const double *z, double *x, double *r) {
  const size_t n = b->work.n, d = b->work.d;
  if (!es_loss_centre(n, d, z, x, r)) return false;
  for (size_t j = 0; j < d; j++) r[j] = 1 / sqrt(r[j] + epsilon);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < d; j++) x[i * d + j] *= r[j];
  return true;
}

/* c becomes G. */
static double weigh(const barlow *b, double *c) {
  const size_t d = b->work.d;
  double on = 0, off = 0;
  for (size_t j = 0; j < d; j++)
    for (size_t i = 0; i < d; i++) {
      double *e = c + i + j * d;
      if (i == j) {
        on += (*e - 1) * (*e - 1);
        *e = 2 * (*e - 1);
      } else {
        off += *e * *e;
        *e *= 2 * b->lambda;
      }
    }
  return on + b->lambda * off;
}

static void back(size_t n, size_t d, const double *x, const double *r,
                 double *g) {
  for (size_t j = 0; j < d; j++) {
    double along = 0;
    for (size_t i = 0; i < n; i++) along += g[i * d + j] * x[i * d + j];
    along /= (double)n;
    for (size_t i = 0; i < n; i++)
      g[i * d + j] = r[j] * (g[i * d + j] - along * x[i * d + j]);
  }
}

static double value_barlow(void *self, const double *z, const double *t,
                           double *dz, double *dt) {
  const barlow *b = self;
  const size_t n = b->work.n, d = b->work.d, view = n * d;
  const double share = 1 / (double)n;
  double *x = b->work.piece[X], *r = b->work.piece[VAR], *c = b->work.piece[C];
  (void)t;
  (void)dt;
  if (!normalise(b, z, x, r) || !normalise(b, z + view, x + view, r + d))
    return NAN;
  es_gemm(false, true, d, d, n, share, x, d, x + view, d, 0, c, d);
  const double loss = weigh(b, c);
  es_gemm(false, false, d, n, d, share, c, d, x + view, d, 0, dz, d);
  es_gemm(true, false, d, n, d, share, c, d, x, d, 0, dz + view, d);
  back(n, d, x, r, dz);
  back(n, d, x + view, r + d, dz + view);
  return loss;
}

const es_loss es_loss_barlow = {
    .name = "barlow",
    .summary = "cross-correlation of batch-normalised views from I",
    .rate = "0.02",
    .open = open_barlow,
    .close = es_loss_work_free,
    .value = value_barlow};
