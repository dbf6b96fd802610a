/* adams: Adams methods of any order in variable steps, PECE with local
 * extrapolation, for smooth systems whose right-hand side is expensive: two
 * evaluations a step whatever the order. Hairer, Norsett, Wanner, "Solving
 * Ordinary Differential Equations I", III.5, after F. T. Krogh and L. F.
 * Shampine, M. K. Gordon, "Computer Solution of Ordinary Differential
 * Equations" (1975), whence the choice of order and step.
 *
 * With x_n = t the last point, x_{n-1}, ... those before, h = x_{n+1} - x_n,
 *   Phi_0(n) = f_n,  Phi_{j+1}(n) = Phi_j(n) - beta_j(n-1) Phi_j(n-1),
 *   beta_0 = 1,  beta_j = beta_{j-1} (x_{n+1} - x_{n-j+1})/(x_n - x_{n-j})
 * (beta at n where no other point is named) the Phi_j are divided differences
 * of f times products of distances to x_n, and
 *   p = y_n + h sum_{j<k} g_j beta_j Phi_j(n)      (predictor, order k)
 *   e = f(x_{n+1}, p) - sum_{j<k} beta_j Phi_j(n)  (= Phi_k(n+1))
 *   y_{n+1} = p + h g_k e                          (corrector, order k + 1)
 * where g_j is the integral over the step of the product that belongs to
 * beta_j Phi_j. The error is that of the corrector of order k, which is not
 * the one that is taken: h (g_k - g_{k-1}) e. Between points y is the
 * polynomial of degree k + 1 that leads from y_n to y_{n+1} and whose slopes at
 * x_n, ..., x_{n-k+1} are those that were evaluated; it is the corrector's own.
 *
 * The rows Phi(n) are brought to a new point by the attempt that starts from
 * there, in the same sweep as its prediction: until then they are the last
 * point's, so that a step that is rejected has changed nothing, and one that is
 * interpolated has all that it needs. */
#include "ode/adams.h"

#include "ode/gauss.h"

#include <stdlib.h>
#include <string.h>

enum {
  MOST = ES_ADAMS_MOST,
  ROWS = MOST + 2, /* Phi_0 .. Phi_{MOST+1} */
  SUM = ROWS,      /* one row more: sum_{j<k} beta_j Phi_j */
  LANES = 2
};

/* Two components at a time: what every machine of the kind can. */
typedef double pair __attribute__((vector_size(LANES * 8), may_alias));
typedef int64_t bits __attribute__((vector_size(LANES * 8), may_alias));

#define TARGET .5 /* error that a step is chosen for */

typedef struct adams {
  size_t k, k_next;   /* order of the predictor, now and after acceptance */
  size_t rows;        /* that hold differences at x[0] */
  size_t hold;        /* order to stay at, for tests; 0: free */
  bool fresh;         /* no point yet: f at t is all there is */
  bool starting;      /* order and step climb with every step */
  size_t tries;       /* attempts from x[0] before this one */
  double x[ROWS];     /* x_n, x_{n-1}, ... */
  double beta[ROWS];  /* of the last attempt */
  double g[ROWS];     /* of the last attempt */
  double gamma[ROWS]; /* |g_j - g_{j-1}| in equal steps */
} adams;

static size_t doubles(size_t stride) { return (ROWS + 1) * stride; }

/* g_0 .. g_k for the step from x[0] to t: c_{0,q} = 1/q, c_{j,q} = c_{j-1,q} -
 * c_{j-1,q+1} h/(x_{n+1} - x_{n-j+1}), g_j = c_{j,1} (III.5.7). */
static void integrals(double *g, size_t k, const double *x, double t) {
  double c[ROWS + 1];
  const double h = t - x[0];
  for (size_t q = 0; q <= k; q++) c[q] = 1 / (double)(q + 1);
  g[0] = 1;
  for (size_t j = 1; j <= k; j++) {
    const double ratio = h / (t - x[j - 1]);
    for (size_t q = 0; q + j <= k; q++) c[q] -= c[q + 1] * ratio;
    g[j] = c[0];
  }
}

