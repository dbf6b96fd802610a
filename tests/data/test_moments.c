/* Moments against a naive compensated sum, known numbers, toys, centring,
 * thread counts, interruption. */
#include "tests/data/room.h"

#include "data/moments.h"
#include "linalg/linalg.h"

#include <omp.h>

/* A compensated sum (Kahan): long double alone would not do under valgrind,
 * which computes it in 64 bits. */
typedef struct kahan {
  long double sum, lost;
} kahan;

static void add(kahan *t, long double term) {
  const long double y = term - t->lost, sum = t->sum + y;
  t->lost = (sum - t->sum) - y;
  t->sum = sum;
}

/* The definitions of moments.h: m×m, m×m, m. */
typedef struct oracle {
  size_t m;
  kahan *Gamma, *Sigma, *mean;
} oracle;

static void sum_up(oracle *o, const es_dataset *set, const kahan *from) {
  const size_t n = es_dataset_count(set), m = o->m;
  double *x = calloc(m, sizeof *x), *y = calloc(m, sizeof *y);
  assert_true(x != NULL && y != NULL);
  const long double half = 1 / (2 * (long double)n);
  for (size_t p = 0; p < n; p++) {
    es_dataset_pair(set, p, 0, x, y);
    for (size_t j = 0; j < m; j++) {
      const long double xj = x[j] - from[j].sum, yj = y[j] - from[j].sum;
      add(&o->mean[j], half * (xj + yj));
      for (size_t i = 0; i <= j; i++) {
        const long double xi = x[i] - from[i].sum, yi = y[i] - from[i].sum;
        add(&o->Gamma[i + j * m], half * (xi * yj + yi * xj));
        add(&o->Sigma[i + j * m], half * (xi * xj + yi * yj));
      }
    }
  }
  free(x);
  free(y);
}

static void oracle_free(oracle *o) {
  free(o->Gamma);
  free(o->Sigma);
  free(o->mean);
}

static oracle oracle_about(const es_dataset *set, const kahan *from) {
  const size_t m = es_dataset_dim(set);
  oracle o = {m, calloc(m * m, sizeof(kahan)), calloc(m * m, sizeof(kahan)),
              calloc(m, sizeof(kahan))};
  assert_true(o.Gamma != NULL && o.Sigma != NULL && o.mean != NULL);
  sum_up(&o, set, from);
  return o;
}

/* Centred: a second pass about the mean, whose own mean is then not of the
 * views as drawn. */
static oracle oracle_new(const es_dataset *set, bool center) {
  kahan *zero = calloc(es_dataset_dim(set), sizeof *zero);
  assert_non_null(zero);
  oracle first = oracle_about(set, zero);
  free(zero);
  if (!center) return first;
  oracle second = oracle_about(set, first.mean);
  kahan *mean = second.mean;
  second.mean = first.mean;
  first.mean = mean;
  oracle_free(&first);
  return second;
}

/* Every entry within tolerance of the norm, symmetric to the last bit. */
static void compare(const es_moments *got, const oracle *want,
                    double tolerance) {
  const size_t m = want->m;
  const double scale = es_norm(m * m, got->Sigma);
  assert_int_equal(got->m, m);
  assert_true(scale > 0);
  for (size_t j = 0; j < m; j++) {
    assert_close(got->mean[j], (double)want->mean[j].sum, tolerance,
                 tolerance * sqrt(scale));
    for (size_t i = 0; i <= j; i++) {
      const size_t k = i + j * m, t = j + i * m;
      assert_close(got->Gamma[k], (double)want->Gamma[k].sum, 0,
                   tolerance * scale);
      assert_close(got->Sigma[k], (double)want->Sigma[k].sum, 0,
                   tolerance * scale);
      assert_close(got->Gamma[t], got->Gamma[k], 0, 0);
      assert_close(got->Sigma[t], got->Sigma[k], 0, 0);
    }
  }
}

static void check_against_oracle(const char *const *words, bool center,
                                 double tolerance) {
  es_dataset *set;
  es_diag diag;
  es_moments got;
  assert_ok(open_words(&set, &diag, words), diag);
  assert_ok(es_moments_new(&got, set, center, NULL, &diag), diag);
  assert_int_equal(got.n, es_dataset_count(set));
  oracle want = oracle_new(set, center);
  compare(&got, &want, tolerance);
  oracle_free(&want);
  es_moments_free(&got);
  es_moments_free(&got);
  es_dataset_free(set);
}

