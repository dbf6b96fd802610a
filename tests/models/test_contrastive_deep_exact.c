/* Closed forms of deep contrastive networks against steppers, rotated and
 * singular starts; and the time of blow-up, of any start. */
#include "tests/models/deep.h"

#include <stdio.h>

/* U diag(s) V^T with rotations by angles a and b, as a word; `wide` ends rows
 * and `tall` comes after them. */
static const char *padded(char *out, size_t size, const char *name, double a,
                          double b, double s1, double s2, const char *wide,
                          const char *tall) {
  const double c = cos(a), s = sin(a), C = cos(b), S = sin(b);
  snprintf(out, size, "%s=[[%.17g,%.17g%s],[%.17g,%.17g%s]%s]", name,
           c * s1 * C + s * s2 * S, c * s1 * S - s * s2 * C, wide,
           s * s1 * C - c * s2 * S, s * s1 * S + c * s2 * C, wide, tall);
  return out;
}

static const char *turned(char *out, size_t size, const char *name, double a,
                          double b, double s1, double s2) {
  return padded(out, size, name, a, b, s1, s2, "", "");
}

/* A start along X's eigenvectors has the closed form, whatever its basis: the
 * same singular values as the diagonal one, to roundoff. */
static void test_rotated(void **state) {
  (void)state;
  char X[200], W1[200], W2[200], W3[200];
  const char *const diagonal[] = {"sigma0=[[0.3,0.5],[0.1,0.6],[0.8,0.2]]",
                                  "lambda=0.8,-0.4",
                                  "eta=0.01",
                                  "t=0,2,4",
                                  "method=exact",
                                  NULL};
  const char *const rotated[] = {turned(X, sizeof X, "X", .3, .3, .8, -.4),
                                 turned(W1, sizeof W1, "W1", 1.1, .3, .3, .5),
                                 turned(W2, sizeof W2, "W2", -.7, 1.1, .1, .6),
                                 turned(W3, sizeof W3, "W3", 2, -.7, .8, .2),
                                 "eta=0.01",
                                 "t=0,2,4",
                                 "method=exact",
                                 NULL};
  rows a, b;
  size_t n;
  assert_status(flow(diagonal, &a, &n), ES_OK);
  assert_status(flow(rotated, &b, &n), ES_OK);
  for (size_t i = 0; i < 3; i++)
    for (size_t l = 0; l < 3; l++) { /* theirs fall */
      const double *s = &a.row[i][1 + 2 * l], *got = &b.row[i][1 + 2 * l];
      assert_close(got[0], fmax(s[0], s[1]), 1e-13, 0);
      assert_close(got[1], fmin(s[0], s[1]), 1e-13, 0);
    }
  assert_close(b.row[0][10], a.row[0][10], 1e-12, 0);
}

/* A layer with a row of zeros below, and the next with a column of them, have
 * the same product: singular values are those of layers as wide as the others,
 * to roundoff. */
static void test_unequal_widths(void **state) {
  (void)state;
  char X[200], W1[200], W2[200], W3[200];
  const char *const words[] = {turned(X, sizeof X, "X", .3, .3, .8, -.4),
                               turned(W1, sizeof W1, "W1", 1.1, .3, .3, .5),
                               turned(W2, sizeof W2, "W2", -.7, 1.1, .1, .6),
                               turned(W3, sizeof W3, "W3", 2, -.7, .8, .2),
                               "eta=0.01",
                               "t=0,2,4",
                               "method=exact",
                               NULL};
  rows even, uneven;
  size_t n;
  assert_status(flow(words, &even, &n), ES_OK);
  padded(W1, sizeof W1, "W1", 1.1, .3, .3, .5, "", ",[0,0]");
  padded(W2, sizeof W2, "W2", -.7, 1.1, .1, .6, ",0", "");
  assert_status(flow(words, &uneven, &n), ES_OK);
  for (size_t i = 0; i < 3; i++)
    for (size_t j = 1; j < 7; j++)
      assert_close(uneven.row[i][j], even.row[i][j], 1e-13, 0);
}

/* A layer turned by 1e-9 is not aligned, and neither is any start beside a
 * residual; one layer always is. */
