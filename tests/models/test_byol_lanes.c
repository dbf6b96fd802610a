/* Ensembles of `byol` side by side: against the general solver cell by cell,
 * and the same bits in any company and on any instruction set. */
#include "tests/check.h"

#include "base/random.h"
#include "models/linear/byol_lanes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 32, WORD = 32 * MOST * MOST, COLUMNS = 9 + 2 * MOST };

static const char *const axes[] = {"alpha_p", "beta", "eta", "init_scale",
                                   "seed"};
enum { AXES = 5 };

static const es_cell_options usual = {.t_end = 12,
                                      .rtol = 1e-8,
                                      .atol = 1e-10,
                                      .max_steps = 100000,
                                      .method = "auto",
                                      .simd = "auto"};

static double uniform(uint64_t seed, uint64_t i) {
  return es_random_uniform(seed, ES_STREAM_INIT, i);
}

static void set(es_config *config, const char *word) {
  es_diag diag = {0};
  assert_ok(es_config_set(config, word, &diag), diag);
}

/* A word for B B^T/n + shift I, B n×n of uniform numbers; or its diagonal. */
static void set_moment(es_config *config, const char *name, size_t n,
                       uint64_t seed, double shift, bool diagonal) {
  char *word = malloc(WORD);
  int used = snprintf(word, WORD, "model.%s=[", name);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++) {
      double sum = i == j ? shift : 0;
      for (size_t k = 0; k < n && !(diagonal && i != j); k++)
        sum += (uniform(seed, i * n + k) - .5) *
               (uniform(seed, j * n + k) - .5) * 4 / (double)n;
      used += snprintf(word + used, WORD - (size_t)used, "%s%.17g%s",
                       j == 0 ? i == 0 ? "[" : ",[" : ",", sum,
                       j + 1 == n ? "]" : "");
    }
  snprintf(word + used, WORD - (size_t)used, "]");
  set(config, word);
  free(word);
}

static es_config *make_config(size_t n1, size_t n2, const char *variant,
                              bool diagonal) {
  es_config *config = NULL;
  es_diag diag = {0};
  char word[64];
  assert_ok(es_config_new(&config, &es_byol_keys, 1, &diag), diag);
  set_moment(config, "X", n1, 100 * n1 + n2, .3, diagonal);
  set_moment(config, "Xp", n1, 100 * n1 + n2 + 77, .1, diagonal);
  snprintf(word, sizeof word, "model.n2=%zu", n2);
  set(config, word);
  snprintf(word, sizeof word, "model.variant=%s", variant);
  set(config, word);
  return config;
}

/* Rates of one order of magnitude around the paper's, starts of size .6. */
static void draw_cells(size_t n, size_t n2, double *value) {
  for (size_t i = 0; i < n; i++) {
    double *v = value + i * AXES;
    v[0] = exp(4 * uniform(i, 1) - 2);
    v[1] = .1 + uniform(i, 2);
    v[2] = .1 * uniform(i, 3);
    v[3] = .6 / sqrt((double)n2) * (.5 + uniform(i, 4));
    v[4] = (double)(i % 7);
  }
}

static void *open_batch(const es_config *config, const es_cell_options *o) {
  void *self = NULL;
  es_diag diag = {0};
  assert_ok(es_byol_batch.open(&self, config, axes, AXES, o, &diag), diag);
  assert_non_null(self);
  return self;
}

static void solve(const es_config *config, const es_cell_options *o,
                  const double *value, size_t n, es_cell *cells,
                  double *columns) {
  void *self = open_batch(config, o);
  assert_int_equal(es_byol_batch.solve(self, value, n, cells, columns), ES_OK);
  es_byol_batch.close(self);
}

