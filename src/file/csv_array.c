/* Numbers from CSV or white-space separated text: see array.h. */
#include "file/array.h"

#include "base/text.h"
#include "file/atomic.h"
#include "file/open.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const size_t most_bytes = (size_t)1 << 31;

typedef struct reader {
  const char *at, *end; /* rest of the current line */
  const char *next;     /* next line */
  const char *stop;     /* end of the file's bytes */
  size_t line;          /* of the current line, from 1 */
  size_t room;          /* numbers that fit in out->data */
  es_array *out;        /* rows and cols count what was taken so far */
  const char *path;
  es_diag *diag;
} reader;

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/* Moves to the next line that has more than blanks and a comment. */
static bool next_line(reader *r) {
  while (r->next < r->stop) {
    const char *end = memchr(r->next, '\n', (size_t)(r->stop - r->next));
    if (end == NULL) end = r->stop;
    r->at = r->next;
    r->next = end < r->stop ? end + 1 : end;
    r->line++;
    const char *hash = memchr(r->at, '#', (size_t)(end - r->at));
    if (hash != NULL) end = hash;
    while (end > r->at && is_blank(end[-1])) end--;
    while (r->at < end && is_blank(*r->at)) r->at++;
    r->end = end;
    if (r->at < r->end) return true;
  }
  return false;
}

/* Takes a cell of n characters and the comma or blanks behind it. Returns
 * false at the end of the line; an empty cell (1,,2 or a last comma) has n = 0.
 */
static bool next_cell(const char **cell, size_t *n, bool *after_comma,
                      reader *r) {
  if (r->at == r->end && !*after_comma) return false;
  *cell = r->at;
  while (r->at < r->end && !is_blank(*r->at) && *r->at != ',') r->at++;
  *n = (size_t)(r->at - *cell);
  while (r->at < r->end && is_blank(*r->at)) r->at++;
  *after_comma = r->at < r->end && *r->at == ',';
  if (*after_comma) r->at++;
  while (r->at < r->end && is_blank(*r->at)) r->at++;
  return true;
}

static bool is_not_finite(const char *cell, size_t n) {
  static const char *const words[] = {"nan", "inf", "infinity"};
  if (n > 0 && (*cell == '+' || *cell == '-')) {
    cell++;
    n--;
  }
  for (size_t k = 0; k < 3; k++)
    if (n == strlen(words[k]) && strncasecmp(cell, words[k], n) == 0)
      return true;
  return false;
}

/* A header is a line without any number; nan is a number here, for a row of
 * them must not be taken for names. */
static bool is_header(const reader *first) {
  reader r = *first;
  const char *cell;
  size_t n;
  double x;
  bool after_comma = false;
  while (next_cell(&cell, &n, &after_comma, &r))
    if (es_text_real(&x, cell, n) || is_not_finite(cell, n)) return false;
  return true;
}

static es_status bad_cell(const reader *r, size_t column, const char *cell,
                          size_t n) {
  char copy[64] = "", quoted[32];
  memcpy(copy, cell, n < sizeof copy ? n : sizeof copy - 1);
  const char *what = is_not_finite(cell, n) ? "finite number" : "number";
  if (n == 0)
    return es_file_fail(r->diag, ES_FILE_DATA, r->path,
                        "row %zu, column %zu (line %zu) is empty",
                        r->out->rows + 1, column, r->line);
  return es_file_fail(r->diag, ES_FILE_DATA, r->path,
                      "row %zu, column %zu (line %zu): '%s' is not a %s",
                      r->out->rows + 1, column, r->line,
                      es_text_quote(quoted, sizeof quoted, copy), what);
}

static es_status push(reader *r, size_t k, double x) {
  if (k == r->room) {
    const size_t room = 2 * r->room + 64;
    double *data = realloc(r->out->data, room * sizeof *data);
    if (data == NULL)
      return es_file_fail(r->diag, ES_NO_MEMORY, r->path,
                          "no memory for %zu numbers", room);
    r->out->data = data;
    r->room = room;
  }
  r->out->data[k] = x;
  return ES_OK;
}

static es_status take_row(reader *r) {
  const size_t first = r->out->rows * r->out->cols;
  const char *cell;
  size_t n, columns = 0;
  bool after_comma = false;
  while (next_cell(&cell, &n, &after_comma, r)) {
    double x;
    if (!es_text_real(&x, cell, n)) return bad_cell(r, columns + 1, cell, n);
    const es_status status = push(r, first + columns, x);
    if (status != ES_OK) return status;
    columns++;
  }
  if (r->out->cols == 0) r->out->cols = columns;
  if (columns != r->out->cols)
    return es_file_fail(r->diag, ES_FILE_CORRUPT, r->path,
                        "row %zu (line %zu) has %zu numbers, row 1 has %zu",
                        r->out->rows + 1, r->line, columns, r->out->cols);
  r->out->rows++;
  return ES_OK;
}

static es_status take_rows(reader *r) {
  es_status status = ES_OK;
  bool more = next_line(r);
  if (more && is_header(r)) more = next_line(r);
  for (; more && status == ES_OK; more = next_line(r)) status = take_row(r);
  if (status == ES_OK && r->out->rows == 0)
    status = es_file_fail(r->diag, ES_FILE_DATA, r->path, "holds no numbers");
  return status;
}

es_status es_csv_read_array(es_array *out, const char *path, es_diag *diag) {
  unsigned char *bytes;
  size_t n;
  *out = (es_array){0};
  es_status status = es_file_read(&bytes, &n, path, most_bytes, diag);
  if (status != ES_OK) return status;
  const char *text = (const char *)bytes;
  reader r = {
      .next = text, .stop = text + n, .out = out, .path = path, .diag = diag};
  if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) r.next += 3;
  status = take_rows(&r);
  free(bytes);
  if (status != ES_OK) es_array_free(out);
  return status;
}
