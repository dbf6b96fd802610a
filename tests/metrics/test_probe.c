/* Linear probe and nearest neighbours: numbers of NumPy
 * (tests/oracle/probe.py), closed forms, a plain sort, odd input, threads. */
#include "../check.h"

#include "base/random.h"
#include "metrics/logistic.h"
#include "metrics/neighbours.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 60, D = 4, K = 7, M = 25 };

typedef struct oracle {
  float x[N * D], t[M * D];
  int y[N], u[M];
  es_labelled train, test;
} oracle;

/* The next line's numbers behind its name; returns how many. */
static size_t read_line(FILE *file, const char *name, double *out) {
  static char line[16384];
  size_t n = 0;
  assert_non_null(fgets(line, sizeof line, file));
  assert_int_equal(strncmp(line, name, strlen(name)), 0);
  for (char *at = strchr(line, ','); at != NULL && *at == ','; n++)
    out[n] = strtod(at + 1, &at);
  return n;
}

static FILE *open_oracle(oracle *o) {
  double x[N * D], y[N], t[M * D], u[M];
  FILE *file = fopen("tests/oracle/probe.csv", "r");
  assert_non_null(file);
  assert_int_equal(read_line(file, "x", x), N * D);
  assert_int_equal(read_line(file, "y", y), N);
  assert_int_equal(read_line(file, "t", t), M * D);
  assert_int_equal(read_line(file, "u", u), M);
  for (int k = 0; k < N * D; k++) o->x[k] = (float)x[k];
  for (int k = 0; k < M * D; k++) o->t[k] = (float)t[k];
  for (int k = 0; k < N; k++) o->y[k] = (int)y[k];
  for (int k = 0; k < M; k++) o->u[k] = (int)u[k];
  o->train = (es_labelled){N, D, o->x, o->y};
  o->test = (es_labelled){M, D, o->t, o->u};
  return file;
}

/* |W - W*| <= |g|/l2 = 1e-9 on this side, and as much on NumPy's, whose
 * gradient is under 1e-13, too. J is flat there. */
static void logistic_of_numpy(void **state) {
  (void)state;
  static oracle o;
  double row[4 + (D + 1) * K];
  FILE *file = open_oracle(&o);
  for (int r = 0; r < 2; r++) {
    es_diag diag = {0};
    es_logistic *model;
    es_accuracy got;
    assert_int_equal(read_line(file, "logistic", row), 4 + (D + 1) * K);
    const es_logistic_options options = {row[0], 1e-13, NULL};
    assert_ok(es_logistic_new(&model, &o.train, &options, &diag), diag);
    assert_close(es_logistic_result(model).value, row[1], 1e-13, 0);
    for (int k = 0; k < (D + 1) * K; k++)
      assert_close(es_logistic_weights(model)[k], row[4 + k], 0, 1e-8);
    assert_int_equal(es_logistic_classes(model)->n, K);
    assert_ok(es_logistic_test(&got, model, &o.test, &diag), diag);
    assert_close(got.top1, row[2], 1e-15, 0);
    assert_close(got.top5, row[3], 1e-15, 0);
    es_logistic_free(model);
  }
  fclose(file);
}

static void neighbours_of_numpy(void **state) {
  (void)state;
  static oracle o;
  double row[4 + (D + 1) * K];
  FILE *file = open_oracle(&o);
  for (int r = 0; r < 2; r++) read_line(file, "logistic", row);
  for (int r = 0; r < 4; r++) {
    es_diag diag = {0};
    es_accuracy got;
    assert_int_equal(read_line(file, "knn", row), 3);
    assert_ok(es_neighbours_test(&got, &o.train, &o.test, (size_t)row[0], NULL,
                                 &diag),
              diag);
    assert_close(got.top1, row[1], 1e-15, 0);
    assert_close(got.top5, row[2], 1e-15, 0);
  }
  fclose(file);
}

static es_logistic *fitted(const es_labelled *train, double l2) {
  es_diag diag = {0};
  es_logistic *model;
  const es_logistic_options options = {l2, 1e-12, NULL};
  assert_ok(es_logistic_new(&model, train, &options, &diag), diag);
  return model;
}

static es_accuracy tested(const es_logistic *model, const es_labelled *test) {
  es_diag diag = {0};
  es_accuracy out;
  assert_ok(es_logistic_test(&out, model, test, &diag), diag);
  return out;
}

/* Two separable classes at z = -1 and 1: W = (-w, w) with w(1 + e^(2w)) l2 = 1,
 * where the derivative of 2w's loss is the penalty's. */
