/* See deep_integral.h. On level i, y = 2^i v with 1 <= v <= 2; layers that
 * start equal to the least one have f = y, and their powers of 2 are kept
 * apart. Above the last level y = 2^n/u with 0 < u <= 1. Singularities of 1/f
 * lie at y <= 0, as far from a level as it is from 0. */
#include "models/linear/deep_integral.h"

#include "models/linear/scaled.h"

#include "base/slab.h"

#include <stdlib.h>
#include <string.h>

/* Gauss-Legendre, 20 points: the positive nodes on [-1, 1] and their weights,
 * rounded to pairs from 60 digits. */
static const pair gauss[10][2] = {
    {{0x1.3973df98b86b0p-4, -0x1.5040ab2e8b077p-58},
     {0x1.38d6c490a3370p-3, 0x1.ee7b50b7712c8p-57}},
    {{0x1.d281636928bc0p-3, 0x1.6ca937f7895eap-57},
     {0x1.31819b52c5992p-3, 0x1.923461e3dd7efp-58}},
    {{0x1.7eaccf15652c4p-2, 0x1.b7673f9fe2006p-57},
     {0x1.230348f34a535p-3, 0x1.769adf7bb90a5p-57}},
    {{0x1.05905c13f7ff7p-1, -0x1.06d28cd48471ep-55},
     {0x1.0db2c5db26dffp-3, -0x1.779e855c1cffbp-57}},
    {{0x1.45a8d3fa710dbp-1, 0x1.17ac7e2c2bdd9p-61},
     {0x1.e41ff31573b48p-4, 0x1.872c21a05dc8ap-58}},
    {{0x1.7e1f37346a54ep-1, -0x1.cad6555373b9fp-59},
     {0x1.a1817a317a821p-4, -0x1.e22351b1b1503p-58}},
    {{0x1.ada0bd5efd6e7p-1, 0x1.7ac409a6c8b90p-55},
     {0x1.5519fe196e24ap-4, -0x1.bc1e5c170efd9p-58}},
    {{0x1.d31064173fd92p-1, -0x1.73672edab9d36p-55},
     {0x1.00b467df7e475p-4, -0x1.3ac2b0e3b0038p-58}},
    {{0x1.ed8dba7bd769fp-1, -0x1.4c597b9cc8a04p-56},
     {0x1.4c9b5ea53b67fp-5, 0x1.89da97ec3b190p-59}},
    {{0x1.fc7b5a0c71ce0p-1, 0x1.72181cfa7567fp-55},
     {0x1.209680274e8afp-6, 0x1.fc73983fd0ef4p-62}},
};

typedef struct layer {
  pair r, c; /* r times 2^k is s/sigma_l^2; c = 1 minus that */
  int k;
} layer;

struct deep_integral {
  size_t L, least;
  int equal;     /* layers that start equal to the least one, itself counted */
  int parts;     /* panels of a level, a power of 2 */
  layer *rest;   /* L - equal others */
  double *sigma; /* L */
  pair *J; /* n_up + 1: J(2^i); up to where the rest would change no pair */
  size_t n_up;
  bool tail; /* J[n_up] is that of y = 2^n_up/u, u <= 1; else 0 */
  pair *K;   /* n_down + 1: from 2^-i to 1 */
  size_t n_down;
  size_t n_still; /* below 2^-n_still the others stand still */
};

typedef pair integrand(const deep_integral *w, int i, pair x);

static pair power(pair x, size_t n) {
  pair out = {1, 0};
  for (; n > 0; n--) out = pair_multiply(out, x);
  return out;
}

static pair scaled_by(pair x, int e) {
  return (pair){ldexp(x.hi, e), ldexp(x.lo, e)};
}

/* dy/prod f over dv. */
static pair on_level(const deep_integral *w, int i, pair v) {
  pair out = power(v, (size_t)w->equal);
  for (size_t l = 0; l < w->L - (size_t)w->equal; l++) {
    const layer *a = &w->rest[l];
    const pair grown = pair_multiply(scaled_by(a->r, a->k + i), v);
    out = pair_multiply(out, pair_add(a->c, grown));
  }
  out = pair_divide((pair){1, 0}, out);
  return scaled_by(out, -i * (w->equal - 1));
}

/* The same over du, for y = 2^i/u. */
static pair on_tail(const deep_integral *w, int i, pair u) {
  pair out = {1, 0};
  for (size_t l = 0; l < w->L - (size_t)w->equal; l++) {
    const layer *a = &w->rest[l];
    const pair still = pair_multiply(a->c, u);
    out = pair_multiply(out, pair_add(still, scaled_by(a->r, a->k + i)));
  }
  out = pair_divide(power(u, w->L - 2), out);
  return scaled_by(out, -i * (w->equal - 1));
}

