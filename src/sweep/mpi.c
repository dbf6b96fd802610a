/* Ranks of MPI: see ranks.h. The files of this name are the only ones that know
 * MPI; ranks.c has what one process does without it. */
#include "sweep/mpi_wire.h"

#include <mpi.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static bool started(void) {
  int yes = 0;
  MPI_Initialized(&yes);
  if (yes == 0) return false;
  MPI_Finalized(&yes);
  return yes == 0;
}

int es_ranks_mine(void) {
  int rank = 0;
  if (started()) MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  return rank;
}

static int ranks_of(void) {
  int n = 1;
  if (started()) MPI_Comm_size(MPI_COMM_WORLD, &n);
  return n;
}

const char *es_ranks_version(char *out, size_t size) {
  char text[MPI_MAX_LIBRARY_VERSION_STRING];
  int n;
  MPI_Get_library_version(text, &n); /* may be called at any time */
  snprintf(out, size, "%.*s", (int)strcspn(text, ",\n"), text);
  return out;
}

/* Whether all ranks have the same number. */
static bool all_same(uint32_t number) {
  uint32_t low, high;
  MPI_Allreduce(&number, &low, 1, MPI_UINT32_T, MPI_MIN, MPI_COMM_WORLD);
  MPI_Allreduce(&number, &high, 1, MPI_UINT32_T, MPI_MAX, MPI_COMM_WORLD);
  return low == high;
}

es_status es_ranks_begin(uint32_t command, es_diag *diag) {
  int level;
  if (es_ranks_launched() <= 1 || started()) return ES_OK;
  if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level) != MPI_SUCCESS ||
      level < MPI_THREAD_FUNNELED)
    return es_fail(diag, ES_TOOL_MISSING, "MPI does not start with threads");
  if (ranks_of() != es_ranks_launched())
    return es_fail(
        diag, ES_USAGE,
        "the launcher started %d ranks, of which MPI knows %d: it is "
        "another MPI's; use its own mpirun, or --shard",
        es_ranks_launched(), ranks_of());
  if (all_same(command)) return ES_OK;
  return es_fail(
      diag, ES_USAGE,
      "ranks with different command lines: give them the same, which "
      "shares its cells among them, or start shards one by one");
}

void es_ranks_end(void) {
  if (started()) MPI_Finalize();
}

es_status es_ranks_agree(es_status mine, uint64_t *number, es_diag *diag) {
  struct {
    int good, rank;
  } here = {mine == ES_OK, es_ranks_mine()}, worst;
  es_mpi_failure f = {.status = (int)mine};
  if (!started()) return mine;
  if (mine != ES_OK && diag != NULL)
    memcpy(f.message, diag->message, sizeof f.message);
  MPI_Allreduce(&here, &worst, 1, MPI_2INT, MPI_MINLOC, MPI_COMM_WORLD);
  MPI_Bcast(&f, (int)sizeof f, MPI_BYTE, worst.rank, MPI_COMM_WORLD);
  MPI_Bcast(number, 1, MPI_UINT64_T, 0, MPI_COMM_WORLD);
  if (f.status == ES_OK) return ES_OK;
  f.message[sizeof f.message - 1] = '\0';
  return es_fail(diag, (es_status)f.status, "%s", f.message);
}

void es_mpi_nap(void) {
  const struct timespec t = {0, 50000};
  nanosleep(&t, NULL);
}

/* A block as it travels: its number, then columns, what is said of its cells,
 * and the bytes that were prepared. */
static size_t packed_size(const es_sweep *s, const es_block *b) {
  return sizeof(uint64_t) +
         b->n * (s->n_columns * sizeof(double) + sizeof(es_cell)) + b->bytes.n;
}

static void add(char **at, const void *from, size_t n) {
  memcpy(*at, from, n);
  *at += n;
}

bool es_mpi_reserve(es_bytes *bytes, size_t n) {
  if (n <= bytes->room) return true;
  char *data = realloc(bytes->data, n);
  if (data == NULL) return false;
  bytes->data = data;
  bytes->room = n;
  return true;
}

bool es_mpi_pack(es_bytes *out, const es_sweep *s, const es_block *b) {
  out->n = packed_size(s, b);
  if (!es_mpi_reserve(out, out->n)) return false;
  char *at = out->data;
  add(&at, &b->number, sizeof b->number);
  add(&at, b->columns, b->n * s->n_columns * sizeof(double));
  add(&at, b->cell, b->n * sizeof(es_cell));
  if (b->bytes.n > 0) add(&at, b->bytes.data, b->bytes.n);
  return true;
}

bool es_mpi_unpack(es_block *b, const es_sweep *s, const char *at, size_t n) {
  b->bytes.n = 0;
  const size_t fixed = packed_size(s, b);
  if (n < fixed || !es_mpi_reserve(&b->bytes, n - fixed + 1)) return false;
  at += sizeof b->number;
  memcpy(b->columns, at, b->n * s->n_columns * sizeof(double));
  at += b->n * s->n_columns * sizeof(double);
  memcpy(b->cell, at, b->n * sizeof(es_cell));
  at += b->n * sizeof(es_cell);
  b->bytes.n = n - fixed;
  memcpy(b->bytes.data, at, b->bytes.n);
  es_block_place(b, s);
  return true;
}

es_status es_ranks_run(es_sweep *sweep, uint64_t first, uint64_t last,
                       size_t threads, const es_watch *watch,
                       const es_sink *sink, es_diag *diag) {
  if (ranks_of() == 1)
    return es_sweep_run_rows(sweep, first, last, threads, watch, sink, diag);
  uint64_t mine = threads, all = 0, none = 0;
  es_status status = ES_OK;
  if ((size_t)omp_get_thread_limit() < threads + 1)
    status = es_fail(diag, ES_USAGE,
                     "ranks need a thread more than they solve on; "
                     "OMP_THREAD_LIMIT allows %d",
                     omp_get_thread_limit());
  status = es_ranks_agree(status, &none, diag);
  if (status != ES_OK) return status;
  omp_set_dynamic(0);
  es_team team = {.sweep = sweep,
                  .sink = sink,
                  .watch = watch,
                  .all = (double)(last - first)};
  atomic_init(&team.stop, false);
  MPI_Allreduce(&mine, &all, 1, MPI_UINT64_T, MPI_SUM, MPI_COMM_WORLD);
  if (es_ranks_mine() == 0)
    status = es_mpi_run_first(&team, first, last, threads, (size_t)all, diag);
  else
    es_mpi_run_other(&team, threads);
  return es_ranks_agree(status, &none, diag);
}
