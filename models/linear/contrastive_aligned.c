/* The population flow where it decouples (theory.md 6): C and A have a basis V
 * of eigenvectors in common, and each row and column of W0 V has one entry w at
 * most. Then w' = w [c (2+s)/(1+s)^2 - a - eta], s = w^2 c, mode by mode, and
 * the others stay zero. */
#include "models/linear/one_layer_closed.h"
#include "models/linear/scaled.h"

#include "base/order.h"
#include "base/slab.h"
#include "models/linear/basis.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Between these an s has a double's digits, and squares of it are roundoff: w
 * moves by 2c - a alone. */
static const double tiny = 0x1p-900, small = 0x1p-100;

/* w e^{phase}, the phase in two parts: one would round by as many units as it
 * is long. */
static double moved(double w, pair phase) {
  return scaled_value(scaled_mul(scaled_make(w, 0), scaled_exp(phase)));
}

typedef struct decay {
  double c, a, eta;
  pair rate; /* 2c - a - eta */
} decay;

static double flowed(const decay *m, double s0, double t) {
  return es_population_decayed(m->c, m->a, m->eta, s0, t);
}

/* |w| of an s that falls below tiny until t. */
static double fallen(const decay *m, double s0, double t) {
  double from = 0, to = t, at = 0, s = s0;
  while (!(s <= small && s >= tiny) && from < to) {
    at = from + (to - from) / 2;
    if (at == from || at == to) break;
    s = flowed(m, s0, at);
    *(s > small ? &from : &to) = at;
  }
  return moved(sqrt(s / m->c), pair_multiply(m->rate, pair_sum(t, -at)));
}

/* s at t of an s that rises from below tiny: w is doubled k times, at the rate
 * at which it then grows, up to small. What of the time is left over to a
 * double goes into where s starts from. 0: it does not come that far. */
static double risen(const decay *m, double w0, double t) {
  static const pair ln2 = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};
  const int k = (int)floor((log2(small) - log2(m->c)) / 2 - log2(fabs(w0)));
  const double w = ldexp(w0, k);
  const double s = pair_value(pair_scale(pair_product(w, m->c), w));
  const pair before = pair_divide(pair_scale(ln2, k), m->rate);
  const pair left = pair_subtract((pair){t, 0}, before);
  if (!(left.hi > 0)) return 0;
  const double shift = 2 * m->rate.hi * left.lo;
  const bool settled = !(fabs(shift) < 1e-3); /* rate t > 1e12 */
  return flowed(m, settled ? s : s + s * shift, left.hi);
}

/* w at t. */
static double mode_at(double c, double a, double eta, double w0, double t) {
  const double s0 = w0 * w0 * c;
  const pair sum = pair_sum(a, eta);
  if (w0 == 0) return 0;
  if (!(c > 0)) return moved(w0, pair_scale(pair_negate(sum), t));
  const decay m = {c, a, eta, pair_subtract((pair){2 * c, 0}, sum)};
  if (s0 > tiny) {
    const double s = flowed(&m, s0, t);
    const bool falls = s < tiny && m.rate.hi < 0;
    return copysign(falls ? fallen(&m, s0, t) : sqrt(s / c), w0);
  }
  const double s = m.rate.hi > 0 ? risen(&m, w0, t) : 0;
  return s > 0 ? copysign(sqrt(s / c), w0) : moved(w0, pair_scale(m.rate, t));
}

static void modes_at(const one_layer *b, double t) {
  const es_one_layer_closed *f = b->closed;
  for (size_t j = 0; j < b->m; j++)
    f->wt[j] = mode_at(f->c[j], f->a[j], b->eta, f->w[j], t);
}

void es_one_layer_aligned_state(const one_layer *b, double t, double *Z) {
  const es_one_layer_closed *f = b->closed;
  modes_at(b, t);
  memset(Z, 0, b->d * b->m * sizeof *Z);
  for (size_t j = 0; j < b->m; j++) Z[f->row[j] + j * b->d] = f->wt[j];
}

/* The k largest of m values, falling. */
static void largest(const one_layer *b, double *value, double *out) {
  es_sort(value, b->m);
  for (size_t j = 0; j < b->k; j++) out[j] = value[b->m - 1 - j];
}

es_status es_one_layer_aligned_columns(const one_layer *b, double t,
                                       double *out) {
  const es_one_layer_closed *f = b->closed;
  const one_layer_columns place = es_one_layer_columns(b);
  double loss = 0, x_min = INFINITY;
  modes_at(b, t);
  for (size_t j = 0; j < b->m; j++) {
    const double c = f->c[j], a = f->a[j], w = f->wt[j], s = w * w * c;
    if (isnan(w)) return ES_NOT_FINITE;
    loss += a * w * w / 2 - log1p(s) / 2 - s / (1 + s) / 2;
    x_min = fmin(x_min, c * (2 + s) / (1 + s) / (1 + s) - a);
    b->value[j] = s;
    f->wt[j] = fabs(w);
  }
  *out = loss;
  out[place.x_min] = x_min;
  largest(b, f->wt, out + place.sigma);
  largest(b, b->value, out + place.cov);
  return ES_OK;
}