static pair integral(const deep_integral *w, integrand *f, int i, double from,
                     double to) {
  const double half = (to - from) / (2 * w->parts);
  pair sum = {0, 0};
  for (int p = 0; p < w->parts; p++) {
    const pair middle =
        pair_add((pair){from, 0}, pair_product(2 * p + 1, half));
    for (int k = 0; k < 20; k++) {
      const pair step = pair_scale(gauss[k / 2][0], k % 2 == 0 ? half : -half);
      const pair value = f(w, i, pair_add(middle, step));
      sum = pair_add(sum, pair_multiply(value, gauss[k / 2][1]));
    }
  }
  return pair_scale(sum, half);
}

/* The layers' ratios, from significands alone: squares do not leave the range.
 */
static void read_layers(deep_integral *w) {
  int e0 = 0;
  for (size_t l = 0; l < w->L; l++)
    if (w->sigma[l] < w->sigma[w->least]) w->least = l;
  const double m0 = frexp(w->sigma[w->least], &e0);
  layer *a = w->rest;
  for (size_t l = 0; l < w->L; l++) {
    int e = 0;
    const double m = frexp(w->sigma[l], &e), near = ldexp(m0, e0 - e);
    if (w->sigma[l] == w->sigma[w->least]) {
      w->equal++;
      continue;
    }
    const pair square = pair_product(m, m);
    a->r = pair_divide(pair_product(m0, m0), square);
    a->k = 2 * (e0 - e);
    a->c = pair_divide(pair_multiply(pair_sum(m, -near), pair_sum(m, near)),
                       square);
    a++;
  }
}

static es_status no_memory(es_diag *diag) {
  return es_fail(diag, ES_NO_MEMORY, "no memory for a mode");
}

/* Contributions of the levels from 1 upwards, then their sums from above. */
static es_status sum_up(deep_integral *w, es_diag *diag) {
  int least = 0;
  for (size_t l = 0; l < w->L - (size_t)w->equal; l++)
    if (w->rest[l].k < least) least = w->rest[l].k;
  double sum = 0;
  for (w->tail = false;; w->n_up++) {
    pair *grown = es_grown(w->J, w->n_up, sizeof *grown);
    if (grown == NULL) return no_memory(diag);
    w->J = grown;
    w->J[w->n_up] = (pair){0, 0};
    w->tail = (int)w->n_up + least >= (w->equal < (int)w->L ? 2 : 0);
    if (w->tail) break;
    w->J[w->n_up] = integral(w, on_level, (int)w->n_up, 1, 2);
    sum += w->J[w->n_up].hi;
    if (w->J[w->n_up].hi < 0x1p-115 * sum) {
      w->J[w->n_up] = (pair){0, 0};
      break;
    }
  }
  if (w->equal == (int)w->L) /* to the last bit, which decay may cancel */
    w->J[0] = pair_divide((pair){1, 0}, (pair){(double)w->L - 1, 0});
  else if (w->tail)
    w->J[w->n_up] = integral(w, on_tail, (int)w->n_up, 0, 1);
  for (size_t i = w->n_up; i-- > 0;) w->J[i] = pair_add(w->J[i], w->J[i + 1]);
  return ES_OK;
}

es_status es_deep_integral_new(deep_integral **out, size_t L,
                               const double *sigma0, es_diag *diag) {
  deep_integral *w = *out = calloc(1, sizeof *w);
  if (w == NULL) return no_memory(diag);
  w->L = L;
  w->parts = L <= 2 ? 1 : L <= 5 ? 2 : 4;
  w->rest = es_zeroed(L, 1, sizeof *w->rest);
  w->sigma = es_zeroed(L, 1, sizeof *w->sigma);
  w->K = es_grown(NULL, 0, sizeof *w->K);
  es_status status = ES_OK;
  if (w->rest == NULL || w->sigma == NULL || w->K == NULL) {
    status = no_memory(diag);
  } else {
    for (size_t l = 0; l < L; l++) w->sigma[l] = sigma0[l];
    read_layers(w);
    w->K[0] = (pair){0, 0};
    status = sum_up(w, diag);
  }
  for (size_t l = 0; status == ES_OK && l < L - (size_t)w->equal; l++) {
    const double below = w->rest[l].k + 62 - log2(w->rest[l].c.hi);
    if (below > (double)w->n_still) w->n_still = (size_t)below;
  }
  if (status != ES_OK) {
    es_deep_integral_free(w);
    *out = NULL;
  }
  return status;
}

void es_deep_integral_free(deep_integral *w) {
  if (w == NULL) return;
  free(w->rest);
  free(w->sigma);
  free(w->J);
  free(w->K);
  free(w);
}

size_t es_deep_integral_least(const deep_integral *w) { return w->least; }

pair es_deep_integral_whole(const deep_integral *w) { return w->J[0]; }

/* sqrt(f_l) at y = 2^i v. */
static void roots(const deep_integral *w, int i, double v, double *root) {
  const int odd = i & 1;
  const layer *a = w->rest;
  for (size_t l = 0; l < w->L; l++) {
    if (w->sigma[l] == w->sigma[w->least]) {
      root[l] = ldexp(sqrt(odd ? 2 * v : v), (i - odd) / 2);
      continue;
    }
    root[l] = sqrt(a->c.hi + ldexp(a->r.hi, a->k + i) * v);
    a++;
  }
}

