/* Stationary directions of the population flow (theory.md 6): weight decay adds
 * to a, and a mode collapses where a >= 2c, or without negatives where a > 0.
 * s is that of the stable point which W has the rows for. */
#include "models/linear/one_layer.h"

#include "base/slab.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const es_one_layer_point_columns[] = {"mode", "c",         "a",
                                                  "s",    "collapsed", NULL};

const char *es_one_layer_no_points(const one_layer *b) {
  if (b->n_points > 0) return NULL;
  return es_drive_mode_of(b->drive) == ES_DRIVE_FIXED
             ? "model.mode=fixed: a fixed X has no stationary points but W X = "
               "eta W; mode=population has"
             : "model.mode=infonce: its stationary points are not known; "
               "mode=population has their limit";
}

/* Without negatives w' = -a w. */
static void drop_negatives(size_t m, es_population_mode *mode) {
  for (size_t j = 0; j < m; j++) {
    mode[j].collapsed = mode[j].a > 0;
    mode[j].s = mode[j].collapsed ? 0 : NAN;
  }
}

static es_status leave_room(one_layer *b, es_diag *diag) {
  if (b->d >= b->m) return ES_OK;
  bool *occupied = calloc(b->m, sizeof *occupied);
  if (occupied == NULL)
    return es_fail(diag, ES_NO_MEMORY, "no memory for stationary points");
  es_population_occupied(b->m, b->mode, b->d, occupied);
  for (size_t j = 0; j < b->m; j++)
    if (!occupied[j] && !isnan(b->mode[j].s)) b->mode[j].s = 0;
  free(occupied);
  return ES_OK;
}

es_status es_one_layer_find_points(one_layer *b, es_diag *diag) {
  const double *C = es_drive_c(b->drive), *A = es_drive_a(b->drive);
  const size_t m = b->m;
  if (C == NULL) return ES_OK;
  double *decayed = es_zeroed(m, m, sizeof *decayed);
  double **const one[] = {&b->mode_c, &b->mode_a, &b->mode_s};
  bool whole = decayed != NULL;
  for (size_t i = 0; i < 3; i++)
    whole = (*one[i] = es_zeroed(m, 1, sizeof(double))) && whole;
  b->modes = es_zeroed(m, m, sizeof *b->modes);
  b->mode = es_zeroed(m, 1, sizeof *b->mode);
  if (!whole || b->modes == NULL || b->mode == NULL) {
    free(decayed);
    return es_fail(diag, ES_NO_MEMORY, "no memory for stationary points");
  }
  memcpy(decayed, A, m * m * sizeof *A);
  for (size_t j = 0; j < m; j++) decayed[j + j * m] += b->eta;
  es_status status =
      es_population_modes(m, C, decayed, b->mode, b->modes, diag);
  free(decayed);
  if (status == ES_OK && !es_drive_repels(b->drive)) drop_negatives(m, b->mode);
  if (status == ES_OK) status = leave_room(b, diag);
  b->n_points = status == ES_OK ? m : 0;
  for (size_t j = 0; j < b->n_points; j++) {
    b->mode_c[j] = b->mode[j].c;
    b->mode_a[j] = b->mode[j].a;
    b->mode_s[j] = b->mode[j].s;
  }
  return status;
}

size_t es_one_layer_n_points(const void *self) {
  return ((const one_layer *)self)->n_points;
}

void es_one_layer_point(const void *self, size_t j, double *row) {
  const es_population_mode *mode = &((const one_layer *)self)->mode[j];
  row[0] = (double)(j + 1);
  row[1] = mode->c;
  row[2] = mode->a;
  row[3] = mode->s;
  row[4] = mode->collapsed;
}

size_t es_one_layer_n_figures(const void *self) {
  return es_one_layer_n_points(self) > 0;
}

void es_one_layer_figure(const void *self, size_t j, es_model_figure *out) {
  const one_layer *b = self;
  size_t collapsed = 0;
  (void)j;
  for (size_t i = 0; i < b->n_points; i++) collapsed += b->mode[i].collapsed;
  *out = (es_model_figure){"collapsed", "collapsed modes", (double)collapsed};
}
