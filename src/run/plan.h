/* An experiment file, read and checked. */
#ifndef ES_RUN_PLAN_H
#define ES_RUN_PLAN_H

#include "config/yaml.h"
#include "run/job.h"

enum { ES_MOST_ENDS = 16, ES_LONGEST_END = 60, ES_MOST_FITTED = 8 };

typedef struct es_stage {
  const char *name, *target, *plot; /* plot NULL: the model's own figure */
  const es_command *command;
  const es_node *node;
  const es_node *each; /* settings to repeat it over, or NULL: see each.h */
  const struct es_stage *of; /* the repeated stage that it reads, run by run, or
                                NULL */
  const struct es_stage *reads; /* the stage whose folder it reads, or NULL */
  const char *over; /* of a repeated one, the setting to sum over, or NULL: see
                       summary.h */
  const char *against; /* with each: a stage that items are set beside, NULL */
  const es_node *ends; /* with each: columns whose last row is kept, or NULL */
  const es_node *fit;  /* with each: a line through the table: fit.h, or NULL */
  const es_node *align;  /* spaces to compare, or NULL: see align.h */
  const es_node *figure; /* how its figures look, or NULL: plot/figure.h */
  const es_node *preset; /* sections of sizes.SIZE.STAGE, or NULL */
} es_stage;

typedef struct es_plan {
  char *path;
  es_node *root;
  const char *title, *source, *claim;
  const char **criterion;
  size_t n_criteria;
  es_stage *stage;
  size_t n_stages;
} es_plan;

/* Reads by name or path and checks keys, commands, needs, criteria and the
 * size (NULL: none). Free with es_plan_close, which accepts a zeroed plan. */
es_status es_plan_open(es_plan *plan, const char *target, const char *size,
                       const es_command *commands, size_t n_commands,
                       es_diag *diag) ES_MUST_USE;
void es_plan_close(es_plan *plan);

/* The stage's settings (settings.c): its sections, then the preset's; before
 * them those of the stage that it reads, where its command goes on with a run's
 * settings (ES_SET_BY_RUN). */
es_status es_stage_configure(es_config **out, const es_plan *plan,
                             const es_stage *stage, es_diag *diag) ES_MUST_USE;

/* How its figures look; *out NULL where it says nothing of it. */
es_status es_stage_figure(es_config **out, const es_plan *plan,
                          const es_stage *stage, es_diag *diag) ES_MUST_USE;

/* Its sections and the preset's alone, into a configuration. */
es_status es_stage_set(es_config *config, const es_plan *plan,
                       const es_stage *stage, es_diag *diag) ES_MUST_USE;

#endif
