/* Figures of a stage: see drawing.h. */
#include "run/drawing.h"

#include "plot/plot.h"
#include "run/items.h"

#include <string.h>

/* The figures that its plot names; NULL: none. */
static const char *kinds_of(const es_stage *stage) {
  return stage->plot == NULL || strcmp(stage->plot, "none") == 0 ? NULL
                                                                 : stage->plot;
}

/* Not every command that may be given a plot has a figure. */
static bool draws(const es_stage *stage) {
  return es_items_any(stage) || stage->align != NULL ||
         (stage->command->options & (ES_LOOKS | ES_SWEEPS)) != 0;
}

es_status es_stage_draw(const char *dir, const es_plan *plan,
                        const es_stage *stage, const es_config *look,
                        es_diag *diag) {
  const char *kinds = kinds_of(stage);
  return kinds == NULL
             ? ES_OK
             : es_plot_draw(dir, kinds,
                            plan->title != NULL ? plan->title : stage->name,
                            look, diag);
}

es_status es_stage_redraw(const char *dir, const es_plan *plan,
                          const es_stage *stage, const es_config *look,
                          es_diag *diag) {
  const char *kinds = draws(stage) ? kinds_of(stage) : NULL;
  bool lacks;
  size_t n;
  es_status status = es_plot_lacks(&lacks, dir, kinds, diag);
  if (status != ES_OK || !lacks) return status;
  return kinds != NULL ? es_stage_draw(dir, plan, stage, look, diag)
                       : es_plot_again(dir, NULL, &n, diag);
}
