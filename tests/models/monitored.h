/* Rows of a trained network's trace, for tests. */
#ifndef ES_TESTS_MODELS_MONITORED_H
#define ES_TESTS_MODELS_MONITORED_H

#include "tests/models/trained.h"

#include "models/resnet/monitor.h"

/* With k directions to look along; NULL, NULL where k = 0. */
static inline es_monitor *monitor_of(const trained *t, size_t k,
                                     const double *phi, const double *gamma) {
  es_monitor *m;
  es_diag diag = {0};
  assert_ok(es_monitor_new(&m, t->trainer, k, phi, gamma, &diag), diag);
  return m;
}

/* The monitor's own memory. */
static inline const double *row_of(es_monitor *m, const trained *t) {
  const double *row;
  es_diag diag = {0};
  assert_ok(es_monitor_row(m, t->trainer, &row, &diag), diag);
  return row;
}

/* Where a column that must be there stands. */
static inline size_t column(const es_monitor *m, const char *name) {
  for (size_t j = 0; j < es_monitor_columns(m); j++)
    if (strcmp(es_monitor_column(m, j), name) == 0) return j;
  fail_msg("no column %s", name);
  return 0;
}

#endif
