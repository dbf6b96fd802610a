/* Reading tables back: see scan.h. */
#include "sweep/scan.h"

#include "file/csv.h"
#include "file/open.h"
#include "sweep/lines.h"

#include <string.h>

/* Names of keys and columns never need quotes. */
static bool is_header(const es_format *f, const char *line, size_t n) {
  const char *end = line + n;
  for (size_t j = 0; j < f->n; j++) {
    const size_t length = strlen(f->name[j]);
    if ((size_t)(end - line) < length || memcmp(line, f->name[j], length) != 0)
      return false;
    line += length;
    if (j + 1 < f->n && (line == end || *line++ != ',')) return false;
  }
  return line == end;
}

es_status es_scan_csv(es_scan *out, const es_format *format, const char *path,
                      uint64_t first, uint64_t last, es_tally *tally,
                      es_scan_take take, void *context, es_diag *diag) {
  es_lines lines;
  const char *line;
  size_t n = 0;
  *out = (es_scan){.next = first};
  es_status status = es_lines_open(&lines, path, diag);
  if (status != ES_OK) return status;
  status = es_lines_next(&lines, &line, &n, diag);
  if (status == ES_OK && (line == NULL || !is_header(format, line, n)))
    status = es_file_fail(diag, ES_FILE_CORRUPT, path,
                          "is not a table of this sweep: another header");
  else
    out->bytes = n + 1;
  while (status == ES_OK) {
    status = es_lines_next(&lines, &line, &n, diag);
    if (status != ES_OK || line == NULL || out->next == last ||
        !es_format_is_row(format, out->next, line, n, tally))
      break;
    if (take != NULL) status = take(context, line, n + 1, diag);
    out->bytes += n + 1;
    out->next++;
  }
  out->whole = status == ES_OK && line == NULL && es_lines_whole(&lines);
  es_lines_close(&lines);
  return status;
}
