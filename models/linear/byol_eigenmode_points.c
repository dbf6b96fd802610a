/* Stationary points of `byol-eigenmode` for `fixed-points`: those of its modes,
 * one mode after the other, each beginning with its collapse. */
#include "models/linear/byol_eigenmode.h"

#include "base/slab.h"

#include <stdio.h>

enum { MOST_POINTS = 3, EIGENVALUES = 3 };

es_status es_byol_eigenmode_find_points(byol_eigenmode *b, es_diag *diag) {
  b->points = es_zeroed(b->n, MOST_POINTS, sizeof *b->points);
  if (b->points == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  for (size_t j = 0; j < b->n; j++)
    b->n_points += es_eigenmode_points(&b->mode[j], b->points + b->n_points);
  return ES_OK;
}

const char *const es_byol_eigenmode_point_columns[] = {
    "kind", "p", "s", "tau", "stable", "eig_1", "eig_2", "eig_3", NULL};

size_t es_byol_eigenmode_n_points(const void *self) {
  return ((const byol_eigenmode *)self)->n_points;
}

void es_byol_eigenmode_point(const void *self, size_t j, double *row) {
  const es_eigenmode_point *point = &((const byol_eigenmode *)self)->points[j];
  row[0] = (double)point->kind;
  row[1] = point->p;
  row[2] = point->s;
  row[3] = point->tau;
  row[4] = point->stable;
  for (int k = 0; k < EIGENVALUES; k++) row[5 + k] = point->eig[k];
}

const char *es_byol_eigenmode_point_word(const void *self, size_t j, size_t k) {
  static const char *const kinds[] = {"collapsed", "saddle", "stable",
                                      "degenerate"};
  return k == 0 ? kinds[((const byol_eigenmode *)self)->points[j].kind] : NULL;
}

size_t es_byol_eigenmode_n_figures(const void *self) {
  return ((const byol_eigenmode *)self)->n;
}

void es_byol_eigenmode_figure(const void *self, size_t j,
                              es_model_figure *out) {
  const byol_eigenmode *b = self;
  *out = (es_model_figure){"eta_max", "largest eta with a stationary point",
                           es_eigenmode_eta_max(&b->mode[j])};
  if (b->n > 1) snprintf(out->name, sizeof out->name, "eta_max_%zu", j + 1);
}
