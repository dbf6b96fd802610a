/* Runs made by other means than training: a linear model's descent, dense and
 * plain, or curves of known step times; written as a run's folder. */
#ifndef ES_TESTS_OVERLAY_FAKE_H
#define ES_TESTS_OVERLAY_FAKE_H

#include "tests/file/temp.h"

#include "base/random.h"
#include "file/csv.h"
#include "file/h5.h"
#include "linalg/linalg.h"
#include "overlay/overlay.h"

#include <math.h>

enum { MOST_D = 10, MOST_M = 40, MOST_ROWS = 1001 };

typedef struct fake {
  size_t d, m, rows, every; /* every: steps from row to row */
  double lr, lr_end;        /* lr_end: printed in the last row, where not 0 */
  double gamma[MOST_M], Z0[MOST_D * MOST_M]; /* Z0: d×m, row-major */
  double tau[MOST_D], tau_generic[MOST_D];
  double loss[MOST_ROWS];
  double lambda[MOST_ROWS * MOST_D], along[MOST_ROWS * MOST_D],
      overlap[MOST_ROWS * MOST_D]; /* rows×d */
} fake;

static inline double logit(double y) { return log(y / (1 - y)); }

/* Where the first column of y (stride d) passes 1/2, by hand. */
static inline double half_time(const fake *f, const double *y) {
  for (size_t i = 1; i < f->rows; i++) {
    const double a = y[(i - 1) * f->d], b = y[i * f->d];
    if (a < 0.5 && b >= 0.5)
      return f->lr * (double)f->every *
             ((double)(i - 1) + logit(a) / (logit(a) - logit(b)));
  }
  return NAN;
}

/* A random start, and the aligned formula's half times for it. */
static inline void fake_start(fake *f, double scale, uint64_t seed) {
  double Q[MOST_D * MOST_D], R[MOST_D * MOST_D];
  for (size_t i = 0; i < f->d; i++)
    for (size_t j = 0; j < f->m; j++)
      f->Z0[i * f->m + j] =
          scale * es_random_normal(seed, ES_STREAM_USER, i * f->m + j);
  for (size_t j = 0; j < f->d; j++)
    for (size_t i = 0; i < f->d; i++) Q[j * f->d + i] = f->Z0[i * f->m + j];
  assert_int_equal(es_qr(f->d, f->d, Q, R, NULL), ES_OK);
  for (size_t j = 0; j < f->d; j++) {
    const double l0 = f->gamma[j] * pow(R[j * f->d + j], 2);
    f->tau[j] = log((1 - l0) / l0) / (8 * f->gamma[j]);
  }
}

/* One row of the trace at Z, where the features' true matrix G has the diagonal
 * gamma. */
static inline void fake_observe(fake *f, size_t row, const double *Z,
                                const double *ZG, const double *gamma,
                                double *C) {
  const size_t d = f->d, m = f->m;
  double values[MOST_D], copy[MOST_D * MOST_D];
  f->loss[row] = 0;
  for (size_t a = 0; a < d; a++)
    for (size_t b = 0; b < d; b++) {
      double sum = 0;
      for (size_t j = 0; j < m; j++) sum += ZG[a * m + j] * Z[b * m + j];
      C[a * d + b] = copy[a * d + b] = sum;
      f->loss[row] += pow(sum - (a == b), 2);
    }
  assert_int_equal(es_eigen_symmetric(d, copy, values, false, NULL), ES_OK);
  for (size_t j = 0; j < d; j++) {
    double norm = 0, form = 0;
    f->lambda[row * d + j] = values[d - 1 - j];
    for (size_t a = 0; a < d; a++) {
      norm += pow(ZG[a * m + j], 2);
      for (size_t b = 0; b < d; b++)
        form += ZG[a * m + j] * C[a * d + b] * ZG[b * m + j];
    }
    f->along[row * d + j] = norm / gamma[j];
    f->overlap[row * d + j] = norm * norm / (gamma[j] * form);
  }
}