/* A single flow of one cell by the general solver: columns at t_end. */
static void flow(es_config *config, const double *value, double t_end,
                 double rtol, double *columns) {
  void *self = NULL;
  es_diag diag = {0};
  for (size_t k = 0; k < AXES; k++) {
    char word[64];
    snprintf(word, sizeof word, "model.%s=%.17g", axes[k], value[k]);
    set(config, word);
  }
  assert_ok(es_byol_open(&self, config, NULL, &diag), diag);
  const size_t n = es_byol_length(self);
  double *y = calloc(2 * n, sizeof *y), *scale = y + n;
  for (size_t i = 0; i < n; i++) scale[i] = 1;
  es_model_byol.start(self, y, scale);
  es_ode_options o;
  es_ode_options_default(&o);
  o.method = "dop853";
  o.rtol = rtol;
  o.atol = rtol * .01;
  o.scale = scale;
  const es_ode_system system = {.n = n, .rhs = es_byol_rhs, .context = self};
  es_ode *ode = NULL;
  assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
  assert_ok(es_ode_solve(ode, 0, y, &t_end, 1, NULL, NULL, &diag), diag);
  assert_ok(es_byol_observe(self, t_end, y, columns), diag);
  es_ode_free(ode);
  free(y);
  es_byol_close(self);
}

/* Largest error of a row, in units of 1 + |column|. Quotients by a norm (4, 5,
 * 7, 8) are as uncertain as an error in a small numerator makes them. */
static double apart(size_t n2, const double *got, const double *want) {
  double worst = 0;
  for (size_t j = 0; j < 9 + 2 * n2; j++) {
    if (isnan(want[j]) && isnan(got[j])) continue;
    double error = fabs(got[j] - want[j]) / (1 + fabs(want[j]));
    if (j == 7) error *= fmin(want[0], 1);
    if (j == 8) error *= fmin(want[2], 1);
    if (j == 4 || j == 5) error *= fmin(want[1], 1);
    worst = error <= worst ? worst : error;
  }
  return worst;
}

static double check_shape(size_t n1, size_t n2, const char *variant,
                          bool diagonal, size_t n) {
  es_config *config = make_config(n1, n2, variant, diagonal);
  double value[16 * AXES], *columns = calloc(16 * COLUMNS, sizeof *columns);
  double want[COLUMNS], worst = 0;
  es_cell cells[16];
  draw_cells(n, n2, value);
  solve(config, &usual, value, n, cells, columns);
  for (size_t i = 0; i < n; i++) {
    flow(config, value + i * AXES, usual.t_end, 1e-12, want);
    assert_int_equal(cells[i].status, ES_OK);
    assert_true(cells[i].steps > 3 && cells[i].steps < 1000);
    assert_true(isnan(cells[i].t_settle));
    const double error = apart(n2, columns + i * (9 + 2 * n2), want);
    worst = error <= worst ? worst : error;
  }
  free(columns);
  es_config_free(config);
  return worst;
}

static void cells_agree_with_the_general_solver(void **state) {
  (void)state;
  static const size_t shapes[][3] = {
      {1, 1, 16}, {2, 1, 9},  {3, 2, 16}, {2, 3, 9},   {5, 4, 16}, {7, 5, 9},
      {6, 7, 8},  {8, 8, 16}, {5, 15, 8}, {16, 16, 8}, {32, 3, 4}, {32, 32, 3}};
  for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++)
    assert_true(check_shape(shapes[k][0], shapes[k][1], "byol", false,
                            shapes[k][2]) < 3e-8);
  assert_true(check_shape(6, 5, "byol", true, 9) < 3e-8);
  static const char *const others[] = {"simsiam", "no-stop-gradient"};
  for (size_t k = 0; k < 2; k++)
    for (int diagonal = 0; diagonal < 2; diagonal++) {
      assert_true(check_shape(5, 6, others[k], diagonal, 9) < 3e-8);
      assert_true(check_shape(5, 14, others[k], diagonal, 9) < 3e-8);
    }
}

/* theory.md 2, Check: to the 12 digits that are printed there. */
static void the_check_of_the_theory_holds(void **state) {
  (void)state;
  static const char *const words[] = {
      "X=[[1,.3,0],[.3,.8,.1],[0,.1,.5]]",
      "Xp=[[.2,0,.05],[0,.1,0],[.05,0,.4]]", "W0=[[.3,-.2,.1],[.1,.4,-.3]]",
      "Wp0=[[.5,.2],[-.1,.3]]", "Wa0=[[0,0,0],[0,0,0]]"};
  static const double want[] = {.588788806676, .646926038168, .4899839693035};
  static const double value[] = {2, .4, .04, 1, 0};
  es_config *config = NULL;
  es_diag diag = {0};
  es_cell_options o = usual;
  o.t_end = 5;
  o.rtol = 1e-12;
  o.atol = 1e-14;
  assert_ok(es_config_new(&config, &es_byol_keys, 1, &diag), diag);
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    set(config, words[i]);
  es_cell cell;
  double columns[9 + 4];
  solve(config, &o, value, 1, &cell, columns);
  assert_int_equal(cell.status, ES_OK);
  for (size_t j = 0; j < 3; j++) assert_close(columns[j], want[j], 0, 1e-12);
  es_config_free(config);
}

