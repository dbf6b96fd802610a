/* The kernel form against the feature form: with a linear kernel the two are
 * the same model, for 2n < m and for 2n > m (singular K~), from aligned, given
 * and Gaussian starts, on generated vectors and on Fashion-MNIST pairs.
 *
 * Tolerances. Both forms diagonalise a symmetric matrix backward stably: gamma
 * is known to about N eps times the largest eigenvalue of Sigma, which is
 * D_1/2n, N being the larger order; 1e-13 relative to gamma_1 covers N = 800
 * where gamma_1 is not far below it (asserted by the agreement itself). A mode
 * turns by that over its gap to the next one. A flow is within 100 rtol of the
 * truth in either form. */
#include "tests/models/kernels.h"

#include "base/random.h"

/* Runs both models on the same words and holds all they give together: gammas,
 * starts and half times to `exact` relative, rows and embeddings to `flowed`
 * absolute. Columns of the state differ by nature and are left out. */
static void compare(const char *const *common, const char *start_features,
                    const char *start_kernel, double exact, double flowed) {
  const char *words[WORDS];
  size_t n = 0;
  for (; common[n] != NULL; n++) words[n] = common[n];
  words[n] = start_features;
  words[n + 1] = NULL;
  trace a = trace_of(&es_model_barlow_twins, words);
  words[n] = start_kernel;
  words[n + 1] = "kernel=linear";
  words[n + 2] = NULL;
  trace b = trace_of(&es_model_barlow_twins_kernel, words);
  assert_int_equal(a.steps, b.steps);
  for (size_t j = 0; j < a.steps; j++) {
    assert_close(b.step[j].gamma, a.step[j].gamma, 0, exact * a.step[0].gamma);
    assert_close(b.step[j].s0, a.step[j].s0, 100 * exact, 0);
    if (isfinite(a.step[j].half_time))
      assert_close(b.step[j].half_time, a.step[j].half_time, 100 * exact, 0);
    if (isfinite(a.met[j].t)) assert_close(b.met[j].t, a.met[j].t, flowed, 0);
  }
  assert_int_equal(a.columns, b.columns);
  assert_int_equal(a.rows, b.rows);
  double worst = 0;
  for (size_t i = 0; i < a.rows * a.columns; i++) {
    assert_close(b.row[i], a.row[i], 0, flowed);
    worst = fmax(worst, fabs(b.row[i] - a.row[i]));
  }
  assert_int_equal(a.points, b.points);
  for (size_t i = 0; i < a.rows * a.points * a.dim; i++) {
    assert_close(b.embeddings[i], a.embeddings[i], 0, flowed);
    worst = fmax(worst, fabs(b.embeddings[i] - a.embeddings[i]));
  }
  print_message("# worst difference of rows and embeddings %.2g\n", worst);
  trace_free(&a);
  trace_free(&b);
}
#define COMPARE(features, kernel, exact, flowed, ...)                          \
  compare((const char *const[]){__VA_ARGS__, NULL}, features, kernel, exact,   \
          flowed)

/* 2n = 12 < m = 20, and 2n = 80 > m = 7; with noise the views differ. */
#define FEW "data.name=gaussian", "data.n=6", "dims=20", "noise=0.4"
#define MANY "data.name=gaussian", "data.n=40", "dims=7", "noise=0.4"

/* The closed form has no solver's error. */
static void aligned_starts(void **state) {
  (void)state;
  COMPARE("s0=1e-3,2e-3,1e-4", "s0=1e-3,2e-3,1e-4", 1e-13, 1e-12, FEW,
          "t=lin:0:8:17", "output.embeddings=6");
  COMPARE("s0=1e-3,2e-3,1e-4", "s0=1e-3,2e-3,1e-4", 1e-13, 1e-12, MANY,
          "t=lin:0:8:17", "output.embeddings=40");
}

/* The same of the losses with Sigma, which does not commute with Gamma here,
 * and of a preconditioner. */
static void other_losses(void **state) {
  (void)state;
  static const char *const words[][2] = {
      {"loss=spectral", "d=3"},
      {"loss=vicreg", "nu=0.7"},
      {"precondition=left", "precondition_epsilon=0.1"}};
  for (int k = 0; k < 3; k++) {
    COMPARE("init=gaussian", "init=gaussian", 1e-12, 2e-9, FEW, "d=3",
            "init_scale=1e-3", "model.seed=4", "t=lin:0:8:17", "rtol=1e-12",
            "atol=1e-14", words[k][0], words[k][1], "output.embeddings=6");
    COMPARE("init=gaussian", "init=gaussian", 1e-12, 2e-9, MANY, "d=3",
            "init_scale=1e-3", "model.seed=4", "t=lin:0:8:17", "rtol=1e-12",
            "atol=1e-14", words[k][0], words[k][1], "output.embeddings=40");
  }
}

