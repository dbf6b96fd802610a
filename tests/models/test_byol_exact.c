/* Closed forms of the matrix models from aligned starts: against steppers,
 * against 25 digits of theory.md 4, in other coordinates; and that a start
 * which is not aligned has none. */
#include "tests/models/byol.h"

static const char *method_of(const char *model, const char *const *words) {
  const es_model *m = es_model_find(model);
  es_config *config = config_of(m, words);
  es_flow *flow;
  es_diag diag = {0};
  static char method[32];
  assert_ok(es_flow_new(&flow, m, config, NULL, &diag), diag);
  snprintf(method, sizeof method, "%s", es_flow_method(flow));
  es_flow_free(flow);
  es_config_free(config);
  return method;
}

#define METHOD(model, ...)                                                     \
  method_of(model, (const char *const[]){__VA_ARGS__, NULL})

static void turns(double a, double b, double *U, double *V) {
  const double c = cos(a), s = sin(a), e = cos(b), f = sin(b);
  memcpy(V, (double[]){c, s, 0, -s * c, c * c, s, s * s, -c * s, c},
         9 * sizeof *V);
  memcpy(U, (double[]){e, f, -f, e}, 4 * sizeof *U);
}

/* theory.md 4 with s = p^2, alpha_p = 1: (p, s) at t = 10 from p0 = .05, and
 * collapse from .03, sigma^2 = .09, eta = .04; DirectSet's check there is of
 * the same flow. */
static void check_of_the_parabola(void **state) {
  (void)state;
#define PARABOLA                                                               \
  "X=[[1,0],[0,1]]", "Xp=[[.09,0],[0,.09]]", "W0=[[.05,0],[0,.03]]",           \
      "Wp0=[[.05,0],[0,.03]]", "variant=simsiam"
  assert_string_equal(METHOD("byol", PARABOLA, "t=1"), "exact");
  table t = TABLE("byol", PARABOLA, "t=10,50,100");
  assert_close(at(&t, 0, "p_1"), .05482984697521003, 1e-13, 0);
  assert_close(at(&t, 1, "p_1"), .5556331414368763, 1e-13, 0);
  assert_close(at(&t, 2, "p_2"), .001955173620566912, 1e-13, 0);
  assert_close(at(&t, 2, "s_2"), .001955173620566912 * .001955173620566912,
               1e-13, 0);
  table_free(&t);
  table s = TABLE("byol-symmetric", "Wp0=[[.05,0],[0,.03]]",
                  "F0=[[.0025,0],[0,.0009]]", "t=10,50,100");
  assert_close(at(&s, 0, "p_1"), .05482984697521003, 1e-13, 0);
  assert_close(at(&s, 1, "p_1"), .5556331414368763, 1e-13, 0);
  assert_close(at(&s, 2, "p_2"), .001955173620566912, 1e-13, 0);
  table_free(&s);
}

/* theory.md 4: eta = 0, tau = 1, sigma^2 = .5, alpha_p = 2, c < 0. */
static void check_without_decay(void **state) {
  (void)state;
  table t =
      TABLE("byol-symmetric", "Wp0=[[.2,0],[0,0]]", "F0=[[.1,0],[0,0]]",
            "eta=0", "sigma2=.5", "alpha_p=2", "t=1,5,1e6", "method=exact");
  assert_close(at(&t, 0, "p_1"), .3382511302166433, 1e-13, 0);
  assert_close(at(&t, 1, "p_1"), .6452975956889143, 1e-13, 0);
  assert_close(at(&t, 2, "s_1"), .3022222222222222, 1e-13, 0);
  assert_close(at(&t, 2, "p_2"), 0, 0, 0);
  table_free(&t);
}

/* Aligned starts in turned coordinates: W = U diag(w) V^T, W_p = U diag(p) U^T,
 * X and X' along V; on the parabola p^2 = alpha_p w^2, or anywhere at eta = 0.
 * The closed form is chosen and agrees with a stepper within 100 rtol, columns
 * and state. */
