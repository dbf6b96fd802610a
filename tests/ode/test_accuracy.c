/* Global error against rtol. The control keeps the local error of a step below
 * rtol; what the solution makes of the sum of these is asserted to stay below
 * 100 rtol at rtol = 1e-6, 1e-9, 1e-12, for all adaptive methods. */
#include "tests/check.h"

#include <eigenstep/ode.h>
#include <string.h>

#define LOGISTIC_START 1e-12
#define LOGISTIC_RATE 8

typedef struct problem {
  const char *name;
  es_ode_rhs rhs;
  void (*exact)(double t, double *y); /* also the start, at 0 */
  size_t n;
  double end;
  bool relative; /* error relative to y, component by component */
  double scale;
} problem;

static es_status growth(double t, const double *y, double *dydt, void *c) {
  (void)t, (void)c;
  dydt[0] = y[0];
  return ES_OK;
}
static void growth_exact(double t, double *y) { y[0] = exp(t); }

static es_status logistic(double t, const double *y, double *dydt, void *c) {
  (void)t, (void)c;
  dydt[0] = LOGISTIC_RATE * y[0] * (1 - y[0]);
  return ES_OK;
}
static void logistic_exact(double t, double *y) {
  const double e = LOGISTIC_START * exp(LOGISTIC_RATE * t);
  y[0] = e / (1 - LOGISTIC_START + e);
}

static es_status rotate(double t, const double *y, double *dydt, void *c) {
  (void)t, (void)c;
  dydt[0] = -y[1];
  dydt[1] = y[0];
  return ES_OK;
}
static void rotate_exact(double t, double *y) {
  y[0] = cos(t);
  y[1] = sin(t);
}

/* Kepler's ellipse of eccentricity .3 and period 2 pi; Kepler's equation
 * E - .3 sin E = t by iteration to the last bit. */
static es_status kepler(double t, const double *y, double *dydt, void *c) {
  (void)t, (void)c;
  const double r2 = y[0] * y[0] + y[1] * y[1], r3 = r2 * sqrt(r2);
  dydt[0] = y[2];
  dydt[1] = y[3];
  dydt[2] = -y[0] / r3;
  dydt[3] = -y[1] / r3;
  return ES_OK;
}
static void kepler_exact(double t, double *y) {
  double a = t;
  for (int i = 0; i < 60; i++) a = t + .3 * sin(a);
  const double b = sqrt(1 - .09), r = 1 - .3 * cos(a);
  y[0] = cos(a) - .3;
  y[1] = b * sin(a);
  y[2] = -sin(a) / r;
  y[3] = b * cos(a) / r;
}

typedef struct watch {
  const problem *p;
  double worst;
} watch;

static es_status see(size_t index, double t, const double *y, void *context) {
  (void)index;
  watch *w = context;
  double want[4];
  w->p->exact(t, want);
  for (size_t i = 0; i < w->p->n; i++) {
    const double by = w->p->relative ? fabs(want[i]) : 1;
    w->worst = fmax(w->worst, fabs(y[i] - want[i]) / by);
  }
  return ES_OK;
}

static es_ode_options options_of(const char *method, double rtol,
                                 const double *scale) {
  es_ode_options o;
  es_ode_options_default(&o);
  o.method = method;
  o.rtol = rtol;
  o.scale = scale;
  return o;
}

/* The largest error over 200 outputs. */
static double error_of(const problem *p, const char *method, double rtol) {
  double y[4], scale[4], times[200];
  watch w = {p, 0};
  for (int i = 0; i < 4; i++) scale[i] = p->scale;
  for (int i = 0; i < 200; i++) times[i] = p->end * (i + 1) / 200;
  const es_ode_options o = options_of(method, rtol, scale);
  const es_ode_system system = {.n = p->n, .rhs = p->rhs, .context = &w};
  es_ode *ode;
  es_diag diag = {0};
  assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
  p->exact(0, y);
  assert_ok(es_ode_solve(ode, 0, y, times, 200, see, NULL, &diag), diag);
  es_ode_free(ode);
  return w.worst;
}

static const char *const methods[] = {"tsit5",       "dop853",     "gsl-rk8pd",
                                      "adams",       "rosenbrock", "auto",
                                      "gsl-msadams", "gsl-msbdf",  "rock4"};
enum { METHODS = sizeof methods / sizeof *methods };
static const double rtols[3] = {1e-6, 1e-9, 1e-12};

static void check_problem(const problem *p) {
  for (int m = 0; m < METHODS; m++)
    for (int r = 0; r < 3; r++) {
      const double ratio = error_of(p, methods[m], rtols[r]) / rtols[r];
      print_message("%s, %s, rtol %g: error/rtol %.2f\n", p->name, methods[m],
                    rtols[r], ratio);
      assert_true(ratio < 100);
    }
}

