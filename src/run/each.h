/* A stage that is run once for every combination of some settings:
 *   each: {model.init_scale: [1e-4, 1e-6], model.seed: [0, 1, 2]}
 * the last key fastest. Item i goes into dir/000, dir/001, …; dir/table.csv has
 * a row for each: the settings, the exit code, and the run's summary figures.
 * With `against: STAGE`, a stage before that has no each, there is a column
 * `distance` behind the exit code: how far the item's trace is from that
 * stage's (against.h). With `ends: [NAME, …]` there are columns NAME_end behind
 * it: the last row of these columns of the item's trace, NaN without a row; a
 * summary figure of such a name is left out. In a stage that reads the runs of
 * another it is those runs' traces. With `over: KEY` there is summary.csv
 * (summary.h), with `fit: {COLUMN: [COLUMN, …]}` fit.csv (fit.h). `derive` sets
 * others by arithmetic over them (derive.h).
 *
 * A stage that reads one run, and whose target is a repeated stage, is run once
 * for each of its runs, and for each of them in all combinations of its own
 * settings, if it has an each: the other stage's settings stand first in its
 * table. */
#ifndef ES_RUN_EACH_H
#define ES_RUN_EACH_H

#include "run/plan.h"

/* Checks the form of `each` and that every combination configures. */
es_status es_each_check(const es_plan *plan, const es_stage *stage,
                        es_diag *diag) ES_MUST_USE;

/* Whether job->dir holds the table of exactly these items, each run with the
 * settings that it has now. */
es_status es_each_kept(bool *out, const es_job *job, const es_plan *plan,
                       const es_stage *stage, es_diag *diag) ES_MUST_USE;

/* Runs all items into job->dir, then draws the stage's plot over table.csv.
 * Items that end with a numerical failure or a budget are rows like others. */
es_status es_each_run(const es_job *job, const es_plan *plan,
                      const es_stage *stage, es_diag *diag) ES_MUST_USE;

#endif
