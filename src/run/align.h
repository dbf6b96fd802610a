/* Spaces of functions that runs of several stages learned or predicted, set
 * beside each other:
 *   align:
 *     dims: 10
 *     rows: {stages: [a-ntk, b-ntk], data: "ntk.h5:/modes", first: columns}
 *     columns: {stages: [a, b], data: "arrays.h5:/eval/end"}
 * Each of these stages has the dataset in its folder, a point a row, all of as
 * many points; of its functions the first `dims` are taken, the components of
 * largest variance or the columns that stand first (first: components, the
 * default, or columns). Without `columns` they are the rows. alignment.csv has
 *   row, column  names of stages
 *   own          1 where the row's place is the column's, else 0
 *   same         1: runs of a repeated stage with the run of the same number;
 *                0: with all others (only of repeated stages)
 *   n            how many pairs of runs
 *   overlap      mean over these of |P^T Q|_F^2/dims (metrics/subspace.h), in
 *                [0, 1]: a space of fewer directions counts the lacking as 0
 *   low, high    its extremes
 *   chance       mean over random spaces of as many directions */
#ifndef ES_RUN_ALIGN_H
#define ES_RUN_ALIGN_H

#include "run/plan.h"

enum { ES_MOST_ALIGN_DIMS = 1000 };

/* Reads stage->align and checks its form, and that its stages are this one, or
 * in needs, and repeated equally often. */
es_status es_align_check(const es_plan *plan, es_stage *stage,
                         es_diag *diag) ES_MUST_USE;

/* Writes dir/alignment.csv; of a stage without `align` what was there is
 * removed. dir: the stage's folder, beside the others'. ES_BAD_SHAPE where the
 * numbers of points differ, and the files' own errors. */
es_status es_align_write(const char *dir, const es_stage *stage,
                         es_diag *diag) ES_MUST_USE;

#endif
