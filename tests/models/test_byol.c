/* The equations of `byol`: right-hand sides against finite differences of J,
 * Jacobians, rotations, the closed form, aligned starts against the equations
 * of modes, descent, and starts at the edge. */
#include "tests/models/byol.h"

static const char *const variants[] = {"variant=byol", "variant=simsiam",
                                       "variant=no-predictor",
                                       "variant=no-stop-gradient"};
enum { VARIANTS = 4, EMA = 0, SIMSIAM = 1, NO_PREDICTOR = 2, NO_STOP = 3 };

static const double X[9] = {1, .3, 0, .3, .8, .1, 0, .1, .5};
static const double Xp[9] = {.2, 0, .05, 0, .1, 0, .05, 0, .4};

/* tr(A M B^T) for A, B (2×3) and M (3×3). */
static double form(const double *A, const double *M, const double *B) {
  double sum = 0;
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 3; j++)
      for (int k = 0; k < 3; k++)
        sum += A[i + 2 * j] * M[j + 3 * k] * B[i + 2 * k];
  return sum;
}

/* W, W_p and W_a, column-major, of a state y. */
static void parts_of(const opened *o, const double *y, double *W, double *P,
                     double *A) {
  double row[16];
  es_instance_state(&o->instance, y, row);
  for (int i = 0; i < 2; i++) {
    for (int j = 0; j < 3; j++) {
      W[i + 2 * j] = row[3 * i + j];
      A[i + 2 * j] = row[10 + 3 * i + j];
    }
    for (int j = 0; j < 2; j++) P[i + 2 * j] = row[6 + 2 * i + j];
  }
}

/* J = E|W_p W x_1 - W_a x_2|^2/2 at y, the target being that of `frozen`:
 * E x_1 x_1^T = X + X', E x_1 x_2^T = X. */
static double loss(const opened *o, const double *y, const double *frozen) {
  double W[6], P[4], A[6], V[6], Q[4], B[6], PW[6], sum[9];
  parts_of(o, y, W, P, B);
  parts_of(o, frozen, V, Q, A);
  for (int k = 0; k < 9; k++) sum[k] = X[k] + Xp[k];
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 3; j++)
      PW[i + 2 * j] = P[i] * W[2 * j] + P[i + 2] * W[1 + 2 * j];
  return (form(PW, sum, PW) + form(A, sum, A)) / 2 - form(PW, X, A);
}

/* y' = -grad J with the target held (of no-stop-gradient: not held), times
 * alpha_p for W_p whose gradient never goes through the target, minus decay. J
 * is quartic with derivatives below 20: 20 h^2 + 1e-16/h = 3e-9 at h = 1e-5. */
static void right_hand_sides_are_gradients(void **state) {
  (void)state;
  for (int v = 0; v < VARIANTS; v++) {
    opened o = OPENED("byol", CHECK_MOMENTS, CHECK_START, variants[v],
                      "Wa0=[[.2,.1,-.3],[.4,0,.6]]", "alpha_p=1.7", "beta=.6",
                      "eta_p=.03", "eta_s=.05");
    const size_t n = o.instance.shape.n;
    assert_int_equal(n, v == EMA ? 16 : v == NO_PREDICTOR ? 6 : 10);
    double *f = slope_of(&o, o.y), y[16], frozen[16];
    memcpy(frozen, o.y, n * sizeof *frozen);
    for (size_t k = 0; k < n && k < 10; k++) {
      const double h = 1e-5;
      double side[2];
      for (int s = 0; s < 2; s++) {
        memcpy(y, o.y, n * sizeof *y);
        y[k] += s == 0 ? h : -h;
        side[s] = loss(&o, y, v == NO_STOP ? y : frozen);
      }
      const double grad = (side[0] - side[1]) / (2 * h);
      const double want =
          k < 6 ? -grad - .05 * o.y[k] : -1.7 * grad - .03 * o.y[k];
      assert_close(f[k], want, 0, 5e-9);
    }
    for (size_t k = 10; k < n; k++)
      assert_close(f[k], .6 * (o.y[k - 10] - o.y[k]), 1e-14, 1e-16);
    free(f);
    opened_free(&o);
  }
}

/* By central differences: the right-hand side is a polynomial of degree 4 with
 * third derivatives below 50, hence 50 h^2/6 + 1e-16*10/h = 1e-9. X' that
 * commutes with X leaves S diagonal. */