static void gaussian_starts(void **state) {
  (void)state;
  COMPARE("init=gaussian", "init=gaussian", 1e-13, 2e-9, FEW, "d=3",
          "init_scale=1e-3", "model.seed=4", "t=lin:0:8:17", "rtol=1e-11",
          "output.embeddings=6");
  COMPARE("init=gaussian", "init=gaussian", 1e-13, 2e-9, MANY, "d=3",
          "init_scale=1e-3", "model.seed=4", "t=lin:0:8:17", "rtol=1e-11",
          "output.embeddings=40");
}

/* Centring the data is centring in feature space. */
static void centred_data(void **state) {
  (void)state;
  COMPARE("init=gaussian", "init=gaussian", 1e-13, 2e-9, FEW, "d=2",
          "data.center=on", "init_scale=1e-3", "t=lin:0:8:9", "rtol=1e-11",
          "output.embeddings=6");
  COMPARE("s0=1e-3,1e-3", "s0=1e-3,1e-3", 1e-13, 1e-12, MANY, "data.center=on",
          "t=lin:0:8:9", "output.embeddings=40");
}

/* F(0) = W0 (X, X'), with the views drawn by the data room. */
static void given_start(const char *const *data) {
  const char *words[WORDS] = {"t=lin:0:8:9", "rtol=1e-11",
                              "output.embeddings=6"};
  es_config *config = config_of(&es_model_barlow_twins, data);
  es_dataset *set;
  es_diag diag = {0};
  size_t k = 3;
  for (; *data != NULL; data++) words[k++] = *data;
  words[k] = NULL;
  assert_ok(es_dataset_open(&set, config, &diag), diag);
  const size_t n = es_dataset_count(set), m = es_dataset_dim(set);
  double *W0 = calloc(2 * m, sizeof *W0), *F0 = calloc(4 * n, sizeof *F0);
  double *x = calloc(2 * m, sizeof *x);
  assert_true(W0 != NULL && F0 != NULL && x != NULL);
  for (size_t i = 0; i < 2 * m; i++)
    W0[i] = 1e-3 * es_random_normal(77, ES_STREAM_USER, i);
  for (size_t i = 0; i < n; i++) {
    es_dataset_pair(set, i, 0, x, x + m);
    for (size_t view = 0; view < 2; view++)
      for (size_t r = 0; r < m; r++)
        for (size_t a = 0; a < 2; a++)
          F0[a + 2 * (i + view * n)] += W0[a + 2 * r] * x[r + view * m];
  }
  char *features = matrix_word("W0", W0, 2, m);
  char *kernel = matrix_word("W0", F0, 2, 2 * n);
  compare(words, features, kernel, 1e-13, 2e-9);
  free(features);
  free(kernel);
  free(x);
  free(F0);
  free(W0);
  es_dataset_free(set);
  es_config_free(config);
}

static void given_starts(void **state) {
  (void)state;
  given_start((const char *const[]){FEW, NULL});
  given_start((const char *const[]){MANY, NULL});
}

/* Images with a mean, pixels that hardly vary, and gammas over decades: m = 64
 * of 8×8 pixels. */
static void fashion_mnist(void **state) {
  (void)state;
  for (int k = 0; k < 2; k++) {
    const char *n = k == 0 ? "data.n=20" : "data.n=100";
    COMPARE("init=gaussian", "init=gaussian", 1e-13, 2e-9, n, "data.size=8",
            "augment.shift=1", "d=4", "init_scale=1e-4", "t=log:0.05:20:9",
            "rtol=1e-11", "output.embeddings=10");
    COMPARE("s0=1e-3,1e-3,1e-3", "s0=1e-3,1e-3,1e-3", 1e-13, 1e-11, n,
            "data.size=8", "augment.shift=1", "t=log:0.05:20:9",
            "output.embeddings=10", "data.center=on");
  }
}

/* Test images: W x of the feature form. An aligned start lies in the span of
 * the points, and so does all of it where 2n > m and the points fill the space;
 * then what a Gaussian W0 does beyond the span is nothing. k~(x) is divided by
 * the square root of K's least eigenvalue kept: 1e-16 times the root of its
 * condition, here below 1e4. */
