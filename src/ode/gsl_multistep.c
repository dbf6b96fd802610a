/* gsl-msadams and gsl-msbdf: GSL's variable-order multistep methods in the
 * Nordsieck form of G. D. Byrne and A. C. Hindmarsh, "A polyalgorithm for the
 * numerical solution of ordinary differential equations", ACM Trans. Math.
 * Softw. 1 (1975) 71-96: Adams methods of order 1 to 12 by functional
 * iteration, backward differentiation of order 1 to 5 by Newton's.
 *
 * GSL keeps history and order to itself and leaves h to us. It takes an attempt
 * from the t of the one before for a repetition and goes back to where it was
 * then; where it would not get that right it is made to begin again.
 *
 * Between steps: for backward differentiation the polynomial through the last
 * values that a formula of the order uses; for the Adams methods the polynomial
 * from y to y_new whose slopes at the last points, t_new among them, are those
 * that were evaluated,
 *   y(t + theta h) = y + w (y_new - y) + h sum_j (W_j(theta) - w W_j(1)) f_j,
 *   w = V(theta)/V(1),  W_j = int L_j,  V = int prod_j (theta - theta_j),
 * L_j the Lagrange polynomials of the points. Either is as good as the step.
 *
 * The iterations end at a part of the tolerance, so that at rest slopes of that
 * size are left: stop_when_steady may not take effect with gsl-msadams. */
#include "ode/gsl.h"

#include "ode/gauss.h"

#include <float.h>
#include <string.h>

/* Rows of work: GSL's error, f and y where a Jacobian is wanted, the past. */
enum { ERROR, WHERE, SLOPE, FIRST, PAST = 12 };

/* Matrices of more would not be solved with in any reasonable time. */
enum { MATRIX_MOST = 4096 };

/* A multistep method's errors add up over many short steps, most of one sign;
 * shares of the tolerance that keep the sum within 100 of it, as seen on
 * growth, rotation and ellipses from 1e-4 to 1e-12. */
#define ADAMS_SHARE .02
#define BDF_SHARE .004

typedef struct multistep {
  es_gsl gsl;   /* first: what gsl.c finds in step->own */
  bool values;  /* the past is one of y, not of f */
  double share; /* of a tolerance, that GSL is asked for */
  gsl_odeiv2_control control;
  gsl_odeiv2_driver driver; /* GSL asks it for control and for nothing else */
  gsl_error_handler_t *silent;
  size_t points;     /* of the past that are known */
  size_t newest;     /* place of x[0] among the rows of the past */
  double x[PAST];    /* t and the times before */
  unsigned order;    /* bounds of what GSL used: this attempt's */
  unsigned accepted; /* and the last accepted one's */
  unsigned slopes;   /* that GSL asked for in this attempt */
  bool wild;         /* one of them was not finite */
} multistep;

static size_t doubles(size_t stride) { return (FIRST + PAST) * stride; }

static double *past(const es_step *s, const multistep *m, size_t j) {
  return es_step_row(s, FIRST + (m->newest + j) % PAST);
}

/* What GSL takes for the tolerance of component i. Its iterations end at a
 * tenth of it in the root mean square: over sqrt(n), so that no component is
 * off by more; and not beyond what roundoff lets them reach. */
static int tolerance(void *self, double y, double dydt, double h, size_t i,
                     double *level) {
  (void)dydt, (void)h;
  const es_step *s = self;
  const multistep *m = s->own;
  const double size = fabs(y), own_share = m->share / sqrt((double)s->n);
  *level = fmax(own_share * (s->atol[i] + s->rtol * size), DBL_EPSILON * size);
  return GSL_SUCCESS;
}
static const gsl_odeiv2_control_type tolerances = {.name = "eigenstep",
                                                   .errlevel = tolerance};

/* GSL's iterations would take what is not finite for a lack of convergence. */
static int slope(double t, const double y[], double dydt[], void *self) {
  const es_step *s = self;
  multistep *m = s->own;
  m->slopes++;
  const int code = es_gsl_slope(t, y, dydt, self);
  if (code != GSL_SUCCESS || es_all_finite(s->n, dydt)) return code;
  m->wild = true;
  return GSL_EFAILED;
}

