/* The saddle's stable manifold as a boundary value problem, by multiple
 * shooting: an orbit x_0 … x_N over N stretches of one length,
 *   x_{k+1} = phi(x_k),   x_0 = (p0, L0, theta0),   u (x_N - saddle) = 0,
 * u being the left eigenvector of the unstable direction. No stretch is longer
 * than errors take to grow a few times, so that nothing is lost however slowly
 * the saddle is approached. Newton's step obeys
 *   dx_{k+1} = M_k dx_k + d_k,   M_k = dphi/dx,   d_k = phi(x_k) - x_{k+1}.
 * The condition at the end is carried to the start,
 *   g_N = u,  g_k = M_k^T g_{k+1},  g_k dx_k = r_k,  r_k = r_{k+1} - g_{k+1}
 * d_k, which is stable (g turns to what grows), gives dp0 from dx_0 = (dp0, 0,
 * 0), and holds dx_k on its way back, which would else be carried off. End: u
 * (x - saddle) = 0 is the manifold's tangent. At distance delta it is off by
 * delta^2, of which the start sees e^{-lambda T} of the unstable rate. */
#include "models/linear/eigenmode_separatrix.h"

#include "base/slab.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* e^-fall is what an error of order 1 at the end may leave at the start, once
 * the orbit has come down to the saddle's size. */
static const double fall = 60;
enum { ITERATIONS = 30 };

typedef struct shooting {
  size_t n;               /* stretches */
  double h;               /* their length */
  double trusted;         /* time up to which the first guess is the orbit */
  double rate;            /* unstable */
  double u[3], saddle[3]; /* left eigenvector; its place */
  double *x;              /* 3 × (n + 1) */
  double *M;              /* 9 × n */
  double *d;              /* 3 × n */
  double *g;              /* 3 × (n + 1) */
  double *r;              /* n + 1 */
} shooting;

