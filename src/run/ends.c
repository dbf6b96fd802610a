/* The last row of a trace: see ends.h. */
#include "run/ends.h"

#include "file/atomic.h"
#include "file/csv.h"

#include <math.h>
#include <stdlib.h>

es_status es_ends_read(double *out, const char *dir, const es_node *names,
                       es_diag *diag) {
  es_table table = {0};
  char *path = es_file_join(dir, "trace.csv");
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = es_table_read(&table, path, diag);
  for (size_t k = 0; status == ES_OK && k < names->n_children; k++) {
    const char *name = names->child[k].text;
    const size_t j = es_table_column(&table, name);
    out[k] = NAN;
    if (j == table.columns)
      status = es_fail(diag, ES_BAD_VALUE, "ends: %s has no column '%.40s'",
                       path, name);
    else if (table.rows > 0)
      out[k] = table.value[(table.rows - 1) * table.columns + j];
  }
  es_table_free(&table);
  free(path);
  return status;
}
