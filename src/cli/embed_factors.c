/* See embed_factors.h. */
#include "cli/embed_factors.h"

#include "base/slab.h"
#include "file/csv.h"
#include "metrics/components.h"
#include "metrics/explained.h"

#include <math.h>
#include <stdlib.h>

enum { MODES = 20, FACTORS = 8, WIDTH = 8, NAME = 64 };
static const char file_name[] = "factors.csv";

typedef struct table {
  const es_dataset *set;
  size_t n, modes, factors;
  double *P; /* n×modes, column-major: components */
  double *F; /* n×WIDTH: numbers of a factor */
  double *G; /* n×modes: what es_explained overwrites */
  double variance[MODES], r2[FACTORS][MODES], first[FACTORS][MODES];
  es_slab slab;
} table;

static es_status allocate(table *t, es_diag *diag) {
  const size_t P = es_size_product(t->n, t->modes);
  const size_t F = es_size_product(t->n, WIDTH);
  size_t total = 0;
  es_slab_add(&total, P, sizeof(double));
  es_slab_add(&total, F, sizeof(double));
  es_slab_add(&total, P, sizeof(double));
  const es_status status = es_slab_open(&t->slab, total, diag);
  if (status != ES_OK) return status;
  t->P = es_slab_take(&t->slab, P, sizeof(double));
  t->F = es_slab_take(&t->slab, F, sizeof(double));
  t->G = es_slab_take(&t->slab, P, sizeof(double));
  return ES_OK;
}

static es_status find_components(table *t, size_t d, const float *embedding,
                                 es_diag *diag) {
  es_components *components;
  float *row = calloc(t->modes, sizeof *row);
  if (row == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = es_components_new(&components, t->n, d, embedding, diag);
  if (status == ES_OK) {
    for (size_t i = 0; i < t->n; i++) {
      es_components_of(components, row, 1, embedding + i * d, 1, t->modes);
      for (size_t j = 0; j < t->modes; j++) t->P[i + j * t->n] = (double)row[j];
    }
    for (size_t j = 0; j < t->modes; j++)
      t->variance[j] = es_components_variances(components)[j];
    es_components_free(components);
  }
  free(row);
  return status;
}

static void read_factor(table *t, size_t k, size_t width) {
  double one[WIDTH];
  for (size_t i = 0; i < t->n; i++) {
    es_dataset_factor_of(t->set, i, k, one);
    for (size_t c = 0; c < width; c++) t->F[i + c * t->n] = one[c];
  }
}

static void explain(table *t, size_t k) {
  const size_t width = es_dataset_factor(t->set, k).width;
  for (size_t j = 0; j < t->modes; j++) {
    double r2[WIDTH];
    read_factor(t, k, width);
    for (size_t i = 0; i < t->n * (j + 1); i++) t->G[i] = t->P[i];
    es_explained(r2, t->F, t->n, width, t->G, j + 1);
    t->first[k][j] = 0;
    for (size_t c = 0; c < width; c++) t->first[k][j] += r2[c] / (double)width;
  }
  es_explained(t->r2[k], t->P, t->n, t->modes, t->F, width);
}

static es_status write_rows(const table *t, es_csv *csv, es_diag *diag) {
  char text[2 * FACTORS][NAME];
  const char *names[2 + 2 * FACTORS] = {"mode", "variance"};
  for (size_t k = 0; k < 2 * t->factors; k++) {
    snprintf(text[k], NAME, "%.48s_%s", es_dataset_factor(t->set, k / 2).name,
             k % 2 == 0 ? "r2" : "first");
    names[2 + k] = text[k];
  }
  es_status status = es_csv_header(csv, names, 2 + 2 * t->factors, diag);
  for (size_t j = 0; status == ES_OK && j < t->modes; j++) {
    double row[2 + 2 * FACTORS] = {(double)(j + 1), t->variance[j]};
    for (size_t k = 0; k < t->factors; k++) {
      row[2 + 2 * k] = t->r2[k][j];
      row[3 + 2 * k] = t->first[k][j];
    }
    status = es_csv_row(csv, row, 2 + 2 * t->factors, diag);
  }
  return status;
}

static es_status write_table(const table *t, const char *dir, es_diag *diag) {
  es_csv csv;
  char *path = es_file_join(dir, file_name);
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = es_csv_open(&csv, path, NULL, diag);
  free(path);
  if (status != ES_OK) return status;
  status = write_rows(t, &csv, diag);
  return es_csv_end(&csv, status, diag);
}

static size_t collect(const table *t, es_figure figure[ES_EMBED_FIGURES]) {
  size_t n = 0;
  for (size_t k = 0; k < t->factors; k++) {
    const char *name = es_dataset_factor(t->set, k).name;
    double best = NAN;
    for (size_t j = 0; j < t->modes; j++) best = fmax(best, t->r2[k][j]);
    snprintf(figure[n].name, sizeof figure[n].name, "%.16s_best", name);
    figure[n++].value = best;
    snprintf(figure[n].name, sizeof figure[n].name, "%.16s_first", name);
    figure[n++].value = t->first[k][t->modes - 1];
  }
  return n;
}

es_status es_embed_factors(es_figure figure[ES_EMBED_FIGURES], size_t *n,
                           const char *dir, const es_dataset *set, size_t d,
                           const float *embedding, es_diag *diag) {
  table t = {.set = set,
             .n = es_dataset_count(set),
             .modes = d < MODES ? d : MODES,
             .factors = es_dataset_factors(set)};
  *n = 0;
  if (t.factors == 0) return es_file_remove(dir, file_name, diag);
  es_status status = allocate(&t, diag);
  if (status == ES_OK) status = find_components(&t, d, embedding, diag);
  for (size_t k = 0; status == ES_OK && k < t.factors; k++) explain(&t, k);
  if (status == ES_OK) status = write_table(&t, dir, diag);
  if (status == ES_OK) *n = collect(&t, figure);
  es_slab_close(&t.slab);
  return status;
}