static void jacobians_match_differences(void **state) {
  (void)state;
  static const char *const moments[][2] = {
      {CHECK_MOMENTS},
      {"X=[[1,0,0],[0,.6,0],[0,0,.3]]", "Xp=[[.2,0,0],[0,.1,0],[0,0,.4]]"}};
  for (int v = 0; v < 2 * VARIANTS; v++) {
    opened o = OPENED("byol", moments[v / VARIANTS][0],
                      moments[v / VARIANTS][1], CHECK_START,
                      variants[v % VARIANTS], "Wa0=[[.2,.1,-.3],[.4,0,.6]]",
                      "alpha_p=1.7", "beta=.6", "eta_p=.03", "eta_s=.05");
    const size_t n = o.instance.shape.n;
    double J[256] = {0}, dfdt[16] = {0}, y[16];
    assert_status(o.instance.model->jacobian(0, o.y, J, dfdt, o.instance.self),
                  ES_OK);
    for (size_t k = 0; k < n; k++) {
      const double h = 1e-5;
      memcpy(y, o.y, n * sizeof *y);
      y[k] = o.y[k] + h;
      double *up = slope_of(&o, y);
      y[k] = o.y[k] - h;
      double *down = slope_of(&o, y);
      for (size_t i = 0; i < n; i++)
        assert_close(J[i + n * k], (up[i] - down[i]) / (2 * h), 0, 5e-9);
      free(up);
      free(down);
    }
    for (size_t i = 0; i < n; i++) assert_close(dfdt[i], 0, 0, 0);
    opened_free(&o);
  }
}

/* Other orthogonal coordinates of inputs and of outputs change no column. */
static void equivariance(void **state) {
  (void)state;
  const double c = cos(.7), s = sin(.7), e = cos(.4), f = sin(.4);
  const double V[9] = {c, s, 0, -s * c, c * c, s, s * s, -c * s, c};
  const double U[4] = {e, f, -f, e};
  const double W[6] = {.3, .1, -.2, .4, .1, -.3}, P[4] = {.5, -.1, .2, .3};
  const double A[6] = {.2, .4, .1, 0, -.3, .6};
  for (int v = 0; v < VARIANTS; v++) {
    double M[9];
    char *words[5];
    rotated(V, 3, X, V, 3, M);
    words[0] = matrix_word("X", M, 3, 3);
    rotated(V, 3, Xp, V, 3, M);
    words[1] = matrix_word("Xp", M, 3, 3);
    rotated(U, 2, W, V, 3, M);
    words[2] = matrix_word("W0", M, 2, 3);
    rotated(U, 2, P, U, 2, M);
    words[3] = matrix_word("Wp0", M, 2, 2);
    rotated(U, 2, A, V, 3, M);
    words[4] = matrix_word("Wa0", M, 2, 3);
    table a = TABLE("byol", CHECK_MOMENTS, CHECK_START, variants[v],
                    "Wa0=[[.2,.1,-.3],[.4,0,.6]]", "t=lin:0:20:21", SHARP);
    table b = TABLE("byol", words[0], words[1], words[2], words[3], words[4],
                    variants[v], "t=lin:0:20:21", SHARP);
    for (size_t i = 0; i < a.rows * a.columns; i++)
      if (isnan(a.row[i]))
        assert_true(isnan(b.row[i]));
      else
        assert_close(a.row[i], b.row[i], 0, 1e-10);
    table_free(&a);
    table_free(&b);
    for (int k = 0; k < 5; k++) free(words[k]);
  }
}

/* W0 exp(-(X' + eta I) t) by the exponential's own series, which at |X't| < 3
 * loses e^6 units. The closed form is what auto takes, and the stepper agrees
 * within 100 rtol. */
static void no_predictor_is_exact(void **state) {
  (void)state;
  const double W0[6] = {.3, .1, -.2, .4, .1, -.3}, t = 4, eta = .07;
  double term[6], sum[6], got[6];
  memcpy(term, W0, sizeof term);
  memcpy(sum, W0, sizeof sum);
  for (int k = 1; k < 60; k++) {
    double next[6];
    es_gemm(false, false, 2, 3, 3, -t / k, term, 2, Xp, 3, 0, next, 2);
    for (int i = 0; i < 6; i++)
      sum[i] += term[i] = next[i] - eta * t / k * term[i];
  }
  static const char *const methods[] = {"method=exact", "method=auto",
                                        "method=dop853"};
  for (int m = 0; m < 3; m++) {
    table x = TABLE("byol", CHECK_MOMENTS, CHECK_START, "eta=0.07",
                    "variant=no-predictor", "t=4", "output.state=on",
                    methods[m], SHARP);
    matrix_at(&x, 0, "W", 2, 3, got);
    for (int i = 0; i < 6; i++)
      assert_close(got[i], sum[i], 0, m < 2 ? 1e-14 : 1e-10);
    assert_close(at(&x, 0, "Wp_norm"), sqrt(2), 1e-15, 0);
    assert_close(at(&x, 0, "commutator_normalised"), 0, 0, 0);
    assert_close(at(&x, 0, "tau"), 1, 0, 0);
    assert_close(at_mode(&x, 0, "p", 1), 1, 1e-15, 0);
    assert_true(isnan(at(&x, 0, "balance_residual")));
    table_free(&x);
  }
}

