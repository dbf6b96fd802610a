/* Stationary directions of the population flow. With V = W C^1/2 and the
 * whitened B = C^-1/2 A C^-1/2 the loss is
 *   tr(V B V^T)/2 - f(V V^T),  f(S) = ln det(I+S)/2 + tr(S (I+S)^-1)/2,
 * and 2 f'(s) = h(s) = (2+s)/(1+s)^2. It is at rest where V B = h(V V^T) V.
 * Turn the rows so that V V^T = diag(s): row j is sqrt(s_j) e_j^T with e_j
 * orthonormal, and e_j^T B = h(s_j) e_j^T where s_j > 0. So e_j is an
 * eigenvector of B, its eigenvalue is r_j = h(s_j), and s_j = s*(r_j), which is
 * positive for r_j < 2. In x's own coordinates v = C^-1/2 e obeys A v = r C v,
 * and the row is sqrt(s/c) v^T with c = v^T C v: W C W^T is then diag(s). Where
 * C is singular the part of a row in its null space takes the value of least
 * v^T A v, which is what A v = r C v says there.
 * A point that occupies a set of modes has the loss sum_j l(r_j), l' = s/2 > 0
 * and l(2) = 0. Where a mode k outside has r_k < r_j of one inside, turning row
 * j towards k lowers the loss, as does a row of zeros towards any r_k < 2: of d
 * rows those that stay have the d least r < 2.
 *
 * The pencil is whitened by the sum F = D (C + theta A) D, D and theta powers
 * of 2, and not by C: mu = c/(c + theta a) is an eigenvalue of a matrix between
 * 0 and 1 for any C and A, singular ones too, and D keeps what pixels of little
 * variance have in digits. r itself is a quotient of v^T A v and v^T C v. */
#include "models/linear/population.h"

#include "base/slab.h"
#include "base/sums.h"
#include "linalg/linalg.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Below this share of C and A a negative eigenvalue is their rounding. */
#define ROUNDING 1e-8

typedef struct pencil {
  size_t m, rank; /* rank of F */
  double theta;
  es_slab slab;
  double *D;          /* m */
  double *F, *B, *M;  /* m×m: F's vectors; whitening; scaled C, then vectors */
  double *value, *mu; /* m */
} pencil;

static es_status allocate(pencil *p, size_t m, es_diag *diag) {
  const size_t mm = es_size_product(m, m);
  size_t total = 0;
  for (size_t k = 0; k < 3; k++) {
    es_slab_add(&total, mm, sizeof *p->F);
    es_slab_add(&total, m, sizeof *p->D);
  }
  *p = (pencil){.m = m};
  const es_status status = es_slab_open(&p->slab, total, diag);
  if (status != ES_OK) return status;
  p->F = es_slab_take(&p->slab, mm, sizeof *p->F);
  p->B = es_slab_take(&p->slab, mm, sizeof *p->B);
  p->M = es_slab_take(&p->slab, mm, sizeof *p->M);
  p->D = es_slab_take(&p->slab, m, sizeof *p->D);
  p->value = es_slab_take(&p->slab, m, sizeof *p->value);
  p->mu = es_slab_take(&p->slab, m, sizeof *p->mu);
  return ES_OK;
}

static double trace(size_t m, const double *A) {
  double sum = 0;
  for (size_t j = 0; j < m; j++) sum += A[j + j * m];
  return sum;
}

static double largest(size_t m, const double *A) {
  double most = 0;
  for (size_t j = 0; j < m; j++) most = fmax(most, fabs(A[j + j * m]));
  return most;
}

static es_population_mode mode_of(double c, double a) {
  es_population_mode mode = {.c = c, .a = a};
  const bool still = c == 0 && a == 0;
  mode.collapsed = a >= 2 * c && !still;
  mode.s = still ? NAN : mode.collapsed ? 0 : es_population_stable(c, a);
  return mode;
}

static es_status check(double c, double a, double c_most, double a_most,
                       es_diag *diag) {
  if (!(c >= -ROUNDING * c_most) || !(a >= -ROUNDING * a_most))
    return es_fail(diag, ES_BAD_VALUE,
                   "a direction has %s %.6g: C and A must be positive "
                   "semidefinite",
                   c >= -ROUNDING * c_most ? "v^T A v =" : "v^T C v =",
                   c >= -ROUNDING * c_most ? a : c);
  return ES_OK;
}

