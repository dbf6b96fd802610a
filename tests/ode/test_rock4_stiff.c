/* rock4 on what it is for: two discretised diffusions, where dop853's steps are
 * as short as stability has them. Both reach about the same error; rock4 asks
 * for less than a quarter of the right-hand sides. */
#include "tests/check.h"

#include <eigenstep/ode.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846
enum { HEAT = 500, CELLS = 200, MOST = 2 * CELLS > HEAT ? 2 * CELLS : HEAT };

/* u_t = u_xx on (0, 1), u = 0 at both ends, in HEAT points: eigenvalues
 * -4 (n+1)^2 sin^2(k pi/(2(n+1))), the last 1.02e5 times the first. */
static es_status heat(double t, const double *u, double *dudt, void *c) {
  (void)t, (void)c;
  const double w = (HEAT + 1.) * (HEAT + 1.);
  for (int i = 0; i < HEAT; i++) {
    const double left = i > 0 ? u[i - 1] : 0;
    const double right = i + 1 < HEAT ? u[i + 1] : 0;
    dudt[i] = w * (left - 2 * u[i] + right);
  }
  return ES_OK;
}

/* Modes 1, 2, 5, 20 of equal size at t = 0. */
static void heat_exact(double t, double *u) {
  const int modes[4] = {1, 2, 5, 20};
  for (int i = 0; i < HEAT; i++) u[i] = 0;
  for (int m = 0; m < 4; m++) {
    const double half = modes[m] * PI / (2 * (HEAT + 1));
    const double rate = 4 * (HEAT + 1.) * (HEAT + 1.) * sin(half) * sin(half);
    for (int i = 0; i < HEAT; i++)
      u[i] += exp(-rate * t) * sin(2 * half * (i + 1));
  }
}

/* The Brusselator with diffusion (Hairer, Norsett, Wanner II.10.10):
 *   u_t = 1 + u^2 v - 4 u + u_xx/50,  v_t = 3 u - u^2 v + v_xx/50,
 * u = 1, v = 3 at both ends; eigenvalues of diffusion up to -3232. */
static es_status brusselator(double t, const double *y, double *dydt, void *c) {
  (void)t, (void)c;
  const double w = (CELLS + 1.) * (CELLS + 1.) / 50;
  const double *u = y, *v = y + CELLS;
  for (int i = 0; i < CELLS; i++) {
    const int last = i + 1 == CELLS;
    const double ul = i > 0 ? u[i - 1] : 1, ur = last ? 1 : u[i + 1];
    const double vl = i > 0 ? v[i - 1] : 3, vr = last ? 3 : v[i + 1];
    const double uuv = u[i] * u[i] * v[i];
    dydt[i] = 1 + uuv - 4 * u[i] + w * (ul - 2 * u[i] + ur);
    dydt[CELLS + i] = 3 * u[i] - uuv + w * (vl - 2 * v[i] + vr);
  }
  return ES_OK;
}

static void brusselator_start(double t, double *y) {
  (void)t;
  for (int i = 0; i < CELLS; i++) {
    y[i] = 1 + sin(2 * PI * (i + 1) / (CELLS + 1));
    y[CELLS + i] = 3;
  }
}

typedef struct problem {
  const char *name;
  es_ode_rhs rhs;
  void (*start)(double t, double *y);
  size_t n;
  double end;
} problem;

static uint64_t run(const problem *p, const char *method, double rtol,
                    double *y) {
  const es_ode_system system = {.n = p->n, .rhs = p->rhs};
  es_ode_options o;
  es_ode_options_default(&o);
  o.method = method;
  o.rtol = rtol;
  o.atol = rtol;
  es_ode *ode;
  es_diag diag = {0};
  assert_ok(es_ode_new(&ode, &system, &o, &diag), diag);
  p->start(0, y);
  assert_ok(es_ode_solve(ode, 0, y, &p->end, 1, NULL, NULL, &diag), diag);
  const es_ode_statistics got = es_ode_stats(ode);
  es_ode_free(ode);
  print_message("%s, %s, rtol %g: %d steps, %d rejected, %d evaluations\n",
                p->name, method, rtol, (int)got.steps, (int)got.rejected,
                (int)got.rhs_calls);
  return got.rhs_calls;
}

static double distance(size_t n, const double *a, const double *b) {
  double worst = 0;
  for (size_t i = 0; i < n; i++) worst = fmax(worst, fabs(a[i] - b[i]));
  return worst;
}

/* Errors at the end against `want`: rock4's within 10 rtol, and no larger than
 * dop853's at a coarse rtol, which costs that one as much as a fine one. */
static void compare(const problem *p, const double *want, double rtol) {
  double ours[MOST], theirs[MOST];
  const uint64_t few = run(p, "rock4", rtol, ours);
  const uint64_t many = run(p, "dop853", 1e-4, theirs);
  const double error = distance(p->n, ours, want);
  const double other = distance(p->n, theirs, want);
  print_message(
      "%s: rock4 off by %.2g, dop853 by %.2g; evaluations 1 to %.1f\n", p->name,
      error, other, (double)many / (double)few);
  assert_true(error <= 10 * rtol);
  assert_true(4 * few <= many);
  assert_true(error <= other);
}

static void heat_equation(void **state) {
  (void)state;
  const problem p = {"heat", heat, heat_exact, HEAT, .1};
  double want[MOST];
  heat_exact(p.end, want);
  compare(&p, want, 1e-8);
}

static void brusselator_with_diffusion(void **state) {
  (void)state;
  const problem p = {"brusselator", brusselator, brusselator_start, 2 * CELLS,
                     10};
  double want[MOST];
  run(&p, "dop853", 1e-11, want);
  compare(&p, want, 1e-8);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(heat_equation),
      cmocka_unit_test(brusselator_with_diffusion),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
