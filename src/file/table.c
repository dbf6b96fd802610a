/* The CSV table reader (RFC 4180): see csv.h. Cells are unquoted and
 * terminated in place, in the bytes of the file. */
#include "file/csv.h"

#include "base/text.h"
#include "file/open.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const size_t most_bytes = (size_t)1 << 31;
enum { FIRST_CHUNK = 1 << 14, LONGEST_HEADER = 1 << 24 };

typedef struct scanner {
  char *at, *end; /* *end is '\0' */
  size_t line;    /* from 1 */
  const char *path;
  es_diag *diag;
} scanner;

typedef struct cells {
  char **cell;
  size_t n, room;
} cells;

static es_status damaged(const scanner *s, const char *what) {
  return es_file_fail(s->diag, ES_FILE_CORRUPT, s->path, "line %zu: %s",
                      s->line, what);
}

static es_status push(cells *all, char *cell, const scanner *s) {
  if (all->n == all->room) {
    const size_t room = 2 * all->room + 64;
    char **grown = realloc(all->cell, room * sizeof *grown);
    if (grown == NULL)
      return es_file_fail(s->diag, ES_NO_MEMORY, s->path,
                          "no memory for %zu cells", room);
    all->cell = grown;
    all->room = room;
  }
  all->cell[all->n++] = cell;
  return ES_OK;
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

static void skip_blanks(scanner *s) {
  while (s->at < s->end && is_blank(*s->at)) s->at++;
}

/* "…" with "" for a quote inside; leaves s->at behind the closing quote, and
 * the end of the cell's text in *last. */
static es_status quoted_cell(char **last, scanner *s) {
  const size_t first_line = s->line;
  char *to = s->at++;
  for (; s->at < s->end; s->at++) {
    if (*s->at == '"' && *++s->at != '"') {
      *last = to;
      return ES_OK;
    }
    if (*s->at == '\n') s->line++;
    *to++ = *s->at;
  }
  s->line = first_line;
  return damaged(s, "a quote is not closed");
}

static void plain_cell(char **last, scanner *s) {
  char *begin = s->at;
  while (s->at < s->end && *s->at != ',' && *s->at != '\n') s->at++;
  *last = s->at;
  while (*last > begin && is_blank((*last)[-1])) (*last)--;
}

/* Takes one cell and what follows it; *ends_row at the end of a row. */
static es_status take_cell(cells *all, bool *ends_row, scanner *s) {
  skip_blanks(s);
  char *begin = s->at, *last = begin;
  if (*begin == '"') {
    const es_status status = quoted_cell(&last, s);
    if (status != ES_OK) return status;
    skip_blanks(s);
  } else {
    plain_cell(&last, s);
  }
  if (s->at < s->end && *s->at != ',' && *s->at != '\n')
    return damaged(s, "text follows a closing quote");
  *ends_row = s->at == s->end || *s->at == '\n';
  if (s->at < s->end) s->at++;
  *last = '\0';
  return push(all, begin, s);
}

/* Takes one row; the first of a table fixes *columns. */
static es_status take_row(cells *all, size_t *columns, scanner *s) {
  const size_t first = all->n, line = s->line;
  bool ends_row = false;
  while (!ends_row) {
    const es_status status = take_cell(all, &ends_row, s);
    if (status != ES_OK) return status;
  }
  const size_t n = all->n - first;
  if (*columns == 0) *columns = n;
  if (n != *columns)
    return es_file_fail(s->diag, ES_FILE_CORRUPT, s->path,
                        "line %zu: %zu cells under a header of %zu", line, n,
                        *columns);
  s->line++;
  return ES_OK;
}

/* Leaves s->at at the next row, or at the end. */
static void skip_blank_lines(scanner *s) {
  skip_blanks(s);
  while (s->at < s->end && *s->at == '\n') {
    s->at++;
    s->line++;
    skip_blanks(s);
  }
}

static es_status take_rows(cells *all, size_t *columns, size_t most,
                           scanner *s) {
  es_status status = ES_OK;
  skip_blank_lines(s);
  for (size_t i = 0; status == ES_OK && i < most && s->at < s->end; i++) {
    status = take_row(all, columns, s);
    skip_blank_lines(s);
  }
  if (status == ES_OK && all->n == 0)
    status = es_file_fail(s->diag, ES_FILE_CORRUPT, s->path,
                          "is empty: a table begins with a header");
  return status;
}

static double value_of(const char *text) {
  double value;
  if (es_text_real(&value, text, strlen(text))) return value;
  if (strcmp(text, "inf") == 0) return INFINITY;
  return strcmp(text, "-inf") == 0 ? -INFINITY : NAN;
}

/* Turns the list of cells into a table; the header's come first. */
static es_status shape_table(es_table *out, const cells *all, size_t columns,
                             const scanner *s) {
  const size_t n = all->n - columns;
  *out = (es_table){.rows = n / columns,
                    .columns = columns,
                    .name = all->cell,
                    .text = all->cell + columns,
                    .value = malloc((n + 1) * sizeof *out->value)};
  if (out->value == NULL)
    return es_file_fail(s->diag, ES_NO_MEMORY, s->path,
                        "no memory for %zu numbers", n);
  for (size_t i = 0; i < n; i++) out->value[i] = value_of(out->text[i]);
  return ES_OK;
}

/* Its length. */
static size_t byte_order_mark(const char *text, size_t n) {
  return n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* The table of at most so many lines (the header is one) in n bytes, which it
 * takes over. */
static es_status parse(es_table *out, char *bytes, size_t n, size_t most,
                       const char *path, es_diag *diag) {
  size_t columns = 0;
  es_status status = ES_OK;
  scanner s = {bytes, bytes + n, 1, path, diag};
  cells all = {0};
  if (memchr(bytes, '\0', n) != NULL)
    status = es_file_fail(diag, ES_FILE_CORRUPT, path,
                          "is not text: it has a byte 0");
  s.at += byte_order_mark(bytes, n);
  if (status == ES_OK) status = take_rows(&all, &columns, most, &s);
  if (status == ES_OK) status = shape_table(out, &all, columns, &s);
  out->bytes = bytes;
  out->name = all.cell;
  if (status != ES_OK) es_table_free(out);
  return status;
}

es_status es_table_read(es_table *out, const char *path, es_diag *diag) {
  unsigned char *bytes;
  size_t n;
  *out = (es_table){0};
  const es_status status = es_file_read(&bytes, &n, path, most_bytes, diag);
  if (status != ES_OK) return status;
  return parse(out, (char *)bytes, n, SIZE_MAX, path, diag);
}

/* Bytes up to the end of the first line with something in it that is outside
 * quotes; 0 if it is not among the n. */
static size_t first_line(const char *text, size_t n) {
  bool quoted = false, some = false;
  for (size_t i = byte_order_mark(text, n); i < n; i++) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == '\n' && some && !quoted) return i + 1;
    if (text[i] != '\n' && !is_blank(text[i])) some = true;
  }
  return 0;
}

