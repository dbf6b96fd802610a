/* Workspaces: what they refuse, copy, forget and never allocate. */
#include "tests/check.h"
#include "tests/heap.h"

#include <eigenstep/ode.h>
#include <stdlib.h>
#include <string.h>

static es_status decay(double t, const double *y, double *dydt, void *context) {
  (void)t;
  const size_t n = context == NULL ? 1 : *(const size_t *)context;
  for (size_t i = 0; i < n; i++) dydt[i] = -y[i];
  return ES_OK;
}

static es_ode_options plain(const char *method) {
  es_ode_options o;
  es_ode_options_default(&o);
  o.method = method;
  return o;
}

static void threshold(double t, const double *y, double *g, void *context) {
  (void)t, (void)context;
  g[0] = y[0] - .5;
}

static void refused(es_ode_options o, es_ode_system s, const char *word) {
  es_ode *ode = NULL;
  es_diag diag = {0};
  assert_status(es_ode_new(&ode, &s, &o, &diag), ES_BAD_VALUE);
  assert_null(ode);
  if (strstr(diag.message, word) == NULL)
    fail_msg("\"%s\" does not name %s", diag.message, word);
}

static void bad_options(void **state) {
  (void)state;
  const es_ode_system s = {.n = 2, .rhs = decay};
  const double bad[] = {NAN, -1, INFINITY};
  for (int i = 0; i < 3; i++) {
    es_ode_options o = plain("tsit5");
    o.rtol = bad[i];
    refused(o, s, "rtol");
    o = plain("tsit5");
    o.atol = bad[i];
    refused(o, s, "atol");
    o = plain("tsit5");
    o.h0 = bad[i];
    refused(o, s, "h0");
    o = plain("tsit5");
    o.h_max = bad[i];
    refused(o, s, "h_max");
    o = plain("tsit5");
    const double scale[2] = {1, bad[i]};
    o.scale = scale;
    refused(o, s, "scale[1]");
    o = plain("gd");
    o.h0 = bad[i];
    refused(o, s, "lr");
  }
  es_ode_options o = plain("tsit5");
  o.rtol = 1;
  refused(o, s, "rtol");
  o.rtol = 0;
  refused(o, s, "rtol");
  refused(plain("gd"), s, "lr");
  refused(plain("euler"), s,
          "auto, tsit5, dop853, exponential, rosenbrock, gsl-rk8pd, gd, adams");
  refused(plain(NULL), s, "method");
}

static void bad_systems(void **state) {
  (void)state;
  refused(plain("tsit5"), (es_ode_system){.rhs = decay}, "n = 0");
  refused(plain("tsit5"), (es_ode_system){.n = 1}, "right-hand side");
  refused(plain("tsit5"), (es_ode_system){.n = 1, .rhs = decay, .n_events = 1},
          "n_events");
  refused(
      plain("tsit5"),
      (es_ode_system){.n = 1, .rhs = decay, .n_events = 1, .events = threshold},
      "n_events");
  es_ode *ode;
  const es_ode_options o = plain("dop853");
  const es_ode_system s = {.n = SIZE_MAX / 8, .rhs = decay};
  assert_status(es_ode_new(&ode, &s, &o, NULL), ES_NO_MEMORY);
  assert_null(ode);
  es_ode_free(NULL);
}

/* The defaults are those that the header names. */
static void defaults(void **state) {
  (void)state;
  es_ode_options o;
  memset(&o, 0xff, sizeof o);
  es_ode_options_default(&o);
  assert_string_equal(o.method, "tsit5");
  assert_close(o.rtol, 1e-9, 0, 0);
  assert_close(o.atol, 1e-12, 0, 0);
  assert_true(o.scale == NULL && o.h0 == 0 && o.h_max == 0);
  assert_int_equal(o.max_steps, 100000000);
  assert_true(o.stopping == NULL && o.stopping_self == NULL);
}

