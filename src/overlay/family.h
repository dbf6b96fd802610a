/* A family of theory beside a training: what it says before the first step,
 * what it must measure at the logged rows, what it keeps in the checkpoint, and
 * how a finished run is laid over it. A family is a row of functions and one
 * line in families.c; the program knows none by name.
 *
 * Which family speaks of a run is read from its settings: the first one whose
 * speaks() is true. barlow-twins is the last and speaks of every loss, with
 * `theorem` false where the loss is outside its theorems (theory.md 7). */
#ifndef ES_OVERLAY_FAMILY_H
#define ES_OVERLAY_FAMILY_H

#include "file/h5.h"
#include "models/resnet/trainer.h"

/* What a family is told of a training that is about to start. */
typedef struct es_live_run {
  es_trainer *trainer; /* at its start */
  const es_config *config;
  void (*say)(void *context, const char *line); /* a line for the user */
  void *context;
  double *gamma_1; /* for the kernel's largest eigenvalue, where one is known */
} es_live_run;

typedef struct es_family {
  const char *name; /* of the model: "byol" */
  bool (*speaks)(const es_config *config);

  /* While training. open measures the network as it starts; only asked for with
   * train.predict other than off. rates: it settles train.lr_relative too
   * (es_live_settle_rate), with the kernel that it measures; else that has been
   * done before. */
  bool rates;
  es_status (*open)(void **self, const es_live_run *run, es_diag *diag);
  void (*close)(void *self); /* NULL accepted */
  /* Its eigenfunctions on the eval pairs, which the monitor measures the
   * embedding along (along_j, overlap_j): how many, their values phi
   * (2·eval_n×k, row-major) and eigenvalues gamma, its own memory. NULL: none.
   */
  size_t (*functions)(const void *self, const double **phi,
                      const double **gamma);
  /* Columns that it adds behind the monitor's, and a row of them from the
   * trainer as it is (its last measurement is of the same state). Rows are
   * asked for once each, in order; a checkpoint may fall between two. NULL:
   * none. */
  size_t (*columns)(const void *self);
  void (*column)(const void *self, size_t j, char *name, size_t size);
  es_status (*row)(void *self, es_trainer *trainer, double *out, es_diag *diag);
  /* prediction.csv, whole, before the first step. */
  es_status (*predict)(const void *self, const char *path, es_diag *diag);
  /* After the last step, before the last checkpoint; NULL: nothing. */
  es_status (*end)(void *self, es_trainer *trainer, es_diag *diag);
  /* What overlay reads, under /prediction, at every checkpoint; and what a
   * resumed run cannot measure again (its own state) from there; NULL: nothing.
   */
  es_status (*save)(const void *self, es_h5 *file, es_diag *diag);
  es_status (*load)(void *self, es_h5_source *file, es_diag *diag);

  /* Afterwards: reads n_runs finished runs and writes overlay.csv, steps.csv
   * where modes step, agreement.csv and what else it has into dir (which it
   * makes, once there is something to write), each whole. say: a summary for
   * the user, NULL accepted. */
  es_status (*overlay)(const char *const *run, size_t n_runs, const char *dir,
                       void (*say)(void *context, const char *line),
                       void *context, es_diag *diag);
  const char *plot;          /* kinds of figures of the overlay: "overlay" */
  const char *const *tables; /* names of what it writes; NULL: no more */
} es_family;

/* The family that speaks of a run of these settings; of NULL, for a folder
 * without settings, the last one. */
const es_family *es_family_of(const es_config *config);

/* Removes from dir the tables of all families' overlays, but for those that
 * `but` writes too (NULL: all). */
es_status es_family_forget(const es_family *but, const char *dir,
                           es_diag *diag) ES_MUST_USE;

/* Families in that order; NULL beyond the last. */
const es_family *es_family_list(size_t index);

#endif
