/* Experiment files: read, checked as `eigenstep run --dry-run` does, and what
 * they say is done with results (criteria, fit, over, align) done over a folder
 * of small tables, as if each stage had left them there. */
#include "fuzz.h"

#include "cli/cli.h"
#include "file/h5.h"
#include "report/verdict.h"
#include "run/align.h"
#include "run/each.h"
#include "run/fit.h"
#include "run/items.h"
#include "run/plan.h"
#include "run/summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
  MAY = FUZZ_FILE | FUZZ_SETTING | FUZZ_BIT(ES_USAGE) | FUZZ_BIT(ES_BAD_SHAPE),
  MOST = 32 /* items of a stage that are gone through */
};

/* DIR/a, with what a stage called so could have written. */
static void make_folder(void) {
  static const char trace[] = "t,loss,s_1,s_2\n0,1,0.1,0.2\n1,0.5,0.4,0.3\n";
  static const char table[] =
      "seed,eta,status,loss_end,top1\n0,0.1,0,1,0.3\n1,0.1,0,0.5,0.4\n"
      "0,0.2,0,0.4,0.6\n1,0.2,3,nan,nan\n";
  es_h5 *h5;
  es_diag diag = {0};
  const double modes[] = {1, 0, 0.5, 0, 1, 0.25, 0.1, 0.2};
  mkdir(fuzz_path("a"), 0700);
  fuzz_put("a/trace.csv", trace, sizeof trace - 1);
  fuzz_put("a/table.csv", table, sizeof table - 1);
  if (es_h5_create(&h5, fuzz_path("a/arrays.h5"), &diag) != ES_OK ||
      es_h5_write(h5, "/modes", modes, (size_t[]){4, 2}, 2, &diag) != ES_OK ||
      es_h5_commit(h5, &diag) != ES_OK)
    fuzz_bad("%s", diag.message);
}

static void say(const es_job *job, const char *line) {
  (void)job;
  (void)line;
}

static es_status check(const es_plan *plan, const es_stage *stage,
                       es_diag *diag) {
  const es_job job = {.threads = 1, .say = say};
  es_config *config = NULL;
  es_status status = es_stage_configure(&config, plan, stage, diag);
  if (status == ES_OK)
    status = es_job_settle(&job, stage->command, config, diag);
  es_config_free(config);
  if (status == ES_OK) status = es_fit_check(plan, stage, diag);
  if (status == ES_OK && es_items_any(stage) && es_items_count(stage) <= MOST)
    status = es_each_check(plan, stage, diag);
  return status;
}

static void sum_up(const es_stage *stage) {
  es_diag diag = {0};
  const char *dir = fuzz_path("a");
  if (es_items_any(stage) && es_items_count(stage) <= MOST) {
    fuzz_judge(es_summary_write(dir, stage, &diag), &diag, MAY, NULL);
    fuzz_judge(es_fit_write(dir, stage, &diag), &diag, MAY, NULL);
  }
  fuzz_judge(es_align_write(dir, stage, &diag), &diag, MAY, NULL);
}

static void go_through(const es_plan *plan) {
  es_diag diag = {0};
  es_verdict verdict;
  es_status status = ES_OK;
  for (size_t k = 0; status == ES_OK && k < plan->n_stages; k++) {
    status = check(plan, &plan->stage[k], &diag);
    fuzz_judge(status, &diag, MAY, NULL);
  }
  if (status != ES_OK) return;
  for (size_t k = 0; k < plan->n_stages; k++) sum_up(&plan->stage[k]);
  for (size_t k = 0; k < plan->n_criteria; k++) {
    diag = (es_diag){0};
    status =
        es_verdict_evaluate(&verdict, plan->criterion[k], fuzz_folder(), &diag);
    fuzz_judge(status, &diag, MAY, NULL);
  }
}

static void run(const unsigned char *bytes, size_t n) {
  es_plan plan;
  es_diag diag = {0};
  size_t n_commands;
  const es_command *commands = es_cli_commands(&n_commands);
  char *text = fuzz_text(bytes, n);
  const bool long_range = fuzz_has_long_range(text);
  free(text);
  if (long_range) return;
  const char *path = fuzz_put("in.yaml", bytes, n);
  /* A file that names sizes is read with one of them. */
  const char *size = memmem(bytes, n, "\nsizes:", 7) != NULL ? "small" : NULL;
  const es_status status =
      es_plan_open(&plan, path, size, commands, n_commands, &diag);
  fuzz_judge(status, &diag, MAY, NULL);
  if (status == ES_OK) go_through(&plan);
  es_plan_close(&plan);
}

/* Nodes as of yaml.c; settings of a stage, and of the one it reads; HDF5 for
 * spaces. */
const fuzz_target fuzz_experiment = {.name = "experiment",
                                     .run = run,
                                     .times = 512,
                                     .beyond = 16 << 20,
                                     .open = make_folder};
