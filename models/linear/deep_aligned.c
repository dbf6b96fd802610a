/* The closed form of a deep linear network that starts aligned with a constant
 * X (theory.md 6): X r_j = lambda_j r_j, W_1 r_j = sigma_1j u_1j, W_2 u_1j =
 * sigma_2j u_2j, … with orthonormal u_l and W_l^T u_lj = sigma_lj u_{l-1,j}.
 * Such chains keep their directions, each is a mode (deep_mode.h), and what of
 * W_l is in none of them only decays. A chain with a layer at 0 does not move
 * and is left to that rest. One layer is always aligned. */
#include "models/linear/deep.h"
#include "models/linear/deep_mode.h"

#include "base/slab.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct deep_aligned {
  size_t L, n;                /* modes */
  bool diagonal;              /* u_lj are unit vectors or minus such, all */
  double *U[DEEP_LAYERS + 1]; /* d[l]×m, n columns used; U[0] = r */
  size_t *axis;               /* m: of diagonal, which vector that is */
  double *sigma;              /* L×m */
  double *lambda;             /* m */
  double *M, *T;              /* m×m; widest×m */
  double *rest;               /* of the start, in no chain */
  double *y;
  es_deep_mode **mode; /* m */
};

/* Of a start whose numbers went through a computation of their own. */
static const double tolerance = 1e-13;

void es_deep_aligned_free(deep_aligned *a) {
  if (a == NULL) return;
  for (size_t l = 0; l <= a->L; l++) free(a->U[l]);
  for (size_t j = 0; a->mode != NULL && j < a->n; j++)
    es_deep_mode_free(a->mode[j]);
  double *const own[] = {a->sigma, a->lambda, a->M, a->T, a->rest, a->y};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) free(own[i]);
  free(a->mode);
  free(a->axis);
  free(a);
}

static es_status allocate(deep_aligned **out, const deep *b, es_diag *diag) {
  deep_aligned *a = *out = calloc(1, sizeof *a);
  const size_t m = b->d[0];
  if (a == NULL) return es_deep_no_memory(diag);
  a->L = b->L;
  bool whole = true;
  for (size_t l = 0; l <= b->L; l++) {
    a->U[l] = es_zeroed(b->d[l], m, sizeof(double));
    whole = whole && a->U[l] != NULL;
  }
  a->sigma = es_zeroed(b->L, m, sizeof *a->sigma);
  a->lambda = es_zeroed(m, 1, sizeof *a->lambda);
  a->M = es_zeroed(m, m, sizeof *a->M);
  a->T = es_zeroed(deep_widest(b), m, sizeof *a->T);
  a->rest = es_zeroed(b->n, 1, sizeof *a->rest);
  a->y = es_zeroed(b->n, 1, sizeof *a->y);
  a->mode = es_zeroed(m, 1, sizeof *a->mode);
  a->axis = es_zeroed(m, 1, sizeof *a->axis);
  return whole && a->sigma != NULL && a->lambda != NULL && a->M != NULL &&
                 a->T != NULL && a->rest != NULL && a->y != NULL &&
                 a->mode != NULL && a->axis != NULL
             ? ES_OK
             : es_deep_no_memory(diag);
}

/* M += weight * S/|S|, S = X or P^T P. */
static void mix(size_t m, double weight, const double *S, double *M) {
  const double norm = es_norm(m * m, S);
  for (size_t k = 0; norm > 0 && k < m * m; k++) M[k] += weight / norm * S[k];
}

/* r: what X and all P_l^T P_l have for eigenvectors if there are such, found as
 * those of a mixture in which no two of their eigenvalues meet by chance. */
static es_status find_basis(deep_aligned *a, const deep *b, const double *X,
                            es_diag *diag) {
  const size_t m = b->d[0];
  double weight = 1;
  a->diagonal = es_is_diagonal(m, m, X);
  for (size_t l = 1; l <= b->L; l++)
    a->diagonal =
        a->diagonal && es_is_diagonal(b->d[l], b->d[l - 1], b->W0 + b->at[l]);
  if (a->diagonal) {
    for (size_t j = 0; j < m; j++) a->U[0][j + j * m] = 1;
    return ES_OK;
  }
  mix(m, weight, X, a->M);
  for (size_t l = 1; b->L > 1 && l <= b->L; l++) {
    const size_t n = deep_rows(b, l);
    es_gemm(true, false, m, m, n, 1, b->P[l], n, b->P[l], n, 0, a->U[0], m);
    mix(m, weight *= .61803398874989485, a->U[0], a->M);
  }
  memcpy(a->U[0], a->M, m * m * sizeof *a->M);
  return es_eigen_symmetric(m, a->U[0], a->M, true, diag);
}

static double distance_to(size_t n, const double *x, double scale,
                          const double *y) {
  double square = 0;
  for (size_t i = 0; i < n; i++)
    square += (x[i] - scale * y[i]) * (x[i] - scale * y[i]);
  return sqrt(square);
}

/* lambda_j, and whether r_j is an eigenvector of X. */
static bool read_lambda(deep_aligned *a, const deep *b, const double *X,
                        size_t j) {
  const size_t m = b->d[0];
  const double *r = a->U[0] + j * m;
  double sum = 0;
  if (a->diagonal) {
    a->lambda[j] = X[j + j * m];
    return true;
  }
  es_gemm(false, false, m, 1, m, 1, X, m, r, m, 0, a->T, m);
  for (size_t i = 0; i < m; i++) sum += r[i] * a->T[i];
  a->lambda[j] = sum;
  return distance_to(m, a->T, sum, r) <= tolerance * es_norm(m * m, X);
}