/* Gradient descent on ||Z G Z^T - I||^2 from Z0, with every `every`-th step
 * observed. G NULL: diag(gamma), what theory says. */
static inline void fake_learn(fake *f, const double *G) {
  const size_t d = f->d, m = f->m;
  double C[MOST_D * MOST_D], gamma[MOST_M];
  for (size_t j = 0; j < m; j++)
    gamma[j] = G == NULL ? f->gamma[j] : G[j * m + j];
  double *Z = calloc(2 * d * m, sizeof *Z);
  assert_non_null(Z);
  double *ZG = Z + d * m;
  memcpy(Z, f->Z0, d * m * sizeof *Z);
  for (size_t step = 0; step <= f->every * (f->rows - 1); step++) {
    for (size_t a = 0; a < d; a++)
      for (size_t j = 0; j < m; j++) {
        ZG[a * m + j] = G == NULL ? Z[a * m + j] * f->gamma[j] : 0;
        for (size_t i = 0; G != NULL && i < m; i++)
          ZG[a * m + j] += Z[a * m + i] * G[i * m + j];
      }
    if (step % f->every == 0) fake_observe(f, step / f->every, Z, ZG, gamma, C);
    for (size_t a = 0; a < d; a++)
      for (size_t b = 0; b < d; b++) {
        double sum = 0;
        for (size_t j = 0; j < m; j++) sum += ZG[a * m + j] * Z[b * m + j];
        C[a * d + b] = sum - (a == b);
      }
    for (size_t j = 0; j < m; j++)
      for (size_t a = 0; a < d; a++)
        for (size_t b = 0; b < d; b++)
          Z[a * m + j] -= 4 * f->lr * C[a * d + b] * ZG[b * m + j];
  }
  free(Z);
}

/* Measured curves as logistic rises of known half times, which interpolation
 * finds to rounding: along_j and the eigenvalues alike; inf: never rises. */
static inline void fake_rises(fake *f, const double *half) {
  for (size_t i = 0; i < f->rows; i++) {
    const double t = f->lr * (double)(i * f->every);
    f->loss[i] = 0;
    for (size_t j = 0; j < f->d; j++) {
      const double y = isinf(half[j])
                           ? 0.001
                           : 1 / (1 + exp(-8 * f->gamma[j] * (t - half[j])));
      f->along[i * f->d + j] = f->lambda[i * f->d + j] = y;
      f->overlap[i * f->d + j] = 1;
      f->loss[i] += pow(1 - y, 2);
    }
  }
}

static inline void fake_prediction(const fake *f, const char *dir,
                                   const char *name) {
  static const char *const names[] = {"mode", "gamma",       "s0",
                                      "tau",  "tau_generic", "step"};
  es_diag diag = {0};
  es_csv csv = {0};
  char *path = es_file_join(dir, name);
  assert_ok(es_csv_open(&csv, path, NULL, &diag), diag);
  assert_ok(es_csv_header(&csv, names, 6, &diag), diag);
  for (size_t j = 0; j < f->d; j++) {
    const double row[] = {
        (double)(j + 1), f->gamma[j],       0.01,
        f->tau[j],       f->tau_generic[j], f->tau_generic[j] / f->lr};
    assert_ok(es_csv_row(&csv, row, 6, &diag), diag);
  }
  assert_ok(es_csv_close(&csv, &diag), diag);
  free(path);
}

static inline void fake_trace(const fake *f, const char *dir) {
  static const char *const families[] = {"lambda", "along", "overlap"};
  const double *const values[] = {f->lambda, f->along, f->overlap};
  char *path = es_file_join(dir, "trace.csv");
  FILE *out = fopen(path, "w");
  assert_non_null(out);
  fputs("t,step,epoch,loss,lr", out);
  for (int c = 0; c < 3; c++)
    for (size_t j = 0; j < f->d; j++)
      fprintf(out, ",%s_%zu", families[c], j + 1);
  for (size_t i = 0; i < f->rows; i++) {
    const size_t step = i * f->every;
    const bool other = f->lr_end != 0 && i + 1 == f->rows;
    fprintf(out, "\n%.17g,%zu,0,%.17g,%.17g", f->lr * (double)step, step,
            f->loss[i], other ? f->lr_end : f->lr);
    for (int c = 0; c < 3; c++)
      for (size_t j = 0; j < f->d; j++)
        fprintf(out, ",%.17g", values[c][i * f->d + j]);
  }
  fputc('\n', out);
  assert_int_equal(fclose(out), 0);
  free(path);
}

