/* X, X', C and A against their definitions, on Gaussian toys, without bias,
 * for any number of threads. */
#include "tests/data/room.h"

#include "data/moments.h"
#include "linalg/linalg.h"

#include <omp.h>

/* The definitions of moments.h in two passes, upper triangles. Squares have a
 * few thousand terms at most, so plain long double sums will do. */
typedef struct oracle {
  size_t n, m, views;
  long double *mean, *first, *X, *Xp, *C, *A; /* pieces of one block */
} oracle;

static oracle oracle_new(size_t n, size_t m, size_t views) {
  long double *p = calloc(2 * m + 4 * m * m, sizeof *p);
  assert_non_null(p);
  long double *square = p + 2 * m;
  const oracle o = {n,
                    m,
                    views,
                    p,
                    p + m,
                    square,
                    square + m * m,
                    square + 2 * m * m,
                    square + 3 * m * m};
  return o;
}

/* Views 0 … v-1 of an image, its first view, and their mean. */
static void draw(const oracle *o, const es_dataset *set, size_t i, double *view,
                 double *first, long double *mean) {
  es_dataset_view(set, i, 0, 0, first);
  for (size_t j = 0; j < o->m; j++) mean[j] = 0;
  for (size_t k = 0; k < o->views; k++) {
    es_dataset_view(set, i, k, 1, view + k * o->m);
    for (size_t j = 0; j < o->m; j++)
      mean[j] += view[k * o->m + j] / (long double)o->views;
  }
}

static void add_image(oracle *o, const double *view, const double *first,
                      const long double *mean, bool center) {
  const size_t m = o->m, v = o->views;
  const long double n = (long double)o->n;
  for (size_t j = 0; j < m; j++)
    for (size_t i = 0; i <= j; i++) {
      const long double a = mean[i] - (center ? o->mean[i] : 0);
      const long double b = mean[j] - (center ? o->mean[j] : 0);
      long double within = 0;
      for (size_t k = 0; k < v; k++)
        within += (view[k * m + i] - mean[i]) * (view[k * m + j] - mean[j]);
      o->X[i + j * m] += a * b / n;
      o->Xp[i + j * m] += within / (n * (long double)(v - 1));
      o->C[i + j * m] +=
          (first[i] - o->first[i]) * (first[j] - o->first[j]) / n;
      o->A[i + j * m] += ((long double)view[i] - first[i]) *
                         ((long double)view[j] - first[j]) / n;
    }
}

static void sum_up(oracle *o, const es_dataset *set, bool center) {
  double *view = calloc((o->views + 1) * o->m, sizeof *view);
  long double *mean = calloc(o->m, sizeof *mean);
  assert_true(view != NULL && mean != NULL);
  double *first = view + o->views * o->m;
  const long double n = (long double)o->n, v = (long double)o->views;
  for (size_t i = 0; i < o->n; i++) {
    draw(o, set, i, view, first, mean);
    for (size_t j = 0; j < o->m; j++) {
      o->mean[j] += mean[j] / n;
      o->first[j] += first[j] / n;
    }
  }
  for (size_t i = 0; i < o->n; i++) {
    draw(o, set, i, view, first, mean);
    add_image(o, view, first, mean, center);
  }
  for (size_t k = 0; k < o->m * o->m; k++)
    o->X[k] -= (center ? 1 - 1 / n : 1) * o->Xp[k] / v;
  free(view);
  free(mean);
}

/* want holds the upper triangle. */
static void compare(const double *got, const long double *want, size_t m,
                    double tolerance) {
  long double norm = 0;
  for (size_t k = 0; k < m * m; k++) norm += want[k] * want[k];
  assert_true(norm > 0);
  for (size_t j = 0; j < m; j++)
    for (size_t i = 0; i <= j; i++) {
      assert_close(got[i + j * m], (double)want[i + j * m], 0,
                   tolerance * (double)sqrtl(norm));
      assert_close(got[j + i * m], got[i + j * m], 0, 0);
    }
}

static void check_against_oracle(const char *const *words, size_t views,
                                 bool center, double tolerance) {
  es_dataset *set;
  es_diag diag;
  es_view_moments got;
  assert_ok(open_words(&set, &diag, words), diag);
  assert_ok(es_view_moments_new(&got, set, views, center, NULL, &diag), diag);
  oracle want = oracle_new(es_dataset_count(set), es_dataset_dim(set), views);
  sum_up(&want, set, center);
  assert_int_equal(got.n, want.n);
  assert_int_equal(got.m, want.m);
  assert_int_equal(got.views, views);
  compare(got.X, want.X, want.m, tolerance);
  compare(got.Xp, want.Xp, want.m, tolerance);
  compare(got.C, want.C, want.m, tolerance);
  compare(got.A, want.A, want.m, tolerance);
  for (size_t j = 0; j < want.m; j++) {
    assert_close(got.mean[j], (double)want.mean[j], 0, 1e-14);
    assert_close(got.first_mean[j], (double)want.first[j], 0, 1e-14);
  }
  free(want.mean);
  es_view_moments_free(&got);
  es_view_moments_free(&got);
  es_dataset_free(set);
}