static void smooth_problems(void **state) {
  (void)state;
  const double period = 8 * atan(1);
  const problem list[] = {
      {"growth", growth, growth_exact, 1, 5, true, 1},
      {"rotation", rotate, rotate_exact, 2, 20, false, 1},
      {"kepler", kepler, kepler_exact, 4, period, false, 1},
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++)
    check_problem(&list[i]);
}

/* Growth by twelve decades: the flow keeps relative errors as they are, so the
 * ratio is the sum of the steps' relative errors. The scale makes atol small
 * against the start; without it errors of 1e-12 would be as large as y. */
static void logistic_growth_from_tiny_starts(void **state) {
  (void)state;
  const problem p = {"logistic", logistic, logistic_exact, 1,
                     6,          true,     LOGISTIC_START};
  check_problem(&p);
}

/* Arenstorf's orbit (Hairer, Norsett, Wanner II.0): a satellite that returns
 * to its start after one period. Passing close by the moon multiplies errors,
 * by how much for those at the start is measured by moving it. The start is the
 * nearest point to the moon, hence the worst: a tenth of rtol in these units
 * must do for the sum of all. */
#define PERIOD 17.0652165601579625588917206249
static const double orbit_start[4] = {0.994, 0, 0,
                                      -2.00158510637908252240537862224};

static es_status orbit(double t, const double *y, double *dydt, void *c) {
  (void)t, (void)c;
  const double moon = 0.012277471, earth = 1 - moon;
  const double a = hypot(y[0] + moon, y[1]), b = hypot(y[0] - earth, y[1]);
  const double pull_earth = earth / (a * a * a), pull_moon = moon / (b * b * b);
  dydt[0] = y[2];
  dydt[1] = y[3];
  dydt[2] =
      y[0] + 2 * y[3] - pull_earth * (y[0] + moon) - pull_moon * (y[0] - earth);
  dydt[3] = y[1] - 2 * y[2] - (pull_earth + pull_moon) * y[1];
  return ES_OK;
}

static void fly(double *y, const char *method, double rtol) {
  const es_ode_options o = options_of(method, rtol, NULL);
  const es_ode_system system = {.n = 4, .rhs = orbit};
  const double end = PERIOD;
  es_ode *ode;
  es_diag diag = {0};
  assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
  assert_ok(es_ode_solve(ode, 0, y, &end, 1, NULL, NULL, &diag), diag);
  es_ode_free(ode);
}

static double distance(const double *a, const double *b) {
  double worst = 0;
  for (int i = 0; i < 4; i++) worst = fmax(worst, fabs(a[i] - b[i]));
  return worst;
}

static void arenstorf_returns(void **state) {
  (void)state;
  double base[4], amplification = 0;
  memcpy(base, orbit_start, sizeof base);
  fly(base, "dop853", 1e-13);
  for (int i = 0; i < 4; i++) {
    double y[4];
    memcpy(y, orbit_start, sizeof y);
    y[i] += 1e-8;
    fly(y, "dop853", 1e-13);
    amplification = fmax(amplification, distance(y, base) / 1e-8);
  }
  print_message("arenstorf: errors grow by %.3g\n", amplification);
  for (int m = 0; m < METHODS; m++)
    for (int r = 0; r < 3; r++) {
      double y[4];
      memcpy(y, orbit_start, sizeof y);
      fly(y, methods[m], rtols[r]);
      const double ratio = distance(y, orbit_start) / rtols[r] / amplification;
      print_message("arenstorf, %s, rtol %g: error/rtol/growth %.2g\n",
                    methods[m], rtols[r], ratio);
      assert_true(ratio < .1);
    }
}

/* A start far from t = 0 and slopes of any size still give a first step. */
static es_status steep(double t, const double *y, double *dydt, void *rate) {
  (void)t;
  dydt[0] = -*(const double *)rate * y[0];
  return ES_OK;
}

static void first_steps_suit_the_problem(void **state) {
  (void)state;
  const double from[] = {0, 1e6, 0, 1e14};
  double rates[] = {1e-12, 1, 1e9, 1e-18};
  for (int i = 0; i < 4; i++) {
    const double end = from[i] + 2 / rates[i];
    const es_ode_options o = options_of("tsit5", 1e-9, NULL);
    const es_ode_system system = {.n = 1, .rhs = steep, .context = &rates[i]};
    es_ode *ode;
    es_diag diag = {0};
    double y = 1;
    assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
    assert_ok(es_ode_solve(ode, from[i], &y, &end, 1, NULL, NULL, &diag), diag);
    assert_close(y, exp(-rates[i] * (end - from[i])), 1e-7, 0);
    /* Tenfold growth makes up for any first step within 20 steps. */
    assert_true(es_ode_stats(ode).steps < 100);
    assert_true(es_ode_stats(ode).rejected < 10);
    es_ode_free(ode);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(smooth_problems),
      cmocka_unit_test(logistic_growth_from_tiny_starts),
      cmocka_unit_test(arenstorf_returns),
      cmocka_unit_test(first_steps_suit_the_problem),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
