/* Bases of symmetric matrices, all m×m. */
#ifndef ES_MODELS_LINEAR_BASIS_H
#define ES_MODELS_LINEAR_BASIS_H

#include <eigenstep/status.h>

/* A becomes its eigenvectors, as es_eigen_falling turns them; values (m) fall,
 * and are 0 up to m units of roundoff in the largest. */
es_status es_basis_falling(size_t m, double *A, double *values,
                           es_diag *diag) ES_MUST_USE;

/* Eigenvectors of A to its values (m), falling, into *V, the caller's to free;
 * NULL where A is diagonal, and the values are then in its own order.
 * ES_NOT_FINITE where they are not. */
es_status es_basis_of(size_t m, const double *A, double **V, double *values,
                      es_diag *diag) ES_MUST_USE;

/* out = V^T A V; out may be A, and work is another. */
void es_basis_turn(size_t m, const double *V, const double *A, double *work,
                   double *out);

#endif
