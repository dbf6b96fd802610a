/* exponential: for a system y' = f(t, y) that says which linear operator L
 * stands for its fast part (es_ode_linear), the exponential Euler method
 *   y+ = y + h phi(h L) f(t, y),   phi(z) = (e^z - 1)/z,
 * with L frozen at the start of a step, raised to order 8 by extrapolation. A
 * step of H is made of n = 1, 2, ..., 8 steps of H/n each (T_n1). The error of
 * each has an expansion in powers of h for any phi(h L) that is smooth in h and
 * the identity at h = 0, whatever L is (Hairer, Norsett, Wanner, "Solving
 * Ordinary Differential Equations I", II.8 and II.9), so that with k of them
 *   y_new = y + sum_n w_n (T_n1 - y),   w_n = prod_{i != n} n/(n - i),
 * takes away k - 1 powers of it: order k. Without the first of them the order
 * is k - 1, and the difference is the error. For exponential Euler with the
 * Jacobian see Hochbruck and Ostermann, "Exponential integrators", Acta
 * Numerica 19 (2010) 209-286. Without L this is plain extrapolated Euler.
 *
 * Right-hand sides of a step: 29. An interpolant comes as in septic.h, from
 * steps of a third with 6 columns, whose error is smaller by 3^7. */
#include "ode/septic.h"
#include "ode/stepper.h"

#include <string.h>

enum { COLUMNS = 8, INNER_COLUMNS = 6 };

/* Rows of step->work: state of a small step, its distance from y and slope, the
 * sum over n and that without the first, and the septic's. */
enum {
  STATE,
  MOVED,
  SLOPE,
  SUM,
  SHORT,
  SEPTIC,
  ROWS = SEPTIC + ES_SEPTIC_ROWS
};

static size_t doubles(size_t stride) { return ROWS * stride; }

/* Moved becomes T_n1 - y over h from (t, y), whose slope is f. It is summed by
 * itself: the weights w_n, in the thousands, would make what y rounds away at
 * each addition an error that no h takes away. */
static es_status small_steps(es_step *s, double t, double h, const double *y,
                             const double *f, int n) {
  double *restrict state = es_step_row(s, STATE), *restrict slope =
                                                      es_step_row(s, SLOPE);
  double *restrict moved = es_step_row(s, MOVED);
  const double tau = h / n;
  const size_t size = s->n;
  memset(moved, 0, size * sizeof *moved);
  for (int k = 0; k < n; k++) {
    es_status status = ES_OK;
    if (k == 0)
      memcpy(slope, f, s->n * sizeof *slope);
    else
      status = es_step_rhs(s, t + k * tau, state, slope);
    if (status != ES_OK) return status;
    if (s->linear.phi != NULL) s->linear.phi(tau, slope, s->context);
    ES_SIMD_WIDE
    for (size_t i = 0; i < size; i++) {
      moved[i] += tau * slope[i];
      state[i] = y[i] + moved[i];
    }
  }
  return ES_OK;
}

/* w_n over the numbers first, ..., last. */
static double weight(int n, int first, int last) {
  double w = 1;
  for (int i = first; i <= last; i++)
    if (i != n) w *= (double)n / (n - i);
  return w;
}

/* Adds moved, T_n1 - y of `columns` of them, to the sums. */
static void gather(es_step *s, int n, int columns) {
  const double full = weight(n, 1, columns);
  const double some = n > 1 ? weight(n, 2, columns) : 0;
  const double *restrict moved = es_step_row(s, MOVED);
  double *restrict sum = es_step_row(s, SUM), *restrict without =
                                                  es_step_row(s, SHORT);
  const size_t size = s->n;
  ES_SIMD_WIDE
  for (size_t i = 0; i < size; i++) {
    sum[i] += full * moved[i];
    without[i] += some * moved[i];
  }
}

/* L at (t, y), then out = y after h with so many columns. */
static es_status extrapolated(es_step *s, double t, double h, const double *y,
                              const double *f, int columns, double *out) {
  es_status status = ES_OK;
  double *sum = es_step_row(s, SUM);
  memset(sum, 0, s->n * sizeof *sum);
  memset(es_step_row(s, SHORT), 0, s->n * sizeof *sum);
  if (s->linear.freeze != NULL) status = s->linear.freeze(t, y, h, s->context);
  for (int n = 1; status == ES_OK && n <= columns; n++) {
    status = small_steps(s, t, h, y, f, n);
    if (status == ES_OK) gather(s, n, columns);
  }
  for (size_t i = 0; i < s->n; i++) out[i] = y[i] + sum[i];
  return status;
}

static es_status attempt(es_step *s) {
  const es_status status =
      extrapolated(s, s->t, s->h, s->y, s->f, COLUMNS, s->y_new);
  if (status != ES_OK) return status;
  const double *sum = es_step_row(s, SUM);
  double *without = es_step_row(s, SHORT);
  for (size_t i = 0; i < s->n; i++) without[i] = sum[i] - without[i];
  s->error = es_step_norm(s, without, s->y, s->y_new);
  return s->error <= 1 ? es_step_rhs(s, s->t_new, s->y_new, s->f_new) : ES_OK;
}

static es_status third(es_step *s, double t, double h, const double *y,
                       const double *f, double *out) {
  return extrapolated(s, t, h, y, f, INNER_COLUMNS, out);
}

static es_status prepare(es_step *s) {
  return es_septic_prepare(s, es_step_row(s, SEPTIC), third);
}

static void dense(const es_step *s, double theta, double *out) {
  es_septic_at(s, es_step_row(s, SEPTIC), theta, out);
}

const es_stepper es_stepper_exponential = {
    .name = "exponential",
    .summary =
        "exponential Euler with the fast part's L, extrapolated to order 8",
    .order = COLUMNS,
    .error_order = COLUMNS - 1,
    .dense_order = 6,
    .stages = COLUMNS * (COLUMNS - 1) / 2 + 1,
    .l_stable = true,
    .doubles = doubles,
    .attempt = attempt,
    .prepare = prepare,
    .dense = dense,
};