/* Whether off the diagonal there is roundoff alone, 8 n units in the largest
 * entry. What on it is below n units or below zero is zero. */
static bool only_rounding(size_t n, const double *A, double *diagonal) {
  double top = 0, off = 0;
  for (size_t k = 0; k < n * n; k++) {
    top = fmax(top, fabs(A[k]));
    if (k % (n + 1) != 0) off = fmax(off, fabs(A[k]));
  }
  for (size_t j = 0; j < n; j++) {
    const double value = A[j + j * n];
    diagonal[j] = value > (double)n * DBL_EPSILON * top ? value : 0;
  }
  return off <= 8 * (double)n * DBL_EPSILON * top;
}

/* Eigenvectors of a combination that tells apart what either repeats. */
static es_status common_basis(const one_layer *b, es_one_layer_closed *f,
                              bool *found, es_diag *diag) {
  const double *C = es_drive_c(b->drive), *A = es_drive_a(b->drive);
  const size_t m = b->m;
  const double size = es_norm(m * m, C), share = es_norm(m * m, A);
  double *M = es_zeroed(m, m, sizeof *M), *work = es_zeroed(m, m, sizeof *work);
  es_status status = ES_OK;
  if (M == NULL || work == NULL)
    status = es_fail(diag, ES_NO_MEMORY, "no memory");
  for (size_t k = 0; status == ES_OK && k < m * m; k++)
    M[k] =
        (size > 0 ? C[k] / size : 0) + 0.618 * (share > 0 ? A[k] / share : 0);
  if (status == ES_OK) status = es_basis_of(m, M, &f->V, f->c, diag);
  *found = status == ES_OK && f->V != NULL;
  if (*found) {
    es_basis_turn(m, f->V, C, work, M);
    *found = only_rounding(m, M, f->c);
    es_basis_turn(m, f->V, A, work, M);
    *found = only_rounding(m, M, f->a) && *found;
  }
  free(M);
  free(work);
  return status;
}

static es_status find_basis(const one_layer *b, es_one_layer_closed *f,
                            bool *found, es_diag *diag) {
  const double *C = es_drive_c(b->drive), *A = es_drive_a(b->drive);
  const size_t m = b->m;
  if (!es_is_diagonal(m, m, C) || !es_is_diagonal(m, m, A))
    return common_basis(b, f, found, diag);
  for (size_t j = 0; j < m; j++) {
    f->c[j] = fmax(C[j + j * m], 0);
    f->a[j] = fmax(A[j + j * m], 0);
  }
  *found = true;
  return ES_OK;
}

/* The one entry of each column, if no row has two either. */
static es_status one_entry_each(const one_layer *b, es_one_layer_closed *f,
                                bool *found, es_diag *diag) {
  const size_t d = b->d, m = b->m;
  size_t *owner = es_zeroed(d, 1, sizeof *owner); /* 1 + the row's column */
  bool single = true;
  if (owner == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  for (size_t i = 0; single && i < d; i++) {
    double norm = 0;
    for (size_t j = 0; j < m; j++) norm = hypot(norm, f->Z0[i + j * d]);
    const double least = f->V != NULL ? 8 * (double)m * DBL_EPSILON * norm : 0;
    for (size_t j = 0; j < m; j++) {
      if (!(fabs(f->Z0[i + j * d]) > least)) continue;
      single = single && owner[i] == 0 && f->w[j] == 0;
      owner[i] = 1 + j;
      f->row[j] = i;
      f->w[j] = f->Z0[i + j * d];
    }
  }
  free(owner);
  *found = single;
  return ES_OK;
}

es_status es_one_layer_align(const one_layer *b, es_one_layer_closed *f,
                             bool *found, es_diag *diag) {
  double **const one[] = {&f->c, &f->a, &f->w, &f->wt};
  bool whole = true;
  for (size_t i = 0; i < sizeof one / sizeof *one; i++)
    whole = (*one[i] = es_zeroed(b->m, 1, sizeof(double))) && whole;
  f->row = es_zeroed(b->m, 1, sizeof *f->row);
  if (!whole || f->row == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  f->aligned = true;
  es_status status = find_basis(b, f, found, diag);
  if (status == ES_OK && *found) status = es_one_layer_turn(b, f, diag);
  if (status == ES_OK && *found) status = one_entry_each(b, f, found, diag);
  return status;
}
