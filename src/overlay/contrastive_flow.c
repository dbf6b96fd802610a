/* The flow of linear maps under InfoNCE: see contrastive_flow.h. Columns of the
 * matrices here are views, first ones first; a map W (rows outputs) is, column
 * by column, its transpose M: Y = M_1^T H, Z = M_2^T Y. */
#include "overlay/contrastive_flow.h"

#include <stdlib.h>
#include <string.h>

/* Curves are compared to parts in a hundred. */
static const double relative = 1e-6, absolute = 1e-9;

struct es_pair_flow {
  es_maps maps;
  size_t n, batch, batches, d;
  double *H;                /* width[0]×2n */
  double *Y, *dY;           /* width[1]×2n, of two maps */
  double *Z, *dZ;           /* d×2n */
  double *C;                /* d×d */
  es_infonce *kernel, *all; /* of a batch, of all pairs */
  es_pair_flow_row row;
  void *context;
  es_slab slab;
};

static es_status plan(es_pair_flow *f, es_diag *diag) {
  const es_maps *m = &f->maps;
  const size_t views = es_size_product(2, f->n);
  const size_t middle = m->layers == 2 ? m->width[1] : 0;
  const size_t sizes[] = {
      es_size_product(m->width[0], views), es_size_product(middle, views),
      es_size_product(middle, views),      es_size_product(f->d, views),
      es_size_product(f->d, views),        es_size_product(f->d, f->d)};
  double **const pieces[] = {&f->H, &f->Y, &f->dY, &f->Z, &f->dZ, &f->C};
  enum { PIECES = sizeof sizes / sizeof *sizes };
  return es_slab_doubles(&f->slab, pieces, sizes, PIECES, 0, diag);
}

es_status es_pair_flow_new(es_pair_flow **out, const es_maps *maps, size_t n,
                           size_t batch, es_diag *diag) {
  es_pair_flow *f = calloc(1, sizeof *f);
  *out = f;
  if (f == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  f->maps = *maps;
  f->n = n;
  f->batch = batch < n ? batch : n;
  f->batches = n / f->batch;
  f->d = maps->width[maps->layers];
  es_status status = plan(f, diag);
  if (status == ES_OK)
    status = es_infonce_new(&f->kernel, f->d, f->batch, ES_INFONCE_DISTANCE, 1,
                            diag);
  if (status == ES_OK)
    status = es_infonce_new(&f->all, f->d, n, ES_INFONCE_DISTANCE, 1, diag);
  if (status == ES_OK) return ES_OK;
  es_pair_flow_free(f);
  *out = NULL;
  return status;
}

void es_pair_flow_free(es_pair_flow *f) {
  if (f == NULL) return;
  es_infonce_free(f->kernel);
  es_infonce_free(f->all);
  es_slab_close(&f->slab);
  free(f);
}

double *es_pair_flow_features(es_pair_flow *f) { return f->H; }

/* Z of W. */
static void embed(es_pair_flow *f, const double *W) {
  const es_maps *m = &f->maps;
  const size_t views = 2 * f->n, h = m->width[0], k = m->width[1];
  double *first = m->layers == 2 ? f->Y : f->Z;
  es_gemm(true, false, k, views, h, 1, W, h, f->H, h, 0, first, k);
  if (m->layers == 2)
    es_gemm(true, false, f->d, views, k, 1, W + m->at[1], k, f->Y, k, 0, f->Z,
            f->d);
}

/* dL/dZ, which is 0 of the pairs behind the last whole batch. */
static es_status contrast(es_pair_flow *f) {
  const size_t d = f->d, pairs = f->batch * f->batches;
  es_status status = ES_OK;
  memset(f->dZ, 0, 2 * f->n * d * sizeof *f->dZ);
  for (size_t b = 0; status == ES_OK && b < f->batches; b++) {
    const size_t one = b * f->batch * d, two = one + f->n * d;
    double loss;
    status = es_infonce_gradient(f->kernel, f->Z + one, f->Z + two, &loss,
                                 f->dZ + one, f->dZ + two);
  }
  for (size_t k = 0; k < 2 * f->n * d; k++) f->dZ[k] /= (double)pairs;
  return status;
}

static void back(es_pair_flow *f, const double *W, double *dW) {
  const es_maps *m = &f->maps;
  const size_t views = 2 * f->n, h = m->width[0], k = m->width[1], d = f->d;
  const double *first = f->dZ;
  if (m->layers == 2) {
    es_gemm(false, true, k, d, views, 1, f->Y, k, f->dZ, d, 0, dW + m->at[1],
            k);
    es_gemm(false, false, k, views, d, 1, W + m->at[1], k, f->dZ, d, 0, f->dY,
            k);
    first = f->dY;
  }
  es_gemm(false, true, h, k, views, 1, f->H, h, first, k, 0, dW, h);
}

es_status es_pair_flow_gradient(es_pair_flow *f, const double *W, double *dW) {
  embed(f, W);
  const es_status status = contrast(f);
  if (status == ES_OK) back(f, W, dW);
  return status;
}

es_status es_pair_flow_loss(es_pair_flow *f, const double *W, double *loss) {
  embed(f, W);
  const es_status status =
      es_infonce_gradient(f->all, f->Z, f->Z + f->n * f->d, loss, NULL, NULL);
  *loss /= (double)f->n;
  return status;
}

static es_status rhs(double t, const double *W, double *dW, void *context) {
  es_pair_flow *f = context;
  const es_maps *m = &f->maps;
  (void)t;
  const es_status status = es_pair_flow_gradient(f, W, dW);
  for (size_t l = 0; l < m->layers; l++)
    for (size_t k = m->at[l]; k < m->at[l + 1]; k++)
      dW[k] = -m->rate[l] * dW[k] - m->decay[l] * W[k];
  return status;
}

static es_status hand_over(size_t index, double t, const double *W,
                           void *context) {
  const es_pair_flow *f = context;
  (void)index;
  return f->row == NULL ? ES_OK : f->row(f->context, t, W);
}

es_status es_pair_flow_advance(es_pair_flow *f, double t0, double *W,
                               const double *times, size_t n,
                               es_pair_flow_row row, void *context,
                               es_diag *diag) {
  const es_ode_system system = {
      .n = f->maps.at[f->maps.layers], .rhs = rhs, .context = f};
  es_ode_options options;
  es_ode *ode;
  es_ode_options_default(&options);
  options.method = "dop853";
  options.rtol = relative;
  options.atol = absolute;
  f->row = row;
  f->context = context;
  es_status status = es_ode_new(&ode, &system, &options, diag);
  if (status != ES_OK) return status;
  status = es_ode_solve(ode, t0, W, times, n, hand_over, NULL, diag);
  es_ode_free(ode);
  return status;
}

es_status es_pair_flow_spectrum(es_pair_flow *f, const double *W,
                                double *lambda, es_diag *diag) {
  const size_t d = f->d, views = 2 * f->n;
  embed(f, W);
  for (size_t r = 0; r < d; r++) {
    double sum = 0;
    for (size_t k = 0; k < views; k++) sum += f->Z[r + k * d];
    for (size_t k = 0; k < views; k++) f->Z[r + k * d] -= sum / (double)views;
  }
  es_syrk(d, views, 1 / (double)views, f->Z, 0, f->C);
  const es_status status = es_eigen_symmetric(d, f->C, lambda, false, diag);
  if (status == ES_OK) es_eigen_falling(d, lambda, NULL);
  return status;
}
