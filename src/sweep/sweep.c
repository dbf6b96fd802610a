/* A sweep from its settings: the points, the columns, and how cells are solved.
 * See sweep.h. */
#include "sweep/own.h"

#include "ode/stepper.h"
#include "sweep/cell.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BARRED(id, name) "|" name
#define METHODS "auto|exact" ES_STEPPERS(BARRED)

static const es_key keys[] = {
    {"time", "t_end", ES_REAL, ES_OPEN_LOW, 0, INFINITY, NULL, "time", NULL,
     "time at which the columns are taken [without end: until the fate is "
     "certain, and the columns are the limits]"},
    {"solver", "method", ES_CHOICE, 0, 0, 0, METHODS, NULL, "auto",
     "auto: the closed form where there is one, else the stepper that suits "
     "the cell"},
    {"solver", "rtol", ES_REAL, ES_OPEN_LOW | ES_OPEN_HIGH, 0, 1, NULL, "1",
     "1e-9", "relative tolerance of a step"},
    {"solver", "atol", ES_REAL, 0, 0, INFINITY, NULL, "start", "1e-12",
     "absolute tolerance of a step, in units of each component's start"},
    {"solver", "max_steps", ES_SIZE, 0, 1, 0x1p53, NULL, "1", "1e6",
     "steps after which a cell is given up"},
    {"solver", "limit", ES_REAL, ES_OPEN_LOW, 0, INFINITY, NULL, "start", NULL,
     "size of a component, in units of its start, at which a cell has diverged "
     "[none]"},
    {"solver", "simd", ES_CHOICE, 0, 0, 0, "auto|avx512|avx2|none", NULL,
     "auto", "vectors across cells, where the model has them"},
};
const es_keys es_sweep_keys = {keys, sizeof keys / sizeof *keys};

static es_status no_memory(es_diag *diag) {
  return es_fail(diag, ES_NO_MEMORY, "no memory for the sweep");
}

/* Every value of every axis against its key, in a copy of the settings. */
static es_status check_values(const es_sweep *s, es_diag *diag) {
  es_config *copy;
  es_status status = es_config_copy(&copy, s->config, diag);
  if (status != ES_OK) return status;
  for (size_t k = 0; status == ES_OK && k < s->n_axes; k++)
    for (size_t i = 0; status == ES_OK && i < s->axis[k].n; i++)
      status = es_config_set_real(copy, s->axis[k].section, s->axis[k].name,
                                  s->axis[k].value[i], diag);
  es_config_free(copy);
  return status;
}

static es_status name_columns(es_sweep *s, const es_instance *instance,
                              es_diag *diag) {
  const size_t some = instance->shape.n_swept, all = instance->shape.n_columns;
  s->n_columns = some > 0 && some < all ? some : all;
  s->from_data = es_instance_checksum(instance, &s->crc);
  s->name = calloc(s->n_columns + 1, sizeof *s->name);
  if (s->name == NULL) return no_memory(diag);
  for (size_t j = 0; j < s->n_columns; j++)
    es_instance_column(instance, j, s->name[j], sizeof *s->name);
  return ES_OK;
}

/* The columns are those of the first cell; where its values do not go together,
 * of the first that opens of some spread over the grid. */
static es_status probe(es_sweep *s, es_diag *diag) {
  enum { PROBES = 64 };
  const es_solver_setup setup = {.model = s->model,
                                 .config = s->config,
                                 .axis = s->axis,
                                 .n_axes = s->n_axes};
  es_solver *solver = NULL;
  const es_instance *instance;
  double *axes = calloc(s->n_axes + 1, sizeof *axes);
  es_status status =
      axes == NULL ? no_memory(diag) : es_solver_new(&solver, &setup, diag);
  if (status == ES_OK) {
    es_points_at(&s->points, 0, axes);
    status = es_solver_open(solver, axes, &instance, diag);
  }
  for (uint64_t i = 1; i < PROBES && es_status_exit_code(status) == 2; i++) {
    const double part = (double)i / (PROBES - 1);
    es_points_at(&s->points, (uint64_t)(part * (double)(s->points.n - 1)),
                 axes);
    if (es_solver_open(solver, axes, &instance, NULL) == ES_OK) status = ES_OK;
  }
  if (status == ES_OK) status = name_columns(s, instance, diag);
  es_solver_free(solver);
  free(axes);
  return status;
}

static bool is_swept(const es_sweep *s, const char *section, const char *name) {
  for (size_t k = 0; k < s->n_axes; k++)
    if (strcmp(s->axis[k].section, section) == 0 &&
        (name == NULL || strcmp(s->axis[k].name, name) == 0))
      return true;
  return false;
}