static void steppers_match_the_closed_form(void **state) {
  (void)state;
  static const char *const etas[] = {"eta=0.03", "eta=0"};
  for (int k = 0; k < 2; k++) {
    const double alpha = 2, w0[2] = {.4, .15};
    const double p0[2] = {k == 0 ? sqrt(alpha) * .4 : .1,
                          k == 0 ? sqrt(alpha) * .15 : -.05};
    const double D[9] = {1, 0, 0, 0, .6, 0, 0, 0, .3};
    const double B[9] = {.1, 0, 0, 0, .3, 0, 0, 0, .2};
    const double W[6] = {w0[0], 0, 0, w0[1], 0, 0};
    const double P[4] = {p0[0], 0, 0, p0[1]};
    double U[4], V[9], M[9];
    char *words[4];
    turns(.7, .4, U, V);
    rotated(V, 3, D, V, 3, M);
    words[0] = matrix_word("X", M, 3, 3);
    rotated(V, 3, B, V, 3, M);
    words[1] = matrix_word("Xp", M, 3, 3);
    rotated(U, 2, W, V, 3, M);
    words[2] = matrix_word("W0", M, 2, 3);
    rotated(U, 2, P, U, 2, M);
    words[3] = matrix_word("Wp0", M, 2, 2);
#define TURNED                                                                 \
  words[0], words[1], words[2], words[3], "variant=simsiam", "alpha_p=2",      \
      etas[k], "t=lin:0:40:21", "output.state=on"
    assert_string_equal(METHOD("byol", TURNED), "exact");
    table a = TABLE("byol", TURNED);
    table b = TABLE("byol", TURNED, "method=dop853", SHARP);
    for (size_t i = 0; i < a.rows * a.columns; i++)
      assert_close(a.row[i], b.row[i], 0, 1e-10);
    for (size_t row = 0; row < a.rows; row++) {
      assert_close(at(&a, row, "commutator"), 0, 0, 0);
      assert_close(at(&a, row, "asymmetry"), 0, 0, 0);
    }
    table_free(&a);
    table_free(&b);
    for (int i = 0; i < 4; i++) free(words[i]);
  }
}

/* An orthogonal matrix, n <= 12. */
static void drawn_turn(size_t n, uint64_t seed, double *Q) {
  double R[144];
  for (size_t k = 0; k < n * n; k++)
    Q[k] = es_random_normal(seed, ES_STREAM_USER, k);
  assert_status(es_qr(n, n, Q, R, NULL), ES_OK);
}

/* As many modes as leave some units of roundoff: they are on the parabola all
 * the same, and stay on it. */
static void twelve_modes_on_the_parabola(void **state) {
  (void)state;
  enum { N = 12 };
  for (uint64_t seed = 0; seed < 4; seed++) {
    static double U[N * N], V[N * N], D[N * N], B[N * N], W[N * N], T[N * N],
        M[N * N];
    const double *const from[] = {D, B, W, W};
    static const char *const names[] = {"X", "Xp", "W0", "Wp0"};
    char *words[4];
    drawn_turn(N, 2 * seed, U);
    drawn_turn(N, 2 * seed + 1, V);
    for (size_t j = 0; j < N; j++) {
      D[j * (N + 1)] = 1 - .05 * (double)j;
      B[j * (N + 1)] = .1 + .01 * (double)(j % 5);
      W[j * (N + 1)] = .6 - .04 * (double)j;
    }
    for (int i = 0; i < 4; i++) {
      const double *left = i < 2 ? V : U, *right = i == 3 ? U : V;
      es_gemm(false, false, N, N, N, 1, left, N, from[i], N, 0, T, N);
      es_gemm(false, true, N, N, N, 1, T, N, right, N, 0, M, N);
      words[i] = matrix_word(names[i], M, N, N);
    }
    table t = TABLE("byol", words[0], words[1], words[2], words[3],
                    "variant=simsiam", "method=exact", "t=0,5,100");
    for (size_t row = 0; row < t.rows; row++)
      for (int j = 1; j <= N; j++) {
        const double p = at_mode(&t, row, "p", j);
        assert_close(at_mode(&t, row, "s", j), p * p, 1e-15, 0);
      }
    table_free(&t);
    for (int i = 0; i < 4; i++) free(words[i]);
  }
}

static void symmetric_steppers_match(void **state) {
  (void)state;
  double U[4], V[9], M[9];
  turns(.7, .4, U, V);
  for (int k = 0; k < 2; k++) {
    const double p[3] = {.5, .2, k == 0 ? .2 : -.1};
    double P[9] = {0}, F[9] = {0};
    for (int j = 0; j < 3; j++) {
      P[4 * j] = p[j];
      F[4 * j] = k == 0 ? p[j] * p[j] / 1.5 : .3 - .1 * j;
    }
    rotated(V, 3, P, V, 3, M);
    for (int i = 0; i < 3; i++)
      for (int j = 0; j < i; j++) M[i + 3 * j] = M[j + 3 * i];
    char *Wp0 = matrix_word("Wp0", M, 3, 3);
    rotated(V, 3, F, V, 3, M);
    for (int i = 0; i < 3; i++)
      for (int j = 0; j < i; j++) M[i + 3 * j] = M[j + 3 * i];
    char *F0 = matrix_word("F0", M, 3, 3);
#define COMMUTING                                                              \
  Wp0, F0, "alpha_p=1.5", k == 0 ? "eta=0.05" : "eta=0", "t=lin:0:40:21",      \
      "output.state=on"
    assert_string_equal(METHOD("byol-symmetric", COMMUTING), "exact");
    table a = TABLE("byol-symmetric", COMMUTING);
    table b = TABLE("byol-symmetric", COMMUTING, "method=dop853", SHARP);
    for (size_t i = 0; i < a.rows * a.columns; i++)
      assert_close(a.row[i], b.row[i], 0, 1e-10);
    table_free(&a);
    table_free(&b);
    free(Wp0);
    free(F0);
  }
}

