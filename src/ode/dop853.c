/* dop853: the explicit pair of order 8(5,3) of E. Hairer and G. Wanner with
 * dense output of order 7 (Hairer, Norsett, Wanner, "Solving Ordinary
 * Differential Equations I", 2nd ed., II.5 for the method, II.10 for the error
 * estimate and the dense output; the numbers are those of the authors' DOP853).
 *   k_i = f(t + c_i h, y + h sum_j a_ij k_j),  y_new = y + h sum_j a_13,j k_j,
 *   k_13 = f(t + h, y_new); k_14 to k_16 serve dense output alone.
 * The error combines an estimate of order 5 and one of order 3,
 *   error_i = |h| E5_i^2 / sqrt(E5_i^2 + E3_i^2/100) = O(h^8). */
#include "ode/dop853_table.h"
#include "ode/stepper.h"

/* Rows 4 to 7 of the polynomial in dense(). */
static const double d[4][17] = {{[1] = -0.84289382761090128651353491142e+1,
                                 [6] = 0.56671495351937776962531783590,
                                 [7] = -0.30689499459498916912797304727e+1,
                                 [8] = 0.23846676565120698287728149680e+1,
                                 [9] = 0.21170345824450282767155149946e+1,
                                 [10] = -0.87139158377797299206789907490,
                                 [11] = 0.22404374302607882758541771650e+1,
                                 [12] = 0.63157877876946881815570249290,
                                 [13] = -0.88990336451333310820698117400e-1,
                                 [14] = 0.18148505520854727256656404962e+2,
                                 [15] = -0.91946323924783554000451984436e+1,
                                 [16] = -0.44360363875948939664310572000e+1},
                                {[1] = 0.10427508642579134603413151009e+2,
                                 [6] = 0.24228349177525818288430175319e+3,
                                 [7] = 0.16520045171727028198505394887e+3,
                                 [8] = -0.37454675472269020279518312152e+3,
                                 [9] = -0.22113666853125306036270938578e+2,
                                 [10] = 0.77334326684722638389603898808e+1,
                                 [11] = -0.30674084731089398182061213626e+2,
                                 [12] = -0.93321305264302278729567221706e+1,
                                 [13] = 0.15697238121770843886131091075e+2,
                                 [14] = -0.31139403219565177677282850411e+2,
                                 [15] = -0.93529243588444783865713862664e+1,
                                 [16] = 0.35816841486394083752465898540e+2},
                                {[1] = 0.19985053242002433820987653617e+2,
                                 [6] = -0.38703730874935176555105901742e+3,
                                 [7] = -0.18917813819516756882830838328e+3,
                                 [8] = 0.52780815920542364900561016686e+3,
                                 [9] = -0.11573902539959630126141871134e+2,
                                 [10] = 0.68812326946963000169666922661e+1,
                                 [11] = -0.10006050966910838403183860980e+1,
                                 [12] = 0.77771377980534432092869265740,
                                 [13] = -0.27782057523535084065932004339e+1,
                                 [14] = -0.60196695231264120758267380846e+2,
                                 [15] = 0.84320405506677161018159903784e+2,
                                 [16] = 0.11992291136182789328035130030e+2},
                                {[1] = -0.25693933462703749003312586129e+2,
                                 [6] = -0.15418974869023643374053993627e+3,
                                 [7] = -0.23152937917604549567536039109e+3,
                                 [8] = 0.35763911791061412378285349910e+3,
                                 [9] = 0.93405324183624310003907691704e+2,
                                 [10] = -0.37458323136451633156875139351e+2,
                                 [11] = 0.10409964950896230045147246184e+3,
                                 [12] = 0.29840293426660503123344363579e+2,
                                 [13] = -0.43533456590011143754432175058e+2,
                                 [14] = 0.96324553959188282948394950600e+2,
                                 [15] = -0.39177261675615439165231486172e+2,
                                 [16] = -0.14972683625798562581422125276e+3}};

/* Slopes k_2..k_12 and k_14..k_16, four rows of the polynomial, one scratch. */
enum { SLOPES = 14, ROWS = 4 };