/* 16 values and 126 views: a block is 2^21/16/128 = 1024 images, so 1100 need
 * a second. */
static void moments_match_the_definition(void **state) {
  (void)state;
  const char *const blocks[] = {"data.size=4",           "data.n=1100",
                                "augment.brightness=.4", "augment.contrast=.4",
                                "augment.shift=1",       "augment.noise=.1",
                                "data.split=test",       NULL};
  const char *const crops[] = {"data.size=10", "data.n=200",
                               "augment.crop_min=.3", "data.split=test", NULL};
  const char *const toy[] = {"data.name=two-mode", NULL};
  check_against_oracle(blocks, 126, true, 1e-13);
  for (int center = 0; center < 2; center++) {
    check_against_oracle(crops, 2, center == 1, 1e-13);
    check_against_oracle(crops, 3, center == 1, 1e-13);
    check_against_oracle(toy, 8, center == 1, 1e-13);
  }
}

/* Pixels of 250 ± 1, noise of 1e-6: a variance found as the mean of squares
 * less the square of the mean would keep four digits of X'. */
static void deviations_do_not_cancel(void **state) {
  const folder *f = *state;
  enum { IMAGES = 500, SIDE = 4 };
  unsigned char pixels[IMAGES * SIDE * SIDE];
  for (size_t i = 0; i < sizeof pixels; i++)
    pixels[i] = (unsigned char)(249 + scatter(i) % 3);
  write_images(f, pixels, IMAGES, SIDE);
  const char *const words[] = {"data.name=idx",      f->word,
                               "augment.shift=0",    "augment.flip=off",
                               "augment.noise=1e-6", NULL};
  /* A view near 1 is itself rounded to 1e-16, its noise to 1e-10. */
  check_against_oracle(words, 8, true, 1e-11);
}

static void equal_views_vary_by_nothing(void **state) {
  (void)state;
  es_dataset *set;
  es_diag diag;
  es_view_moments got;
  es_moments pairs;
  assert_ok(OPEN(&set, &diag, "data.size=7", "data.n=300", "augment.shift=0",
                 "augment.flip=off", "data.split=test"),
            diag);
  assert_ok(es_view_moments_new(&got, set, 3, false, NULL, &diag), diag);
  assert_ok(es_moments_new(&pairs, set, false, NULL, &diag), diag);
  const double scale = es_norm(49 * 49, pairs.Gamma);
  for (size_t k = 0; k < 49 * 49; k++) {
    assert_close(got.Xp[k], 0, 0, 0);
    assert_close(got.A[k], 0, 0, 0);
    assert_close(got.X[k], pairs.Gamma[k], 0, 1e-14 * scale);
  }
  es_moments_free(&pairs);
  es_view_moments_free(&got);
  es_dataset_free(set);
}

/* Every entry within five standard errors of level·I, where an entry is a mean
 * over n images with variance spread², twice that on the diagonal. */
static void near_identity(const double *M, size_t m, double level,
                          double spread, double n) {
  for (size_t k = 0; k < m * m; k++) {
    const bool diagonal = k / m == k % m;
    assert_close(M[k], diagonal ? level : 0, 0,
                 5 * spread * sqrt((diagonal ? 2 : 1) / n));
  }
}

/* x ~ N(0, I), noise of variance s: xbar_v has variance 1 + s/v; X' has v - 1
 * squares an image; X = (its square) - X'/v, which are independent. */
static void gaussian_with_noise(void **state) {
  (void)state;
  enum { DIMS = 8, IMAGES = 4000 };
  const double s = .49, v = 4, n = IMAGES;
  for (int one = 0; one < 2; one++) {
    es_dataset *set;
    es_diag diag;
    es_view_moments got;
    assert_ok(
        OPEN(&set, &diag, "data.name=gaussian", "data.dims=8", "data.n=4000",
             "augment.noise=.7",
             one ? "augment.noise_views=one" : "augment.noise_views=both"),
        diag);
    assert_ok(es_view_moments_new(&got, set, 4, false, NULL, &diag), diag);
    const double first = one ? 1 : 1 + s, across = one ? s : 2 * s;
    near_identity(got.X, DIMS, 1, hypot(1 + s / v, s / (v * sqrt(v - 1))), n);
    near_identity(got.Xp, DIMS, s, s / sqrt(v - 1), n);
    near_identity(got.C, DIMS, first * (1 - 1 / n), first, n);
    near_identity(got.A, DIMS, across, across, n);
    es_view_moments_free(&got);
    es_dataset_free(set);
  }
}

