/* Samples with classes: see labelled.h. */
#include "metrics/labelled.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

es_status es_labelled_check(const es_labelled *s, const char *whose,
                            es_diag *diag) {
  if (s->n == 0 || s->d == 0)
    return es_fail(diag, ES_BAD_SHAPE,
                   "%zu %s samples of %zu features: expected some of both",
                   s->n, whose, s->d);
  for (size_t i = 0; i < s->n; i++)
    if (s->label[i] < 0)
      return es_fail(diag, ES_BAD_VALUE, "%s sample %zu has no class", whose,
                     i + 1);
  for (size_t k = 0; k < s->n * s->d; k++)
    if (!isfinite(s->x[k]))
      return es_fail(diag, ES_NOT_FINITE,
                     "feature %zu of %s sample %zu is not finite", k % s->d + 1,
                     whose, k / s->d + 1);
  return ES_OK;
}

static int by_label(const void *a, const void *b) {
  const int x = *(const int *)a, y = *(const int *)b;
  return (x > y) - (x < y);
}

es_status es_classes_of(es_classes *out, const es_labelled *samples,
                        es_diag *diag) {
  *out = (es_classes){0};
  out->label = calloc(samples->n, sizeof *out->label);
  if (out->label == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  for (size_t i = 0; i < samples->n; i++) out->label[i] = samples->label[i];
  qsort(out->label, samples->n, sizeof *out->label, by_label);
  for (size_t i = 0; i < samples->n; i++)
    if (out->n == 0 || out->label[i] != out->label[out->n - 1])
      out->label[out->n++] = out->label[i];
  return ES_OK;
}

void es_classes_free(es_classes *classes) {
  free(classes->label);
  *classes = (es_classes){0};
}

size_t es_classes_find(const es_classes *classes, int label) {
  size_t low = 0, high = classes->n;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (classes->label[middle] < label)
      low = middle + 1;
    else
      high = middle;
  }
  return low < classes->n && classes->label[low] == label ? low : classes->n;
}

size_t es_class_rank(const double *score, size_t n, size_t k) {
  size_t rank = 0;
  if (k >= n) return SIZE_MAX;
  for (size_t j = 0; j < n; j++)
    rank += score[j] > score[k] || (j < k && score[j] == score[k]);
  return rank;
}

void es_accuracy_count(es_accuracy *hits, size_t rank) {
  hits->top1 += rank < 1;
  hits->top5 += rank < 5;
}
