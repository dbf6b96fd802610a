/* The CSV writer: see csv.h. A row is built in memory and handed over in one
 * piece, so that what a reader of the growing file sees ends with a whole row.
 */
#include "file/csv.h"

#include "file/open.h"
#include "file/part.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *name_of(const es_csv *csv) {
  if (csv->part.path != NULL) return csv->part.path;
  return csv->stream == stdout ? "standard output" : "output";
}

/* Unbuffered, a row is a single write(2), however long. */
static void use_part(es_csv *csv) {
  csv->stream = csv->part.stream;
  setvbuf(csv->stream, NULL, _IONBF, 0);
}

es_status es_csv_open(es_csv *csv, const char *path, FILE *stream,
                      es_diag *diag) {
  *csv = (es_csv){.stream = stream};
  if (path == NULL && stream == NULL)
    return es_fail(diag, ES_FILE_WRITE, "a table has neither path nor stream");
  if (path == NULL) return ES_OK;
  const es_status status = es_part_open(&csv->part, path, diag);
  if (status == ES_OK) use_part(csv);
  return status;
}

es_status es_csv_open_in(es_csv *csv, const char *dir, const char *name,
                         es_diag *diag) {
  char *path = es_file_join(dir, name);
  if (path == NULL)
    return es_fail(diag, ES_NO_MEMORY, "no memory for %s", name);
  const es_status status = es_csv_open(csv, path, NULL, diag);
  free(path);
  return status;
}

/* Appends to the row in memory. */
static es_status put(es_csv *csv, const char *bytes, size_t n, es_diag *diag) {
  if (n > csv->room - csv->used) {
    const size_t room = 2 * (csv->used + n) + 256;
    char *line = realloc(csv->line, room);
    if (line == NULL)
      return es_file_fail(diag, ES_NO_MEMORY, name_of(csv),
                          "no memory for a row of %zu bytes", room);
    csv->line = line;
    csv->room = room;
  }
  memcpy(csv->line + csv->used, bytes, n);
  csv->used += n;
  return ES_OK;
}

static es_status send(es_csv *csv, const char *bytes, size_t n, es_diag *diag) {
  if (csv->part.path != NULL) return es_part_write(&csv->part, bytes, n, diag);
  errno = 0;
  if (fwrite(bytes, 1, n, csv->stream) == n && fflush(csv->stream) == 0)
    return ES_OK;
  return es_file_fail(diag, ES_FILE_WRITE, name_of(csv),
                      "cannot be written: %s", strerror(errno));
}

static es_status send_row(es_csv *csv, es_diag *diag) {
  const size_t n = csv->used;
  csv->used = csv->filled = 0;
  return send(csv, csv->line, n, diag);
}

/* A cell as it stands in the file, with what parts it from its neighbour. */
static es_status add_cell(es_csv *csv, const char *bytes, size_t n,
                          es_diag *diag) {
  if (csv->columns == 0)
    return es_file_fail(diag, ES_BAD_SHAPE, name_of(csv),
                        "a row was written before the header");
  const char mark = csv->filled + 1 == csv->columns ? '\n' : ',';
  es_status status = put(csv, bytes, n, diag);
  if (status == ES_OK) status = put(csv, &mark, 1, diag);
  if (status == ES_OK) csv->filled++;
  return status;
}

/* Hands a row over once its last cell is there. */
static es_status end_cell(es_csv *csv, es_diag *diag) {
  return csv->filled == csv->columns ? send_row(csv, diag) : ES_OK;
}

/* RFC 4180's quotes, and quotes for what a reader would trim or skip. */
static bool needs_quotes(const char *text, size_t n) {
  if (n == 0) return true;
  if (strpbrk(text, ",\"\r\n") != NULL) return true;
  return strchr(" \t#", text[0]) != NULL || strchr(" \t", text[n - 1]) != NULL;
}

static es_status add_text(es_csv *csv, const char *text, es_diag *diag) {
  const size_t n = strlen(text);
  if (!needs_quotes(text, n)) return add_cell(csv, text, n, diag);
  char *quoted = n < SIZE_MAX / 4 ? malloc(2 * n + 2) : NULL;
  if (quoted == NULL)
    return es_file_fail(diag, ES_NO_MEMORY, name_of(csv),
                        "no memory for a cell of %zu bytes", n);
  size_t k = 0;
  quoted[k++] = '"';
  for (size_t i = 0; i < n; i++) {
    if (text[i] == '"') quoted[k++] = '"';
    quoted[k++] = text[i];
  }
  quoted[k++] = '"';
  const es_status status = add_cell(csv, quoted, k, diag);
  free(quoted);
  return status;
}

es_status es_csv_cell_text(es_csv *csv, const char *text, es_diag *diag) {
  const es_status status = add_text(csv, text, diag);
  return status == ES_OK ? end_cell(csv, diag) : status;
}

es_status es_csv_cell(es_csv *csv, double value, es_diag *diag) {
  char text[64];
  const size_t n = es_csv_number(text, value);
  const es_status status = add_cell(csv, text, n, diag);
  return status == ES_OK ? end_cell(csv, diag) : status;
}

