/* SimCLR's NT-Xent: see loss.h. With G = softmax less the positives, a column
 * an anchor, the gradient by u is (U G + U G^T)/(2n temperature), in blocks of
 * anchors: memory grows with n, not with n^2. */
#include "models/resnet/loss_parts.h"

#include "linalg/linalg.h"

enum { U, NORM, BLOCK, ANCHORS = 256 };
static const double usual = .5;

typedef struct simclr {
  es_loss_work work;
  double temperature;
  bool negatives;
} simclr;

static size_t block_of(size_t rows) { return rows < ANCHORS ? rows : ANCHORS; }

static es_status open_simclr(void **self, size_t n, size_t d,
                             const es_config *config, es_diag *diag) {
  const bool given =
      config != NULL && es_config_has(config, "method", "temperature");
  const size_t rows = es_size_product(2, n);
  const size_t count[] = {es_size_product(rows, d), rows,
                          es_size_product(rows, block_of(rows)), ES_LOSS_END};
  const es_status status =
      es_loss_work_new(self, sizeof(simclr), n, d, count, diag);
  if (status != ES_OK) return status;
  simclr *s = *self;
  s->temperature =
      given ? es_config_real(config, "method", "temperature") : usual;
  s->negatives =
      config == NULL || es_config_flag(config, "method", "negatives");
  return ES_OK;
}

/* Anchors first … first + count - 1: their losses, and 2n·temperature times
 * their part of the gradient. */
static double add_anchors(const simclr *s, size_t first, size_t count,
                          double *du) {
  const size_t n = s->work.n, d = s->work.d, rows = 2 * n;
  const double *u = s->work.piece[U], *own = u + first * d;
  double *block = s->work.piece[BLOCK], loss = 0;
  es_gemm(true, false, rows, count, d, 1 / s->temperature, u, d, own, d, 0,
          block, rows);
  for (size_t a = 0; a < count; a++)
    loss += es_loss_softmax(rows, block + a * rows, (first + a + n) % rows,
                            first + a);
  es_gemm(false, false, d, count, rows, 1, u, d, block, rows, 1, du + first * d,
          d);
  es_gemm(false, true, d, rows, count, 1, own, d, block, rows, 1, du, d);
  return loss;
}

static double attract(const simclr *s, double *du) {
  const size_t view = s->work.n * s->work.d;
  const double *u = s->work.piece[U];
  double along = 0;
  for (size_t k = 0; k < 2 * view; k++) {
    const double other = u[(k + view) % (2 * view)];
    along += u[k] * other;
    du[k] = -2 * other;
  }
  return -along / s->temperature;
}

static double value_simclr(void *self, const double *z, const double *t,
                           double *dz, double *dt) {
  const simclr *s = self;
  const size_t d = s->work.d, rows = 2 * s->work.n;
  double loss = 0;
  (void)t;
  (void)dt;
  es_loss_unit(rows, d, z, s->work.piece[U], s->work.piece[NORM]);
  for (size_t k = 0; k < rows * d; k++) dz[k] = 0;
  if (!s->negatives) loss = attract(s, dz);
  for (size_t i = 0; s->negatives && i < rows; i += ANCHORS)
    loss += add_anchors(s, i, block_of(rows - i), dz);
  for (size_t k = 0; k < rows * d; k++) dz[k] /= (double)rows * s->temperature;
  es_loss_unit_back(rows, d, s->work.piece[U], s->work.piece[NORM], dz);
  return loss / (double)rows;
}

const es_loss es_loss_simclr = {
    .name = "simclr",
    .summary = "NT-Xent: a view's pair among all other views, by cosine",
    .rate = "0.02",
    .open = open_simclr,
    .close = es_loss_work_free,
    .value = value_simclr};
