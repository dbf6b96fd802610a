/* One run of a network with what was predicted of it, on the same steps.
 * Private to the room. */
#ifndef ES_OVERLAY_JOINED_H
#define ES_OVERLAY_JOINED_H

#include "overlay/overlay.h"

#include "base/slab.h"
#include <stdbool.h>

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
  double *along;         /* rows×k: measured along predicted eigenfunction j */
  double *overlap;       /* rows×k */
  double *aligned;       /* k: step times of the aligned formula */
  es_overlay_step *mode; /* k */
  es_slab memory;
} es_joined;

/* Reads the files of folder `run`. */
es_status es_joined_read(es_joined *out, const char *run,
                         es_diag *diag) ES_MUST_USE;
void es_joined_free(es_joined *run); /* a zeroed one accepted */

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

/* Mode j was predicted to step within the run; and it did. */
bool es_joined_expected(const es_joined *run, size_t j);
bool es_joined_met(const es_joined *run, size_t j);

#endif
