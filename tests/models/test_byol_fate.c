/* Collapse that is certain: the inequalities of byol_fate.c's proofs at random
 * states of the regions, flows that begin there, and flows that survive. */
#include "tests/models/byol.h"

#define INDEFINITE                                                             \
  "X=[[1,.3,0],[.3,.8,.1],[0,.1,-.02]]", "Xp=[[.2,0,.05],[0,.1,0],[.05,0,-."   \
                                         "01]]"

/* Estimates without bias may be indefinite: a little; S and X' much, X much. */
static const char *const moments[][2] = {
    {CHECK_MOMENTS},
    {INDEFINITE},
    {"X=[[.1,0,0],[0,.05,0],[0,0,.02]]", "Xp=[[-9,0,0],[0,.1,0],[0,0,-9]]"},
    {"X=[[.1,0,0],[0,-.5,0],[0,0,-.5]]", "Xp=[[.1,0,0],[0,.1,0],[0,0,.1]]"}};
enum { MOMENTS = sizeof moments / sizeof *moments };
static const char *const variants[] = {"variant=byol", "variant=simsiam",
                                       "variant=no-stop-gradient"};
enum { EMA = 0, SIMSIAM = 1, NO_STOP = 2, WIDE = 6, SQUARE = 4 };

static es_fate fate_of(const opened *o, const double *y) {
  return o->instance.model->fate(o->instance.self, 0, y);
}

static double dot(size_t n, const double *x, const double *y) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += x[i] * y[i];
  return sum;
}

/* A state whose norms are of any size about the region's edge. */
static void draw(uint64_t seed, size_t n, double *y) {
  for (size_t i = 0; i < n; i++)
    y[i] = es_random_normal(seed, ES_STREAM_USER, i);
  const double scale[] = {.5 * es_random_uniform(seed, ES_STREAM_USER, 100),
                          .5 * es_random_uniform(seed, ES_STREAM_USER, 101),
                          .5 * es_random_uniform(seed, ES_STREAM_USER, 102)};
  for (size_t i = 0; i < n; i++)
    y[i] *= scale[(i >= WIDE) + (i >= WIDE + SQUARE)];
}

/* In the region N falls (of no-stop-gradient: ‖W‖), ‖W_a‖ does not pass N, and
 * a state in it that is made smaller is in it, too. */
static void inequalities_hold(void **state) {
  (void)state;
  int inside = 0, outside = 0;
  for (int k = 0; k < 3 * MOMENTS; k++) {
    opened o = OPENED("byol", moments[k / 3][0], moments[k / 3][1], CHECK_START,
                      variants[k % 3], "alpha_p=1.7", "eta_p=.5", "eta_s=.4",
                      "beta=.3");
    const size_t n = o.instance.shape.n;
    for (uint64_t seed = 0; seed < 500; seed++) {
      double y[16];
      draw(seed, n, y);
      if (fate_of(&o, y) != ES_FATE_COLLAPSED) {
        outside++;
        continue;
      }
      inside++;
      double *f = slope_of(&o, y);
      const double *P = y + WIDE, *A = P + SQUARE;
      const double w = dot(WIDE, y, f);
      const double p = dot(SQUARE, P, f + WIDE) / 1.7;
      assert_true(k % 3 == NO_STOP ? w < 0 : w + p < 0);
      if (k % 3 == EMA) {
        const double N =
            hypot(es_norm(SQUARE, P) / sqrt(1.7), es_norm(WIDE, y));
        const double a = es_norm(WIDE, A);
        assert_true(dot(WIDE, A, f + WIDE + SQUARE) <=
                    .3 * (N - a) * a + 1e-15);
      }
      for (size_t i = 0; i < n; i++) y[i] *= .7;
      assert_int_equal(fate_of(&o, y), ES_FATE_COLLAPSED);
      free(f);
    }
    opened_free(&o);
  }
  assert_true(inside > 300 && outside > 300);
}

/* The rate of the proof at the state's own norms, x = |X|_2 and alpha_p = 1.7:
 * (N^2)'/2 <= (k(M) - eta) N^2, not only in the region. */
