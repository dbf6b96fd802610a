/* Weighted nearest neighbours: see neighbours.h. Rows of length one are columns
 * of column-major tiles; a tile of test samples meets all training samples, a
 * tile of them at a time, and each keeps its k nearest in a heap whose root is
 * the farthest of them. */
#include "metrics/neighbours.h"

#include "base/slab.h"
#include "linalg/linalg.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>

/* Samples of a tile. A round of tiles, a thread each, is what stops between. */
enum { TEST_TILE = 64, TRAIN_TILE = 256, ROUND = 64 };

typedef struct near {
  double cosine;
  size_t sample;
} near;

typedef struct scratch { /* of a thread */
  double *A, *B, *C; /* d×TEST_TILE, d×TRAIN_TILE, TRAIN_TILE×TEST_TILE */
  double *score;     /* a class each */
  near *heap;        /* k for each test sample of the tile */
} scratch;

typedef struct search {
  const es_labelled *train, *test;
  es_classes classes;
  size_t k, threads;
  double *shrink[2]; /* 1/|x|, of training and test samples; 0 for zeros */
  es_accuracy *hits; /* of each tile of test samples in a round */
  scratch *own;      /* of each thread */
  es_slab slab;
} search;

static es_status allocate(search *s, es_diag *diag) {
  const size_t d = s->train->d;
  const size_t A = es_size_product(d, TEST_TILE);
  const size_t B = es_size_product(d, TRAIN_TILE);
  const size_t heap = es_size_product(s->k, TEST_TILE);
  size_t total = 0;
  es_slab_add(&total, s->train->n, sizeof(double));
  es_slab_add(&total, s->test->n, sizeof(double));
  es_slab_add(&total, ROUND, sizeof(es_accuracy));
  es_slab_add(&total, s->threads, sizeof(scratch));
  for (size_t t = 0; t < s->threads; t++) {
    es_slab_add(&total, A, sizeof(double));
    es_slab_add(&total, B, sizeof(double));
    es_slab_add(&total, TEST_TILE * TRAIN_TILE, sizeof(double));
    es_slab_add(&total, s->classes.n, sizeof(double));
    es_slab_add(&total, heap, sizeof(near));
  }
  const es_status status = es_slab_open(&s->slab, total, diag);
  if (status != ES_OK) return status;
  s->shrink[0] = es_slab_take(&s->slab, s->train->n, sizeof(double));
  s->shrink[1] = es_slab_take(&s->slab, s->test->n, sizeof(double));
  s->hits = es_slab_take(&s->slab, ROUND, sizeof(es_accuracy));
  s->own = es_slab_take(&s->slab, s->threads, sizeof(scratch));
  for (size_t t = 0; t < s->threads; t++)
    s->own[t] = (scratch){
        es_slab_take(&s->slab, A, sizeof(double)),
        es_slab_take(&s->slab, B, sizeof(double)),
        es_slab_take(&s->slab, TEST_TILE * TRAIN_TILE, sizeof(double)),
        es_slab_take(&s->slab, s->classes.n, sizeof(double)),
        es_slab_take(&s->slab, heap, sizeof(near))};
  return ES_OK;
}

static void measure_lengths(double *shrink, const es_labelled *s) {
  for (size_t i = 0; i < s->n; i++) {
    double square = 0;
    for (size_t j = 0; j < s->d; j++) {
      const double x = (double)s->x[i * s->d + j];
      square += x * x;
    }
    shrink[i] = square > 0 ? 1 / sqrt(square) : 0;
  }
}

static void fill(double *restrict A, const es_labelled *s, const double *shrink,
                 size_t first, size_t count) {
  for (size_t i = first; i < first + count; i++)
    for (size_t j = 0; j < s->d; j++)
      *A++ = (double)s->x[i * s->d + j] * shrink[i];
}

static bool nearer(const near *a, const near *b) {
  return a->cosine > b->cosine ||
         (a->cosine == b->cosine && a->sample < b->sample);
}