static void the_list_of_steppers(void **state) {
  (void)state;
  const struct {
    const char *name;
    int order, dense_order;
    bool fixed;
  } want[] = {{"tsit5", 5, 4, false},       {"dop853", 8, 7, false},
              {"exponential", 8, 6, false}, {"rosenbrock", 5, 4, false},
              {"gsl-rk8pd", 8, 7, false},   {"gd", 1, 0, true},
              {"adams", 13, 13, false},     {"gsl-msadams", 12, 12, false},
              {"gsl-msbdf", 5, 5, false},   {"rock4", 4, 3, false}};
  for (size_t i = 0; i < 10; i++) {
    const es_stepper_info got = es_stepper_list(i);
    assert_string_equal(got.name, want[i].name);
    assert_int_equal(got.order, want[i].order);
    assert_int_equal(got.dense_order, want[i].dense_order);
    assert_int_equal(got.fixed_step, want[i].fixed);
    assert_true(strlen(got.summary) > 10);
  }
  assert_null(es_stepper_list(10).name);
  assert_null(es_stepper_list(SIZE_MAX).name);
}

/* The scale is copied: what the caller does to its own later is no matter. */
static void options_are_copied(void **state) {
  (void)state;
  double scale[1] = {1}, y[2] = {1, 1};
  char name[] = "dop853";
  for (int i = 0; i < 2; i++) {
    es_ode_options o = plain(name);
    o.scale = scale;
    es_ode_system s = {.n = 1, .rhs = decay};
    es_ode *ode;
    es_diag diag = {0};
    assert_ok(es_ode_new(&ode, &s, &o, &diag), diag);
    if (i == 1) {
      scale[0] = 1e6;
      name[0] = 0;
      o.rtol = .5;
      s.rhs = NULL;
    }
    const double end = 1;
    assert_ok(es_ode_solve(ode, 0, &y[i], &end, 1, NULL, NULL, &diag), diag);
    es_ode_free(ode);
  }
  assert_memory_equal(&y[0], &y[1], sizeof *y);
}

/* scale = s with atol has the steps of scale 1 with atol*s, bit by bit. */
static void scale_multiplies_atol(void **state) {
  (void)state;
  const double scale[1] = {0x1p-30}, end = 40;
  double y[2] = {1, 1};
  for (int i = 0; i < 2; i++) {
    es_ode_options o = plain("tsit5");
    o.atol = i == 0 ? 1e-3 : 1e-3 * scale[0];
    o.scale = i == 0 ? scale : NULL;
    const es_ode_system s = {.n = 1, .rhs = decay};
    es_ode *ode;
    es_diag diag = {0};
    assert_ok(es_ode_new(&ode, &s, &o, &diag), diag);
    assert_ok(es_ode_solve(ode, 0, &y[i], &end, 1, NULL, NULL, &diag), diag);
    es_ode_free(ode);
  }
  assert_memory_equal(&y[0], &y[1], sizeof *y);
}

/* A component that stays 0 with atol = 0 has no error of 0/0. */
static es_status half_zero(double t, const double *y, double *dydt, void *c) {
  (void)t, (void)c;
  dydt[0] = -y[0];
  dydt[1] = 0 * y[1];
  return ES_OK;
}

static void zero_components_without_atol(void **state) {
  (void)state;
  const char *const methods[8] = {"tsit5",      "dop853",      "gsl-rk8pd",
                                  "adams",      "gsl-msadams", "gsl-msbdf",
                                  "rosenbrock", "auto"};
  for (int m = 0; m < 8; m++) {
    es_ode_options o = plain(methods[m]);
    o.atol = 0;
    const es_ode_system s = {.n = 2, .rhs = half_zero};
    es_ode *ode;
    es_diag diag = {0};
    double y[2] = {1, 0};
    const double end = 3;
    assert_ok(es_ode_new(&ode, &s, &o, &diag), diag);
    assert_ok(es_ode_solve(ode, 0, y, &end, 1, NULL, NULL, &diag), diag);
    assert_close(y[0], exp(-3), 1e-8, 0);
    assert_close(y[1], 0, 0, 0);
    es_ode_free(ode);
  }
}

/* A workspace remembers nothing: the second solve has the bits of the first,
 * a solve of something else in between. */
