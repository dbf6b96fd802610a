/* The staircase by itself, whatever was predicted: eigenvalues of C in rank
 * order, and the loss between their steps; see measures.h. */
#include "overlay/measures.h"

#include <math.h>

static const double low = 0.05, begun = 0.2, high = 0.5;

static double passes(const es_joined *run, size_t j, double level) {
  return j < run->d ? es_joined_crossing(run, run->lambda, run->d, j, level)
                    : NAN;
}

/* Eigenvalue j was under `low` at some row before t. */
static bool was_low(const es_joined *run, size_t j, double t) {
  for (size_t i = 0; i < run->rows && run->t[i] <= t; i++)
    if (run->lambda[i * run->d + j] < low) return true;
  return false;
}

static bool separate(const es_joined *run, size_t j) {
  const double up = passes(run, j, high), next = passes(run, j + 1, begun);
  return !isnan(up) && was_low(run, j, up) && (isnan(next) || up < next);
}

double es_one_at_a_time(const es_joined *run) {
  size_t n = 0;
  for (size_t j = 0; j < run->d; j++) n += separate(run, j);
  return (double)n;
}

double es_one_at_a_time_null(const es_joined *run) {
  return isnan(passes(run, 0, high)) ? 0 : 1;
}

bool es_not_separate(const es_joined *run, size_t j) {
  return !separate(run, j) &&
         (!isnan(passes(run, j, high)) || !isnan(passes(run, j + 1, begun)));
}

double es_value_at_next(const es_joined *run, size_t j) {
  const double next = passes(run, j + 1, begun);
  return isnan(next) ? NAN : es_joined_at(run, run->lambda, run->d, j, next);
}

/* The loss has the plateaus d - k. */
static bool staircase(const es_joined *run) {
  return run->theorem != 0 && run->frames.start.held.S == NULL;
}

double es_plateau_distance(const es_joined *run) {
  double worst = NAN;
  if (!staircase(run)) return NAN;
  for (size_t k = 1; k < run->d; k++) {
    const double t = (passes(run, k - 1, high) + passes(run, k, high)) / 2;
    if (isnan(t)) break;
    const double distance =
        fabs(es_joined_at(run, run->loss, 1, 0, t) - (double)(run->d - k));
    if (!(distance <= worst)) worst = distance;
  }
  return worst;
}

double es_plateau_distance_null(const es_joined *run) {
  return !staircase(run) || isnan(passes(run, 1, high)) ? NAN : 0.25;
}
