/* The model through the flow: closed form against steppers against descent,
 * properties of the equations on random input, checks of theory.md 1. */
#include "tests/fit.h"
#include "tests/models/config_of.h"

#include "models/linear/barlow.h"

#include <eigenstep/eigenstep.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 2048, MOST_COLUMNS = 64 };

typedef struct table {
  double cell[MOST_ROWS][MOST_COLUMNS];
  size_t rows, columns;
} table;

static es_status keep_row(void *context, const double *row, size_t n) {
  table *t = context;
  memcpy(t->cell[t->rows++], row, n * sizeof *row);
  t->columns = n;
  return ES_OK;
}

static es_config *settings(const char *const *words) {
  return config_of(&es_model_barlow_twins, words);
}

/* Rows of a flow; steps met go to met (may be NULL). */
static void flow(table *out, es_flow_step *met, const char *const *words) {
  es_config *config = settings(words);
  es_flow *f;
  es_diag diag = {0};
  out->rows = 0;
  assert_ok(es_flow_new(&f, &es_model_barlow_twins, config, NULL, &diag), diag);
  assert_ok(es_flow_run(f, keep_row, out, &diag), diag);
  for (size_t j = 0; met != NULL && j < es_flow_steps(f); j++)
    met[j] = es_flow_step_met(f, j);
  es_flow_free(f);
  es_config_free(config);
}
#define FLOW(out, met, ...)                                                    \
  flow((out), (met), (const char *const[]){__VA_ARGS__, NULL})

static table *a, *b;
static int make_tables(void **state) {
  (void)state;
  a = malloc(sizeof *a);
  b = malloc(sizeof *b);
  return a == NULL || b == NULL;
}
static int free_tables(void **state) {
  (void)state;
  free(a);
  free(b);
  return 0;
}

/* The steppers see the closed form within 100 rtol; growth from 1e-6 to 1 is
 * what a plain absolute tolerance would lose. */
static void steppers_match_closed_form(void **state) {
  (void)state;
  static const char *const methods[] = {
      "solver.method=tsit5", "solver.method=dop853", "solver.method=adams",
      "solver.method=gsl-msadams", "solver.method=gsl-msbdf"};
  static const double rtols[] = {1e-6, 1e-9, 1e-12};
  for (int m = 0; m < 5; m++)
    for (int r = 0; r < 3; r++) {
      char rtol[48], atol[48];
      snprintf(rtol, sizeof rtol, "solver.rtol=%g", rtols[r]);
      snprintf(atol, sizeof atol, "solver.atol=%g", rtols[r] * 1e-3);
      FLOW(a, NULL, "gamma=1,0.5,0.25,-0.3", "s0=1e-6,1e-4,1e-2,0.5",
           "t=lin:0:16:33", methods[m], rtol, atol);
      FLOW(b, NULL, "gamma=1,0.5,0.25,-0.3", "s0=1e-6,1e-4,1e-2,0.5",
           "t=lin:0:16:33");
      for (size_t i = 0; i < a->rows; i++)
        for (size_t j = 1; j < a->columns; j++)
          assert_close(a->cell[i][j], b->cell[i][j], 0, 100 * rtols[r]);
    }
}

/* A start given as a matrix, aligned with the eigenvectors of a full Gamma,
 * goes through the generic path and must meet the closed form of its modes. */
static void full_matrix_path_meets_closed_form(void **state) {
  (void)state;
  es_flow_step met[2];
  /* Gamma has eigenvalues 1.5 and .5 along (1,±1)/sqrt2; W0 = diag(1e-3, 2e-3)
   * V^T. */
  const double h = sqrt(.5);
  char W0[160];
  snprintf(W0, sizeof W0, "W0=[[%.17g,%.17g],[%.17g,%.17g]]", 1e-3 * h,
           1e-3 * h, 2e-3 * h, -2e-3 * h);
  FLOW(a, met, "Gamma=[[1,0.5],[0.5,1]]", W0, "t=lin:0:6:25",
       "solver.rtol=1e-11");
  for (size_t i = 0; i < a->rows; i++) {
    const double t = a->cell[i][0];
    const double l1 = es_barlow_closed_form(1.5, 1e-3, t).lambda;
    const double l2 = es_barlow_closed_form(.5, 2e-3, t).lambda;
    assert_close(a->cell[i][2], fmax(l1, l2), 0, 1e-9);
    assert_close(a->cell[i][3], fmin(l1, l2), 0, 1e-9);
    assert_close(a->cell[i][5], l1, 0, 1e-14); /* the partner is the start */
  }
  assert_close(met[0].t, es_barlow_half_time(1.5, 1e-3), 1e-8, 0);
  assert_close(met[1].t, es_barlow_half_time(.5, 2e-3), 1e-8, 0);
  assert_close(met[0].overlap, 1, 1e-12, 0);
}

