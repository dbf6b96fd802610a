/* rock4: stabilised explicit Runge-Kutta-Chebyshev methods of order 4 for large
 * systems whose Jacobians have real negative eigenvalues (A. Abdulle, SIAM J.
 * Sci. Comput. 23 (2002) 2041-2054): with s stages h may be .35 s^2 over the
 * spectral radius, which a power method follows. A step of degree s, m = s - 4:
 *   g_0 = y,  g_j = g_(j-1) + kappa_j (g_(j-1) - g_(j-2)) + mu_j h f(g_(j-1)),
 *   j = 1..m (in this form what rests is left as it is to the last bit),
 *   k_i = f(g_m + h sum_(j<i) a_ij k_j),  i = 1..4,
 *   y_new = g_m + h sum_i b_i k_i.
 * Combinations of g_m - y and the four k_i, which all die away for stiff modes,
 * yield the elementary differentials of order <= 3 and one of order 4. Of these
 * are made the estimate of the error, h^4 f'f'f'f/168, and the interpolant of
 * order 3 (4 for linear systems). The slopes at the ends of the step, which
 * magnify a stiff mode by h times its rate, are in neither: f(y_new) in the
 * estimate, as the paper has it, asks for a factor that falls as 1/s^2, and a
 * cubic through both ends would show a mode of the size of the tolerance some
 * thousand times as large. A mode of any rate adds about its own size. The last
 * stages are our own, those with the conditions of order 4 that leave the least
 * errors of order 5. */
#include "ode/radius.h"
#include "ode/rock4_degree.h"

#include <stdlib.h>

#define SAFETY 1.1   /* times the radius; estimates come from below */
#define STRETCH 168  /* the estimate is then 1 at most where R oscillates */
#define LONGEST 16   /* steps between two looks at the radius */
#define STEADY .02   /* change of the radius that lets one look less often */
#define RESTLESS .05 /* and that makes one look at every step */
enum { FIRST = 50, LATER = 20 }; /* most evaluations of a look */

typedef struct own {
  es_rock4_degree degree;
  double radius;  /* of df/dy; < 0: not known */
  double t, seen; /* of the last attempt, of the last look */
  int wait, pause;
} own;

/* Rows of step->work. */
enum { G, K1, K2, K3, K4, V, ROWS };

static size_t doubles(size_t stride) { return ROWS * stride; }
static es_status open_rock4(es_step *s, es_diag *diag) {
  s->own = calloc(1, sizeof(own));
  if (s->own != NULL) return ES_OK;
  return es_fail(diag, ES_NO_MEMORY, "no memory for rock4");
}

static void close_rock4(es_step *s) { free(s->own); }

static void begin(es_step *s) {
  own *o = s->own;
  o->radius = -1;
  o->t = o->seen = NAN;
  o->wait = o->pause = 1;
  es_radius_start(s->n, es_step_row(s, V));
}

/* Looks at the radius where it is due, and after a rejection. */
static es_status look(es_step *s, own *o) {
  const bool rejected = s->t == o->t;
  o->t = s->t;
  if (s->t == o->seen || (!rejected && --o->wait > 0)) return ES_OK;
  const double before = o->radius;
  const es_status status = es_radius_estimate(&o->radius, es_step_row(s, V), s,
                                              before < 0 ? FIRST : LATER);
  const double change = fabs(o->radius - before);
  if (change > RESTLESS * o->radius)
    o->pause = 1;
  else if (change < STEADY * o->radius && o->pause < LONGEST)
    o->pause *= 2;
  o->wait = o->pause;
  o->seen = s->t;
  return status;
}

/* The least degree that is stable, or the last. */
static void choose(own *o, double reach) {
  size_t i = 0;
  while (i + 1 < es_rock4_rows() && es_rock4_row_at(i)->length < reach) i++;
  if (o->degree.row != es_rock4_row_at(i))
    es_rock4_degree_set(&o->degree, es_rock4_row_at(i));
}

/* Sets row G to g_m and *c to its time in units of h. */
static es_status recur(es_step *s, const es_rock4_degree *d, double *c) {
  const size_t n = s->n;
  const int m = d->row->stages - 4;
  const double *restrict y = s->y, *restrict f = s->f;
  double *restrict slope = s->f_new, c_old = 0;
  double *one = m % 2 == 1 ? es_step_row(s, G) : s->y_new; /* g_(j-1) */
  double *two = m % 2 == 1 ? s->y_new : es_step_row(s, G); /* g_(j-2) */
  const double first = d->mu[0] * s->h;
  *c = d->mu[0];
  ES_SIMD
  for (size_t i = 0; i < n; i++) one[i] = y[i] + first * f[i];
  for (int j = 1; j < m; j++) {
    const es_status status = es_step_rhs(s, s->t + *c * s->h, one, slope);
    if (status != ES_OK) return status;
    const double mu = d->mu[j] * s->h, kappa = d->kappa[j];
    const double *old = j == 1 ? y : two;
    const double *restrict last = one;
    ES_SIMD
    for (size_t i = 0; i < n; i++)
      two[i] = last[i] + (kappa * (last[i] - old[i]) + mu * slope[i]);
    const double c_new = *c + (kappa * (*c - c_old) + d->mu[j]);
    c_old = *c;
    *c = c_new;
    double *swap = one;
    one = two;
    two = swap;
  }
  return ES_OK;
}

