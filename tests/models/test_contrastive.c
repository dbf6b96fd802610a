/* `contrastive`: the numbers of theory.md 6 of one layer, its modes against
 * each other, and what it does at the edges. */
#include "tests/models/byol.h"

#include "models/linear/contrastive.h"

#define CHECK_PAIRS                                                            \
  "x=[[1,0],[0,1],[-1,-.5]]", "xp=[[1.5,.25],[-.25,.5],[-1,.25]]"
#define CHECK_W "W0=[[1,.5],[-.25,.75]]"
#define CHECK_C "C=[[1,.3],[.3,.5]]"

/* X of the check, from W' = W X at the start: X = W^-1 W'. */
static void x_of_slope(const opened *o, double X[4]) {
  const double *W = o->y, det = W[0] * W[3] - W[1] * W[2];
  double *f = slope_of(o, W);
  for (int j = 0; j < 2; j++) {
    X[2 * j] = (W[3] * f[2 * j] - W[2] * f[2 * j + 1]) / det;
    X[2 * j + 1] = (W[0] * f[2 * j + 1] - W[1] * f[2 * j]) / det;
  }
  free(f);
}

/* As many digits as are printed there: half a unit of the last. */
static void numbers_of_theory(void **state) {
  (void)state;
  double X[4];
  opened pairs = OPENED("contrastive", CHECK_PAIRS, CHECK_W);
  x_of_slope(&pairs, X);
  assert_close(X[0], 1.3594133813447, 1e-13, 0);
  assert_close(X[2], -.339993716796557, 1e-13, 0);
  assert_close(X[1], -.339993716796557, 1e-13, 0);
  assert_close(X[3], 1.03651561126217, 1e-13, 0);
  opened_free(&pairs);
  opened limit = OPENED("contrastive", CHECK_C, "A=[[.2,0],[0,.4]]", CHECK_W);
  x_of_slope(&limit, X);
  assert_close(X[0], .464677602274616, 1e-13, 0);
  assert_close(X[2], .028096976615353, 1e-12, 0);
  assert_close(X[1], .028096976615353, 1e-12, 0);
  assert_close(X[3], .134441744137739, 1e-13, 0);
  opened_free(&limit);
  table t = TABLE("contrastive", CHECK_PAIRS, CHECK_W, "t=0");
  assert_close(at(&t, 0, "loss"), 1.40359065241456, 1e-14, 0);
  /* The least eigenvalue of that X. */
  assert_close(
      at(&t, 0, "x_min"),
      (1.3594133813447 + 1.03651561126217) / 2 -
          hypot((1.3594133813447 - 1.03651561126217) / 2, .339993716796557),
      1e-13, 0);
  table_free(&t);
  t = TABLE("contrastive", "C=[[1]]", "A=[[.5]]", "W0=[[.1]]", "t=1,5,400");
  assert_close(at(&t, 0, "sigma_1"), .386747245543225, 0, 5e-16);
  assert_close(at(&t, 1, "sigma_1"), 1.27150386765772, 0, 5e-15);
  assert_close(at(&t, 2, "cov_lambda_1"), sqrt(3), 1e-14, 0);
  table_free(&t);
}

/* The loss falls as fast as its gradient is long: dL/dt = -|G|^2 at eta = 0, by
 * differences of the flow that leave h^2 L''' of h = 1e-5, which at rates up to
 * 100 (of loss=dot) is 1e-6 of it, and the solver's 1e-12/h. */
