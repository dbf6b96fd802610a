/* Matrices with a predictor that stays symmetric: against the model
 * `byol-symmetric`, another set of equations (theory.md 3), and, from starts
 * that commute, against the free predictor's flow; and those without one. */
#include "tests/file/temp.h"

#include "file/h5.h"
#include "models/linear/byol_symmetric.h"
#include "models/linear/eigenmodes.h"
#include "overlay/byol_run.h"

#include <eigenstep/flow.h>
#include <math.h>

enum { D = 2, MOST_M = 3, ROWS = 5 };

typedef struct start {
  size_t m;
  double X[MOST_M * MOST_M], Xp[MOST_M * MOST_M], W[D * MOST_M], P[D * D];
} start;

typedef struct theory {
  double t[ROWS], p[ROWS * D], s[ROWS * D], commutator[ROWS], asymmetry[ROWS];
} theory;

static void write_start(const start *s, const char *path) {
  static const double axes[D * D] = {1, 0, 0, 1};
  const size_t square[] = {s->m, s->m}, wide[] = {D, s->m}, small[] = {D, D};
  es_h5 *file;
  es_diag diag = {0};
  assert_ok(es_h5_create(&file, path, &diag), diag);
  assert_ok(es_h5_write(file, "/prediction/X", s->X, square, 2, &diag), diag);
  assert_ok(es_h5_write(file, "/prediction/Xp", s->Xp, square, 2, &diag), diag);
  assert_ok(es_h5_write(file, "/prediction/W0", s->W, wide, 2, &diag), diag);
  assert_ok(es_h5_write(file, "/prediction/Wp0", s->P, small, 2, &diag), diag);
  assert_ok(es_h5_write(file, "/prediction/axes0", axes, small, 2, &diag),
            diag);
  assert_ok(es_h5_commit(file, &diag), diag);
}

/* At T of theory's time, which is twice a trace's. */
static void follow(void **state, const start *s, es_byolnet_mapping map,
                   const double *T, theory *out) {
  es_diag diag = {0};
  es_byolnet_run run = {.map = map,
                        .rows = ROWS,
                        .d = D,
                        .m = s->m,
                        .t = out->t,
                        .way_p = {out->p},
                        .way_s = {out->s},
                        .theory_commutator = out->commutator,
                        .theory_asymmetry = out->asymmetry};
  run.map.factor = 2;
  run.arrays = strdup(at(state, "arrays.h5"));
  assert_non_null(run.arrays);
  for (size_t i = 0; i < ROWS; i++) out->t[i] = T[i] / 2;
  write_start(s, run.arrays);
  assert_ok(es_byolnet_run_matrices(&run, &diag), diag);
  free(run.arrays);
}

typedef struct rows {
  size_t n;
  double commutator[ROWS], p[ROWS]; /* normalised; the sum of all */
} rows;

/* t, commutator, commutator_normalised, K_min, trace_residual, p_1, p_2, s_1, …
 */
static es_status keep(void *context, const double *row, size_t n) {
  rows *r = context;
  assert_int_equal(n, 5 + 2 * D);
  r->commutator[r->n] = row[2];
  r->p[r->n++] = row[5] + row[6];
  return ES_OK;
}

static const double T[ROWS] = {0, 1, 5, 10, 20};

static void model(rows *out) {
  const es_keys keys[] = {*es_model_byol_symmetric.keys, es_flow_keys};
  static const char *const word[] = {"model.Wp0=[[0.3,0.1],[0.1,0.2]]",
                                     "model.F0=[[0.2,-0.05],[-0.05,0.1]]",
                                     "model.sigma2=0.09",
                                     "model.eta=0.04",
                                     "model.alpha_p=2",
                                     "time.t=0,1,5,10,20",
                                     "solver.rtol=1e-11"};
  es_config *config;
  es_flow *flow;
  es_diag diag = {0};
  assert_ok(es_config_new(&config, keys, 2, &diag), diag);
  for (size_t k = 0; k < sizeof word / sizeof *word; k++)
    assert_ok(es_config_set(config, word[k], &diag), diag);
  assert_ok(es_flow_new(&flow, &es_model_byol_symmetric, config, NULL, &diag),
            diag);
  *out = (rows){0};
  assert_ok(es_flow_run(flow, keep, out, &diag), diag);
  assert_int_equal(out->n, ROWS);
  es_flow_free(flow);
  es_config_free(config);
}