static size_t doubles(size_t stride) { return (SLOPES + ROWS + 1) * stride; }
static double *row(const es_step *s, size_t j) {
  return es_step_row(s, SLOPES + j);
}

static void slopes(const es_step *s, double **k) {
  k[1] = s->f;
  for (size_t j = 2; j <= 12; j++) k[j] = es_step_row(s, j - 2);
  k[13] = s->f_new;
  for (size_t j = 14; j <= 16; j++) k[j] = es_step_row(s, j - 3);
}

static es_status early(es_step *s, double *const *k) {
  const size_t n = s->n;
  const double t = s->t, h = s->h, *restrict y = s->y;
  double *restrict w = s->y_new;
  es_status status;
  ES_SIMD
  for (size_t i = 0; i < n; i++) w[i] = y[i] + h * (dop_a[2][1] * k[1][i]);
  if ((status = es_step_rhs(s, t + dop_c[2] * h, w, k[2])) != ES_OK)
    return status;
  ES_SIMD
  for (size_t i = 0; i < n; i++)
    w[i] = y[i] + h * (dop_a[3][1] * k[1][i] + dop_a[3][2] * k[2][i]);
  if ((status = es_step_rhs(s, t + dop_c[3] * h, w, k[3])) != ES_OK)
    return status;
  ES_SIMD
  for (size_t i = 0; i < n; i++)
    w[i] = y[i] + h * (dop_a[4][1] * k[1][i] + dop_a[4][3] * k[3][i]);
  if ((status = es_step_rhs(s, t + dop_c[4] * h, w, k[4])) != ES_OK)
    return status;
  ES_SIMD
  for (size_t i = 0; i < n; i++)
    w[i] = y[i] + h * (dop_a[5][1] * k[1][i] + dop_a[5][3] * k[3][i] +
                       dop_a[5][4] * k[4][i]);
  if ((status = es_step_rhs(s, t + dop_c[5] * h, w, k[5])) != ES_OK)
    return status;
  ES_SIMD
  for (size_t i = 0; i < n; i++)
    w[i] = y[i] + h * (dop_a[6][1] * k[1][i] + dop_a[6][4] * k[4][i] +
                       dop_a[6][5] * k[5][i]);
  if ((status = es_step_rhs(s, t + dop_c[6] * h, w, k[6])) != ES_OK)
    return status;
  ES_SIMD
  for (size_t i = 0; i < n; i++)
    w[i] = y[i] + h * (dop_a[7][1] * k[1][i] + dop_a[7][4] * k[4][i] +
                       dop_a[7][5] * k[5][i] + dop_a[7][6] * k[6][i]);
  if ((status = es_step_rhs(s, t + dop_c[7] * h, w, k[7])) != ES_OK)
    return status;
  return ES_OK;
}

