/* byol's aligned start against the equations of modes, and its stationary
 * points against where flows end, closed forms and a search by brute force. */
#include "tests/models/byol.h"

/* Coordinates' own order does not matter, the eigenvalue does. */
static void rows_lie_along_eigenvectors(void **state) {
  (void)state;
  table t = TABLE("byol", "X=[[.2,0,0],[0,.9,0],[0,0,.9]]",
                  "Xp=[[.1,0,0],[0,.1,0],[0,0,.2]]", "s0=.16,.09,.04",
                  "p0=.5,-.3,.2", "tau0=.25", "t=0", "output.state=on");
  double W[9], Wa[9], P[9];
  matrix_at(&t, 0, "W", 3, 3, W);
  matrix_at(&t, 0, "Wa", 3, 3, Wa);
  matrix_at(&t, 0, "Wp", 3, 3, P);
  const double want[9] = {0, 0, .2, .4, 0, 0, 0, .3, 0};
  const double predictor[9] = {.5, 0, 0, 0, -.3, 0, 0, 0, .2};
  for (int k = 0; k < 9; k++) {
    assert_close(W[k], want[k], 1e-15, 0);
    assert_close(Wa[k], .25 * want[k], 1e-15, 0);
    assert_close(P[k], predictor[k], 0, 0);
  }
  assert_close(at(&t, 0, "tau"), .25, 1e-15, 0);
  table_free(&t);
  /* W X = diag(sqrt(s0) lambda) V^T: what of W^T W X differs from that of X's
   * eigenvectors is roundoff. W_p without p0 is on the parabola. */
  t = TABLE("byol", CHECK_MOMENTS, "s0=.16,.09", "t=0", "output.state=on");
  const double X[9] = {1, .3, 0, .3, .8, .1, 0, .1, .5};
  double w[6], G[4], WX[6];
  matrix_at(&t, 0, "W", 2, 3, w);
  es_gemm(false, false, 2, 3, 3, 1, w, 2, X, 3, 0, WX, 2);
  es_gemm(false, true, 2, 2, 3, 1, WX, 2, w, 2, 0, G, 2);
  assert_close(G[1], 0, 0, 1e-16);
  assert_true(G[0] / .16 > G[3] / .09);
  const double trace = 2.3, rest = trace - G[0] / .16 - G[3] / .09;
  /* det X = .8*.5 - .01 - .3*.15 = .345 */
  assert_close(G[0] / .16 * (G[3] / .09) * rest, .345, 1e-14, 0);
  assert_close(at(&t, 0, "p_1"), .4, 1e-15, 0);
  assert_close(at(&t, 0, "p_2"), .3, 1e-15, 0);
  table_free(&t);
}

/* Falling eigenvalues, equal ones from left to right, wherever they stand. */
static void order_of_modes(void **state) {
  (void)state;
  static const int want[] = {1, 3, 4, 0, 2};
  double W[25];
  table t = TABLE("byol",
                  "X=[[.3,0,0,0,0],[0,.9,0,0,0],[0,0,.1,0,0],[0,0,0,.9,0],"
                  "[0,0,0,0,.5]]",
                  "Xp=[[.1,0,0,0,0],[0,.1,0,0,0],[0,0,.1,0,0],[0,0,0,.1,0],"
                  "[0,0,0,0,.1]]",
                  "s0=1,1,1,1,1", "t=0", "output.state=on");
  matrix_at(&t, 0, "W", 5, 5, W);
  for (int j = 0; j < 5; j++)
    for (int k = 0; k < 5; k++) assert_close(W[j + 5 * k], k == want[j], 0, 0);
  table_free(&t);
}

/* The same words give the same start without a predictor, where the state's
 * basis is that of X': full moments, one of them diagonal, and both, X' with
 * another order. */
