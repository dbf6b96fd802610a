/* Products over OpenBLAS's CBLAS, in two precisions: see gram.h. */
#include "linalg/gram.h"

#include <cblas.h>

static CBLAS_TRANSPOSE as(bool transpose) {
  return transpose ? CblasTrans : CblasNoTrans;
}

void es_product_double(bool transpose_a, bool transpose_b, size_t m, size_t n,
                       size_t k, const double *A, size_t lda, const double *B,
                       size_t ldb, double beta, double *C, size_t ldc) {
  cblas_dgemm(CblasColMajor, as(transpose_a), as(transpose_b), (int)m, (int)n,
              (int)k, 1, A, (int)lda, B, (int)ldb, beta, C, (int)ldc);
}

void es_product_float(bool transpose_a, bool transpose_b, size_t m, size_t n,
                      size_t k, const float *A, size_t lda, const float *B,
                      size_t ldb, float beta, float *C, size_t ldc) {
  cblas_sgemm(CblasColMajor, as(transpose_a), as(transpose_b), (int)m, (int)n,
              (int)k, 1, A, (int)lda, B, (int)ldb, beta, C, (int)ldc);
}

/* Below the diagonal by rows is above it by columns. */
void es_gram_double(size_t n, size_t k, const double *A, size_t stride,
                    double *C) {
  cblas_dsyrk(CblasColMajor, CblasUpper, CblasTrans, (int)n, (int)k, 1, A,
              (int)stride, 0, C, (int)n);
}

void es_gram_float(size_t n, size_t k, const float *A, size_t stride,
                   float *C) {
  cblas_ssyrk(CblasColMajor, CblasUpper, CblasTrans, (int)n, (int)k, 1, A,
              (int)stride, 0, C, (int)n);
}
