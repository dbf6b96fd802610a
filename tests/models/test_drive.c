/* The contrastive drive: pairs, batches and moments, and the gradient that maps
 * which are not linear take from it. */
#include "tests/models/byol.h"

#include "data/moments.h"
#include "models/linear/contrastive.h"

static es_drive *drive_of(const char *const *words) {
  es_config *config = config_of(&es_model_contrastive, words);
  es_drive *drive;
  es_diag diag = {0};
  assert_ok(es_drive_open(&drive, config, NULL, &diag), diag);
  es_config_free(config);
  return drive;
}

#define DRIVE(...) drive_of((const char *const[]){__VA_ARGS__, NULL})

#define TOY                                                                    \
  "data.name=gaussian", "data.dims=3", "augment.noise=.4",                     \
      "augment.noise_views=one", "augment.noise_dims=2"

static void begin(es_drive *drive, size_t d, const double *V) {
  es_diag diag = {0};
  assert_ok(es_drive_begin(drive, d, V, &diag), diag);
}

/* Step k takes samples k·batch … of the line of draws: wherever it ends in the
 * data, in whatever order steps are asked for, from the data set's own pairs.
 */
static void batches_are_functions_of_the_step(void **state) {
  (void)state;
  enum { n = 10, batch = 4, m = 3 };
  const char *const words[] = {TOY, "data.n=10", NULL};
  const double V[m] = {1, 2, 3};
  es_config *config = config_of(&es_model_contrastive, words);
  es_drive *drive =
      DRIVE(TOY, "data.n=10", "batch=4", "lr=.1", "solver.method=gd");
  es_dataset *set;
  es_diag diag = {0};
  assert_ok(es_dataset_open(&set, config, &diag), diag);
  begin(drive, 1, V);
  static const unsigned steps[] = {0, 3, 2, 7, 0, 1000};
  for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
    const double *x, *xp;
    double want[m], want_p[m];
    size_t count;
    /* t as descent has it: a multiple of the rate, but for roundoff. */
    const double off = s % 2 == 0 ? 1e-12 : -1e-12;
    assert_status(
        es_drive_pairs(drive, steps[s] * .1 * (1 + off), &x, &xp, &count),
        ES_OK);
    assert_int_equal(count, batch);
    for (size_t c = 0; c < batch; c++) {
      const size_t number = steps[s] * batch + c;
      es_dataset_pair(set, number % n, number / n, want, want_p);
      for (size_t j = 0; j < m; j++) {
        assert_close(x[j + c * m], want[j], 0, 0);
        assert_close(xp[j + c * m], want_p[j], 0, 0);
      }
    }
  }
  assert_int_equal(es_drive_count(drive), batch);
  es_dataset_free(set);
  es_config_free(config);
  es_drive_close(drive);
}

/* C and A are those of es_view_moments, to roundoff of sums over 500. */
static void moments_are_those_of_views(void **state) {
  (void)state;
  const char *const words[] = {TOY, "data.n=500", NULL};
  es_config *config = config_of(&es_model_contrastive, words);
  es_drive *drive = DRIVE(TOY, "data.n=500", "mode=population");
  es_dataset *set;
  es_view_moments want;
  es_diag diag = {0};
  assert_ok(es_dataset_open(&set, config, &diag), diag);
  assert_ok(es_view_moments_new(&want, set, 2, false, NULL, &diag), diag);
  for (size_t k = 0; k < 9; k++) {
    assert_close(es_drive_c(drive)[k], want.C[k], 1e-13, 1e-15);
    assert_close(es_drive_a(drive)[k], want.A[k], 1e-13, 1e-15);
  }
  /* The noise: .16 on two values, known to sqrt(2/500) each, 5 deviations. */
  assert_close(es_drive_a(drive)[0], .16, 5 * sqrt(2. / 500), 0);
  assert_close(es_drive_a(drive)[8], 0, 0, 0);
  es_view_moments_free(&want);
  es_dataset_free(set);
  es_config_free(config);
  es_drive_close(drive);
}

