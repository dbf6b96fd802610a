/* The distance loss over tiles of logits, which are symmetric: of two blocks
 * I <= J of columns one tile is made, and serves the rows of both.
 *
 * Rounds. Round r takes the pairs with I + J = r mod the number of blocks: no
 * block is in two of them, so that they run side by side and may add to what
 * belongs to their blocks; and what is added to a block comes in the order of
 * rounds, whatever the number of threads.
 *
 * Shifts. Logits are at most 0, so a row's sum overflows nowhere without a
 * shift; it is too small to keep its digits only where its positive logit, one
 * of its terms, is far below. Where none is, e_ij serves row i and row j alike;
 * elsewhere each row is shifted by its own largest logit, for which tiles are
 * gone over twice; and so where a half square |z_i|^2/2 is large and logits of
 * near points lose their digits: these are then taken from differences.
 *
 * Weights need the sums of all rows. What a tile holds by then, exponentials or
 * logits, is kept where there is room, else made again to the same bits. */
#include "contrast/infonce_parts.h"

#include "base/order.h"
#include "linalg/linalg.h"

#include <math.h>
#include <omp.h>
#include <string.h>

/* exp of it times what underflows is far below roundoff. */
#define FAR -200.

static size_t length(const es_infonce *w, size_t block) {
  const size_t left = w->n - block * w->edge;
  return left < w->edge ? left : w->edge;
}

/* The tile of blocks I and J; H is a place of the thread. */
static es_infonce_tile tile_of(const es_infonce *w, size_t I, size_t J,
                               double *H) {
  const size_t i = I * w->edge, j = J * w->edge, strip = ES_INFONCE_STRIP;
  double *kept = w->kept + (I + J * (J + 1) / 2) * w->edge * w->edge;
  return (es_infonce_tile){.S = w->kept != NULL ? kept : H,
                           .H = H,
                           .edge = w->edge,
                           .rows = (length(w, I) + strip - 1) / strip * strip,
                           .cols = length(w, J),
                           .row_h = w->h + i,
                           .col_h = w->h + j,
                           .row_m = w->m + i,
                           .col_m = w->m + j,
                           .row_f = w->f + i,
                           .col_f = w->f + j};
}

/* S of blocks I and J; a sample is not its own negative. */
static void multiply(const es_infonce *w, size_t I, size_t J,
                     const es_infonce_tile *t) {
  const size_t i = I * w->edge, j = J * w->edge, d = w->d;
  es_gemm(true, false, length(w, I), t->cols, d, 1, w->C + i * d, d,
          w->C + j * d, d, 0, t->S, t->edge);
  if (I == J)
    for (size_t k = 0; k < t->cols; k++)
      t->S[k + k * t->edge] = -ES_INFONCE_NONE;
}

/* What a tile is used for. */
typedef void tile_use(es_infonce *w, size_t I, size_t J, es_infonce_tile *t,
                      const void *given);

static void for_tiles(es_infonce *w, tile_use *use, const void *given) {
  const size_t size = w->edge * w->edge;
#pragma omp parallel num_threads(                                              \
    (int)es_least((size_t)omp_get_max_threads(), w->threads))
  {
    const int before = es_blas_serial();
    double *H = w->tile + (size_t)omp_get_thread_num() * size;
    for (size_t round = 0; round < w->blocks; round++)
#pragma omp for schedule(dynamic)
      for (size_t I = 0; I < w->blocks; I++) {
        const size_t J = (round + w->blocks - I) % w->blocks;
        if (I > J) continue;
        es_infonce_tile t = tile_of(w, I, J, H);
        use(w, I, J, &t, given);
      }
    es_blas_resume(before);
  }
}

static void read_logits(const es_infonce *w, size_t I, size_t J,
                        const es_infonce_tile *t) {
  const size_t step = w->edge * w->d;
  w->kernel->logits(t, w->d, w->Z + I * step, w->Z + J * step);
}

/* A tile's S again, where it was not kept; sums go nowhere. */
static void restore(es_infonce *w, size_t I, size_t J, es_infonce_tile *t) {
  double row[ES_INFONCE_EDGE] __attribute__((aligned(64))) = {0};
  double col[ES_INFONCE_EDGE] = {0};
  if (w->kept != NULL) return;
  multiply(w, I, J, t);
  t->row_sum = row, t->col_sum = col;
  if (w->own)
    read_logits(w, I, J, t);
  else
    w->kernel->exponentials(t);
}