/* GSL's matrix is row-major. */
static int jacobian(double t, const double y[], double *dfdy, double dfdt[],
                    void *self) {
  es_step *s = self;
  es_gsl *o = s->own;
  double *where = es_step_row(s, WHERE), *f = es_step_row(s, SLOPE);
  const size_t n = s->n;
  memcpy(where, y, n * sizeof *y);
  t = fmin(t, s->t_new);
  o->status = ES_OK;
  /* The method has no use for dfdt, whose difference would reach beyond t_new.
   */
  if (s->jacobian == NULL) {
    o->status = es_step_rhs(s, t, where, f);
    dfdt = NULL;
  }
  if (o->status == ES_OK)
    o->status = es_step_jacobian(s, t, where, f, dfdy, dfdt);
  if (o->status != ES_OK) return GSL_EFAILED;
  o->status = ES_NO_CONVERGENCE;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < i; j++) {
      const double swap = dfdy[i * n + j];
      dfdy[i * n + j] = dfdy[j * n + i];
      dfdy[j * n + i] = swap;
    }
  return GSL_SUCCESS;
}

static void begin(es_step *s) {
  multistep *m = s->own;
  gsl_odeiv2_step_reset(m->gsl.step);
  m->points = 0;
  m->order = m->accepted = 1;
}

static es_status open_multistep(es_step *s, es_diag *diag,
                                const gsl_odeiv2_step_type *type,
                                double share) {
  const es_status status = es_gsl_open(s, diag, type, sizeof(multistep));
  if (status != ES_OK) return status;
  multistep *m = s->own;
  m->gsl.system.function = slope;
  m->gsl.system.jacobian = jacobian;
  m->share = fmin(fmax(share, 8 * DBL_EPSILON / s->rtol), 1);
  m->control = (gsl_odeiv2_control){&tolerances, s};
  m->driver.c = &m->control;
  gsl_odeiv2_step_set_driver(m->gsl.step, &m->driver);
#ifdef _OPENMP
#pragma omp critical(es_gsl_handler)
#endif
  {
    gsl_error_handler_t *before = gsl_set_error_handler_off();
    m->silent = gsl_set_error_handler_off();
    gsl_set_error_handler(before);
  }
  return ES_OK;
}

static es_status open_msadams(es_step *s, es_diag *diag) {
  return open_multistep(s, diag, gsl_odeiv2_step_msadams, ADAMS_SHARE);
}

static es_status open_msbdf(es_step *s, es_diag *diag) {
  if (s->n > MATRIX_MOST)
    return es_fail(diag, ES_BAD_VALUE,
                   "gsl-msbdf: n = %zu, but it works on matrices of n x n "
                   "numbers: n may be %d at most",
                   s->n, MATRIX_MOST);
  const es_status status =
      open_multistep(s, diag, gsl_odeiv2_step_msbdf, BDF_SHARE);
  if (status != ES_OK) return status;
  ((multistep *)s->own)->values = true;
  return ES_OK;
}

/* A first attempt from a point makes it part of the past. Another one must not
 * lead GSL to an order two below that of the last step, which it may come to
 * after failures and a rejection: it would refuse that with a line on standard
 * output and report success all the same. */
static void arrive(es_step *s) {
  multistep *m = s->own;
  const unsigned order = gsl_odeiv2_step_order(m->gsl.step);
  if (m->points > 0 && m->x[0] == s->t) {
    if (order + 1 < m->accepted) gsl_odeiv2_step_reset(m->gsl.step);
    if (order + 1 < m->accepted) m->accepted = 1;
  } else {
    m->accepted = m->order;
    memmove(m->x + 1, m->x, (PAST - 1) * sizeof *m->x);
    m->x[0] = s->t;
    m->newest = (m->newest + PAST - 1) % PAST;
    if (m->points < PAST) m->points++;
    memcpy(past(s, m, 0), m->values ? s->y : s->f, s->n * sizeof *s->y);
  }
  m->order = gsl_odeiv2_step_order(m->gsl.step);
}

/* Only with GSL's handler out of the way: a singular matrix calls it. Where it
 * is not off for good, attempts take turns. */
static int apply_quietly(es_step *s) {
  multistep *m = s->own;
  bool off = true;
  int code = GSL_SUCCESS;
#ifdef _OPENMP
#pragma omp critical(es_gsl_handler)
#endif
  {
    gsl_error_handler_t *before = gsl_set_error_handler_off();
    off = before == m->silent;
    if (!off)
      code = gsl_odeiv2_step_apply(m->gsl.step, s->t, s->h, s->y_new,
                                   es_step_row(s, ERROR), s->f, s->f_new,
                                   &m->gsl.system);
    gsl_set_error_handler(before);
  }
  if (off)
    code = gsl_odeiv2_step_apply(m->gsl.step, s->t, s->h, s->y_new,
                                 es_step_row(s, ERROR), s->f, s->f_new,
                                 &m->gsl.system);
  return code;
}

/* h for an error of q after a step of the order. A first step may be too long
 * by any factor. */