static void the_bound_itself(void **state) {
  (void)state;
  static const char *const half = "X=[[.5,.15,0],[.15,.4,.05],[0,.05,.25]]";
  for (int halved = 0; halved < 2; halved++) {
    opened o = OPENED("byol", CHECK_MOMENTS, halved ? half : "alpha_p=1",
                      CHECK_START, "alpha_p=1.7", "eta_p=.5", "eta_s=.4");
    double X[9] = {1, .3, 0, .3, .8, .1, 0, .1, .5}, x[3];
    assert_status(es_eigen_symmetric(3, X, x, false, NULL), ES_OK);
    for (uint64_t seed = 0; seed < 500; seed++) {
      double y[16];
      draw(seed, 16, y);
      double *f = slope_of(&o, y);
      const double N =
          hypot(es_norm(SQUARE, y + WIDE) / sqrt(1.7), es_norm(WIDE, y));
      const double M = fmax(N, es_norm(WIDE, y + WIDE + SQUARE));
      const double slope =
          dot(WIDE, y, f) + dot(SQUARE, y + WIDE, f + WIDE) / 1.7;
      const double k = sqrt(1.7) * (halved ? x[2] / 2 : x[2]) * M;
      assert_true(slope <= (k - .4) * N * N + 1e-15);
      assert_int_equal(fate_of(&o, y),
                       k < .4 ? ES_FATE_COLLAPSED : ES_FATE_UNDECIDED);
      free(f);
    }
    opened_free(&o);
  }
}

/* Every norm of a flow that begins in a region ends at 0, from W_a too; and the
 * limits are what its columns come to. */
static void collapse_comes(void **state) {
  (void)state;
  static const char *const all[] = {"variant=byol", "variant=simsiam",
                                    "variant=no-stop-gradient",
                                    "variant=no-predictor"};
  for (int k = 0; k < 4; k++) {
    opened o = OPENED("byol", CHECK_MOMENTS, CHECK_START, all[k], "eta=1.5");
    assert_int_equal(fate_of(&o, o.y), ES_FATE_COLLAPSED);
    double limit[16];
    o.instance.model->limit(o.instance.self, ES_FATE_COLLAPSED, 0, o.y, limit);
    table t =
        TABLE("byol", CHECK_MOMENTS, CHECK_START, all[k], "eta=1.5", "t=100");
    assert_int_equal(t.columns, 1 + o.instance.shape.n_columns);
    for (size_t j = 1; j < t.columns; j++)
      if (!isnan(limit[j - 1])) assert_close(t.row[j], limit[j - 1], 0, 1e-12);
    table_free(&t);
    opened_free(&o);
  }
}

/* A flow that survives is never said to collapse: its whole way, at a decay at
 * which others do. */
static void survivors_are_not_given_up(void **state) {
  (void)state;
  for (int k = 0; k < 2; k++) {
    opened o = OPENED("byol", CHECK_MOMENTS, CHECK_START, variants[k]);
    table t = TABLE("byol", CHECK_MOMENTS, CHECK_START, variants[k],
                    "t=lin:0:200:401", "output.state=on");
    assert_true(at(&t, t.rows - 1, "s_2") > .1);
    for (size_t row = 0; row < t.rows; row++)
      assert_int_equal(fate_of(&o, t.row + (row + 1) * t.columns - 16),
                       ES_FATE_UNDECIDED);
    table_free(&t);
    opened_free(&o);
  }
  opened o = OPENED("byol", INDEFINITE, CHECK_START, "eta=0.01",
                    "variant=no-predictor");
  assert_int_equal(fate_of(&o, o.y), ES_FATE_UNDECIDED);
  opened_free(&o);
}

/* Random W_p and F >= 0 (3×3) about the edge of the region of `byol-symmetric`:
 * it collapses from inside, at either sign of tau, and f_max falls on
 * the way. */
