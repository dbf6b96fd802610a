/* Closed forms of one contrastive layer (theory.md 6). In the eigenbasis V of a
 * constant X, W V = Z has columns
 *   z_j(t) = z_j(0) e^{(lambda_j - eta) t}.
 * Singular values are those of Z, of which columns grow apart and keep their
 * digits; W^T W is never formed. Columns are held as numbers with an exponent
 * of their own and brought to a common one, so that nothing overflows but a
 * result. An aligned population flow is in contrastive_aligned.c. */
#include "models/linear/one_layer_closed.h"

#include "base/finite.h"
#include "base/slab.h"
#include "models/linear/basis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The largest entry is brought to 2^400: 1400 powers of two are left below. */
enum { TOP = 400 };

void es_one_layer_closed_free(es_one_layer_closed *f) {
  if (f == NULL) return;
  double *const own[] = {f->V, f->value, f->Z0, f->R, f->c, f->a, f->w, f->wt};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) free(own[i]);
  free(f->row);
  free(f->largest);
  free(f);
}

/* e^{rate t} as a number in [1/2, 2) times 2^*power; -inf t: 0. */
static double grown(double rate, double t, int *power) {
  const double ln2 = 0x1.62e42fefa39efp-1, rest = 0x1.abc9e3b39803fp-56;
  const double x = rate * t, lost = fma(rate, t, -x), n = rint(x / ln2);
  if (!(fabs(n) < 1e9)) {
    *power = x > 0 ? 1 << 28 : -(1 << 28);
    return 1;
  }
  *power = (int)n;
  return exp(fma(-n, ln2, x) - n * rest + lost);
}

/* M (d×m) = Z(t) 2^-shift. */
static void columns_at(const one_layer *b, double t, int shift, double *M) {
  const es_one_layer_closed *f = b->closed;
  const size_t d = b->d;
  for (size_t j = 0; j < b->m; j++) {
    const double *z = f->Z0 + j * d;
    double *out = M + j * d;
    int power;
    const double part = grown(f->value[j] - b->eta, t, &power);
    const double whole = ldexp(part, power - shift);
    if (isnormal(whole))
#pragma omp simd
      for (size_t i = 0; i < d; i++) out[i] = z[i] * whole;
    else
      for (size_t i = 0; i < d; i++) out[i] = ldexp(z[i] * part, power - shift);
  }
}

/* The power of two that brings the largest entry to 2^TOP. */
static int shift_at(const one_layer *b, double t) {
  const es_one_layer_closed *f = b->closed;
  int top = INT_MIN;
  for (size_t j = 0; j < b->m; j++) {
    int power;
    if (f->largest[j] == INT_MIN) continue;
    (void)grown(f->value[j] - b->eta, t, &power);
    if (power + f->largest[j] > top) top = power + f->largest[j];
  }
  return top == INT_MIN ? 0 : top - TOP;
}

/* L = -tr(W X W^T)/2. */
static double loss_of(const one_layer *b, const double *Z, int shift) {
  double sum = 0;
  for (size_t j = 0; j < b->m; j++) {
    const double norm = ldexp(es_norm(b->d, Z + j * b->d), shift);
    sum -= b->closed->value[j] * norm * norm / 2;
  }
  return sum;
}

static es_status constant_columns(const one_layer *b, double t, double *out) {
  const es_one_layer_closed *f = b->closed;
  const one_layer_columns c = es_one_layer_columns(b);
  const size_t d = b->d, m = b->m;
  const int shift = shift_at(b, t);
  columns_at(b, t, shift, b->T);
  if (c.sigma > 0) *out = loss_of(b, b->T, shift);
  es_status status = es_singular_run(b->singular, b->T, out + c.sigma);
  for (size_t j = c.sigma; j < c.x_min; j++) out[j] = ldexp(out[j], shift);
  out[c.x_min] = b->x_min;
  if (status != ES_OK || b->root == NULL) return status;
  es_gemm(false, false, d, m, m, 1, b->T, d, f->V != NULL ? f->R : b->root, m,
          0, b->G, d);
  status = es_singular_run(b->singular, b->G, out + c.cov);
  for (size_t j = c.cov; j < c.regime; j++)
    out[j] = ldexp(out[j] * out[j], 2 * shift);
  return status;
}

es_status es_one_layer_exact(const one_layer *b, double t, double *out) {
  const size_t n = es_one_layer_columns(b).n;
  const es_status status = b->closed->aligned
                               ? es_one_layer_aligned_columns(b, t, out)
                               : constant_columns(b, t, out);
  if (status != ES_OK) return status;
  return es_all_finite(n, out) ? ES_OK : ES_NOT_FINITE;
}

es_status es_one_layer_state(const one_layer *b, double t, double *state) {
  const es_one_layer_closed *f = b->closed;
  const size_t d = b->d, m = b->m;
  if (f->aligned)
    es_one_layer_aligned_state(b, t, b->T);
  else
    columns_at(b, t, 0, b->T);
  if (f->V != NULL)
    es_gemm(false, true, m, d, m, 1, f->V, m, b->T, d, 0, state, m);
  else
    for (size_t j = 0; j < m; j++)
      for (size_t i = 0; i < d; i++) state[j + i * m] = b->T[i + j * d];
  return es_all_finite(d * m, state) ? ES_OK : ES_NOT_FINITE;
}

/* The exponent of each column's largest entry; INT_MIN: zeros. */
static void find_largest(const one_layer *b, es_one_layer_closed *f) {
  for (size_t j = 0; j < b->m; j++) {
    double top = 0;
    for (size_t i = 0; i < b->d; i++)
      top = fmax(top, fabs(f->Z0[i + j * b->d]));
    f->largest[j] = INT_MIN;
    if (top > 0) (void)frexp(top, &f->largest[j]);
  }
}

es_status es_one_layer_turn(const one_layer *b, es_one_layer_closed *f,
                            es_diag *diag) {
  const size_t d = b->d, m = b->m;
  f->Z0 = es_zeroed(d, m, sizeof *f->Z0);
  if (f->Z0 == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  if (f->V == NULL)
    memcpy(f->Z0, b->W0, d * m * sizeof *f->Z0);
  else
    es_gemm(false, false, d, m, m, 1, b->W0, d, f->V, m, 0, f->Z0, d);
  return ES_OK;
}

static es_status of_constant(one_layer *b, es_one_layer_closed *f,
                             es_diag *diag) {
  const size_t m = b->m;
  f->value = es_zeroed(m, 1, sizeof *f->value);
  f->largest = es_zeroed(m, 1, sizeof *f->largest);
  if (f->value == NULL || f->largest == NULL)
    return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status =
      es_basis_of(m, es_drive_constant(b->drive), &f->V, f->value, diag);
  if (status == ES_OK) status = es_one_layer_turn(b, f, diag);
  if (status != ES_OK) return status;
  find_largest(b, f);
  if (f->V == NULL || b->root == NULL) return ES_OK;
  f->R = es_zeroed(m, m, sizeof *f->R);
  if (f->R == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_gemm(true, false, m, m, m, 1, f->V, m, b->root, m, 0, f->R, m);
  return ES_OK;
}

es_status es_one_layer_close_form(one_layer *b, es_diag *diag) {
  bool found = b->constant;
  if (!found && es_drive_c(b->drive) == NULL) return ES_OK;
  es_one_layer_closed *f = calloc(1, sizeof *f);
  if (f == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  const es_status status = b->constant ? of_constant(b, f, diag)
                                       : es_one_layer_align(b, f, &found, diag);
  if (status == ES_OK && found)
    b->closed = f;
  else
    es_one_layer_closed_free(f);
  return status;
}
