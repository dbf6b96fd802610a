/* Singular values alone, each to a few units of roundoff relative to itself:
 * Drmac and Veselic, SIAM J. Matrix Anal. Appl. 29 (2008) 1322 and 1343.
 *   B (rows×columns, rows >= columns): W or W^T, its largest entry brought to
 *     2^500, its rows in the order of their largest entries, falling
 *   B P = Q R      columns pivoted: after that order of the rows Householder's
 *                  errors are small in each row beside that row as well as in
 *                  each column (Cox and Higham, Numer. Math. 80 (1998) 1)
 *   R^T = Q' L^T   of R's rank rows that are not zero: brings most of the
 *                  orthogonality that Jacobi would need sweeps for
 *   L              one-sided Jacobi
 * Every step errs beside a row or a column, never beside the largest entry
 * alone. The scale leaves room above for squares, and below for values down to
 * 1e-400 of the largest. LAPACK's dgejsv goes the same way, but brings values
 * near the limits of double. */
#include "linalg/linalg.h"

#include "base/slab.h"

#include <float.h>
#include <lapacke.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 32766, PANEL = 64, TOP = 500 };
/* Powers of two of doubles, frexp's: from 1024 down, zero last. */
enum { HIGHEST = DBL_MAX_EXP, ZERO = HIGHEST - DBL_MIN_EXP + DBL_MANT_DIG + 1 };

struct es_singular {
  size_t n, m, rows, columns;
  es_slab slab;
  double *B, *G, *tau, *work;
  double *largest; /* entry of each row of W or W^T */
  size_t *order;   /* those rows as B has them */
  size_t *start;   /* ZERO + 1: of the rows of each power of two */
  lapack_int lwork;
  lapack_int *pivot;
};

static es_status allocate(es_singular *w, es_diag *diag) {
  const size_t columns = w->columns, lwork = (size_t)w->lwork;
  size_t total = 0;
  es_slab_add(&total, w->rows, columns * sizeof(double));
  es_slab_add(&total, columns, columns * sizeof(double));
  es_slab_add(&total, columns, sizeof(double));
  es_slab_add(&total, lwork, sizeof(double));
  es_slab_add(&total, w->rows, sizeof(double));
  es_slab_add(&total, w->rows, sizeof(size_t));
  es_slab_add(&total, ZERO + 1, sizeof(size_t));
  es_slab_add(&total, columns, sizeof(lapack_int));
  const es_status status = es_slab_open(&w->slab, total, diag);
  if (status != ES_OK) return status;
  w->B = es_slab_take(&w->slab, w->rows, columns * sizeof(double));
  w->G = es_slab_take(&w->slab, columns, columns * sizeof(double));
  w->tau = es_slab_take(&w->slab, columns, sizeof(double));
  w->work = es_slab_take(&w->slab, lwork, sizeof(double));
  w->largest = es_slab_take(&w->slab, w->rows, sizeof(double));
  w->order = es_slab_take(&w->slab, w->rows, sizeof(size_t));
  w->start = es_slab_take(&w->slab, ZERO + 1, sizeof(size_t));
  w->pivot = es_slab_take(&w->slab, columns, sizeof(lapack_int));
  return ES_OK;
}