static void set_threads(int n) {
  omp_set_num_threads(n);
  es_blas_threads((size_t)n);
}

/* Four images and two views of noise 2, over many seeds: E X = I, centred
 * (1 - 1/4) I; without its correction X would be off by 2. */
static void two_views_give_no_bias(void **state) {
  (void)state;
  enum { SEEDS = 2000, DIMS = 3, IMAGES = 4 };
  const int before = omp_get_max_threads();
  set_threads(1); /* so little work is not worth a second one */
  for (int center = 0; center < 2; center++) {
    double sum[DIMS * DIMS] = {0};
    for (int seed = 0; seed < SEEDS; seed++) {
      char word[32];
      es_dataset *set;
      es_diag diag;
      es_view_moments got;
      snprintf(word, sizeof word, "data.seed=%d", seed);
      assert_ok(OPEN(&set, &diag, "data.name=gaussian", "data.dims=3",
                     "data.n=4", "augment.noise=2", word),
                diag);
      assert_ok(es_view_moments_new(&got, set, 2, center == 1, NULL, &diag),
                diag);
      for (size_t k = 0; k < DIMS * DIMS; k++) sum[k] += got.X[k] / SEEDS;
      es_view_moments_free(&got);
      es_dataset_free(set);
    }
    near_identity(sum, DIMS, center == 1 ? .75 : 1, hypot(3, 2),
                  IMAGES * SEEDS);
  }
  set_threads(before);
}

static void threads_do_not_change_a_bit(void **state) {
  (void)state;
  enum { M = 196, NUMBERS = M * M };
  const int before = omp_get_max_threads();
  es_dataset *set;
  es_diag diag;
  es_view_moments one, many;
  assert_ok(OPEN(&set, &diag, "data.split=test", "data.n=300", "data.size=14",
                 "augment.noise=.1"),
            diag);
  set_threads(1);
  assert_ok(es_view_moments_new(&one, set, 8, true, NULL, &diag), diag);
  for (int threads = 2; threads <= 4; threads++) {
    set_threads(threads);
    assert_ok(es_view_moments_new(&many, set, 8, true, NULL, &diag), diag);
    assert_memory_equal(many.X, one.X, NUMBERS * sizeof(double));
    assert_memory_equal(many.Xp, one.Xp, NUMBERS * sizeof(double));
    assert_memory_equal(many.C, one.C, NUMBERS * sizeof(double));
    assert_memory_equal(many.A, one.A, NUMBERS * sizeof(double));
    assert_memory_equal(many.mean, one.mean, M * sizeof(double));
    es_view_moments_free(&many);
  }
  set_threads(before);
  es_view_moments_free(&one);
  es_dataset_free(set);
}

static void count(void *self, const char *what, double done, double total) {
  assert_string_equal(what, "moments of views");
  assert_true(done <= total);
  ++*(size_t *)self;
}

static bool after_one(void *self) { return *(const size_t *)self >= 1; }

static void progress_interruption_and_bad_views(void **state) {
  (void)state;
  es_dataset *set;
  es_diag diag;
  es_view_moments got;
  size_t reports = 0;
  const es_progress shown = {count, NULL, &reports};
  const es_progress stopped = {count, after_one, &reports};
  assert_ok(OPEN(&set, &diag, "data.name=gaussian", "data.n=50000"), diag);
  assert_ok(es_view_moments_new(&got, set, 8, false, &shown, &diag), diag);
  assert_int_equal(reports, 3); /* blocks of 2^21/10/10 = 20971 images */
  es_view_moments_free(&got);
  reports = 0;
  assert_status(es_view_moments_new(&got, set, 8, false, &stopped, &diag),
                ES_INTERRUPTED);
  assert_int_equal(reports, 1);
  assert_null(got.X);
  assert_status(es_view_moments_new(&got, set, 1, false, NULL, &diag),
                ES_BAD_VALUE);
  assert_non_null(strstr(diag.message, "views=1"));
  es_view_moments_free(&got);
  es_dataset_free(set);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(moments_match_the_definition),
      cmocka_unit_test_setup_teardown(deviations_do_not_cancel, make_folder,
                                      remove_folder),
      cmocka_unit_test(equal_views_vary_by_nothing),
      cmocka_unit_test(gaussian_with_noise),
      cmocka_unit_test(two_views_give_no_bias),
      cmocka_unit_test(threads_do_not_change_a_bit),
      cmocka_unit_test(progress_interruption_and_bad_views),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