static void add_joint(es_infonce *w, size_t I, size_t J, es_infonce_tile *t,
                      const void *given) {
  double unused[ES_INFONCE_EDGE] __attribute__((aligned(64))) = {0};
  (void)given;
  multiply(w, I, J, t);
  t->col_sum = w->rest + J * w->edge;
  t->row_sum = I == J ? unused : w->rest + I * w->edge;
  w->kernel->exponentials(t);
}

/* rest of a block, and m, after more logits with these largest ones. */
static void rescale(size_t n, double *rest, double *m, const double *most) {
  for (size_t i = 0; i < n; i++)
    if (most[i] > m[i]) {
      rest[i] *= exp(m[i] - most[i]);
      m[i] = most[i];
    }
}

static void add_own(es_infonce *w, size_t I, size_t J, es_infonce_tile *t,
                    const void *given) {
  double row[ES_INFONCE_EDGE] __attribute__((aligned(64)));
  double col[ES_INFONCE_EDGE] __attribute__((aligned(64)));
  const size_t i = I * w->edge, j = J * w->edge;
  (void)given;
  memcpy(row, w->m + i, t->rows * sizeof *row);
  memcpy(col, w->m + j, t->cols * sizeof *col);
  t->row_sum = row, t->col_sum = col;
  multiply(w, I, J, t);
  read_logits(w, I, J, t);
  w->kernel->maxima(t);
  rescale(t->cols, w->rest + j, w->m + j, col);
  if (I != J) rescale(length(w, I), w->rest + i, w->m + i, row);
  t->row_sum = I == J ? row : w->rest + i;
  t->col_sum = w->rest + j;
  w->kernel->own_sums(t);
}

/* Logits of the pairs; the least of them, or NaN where one is too large. */
static double read_pairs(es_infonce *w, const double *Z, const double *Zp) {
  const size_t d = w->d;
  double least = 0;
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < w->n; i++) {
    double square = 0;
    for (size_t k = i * d; k < (i + 1) * d; k++)
      square += (Z[k] - Zp[k]) * (Z[k] - Zp[k]);
    w->pair[i] = -square / 2;
  }
  for (size_t i = 0; i < w->n; i++) {
    if (!(-w->pair[i] <= ES_INFONCE_LARGEST)) return NAN;
    least = fmin(least, w->pair[i]);
  }
  return least;
}

es_status es_infonce_sums(es_infonce *w, const double *Z, const double *Zp) {
  const double least = read_pairs(w, Z, Zp), most = es_infonce_centre(w, Z);
  if (isnan(least) || isnan(most)) return ES_NOT_FINITE;
  w->own = least < FAR || 2 * most > ES_INFONCE_LARGE;
  w->Z = Z;
  for (size_t i = 0; i < w->n; i++) {
    w->rest[i] = 0;
    w->m[i] = w->own ? w->pair[i] : 0;
  }
  for_tiles(w, w->own ? add_own : add_joint, NULL);
  for (size_t i = 0; i < w->n; i++)
    w->f[i] = 1 / (w->rest[i] + exp(w->pair[i] - w->m[i]));
  return ES_OK;
}

typedef struct matrices {
  size_t v;
  const double *V;
  double *Y;
} matrices;

static void add_weights(es_infonce *w, size_t I, size_t J, es_infonce_tile *t,
                        const void *given) {
  double unused[ES_INFONCE_EDGE] __attribute__((aligned(64))) = {0};
  const matrices *a = given;
  const size_t i = I * w->edge, j = J * w->edge, v = a->v;
  const size_t rows = length(w, I), cols = length(w, J);
  restore(w, I, J, t);
  t->col_sum = w->sum + j;
  t->row_sum = I == J ? unused : w->sum + i;
  (w->own ? w->kernel->own_weights : w->kernel->weights)(t);
  es_gemm(false, false, v, cols, rows, 1, a->V + i * v, v, t->H, t->edge, 1,
          a->Y + j * v, v);
  if (I != J)
    es_gemm(false, true, v, rows, cols, 1, a->V + j * v, v, t->H, t->edge, 1,
            a->Y + i * v, v);
}

void es_infonce_apply(es_infonce *w, size_t v, const double *V, double *Y) {
  memset(Y, 0, v * w->n * sizeof *Y);
  memset(w->sum, 0, w->n * sizeof *w->sum);
  for_tiles(w, add_weights, &(matrices){v, V, Y});
}
