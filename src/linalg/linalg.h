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

/* C (n×n, both triangles) = alpha * (A B^T + B A^T), A and B are n×k. */
void es_syr2k(size_t n, size_t k, double alpha, const double *A,
              const double *B, double *C);

/* Eigenvalues (rising) and, where vectors is true, eigenvectors of a symmetric
 * matrix: A is overwritten by the vectors as columns. n >= 1. Allocates its
 * own workspace: for set-up, not for inner loops. */
es_status es_eigen_symmetric(size_t n, double *A, double *values, bool vectors,
                             es_diag *diag) ES_MUST_USE;

/* The same where it is needed often: scratch for orders up to n, with
 * eigenvectors or without; made once, the runs do not allocate. A run gives the
 * same bits whatever larger order the scratch was planned for. */
typedef struct es_eigen es_eigen;
es_status es_eigen_new(es_eigen **out, size_t n, bool vectors,
                       es_diag *diag) ES_MUST_USE;
void es_eigen_free(es_eigen *work); /* NULL accepted */
es_status es_eigen_run(es_eigen *work, size_t n, double *A, double *values,
                       bool vectors, es_diag *diag) ES_MUST_USE;

/* Turns what these gave to falling order; and with the largest entry of each
 * vector positive. n >= 1; vectors may be NULL. */
void es_eigen_reverse(size_t n, double *values, double *vectors);
void es_eigen_falling(size_t n, double *values, double *vectors);

/* QR of A (m×n, m >= n): A becomes Q (m×n), R (n×n) upper triangular with
 * R_jj >= 0. Allocates, for set-up. */
es_status es_qr(size_t m, size_t n, double *A, double *R,
                es_diag *diag) ES_MUST_USE;

/* LU with row exchanges of A (n×n, n <= ES_LU_ORDER), in its place; pivot has n
 * entries. ES_NO_CONVERGENCE where A is singular to the last bit, ES_NO_MEMORY
 * where n is too large. Neither allocates. */
enum { ES_LU_ORDER = 32766 };
es_status es_lu_factor(size_t n, double *A, int *pivot) ES_MUST_USE;

/* b (n) becomes A^-1 b, from what es_lu_factor left. */
void es_lu_solve(size_t n, const double *LU, const int *pivot, double *b);

/* Eigenvalues of C = Z diag(gamma) Z^T for Z (d×m, d <= m), falling. Made once
 * for (d, m); the calls do not allocate. */
typedef struct es_congruence es_congruence;
es_status es_congruence_new(es_congruence **out, size_t d, size_t m,
                            es_diag *diag) ES_MUST_USE;
void es_congruence_free(es_congruence *work);

/* From C itself: fast, each eigenvalue to about roundoff times the largest.
 * vectors: NULL, or d×d, eigenvectors of C as columns in that order. */
es_status es_congruence_eigen(es_congruence *work, const double *Z,
                              const double *gamma, double *values,
                              double *vectors) ES_MUST_USE;

/* From the factors: where C is positive definite, small eigenvalues keep
 * their leading digits however large the others are (see congruence.c). */
es_status es_congruence_factored(es_congruence *work, const double *Z,
                                 const double *gamma,
                                 double *values) ES_MUST_USE;

/* Singular values of W (n×m, any n and m), falling, n of them with zeros behind
 * the min(n, m) that W has, and its left singular vectors as columns of U
 * (n×n, orthogonal). Up to order 64 small singular values keep their leading
 * digits beside larger ones where the rows of W are graded and otherwise well
 * conditioned; above, each has an error of roundoff times the largest. Made
 * once for (n, m); the calls do not allocate. */
typedef struct es_svd es_svd;
es_status es_svd_new(es_svd **out, size_t n, size_t m,
                     es_diag *diag) ES_MUST_USE;
void es_svd_free(es_svd *work); /* NULL accepted */
es_status es_svd_left(es_svd *work, const double *W, double *sigma,
                      double *U) ES_MUST_USE;

/* Singular values alone of W (n×m), falling, min(n, m) of them, each with an
 * error relative to itself, however small it is: of a few units of roundoff
 * times what roundoff in the entries of W does to it, which is little where
 * W = D1 B D2 with diagonal D1 and D2, however graded, and B and its parts well
 * conditioned (see singular.c). Of less than full rank: exact zeros where rows
 * or columns are zero, else roundoff beside the largest. Any order; made once
 * for (n, m), the calls do not allocate. W is left as it is.
 * ES_NO_CONVERGENCE, also where W is not finite or a value leaves the range of
 * double. */
typedef struct es_singular es_singular;
es_status es_singular_new(es_singular **out, size_t n, size_t m,
                          es_diag *diag) ES_MUST_USE;
void es_singular_free(es_singular *work); /* NULL accepted */
es_status es_singular_run(es_singular *work, const double *W,
                          double *sigma) ES_MUST_USE;

/* Singular values of a matrix of d columns and any number of rows, which come
 * in blocks, each value to roundoff times the largest: a block (count×d,
 * column-major) is overwritten and joins the R of a QR of all rows so far;
 * es_tall_values gives the d values of that, falling, and begins anew. Made
 * once for d, the calls do not allocate, and do not depend on the number of
 * threads.
 */
typedef struct es_tall es_tall;
es_status es_tall_new(es_tall **out, size_t d, es_diag *diag) ES_MUST_USE;
void es_tall_free(es_tall *work); /* NULL accepted */
es_status es_tall_add(es_tall *work, size_t count, double *block) ES_MUST_USE;
es_status es_tall_values(es_tall *work, double *sigma) ES_MUST_USE;

/* B (n×columns) = A^-1 B for a symmetric positive definite A (n×n, of which the
 * lower triangle is read and becomes L, A = L L^T). ES_NO_CONVERGENCE where A
 * is not positive definite or not finite; B is then untouched. Does not
 * allocate.
 */
es_status es_cholesky_solve(size_t n, double *A, size_t columns,
                            double *B) ES_MUST_USE;

/* The same for another B, from the L that es_cholesky_solve left. */
void es_cholesky_again(size_t n, const double *L, size_t columns, double *B);

/* Frobenius norm of n numbers, scaled against overflow. */
double es_norm(size_t n, const double *x);

/* Whether A (rows×cols) is zero off its diagonal, to the last bit. */
bool es_is_diagonal(size_t rows, size_t cols, const double *A);

/* 2 for OpenBLAS's OpenMP build, 1 for pthreads, 0 for sequential. */
int es_blas_parallel(void);
const char *es_blas_version(char *out, size_t size);
/* Threads of OpenBLAS and, in its OpenMP build, of this process. */
void es_blas_threads(size_t n);

/* Between es_blas_serial and es_blas_resume, which takes what the first
 * returned, this room's functions run on the calling thread alone, whatever the
 * number of threads; other threads are not touched. OpenBLAS cuts matrices by
 * that number, and its products and eigenvalues change in the last bits with
 * it: this is how a result is made not to. Small matrices gain, too. */
int es_blas_serial(void);
void es_blas_resume(int before);

/* The same around a factorisation of so low an order (256 and below) that
 * waking a thread costs more than it does, which OpenBLAS does for any dsymv;
 * above, nothing changes. Orders are those of this room's eigenproblems. */
int es_blas_serial_below(size_t order);

#endif