static void without_a_predictor_it_is_the_same(void **state) {
  (void)state;
  static const char *const moments[][2] = {
      {CHECK_MOMENTS},
      {"X=[[.2,0,0],[0,.9,0],[0,0,.9]]", "Xp=[[.2,0,.05],[0,.1,0],[.05,0,.4]]"},
      {"X=[[1,.3,0],[.3,.8,.1],[0,.1,.5]]", "Xp=[[.1,0,0],[0,.3,0],[0,0,.2]]"},
      {"X=[[.2,0,0],[0,.9,0],[0,0,.9]]", "Xp=[[.1,0,0],[0,.2,0],[0,0,.3]]"}};
  for (int k = 0; k < 4; k++) {
    double want[9], got[9];
    table with = TABLE("byol", moments[k][0], moments[k][1], "s0=.16,.09,.04",
                       "t=0", "output.state=on");
    table without =
        TABLE("byol", moments[k][0], moments[k][1], "s0=.16,.09,.04", "t=0",
              "output.state=on", "variant=no-predictor");
    matrix_at(&with, 0, "W", 3, 3, want);
    matrix_at(&without, 0, "W", 3, 3, got);
    for (int i = 0; i < 9; i++) assert_close(got[i], want[i], 0, 1e-15);
    table_free(&with);
    table_free(&without);
  }
}

/* The decoupled flow is byol-eigenmode with each mode's lambda_d, lambda_s: two
 * integrations at rtol 1e-12, whose errors may grow by a hundred, to a time
 * when steps are not yet long beside those of the output. X and X' are the
 * rotation by atan(1/2) of diag(1.2, .6) and of what has .2 and .1 on its
 * diagonal and .15 beside it. */
static void decoupled_is_theory(void **state) {
  (void)state;
  static const char *const variants[] = {"variant=byol", "variant=simsiam"};
  static const char *const emas[] = {"ema=on", "ema=off"};
  static const char *const tau[] = {"tau0=.3", "tau0=1"};
  for (int k = 0; k < 2; k++) {
    table full =
        TABLE("byol", "X=[[1.08,.24],[.24,.72]]", "Xp=[[.06,-.05],[-.05,.24]]",
              "s0=.09,.04", "p0=.3,.1", tau[k], variants[k], "decouple=on",
              "eta=.02", "alpha_p=1.5", "t=lin:0:40:21", SHARP);
    table theory =
        TABLE("byol-eigenmode", "lambda_d=1.2,.6", "lambda_s=1.256,.844",
              "s0=.09,.04", "p0=.3,.1", tau[k], emas[k], "eta=.02",
              "alpha_p=1.5", "t=lin:0:40:21", SHARP);
    for (size_t row = 0; row < full.rows; row++)
      for (int j = 1; j <= 2; j++) {
        assert_close(at_mode(&full, row, "p", j), at_mode(&theory, row, "p", j),
                     1e-10, 0);
        assert_close(at_mode(&full, row, "s", j), at_mode(&theory, row, "s", j),
                     1e-10, 0);
        assert_close(at(&full, row, "commutator"), 0, 0, 1e-14);
      }
    table_free(&full);
    table_free(&theory);
  }
}

enum { MODE, P, S_, LAMBDA_D, LAMBDA_S, OVERLAP, COLUMNS };

static void point(const opened *o, size_t j, double *row) {
  const es_model *m = o->instance.model;
  assert_true(j < m->n_fixed(o->instance.self));
  m->fixed(o->instance.self, j, row);
  assert_close(row[MODE], (double)(j + 1), 0, 0);
}

