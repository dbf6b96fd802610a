/* X and X' of `byol`, from matrices or from the views of images, and the basis
 * that the state is held in: see byol.h. */
#include "models/linear/asked.h"
#include "models/linear/basis.h"
#include "models/linear/byol.h"
#include "models/linear/given.h"
#include "models/linear/points.h"

#include "base/sums.h"
#include "data/moments.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A (n1×n1) becomes V^T A V, symmetric to the last bit. */
static es_status turn(const byol *b, double *A, es_diag *diag) {
  const size_t n = b->n1;
  double *AV = es_zeroed(n, n, sizeof *AV);
  if (AV == NULL) return es_byol_no_memory(diag);
  es_gemm(false, false, n, n, n, 1, A, n, b->V, n, 0, AV, n);
  es_gemm(true, false, n, n, n, 1, b->V, n, AV, n, 0, A, n);
  free(AV);
  for (size_t j = 0; j < n; j++)
    for (size_t i = 0; i < j; i++)
      A[i + j * n] = A[j + i * n] = (A[i + j * n] + A[j + i * n]) / 2;
  return ES_OK;
}

/* Off the diagonal there is roundoff alone: n units in the largest entry. */
static bool only_rounding(size_t n, const double *A) {
  double top = 0, off = 0;
  for (size_t j = 0; j < n; j++)
    for (size_t i = 0; i < n; i++) {
      const double size = fabs(A[i + j * n]);
      top = fmax(top, size);
      if (i != j) off = fmax(off, size);
    }
  return off <= 4 * (double)n * DBL_EPSILON * top;
}

/* V and D of A, which becomes V or, diagonal, is freed. */
static es_status choose_basis(byol *b, double *A, es_diag *diag) {
  const size_t n = b->n1;
  b->D = es_zeroed(n, 1, sizeof *b->D);
  b->sum = es_zeroed(n, 1, sizeof *b->sum);
  if (b->D == NULL || b->sum == NULL) {
    free(A);
    return es_byol_no_memory(diag);
  }
  if (!es_is_diagonal(n, n, A)) {
    b->V = A;
    return es_basis_falling(n, A, b->D, diag);
  }
  for (size_t j = 0; j < n; j++) b->D[j] = A[j + j * n];
  free(A);
  return ES_OK;
}

/* The most negative eigenvalue of A (n1×n1), without its sign. */
static es_status find_reach(const byol *b, const double *A, double *out,
                            es_diag *diag) {
  const size_t n = b->n1;
  double *copy = es_zeroed(n, n, sizeof *copy);
  double *values = es_zeroed(n, 1, sizeof *values);
  es_status status = ES_OK;
  if (copy == NULL || values == NULL) status = es_byol_no_memory(diag);
  if (status == ES_OK) {
    memcpy(copy, A, n * n * sizeof *copy);
    status = es_eigen_symmetric(n, copy, values, false, diag);
  }
  if (status == ES_OK) *out = fmax(-values[0], 0);
  free(copy);
  free(values);
  return status;
}

/* What of A commutes with a diagonal of different entries. */
static void keep_diagonal(size_t n, double *A) {
  for (size_t k = 0; k < n * n; k++)
    if (k % (n + 1) != 0) A[k] = 0;
}

/* S from X', which is in the user's coordinates and is turned; whether it is
 * kept as S. */
static es_status add_within(byol *b, double *Xp, bool *kept, es_diag *diag) {
  const size_t n = b->n1;
  es_status status = b->V != NULL ? turn(b, Xp, diag) : ES_OK;
  *kept = false;
  if (status == ES_OK && b->decouple) keep_diagonal(n, Xp);
  if (status == ES_OK && b->variant == BYOL_NO_STOP)
    status = find_reach(b, Xp, &b->reach_within, diag);
  if (status != ES_OK) return status;
  *kept = !only_rounding(n, Xp);
  for (size_t j = 0; j < n; j++) {
    b->sum[j] = Xp[j + j * n] = b->D[j] + Xp[j + j * n];
    b->reach = fmax(b->reach, -b->sum[j]);
  }
  if (!*kept) return ES_OK;
  b->S = Xp;
  return find_reach(b, Xp, &b->reach, diag);
}

/* Column i of A times column j of B, n×n; NULL is the identity. */
static double overlap(size_t n, const double *A, size_t i, const double *B,
                      size_t j) {
  if (A == NULL && B == NULL) return i == j;
  if (A == NULL) return B[i + j * n];
  if (B == NULL) return A[j + i * n];
  return es_dot(n, A + i * n, B + j * n);
}