static double dot(const double *a, const double *b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void cross(double out[3], const double *a, const double *b) {
  out[0] = a[1] * b[2] - a[2] * b[1];
  out[1] = a[2] * b[0] - a[0] * b[2];
  out[2] = a[0] * b[1] - a[1] * b[0];
}

/* u (J - rate) = 0: u is perpendicular to all columns of J - rate, which span a
 * plane; of the three pairs the one that spans most of it. */
static void left_eigenvector(double u[3], const es_eigenmode *mode,
                             const double saddle[3], double rate) {
  double J[9], most = 0;
  es_orbit_jacobian(mode, saddle, J);
  for (int i = 0; i < 3; i++) J[4 * i] -= rate;
  for (int i = 0; i < 3; i++) {
    double normal[3];
    cross(normal, J + 3 * i, J + 3 * ((i + 1) % 3));
    const double size = sqrt(dot(normal, normal));
    if (size > most)
      for (int k = 0; k < 3; k++) u[k] = normal[k] / size;
    most = fmax(most, size);
  }
}

static es_status plan(shooting *s, const es_eigenmode *mode,
                      const es_eigenmode_point *saddle, double p0,
                      es_diag *diag) {
  double slow = INFINITY;
  for (int k = 0; k < 3; k++) {
    if (saddle->eig[k] > 0) s->rate = saddle->eig[k];
    if (saddle->eig[k] < 0) slow = fmin(slow, -saddle->eig[k]);
  }
  const double coming = log1p(fabs(p0) / saddle->p) / mode->eta_s;
  const double T = coming + fall / (s->rate + 2 * slow);
  s->trusted = coming + 10 / s->rate;
  s->n = (size_t)ceil(s->rate * T / 2) + 8;
  s->h = T / (double)s->n;
  es_orbit_place(mode, saddle->p, saddle->s, saddle->tau, s->saddle);
  left_eigenvector(s->u, mode, s->saddle, s->rate);
  s->x = es_zeroed(3, s->n + 1, sizeof *s->x);
  s->M = es_zeroed(9, s->n, sizeof *s->M);
  s->d = es_zeroed(3, s->n, sizeof *s->d);
  s->g = es_zeroed(3, s->n + 1, sizeof *s->g);
  s->r = es_zeroed(1, s->n + 1, sizeof *s->r);
  if (s->x == NULL || s->M == NULL || s->d == NULL || s->g == NULL ||
      s->r == NULL)
    return es_fail(diag, ES_NO_MEMORY, "no memory");
  return ES_OK;
}

static void drop(shooting *s) {
  free(s->x);
  free(s->M);
  free(s->d);
  free(s->g);
  free(s->r);
}

/* The orbit of the first guess, as long as that is within rounding of the
 * manifold's; what is near the saddle then stays. */
static es_status first_guess(shooting *s, es_orbit *orbit, es_diag *diag) {
  double y[ORBIT_TANGENT];
  es_status status = ES_OK;
  for (size_t k = 0; status == ES_OK && k < s->n; k++) {
    memcpy(y, s->x + 3 * k, 3 * sizeof *y);
    if (s->h * (double)k < s->trusted)
      status = es_orbit_stretch(orbit, s->h, y, diag);
    memcpy(s->x + 3 * (k + 1), y, 3 * sizeof *y);
  }
  return status;
}

static es_status shoot(shooting *s, es_orbit *orbit, es_diag *diag) {
  es_status status = ES_OK;
  for (size_t k = 0; status == ES_OK && k < s->n; k++) {
    double y[ORBIT_TANGENT];
    memcpy(y, s->x + 3 * k, 3 * sizeof *y);
    status = es_orbit_stretch(orbit, s->h, y, diag);
    memcpy(s->M + 9 * k, y + 3, 9 * sizeof *y);
    for (size_t i = 0; i < 3; i++)
      s->d[3 * k + i] = y[i] - s->x[3 * (k + 1) + i];
  }
  return status;
}

/* The condition at the end, carried to the start; g is kept at length 1. */
static void carry_back(shooting *s) {
  const size_t n = s->n;
  double gap[3];
  for (size_t i = 0; i < 3; i++) gap[i] = s->x[3 * n + i] - s->saddle[i];
  gap[2] = remainder(gap[2], M_PI); /* -W and -W_a are as good */
  memcpy(s->g + 3 * n, s->u, sizeof gap);
  s->r[n] = -dot(s->u, gap);
  for (size_t k = n; k-- > 0;) {
    double *g = s->g + 3 * k;
    const double *next = s->g + 3 * (k + 1);
    for (size_t i = 0; i < 3; i++) g[i] = dot(s->M + 9 * k + 3 * i, next);
    const double size = sqrt(dot(g, g));
    for (size_t i = 0; i < 3; i++) g[i] /= size;
    s->r[k] = (s->r[k + 1] - dot(next, s->d + 3 * k)) / size;
  }
}

/* Moves the orbit by Newton's step; returns that of p0. */
static double move(shooting *s) {
  double dx[3] = {s->r[0] / s->g[0], 0, 0};
  const double step = dx[0];
  for (size_t k = 0;; k++) {
    double next[3];
    for (size_t i = 0; i < 3; i++) s->x[3 * k + i] += dx[i];
    if (k == s->n) return step;
    for (size_t i = 0; i < 3; i++)
      next[i] = s->M[9 * k + i] * dx[0] + s->M[9 * k + 3 + i] * dx[1] +
                s->M[9 * k + 6 + i] * dx[2] + s->d[3 * k + i];
    const double *g = s->g + 3 * (k + 1);
    const double off = dot(g, next) - s->r[k + 1];
    for (size_t i = 0; i < 3; i++) dx[i] = next[i] - off * g[i];
  }
}

/* Until steps no longer get shorter than roundoff of some thousand units; the
 * last that did counts. */
static es_status iterate(double *p0, shooting *s, es_orbit *orbit,
                         es_diag *diag) {
  double last = INFINITY;
  bool found = false;
  for (int k = 0; k < ITERATIONS; k++) {
    const es_status status = shoot(s, orbit, diag);
    if (status != ES_OK) return found ? ES_OK : status;
    carry_back(s);
    const double step = fabs(move(s)), size = fmax(fabs(s->x[0]), s->saddle[0]);
    const bool small = step <= 1e-12 * size;
    if (found && !(step < last)) return ES_OK;
    found = small;
    *p0 = small ? s->x[0] : NAN;
    if (!isfinite(step) || step <= DBL_EPSILON * size) return ES_OK;
    last = step;
  }
  return ES_OK;
}

es_status es_eigenmode_manifold(double *p0, es_orbit *orbit,
                                const es_eigenmode *mode,
                                const es_eigenmode_point *saddle, double s0,
                                es_diag *diag) {
  shooting s = {0};
  es_status status = plan(&s, mode, saddle, *p0, diag);
  if (status == ES_OK) {
    es_orbit_place(mode, *p0, s0, mode->tau0, s.x);
    status = first_guess(&s, orbit, diag);
  }
  if (status == ES_OK) status = iterate(p0, &s, orbit, diag);
  drop(&s);
  if (status == ES_OK || status == ES_NO_MEMORY || status == ES_INTERRUPTED)
    return status;
  *p0 = NAN;
  return ES_OK;
}
