/* Rows of a network's trace: the columns of monitor.h, and every value from
 * what the trainer measures, by the definitions. */
#include "tests/models/monitored.h"

#include "base/random.h"
#include "linalg/linalg.h"
#include "metrics/collapse.h"

#include <omp.h>

enum { N = 12, D = 3, WIDTH = 32, K = 2 };

/* Sums of a few hundred doubles, and eigenvalues of order 32. */
static const double tol = 1e-11;

static void columns_are_those_of_the_header(void **state) {
  static const char *const head[] = {"t", "step", "epoch", "loss", "lr"};
  static const char *const measures[] = {"auc", "rankme", "alpha_req",
                                         "participation_ratio"};
  static const struct {
    const char *name;
    size_t n;
  } families[] = {{"lambda", D}, {"cov_lambda", D}, {"repr_lambda", WIDTH}},
    last[] = {{"along", K}, {"overlap", K}};
  const double phi[2 * N * K] = {0}, gamma[K] = {0};
  trained t = SMALL_RESNET((folder *)*state, "train.lr=0.02", "train.steps=9");
  for (size_t k = 0; k <= K; k += K) {
    es_monitor *m = monitor_of(&t, k, phi, gamma);
    char want[64];
    size_t at = 0;
    for (int j = 0; j < 5; j++)
      assert_string_equal(es_monitor_column(m, at++), head[j]);
    for (int f = 0; f < 3; f++)
      for (size_t j = 1; j <= families[f].n; j++) {
        snprintf(want, sizeof want, "%s_%zu", families[f].name, j);
        assert_string_equal(es_monitor_column(m, at++), want);
      }
    for (int j = 0; j < 8; j++) {
      snprintf(want, sizeof want, "%s%s", j < 4 ? "" : "emb_", measures[j % 4]);
      assert_string_equal(es_monitor_column(m, at++), want);
    }
    for (int f = 0; f < 2 && k > 0; f++)
      for (size_t j = 1; j <= last[f].n; j++) {
        snprintf(want, sizeof want, "%s_%zu", last[f].name, j);
        assert_string_equal(es_monitor_column(m, at++), want);
      }
    assert_string_equal(es_monitor_column(m, at++), "emb_std");
    assert_int_equal(es_monitor_columns(m), at);
    es_monitor_free(m);
  }
  close_trained(&t);
}

/* t = lr · step also where the rate was set; 18 pairs make 3 steps of an
 * epoch. */
static void times_and_loss(void **state) {
  trained t = SMALL_RESNET((folder *)*state, "train.lr=0.5", "train.steps=9");
  es_monitor *m = monitor_of(&t, 0, NULL, NULL);
  es_trainer_set_rate(t.trainer, .0125);
  for (int step = 0; step < 5; step++) {
    const double *row = row_of(m, &t);
    double loss;
    es_diag diag = {0};
    assert_ok(es_trainer_measure(t.trainer, NULL, NULL, NULL, &loss, &diag),
              diag);
    assert_close(row[column(m, "t")], .0125 * step, 0, 0);
    assert_close(row[column(m, "step")], step, 0, 0);
    assert_close(row[column(m, "epoch")], step / 3., 1e-16, 0);
    assert_close(row[column(m, "lr")], .0125, 0, 0);
    assert_close(row[column(m, "loss")], loss, 0, 0);
    take_steps(t.trainer, 1);
  }
  es_monitor_free(m);
  close_trained(&t);
}

/* lr is that of the step before the row, t the sum of all before it. */
static void rows_of_a_schedule(void **state) {
  static const double lr[] = {.25, .25, .5, .75}, t_over_lr[] = {0, 1, 3, 6};
  trained t = SMALL_RESNET((folder *)*state, "train.lr=1", "train.warmup=4");
  es_monitor *m = monitor_of(&t, 0, NULL, NULL);
  es_trainer_set_rate(t.trainer, .01);
  for (int step = 0; step < 4; step++) {
    const double *row = row_of(m, &t);
    assert_close(row[column(m, "lr")], .01 * lr[step], 1e-15, 0);
    assert_close(row[column(m, "t")], .0025 * t_over_lr[step], 1e-15, 0);
    take_steps(t.trainer, 1);
  }
  es_monitor_free(m);
  close_trained(&t);
}

/* Eigenvalues, falling, of (1/rows) sum x_i x_{i'}^T over centred rows, i' the
 * other view of the pair or i itself. */