static void a_gradient_flow(void **state) {
  (void)state;
  static const char *const source[][3] = {
      {CHECK_PAIRS, "reduction=sum"},
      {CHECK_PAIRS, "reduction=mean"},
      {CHECK_PAIRS, "loss=dot"},
      {CHECK_PAIRS, "negatives=off"},
      {CHECK_C, "A=[[.2,.1],[.1,.4]]", "eta=0"},
      {CHECK_C, "A=[[.2,.1],[.1,.4]]", "negatives=off"}};
  for (size_t k = 0; k < sizeof source / sizeof *source; k++) {
    opened o = OPENED("contrastive", source[k][0], source[k][1], source[k][2],
                      CHECK_W);
    double *f = slope_of(&o, o.y), square = 0;
    for (int i = 0; i < 4; i++) square += f[i] * f[i];
    free(f);
    opened_free(&o);
    table t = TABLE("contrastive", source[k][0], source[k][1], source[k][2],
                    CHECK_W, SHARP, "t=0,1e-5,2e-5", "solver.method=dop853");
    const double falls = (at(&t, 2, "loss") - at(&t, 0, "loss")) / 2e-5;
    const double second =
        (at(&t, 2, "loss") - 2 * at(&t, 1, "loss") + at(&t, 0, "loss")) / 1e-10;
    assert_close(falls - 1e-5 * second, -square, 1e-5, 0);
    table_free(&t);
  }
}

/* Closed forms against a solver at 1e-12: errors of a step grow with the modes,
 * and all columns are compared beside their largest. */
static void closed_forms_against_a_solver(void **state) {
  (void)state;
  static const char *const sets[][6] = {
      /* of a constant X: given, held, and without negatives */
      {"X=[[1,.3],[.3,-.5]]", "eta=.1", CHECK_W, "mode=fixed", "d=2", "lr=1"},
      {CHECK_PAIRS, "mode=fixed", "W0=[[1,.5],[-.25,.75],[.1,.1]]", "eta=.2",
       "reduction=mean"},
      {CHECK_PAIRS, "negatives=off", CHECK_W, "eta=.1", "reduction=sum"},
      {CHECK_PAIRS, "negatives=off", CHECK_W, "mode=population", "eta=.1"},
      {CHECK_C, "A=[[.2,.1],[.1,.4]]", "negatives=off", CHECK_W, "eta=0"},
      {CHECK_C, "A=[[.2,.1],[.1,.4]]", "mode=fixed", CHECK_W, "eta=0"},
      /* aligned: on the axes, and turned by 45 degrees with a row to spare */
      {"C=[[1,0],[0,.5]]", "A=[[.2,0],[0,1.2]]", "W0=[[0,.1],[.3,0]]", "eta=.1",
       "d=2", "lr=1"},
      {"C=[[1,.5],[.5,1]]", "A=[[.4,-.2],[-.2,.4]]",
       "W0=[[.1,.1],[0,0],[.2,-.2]]", "eta=.05", "d=3", "lr=1"},
      {"C=[[1,1],[1,1]]", "A=[[.4,-.2],[-.2,.4]]", "W0=[[.1,-.1],[.3,.3]]",
       "eta=.05", "d=2", "lr=1"}};
  for (size_t k = 0; k < sizeof sets / sizeof *sets; k++) {
    const char *const *s = sets[k];
    table a = TABLE("contrastive", s[0], s[1], s[2], s[3], s[4],
                    s[5] != NULL ? s[5] : s[4], "t=0,.5,3,9", "output.state=on",
                    "solver.method=exact");
    table b = TABLE("contrastive", s[0], s[1], s[2], s[3], s[4],
                    s[5] != NULL ? s[5] : s[4], "t=0,.5,3,9", "output.state=on",
                    SHARP, "solver.method=dop853");
    assert_int_equal(a.columns, b.columns);
    for (size_t i = 0; i < a.rows * a.columns; i++)
      if (!close_to(a.row[i], b.row[i], 1e-9, 1e-10))
        fail_msg("set %zu, row %zu, %s: %.17g, want %.17g", k, i / a.columns,
                 a.name[i % a.columns], a.row[i], b.row[i]);
    table_free(&a);
    table_free(&b);
  }
}

/* The absolute tolerance goes with the start: of 1e-9, beside which 1e-12 would
 * be three digits, what has grown by e^20 has those of the relative one, of
 * some hundred steps of 1e-9. */
