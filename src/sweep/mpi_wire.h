/* How ranks talk, private to the files of MPI, which are not built without it.
 *
 * On each rank the calling thread, the only one that calls MPI, talks, and
 * `threads` others solve. Rank 0 deals blocks from its pool; a rank asks for as
 * many as it has room for, solves, and sends rows back as it has them. */
#ifndef ES_SWEEP_MPI_WIRE_H
#define ES_SWEEP_MPI_WIRE_H

#include "sweep/pool.h"
#include "sweep/ranks.h"

enum {
  ES_MPI_ASK = 1, /* to 0: nothing; one more block is wanted */
  ES_MPI_DEAL,    /* from 0: number, first cell, cells; 0 cells: no more will
                     come, and number 1: the sweep has ended early */
  ES_MPI_ROWS,    /* to 0: a block, packed */
  ES_MPI_FAIL,    /* to 0: an es_mpi_failure */
  ES_MPI_BYE      /* to 0: nothing more is sent */
};

/* A failure as it travels. */
typedef struct es_mpi_failure {
  int status;
  char message[sizeof((es_diag *)0)->message];
} es_mpi_failure;

/* A block as it travels: its number, then columns, what is said of its cells,
 * and the bytes that were prepared. False without memory; unpack fills a block
 * whose place is known and is false for another number of bytes, too. */
bool es_mpi_pack(es_bytes *out, const es_sweep *sweep, const es_block *block);
bool es_mpi_unpack(es_block *block, const es_sweep *sweep, const char *bytes,
                   size_t n);
bool es_mpi_reserve(es_bytes *bytes, size_t n);

/* Between two looks for messages where there was none. */
void es_mpi_nap(void);

/* A run's part of rank 0, with threads of its own and all ranks', and of the
 * others. Without the memory for it all ranks are aborted. */
es_status es_mpi_run_first(es_team *team, uint64_t first, uint64_t last,
                           size_t threads, size_t all_threads,
                           es_diag *diag) ES_MUST_USE;
void es_mpi_run_other(es_team *team, size_t threads);

#endif