/* theory.md 4 with lambda_s, lambda_d: y = (p, s, tau). */
typedef struct mode {
  double alpha, eta_p, eta_s, beta, lambda_s, lambda_d;
} mode;

static es_status mode_rhs(double t, const double *y, double *f, void *context) {
  const mode *m = context;
  const double r = m->lambda_d * y[2] - m->lambda_s * y[0];
  (void)t;
  f[0] = m->alpha * y[1] * r - m->eta_p * y[0];
  f[1] = 2 * y[0] * y[1] * r - 2 * m->eta_s * y[1];
  f[2] = m->beta * (1 - y[2]) - y[2] * (y[0] * r - m->eta_s);
  return ES_OK;
}

/* (p, s, tau) at t. */
static void mode_at(mode m, double t, double *y) {
  es_ode_system system = {.n = 3, .rhs = mode_rhs, .context = &m};
  es_ode_options options;
  es_diag diag = {0};
  es_ode *ode;
  es_ode_options_default(&options);
  options.method = "dop853";
  options.rtol = 1e-13;
  options.atol = 1e-16;
  assert_ok(es_ode_new(&ode, &system, &options, &diag), diag);
  assert_ok(es_ode_solve(ode, 0, y, &t, 1, NULL, NULL, &diag), diag);
  es_ode_free(ode);
}

/* An aligned start, W = U diag(√s) V^T, W_p = U diag(p) U^T, W_a = U diag(tau
 * √s) V^T, with V eigenvectors of X and of X'. */
typedef struct start {
  mode m[2];
  double y[2][3]; /* (p, s, tau) of each mode */
} start;

static const double V2[4] = {.8, .6, -.6, .8}, V2_back[4] = {.8, -.6, .6, .8};
static const double cos_U = 0.9210609940028851, sin_U = 0.3894183423086505;

static void left_turns(double *U, double *back) {
  memcpy(U, (double[]){cos_U, sin_U, -sin_U, cos_U}, 4 * sizeof *U);
  memcpy(back, (double[]){cos_U, -sin_U, sin_U, cos_U}, 4 * sizeof *back);
}

static table flow_of(const start *from) {
  static const char *const names[] = {"X", "Xp", "W0", "Wp0", "Wa0"};
  double diagonal[5][4] = {{0}}, U[4], back[4], M[4];
  char *words[5];
  left_turns(U, back);
  for (int j = 0; j < 2; j++) {
    const mode *m = &from->m[j];
    const double *y = from->y[j], w = sqrt(y[1]);
    const double value[] = {m->lambda_d, m->lambda_s - m->lambda_d, w, y[0],
                            y[2] * w};
    for (int i = 0; i < 5; i++) diagonal[i][3 * j] = value[i];
  }
  for (int i = 0; i < 5; i++) {
    const double *left = i < 2 ? V2 : U, *right = i == 3 ? U : V2;
    rotated(left, 2, diagonal[i], right, 2, M);
    if (i < 2) M[2] = M[1];
    words[i] = matrix_word(names[i], M, 2, 2);
  }
  table t = TABLE("byol", words[0], words[1], words[2], words[3], words[4],
                  "alpha_p=1.4", "eta_p=0.03", "eta_s=0.02", "beta=0.5",
                  "t=0,1,7,30", "output.state=on", SHARP);
  for (int i = 0; i < 5; i++) free(words[i]);
  return t;
}

/* The rows of a flow from there are the modes' own; what tau is one reads off W
 * and W_a in the basis. */
static void check_modes(const start *from) {
  double U[4], back[4], M[4], W[4], A[4];
  table t = flow_of(from);
  left_turns(U, back);
  for (size_t row = 0; row < t.rows; row++) {
    start now = *from;
    matrix_at(&t, row, "W", 2, 2, M);
    rotated(back, 2, M, V2_back, 2, W);
    matrix_at(&t, row, "Wa", 2, 2, M);
    rotated(back, 2, M, V2_back, 2, A);
    assert_close(at(&t, row, "commutator_normalised"), 0, 0, 1e-12);
    assert_close(at(&t, row, "asymmetry"), 0, 0, 1e-12);
    for (int j = 0; j < 2; j++) {
      mode_at(now.m[j], at(&t, row, "t"), now.y[j]);
      assert_close(W[3 * j] * W[3 * j], now.y[j][1], 0, 1e-10);
      assert_close(A[3 * j] / W[3 * j], now.y[j][2], 0, 1e-9);
    }
    const int first = now.y[0][1] >= now.y[1][1] ? 0 : 1;
    for (int j = 0; j < 2; j++) {
      const double *want = now.y[j == 0 ? first : 1 - first];
      assert_close(at_mode(&t, row, "p", j + 1), want[0], 0, 1e-10);
      assert_close(at_mode(&t, row, "s", j + 1), want[1], 0, 1e-10);
    }
    if (from->y[0][2] != from->y[1][2]) continue;
    assert_close(at(&t, row, "tau"), now.y[0][2], 0, 1e-10);
    assert_close(at(&t, row, "tau_residual"), 0, 0, 1e-10);
  }
  table_free(&t);
}

