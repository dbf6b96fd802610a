/* How collapsed a representation is, from its numbers: a sample a row. */
#ifndef ES_METRICS_REPRESENTATION_H
#define ES_METRICS_REPRESENTATION_H

#include "base/progress.h"
#include "metrics/collapse.h"

#include <eigenstep/status.h>

/* n×d numbers, row-major as files have them: entry (i,j) at data[i*d + j]. */
typedef struct es_rows {
  size_t n, d;
  const double *data;
  bool center; /* whether the mean row is taken from every row first */
} es_rows;

/* Of its singular values, d of them: zeros stand behind min(n, d). Rows that
 * are all equal are a constant representation, exactly so, where they are
 * centred; there is no threshold. Takes memory for about 2 d² numbers beside
 * the rows, or for 3 n d where n <= d. ES_BAD_SHAPE for no rows or columns, or
 * more of both than LAPACK counts; ES_NOT_FINITE names row and column, from 1;
 * ES_INTERRUPTED. progress may be NULL. */
es_status es_collapse_of_rows(es_collapse *out, const es_rows *rows,
                              const es_progress *progress,
                              es_diag *diag) ES_MUST_USE;

/* The singular values themselves, falling: d of them. The same errors. */
es_status es_singular_of_rows(double *sigma, const es_rows *rows,
                              const es_progress *progress,
                              es_diag *diag) ES_MUST_USE;

#endif
