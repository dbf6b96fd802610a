/* What theory says that images embed as at a run's end. Private to the
 * program. */
#ifndef ES_CLI_NTK_PREDICTED_H
#define ES_CLI_NTK_PREDICTED_H

#include "base/slab.h"
#include "cli/cli.h"
#include "cli/saved.h"

typedef struct es_predicted {
  size_t rows, test, d; /* 2·eval_n; further images; outputs */
  double *F, *F_test;   /* rows×d, test×d, row-major; NULL: no prediction */
  es_slab slab;
} es_predicted;

/* Whether ntk.predicted of the job wants it of that run. ES_BAD_VALUE where it
 * is `on` and the run has no prediction of train.predict=ntk. */
es_status es_predicted_wanted(bool *out, const es_job *job, const es_saved *run,
                              es_diag *diag) ES_MUST_USE;

/* Starts the run's network anew, measures the kernel of its eval pairs with
 * `test` further images (a row of what the network takes each), and descends to
 * the run's last step. A descent that blows up is said, and leaves F NULL. Free
 * with es_predicted_free in every case. Errors of es_trainer_new and
 * es_features_reach. */
es_status es_predicted_new(es_predicted *out, const es_job *job,
                           const es_saved *run, size_t test,
                           const double *images, es_diag *diag) ES_MUST_USE;
void es_predicted_free(es_predicted *predicted);

#endif