static inline void fake_arrays(const fake *f, const char *dir) {
  es_diag diag = {0};
  es_h5 *file = NULL;
  char *path = es_file_join(dir, "arrays.h5");
  const size_t shape[] = {f->d, f->m};
  assert_ok(es_h5_create(&file, path, &diag), diag);
  assert_ok(
      es_h5_write(file, "/prediction/gamma", f->gamma, shape + 1, 1, &diag),
      diag);
  assert_ok(es_h5_write(file, "/prediction/Z0", f->Z0, shape, 2, &diag), diag);
  assert_ok(es_h5_commit(file, &diag), diag);
  free(path);
}

static inline void fake_write(const fake *f, const char *dir) {
  es_diag diag = {0};
  assert_ok(es_file_mkdirs(dir, &diag), diag);
  fake_prediction(f, dir, "prediction.csv");
  fake_trace(f, dir);
  fake_arrays(f, dir);
}

/* Four modes of an aligned start, predicted at t = 1, 2, 4, 6 (by the aligned
 * formula twice that) in a run to t = 9.96 that was logged every fourth step;
 * half: where the measured curves pass 1/2. */
static inline void fake_four(fake *f, const double half[4]) {
  static const double gamma[4] = {1, 0.6, 0.4, 0.3}, tau[4] = {1, 2, 4, 6};
  *f = (fake){.d = 4, .m = 4, .rows = 250, .every = 4, .lr = 0.01};
  for (size_t j = 0; j < 4; j++) {
    f->gamma[j] = gamma[j];
    f->tau_generic[j] = tau[j];
    f->tau[j] = 2 * tau[j];
    f->Z0[j * 4 + j] = sqrt(exp(-8 * gamma[j] * tau[j]) / gamma[j]);
  }
  fake_rises(f, half);
}

/* Writes the fake as folder `name` of the test and overlays it alone. */
static inline es_overlay *overlay_of(void **state, const fake *f,
                                     const char *name) {
  es_diag diag = {0};
  es_overlay *out = NULL;
  const char *dir = at(state, name);
  fake_write(f, dir);
  assert_ok(es_overlay_new(&out, &dir, 1, &diag), diag);
  return out;
}

/* The row of that name, or NULL. */
static inline const es_overlay_metric *metric_of(const es_overlay *overlay,
                                                 const char *name) {
  size_t n = 0;
  const es_overlay_metric *m = es_overlay_agreement(overlay, &n);
  for (size_t i = 0; i < n; i++)
    if (strcmp(m[i].metric, name) == 0) return &m[i];
  return NULL;
}

static inline es_overlay_metric metric(const es_overlay *overlay,
                                       const char *name) {
  const es_overlay_metric *m = metric_of(overlay, name);
  if (m == NULL) fail_msg("no row '%s'", name);
  return *m;
}

/* Interpolation in the logit finds a logistic's half time to rounding: values
 * near 1/2 have logits good to some 1e-15 absolute, which is 1e-15/(8 gamma) in
 * time, gamma >= .3; this leaves room for what is made of a few of them. */
static const double rounding = 1e-13;

#define assert_metric(o, name, want_value, want_null)                          \
  do {                                                                         \
    const es_overlay_metric m_ = metric(o, name);                              \
    assert_close(m_.value, want_value, rounding, rounding);                    \
    assert_close(m_.null, want_null, rounding, rounding);                      \
    assert_close(m_.low, m_.value, 0, 0);                                      \
    assert_close(m_.high, m_.value, 0, 0);                                     \
  } while (0)

#endif