static double h_after(const es_step *s, unsigned order, double error) {
  if (error > 1) {
    const double least = order == 1 ? 1e-4 : .2;
    return s->h * fmin(fmax(.9 * pow(error, -1. / order), least), .9);
  }
  const double grown = .9 * pow(fmax(error, 1e-10), -1. / (order + 1));
  return s->h * (error < .5 ? fmin(fmax(grown, 1), 5) : 1);
}

/* GSL has gone back to the last point, but may lose sight of a matrix that it
 * cannot factorise, after no more than the prediction: it has to begin again.
 */
static es_status failed(es_step *s) {
  multistep *m = s->own;
  if (m->wild) {
    s->error = NAN;
    return ES_OK;
  }
  if (m->gsl.status == ES_NO_CONVERGENCE && m->slopes < 2) begin(s);
  return m->gsl.status;
}

static es_status attempt(es_step *s) {
  multistep *m = s->own;
  arrive(s);
  memcpy(s->y_new, s->y, s->n * sizeof *s->y);
  m->gsl.status = ES_NO_CONVERGENCE; /* unless it is a callback that fails */
  m->slopes = 0;
  m->wild = false;
  if (apply_quietly(s) != GSL_SUCCESS) return failed(s);
  s->error = es_step_norm(s, es_step_row(s, ERROR), s->y, s->y_new) / m->share;
  s->h_next = h_after(s, m->order, s->error);
  return ES_OK;
}

/* Points that dense output leads through, t_new first, in units of h from t. */
static size_t places(double *at, const es_step *s) {
  const multistep *m = s->own;
  const size_t n = m->order < m->points ? m->order : m->points;
  at[0] = 1;
  for (size_t j = 0; j < n; j++) at[j + 1] = (m->x[j] - s->t) / s->h;
  return n + 1;
}

static double lagrange(const double *at, size_t n, size_t j, double x) {
  double product = 1;
  for (size_t i = 0; i < n; i++)
    if (i != j) product *= (x - at[i]) / (at[j] - at[i]);
  return product;
}

/* y at rest stays as it is. */
static void dense_values(const es_step *s, double theta, double *restrict out) {
  double at[PAST + 1];
  const size_t points = places(at, s), n = s->n;
  memcpy(out, s->y, n * sizeof *out);
  for (size_t j = 0; j < points; j++) {
    if (j == 1) continue; /* y itself: the rest of 1 */
    const double *restrict v = j == 0 ? s->y_new : past(s, s->own, j - 1);
    const double *restrict y = s->y, w = lagrange(at, points, j, theta);
    ES_SIMD
    for (size_t i = 0; i < n; i++) out[i] += w * (v[i] - y[i]);
  }
}

/* W_0 .. W_{n-1} and, last, V. */
static void integrate(double *W, const double *at, size_t n, double theta) {
  memset(W, 0, (n + 1) * sizeof *W);
  for (int q = 0; q < 7; q++) {
    double weight, product = 1;
    const double x = es_gauss(q, theta, &weight);
    for (size_t j = 0; j < n; j++) {
      W[j] += weight * lagrange(at, n, j, x);
      product *= x - at[j];
    }
    W[n] += weight * product;
  }
}

static void dense_slopes(const es_step *s, double theta, double *restrict out) {
  double at[PAST + 1], W[PAST + 2], all[PAST + 2];
  const size_t points = places(at, s), n = s->n;
  integrate(W, at, points, theta);
  integrate(all, at, points, 1);
  const double w = W[points] / all[points];
  const double *restrict y = s->y, *restrict y_new = s->y_new;
  ES_SIMD
  for (size_t i = 0; i < n; i++) out[i] = y[i] + w * (y_new[i] - y[i]);
  for (size_t j = 0; j < points; j++) {
    const double *restrict f = j == 0 ? s->f_new : past(s, s->own, j - 1);
    const double c = s->h * (W[j] - w * all[j]);
    ES_SIMD
    for (size_t i = 0; i < n; i++) out[i] += c * f[i];
  }
}

const es_stepper es_stepper_gsl_msadams = {
    .name = "gsl-msadams",
    .summary = "GSL's Adams methods of order 1 to 12",
    .order = 12,
    .error_order = 12,
    .dense_order = 12,
    .stages = 3,
    .doubles = doubles,
    .open = open_msadams,
    .close = es_gsl_close,
    .begin = begin,
    .attempt = attempt,
    .dense = dense_slopes,
};

const es_stepper es_stepper_gsl_msbdf = {
    .name = "gsl-msbdf",
    .summary = "GSL's backward differentiation of order 1 to 5, for stiff "
               "systems",
    .order = 5,
    .error_order = 5,
    .dense_order = 5,
    .stages = 3,
    .doubles = doubles,
    .open = open_msbdf,
    .close = es_gsl_close,
    .begin = begin,
    .attempt = attempt,
    .dense = dense_values,
};
