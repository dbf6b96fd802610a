/* The covariance loss: its definition by loops, its gradient by differences,
 * its symmetries, and points where it is known. */
#include "tests/models/training.h"

#include "base/random.h"
#include "metrics/spectra.h"
#include "models/resnet/loss.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

enum { N = 37, D = 5, SIZE = 2 * N * D };

/* What rounding can do to the loss: see agrees_with_loops, at scale 3. */
static const double rounding = 5e-11;

static double value(size_t n, size_t d, const double *z, double *gradient) {
  const es_loss *loss = &es_loss_covariance;
  void *self;
  es_diag diag = {0};
  assert_ok(loss->open(&self, n, d, NULL, &diag), diag);
  const double out = loss->value(self, z, NULL, gradient, NULL);
  loss->close(self);
  return out;
}

/* Views that share a part, and a mean of their own each. */
static void draw(double z[SIZE], uint64_t seed) {
  for (size_t k = 0; k < SIZE; k++)
    z[k] = es_random_normal(seed, ES_STREAM_USER, k % (N * D)) +
           .6 * es_random_normal(seed, ES_STREAM_USER + 1, k) +
           sin((double)(k % D)) + (k < N * D ? .2 : 0);
}

/* theory.md 1 on centred rows, in the order of its formula; scale: the largest
 * sum of sizes in an entry of C. */
static double naive(const double *z, double *scale) {
  long double mean[D] = {0}, loss = 0;
  *scale = 0;
  for (size_t k = 0; k < SIZE; k++) mean[k % D] += z[k] / (2.L * N);
  for (size_t a = 0; a < D; a++)
    for (size_t b = 0; b < D; b++) {
      long double C = 0, size = 0;
      for (size_t i = 0; i < N; i++) {
        const double *x = z + i * D, *xp = z + (N + i) * D;
        const long double one = (x[a] - mean[a]) * (xp[b] - mean[b]);
        const long double two = (xp[a] - mean[a]) * (x[b] - mean[b]);
        C += (one + two) / (2 * N);
        size += (fabsl(one) + fabsl(two)) / (2 * N);
      }
      loss += (C - (a == b)) * (C - (a == b));
      if (size > *scale) *scale = (double)size;
    }
  return (double)loss;
}

/* An entry of C is a sum of 2N products of centred numbers, each of which is
 * the difference of a number and a mean of 2N: 2(4N + 8) roundings of a size of
 * at most scale. The loss has D^2 squares of derivative 2|E|, |E| <= 1 + scale.
 */
static void agrees_with_loops(void **state) {
  (void)state;
  static double z[SIZE], gradient[SIZE];
  for (uint64_t seed = 1; seed < 6; seed++) {
    double scale;
    draw(z, seed);
    const double want = naive(z, &scale);
    const double bound =
        2 * D * D * (1 + scale) * scale * 2 * (4 * N + 8) * DBL_EPSILON;
    assert_true(bound < rounding);
    assert_close(value(N, D, z, gradient), want, 0, bound);
  }
}

/* Along a line the loss is a polynomial of degree 4, for which
 *   (8 (L(h) - L(-h)) - (L(2h) - L(-2h)))/12h
 * is the derivative: what is left is the rounding of L, times 18/12h. */
static void gradient_agrees_with_differences(void **state) {
  (void)state;
  static double z[SIZE], gradient[SIZE], unused[SIZE];
  static const double h = .25;
  double largest = 0;
  draw(z, 9);
  (void)value(N, D, z, gradient);
  for (size_t k = 0; k < SIZE; k++) {
    const double kept = z[k];
    double L[5];
    for (int s = -2; s <= 2; s++) {
      z[k] = kept + s * h;
      L[s + 2] = value(N, D, z, unused);
    }
    z[k] = kept;
    const double want = (8 * (L[3] - L[1]) - (L[4] - L[0])) / (12 * h);
    assert_close(gradient[k], want, 0, rounding * 18 / (12 * h));
    largest = fmax(largest, fabs(want));
  }
  assert_true(largest > .01);
}