static void separable_classes_stay_finite(void **state) {
  (void)state;
  const float x[] = {3, 7, 3, 7};
  const int y[] = {4, 9, 4, 9};
  const es_labelled train = {4, 1, x, y};
  for (double l2 = 1; l2 > 1e-9; l2 /= 10) {
    es_logistic *model = fitted(&train, l2);
    const double *W = es_logistic_weights(model);
    /* The error of w is at most |g|/l2 = 1e-12/l2, and f's slope in w is 2w + 1
     * relative: far below 1e-2 where l2 is 1e-9. */
    assert_close(W[1] * (1 + exp(2 * W[1])) * l2, 1, 1e-11 + 1e-11 / l2, 0);
    assert_close(W[0], -W[1], 1e-12 / l2 + 1e-12, 0);
    assert_close(tested(model, &train).top1, 1, 0, 0);
    es_logistic_free(model);
  }
}

/* Constant features: biases alone, ln of the frequencies but for a common
 * number, and J their entropy. .1 has a rounding error in the mean. */
static void constant_features(void **state) {
  (void)state;
  float x[20];
  const int y[10] = {0, 0, 0, 0, 0, 1, 1, 1, 2, 2}, u[4] = {1, 0, 0, 2};
  for (int k = 0; k < 20; k++) x[k] = k % 2 ? .1f : 1e20f;
  const es_labelled train = {10, 2, x, y}, test = {4, 2, x, u};
  es_logistic *model = fitted(&train, 1e-4);
  const double *b = es_logistic_weights(model) + 6;
  for (int k = 0; k < 6; k++)
    assert_close(es_logistic_weights(model)[k], 0, 0, 0);
  assert_close(b[0] - b[1], log(5. / 3), 1e-10, 0);
  assert_close(b[0] - b[2], log(5. / 2), 1e-10, 0);
  assert_close(es_logistic_result(model).value,
               -.5 * log(.5) - .3 * log(.3) - .2 * log(.2), 1e-12, 0);
  assert_close(tested(model, &test).top1, .5, 0, 0);
  assert_close(tested(model, &test).top5, 1, 0, 0);
  es_logistic_free(model);
}

/* A float's rounding on top of a constant is constant, too. */
static void rounding_is_no_feature(void **state) {
  (void)state;
  float x[8];
  const int y[8] = {0, 1, 0, 1, 0, 1, 0, 1};
  for (int k = 0; k < 8; k++) x[k] = nextafterf(3, k % 2 ? 4 : 2);
  const es_labelled train = {8, 1, x, y};
  es_logistic *model = fitted(&train, 1e-4);
  assert_close(es_logistic_weights(model)[0], 0, 0, 0);
  /* Ties of scores go to the lower class. */
  assert_close(tested(model, &train).top1, .5, 0, 0);
  es_logistic_free(model);
}

static void one_class_and_one_sample(void **state) {
  (void)state;
  const float x[] = {1, 2, 3};
  const int y[] = {5, 5, 5}, u[] = {5, 4, 6};
  es_diag diag = {0};
  es_accuracy knn;
  for (size_t n = 1; n <= 3; n++) {
    const es_labelled train = {n, 1, x, y}, test = {3, 1, x, u};
    es_logistic *model = fitted(&train, 1e-4);
    assert_close(tested(model, &test).top1, 1. / 3, 1e-15, 0);
    assert_close(tested(model, &test).top5, 1. / 3, 1e-15, 0);
    es_logistic_free(model);
    assert_ok(es_neighbours_test(&knn, &train, &test, n, NULL, &diag), diag);
    assert_close(knn.top1, 1. / 3, 1e-15, 0);
    assert_close(knn.top5, 1. / 3, 1e-15, 0);
  }
}

/* Six classes on a line: the nearest five of them. */
static void the_first_five(void **state) {
  (void)state;
  const double score[] = {.1, .5, .5, .7, .2, .5};
  const size_t want[] = {5, 1, 2, 0, 4, 3};
  es_accuracy hits = {0};
  for (size_t k = 0; k < 6; k++) {
    assert_int_equal(es_class_rank(score, 6, k), want[k]);
    es_accuracy_count(&hits, es_class_rank(score, 6, k));
  }
  es_accuracy_count(&hits, es_class_rank(score, 6, 6));
  assert_close(hits.top1, 1, 0, 0);
  assert_close(hits.top5, 5, 0, 0);
}

