/* The family of losses and the preconditioners through the flow: closed forms
 * against steppers, gradients and Jacobians by differences, symmetries. */
#include "tests/models/barlow_flows.h"

/* The steppers see the closed form within 100 rtol; where the loss has weights
 * up to 4 the columns are up to 4 times as far. */
static void steppers_match_closed_forms(void **state) {
  (void)state;
  static const char *const methods[] = {"method=tsit5", "method=dop853"};
  static const double rtols[] = {1e-6, 1e-9, 1e-12};
  for (size_t f = 0; f < FLOWS; f++)
    for (size_t k = 0; k < 6; k++) {
      char rtol[48], atol[48];
      snprintf(rtol, sizeof rtol, "solver.rtol=%g", rtols[k / 2]);
      snprintf(atol, sizeof atol, "solver.atol=%g", rtols[k / 2] * 1e-3);
      trace a = TRACE("gamma=1,0.5,0.25,-0.3", "s0=1e-6,1e-4,1e-2,0.5",
                      flows[f][0], flows[f][1], flows[f][2], flows[f][3],
                      "t=lin:0:16:33", rtol, atol, methods[k % 2]);
      trace b =
          TRACE("gamma=1,0.5,0.25,-0.3", "s0=1e-6,1e-4,1e-2,0.5", flows[f][0],
                flows[f][1], flows[f][2], flows[f][3], "t=lin:0:16:33");
      assert_int_equal(a.columns, f < 3 ? 10 : 6);
      for (size_t i = 0; i < a.rows * a.columns; i++)
        assert_close(a.row[i], b.row[i], 0, 100 * rtols[k / 2]);
      for (size_t j = 0; j < 3; j++) /* what is met is the exact half time */
        assert_close(a.met[j].t, a.step[j].half_time, 100 * rtols[k / 2], 0);
      assert_true(isnan(a.met[3].t) && isinf(a.step[3].half_time));
      trace_free(&a);
      trace_free(&b);
    }
}

/* Instances with a generic start of order 1, one per flow and basis. */
static const char *const generic[][6] = {
    {"gamma=1.2,0.7,-0.4", "d=2", "precondition=none"},
    {"gamma=1.2,0.7,-0.4", "d=2", "loss=vicreg", "sigma=1.3,1.1,0.6", "nu=0.7"},
    {"gamma=1.2,0.7,-0.4", "d=2", "loss=spectral", "sigma=1.3,1.1,0.6"},
    {"Gamma=[[1,0.2,0],[0.2,0.6,0.1],[0,0.1,0.3]]", "d=2", "loss=vicreg",
     "Sigma=[[1.3,0.1,0.2],[0.1,0.9,0],[0.2,0,0.5]]", "nu=0.7"},
    {"Gamma=[[1,0.2,0],[0.2,0.6,0.1],[0,0.1,0.3]]", "d=2", "loss=spectral",
     "Sigma=[[1.3,0.1,0.2],[0.1,0.9,0],[0.2,0,0.5]]"},
    {"gamma=1.2,0.7,-0.4", "d=2", "precondition=logdet",
     "precondition_epsilon=0.9", "mu=0.3"},
    {"gamma=1.2,0.7,-0.4", "d=2", "precondition=left",
     "precondition_epsilon=0.9"},
};
enum { GENERIC = sizeof generic / sizeof *generic, PLAIN = 0, LEFT = 6 };

/* Opens one with W0 drawn at scale .5; the state's length is 6. */
static es_instance open_generic(size_t which, es_config **config, double *y) {
  const char *words[12] = {0};
  size_t n = 0;
  for (; generic[which][n] != NULL && n < 6; n++) words[n] = generic[which][n];
  words[n++] = "init_scale=0.5";
  words[n++] = "model.seed=3";
  es_diag diag = {0};
  es_instance instance;
  double scale[6];
  *config = config_of(&es_model_barlow_twins, words);
  assert_ok(
      es_instance_open(&instance, &es_model_barlow_twins, *config, NULL, &diag),
      diag);
  assert_int_equal(instance.shape.n, 6);
  es_instance_start(&instance, y, scale);
  return instance;
}

/* L at a state. */
static double loss_at(const es_instance *instance, const double *y) {
  double row[16];
  assert_status(es_instance_observe(instance, 0, y, row), ES_OK);
  return row[0];
}

