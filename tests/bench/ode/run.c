/* What every run shares: counting, deadlines, judging, medians. */
#include "tests/bench/ode/ode.h"

#include "base/order.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double bench_busy(void) {
  struct timespec now = {0};
  (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* A look at the clock costs as much as tens of the smallest right-hand sides.
 */
enum { LOOK_EVERY = 1024 };
/* An error that no tolerance excuses. */
static const double useless = .1;

void *bench_room(size_t n, size_t size) {
  void *out = calloc(n + 1, size);
  if (out == NULL) {
    fprintf(stderr, "bench_ode: no memory\n");
    exit(1);
  }
  return out;
}

void bench_stop(es_status status, const es_diag *diag) {
  if (status == ES_OK) return;
  fprintf(stderr, "bench_ode: %s\n", diag->message);
  exit(1);
}

const char *outcome_word(outcome o) {
  static const char *const words[] = {"ok", "failed", "over time", "unfit",
                                      "wrong"};
  return words[o];
}

bool run_rhs(run *r, double t, const double *y, double *dydt) {
  if (++r->rhs % LOOK_EVERY == 0 && bench_busy() > r->deadline) r->over = true;
  return !r->over && r->p->rhs(t, y, dydt, r->context) == ES_OK;
}

bool run_jacobian(run *r, double t, const double *y, double *J, double *dfdt) {
  const size_t n = r->p->n;
  r->jacobians++;
  memset(J, 0, n * n * sizeof *J);
  memset(dfdt, 0, n * sizeof *dfdt);
  return r->p->jacobian(t, y, J, dfdt, r->context) == ES_OK;
}

void run_cell(run *r, size_t j, double *y) {
  const problem *p = r->p;
  r->cell = j;
  r->context = p->instance.self != NULL ? p->instance.self
                                        : (void *)(p->params + j * p->n_params);
  memcpy(y, p->start + j * p->n, p->n * sizeof *y);
}

void run_keep(run *r, size_t k, const double *y) {
  const problem *p = r->p;
  if (r->out == NULL) return;
  problem_state(p, p->instance.self, y,
                r->out + (r->cell * p->n_times + k) * p->n_state);
}

outcome run_failed(run *r, const char *note) {
  if (r->over) return OVER_TIME;
  snprintf(r->note, sizeof r->note, "%s", note);
  return FAILED;
}

static double in_norm(size_t n, const double *got, const double *want) {
  double apart = 0, size = 0;
  for (size_t i = 0; i < n; i++) {
    apart += (got[i] - want[i]) * (got[i] - want[i]);
    size += want[i] * want[i];
  }
  return sqrt(apart / size);
}

static double by_component(size_t n, const double *got, const double *want) {
  double worst = 0;
  for (size_t i = 0; i < n; i++) {
    const double e = fabs(got[i] - want[i]) / fabs(want[i]);
    if (!(e <= worst)) worst = isnan(e) ? INFINITY : e; /* NaN must not pass */
  }
  return worst;
}

static double largest(double a, double b) {
  return a >= b ? a : isnan(b) ? INFINITY : b;
}

void compare(double *state, double *observed, const problem *p,
             const double *got, const double *want) {
  double *a = bench_room(p->d, sizeof *a), *b = bench_room(p->d, sizeof *b);
  *state = 0;
  *observed = NAN;
  for (size_t k = 0; k < p->cells * p->n_times; k++) {
    const double *g = got + k * p->n_state, *w = want + k * p->n_state;
    *state = largest(
        *state, (p->by_component ? by_component : in_norm)(p->n_state, g, w));
    if (p->d == 0) continue;
    double apart = INFINITY;
    if (problem_observe(p, g, a) && problem_observe(p, w, b)) {
      apart = 0;
      for (size_t j = 0; j < p->d; j++)
        apart = largest(apart, fabs(a[j] - b[j]) / b[0]);
    }
    *observed = isnan(*observed) ? apart : largest(*observed, apart);
  }
  free(a);
  free(b);
}

void row_judge(row *r, const problem *p, const double *want,
               const double *out) {
  if (r->outcome != DONE) return;
  compare(&r->error_state, &r->error_observed, p, out, want);
  r->error =
      p->d > 0 ? largest(r->error_state, r->error_observed) : r->error_state;
  if (r->error <= fmin(p->wrong * r->rtol, useless)) return;
  r->outcome = WRONG;
  r->samples = 0;
}

void row_solve(row *r, const problem *p, const double *want, double *out) {
  run one = {.p = p, .rtol = r->rtol, .atol = 1e-3 * r->rtol, .out = out};
  one.deadline = bench_busy() + p->cap;
  r->outcome = r->method->solve(r->method, &one);
  r->rhs = one.rhs;
  r->jacobians = one.jacobians;
  r->steps = one.steps;
  snprintf(r->note, sizeof r->note, "%s", one.note);
  if (r->outcome == DONE && r->samples < MOST_ROUNDS)
    r->sample[r->samples++] = one.seconds;
  if (want != NULL) row_judge(r, p, want, out);
}

void row_settle(row *r) {
  double sorted[MOST_ROUNDS];
  const size_t n = r->samples;
  r->seconds = NAN;
  if (n == 0) return;
  memcpy(sorted, r->sample, n * sizeof *sorted);
  es_sort(sorted, n);
  r->seconds = es_sorted_median(sorted, n);
}
