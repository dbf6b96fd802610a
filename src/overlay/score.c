/* Subspaces, nulls, and one number for a run: see measures.h. */
#include "overlay/measures.h"

#include <math.h>

double es_share_start(const es_joined *run) { return run->shares.start; }

double es_share_end(const es_joined *run) { return run->shares.end; }

double es_share_followed(const es_joined *run) { return run->shares.followed; }

double es_share_top(const es_joined *run) { return run->shares.top; }

double es_share_untrained(const es_joined *run) {
  return run->shares.untrained;
}

double es_share_chance(const es_joined *run) {
  const size_t rows = run->frames.rows;
  return rows < 2 ? NAN : (double)run->d / (double)(rows - 1);
}

double es_other_log_error(const es_joined *run) {
  return run->other.step_log_error;
}

double es_other_correlation(const es_joined *run) {
  return run->other.rank_correlation;
}

double es_other_share(const es_joined *run) { return run->other.alignment; }

double es_random_log_error(const es_joined *run) {
  return run->random.step_log_error;
}

double es_random_correlation(const es_joined *run) {
  return run->random.rank_correlation;
}

double es_random_share(const es_joined *run) { return run->random.alignment; }

/* Variances over the timed modes: of ln(measured/predicted) about 0, and of
 * ln(measured) about its mean. */
static size_t variances(const es_joined *run, double *theory, double *flat) {
  double sum = 0, mean = 0;
  size_t n = 0;
  *theory = *flat = 0;
  for (size_t j = 0; j < run->k; j++) {
    if (!es_joined_timed(run, j)) continue;
    const es_overlay_step *mode = &run->mode[j];
    const double error = log(mode->tau_measured / mode->tau_predicted);
    *theory += error * error;
    sum += log(mode->tau_measured);
    n++;
  }
  mean = sum / (double)n;
  for (size_t j = 0; j < run->k; j++)
    if (es_joined_timed(run, j)) {
      const double off = log(run->mode[j].tau_measured) - mean;
      *flat += off * off;
    }
  *theory /= (double)n;
  *flat /= (double)n;
  return n;
}

double es_timed_log_error(const es_joined *run) {
  double theory, flat;
  return variances(run, &theory, &flat) == 0 ? NAN : sqrt(theory);
}

double es_timed_correlation(const es_joined *run) {
  return es_measure_correlation(run, es_joined_timed);
}

static double part_of_steps(const es_joined *run) {
  double theory, best;
  if (variances(run, &theory, &best) < 2) return NAN;
  /* fmin takes the other of a NaN. */
  best = fmin(best, pow(run->other.step_log_error, 2));
  best = fmin(best, pow(run->random.step_log_error, 2));
  const double part = 1 - theory / best;
  const double met = es_modes_met(run) / es_modes_predicted(run);
  return part > 0 ? part * met : part;
}

static double part_of_curves(const es_joined *run) {
  return 1 - pow(es_curve_error(run) / es_curve_error_null(run), 2);
}

static double part_of_subspace(const es_joined *run) {
  double best = fmax(es_share_chance(run), run->shares.untrained);
  best = fmax(best, run->other.alignment);
  best = fmax(best, run->random.alignment);
  /* Where a null has all of the space, only rounding is left to divide. */
  return best < 1 - ES_SAME ? (run->shares.start - best) / (1 - best) : NAN;
}

double es_score(const es_joined *run) {
  const double part[] = {part_of_steps(run), part_of_curves(run),
                         part_of_subspace(run)};
  double sum = 0, n = 0;
  for (int k = 0; k < 3; k++) {
    if (isnan(part[k])) continue;
    sum += fmax(part[k], -1);
    n++;
  }
  return sum / n;
}
