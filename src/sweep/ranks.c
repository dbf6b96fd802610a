/* What a launcher says in the environment; see ranks.h. */
#include "sweep/ranks.h"

#include <limits.h>
#include <stdlib.h>

static int number(const char *name, int low) {
  const char *text = getenv(name);
  char *end;
  if (text == NULL || *text == '\0') return -1;
  const long n = strtol(text, &end, 10);
  return *end == '\0' && n >= low && n <= INT_MAX ? (int)n : -1;
}

/* Open MPI; MPICH, Intel and what speaks PMI; MVAPICH; PMIx under Slurm, which
 * tells the size in a variable of its own. */
static const char *const names[][2] = {
    {"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"},
    {"PMI_SIZE", "PMI_RANK"},
    {"MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK"},
    {"SLURM_STEP_NUM_TASKS", "PMIX_RANK"},
};
enum { LAUNCHERS = sizeof names / sizeof *names };

static int launcher(void) {
  for (int i = 0; i < LAUNCHERS; i++)
    if (number(names[i][0], 1) > 0 && number(names[i][1], 0) >= 0) return i;
  return -1;
}

int es_ranks_launched(void) {
  const int i = launcher();
  return i < 0 ? 1 : number(names[i][0], 1);
}

int es_ranks_expected(void) {
  const int i = launcher();
  return i < 0 ? 0 : number(names[i][1], 0);
}

#if !ES_HAVE_MPI

const char *es_ranks_version(char *out, size_t size) {
  if (size > 0) out[0] = '\0';
  return out;
}

int es_ranks_mine(void) { return 0; }

es_status es_ranks_begin(uint32_t command, es_diag *diag) {
  (void)command;
  if (es_ranks_launched() <= 1) return ES_OK;
  return es_fail(
      diag, ES_USAGE,
      "a launcher started %d ranks, and MPI is not built in: install "
      "libopenmpi-dev and build again, or use --shard",
      es_ranks_launched());
}

void es_ranks_end(void) {}

es_status es_ranks_agree(es_status mine, uint64_t *number, es_diag *diag) {
  (void)number, (void)diag;
  return mine;
}

es_status es_ranks_run(es_sweep *sweep, uint64_t first, uint64_t last,
                       size_t threads, const es_watch *watch,
                       const es_sink *sink, es_diag *diag) {
  return es_sweep_run_rows(sweep, first, last, threads, watch, sink, diag);
}

#endif