/* W W^T = F0 by Cholesky's factor, and X = I, X' = .09 I. The overlay's F is (1
 * + .09) times the model's, which a normalised commutator does not see. rtol
 * 1e-9 a step over less than a hundred steps; the commutator falls by 1e-4. */
static void it_is_the_symmetrised_flow(void **state) {
  const double l = sqrt(.2);
  const start s = {.m = 2,
                   .X = {1, 0, 0, 1},
                   .Xp = {.09, 0, 0, .09},
                   .W = {l, 0, -.05 / l, sqrt(.1 - .0025 / .2)},
                   .P = {.3, .1, .1, .2}};
  const es_byolnet_mapping map = {.kind = ES_BYOLNET_SIMSIAM,
                                  .predictor = true,
                                  .symmetric = true,
                                  .alpha_p = 2,
                                  .eta_p = .04,
                                  .eta_s = .04};
  theory got, free_one;
  es_byolnet_mapping other = map;
  rows want;
  model(&want);
  follow(state, &s, map, T, &got);
  for (size_t i = 0; i < ROWS; i++) {
    assert_close(got.commutator[i], want.commutator[i], 1e-6, 1e-10);
    assert_close(got.p[i * D] + got.p[i * D + 1], want.p[i], 1e-7, 0);
    assert_close(got.asymmetry[i], 0, 0, 0);
  }
  /* It is another flow than the free one, which leaves symmetry. */
  other.symmetric = false;
  follow(state, &s, other, T, &free_one);
  assert_true(free_one.asymmetry[2] > 1e-3);
  assert_true(fabs(free_one.commutator[2] - got.commutator[2]) > 1e-4);
}

/* Diagonal matrices stay diagonal, and both flows are the modes'. */
static void from_starts_that_commute(void **state) {
  const start s = {.m = 3,
                   .X = {1, 0, 0, 0, .6, 0, 0, 0, .4},
                   .Xp = {.1, 0, 0, 0, .3, 0, 0, 0, .2},
                   .W = {.3, 0, 0, 0, .5, 0},
                   .P = {.4, 0, 0, .3}};
  static const es_byolnet_kind kind[] = {ES_BYOLNET_EMA, ES_BYOLNET_SIMSIAM,
                                         ES_BYOLNET_SELF};
  for (size_t k = 0; k < 3; k++) {
    es_byolnet_mapping map = {.kind = kind[k],
                              .predictor = true,
                              .alpha_p = 1.5,
                              .eta_p = .05,
                              .eta_s = .03,
                              .beta = .4};
    theory own, other;
    follow(state, &s, map, T, &other);
    map.symmetric = true;
    follow(state, &s, map, T, &own);
    for (size_t i = 0; i < ROWS * D; i++) {
      assert_close(own.p[i], other.p[i], 1e-7, 1e-10);
      assert_close(own.s[i], other.s[i], 1e-7, 1e-10);
    }
    assert_true(fabs(own.p[(ROWS - 1) * D] - .4) > .01);
  }
}

/* Without a predictor and with a target that follows, a mode is w' = lambda_d a
 * - (lambda_s + eta) w, a' = beta (w - a): from w = a, with the eigenvalues r
 * of
 * [[-1.13, 1], [.4, -.4]], w = w0 (A e^(r_1 T) + (1 - A) e^(r_2 T)), A r_1 + (1
 * - A) r_2 = -.13. */
static void without_predictor(void **state) {
  const start s = {.m = 2,
                   .X = {1, 0, 0, 1},
                   .Xp = {.1, 0, 0, .1},
                   .W = {.5, 0, 0, .3},
                   .P = {1, 0, 0, 1}};
  const es_byolnet_mapping map = {
      .kind = ES_BYOLNET_EMA, .eta_s = .03, .beta = .4};
  const double trace = -1.53, det = 1.13 * .4 - .4,
               root = sqrt(trace * trace / 4 - det);
  const double r1 = trace / 2 + root, r2 = trace / 2 - root,
               A = (-.13 - r2) / (r1 - r2);
  theory got;
  follow(state, &s, map, T, &got);
  for (size_t i = 0; i < ROWS; i++) {
    const double w = A * exp(r1 * T[i]) + (1 - A) * exp(r2 * T[i]);
    assert_close(got.p[i * D], 1, 1e-12, 0);
    assert_close(got.s[i * D], .25 * w * w, 1e-7, 0);
    assert_close(got.s[i * D + 1], .09 * w * w, 1e-7, 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(it_is_the_symmetrised_flow),
      temp_test(from_starts_that_commute),
      temp_test(without_predictor),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