/* Descent is Euler's method: its distance from the flow falls like lr. */
static void descent_tends_to_the_flow(void **state) {
  (void)state;
  double error[3];
  for (int k = 0; k < 3; k++) {
    char lr[48];
    snprintf(lr, sizeof lr, "lr=%.17g", ldexp(.02, -k));
    FLOW(a, NULL, "gamma=1,0.4", "s0=1e-2,1e-2", "solver.method=gd", lr,
         "t=1,2,3");
    error[k] = 0;
    for (size_t i = 0; i < a->rows; i++) {
      const double want = es_barlow_closed_form(.4, 1e-2, a->cell[i][0]).lambda;
      error[k] = fmax(error[k], fabs(a->cell[i][3] - want));
    }
  }
  assert_close(error[0] / error[1], 2, .15, 0);
  assert_close(error[1] / error[2], 2, .1, 0);
}

/* s <- s + 4 lr gamma s (1 - gamma s^2), iterated here. */
static void descent_is_the_iteration(void **state) {
  (void)state;
  double s = .05;
  FLOW(a, NULL, "gamma=0.7", "s0=0.05", "solver.method=gd", "lr=0.1",
       "t=0.1,0.2,0.3,0.4,0.5,10");
  for (int k = 1; k <= 100; k++) {
    s += 4 * .1 * .7 * s * (1 - .7 * s * s);
    if (k <= 5) assert_close(a->cell[k - 1][2], .7 * s * s, 1e-14, 0);
  }
  assert_close(a->cell[5][2], .7 * s * s, 1e-13, 0);
  assert_close(a->cell[2][0], 3 * .1, 1e-15, 0);
}

/* sup over the rows of |W - W*|_F for d = 2, m = 3: W* = U diag(s_j(t)) from
 * the QR of the first two columns of W(0), by hand. */
static double sup_distance(const table *t, double gamma_2) {
  const double *W0 = t->cell[0] + 7; /* row by row, gamma's falling order */
  const double r11 = hypot(W0[0], W0[3]);
  const double u[2] = {W0[0] / r11, W0[3] / r11};
  const double r12 = u[0] * W0[1] + u[1] * W0[4];
  const double v[2] = {W0[1] - r12 * u[0], W0[4] - r12 * u[1]};
  const double r22 = hypot(v[0], v[1]);
  double sup = 0;
  for (size_t i = 0; i < t->rows; i++) {
    const double *W = t->cell[i] + 7;
    const double s1 = es_barlow_closed_form(1, r11, t->cell[i][0]).s;
    const double s2 = es_barlow_closed_form(gamma_2, r22, t->cell[i][0]).s;
    double sum = W[2] * W[2] + W[5] * W[5];
    for (int k = 0; k < 2; k++) {
      const double d1 = W[3 * k] - s1 * u[k];
      const double d2 = W[3 * k + 1] - s2 * v[k] / r22;
      sum += d1 * d1 + d2 * d2;
    }
    sup = fmax(sup, sqrt(sum));
  }
  return sup;
}

/* theory.md: from alpha G the partner is within O(alpha^p) in sup norm, p the
 * least 1 - gamma_{j+1}/gamma_j; (1,.6,.2), d = 2 has p = .4, isolated (the
 * other is .667). Least squares over alpha = 1e-6 to 1e-14. */
