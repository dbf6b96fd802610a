/* Kernels and embeddings from a run's arrays.h5: see frame.h. */
#include "overlay/frame.h"

#include "file/array.h"
#include "file/h5.h"
#include "file/open.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct source {
  const char *path;
  es_h5_source *file; /* for what is there */
} source;

static void frame_free(es_frame *frame) {
  es_held_free(&frame->held);
  free(frame->phi);
}

void es_frames_free(es_frames *frames) {
  frame_free(&frames->start);
  frame_free(&frames->end);
  free(frames->before);
  free(frames->after);
  free(frames->followed);
  *frames = (es_frames){0};
}

static es_status corrupt(const source *s, const char *name,
                         const es_array *array, es_diag *diag) {
  return es_file_fail(diag, ES_FILE_CORRUPT, s->path,
                      "%s is %zu×%zu, which does not fit the others", name,
                      array->rows, array->cols);
}

/* GROUP/name, which may not be there: an empty array then. */
static es_status read(es_array *out, const source *s, const char *group,
                      const char *name, es_diag *diag) {
  char dataset[80];
  *out = (es_array){0};
  snprintf(dataset, sizeof dataset, "%s/%s", group, name);
  return es_h5_has(s->file, dataset)
             ? es_h5_read_array(out, s->path, dataset, diag)
             : ES_OK;
}

/* phi of the frame, whose held kernel is there. */
static es_status read_functions(es_frame *out, const source *s,
                                const char *group, es_diag *diag) {
  es_array phi;
  const es_status status = read(&phi, s, group, "phi", diag);
  if (status != ES_OK || phi.data == NULL) return status;
  size_t r = 0;
  for (size_t j = 0; j < out->held.m; j++) r += out->held.gamma[j] != 0;
  if (phi.cols != r) {
    const es_status bad = corrupt(s, "phi", &phi, diag);
    es_array_free(&phi);
    return bad;
  }
  out->rows = phi.rows;
  out->r = r;
  out->phi = phi.data;
  return ES_OK;
}

static es_status restore(es_frame *out, const source *s, const es_array *gamma,
                         const es_array *Z0, const es_array *S, size_t d,
                         es_diag *diag) {
  const size_t m = gamma->rows;
  if (Z0->rows != d || Z0->cols != m || gamma->cols != 1)
    return corrupt(s, "Z0", Z0, diag);
  if (S->data != NULL && (S->rows != m || S->cols != m))
    return corrupt(s, "S", S, diag);
  es_diag own = {0};
  es_status status =
      es_held_restore(&out->held, m, gamma->data, d, Z0->data, &own);
  if (status == ES_OK && S->data != NULL)
    status = es_held_restore_spread(&out->held, S->data, &own);
  return status == ES_OK
             ? ES_OK
             : es_file_fail(diag, status, s->path, "%s", own.message);
}

static es_status read_frame(es_frame *out, const source *s, const char *group,
                            size_t d, es_diag *diag) {
  es_array gamma = {0}, Z0 = {0}, S = {0};
  es_status status = read(&gamma, s, group, "gamma", diag);
  if (status == ES_OK) status = read(&Z0, s, group, "Z0", diag);
  if (status == ES_OK) status = read(&S, s, group, "S", diag);
  if (status == ES_OK && gamma.data != NULL) {
    status = restore(out, s, &gamma, &Z0, &S, d, diag);
    if (status == ES_OK) status = read_functions(out, s, group, diag);
  }
  es_array_free(&gamma);
  es_array_free(&Z0);
  es_array_free(&S);
  return status;
}

/* An embedding of the eval pairs, as many as `before` has. */
static es_status read_embedding(double **out, es_frames *f, const source *s,
                                const char *group, const char *name,
                                es_diag *diag) {
  es_array array;
  const es_status status = read(&array, s, group, name, diag);
  if (status != ES_OK || array.data == NULL) return status;
  if (f->rows == 0) f->rows = array.rows;
  if (array.cols != f->d || array.rows != f->rows || f->rows % 2 != 0) {
    const es_status bad = corrupt(s, name, &array, diag);
    es_array_free(&array);
    return bad;
  }
  *out = array.data;
  return ES_OK;
}

static es_status read_all(es_frames *f, const source *s, es_diag *diag) {
  static const char pairs[] = "/prediction/pairs";
  es_status status = read_frame(&f->start, s, "/prediction", f->d, diag);
  if (status == ES_OK)
    status = read_frame(&f->end, s, "/prediction/end", f->d, diag);
  if (status == ES_OK)
    status = read_embedding(&f->before, f, s, "/eval", "start", diag);
  if (status == ES_OK)
    status = read_embedding(&f->after, f, s, "/eval", "end", diag);
  if (status == ES_OK)
    status =
        read_embedding(&f->followed, f, s, "/prediction/followed", "F", diag);
  if (status != ES_OK) return status;
  const es_frame *const frames[] = {&f->start, &f->end};
  for (int k = 0; k < 2; k++)
    if (frames[k]->phi != NULL && frames[k]->rows != f->rows)
      return es_file_fail(diag, ES_FILE_CORRUPT, s->path,
                          "phi has %zu rows, and the embeddings have %zu",
                          frames[k]->rows, f->rows);
  return es_h5_has(s->file, pairs)
             ? es_h5_read(s->file, pairs, &f->pairs, NULL, 0, diag)
             : ES_OK;
}

es_status es_frames_read(es_frames *out, const char *path, size_t d,
                         es_diag *diag) {
  source s = {.path = path};
  *out = (es_frames){.d = d, .pairs = NAN};
  es_status status = es_h5_open(&s.file, path, diag);
  if (status != ES_OK) return status;
  status = read_all(out, &s, diag);
  es_h5_close(s.file);
  if (status != ES_OK) es_frames_free(out);
  return status;
}

void es_frame_embed(double *out, const es_frame *frame, const double *before,
                    const double *Z) {
  const es_held *h = &frame->held;
  const size_t d = h->d, r = frame->r;
  for (size_t i = 0; i < frame->rows; i++) {
    double *row = out + i * d;
    memcpy(row, before + i * d, d * sizeof *row);
    for (size_t j = 0, c = 0; j < h->m && c < r; j++) {
      if (h->gamma[j] == 0) continue;
      const double phi = frame->phi[i * r + c++];
      for (size_t a = 0; a < d; a++)
        row[a] += phi * (Z[a + j * d] - h->Z0[a + j * d]);
    }
  }
}