/* One thing off the aligned start of check_of_the_parabola, by 1e-9 where there
 * is a size to it, and the closed form is not taken. */
static void others_have_none(void **state) {
  (void)state;
  static const char *const off[] = {"Xp=[[.09,1e-9],[1e-9,.1]]",
                                    "W0=[[.05,1e-9],[0,.03]]",
                                    "W0=[[.05,0],[0,.03000000003]]",
                                    "Wp0=[[.05,1e-10],[1e-10,.03]]",
                                    "Wp0=[[.05,1e-10],[0,.03]]",
                                    "eta_p=.05",
                                    "variant=byol",
                                    "variant=no-stop-gradient"};
  for (size_t k = 0; k < sizeof off / sizeof *off; k++)
    if (strcmp(METHOD("byol", PARABOLA, "X=[[1,0],[0,.5]]", "t=1", off[k]),
               "dop853") != 0)
      fail_msg("%s", off[k]);
  static const char *const apart[] = {"Wp0=[[.05,1e-10],[1e-10,.03]]",
                                      "F0=[[.0025,0],[0,.00090001]]"};
  for (size_t k = 0; k < 2; k++)
    if (strcmp(METHOD("byol-symmetric", "Wp0=[[.05,0],[0,.03]]",
                      "F0=[[.0025,0],[0,.0009]]", "t=1", apart[k]),
               "dop853") != 0)
      fail_msg("%s", apart[k]);
}

/* What a single condition finds, at eta = 0 where the parabola does not matter:
 * a row that is no eigenvector, a predictor that is not symmetric, and modes
 * that rounding has left so far from orthogonal as they are small. */
static void every_condition_counts(void **state) {
  (void)state;
#define ISOTROPIC "X=[[1,0],[0,1]]", "Xp=[[.1,0],[0,.1]]"
#define FREE "variant=simsiam", "eta=0", "t=1"
  static const char *const row[] = {"W0=[[.3,.2]]", "Wp0=[[.4]]"};
  assert_string_equal(METHOD("byol", ISOTROPIC, row[0], row[1], FREE), "exact");
  assert_string_equal(METHOD("byol", "X=[[1,0],[0,.5]]", "Xp=[[.1,0],[0,.6]]",
                             row[0], row[1], FREE),
                      "dop853");
  assert_string_equal(METHOD("byol", "X=[[1,0],[0,1]]",
                             "Xp=[[.1,0],[0,.1000001]]", row[0], row[1], FREE),
                      "dop853");
  /* X = I leaves X' full, with (1,1) an eigenvector and (3,2) none. */
  assert_string_equal(METHOD("byol", "X=[[1,0],[0,1]]",
                             "Xp=[[.15,.05],[.05,.15]]", "W0=[[.3,.3]]", row[1],
                             FREE),
                      "exact");
  assert_string_equal(METHOD("byol", "X=[[1,0],[0,1]]",
                             "Xp=[[.15,.05],[.05,.15]]", row[0], row[1], FREE),
                      "dop853");
#define ROUND ISOTROPIC, "W0=[[.3,0],[0,.3]]", FREE
  assert_string_equal(METHOD("byol", ROUND, "Wp0=[[.4,.1],[.1,.2]]"), "exact");
  assert_string_equal(METHOD("byol", ROUND, "Wp0=[[.4,.1],[0,.2]]"), "dop853");
  for (int k = 0; k < 2; k++) {
    const double W[4] = {.4, 0, 0, k == 0 ? .1 : 1e-9};
    double U[4], V[9], M[4];
    turns(.7, .4, U, V);
    const double P[4] = {.3, 0, 0, .2},
                 T[4] = {cos(.7), sin(.7), -sin(.7), cos(.7)};
    rotated(U, 2, W, T, 2, M);
    char *W0 = matrix_word("W0", M, 2, 2);
    rotated(U, 2, P, U, 2, M);
    char *Wp0 = matrix_word("Wp0", M, 2, 2);
    assert_string_equal(METHOD("byol", ISOTROPIC, W0, Wp0, FREE),
                        k == 0 ? "exact" : "dop853");
    free(W0);
    free(Wp0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(check_of_the_parabola),
      cmocka_unit_test(check_without_decay),
      cmocka_unit_test(steppers_match_the_closed_form),
      cmocka_unit_test(symmetric_steppers_match),
      cmocka_unit_test(twelve_modes_on_the_parabola),
      cmocka_unit_test(others_have_none),
      cmocka_unit_test(every_condition_counts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