static void factors(adams *a, double t) {
  const double *x = a->x;
  a->beta[0] = 1;
  for (size_t j = 1; j < a->rows; j++)
    a->beta[j] = a->beta[j - 1] * ((t - x[j - 1]) / (x[0] - x[j]));
  integrals(a->g, a->k, x, t);
}

static es_status open_adams(es_step *s, es_diag *diag) {
  adams *a = s->own = calloc(1, sizeof *a);
  if (a == NULL)
    return es_fail(diag, ES_NO_MEMORY, "no memory for adams, n = %zu", s->n);
  double g[ROWS], x[ROWS];
  for (size_t j = 0; j < ROWS; j++) x[j] = -(double)j;
  integrals(g, ROWS - 1, x, 1);
  a->gamma[0] = 1;
  for (size_t j = 1; j < ROWS; j++) a->gamma[j] = g[j - 1] - g[j];
  return ES_OK;
}

static void close_adams(es_step *s) { free(s->own); }

static void begin(es_step *s) {
  adams *a = s->own;
  a->k = a->k_next = 1;
  a->hold = 0;
  a->rows = 1;
  a->fresh = a->starting = true;
}

void es_adams_hold(es_step *s, size_t k, const double *x, const double *f) {
  adams *a = s->own;
  begin(s);
  a->hold = a->k = a->k_next = a->rows = k;
  a->starting = a->fresh = false;
  memcpy(a->x, x, k * sizeof *x);
  a->tries = 0;
  /* Phi_j(n) = (x_n - x_{n-1}) .. (x_n - x_{n-j}) f[x_n, .., x_{n-j}] */
  for (size_t i = 0; i < s->n; i++) {
    double d[MOST], product = 1;
    for (size_t j = 0; j < k; j++) d[j] = f[j * s->n + i];
    for (size_t j = 1; j < k; j++)
      for (size_t m = k - 1; m >= j; m--)
        d[m] = (d[m] - d[m - 1]) / (x[m] - x[m - j]);
    for (size_t j = 0; j < k; j++) {
      es_step_row(s, j)[i] = product * d[j];
      if (j + 1 < k) product *= x[0] - x[j + 1];
    }
  }
}

/* Fills y_new with p and the row SUM, and before that takes `old` rows to the
 * point that the attempt starts from, with the factors of the step that led to
 * it. One sweep, pair by pair: what is between the ends of vectors is 0. */
static void predict(es_step *s, const adams *a, const double *old_beta,
                    size_t old) {
  const size_t pace = s->stride / LANES, last = old > 0 ? old : a->k - 1;
  const pair *y = (const pair *)s->y, *f = (const pair *)s->f;
  pair *p = (pair *)s->y_new, *total = (pair *)es_step_row(s, SUM);
  double b[ROWS], c[ROWS];
  for (size_t j = 0; j <= last; j++) {
    b[j] = j < a->k ? a->beta[j] : 0;
    c[j] = j < a->k ? s->h * a->g[j] * a->beta[j] : 0;
  }
  for (size_t i = 0; i < pace; i++) {
    pair *r = (pair *)s->work + i, d = f[i], sum = {0}, rise = {0};
    for (size_t j = 0; j <= last; j++, r += pace) {
      const pair kept = *r;
      if (old > 0)
        *r = d;
      else
        d = kept;
      sum += b[j] * d;
      rise += c[j] * d;
      if (old > 0) d -= old_beta[j] * kept;
    }
    total[i] = sum;
    p[i] = y[i] + rise;
  }
}

/* Sizes in tolerances of Phi_{k-2} .. Phi_{k+1} at x_{n+1}. */
typedef struct sizes {
  double two_less, one_less, same, one_more;
} sizes;

static inline pair size_of(pair a) { return (pair)((bits)a & INT64_MAX); }

