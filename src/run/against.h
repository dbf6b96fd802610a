/* How far the items of a stage are from an earlier stage: see each.h. Private
 * to the room. */
#ifndef ES_RUN_AGAINST_H
#define ES_RUN_AGAINST_H

#include <eigenstep/status.h>

/* The largest Euclidean distance, over the rows, between dir/trace.csv and
 * other/trace.csv, taken over the columns that both have: those of the state
 * (NAME_1_2: two numbers) where there are any, else all but t. NaN where the
 * tables have not the same rows, that is as many, and times within 1e-9 of each
 * other, or no column in common; an item that stopped early has not. */
es_status es_against_distance(double *out, const char *dir, const char *other,
                              es_diag *diag) ES_MUST_USE;

#endif