static void solves_repeat_bit_by_bit(void **state) {
  (void)state;
  const char *const all[9] = {"tsit5",     "dop853",     "gsl-rk8pd",
                              "gd",        "adams",      "gsl-msadams",
                              "gsl-msbdf", "rosenbrock", "auto"};
  for (int m = 0; m < 9; m++) {
    es_ode_options o = plain(all[m]);
    if (m == 3) o.h0 = .01;
    const es_ode_system s = {.n = 1, .rhs = decay};
    const double times[2] = {.37, 2};
    double y[3] = {1, 5, 1};
    es_ode_statistics stats[3];
    es_ode *ode;
    es_diag diag = {0};
    assert_ok(es_ode_new(&ode, &s, &o, &diag), diag);
    for (int i = 0; i < 3; i++) {
      assert_ok(es_ode_solve(ode, 0, &y[i], times, 2, NULL, NULL, &diag), diag);
      stats[i] = es_ode_stats(ode);
    }
    assert_memory_equal(&y[0], &y[2], sizeof *y);
    assert_memory_equal(&stats[0], &stats[2], sizeof *stats);
    es_ode_free(ode);
  }
}

/* Equal components have equal bits, whatever their place among the lanes of
 * the loops, and any number of them is as exact as one. */
static void components_do_not_mix(void **state) {
  (void)state;
  const char *const all[8] = {"tsit5", "dop853",      "gsl-rk8pd",  "gd",
                              "adams", "gsl-msadams", "rosenbrock", "auto"};
  const size_t sizes[] = {1, 2, 7, 8, 9, 500};
  for (int m = 0; m < 8; m++)
    for (int k = 0; k < 6; k++) {
      size_t n = sizes[k];
      es_ode_options o = plain(all[m]);
      if (m == 3) o.h0 = .01;
      const es_ode_system s = {.n = n, .rhs = decay, .context = &n};
      es_ode *ode;
      es_diag diag = {0};
      static double y[500];
      for (size_t i = 0; i < n; i++) y[i] = 1;
      const double times[2] = {.3, 1};
      assert_ok(es_ode_new(&ode, &s, &o, &diag), diag);
      assert_ok(es_ode_solve(ode, 0, y, times, 2, NULL, NULL, &diag), diag);
      for (size_t i = 1; i < n; i++)
        assert_memory_equal(&y[i], &y[0], sizeof *y);
      assert_close(y[0], m == 3 ? pow(.99, 100) : exp(-1), 1e-8, 0);
      es_ode_free(ode);
    }
}

static bool go_on(size_t event, int direction, double t, const double *y,
                  void *context) {
  (void)event, (void)direction, (void)t, (void)y, (void)context;
  return false;
}

static void solves_do_not_allocate(void **state) {
  (void)state;
  const char *const all[8] = {"tsit5", "dop853",      "gsl-rk8pd",  "gd",
                              "adams", "gsl-msadams", "rosenbrock", "auto"};
  if (!heap_is_seen()) skip();
  for (int m = 0; m < 8; m++) {
    es_ode_options o = plain(all[m]);
    if (m == 3) o.h0 = .01;
    const es_ode_system s = {.n = 1,
                             .rhs = decay,
                             .n_events = 1,
                             .events = threshold,
                             .on_event = go_on};
    const double times[2] = {.5, 1};
    es_ode *ode;
    es_diag diag = {0};
    double y = 1;
    const size_t before = heap_calls();
    assert_ok(es_ode_new(&ode, &s, &o, &diag), diag);
    const size_t after = heap_calls();
    const es_status status =
        es_ode_solve(ode, 0, &y, times, 2, NULL, NULL, &diag);
    const size_t end = heap_calls();
    es_ode_free(ode);
    /* One slab, and what a method keeps beside it; GSL makes its own arrays, in
     * a number of its own. */
    if (strncmp(all[m], "gsl", 3) != 0) assert_true(after - before <= 2);
    assert_int_equal(end, after);
    assert_ok(status, diag);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bad_options),
      cmocka_unit_test(bad_systems),
      cmocka_unit_test(defaults),
      cmocka_unit_test(the_list_of_steppers),
      cmocka_unit_test(options_are_copied),
      cmocka_unit_test(scale_multiplies_atol),
      cmocka_unit_test(zero_components_without_atol),
      cmocka_unit_test(solves_repeat_bit_by_bit),
      cmocka_unit_test(components_do_not_mix),
      cmocka_unit_test(solves_do_not_allocate),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
