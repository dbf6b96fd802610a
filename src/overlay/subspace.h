/* Subspaces of functions on the eval pairs. Private to the room. */
#ifndef ES_OVERLAY_SUBSPACE_H
#define ES_OVERLAY_SUBSPACE_H

#include <eigenstep/status.h>
#include <stddef.h>

/* Share of the functions that A and B (rows×d, row-major, centred here) have in
 * common: |P^T Q|_F^2/d, with orthonormal bases P and Q of their columns
 * (theory.md 7). 1: one subspace; that of unrelated ones is d/(rows - 1) on
 * average. Directions with less than 1e-12 of the first one's variance are not
 * counted, so that a collapsed embedding is aligned with no other. */
es_status es_subspace_alignment(double *out, size_t rows, size_t d,
                                const double *A, const double *B,
                                es_diag *diag) ES_MUST_USE;

#endif