/* The right-hand side is -grad L by central differences, of all but the left
 * preconditioner, whose own is (C + rI)^-1 of the plain one's. L is quartic in
 * Z, with a logarithm far from its edge: third derivatives below 500, hence
 * 500 h^2/6 + 1e-15*10/h = 1e-8 + 1e-9. */
static void right_hand_sides_are_gradients(void **state) {
  (void)state;
  for (size_t w = 0; w < LEFT; w++) {
    es_config *config;
    double y[6], f[6];
    es_instance instance = open_generic(w, &config, y);
    assert_status(instance.model->rhs(0, y, f, instance.self), ES_OK);
    for (int i = 0; i < 6; i++) {
      const double h = 1e-5, keep = y[i];
      y[i] = keep + h;
      const double up = loss_at(&instance, y);
      y[i] = keep - h;
      const double down = loss_at(&instance, y);
      y[i] = keep;
      assert_close(-(up - down) / (2 * h), f[i], 0, 2e-8);
    }
    es_instance_close(&instance);
    es_config_free(config);
  }
}

/* (C + rI) Z'_left = Z'_plain, C = Z diag(gamma) Z^T by hand. */
static void left_is_preconditioned(void **state) {
  (void)state;
  const double gamma[3] = {1.2, .7, -.4}, r = .9;
  es_config *first, *second;
  double y[6], plain[6], left[6], C[4] = {r, 0, 0, r};
  es_instance a = open_generic(PLAIN, &first, y);
  es_instance b = open_generic(LEFT, &second, y);
  assert_status(a.model->rhs(0, y, plain, a.self), ES_OK);
  assert_status(b.model->rhs(0, y, left, b.self), ES_OK);
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 2; j++)
      for (int c = 0; c < 3; c++)
        C[i + 2 * j] += gamma[c] * y[i + 2 * c] * y[j + 2 * c];
  for (int c = 0; c < 3; c++)
    for (int i = 0; i < 2; i++)
      assert_close(C[i] * left[2 * c] + C[i + 2] * left[1 + 2 * c],
                   plain[i + 2 * c], 0, 1e-13);
  es_instance_close(&a);
  es_instance_close(&b);
  es_config_free(first);
  es_config_free(second);
}

/* Jacobians by central differences of the right-hand side: second derivatives
 * of it below 500 again. */
static void jacobians_match_differences(void **state) {
  (void)state;
  for (size_t w = 0; w < GENERIC; w++) {
    es_config *config;
    double y[6], up[6], down[6], J[36] = {0}, dfdt[6] = {0};
    es_instance instance = open_generic(w, &config, y);
    const es_model *model = instance.model;
    assert_status(model->jacobian(0, y, J, dfdt, instance.self), ES_OK);
    for (int c = 0; c < 6; c++) {
      const double h = 1e-5, keep = y[c];
      y[c] = keep + h;
      assert_status(model->rhs(0, y, up, instance.self), ES_OK);
      y[c] = keep - h;
      assert_status(model->rhs(0, y, down, instance.self), ES_OK);
      y[c] = keep;
      for (int i = 0; i < 6; i++) {
        assert_close((up[i] - down[i]) / (2 * h), J[i + 6 * c], 0, 2e-8);
        assert_close(dfdt[i], 0, 0, 0);
      }
    }
    es_instance_close(&instance);
    es_config_free(config);
  }
}

/* At nu = 1 vicreg and spectral move alike, and their losses differ by d. */
static void vicreg_at_one_is_spectral(void **state) {
  (void)state;
  trace a = TRACE(APART, "loss=vicreg", "d=2", "init_scale=1e-2",
                  "t=lin:0:20:21", "output.state=on");
  trace b = TRACE(APART, "loss=spectral", "d=2", "init_scale=1e-2",
                  "t=lin:0:20:21", "output.state=on");
  assert_int_equal(a.columns, 1 + 6 + 2 + 6);
  for (size_t i = 0; i < a.rows; i++)
    for (size_t j = 1; j < a.columns; j++)
      assert_close(at(&a, i, j) - at(&b, i, j), j == 1 || j == 4 ? 2 : 0, 0,
                   1e-14);
  trace_free(&a);
  trace_free(&b);
}

