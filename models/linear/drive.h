/* What a drive of the contrastive models is made of (contrastive.h), shared by
 * its files: drive_open.c reads the settings, drive_pairs.c hands out pairs,
 * drive_moments.c takes their moments, drive_push.c is the equations. */
#ifndef ES_MODELS_LINEAR_DRIVE_H
#define ES_MODELS_LINEAR_DRIVE_H

#include "models/linear/contrastive.h"
#include "models/linear/population.h"

#include "data/data.h"

#include <stdint.h>

struct es_drive {
  es_drive_mode mode;
  es_infonce_loss loss;
  double temperature, lr;
  bool negatives, mean; /* mean: over pairs, not their sum */
  size_t m, d;          /* of the data; of the maps, from es_drive_begin on */
  size_t n, batch;      /* pairs, of a step; n = 0: matrices, no pairs */
  es_dataset *set;      /* where pairs are drawn anew; NULL: all are held */
  double *all, *all_p;  /* m×n: those held */
  double *x, *xp;       /* m×batch: what a step takes, or the above */
  uint64_t step;        /* whose pairs are in x and xp; UINT64_MAX: none's */
  double *shift;        /* m: taken from every view; NULL: nothing */
  bool from_data;
  unsigned crc;
  double image_shape[3]; /* channels, height, width; zeros: no images */
  double *C, *A;         /* m×m: Cov(x), E[(x'-x)(x'-x)^T]; NULL: not known */
  double *X;             /* m×m: where it is constant; NULL: where not */
  double *Z, *Zp;        /* d×batch: where X is made of pairs */
  double *off;           /* m×batch: x'-x, where X is made of that alone; */
  double *X_step;        /* m×m: of a step, then */
  es_infonce *infonce;
  es_population *population;
};

/* The line for es_zeroed's NULL. */
static inline es_status es_drive_no_memory(es_diag *diag) {
  return es_fail(diag, ES_NO_MEMORY, "no memory for the model");
}

/* Pairs of x and xp, or of [data]: n, m, batch and where they come from
 * (drive_pairs.c). */
es_status es_drive_read_pairs(es_drive *drive, const es_config *config,
                              const es_watch *watch, es_diag *diag) ES_MUST_USE;

/* x and xp become the pairs of a step. */
void es_drive_take(es_drive *drive, uint64_t step);

/* Pair i on some draw, of what is held or from the data set, without the shift
 * where it is drawn. */
void es_drive_pair(const es_drive *drive, size_t i, uint64_t draw, double *x,
                   double *xp);

/* C and A of all pairs on draw 0, a block at a time (drive_moments.c): both
 * divided by n, C about the mean of first views. mean (m; NULL: not asked):
 * that over both views. */
es_status es_drive_moments(es_drive *drive, double *mean, const es_watch *watch,
                           es_diag *diag) ES_MUST_USE;

#endif