/* Reads on until *bytes holds the first line, or all of a short file. */
static es_status read_start(char **bytes, size_t *n, int fd, const char *path,
                            es_diag *diag) {
  size_t room = FIRST_CHUNK, line = 0;
  bool more = true;
  for (*n = 0; more && line == 0; room *= 2) {
    size_t got = 0;
    if (room > LONGEST_HEADER)
      return es_file_fail(diag, ES_FILE_CORRUPT, path,
                          "its header has no end in %d bytes", LONGEST_HEADER);
    char *grown = realloc(*bytes, room + 1);
    if (grown == NULL)
      return es_file_fail(diag, ES_NO_MEMORY, path, "no memory");
    *bytes = grown;
    const int error = es_file_pull(fd, grown + *n, room - *n, &got);
    if (error != 0)
      return es_file_fail(diag, ES_FILE_CORRUPT, path, "cannot be read: %s",
                          strerror(error));
    *n += got;
    more = *n == room;
    line = first_line(grown, *n);
  }
  if (line > 0) *n = line;
  (*bytes)[*n] = '\0';
  return ES_OK;
}

es_status es_table_header(es_table *out, const char *path, es_diag *diag) {
  int fd;
  size_t n;
  char *bytes = NULL;
  *out = (es_table){0};
  es_status status = es_file_open(&fd, &n, path, diag);
  if (status != ES_OK) return status;
  status = read_start(&bytes, &n, fd, path, diag);
  close(fd);
  if (status == ES_OK) return parse(out, bytes, n, 1, path, diag);
  free(bytes);
  return status;
}

void es_table_free(es_table *table) {
  free(table->name); /* text lies in the same block */
  free(table->value);
  free(table->bytes);
  *table = (es_table){0};
}

size_t es_table_column(const es_table *table, const char *name) {
  size_t j = 0;
  while (j < table->columns && strcmp(table->name[j], name) != 0) j++;
  return j;
}