/* The same data in other coordinates: orthogonal R (m×m) and U (2×2). */
static void turn_words(char *words[3], const double *G, const double *S,
                       const double *W, double angle, double spin) {
  const double c = cos(angle), s = sin(angle), e = cos(spin), f = sin(spin);
  /* two plane rotations after another */
  const double R[9] = {c, s, 0, -s * c, c * c, s, s * s, -c * s, c};
  const double U[4] = {e, f, -f, e};
  double A[9], B[9], X[6], T[9];
  const double *const in[2] = {G, S};
  double *const out[2] = {A, B};
  for (int k = 0; k < 2; k++) {
    es_gemm(false, false, 3, 3, 3, 1, R, 3, in[k], 3, 0, T, 3);
    es_gemm(false, true, 3, 3, 3, 1, T, 3, R, 3, 0, out[k], 3);
    for (int i = 0; i < 3; i++) /* symmetric to the last bit */
      for (int j = 0; j < i; j++) out[k][i + 3 * j] = out[k][j + 3 * i];
  }
  es_gemm(false, true, 2, 3, 3, 1, W, 2, R, 3, 0, T, 2);
  es_gemm(false, false, 2, 3, 2, 1, U, 2, T, 2, 0, X, 2);
  words[0] = matrix_word("Gamma", A, 3, 3);
  words[1] = matrix_word("Sigma", B, 3, 3);
  words[2] = matrix_word("W0", X, 2, 3);
}

static const double W_small[6] = {.02, .005, -.01, .03, .01, -.02};

/* Rotating Gamma, Sigma and W0 alike, and W0 from the left, changes nothing
 * that is observed; where the two do not commute and where they do, with gamma
 * and rate repeated but sigma not. */
static void equivariance(void **state) {
  (void)state;
  const double G[2][9] = {{1, .2, 0, .2, .6, .1, 0, .1, .3},
                          {.5, 0, 0, 0, .5, 0, 0, 0, .2}};
  const double S[2][9] = {{1.3, .1, .2, .1, .9, 0, .2, 0, .5},
                          {.8, 0, 0, 0, .6, 0, 0, 0, .3}};
  static const char *const nus[] = {"nu=1", "nu=0.6"};
  for (int k = 0; k < 4; k++) {
    char *words[2][3];
    trace t[2];
    for (int r = 0; r < 2; r++) {
      turn_words(words[r], G[k / 2], S[k / 2], W_small, r * .7, r * .4);
      t[r] = TRACE(words[r][0], words[r][1], words[r][2], "loss=vicreg",
                   nus[k % 2], "t=lin:0:20:21", "solver.rtol=1e-12",
                   "solver.atol=1e-15");
    }
    for (size_t i = 0; i < t[0].rows; i++)
      for (size_t j = 1; j < t[0].columns; j++) {
        /* The partner of repeated rates is not unique: its columns. */
        const bool partner = j >= 4 && j < 7;
        if (partner && k > 1) continue;
        assert_close(at(&t[0], i, j), at(&t[1], i, j), 0, 1e-9);
      }
    for (int r = 0; r < 2; r++) {
      trace_free(&t[r]);
      for (int i = 0; i < 3; i++) free(words[r][i]);
    }
  }
}

/* Commuting matrices go by the modes' own lists: the same numbers, an aligned
 * start and its closed form too, modes in gamma's order. */
static void commuting_matrices_are_lists(void **state) {
  (void)state;
  const double G[9] = {.5, 0, 0, 0, .7, 0, 0, 0, .2};
  const double S[9] = {.8, 0, 0, 0, .75, 0, 0, 0, 2};
  char *words[3];
  turn_words(words, G, S, W_small, .7, 0);
  trace a = TRACE(words[0], words[1], "loss=vicreg", "nu=0.5", "s0=1e-3,2e-3",
                  "t=lin:0:20:21");
  trace b = TRACE("gamma=0.7,0.5", "sigma=0.75,0.8", "loss=vicreg", "nu=0.5",
                  "s0=1e-3,2e-3", "t=lin:0:20:21");
  assert_int_equal(a.columns, 1 + 3 + 2);
  for (size_t i = 0; i < a.rows * a.columns; i++)
    assert_close(a.row[i], b.row[i], 1e-12, 1e-18);
  trace_free(&a);
  trace_free(&b);
  trace c = TRACE(words[0], words[1], words[2], "loss=spectral",
                  "t=lin:0:20:21", "solver.rtol=1e-11");
  trace d = TRACE("gamma=0.5,0.7,0.2", "sigma=0.8,0.75,2",
                  "W0=[[0.02,-0.01,0.01],[0.005,0.03,-0.02]]", "loss=spectral",
                  "t=lin:0:20:21", "solver.rtol=1e-11");
  for (size_t i = 0; i < c.rows * c.columns; i++)
    assert_close(c.row[i], d.row[i], 0, 1e-9);
  trace_free(&c);
  trace_free(&d);
  for (int i = 0; i < 3; i++) free(words[i]);
}

