/* Figures of a stage that stand beside its tables. Private to the room. */
#ifndef ES_RUN_DRAWING_H
#define ES_RUN_DRAWING_H

#include "run/plan.h"

/* Draws what the stage's `plot` names into dir, under the experiment's title;
 * nothing where it names nothing. look: figure settings, or NULL. */
es_status es_stage_draw(const char *dir, const es_plan *plan,
                        const es_stage *stage, const es_config *look,
                        es_diag *diag) ES_MUST_USE;

/* Draws what is not there of the figures of a stage that ended well: gnuplot
 * was missing then, or the run was killed before them. */
es_status es_stage_redraw(const char *dir, const es_plan *plan,
                          const es_stage *stage, const es_config *look,
                          es_diag *diag) ES_MUST_USE;

#endif
