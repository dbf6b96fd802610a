/* rosenbrock: the method Rodas5P of order 5(4) of G. Steinebach, "Construction
 * of Rosenbrock-Wanner method Rodas5P and numerical benchmarks within the Julia
 * Differential Equations package", BIT Numer. Math. 63 (2023) 27: L-stable and
 * stiffly accurate, with eight stages and dense output of order 4. With
 * W = I/(gamma h) - J, J = df/dy and f_t = df/dt at (t, y),
 *   W u_i = f(t + c_i h, y + sum_j a_ij u_j) + sum_j C_ij/h u_j + d_i h f_t,
 *   y_new = y + sum_j a_8j u_j + u_8,  error = u_8
 * (Hairer, Wanner, "Solving Ordinary Differential Equations II", IV.7, (7.25),
 * for this form of such methods), and with p = theta, q = 1 - theta,
 *   y(t + p h) = q y + p (y_new + q sum_j (r_1j + p (r_2j + p r_3j)) u_j).
 * J and f_t are asked once at each (t, y), W is factored at each attempt. */
#include "ode/stepper.h"

#include "linalg/linalg.h"

#include <float.h>
#include <string.h>

/* Indexed as in the paper, from 1. Rows 7 and 8 of a are row 6 with u_6, then
 * u_7 added. */
enum { STAGES = 8 };
static const double gamma_ii = 0.21193756319429014;
static const double c[9] = {[2] = 0.6358126895828704,
                            [3] = 0.4095798393397535,
                            [4] = 0.9769306725060716,
                            [5] = 0.4288403609558664,
                            [6] = 1,
                            [7] = 1,
                            [8] = 1};
static const double d[9] = {[1] = 0.21193756319429014,
                            [2] = -0.42387512638858027,
                            [3] = -0.3384627126235924,
                            [4] = 1.8046452872882734,
                            [5] = 2.325825639765069};
static const double a[7][6] = {
    [2] = {[1] = 3},
    [3] = {[1] = 2.849394379747939, [2] = 0.45842242204463923},
    [4] = {[1] = -6.954028509809101,
           [2] = 2.489845061869568,
           [3] = -10.358996098473584},
    [5] = {[1] = 2.8029986275628964,
           [2] = 0.5072464736228206,
           [3] = -0.3988312541770524,
           [4] = -0.04721187230404641},
    [6] = {[1] = -7.502846399306121,
           [2] = 2.561846144803919,
           [3] = -11.627539656261098,
           [4] = -0.18268767659942256,
           [5] = 0.030198172008377946}};
static const double C[9][8] = {
    [2] = {[1] = -14.155112264123755},
    [3] = {[1] = -17.97296035885952, [2] = -2.859693295451294},
    [4] = {[1] = 147.12150275711716,
           [2] = -1.41221402718213,
           [3] = 71.68940251302358},
    [5] = {[1] = 165.43517024871676,
           [2] = -0.4592823456491126,
           [3] = 42.90938336958603,
           [4] = -5.961986721573306},
    [6] = {[1] = 24.854864614690072,
           [2] = -3.0009227002832186,
           [3] = 47.4931110020768,
           [4] = 5.5814197821558125,
           [5] = -0.6610691825249471},
    [7] = {[1] = 30.91273214028599,
           [2] = -3.1208243349937974,
           [3] = 77.79954646070892,
           [4] = 34.28646028294783,
           [5] = -19.097331116725623,
           [6] = -28.087943162872662},
    [8] = {[1] = 37.80277123390563,
           [2] = -3.2571969029072276,
           [3] = 112.26918849496327,
           [4] = 66.9347231244047,
           [5] = -40.06618937091002,
           [6] = -54.66780262877968,
           [7] = -9.48861652309627}};
