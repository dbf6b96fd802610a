/* Kernels that a good prediction must beat. Private to the room. */
#ifndef ES_OVERLAY_NULLS_H
#define ES_OVERLAY_NULLS_H

#include "overlay/joined.h"

enum { ES_NULL_DRAWS = 8 };

/* Fills other and random of every run that kept its kernel and embeddings. The
 * run's own embeddings at the start, fitted by least squares into the null's
 * eigenfunctions, descend in the null kernel for as many steps as the run did:
 *   other   the start's kernel of another run of the same eval pairs; the mean
 *           over all of these, NaN where there is none
 *   random  its own gamma with random eigenfunctions, orthonormal ones of the
 *           pairs: u_j sqrt(gamma_j) on both views where gamma_j > 0, and
 *           ±u_j sqrt(-gamma_j) on the two where it is not; the mean over
 *           ES_NULL_DRAWS draws, always the same ones. NaN where there are not
 *           enough pairs for as many functions
 * Step times are compared mode by mode, in gamma's order, over the modes that
 * es_joined_timed; one that the null never takes counts as taken at twice the
 * run's end. A null whose descent blows up has no number. */
es_status es_nulls_fill(es_joined *run, size_t n_runs,
                        es_diag *diag) ES_MUST_USE;

#endif
