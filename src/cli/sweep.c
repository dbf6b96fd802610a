/* eigenstep sweep: a grid of settings, one row per cell. */
#include "cli/sweep.h"

#include "cli/cli.h"
#include "file/atomic.h"
#include "plot/plot.h"
#include "sweep/ranks.h"

#include <eigenstep/eigenstep.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct sweep_run {
  const es_job *job;
  es_sweep *sweep;
  es_axis *axes;
  uint64_t first, last;
  bool h5;
  es_output *output;
  es_sweep_summary summary;
} sweep_run;

es_status es_cli_configure_sweep(es_config **out, const char *target,
                                 es_diag *diag) {
  const es_model *model;
  *out = NULL;
  const es_status status = es_cli_find_model(&model, target, diag);
  return status != ES_OK ? status : es_sweep_config(out, model, diag);
}

es_status es_sweep_from_settings(es_sweep **out, es_axis **axes,
                                 const es_model *model, const es_config *config,
                                 es_diag *diag) {
  size_t n = 0;
  es_axis axis;
  *out = NULL;
  *axes = NULL;
  while (es_config_axis(config, "sweep", n, &axis)) n++;
  if (n == 0)
    return es_fail(diag, ES_USAGE,
                   "sweep: no axis; give sweep.KEY=values, such as "
                   "sweep.t_end=lin:1:10:10");
  *axes = calloc(n, sizeof **axes);
  if (*axes == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  for (size_t k = 0; k < n; k++)
    (void)es_config_axis(config, "sweep", k, &(*axes)[k]);
  return es_sweep_new(out, model, config, *axes, n, diag);
}

static es_status open_run(sweep_run *run, es_diag *diag) {
  const es_job *job = run->job;
  const es_model *model;
  es_status status = es_cli_find_model(&model, job->target, diag);
  if (status == ES_OK)
    status = es_sweep_from_settings(&run->sweep, &run->axes, model, job->config,
                                    diag);
  if (status != ES_OK) return status;
  if (!run->sweep->from_data) { /* config.yaml holds what had an effect */
    es_config_forget(job->config, "data", NULL);
    es_config_forget(job->config, "augment", NULL);
  }
  const uint64_t cells = es_sweep_cells(run->sweep);
  es_shard_cells(&job->shard, cells, &run->first, &run->last);
  run->h5 = cells > ES_SWEEP_MOST_CSV;
  if (job->resume && (job->dir == NULL || job->csv != NULL))
    return es_fail(diag, ES_USAGE,
                   "--resume: goes on in -o DIR alone; standard output and "
                   "--csv cannot be gone on with");
  if (run->h5 && !job->dry_run && (job->dir == NULL || job->csv != NULL))
    return es_fail(diag, ES_USAGE,
                   "sweep: %" PRIu64 " cells are more than 10^7 and go to "
                   "HDF5: give -o DIR alone",
                   cells);
  return ES_OK;
}

/* Tables are rank 0's; what makes rows for them, everybody's. */
static es_status open_tables(sweep_run *run, es_diag *diag) {
  const es_job *job = run->job;
  const char *dir = job->dir;
  char name[64];
  es_output_where where = {.h5 = run->h5, .resume = job->resume};
  if (es_ranks_mine() > 0)
    return es_output_open(&run->output, run->sweep, &where, run->first,
                          run->last, diag);
  es_status status = ES_OK;
  if (dir != NULL) status = es_sweep_take_folder(job, run->h5, diag);
  if (status != ES_OK) return status;
  es_sweep_file_name(name, "sweep", &job->shard, run->h5 ? "h5" : "csv");
  char *path = dir == NULL ? NULL : es_file_join(dir, name);
  if (dir != NULL && path == NULL)
    return es_fail(diag, ES_NO_MEMORY, "no memory");
  const bool standard = path == NULL && job->csv == NULL && !job->json;
  where.path = path;
  where.csv = standard ? "-" : job->csv;
  status = es_output_open(&run->output, run->sweep, &where, run->first,
                          run->last, diag);
  free(path);
  return status;
}

static es_status solve(sweep_run *run, uint64_t next, es_diag *diag) {
  const es_sink sink = es_output_sink(run->output);
  const double begun = es_seconds();
  const es_status status =
      es_ranks_run(run->sweep, next, run->last, run->job->threads,
                   run->job->watch, &sink, diag);
  run->summary.tally = es_output_tally(run->output);
  run->summary.solving = es_seconds() - begun;
  run->summary.solved =
      (double)(run->summary.tally.cells - (next - run->first));
  return status;
}

static es_status close_tables(sweep_run *run, es_status status, es_diag *diag) {
  const int code = es_status_exit_code(status);
  const es_status closed =
      es_output_close(run->output, status == ES_OK, code == 4 || code == 5,
                      status == ES_OK ? diag : NULL);
  return status == ES_OK ? closed : status;
}

static es_status draw(const sweep_run *run, es_diag *diag) {
  const es_job *job = run->job;
  if (job->dir == NULL || job->plot == NULL || strcmp(job->plot, "none") == 0 ||
      job->shard.count > 0)
    return ES_OK;
  return es_plot_draw(job->dir, job->plot,
                      job->title != NULL ? job->title : job->target,
                      job->figure, diag);
}

static void say_failed(const sweep_run *run) {
  const es_tally *tally = &run->summary.tally;
  char line[160];
  if (tally->failed == 0 || run->job->strict) return;
  snprintf(line, sizeof line,
           "%" PRIu64 " of %" PRIu64 " cells failed: see their status",
           tally->failed, tally->cells);
  run->job->say(run->job, line);
}

static void say_stopped(const sweep_run *run, es_diag *diag) {
  (void)es_fail(diag, ES_INTERRUPTED,
                "stopped after %" PRIu64 " of %" PRIu64 " cells%s",
                run->summary.tally.cells, run->last - run->first,
                run->job->dir != NULL ? "; --resume goes on from there" : "");
}

es_status es_sweep_strict(const es_job *job, const es_tally *tally,
                          es_diag *diag) {
  if (!job->strict || tally->failed == 0) return ES_OK;
  return es_fail(diag, ES_NO_CONVERGENCE,
                 "%" PRIu64 " of %" PRIu64 " cells failed (--strict)",
                 tally->failed, tally->cells);
}

/* The record says that all is there, and comes last; where drawing failed, the
 * data are. */
static es_status finish(sweep_run *run, es_status status, es_diag *diag) {
  const es_job *job = run->job;
  run->summary.exit_code = es_status_exit_code(
      status == ES_OK ? es_sweep_strict(job, &run->summary.tally, NULL)
                      : status);
  if (status == ES_FILE_WRITE) return status;
  say_failed(run);
  if (status == ES_INTERRUPTED) say_stopped(run, diag);
  if (status == ES_OK) status = draw(run, diag);
  es_diag own = {0}, *kept = status == ES_OK ? diag : &own;
  es_status after = ES_OK;
  if (job->dir != NULL) after = es_sweep_record(job, &run->summary, kept);
  if (after == ES_OK && job->json)
    after = es_sweep_print_json(job, &run->summary, kept);
  if (status != ES_OK || after != ES_OK)
    return status != ES_OK ? status : after;
  return es_sweep_strict(job, &run->summary.tally, diag);
}

static es_status run_all(sweep_run *run, es_diag *diag) {
  es_status status = open_run(run, diag);
  uint64_t next = 0;
  run->summary.sweep = run->sweep;
  if (status == ES_OK && !run->job->dry_run) {
    status = open_tables(run, diag);
    if (status == ES_OK) next = es_output_next(run->output);
  }
  status = es_ranks_agree(status, &next, diag);
  if (status == ES_OK && run->job->dry_run)
    return es_ranks_mine() > 0
               ? ES_OK
               : es_sweep_estimate(run->job, run->sweep, run->last - run->first,
                                   run->h5, diag);
  const bool begun = status == ES_OK;
  if (begun) status = solve(run, next, diag);
  status = close_tables(run, status, diag);
  return begun && es_ranks_mine() == 0 ? finish(run, status, diag) : status;
}

es_status es_cmd_sweep(const es_job *job, es_diag *diag) {
  if (job->merge)
    return es_ranks_mine() == 0 ? es_sweep_merge(job, diag) : ES_OK;
  sweep_run run = {.job = job, .summary = {.started = es_seconds()}};
  const es_status status = run_all(&run, diag);
  es_sweep_free(run.sweep);
  free(run.axes);
  return status;
}
