/* A diagram of outcomes, alpha_p × eta, 1000 × 1000, in under a second of
 * solving on two cores. Cells are held against plain integration to where the
 * outcome is plain to see, by GSL's rk8pd and without any proof: those at the
 * diagram's boundaries and some of the rest, or all with BENCH_ALL=1. Exits 1
 * where any differs. */
#include "tests/bench/record.h"

#include "base/progress.h"
#include "models/linear/eigenmodes.h"

#include <eigenstep/eigenstep.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_odeiv2.h>
#include <math.h>
#include <omp.h>

enum { SIDE = 1000, CELLS = SIDE * SIDE, ROUNDS = 5, SOME = 211 };
static const double claimed = 1;
static const double p0 = .1, s0 = .02, b = 1.09, beta = .4;

typedef struct diagram {
  double alpha[SIDE], eta[SIDE];
  unsigned char fate[CELLS];
  uint64_t n[4];
  double steps;
} diagram;

static es_status take_fate(void *context, uint64_t cell, const double *axes,
                           const double *columns, const es_cell *said) {
  diagram *d = context;
  (void)axes, (void)columns;
  d->fate[cell] = (unsigned char)said->fate;
  d->n[said->fate]++;
  d->steps += said->steps;
  return ES_OK;
}

static double draw(diagram *d, size_t threads) {
  const es_keys sets[] = {es_eigenmode_keys, es_sweep_keys};
  const char *const words[] = {"model.p0=.1", "model.s0=.02",
                               "solver.rtol=1e-8"};
  const es_axis axes[] = {
      {.section = "model", .name = "alpha_p", .value = d->alpha, .n = SIDE},
      {.section = "model", .name = "eta", .value = d->eta, .n = SIDE}};
  es_config *config = NULL;
  es_sweep *sweep = NULL;
  es_diag diag = {0};
  stop_at(es_config_new(&config, sets, 2, &diag), &diag);
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    stop_at(es_config_set(config, words[i], &diag), &diag);
  stop_at(
      es_sweep_new(&sweep, &es_model_byol_eigenmode, config, axes, 2, &diag),
      &diag);
  memset(d->n, 0, sizeof d->n);
  d->steps = 0;
  const double begun = es_seconds();
  stop_at(es_sweep_run(sweep, 0, CELLS, threads, NULL, take_fate, d, &diag),
          &diag);
  const double seconds = es_seconds() - begun;
  es_sweep_free(sweep);
  es_config_free(config);
  return seconds;
}

/* (p, w, a), in which collapse is regular. */
static int rhs(double t, const double *y, double *f, void *context) {
  const double *x = context, pull = y[2] - b * y[0] * y[1];
  (void)t;
  f[0] = x[0] * y[1] * pull - x[1] * y[0];
  f[1] = y[0] * pull - x[1] * y[1];
  f[2] = beta * (y[1] - y[2]);
  return GSL_SUCCESS;
}

/* Within 1% of where both p+ and the invariant want it, or all but gone. */
static int plain_outcome(const double *x, const double *y) {
  const double D = 1 - 4 * b * x[1], p = (1 + sqrt(D)) / (2 * b);
  const double size = sqrt(x[0]) * fmax(fabs(y[1]), fabs(y[2]));
  if (fmax(fabs(y[0]), size) < 1e-3 * fmin(x[1], 1)) return ES_FATE_COLLAPSED;
  if (fabs(y[0] - p) < .01 * p && fabs(y[2] - y[1]) < .01 * y[1])
    return ES_FATE_STABLE;
  return ES_FATE_UNDECIDED;
}

static int integrate(double alpha, double eta) {
  double x[] = {alpha, eta}, y[] = {p0, sqrt(s0), 0}, t = 0;
  gsl_odeiv2_system system = {rhs, NULL, 3, x};
  gsl_odeiv2_driver *driver = gsl_odeiv2_driver_alloc_y_new(
      &system, gsl_odeiv2_step_rk8pd, 1e-3, 1e-30, 1e-10);
  int seen = ES_FATE_UNDECIDED;
  if (driver == NULL) exit(1);
  for (double end = 1000; end < 1e7 && seen == ES_FATE_UNDECIDED; end *= 3) {
    if (gsl_odeiv2_driver_apply(driver, &t, end, y) != GSL_SUCCESS) exit(1);
    seen = plain_outcome(x, y);
  }
  gsl_odeiv2_driver_free(driver);
  return seen;
}

static bool at_boundary(const diagram *d, size_t i) {
  const size_t row = i / SIDE, column = i % SIDE;
  return (column > 0 && d->fate[i] != d->fate[i - 1]) ||
         (column + 1 < SIDE && d->fate[i] != d->fate[i + 1]) ||
         (row > 0 && d->fate[i] != d->fate[i - SIDE]) ||
         (row + 1 < SIDE && d->fate[i] != d->fate[i + SIDE]);
}

static size_t compare(const diagram *d, bool all, size_t *looked) {
  size_t different = 0, n = 0;
#pragma omp parallel for schedule(dynamic, 64) reduction(+ : different, n)
  for (size_t i = 0; i < CELLS; i++) {
    if (!all && i % SOME != 0 && !at_boundary(d, i)) continue;
    n++;
    if (integrate(d->alpha[i / SIDE], d->eta[i % SIDE]) == d->fate[i]) continue;
    different++;
  }
  *looked = n;
  return different;
}

int main(void) {
  static diagram d;
  const char *all = getenv("BENCH_ALL");
  const size_t threads = omp_get_max_threads() > 1 ? 2 : 1;
  double best = INFINITY;
  size_t looked = 0;
  es_init();
  for (size_t i = 0; i < SIDE; i++) {
    d.alpha[i] = .1 * pow(100, (double)i / (SIDE - 1));
    d.eta[i] = 1e-3 * pow(1000, (double)i / (SIDE - 1));
  }
  best = draw(&d, threads);
  const size_t different = compare(&d, all != NULL && *all == '1', &looked);
  printf("%zu of %d cells integrated to the end: %zu differ\n", looked, CELLS,
         different);
  if (different > 0) return 1;
  for (int k = 0; k < ROUNDS; k++) best = fmin(best, draw(&d, threads));
  const bool holds = best < claimed;
  printf("%s  diagram of %d × %d outcomes on %zu core%s: %.3f s (under %g); "
         "%.2f steps a cell; %lu stable, %lu collapsed, %lu undecided\n",
         holds ? "pass" : "FAIL", SIDE, SIDE, threads, threads > 1 ? "s" : "",
         best, claimed, d.steps / CELLS, (unsigned long)d.n[ES_FATE_STABLE],
         (unsigned long)d.n[ES_FATE_COLLAPSED],
         (unsigned long)d.n[ES_FATE_UNDECIDED]);
  FILE *csv = bench_table("diagram.csv", "cells,threads,seconds,stable,"
                                         "collapsed,undecided,integrated,"
                                         "different,claimed,holds");
  fprintf(
      csv, "%d,%zu,%.4f,%lu,%lu,%lu,%zu,%zu,%g,%d\n", CELLS, threads, best,
      (unsigned long)d.n[ES_FATE_STABLE], (unsigned long)d.n[ES_FATE_COLLAPSED],
      (unsigned long)d.n[ES_FATE_UNDECIDED], looked, different, claimed, holds);
  fclose(csv);
  return 0;
}
