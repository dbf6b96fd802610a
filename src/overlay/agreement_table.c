/* agreement.csv and what the user reads of it: see agreement.h. */
#include "overlay/agreement.h"

#include "file/csv.h"

#include <stdio.h>

static es_status write_row(es_csv *csv, const es_overlay_metric *row,
                           es_diag *diag) {
  const double cells[] = {row->value, row->low, row->high, row->null};
  es_status status = es_csv_cell_text(csv, row->metric, diag);
  for (int c = 0; status == ES_OK && c < 4; c++)
    status = es_csv_cell(csv, cells[c], diag);
  return status == ES_OK ? es_csv_cell_text(csv, row->verdict, diag) : status;
}

es_status es_agreement_write(const es_overlay_metric *row, size_t n,
                             const char *dir, es_diag *diag) {
  static const char *const names[] = {"metric", "value", "low",
                                      "high",   "null",  "verdict"};
  es_csv csv;
  es_status status = es_csv_open_in(&csv, dir, "agreement.csv", diag);
  if (status != ES_OK) return status;
  status = es_csv_header(&csv, names, 6, diag);
  for (size_t i = 0; status == ES_OK && i < n; i++)
    status = write_row(&csv, &row[i], diag);
  return es_csv_end(&csv, status, diag);
}

void es_agreement_tell(const es_overlay_metric *row, size_t n, int width,
                       void (*say)(void *context, const char *line),
                       void *context) {
  char line[160];
  for (size_t i = 0; say != NULL && i < n; i++) {
    snprintf(line, sizeof line, "%-*s %-12.6g %s", width, row[i].metric,
             row[i].value, row[i].verdict);
    say(context, line);
  }
}
