/* Products of one thread in two precisions, for sums of very many of them. Call
 * with es_blas_serial. */
#ifndef ES_LINALG_GRAM_H
#define ES_LINALG_GRAM_H

#include <stdbool.h>
#include <stddef.h>

/* C (m×n) = op(A) op(B) + beta C, with inner dimension k; column-major. */
void es_product_double(bool transpose_a, bool transpose_b, size_t m, size_t n,
                       size_t k, const double *A, size_t lda, const double *B,
                       size_t ldb, double beta, double *C, size_t ldc);
void es_product_float(bool transpose_a, bool transpose_b, size_t m, size_t n,
                      size_t k, const float *A, size_t lda, const float *B,
                      size_t ldb, float beta, float *C, size_t ldc);

/* C (n×n, row-major, on and below the diagonal; what is above is left alone) =
 * A A^T, row i of A being the k numbers at A + i·stride. */
void es_gram_double(size_t n, size_t k, const double *A, size_t stride,
                    double *C);
void es_gram_float(size_t n, size_t k, const float *A, size_t stride, float *C);

#endif