static void symmetric_region(void **state) {
  (void)state;
  static const char *const taus[] = {"tau=1", "tau=-1"};
  const double lesser = 2 * .1 / (1 + sqrt(1 - 4 * 1.09 * .1));
  int inside = 0, outside = 0;
  for (uint64_t seed = 0; seed < 40; seed++) {
    const double sign = seed % 2 == 0 ? 1 : -1;
    double P[9], B[9], F[9], top[3];
    for (uint64_t k = 0; k < 9; k++) {
      P[k] = .04 * es_random_normal(seed, ES_STREAM_USER, k);
      B[k] = .028 * es_random_normal(seed, ES_STREAM_USER, 9 + k);
    }
    for (int i = 0; i < 3; i++)
      for (int j = 0; j < i; j++) P[i + 3 * j] = P[j + 3 * i];
    es_syrk(3, 3, 1, B, 0, F);
    char *Wp0 = matrix_word("Wp0", P, 3, 3), *F0 = matrix_word("F0", F, 3, 3);
    opened o = OPENED("byol-symmetric", Wp0, F0, "eta=.1", "alpha_p=2",
                      taus[seed % 2]);
    const es_fate fate = fate_of(&o, o.y);
    memcpy(B, P, sizeof B);
    assert_status(es_eigen_symmetric(3, B, top, false, NULL), ES_OK);
    const double p = sign > 0 ? top[2] : -top[0];
    memcpy(B, F, sizeof B);
    assert_status(es_eigen_symmetric(3, B, top, false, NULL), ES_OK);
    assert_int_equal(fate, p < lesser && 2 * top[2] < lesser * lesser
                               ? ES_FATE_COLLAPSED
                               : ES_FATE_UNDECIDED);
    *(fate == ES_FATE_COLLAPSED ? &inside : &outside) += 1;
    if (fate == ES_FATE_COLLAPSED) {
      table t = TABLE("byol-symmetric", Wp0, F0, "eta=.1", "alpha_p=2",
                      taus[seed % 2], "t=lin:0:400:401");
      double limit[10];
      o.instance.model->limit(o.instance.self, fate, 0, o.y, limit);
      for (size_t row = 1; row < 40; row++)
        assert_true(at(&t, row, "s_1") < at(&t, row - 1, "s_1"));
      for (size_t j = 0; j < 10; j++)
        if (!isnan(limit[j]))
          assert_close(t.row[400 * t.columns + 1 + j], limit[j], 0, 1e-10);
      table_free(&t);
    }
    opened_free(&o);
    free(Wp0);
    free(F0);
  }
  assert_true(inside > 8 && outside > 8);
}

/* On both sides of eta = tau^2/(4b), from a start that survives below it, and
 * of p- and p-^2/alpha_p for one mode, where the region is the whole basin's
 * corner. */
static void symmetric_edges(void **state) {
  (void)state;
  static const char *const word[][3] = {
      {"eta=.2294", "Wp0=[[.5]]", "F0=[[.25]]"},
      {"eta=.2293", "Wp0=[[.5]]", "F0=[[.25]]"},
      {"eta=.04", "Wp0=[[.0419]]", "F0=[[.0017]]"},
      {"eta=.04", "Wp0=[[.0420]]", "F0=[[.0017]]"},
      {"eta=.04", "Wp0=[[.0419]]", "F0=[[.0018]]"},
      {"eta=0", "Wp0=[[0]]", "F0=[[0]]"}};
  static const bool certain[] = {true, false, true, false, false, false};
  for (int k = 0; k < 6; k++) {
    opened o = OPENED("byol-symmetric", word[k][0], word[k][1], word[k][2]);
    assert_int_equal(fate_of(&o, o.y),
                     certain[k] ? ES_FATE_COLLAPSED : ES_FATE_UNDECIDED);
    opened_free(&o);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(inequalities_hold),
      cmocka_unit_test(the_bound_itself),
      cmocka_unit_test(collapse_comes),
      cmocka_unit_test(survivors_are_not_given_up),
      cmocka_unit_test(symmetric_region),
      cmocka_unit_test(symmetric_edges),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
