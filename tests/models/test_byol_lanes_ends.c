/* How cells of an ensemble of `byol` end: with a fate, by the solver for stiff
 * ones, with a status; and what ensembles are not for. */
#include "tests/models/byol_ensembles.h"

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

/* t_settle is where a certain fate begins: not certain a little before, certain
 * a little later, by a flow of the general solver at tighter rtol. */
static void check_fates(size_t n1, size_t n2, const char *variant) {
  enum { N = 12 };
  es_config *config = make_config(n1, n2, variant, false);
  double value[N * AXES], *columns = calloc(N * (9 + 2 * n2), sizeof *columns);
  es_cell cells[N];
  int at_start = 0, later = 0, open = 0;
  double last = 0;
  draw_cells(N, n2, value);
  for (size_t i = 0; i < N; i++) {
    value[i * AXES + 2] = i % 3 == 0 ? .02 : i % 3 == 1 ? .7 : 20;
    if (i % 3 == 2) value[i * AXES + 3] *= .2;
  }
  solve(config, &usual, value, N, cells, columns);
  for (size_t i = 0; i < N; i++) {
    const double *v = value + i * AXES, t = cells[i].t_settle;
    assert_int_equal(cells[i].status, ES_OK);
    if (cells[i].fate == ES_FATE_UNDECIDED) {
      open++;
      assert_true(isnan(t));
      assert_int_equal(flow(config, v, usual.t_end, 1e-11, NULL),
                       ES_FATE_UNDECIDED);
      continue;
    }
    assert_int_equal(cells[i].fate, ES_FATE_COLLAPSED);
    t > 0 ? later++ : at_start++;
    last = fmax(last, t);
    assert_int_equal(flow(config, v, t * (1 + 1e-6), 1e-11, NULL),
                     ES_FATE_COLLAPSED);
    if (t > 0)
      assert_int_equal(flow(config, v, t * (1 - 1e-6), 1e-11, NULL),
                       ES_FATE_UNDECIDED);
  }
  print_message("# %s: %d at the start, %d later, %d open\n", variant, at_start,
                later, open);
  assert_true(at_start > 0 && later > 0 && open > 0);
  /* The end is looked at, too, however few steps were made since a look. */
  es_cell_options o = usual;
  o.t_end = last * (1 + 1e-6);
  solve(config, &o, value, N, cells, columns);
  size_t same = 0;
  for (size_t i = 0; i < N; i++)
    same += fabs(cells[i].t_settle / last - 1) < 1e-6;
  assert_int_equal(same, 1);
  free(columns);
  es_config_free(config);
}

/* Without an end cells that collapse stop where that is certain, with what is
 * left for t to infinity. */
static void an_endless_cell_ends_with_its_fate(void **state) {
  (void)state;
  enum { N = 8 };
  es_config *config = make_config(4, 3, "byol", false);
  double value[N * AXES], columns[N * 15];
  es_cell cells[N], endless[N];
  es_cell_options o = usual;
  o.t_end = INFINITY;
  draw_cells(N, 3, value);
  for (size_t i = 0; i < N; i++) value[i * AXES + 2] = i < 4 ? .7 : 20;
  solve(config, &usual, value, N, cells, columns);
  solve(config, &o, value, N, endless, columns);
  for (size_t i = 0; i < N; i++) {
    assert_int_equal(endless[i].status, ES_OK);
    assert_int_equal(endless[i].fate, ES_FATE_COLLAPSED);
    assert_close(endless[i].t_settle, cells[i].t_settle, 1e-7, 0);
    assert_true(endless[i].steps < cells[i].steps);
    for (size_t j = 0; j < 4; j++) assert_true(columns[i * 15 + j] == 0);
    assert_true(isnan(columns[i * 15 + 7]));
  }
  es_config_free(config);
}

/* Among cells that leave the lanes after a hundred steps are some of which the
 * fate has become certain since the last look: nothing is left to do for them.
 */