/* Follows r_j through the layers into column `to`; *moves: none of them takes
 * it to 0. False: it is no chain. */
static bool follow(deep_aligned *a, const deep *b, size_t j, size_t to,
                   bool *moves) {
  const double *from = a->U[0] + j * b->d[0];
  *moves = true;
  for (size_t l = 1; l <= b->L; l++) {
    const size_t n = deep_rows(b, l), d = b->d[l], before = b->d[l - 1];
    const double *W = b->W0 + b->at[l];
    double *u = a->U[l] + to * d;
    memset(u, 0, d * sizeof *u);
    es_gemm(false, false, n, 1, before, 1, W, d, from, before, 0, u, n);
    const double sigma = a->sigma[l - 1 + to * b->L] = es_norm(n, u);
    *moves = sigma > 0;
    if (!*moves) return true;
    for (size_t i = 0; i < n; i++) u[i] /= sigma;
    if (!a->diagonal && b->L > 1) {
      es_gemm(true, false, before, 1, n, 1, W, d, u, n, 0, a->T, before);
      if (distance_to(before, a->T, sigma, from) > 10 * tolerance * sigma)
        return false;
    }
    from = u;
  }
  return true;
}

/* rest = W0 - sum sigma u u^T, or 0 where that is rounding. */
static void find_rest(deep_aligned *a, const deep *b) {
  memcpy(a->rest, b->W0, b->n * sizeof *a->rest);
  for (size_t l = 1; l <= b->L; l++) {
    const size_t d = b->d[l], before = b->d[l - 1], cells = d * before;
    double *rest = a->rest + b->at[l];
    for (size_t j = 0; j < a->n; j++)
      for (size_t i = 0; i < d; i++)
        a->T[i + j * d] = a->sigma[l - 1 + j * b->L] * a->U[l][i + j * d];
    es_gemm(false, true, d, before, a->n, -1, a->T, d, a->U[l - 1], before, 1,
            rest, d);
    if (es_norm(cells, rest) <= tolerance * es_norm(cells, b->W0 + b->at[l]))
      memset(rest, 0, cells * sizeof *rest);
  }
}

/* *found: every eigenvector of X is a chain or at rest. */
static es_status find_chains(deep_aligned *a, deep *b, const double *X,
                             bool *found, es_diag *diag) {
  const size_t m = b->d[0];
  for (size_t j = 0; j < m; j++) {
    bool moves;
    *found = read_lambda(a, b, X, j) && follow(a, b, j, a->n, &moves);
    if (!*found) return ES_OK;
    if (!moves) continue;
    a->axis[a->n] = j;
    memcpy(a->U[0] + a->n * m, a->U[0] + j * m, m * sizeof *a->U[0]);
    const es_status status =
        es_deep_mode_new(&a->mode[a->n], b->L, a->sigma + a->n * b->L, 1,
                         a->lambda[j], b->eta, diag);
    if (status != ES_OK) return status;
    b->blowup = fmin(b->blowup, es_deep_mode_blowup(a->mode[a->n++]));
  }
  find_rest(a, b);
  return ES_OK;
}

es_status es_deep_align(deep *b, es_diag *diag) {
  const double *X = es_drive_constant(b->drive);
  bool found = true;
  if (X == NULL || b->residual || b->relu) return ES_OK;
  es_status status = allocate(&b->aligned, b, diag);
  if (status == ES_OK) status = find_basis(b->aligned, b, X, diag);
  if (status == ES_OK) status = find_chains(b->aligned, b, X, &found, diag);
  if (status != ES_OK || found) return status;
  es_deep_aligned_free(b->aligned);
  b->aligned = NULL;
  b->blowup = INFINITY;
  return ES_OK;
}

es_status es_deep_aligned_at(deep *b, double t, const double **y) {
  deep_aligned *a = b->aligned;
  const double kept = exp(-b->eta * t);
  for (size_t j = 0; j < a->n; j++) {
    const es_status status =
        es_deep_mode_at(a->mode[j], t, a->sigma + j * b->L, 1);
    if (status != ES_OK) return status;
  }
  for (size_t k = 0; k < b->n; k++) a->y[k] = kept * a->rest[k];
  for (size_t l = 1; a->diagonal && l <= b->L; l++)
    for (size_t j = 0; j < a->n; j++) {
      const size_t k = a->axis[j], d = b->d[l], before = b->d[l - 1];
      const double sign = a->U[l][k + j * d] * a->U[l - 1][k + j * before];
      a->y[b->at[l] + k * (d + 1)] += sign * a->sigma[l - 1 + j * b->L];
    }
  for (size_t l = 1; !a->diagonal && l <= b->L; l++) {
    const size_t d = b->d[l], before = b->d[l - 1];
    for (size_t j = 0; j < a->n; j++)
      for (size_t i = 0; i < d; i++)
        a->T[i + j * d] = a->sigma[l - 1 + j * b->L] * a->U[l][i + j * d];
    es_gemm(false, true, d, before, a->n, 1, a->T, d, a->U[l - 1], before, 1,
            a->y + b->at[l], d);
  }
  *y = a->y;
  return ES_OK;
}