static void small_starts_of_a_solver(void **state) {
  (void)state;
  const char *const small = "W0=[[1e-9,5e-10],[-2.5e-10,7.5e-10]]";
  table a = TABLE("contrastive", "X=[[1,.3],[.3,-.5]]", small, "t=0,20");
  table b = TABLE("contrastive", "X=[[1,.3],[.3,-.5]]", small, "t=0,20",
                  "solver.method=dop853");
  assert_close(at(&b, 1, "sigma_1"), at(&a, 1, "sigma_1"), 1e-7, 0);
  table_free(&a);
  table_free(&b);
}

/* Starts that no square of a double can say: a mode of 1e-200 grows by e^{t
 * (2c-a)} to sqrt(s*) at t = ln(1e200)/1.5 = 307 or so, and is between. */
static void starts_of_tiny_size(void **state) {
  (void)state;
  table t = TABLE("contrastive", "C=[[1,0],[0,2]]", "A=[[.5,0],[0,8]]",
                  "W0=[[1e-200,0],[0,1e-200]]", "t=0,100,200,400");
  assert_close(at(&t, 0, "sigma_1"), 1e-200, 1e-15, 0);
  /* The product of 1e-200 with e^150 rounds by 150 eps. */
  assert_close(at(&t, 1, "sigma_1"), 1e-200 * exp(150), 1e-13, 0);
  assert_close(at(&t, 2, "sigma_1"), 1e-200 * exp(300), 1e-13, 0);
  assert_close(at(&t, 1, "sigma_2"), 0, 0, 1e-307);
  assert_close(at(&t, 3, "cov_lambda_1"), sqrt(3), 1e-14, 0);
  table_free(&t);
  /* Across the limit between the two forms: s of 1e-60 has come from either. */
  t = TABLE("contrastive", "C=[[1]]", "A=[[.5]]", "W0=[[1e-160]]", "t=240,250");
  table u = TABLE("contrastive", "C=[[1]]", "A=[[.5]]", "W0=[[1e-100]]",
                  "t=147.89659628023816,157.89659628023816");
  /* 60 ln 10/1.5 later, known to 1e-13 of time and so of rates. */
  assert_close(at(&t, 0, "sigma_1"), at(&u, 0, "sigma_1"), 1e-12, 0);
  assert_close(at(&t, 1, "sigma_1"), at(&u, 1, "sigma_1"), 1e-12, 0);
  table_free(&t);
  table_free(&u);
}

/* What can be said of starts and data that hold nothing. */
static void edges(void **state) {
  (void)state;
  /* One pair: nothing moves. */
  table t = TABLE("contrastive", "x=[[1,2]]", "xp=[[2,1]]", CHECK_W, "t=0,3");
  assert_close(at(&t, 1, "loss"), 0, 0, 0);
  assert_close(at(&t, 1, "sigma_1"), at(&t, 0, "sigma_1"), 0, 0);
  assert_close(at(&t, 1, "x_min"), 0, 0, 0);
  table_free(&t);
  /* Identical views: nothing shrinks, and without negatives nothing moves. */
  t = TABLE("contrastive", "x=[[1,0],[0,1],[-1,-.5]]",
            "xp=[[1,0],[0,1],[-1,-.5]]", CHECK_W, "t=0,1,20");
  assert_true(at(&t, 0, "x_min") > 0 && at(&t, 2, "x_min") > 0);
  assert_true(at(&t, 2, "sigma_2") > at(&t, 1, "sigma_2"));
  table_free(&t);
  t = TABLE("contrastive", "x=[[1,0],[0,1],[-1,-.5]]",
            "xp=[[1,0],[0,1],[-1,-.5]]", CHECK_W, "t=0,20", "negatives=off");
  assert_close(at(&t, 1, "loss"), 0, 0, 0);
  assert_close(at(&t, 1, "sigma_2"), at(&t, 0, "sigma_2"), 0, 0);
  table_free(&t);
  /* W = 0 rests in every mode; L is N ln N. */
  t = TABLE("contrastive", CHECK_PAIRS, "W0=[[0,0],[0,0]]", "t=0,5");
  assert_close(at(&t, 1, "loss"), 3 * log(3), 1e-15, 0);
  assert_close(at(&t, 1, "sigma_1"), 0, 0, 0);
  table_free(&t);
  t = TABLE("contrastive", CHECK_C, "A=[[.2,0],[0,.4]]", "W0=[[0,0]]", "t=0,5");
  assert_close(at(&t, 1, "sigma_1"), 0, 0, 0);
  assert_close(at(&t, 1, "loss"), 0, 0, 0);
  table_free(&t);
  /* X = 0 alone decays. */
  t = TABLE("contrastive", "X=[[0,0],[0,0]]", CHECK_W, "eta=.1", "t=0,30");
  assert_close(at(&t, 1, "sigma_2"), at(&t, 0, "sigma_2") * exp(-3), 1e-14, 0);
  table_free(&t);
  /* C of rank 1: what it does not reach decays by A: W (1,-1) obeys a linear
   * law where the rows are along C's eigenvectors. */
  t = TABLE("contrastive", "C=[[1,1],[1,1]]", "A=[[.4,0],[0,.4]]",
            "W0=[[.1,-.1],[.3,.3]]", "t=0,5");
  assert_close(at(&t, 1, "sigma_2"), .1 * sqrt(2) * exp(-2), 1e-13, 0);
  assert_close(at(&t, 1, "cov_lambda_2"), 0, 0, 0);
  table_free(&t);
}