/* b where it is larger; not where it is not a number, as past the end. */
static inline pair larger(pair a, pair b) {
  const bits take = b > a;
  return (pair)(((bits)b & take) | ((bits)a & ~take));
}

static double most(pair v) { return fmax(v[0], v[1]); }

/* y_new, from the slope at p, which stands in f_new. An e that is not finite
 * makes its size a NaN. */
static sizes correct(es_step *s, const adams *a) {
  const size_t k = a->k, pace = s->stride / LANES;
  const pair *f = (const pair *)s->f_new,
             *sum = (const pair *)es_step_row(s, SUM);
  const pair *y = (const pair *)s->y, *atol = (const pair *)s->atol;
  const pair *r0 = (const pair *)es_step_row(s, k), *r1 = r0 - pace;
  const pair *r2 = k > 1 ? r1 - pace : r1;
  pair *y_new = (pair *)s->y_new;
  const double b0 = k < a->rows ? a->beta[k] : 0, b1 = a->beta[k - 1];
  const double b2 = k > 1 ? a->beta[k - 2] : 0, c = s->h * a->g[k];
  pair m0 = {0}, m1 = {0}, m2 = {0}, m3 = {0}, poison = {0};
  for (size_t i = 0; i < pace; i++) {
    const pair e = f[i] - sum[i], e1 = e + b1 * r1[i];
    const pair next = y_new[i] + c * e;
    const pair tall = larger(size_of(y[i]), size_of(next));
    const pair weight = 1.0 / (atol[i] + s->rtol * tall);
    y_new[i] = next;
    poison += 0.0 * e;
    m0 = larger(m0, size_of(e * weight));
    m1 = larger(m1, size_of(e1 * weight));
    m2 = larger(m2, size_of((e1 + b2 * r2[i]) * weight));
    m3 = larger(m3, size_of((e - b0 * r0[i]) * weight));
  }
  return (sizes){most(m2), most(m1), most(m0) + poison[0] + poison[1],
                 most(m3)};
}

/* Brings the history to the point that this attempt starts from. Returns how
 * many rows predict has to move on; 0: they are there. */
static size_t arrive(es_step *s, adams *a) {
  if (a->fresh) {
    memcpy(es_step_row(s, 0), s->f, s->n * sizeof *s->f);
    a->x[0] = s->t;
    a->fresh = false;
    a->tries = 0;
  } else if (s->t == a->x[0]) {
    a->tries++;
  } else {
    const size_t old = a->rows < a->k + 1 ? a->rows : a->k + 1;
    memmove(a->x + 1, a->x, (ROWS - 1) * sizeof *a->x);
    a->x[0] = s->t;
    a->rows = old + 1;
    a->k = a->k_next;
    a->tries = 0;
    return old;
  }
  return 0;
}

/* Errors that orders k - 2 .. k + 1 would have had in steps of h, were they all
 * of that length: what a choice for the steps to come has to know. */
static sizes in_equal_steps(const es_step *s, const adams *a, sizes z) {
  const size_t k = a->k;
  double sigma[ROWS + 1] = {1};
  for (size_t j = 0; j <= k && j < a->rows; j++)
    sigma[j + 1] = sigma[j] * (double)(j + 1) * s->h / (s->t_new - a->x[j]);
  const double h = s->h;
  z.same *= h * a->gamma[k] * sigma[k];
  z.one_less *= k > 1 ? h * a->gamma[k - 1] * sigma[k - 1] : INFINITY;
  z.two_less *= k > 2 ? h * a->gamma[k - 2] * sigma[k - 2] : 0;
  z.one_more *=
      k < MOST && k < a->rows ? h * a->gamma[k + 1] * sigma[k + 1] : INFINITY;
  return z;
}

/* Change of h for a step of order k whose error in a step of h would be e. */
static double change(double e, size_t k) {
  const double r = pow(TARGET / fmax(e, 1e-30), 1 / (double)(k + 1));
  if (r >= 2) return 2;
  return r >= 1 ? 1 : fmax(.5, fmin(.9, r));
}