static es_status along_axes(size_t m, const double *C, const double *A,
                            es_population_mode *mode, double *V,
                            es_diag *diag) {
  for (size_t j = 0; j < m; j++) {
    const double c = C[j + j * m], a = A[j + j * m];
    const es_status status = check(c, a, largest(m, C), largest(m, A), diag);
    if (status != ES_OK) return status;
    mode[j] = mode_of(fmax(c, 0), fmax(a, 0));
    for (size_t i = 0; V != NULL && i < m; i++) V[i + j * m] = i == j;
  }
  return ES_OK;
}

/* The columns of B, after m - rank that span F's null space: D q/sqrt(value).
 * M becomes B^T C B of the others. */
static es_status whiten(pencil *p, const double *C, const double *A,
                        es_diag *diag) {
  const size_t m = p->m;
  const double share = trace(m, C) / trace(m, A);
  p->theta = share > 1 && share < DBL_MAX ? exp2(rint(log2(share))) : 1;
  for (size_t j = 0; j < m; j++) {
    const double f = C[j + j * m] + p->theta * A[j + j * m];
    p->D[j] = f > 0 ? exp2(-rint(log2(f) / 2)) : 1;
  }
  for (size_t j = 0; j < m; j++)
    for (size_t i = 0; i < m; i++)
      p->F[i + j * m] =
          p->D[i] * (C[i + j * m] + p->theta * A[i + j * m]) * p->D[j];
  es_status status = es_eigen_symmetric(m, p->F, p->value, true, diag);
  if (status != ES_OK) return status;
  const double cut = 4 * (double)m * DBL_EPSILON * p->value[m - 1];
  for (size_t j = 0; j < m; j++) {
    if (p->value[j] > cut) p->rank++;
    const double by = p->value[j] > cut ? 1 / sqrt(p->value[j]) : 1;
    for (size_t i = 0; i < m; i++)
      p->B[i + j * m] = p->D[i] * p->F[i + j * m] * by;
  }
  const size_t k = p->rank;
  if (k == 0) return ES_OK;
  const double *rest = p->B + (m - k) * m;
  es_gemm(false, false, m, k, m, 1, C, m, rest, m, 0, p->F, m);
  es_gemm(true, false, k, k, m, 1, rest, m, p->F, m, 0, p->M, k);
  return ES_OK;
}

/* What of mu is its rounding, eps m |D^-1 v|^2 where v^T (C + theta A) v = 1.
 */
static double rounding(const pencil *p, const double *v) {
  double scaled = 0;
  for (size_t i = 0; i < p->m; i++) scaled += v[i] / p->D[i] * (v[i] / p->D[i]);
  return 4 * DBL_EPSILON * (double)p->m * scaled;
}

/* A v = r C v leaves open what v has in the null space that C and A share, the
 * first columns of F: makes those orthonormal and takes it out of the others.
 */
static es_status shorten(pencil *p, es_diag *diag) {
  const size_t m = p->m, k = p->rank, null = m - k;
  if (null == 0) return ES_OK;
  double *rest = p->F + null * m;
  const es_status status = es_qr(m, null, p->F, p->M, diag);
  if (status != ES_OK || k == 0) return status;
  es_gemm(true, false, null, k, m, 1, p->F, m, rest, m, 0, p->M, null);
  es_gemm(false, false, m, k, null, -1, p->F, m, p->M, null, 1, rest, m);
  return ES_OK;
}

typedef struct ranked {
  double r;
  size_t from;
} ranked;

/* By rising r, then c = a = 0. */
static int by_ratio(const void *left, const void *right) {
  const ranked *a = left, *b = right;
  if (a->r != b->r) return a->r < b->r ? -1 : 1;
  return a->from < b->from ? -1 : a->from > b->from;
}

static ranked rank_of(const es_population_mode *mode, size_t from) {
  const double r = isnan(mode->s) ? INFINITY
                   : mode->c == 0 ? DBL_MAX
                                  : fmin(mode->a / mode->c, DBL_MAX);
  return (ranked){r, from};
}

