/* A contrastive run with what was predicted of it, and the measures of both.
 * Private to the room. */
#ifndef ES_OVERLAY_CONTRASTIVE_RUN_H
#define ES_OVERLAY_CONTRASTIVE_RUN_H

#include "file/csv.h"

#include <stdbool.h>

enum { ES_PAIRED_NAME = 64 };

/* Two tables, row by row of the same steps. The columns that are compared are
 * those of prediction.csv behind step and t. */
typedef struct es_paired {
  es_table trace, prediction;
  size_t rows, width; /* width: columns that are compared */
  size_t *at;         /* of each in the trace */
  size_t *fed;        /* likewise of its fed_, or trace.columns */
  double theorem;
} es_paired;

/* From a run's folder. ES_FILE_MISSING says what makes the file;
 * ES_FILE_CORRUPT where the tables do not go together. Free in every case. */
es_status es_paired_read(es_paired *out, const char *dir,
                         es_diag *diag) ES_MUST_USE;
void es_paired_free(es_paired *run); /* a zeroed one accepted */

/* Whether both have the same columns. */
bool es_paired_alike(const es_paired *a, const es_paired *b);

/* Name of compared column j, how it begins, and what row i has of it: measured,
 * predicted, of the flow along training (NaN where there is none), and as it
 * started. */
typedef double es_paired_value(const es_paired *run, size_t i, size_t j);
const char *es_paired_name(const es_paired *run, size_t j);
bool es_paired_begins(const es_paired *run, size_t j, const char *with);
bool es_paired_has_fed(const es_paired *run, size_t j);
es_paired_value es_paired_measured, es_paired_predicted, es_paired_fed,
    es_paired_held;

/* Root mean square, over rows and the columns that begin with `name` (are it,
 * where whole), of measured less `of`; relative: over measured's own. NaN where
 * there is no such column. */
double es_paired_error(const es_paired *run, const char *name, bool whole,
                       bool relative, es_paired_value *of);

/* conserved_drift, see contrastive.h. */
double es_paired_drift(const es_paired *run);

/* Rank, or RankMe, of the embedding's covariance in row i; lambda: width
 * numbers of scratch. */
double es_paired_rank(const es_paired *run, size_t i, es_paired_value *of,
                      bool rankme, double *lambda);

#endif
