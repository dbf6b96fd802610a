/* Batches of views: see pairs.h. */
#include "models/resnet/pairs.h"

#include "base/random.h"
#include "base/slab.h"
#include "data/columns.h"
#include "models/resnet/ordering.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 256 };
#define NO_PASS UINT64_MAX
#define MOST_KEPT ((size_t)1 << 30) /* bytes of fixed pairs in memory */

struct es_pairs {
  es_dataset *set;
  size_t n, m, batch;
  es_ordering ordering;
  size_t threads; /* of the loops that draw, as many as scratch has room for */
  bool fixed;
  uint64_t seed, pass; /* order is that of this pass */
  size_t *place;       /* the permutation that the ordering speaks of */
  size_t *order, *shuffle;
  double *scratch; /* threads × m: a view in double */
  double *mean;    /* m, or NULL */
  float *kept;     /* n pairs, two views each; or NULL */
  es_slab slab;
};

typedef struct view_of {
  size_t sample;
  uint64_t draw;
  unsigned which;
} view_of;

static void draw_view(es_pairs *p, view_of v, float *out) {
  double *x = p->scratch + (size_t)omp_get_thread_num() * p->m;
  es_dataset_view(p->set, v.sample, v.draw, v.which, x);
  for (size_t j = 0; j < p->m; j++)
    out[j] = (float)(x[j] - (p->mean == NULL ? 0 : p->mean[j]));
}

static void take_view(es_pairs *p, view_of v, float *out) {
  if (p->kept != NULL && v.draw == 0)
    memcpy(out, p->kept + (2 * v.sample + v.which) * p->m, p->m * sizeof *out);
  else
    draw_view(p, v, out);
}

static es_status measure_mean(es_pairs *p, const es_progress *progress,
                              es_diag *diag) {
  double *block = malloc(2 * BLOCK * p->m * sizeof *block);
  p->mean = calloc(p->m, sizeof *p->mean);
  if (block == NULL || p->mean == NULL) {
    free(block);
    return es_fail(diag, ES_NO_MEMORY, "no memory for a mean image");
  }
  for (size_t first = 0; first < p->n; first += BLOCK) {
    const size_t count = p->n - first < BLOCK ? p->n - first : BLOCK;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < count; i++)
      es_dataset_pair(p->set, first + i, 0, block + 2 * i * p->m,
                      block + (2 * i + 1) * p->m);
    es_columns_add(p->mean, p->m, 2 * count, block);
    es_progress_report(progress, "mean image", (double)first, (double)p->n);
  }
  free(block);
  for (size_t j = 0; j < p->m; j++) p->mean[j] /= 2 * (double)p->n;
  return ES_OK;
}

/* Without the memory for it pairs are drawn again every time. */
static void keep_fixed(es_pairs *p) {
  size_t bytes = 2 * sizeof *p->kept;
  if (!p->fixed || !es_size_mul(&bytes, bytes, p->m) ||
      !es_size_mul(&bytes, bytes, p->n) || bytes > MOST_KEPT)
    return;
  float *kept = malloc(bytes);
  if (kept == NULL) return;
#pragma omp parallel for schedule(static) num_threads((int)p->threads)
  for (size_t k = 0; k < 2 * p->n; k++)
    draw_view(p, (view_of){k / 2, 0, (unsigned)(k % 2)}, kept + k * p->m);
  p->kept = kept;
}

static es_status plan(es_pairs *p, es_diag *diag) {
  size_t total = 0;
  p->threads = (size_t)omp_get_max_threads();
  const size_t cells = es_size_product(p->threads, p->m);
  es_slab_add(&total, p->n, sizeof *p->order);
  es_slab_add(&total, p->n, sizeof *p->shuffle);
  es_slab_add(&total, p->n, sizeof *p->place);
  es_slab_add(&total, cells, sizeof *p->scratch);
  const es_status status = es_slab_open(&p->slab, total, diag);
  if (status != ES_OK) return status;
  p->order = es_slab_take(&p->slab, p->n, sizeof *p->order);
  p->shuffle = es_slab_take(&p->slab, p->n, sizeof *p->shuffle);
  p->scratch = es_slab_take(&p->slab, cells, sizeof *p->scratch);
  p->place = es_slab_take(&p->slab, p->n, sizeof *p->place);
  p->pass = NO_PASS;
  return ES_OK;
}

static void shuffle(const es_pairs *p, size_t *out, size_t n, uint64_t pass) {
  es_random_choose(out, n, n, p->shuffle,
                   es_random_bits(p->seed, ES_STREAM_ORDER, pass),
                   ES_STREAM_ORDER);
}