/* Complete collapse without negatives: e^{-lambda t} of every direction of the
 * distances, in all of W (Jing et al. 2022). */
static void collapse_without_negatives(void **state) {
  (void)state;
  table t = TABLE("contrastive", CHECK_PAIRS, CHECK_W, "negatives=off",
                  "t=0,10,40,1000");
  for (size_t row = 1; row < 4; row++) {
    assert_true(at(&t, row, "sigma_1") < at(&t, row - 1, "sigma_1"));
    assert_true(at(&t, row, "loss") < at(&t, row - 1, "loss"));
  }
  assert_true(at(&t, 3, "sigma_1") < 1e-50);
  table_free(&t);
}

/* det(I + 2S)^(1/2)/N of S = W Cov(x) W^T, by hand. */
static void the_regime(void **state) {
  (void)state;
  table t = TABLE("contrastive", CHECK_PAIRS, CHECK_W, "t=0");
  const double a = at(&t, 0, "cov_lambda_1"), b = at(&t, 0, "cov_lambda_2");
  /* x = (1,0), (0,1), (-1,-.5): Cov = [[2/3, 1/6], [., 7/18]]; S's trace is
   * 7/8·… by W = [[1,.5],[-.25,.75]]. */
  const double C[3] = {2. / 3, 1. / 6, 7. / 18};
  const double s11 = C[0] + C[1] + C[2] / 4;
  const double s22 = C[0] / 16 - 2 * .25 * .75 * C[1] + .5625 * C[2];
  const double s12 = -.25 * C[0] + (.75 - .125) * C[1] + .375 * C[2];
  assert_close(a + b, s11 + s22, 1e-14, 0);
  assert_close(a * b, s11 * s22 - s12 * s12, 1e-13, 0);
  assert_close(at(&t, 0, "regime"),
               sqrt((1 + 2 * s11) * (1 + 2 * s22) - 4 * s12 * s12) / 3, 1e-14,
               0);
  table_free(&t);
}

enum { SEEDS = 8 };
#define START "W0=[[.5,.2],[-.1,.3]]"
#define DESCENT "solver.method=gd", "lr=.125", "t=.5"

/* InfoNCE at N = 4000 against its limit with the data's own C and A, while
 * regime << 1. The spread over the seeds is that of a sum over pairs, 1/sqrt(N)
 * relative to it, and the mean over seeds is within four of its own deviations
 * of the limit's, beside a bias of order regime (of terms 1/N sqrt det(I+2S)).
 */
