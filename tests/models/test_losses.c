/* Losses of embeddings: their definitions by loops in long double, gradients by
 * differences, symmetries, and points where they are known. The covariance loss
 * has its own file. */
#include "tests/models/losses.h"

#include <string.h>

typedef long double exact;

static exact mean_of(const double *z, size_t n, size_t d, size_t j) {
  exact sum = 0;
  for (size_t i = 0; i < n; i++) sum += z[i * d + j];
  return sum / n;
}

/* sum_i (a_i - mean a)(b_i - mean b) of column j of a and k of b. */
static exact moment(const double *a, size_t j, const double *b, size_t k,
                    size_t n, size_t d) {
  const exact ma = mean_of(a, n, d, j), mb = mean_of(b, n, d, k);
  exact sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += (a[i * d + j] - ma) * (b[i * d + k] - mb);
  return sum;
}

static exact naive_barlow(const double *z, size_t n, size_t d) {
  const double *y = z + n * d;
  exact loss = 0;
  for (size_t j = 0; j < d; j++)
    for (size_t k = 0; k < d; k++) {
      const exact a = moment(z, j, z, j, n, d) / n + 1e-5L;
      const exact b = moment(y, k, y, k, n, d) / n + 1e-5L;
      const exact c = moment(z, j, y, k, n, d) / n / sqrtl(a * b);
      loss += j == k ? (c - 1) * (c - 1) : .0051L * c * c;
    }
  return loss;
}

static exact naive_vicreg(const double *z, size_t n, size_t d) {
  exact loss = 0;
  for (size_t k = 0; k < n * d; k++) {
    const exact apart = (exact)z[k] - z[n * d + k];
    loss += 25 * apart * apart / (n * d);
  }
  for (const double *y = z; y <= z + n * d; y += n * d)
    for (size_t j = 0; j < d; j++)
      for (size_t k = 0; k < d; k++) {
        const exact c = moment(y, j, y, k, n, d) / (n - 1);
        if (j != k)
          loss += c * c / d;
        else if (sqrtl(c + 1e-4L) < 1)
          loss += 12.5L * (1 - sqrtl(c + 1e-4L)) / d;
      }
  return loss;
}

static exact cosine(const double *a, const double *b, size_t d) {
  exact ab = 0, aa = 0, bb = 0;
  for (size_t j = 0; j < d; j++) {
    ab += (exact)a[j] * b[j];
    aa += (exact)a[j] * a[j];
    bb += (exact)b[j] * b[j];
  }
  return ab / (sqrtl(aa) * sqrtl(bb));
}

static exact naive_simclr(const double *z, size_t n, size_t d) {
  exact loss = 0;
  for (size_t a = 0; a < 2 * n; a++) {
    exact sum = 0;
    for (size_t b = 0; b < 2 * n; b++)
      if (b != a) sum += expl(cosine(z + a * d, z + b * d, d) / .5L);
    loss += logl(sum) - cosine(z + a * d, z + (a + n) % (2 * n) * d, d) / .5L;
  }
  return loss / (2 * n);
}

static exact naive_positives(const double *z, size_t n, size_t d) {
  exact loss = 0;
  for (size_t i = 0; i < n; i++)
    loss -= cosine(z + i * d, z + (n + i) * d, d) / .1L / n;
  return loss;
}

static const struct {
  loss_case c;
  exact (*naive)(const double *z, size_t n, size_t d);
} cases[] = {
    {{{"loss=barlow"}, 37, 5}, naive_barlow},
    {{{"loss=barlow"}, 2, 1}, naive_barlow},
    {{{"loss=barlow"}, 3, 7}, naive_barlow},
    {{{"loss=vicreg"}, 37, 5}, naive_vicreg},
    {{{"loss=vicreg"}, 2, 1}, naive_vicreg},
    {{{"loss=vicreg"}, 3, 7}, naive_vicreg},
    {{{"loss=simclr"}, 37, 5}, naive_simclr},
    {{{"loss=simclr"}, 2, 1}, naive_simclr},
    {{{"loss=simclr"}, 150, 3}, naive_simclr}, /* two blocks of anchors */
    {{{"loss=simclr", "negatives=off", "temperature=0.1"}, 37, 5},
     naive_positives},
};
enum { CASES = sizeof cases / sizeof *cases };