static void ties_and_zeros_of_neighbours(void **state) {
  (void)state;
  /* (2,0) is as near to the second as to the third, whose lengths have exact
   * inverses: k = 1 takes the earlier. A zero is equally far from all. */
  const float x[] = {0, 1, 1, 0, 4, 0, 0, 0}, t[] = {2, 0, 0, 0};
  const int y[] = {3, 1, 0, 2}, u[] = {1, 3};
  es_diag diag = {0};
  es_accuracy got;
  const es_labelled train = {4, 2, x, y}, test = {2, 2, t, u};
  assert_ok(es_neighbours_test(&got, &train, &test, 1, NULL, &diag), diag);
  assert_close(got.top1, 1, 0, 0);
  assert_ok(es_neighbours_test(&got, &train, &test, 2, NULL, &diag), diag);
  assert_close(got.top1, 0, 0, 0);
  assert_close(got.top5, 1, 0, 0);
}

/* One at cosine 1 against two at c: even where c = 1 - .07 ln 2 = .9515. */
static void weights_by_cosine(void **state) {
  (void)state;
  const int y[] = {0, 1, 1}, u[] = {1};
  es_diag diag = {0};
  for (int k = 0; k < 2; k++) {
    const float c = k == 0 ? .95f : .953f, s = sqrtf(1 - c * c), t[] = {1, 0};
    const float x[] = {2, 0, c, s, 3 * c, -3 * s};
    es_accuracy got;
    const es_labelled train = {3, 2, x, y}, test = {1, 2, t, u};
    assert_ok(es_neighbours_test(&got, &train, &test, 3, NULL, &diag), diag);
    assert_close(got.top1, k, 0, 0);
  }
}

/* Larger than a tile either way. */
enum { MANY = 3000, WIDE = 70, TESTS = 200, CLASSES = 9 };

typedef struct large {
  float t[TESTS * WIDE];
  int y[MANY], u[TESTS];
  es_labelled train, test;
  float x[MANY * WIDE]; /* last: a sanitizer sees what is read beyond */
} large;

static void draw(float *x, int *y, size_t n, uint32_t stream) {
  for (size_t i = 0; i < n; i++) {
    y[i] = (int)es_random_below(CLASSES, 1, stream, i);
    for (size_t j = 0; j < WIDE; j++)
      x[i * WIDE + j] =
          (float)(es_random_normal(2, stream, i * WIDE + j) +
                  .6 * ((int)j % CLASSES == y[i]) + (j == 3 ? 1e3 : 0));
  }
}

static large *make_large(void) {
  large *l = calloc(1, sizeof *l);
  assert_non_null(l);
  draw(l->x, l->y, MANY, ES_STREAM_USER);
  draw(l->t, l->u, TESTS, ES_STREAM_USER + 1);
  l->train = (es_labelled){MANY, WIDE, l->x, l->y};
  l->test = (es_labelled){TESTS, WIDE, l->t, l->u};
  return l;
}

static double cosine(const float *a, const float *b) {
  double ab = 0, aa = 0, bb = 0;
  for (int j = 0; j < WIDE; j++) {
    ab += (double)a[j] * (double)b[j];
    aa += (double)a[j] * (double)a[j];
    bb += (double)b[j] * (double)b[j];
  }
  return ab / sqrt(aa * bb);
}

/* k nearest by k passes over all. */
static void neighbours_by_passes(void **state) {
  (void)state;
  enum { NEAR = 30 };
  large *l = make_large();
  es_diag diag = {0};
  es_accuracy got, want = {0};
  for (size_t i = 0; i < TESTS; i++) {
    static double c[MANY];
    double score[CLASSES] = {0};
    for (size_t k = 0; k < MANY; k++)
      c[k] = cosine(l->t + i * WIDE, l->x + k * WIDE);
    for (int pass = 0; pass < NEAR; pass++) {
      size_t best = 0;
      for (size_t k = 0; k < MANY; k++) best = c[k] > c[best] ? k : best;
      score[l->y[best]] += exp(c[best] / .07);
      c[best] = -2;
    }
    if (score[l->u[i]] > 0)
      es_accuracy_count(&want, es_class_rank(score, CLASSES, (size_t)l->u[i]));
  }
  assert_ok(es_neighbours_test(&got, &l->train, &l->test, NEAR, NULL, &diag),
            diag);
  assert_close(got.top1, want.top1 / TESTS, 1e-15, 0);
  assert_close(got.top5, want.top5 / TESTS, 1e-15, 0);
  assert_close(got.top1, .5, 0, .4);
  free(l);
}

