/* Products over OpenBLAS's CBLAS: see linalg.h. Sizes are checked by whoever
 * allocates; here they only change type. */
#include "linalg/linalg.h"

#include "base/order.h"

#include <cblas.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

static void product(bool transpose_a, bool transpose_b, size_t m, size_t n,
                    size_t k, double alpha, const double *A, size_t lda,
                    const double *B, size_t ldb, double beta, double *C,
                    size_t ldc) {
  cblas_dgemm(CblasColMajor, transpose_a ? CblasTrans : CblasNoTrans,
              transpose_b ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)k,
              alpha, A, (int)lda, B, (int)ldb, beta, C, (int)ldc);
}

/* Few rows and many columns, which OpenBLAS's threads share badly: at 64 by 784
 * two of them gain nothing. The columns are cut into panels, a thread each, of
 * which there are as many whatever the number of threads: so are the bits. */
enum { PANELS = 4, FEW = 64, MANY = 512 };

static size_t panel_start(size_t columns, int panel) {
  return columns * (size_t)panel / PANELS;
}

/* C = alpha A B^T + beta C, summed over the panels in their order. */
static void sum_panels(size_t m, size_t n, size_t k, double alpha,
                       const double *A, size_t lda, const double *B, size_t ldb,
                       double beta, double *C, size_t ldc) {
  double part[PANELS][FEW * FEW];
#pragma omp parallel for schedule(static)
  for (int p = 0; p < PANELS; p++) {
    const size_t from = panel_start(k, p), to = panel_start(k, p + 1);
    product(false, true, m, n, to - from, alpha, A + from * lda, lda,
            B + from * ldb, ldb, 0, part[p], m);
  }
  for (size_t j = 0; j < n; j++)
    for (size_t i = 0; i < m; i++) {
      double sum = beta == 0 ? 0 : beta * C[i + j * ldc];
      for (int p = 0; p < PANELS; p++) sum += part[p][i + j * m];
      C[i + j * ldc] = sum;
    }
}

void es_gemm(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k,
             double alpha, const double *A, size_t lda, const double *B,
             size_t ldb, double beta, double *C, size_t ldc) {
  if (!transpose_a && transpose_b && m <= FEW && n <= FEW && k >= MANY &&
      m * n * k >= MANY * FEW * FEW / 8) {
    sum_panels(m, n, k, alpha, A, lda, B, ldb, beta, C, ldc);
  } else if (!transpose_a && !transpose_b && m <= FEW && k <= FEW &&
             n >= MANY && m * n * k >= MANY * FEW * FEW / 8) {
#pragma omp parallel for schedule(static)
    for (int p = 0; p < PANELS; p++) {
      const size_t from = panel_start(n, p), to = panel_start(n, p + 1);
      product(false, false, m, to - from, k, alpha, A, lda, B + from * ldb, ldb,
              beta, C + from * ldc, ldc);
    }
  } else {
    product(transpose_a, transpose_b, m, n, k, alpha, A, lda, B, ldb, beta, C,
            ldc);
  }
}

enum { TILE = 32, SERIAL_ORDER = 256 };

/* Copies the upper triangle to the lower one, by tiles that fit a cache: one
 * of the two runs across the columns. */
static void mirror(size_t n, double *C) {
  for (size_t right = 0; right < n; right += TILE)
    for (size_t top = 0; top <= right; top += TILE)
      for (size_t j = right; j < es_least(right + TILE, n); j++)
        for (size_t i = top; i < es_least(top + TILE, j); i++)
          C[j + i * n] = C[i + j * n];
}

void es_syrk(size_t n, size_t k, double alpha, const double *A, double beta,
             double *C) {
  cblas_dsyrk(CblasColMajor, CblasUpper, CblasNoTrans, (int)n, (int)k, alpha, A,
              (int)n, beta, C, (int)n);
  mirror(n, C);
}

void es_syr2k(size_t n, size_t k, double alpha, const double *A,
              const double *B, double *C) {
  cblas_dsyr2k(CblasColMajor, CblasUpper, CblasNoTrans, (int)n, (int)k, alpha,
               A, (int)n, B, (int)n, 0, C, (int)n);
  mirror(n, C);
}

double es_norm(size_t n, const double *x) { return cblas_dnrm2((int)n, x, 1); }

bool es_is_diagonal(size_t rows, size_t cols, const double *A) {
  for (size_t j = 0; j < cols; j++)
    for (size_t i = 0; i < rows; i++)
      if (i != j && A[i + j * rows] != 0) return false;
  return true;
}

int es_blas_parallel(void) { return openblas_get_parallel(); }

void es_blas_threads(size_t n) { openblas_set_num_threads((int)n); }

/* OpenBLAS's OpenMP build asks for OpenMP's count at every call, and that count
 * belongs to the calling thread; openblas_set_num_threads would set OpenBLAS's
 * own for all of them. */
int es_blas_serial(void) {
  const int before = omp_get_max_threads();
  omp_set_num_threads(1);
  return before;
}

int es_blas_serial_below(size_t order) {
  return order <= SERIAL_ORDER ? es_blas_serial() : omp_get_max_threads();
}

void es_blas_resume(int before) { omp_set_num_threads(before); }

const char *es_blas_version(char *out, size_t size) {
  /* "OpenBLAS 0.3.21 DYNAMIC_ARCH …": the second word. */
  const char *config = openblas_get_config();
  const char *start = strchr(config, ' ');
  start = start == NULL ? config : start + 1;
  snprintf(out, size, "%.*s", (int)strcspn(start, " "), start);
  return out;
}