/* Where z moves as a whole the loss stays: the gradient's columns sum to 0. */
static void means_do_not_matter(void **state) {
  (void)state;
  static double z[SIZE], moved[SIZE], g[SIZE], h[SIZE];
  double sum[D] = {0};
  draw(z, 3);
  for (size_t k = 0; k < SIZE; k++) moved[k] = z[k] + 3 * (double)(k % D) - 5;
  const double loss = value(N, D, z, g);
  assert_close(value(N, D, moved, h), loss, 0, rounding);
  for (size_t k = 0; k < SIZE; k++) {
    assert_close(h[k], g[k], 0, rounding);
    sum[k % D] += g[k];
  }
  for (size_t j = 0; j < D; j++) assert_close(sum[j], 0, 0, rounding);
}

/* z -> z Q for orthogonal Q (a reflection, I - 2vv^T): the loss stays, the
 * gradient turns along. */
static void outputs_may_be_turned(void **state) {
  (void)state;
  static double z[SIZE], turned[SIZE], g[SIZE], h[SIZE];
  static const double v[D] = {.5, -.5, .5, .1, .7};
  double norm = 0;
  draw(z, 4);
  for (size_t j = 0; j < D; j++) norm += v[j] * v[j];
  for (size_t i = 0; i < 2 * N; i++) {
    double along = 0;
    for (size_t j = 0; j < D; j++) along += z[i * D + j] * v[j] / norm;
    for (size_t j = 0; j < D; j++)
      turned[i * D + j] = z[i * D + j] - 2 * along * v[j];
  }
  const double loss = value(N, D, z, g);
  assert_close(value(N, D, turned, h), loss, 0, rounding);
  for (size_t i = 0; i < 2 * N; i++) {
    double along = 0;
    for (size_t j = 0; j < D; j++) along += g[i * D + j] * v[j] / norm;
    for (size_t j = 0; j < D; j++)
      assert_close(h[i * D + j], g[i * D + j] - 2 * along * v[j], 0, rounding);
  }
}

static void views_may_be_swapped(void **state) {
  (void)state;
  static double z[SIZE], swapped[SIZE], g[SIZE], h[SIZE];
  draw(z, 5);
  for (size_t k = 0; k < SIZE; k++) swapped[k] = z[(k + SIZE / 2) % SIZE];
  const double loss = value(N, D, z, g);
  assert_close(value(N, D, swapped, h), loss, 0, rounding);
  for (size_t k = 0; k < SIZE; k++)
    assert_close(h[k], g[(k + SIZE / 2) % SIZE], 0, rounding);
}

/* sum_j (lambda_j - 1)^2, with the eigenvalues that are measured elsewhere. */
static void a_sum_over_eigenvalues(void **state) {
  (void)state;
  static double z[SIZE], g[SIZE];
  double lambda[D], sum = 0;
  es_spectra *spectra;
  es_diag diag = {0};
  draw(z, 6);
  assert_ok(es_spectra_new(&spectra, 2 * N, D, &diag), diag);
  assert_ok(es_spectra_cross(spectra, N, D, z, lambda, NULL, &diag), diag);
  for (size_t j = 0; j < D; j++) sum += (lambda[j] - 1) * (lambda[j] - 1);
  assert_close(value(N, D, z, g), sum, 0, rounding);
  es_spectra_free(spectra);
}

/* Constant embeddings, 0 among them: the loss is d, and nothing pulls. */
static void collapse_costs_d(void **state) {
  (void)state;
  static double z[SIZE], g[SIZE];
  for (int k = 0; k < 2; k++) {
    for (size_t i = 0; i < SIZE; i++) z[i] = .5 * k;
    assert_close(value(N, D, z, g), D, 0, 0);
    for (size_t i = 0; i < SIZE; i++) assert_close(g[i], 0, 0, 0);
  }
}

/* Rows ±2 e_j of d = 4, one of each a view: equal views have C = I, opposite
 * ones C = -I; views without a common part C = 0, as at z = 0, and pull. */