/* Of more pairs than a block holds the first block's mean is not that of all:
 * beside sums in long double, which err by 1e-3 of a double's, C is to roundoff
 * of sums over n, sqrt(n) DBL_EPSILON = 3e-14 of entries of 1. Left where it
 * was, the mean would put 1/5000 into C's diagonal. */
static void moments_of_many_blocks(void **state) {
  (void)state;
  enum { n = 12000, m = 100 };
  static const size_t places[][2] = {{0, 0}, {3, 3}, {0, 3}, {98, 97}};
  const char *const words[] = {"data.name=gaussian", "data.dims=100",
                               "data.n=12000", NULL};
  es_config *config = config_of(&es_model_contrastive, words);
  es_drive *drive = DRIVE("data.name=gaussian", "data.dims=100", "data.n=12000",
                          "mode=population");
  long double sum[4][3] = {{0}};
  double x[m], xp[m];
  es_dataset *set;
  es_diag diag = {0};
  assert_ok(es_dataset_open(&set, config, &diag), diag);
  for (size_t i = 0; i < n; i++) {
    es_dataset_pair(set, i, 0, x, xp);
    for (size_t k = 0; k < 4; k++) {
      const long double a = x[places[k][0]], b = x[places[k][1]];
      sum[k][0] += a, sum[k][1] += b, sum[k][2] += a * b;
    }
  }
  for (size_t k = 0; k < 4; k++) {
    const long double want = (sum[k][2] - sum[k][0] * sum[k][1] / n) / n;
    assert_close(es_drive_c(drive)[places[k][0] + places[k][1] * m],
                 (double)want, 0, 3e-14);
  }
  es_dataset_free(set);
  es_config_free(config);
  es_drive_close(drive);
}

/* A far mean costs C no digits: 1e6 beside a spread of 1 leaves 1e-10 of the
 * samples themselves, and the sums have no more. */
static void a_far_mean(void **state) {
  (void)state;
  es_drive *near =
      DRIVE("x=[[0,1],[1,0],[2,2],[3,1]]", "xp=[[0,1],[1,0],[2,2],[3,1]]");
  es_drive *far = DRIVE("x=[[1000000,1],[1000001,0],[1000002,2],[1000003,1]]",
                        "xp=[[1000000,1],[1000001,0],[1000002,2],[1000003,1]]");
  for (size_t k = 0; k < 4; k++)
    assert_close(es_drive_covariance(far)[k], es_drive_covariance(near)[k],
                 1e-14, 0);
  assert_close(es_drive_covariance(near)[0], 1.25, 1e-15, 0);
  es_drive_close(near);
  es_drive_close(far);
}

/* G = V X(V) = -(dL/dZ x^T + dL/dZ' x'^T), each of which is computed its own
 * way, in every setting of loss; the numbers are of order 10: 1e-12. */
