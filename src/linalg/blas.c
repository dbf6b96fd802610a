/* Products over OpenBLAS's CBLAS: see linalg.h. Sizes are checked by whoever
 * allocates; here they only change type. */
#include "linalg/linalg.h"

#include <cblas.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

void es_gemm(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k,
             double alpha, const double *A, size_t lda, const double *B,
             size_t ldb, double beta, double *C, size_t ldc) {
  cblas_dgemm(CblasColMajor, transpose_a ? CblasTrans : CblasNoTrans,
              transpose_b ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)k,
              alpha, A, (int)lda, B, (int)ldb, beta, C, (int)ldc);
}

enum { TILE = 32, SERIAL_ORDER = 256 };

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Copies the upper triangle to the lower one, by tiles that fit a cache: one
 * of the two runs across the columns. */
static void mirror(size_t n, double *C) {
  for (size_t right = 0; right < n; right += TILE)
    for (size_t top = 0; top <= right; top += TILE)
      for (size_t j = right; j < least(right + TILE, n); j++)
        for (size_t i = top; i < least(top + TILE, j); i++)
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