/* Of n columns of d numbers of order one: values are sums over at most 2n d or
 * d^2 terms, each of a few dozen roundings of numbers of at most the size of
 * the loss and one (25 in VICReg's square, whose terms are the loss). */
static void agree_with_loops(void **state) {
  (void)state;
  for (int k = 0; k < CASES; k++)
    for (uint64_t seed = 1; seed < 4; seed++) {
      const loss_case *c = &cases[k].c;
      opened o = open_loss(c);
      draw_views(&o, c, seed);
      const double want = (double)cases[k].naive(o.z, c->n, c->d);
      const double terms = (double)(2 * c->n + c->d * c->d);
      assert_close(loss_value(&o), want, 0,
                   (1 + fabs(want)) * terms * 10 * DBL_EPSILON);
      close_loss(&o);
    }
}

/* (8 (L(h) - L(-h)) - (L(2h) - L(-2h)))/12h by entry k of x, in units of h. */
static double difference(opened *o, double *x, size_t k, double h) {
  const double kept = x[k];
  double L[5];
  for (int s = -2; s <= 2; s++) {
    x[k] = kept + s * h;
    L[s + 2] = loss_value(o);
  }
  x[k] = kept;
  return (8 * (L[3] - L[1]) - (L[4] - L[0])) / (12 * h);
}

/* The error of the formula falls with h^4: by halves a sixteenth, so that what
 * is left of it is under a tenth of the change. What rounds in L counts
 * 18/12h. */
static void check_gradient(opened *o, const loss_case *c, double *x,
                           const double *gradient) {
  static const double h = 1. / 256;
  double *want = loss_numbers(o->size), *left = loss_numbers(o->size);
  const double L = loss_value(o);
  const double terms = (double)(2 * c->n + c->d * c->d);
  const double rounding = (1 + fabs(L)) * terms * 10 * DBL_EPSILON;
  double largest = 0, worst = 0;
  for (size_t k = 0; k < o->size; k++) {
    want[k] = difference(o, x, k, h / 2);
    left[k] = fabs(want[k] - difference(o, x, k, h)) / 10 + 3 / h * rounding;
    largest = fmax(largest, fabs(want[k]));
    worst = fmax(worst, left[k]);
  }
  loss_value(o);
  assert_true(largest > 1e-4);
  assert_true(worst < 1e-7 * (1 + fabs(L)));
  for (size_t k = 0; k < o->size; k++)
    assert_close(gradient[k], want[k], 0, left[k]);
  free(want);
  free(left);
}

static void gradients_agree_with_differences(void **state) {
  (void)state;
  for (int k = 0; k < CASES; k++) {
    const loss_case *c = &cases[k].c;
    if (c->n > 40) continue;
    opened o = open_loss(c);
    /* A line is a sphere: every cosine is 1 or -1. */
    if (c->d > 1 || strcmp(o.loss->name, "simclr") != 0)
      check_gradient(&o, c, o.z, o.dz);
    close_loss(&o);
  }
}

/* Blocks of anchors: the gradient by differences along a line. */
static void blocks_have_a_gradient(void **state) {
  (void)state;
  const loss_case c = {{"loss=simclr", "temperature=0.1"}, 300, 4};
  static const double h = 1e-3;
  opened o = open_loss(&c);
  double *z = loss_numbers(o.size), along = 0, L[5];
  memcpy(z, o.z, o.size * sizeof *z);
  (void)loss_value(&o);
  for (size_t k = 0; k < o.size; k++) along += o.dz[k] * o.t[k];
  for (int s = -2; s <= 2; s++) {
    for (size_t k = 0; k < o.size; k++) o.z[k] = z[k] + s * h * o.t[k];
    L[s + 2] = loss_value(&o);
  }
  assert_close(along, (8 * (L[3] - L[1]) - (L[4] - L[0])) / (12 * h), 1e-7,
               1e-9);
  free(z);
  close_loss(&o);
}

/* Where views change places, and pairs theirs, the loss stays and gradients
 * move along; where nothing is left behind in the scratch, to the bit again. */
