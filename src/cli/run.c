/* eigenstep run, plot: experiments and their figures. */
#include "cli/cli.h"

#include "file/atomic.h"
#include "plot/plot.h"
#include "run/experiment.h"

es_status es_cmd_run(const es_job *job, es_diag *diag) {
  size_t n;
  const es_command *commands = es_cli_commands(&n);
  es_status status = ES_OK;
  if (job->resume && !job->force && !job->dry_run)
    status = es_cli_check_experiment(job, diag);
  if (status == ES_OK) status = es_experiment_run(job, commands, n, diag);
  char line[512];
  if (status == ES_OK && !job->dry_run) {
    snprintf(line, sizeof line, "see %s/index.html", job->dir);
    job->say(job, line);
  }
  return status;
}

es_status es_cmd_plot(const es_job *job, es_diag *diag) {
  size_t n = 0;
  char line[512];
  es_job own = *job;
  own.dir = job->target;
  es_status status =
      es_file_is_directory(own.dir) ? es_job_take_dir(&own, diag) : ES_OK;
  if (status == ES_OK)
    status = es_plot_again(job->target, job->figure, &n, diag);
  if (status != ES_OK) return status;
  snprintf(line, sizeof line, "%zu figure%s drawn in %s", n, n == 1 ? "" : "s",
           job->target);
  job->say(job, line);
  return ES_OK;
}
