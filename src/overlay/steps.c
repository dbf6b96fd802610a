/* Step times and overlaps of one run: see joined.h. A mode steps where the
 * variance of the embedding along its predicted eigenfunction passes half of
 * its plateau, the half time of theory.md 1. */
#include "overlay/joined.h"

#include "metrics/crossing.h"

#include <math.h>

double es_joined_crossing(const es_joined *run, const double *curve,
                          size_t width, size_t j, double level) {
  return es_crossing_time(run->rows, run->t, 1, curve + j, width, level);
}

double es_joined_at(const es_joined *run, const double *curve, size_t width,
                    size_t j, double t) {
  double before = NAN, after = NAN, t0 = NAN, t1 = NAN;
  for (size_t i = 0; i < run->rows && isnan(after); i++) {
    const double y = curve[i * width + j];
    if (isnan(y)) continue;
    if (run->t[i] <= t) {
      before = y;
      t0 = run->t[i];
    } else {
      after = y;
      t1 = run->t[i];
    }
  }
  if (isnan(before)) return after;
  if (isnan(after)) return before;
  return before + (after - before) * ((t - t0) / (t1 - t0));
}

bool es_joined_expected(const es_joined *run, size_t j) {
  return run->mode[j].tau_predicted <= run->t[run->rows - 1];
}

bool es_joined_met(const es_joined *run, size_t j) {
  return es_joined_expected(run, j) && !isnan(run->mode[j].tau_measured);
}

bool es_joined_timed(const es_joined *run, size_t j) {
  return es_joined_met(run, j) && run->mode[j].tau_predicted > 0 &&
         run->mode[j].tau_measured > 0;
}

/* In plateaus, of which the rise is logistic. */
static double half_time(const es_joined *run, size_t j) {
  double *y = run->work;
  for (size_t i = 0; i < run->rows; i++)
    y[i] = run->along[i * run->k + j] / run->plateau[j];
  return es_joined_crossing(run, y, 1, 0, 0.5);
}

/* 1 - gamma_{j+1}^+/gamma_j. */
static double gap_of(size_t m, const double *gamma, size_t j) {
  const double next = j + 1 < m && gamma[j + 1] > 0 ? gamma[j + 1] : 0;
  return gamma[j] > 0 ? 1 - next / gamma[j] : NAN;
}

void es_joined_steps(es_joined *run, size_t m, const double *gamma,
                     const double *tau_generic) {
  const double end = run->t[run->rows - 1];
  for (size_t j = 0; j < run->k; j++) {
    const double tau = half_time(run, j);
    run->mode[j] = (es_overlay_step){
        .mode = (double)(j + 1),
        .gamma = gamma[j],
        .gap = gap_of(m, gamma, j),
        .tau_predicted = tau_generic[j],
        .tau_measured = tau,
        .relative_error = tau == tau_generic[j] ? 0 : tau / tau_generic[j] - 1,
        .overlap =
            es_joined_at(run, run->overlap, run->k, j, isnan(tau) ? end : tau),
    };
  }
}
