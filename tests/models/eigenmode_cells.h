/* Cells of eigenmodes for the tests of lanes: made, drawn, solved. */
#ifndef ES_TESTS_MODELS_EIGENMODE_CELLS_H
#define ES_TESTS_MODELS_EIGENMODE_CELLS_H

#include "tests/models/eigenmode_peer.h"

#include <stdlib.h>
#include <string.h>

enum { AXES = 9, COLUMNS = 3 };
static const char *const names[AXES] = {"alpha_p", "eta_p",    "eta_s",
                                        "beta",    "lambda_s", "lambda_d",
                                        "p0",      "s0",       "tau0"};

static const es_cell_options usual = {.t_end = 100,
                                      .rtol = 1e-8,
                                      .atol = 1e-10,
                                      .max_steps = 1000000,
                                      .method = "auto",
                                      .simd = "auto"};

typedef struct cells {
  size_t n;
  double *axes, *columns;
  es_cell *cell;
} cells;

static inline cells make_cells(size_t n) {
  cells c = {n, calloc(n * AXES, sizeof *c.axes),
             calloc(n * COLUMNS, sizeof *c.columns), calloc(n, sizeof *c.cell)};
  assert_true(c.axes != NULL && c.columns != NULL && c.cell != NULL);
  return c;
}

static inline void free_cells(cells *c) {
  free(c->axes);
  free(c->columns);
  free(c->cell);
}

static inline es_eigenmode mode_of(const double *x, bool ema) {
  return (es_eigenmode){.alpha_p = x[0],
                        .eta_p = x[1],
                        .eta_s = x[2],
                        .beta = x[3],
                        .lambda_s = x[4],
                        .lambda_d = x[5],
                        .p0 = x[6],
                        .s0 = x[7],
                        .tau0 = x[8],
                        .ema = ema};
}

static inline void solve(cells *c, bool ema, const es_cell_options *options) {
  const es_eigenmode base = {.ema = ema};
  const es_eigenmode_axes axes = {names, AXES, true, true, true};
  es_diag diag = {0};
  void *batch = NULL;
  assert_ok(es_eigenmode_batch_new(&batch, &base, &axes, options, &diag), diag);
  assert_non_null(batch);
  assert_ok(es_eigenmode_batch_solve(batch, c->axes, c->n, c->cell, c->columns),
            diag);
  es_eigenmode_batch_free(batch);
}

/* The cells of the benchmark, and rougher ones: p0 and tau0 of either sign,
 * unequal decay, any lambda. */
static inline void draw_usual(cells *c, uint64_t series) {
  for (size_t j = 0; j < c->n; j++) {
    double *x = c->axes + j * AXES;
    x[0] = between(.1, 10, draw(series, j, 0));
    x[1] = x[2] = between(1e-3, .1, draw(series, j, 1));
    x[3] = between(.01, 1, draw(series, j, 2));
    x[4] = 1.1, x[5] = 1;
    x[6] = between(.1, 1, draw(series, j, 3));
    x[7] = between(.1, 1, draw(series, j, 4));
    x[8] = .5;
  }
}

static inline void draw_rough(cells *c, uint64_t series) {
  for (size_t j = 0; j < c->n; j++) {
    double *x = c->axes + j * AXES;
    x[0] = log_between(.03, 30, draw(series, j, 0));
    x[1] = x[2] = log_between(1e-4, .3, draw(series, j, 1));
    if (j % 3 == 0) x[2] = log_between(1e-4, .3, draw(series, j, 9));
    x[3] = log_between(1e-3, 5, draw(series, j, 2));
    x[4] = between(.5, 3, draw(series, j, 5));
    x[5] = between(.5, 2, draw(series, j, 6));
    x[6] = between(-1, 1.5, draw(series, j, 3));
    x[7] = pow(draw(series, j, 4), 3);
    x[8] = j % 7 == 0 ? 0 : between(-.5, 2, draw(series, j, 7));
    if (j % 50 == 0) x[7] = 1e-6 * draw(series, j, 8);
    if (j % 50 == 1) x[3] = 0;
    if (j % 50 == 2) x[1] = x[2] = 0;
    if (j % 50 == 3) x[7] = x[6] * x[6] / x[0];
  }
}

static inline bool same(const cells *a, size_t i, const cells *b, size_t j) {
  const es_cell *x = a->cell + i, *y = b->cell + j;
  return memcmp(a->columns + i * COLUMNS, b->columns + j * COLUMNS,
                COLUMNS * sizeof(double)) == 0 &&
         memcmp(&x->t_settle, &y->t_settle, sizeof x->t_settle) == 0 &&
         x->fate == y->fate && x->status == y->status && x->steps == y->steps;
}

#endif