/* The root of a heap of n is replaced by what moves down from it. */
static void replace_root(near *heap, size_t n, near with) {
  size_t at = 0;
  for (;;) {
    size_t child = 2 * at + 1;
    if (child >= n) break;
    if (child + 1 < n && nearer(&heap[child], &heap[child + 1])) child++;
    if (!nearer(&with, &heap[child])) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = with;
}

static int by_nearness(const void *a, const void *b) {
  return nearer(a, b) ? -1 : nearer(b, a);
}

/* Scores of the classes from k neighbours, summed from the nearest on. */
static void weigh(const search *s, near *heap, double *score) {
  qsort(heap, s->k, sizeof *heap, by_nearness);
  for (size_t c = 0; c < s->classes.n; c++) score[c] = 0;
  for (size_t i = 0; i < s->k; i++) {
    const int label = s->train->label[heap[i].sample];
    score[es_classes_find(&s->classes, label)] +=
        exp(heap[i].cosine / ES_NEIGHBOURS_TEMPERATURE);
  }
}

/* Training samples from `first` on, against the test samples of the tile. */
static void meet(const search *s, scratch *own, size_t first, size_t count,
                 size_t tests) {
  const size_t d = s->train->d;
  fill(own->B, s->train, s->shrink[0], first, count);
  es_gemm(true, false, count, tests, d, 1, own->B, d, own->A, d, 0, own->C,
          count);
  for (size_t t = 0; t < tests; t++) {
    near *heap = own->heap + t * s->k;
    for (size_t i = 0; i < count; i++) {
      const near found = {own->C[t * count + i], first + i};
      if (nearer(&found, heap)) replace_root(heap, s->k, found);
    }
  }
}

static void search_tile(const search *s, scratch *own, size_t first,
                        es_accuracy *hits) {
  const size_t left = s->test->n - first, n = s->train->n;
  const size_t tests = left < TEST_TILE ? left : TEST_TILE;
  const int threads = es_blas_serial();
  *hits = (es_accuracy){0};
  fill(own->A, s->test, s->shrink[1], first, tests);
  for (size_t i = 0; i < tests * s->k; i++) own->heap[i] = (near){-INFINITY, n};
  for (size_t i = 0; i < n; i += TRAIN_TILE)
    meet(s, own, i, n - i < TRAIN_TILE ? n - i : TRAIN_TILE, tests);
  es_blas_resume(threads);
  for (size_t t = 0; t < tests; t++) {
    const int label = s->test->label[first + t];
    const size_t c = es_classes_find(&s->classes, label);
    weigh(s, own->heap + t * s->k, own->score);
    if (c < s->classes.n && own->score[c] > 0)
      es_accuracy_count(hits, es_class_rank(own->score, s->classes.n, c));
  }
}

static es_status run(search *s, es_accuracy *out, const es_progress *progress,
                     es_diag *diag) {
  const size_t n = s->test->n, tiles = (n + TEST_TILE - 1) / TEST_TILE;
  measure_lengths(s->shrink[0], s->train);
  measure_lengths(s->shrink[1], s->test);
  for (size_t round = 0; round < tiles; round += ROUND) {
    const size_t left = tiles - round, count = left < ROUND ? left : ROUND;
    es_progress_report(progress, "nearest neighbours", (double)round,
                       (double)tiles);
    if (es_progress_stopping(progress))
      return es_fail(diag, ES_INTERRUPTED, "interrupted");
#pragma omp parallel for schedule(dynamic, 1) num_threads((int)s->threads)
    for (size_t t = 0; t < count; t++)
      search_tile(s, &s->own[omp_get_thread_num()], (round + t) * TEST_TILE,
                  &s->hits[t]);
    for (size_t t = 0; t < count; t++) {
      out->top1 += s->hits[t].top1;
      out->top5 += s->hits[t].top5;
    }
  }
  out->top1 /= (double)n;
  out->top5 /= (double)n;
  return ES_OK;
}

es_status es_neighbours_test(es_accuracy *out, const es_labelled *train,
                             const es_labelled *test, size_t k,
                             const es_progress *progress, es_diag *diag) {
  search s = {.train = train,
              .test = test,
              .k = k,
              .threads = (size_t)omp_get_max_threads()};
  *out = (es_accuracy){0};
  es_status status = es_labelled_check(train, "training", diag);
  if (status == ES_OK) status = es_labelled_check(test, "test", diag);
  if (status == ES_OK && test->d != train->d)
    status = es_fail(diag, ES_BAD_SHAPE, "%zu features beside %zu", test->d,
                     train->d);
  if (status == ES_OK && (k == 0 || k > train->n))
    status = es_fail(diag, ES_BAD_VALUE,
                     "%zu neighbours, expected a whole number in [1, %zu]", k,
                     train->n);
  if (status == ES_OK) status = es_classes_of(&s.classes, train, diag);
  if (status == ES_OK) status = allocate(&s, diag);
  if (status == ES_OK) status = run(&s, out, progress, diag);
  es_slab_close(&s.slab);
  es_classes_free(&s.classes);
  return status;
}