/* modes from X, which is taken over (n1×n1), in the basis V that is there. */
static es_status find_modes(byol *b, double *X, es_diag *diag) {
  const size_t n = b->n1;
  byol of_X = {.n1 = n};
  es_status status = choose_basis(&of_X, X, diag);
  b->modes = es_zeroed(n, n, sizeof *b->modes);
  if (status == ES_OK && b->modes == NULL) status = es_byol_no_memory(diag);
  for (size_t j = 0; j < n && status == ES_OK; j++) {
    const size_t column = es_byol_mode(&of_X, j);
    for (size_t i = 0; i < n; i++)
      b->modes[i + j * n] = overlap(n, b->V, i, of_X.V, column);
  }
  free(of_X.V);
  free(of_X.D);
  free(of_X.sum);
  return status;
}

/* Takes over both (n1×n1); along: the start is along X's eigenvectors. */
static es_status use(byol *b, double *X, double *Xp, bool along,
                     es_diag *diag) {
  for (size_t i = 0; i < b->n1 * b->n1; i++)
    if (!isfinite(X[i]) || !isfinite(Xp[i]) || !isfinite(X[i] + Xp[i])) {
      free(X);
      free(Xp);
      return es_fail(diag, ES_NOT_FINITE,
                     "X + X' is not finite: its values are too large");
    }
  const bool within = b->variant == BYOL_NO_PREDICTOR;
  bool kept = false;
  es_status status = choose_basis(b, within ? Xp : X, diag);
  if (status == ES_OK && within && along) return find_modes(b, X, diag);
  if (status == ES_OK && !within) status = add_within(b, Xp, &kept, diag);
  if (!kept) free(within ? X : Xp);
  return status;
}

static es_status from_matrices(byol *b, const es_config *config,
                               es_diag *diag) {
  const es_matrix *X = es_config_matrix(config, "model", "X");
  const es_matrix *Xp = es_config_matrix(config, "model", "Xp");
  const es_status both = es_given_both(config, "X", "Xp", diag);
  if (both != ES_OK) return both;
  if (Xp->rows != X->rows)
    return es_config_blame(config, "model", "Xp", diag,
                           "%zu by %zu, but X is %zu by %zu", Xp->rows,
                           Xp->cols, X->rows, X->cols);
  b->n1 = X->rows;
  double *first = es_given_copy(X), *second = es_given_copy(Xp);
  if (first == NULL || second == NULL) {
    free(first);
    free(second);
    return es_byol_no_memory(diag);
  }
  return use(b, first, second, es_byol_starts_along(config), diag);
}

/* The moments' own memory is a slab: what is kept is copied out of it. */
static es_status take_moments(byol *b, es_view_moments *m, bool along,
                              es_diag *diag) {
  const es_matrix X = {m->m, m->m, m->X}, Xp = {m->m, m->m, m->Xp};
  b->n1 = m->m;
  for (size_t i = 0; i < b->n_points; i++)
    for (size_t r = 0; r < m->m; r++) b->points[r + i * m->m] -= m->mean[r];
  double *first = es_given_copy(&X), *second = es_given_copy(&Xp);
  es_view_moments_free(m);
  if (first != NULL && second != NULL)
    return use(b, first, second, along, diag);
  free(first);
  free(second);
  return es_byol_no_memory(diag);
}

static es_status from_data(byol *b, const es_config *config,
                           const es_watch *watch, es_diag *diag) {
  es_dataset *set = NULL;
  es_view_moments moments = {0};
  es_asked asked = {watch, false};
  const es_progress progress = es_asked_progress(&asked);
  const bool center = es_config_flag(config, "data", "center");
  es_status status = es_dataset_open_whitened(&set, config, &progress, diag);
  if (status == ES_OK) {
    b->from_data = true;
    b->data_crc = es_dataset_checksum(set);
    status = es_view_moments_new(&moments, set,
                                 es_config_size(config, "data", "views"),
                                 center, &progress, diag);
  }
  if (status == ES_OK)
    status = es_points_new(&b->points, &b->n_points, set, config, diag);
  es_dataset_free(set);
  if (status == ES_OK && !center)
    memset(moments.mean, 0, moments.m * sizeof *moments.mean);
  if (status == ES_OK)
    return take_moments(b, &moments, es_byol_starts_along(config), diag);
  es_view_moments_free(&moments);
  return status;
}

es_status es_byol_moments(byol *b, const es_config *config,
                          const es_watch *watch, es_diag *diag) {
  const bool matrix = es_config_has(config, "model", "X") ||
                      es_config_has(config, "model", "Xp");
  const bool data = es_config_given(config, "data", NULL) ||
                    es_config_given(config, "augment", NULL);
  if (matrix && data)
    return es_fail(diag, ES_USAGE, "give model.X and model.Xp, or [data]");
  return matrix ? from_matrices(b, config, diag)
                : from_data(b, config, watch, diag);
}