static const double r[4][9] = {[1] = {[1] = 25.948786856663858,
                                      [2] = -2.5579724845846235,
                                      [3] = 10.433815404888879,
                                      [4] = -2.3679251022685204,
                                      [5] = 0.524948541321073,
                                      [6] = 1.1241088310450404,
                                      [7] = 0.4272876194431874,
                                      [8] = -0.17202221070155493},
                               [2] = {[1] = -9.91568850695171,
                                      [2] = -0.9689944594115154,
                                      [3] = 3.0438037242978453,
                                      [4] = -24.495224566215796,
                                      [5] = 20.176138334709044,
                                      [6] = 15.98066361424651,
                                      [7] = -6.789040303419874,
                                      [8] = -6.710236069923372},
                               [3] = {[1] = 11.419903575922262,
                                      [2] = 2.8879645146136994,
                                      [3] = 72.92137995996029,
                                      [4] = 80.12511834622643,
                                      [5] = -52.072871366152654,
                                      [6] = -59.78993625266729,
                                      [7] = -0.15582684282751913,
                                      [8] = 4.883087185713722}};

/* Rows of step->work: the t that J and f_t belong to, the exchanges of rows of
 * W, f_t, a vector and its image for the power method, u_1 to u_8 and the sums
 * over r; then J and W. */
enum {
  KNOWN,
  PIVOT,
  SLOPE,
  POWER,
  IMAGE,
  U,
  DENSE = U + STAGES,
  ROWS = DENSE + 3
};

static double *stage(const es_step *s, int i) {
  return es_step_row(s, U + (size_t)i - 1);
}
static double *jacobian(const es_step *s) { return es_step_row(s, ROWS); }
static double *factors(const es_step *s) {
  return jacobian(s) + s->n * s->stride;
}
static int *pivots(const es_step *s) { return (void *)es_step_row(s, PIVOT); }

/* What could not be factored is not to be had: a size that no memory holds. */
static size_t doubles(size_t stride) {
  if (stride > ES_LU_ORDER) return SIZE_MAX;
  return (ROWS + 2 * stride) * stride;
}

static void begin(es_step *s) {
  *es_step_row(s, KNOWN) = NAN;
  for (size_t i = 0; i < s->n; i++)
    es_step_row(s, POWER)[i] = 1 + (double)(i % 7);
}

/* J and f_t at (t, y), unless they are known from an attempt before. */
static es_status look(es_step *s) {
  double *known = es_step_row(s, KNOWN);
  if (*known == s->t) return ES_OK;
  const es_status status =
      es_step_jacobian(s, s->t, s->y, s->f, jacobian(s), es_step_row(s, SLOPE));
  if (status == ES_OK && es_all_finite(s->n * s->n, jacobian(s)) &&
      es_all_finite(s->n, es_step_row(s, SLOPE)))
    *known = s->t;
  return status;
}

static es_status factor(es_step *s) {
  const size_t n = s->n;
  const double *restrict J = jacobian(s);
  double *restrict W = factors(s);
  ES_SIMD
  for (size_t i = 0; i < n * n; i++) W[i] = -J[i];
  for (size_t i = 0; i < n; i++) W[i + i * n] += 1 / (gamma_ii * s->h);
  s->lu_calls++;
  return es_lu_factor(n, W, pivots(s));
}

/* out += x * in */
static void add(size_t n, double *restrict out, double x,
                const double *restrict in) {
  ES_SIMD
  for (size_t i = 0; i < n; i++) out[i] += x * in[i];
}

/* y_new = y + move, rounded once: over many steps the rounding of a sum that
 * begins with y would be what is left of the error. */
static void go(es_step *s, const double *move) {
  for (size_t i = 0; i < s->n; i++) s->y_new[i] = s->y[i] + move[i];
}

