/* Ensembles of `byol` side by side: against the general solver cell by cell,
 * and the same bits in any company and on any instruction set. */
#include "tests/models/byol_ensembles.h"

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

/* Where rates alone differ the start is not drawn again for each. */
static void cells_of_one_start(void **state) {
  (void)state;
  enum { N = 9, N2 = 4, WIDE = 9 + 2 * N2 };
  es_config *config = make_config(3, N2, "byol", false);
  double value[N * AXES], rates[N * 3], columns[N * WIDE], want[WIDE];
  es_cell cells[N];
  es_diag diag = {0};
  void *self = NULL;
  draw_cells(N, N2, value);
  for (size_t i = 0; i < N; i++) {
    memcpy(rates + 3 * i, value + i * AXES, 3 * sizeof *rates);
    value[i * AXES + 3] = .25;
    value[i * AXES + 4] = 5;
  }
  set(config, "init_scale=0.25");
  set(config, "seed=5");
  assert_ok(es_byol_batch.open(&self, config, axes, 3, &usual, &diag), diag);
  assert_int_equal(es_byol_batch.solve(self, rates, N, cells, columns), ES_OK);
  es_byol_batch.close(self);
  for (size_t i = 0; i < N; i++) {
    flow(config, value + i * AXES, usual.t_end, 1e-12, want);
    assert_true(apart(N2, columns + i * WIDE, want) < 3e-8);
  }
  es_config_free(config);
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
  for (size_t i = 1; i < N; i += 3) value[i * AXES + 2] = .7; /* collapse */
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
      assert_int_equal(others[N - 1 - i].fate, cells[i].fate);
      assert_true(cells[i].fate == ES_FATE_UNDECIDED ||
                  others[N - 1 - i].t_settle == cells[i].t_settle);
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cells_agree_with_the_general_solver),
      cmocka_unit_test(cells_of_one_start),
      cmocka_unit_test(the_check_of_the_theory_holds),
      cmocka_unit_test(bits_depend_on_the_cell_alone),
      cmocka_unit_test(the_error_follows_the_tolerance),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
