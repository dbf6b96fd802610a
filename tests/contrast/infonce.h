/* What the tests of InfoNCE share: pairs of embeddings, and what roundoff may
 * do.
 *
 * A logit is a sum of products of size kappa; each has some d + 6
 * roundings, of which a weight, a quotient of exponentials, sees twice the
 * largest. Sums over n add n roundings and the exponential some: a weight has a
 * relative error of RELATIVE(d, n, kappa), a term of the gradient that times
 * its size. -ln alpha_ii has it relative to itself, for u/(1+u) <= log1p(u).
 * Roundings do not all go one way: an eighth of that bound is asked for. */
#ifndef ES_TESTS_CONTRAST_INFONCE_H
#define ES_TESTS_CONTRAST_INFONCE_H

#include "tests/check.h"

#include "base/random.h"
#include "linalg/linalg.h"
#include "contrast/infonce_parts.h"

#include <stdlib.h>

#define EPS 0x1p-53
#define RELATIVE(d, n, kappa)                                                  \
  (EPS / 8 * (20 + (double)(n) + 2 * ((double)(d) + 6) * (kappa)))

static inline es_infonce *scratch(size_t d, size_t n, es_infonce_loss loss,
                                  double temperature) {
  es_diag diag = {0};
  es_infonce *out;
  assert_ok(es_infonce_new(&out, d, n, loss, temperature, &diag), diag);
  return out;
}

/* Pairs of embeddings and room for answers. */
typedef struct pairs {
  size_t d, n;
  double *Z, *Zp, *dZ, *dZp, L;
} pairs;

static inline double normal(uint32_t stream, uint64_t k) {
  return es_random_normal(7, ES_STREAM_USER + stream, k);
}

static inline double *room(size_t n) {
  double *out = calloc(n + 1, sizeof *out);
  assert_non_null(out);
  return out;
}

static inline pairs pairs_of(size_t d, size_t n, double scale) {
  const size_t size = d * n;
  pairs p = {d, n, room(size), room(size), room(size), room(size), 0};
  for (size_t k = 0; k < size; k++) {
    p.Z[k] = scale * normal(0, k);
    p.Zp[k] = p.Z[k] + .4 * scale * normal(1, k);
  }
  return p;
}

static inline void pairs_free(pairs *p) {
  free(p->Z);
  free(p->Zp);
  free(p->dZ);
  free(p->dZp);
}

static inline void solve(es_infonce *w, pairs *p) {
  assert_int_equal(es_infonce_gradient(w, p->Z, p->Zp, &p->L, p->dZ, p->dZp),
                   ES_OK);
}

static inline double distance(size_t n, const double *a, const double *b) {
  double sum = 0;
  for (size_t k = 0; k < n; k++) sum += (a[k] - b[k]) * (a[k] - b[k]);
  return sqrt(sum);
}

#endif