/* Theory.md 4 where X and X' commute, at its thresholds, and without decay. */
static void commuting_points(void **state) {
  (void)state;
  double row[COLUMNS];
  opened o = OPENED("byol", "X=[[.8,0],[0,1]]", "Xp=[[.2,0],[0,.09]]",
                    "eta_s=.04", "eta_p=.02", "alpha_p=2");
  point(&o, 0, row);
  assert_close(row[P], .875516208866075127, 1e-14, 0);
  assert_close(row[S_], .766528631987224888 / 4, 1e-14, 0);
  assert_close(row[LAMBDA_D], 1, 1e-15, 0);
  assert_close(row[LAMBDA_S], 1.09, 1e-15, 0);
  assert_close(row[OVERLAP], 1, 1e-15, 0);
  point(&o, 1, row);
  assert_close(row[P], (.8 + sqrt(.64 - .16)) / 2, 1e-14, 0);
  assert_close(row[LAMBDA_S], 1, 1e-15, 0);
  opened_free(&o);
  /* p = (1 ± sqrt(d))/3.8 for eta = (1 - d)/7.6, sqrt(d) = .001: two roots
   * 5e-4 apart, between two points of the grid; then none. f is flat there: an
   * error of one unit in it is one of 1e-16/1e-3 in p. */
  o = OPENED("byol", "X=[[1]]", "Xp=[[.9]]", "eta=.13157881578947369");
  point(&o, 0, row);
  assert_close(row[P], (1 + 1e-3) / 3.8, 1e-12, 0);
  opened_free(&o);
  o = OPENED("byol", "X=[[1]]", "Xp=[[.9]]", "eta=.13157907894736843");
  point(&o, 0, row);
  assert_true(isnan(row[P]) && isnan(row[S_]) && isnan(row[OVERLAP]));
  opened_free(&o);
  /* Between the first two points of the grid, and of two modes as many. */
  o = OPENED("byol", "X=[[.02]]", "Xp=[[.98]]", "eta=5e-5");
  point(&o, 0, row);
  assert_close(row[P], .01 + sqrt(5e-5), 1e-13, 0);
  opened_free(&o);
  o = OPENED("byol", "X=[[2,0],[0,1]]", "Xp=[[1,0],[0,0]]", "eta=0");
  /* 2 - 3p and 1 - p: the second is the larger one where it is zero. */
  point(&o, 0, row);
  assert_close(row[P], 1, 1e-14, 0);
  assert_close(row[OVERLAP], 0, 0, 0);
  assert_true(isnan(row[S_]));
  point(&o, 1, row);
  assert_close(row[P], 2. / 3, 1e-14, 0);
  opened_free(&o);
}

/* An estimate of X' may have a negative eigenvalue: p (1 - .9 p) = .04 has its
 * root beyond 1. With X' = -X, and beyond, p grows for ever. */
static void points_of_a_negative_variance(void **state) {
  (void)state;
  double row[COLUMNS];
  opened o = OPENED("byol", "X=[[1]]", "Xp=[[-.1]]", "eta=.04");
  point(&o, 0, row);
  assert_close(row[P], (1 + sqrt(1 - 4 * .9 * .04)) / 1.8, 1e-14, 0);
  assert_close(row[LAMBDA_S], .9, 1e-15, 0);
  opened_free(&o);
  o = OPENED("byol", "X=[[1,0],[0,2]]", "Xp=[[-1,0],[0,-3]]");
  for (size_t j = 0; j < 2; j++) {
    point(&o, j, row);
    assert_true(isnan(row[P]));
  }
  opened_free(&o);
}

/* Rank one at each point, with rates of their own: all derivatives vanish. And
 * mode 1 is where a flow of one row ends, turned from X's eigenvector; explicit
 * steps at rest are as long as stability allows, and only tell it to some
 * thousand times rtol. */