/* 7×7 views: a block is 2^20/49 = 21399 pairs, so 22000 need a second. */
static void images_match_the_definition(void **state) {
  (void)state;
  const char *const words[] = {"data.size=7", "augment.shift=2", "data.n=22000",
                               NULL};
  const char *const crops[] = {"data.size=14", "data.n=1000",
                               "augment.crop_min=.2", "data.split=test", NULL};
  for (int center = 0; center < 2; center++) {
    check_against_oracle(words, center == 1, 1e-14);
    check_against_oracle(crops, center == 1, 1e-14);
  }
}

static void toys_match_the_definition(void **state) {
  (void)state;
  const char *const one[] = {"data.name=gaussian", "data.n=1", NULL};
  const char *const odd[] = {"data.name=gaussian", "data.dims=65", "data.n=257",
                             NULL};
  const char *const toy[] = {"data.name=two-mode", NULL};
  check_against_oracle(one, false, 1e-14);
  for (int center = 0; center < 2; center++) {
    check_against_oracle(odd, center == 1, 1e-14);
    check_against_oracle(toy, center == 1, 1e-14);
  }
}

/* Pixels of 250 ± 1: uncentred sums less the square of the mean would leave
 * 10^4 to 10^5 times the rounding that is allowed here. */
static void centring_does_not_cancel(void **state) {
  const folder *f = *state;
  enum { N = 30000, SIDE = 6, M = SIDE * SIDE };
  unsigned char *pixels = malloc(N * M);
  assert_non_null(pixels);
  for (size_t i = 0; i < N * M; i++)
    pixels[i] = (unsigned char)(249 + scatter(i) % 3);
  write_images(f, pixels, N, SIDE);
  free(pixels);
  const char *const words[] = {"data.name=idx", f->word, "augment.shift=0",
                               NULL};
  check_against_oracle(words, true, 1e-14);
}

/* Found with numpy's integers and Python's fractions: the 10000 test images
 * averaged to 14×14, S = sum of products of sums of four pixels. */
static void known_numbers_of_fashion_mnist(void **state) {
  (void)state;
  es_dataset *set;
  es_diag diag;
  es_moments plain, centred;
  assert_ok(OPEN(&set, &diag, "data.split=test", "data.size=14",
                 "augment.shift=0", "augment.flip=off"),
            diag);
  assert_ok(es_moments_new(&plain, set, false, NULL, &diag), diag);
  assert_ok(es_moments_new(&centred, set, true, NULL, &diag), diag);
  assert_memory_equal(plain.Gamma, plain.Sigma, 196 * 196 * sizeof(double));
  const double unit = 10000 * 1020. * 1020.;
  double trace = 0, trace_centred = 0, mean = 0;
  for (size_t j = 0; j < 196; j++) {
    trace += plain.Gamma[j + 196 * j];
    trace_centred += centred.Gamma[j + 196 * j];
    mean += plain.mean[j];
    assert_close(centred.mean[j], plain.mean[j], 1e-14, 1e-16);
  }
  assert_close(trace, 389074601106. / unit, 1e-14, 0);
  assert_close(plain.Gamma[100 + 196 * 101], 1731627930. / unit, 1e-14, 0);
  assert_close(plain.Gamma[195 + 196 * 7], 14947297. / unit, 1e-14, 0);
  assert_close(mean, 573469082. / 1020 / 10000, 1e-14, 0);
  assert_close(plain.mean[100], 2502920. / 1020 / 10000, 1e-14, 0);
  assert_close(trace_centred, 14.162117676366362, 1e-14, 0);
  assert_close(centred.Gamma[100 + 196 * 101], 0.07884864369011918, 1e-14, 0);
  assert_close(centred.Sigma[27 + 196 * 30], 0.0002882223036524414, 1e-13, 0);
  assert_close(centred.Sigma[0], 2.3394249807766246e-06, 1e-13, 0);
  double values[196];
  assert_ok(es_eigen_symmetric(196, plain.Gamma, values, false, &diag), diag);
  assert_close(values[195], 27.33245866, 1e-9, 0);
  assert_close(values[193], 1.28193585, 1e-8, 0);
  es_moments_free(&plain);
  es_moments_free(&centred);
  es_dataset_free(set);
}

/* With r the mean of b_l b_s, the noiseless Gamma is [11ᵀ, r1; r1ᵀ, 1]: its
 * eigenvalues are 5 ± √(16 + 9r²) and zeros. The noise adds E, whose entries
 * have standard deviation at most .01·√(2/n) to leading order, and Weyl bounds
 * every shift by ‖E‖_F: three times its expectation 10·.01·√(2/n). */