static void bits_for_any_number_of_threads(void **state) {
  (void)state;
  large *l = make_large();
  const int before = omp_get_max_threads();
  double first[(WIDE + 1) * CLASSES];
  es_accuracy knn, knn_first = {0};
  es_diag diag = {0};
  for (int threads = 1; threads <= 5; threads += 2) {
    omp_set_num_threads(threads);
    es_logistic *model = fitted(&l->train, 1e-4);
    assert_ok(es_neighbours_test(&knn, &l->train, &l->test, 50, NULL, &diag),
              diag);
    if (threads == 1) {
      memcpy(first, es_logistic_weights(model), sizeof first);
      knn_first = knn;
    }
    assert_memory_equal(first, es_logistic_weights(model), sizeof first);
    assert_memory_equal(&knn, &knn_first, sizeof knn);
    assert_true(es_logistic_result(model).gradient <= 1e-12);
    es_logistic_free(model);
  }
  omp_set_num_threads(before);
  free(l);
}

/* A feature times a power of two is the same feature, to the last bit. */
static void units_do_not_matter(void **state) {
  (void)state;
  large *l = make_large();
  es_logistic *model = fitted(&l->train, 1e-4);
  for (size_t i = 0; i < MANY * WIDE; i += WIDE) l->x[i + 5] *= 0x1p20f;
  es_logistic *scaled = fitted(&l->train, 1e-4);
  assert_memory_equal(es_logistic_weights(model), es_logistic_weights(scaled),
                      (WIDE + 1) * CLASSES * sizeof(double));
  es_logistic_free(model);
  es_logistic_free(scaled);
  free(l);
}

static bool at_once(void *self) {
  (void)self;
  return true;
}

static void refusals(void **state) {
  (void)state;
  float x[] = {1, 2, 3, 4};
  int y[] = {0, 1, 0, 1};
  es_diag diag = {0};
  es_logistic *model;
  es_accuracy out;
  const es_progress stop = {NULL, at_once, NULL};
  es_logistic_options options = {1e-4, 1e-6, &stop};
  es_labelled good = {4, 1, x, y}, wide = {2, 2, x, y}, none = {0, 1, x, y};
  assert_status(es_logistic_new(&model, &good, &options, &diag),
                ES_INTERRUPTED);
  assert_null(model);
  assert_status(es_neighbours_test(&out, &good, &good, 1, &stop, &diag),
                ES_INTERRUPTED);
  options.progress = NULL;
  assert_status(es_logistic_new(&model, &none, &options, &diag), ES_BAD_SHAPE);
  for (int k = 0; k < 2; k++) {
    es_logistic_options bad = options;
    *(k == 0 ? &bad.l2 : &bad.tolerance) = 0;
    assert_status(es_logistic_new(&model, &good, &bad, &diag), ES_BAD_VALUE);
  }
  model = fitted(&good, 1e-4);
  assert_status(es_logistic_test(&out, model, &wide, &diag), ES_BAD_SHAPE);
  assert_status(es_neighbours_test(&out, &good, &wide, 1, NULL, &diag),
                ES_BAD_SHAPE);
  assert_status(es_neighbours_test(&out, &good, &good, 0, NULL, &diag),
                ES_BAD_VALUE);
  assert_status(es_neighbours_test(&out, &good, &good, 5, NULL, &diag),
                ES_BAD_VALUE);
  y[2] = -1;
  assert_status(es_logistic_test(&out, model, &good, &diag), ES_BAD_VALUE);
  assert_string_equal(diag.message, "test sample 3 has no class");
  y[2] = 0;
  x[1] = NAN;
  assert_status(es_neighbours_test(&out, &good, &good, 1, NULL, &diag),
                ES_NOT_FINITE);
  assert_string_equal(diag.message,
                      "feature 1 of training sample 2 is not finite");
  es_logistic_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(logistic_of_numpy),
      cmocka_unit_test(neighbours_of_numpy),
      cmocka_unit_test(separable_classes_stay_finite),
      cmocka_unit_test(constant_features),
      cmocka_unit_test(rounding_is_no_feature),
      cmocka_unit_test(one_class_and_one_sample),
      cmocka_unit_test(the_first_five),
      cmocka_unit_test(ties_and_zeros_of_neighbours),
      cmocka_unit_test(weights_by_cosine),
      cmocka_unit_test(neighbours_by_passes),
      cmocka_unit_test(bits_for_any_number_of_threads),
      cmocka_unit_test(units_do_not_matter),
      cmocka_unit_test(refusals),
  };
  return cmocka_run_group_tests_name("metrics/probe", tests, NULL, NULL);
}
