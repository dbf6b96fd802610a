/* Mean and spread over one of the settings that a stage is repeated over:
 *   over: train.seed
 * writes summary.csv beside table.csv, a row for each combination of the other
 * settings: these; n, how many of the items ended well, which alone are
 * counted; and for every number behind `status` in table.csv NAME_mean and
 * NAME_std, the latter over n - 1, NaN for n = 1. A number that one of the n
 * lacks is NaN. Private to the room. */
#ifndef ES_RUN_SUMMARY_H
#define ES_RUN_SUMMARY_H

#include "run/plan.h"

/* Checks that `over`, where there is one, names a setting of the items. */
es_status es_summary_check(const es_plan *plan, const es_stage *stage,
                           es_diag *diag) ES_MUST_USE;

/* From dir/table.csv; of a stage without `over` what was there is removed. */
es_status es_summary_write(const char *dir, const es_stage *stage,
                           es_diag *diag) ES_MUST_USE;

#endif
