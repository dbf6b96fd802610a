/* What the files of the command sweep share. Private to the program. */
#ifndef ES_CLI_SWEEP_H
#define ES_CLI_SWEEP_H

#include "run/job.h"
#include "sweep/output.h"

/* Cells from which on a table is HDF5. */
#define ES_SWEEP_MOST_CSV 10000000u

/* The name of a table or record in the folder: "sweep.csv",
 * "sweep-2-of-7.h5". */
void es_sweep_file_name(char out[64], const char *stem, const es_shard *shard,
                        const char *ending);

/* Sets *out to the sweep that the settings of job ask for; axes are kept in
 * *axes, freed by the caller after it. */
es_status es_sweep_from_settings(es_sweep **out, es_axis **axes,
                                 const es_model *model, const es_config *config,
                                 es_diag *diag) ES_MUST_USE;

/* Makes job->dir this sweep's: with the settings in config.yaml. A folder that
 * has some is refused with ES_EXISTS where they are others, and where this
 * shard's table or another is there already and neither --resume nor --force
 * says what to do. */
es_status es_sweep_take_folder(const es_job *job, bool h5,
                               es_diag *diag) ES_MUST_USE;

/* run.json of a sweep, and what --json prints. */
typedef struct es_sweep_summary {
  const es_sweep *sweep;
  es_tally tally;
  double started, solved, solving; /* times; cells solved in this run */
  int exit_code;
} es_sweep_summary;
es_status es_sweep_record(const es_job *job, const es_sweep_summary *summary,
                          es_diag *diag) ES_MUST_USE;
es_status es_sweep_print_json(const es_job *job,
                              const es_sweep_summary *summary,
                              es_diag *diag) ES_MUST_USE;

/* Prints the settings and what that many rows would take. */
es_status es_sweep_estimate(const es_job *job, es_sweep *sweep, uint64_t rows,
                            bool h5, es_diag *diag) ES_MUST_USE;

/* ES_NO_CONVERGENCE for failed cells with --strict. */
es_status es_sweep_strict(const es_job *job, const es_tally *tally,
                          es_diag *diag) ES_MUST_USE;

/* sweep --merge: job->target and job->more are folders. */
es_status es_sweep_merge(const es_job *job, es_diag *diag) ES_MUST_USE;

#endif