static void test_not_aligned(void **state) {
  (void)state;
  char X[200], W1[200], W2[200];
  const char *words[] = {turned(X, sizeof X, "X", .3, .3, .8, -.4),
                         turned(W1, sizeof W1, "W1", 1.1, .3, .3, .5),
                         turned(W2, sizeof W2, "W2", -.7, 1.1, .1, .6),
                         "residual=off", NULL};
  opened o = open_words(words);
  assert_true(o.i.shape.has_exact);
  close_words(&o);
  turned(W2, sizeof W2, "W2", -.7, 1.1 + 1e-9, .1, .6);
  o = open_words(words);
  assert_false(o.i.shape.has_exact);
  close_words(&o);
  turned(W2, sizeof W2, "W2", -.7, 1.1, .1, .6);
  words[3] = "residual=on";
  o = open_words(words);
  assert_false(o.i.shape.has_exact);
  close_words(&o);
  const char *const one[] = {X,     "layers=1",     "d=3", "eta=0.1",
                             "t=2", "method=exact", NULL};
  const char *const flown[] = {X,     "layers=1",      "d=3",        "eta=0.1",
                               "t=2", "method=dop853", "rtol=1e-12", NULL};
  rows r[2];
  size_t n;
  assert_status(flow(one, &r[0], &n), ES_OK);
  assert_status(flow(flown, &r[1], &n), ES_OK);
  for (size_t j = 1; j <= 2; j++)
    assert_close(r[0].row[0][j], r[1].row[0][j], 1e-10, 0);
}

/* Repeated eigenvalues of X and of layers: any basis is one of eigenvectors,
 * and the one in which all layers are diagonal has to be found. */
static void test_repeated(void **state) {
  (void)state;
  char W1[200], W2[200];
  const char *const words[] = {"X=[[0.8,0],[0,0.8]]",
                               turned(W1, sizeof W1, "W1", .4, 1, .5, .5),
                               turned(W2, sizeof W2, "W2", .2, .9, .3, .1),
                               "t=3",
                               "method=exact",
                               NULL};
  const char *const diagonal[] = {"sigma0=[[0.5,0.5],[0.3,0.1]]",
                                  "lambda=0.8,0.8", "t=3", NULL};
  rows a, b;
  size_t n;
  assert_status(flow(words, &a, &n), ES_OK);
  assert_status(flow(diagonal, &b, &n), ES_OK);
  for (size_t k = 1; k <= 4; k++)
    assert_close(a.row[0][k], b.row[0][k], 1e-13, 0);
}

/* Layers at 0, and a start that X does not reach: exactly what is said. */
static void test_singular(void **state) {
  (void)state;
  rows r;
  size_t n;
  const char *const zero[] = {"X=[[1,0],[0,0.5]]",
                              "W1=[[0,0],[0,0]]",
                              "W2=[[1,0.3],[0.2,2]]",
                              "t=0,5",
                              "output.state=on",
                              "eta=0.1",
                              NULL};
  assert_status(flow(zero, &r, &n), ES_OK);
  for (size_t k = n - 8; k < n; k++)
    assert_close(r.row[1][k], r.row[0][k] * exp(-.5), 1e-15, 0);
  /* Rank one: the mode that has a product grows, all else stays. */
  const char *const one[] = {"X=[[0.8,0],[0,0.5]]",
                             "W1=[[0.3,0],[0,0]]",
                             "W2=[[0.1,0],[0,2]]",
                             "t=0,5",
                             "output.state=on",
                             "method=exact",
                             NULL};
  static const double want[] = {.3183680455462444, 0, 0, 0,
                                .1461444915997026, 0, 0, 2};
  assert_status(flow(one, &r, &n), ES_OK);
  for (size_t k = 0; k < 8; k++)
    assert_close(r.row[1][n - 8 + k], want[k], 1e-15, 0);
}

/* Diagonal layers keep the signs of their entries, which singular values do not
 * see: the state itself against a stepper's, to 100 rtol. */