static es_status check_end(const es_sweep *s, es_diag *diag) {
  if (es_config_has(s->config, "time", "t_end") || s->model->fate != NULL ||
      is_swept(s, "time", "t_end"))
    return ES_OK;
  return es_fail(diag, ES_USAGE,
                 "time.t_end: %s does not say when a fate is certain, so give "
                 "the time at which a cell ends",
                 s->model->name);
}

/* A model's batch takes the cells if the axes are all its own keys. */
static es_status open_batch(es_sweep *s, es_diag *diag) {
  const es_config *c = s->config;
  s->key = calloc(s->n_axes + 1, sizeof *s->key);
  if (s->key == NULL) return no_memory(diag);
  for (size_t k = 0; k < s->n_axes; k++) {
    if (strcmp(s->axis[k].section, "model") != 0 || s->axis[k].choices != NULL)
      return ES_OK;
    s->key[k] = s->axis[k].name;
  }
  s->options =
      (es_cell_options){.t_end = INFINITY,
                        .rtol = es_config_real(c, "solver", "rtol"),
                        .atol = es_config_real(c, "solver", "atol"),
                        .max_steps = es_config_size(c, "solver", "max_steps"),
                        .method = es_config_text(c, "solver", "method"),
                        .simd = es_config_text(c, "solver", "simd")};
  if (es_config_has(c, "time", "t_end"))
    s->options.t_end = es_config_real(c, "time", "t_end");
  if (es_config_has(c, "solver", "limit"))
    s->options.limit = es_config_real(c, "solver", "limit");
  if (s->model->batch == NULL) return ES_OK;
  return s->model->batch->open(&s->batch, c, s->key, s->n_axes, &s->options,
                               diag);
}

/* Whether an axis is a whole number or a list of the model's, of which its
 * columns may depend. */
static bool may_change_columns(const es_sweep *s) {
  const es_keys *own = s->model->keys;
  for (size_t i = 0; own != NULL && i < own->n; i++)
    if (own->key[i].kind != ES_REAL &&
        is_swept(s, own->key[i].section, own->key[i].name))
      return true;
  return false;
}

static es_status build(es_sweep *s, const es_points *points, es_diag *diag) {
  s->axis = calloc(points->n_axes + 1, sizeof *s->axis);
  if (s->axis == NULL) return no_memory(diag);
  s->n_axes = points->n_axes;
  for (size_t k = 0; k < s->n_axes; k++) s->axis[k] = points->axis[k];
  s->points = *points;
  s->points.axis = s->axis;
  s->locks = s->model->takes_data && es_config_given(s->config, "data", NULL);
  s->checks = may_change_columns(s);
  es_status status = check_values(s, diag);
  if (status == ES_OK) status = check_end(s, diag);
  if (status == ES_OK) status = probe(s, diag);
  if (status == ES_OK) status = open_batch(s, diag);
  return status;
}

es_status es_sweep_new_points(es_sweep **out, const es_model *model,
                              const es_config *config, const es_points *points,
                              es_diag *diag) {
  *out = NULL;
  es_sweep *s = calloc(1, sizeof *s);
  if (s == NULL) return no_memory(diag);
  s->model = model;
  s->config = config;
  pthread_mutex_init(&s->opening, NULL);
  const es_status status = build(s, points, diag);
  if (status == ES_OK)
    *out = s;
  else
    es_sweep_free(s);
  return status;
}

es_status es_sweep_new(es_sweep **out, const es_model *model,
                       const es_config *config, const es_axis *axes,
                       size_t n_axes, es_diag *diag) {
  es_points points;
  *out = NULL;
  const es_status status = es_points_grid(&points, axes, n_axes, diag);
  if (status != ES_OK) return status;
  return es_sweep_new_points(out, model, config, &points, diag);
}

void es_sweep_free(es_sweep *s) {
  if (s == NULL) return;
  if (s->model->batch != NULL) s->model->batch->close(s->batch);
  pthread_mutex_destroy(&s->opening);
  free(s->axis);
  free(s->key);
  free(s->name);
  free(s);
}

uint64_t es_sweep_cells(const es_sweep *s) { return s->points.n; }

size_t es_sweep_columns(const es_sweep *s) { return s->n_columns; }

void es_sweep_column(const es_sweep *s, size_t j, char *name, size_t size) {
  snprintf(name, size, "%s", s->name[j]);
}
