/* The fast part of the covariance flow: that it is the flow's own derivative
 * where modes are aligned, and what it is for: long steps past learned modes.
 */
#include "tests/models/config_of.h"

#include "base/random.h"
#include "models/linear/barlow.h"

#include <eigenstep/eigenstep.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETTINGS(...)                                                          \
  config_of(&es_model_barlow_twins, (const char *const[]){__VA_ARGS__, NULL})

/* An aligned start of four modes in six dimensions, one of them learned, two on
 * the way, one hardly begun, turned by U so that no row is an axis. */
enum { D = 4, M = 6, N = D * M };
static const double start_of[D] = {.70710678118654757, 1, .8, .2};
static const double turn[D][D] = {{.5, .5, .5, .5},
                                  {.5, -.5, .5, -.5},
                                  {.5, .5, -.5, -.5},
                                  {.5, -.5, -.5, .5}};

static void aligned_state(double *Z) {
  memset(Z, 0, N * sizeof *Z);
  for (int j = 0; j < D; j++)
    for (int i = 0; i < D; i++) Z[i + j * D] = turn[i][j] * start_of[j];
}

static void slope(const es_instance *model, const double *Z, double *out) {
  assert_int_equal(model->model->rhs(0, Z, out, model->self), ES_OK);
}

/* J V by central differences: the flow is cubic in Z, so that they are exact
 * but for e^2 |V|^3 times 4 gamma^2, below 1e-8 here, and roundoff over e,
 * 1e-11. */
static void differentiate(const es_instance *model, const double *Z,
                          const double *V, double *JV) {
  const double e = 1e-5;
  double a[N], b[N], fa[N], fb[N];
  for (int i = 0; i < N; i++) a[i] = Z[i] + e * V[i], b[i] = Z[i] - e * V[i];
  slope(model, a, fa);
  slope(model, b, fb);
  for (int i = 0; i < N; i++) JV[i] = (fa[i] - fb[i]) / (2 * e);
}

/* phi(tau L) V = V + tau L V/2 + O(tau^2): for V in the rows of Z G of an
 * aligned state L V must be J V. */
static void operator_is_the_derivative(void **state) {
  (void)state;
  es_config *config = SETTINGS("gamma=2,0.5,0.4,0.3,0.05,-0.2", "d=4",
                               "init=gaussian", "init_scale=1", "t=1");
  es_instance model;
  es_diag diag = {0};
  assert_ok(
      es_instance_open(&model, &es_model_barlow_twins, config, NULL, &diag),
      diag);
  assert_int_equal(model.shape.n, N);
  assert_true(model.shape.has_linear);
  double Z[N];
  aligned_state(Z);
  const es_ode_linear *linear = &model.model->linear;
  assert_int_equal(linear->freeze(0, Z, 100, model.self), ES_OK);
  for (int trial = 0; trial < 5; trial++) {
    double V[N] = {0}, JV[N], out[N];
    /* Rows of Z G are the first four axes: any V on their columns. */
    for (int i = 0; i < D * D; i++)
      V[i] = es_random_normal(7, ES_STREAM_USER,
                              (uint64_t)trial * N + (uint64_t)i);
    differentiate(&model, Z, V, JV);
    const double tau = 1e-6;
    memcpy(out, V, sizeof out);
    linear->phi(tau, out, model.self);
    /* L's eigenvalues are below 16 in size: the next term of (phi - 1)·2/tau
     * is tau·256/3 times |V| ~ 3, and roundoff 1e-16·2/tau. */
    for (int i = 0; i < N; i++)
      assert_close((out[i] - V[i]) * 2 / tau, JV[i], 0, 1e-3);
  }
  es_instance_close(&model);
  es_config_free(config);
}

enum { ROWS = 24, COLUMNS = 40 };
typedef struct table {
  double cell[ROWS][COLUMNS];
  size_t rows;
} table;

static es_status keep(void *context, const double *row, size_t n) {
  table *t = context;
  assert_true(t->rows < ROWS && n <= COLUMNS);
  memcpy(t->cell[t->rows++], row, n * sizeof *row);
  return ES_OK;
}

/* The stiff ratio of this spectrum is 500; it has near-degenerate neighbours
 * and both signs. */
static uint64_t run(table *out, const char *method, const char *rtol,
                    const char *atol, const char *start) {
  es_config *config =
      SETTINGS("gamma=15,7.4,0.8,0.3,0.06,0.03,0.029,0.01,-1.2", "d=6",
               "t=log:0.05:140:8", "init=gaussian", start, method, rtol, atol);
  es_flow *flow;
  es_diag diag = {0};
  out->rows = 0;
  assert_ok(es_flow_new(&flow, &es_model_barlow_twins, config, NULL, &diag),
            diag);
  assert_ok(es_flow_run(flow, keep, out, &diag), diag);
  const uint64_t calls = es_flow_statistics(flow).rhs_calls;
  es_flow_free(flow);
  es_config_free(config);
  return calls;
}

/* Within 10 rtol of dop853 at a tolerance 1,000 times smaller, whose own error
 * is below 100 of its rtol; and with a third of dop853's evaluations or less
 * at an error that is smaller, or below rtol: there roundoff decides, which
 * differs with what BLAS runs on. */
static void flow_is_followed_in_long_steps(void **state) {
  (void)state;
  static table want, got;
  static const char *const starts[] = {"init_scale=1e-6", "init_scale=0.2"};
  for (int s = 0; s < 2; s++) {
    run(&want, "solver.method=dop853", "solver.rtol=1e-12", "solver.atol=1e-15",
        starts[s]);
    const uint64_t calls =
        run(&got, "solver.method=exponential", "solver.rtol=1e-8",
            "solver.atol=1e-11", starts[s]);
    double worst = 0;
    for (size_t i = 0; i < want.rows; i++)
      for (int j = 1; j <= 6; j++)
        worst = fmax(worst, fabs(got.cell[i][j] - want.cell[i][j]));
    const uint64_t plain = run(&got, "solver.method=dop853", "solver.rtol=1e-8",
                               "solver.atol=1e-11", starts[s]);
    double plain_worst = 0;
    for (size_t i = 0; i < want.rows; i++)
      for (int j = 1; j <= 6; j++)
        plain_worst = fmax(plain_worst, fabs(got.cell[i][j] - want.cell[i][j]));
    print_message("%s: %d evaluations, error %.2g; dop853: %d, %.2g\n",
                  starts[s], (int)calls, worst, (int)plain, plain_worst);
    assert_true(worst <= 1e-7);
    assert_true(worst < fmax(plain_worst, 1e-8));
    assert_true(3 * calls < plain);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(operator_is_the_derivative),
      cmocka_unit_test(flow_is_followed_in_long_steps),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