static es_status late(es_step *s, double *const *k) {
  const size_t n = s->n;
  const double t = s->t, h = s->h, *restrict y = s->y;
  double *restrict w = s->y_new;
  es_status status;
  ES_SIMD
  for (size_t i = 0; i < n; i++)
    w[i] = y[i] + h * (dop_a[8][1] * k[1][i] + dop_a[8][4] * k[4][i] +
                       dop_a[8][5] * k[5][i] + dop_a[8][6] * k[6][i] +
                       dop_a[8][7] * k[7][i]);
  if ((status = es_step_rhs(s, t + dop_c[8] * h, w, k[8])) != ES_OK)
    return status;
  ES_SIMD
  for (size_t i = 0; i < n; i++)
    w[i] = y[i] + h * (dop_a[9][1] * k[1][i] + dop_a[9][4] * k[4][i] +
                       dop_a[9][5] * k[5][i] + dop_a[9][6] * k[6][i] +
                       dop_a[9][7] * k[7][i] + dop_a[9][8] * k[8][i]);
  if ((status = es_step_rhs(s, t + dop_c[9] * h, w, k[9])) != ES_OK)
    return status;
  ES_SIMD
  for (size_t i = 0; i < n; i++)
    w[i] = y[i] + h * (dop_a[10][1] * k[1][i] + dop_a[10][4] * k[4][i] +
                       dop_a[10][5] * k[5][i] + dop_a[10][6] * k[6][i] +
                       dop_a[10][7] * k[7][i] + dop_a[10][8] * k[8][i] +
                       dop_a[10][9] * k[9][i]);
  if ((status = es_step_rhs(s, t + dop_c[10] * h, w, k[10])) != ES_OK)
    return status;
  ES_SIMD
  for (size_t i = 0; i < n; i++)
    w[i] = y[i] + h * (dop_a[11][1] * k[1][i] + dop_a[11][4] * k[4][i] +
                       dop_a[11][5] * k[5][i] + dop_a[11][6] * k[6][i] +
                       dop_a[11][7] * k[7][i] + dop_a[11][8] * k[8][i] +
                       dop_a[11][9] * k[9][i] + dop_a[11][10] * k[10][i]);
  if ((status = es_step_rhs(s, t + dop_c[11] * h, w, k[11])) != ES_OK)
    return status;
  ES_SIMD
  for (size_t i = 0; i < n; i++)
    w[i] = y[i] + h * (dop_a[12][1] * k[1][i] + dop_a[12][4] * k[4][i] +
                       dop_a[12][5] * k[5][i] + dop_a[12][6] * k[6][i] +
                       dop_a[12][7] * k[7][i] + dop_a[12][8] * k[8][i] +
                       dop_a[12][9] * k[9][i] + dop_a[12][10] * k[10][i] +
                       dop_a[12][11] * k[11][i]);
  if ((status = es_step_rhs(s, s->t_new, w, k[12])) != ES_OK) return status;
  return ES_OK;
}

/* Sets y_new and the error, for which the mean slope is kept in scratch. */
static void finish(es_step *s, double *const *k) {
  const size_t n = s->n;
  const double h = s->h, *restrict y = s->y;
  double *restrict y_new = s->y_new, *restrict mean = row(s, ROWS);
  ES_SIMD
  for (size_t i = 0; i < n; i++) {
    mean[i] = dop_a[13][1] * k[1][i] + dop_a[13][6] * k[6][i] +
              dop_a[13][7] * k[7][i] + dop_a[13][8] * k[8][i] +
              dop_a[13][9] * k[9][i] + dop_a[13][10] * k[10][i] +
              dop_a[13][11] * k[11][i] + dop_a[13][12] * k[12][i];
    y_new[i] = y[i] + h * mean[i];
  }
  double worst = 0;
  for (size_t i = 0; i < n; i++) {
    const double weight = es_step_weight(s, i, y[i], y_new[i]);
    const double q3 = weight * (mean[i] - dop_b3[1] * k[1][i] -
                                dop_b3[9] * k[9][i] - dop_b3[12] * k[12][i]);
    const double q5 = weight * (dop_e5[1] * k[1][i] + dop_e5[6] * k[6][i] +
                                dop_e5[7] * k[7][i] + dop_e5[8] * k[8][i] +
                                dop_e5[9] * k[9][i] + dop_e5[10] * k[10][i] +
                                dop_e5[11] * k[11][i] + dop_e5[12] * k[12][i]);
    const double both = q5 * q5 + .01 * q3 * q3;
    worst = es_worse(worst, both > 0 ? h * q5 * q5 / sqrt(both) : both);
  }
  s->error = worst;
}

static es_status attempt(es_step *s) {
  double *k[17];
  slopes(s, k);
  es_status status = early(s, k);
  if (status == ES_OK) status = late(s, k);
  if (status != ES_OK) return status;
  finish(s, k);
  return s->error <= 1 ? es_step_rhs(s, s->t_new, s->y_new, k[13]) : ES_OK;
}

/* Stages 12 and 13 are at one time. */
static double rate(const es_step *s) {
  double *k[17];
  slopes(s, k);
  return es_step_pair_rate(s, k, 13, dop_a[13], dop_a[12]);
}

