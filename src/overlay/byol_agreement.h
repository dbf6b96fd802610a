/* agreement.csv and modes.csv of BYOL's runs. Private to the room. */
#ifndef ES_OVERLAY_BYOL_AGREEMENT_H
#define ES_OVERLAY_BYOL_AGREEMENT_H

#include "overlay/byol_run.h"
#include "overlay/overlay.h"

/* Largest |theory - measured| of a mode's curve over the rows, over the largest
 * |measured|; NaN where theory has left out a row. Of the start, kept: what one
 * knows without theory. */
typedef enum es_byolnet_curve { ES_BYOLNET_P, ES_BYOLNET_S } es_byolnet_curve;
double es_byolnet_error(const es_byolnet_run *run, es_byolnet_way way,
                        es_byolnet_curve curve, size_t j);
double es_byolnet_error_kept(const es_byolnet_run *run, es_byolnet_curve curve,
                             size_t j);

/* Whether the mode is certain not to collapse as the last row has it. */
bool es_byolnet_alive(const es_byolnet_run *run, size_t j);

/* Largest |s - p^2/alpha_p - c e^(-2 eta t)| of a mode over the largest s; NaN
 * where there is no such law. */
double es_byolnet_invariant_error(const es_byolnet_run *run, size_t j);

/* p in the last row over p*+, less 1, in absolute value; with lambda_d and
 * lambda_s of the first row, or of the last one. NaN where there is no p*+. */
double es_byolnet_end_error(const es_byolnet_run *run, size_t j, bool of_end);

/* Rows of agreement.csv (docs/overlay-byol.md), freed by the caller: value is
 * the median over the runs, low and high its interval (interval.h). */
es_status es_byolnet_agreement(es_overlay_metric **out, size_t *n,
                               const es_byolnet_run *run, size_t n_runs,
                               es_diag *diag) ES_MUST_USE;

/* DIR/overlay.csv, modes.csv, crossing.csv and agreement.csv. */
es_status es_byolnet_write(const es_byolnet_run *run, size_t n_runs,
                           const es_overlay_metric *metric, size_t n,
                           const char *dir, es_diag *diag) ES_MUST_USE;

#endif