static void known_points(void **state) {
  (void)state;
  enum { d = 4, n = 2 * d };
  double z[2 * n * d] = {0}, g[2 * n * d];
  for (size_t i = 0; i < n; i++)
    z[i * d + i / 2] = z[(n + i) * d + i / 2] = i % 2 ? -2 : 2;
  assert_close(value(n, d, z, g), 0, 0, 0);
  for (size_t k = 0; k < 2 * n * d; k++) assert_close(g[k], 0, 0, 0);
  for (size_t k = n * d; k < 2 * n * d; k++) z[k] = -z[k];
  assert_close(value(n, d, z, g), 4 * d, 0, 0);
  /* (2/n) E B with E = -2I. */
  for (size_t k = 0; k < n * d; k++) {
    assert_close(g[k], -.5 * z[k + n * d], 0, 0);
    assert_close(g[k + n * d], -.5 * z[k], 0, 0);
  }
  for (size_t k = n * d; k < 2 * n * d; k++) z[k] = 0;
  assert_close(value(n, d, z, g), d, 0, 0);
  for (size_t k = 0; k < n * d; k++) {
    assert_close(g[k], 0, 0, 0);
    assert_close(g[k + n * d], -.25 * z[k], 0, 0);
  }
}

/* A preconditioned loss, by two words. */
typedef struct steered {
  es_config *config;
  void *self;
} steered;

static steered steer(const char *how, const char *ridge) {
  steered s = {.config = SETTINGS(how, ridge)};
  es_diag diag = {0};
  assert_ok(es_loss_covariance.open(&s.self, N, D, s.config, &diag), diag);
  return s;
}

static void leave(steered *s) {
  es_loss_covariance.close(s->self);
  es_config_free(s->config);
}

/* C of the views, by its definition. */
static void cross(const double *z, double C[D][D]) {
  double mean[D] = {0};
  memset(C, 0, sizeof(double[D][D]));
  for (size_t k = 0; k < SIZE; k++) mean[k % D] += z[k] / (2. * N);
  for (size_t a = 0; a < D; a++)
    for (size_t b = 0; b < D; b++)
      for (size_t i = 0; i < N; i++) {
        const double *x = z + i * D, *xp = z + (N + i) * D;
        C[a][b] += ((x[a] - mean[a]) * (xp[b] - mean[b]) +
                    (xp[a] - mean[a]) * (x[b] - mean[b])) /
                   (2. * N);
      }
}

/* (C + rI) times left's direction is the plain gradient; the loss is |E|^2 to
 * the bit. C + rI has a condition below 1e3 here. */
static void left_divides_by_the_covariance(void **state) {
  (void)state;
  static double z[SIZE], plain[SIZE], left[SIZE];
  double C[D][D];
  steered s =
      steer("method.precondition=left", "method.precondition_epsilon=0.2");
  es_diag diag = {0};
  draw(z, 11);
  const double want = value(N, D, z, plain);
  const double loss = es_loss_covariance.value(s.self, z, NULL, left, NULL);
  assert_memory_equal(&loss, &want, sizeof loss);
  assert_ok(es_loss_covariance.check(s.self, &diag), diag);
  cross(z, C);
  for (size_t k = 0; k < SIZE; k++) {
    double sum = .2 * left[k];
    for (size_t b = 0; b < D; b++) sum += C[k % D][b] * left[k - k % D + b];
    assert_close(sum, plain[k], 0, rounding);
  }
  leave(&s);
}

/* |E|^2 - mu log det(C + rI) with the eigenvalues that are measured elsewhere;
 * its gradient by differences. One number of z moves C by less than |z|/N h:
 * the fifth derivative, below 4! mu (|z|/Nr)^5 < .1, times h^4/30 is below the
 * rounding of the loss times 18/12h. */
static void logdet_adds_its_gradient(void **state) {
  (void)state;
  static double z[SIZE], g[SIZE], unused[SIZE];
  static const double h = .01, r = .5, mu = .1;
  double lambda[D], want = 0;
  es_spectra *spectra;
  es_diag diag = {0};
  steered s =
      steer("method.precondition=logdet", "method.precondition_epsilon=0.5");
  draw(z, 12);
  const double loss = es_loss_covariance.value(s.self, z, NULL, g, NULL);
  assert_ok(es_spectra_new(&spectra, 2 * N, D, &diag), diag);
  assert_ok(es_spectra_cross(spectra, N, D, z, lambda, NULL, &diag), diag);
  for (size_t j = 0; j < D; j++)
    want += pow(lambda[j] - 1, 2) - mu * log(lambda[j] + r);
  assert_close(loss, want, 0, rounding);
  for (size_t k = 0; k < SIZE; k += 7) {
    const double kept = z[k];
    double L[5];
    for (int i = -2; i <= 2; i++) {
      z[k] = kept + i * h;
      L[i + 2] = es_loss_covariance.value(s.self, z, NULL, unused, NULL);
    }
    z[k] = kept;
    assert_close(g[k], (8 * (L[3] - L[1]) - (L[4] - L[0])) / (12 * h), 0,
                 rounding * 18 / (12 * h));
  }
  es_spectra_free(spectra);
  leave(&s);
}

