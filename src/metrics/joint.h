/* Common axes of symmetric matrices that nearly commute. */
#ifndef ES_METRICS_JOINT_H
#define ES_METRICS_JOINT_H

#include <stddef.h>

/* U (n×n, orthogonal, column-major) is turned to where the squares off the
 * diagonals of U^T A_k U sum to the least that is next to it, by Jacobi's plane
 * rotations of at most 45 degrees (Cardoso and Souloumiac, SIAM J. Matrix Anal.
 * 17 (1996) 161-164): an axis stays the one that it was where matrices move a
 * little. A: count symmetric matrices, one after another, which become U^T A_k
 * U; to count alike they should be of like size. work: n×n. Planes in which all
 * of them are multiples of the identity, up to rounding, are left as they are.
 */
void es_joint_axes(size_t n, size_t count, double *A, double *U, double *work);

#endif