static es_status order(const pencil *p, es_population_mode *mode, double *V,
                       es_diag *diag) {
  const size_t m = p->m;
  ranked *rank = es_zeroed(m, 1, sizeof *rank);
  es_population_mode *copy = es_zeroed(m, 1, sizeof *copy);
  if (rank != NULL && copy != NULL) {
    memcpy(copy, mode, m * sizeof *copy);
    for (size_t j = 0; j < m; j++) rank[j] = rank_of(&mode[j], j);
    qsort(rank, m, sizeof *rank, by_ratio);
    for (size_t j = 0; j < m; j++) {
      mode[j] = copy[rank[j].from];
      if (V != NULL) memcpy(V + j * m, p->F + rank[j].from * m, m * sizeof *V);
    }
  }
  const bool done = rank != NULL && copy != NULL;
  free(rank);
  free(copy);
  return done ? ES_OK : es_fail(diag, ES_NO_MEMORY, "no memory");
}

/* F becomes the directions; value what of mu is rounding. */
static es_status directions(pencil *p, const double *C, const double *A,
                            es_diag *diag) {
  es_status status = whiten(p, C, A, diag);
  const size_t m = p->m, k = p->rank, null = m - k;
  if (status == ES_OK && k > 0)
    status = es_eigen_symmetric(k, p->M, p->mu + null, true, diag);
  if (status != ES_OK) return status;
  memcpy(p->F, p->B, m * null * sizeof *p->F);
  if (k > 0)
    es_gemm(false, false, m, k, k, 1, p->B + null * m, m, p->M, k, 0,
            p->F + null * m, m);
  for (size_t j = null; j < m; j++) p->value[j] = rounding(p, p->F + j * m);
  status = shorten(p, diag);
  for (size_t j = 0; j < m; j++) {
    const double norm = es_norm(m, p->F + j * m);
    for (size_t i = 0; i < m; i++) p->F[i + j * m] /= norm;
  }
  return status;
}

static es_status general(pencil *p, const double *C, const double *A,
                         es_population_mode *mode, double *V, es_diag *diag) {
  es_status status = directions(p, C, A, diag);
  const size_t m = p->m;
  if (status != ES_OK) return status;
  es_gemm(false, false, m, m, m, 1, C, m, p->F, m, 0, p->M, m);
  es_gemm(false, false, m, m, m, 1, A, m, p->F, m, 0, p->B, m);
  for (size_t j = 0; j < m; j++) {
    const double c = es_dot(m, p->F + j * m, p->M + j * m);
    const double a = es_dot(m, p->F + j * m, p->B + j * m);
    const double mu = p->mu[j], cut = p->value[j];
    const bool null = j < m - p->rank;
    status = check(c, a, largest(m, C), largest(m, A), diag);
    if (status != ES_OK) return status;
    mode[j] = mode_of(null || c <= 0 || mu <= cut ? 0 : c,
                      null || a <= 0 || 1 - mu <= cut ? 0 : a);
  }
  return order(p, mode, V, diag);
}

es_status es_population_modes(size_t m, const double *C, const double *A,
                              es_population_mode *mode, double *V,
                              es_diag *diag) {
  pencil p;
  if (es_is_diagonal(m, m, C) && es_is_diagonal(m, m, A))
    return along_axes(m, C, A, mode, V, diag);
  es_status status = allocate(&p, m, diag);
  if (status == ES_OK) status = general(&p, C, A, mode, V, diag);
  es_slab_close(&p.slab);
  return status;
}

static double ratio(const es_population_mode *mode) {
  return mode->a / mode->c;
}

size_t es_population_occupied(size_t m, const es_population_mode *mode,
                              size_t d, bool *occupied) {
  size_t n = 0;
  for (size_t j = 0; j < m; j++) occupied[j] = false;
  for (; n < d; n++) {
    size_t next = m;
    for (size_t j = 0; j < m; j++)
      if (!occupied[j] && mode[j].s > 0 &&
          (next == m || ratio(&mode[j]) < ratio(&mode[next])))
        next = j;
    if (next == m) break;
    occupied[next] = true;
  }
  return n;
}