/* A cell has the same bits by itself, among others, in another order and from
 * every instruction set. */
static void check_bits(size_t n1, size_t n2, const char *variant) {
  enum { N = 21 };
  es_config *config = make_config(n1, n2, variant, false);
  const size_t wide = 9 + 2 * n2, bytes = wide * sizeof(double);
  double value[N * AXES], turned[N * AXES];
  double *want = calloc(2 * N, bytes), *got = want + N * wide;
  es_cell cells[N], others[N];
  draw_cells(N, n2, value);
  for (size_t i = 0; i < N; i++)
    memcpy(turned + i * AXES, value + (N - 1 - i) * AXES, AXES * sizeof *value);
  solve(config, &usual, value, N, cells, want);
  for (es_simd simd = ES_SIMD_NONE; simd < ES_SIMDS; simd++) {
    if (!es_simd_has(simd)) continue;
    es_cell_options o = usual;
    o.simd = es_simd_name(simd);
    solve(config, &o, turned, N, others, got);
    for (size_t i = 0; i < N; i++) {
      assert_memory_equal(got + (N - 1 - i) * wide, want + i * wide, bytes);
      assert_true(others[N - 1 - i].steps == cells[i].steps);
    }
    for (size_t i = 0; i < N; i += 6) {
      solve(config, &o, value + i * AXES, 1, others, got);
      assert_memory_equal(got, want + i * wide, bytes);
    }
  }
  free(want);
  es_config_free(config);
}

static void bits_depend_on_the_cell_alone(void **state) {
  (void)state;
  check_bits(8, 8, "byol");
  check_bits(3, 15, "byol");
  check_bits(9, 16, "no-stop-gradient");
  check_bits(3, 5, "byol");
  check_bits(1, 1, "byol");
  check_bits(5, 2, "simsiam");
  check_bits(4, 7, "no-stop-gradient");
}

/* The error falls with rtol, as a tolerance per step makes it: the exponent of
 * a fit over four decades is near 1. */
static void the_error_follows_the_tolerance(void **state) {
  (void)state;
  enum { N = 8, LEVELS = 5 };
  es_config *config = make_config(6, 6, "byol", false);
  double value[N * AXES], columns[N * 21], want[N * 21], error[LEVELS] = {0};
  es_cell cells[N];
  draw_cells(N, 6, value);
  for (size_t i = 0; i < N; i++)
    flow(config, value + i * AXES, usual.t_end, 1e-14, want + i * 21);
  double sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (int k = 0; k < LEVELS; k++) {
    es_cell_options o = usual;
    o.rtol = pow(10, -5 - k);
    o.atol = o.rtol / 100;
    solve(config, &o, value, N, cells, columns);
    for (size_t i = 0; i < N; i++)
      error[k] = fmax(error[k], apart(6, columns + i * 21, want + i * 21));
    assert_true(error[k] < 10 * o.rtol);
    const double x = -5 - k, y = log10(error[k]);
    sx += x, sy += y, sxx += x * x, sxy += x * y;
  }
  const double slope = (LEVELS * sxy - sx * sy) / (LEVELS * sxx - sx * sx);
  print_message("# error ~ rtol^%.2f, %.2g at 1e-5\n", slope, error[0]);
  assert_true(slope > .8 && slope < 1.6);
  es_config_free(config);
}

/* What cannot be solved is a status, never a stall, and does not touch its
 * neighbours. */
