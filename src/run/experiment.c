/* Running a plan: see experiment.h. */
#include "run/experiment.h"

#include "file/atomic.h"
#include "plot/plot.h"
#include "report/html.h"
#include "run/align.h"
#include "run/drawing.h"
#include "run/each.h"
#include "run/fit.h"
#include "run/items.h"
#include "run/plan.h"
#include "run/record.h"
#include "run/summary.h"

#include <stdlib.h>
#include <string.h>

/* What a stage is about: its target, or the folder of the stage that it reads.
 * To be freed; NULL without memory. */
static char *target_of(const es_job *job, const es_stage *stage) {
  return job->dir != NULL && (stage->command->options & ES_OF_STAGE) != 0
             ? es_file_join(job->dir, stage->target)
             : strdup(stage->target);
}

/* Whether a stage that is run once ended well with the settings that it has
 * now. */
static es_status is_once_finished(bool *out, const es_job *job,
                                  const es_plan *plan, const es_stage *stage,
                                  es_diag *diag) {
  es_config *config = NULL;
  es_status status = es_record_finished(out, job->dir, diag);
  if (status != ES_OK || !*out) return status;
  status = es_stage_configure(&config, plan, stage, diag);
  if (status == ES_OK)
    status = es_job_settle(job, stage->command, config, diag);
  if (status == ES_OK)
    status = es_record_same(out, job->dir, stage->command, job->target, config,
                            diag);
  es_config_free(config);
  return status;
}

