/* Reading tables back: see scan.h. */
#include "sweep/scan.h"

#include "file/csv.h"
#include "file/open.h"
#include "sweep/lines.h"

#include <string.h>

/* Whether n bytes are the header's line or, whole false, what it begins with.
 * Names of keys and columns never need quotes. */
static bool is_header(const es_format *f, const char *line, size_t n,
                      bool whole) {
  const char *end = line + n;
  for (size_t j = 0; j < f->n; j++) {
    const size_t length = strlen(f->name[j]), left = (size_t)(end - line);
    if (left < length) return !whole && memcmp(line, f->name[j], left) == 0;
    if (memcmp(line, f->name[j], length) != 0) return false;
    line += length;
    if (j + 1 == f->n) break;
    if (line == end) return !whole;
    if (*line++ != ',') return false;
  }
  return line == end;
}

/* A kill may come before the header is there. */
static bool is_begun(const es_format *f, const es_lines *lines) {
  return is_header(f, lines->data + lines->at, lines->n - lines->at, false);
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
  if (status == ES_OK && line == NULL && is_begun(format, &lines)) {
    es_lines_close(&lines);
    return ES_OK;
  }
  if (status == ES_OK && (line == NULL || !is_header(format, line, n, true)))
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
