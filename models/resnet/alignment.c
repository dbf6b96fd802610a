/* A linear predictor beside the moment of what it takes: see alignment.h. F and
 * W_p are scaled to norm one for their commutator, so that it keeps its digits
 * in collapse. W_p lies row by row, its transpose column by column: all that is
 * measured is the same of both. */
#include "models/resnet/alignment.h"

#include "base/finite.h"
#include "base/slab.h"
#include "linalg/linalg.h"
#include "metrics/modes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SQUARES = 4, LAST = 4 /* columns behind p and s */ };

struct es_alignment {
  size_t rows, d, offset; /* of W_p among the parameters */
  double *F, *P;          /* d×d: scaled to norm one; then eigenvectors */
  double *U, *L;          /* d×d: scratch */
  double *value;
  es_eigen *eigen;
  es_slab slab;
};

/* The predictor's weight, or NULL where it is not a d×d matrix on z. */
static const es_tensor *matrix_of(const es_network *network) {
  const es_predictor kind = network->encoder.heads.predictor;
  const es_tensor *w = es_graph_find(&network->graph, "predictor.0.weight");
  const size_t d = network->embedding.size;
  const bool linear =
      kind == ES_PREDICTOR_LINEAR || kind == ES_PREDICTOR_SYMMETRIC;
  return linear && w != NULL && w->dims[0] == d && w->dims[1] == d ? w : NULL;
}

static es_status open_alignment(es_alignment *a, es_diag *diag) {
  const size_t square = es_size_product(a->d, a->d);
  double **const pieces[SQUARES] = {&a->F, &a->P, &a->U, &a->L};
  size_t total = 0;
  for (int k = 0; k < SQUARES; k++) es_slab_add(&total, square, sizeof *a->F);
  es_slab_add(&total, a->d, sizeof *a->value);
  const es_status status = es_slab_open(&a->slab, total, diag);
  if (status != ES_OK) return status;
  for (int k = 0; k < SQUARES; k++)
    *pieces[k] = es_slab_take(&a->slab, square, sizeof *a->F);
  a->value = es_slab_take(&a->slab, a->d, sizeof *a->value);
  return es_eigen_new(&a->eigen, a->d, true, diag);
}

es_status es_alignment_new(es_alignment **out, const es_network *network,
                           size_t rows, es_diag *diag) {
  const es_tensor *w = matrix_of(network);
  *out = NULL;
  if (w == NULL) return ES_OK;
  es_alignment *a = calloc(1, sizeof *a);
  if (a == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory for modes");
  a->rows = rows;
  a->d = network->embedding.size;
  a->offset = w->offset;
  const es_status status = open_alignment(a, diag);
  if (status == ES_OK)
    *out = a;
  else
    es_alignment_free(a);
  return status;
}

void es_alignment_free(es_alignment *a) {
  if (a == NULL) return;
  es_eigen_free(a->eigen);
  es_slab_close(&a->slab);
  free(a);
}

size_t es_alignment_columns(const es_alignment *a) {
  return a == NULL ? 0 : 2 * a->d + LAST;
}

void es_alignment_column(const es_alignment *a, size_t j, char *name,
                         size_t size) {
  static const char *const last[LAST] = {"commutator_normalised", "asymmetry",
                                         "tau", "tau_residual"};
  if (j < 2 * a->d)
    snprintf(name, size, j < a->d ? "p_%zu" : "s_%zu", j % a->d + 1);
  else
    snprintf(name, size, "%s", last[j - 2 * a->d]);
}

/* F and P, and their norms. */
static es_status fill(es_alignment *a, const float *params, const double *z,
                      double *f, double *p, es_diag *diag) {
  const size_t n = a->d * a->d;
  es_syrk(a->d, a->rows, 1 / (double)a->rows, z, 0, a->F);
  for (size_t k = 0; k < n; k++) a->P[k] = (double)params[a->offset + k];
  if (!es_all_finite(n, a->F))
    return es_fail(diag, ES_NOT_FINITE,
                   "the embeddings' moment is not finite, or too large");
  if (!es_all_finite(n, a->P))
    return es_fail(diag, ES_NOT_FINITE, "the predictor is not finite");
  *f = es_norm(n, a->F);
  *p = es_norm(n, a->P);
  es_modes_unit(n, a->F, *f, a->F);
  es_modes_unit(n, a->P, *p, a->P);
  return ES_OK;
}

/* Of F and P as they are left, which become their eigenvectors. */
static es_status modes(es_alignment *a, double f, double p, double *out_p,
                       double *out_s, es_diag *diag) {
  const size_t d = a->d;
  for (size_t j = 0; j < d; j++)
    for (size_t i = 0; i < d; i++)
      a->U[i + j * d] = (a->P[i + j * d] + a->P[j + i * d]) / 2;
  es_status status = es_eigen_run(a->eigen, d, a->F, out_s, true, diag);
  if (status == ES_OK)
    status = es_eigen_run(a->eigen, d, a->U, a->value, true, diag);
  if (status != ES_OK) return status;
  es_eigen_falling(d, out_s, a->F);
  es_modes_pair(d, a->F, a->U, a->value, a->L, out_p);
  for (size_t j = 0; j < d; j++) {
    out_s[j] = fmax(out_s[j], 0) * f; /* rounding can leave a zero below */
    out_p[j] *= p;
  }
  return ES_OK;
}

es_status es_alignment_measure(es_alignment *a, const float *params,
                               const double *z, const double *target,
                               double *out, es_diag *diag) {
  double f = 0, p = 0, *last;
  if (a == NULL) return ES_OK;
  last = out + 2 * a->d;
  const int threads = es_blas_serial();
  es_status status = fill(a, params, z, &f, &p, diag);
  if (status == ES_OK) {
    last[0] = es_modes_commutator(a->d, a->F, a->P, a->L);
    last[1] = es_modes_asymmetry(a->d, a->P, a->L);
    last[2] = f > 0 ? 1 : NAN;
    last[3] = 0;
    if (target != NULL)
      last[2] = es_modes_ratio(a->rows * a->d, target, z, last + 3);
    status = modes(a, f, p, out, out + a->d, diag);
  }
  es_blas_resume(threads);
  return status;
}