/* A number that no pass has draws the permutation that chunks and subsets are
 * of; where all samples are alike, it is none. */
static void permute(es_pairs *p) {
  const bool whole =
      p->ordering.kind == ES_ORDER_MULTI_PASS && p->ordering.n == p->n;
  if (!whole) shuffle(p, p->place, p->n, NO_PASS);
  for (size_t i = 0; whole && i < p->n; i++) p->place[i] = i;
}

static es_status open_pairs(es_pairs *p, const es_config *config,
                            const es_progress *progress, es_diag *diag) {
  es_status status = es_dataset_open_whitened(&p->set, config, progress, diag);
  if (status != ES_OK) return status;
  p->n = es_dataset_count(p->set);
  p->m = es_dataset_dim(p->set);
  p->batch = es_config_size(config, "train", "batch");
  p->seed = es_config_size(config, "train", "seed");
  p->fixed = es_config_is(config, "data", "pairs", "fixed");
  if (p->n < 2)
    return es_config_blame(config, "data", "n", diag,
                           "training needs pairs to compare, expected 2 or "
                           "more");
  status = es_ordering_from(&p->ordering, config, p->n, diag);
  if (status == ES_OK) status = plan(p, diag);
  if (status == ES_OK) permute(p);
  if (status == ES_OK && es_config_flag(config, "data", "center"))
    status = measure_mean(p, progress, diag);
  if (status == ES_OK) keep_fixed(p);
  return status;
}

es_status es_pairs_new(es_pairs **out, const es_config *config,
                       const es_progress *progress, es_diag *diag) {
  *out = NULL;
  es_pairs *p = calloc(1, sizeof *p);
  if (p == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory for pairs");
  const es_status status = open_pairs(p, config, progress, diag);
  if (status == ES_OK)
    *out = p;
  else
    es_pairs_free(p);
  return status;
}

void es_pairs_free(es_pairs *pairs) {
  if (pairs == NULL) return;
  es_dataset_free(pairs->set);
  es_slab_close(&pairs->slab);
  free(pairs->mean);
  free(pairs->kept);
  free(pairs);
}

const es_dataset *es_pairs_set(const es_pairs *pairs) { return pairs->set; }
size_t es_pairs_values(const es_pairs *pairs) { return pairs->m; }
size_t es_pairs_batch(const es_pairs *pairs) { return pairs->batch; }
size_t es_pairs_per_epoch(const es_pairs *pairs) {
  return es_ordering_per_epoch(&pairs->ordering);
}

size_t es_pairs_memory(const es_pairs *pairs) {
  return pairs->slab.size +
         (pairs->kept == NULL ? 0 : 2 * pairs->n * pairs->m * sizeof(float));
}

static void set_pass(es_pairs *p, const es_place *place) {
  if (p->pass == place->pass) return;
  shuffle(p, p->order, place->count, place->pass);
  for (size_t k = 0; k < place->count; k++)
    p->order[k] = p->place[place->first + p->order[k]];
  p->pass = place->pass;
}

void es_pairs_fill(es_pairs *p, uint64_t step, float *out) {
  const es_place place = es_ordering_at(&p->ordering, step);
  const uint64_t draw = p->fixed ? 0 : place.pass + 1;
  set_pass(p, &place);
#pragma omp parallel for schedule(static) num_threads((int)p->threads)
  for (size_t k = 0; k < 2 * p->batch; k++) {
    const view_of v = {p->order[place.at + k % p->batch], draw,
                       (unsigned)(k / p->batch)};
    take_view(p, v, out + k * p->m);
  }
}

void es_pairs_fixed(es_pairs *p, size_t first, size_t count, float *out) {
#pragma omp parallel for schedule(static) num_threads((int)p->threads)
  for (size_t k = 0; k < 2 * p->batch; k++) {
    const view_of v = {(first + k % p->batch) % count, 0,
                       (unsigned)(k / p->batch)};
    take_view(p, v, out + k * p->m);
  }
}

void es_pairs_labels(es_pairs *p, uint64_t step, int *out) {
  const es_place place = es_ordering_at(&p->ordering, step);
  set_pass(p, &place);
  for (size_t k = 0; k < p->batch; k++)
    out[k] = es_dataset_label(p->set, p->order[place.at + k]);
}

void es_pairs_fixed_labels(const es_pairs *p, size_t first, size_t count,
                           int *out) {
  for (size_t k = 0; k < p->batch; k++)
    out[k] = es_dataset_label(p->set, (first + k) % count);
}

const double *es_pairs_mean(const es_pairs *pairs) { return pairs->mean; }
