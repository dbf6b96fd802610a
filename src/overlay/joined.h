/* One run of a network with what was predicted of it, on the same steps.
 * Private to the room. */
#ifndef ES_OVERLAY_JOINED_H
#define ES_OVERLAY_JOINED_H

#include "overlay/overlay.h"

#include "base/slab.h"
#include "overlay/frame.h"
#include <stdbool.h>

/* Shares of the final embedding's subspace (metrics/subspace.h) that others
 * have: those that descents predict with the start's kernel, the end's, and one
 * measured along the way; the start kernel's first d eigenfunctions; the
 * embedding at the start. NaN: not known. */
typedef struct es_shares {
  double start, end, followed, top, untrained;
} es_shares;

/* What a null kernel says of the run (nulls.h). NaN: there is none. */
typedef struct es_null {
  double step_log_error, rank_correlation, alignment;
} es_null;

/* Curves are row-major: logged row i of mode or rank j at [i*width + j]. */
typedef struct es_joined {
  size_t rows, d, k; /* logged rows, outputs, modes of prediction.csv; k <= d */
  double rate;       /* flow time per step */
  double theorem;    /* 1: theory.md 1 speaks of the loss; 0: it does not */
  double *step, *t;  /* rows, rising */
  double *loss;      /* rows */
  double *predicted_loss; /* rows: of the descent from the generic start */
  double *lambda;         /* rows×d, falling in j */
  double *predicted;      /* rows×d: descent from the generic start */
  /* rows×d, falling in j: eigenvalues that descents give in the kernel of the
   * start, of the end, and with one measured along the way; NaN: not known. */
  double *lambda_start, *lambda_end, *followed;
  double *along;         /* rows×k: measured along predicted eigenfunction j */
  double *overlap;       /* rows×k */
  double *aligned;       /* k: step times of the aligned formula */
  double *plateau;       /* k: where mode j ends by itself (es_held_plateau) */
  es_overlay_step *mode; /* k */
  es_frames frames;
  es_shares shares;
  es_null other, random;
  double *work; /* 2k + rows numbers, for whoever needs some */
  es_slab memory;
} es_joined;

/* Reads the files of folder `run`. */
es_status es_joined_read(es_joined *out, const char *run,
                         es_diag *diag) ES_MUST_USE;
void es_joined_free(es_joined *run); /* a zeroed one accepted */

/* Fills what the kernels predict, from frames, step, rate and after `along`:
 * curves, losses, eigenvalues and shares. ES_NOT_FINITE where the descent in
 * the start's kernel blows up; in the end's it leaves NaN. */
es_status es_joined_predict(es_joined *run, es_diag *diag) ES_MUST_USE;

/* Fills run->mode from the curves, gamma (m of them, falling) and the step
 * times predicted from the generic start. */
void es_joined_steps(es_joined *run, size_t m, const double *gamma,
                     const double *tau_generic);

/* Where column j of a curve passes level; NaN: not within the run. */
double es_joined_crossing(const es_joined *run, const double *curve,
                          size_t width, size_t j, double level);

/* Column j at time t: linear between the nearest rows that hold a number. */
double es_joined_at(const es_joined *run, const double *curve, size_t width,
                    size_t j, double t);

/* Mode j was predicted to step within the run; and it did; and neither is at
 * the start, where a time has no logarithm. */
bool es_joined_expected(const es_joined *run, size_t j);
bool es_joined_met(const es_joined *run, size_t j);
bool es_joined_timed(const es_joined *run, size_t j);

#endif
