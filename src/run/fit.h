/* A line through what the items of a stage came to:
 *   fit: {top1: [loss_end, auc_end]}
 * the first a column of table.csv, the others (1 to ES_MOST_FITTED) those it is
 * a linear function of, by least squares over the items that ended well. Beside
 * table.csv it writes
 *   fitted.csv: for each of them the first and the other columns, `fitted`, and
 *     `left_out`, the prediction of a fit to all the others;
 *   fit.csv, one row: n; r2, rmse of the fit; r2_left_out, rmse_left_out of the
 *     predictions left_out; intercept, and the slope of every other column.
 * Where there are too few items, or a column does not vary or is not finite,
 * both have their heads alone: what asks for their numbers is inconclusive.
 * Private to the room. */
#ifndef ES_RUN_FIT_H
#define ES_RUN_FIT_H

#include "run/plan.h"

/* Checks the form of `fit`, where there is one. */
es_status es_fit_check(const es_plan *plan, const es_stage *stage,
                       es_diag *diag) ES_MUST_USE;

/* From dir/table.csv; of a stage without `fit` what was there is removed.
 * ES_BAD_VALUE names a column that is not there. */
es_status es_fit_write(const char *dir, const es_stage *stage,
                       es_diag *diag) ES_MUST_USE;

#endif
