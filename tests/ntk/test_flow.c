/* The descent of ntk against `flow barlow-twins solver.method=gd` of the
 * library: two programs for one equation, from features here and from Gamma
 * there. */
#include "tests/ntk/model.h"

#include <eigenstep/eigenstep.h>
#include <stdio.h>

enum { N = 30, M = 4, D = 2, ROWS = 5 };

typedef struct table {
  double cell[ROWS][1 + 1 + D + 1 + D + D * M];
  size_t rows;
} table;

static es_status keep_row(void *context, const double *row, size_t n) {
  table *t = context;
  assert_true(t->rows < ROWS && n == sizeof t->cell[0] / sizeof *row);
  memcpy(t->cell[t->rows++], row, n * sizeof *row);
  return ES_OK;
}

static void set(es_config *config, const char *word) {
  es_diag diag = {0};
  assert_ok(es_config_set(config, word, &diag), diag);
}

static void set_matrix(es_config *config, const char *key, size_t rows,
                       size_t cols, const double *A) {
  char text[1024];
  const size_t size = sizeof text;
  size_t n = (size_t)snprintf(text, size, "%s=[", key);
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < cols; j++)
      n += (size_t)snprintf(text + n, size - n, "%s%.17g%s", j == 0 ? "[" : "",
                            A[i * cols + j], j + 1 < cols ? "," : "],");
  text[n - 1] = ']';
  set(config, text);
}

/* Steps 0, 15, 40, 80 and 200 of lr = .05. */
static void run_flow(table *out, const model *s) {
  const es_keys sets[] = {*es_model_barlow_twins.keys, es_flow_keys};
  es_config *config;
  es_flow *flow;
  es_diag diag = {0};
  assert_ok(es_config_new(&config, sets, 2, &diag), diag);
  set_matrix(config, "model.Gamma", M, M, s->Gamma);
  set_matrix(config, "model.W0", D, M, s->W);
  set(config, "model.lr=0.05");
  set(config, "solver.method=gd");
  set(config, "time.t=0,0.75,2,4,10");
  set(config, "output.state=on");
  assert_ok(es_flow_new(&flow, &es_model_barlow_twins, config, NULL, &diag),
            diag);
  assert_ok(es_flow_run(flow, keep_row, out, &diag), diag);
  assert_int_equal(out->rows, ROWS);
  es_flow_free(flow);
  es_config_free(config);
}

/* gamma_j |W v_j|^2 of the flow's W. */
static double power_of(const es_held *c, const double *W, size_t j) {
  double power = 0;
  for (size_t a = 0; a < D; a++) {
    double Wv = 0;
    for (size_t r = 0; r < M; r++) Wv += W[a * M + r] * c->V[r + j * M];
    power += c->gamma[j] * Wv * Wv;
  }
  return power;
}

/* Eigenvalues and curves of every row. Gamma by loops differs from that of the
 * features by 1e-15; growth carries that through 200 steps as a relative error
 * of lambda of about 8 t dGamma, 1e-13. */
static void the_flow_descends_alike(void **state) {
  (void)state;
  static const size_t at[ROWS] = {0, 15, 40, 80, 200};
  double curve[ROWS * D], values[ROWS * D];
  table rows = {.rows = 0};
  es_diag diag = {0};
  model *s = model_new(N, M, D, .7, .03, 8);
  run_flow(&rows, s);
  es_held c = model_held(s);
  assert_ok(es_held_descend(&c, .05, at, ROWS,
                            &(es_held_path){.curve = curve, .values = values},
                            &diag),
            diag);
  for (size_t i = 0; i < ROWS; i++)
    for (size_t j = 0; j < D; j++) {
      const double *row = rows.cell[i], *W = row + 3 + 2 * D;
      assert_close(row[0], .05 * (double)at[i], 1e-14, 0);
      assert_close(values[i * D + j], row[2 + j], 1e-12, 0);
      assert_close(curve[i * D + j], power_of(&c, W, j), 1e-12, 0);
    }
  assert_true(values[D - 1] < .01 && values[ROWS * D - 1] > .9);
  es_held_free(&c);
  free(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_flow_descends_alike),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
