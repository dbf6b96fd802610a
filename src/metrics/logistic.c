/* Multinomial logistic regression: see logistic.h. Matrices are column-major: a
 * block of standardised samples is Z, d×rows; scores and what they become, the
 * derivatives by them, are S, K×rows. */
#include "metrics/logistic.h"

#include "base/slab.h"
#include "linalg/linalg.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Parts, on a thread each, that sums are made of; numbers of a block of a part:
 * half a megabyte. */
enum { PARTS = 16, BLOCK_NUMBERS = 1 << 16, LEAST_BLOCK = 16, MOST = 20000 };

static const double constant = 1e-6; /* of the root mean square */

struct es_logistic {
  size_t n, d, K, block;
  const es_labelled *train;
  es_logistic_options options;
  es_classes classes;
  size_t *class; /* of each training sample; NULL once the fit is over */
  double *mean, *shrink; /* d: z = (x - mean)*shrink */
  double *weights;       /* (d + 1)K */
  double *L;             /* d×d: Cholesky factor of the bound */
  double *Z, *S, *G;     /* of each part: d×block, K×block, (d + 1)K */
  double loss[PARTS];
  double first; /* gradient's norm at the start, for progress */
  es_lbfgs_result result;
  es_slab slab;
};

static es_status allocate(es_logistic *m, es_diag *diag) {
  const size_t wish = BLOCK_NUMBERS / (m->d > m->K ? m->d : m->K);
  m->block = wish > LEAST_BLOCK ? wish : LEAST_BLOCK;
  const size_t W = es_size_product(m->d + 1, m->K);
  const size_t Z = es_size_product(m->d, m->block);
  const size_t S = es_size_product(m->K, m->block);
  const size_t dd = es_size_product(m->d, m->d);
  const size_t all[] = {m->d,
                        m->d,
                        W,
                        dd,
                        es_size_product(PARTS, Z),
                        es_size_product(PARTS, S),
                        es_size_product(PARTS, W)};
  double **const taken[] = {&m->mean, &m->shrink, &m->weights, &m->L,
                            &m->Z,    &m->S,      &m->G};
  enum { ALL = sizeof all / sizeof *all };
  return es_slab_doubles(&m->slab, taken, all, ALL, 0, diag);
}

/* Mean and deviation of each feature, the first sample taken off before sums
 * are made: a large mean costs no digits. */
static void standardise(es_logistic *m) {
  const size_t n = m->n, d = m->d;
  const float *x = m->train->x;
  double *mean = m->mean, *square = m->shrink;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < d; j++)
      mean[j] += ((double)x[i * d + j] - (double)x[j]) / (double)n;
  for (size_t j = 0; j < d; j++) mean[j] += (double)x[j];
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < d; j++) {
      const double z = (double)x[i * d + j] - mean[j];
      square[j] += z * z / (double)n;
    }
  for (size_t j = 0; j < d; j++) {
    const double deviation = sqrt(square[j]);
    m->shrink[j] =
        deviation <= constant * hypot(mean[j], deviation) ? 0 : 1 / deviation;
  }
}

/* Samples first … first + count - 1 into Z. */
static void fill(const es_logistic *m, double *restrict Z,
                 const es_labelled *from, size_t first, size_t count) {
  const size_t d = m->d;
  const float *x = from->x + first * d;
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < d; j++)
      Z[i * d + j] = ((double)x[i * d + j] - m->mean[j]) * m->shrink[j];
}

/* S = W Z + b. */
static void scores(const es_logistic *m, const double *weights, const double *Z,
                   size_t count, double *S) {
  const double *b = weights + m->d * m->K;
  for (size_t i = 0; i < count; i++) memcpy(S + i * m->K, b, m->K * sizeof *S);
  es_gemm(true, false, m->K, count, m->d, 1, weights, m->d, Z, m->d, 1, S,
          m->K);
}