static void two_mode_has_gammas_nine_and_one(void **state) {
  (void)state;
  es_dataset *set;
  es_diag diag;
  es_moments moments;
  double x[10], xp[10], values[10], r = 0;
  assert_ok(OPEN(&set, &diag, "data.name=two-mode"), diag);
  const double n = (double)es_dataset_count(set);
  for (size_t i = 0; i < es_dataset_count(set); i++) {
    es_dataset_pair(set, i, 0, x, xp);
    r += copysign(1, x[0] * x[9]) / n;
  }
  assert_ok(es_moments_new(&moments, set, false, NULL, &diag), diag);
  assert_ok(es_eigen_symmetric(10, moments.Gamma, values, false, &diag), diag);
  const double noise = 3 * 10 * .01 * sqrt(2 / n), root = sqrt(16 + 9 * r * r);
  assert_close(r, 0, 0, 5 / sqrt(n));
  assert_close(values[9], 5 + root, 0, noise);
  assert_close(values[8], 5 - root, 0, noise);
  for (size_t j = 0; j < 8; j++) assert_close(values[j], 0, 0, noise);
  /* |r| <= 5/√n moves them by 9r²/8 at most. */
  assert_close(values[9], 9, 0, noise + 9 * 25 / n / 8);
  assert_close(values[8], 1, 0, noise + 9 * 25 / n / 8);
  es_moments_free(&moments);
  es_dataset_free(set);
}

/* Needs BLAS to sum in one order whatever its threads, as OpenBLAS does. */
static void threads_do_not_change_a_bit(void **state) {
  (void)state;
  enum { M = 196 };
  const int before = omp_get_max_threads();
  es_dataset *set;
  es_diag diag;
  es_moments one, many;
  assert_ok(OPEN(&set, &diag, "data.split=test", "data.n=1200", "data.size=14"),
            diag);
  omp_set_num_threads(1);
  es_blas_threads(1);
  assert_ok(es_moments_new(&one, set, true, NULL, &diag), diag);
  for (int threads = 2; threads <= 4; threads++) {
    omp_set_num_threads(threads);
    es_blas_threads((size_t)threads);
    assert_ok(es_moments_new(&many, set, true, NULL, &diag), diag);
    assert_memory_equal(many.Gamma, one.Gamma, M * M * sizeof(double));
    assert_memory_equal(many.Sigma, one.Sigma, M * M * sizeof(double));
    assert_memory_equal(many.mean, one.mean, M * sizeof(double));
    es_moments_free(&many);
  }
  omp_set_num_threads(before);
  es_blas_threads((size_t)before);
  es_moments_free(&one);
  es_dataset_free(set);
}

typedef struct watch {
  size_t reports, stop_after;
  double last, total;
} watch;

static void note(void *self, const char *what, double done, double total) {
  watch *w = self;
  assert_string_equal(what, "moments");
  assert_true(done > w->last && done <= total);
  w->reports++;
  w->last = done;
  w->total = total;
}

static bool enough(void *self) {
  const watch *w = self;
  return w->reports >= w->stop_after;
}

static void progress_and_interruption(void **state) {
  (void)state;
  es_dataset *set;
  es_diag diag;
  es_moments moments;
  watch w = {0, 100, 0, 0};
  const es_progress progress = {note, enough, &w};
  assert_ok(OPEN(&set, &diag, "data.name=gaussian", "data.n=220000"), diag);
  assert_ok(es_moments_new(&moments, set, false, &progress, &diag), diag);
  assert_int_equal(w.reports, 3); /* blocks of 2^20/10 = 104857 pairs */
  assert_close(w.last, 220000, 0, 0);
  assert_close(w.total, 220000, 0, 0);
  es_moments_free(&moments);
  w = (watch){0, 1, 0, 0};
  assert_status(es_moments_new(&moments, set, false, &progress, &diag),
                ES_INTERRUPTED);
  assert_int_equal(w.reports, 1);
  assert_null(moments.Gamma);
  es_dataset_free(set);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(images_match_the_definition),
      cmocka_unit_test(toys_match_the_definition),
      cmocka_unit_test_setup_teardown(centring_does_not_cancel, make_folder,
                                      remove_folder),
      cmocka_unit_test(known_numbers_of_fashion_mnist),
      cmocka_unit_test(two_mode_has_gammas_nine_and_one),
      cmocka_unit_test(threads_do_not_change_a_bit),
      cmocka_unit_test(progress_and_interruption),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