static void test_signs(void **state) {
  (void)state;
  const char *words[] = {"X=[[1,0],[0,0.5]]",
                         "W1=[[-0.3,0],[0,0.2],[0,0]]",
                         "W2=[[0.1,0,0],[0,-0.15,0]]",
                         "eta=0.1",
                         "t=1",
                         "rtol=1e-12",
                         "output.state=on",
                         "method=exact",
                         NULL};
  rows exact, flown;
  size_t n;
  assert_status(flow(words, &exact, &n), ES_OK);
  words[7] = "method=dop853";
  assert_status(flow(words, &flown, &n), ES_OK);
  assert_true(exact.row[0][n - 12] < -.2 && exact.row[0][n - 2] < -.1);
  for (size_t k = n - 12; k < n; k++)
    assert_close(exact.row[0][k], flown.row[0][k], 0, 1e-10);
}

/* Closed form against steppers, which share nothing: to 100 rtol, and of first
 * order in lr against descent. */
static void test_closed_form(void **state) {
  (void)state;
  static const char *const starts[] = {"sigma0=[[0.3,0.5],[0.1,0.6]]",
                                       "sigma0=[[0.3,0.5],[0.1,0.6],[0.8,1]]",
                                       "sigma0=[[0.4,0.7]]"};
  for (size_t k = 0; k < 3; k++) {
    rows r[4];
    size_t n;
    const char *words[] = {
        starts[k],      "lambda=0.8,-0.5", "eta=0.03", "t=0,0.5,1",
        "method=exact", "rtol=1e-11",      "lr=0.01",  NULL};
    assert_status(flow(words, &r[0], &n), ES_OK);
    words[4] = "method=dop853";
    assert_status(flow(words, &r[1], &n), ES_OK);
    words[4] = "method=gd";
    assert_status(flow(words, &r[2], &n), ES_OK);
    words[6] = "lr=0.005";
    assert_status(flow(words, &r[3], &n), ES_OK);
    for (size_t j = 1; j <= (k == 2 ? 2 : 4); j++) {
      const double want = r[0].row[2][j];
      assert_close(r[1].row[2][j], want, 1e-9, 0);
      const double coarse = r[2].row[2][j] - want;
      const double fine = r[3].row[2][j] - want;
      assert_true(fabs(coarse) > 1e-8);
      assert_close(coarse / fine, 2, .05, 0);
    }
  }
}

/* W_2 takes W_1's direction to one of its own, but what is behind that one is
 * turned back to another: no chain, though all of W_1^T W_1, (W_2 W_1)^T W_2
 * W_1 and X have a basis in common, and no closed form. */
static void test_no_chain(void **state) {
  (void)state;
  const char *const words[] = {"X=[[1]]", "W1=[[1],[0]]", "W2=[[1,1],[0,1]]",
                               NULL};
  opened o = open_words(words);
  assert_false(o.i.shape.has_exact);
  close_words(&o);
}

static double blowup_of(const char *const *words) {
  opened o = open_words(words);
  const double t = o.i.shape.t_blowup;
  double y[MOST], scale[MOST], row[MOST];
  es_instance_start(&o.i, y, scale);
  assert_status(es_instance_observe(&o.i, 0, y, row), ES_OK);
  const double column = row[column_of(&o.i, "t_blowup")];
  assert_true(column == t || (isnan(column) && isnan(t)));
  close_words(&o);
  return t;
}

/* From matrices: what is left of it falls with t; it scales as the start to
 * -(2L-2); decay changes it by its law; and before it the flow goes on. */