static void test_images(void **state) {
  (void)state;
  for (int k = 0; k < 2; k++)
    COMPARE("s0=1e-3,1e-3,1e-3", "s0=1e-3,1e-3,1e-3", 1e-13, 1e-10,
            k == 0 ? "data.n=20" : "data.n=100", "data.size=6",
            "augment.shift=1", "data.center=on", "t=log:0.05:20:5",
            "output.embeddings=12", "output.points=test");
  COMPARE("init=gaussian", "init=gaussian", 1e-13, 2e-9, "data.n=100",
          "data.size=6", "augment.shift=1", "d=3", "init_scale=1e-3",
          "t=log:0.05:20:5", "rtol=1e-11", "output.embeddings=12",
          "output.points=test");
}

/* What a start has outside the points' span stays there: with 2n < m a Gaussian
 * W0 adds the constant W0 (I - P) x to the feature form's embedding of a new
 * point, of the size of the start, and nothing that the kernel sees. */
static void beyond_the_span(void **state) {
  (void)state;
  const char *words[] = {"data.n=8",
                         "data.size=6",
                         "augment.shift=1",
                         "d=2",
                         "init_scale=1e-3",
                         "t=0,5",
                         "rtol=1e-11",
                         "output.embeddings=3",
                         "output.points=test",
                         NULL,
                         NULL};
  trace a = trace_of(&es_model_barlow_twins, words);
  words[9] = "kernel=linear";
  trace b = trace_of(&es_model_barlow_twins_kernel, words);
  double apart = 0;
  for (size_t i = 0; i < a.points * a.dim; i++) {
    const size_t last = i + a.points * a.dim;
    const double before = a.embeddings[i] - b.embeddings[i];
    const double after = a.embeddings[last] - b.embeddings[last];
    assert_close(after, before, 0, 2e-9);
    apart = fmax(apart, fabs(before));
  }
  assert_true(apart > 1e-5 && apart < 1e-2);
  trace_free(&a);
  trace_free(&b);
}

/* The state is F: its first columns are the first views' embeddings to the
 * last bit, and a run that starts from it goes on. */
static void state_is_F(void **state) {
  (void)state;
  const char *words[] = {MANY,
                         "kernel=rbf",
                         "d=2",
                         "init_scale=1e-2",
                         "t=0,30,60",
                         "rtol=1e-11",
                         "output.state=on",
                         "output.embeddings=40",
                         NULL};
  trace a = trace_of(&es_model_barlow_twins_kernel, words);
  const size_t N = 80, first = a.columns - 2 * N;
  double F[2 * 80];
  for (size_t r = 0; r < a.rows; r++)
    for (size_t i = 0; i < 40; i++)
      for (size_t c = 0; c < 2; c++)
        assert_close(a.embeddings[(r * 40 + i) * 2 + c],
                     a.row[r * a.columns + first + c * N + i], 0, 0);
  for (size_t c = 0; c < 2; c++)
    for (size_t i = 0; i < N; i++)
      F[c + 2 * i] = a.row[a.columns + first + c * N + i];
  char *start = matrix_word("W0", F, 2, N);
  trace b =
      trace_of(&es_model_barlow_twins_kernel,
               (const char *const[]){MANY, "kernel=rbf", start, "t=0,30",
                                     "rtol=1e-11", "output.state=on", NULL});
  for (size_t k = 0; k < 2 * N; k++)
    for (size_t r = 0; r < 2; r++)
      assert_close(b.row[r * b.columns + first + k],
                   a.row[(r + 1) * a.columns + first + k], 0, 1e-7);
  free(start);
  trace_free(&a);
  trace_free(&b);
}

static void refusals(void **state) {
  (void)state;
  const es_model *model = &es_model_barlow_twins_kernel;
  REFUSED(model, ES_USAGE, "(1 to 7)", MANY, "kernel=linear");
  REFUSED(model, ES_BAD_VALUE, "no median distance", "data.name=gaussian",
          "data.n=1", "d=1", "kernel=rbf");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(aligned_starts), cmocka_unit_test(gaussian_starts),
      cmocka_unit_test(other_losses),   cmocka_unit_test(centred_data),
      cmocka_unit_test(given_starts),   cmocka_unit_test(fashion_mnist),
      cmocka_unit_test(test_images),    cmocka_unit_test(beyond_the_span),
      cmocka_unit_test(state_is_F),     cmocka_unit_test(refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