static void three_ways_to_one_gradient(void **state) {
  (void)state;
  static const char *const words[][2] = {
      {"reduction=sum", "negatives=on"},  {"reduction=mean", "negatives=on"},
      {"reduction=sum", "negatives=off"}, {"reduction=mean", "negatives=off"},
      {"loss=dot", "temperature=.5"},     {"loss=dot", "reduction=sum"}};
  enum { d = 2, m = 3, batch = 20 };
  for (size_t k = 0; k < sizeof words / sizeof *words; k++)
    for (int stepped = 0; stepped < 2; stepped++) {
      es_drive *drive = DRIVE(TOY, stepped ? "data.n=100" : "data.n=20",
                              stepped ? "batch=20" : "init_scale=1", "lr=.1",
                              "solver.method=gd", words[k][0], words[k][1]);
      const double V[d * m] = {.5, -.2, .3, .8, .1, .4}, t = .7;
      double G[d * m], VX[d * m], X[m * m], Z[d * batch], Zp[d * batch];
      double dZ[d * batch], dZp[d * batch], loss, other, alone;
      const double *x, *xp;
      size_t n;
      begin(drive, d, V);
      assert_status(es_drive_push(drive, t, V, G, &loss), ES_OK);
      assert_status(es_drive_pairs(drive, t, &x, &xp, &n), ES_OK);
      assert_int_equal(n, batch);
      es_gemm(false, false, d, n, m, 1, V, d, x, m, 0, Z, d);
      es_gemm(false, false, d, n, m, 1, V, d, xp, m, 0, Zp, d);
      assert_status(es_drive_gradient(drive, Z, Zp, &other, dZ, dZp), ES_OK);
      assert_status(es_drive_gradient(drive, Z, Zp, &alone, NULL, NULL), ES_OK);
      assert_close(other, loss, 1e-13, 0);
      assert_close(alone, loss, 1e-13, 0);
      es_gemm(false, true, d, m, n, -1, dZ, d, x, m, 0, VX, d);
      es_gemm(false, true, d, m, n, -1, dZp, d, xp, m, 1, VX, d);
      for (int i = 0; i < d * m; i++) assert_close(VX[i], G[i], 1e-12, 1e-12);
      const es_status status = es_drive_x(drive, t, V, X);
      assert_status(status, es_drive_is_dot(drive) ? ES_BAD_VALUE : ES_OK);
      es_drive_close(drive);
      if (status != ES_OK) continue;
      es_gemm(false, false, d, m, m, 1, V, d, X, m, 0, VX, d);
      for (int i = 0; i < d * m; i++) assert_close(VX[i], G[i], 1e-12, 1e-12);
    }
}

/* data.center takes the mean over both views from them: all that is drawn, and
 * batches of it alike; loss=distance does not see it. */
static void centred_pairs(void **state) {
  (void)state;
  const double V[3] = {1, 0, 0};
  es_drive *all = DRIVE(TOY, "data.n=40", "data.center=on");
  es_drive *few = DRIVE(TOY, "data.n=40", "data.center=on", "batch=40", "lr=1",
                        "solver.method=gd");
  const double *x, *xp, *y, *yp;
  double sum[3] = {0};
  size_t n;
  begin(all, 1, V);
  begin(few, 1, V);
  assert_status(es_drive_pairs(all, 0, &x, &xp, &n), ES_OK);
  assert_status(es_drive_pairs(few, 0, &y, &yp, &n), ES_OK);
  for (size_t k = 0; k < 3 * n; k++) {
    assert_close(x[k], y[k], 0, 0);
    assert_close(xp[k], yp[k], 0, 0);
    sum[k % 3] += x[k] + xp[k];
  }
  for (int j = 0; j < 3; j++) assert_close(sum[j], 0, 0, 1e-13);
  es_drive_close(all);
  es_drive_close(few);
}

/* Memory grows with a batch, not with the data: a billion samples are opened
 * only as far as their moments, which a watch may stop. */
static bool stop_soon(void *context, const char *what, double done,
                      double total) {
  (void)what;
  assert_close(total, 1e9, 0, 0);
  *(double *)context = done;
  return true;
}

static void streams_can_be_stopped(void **state) {
  (void)state;
  const char *const words[] = {"data.name=gaussian", "data.n=1000000000",
                               "batch=128",          "lr=.1",
                               "solver.method=gd",   NULL};
  es_config *config = config_of(&es_model_contrastive, words);
  double done = 0;
  const es_watch watch = {stop_soon, &done};
  es_drive *drive;
  es_diag diag = {0};
  assert_status(es_drive_open(&drive, config, &watch, &diag), ES_INTERRUPTED);
  assert_null(drive);
  assert_true(done > 0 && done < 1e6);
  es_config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(batches_are_functions_of_the_step),
      cmocka_unit_test(moments_are_those_of_views),
      cmocka_unit_test(moments_of_many_blocks),
      cmocka_unit_test(a_far_mean),
      cmocka_unit_test(three_ways_to_one_gradient),
      cmocka_unit_test(centred_pairs),
      cmocka_unit_test(streams_can_be_stopped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
