/* The polynomials of A. Abdulle, "Fourth order Chebyshev methods with
 * recurrence relation", SIAM J. Sci. Comput. 23 (2002) 2041-2054:
 *   R(z) = w(x) P(x)/(w(x0) P(x0)),  x = x0 + z (1 + x0)/length,
 * w positive of degree 4, P of degree m = s - 4 orthogonal for
 * w^2/sqrt(1 - x^2) on [-1, 1]. The recurrence of P comes from w by Stieltjes'
 * procedure on Gauss-Chebyshev nodes, exact for these degrees, in units of
 * y = (1 - x) s^2, in which what happens near z = 0 is of size 1:
 *   w = ((y + w_0)^2 + w_1^2) ((y + w_2)^2 + w_3^2),  y0 = -x0.
 * long double, where it is one, keeps the order conditions to the last bit. */
#include "ode/rock4_degree.h"

#include <math.h>

enum { NODES = ES_ROCK4_STAGES + 2 };

typedef struct grid {
  int n;
  long double y[NODES], w2[NODES]; /* w^2 */
  long double p[NODES], p_old[NODES];
} grid;

static void lay_out(grid *g, const es_rock4_row *row) {
  const long double quarter = atanl(1), s2 = row->stages * row->stages;
  const double *w = row->w;
  long double sum = 0;
  g->n = row->stages + 2;
  for (int i = 0; i < g->n; i++) {
    const long double sine = sinl((2 * i + 1) * quarter / g->n);
    const long double y = g->y[i] = 2 * s2 * sine * sine;
    const long double one = (y + w[0]) * (y + w[0]) + w[1] * w[1];
    const long double two = (y + w[2]) * (y + w[2]) + w[3] * w[3];
    g->w2[i] = one * two * (one * two);
    sum += g->w2[i];
  }
  for (int i = 0; i < g->n; i++) {
    g->p[i] = 1 / sqrtl(sum);
    g->p_old[i] = 0;
  }
}

/* p <- (alpha - y) p - beta p_old, scaled to norm 1; returns the scale. */
static long double climb(grid *g, long double alpha, long double beta) {
  long double sum = 0;
  for (int i = 0; i < g->n; i++) {
    const long double p = (alpha - g->y[i]) * g->p[i] - beta * g->p_old[i];
    g->p_old[i] = g->p[i];
    g->p[i] = p;
    sum += g->w2[i] * p * p;
  }
  const long double norm = sqrtl(sum);
  for (int i = 0; i < g->n; i++) g->p[i] /= norm;
  return norm;
}

static void recurrence(es_rock4_degree *out, const es_rock4_row *row) {
  grid g;
  lay_out(&g, row);
  const long double s2 = row->stages * row->stages;
  const long double unit = (2 * s2 + row->x0) / row->length; /* of z, in y */
  long double beta = 0, ratio = 0; /* beta p_old/p at y0 */
  out->row = row;
  for (int j = 0; j < row->stages - 4; j++) {
    long double alpha = 0;
    for (int i = 0; i < g.n; i++) alpha += g.w2[i] * g.y[i] * g.p[i] * g.p[i];
    const long double grows = alpha + row->x0 - ratio;
    out->mu[j] = (double)(unit / grows);
    out->kappa[j] = (double)(ratio / grows);
    beta = climb(&g, alpha, beta);
    ratio = beta * beta / grows;
  }
}

enum { TREES = ES_ROCK4_TREES };
typedef long double weights[TREES]; /* of the elementary differentials */

/* d: those of h f(g), of those of g. */
static void slope(weights d, const weights g) {
  d[0] = 1;
  d[1] = g[0];
  d[2] = g[0] * g[0];
  d[3] = g[1];
  d[4] = g[3];
}

static void add(weights g, long double by, const weights d) {
  for (int i = 0; i < TREES; i++) g[i] += by * d[i];
}

/* v[0]: those of g_m; v[1] to v[4]: those of h k_i. */
static void weigh(weights v[TREES], const es_rock4_degree *d) {
  const double *a = d->row->a;
  weights old = {0}, g = {0}, at;
  for (int j = 0; j < d->row->stages - 4; j++) {
    slope(at, g);
    for (int i = 0; i < TREES; i++) {
      const long double last = g[i];
      g[i] += d->kappa[j] * (last - old[i]) + d->mu[j] * at[i];
      old[i] = last;
    }
  }
  for (int i = 0; i < TREES; i++) v[0][i] = g[i];
  for (int k = 0; k < 4; k++) {
    for (int i = 0; i < TREES; i++) at[i] = g[i];
    for (int j = 0; j < k; j++) add(at, *a++, v[j + 1]);
    slope(v[k + 1], at);
  }
}

/* Gauss and Jordan, with pivots: sum_j column[i][j] v[j] is the i-th unit. */
static void invert(double column[TREES][TREES], weights v[TREES]) {
  long double m[TREES][2 * TREES] = {{0}};
  for (int i = 0; i < TREES; i++) {
    for (int j = 0; j < TREES; j++) m[j][i] = v[i][j];
    m[i][TREES + i] = 1;
  }
  for (int k = 0; k < TREES; k++) {
    int pivot = k;
    for (int i = k + 1; i < TREES; i++)
      if (fabsl(m[i][k]) > fabsl(m[pivot][k])) pivot = i;
    for (int j = 0; j < 2 * TREES; j++) {
      const long double swap = m[k][j];
      m[k][j] = m[pivot][j];
      m[pivot][j] = swap;
    }
    for (int i = 0; i < TREES; i++) {
      const long double times = i == k ? 0 : m[i][k] / m[k][k];
      for (int j = k; j < 2 * TREES; j++) m[i][j] -= times * m[k][j];
    }
  }
  for (int i = 0; i < TREES; i++)
    for (int j = 0; j < TREES; j++)
      column[i][j] = (double)(m[j][TREES + i] / m[j][j]);
}

void es_rock4_degree_set(es_rock4_degree *out, const es_rock4_row *row) {
  weights v[TREES];
  recurrence(out, row);
  weigh(v, out);
  invert(out->column, v);
}
