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
  opened o = OPENED("byol", CHECK_MOMENTS, CHECK_START, "alpha_p=1.7",
                    "eta_p=.5", "eta_s=.4");
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
    const double k = sqrt(1.7) * x[2] * M;
    assert_true(slope <= (k - .4) * N * N + 1e-15);
    assert_int_equal(fate_of(&o, y),
                     k < .4 ? ES_FATE_COLLAPSED : ES_FATE_UNDECIDED);
    free(f);
  }
  opened_free(&o);
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(inequalities_hold),
      cmocka_unit_test(the_bound_itself),
      cmocka_unit_test(collapse_comes),
      cmocka_unit_test(survivors_are_not_given_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