/* Opposite views have C = -S of one: below -r. Left keeps its loss, log det has
 * none; what is not finite is not blamed on the ridge. */
static void an_indefinite_covariance_is_told(void **state) {
  (void)state;
  static const char *const how[] = {"method.precondition=left",
                                    "method.precondition=logdet"};
  static double z[SIZE], g[SIZE], plain[SIZE];
  for (int k = 0; k < 2; k++) {
    es_diag diag = {0};
    steered s = steer(how[k], "method.precondition_epsilon=0.125");
    draw(z, 13);
    for (size_t i = 0; i < SIZE / 2; i++) z[SIZE / 2 + i] = -z[i];
    const double loss = es_loss_covariance.value(s.self, z, NULL, g, NULL);
    if (k == 0) assert_close(loss, value(N, D, z, plain), 0, 0);
    assert_int_equal(isnan(loss) != 0, k);
    assert_true(isnan(g[0]));
    assert_status(es_loss_covariance.check(s.self, &diag), ES_NOT_FINITE);
    assert_non_null(strstr(diag.message, "eigenvalue -"));
    assert_non_null(strstr(diag.message, "precondition_epsilon=0.125"));
    z[3] = NAN;
    (void)es_loss_covariance.value(s.self, z, NULL, g, NULL);
    assert_ok(es_loss_covariance.check(s.self, &diag), diag);
    leave(&s);
  }
}

static void scratch_keeps_nothing(void **state) {
  (void)state;
  static double z[SIZE], other[SIZE], g[SIZE], h[SIZE], kept[SIZE];
  void *self;
  es_diag diag = {0};
  draw(z, 7);
  draw(other, 8);
  memcpy(kept, z, sizeof z);
  assert_ok(es_loss_covariance.open(&self, N, D, NULL, &diag), diag);
  const double first = es_loss_covariance.value(self, z, NULL, g, NULL);
  (void)es_loss_covariance.value(self, other, NULL, h, NULL);
  const double again = es_loss_covariance.value(self, z, NULL, h, NULL);
  assert_memory_equal(&first, &again, sizeof first);
  assert_memory_equal(g, h, sizeof g);
  assert_memory_equal(kept, z, sizeof z);
  es_loss_covariance.close(self);
}

static void what_is_not_finite_shows(void **state) {
  (void)state;
  static const double odd[] = {NAN, INFINITY, 1e200};
  static double z[SIZE], g[SIZE];
  for (int k = 0; k < 3; k++) {
    draw(z, 7);
    z[3] = odd[k];
    const bool finite = isfinite(value(N, D, z, g));
    assert_false(finite);
  }
}

static void what_cannot_be_opened(void **state) {
  (void)state;
  static const struct {
    size_t n, d;
  } large[] = {{SIZE_MAX / 8, 8}, {SIZE_MAX / 16, 2}, {2, SIZE_MAX / 2 + 2}};
  for (int k = 0; k < 3; k++) {
    es_diag diag = {0};
    void *self = &diag;
    assert_status(
        es_loss_covariance.open(&self, large[k].n, large[k].d, NULL, &diag),
        ES_NO_MEMORY);
    assert_null(self);
    assert_true(diag.message[0] != '\0');
  }
  es_loss_covariance.close(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(agrees_with_loops),
      cmocka_unit_test(gradient_agrees_with_differences),
      cmocka_unit_test(means_do_not_matter),
      cmocka_unit_test(outputs_may_be_turned),
      cmocka_unit_test(views_may_be_swapped),
      cmocka_unit_test(a_sum_over_eigenvalues),
      cmocka_unit_test(collapse_costs_d),
      cmocka_unit_test(known_points),
      cmocka_unit_test(left_divides_by_the_covariance),
      cmocka_unit_test(logdet_adds_its_gradient),
      cmocka_unit_test(an_indefinite_covariance_is_told),
      cmocka_unit_test(scratch_keeps_nothing),
      cmocka_unit_test(what_is_not_finite_shows),
      cmocka_unit_test(what_cannot_be_opened),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
