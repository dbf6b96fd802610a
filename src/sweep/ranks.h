/* The processes of an MPI launcher, as a sweep sees them. Without a launcher,
 * or where MPI is not built in, there is one rank and nothing is started. */
#ifndef ES_SWEEP_RANKS_H
#define ES_SWEEP_RANKS_H

#include "sweep/rows.h"

/* What the launcher's variables say, before MPI is started: ranks, 1 without a
 * launcher; and which this will be, from 0. */
int es_ranks_launched(void);
int es_ranks_expected(void);

/* Which this is, from 0; 0 while MPI is not started. */
int es_ranks_mine(void);

/* "Open MPI 4.1.4"; "" where MPI is not built in. */
const char *es_ranks_version(char *out, size_t size);

/* Starts MPI where a launcher started more than one. ES_USAGE where MPI is not
 * built in then, is another launcher's, or command (the same words mean the
 * same) is not the same on all ranks. To be ended by all ranks, once. */
es_status es_ranks_begin(uint32_t command, es_diag *diag) ES_MUST_USE;
void es_ranks_end(void);

/* Called by all ranks: the failure of the first that failed, with its line; and
 * rank 0's number, which the others get. */
es_status es_ranks_agree(es_status mine, uint64_t *number,
                         es_diag *diag) ES_MUST_USE;

/* es_sweep_run_rows on all ranks, each with that many threads: blocks are dealt
 * out by rank 0 to whoever is free, and the rows come back to its sink, of
 * which the others use prepare alone. Memory is bounded on every rank. A
 * failure or interruption of any ends all, each with its status. */
es_status es_ranks_run(es_sweep *sweep, uint64_t first, uint64_t last,
                       size_t threads, const es_watch *watch,
                       const es_sink *sink, es_diag *diag) ES_MUST_USE;

#endif
