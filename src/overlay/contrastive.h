/* The family of contrastive learning, theory.md 6 and 7: the flow of the last
 * two linear maps of a network, z = W_2 W_1 h, or of the last one, z = W h,
 * under InfoNCE by distance, on features h of the eval pairs that stay as they
 * were before the first step; and, where an encoder moves them, on features
 * measured again at every logged row. Private to the room.
 *
 * Which runs: method.loss=infonce without a temperature. With a temperature,
 * and in simclr, embeddings are normalised and no linear flow is theirs. */
#ifndef ES_OVERLAY_CONTRASTIVE_H
#define ES_OVERLAY_CONTRASTIVE_H

#include "overlay/family.h"

/* Reads prediction.csv and trace.csv (both with columns t, loss, sigma_1_j,
 * sigma_2_j, cov_lambda_j, alignment_j), and /prediction/theorem of arrays.h5;
 * writes, into dir:
 *   overlay.csv    run, step, t, loss, predicted_loss, then for each of these
 *                  columns C_j and predicted_C_j, and fed_sigma_…
 *   agreement.csv  metric, value, low, high, null, verdict: value is the median
 *                  over runs, low and high its interval (interval.h), null the
 *                  same of maps that stay as they start:
 *     runs
 *     sigma_error      rms over modes, maps and rows of measured - predicted
 *                      singular values, over their rms; bar .05, and half of
 *                      the null
 *     sigma_error_L_J  of map L, mode J alone
 *     fed_sigma_error  of the flow on features measured along training
 *     loss_error       rms of loss - predicted loss
 *     alignment_error  rms over modes and rows
 *     conserved_drift  largest |W_1 W_1^T - W_2^T W_2 - const| over |W_1|^2 +
 *                      |W_2|^2 at that time
 *     rank, rank_predicted     directions of the embedding's covariance with
 *                      more than 1e-4 of the largest variance, at the end;
 *                      bar: they differ by one at most; inconclusive where
 *                      maps that stay would meet it
 *     rankme, rankme_predicted of that covariance
 *     theorem          1; 0, "outside", where a run's arrays.h5 says so
 */
es_status es_contrastive_overlay(const char *const *run, size_t n_runs,
                                 const char *dir,
                                 void (*say)(void *context, const char *line),
                                 void *context, es_diag *diag) ES_MUST_USE;

extern const es_family es_family_contrastive;

#endif