es_status es_csv_append(es_csv *csv, const char *rows, size_t n,
                        es_diag *diag) {
  if (csv->filled != 0 || csv->columns == 0 || n == 0 || rows[n - 1] != '\n')
    return es_file_fail(diag, ES_BAD_SHAPE, name_of(csv),
                        "what is to be appended is no whole rows");
  return send(csv, rows, n, diag);
}

/* The header as a row in memory. */
static es_status add_header(es_csv *csv, const char *const *names, size_t n,
                            es_diag *diag) {
  if (csv->columns != 0 || n == 0)
    return es_file_fail(diag, ES_BAD_SHAPE, name_of(csv),
                        "a table has one header of one column or more");
  csv->columns = n;
  es_status status = ES_OK;
  for (size_t j = 0; j < n && status == ES_OK; j++)
    status = add_text(csv, names[j], diag);
  return status;
}

es_status es_csv_header(es_csv *csv, const char *const *names, size_t n,
                        es_diag *diag) {
  const es_status status = add_header(csv, names, n, diag);
  return status == ES_OK ? end_cell(csv, diag) : status;
}

es_status es_csv_row(es_csv *csv, const double *values, size_t n,
                     es_diag *diag) {
  if (csv->filled != 0 || n != csv->columns)
    return es_file_fail(diag, ES_BAD_SHAPE, name_of(csv),
                        "a row of %zu values does not fit %zu columns", n,
                        csv->columns - csv->filled);
  es_status status = ES_OK;
  for (size_t j = 0; j < n && status == ES_OK; j++)
    status = es_csv_cell(csv, values[j], diag);
  return status;
}

static void forget(es_csv *csv) {
  free(csv->line);
  *csv = (es_csv){0};
}

es_status es_csv_close(es_csv *csv, es_diag *diag) {
  es_status status = ES_OK;
  if (csv->part.path != NULL)
    status = es_part_commit(&csv->part, diag);
  else if (csv->stream != NULL && ferror(csv->stream))
    status = es_file_fail(diag, ES_FILE_WRITE, name_of(csv),
                          "cannot be written: an earlier write failed");
  forget(csv);
  return status;
}

void es_csv_abandon(es_csv *csv) {
  es_part_abandon(&csv->part);
  forget(csv);
}

es_status es_csv_end(es_csv *csv, es_status status, es_diag *diag) {
  if (status == ES_OK) return es_csv_close(csv, diag);
  es_csv_abandon(csv);
  return status;
}

void es_csv_leave(es_csv *csv) {
  es_part_leave(&csv->part);
  forget(csv);
}

es_status es_csv_sync(es_csv *csv, uint64_t *bytes, es_diag *diag) {
  return es_part_sync(&csv->part, bytes, diag);
}

/* Whether n bytes of the part, from a place on, are these. */
static es_status compare(bool *same, const es_csv *csv, uint64_t from,
                         const char *want, size_t n, es_diag *diag) {
  const int fd = fileno(csv->part.stream);
  char *bytes = malloc(n);
  size_t got = 0;
  if (bytes == NULL)
    return es_file_fail(diag, ES_NO_MEMORY, name_of(csv),
                        "no memory for %zu bytes", n);
  const int error = lseek(fd, (off_t)from, SEEK_SET) < 0
                        ? errno
                        : es_file_pull(fd, bytes, n, &got);
  *same = got == n && memcmp(bytes, want, n) == 0;
  free(bytes);
  if (error == 0) return ES_OK;
  return es_file_fail(diag, ES_FILE_CORRUPT, name_of(csv), "cannot be read: %s",
                      strerror(error));
}

/* The header that should be there stands in csv->line. */
static es_status check_left(const es_csv *csv, uint64_t bytes, es_diag *diag) {
  const size_t n = csv->used;
  bool same = false;
  es_status status = ES_OK;
  if (bytes >= n) status = compare(&same, csv, 0, csv->line, n, diag);
  if (status != ES_OK) return status;
  if (!same)
    return es_file_fail(diag, ES_FILE_CORRUPT, name_of(csv),
                        "cannot be continued: it begins with another header");
  status = compare(&same, csv, bytes - 1, "\n", 1, diag);
  if (status == ES_OK && !same)
    status = es_file_fail(diag, ES_FILE_CORRUPT, name_of(csv),
                          "cannot be continued: no row ends at byte %" PRIu64,
                          bytes);
  return status;
}

es_status es_csv_reopen(es_csv *csv, const char *path, uint64_t bytes,
                        const char *const *names, size_t n, es_diag *diag) {
  *csv = (es_csv){0};
  es_status status = es_part_find(&csv->part, path, bytes, diag);
  if (status == ES_OK) status = add_header(csv, names, n, diag);
  if (status == ES_OK) status = check_left(csv, bytes, diag);
  if (status == ES_OK) status = es_part_cut(&csv->part, bytes, diag);
  if (status == ES_OK) {
    csv->used = csv->filled = 0;
    use_part(csv);
  } else {
    es_csv_leave(csv);
  }
  return status;
}