/* Stage i, whose argument is made in y_new, its distance from y in f_new. */
static es_status solve_stage(es_step *s, int i) {
  const size_t n = s->n;
  double *u = stage(s, i), *move = s->f_new;
  es_status status = ES_OK;
  if (i <= 6) memset(move, 0, n * sizeof *move);
  for (int j = 1; i <= 6 && j < i; j++) add(n, move, a[i][j], stage(s, j));
  if (i > 6) add(n, move, 1, stage(s, i - 1));
  go(s, move);
  if (i == 1)
    memcpy(u, s->f, n * sizeof *u);
  else
    status = es_step_rhs(s, i < 6 ? s->t + c[i] * s->h : s->t_new, s->y_new, u);
  if (status != ES_OK) return status;
  for (int j = 1; j < i; j++) add(n, u, C[i][j] / s->h, stage(s, j));
  add(n, u, d[i] * s->h, es_step_row(s, SLOPE));
  es_lu_solve(n, factors(s), pivots(s), u);
  return ES_OK;
}

/* A Jacobian that is not finite or leaves W singular is an error of NAN, so
 * that another h is tried. */
static es_status attempt(es_step *s) {
  es_status status = look(s);
  if (status != ES_OK) return status;
  s->error = NAN;
  if (!(*es_step_row(s, KNOWN) == s->t) || factor(s) != ES_OK) return ES_OK;
  for (int i = 1; i <= STAGES; i++)
    if ((status = solve_stage(s, i)) != ES_OK) return status;
  const double *u = stage(s, STAGES);
  add(s->n, s->f_new, 1, u);
  go(s, s->f_new);
  s->error = es_step_norm(s, u, s->y, s->y_new);
  return s->error <= 1 ? es_step_rhs(s, s->t_new, s->y_new, s->f_new) : ES_OK;
}

/* One step of the power method in each step of the solve: J changes little from
 * one to the next, and a second step in the row smooths a pair's turning. */
static double rate(const es_step *s) {
  const size_t n = s->n;
  const double *J = jacobian(s);
  double *v = es_step_row(s, POWER), *next = es_step_row(s, IMAGE), before = 0,
         after = 0;
  memset(next, 0, n * sizeof *next);
  for (size_t j = 0; j < n; j++) {
    before += es_square(v[j]);
    add(n, next, v[j], J + j * n);
  }
  for (size_t i = 0; i < n; i++) after += es_square(next[i]);
  const bool usable = after >= DBL_MIN && after <= DBL_MAX;
  for (size_t i = 0; i < n; i++)
    v[i] = usable ? next[i] / sqrt(after) : 1 + (double)(i % 7);
  return es_root_ratio(after, before);
}

static es_status prepare(es_step *s) {
  for (int k = 1; k <= 3; k++) {
    double *out = es_step_row(s, DENSE + (size_t)k - 1);
    memset(out, 0, s->n * sizeof *out);
    for (int j = 1; j <= STAGES; j++) add(s->n, out, r[k][j], stage(s, j));
  }
  return ES_OK;
}

static void dense(const es_step *s, double theta, double *restrict out) {
  const double *restrict y = s->y, *restrict y_new = s->y_new;
  const double *restrict r1 = es_step_row(s, DENSE), *restrict r2 = es_step_row(
                                                         s, DENSE + 1);
  const double *restrict r3 = es_step_row(s, DENSE + 2);
  const double p = theta, q = 1 - theta;
  ES_SIMD
  for (size_t i = 0; i < s->n; i++)
    out[i] =
        y[i] + p * (y_new[i] - y[i] + q * (r1[i] + p * (r2[i] + p * r3[i])));
}

const es_stepper es_stepper_rosenbrock = {
    .name = "rosenbrock",
    .summary = "Rodas5P: L-stable Rosenbrock 5(4), dense output of order 4",
    .order = 5,
    .error_order = 4,
    .dense_order = 4,
    .stages = STAGES,
    .l_stable = true,
    .factors = true,
    .doubles = doubles,
    .begin = begin,
    .attempt = attempt,
    .prepare = prepare,
    .rate = rate,
    .dense = dense,
};