static void eigenvalues(double *out, size_t d, const double *x, bool cross) {
  double *C = calloc(d * d, sizeof *C), *mean = calloc(d, sizeof *mean);
  es_diag diag = {0};
  assert_true(C != NULL && mean != NULL);
  for (size_t i = 0; i < 2 * N * d; i++) mean[i % d] += x[i] / (2 * N);
  for (size_t i = 0; i < 2 * N; i++) {
    const size_t o = cross ? (i + N) % (2 * N) : i;
    for (size_t a = 0; a < d; a++)
      for (size_t b = 0; b < d; b++)
        C[a + b * d] +=
            (x[i * d + a] - mean[a]) * (x[o * d + b] - mean[b]) / (2 * N);
  }
  assert_ok(es_eigen_symmetric(d, C, out, false, &diag), diag);
  es_eigen_falling(d, out, NULL);
  free(C);
  free(mean);
}

/* theory.md 8 and docs/metrics.md, from variances: sigma = √value. A
 * relative difference u of the largest variance is up to u·1e12 of one that
 * just counts for alpha_req, with logarithms of 30 at most: a thousandth. */
static void check_collapse(const es_monitor *m, const double *row,
                           const char *prefix, size_t d, const double *value) {
  double sum = 0, area = 0, entropy = 0, squares = 0, fourths = 0, part = 0;
  double n = 0, x = 0, y = 0, xx = 0, xy = 0;
  const double top = sqrt(value[0]);
  char name[4][48];
  static const char *const names[] = {"auc", "rankme", "alpha_req",
                                      "participation_ratio"};
  for (int k = 0; k < 4; k++)
    snprintf(name[k], sizeof name[k], "%s%s", prefix, names[k]);
  for (size_t j = 0; j < d; j++) sum += sqrt(fmax(value[j], 0));
  for (size_t j = 0; j < d; j++) {
    const double s = sqrt(fmax(value[j], 0)), q = s / sum;
    part += q;
    area += part / (double)d;
    if (q > 0) entropy -= q * log(q);
    squares += s * s;
    fourths += s * s * s * s;
    if (!(s > 1e-6 * top)) continue;
    n++;
    x += log((double)j + 1);
    y += 2 * log(s);
    xx += log((double)j + 1) * log((double)j + 1);
    xy += log((double)j + 1) * 2 * log(s);
  }
  /* sigma of a variance that is rounding, 1e-16, is 1e-8: times 32. */
  assert_close(row[column(m, name[0])], area, 1e-5, 0);
  assert_close(row[column(m, name[1])], exp(entropy), 1e-5, 0);
  assert_close(row[column(m, name[2])], -(n * xy - x * y) / (n * xx - x * x),
               1e-3, 0);
  assert_close(row[column(m, name[3])], squares * squares / fourths, tol, 0);
}

static void check_spectra(const es_monitor *m, const double *row, size_t width,
                          const double *z, const double *h) {
  double lambda[D], cov[D], repr[WIDTH];
  eigenvalues(lambda, D, z, true);
  eigenvalues(cov, D, z, false);
  eigenvalues(repr, width, h, false);
  for (size_t j = 0; j < D; j++) {
    assert_close(row[column(m, "lambda_1") + j], lambda[j], 0, tol);
    assert_close(row[column(m, "cov_lambda_1") + j], cov[j], 0, tol);
  }
  for (size_t j = 0; j < width; j++)
    assert_close(row[column(m, "repr_lambda_1") + j], fmax(repr[j], 0), 0,
                 tol * fmax(1, repr[0]));
  check_collapse(m, row, "", width, repr);
  check_collapse(m, row, "emb_", D, cov);
}

/* Of a network whose representation is not its embedding, and of a linear map,
 * for which it is. */
static void spectra_are_those_of_the_eval_pairs(void **state) {
  const folder *f = *state;
  static double z[2 * N * D], h[2 * N * WIDTH];
  for (int linear = 0; linear < 2; linear++) {
    write_waves(f, 18, 8);
    trained t = linear ? TRAINER("data.name=idx", f->word, "net.arch=linear",
                                 "method.dim=3", "train.batch=5",
                                 "train.eval_n=12", "train.lr=0.002")
                       : SMALL_RESNET(f, "train.lr=0.01", "net.norm=batch");
    es_monitor *m = monitor_of(&t, 0, NULL, NULL);
    const size_t width = linear ? D : WIDTH;
    for (int step = 0; step < 8; step += 4) {
      es_diag diag = {0};
      const double *row = row_of(m, &t);
      assert_ok(es_trainer_measure(t.trainer, NULL, h, z, NULL, &diag), diag);
      check_spectra(m, row, width, z, h);
      take_steps(t.trainer, 4);
    }
    es_monitor_free(m);
    close_trained(&t);
  }
}

