/* sweep --dry-run: what a sweep would take, from some of its cells. */
#include "cli/sweep.h"

#include "sweep/pool.h"

#include <inttypes.h>

typedef struct sample {
  double until; /* es_seconds() */
  uint64_t cells;
} sample;

static bool enough(void *context, const char *what, double done, double total) {
  const sample *s = context;
  (void)what, (void)done, (void)total;
  return es_seconds() > s->until;
}

static es_status count(void *context, uint64_t cell, const double *axes,
                       const double *columns, const es_cell *said) {
  sample *s = context;
  (void)cell, (void)axes, (void)columns, (void)said;
  s->cells++;
  return ES_OK;
}

/* Seconds a cell takes one thread: runs of cells all over the grid, for a
 * second at most. */
static double seconds_of_cell(es_sweep *sweep) {
  enum { RUNS = 16, LONG = 1024 };
  const uint64_t cells = es_sweep_cells(sweep);
  const double begun = es_seconds();
  sample s = {.until = begun + 1};
  const es_watch watch = {enough, &s};
  for (uint64_t i = 0; i < RUNS && es_seconds() < s.until; i++) {
    const uint64_t first = cells / RUNS * i;
    const uint64_t last = cells - first < LONG ? cells : first + LONG;
    (void)!es_sweep_run(sweep, first, last, 1, &watch, count, &s, NULL);
  }
  return (es_seconds() - begun) / (double)(s.cells > 0 ? s.cells : 1);
}

es_status es_sweep_estimate(const es_job *job, es_sweep *sweep, uint64_t rows,
                            bool h5, es_diag *diag) {
  const size_t numbers = sweep->n_axes + sweep->n_columns + 2;
  const double bytes = (double)rows * (h5 ? 8. * (double)numbers + 2
                                          : 17. * (double)numbers + 10);
  const es_status status = es_config_write(job->config, stdout, diag);
  if (status != ES_OK) return status;
  const double seconds = seconds_of_cell(sweep);
  printf("# cells: %" PRIu64 "\n# rows: %" PRIu64 " as %s, about %.3g MB\n",
         es_sweep_cells(sweep), rows, h5 ? "HDF5" : "CSV", bytes * 1e-6);
  printf("# memory: about %.3g MB for cells in flight\n",
         (double)es_pool_bytes(sweep, rows, job->threads) * 1e-6);
  printf("# time: about %.2g s on %zu threads, from a sample of cells\n",
         seconds * (double)rows / (double)job->threads, job->threads);
  return ES_OK;
}
