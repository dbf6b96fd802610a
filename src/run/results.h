/* Files in an experiment's folder that its head names: criteria's, and what is
 * worth keeping beside the verdict:
 *   results: {NAME: STAGE/FILE, …}
 * NAME is what the file is called where results are collected (`make reproduce`
 * copies it into experiments/results/). Running an experiment copies nothing.
 * Private to the room. */
#ifndef ES_RUN_RESULTS_H
#define ES_RUN_RESULTS_H

#include "run/plan.h"

/* Checks that criteria have their form and look at files below stages, and that
 * experiment.results, where it is there, is such a map: plain names that do not
 * begin with a point, each with the name of a stage and a file below it, of the
 * same suffix. */
es_status es_results_check(const es_plan *plan, es_diag *diag) ES_MUST_USE;

#endif