static void views_and_pairs_may_be_swapped(void **state) {
  (void)state;
  for (int k = 0; k < CASES; k++) {
    const loss_case *c = &cases[k].c;
    opened o = open_loss(c), p = open_loss(c);
    const size_t view = c->n * c->d;
    const double L = loss_value(&o), tiny = 1e-13 * (1 + fabs(L));
    for (size_t i = 0; i < o.size; i++)
      p.z[i] = o.z[(i + view + c->d) % view + (i < view ? view : 0)];
    assert_close(loss_value(&p), L, 0, tiny * 100);
    for (size_t i = 0; i < o.size; i++)
      assert_close(p.dz[i],
                   o.dz[(i + view + c->d) % view + (i < view ? view : 0)], 0,
                   tiny * 100);
    memcpy(p.z, o.z, o.size * sizeof *p.z);
    assert_true(loss_value(&p) == L);
    assert_memory_equal(p.dz, o.dz, o.size * sizeof *p.dz);
    close_loss(&o);
    close_loss(&p);
  }
}

/* By column: where nothing changes when a view, or both, move as a whole. */
static void means_do_not_matter(void **state) {
  (void)state;
  static const loss_case both[] = {{{"loss=barlow"}, 37, 5},
                                   {{"loss=vicreg"}, 37, 5}};
  for (int k = 0; k < 2; k++) {
    const loss_case *c = &both[k];
    opened o = open_loss(c);
    const double L = loss_value(&o);
    double sum[5] = {0}, first[5] = {0};
    for (size_t i = 0; i < o.size; i++) {
      sum[i % 5] += o.dz[i];
      if (i < o.size / 2) first[i % 5] += o.dz[i];
      o.z[i] += 3 * (double)(i % 5) - 5 + (k == 0 && i < o.size / 2 ? 2 : 0);
    }
    for (size_t j = 0; j < 5; j++) {
      assert_close(sum[j], 0, 0, 1e-12);
      if (k == 0) assert_close(first[j], 0, 0, 1e-13);
    }
    assert_close(loss_value(&o), L, 1e-12, 0);
    close_loss(&o);
  }
}

/* Lengths do not matter where cosines count, however large: gradients fall with
 * them, and have no part along z. */
static void lengths_do_not_matter(void **state) {
  (void)state;
  static const loss_case c = {{"loss=simclr", "temperature=0.2"}, 9, 4};
  static const double scale[] = {1e-7, 1e150};
  opened o = open_loss(&c), p = open_loss(&c);
  const double L = loss_value(&o);
  for (size_t i = 0; i < 18; i++) {
    double along = 0;
    for (size_t j = 0; j < 4; j++) along += o.z[i * 4 + j] * o.dz[i * 4 + j];
    assert_close(along, 0, 0, 1e-14);
  }
  for (int k = 0; k < 2; k++) {
    for (size_t i = 0; i < p.size; i++) p.z[i] = scale[k] * o.z[i];
    assert_close(loss_value(&p), L, 1e-13, 0);
    for (size_t i = 0; i < p.size; i++)
      assert_close(p.dz[i] * scale[k], o.dz[i], 1e-12, 1e-15);
  }
  close_loss(&o);
  close_loss(&p);
}

static void collapse(const char *loss, size_t n, size_t d, double at,
                     double want) {
  const loss_case c = {{loss}, n, d};
  opened o = open_loss(&c);
  for (size_t k = 0; k < o.size; k++) o.z[k] = at;
  assert_close(loss_value(&o), want, 4 * DBL_EPSILON, 0);
  for (size_t k = 0; k < o.size; k++)
    assert_close(o.dz[k], 0, 0, at == 0 ? 0 : 1e-14);
  close_loss(&o);
}

/* Constant embeddings, .1 (no binary fraction) and 0: no variance; the epsilons
 * make c = 0, a standard deviation of .01, and cosines of 1 or, at 0, of 0. */
static void constants(void **state) {
  (void)state;
  for (int k = 0; k < 2; k++) {
    const double at = .1 * k;
    collapse("loss=barlow", 7, 3, at, 3);
    collapse("loss=barlow", 2, 1, at, 1);
    collapse("loss=vicreg", 7, 3, at, 25 * .99);
    collapse("loss=vicreg", 2, 1, at, 25 * .99);
    collapse("loss=simclr", 7, 3, at, log(13));
    collapse("loss=simclr", 2, 1, at, log(3));
  }
}

/* Equal views with orthonormal columns times 2: barlow's c is v/(v + 1e-5) on
 * the diagonal and 0 off it; VICReg wants nothing. */