/* K scores become softmax less the class's one; returns -ln softmax of it.
 * Where a class is all but certain, its 1 is not taken from what is near 1. */
static double turn(double *s, size_t K, size_t class) {
  size_t first = 0;
  double rest = 0, others = 0;
  for (size_t k = 1; k < K; k++) first = s[k] > s[first] ? k : first;
  const double top = s[first], own = s[class] - top;
  for (size_t k = 0; k < K; k++) {
    s[k] = exp(s[k] - top);
    rest += k == first ? 0 : s[k];
  }
  for (size_t k = 0; k < K; k++) {
    s[k] /= 1 + rest;
    others += k == class ? 0 : s[k];
  }
  s[class] = -others;
  return log1p(rest) - own;
}

static size_t part_start(size_t n, size_t part) {
  return n / PARTS * part + n % PARTS * part / PARTS;
}

/* Sums of part p over its samples: loss, and its gradient. */
static void sum_part(es_logistic *m, const double *weights, size_t p) {
  const size_t d = m->d, K = m->K, to = part_start(m->n, p + 1);
  double *Z = m->Z + p * d * m->block, *S = m->S + p * K * m->block;
  double *G = m->G + p * (d + 1) * K, *b = G + d * K;
  const int threads = es_blas_serial();
  memset(G, 0, (d + 1) * K * sizeof *G);
  m->loss[p] = 0;
  for (size_t i = part_start(m->n, p); i < to; i += m->block) {
    const size_t count = to - i < m->block ? to - i : m->block;
    fill(m, Z, m->train, i, count);
    scores(m, weights, Z, count, S);
    for (size_t k = 0; k < count; k++) {
      m->loss[p] += turn(S + k * K, K, m->class[i + k]);
      for (size_t j = 0; j < K; j++) b[j] += S[k * K + j];
    }
    es_gemm(false, true, d, K, count, 1, Z, d, S, K, 1, G, d);
  }
  es_blas_resume(threads);
}

static double value(void *self, const double *weights, double *g) {
  es_logistic *m = self;
  const size_t d = m->d, K = m->K, size = (d + 1) * K;
  double loss = 0, square = 0;
#pragma omp parallel for schedule(dynamic, 1)
  for (size_t p = 0; p < PARTS; p++) sum_part(m, weights, p);
  memset(g, 0, size * sizeof *g);
  for (size_t p = 0; p < PARTS; p++) {
    loss += m->loss[p];
    for (size_t k = 0; k < size; k++) g[k] += m->G[p * size + k];
  }
  for (size_t k = 0; k < size; k++) g[k] /= (double)m->n;
  for (size_t k = 0; k < d * K; k++) {
    g[k] += m->options.l2 * weights[k];
    square += weights[k] * weights[k];
  }
  return loss / (double)m->n + m->options.l2 / 2 * square;
}

/* The bound, factored with a right-hand side that nobody reads. Features are
 * centred, so that its row of the biases is ½ on the diagonal alone. */
static es_status make_bound(es_logistic *m, es_diag *diag) {
  const size_t d = m->d;
  const int threads = es_blas_serial();
  memset(m->L, 0, d * d * sizeof *m->L);
  for (size_t i = 0; i < m->n; i += m->block) {
    const size_t count = m->n - i < m->block ? m->n - i : m->block;
    fill(m, m->Z, m->train, i, count);
    es_syrk(d, count, .5 / (double)m->n, m->Z, 1, m->L);
  }
  for (size_t j = 0; j < d; j++) m->L[j + j * d] += m->options.l2;
  const es_status status = es_cholesky_solve(d, m->L, 1, m->Z);
  es_blas_resume(threads);
  return status == ES_OK ? ES_OK
                         : es_fail(diag, status,
                                   "l2=%.17g: too small beside features "
                                   "that depend on each other",
                                   m->options.l2);
}

