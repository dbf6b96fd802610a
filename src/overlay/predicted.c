/* What kernels predict of a run: see joined.h. Curves are computed again from
 * what was stored, Z_0 and gamma, by the descent of ntk/held.h, at the steps
 * that the run logged. */
#include "overlay/joined.h"

#include "metrics/subspace.h"

#include <math.h>
#include <stdlib.h>

typedef struct scratch {
  size_t *at;
  double *Z, *F; /* d×m; rows×d */
} scratch;

static es_status open_scratch(scratch *w, const es_joined *run,
                              const es_frame *frame, es_diag *diag) {
  w->at = calloc(run->rows, sizeof *w->at);
  w->Z = es_zeroed(run->d, frame->held.m, sizeof *w->Z);
  w->F = calloc(run->frames.rows * run->d + 1, sizeof *w->F);
  if (w->at == NULL || w->Z == NULL || w->F == NULL)
    return es_fail(diag, ES_NO_MEMORY, "no memory for the predicted descent");
  for (size_t i = 0; i < run->rows; i++) w->at[i] = (size_t)run->step[i];
  return ES_OK;
}

static void close_scratch(scratch *w) {
  free(w->at);
  free(w->Z);
  free(w->F);
}

/* Share of the final subspace in F; left as it is where one of them was not
 * kept. */
static es_status find_share(double *out, const es_joined *run, const double *F,
                            es_diag *diag) {
  const es_frames *f = &run->frames;
  if (f->after == NULL || F == NULL) return ES_OK;
  return es_subspace_alignment(out, f->rows, f->d, F, f->after, diag);
}

static es_status walk(es_joined *run, const es_frame *frame, scratch *w,
                      const es_held_path *path, double *share, es_diag *diag) {
  es_held_path own = *path;
  own.Z = w->Z;
  const es_status status =
      es_held_descend(&frame->held, run->rate, w->at, run->rows, &own, diag);
  if (status != ES_OK || frame->phi == NULL || run->frames.before == NULL)
    return status;
  es_frame_embed(w->F, frame, run->frames.before, w->Z);
  return find_share(share, run, w->F, diag);
}

/* Descends in a frame's kernel; *share: of the final subspace. */
static es_status descend(es_joined *run, const es_frame *frame,
                         const es_held_path *path, double *share,
                         es_diag *diag) {
  scratch w = {0};
  es_status status = open_scratch(&w, run, frame, diag);
  if (status == ES_OK) status = walk(run, frame, &w, path, share, diag);
  close_scratch(&w);
  return status;
}

/* The first d eigenfunctions: those of positive gamma come first. */
static es_status share_of_top(es_joined *run, es_diag *diag) {
  const es_frame *frame = &run->frames.start;
  const size_t d = run->d;
  if (frame->phi == NULL) return ES_OK;
  double *top = es_zeroed(frame->rows, d, sizeof *top);
  if (top == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  for (size_t i = 0; i < frame->rows; i++)
    for (size_t j = 0; j < d && j < frame->r; j++)
      if (frame->held.gamma[j] > 0)
        top[i * d + j] = frame->phi[i * frame->r + j];
  const es_status status = find_share(&run->shares.top, run, top, diag);
  free(top);
  return status;
}

/* In the end's kernel: no failure where its descent blows up. */
static es_status descend_at_end(es_joined *run, es_diag *diag) {
  const es_held_path path = {.values = run->lambda_end};
  es_diag own = {0};
  for (size_t i = 0; i < run->rows * run->d; i++) run->lambda_end[i] = NAN;
  if (run->frames.end.held.m == 0) return ES_OK;
  const es_status status =
      descend(run, &run->frames.end, &path, &run->shares.end, &own);
  return status == ES_OK || status == ES_NOT_FINITE
             ? ES_OK
             : es_fail(diag, status, "%s", own.message);
}

es_status es_joined_predict(es_joined *run, es_diag *diag) {
  const es_frames *f = &run->frames;
  const es_held_path path = {.curve = run->predicted,
                             .values = run->lambda_start,
                             .loss = run->predicted_loss};
  for (size_t j = 0; j < run->k; j++) {
    const double plateau = es_held_plateau(&f->start.held, j);
    run->plateau[j] = plateau > 0 ? plateau : 1;
  }
  es_status status = descend(run, &f->start, &path, &run->shares.start, diag);
  if (status == ES_OK) status = descend_at_end(run, diag);
  if (status == ES_OK)
    status = find_share(&run->shares.followed, run, f->followed, diag);
  if (status == ES_OK)
    status = find_share(&run->shares.untrained, run, f->before, diag);
  return status == ES_OK ? share_of_top(run, diag) : status;
}
