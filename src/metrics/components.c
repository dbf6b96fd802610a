/* Principal components: see components.h. A block of centred samples is Z, d×B,
 * column-major. */
#include "metrics/components.h"

#include "base/finite.h"
#include "base/slab.h"
#include "linalg/linalg.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 128 };
static const double dead = 1e-12; /* of the first variance */

struct es_components {
  size_t d, living;
  double *mean, *variance; /* d */
  double *V;               /* d×d, components as columns */
  double *Z, *P;           /* d×BLOCK: samples, and what becomes of them */
  es_slab slab;
};

static es_status allocate(es_components *c, es_diag *diag) {
  const size_t d = c->d;
  const size_t V = es_size_product(d, d), Z = es_size_product(d, BLOCK);
  size_t total = 0;
  es_slab_add(&total, d, sizeof(double));
  es_slab_add(&total, d, sizeof(double));
  es_slab_add(&total, V, sizeof(double));
  es_slab_add(&total, Z, sizeof(double));
  es_slab_add(&total, Z, sizeof(double));
  const es_status status = es_slab_open(&c->slab, total, diag);
  if (status != ES_OK) return status;
  c->mean = es_slab_take(&c->slab, d, sizeof(double));
  c->variance = es_slab_take(&c->slab, d, sizeof(double));
  c->V = es_slab_take(&c->slab, V, sizeof(double));
  c->Z = es_slab_take(&c->slab, Z, sizeof(double));
  c->P = es_slab_take(&c->slab, Z, sizeof(double));
  return ES_OK;
}

/* A block of samples less the mean. */
static void fill(es_components *c, size_t count, const float *x) {
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < c->d; j++)
      c->Z[i * c->d + j] = (double)x[i * c->d + j] - c->mean[j];
}

static void find_mean(es_components *c, size_t n, const float *x) {
  const size_t d = c->d;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < d; j++)
      c->mean[j] += ((double)x[i * d + j] - (double)x[j]) / (double)n;
  for (size_t j = 0; j < d; j++) c->mean[j] += (double)x[j];
}

static es_status decompose(es_components *c, size_t n, const float *x,
                           es_diag *diag) {
  const size_t d = c->d;
  find_mean(c, n, x);
  for (size_t i = 0; i < n; i += BLOCK) {
    const size_t count = n - i < BLOCK ? n - i : BLOCK;
    fill(c, count, x + i * d);
    es_syrk(d, count, 1 / (double)n, c->Z, i == 0 ? 0 : 1, c->V);
  }
  if (!es_all_finite(d * d, c->V))
    return es_fail(diag, ES_NOT_FINITE, "features are not finite");
  const es_status status = es_eigen_symmetric(d, c->V, c->variance, true, diag);
  if (status != ES_OK) return status;
  es_eigen_falling(d, c->variance, c->V);
  for (size_t j = 0; j < d; j++) {
    if (c->variance[j] < 0) c->variance[j] = 0;
    if (c->variance[j] > dead * c->variance[0]) c->living = j + 1;
  }
  return ES_OK;
}

es_status es_components_new(es_components **out, size_t n, size_t d,
                            const float *x, es_diag *diag) {
  *out = NULL;
  if (n == 0 || d == 0)
    return es_fail(diag, ES_BAD_SHAPE,
                   "%zu samples of %zu features: expected some of both", n, d);
  es_components *c = calloc(1, sizeof *c);
  if (c == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  c->d = d;
  const int threads = es_blas_serial();
  es_status status = allocate(c, diag);
  if (status == ES_OK) status = decompose(c, n, x, diag);
  es_blas_resume(threads);
  if (status == ES_OK)
    *out = c;
  else
    es_components_free(c);
  return status;
}

void es_components_free(es_components *components) {
  if (components == NULL) return;
  es_slab_close(&components->slab);
  free(components);
}

const double *es_components_variances(const es_components *components) {
  return components->variance;
}

void es_components_of(const es_components *components, float *out, size_t n,
                      const float *x, size_t from, size_t to) {
  es_components c = *components; /* its scratch is written, nothing else */
  const size_t d = c.d, width = to - from + 1;
  const int threads = es_blas_serial();
  for (size_t i = 0; i < n; i += BLOCK) {
    const size_t count = n - i < BLOCK ? n - i : BLOCK;
    fill(&c, count, x + i * d);
    es_gemm(true, false, width, count, d, 1, c.V + (from - 1) * d, d, c.Z, d, 0,
            c.P, width);
    for (size_t k = 0; k < count * width; k++)
      out[i * width + k] = k % width + from > c.living ? 0 : (float)c.P[k];
  }
  es_blas_resume(threads);
}