static double fitted_exponent(const char *gamma, double gamma_2) {
  enum { N = 5 };
  double alpha[N], sup[N];
  for (int k = 0; k < N; k++) {
    char scale[48];
    snprintf(scale, sizeof scale, "init_scale=1e-%d", 6 + 2 * k);
    FLOW(a, NULL, gamma, "d=2", "init=gaussian", "model.seed=5", scale,
         "t_end=30", "time.n=2000", "solver.rtol=1e-10", "output.state=on");
    alpha[k] = pow(10, -(6 + 2 * k));
    sup[k] = sup_distance(a, gamma_2);
  }
  const double p = fitted_order(N, alpha, sup);
  print_message("# %s: distance to the aligned partner alpha^%.4f\n", gamma, p);
  return p;
}

static void sup_error_exponent(void **state) {
  (void)state;
  assert_close(fitted_exponent("gamma=1,0.6,0.2", .6), .4, 0, .02);
  /* Two gaps nearly alike, 1 - .3 and 1 - 1/3, are seen mixed. */
  const double mixed = fitted_exponent("gamma=1,0.3,0.1", .3);
  assert_true(mixed > 2. / 3 - .02 && mixed < .7 + .02);
}

/* Half times by linear growth of all modes. With an aligned W0 they are the
 * closed form's up to ln(1 - lambda0)/(8 gamma), here 5e-9 at most; where R_22
 * is 1e-4 of what is typical mode 3 overtakes mode 2, the aligned partner is
 * late by more than 10%, and they are still within what is left out: learned
 * modes turning the rest, of order alpha^p with p = .25 for the spectrum (1,
 * .75, .6), at alpha = 1e-12 below 1e-3. */
static void generic_half_times(void **state) {
  (void)state;
  es_diag diag = {0};
  void *self;
  es_config *config = settings((const char *const[]){
      "gamma=1,0.75,0.6", "W0=[[1e-4,0,0],[0,2e-4,0]]", "t=1", NULL});
  assert_ok(es_model_barlow_twins.open(&self, config, NULL, &diag), diag);
  assert_close(es_barlow_generic_half_time(self, 0),
               es_barlow_half_time(1, 1e-4), 0, 5e-9);
  assert_close(es_barlow_generic_half_time(self, 1),
               es_barlow_half_time(.75, 2e-4), 0, 5e-9);
  es_model_barlow_twins.close(self);
  es_config_free(config);

  const char *const unlucky[] = {
      "gamma=1,0.75,0.6", "W0=[[1e-12,2e-12,1e-12],[1e-12,2.0001e-12,-1e-12]]",
      "t=0,30", "solver.rtol=1e-10", NULL};
  es_flow_step met[2];
  flow(a, met, unlucky);
  config = settings(unlucky);
  assert_ok(es_model_barlow_twins.open(&self, config, NULL, &diag), diag);
  es_model_step second;
  es_model_barlow_twins.step(self, 1, &second);
  assert_true((second.half_time - met[1].t) / met[1].t > .05);
  for (size_t j = 0; j < 2; j++)
    assert_close(es_barlow_generic_half_time(self, j), met[j].t, 1e-3, 0);
  es_model_barlow_twins.close(self);
  es_config_free(config);
}

/* Neither from a start in which a mode beyond d is past its half: the partner,
 * with lambda = .25, is to come. */
static void no_half_time_behind_the_start(void **state) {
  (void)state;
  es_config *config =
      settings((const char *const[]){"gamma=1,0.5", "W0=[[0.5,2]]", NULL});
  es_diag diag = {0};
  void *self;
  assert_ok(es_model_barlow_twins.open(&self, config, NULL, &diag), diag);
  assert_true(isfinite(es_barlow_half_time(1, .5)));
  assert_true(isnan(es_barlow_generic_half_time(self, 0)));
  es_model_barlow_twins.close(self);
  es_config_free(config);
}

/* The zero-loss solution of least norm: |W|^2 = sum 1/gamma_j over the top d.
 */
static void ends_at_the_minimum_norm_solution(void **state) {
  (void)state;
  FLOW(a, NULL, "gamma=2,1,0.5,0.1", "d=2", "init=gaussian", "init_scale=1e-7",
       "t=0,60", "output.state=on");
  double norm = 0;
  for (size_t j = 7; j < a->columns; j++) norm += a->cell[1][j] * a->cell[1][j];
  assert_int_equal(a->columns, 7 + 8);
  assert_close(norm, 1 / 2. + 1, 1e-6, 0);
  assert_close(a->cell[1][1], 0, 0, 1e-12);
}