static void identical_views(void **state) {
  (void)state;
  static const double signs[4][3] = {
      {2, 2, 2}, {2, -2, -2}, {-2, 2, -2}, {-2, -2, 2}};
  const loss_case barlow = {{"loss=barlow"}, 4, 3};
  const loss_case vicreg = {{"loss=vicreg"}, 4, 3};
  opened o = open_loss(&barlow), p = open_loss(&vicreg);
  for (size_t k = 0; k < o.size; k++) o.z[k] = p.z[k] = signs[k / 3 % 4][k % 3];
  const double miss = 1e-5 / (4 + 1e-5);
  assert_close(loss_value(&o), 3 * miss * miss, 1e-9, 0);
  assert_close(loss_value(&p), 0, 0, 0);
  for (size_t k = 0; k < p.size; k++) assert_close(p.dz[k], 0, 0, 0);
  close_loss(&o);
  close_loss(&p);
}

/* Of four views that point along e_1, e_1 (a pair) and e_2, e_2, all four
 * anchors lose ln(e^2 + 2) - 2 at temperature 1/2. */
static void a_known_contrast(void **state) {
  (void)state;
  const loss_case c = {{"loss=simclr"}, 2, 2};
  static const double z[8] = {3, 0, 0, 1, 5, 0, 0, .5};
  opened o = open_loss(&c);
  memcpy(o.z, z, sizeof z);
  assert_close(loss_value(&o), log(exp(2) + 2) - 2, 4 * DBL_EPSILON, 0);
  close_loss(&o);
}

/* So low a temperature that all weight is on one: no overflow, and a loss that
 * keeps its digits where the pair is nearest by far. */
static void low_temperatures(void **state) {
  (void)state;
  const loss_case c = {{"loss=simclr", "temperature=0.01"}, 2, 2};
  static const double z[8] = {1, 0, .5, .75, 1, 0, .5, .75};
  opened o = open_loss(&c);
  memcpy(o.z, z, sizeof z);
  const double apart = 100 * (1 - .5 / sqrt(.25 + .5625));
  assert_close(loss_value(&o), log1p(2 * exp(-apart)), 1e-12, 0);
  o.z[4] = -1; /* the first pair is as far apart as can be */
  const double loss = loss_value(&o);
  assert_true(loss > 50 && loss < 200);
  close_loss(&o);
}

static void what_is_not_finite_shows(void **state) {
  (void)state;
  static const double odd[] = {NAN, INFINITY, 1e200};
  for (int k = 0; k < CASES; k++) {
    opened o = open_loss(&cases[k].c);
    const bool lengths = strcmp(o.loss->name, "simclr") != 0;
    for (int i = 0; i < (lengths ? 3 : 2); i++) {
      draw_views(&o, &cases[k].c, 7);
      o.z[1] = odd[i];
      assert_false(isfinite(loss_value(&o)) != 0);
    }
    close_loss(&o);
  }
}

static void what_cannot_be_opened(void **state) {
  (void)state;
  static const struct {
    size_t n, d;
  } large[] = {{SIZE_MAX / 8, 8}, {SIZE_MAX / 16, 2}, {2, SIZE_MAX / 2 + 2}};
  for (size_t i = 0; es_loss_list(i) != NULL; i++) {
    const es_loss *loss = es_loss_list(i);
    for (int k = 0; k < 3; k++) {
      es_diag diag = {0};
      void *self = &diag;
      assert_status(loss->open(&self, large[k].n, large[k].d, NULL, &diag),
                    ES_NO_MEMORY);
      assert_null(self);
      assert_true(diag.message[0] != '\0');
    }
    loss->close(NULL);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(agree_with_loops),
      cmocka_unit_test(gradients_agree_with_differences),
      cmocka_unit_test(blocks_have_a_gradient),
      cmocka_unit_test(views_and_pairs_may_be_swapped),
      cmocka_unit_test(means_do_not_matter),
      cmocka_unit_test(lengths_do_not_matter),
      cmocka_unit_test(constants),
      cmocka_unit_test(identical_views),
      cmocka_unit_test(a_known_contrast),
      cmocka_unit_test(low_temperatures),
      cmocka_unit_test(what_is_not_finite_shows),
      cmocka_unit_test(what_cannot_be_opened),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
