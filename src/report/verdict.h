/* Criteria of an experiment, evaluated on its own CSV files:
 *   max |relative_error| in descent/steps.csv where gap > 0.1 < 0.02
 *   slope sup_error by init_scale in alpha/table.csv > 0.38
 *   max value in run/agreement.csv where metric is curve_error < 1e-5
 *   max |loss| in kernel/trace.csv minus features/trace.csv < 1e-6
 *   min s_1-p_1^2/10 in flow/trace.csv where t > 5 > 0
 *   min t in slow/trace.csv where s_1 > 0.4 over min t in fast/trace.csv where
 *     s_1 > 0.4 > 2
 * that is: TERM [minus TERM | over TERM] OP NUMBER, their difference or ratio,
 * a term being
 *   AGGREGATE COLUMN in FILE [minus FILE] [where CLAUSE [and CLAUSE …]]
 * a clause COLUMN OP NUMBER or COLUMN is WORD, and a column's name may be
 * arithmetic over names (expression.h); minus FILE takes the same column of the
 * same row of a second file off before |…|, and clauses look at the first file;
 * with max, min, mean, median or count, |COLUMN| for absolute values, and
 * < <= > >=; slope Y by X is the least-squares slope of ln Y over ln X, and
 * rate Y by X that of ln Y over X. */
#ifndef ES_REPORT_VERDICT_H
#define ES_REPORT_VERDICT_H

#include <eigenstep/status.h>
#include <stdbool.h>

typedef struct es_verdict {
  const char *criterion; /* the text, the caller's */
  double value, low, high;
  const char *verdict; /* "holds", "fails", "inconclusive" */
} es_verdict;

/* Evaluates one criterion; FILE is relative to dir and must not leave it.
 * ES_BAD_VALUE where the text is not of that form; the tables' own errors;
 * ES_FILE_DATA where two files have not as many rows.
 * No selected row (except for count), or a NaN among them, is inconclusive. */
es_status es_verdict_evaluate(es_verdict *out, const char *criterion,
                              const char *dir, es_diag *diag) ES_MUST_USE;

/* Checks the form, before a run, and that every FILE is `known` (NULL: any is).
 * ES_BAD_VALUE. */
es_status es_verdict_check(const char *criterion,
                           bool (*known)(const void *context, const char *file),
                           const void *context, es_diag *diag) ES_MUST_USE;

/* Writes verdict.csv: criterion, value, low, high, verdict. */
es_status es_verdict_write(const char *path, const es_verdict *rows, size_t n,
                           es_diag *diag) ES_MUST_USE;

#endif
