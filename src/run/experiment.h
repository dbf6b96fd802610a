/* Experiments: a YAML file of stages, each a command of the program with its
 * own settings, run in order into out/EXPERIMENT/STAGE/; then the criteria are
 * evaluated into verdict.csv and the page index.html is written. */
#ifndef ES_RUN_EXPERIMENT_H
#define ES_RUN_EXPERIMENT_H

#include "run/job.h"

/* Finds job->target (a name under experiments/, or a path), checks all of it,
 * runs its stages through the table of commands, and reports. With job->resume
 * stages that ended well before are kept. With job->dry_run only the checks
 * are made and the resolved settings of each stage are printed. */
es_status es_experiment_run(const es_job *job, const es_command *commands,
                            size_t n_commands, es_diag *diag) ES_MUST_USE;

#endif