/* The same of any stage, whose folder dir is. */
static es_status is_finished(bool *out, const es_job *job, const es_plan *plan,
                             const es_stage *stage, const char *dir,
                             es_diag *diag) {
  es_job own = *job;
  char *target = target_of(job, stage);
  if (target == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  own.dir = dir;
  own.target = target;
  const es_status status = es_items_any(stage)
                               ? es_each_kept(out, &own, plan, stage, diag)
                               : is_once_finished(out, &own, plan, stage, diag);
  free(target);
  return status;
}

static bool is_kept(const es_plan *plan, const char *name, const bool *kept) {
  for (size_t k = 0; k < plan->n_stages; k++)
    if (strcmp(plan->stage[k].name, name) == 0) return kept[k];
  return false;
}

/* Whether all stages that this one needs or reads are kept. */
static bool needs_are_kept(const es_plan *plan, const es_stage *stage,
                           const bool *kept) {
  const es_node *needs = es_node_get(stage->node, "needs");
  bool all = (stage->command->options & ES_OF_STAGE) == 0 ||
             is_kept(plan, stage->target, kept);
  for (size_t i = 0; needs != NULL && i < needs->n_children; i++)
    all = all && is_kept(plan, needs->child[i].text, kept);
  return all;
}

/* A run that fails must not leave an older run's word for its own. */
static es_status forget_results(const char *dir, es_diag *diag) {
  static const char *const names[] = {
      "run.json",   "table.csv",     "summary.csv", "fit.csv",
      "fitted.csv", "alignment.csv", "verdict.csv", "index.html"};
  es_status status = ES_OK;
  for (size_t i = 0; status == ES_OK && i < sizeof names / sizeof *names; i++)
    status = es_file_remove(dir, names[i], diag);
  return status == ES_OK ? es_plot_forget(dir, NULL, diag) : status;
}

/* Sets kept[] and removes the results of all that will be made again. */
static es_status choose_stages(const es_job *job, const es_plan *plan,
                               bool *kept, es_diag *diag) {
  if (job->dir == NULL || job->dry_run) return ES_OK;
  es_status status = forget_results(job->dir, diag);
  for (size_t i = 0; status == ES_OK && i < plan->n_stages; i++) {
    const es_stage *stage = &plan->stage[i];
    char *dir = es_file_join(job->dir, stage->name);
    if (dir == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
    if (job->resume && needs_are_kept(plan, stage, kept))
      status = is_finished(&kept[i], job, plan, stage, dir, diag);
    if (status == ES_OK && !kept[i]) status = forget_results(dir, diag);
    free(dir);
  }
  return status;
}

/* dir/name where dir is given; *out NULL otherwise. */
static es_status folder_of(char **out, const char *dir, const char *name,
                           es_diag *diag) {
  *out = dir == NULL ? NULL : es_file_join(dir, name);
  return dir == NULL || *out != NULL ? ES_OK
                                     : es_fail(diag, ES_NO_MEMORY, "no memory");
}

/* A stage that is run once. The figure of one with `align` waits for it. */
static es_status execute_once(const es_job *job, const es_plan *plan,
                              const es_stage *stage, es_diag *diag) {
  es_job own = *job;
  es_status status = es_job_begun(&own, diag);
  if (stage->align != NULL) own.plot = "none";
  if (status == ES_OK) status = es_job_execute(&own, diag);
  if (status != ES_OK || own.dir == NULL || own.dry_run) return status;
  status = es_align_write(own.dir, stage, diag);
  return status == ES_OK && stage->align != NULL
             ? es_stage_draw(own.dir, plan, stage, own.figure, diag)
             : status;
}

/* One stage into dir/NAME. */
static es_status run_stage(const es_job *job, const es_plan *plan,
                           const es_stage *stage, es_diag *diag) {
  es_job own = *job;
  char *dir = NULL, *target = target_of(job, stage);
  if (target == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  own.command = stage->command;
  own.target = target;
  own.plot = stage->plot;
  own.title = plan->title;
  own.csv = NULL;
  own.json = false;
  own.config = NULL;
  es_config *figure = NULL;
  es_status status = es_stage_figure(&figure, plan, stage, diag);
  /* What the command line says is for all stages. */
  if (own.figure == NULL) own.figure = figure;
  if (status == ES_OK)
    status = es_stage_configure(&own.config, plan, stage, diag);
  if (status == ES_OK)
    status = es_job_settle(job, stage->command, own.config, diag);
  if (status == ES_OK) status = folder_of(&dir, job->dir, stage->name, diag);
  own.dir = dir;
  if (status == ES_OK) job->say(job, stage->name);
  if (status == ES_OK)
    status = es_items_any(stage) ? es_each_run(&own, plan, stage, diag)
                                 : execute_once(&own, plan, stage, diag);
  es_config_free(own.config);
  es_config_free(figure);
  free(target);
  free(dir);
  return status;
}

static es_status write_page(const es_plan *plan, const char *dir,
                            const es_verdict *verdict, es_diag *diag) {
  const char **name = calloc(plan->n_stages, sizeof *name);
  char *path = es_file_join(dir, "index.html");
  es_status status = ES_OK;
  if (name == NULL || path == NULL)
    status = es_fail(diag, ES_NO_MEMORY, "no memory");
  for (size_t i = 0; status == ES_OK && i < plan->n_stages; i++)
    name[i] = plan->stage[i].name;
  const es_report report = {.title = plan->title,
                            .source = plan->source,
                            .claim = plan->claim,
                            .file = plan->path,
                            .dir = dir,
                            .verdict = verdict,
                            .n_verdicts = plan->n_criteria,
                            .stage = name,
                            .n_stages = plan->n_stages};
  if (status == ES_OK) status = es_report_write(path, &report, diag);
  free(name);
  free(path);
  return status;
}

static void say_verdict(const es_job *job, const es_verdict *v) {
  char line[512];
  snprintf(line, sizeof line, "%s: %s (value %.4g)", v->verdict, v->criterion,
           v->value);
  job->say(job, line);
}

static es_status report(const es_job *job, const es_plan *plan, es_diag *diag) {
  const char *dir = job->dir;
  es_verdict *verdict = calloc(plan->n_criteria + 1, sizeof *verdict);
  char *path = es_file_join(dir, "verdict.csv");
  es_status status = ES_OK;
  if (verdict == NULL || path == NULL)
    status = es_fail(diag, ES_NO_MEMORY, "no memory");
  for (size_t i = 0; status == ES_OK && i < plan->n_criteria; i++)
    status = es_verdict_evaluate(&verdict[i], plan->criterion[i], dir, diag);
  if (status == ES_OK)
    status = es_verdict_write(path, verdict, plan->n_criteria, diag);
  if (status == ES_OK) status = write_page(plan, dir, verdict, diag);
  for (size_t i = 0; status == ES_OK && i < plan->n_criteria; i++)
    say_verdict(job, &verdict[i]);
  free(verdict);
  free(path);
  return status;
}

/* Settings are checked for every stage before the first one runs. */
static es_status check_stages(const es_plan *plan, es_diag *diag) {
  for (size_t i = 0; i < plan->n_stages; i++) {
    es_config *config = NULL;
    es_status status = es_stage_configure(&config, plan, &plan->stage[i], diag);
    if (status != ES_OK) return status;
    es_config_free(config);
    status = es_stage_figure(&config, plan, &plan->stage[i], diag);
    es_config_free(config);
    if (status == ES_OK) status = es_fit_check(plan, &plan->stage[i], diag);
    if (status == ES_OK && es_items_any(&plan->stage[i]))
      status = es_each_check(plan, &plan->stage[i], diag);
    if (status != ES_OK) return status;
  }
  return ES_OK;
}

/* What a kept stage is summed over, fitted to or set beside may be another
 * now, and its figures may not have come to be. */
static es_status sum_again(const es_job *job, const es_plan *plan,
                           const es_stage *stage, es_diag *diag) {
  es_config *look = NULL;
  char *dir = es_file_join(job->dir, stage->name);
  if (dir == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = es_stage_figure(&look, plan, stage, diag);
  if (es_items_any(stage) && status == ES_OK)
    status = es_summary_write(dir, stage, diag);
  if (es_items_any(stage) && status == ES_OK)
    status = es_fit_write(dir, stage, diag);
  if (status == ES_OK) status = es_align_write(dir, stage, diag);
  if (status == ES_OK)
    status = es_stage_redraw(dir, plan, stage,
                             job->figure != NULL ? job->figure : look, diag);
  es_config_free(look);
  free(dir);
  return status;
}

/* The record of a stage that failed behind it, as where a figure found no
 * room, must not say that all is there. */
static void take_back(const es_job *job, const es_stage *stage) {
  char *dir = job->dir == NULL ? NULL : es_file_join(job->dir, stage->name);
  bool finished;
  if (dir != NULL &&
      (es_record_finished(&finished, dir, NULL) != ES_OK || finished))
    (void)!es_file_remove(dir, "run.json", NULL);
  free(dir);
}

/* A failing figure (gnuplot missing) must not lose the stages after it: it is
 * remembered in *later. */
static es_status run_stages(const es_job *job, const es_plan *plan,
                            es_diag *later, es_diag *diag) {
  bool *kept = calloc(plan->n_stages + 1, sizeof *kept);
  if (kept == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = job->dry_run ? ES_OK : es_job_take_dir(job, diag);
  if (status == ES_OK) status = choose_stages(job, plan, kept, diag);
  for (size_t i = 0; status == ES_OK && i < plan->n_stages; i++) {
    status = kept[i] ? sum_again(job, plan, &plan->stage[i], diag)
                     : run_stage(job, plan, &plan->stage[i], diag);
    if (status != ES_OK && status != ES_TOOL_MISSING)
      take_back(job, &plan->stage[i]);
    if (status != ES_TOOL_MISSING) continue;
    if (diag != NULL) *later = *diag;
    later->code = ES_TOOL_MISSING;
    status = ES_OK;
  }
  free(kept);
  return status;
}

es_status es_experiment_run(const es_job *job, const es_command *commands,
                            size_t n_commands, es_diag *diag) {
  es_plan plan;
  es_diag later = {0};
  es_status status =
      es_plan_open(&plan, job->target, job->size, commands, n_commands, diag);
  if (status != ES_OK) return status;
  status = check_stages(&plan, diag);
  if (status == ES_OK) status = run_stages(job, &plan, &later, diag);
  if (status == ES_OK && !job->dry_run) status = report(job, &plan, diag);
  es_plan_close(&plan);
  if (status == ES_OK && later.code != ES_OK) {
    if (diag != NULL) *diag = later;
    status = later.code;
  }
  return status;
}