/* The integrands and the integral in double, for all but the last step. */
static double roughly(const deep_integral *w, integrand *f, int i, double x) {
  double out = 1;
  for (size_t l = 0; l < w->L - (size_t)w->equal; l++) {
    const layer *a = &w->rest[l];
    const double r = ldexp(a->r.hi, a->k + i);
    out *= f == on_level ? a->c.hi + r * x : a->c.hi * x + r;
  }
  const size_t n = f == on_level ? (size_t)w->equal : w->L - 2;
  double power = 1;
  for (size_t k = 0; k < n; k++) power *= x;
  out = f == on_level ? 1 / (power * out) : power / out;
  return ldexp(out, -i * (w->equal - 1));
}

static double rough_integral(const deep_integral *w, integrand *f, int i,
                             double from, double to) {
  const double middle = (from + to) / 2, half = (to - from) / 2;
  double sum = 0;
  for (int k = 0; k < 10; k++) {
    const double step = half * gauss[k][0].hi;
    sum += gauss[k][1].hi *
           (roughly(w, f, i, middle - step) + roughly(w, f, i, middle + step));
  }
  return half * sum;
}

enum { MOST_ITERATIONS = 60 };

/* v with the integral over level i from 1 to v equal to part: Newton from the
 * left of a rising and concave function, which does not overshoot; its last
 * step in pairs. */
static double on_level_at(const deep_integral *w, int i, pair part) {
  double v = 1, step = 1;
  for (int k = 0; k < MOST_ITERATIONS && fabs(step) > 1e-9; k++) {
    const double left = part.hi - rough_integral(w, on_level, i, 1, v);
    step = left / roughly(w, on_level, i, v);
    v = fmin(fmax(v + step, 1), 2);
  }
  const pair left = pair_subtract(part, integral(w, on_level, i, 1, v));
  return fmin(fmax(v + left.hi / roughly(w, on_level, i, v), 1), 2);
}

/* u with the integral over the tail from 0 to u equal to part, from ln u. */
static double on_tail_at(const deep_integral *w, int i, pair part) {
  double u = 1, step = 1;
  for (int k = 0; k < MOST_ITERATIONS && fabs(step) > 1e-9; k++) {
    const double sum = rough_integral(w, on_tail, i, 0, u);
    const double slope = u * roughly(w, on_tail, i, u);
    step = log(part.hi / sum) * sum / slope;
    u = fmin(u * exp(step), 1);
  }
  const pair sum = integral(w, on_tail, i, 0, u);
  const pair off = pair_subtract(part, sum);
  return fmin(u + off.hi / roughly(w, on_tail, i, u), 1);
}

void es_deep_integral_grown(const deep_integral *w, pair left, double *root) {
  size_t low = 0, high = w->n_up;
  if (w->tail && left.hi <= w->J[w->n_up].hi) {
    roots(w, (int)w->n_up, 1 / on_tail_at(w, (int)w->n_up, left), root);
    return;
  }
  while (high - low > 1) {
    const size_t middle = (low + high) / 2;
    *(left.hi <= w->J[middle].hi ? &low : &high) = middle;
  }
  const pair part = pair_subtract(w->J[low], left);
  roots(w, (int)low, on_level_at(w, (int)low, part), root);
}

/* Below the last level the others stand still: dy/(C y^equal). */
static void shrunk_still(const deep_integral *w, pair gone, double *root) {
  const int more = w->equal - 1;
  pair C = {1, 0};
  for (size_t l = 0; l < w->L - (size_t)w->equal; l++)
    C = pair_multiply(C, w->rest[l].c);
  const pair x = pair_multiply(C, gone);
  roots(w, -(int)w->n_still, 1, root);
  for (size_t l = 0; l < w->L; l++)
    if (w->sigma[l] == w->sigma[w->least])
      root[l] *= more == 0
                     ? scaled_value(scaled_exp(pair_scale(x, -.5)))
                     : pow(1 + more * ldexp(x.hi, -more * (int)w->n_still),
                           -.5 / more);
}

es_status es_deep_integral_shrunk(deep_integral *w, pair gone, double *root) {
  while (w->n_down < w->n_still && w->K[w->n_down].hi <= gone.hi) {
    pair *grown = es_grown(w->K, w->n_down + 1, sizeof *grown);
    if (grown == NULL) return ES_NO_MEMORY;
    w->K = grown;
    const int i = -(int)w->n_down - 1;
    w->K[w->n_down + 1] =
        pair_add(w->K[w->n_down], integral(w, on_level, i, 1, 2));
    w->n_down++;
  }
  if (w->K[w->n_down].hi <= gone.hi) {
    shrunk_still(w, pair_subtract(gone, w->K[w->n_down]), root);
    return ES_OK;
  }
  size_t low = 0, high = w->n_down;
  while (high - low > 1) {
    const size_t middle = (low + high) / 2;
    *(w->K[middle].hi <= gone.hi ? &low : &high) = middle;
  }
  const pair part = pair_subtract(w->K[high], gone);
  roots(w, -(int)high, on_level_at(w, -(int)high, part), root);
  return ES_OK;
}