/* The four slopes after g, at time c. */
static es_status slopes(es_step *s, const double *a, double c) {
  const size_t n = s->n;
  const double h = s->h, t = s->t + c * h, *restrict g = es_step_row(s, G);
  double *restrict at = s->y_new, *restrict k1 = es_step_row(s, K1);
  double *restrict k2 = es_step_row(s, K2), *restrict k3 = es_step_row(s, K3);
  const double a21 = a[0] * h, a31 = a[1] * h, a32 = a[2] * h;
  const double a41 = a[3] * h, a42 = a[4] * h, a43 = a[5] * h;
  es_status status;
  if ((status = es_step_rhs(s, t, g, k1)) != ES_OK) return status;
  ES_SIMD
  for (size_t i = 0; i < n; i++) at[i] = g[i] + a21 * k1[i];
  if ((status = es_step_rhs(s, t + a21, at, k2)) != ES_OK) return status;
  ES_SIMD
  for (size_t i = 0; i < n; i++) at[i] = g[i] + (a31 * k1[i] + a32 * k2[i]);
  if ((status = es_step_rhs(s, t + a31 + a32, at, k3)) != ES_OK) return status;
  ES_SIMD
  for (size_t i = 0; i < n; i++)
    at[i] = g[i] + (a41 * k1[i] + a42 * k2[i] + a43 * k3[i]);
  return es_step_rhs(s, t + a41 + a42 + a43, at, es_step_row(s, K4));
}

/* y_new and the error. */
static void finish(es_step *s, const es_rock4_degree *d) {
  const size_t n = s->n;
  const double h = s->h, *b = d->row->b, *e = d->column[ES_ROCK4_TREES - 1];
  const double b1 = b[0] * h, b2 = b[1] * h, b3 = b[2] * h, b4 = b[3] * h;
  const double e0 = e[0] / STRETCH, e1 = e[1] * h / STRETCH;
  const double e2 = e[2] * h / STRETCH, e3 = e[3] * h / STRETCH;
  const double e4 = e[4] * h / STRETCH;
  const double *restrict y = s->y, *restrict g = es_step_row(s, G);
  const double *restrict k1 = es_step_row(s, K1), *restrict k2 =
                                                      es_step_row(s, K2);
  const double *restrict k3 = es_step_row(s, K3), *restrict k4 =
                                                      es_step_row(s, K4);
  double *restrict y_new = s->y_new, worst = 0;
  ES_SIMD
  for (size_t i = 0; i < n; i++)
    y_new[i] = g[i] + (b1 * k1[i] + b2 * k2[i] + b3 * k3[i] + b4 * k4[i]);
  for (size_t i = 0; i < n; i++) {
    const double error = e0 * (g[i] - y[i]) +
                         (e1 * k1[i] + e2 * k2[i] + e3 * k3[i] + e4 * k4[i]);
    worst = es_worse(worst, fabs(error * es_step_weight(s, i, y[i], y_new[i])));
  }
  s->error = worst;
}

/* The exact solution's weights of the elementary differentials at theta. */
static void dense(const es_step *s, double theta, double *restrict out) {
  const own *o = s->own;
  const size_t n = s->n;
  const double t2 = theta * theta, h = s->h;
  const double want[ES_ROCK4_TREES] = {theta, t2 / 2, t2 * theta / 3,
                                       t2 * theta / 6, t2 * t2 / 24};
  double w[ES_ROCK4_TREES] = {0};
  for (int i = 0; i < ES_ROCK4_TREES; i++)
    for (int j = 0; j < ES_ROCK4_TREES; j++)
      w[j] += want[i] * o->degree.column[i][j];
  const double w0 = w[0], w1 = w[1] * h, w2 = w[2] * h, w3 = w[3] * h;
  const double w4 = w[4] * h, *restrict y = s->y,
               *restrict g = es_step_row(s, G);
  const double *restrict k1 = es_step_row(s, K1), *restrict k2 =
                                                      es_step_row(s, K2);
  const double *restrict k3 = es_step_row(s, K3), *restrict k4 =
                                                      es_step_row(s, K4);
  ES_SIMD
  for (size_t i = 0; i < n; i++)
    out[i] = y[i] + (w0 * (g[i] - y[i]) +
                     (w1 * k1[i] + w2 * k2[i] + w3 * k3[i] + w4 * k4[i]));
}

/* Where stability and not the error ends the step, the next is to be as long as
 * that allows: asking for more would be refused every time. */
static void limit_next(es_step *s, double longest) {
  const double longer = longest / s->h;
  if (longer < 10 && s->error * pow(longer, 4) < .5) s->h_next = longest;
}

static es_status attempt(es_step *s) {
  own *o = s->own;
  es_status status = look(s, o);
  if (status != ES_OK) return status;
  const double rate = SAFETY * fmax(o->radius, 0), reach = s->h * rate;
  choose(o, reach);
  const es_rock4_row *r = o->degree.row;
  if (reach > r->length) { /* none is stable: ask for one that is */
    s->error = fmax(2, pow(reach / r->length, 4));
    return ES_OK;
  }
  double c;
  status = recur(s, &o->degree, &c);
  if (status == ES_OK) status = slopes(s, r->a, c);
  if (status != ES_OK) return status;
  finish(s, &o->degree);
  if (!(s->error <= 1)) return ES_OK;
  const double most = es_rock4_row_at(es_rock4_rows() - 1)->length;
  if (rate > 0) limit_next(s, .95 * most / rate);
  return es_step_rhs(s, s->t_new, s->y_new, s->f_new);
}

const es_stepper es_stepper_rock4 = {
    .name = "rock4",
    .summary = "stabilised Runge-Kutta-Chebyshev of order 4, 5 to 200 stages",
    .order = 4,
    .error_order = 3,
    .dense_order = 3,
    .stages = 5,
    .doubles = doubles,
    .open = open_rock4,
    .close = close_rock4,
    .begin = begin,
    .attempt = attempt,
    .dense = dense,
};