static void a_bad_cell_ends(void **state) {
  (void)state;
  enum { N = 9 };
  es_config *config = make_config(3, 3, "byol", false);
  double value[N * AXES], columns[N * 15], want[N * 15];
  es_cell cells[N];
  es_cell_options o = usual;
  draw_cells(N, 3, value);
  solve(config, &o, value, N, cells, want);
  value[4 * AXES + 3] = 1e200; /* overflows in the first product */
  solve(config, &o, value, N, cells, columns);
  for (size_t i = 0; i < N; i++) {
    if (i == 4) continue;
    assert_int_equal(cells[i].status, ES_OK);
    assert_memory_equal(columns + i * 15, want + i * 15, 15 * sizeof *want);
  }
  assert_int_equal(cells[4].status, ES_NOT_FINITE);
  assert_int_equal(cells[4].fate, ES_FATE_DIVERGED);
  assert_true(isnan(columns[4 * 15]) && cells[4].steps < 1000);
  o.max_steps = 3;
  solve(config, &o, value, N, cells, columns);
  assert_int_equal(cells[0].status, ES_BUDGET);
  assert_true(cells[0].steps == 3);
  o.max_steps = 1000;
  o.limit = 1e-3; /* below every start */
  value[4 * AXES + 3] = .1;
  solve(config, &o, value, N, cells, columns);
  assert_int_equal(cells[8].status, ES_DIVERGED);
  assert_true(cells[8].steps == 0);
  o.limit = 0;
  o.t_end = 0;
  solve(config, &o, value, N, cells, columns);
  assert_int_equal(cells[2].status, ES_OK);
  assert_true(columns[2 * 15] > 0 && cells[2].steps == 0);
  es_config_free(config);
}

/* A target that follows 10^5 times as fast as all else moves would take more
 * than 10^5 explicit steps; a thousand are enough for what takes over. */
static void a_stiff_cell_does_not_creep(void **state) {
  (void)state;
  enum { N = 9 };
  es_config *config = make_config(2, 2, "byol", false);
  double value[N * AXES], columns[N * 13], want[N * 13];
  es_cell cells[N];
  draw_cells(N, 2, value);
  solve(config, &usual, value, N, cells, want);
  value[4 * AXES + 1] = 1e5;
  solve(config, &usual, value, N, cells, columns);
  for (size_t i = 0; i < N; i++) {
    assert_int_equal(cells[i].status, ES_OK);
    assert_true(cells[i].steps < 2000);
    if (i != 4)
      assert_memory_equal(columns + i * 13, want + i * 13, 13 * sizeof *want);
  }
  assert_true(cells[4].steps > 100);
  flow(config, value + 4 * AXES, usual.t_end, 1e-10, want);
  assert_true(apart(2, columns + 4 * 13, want) < 1e-7);
  es_config_free(config);
}

static void refuses(const es_config *config, const char *axis,
                    const es_cell_options *o) {
  void *self = &self;
  es_diag diag = {0};
  assert_ok(es_byol_batch.open(&self, config, &axis, 1, o, &diag), diag);
  assert_null(self);
}

/* What lanes are not for is left to the general solver. */
static void other_settings_are_left_alone(void **state) {
  (void)state;
  es_config *config = make_config(3, 3, "byol", false);
  es_cell_options o = usual;
  refuses(config, "n2", &o);
  o.method = "tsit5";
  refuses(config, "eta", &o);
  o = usual;
  o.t_end = INFINITY;
  refuses(config, "eta", &o);
  set(config, "model.variant=no-predictor");
  refuses(config, "eta", &usual);
  void *self = &self;
  es_diag diag = {0};
  o = usual;
  o.simd = "sse9";
  assert_int_equal(es_byol_batch.open(&self, config, axes, 1, &o, &diag),
                   ES_BAD_VALUE);
  assert_null(self);
  es_byol_batch.close(NULL);
  es_config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cells_agree_with_the_general_solver),
      cmocka_unit_test(the_check_of_the_theory_holds),
      cmocka_unit_test(bits_depend_on_the_cell_alone),
      cmocka_unit_test(the_error_follows_the_tolerance),
      cmocka_unit_test(a_bad_cell_ends),
      cmocka_unit_test(a_stiff_cell_does_not_creep),
      cmocka_unit_test(other_settings_are_left_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