static void choose_next(es_step *s, adams *a, sizes e, bool lower) {
  const size_t k = a->k;
  double size = e.same;
  a->k_next = k;
  if (lower || k == MOST) a->starting = false;
  if (a->starting) {
    a->k_next = k + 1;
    s->h_next = 2 * s->h;
    return;
  }
  if (lower || (k > 1 && e.one_less <= fmin(e.same, e.one_more))) {
    a->k_next = k - 1;
    size = e.one_less;
  } else if (e.one_more < (k > 1 ? 1 : .5) * e.same) {
    a->k_next = k + 1;
    size = e.one_more;
  }
  s->h_next = s->h * change(size, a->k_next);
}

static void choose_retry(es_step *s, adams *a, bool lower) {
  a->starting = false;
  if (lower) a->k--;
  const double r = sqrt(TARGET / s->error);
  s->h_next = s->h * (a->k == 1 ? fmax(fmin(r, .5), 1e-4) : .5);
}

static void choose(es_step *s, adams *a, sizes z) {
  const size_t k = a->k;
  const sizes e = in_equal_steps(s, a, z);
  bool lower = k == 2 && e.one_less <= .5 * e.same;
  if (k > 2) lower = fmax(e.one_less, e.two_less) <= e.same;
  if (s->error <= 1)
    choose_next(s, a, e, lower);
  else
    choose_retry(s, a, lower);
}

static es_status attempt(es_step *s) {
  adams *a = s->own;
  double old_beta[ROWS];
  memcpy(old_beta, a->beta, sizeof old_beta);
  const size_t old_rows = arrive(s, a);
  if (a->tries > 2 && a->hold == 0) a->k = 1;
  factors(a, s->t_new);
  predict(s, a, old_beta, old_rows);
  es_status status = es_step_rhs(s, s->t_new, s->y_new, s->f_new);
  if (status != ES_OK) return status;
  const sizes z = correct(s, a);
  s->error = s->h * fabs(a->g[a->k] - a->g[a->k - 1]) * z.same;
  if (a->hold > 0)
    s->h_next = 2 * s->h;
  else
    choose(s, a, z);
  return s->error <= 1 ? es_step_rhs(s, s->t_new, s->y_new, s->f_new) : ES_OK;
}

/* G_j(theta), g_j as far as theta: products of degree k at most. */
static void partial_integrals(double *G, const adams *a, double theta,
                              double h) {
  memset(G, 0, (a->k + 1) * sizeof *G);
  for (int q = 0; q < 7; q++) {
    double product, x = es_gauss(q, theta, &product);
    for (size_t j = 0; j <= a->k; j++) {
      G[j] += product;
      const double back = a->x[0] - a->x[j];
      product *= (back + x * h) / (back + h);
    }
  }
}

static void dense(const es_step *s, double theta, double *restrict out) {
  const adams *a = s->own;
  double G[ROWS];
  partial_integrals(G, a, theta, s->h);
  const double last = G[a->k] / a->g[a->k];
  const double *restrict y = s->y, *restrict y_new = s->y_new;
  ES_SIMD
  for (size_t i = 0; i < s->n; i++) out[i] = y[i] + last * (y_new[i] - y[i]);
  for (size_t j = 0; j < a->k; j++) {
    const double c = s->h * a->beta[j] * (G[j] - a->g[j] * last);
    const double *restrict r = es_step_row(s, j);
    ES_SIMD
    for (size_t i = 0; i < s->n; i++) out[i] += c * r[i];
  }
}

const es_stepper es_stepper_adams = {
    .name = "adams",
    .summary = "Adams methods of order 2 to 13, PECE, two evaluations a step",
    .order = MOST + 1,
    .error_order = MOST,
    .dense_order = MOST + 1,
    .stages = 2,
    .doubles = doubles,
    .open = open_adams,
    .close = close_adams,
    .begin = begin,
    .attempt = attempt,
    .dense = dense,
};