/* Repeated gamma leaves the basis to Sigma: modes still part, falling in sigma
 * there, and have their closed form. */
static void repeated_gamma_is_parted_by_sigma(void **state) {
  (void)state;
  const double G[9] = {.5, 0, 0, 0, .5, 0, 0, 0, .2};
  const double S[9] = {.6, 0, 0, 0, .8, 0, 0, 0, .3};
  char *words[3];
  turn_words(words, G, S, W_small, .7, 0);
  trace a = TRACE(words[0], words[1], "loss=spectral", "s0=1e-3,2e-3",
                  "t=lin:0:20:21");
  trace b = TRACE("gamma=0.5,0.5", "sigma=0.8,0.6", "loss=spectral",
                  "s0=1e-3,2e-3", "t=lin:0:20:21");
  assert_int_equal(a.columns, 1 + 3 + 2);
  for (size_t i = 0; i < a.rows * a.columns; i++)
    assert_close(a.row[i], b.row[i], 1e-12, 1e-18);
  trace_free(&a);
  trace_free(&b);
  for (int i = 0; i < 3; i++) free(words[i]);
}

/* An aligned start cannot be where Gamma and Sigma do not commute: s0 is then a
 * start along the eigenvectors of the rates, integrated, and the partner is
 * only near. */
static void aligned_start_without_commuting(void **state) {
  (void)state;
  trace t = TRACE(APART, "loss=spectral", "s0=1e-3,1e-3", "t=0,30");
  assert_int_equal(t.columns, 1 + 6 + 2);
  assert_close(at(&t, 0, 2), at(&t, 0, 5), 1e-12, 0);
  assert_true(fabs(at(&t, 1, 2) - at(&t, 1, 5)) > 1e-3);
  trace_free(&t);
}

/* Limits that are other flows: nu = 0 is the covariance loss of Sigma, mu = 0
 * the plain flow. */
static void limits_are_other_flows(void **state) {
  (void)state;
  trace a =
      TRACE("gamma=0.1,0.2,0.3", "sigma=1,0.6,0.2", "loss=vicreg", "nu=0",
            "d=2", "init_scale=1e-2", "t=lin:0:10:11", "solver.rtol=1e-12");
  trace b = TRACE("gamma=1,0.6,0.2", "d=2", "init_scale=1e-2", "t=lin:0:10:11",
                  "solver.rtol=1e-12");
  for (size_t i = 0; i < a.rows; i++) {
    assert_close(at(&a, i, 1), at(&b, i, 1), 0, 1e-10);
    for (size_t j = 0; j < 2; j++)
      assert_close(at(&a, i, 7 + j), at(&b, i, 2 + j), 0, 1e-10);
  }
  trace c = TRACE("gamma=1,0.6,0.2", "d=2", "init_scale=1e-2", "t=lin:0:10:11",
                  "solver.rtol=1e-12", "precondition=logdet", "mu=0");
  for (size_t i = 0; i < b.rows * b.columns; i++)
    assert_close(b.row[i], c.row[i], 0, 1e-10);
  trace_free(&a);
  trace_free(&b);
  trace_free(&c);
}

/* What no pair of views has as Sigma. */
static void sigma_is_a_moment(void **state) {
  (void)state;
  REFUSED(&es_model_barlow_twins, ES_BAD_VALUE, "its least eigenvalue is -1",
          "Gamma=[[1,0],[0,1]]", "Sigma=[[1,0],[0,-1]]", "loss=vicreg");
  REFUSED(&es_model_barlow_twins, ES_BAD_VALUE, "in which Sigma is 0",
          "Gamma=[[1,0],[0,1]]", "Sigma=[[1,0],[0,0]]", "loss=vicreg");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(steppers_match_closed_forms),
      cmocka_unit_test(right_hand_sides_are_gradients),
      cmocka_unit_test(left_is_preconditioned),
      cmocka_unit_test(jacobians_match_differences),
      cmocka_unit_test(vicreg_at_one_is_spectral),
      cmocka_unit_test(equivariance),
      cmocka_unit_test(commuting_matrices_are_lists),
      cmocka_unit_test(repeated_gamma_is_parted_by_sigma),
      cmocka_unit_test(aligned_start_without_commuting),
      cmocka_unit_test(limits_are_other_flows),
      cmocka_unit_test(sigma_is_a_moment),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