/* Indefinite Gamma with r = 1 < d = 2 positive eigenvalues: floor 1. */
static void indefinite_gamma_has_a_floor(void **state) {
  (void)state;
  FLOW(a, NULL, "gamma=1,-0.2,-0.5", "d=2", "init=gaussian", "init_scale=1e-3",
       "t=0,40");
  assert_close(a->cell[1][1], 1, 0, 1e-6);
  assert_close(a->cell[1][2], 1, 0, 1e-9);
  es_config *config =
      settings((const char *const[]){"gamma=1,-0.2,-0.5", "d=2", "t=1", NULL});
  void *self;
  es_diag diag = {0};
  assert_ok(es_model_barlow_twins.open(&self, config, NULL, &diag), diag);
  assert_close(es_model_barlow_twins.floor(self), 1, 0, 0);
  assert_non_null(strstr(es_model_barlow_twins.remark(self), "1 of 2 modes"));
  es_model_barlow_twins.close(self);
  es_config_free(config);
}

/* A start of less than full rank. Its columns e_1, e_1, e_2 in modes 1 to 3:
 * the partner has no mode 2, but mode 3, whole; and of a, 2a and b, known to
 * roundoff alone, what of b is not along a. */
static void dependent_columns_take_no_direction(void **state) {
  (void)state;
  static const char *const starts[] = {
      "W0=[[0.01,0.01,0],[0,0,0.01],[0,0,0]]",
      "W0=[[0.01,0.02,0.005],[0.02,0.04,-0.01],[-0.01,-0.02,0.03]]"};
  /* |a|^2 = 6e-4, |b|^2 = 1.025e-3, a b = -4.5e-4. */
  const double s0[][3] = {
      {.01, 0, .01}, {sqrt(6e-4), 0, sqrt(1.025e-3 - 4.5e-4 * 4.5e-4 / 6e-4)}};
  for (int k = 0; k < 2; k++) {
    es_config *config =
        settings((const char *const[]){"gamma=1,0.5,0.2", starts[k], NULL});
    es_instance model;
    es_diag diag = {0};
    assert_ok(
        es_instance_open(&model, &es_model_barlow_twins, config, NULL, &diag),
        diag);
    for (size_t j = 0; j < 3; j++)
      assert_close(es_instance_step(&model, j).s0, s0[k][j], 1e-13, 0);
    assert_close(es_instance_floor(&model), 1, 0, 0);
    es_instance_close(&model);
    es_config_free(config);
  }
}

/* Rows e_1, e_1, e_2: two modes are learned, whichever rows are alike. */
static void dependent_rows_are_counted_once(void **state) {
  (void)state;
  static const char *const starts[] = {"W0=[[0.01,0,0],[0.01,0,0],[0,0.01,0]]",
                                       "W0=[[0,0.01,0],[0.01,0,0],[0.01,0,0]]",
                                       "W0=[[0,0,0],[0.01,0,0],[0,0.01,0]]"};
  for (int k = 0; k < 3; k++) {
    const char *const words[] = {"gamma=1,0.5,0.2", starts[k], "t=0,20", NULL};
    flow(a, NULL, words);
    es_config *config = settings(words);
    es_instance model;
    es_diag diag = {0};
    assert_ok(
        es_instance_open(&model, &es_model_barlow_twins, config, NULL, &diag),
        diag);
    assert_close(es_instance_floor(&model), 1, 0, 0);
    assert_close(a->cell[1][1], 1, 0, 1e-9);
    assert_non_null(strstr(es_instance_remark(&model), "2 of 3 modes"));
    es_instance_close(&model);
    es_config_free(config);
  }
}