/* a_j = (1/2n) sum_i (z_i phi_j(x_i') + z_i' phi_j(x_i)), by loops, with z
 * centred; along = |a|^2/gamma, overlap = along |a|^2/a^T C a. */
static void check_along(const double *row, size_t k, const double *z,
                        const double *phi, const double *gamma) {
  double mean[D] = {0}, c[2 * N * D];
  for (size_t i = 0; i < 2 * N * D; i++) mean[i % D] += z[i] / (2 * N);
  for (size_t i = 0; i < 2 * N * D; i++) c[i] = z[i] - mean[i % D];
  for (size_t j = 0; j < k; j++) {
    double a[D] = {0}, square = 0, variance = 0;
    for (size_t i = 0; i < 2 * N; i++)
      for (size_t r = 0; r < D; r++)
        a[r] += c[i * D + r] * phi[(i + N) % (2 * N) * k + j] / (2 * N);
    for (size_t r = 0; r < D; r++) square += a[r] * a[r];
    for (size_t i = 0; i < 2 * N; i++) {
      double one = 0, other = 0;
      for (size_t r = 0; r < D; r++) {
        one += a[r] * c[i * D + r];
        other += a[r] * c[(i + N) % (2 * N) * D + r];
      }
      variance += one * other / (2 * N);
    }
    assert_close(row[j], square / gamma[j], 1e-9, 0);
    assert_close(row[k + j], square / gamma[j] * square / variance, 1e-9, 0);
  }
}

/* The functions are copied: what the caller does with his own is his. */
static void along_given_functions(void **state) {
  trained t = SMALL_RESNET((folder *)*state, "train.lr=0.01", "train.steps=9");
  double phi[2 * N * K], kept[2 * N * K], z[2 * N * D], scratch[2 * N * D];
  es_diag diag = {0};
  for (size_t i = 0; i < 2 * N * K; i++)
    kept[i] = es_random_normal(1, ES_STREAM_USER, i % (N * K)) +
              .3 * es_random_normal(2, ES_STREAM_USER, i);
  for (size_t k = 1; k <= K; k++) {
    double gamma[K] = {.7, 2};
    memcpy(phi, kept, sizeof phi);
    es_monitor *m = monitor_of(&t, k, phi, gamma);
    memset(phi, 0, sizeof phi);
    gamma[0] = gamma[1] = -1;
    take_steps(t.trainer, 3);
    const double *row = row_of(m, &t);
    assert_ok(es_trainer_measure(t.trainer, NULL, NULL, z, NULL, &diag), diag);
    assert_int_equal(column(m, "overlap_1"), column(m, "along_1") + k);
    check_along(row + column(m, "along_1"), k, z, kept,
                (const double[]){.7, 2});
    assert_close(row[column(m, "emb_std")],
                 es_collapse_spread(2 * N, D, z, scratch), 0, 0);
    es_monitor_free(m);
  }
  close_trained(&t);
}

/* Embeddings beyond the range of a float have no row; the trainer's line is
 * passed on. */
static void what_is_not_finite_has_no_row(void **state) {
  const folder *f = *state;
  write_waves(f, 18, 8);
  trained t = TRAINER("data.name=idx", f->word, "net.arch=linear",
                      "method.dim=3", "train.batch=5", "net.init_scale=3e38");
  es_monitor *m = monitor_of(&t, 0, NULL, NULL);
  es_diag diag = {0};
  const double *row;
  assert_status(es_monitor_row(m, t.trainer, &row, &diag), ES_NOT_FINITE);
  assert_non_null(strstr(diag.message, "net.init_scale"));
  assert_null(strstr(diag.message, "smaller rate"));
  es_monitor_free(m);
  es_monitor_free(NULL);
  close_trained(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(columns_are_those_of_the_header),
      IN_FOLDER(times_and_loss),
      IN_FOLDER(rows_of_a_schedule),
      IN_FOLDER(spectra_are_those_of_the_eval_pairs),
      IN_FOLDER(along_given_functions),
      IN_FOLDER(what_is_not_finite_has_no_row),
  };
  omp_set_num_threads(1); /* these networks are too small for more */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
