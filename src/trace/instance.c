/* An opened model, with what it leaves out filled in: see model.h. */
#include <eigenstep/model.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *es_fate_name(es_fate fate) {
  static const char *const names[] = ES_FATE_NAMES;
  return (unsigned)fate < sizeof names / sizeof *names ? names[fate] : "?";
}

es_status es_instance_open(es_instance *out, const es_model *model,
                           const es_config *config, const es_watch *watch,
                           es_diag *diag) {
  *out = (es_instance){.model = model};
  if (model->name == NULL || model->rhs == NULL || model->start == NULL ||
      (model->shape == NULL && model->n == 0))
    return es_fail(diag, ES_BAD_VALUE,
                   "a model needs a name, rhs, start, and n or shape");
  if ((model->step == NULL) != (model->n_steps == NULL) ||
      (model->state == NULL) != (model->n_states == NULL) ||
      (model->fixed == NULL) !=
          (model->n_fixed == NULL || model->fixed_columns == NULL) ||
      (model->figure == NULL) != (model->n_figures == NULL) ||
      (model->separatrix == NULL) !=
          (model->n_separatrix == NULL || model->separatrix_columns == NULL))
    return es_fail(diag, ES_BAD_VALUE,
                   "model %s: step and n_steps, state and n_states, figure "
                   "and n_figures, fixed, n_fixed and fixed_columns go "
                   "together, and so for separatrix",
                   model->name);
  if (model->open != NULL) {
    const es_status status = model->open(&out->self, config, watch, diag);
    if (status != ES_OK) return status;
  }
  out->shape = (es_model_shape){.n = model->n,
                                .n_columns = model->n,
                                .t_last = NAN,
                                .t_blowup = INFINITY};
  if (model->shape != NULL) model->shape(out->self, &out->shape);
  if (out->shape.n == 0 ||
      (model->observe == NULL && out->shape.n_columns > out->shape.n)) {
    es_instance_close(out);
    return es_fail(diag, ES_BAD_VALUE,
                   "model %s: no state, or more columns than state and no "
                   "observe",
                   model->name);
  }
  if (model->exact == NULL) out->shape.has_exact = false;
  if (model->events == NULL) out->shape.n_events = 0;
  return ES_OK;
}

void es_instance_close(es_instance *i) {
  if (i->model != NULL && i->model->close != NULL) i->model->close(i->self);
  *i = (es_instance){0};
}

void es_instance_start(const es_instance *i, double *y, double *scale) {
  for (size_t k = 0; k < i->shape.n; k++) scale[k] = 1;
  i->model->start(i->self, y, scale);
}

void es_instance_column(const es_instance *i, size_t j, char *name,
                        size_t size) {
  if (i->model->column != NULL)
    i->model->column(i->self, j, name, size);
  else
    snprintf(name, size, "y_%zu", j + 1);
}

es_status es_instance_observe(const es_instance *i, double t, const double *y,
                              double *out) {
  if (i->model->observe != NULL) return i->model->observe(i->self, t, y, out);
  memcpy(out, y, i->shape.n_columns * sizeof *out);
  return ES_OK;
}

size_t es_instance_states(const es_instance *i) {
  return i->model->n_states != NULL ? i->model->n_states(i->self) : i->shape.n;
}

void es_instance_state_name(const es_instance *i, size_t j, char *name,
                            size_t size) {
  if (i->model->state_name != NULL)
    i->model->state_name(i->self, j, name, size);
  else
    snprintf(name, size, "state_%zu", j + 1);
}

void es_instance_state(const es_instance *i, const double *y, double *out) {
  if (i->model->state != NULL)
    i->model->state(i->self, y, out);
  else
    memcpy(out, y, i->shape.n * sizeof *out);
}

size_t es_instance_steps(const es_instance *i) {
  return i->model->step != NULL ? i->model->n_steps(i->self) : 0;
}

es_model_step es_instance_step(const es_instance *i, size_t j) {
  es_model_step step = {0};
  i->model->step(i->self, j, &step);
  return step;
}

double es_instance_floor(const es_instance *i) {
  return i->model->floor != NULL ? i->model->floor(i->self) : NAN;
}

es_model_array es_instance_array(const es_instance *i, size_t j) {
  const es_model_array none = {NULL, NULL, 0, 0};
  return i->model->array != NULL ? i->model->array(i->self, j) : none;
}

bool es_instance_factors(const es_instance *i, es_model_factors *out) {
  *out = (es_model_factors){0};
  return i->model->factors != NULL && i->model->factors(i->self, out);
}

const char *es_instance_remark(const es_instance *i) {
  return i->model->remark != NULL ? i->model->remark(i->self) : NULL;
}

bool es_instance_checksum(const es_instance *i, unsigned *crc) {
  *crc = 0;
  return i->model->checksum != NULL && i->model->checksum(i->self, crc);
}
