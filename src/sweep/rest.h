/* A cell without an end whose fate does not become certain: until nothing moves
 * any more. */
#ifndef ES_SWEEP_REST_H
#define ES_SWEEP_REST_H

#include <eigenstep/ode.h>

/* Solves on from *t, with y (n numbers), until an event ends it or the state is
 * at rest: the same, to 100 rtol of its largest number, at a time beyond 10^4
 * and a hundred times later, so that what leaves a saddle at any rate above
 * 1e-14 is followed. *t is then where it ended, and *steps grows by what was
 * taken. ES_BUDGET if it still moves after max_steps, or at 10^300; else
 * es_ode_solve's errors. */
es_status es_rest_solve(es_ode *ode, double *t, double *y, size_t n,
                        double rtol, uint64_t max_steps, double *steps,
                        es_diag *diag) ES_MUST_USE;

#endif
