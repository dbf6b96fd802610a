/* A run's files, checked against each other and joined: see joined.h. */
#include "overlay/joined.h"

#include "file/h5.h"
#include "file/open.h"
#include "overlay/sources.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The descent is done again step by step: a table that is no training's must
 * not keep it at work for days. */
#define MOST_STEPS 1e8

/* Numbers that should be equal went through text and sums of steps. */
static const double same = 1e-6;

static es_status bad_trace(const es_sources *s, const char *what,
                           es_diag *diag) {
  return es_file_fail(diag, ES_FILE_CORRUPT, s->trace_path, "%s", what);
}

static es_status bad_prediction(const es_sources *s, const char *what,
                                es_diag *diag) {
  return es_file_fail(diag, ES_FILE_CORRUPT, s->prediction_path, "%s", what);
}

static es_status check_shapes(es_joined *out, const es_sources *s,
                              es_diag *diag) {
  out->rows = s->trace.rows;
  out->k = s->prediction.rows;
  out->d = es_sources_family(&s->trace, "lambda");
  if (out->k == 0) return bad_prediction(s, "predicts no mode", diag);
  if (out->rows == 0) return bad_trace(s, "no row was logged", diag);
  if (es_sources_family(&s->trace, "along") < out->k ||
      es_sources_family(&s->trace, "overlap") < out->k)
    return es_file_fail(diag, ES_FILE_CORRUPT, s->trace_path,
                        "columns along_j and overlap_j up to %zu are needed, "
                        "as many as %s has modes",
                        out->k, s->prediction_path);
  if (s->Z0.rows != out->d || s->Z0.cols != s->gamma.rows ||
      s->gamma.cols != 1 || out->k > out->d || out->d > s->gamma.rows)
    return es_file_fail(diag, ES_FILE_CORRUPT, s->arrays_path,
                        "/prediction/Z0 is %zu×%zu and /prediction/gamma "
                        "%zu×%zu, for %zu eigenvalues in the trace and %zu "
                        "predicted modes",
                        s->Z0.rows, s->Z0.cols, s->gamma.rows, s->gamma.cols,
                        out->d, out->k);
  return ES_OK;
}

static es_status make_room(es_joined *out, es_diag *diag) {
  const size_t rows = out->rows, k = out->k;
  const size_t of_d = es_size_product(rows, out->d);
  const size_t of_k = es_size_product(rows, k);
  const size_t sizes[] = {rows, rows, rows, rows, of_d, of_d, of_d,
                          of_d, of_d, of_k, of_k, k,    k,    2 * k + rows};
  double **const pieces[] = {
      &out->step,     &out->t,         &out->loss,         &out->predicted_loss,
      &out->lambda,   &out->predicted, &out->lambda_start, &out->lambda_end,
      &out->followed, &out->along,     &out->overlap,      &out->aligned,
      &out->plateau,  &out->work};
  enum { PIECES = sizeof sizes / sizeof *sizes };
  size_t more = 0;
  es_slab_add(&more, k, sizeof *out->mode);
  const es_status status =
      es_slab_doubles(&out->memory, pieces, sizes, PIECES, more, diag);
  if (status == ES_OK)
    out->mode = es_slab_take(&out->memory, k, sizeof *out->mode);
  return status;
}

static es_status take_trace(es_joined *out, const es_sources *s,
                            es_diag *diag) {
  if (!es_sources_take(out->step, 1, &s->trace, "step") ||
      !es_sources_take(out->t, 1, &s->trace, "t") ||
      !es_sources_take(out->loss, 1, &s->trace, "loss"))
    return bad_trace(s, "columns step, t and loss are needed", diag);
  es_sources_take_family(out->lambda, out->d, &s->trace, "lambda");
  es_sources_take_family(out->along, out->k, &s->trace, "along");
  es_sources_take_family(out->overlap, out->k, &s->trace, "overlap");
  for (size_t i = 0; i < out->rows * out->d; i++) out->followed[i] = NAN;
  es_sources_take_family(out->followed, out->d, &s->trace, "followed");
  for (size_t i = 0; i < out->rows; i++) {
    const double step = out->step[i];
    if (!(step >= 0 && step < MOST_STEPS) || step != floor(step) ||
        !isfinite(out->t[i]))
      return bad_trace(s, "steps must be whole numbers below 1e8 and t finite",
                       diag);
    if (i > 0 && !(step > out->step[i - 1] && out->t[i] > out->t[i - 1]))
      return bad_trace(s, "step and t must rise from row to row", diag);
  }
  return ES_OK;
}

/* The flow time of a step: the learning rate, or lr/(1 - momentum) where t
 * says so (theory.md 7). The descent knows one rate only. */