es_status es_singular_new(es_singular **out, size_t n, size_t m,
                          es_diag *diag) {
  const size_t rows = n > m ? n : m, columns = n > m ? m : n;
  *out = NULL;
  if (columns == 0 || columns > LARGEST || rows > INT_MAX / 2 / PANEL)
    return es_fail(diag, ES_BAD_SHAPE, "a %zu by %zu matrix is out of range", n,
                   m);
  es_singular *w = calloc(1, sizeof *w);
  if (w == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  *w = (es_singular){.n = n, .m = m, .rows = rows, .columns = columns};
  /* Of dgeqp3, dgeqrf and dgesvj, which has no panels. */
  w->lwork = (lapack_int)(PANEL * (columns + 1) + 2 * columns);
  const es_status status = allocate(w, diag);
  if (status == ES_OK)
    *out = w;
  else
    es_singular_free(w);
  return status;
}

void es_singular_free(es_singular *work) {
  if (work == NULL) return;
  es_slab_close(&work->slab);
  free(work);
}

/* Entry (i,j) of W or, where that has more columns than rows, of W^T. */
static double entry(const es_singular *w, const double *W, size_t i, size_t j) {
  return w->n >= w->m ? W[i + j * w->n] : W[j + i * w->n];
}

/* The largest entry of each row; false where one is not finite. */
static bool measure_rows(es_singular *w, const double *W) {
  bool finite = true;
  memset(w->largest, 0, w->rows * sizeof *w->largest);
  for (size_t j = 0; j < w->columns; j++)
    for (size_t i = 0; i < w->rows; i++) {
      const double x = fabs(entry(w, W, i, j));
      if (x > w->largest[i]) w->largest[i] = x;
      finite = finite && isfinite(x);
    }
  return finite;
}

static size_t level(double x) {
  int power = 0;
  if (x == 0) return ZERO;
  (void)frexp(x, &power);
  return (size_t)(HIGHEST - power);
}

/* Rows by falling powers of two, which is order enough; the first of them. */
static int order_rows(es_singular *w) {
  size_t first = ZERO, next = 0;
  memset(w->start, 0, (ZERO + 1) * sizeof *w->start);
  for (size_t i = 0; i < w->rows; i++) w->start[level(w->largest[i])]++;
  for (size_t k = ZERO + 1; k-- > 0;)
    if (w->start[k] > 0) first = k;
  for (size_t k = 0; k <= ZERO; k++) {
    const size_t count = w->start[k];
    w->start[k] = next;
    next += count;
  }
  for (size_t i = 0; i < w->rows; i++)
    w->order[w->start[level(w->largest[i])]++] = i;
  return HIGHEST - (int)first;
}

/* L of B = Q R P^T, R^T = Q' L^T, both for the rows of R that are not zero;
 * their number in *rank. */
static es_status triangles(es_singular *w, size_t *rank) {
  const lapack_int rows = (lapack_int)w->rows, n = (lapack_int)w->columns;
  size_t r = 0;
  memset(w->pivot, 0, w->columns * sizeof *w->pivot);
  if (LAPACKE_dgeqp3_work(LAPACK_COL_MAJOR, rows, n, w->B, rows, w->pivot,
                          w->tau, w->work, w->lwork) != 0)
    return ES_NO_CONVERGENCE;
  while (r < w->columns && w->B[r + r * w->rows] != 0) r++;
  for (size_t i = 0; i < r; i++)
    for (size_t j = 0; j < w->columns; j++)
      w->G[j + i * w->columns] = j >= i ? w->B[i + j * w->rows] : 0;
  *rank = r;
  if (LAPACKE_dgeqrf_work(LAPACK_COL_MAJOR, n, (lapack_int)r, w->G, n, w->tau,
                          w->work, w->lwork) != 0)
    return ES_NO_CONVERGENCE;
  for (size_t j = 0; j < r; j++)
    for (size_t i = 0; i < r; i++)
      w->B[i + j * r] = i >= j ? w->G[j + i * w->columns] : 0;
  return ES_OK;
}

static es_status jacobi(es_singular *w, size_t rank, int scale, double *sigma) {
  const lapack_int r = (lapack_int)rank;
  if (LAPACKE_dgesvj_work(LAPACK_COL_MAJOR, 'L', 'N', 'N', r, r, w->B, r, sigma,
                          0, NULL, r, w->work, w->lwork) != 0)
    return ES_NO_CONVERGENCE;
  for (size_t i = 0; i < rank; i++)
    sigma[i] = ldexp(sigma[i] * w->work[0], -scale);
  return isfinite(sigma[0]) ? ES_OK : ES_NO_CONVERGENCE;
}

static es_status values(es_singular *w, const double *W, double *sigma) {
  size_t rank = 0;
  memset(sigma, 0, w->columns * sizeof *sigma);
  if (!measure_rows(w, W)) return ES_NO_CONVERGENCE;
  const int scale = TOP - order_rows(w);
  for (size_t j = 0; j < w->columns; j++)
    for (size_t i = 0; i < w->rows; i++)
      w->B[i + j * w->rows] = ldexp(entry(w, W, w->order[i], j), scale);
  const es_status status = triangles(w, &rank);
  if (status != ES_OK || rank == 0) return status;
  return jacobi(w, rank, scale, sigma);
}

es_status es_singular_run(es_singular *work, const double *W, double *sigma) {
  /* Nearly all of the time goes to Jacobi's rotations, which are serial. */
  const int threads = es_blas_serial();
  const es_status status = values(work, W, sigma);
  es_blas_resume(threads);
  return status;
}
