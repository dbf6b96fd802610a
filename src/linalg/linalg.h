/* Dense linear algebra over OpenBLAS and LAPACKE: the only room that sees
 * cblas.h or lapacke.h. Column-major throughout, leading dimension = rows.
 * Workspaces are planned once from integers; nothing allocates in a call. */
#ifndef ES_LINALG_LINALG_H
#define ES_LINALG_LINALG_H

#include <eigenstep/status.h>
#include <stdbool.h>

/* C (m×n) = alpha * op(A) * op(B) + beta * C, with inner dimension k. */
void es_gemm(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k,
             double alpha, const double *A, size_t lda, const double *B,
             size_t ldb, double beta, double *C, size_t ldc);

/* C (n×n, both triangles) = alpha * A A^T + beta * C, A is n×k. */
void es_syrk(size_t n, size_t k, double alpha, const double *A, double beta,
             double *C);

/* Eigenvalues (rising) and, where vectors is true, eigenvectors of a symmetric
 * matrix: A is overwritten by the vectors as columns. n >= 1. Allocates its
 * own workspace: for set-up, not for inner loops. */
es_status es_eigen_symmetric(size_t n, double *A, double *values, bool vectors,
                             es_diag *diag) ES_MUST_USE;

/* QR of A (m×n, m >= n): A becomes Q (m×n), R (n×n) upper triangular with
 * R_jj >= 0. Allocates, for set-up. */
es_status es_qr(size_t m, size_t n, double *A, double *R,
                es_diag *diag) ES_MUST_USE;

/* Singular values (falling) of A (m×n, overwritten; m >= n) by one-sided
 * Jacobi rotations, which keep the small ones of graded matrices to high
 * relative accuracy. ES_NO_CONVERGENCE after 60 sweeps. */
es_status es_singular_values(size_t m, size_t n, double *A,
                             double *values) ES_MUST_USE;

/* Eigenvalues (falling) of C = Z diag(gamma) Z^T for Z (d×m). The workspace is
 * made once for (d, m). Factored where the spectrum allows it, so that small
 * eigenvalues are not lost beneath the rounding of C: see congruence.c. */
typedef struct es_congruence es_congruence;
es_status es_congruence_new(es_congruence **out, size_t d, size_t m,
                            es_diag *diag) ES_MUST_USE;
void es_congruence_free(es_congruence *c);
/* vectors: NULL or d×d, eigenvectors of C as columns in the order of values. */
es_status es_congruence_eigen(es_congruence *c, const double *Z,
                              const double *gamma, double *values,
                              double *vectors) ES_MUST_USE;

/* Frobenius norm of n numbers, scaled against overflow. */
double es_norm(size_t n, const double *x);

/* 2 for OpenBLAS's OpenMP build, 1 for pthreads, 0 for sequential. */
int es_blas_parallel(void);
const char *es_blas_version(char *out, size_t size);
void es_blas_threads(size_t n);

#endif
