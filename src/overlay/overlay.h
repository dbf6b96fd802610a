/* Prediction against measurement: what theory said of a run before its first
 * step, joined with what was measured while it trained. Reads the run's files
 * only: prediction.csv, trace.csv (columns step, t, loss, lr, along_j,
 * overlap_j, lambda_j, followed_j) and arrays.h5 (/prediction/gamma,
 * /prediction/Z0 and, where they were kept, /prediction/phi, /prediction/end,
 * /eval: frame.h).
 *
 * Modes are matched by direction: measured curve j is along_j, the variance of
 * the embedding along predicted eigenfunction j (metrics/spectra.h). */
#ifndef ES_OVERLAY_OVERLAY_H
#define ES_OVERLAY_OVERLAY_H

#include <eigenstep/status.h>
#include <stddef.h>

/* One mode of one run: a row of steps.csv. */
typedef struct es_overlay_step {
  double mode, gamma, gap; /* gap: 1 - gamma_{j+1}^+/gamma_j */
  double tau_predicted;  /* tau_generic; NaN: never, or later than was asked */
  double tau_measured;   /* where along_j passes 1/2; NaN: it did not */
  double relative_error; /* tau_measured/tau_predicted - 1 */
  double overlap;        /* at that time, or at the end */
} es_overlay_step;

/* A row of agreement.csv. value: the median over the runs (over runs and modes
 * where a mode has its own number); low and high: its 95% interval by the
 * percentile bootstrap over runs (interval.h), of one run its value. null:
 * what the metric is without any knowledge of the modes (NaN: not defined).
 * verdict: holds, fails, inconclusive or "" where a metric has no bar. A step
 * that was predicted within the run and not taken counts as an infinite error.
 * In this order: runs modes_predicted            to step within the run
 *   modes_met                  of those, the ones that did
 *   modes_unforeseen           stepped, predicted for later or never
 *   median_step_error_first_4  of |measured/predicted - 1|; bar 0.15;
 *                              inconclusive where a run lacks one of the four
 *   rank_correlation           Spearman's, of step times; from three modes on
 *   step_log_error             rms of ln(measured/predicted)
 *   aligned_step_log_error     the same for the aligned formula
 *   curve_error                rms of along_j - predicted_j
 *   loss_error                 rms of loss - predicted loss
 *   overlap_median             at the steps
 *   eigenvalues_one_at_a_time  that rise from under 0.05 to over 0.5 before the
 *                              next passes 0.2
 *   plateau_distance           |loss - (d - k)| halfway between steps, worst k
 *   not_separate_J             eigenvalue J rose with the next one: its value
 *                              when that passes 0.2
 *   step_ratio_J               measured/predicted, of modes predicted within
 *   theorem                    1; 0, with the verdict "outside", where the loss
 *                              of a run is not one that theory.md 1 speaks of
 *   eigenvalue_error           rms of lambda_j less those of the descent in the
 *                              kernel of the start; …_end in that of the end;
 *                              …_followed with one measured along the way
 *   subspace_alignment         share of the final subspace in the embedding
 *                              that the start's kernel predicts; …_end,
 *                              …_followed; …_top: in its first d eigenfunctions
 *   null_other_kernel_X, null_random_kernel_X, null_untrained_X
 *                              what X is for that null: step_log_error,
 *                              rank_correlation, subspace_alignment; holds
 *                              where theory is better, fails where it is not
 *   score                      one number for a run (es_score)
 * measures.h has the definitions and the nulls. */
typedef struct es_overlay_metric {
  char metric[64];
  double value, low, high, null;
  const char *verdict;
} es_overlay_metric;

typedef struct es_overlay es_overlay;

/* Reads n_runs >= 1 finished runs and joins each. ES_FILE_MISSING naming the
 * file and what makes it (train.predict=conjugate) where a run has no
 * prediction; ES_FILE_CORRUPT where tables do not fit together; ES_FILE_DATA
 * where the learning rate varies, which the prediction does not know;
 * ES_NOT_FINITE where the predicted descent blows up; ES_BAD_SHAPE where runs
 * have different numbers of modes. */
es_status es_overlay_new(es_overlay **out, const char *const *run,
                         size_t n_runs, es_diag *diag) ES_MUST_USE;
void es_overlay_free(es_overlay *overlay); /* NULL accepted */

size_t es_overlay_modes(const es_overlay *overlay);
const es_overlay_step *es_overlay_steps(const es_overlay *overlay, size_t run);
const es_overlay_metric *es_overlay_agreement(const es_overlay *overlay,
                                              size_t *n);

/* Writes into dir (which exists), each atomically:
 *   overlay.csv    run, step, t, loss, predicted_loss, measured_1…,
 *                  predicted_1…, lambda_1…, lambda_start_1…, lambda_end_1…,
 *                  lambda_followed_1…: the joined curves, run counted from 1
 *   steps.csv      a row for each mode (of one run), or for each mode the
 *                  medians over the runs (of tau_measured/tau_predicted for
 *                  relative_error; a step not taken is later than any other,
 *                  and a median among such is NaN) with columns tau_low,
 *                  tau_high (inf: not taken in some run) appended
 *   agreement.csv  metric, value, low, high, null, verdict */
es_status es_overlay_write(const es_overlay *overlay, const char *dir,
                           es_diag *diag) ES_MUST_USE;

#endif