static void an_endless_cell_does_not_outlive_its_fate(void **state) {
  (void)state;
  enum { N = 24 };
  static const char *const words[] = {"X=[[1,.3],[.3,.8]]",
                                      "Xp=[[.2,0],[0,.1]]", "n2=2"};
  es_config *config = NULL;
  es_diag diag = {0};
  double value[N * AXES], columns[N * 13];
  es_cell cells[N];
  es_cell_options o = usual;
  o.t_end = INFINITY;
  o.rtol = o.atol = 1e-12;
  assert_ok(es_config_new(&config, &es_byol_keys, 1, &diag), diag);
  for (size_t k = 0; k < 3; k++) set(config, words[k]);
  for (size_t i = 0; i < N; i++) {
    const double v[AXES] = {1, .4, .3 + .4 * (double)i / 299, 1, 3};
    memcpy(value + i * AXES, v, sizeof v);
  }
  solve(config, &o, value, N, cells, columns);
  for (size_t i = 0; i < N; i++) {
    assert_int_equal(cells[i].status, ES_OK);
    assert_int_equal(cells[i].fate, ES_FATE_COLLAPSED);
    assert_true(cells[i].steps >= 90 && cells[i].steps < 120);
  }
  es_config_free(config);
}

/* One that survives is no certain fate, and comes to rest: with the columns of
 * t = 2000, where the slowest of what moves, e^{-2 eta t}, is e^{-80}. */
static void an_endless_cell_comes_to_rest(void **state) {
  (void)state;
  enum { N = 8 };
  es_config *config = make_config(3, 2, "byol", false);
  double value[N * AXES], columns[N * 13], want[N * 13];
  es_cell cells[N];
  es_cell_options o = usual;
  draw_cells(N, 2, value);
  for (size_t i = 0; i < N; i++) value[i * AXES + 2] = .02;
  o.t_end = 2000;
  solve(config, &o, value, N, cells, want);
  o.t_end = INFINITY;
  solve(config, &o, value, N, cells, columns);
  int open = 0;
  for (size_t i = 0; i < N; i++) {
    assert_int_equal(cells[i].status, ES_OK);
    assert_true(cells[i].steps < 5000);
    if (cells[i].fate != ES_FATE_UNDECIDED) continue;
    open++;
    assert_true(columns[i * 13] > .1);
    for (size_t j = 0; j < 3; j++)
      assert_close(columns[i * 13 + j], want[i * 13 + j], 1e-6, 0);
  }
  assert_true(open >= 4);
  /* Where W's decay is a hundredth of W_p's, s is large and rounding moves it
   * by more than a tolerance in as much time as has passed. */
  o.rtol = 1e-10;
  o.atol = 1e-13;
  set(config, "model.eta_p=.1");
  for (size_t i = 0; i < N; i++) value[i * AXES + 2] = .001;
  solve(config, &o, value, N, cells, columns);
  for (size_t i = 0; i < N; i++) {
    assert_int_equal(cells[i].status, ES_OK);
    assert_true(cells[i].steps < 20000);
  }
  es_config_free(config);
}

static void fates_begin_where_they_are_said_to(void **state) {
  (void)state;
  check_fates(4, 3, "byol");
  check_fates(8, 8, "byol");
  check_fates(3, 4, "simsiam");
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
  set(config, "model.variant=no-predictor");
  refuses(config, "eta", &usual);
  set(config, "model.variant=simsiam");
  set(config, "model.s0=.1,.1,.1");
  set(config, "model.p0=.1,.1,.1");
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
      cmocka_unit_test(a_bad_cell_ends),
      cmocka_unit_test(a_stiff_cell_does_not_creep),
      cmocka_unit_test(fates_begin_where_they_are_said_to),
      cmocka_unit_test(an_endless_cell_ends_with_its_fate),
      cmocka_unit_test(an_endless_cell_does_not_outlive_its_fate),
      cmocka_unit_test(an_endless_cell_comes_to_rest),
      cmocka_unit_test(other_settings_are_left_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
