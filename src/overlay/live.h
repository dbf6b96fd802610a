/* What families do alike while a network trains. */
#ifndef ES_OVERLAY_LIVE_H
#define ES_OVERLAY_LIVE_H

#include "ntk/features.h"
#include "overlay/family.h"

/* The kernel that train.predict names; conjugate where it is off. */
es_kernel_kind es_live_kernel(const es_config *config);

/* train.lr_relative, where it is set, to the trainer's rate: in units of
 * 1/(4 gamma_1), at most 0.3 with fresh pairs, whose noise a larger rate would
 * amplify. ES_BAD_VALUE where gamma_1 is not positive. */
es_status es_live_settle_rate(const es_live_run *run, double gamma_1,
                              es_diag *diag) ES_MUST_USE;

/* The same with gamma_1 of that kernel, measured here and left in
 * *run->gamma_1; nothing is measured where train.lr_relative is not set. */
es_status es_live_measure_rate(const es_live_run *run,
                               es_diag *diag) ES_MUST_USE;

/* A number for the eval pairs, under 2^53: the same where data and the settings
 * of [data] and [augment] are, and train.eval_n; by chance one in 2^53 else. */
es_status es_live_pairs(double *out, const es_live_run *run,
                        es_diag *diag) ES_MUST_USE;

/* How far beyond the run's end a prediction looks: it takes seconds at most. */
size_t es_live_horizon(const es_trainer *trainer);

/* prediction.csv and the like: rows × n numbers under n names, whole. */
es_status es_live_table(const char *path, const char *const *names, size_t n,
                        const double *rows, size_t n_rows,
                        es_diag *diag) ES_MUST_USE;

#endif
