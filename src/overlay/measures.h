/* How far a run is from its prediction: one number for each run, or for each
 * mode of a run. NaN: not defined there. Private to the room. */
#ifndef ES_OVERLAY_MEASURES_H
#define ES_OVERLAY_MEASURES_H

#include "overlay/joined.h"

/* Shares and correlations that are nearer than that are the same. */
#define ES_SAME 1e-9

/* Of n numbers, NaN left out, inf the largest; x is sorted. NaN for none. */
double es_measure_median(double *x, size_t n);

/* Spearman's correlation of n pairs, ties sharing their mean rank; NaN under
 * three. */
double es_measure_spearman(size_t n, const double *x, const double *y);

/* The same of the times of a run's steps, predicted and measured, over the
 * modes that count. */
double es_measure_correlation(const es_joined *run,
                              bool (*counts)(const es_joined *run, size_t j));

typedef double es_measure(const es_joined *run);
typedef double es_mode_measure(const es_joined *run, size_t j);

/* 1 where theory.md 1 speaks of the run's loss, else 0. */
es_measure es_of_theorem;

/* Numbers of modes: predicted to step within the run; of those, the ones that
 * did; stepped though predicted for later or never. */
es_measure es_modes_predicted, es_modes_met, es_modes_unforeseen;

/* |measured/predicted - 1| of mode j. inf: predicted within the run and not
 * met, so that it is not dropped. Null: of a predictor that knows the mean
 * log time of the modes that were met, and no mode. */
es_mode_measure es_step_error, es_step_error_null;

/* measured/predicted of a mode predicted within the run; inf: not met. */
es_mode_measure es_step_ratio;

/* Over the modes that were met. Spearman's correlation, from three modes on
 * (ties share their mean rank). Root mean square of ln(measured/predicted) for
 * the descent from the generic start and for the aligned formula; null: the
 * deviation of ln(measured) from its mean, from two modes on. */
es_measure es_rank_correlation, es_rank_correlation_null;
es_measure es_step_log_error, es_aligned_log_error, es_step_log_null;

/* Root mean square of along_j - predicted_j over logged rows and the modes
 * predicted within the run; null: of along_j about its own mean. */
es_measure es_curve_error, es_curve_error_null;

/* Root mean square of loss - predicted loss over logged rows; null: of the loss
 * about its mean. NaN where the run's loss is not the one predicted. */
es_measure es_loss_error, es_loss_error_null;

/* Overlap of a mode that was met, at its step. Null: the overlap of a random
 * function within the space of the embedding's d functions. With eigenvalues
 * lambda_i of C and components c_i along its eigenfunctions, overlap = (sum
 * c_i^2 lambda_i)^2/sum c_i^2 lambda_i^2, and c_i^2 = 1/d on average: (sum
 * lambda)^2/(d sum lambda^2), the participation ratio over d. It is 1/d where
 * one mode is there, and 1 where all are: then every function of the space is
 * in the embedding. The d found functions are given to it for free; among all
 * m features it would be d/m of that. */
es_mode_measure es_overlap_met, es_overlap_null;

/* Of the eigenvalues in rank order: how many rise from under 0.05 to over 0.5
 * before the next passes 0.2 (of the last one only the rise is asked). Null:
 * all rising together, which leaves the last. */
es_measure es_one_at_a_time, es_one_at_a_time_null;

/* Whether eigenvalue j (from 0) has begun to rise, by itself or under the next
 * one, and not separately; and its value when the next passes 0.2. */
bool es_not_separate(const es_joined *run, size_t j);
es_mode_measure es_value_at_next;

/* Root mean square, over logged rows and ranks, of lambda_j less what descents
 * give in the kernel of the start, of the end, and with one measured along the
 * way, infinite for a descent that leaves the finite numbers; null: of lambda_j
 * about its own mean. */
es_measure es_rank_error, es_rank_error_end, es_rank_error_followed,
    es_rank_error_null;

/* Shares of the final subspace (es_shares), and what unrelated functions would
 * have of it, d/(rows - 1). */
es_measure es_share_start, es_share_end, es_share_followed, es_share_top,
    es_share_untrained, es_share_chance;

/* step_log_error and rank_correlation over the modes that es_joined_timed: what
 * null kernels are held against. */
es_measure es_timed_log_error, es_timed_correlation;

/* What null kernels say (nulls.h). */
es_measure es_other_log_error, es_other_correlation, es_other_share;
es_measure es_random_log_error, es_random_correlation, es_random_share;

/* One number for a run, at most 1: the mean of the parts below that are
 * defined, none under -1 (score.c).
 *   steps    1 - (E/E_0)^2 over the modes that es_joined_timed, E the rms of
 *            ln(measured/predicted) and E_0 the least of that of the mean log
 *            time, another run's and a random kernel; where positive times the
 *            share of the predicted modes that were met. From two modes on
 *   curves   1 - (curve_error/null)^2
 *   subspace (a - a_0)/(1 - a_0), a the share of the final subspace and a_0 the
 *            largest of chance's, the untrained embedding's, another run's and
 *            a random kernel's; not defined where a_0 is 1
 * 1: theory and training are the same; 0: theory is worth what the best null
 * is. */
es_measure es_score;

/* |loss - (d - k)| halfway, in steps, between the passing of 1/2 by eigenvalues
 * k and k+1, at the worst k. Null: 1/4, of a straight line through the loss
 * that each has there, d - k + 1/4. NaN for other losses than covariance. */
es_measure es_plateau_distance, es_plateau_distance_null;

#endif