/* Rotating Gamma and W0 alike changes nothing that is observed. */
static void equivariance(void **state) {
  (void)state;
  const double c = cos(.7), s = sin(.7);
  char Gamma[200], W0[200];
  /* R diag(1,.3) R^T, and W0 R^T with R = [[c,-s],[s,c]]. */
  snprintf(Gamma, sizeof Gamma, "Gamma=[[%.17g,%.17g],[%.17g,%.17g]]",
           c * c + .3 * s * s, .7 * c * s, .7 * c * s, s * s + .3 * c * c);
  snprintf(W0, sizeof W0, "W0=[[%.17g,%.17g],[%.17g,%.17g]]",
           .02 * c - .01 * -s, .02 * s + .01 * -c, .005 * c - .03 * s,
           .005 * s + .03 * c);
  FLOW(a, NULL, Gamma, W0, "t=lin:0:6:13", "solver.rtol=1e-11");
  FLOW(b, NULL, "gamma=1,0.3", "W0=[[0.02,-0.01],[0.005,0.03]]", "t=lin:0:6:13",
       "solver.rtol=1e-11");
  for (size_t i = 0; i < a->rows; i++)
    for (size_t j = 1; j < a->columns; j++)
      assert_close(a->cell[i][j], b->cell[i][j], 0, 1e-9);
}

/* Repeated and near-zero eigenvalues: two equal modes both learn, the null
 * space keeps its columns. */
static void repeated_and_zero_eigenvalues(void **state) {
  (void)state;
  FLOW(a, NULL, "gamma=1,1,0", "d=2", "W0=[[1e-3,2e-3,0.5],[-1e-3,1e-3,0.25]]",
       "t=0,20", "output.state=on");
  assert_close(a->cell[1][2], 1, 0, 1e-9);
  assert_close(a->cell[1][3], 1, 0, 1e-9);
  assert_close(a->cell[1][7 + 2], .5, 0, 0);
  assert_close(a->cell[1][7 + 5], .25, 0, 0);
}

/* The cheap toy of theory.md: Gamma has the eigenvalues 9 and 1, moved by the
 * samples' b_l b_s, whose mean is below .1 (3 deviations of 1000^-1/2): by
 * (3*.1)^2/8. Both modes are learned on time. */
static void two_mode_toy(void **state) {
  (void)state;
  es_flow_step met[2] = {0};
  FLOW(a, met, "data.name=two-mode", "d=2", "init_scale=1e-8", "t=0,8",
       "solver.rtol=1e-8");
  es_config *config = settings((const char *const[]){
      "data.name=two-mode", "d=2", "init_scale=1e-8", "t=1", NULL});
  void *self;
  es_diag diag = {0};
  assert_ok(es_model_barlow_twins.open(&self, config, NULL, &diag), diag);
  for (size_t j = 0; j < 2; j++) {
    es_model_step step;
    es_model_barlow_twins.step(self, j, &step);
    assert_close(step.gamma, j == 0 ? 9 : 1, 0, .012);
    assert_close(met[j].t, step.half_time, .02, 0);
  }
  es_model_barlow_twins.close(self);
  es_config_free(config);
}

static void small_and_degenerate_sizes(void **state) {
  (void)state;
  FLOW(a, NULL, "gamma=1", "W0=[[0]]", "t=0,1"); /* nothing moves */
  assert_close(a->cell[1][1], 1, 0, 0);
  FLOW(a, NULL, "gamma=0", "s0=2", "t=0,1000", "output.state=on");
  assert_close(a->cell[1][2], 0, 0, 0);
  assert_close(a->cell[1][3], 2, 0, 0);
  FLOW(a, NULL, "gamma=3", "s0=10", "t=0,10"); /* from above */
  assert_close(a->cell[1][2], 1, 1e-15, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(steppers_match_closed_form),
      cmocka_unit_test(full_matrix_path_meets_closed_form),
      cmocka_unit_test(descent_tends_to_the_flow),
      cmocka_unit_test(descent_is_the_iteration),
      cmocka_unit_test(sup_error_exponent),
      cmocka_unit_test(generic_half_times),
      cmocka_unit_test(no_half_time_behind_the_start),
      cmocka_unit_test(ends_at_the_minimum_norm_solution),
      cmocka_unit_test(indefinite_gamma_has_a_floor),
      cmocka_unit_test(dependent_columns_take_no_direction),
      cmocka_unit_test(dependent_rows_are_counted_once),
      cmocka_unit_test(equivariance),
      cmocka_unit_test(repeated_and_zero_eigenvalues),
      cmocka_unit_test(two_mode_toy),
      cmocka_unit_test(small_and_degenerate_sizes),
  };
  return cmocka_run_group_tests(tests, make_tables, free_tables);
}
