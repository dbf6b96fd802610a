/* tsit5: the explicit 5(4) pair of Ch. Tsitouras, "Runge-Kutta pairs of order
 * 5(4) satisfying only the first column simplifying assumption", Comput. Math.
 * Appl. 62 (2011) 770-775. Seven stages, the last of which is the first of the
 * next step, and a free interpolant of order 4.
 *   k_i = f(t + c_i h, y + h sum_j a_ij k_j),  y_new = y + h sum_j b_j k_j,
 *   error = h sum_j e_j k_j,  y(t + theta h) = y + h sum_j b_j(theta) k_j. */
#include "ode/stepper.h"

/* Indexed as in the paper, from 1; row 7 of a is b. */
static const double c[8] = {
    [2] = .161, [3] = .327, [4] = .9, [5] = .9800255409045097};
static const double a[8][7] = {
    [2] = {[1] = .161},
    [3] = {[1] = -.008480655492356989, [2] = .335480655492357},
    [4] = {[1] = 2.8971530571054935,
           [2] = -6.359448489975075,
           [3] = 4.3622954328695815},
    [5] = {[1] = 5.325864828439257,
           [2] = -11.748883564062828,
           [3] = 7.4955393428898365,
           [4] = -.09249506636175525},
    [6] = {[1] = 5.86145544294642,
           [2] = -12.92096931784711,
           [3] = 8.159367898576159,
           [4] = -.071584973281401,
           [5] = -.028269050394068383},
    [7] = {[1] = .09646076681806523,
           [2] = .01,
           [3] = .4798896504144996,
           [4] = 1.379008574103742,
           [5] = -3.290069515436081,
           [6] = 2.324710524099774}};
static const double e[8] = {[1] = -.00178001105222577714,
                            [2] = -.0008164344596567469,
                            [3] = .007880878010261995,
                            [4] = -.1447110071732629,
                            [5] = .5823571654525552,
                            [6] = -.45808210592918697,
                            [7] = 1. / 66};
/* b_i(theta) = theta (r_i1 + theta (r_i2 + theta (r_i3 + theta r_i4))) */
static const double r[8][5] = {[1] = {[1] = 1,
                                      [2] = -2.763706197274826,
                                      [3] = 2.9132554618219126,
                                      [4] = -1.0530884977290216},
                               [2] = {[2] = .1317, [3] = -.2234, [4] = .1017},
                               [3] = {[2] = 3.9302962368947516,
                                      [3] = -5.941033872131505,
                                      [4] = 2.490627285651253},
                               [4] = {[2] = -12.411077166933676,
                                      [3] = 30.33818863028232,
                                      [4] = -16.548102889244902},
                               [5] = {[2] = 37.50931341651104,
                                      [3] = -88.1789048947664,
                                      [4] = 47.37952196281928},
                               [6] = {[2] = -27.896526289197286,
                                      [3] = 65.09189467479366,
                                      [4] = -34.87065786149661},
                               [7] = {[2] = 1.5, [3] = -4, [4] = 2.5}};

static size_t doubles(size_t stride) { return 5 * stride; }

static double error_of(const es_step *s, double *const *k) {
  const double *restrict y = s->y, *restrict y_new = s->y_new;
  double worst = 0;
  for (size_t i = 0; i < s->n; i++) {
    const double d = s->h * (e[1] * k[1][i] + e[2] * k[2][i] + e[3] * k[3][i] +
                             e[4] * k[4][i] + e[5] * k[5][i] + e[6] * k[6][i] +
                             e[7] * k[7][i]);
    worst = es_worse(worst, fabs(d * es_step_weight(s, i, y[i], y_new[i])));
  }
  return worst;
}

static void slopes(const es_step *s, double **k) {
  k[1] = s->f;
  for (size_t j = 2; j <= 6; j++) k[j] = es_step_row(s, j - 2);
  k[7] = s->f_new;
}

static es_status attempt(es_step *s) {
  const size_t n = s->n;
  const double t = s->t, h = s->h, *restrict y = s->y;
  double *restrict w = s->y_new, *k[8];
  es_status status;
  slopes(s, k);
  ES_SIMD
  for (size_t i = 0; i < n; i++) w[i] = y[i] + h * (a[2][1] * k[1][i]);
  if ((status = es_step_rhs(s, t + c[2] * h, w, k[2])) != ES_OK) return status;
  ES_SIMD
  for (size_t i = 0; i < n; i++)
    w[i] = y[i] + h * (a[3][1] * k[1][i] + a[3][2] * k[2][i]);
  if ((status = es_step_rhs(s, t + c[3] * h, w, k[3])) != ES_OK) return status;
  ES_SIMD
  for (size_t i = 0; i < n; i++)
    w[i] =
        y[i] + h * (a[4][1] * k[1][i] + a[4][2] * k[2][i] + a[4][3] * k[3][i]);
  if ((status = es_step_rhs(s, t + c[4] * h, w, k[4])) != ES_OK) return status;
  ES_SIMD
  for (size_t i = 0; i < n; i++)
    w[i] = y[i] + h * (a[5][1] * k[1][i] + a[5][2] * k[2][i] +
                       a[5][3] * k[3][i] + a[5][4] * k[4][i]);
  if ((status = es_step_rhs(s, t + c[5] * h, w, k[5])) != ES_OK) return status;
  ES_SIMD
  for (size_t i = 0; i < n; i++)
    w[i] =
        y[i] + h * (a[6][1] * k[1][i] + a[6][2] * k[2][i] + a[6][3] * k[3][i] +
                    a[6][4] * k[4][i] + a[6][5] * k[5][i]);
  if ((status = es_step_rhs(s, s->t_new, w, k[6])) != ES_OK) return status;
  ES_SIMD
  for (size_t i = 0; i < n; i++)
    w[i] =
        y[i] + h * (a[7][1] * k[1][i] + a[7][2] * k[2][i] + a[7][3] * k[3][i] +
                    a[7][4] * k[4][i] + a[7][5] * k[5][i] + a[7][6] * k[6][i]);
  if ((status = es_step_rhs(s, s->t_new, w, k[7])) != ES_OK) return status;
  s->error = error_of(s, k);
  return ES_OK;
}

/* Stages 6 and 7 are at one time. */
static double rate(const es_step *s) {
  double *k[8];
  slopes(s, k);
  return es_step_pair_rate(s, k, 7, a[7], a[6]);
}

static void dense(const es_step *s, double theta, double *restrict out) {
  const size_t n = s->n;
  const double *restrict y = s->y;
  double b[8], *k[8];
  slopes(s, k);
  for (int j = 1; j <= 7; j++)
    b[j] = s->h * theta *
           (r[j][1] + theta * (r[j][2] + theta * (r[j][3] + theta * r[j][4])));
  ES_SIMD
  for (size_t i = 0; i < n; i++)
    out[i] = y[i] + (b[1] * k[1][i] + b[2] * k[2][i] + b[3] * k[3][i] +
                     b[4] * k[4][i] + b[5] * k[5][i] + b[6] * k[6][i] +
                     b[7] * k[7][i]);
}

const es_stepper es_stepper_tsit5 = {
    .name = "tsit5",
    .summary = "Runge-Kutta 5(4) of Tsitouras, dense output of order 4",
    .order = 5,
    .error_order = 4,
    .dense_order = 4,
    .stages = 6,
    .stable = 3.5,
    .doubles = doubles,
    .attempt = attempt,
    .rate = rate,
    .dense = dense,
};