static es_status extra(es_step *s, double *const *k) {
  const size_t n = s->n;
  const double t = s->t, h = s->h, *restrict y = s->y;
  double *restrict w = row(s, ROWS);
  es_status status;
  ES_SIMD
  for (size_t i = 0; i < n; i++)
    w[i] = y[i] + h * (dop_a[14][1] * k[1][i] + dop_a[14][7] * k[7][i] +
                       dop_a[14][8] * k[8][i] + dop_a[14][9] * k[9][i] +
                       dop_a[14][10] * k[10][i] + dop_a[14][11] * k[11][i] +
                       dop_a[14][12] * k[12][i] + dop_a[14][13] * k[13][i]);
  if ((status = es_step_rhs(s, t + dop_c[14] * h, w, k[14])) != ES_OK)
    return status;
  ES_SIMD
  for (size_t i = 0; i < n; i++)
    w[i] = y[i] + h * (dop_a[15][1] * k[1][i] + dop_a[15][6] * k[6][i] +
                       dop_a[15][7] * k[7][i] + dop_a[15][8] * k[8][i] +
                       dop_a[15][11] * k[11][i] + dop_a[15][12] * k[12][i] +
                       dop_a[15][13] * k[13][i] + dop_a[15][14] * k[14][i]);
  if ((status = es_step_rhs(s, t + dop_c[15] * h, w, k[15])) != ES_OK)
    return status;
  ES_SIMD
  for (size_t i = 0; i < n; i++)
    w[i] = y[i] + h * (dop_a[16][1] * k[1][i] + dop_a[16][6] * k[6][i] +
                       dop_a[16][7] * k[7][i] + dop_a[16][8] * k[8][i] +
                       dop_a[16][9] * k[9][i] + dop_a[16][13] * k[13][i] +
                       dop_a[16][14] * k[14][i] + dop_a[16][15] * k[15][i]);
  if ((status = es_step_rhs(s, t + dop_c[16] * h, w, k[16])) != ES_OK)
    return status;
  return ES_OK;
}

static es_status prepare(es_step *s) {
  const size_t n = s->n;
  double *k[17];
  slopes(s, k);
  const es_status status = extra(s, k);
  if (status != ES_OK) return status;
  for (size_t j = 0; j < ROWS; j++) {
    double *restrict out = row(s, j);
    const double *w = d[j];
    ES_SIMD
    for (size_t i = 0; i < n; i++)
      out[i] = s->h * (w[1] * k[1][i] + w[6] * k[6][i] + w[7] * k[7][i] +
                       w[8] * k[8][i] + w[9] * k[9][i] + w[10] * k[10][i] +
                       w[11] * k[11][i] + w[12] * k[12][i] + w[13] * k[13][i] +
                       w[14] * k[14][i] + w[15] * k[15][i] + w[16] * k[16][i]);
  }
  /* Every row sees every late slope: one that is not finite shows in each. */
  if (!es_all_finite(n, row(s, 0))) s->error = NAN;
  return ES_OK;
}

/* y(t + theta h), nested in theta and 1 - theta in turn; rows 0 to 3 make it a
 * cubic Hermite interpolant, rows 4 to 7 lift it to order 7. */
static void dense(const es_step *s, double theta, double *restrict out) {
  const double *restrict y = s->y, *restrict y_new = s->y_new;
  const double *restrict f = s->f, *restrict f_new = s->f_new;
  const double *restrict r4 = row(s, 0), *restrict r5 = row(s, 1);
  const double *restrict r6 = row(s, 2), *restrict r7 = row(s, 3);
  const double p = theta, q = 1 - theta, h = s->h;
  const size_t n = s->n;
  ES_SIMD
  for (size_t i = 0; i < n; i++) {
    const double rise = y_new[i] - y[i], bend = h * f[i] - rise;
    const double twist = rise - h * f_new[i] - bend;
    const double top = r4[i] + p * (r5[i] + q * (r6[i] + p * r7[i]));
    out[i] = y[i] + p * (rise + q * (bend + p * (twist + q * top)));
  }
}

const es_stepper es_stepper_dop853 = {
    .name = "dop853",
    .summary = "Runge-Kutta 8(5,3) of Hairer, dense output of order 7",
    .order = 8,
    .error_order = 7,
    .dense_order = 7,
    .stages = 12,
    .stable = 6.39,
    .doubles = doubles,
    .attempt = attempt,
    .prepare = prepare,
    .rate = rate,
    .dense = dense,
};
