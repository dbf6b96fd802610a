/* Null kernels: see nulls.h. */
#include "overlay/nulls.h"

#include "base/random.h"
#include "linalg/linalg.h"
#include "metrics/subspace.h"
#include "ntk/fit.h"
#include "overlay/measures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t seed = 21;

/* gamma without its zeros, into r numbers. */
static void take_gamma(double *out, const es_held *held) {
  for (size_t j = 0; j < held->m; j++)
    if (held->gamma[j] != 0) *out++ = held->gamma[j];
}

/* The covariance of the functions, which the spectral loss descends with. */
static es_status add_spread(es_frame *null, es_diag *diag) {
  const size_t r = null->r;
  double *S = es_zeroed(r, r, sizeof *S);
  if (S == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory for a null");
  const int threads = es_blas_serial();
  es_syrk(r, null->rows, 1 / (double)null->rows, null->phi, 0, S);
  es_blas_resume(threads);
  const es_status status = es_held_restore_spread(&null->held, S, diag);
  free(S);
  return status;
}

/* null->held from gamma (r) and null->phi, started from the run's embeddings.
 */
static es_status start(es_frame *null, const es_joined *run,
                       const double *gamma, es_diag *diag) {
  const size_t d = run->d, r = null->r;
  double *Z0 = es_zeroed(d, r, sizeof *Z0);
  if (Z0 == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory for a null");
  es_status status = es_features_fit(Z0, null->rows / 2, r, null->phi, d,
                                     run->frames.before, diag);
  if (status == ES_OK)
    status = es_held_restore(&null->held, r, gamma, d, Z0, diag);
  if (status == ES_OK && run->frames.start.held.S != NULL)
    status = add_spread(null, diag);
  free(Z0);
  return status;
}

/* Measures of the null's step times against those of the run. */
static void compare_steps(es_null *out, const es_joined *run,
                          const es_held_step *step) {
  double *x = run->work, *y = x + run->k, sum = 0;
  const double never = 2 * run->t[run->rows - 1];
  size_t n = 0;
  for (size_t j = 0; j < run->k; j++) {
    if (!es_joined_timed(run, j)) continue;
    const double tau = step[j].tau_generic;
    x[n] = tau > 0 ? tau : isnan(tau) ? never : run->rate;
    y[n] = run->mode[j].tau_measured;
    const double error = log(y[n] / x[n]);
    sum += error * error;
    n++;
  }
  out->step_log_error = n == 0 ? NAN : sqrt(sum / (double)n);
  out->rank_correlation = es_measure_spearman(n, x, y);
}

typedef struct trial {
  es_held_step *step;
  double *Z, *F;
} trial;

static es_status judge(es_null *out, const es_joined *run, const es_frame *null,
                       trial *w, es_diag *diag) {
  const size_t last = (size_t)run->step[run->rows - 1];
  const es_held_path path = {.Z = w->Z};
  es_status status = es_held_steps(&null->held, run->rate, last, w->step, diag);
  if (status == ES_OK)
    status = es_held_descend(&null->held, run->rate, &last, 1, &path, diag);
  if (status != ES_OK) return status;
  compare_steps(out, run, w->step);
  es_frame_embed(w->F, null, run->frames.before, w->Z);
  return es_subspace_alignment(&out->alignment, null->rows, run->d, w->F,
                               run->frames.after, diag);
}

/* What the null of these functions and gamma says; a blow-up leaves NaN. */
static es_status try_null(es_null *out, const es_joined *run, es_frame *null,
                          const double *gamma, es_diag *diag) {
  trial w = {es_zeroed(run->d, 1, sizeof *w.step),
             es_zeroed(run->d, null->r, sizeof *w.Z),
             es_zeroed(null->rows, run->d, sizeof *w.F)};
  es_diag own = {0};
  es_status status = w.step == NULL || w.Z == NULL || w.F == NULL
                         ? es_fail(&own, ES_NO_MEMORY, "no memory for a null")
                         : start(null, run, gamma, &own);
  *out = (es_null){NAN, NAN, NAN};
  if (status == ES_OK) status = judge(out, run, null, &w, &own);
  es_held_free(&null->held);
  free(w.step);
  free(w.Z);
  free(w.F);
  return status == ES_OK || status == ES_NOT_FINITE
             ? ES_OK
             : es_fail(diag, status, "%s", own.message);
}

/* Means over nulls, of the numbers that are some. */
typedef struct mean {
  double sum, n;
} mean;

static void count(mean *m, double x) {
  if (isnan(x)) return;
  m->sum += x;
  m->n++;
}

typedef struct means {
  mean error, rank, alignment;
} means;

static void count_null(means *m, const es_null *null) {
  count(&m->error, null->step_log_error);
  count(&m->rank, null->rank_correlation);
  count(&m->alignment, null->alignment);
}

static es_null mean_null(const means *m) {
  return (es_null){m->error.sum / m->error.n, m->rank.sum / m->rank.n,
                   m->alignment.sum / m->alignment.n};
}

static bool whole(const es_joined *run) {
  const es_frames *f = &run->frames;
  return f->start.phi != NULL && f->before != NULL && f->after != NULL;
}

static bool comparable(const es_joined *run, const es_joined *other) {
  return whole(other) && run->frames.pairs == other->frames.pairs &&
         run->frames.rows == other->frames.rows &&
         other->frames.start.r >= run->d;
}

static es_status try_others(es_joined *run, const es_joined *all, size_t n_runs,
                            double *gamma, es_diag *diag) {
  means m = {{0, 0}, {0, 0}, {0, 0}};
  es_status status = ES_OK;
  for (size_t i = 0; status == ES_OK && i < n_runs; i++) {
    const es_frame *frame = &all[i].frames.start;
    if (&all[i] == run || !comparable(run, &all[i])) continue;
    es_frame null = {.rows = frame->rows, .r = frame->r, .phi = frame->phi};
    es_null said;
    take_gamma(gamma, &frame->held);
    status = try_null(&said, run, &null, gamma, diag);
    count_null(&m, &said);
  }
  run->other = mean_null(&m);
  return status;
}

/* n×columns orthonormal columns drawn by (draw, half), the first one of ones if
 * asked for. */
static es_status draw_functions(double *Q, double *R, size_t n, size_t columns,
                                bool ones, uint64_t draw, es_diag *diag) {
  for (size_t i = 0; i < n * columns; i++)
    Q[i] = ones && i < n
               ? 1
               : es_random_normal(seed + draw, ES_STREAM_NULL, (uint64_t)i);
  const int threads = es_blas_serial();
  const es_status status = es_qr(n, columns, Q, R, diag);
  es_blas_resume(threads);
  return status;
}

/* phi of one sign of gamma: columns from to to-1 of the null. Functions that
 * are alike on both views are drawn orthogonal to the constant, those that are
 * opposite are so by themselves: n - 1 and n of them are possible. */
static es_status fill_half(es_frame *null, const double *gamma, size_t from,
                           size_t to, uint64_t draw, es_diag *diag) {
  if (to == from) return ES_OK;
  const bool ones = gamma[from] > 0;
  const size_t n = null->rows / 2, columns = to - from + ones, r = null->r;
  double *Q = es_zeroed(n, columns, sizeof *Q);
  double *R = es_zeroed(columns, columns, sizeof *R);
  es_status status = Q == NULL || R == NULL
                         ? es_fail(diag, ES_NO_MEMORY, "no memory for a null")
                         : draw_functions(Q, R, n, columns, ones, draw, diag);
  for (size_t j = from; status == ES_OK && j < to; j++)
    for (size_t i = 0; i < n; i++) {
      const double u = Q[i + (j - from + ones) * n];
      const double y = u * sqrt(fabs(gamma[j]) * (double)n);
      null->phi[i * r + j] = y;
      null->phi[(i + n) * r + j] = gamma[j] > 0 ? y : -y;
    }
  free(Q);
  free(R);
  return status;
}

static es_status draw_null(es_null *out, const es_joined *run, es_frame *null,
                           const double *gamma, size_t positive, uint64_t draw,
                           es_diag *diag) {
  es_status status = fill_half(null, gamma, 0, positive, 2 * draw, diag);
  if (status == ES_OK)
    status = fill_half(null, gamma, positive, null->r, 2 * draw + 1, diag);
  return status == ES_OK ? try_null(out, run, null, gamma, diag) : status;
}

static es_status try_random(es_joined *run, double *gamma, es_diag *diag) {
  const es_frame *frame = &run->frames.start;
  const size_t n = frame->rows / 2, r = frame->r;
  size_t positive = 0;
  means m = {{0, 0}, {0, 0}, {0, 0}};
  take_gamma(gamma, &frame->held);
  while (positive < r && gamma[positive] > 0) positive++;
  if (r < run->d || positive >= n || r - positive > n) return ES_OK;
  es_frame null = {.rows = frame->rows, .r = r};
  null.phi = es_zeroed(frame->rows, r, sizeof *null.phi);
  if (null.phi == NULL)
    return es_fail(diag, ES_NO_MEMORY, "no memory for a null");
  es_status status = ES_OK;
  for (uint64_t draw = 0; status == ES_OK && draw < ES_NULL_DRAWS; draw++) {
    es_null said;
    status = draw_null(&said, run, &null, gamma, positive, draw, diag);
    if (status == ES_OK) count_null(&m, &said);
  }
  free(null.phi);
  run->random = mean_null(&m);
  return status;
}

es_status es_nulls_fill(es_joined *run, size_t n_runs, es_diag *diag) {
  size_t most = 1;
  es_status status = ES_OK;
  for (size_t i = 0; i < n_runs; i++)
    if (run[i].frames.start.r > most) most = run[i].frames.start.r;
  double *gamma = calloc(most, sizeof *gamma);
  if (gamma == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory for a null");
  for (size_t i = 0; status == ES_OK && i < n_runs; i++) {
    run[i].other = run[i].random = (es_null){NAN, NAN, NAN};
    if (!whole(&run[i]) || run[i].frames.start.r < run[i].d) continue;
    status = try_others(&run[i], run, n_runs, gamma, diag);
    if (status == ES_OK) status = try_random(&run[i], gamma, diag);
  }
  free(gamma);
  return status;
}