static void the_limit_of_many_pairs(void **state) {
  (void)state;
  double off[SEEDS][3], regime = 0;
  for (int seed = 0; seed < SEEDS; seed++) {
    char word[32];
    snprintf(word, sizeof word, "data.seed=%d", seed);
    table a =
        TABLE("contrastive", "data.name=gaussian", "data.dims=2", "data.n=4000",
              "augment.noise=.5", "augment.noise_views=one", START,
              "reduction=mean", word, DESCENT);
    table b =
        TABLE("contrastive", "data.name=gaussian", "data.dims=2", "data.n=4000",
              "augment.noise=.5", "augment.noise_views=one", START,
              "mode=population", word, DESCENT);
    off[seed][0] = at(&a, 0, "sigma_1") - at(&b, 0, "sigma_1");
    off[seed][1] = at(&a, 0, "sigma_2") - at(&b, 0, "sigma_2");
    off[seed][2] = at(&a, 0, "loss") - log(4000) - at(&b, 0, "loss");
    regime = fmax(regime, at(&a, 0, "regime"));
    table_free(&a);
    table_free(&b);
  }
  assert_true(regime < 1e-3);
  for (int k = 0; k < 3; k++) {
    double mean = 0, square = 0;
    for (int seed = 0; seed < SEEDS; seed++) mean += off[seed][k] / SEEDS;
    for (int seed = 0; seed < SEEDS; seed++)
      square += (off[seed][k] - mean) * (off[seed][k] - mean);
    const double spread = sqrt(square / (SEEDS - 1));
    print_message("column %d: mean %.3g, spread %.3g, regime %.3g\n", k, mean,
                  spread, regime);
    assert_true(spread < 1 / sqrt(4000.));
    assert_close(mean, 0, 0, 4 * spread / sqrt(SEEDS) + regime);
  }
}

/* Nor ends: from s below 1e-30 on w falls by 2c - a = -1 alone, also where s is
 * no number of digits any more. An exponent of 400 has an error of 6e-14. */
static void ends_of_tiny_size(void **state) {
  (void)state;
  for (int turn = 0; turn < 2; turn++) {
    table t = TABLE("contrastive", turn ? "C=[[1e-3]]" : "C=[[1]]",
                    turn ? "A=[[1.002]]" : "A=[[3]]",
                    turn ? "W0=[[30]]" : "W0=[[1]]", "t=300,380,700,1e300");
    for (size_t i = 1; i < 3; i++)
      assert_close(at(&t, i, "sigma_1") / at(&t, 0, "sigma_1"),
                   exp(at(&t, 0, "t") - at(&t, i, "t")), 1e-13, 0);
    assert_true(at(&t, 3, "sigma_1") == 0);
    table_free(&t);
  }
  /* At a = 2c s is 1/(6ct) to all digits, and never falls by a rate. */
  table t = TABLE("contrastive", "C=[[1]]", "A=[[2]]", "W0=[[1]]", "t=1e290");
  assert_close(at(&t, 0, "sigma_1"), sqrt(1 / 6e290), 1e-14, 0);
  table_free(&t);
}

/* Eigenvalues, and an X of the start, that no double is. */
static void numbers_beyond_double(void **state) {
  (void)state;
  REFUSED(&es_model_contrastive, ES_NOT_FINITE, "eigenvalues are not finite",
          "X=[[1e308,1e308],[1e308,1e308]]");
  REFUSED(&es_model_contrastive, ES_NOT_FINITE, "X of the start", CHECK_PAIRS,
          "mode=fixed", "W0=[[1e200,0],[0,1e200]]");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_of_theory),
      cmocka_unit_test(a_gradient_flow),
      cmocka_unit_test(closed_forms_against_a_solver),
      cmocka_unit_test(small_starts_of_a_solver),
      cmocka_unit_test(starts_of_tiny_size),
      cmocka_unit_test(ends_of_tiny_size),
      cmocka_unit_test(edges),
      cmocka_unit_test(numbers_beyond_double),
      cmocka_unit_test(collapse_without_negatives),
      cmocka_unit_test(the_regime),
      cmocka_unit_test(the_limit_of_many_pairs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