static void flows_rest_there(void **state) {
  (void)state;
  const double S[9] = {1.2, .3, .05, .3, .9, .1, .05, .1, .9};
  const double X[9] = {1, .3, 0, .3, .8, .1, 0, .1, .5};
  double row[COLUMNS], first[COLUMNS];
  opened o = OPENED("byol", CHECK_MOMENTS, "n2=3", "alpha_p=2", "eta_p=.06",
                    "eta_s=.04");
  point(&o, 0, first);
  assert_true(first[OVERLAP] < .99);
  for (size_t k = 0; k < 3; k++) {
    double M[9], value[3], w[3];
    char predictor[40];
    point(&o, k, row);
    for (int i = 0; i < 9; i++) M[i] = X[i] - row[P] * S[i];
    assert_status(es_eigen_symmetric(3, M, value, true, NULL), ES_OK);
    for (size_t i = 0; i < 3; i++) w[i] = sqrt(row[S_]) * M[(2 - k) * 3 + i];
    snprintf(predictor, sizeof predictor, "Wp0=[[%.17g]]", row[P]);
    char *W = matrix_word("W0", w, 1, 3), *Wa = matrix_word("Wa0", w, 1, 3);
    opened one = OPENED("byol", CHECK_MOMENTS, "alpha_p=2", "eta_p=.06",
                        "eta_s=.04", W, Wa, predictor);
    double *f = slope_of(&one, one.y);
    assert_int_equal(one.instance.shape.n, 7);
    for (int i = 0; i < 7; i++) assert_close(f[i], 0, 0, 1e-14);
    opened_free(&one);
    free(f);
    free(W);
    free(Wa);
  }
  opened_free(&o);
  table t = TABLE("byol", CHECK_MOMENTS, "alpha_p=2", "eta_p=.06", "eta_s=.04",
                  "W0=[[.3,-.2,.1]]", "Wp0=[[.5]]", "t=0,600", SHARP);
  assert_close(at(&t, 1, "p_1"), first[P], 1e-8, 0);
  assert_close(at(&t, 1, "s_1"), first[S_], 1e-8, 0);
  table_free(&t);
  o = OPENED("byol", CHECK_MOMENTS, "variant=no-predictor");
  assert_int_equal(o.instance.model->n_fixed(o.instance.self), 0);
  opened_free(&o);
}

enum { N = 4, FINE = 4000 };

static double excess(const double *X, const double *Xp, double p, size_t k,
                     double eta) {
  double M[N * N], value[N];
  for (int i = 0; i < N * N; i++) M[i] = X[i] - p * (X[i] + Xp[i]);
  assert_status(es_eigen_symmetric(N, M, value, false, NULL), ES_OK);
  return p * value[N - 1 - k] - eta;
}

/* G G^T/N of Gaussian G, column-major. */
static void wishart(uint64_t seed, double scale, double *A) {
  double G[N * N];
  for (uint64_t i = 0; i < N * N; i++)
    G[i] = es_random_normal(seed, ES_STREAM_INIT, i);
  es_syrk(N, N, scale / N, G, 0, A);
}

static void same_as_brute_force(void **state) {
  (void)state;
  int found = 0, missing = 0;
  for (uint64_t seed = 0; seed < 25; seed++) {
    double X[N * N], Xp[N * N], row[COLUMNS];
    wishart(2 * seed, 1, X);
    wishart(2 * seed + 1, .3, Xp);
    char *x = matrix_word("X", X, N, N), *xp = matrix_word("Xp", Xp, N, N);
    opened o = OPENED("byol", x, xp, "eta=.05");
    for (size_t k = 0; k < N; k++) {
      int i = FINE;
      while (i > 0 && excess(X, Xp, (double)i / FINE, k, .05) < 0) i--;
      point(&o, k, row);
      if (i == 0) {
        assert_true(isnan(row[P]));
        missing++;
        continue;
      }
      found++;
      assert_true(row[P] >= (double)i / FINE && row[P] < (i + 1.) / FINE);
      assert_close(row[LAMBDA_D] - row[P] * row[LAMBDA_S], .05 / row[P], 1e-11,
                   0);
    }
    opened_free(&o);
    free(x);
    free(xp);
  }
  assert_true(found > 30 && missing > 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_lie_along_eigenvectors),
      cmocka_unit_test(order_of_modes),
      cmocka_unit_test(without_a_predictor_it_is_the_same),
      cmocka_unit_test(decoupled_is_theory),
      cmocka_unit_test(commuting_points),
      cmocka_unit_test(points_of_a_negative_variance),
      cmocka_unit_test(flows_rest_there),
      cmocka_unit_test(same_as_brute_force),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