/* Modes stay apart and obey their equations; and where all are alike W_a stays
 * a multiple of W. */
static void aligned_starts_are_modes(void **state) {
  (void)state;
  const mode one = {1.4, .03, .02, .5, 1.09, 1},
             other = {1.4, .03, .02, .5, .7, .5};
  const start apart = {{one, other}, {{.4, .3, .2}, {.25, .06, .6}}};
  const start alike = {{one, one}, {{.4, .3, .2}, {.4, .3, .2}}};
  check_modes(&apart);
  check_modes(&alike);
}

/* y + lr f, by hand. */
static void descent_is_euler(void **state) {
  (void)state;
  opened o = OPENED("byol", CHECK_MOMENTS, CHECK_START);
  double *f = slope_of(&o, o.y), row[16], got[6];
  for (int i = 0; i < 16; i++) o.y[i] += .25 * f[i];
  es_instance_state(&o.instance, o.y, row);
  table t = TABLE("byol", CHECK_MOMENTS, CHECK_START, "lr=0.25", "method=gd",
                  "t=0.25", "output.state=on");
  matrix_at(&t, 0, "Wa", 2, 3, got);
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 3; j++)
      assert_close(got[i + 2 * j], row[10 + 3 * i + j], 1e-15, 1e-17);
  free(f);
  opened_free(&o);
  table_free(&t);
}

/* The same of byol-symmetric, whose state y is two lower triangles. */
static void symmetric_descent_is_euler(void **state) {
  (void)state;
#define SYMMETRIC "Wp0=[[.3,.1],[.1,.2]]", "F0=[[.2,-.05],[-.05,.1]]"
  opened o = OPENED("byol-symmetric", SYMMETRIC);
  double *f = slope_of(&o, o.y), P[4], F[4];
  for (int i = 0; i < 6; i++) o.y[i] += .25 * f[i];
  table t = TABLE("byol-symmetric", SYMMETRIC, "lr=0.25", "method=gd", "t=0.25",
                  "output.state=on");
  matrix_at(&t, 0, "Wp", 2, 2, P);
  matrix_at(&t, 0, "F", 2, 2, F);
  for (int k = 0; k < 4; k++) {
    static const int packed[] = {0, 1, 1, 2};
    assert_close(P[k], o.y[packed[k]], 1e-15, 0);
    assert_close(F[k], o.y[3 + packed[k]], 1e-15, 0);
  }
  free(f);
  opened_free(&o);
  table_free(&t);
}

/* What a quotient of nothing is; more rows than X has dimensions. */
static void starts_at_the_edge(void **state) {
  (void)state;
  table t = TABLE("byol", CHECK_MOMENTS, "W0=[[0,0,0],[0,0,0]]",
                  "Wp0=[[0,0],[0,0]]", "t=0,1");
  for (size_t row = 0; row < 2; row++) {
    static const char *const zeros[] = {"W_norm",
                                        "Wp_norm",
                                        "Wa_norm",
                                        "commutator",
                                        "commutator_normalised",
                                        "asymmetry",
                                        "p_1",
                                        "p_2",
                                        "s_1",
                                        "s_2",
                                        "tau_residual"};
    for (size_t k = 0; k < sizeof zeros / sizeof *zeros; k++)
      assert_close(at(&t, row, zeros[k]), 0, 0, 0);
    assert_true(isnan(at(&t, row, "tau")));
  }
  table_free(&t);
  table u = TABLE("byol", "X=[[1,.2],[.2,.5]]", "Xp=[[.1,0],[0,.1]]",
                  "W0=[[.5,0],[.1,.4],[-.3,.2]]",
                  "Wp0=[[.5,.1,0],[.1,.4,0],[0,.2,.3]]", "t=0,20,1000");
  for (size_t row = 0; row < u.rows; row++)
    assert_close(at(&u, row, "s_3"), 0, 0, 1e-30);
  assert_true(at(&u, 2, "s_2") > .1);
  table_free(&u);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(right_hand_sides_are_gradients),
      cmocka_unit_test(jacobians_match_differences),
      cmocka_unit_test(equivariance),
      cmocka_unit_test(no_predictor_is_exact),
      cmocka_unit_test(aligned_starts_are_modes),
      cmocka_unit_test(descent_is_euler),
      cmocka_unit_test(symmetric_descent_is_euler),
      cmocka_unit_test(starts_at_the_edge),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