static void test_blowup(void **state) {
  (void)state;
  const char *const words[] = {FIXED, "rtol=1e-11", NULL};
  const double t = blowup_of(words);
  const char *const twice[] = {"X=[[1,0],[0,0.5]]", "W1=[[1,0.4],[-0.2,0.6]]",
                               "W2=[[0.8,-0.4],[0.6,0.5]]", "rtol=1e-11", NULL};
  assert_close(blowup_of(twice), t / 4, 1e-9, 0);
  const char *const decay[] = {FIXED, "rtol=1e-11", "eta=0.1", NULL};
  assert_close(blowup_of(decay), -log1p(-.2 * t) / .2, 1e-9, 0);
  const char *const more[] = {FIXED, "rtol=1e-11", "eta=0.3", NULL};
  assert_true(isinf(blowup_of(more)));
  char at[64], W[2][200];
  snprintf(at, sizeof at, "t=%.17g,%.17g", .6 * t, .999999 * t);
  const char *const flown[] = {FIXED, "rtol=1e-11", at, "output.state=on",
                               NULL};
  rows r;
  size_t n;
  assert_status(flow(flown, &r, &n), ES_OK);
  /* sigma ~ (t* - t)^-1/2 there, with X's first eigenvalue, 1. */
  assert_close(r.row[1][1] * r.row[1][1] * 2e-6 * t, 1, 1e-3, 0);
  for (size_t l = 0; l < 2; l++) {
    const double *y = &r.row[0][n - 8 + 4 * l];
    snprintf(W[l], sizeof W[l], "W%zu=[[%.17g,%.17g],[%.17g,%.17g]]", l + 1,
             y[0], y[1], y[2], y[3]);
  }
  const char *const later[] = {"X=[[1,0],[0,0.5]]", W[0], W[1], "rtol=1e-11",
                               NULL};
  assert_close(blowup_of(later), .4 * t, 1e-8, 0);
}

/* Aligned matrices that are not noticed as such (a residual stands beside them)
 * agree with the integral of the one mode: with r = 1 + q, q = sigma^2, q' =
 * 2 lambda q (1 + q) blows up at ln((1 + q0)/q0)/(2 lambda). */
static void test_blowup_beside_residual(void **state) {
  (void)state;
  const char *const words[] = {"sigma0=[[0.3],[0.3]]", "lambda=0.8",
                               "residual=on", "rtol=1e-11", NULL};
  assert_close(blowup_of(words), log(1.09 / .09) / 1.6, 1e-9, 0);
}

static void test_no_blowup(void **state) {
  (void)state;
  static const char *const cases[][4] = {
      {"X=[[-1,0.2],[0.2,-0.5]]", "layers=3", NULL},
      {"X=[[-1,0.2],[0.2,-0.5]]", "residual=on", NULL},
      {"X=[[1,0.2],[0.2,0.5]]", "layers=1", NULL},
      {PAIRS, "layers=3", NULL},
      {PAIRS, "negatives=off", NULL},
      {"X=[[1,0],[0,0.5]]", "W1=[[0,0],[0,0]]", "W2=[[1,2],[3,4]]", NULL},
      /* what would grow is not reached, and the rest falls to W_2 W_1 = 0 */
      {"X=[[1,0,0],[0,-1,0],[0,0,-2]]", "W1=[[0,0.5,0.2],[0,-0.1,0.3]]",
       "W2=[[0.4,-0.2],[0.3,0.25]]", NULL},
  };
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
    assert_true(isinf(blowup_of(cases[k])));
}

/* No state is asked for from t* on, with any method but descent. */
static void test_rows_before_the_end(void **state) {
  (void)state;
  static const char *const methods[] = {"method=exact", "method=dop853"};
  for (size_t k = 0; k < 2; k++) {
    rows r;
    size_t n;
    const char *const words[] = {"sigma0=[[0.1],[0.1]]", "lambda=0.8",
                                 "t=1,62.4999,62.5,63", methods[k], NULL};
    assert_status(flow(words, &r, &n), ES_DIVERGED);
    assert_int_equal(r.n, 2);
    assert_close(r.row[1][1], .1 * sqrt(62.5 / 1e-4), 1e-4, 0);
  }
  rows r;
  size_t n;
  const char *const none[] = {"sigma0=[[0.1],[0.1]]", "lambda=0.8", "t=99",
                              "method=dop853", NULL};
  assert_status(flow(none, &r, &n), ES_DIVERGED);
  assert_int_equal(r.n, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rotated),
      cmocka_unit_test(test_unequal_widths),
      cmocka_unit_test(test_not_aligned),
      cmocka_unit_test(test_repeated),
      cmocka_unit_test(test_singular),
      cmocka_unit_test(test_signs),
      cmocka_unit_test(test_closed_form),
      cmocka_unit_test(test_blowup),
      cmocka_unit_test(test_blowup_beside_residual),
      cmocka_unit_test(test_no_blowup),
      cmocka_unit_test(test_no_chain),
      cmocka_unit_test(test_rows_before_the_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