static es_status settle_rate(es_joined *out, const es_sources *s,
                             es_diag *diag) {
  const size_t last = out->rows - 1, c = es_table_column(&s->trace, "lr");
  if (c == s->trace.columns) return bad_trace(s, "column lr is needed", diag);
  const double lr = s->trace.value[last * s->trace.columns + c];
  if (!(lr > 0 && isfinite(lr)))
    return bad_trace(s, "lr must be a positive number", diag);
  /* A row at step 0 has no step behind it. */
  for (size_t i = 0; i <= last; i++) {
    const double here = s->trace.value[i * s->trace.columns + c];
    if (out->step[i] > 0 && !(fabs(here - lr) <= same * lr))
      return es_file_fail(diag, ES_FILE_DATA, s->trace_path,
                          "the learning rate varies (%g, then %g): the "
                          "prediction is for a constant one",
                          here, lr);
  }
  out->rate = out->step[last] > 0 ? out->t[last] / out->step[last] : lr;
  if (fabs(out->rate - lr) <= same * lr) out->rate = lr;
  for (size_t i = 0; i <= last; i++)
    if (!(fabs(out->t[i] - out->rate * out->step[i]) <=
          same * fabs(out->t[last])))
      return bad_trace(s, "t is not proportional to step", diag);
  return ES_OK;
}

/* The prediction is of these arrays, and for this learning rate. */
static es_status check_prediction(const es_joined *out, const es_sources *s,
                                  double *tau, es_diag *diag) {
  const es_table *p = &s->prediction;
  const size_t mode = es_table_column(p, "mode"),
               gamma = es_table_column(p, "gamma"),
               step = es_table_column(p, "step");
  if (mode == p->columns || gamma == p->columns || step == p->columns ||
      !es_sources_take(out->aligned, 1, p, "tau") ||
      !es_sources_take(tau, 1, p, "tau_generic"))
    return bad_prediction(
        s, "columns mode, gamma, tau, tau_generic and step are needed", diag);
  for (size_t j = 0; j < out->k; j++) {
    const double *row = p->value + j * p->columns, g = s->gamma.data[j];
    if (row[mode] != (double)(j + 1))
      return bad_prediction(s, "modes must be counted from 1, a row each",
                            diag);
    if (!(fabs(row[gamma] - g) <= same * fabs(g)))
      return bad_prediction(s, "gamma is not that of arrays.h5", diag);
    if (row[step] > 0 && isfinite(row[step]) &&
        !(fabs(tau[j] - row[step] * out->rate) <= same * fabs(tau[j])))
      return es_file_fail(diag, ES_FILE_CORRUPT, s->prediction_path,
                          "predicted for steps of t = %g, trained with %g",
                          tau[j] / row[step], out->rate);
  }
  return ES_OK;
}

static es_status predict(es_joined *out, const char *run, es_diag *diag) {
  es_diag own = {0};
  const es_status status = es_joined_predict(out, &own);
  return status == ES_OK ? ES_OK
                         : es_file_fail(diag, status, run, "%s", own.message);
}

/* A run of an older version is of the covariance loss. */
static es_status take_theorem(es_joined *out, const es_sources *s,
                              es_diag *diag) {
  static const char name[] = "/prediction/theorem";
  es_h5_source *file;
  es_status status = es_h5_open(&file, s->arrays_path, diag);
  out->theorem = 1;
  if (status != ES_OK) return status;
  if (es_h5_has(file, name))
    status = es_h5_read(file, name, &out->theorem, NULL, 0, diag);
  if (status == ES_OK && out->theorem != 0 && out->theorem != 1)
    status = es_h5_refuse(file, diag, ES_FILE_CORRUPT, "%s is %g, not 0 or 1",
                          name, out->theorem);
  es_h5_close(file);
  return status;
}

static es_status join(es_joined *out, const es_sources *s, const char *run,
                      es_diag *diag) {
  double *tau = NULL;
  es_status status = check_shapes(out, s, diag);
  if (status == ES_OK) status = take_theorem(out, s, diag);
  if (status == ES_OK)
    status = es_frames_read(&out->frames, s->arrays_path, out->d, diag);
  if (status == ES_OK) status = make_room(out, diag);
  if (status == ES_OK) status = take_trace(out, s, diag);
  if (status == ES_OK) status = settle_rate(out, s, diag);
  if (status == ES_OK && (tau = calloc(out->k, sizeof *tau)) == NULL)
    status = es_fail(diag, ES_NO_MEMORY, "no memory for step times");
  if (status == ES_OK) status = check_prediction(out, s, tau, diag);
  if (status == ES_OK) status = predict(out, run, diag);
  if (status == ES_OK) es_joined_steps(out, s->gamma.rows, s->gamma.data, tau);
  free(tau);
  return status;
}

es_status es_joined_read(es_joined *out, const char *run, es_diag *diag) {
  *out = (es_joined){.shares = {NAN, NAN, NAN, NAN, NAN}};
  es_sources s;
  es_status status = es_sources_read(&s, run, diag);
  if (status == ES_OK) status = join(out, &s, run, diag);
  es_sources_free(&s);
  if (status != ES_OK) es_joined_free(out);
  return status;
}

void es_joined_free(es_joined *run) {
  es_frames_free(&run->frames);
  es_slab_close(&run->memory);
  *run = (es_joined){0};
}
