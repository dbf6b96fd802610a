/* InfoNCE: see loss.h, and contrast/infonce.h for what computes it. */
#include "models/resnet/loss_parts.h"

#include "contrast/infonce.h"

#include <math.h>
#include <stdlib.h>

enum { U, V, U_NORM, V_NORM, DV };

typedef struct infonce {
  es_loss_work work;
  es_infonce *kernel;
  double share; /* what a direction's sum over anchors is multiplied by */
} infonce;

static void close_infonce(void *self) {
  infonce *i = self;
  if (i == NULL) return;
  es_infonce_free(i->kernel);
  es_loss_work_free(i);
}

static es_status open_kernel(void **self, es_infonce_loss loss,
                             double temperature, double share, es_diag *diag) {
  infonce *i = *self;
  i->share = share;
  const es_status status =
      es_infonce_new(&i->kernel, i->work.d, i->work.n, loss, temperature, diag);
  if (status == ES_OK) return ES_OK;
  close_infonce(i);
  *self = NULL;
  return status;
}

static es_status open_distance(void **self, size_t n, size_t d,
                               const es_config *config, es_diag *diag) {
  const size_t count[] = {ES_LOSS_END};
  (void)config;
  const es_status status =
      es_loss_work_new(self, sizeof(infonce), n, d, count, diag);
  return status != ES_OK
             ? status
             : open_kernel(self, ES_INFONCE_DISTANCE, 1, 1 / (double)n, diag);
}

static double value_distance(void *self, const double *z, const double *t,
                             double *dz, double *dt) {
  const infonce *i = self;
  const size_t view = i->work.n * i->work.d;
  double loss;
  (void)t;
  (void)dt;
  if (es_infonce_gradient(i->kernel, z, z + view, &loss, dz, dz + view) !=
      ES_OK)
    return NAN;
  for (size_t k = 0; k < 2 * view; k++) dz[k] *= i->share;
  return i->share * loss;
}

const es_loss es_loss_infonce = {
    .name = "infonce",
    .summary = "a view's pair among the other first views, by distance",
    .rate = "0.02",
    .open = open_distance,
    .close = close_infonce,
    .value = value_distance};

static es_status open_cosine(void **self, size_t n, size_t d,
                             const es_config *config, es_diag *diag) {
  const size_t rows = es_size_product(2, n), cells = es_size_product(rows, d);
  const size_t count[] = {cells, cells, rows, rows, cells, ES_LOSS_END};
  const double temperature = es_config_real(config, "method", "temperature");
  const bool own = !es_config_is(config, "method", "target", "self");
  const es_status status =
      es_loss_work_new(self, sizeof(infonce), n, d, count, diag);
  return status != ES_OK
             ? status
             : open_kernel(self, ES_INFONCE_DOT, temperature,
                           (own ? 2 * temperature : .5) / (double)n, diag);
}

/* Anchors of one view, candidates of the other. */
static double direction(const infonce *i, size_t from, size_t to, double *du) {
  double *const *p = i->work.piece, loss;
  return es_infonce_gradient(i->kernel, p[U] + from, p[V] + to, &loss,
                             du + from, p[DV] + to) == ES_OK
             ? loss
             : NAN;
}

static double value_cosine(void *self, const double *z, const double *t,
                           double *dz, double *dt) {
  const infonce *i = self;
  const size_t rows = 2 * i->work.n, d = i->work.d, view = i->work.n * d;
  double *const *p = i->work.piece;
  es_loss_unit(rows, d, z, p[U], p[U_NORM]);
  es_loss_unit(rows, d, t, p[V], p[V_NORM]);
  const double loss = direction(i, 0, view, dz) + direction(i, view, 0, dz);
  for (size_t k = 0; k < 2 * view; k++) dz[k] *= i->share;
  es_loss_unit_back(rows, d, p[U], p[U_NORM], dz);
  for (size_t k = 0; dt != NULL && k < 2 * view; k++)
    dt[k] = i->share * p[DV][k];
  if (dt != NULL) es_loss_unit_back(rows, d, p[V], p[V_NORM], dt);
  return i->share * loss;
}

const es_loss es_loss_infonce_cosine = {
    .name = "infonce",
    .summary = "a view's pair among all of the other views, by cosine",
    .rate = "0.02",
    .targets = true,
    .open = open_cosine,
    .close = close_infonce,
    .value = value_cosine};