static void precondition(void *self, double *r) {
  es_logistic *m = self;
  const int threads = es_blas_serial();
  es_cholesky_again(m->d, m->L, m->K, r);
  es_blas_resume(threads);
  for (size_t k = 0; k < m->K; k++) r[m->d * m->K + k] *= 2;
}

/* Progress by digits of the gradient. */
static bool stopping(void *self, double gradient) {
  es_logistic *m = self;
  const es_progress *progress = m->options.progress;
  if (m->first == 0) m->first = gradient;
  es_progress_report(progress, "logistic regression", log(m->first / gradient),
                     log(m->first / m->options.tolerance));
  return es_progress_stopping(progress);
}

static es_status fit(es_logistic *m, es_diag *diag) {
  const es_lbfgs_problem problem = {.n = (m->d + 1) * m->K,
                                    .value = value,
                                    .precondition = precondition,
                                    .stopping = stopping,
                                    .self = m};
  standardise(m);
  for (size_t i = 0; i < m->n; i++)
    m->class[i] = es_classes_find(&m->classes, m->train->label[i]);
  const es_status status = make_bound(m, diag);
  return status == ES_OK ? es_lbfgs(&m->result, &problem, m->weights,
                                    m->options.tolerance, MOST, diag)
                         : status;
}

static es_status make(es_logistic *m, es_diag *diag) {
  es_status status = es_labelled_check(m->train, "training", diag);
  if (status == ES_OK && !(m->options.l2 > 0 && m->options.tolerance > 0))
    status = es_fail(diag, ES_BAD_VALUE,
                     "l2 and the tolerance of a logistic regression must be "
                     "positive");
  if (status == ES_OK) status = es_classes_of(&m->classes, m->train, diag);
  m->K = m->classes.n;
  if (status == ES_OK) status = allocate(m, diag);
  if (status != ES_OK) return status;
  m->class = calloc(m->n, sizeof *m->class);
  if (m->class == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  status = fit(m, diag);
  free(m->class);
  m->class = NULL;
  m->train = NULL;
  return status;
}

es_status es_logistic_new(es_logistic **out, const es_labelled *train,
                          const es_logistic_options *options, es_diag *diag) {
  es_logistic *m = calloc(1, sizeof *m);
  *out = NULL;
  if (m == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  m->n = train->n;
  m->d = train->d;
  m->train = train;
  m->options = *options;
  const es_status status = make(m, diag);
  if (status == ES_OK)
    *out = m;
  else
    es_logistic_free(m);
  return status;
}

void es_logistic_free(es_logistic *model) {
  if (model == NULL) return;
  es_classes_free(&model->classes);
  es_slab_close(&model->slab);
  free(model);
}

es_lbfgs_result es_logistic_result(const es_logistic *model) {
  return model->result;
}

const double *es_logistic_weights(const es_logistic *model) {
  return model->weights;
}

const es_classes *es_logistic_classes(const es_logistic *model) {
  return &model->classes;
}

es_status es_logistic_test(es_accuracy *out, const es_logistic *m,
                           const es_labelled *samples, es_diag *diag) {
  *out = (es_accuracy){0};
  const es_status status = es_labelled_check(samples, "test", diag);
  if (status != ES_OK) return status;
  if (samples->d != m->d)
    return es_fail(diag, ES_BAD_SHAPE, "%zu features where %zu were fitted",
                   samples->d, m->d);
  const int threads = es_blas_serial();
  for (size_t i = 0; i < samples->n; i += m->block) {
    const size_t count = samples->n - i < m->block ? samples->n - i : m->block;
    fill(m, m->Z, samples, i, count);
    scores(m, m->weights, m->Z, count, m->S);
    for (size_t k = 0; k < count; k++)
      es_accuracy_count(
          out,
          es_class_rank(m->S + k * m->K, m->K,
                        es_classes_find(&m->classes, samples->label[i + k])));
  }
  es_blas_resume(threads);
  out->top1 /= (double)samples->n;
  out->top5 /= (double)samples->n;
  return ES_OK;
}
