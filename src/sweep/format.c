/* Lines of CSV: see format.h. Numbers of the axes are formatted once. */
#include "sweep/format.h"

#include "base/slab.h"
#include "base/text.h"
#include "file/csv.h"

#include <stdlib.h>
#include <string.h>

void es_tally_add(es_tally *tally, const es_cell *cell) {
  tally->cells++;
  if ((unsigned)cell->fate < 4) tally->fate[cell->fate]++;
  tally->failed += cell->status != ES_OK;
}

static es_status no_memory(es_diag *diag) {
  return es_fail(diag, ES_NO_MEMORY, "no memory for the rows of the sweep");
}

static es_status name_all(es_format *f, es_diag *diag) {
  const es_sweep *s = f->sweep;
  size_t n = 0;
  f->n = s->n_axes + s->n_columns + 4;
  f->name = calloc(f->n, sizeof *f->name);
  if (f->name == NULL) return no_memory(diag);
  for (size_t k = 0; k < s->n_axes; k++) f->name[n++] = s->axis[k].name;
  f->name[n++] = "outcome";
  for (size_t j = 0; j < s->n_columns; j++) f->name[n++] = s->name[j];
  f->name[n++] = "t_settle";
  f->name[n++] = "steps";
  f->name[n++] = "status";
  return ES_OK;
}

/* The i-th value of an axis, of at most ES_TEXT_MOST bytes. */
static size_t write_value(char *out, const es_axis *axis, size_t i) {
  char text[64];
  size_t n = 0;
  if (axis->choices == NULL) {
    n = es_csv_number(text, axis->value[i]);
    memcpy(out, text, n);
    return n;
  }
  const char *word = es_choice_word(axis->choices, (size_t)axis->value[i], &n);
  if (n > ES_TEXT_MOST) n = ES_TEXT_MOST;
  if (word != NULL) memcpy(out, word, n);
  return n;
}

static es_status write_axes(es_format *f, es_diag *diag) {
  size_t n = 0;
  for (size_t k = 0; k < f->n_axes; k++) n += f->points->axis[k].n;
  f->text = es_zeroed(n + 1, 1, sizeof *f->text);
  f->length = es_zeroed(n + 1, 1, sizeof *f->length);
  f->begin = calloc(f->n_axes + 1, sizeof *f->begin);
  if (f->text == NULL || f->length == NULL || f->begin == NULL)
    return no_memory(diag);
  n = 0;
  for (size_t k = 0; k < f->n_axes; k++) {
    f->begin[k] = n;
    for (size_t i = 0; i < f->points->axis[k].n; i++, n++) {
      f->length[n] = (uint8_t)write_value(f->text[n], &f->points->axis[k], i);
    }
  }
  return ES_OK;
}

es_status es_format_open(es_format *out, const es_sweep *sweep, es_diag *diag) {
  *out = (es_format){
      .sweep = sweep, .n_axes = sweep->n_axes, .points = &sweep->points};
  es_status status = name_all(out, diag);
  if (status == ES_OK) status = write_axes(out, diag);
  if (status != ES_OK) es_format_close(out);
  return status;
}

void es_format_close(es_format *f) {
  free(f->name);
  free(f->text);
  free(f->length);
  free(f->begin);
  *f = (es_format){0};
}

/* Most bytes of a line: numbers have up to 24 and a comma. */
static size_t most_bytes(const es_format *f) {
  return (ES_TEXT_MOST + 1) * f->n_axes + 26 * f->n + 32;
}

/* The cells of the axes, with their commas: what the line of a cell begins
 * with. out has room. */
static size_t put_axes(const es_format *f, uint64_t cell, char *out) {
  size_t n = 0;
  uint64_t below = f->points->n;
  for (size_t k = 0; k < f->n_axes; k++) {
    below /= f->points->axis[k].n;
    const size_t at = f->begin[k] + (size_t)(cell / below);
    cell %= below;
    memcpy(out + n, f->text[at], f->length[at]);
    n += f->length[at];
    out[n++] = ',';
  }
  return n;
}

static size_t put_number(char *out, double x, char mark) {
  char text[64];
  const size_t n = es_csv_number(text, x);
  memcpy(out, text, n);
  out[n] = mark;
  return n + 1;
}

static size_t put_row(const es_format *f, const es_rows *rows, size_t i,
                      char *out) {
  const es_sweep *s = f->sweep;
  const es_cell *cell = &rows->cell[i];
  const char *fate = es_fate_name(cell->fate);
  size_t n = put_axes(f, rows->first + i, out);
  memcpy(out + n, fate, strlen(fate));
  n += strlen(fate);
  out[n++] = ',';
  for (size_t j = 0; j < s->n_columns; j++)
    n += put_number(out + n, rows->columns[i * s->n_columns + j], ',');
  n += put_number(out + n, cell->t_settle, ',');
  n += put_number(out + n, cell->steps, ',');
  return n + put_number(out + n, (double)cell->status, '\n');
}

es_status es_format_rows(const es_format *f, const es_rows *rows,
                         es_bytes *bytes) {
  const size_t line = most_bytes(f);
  for (size_t i = 0; i < rows->n; i++) {
    if (bytes->room - bytes->n < line) {
      const size_t room =
          bytes->n + (rows->n - i < 1024 ? rows->n - i : 1024) * line;
      char *data = realloc(bytes->data, room);
      if (data == NULL) return ES_NO_MEMORY;
      bytes->data = data;
      bytes->room = room;
    }
    bytes->n += put_row(f, rows, i, bytes->data + bytes->n);
  }
  return ES_OK;
}

/* The next cell of a line; false at its end. */
static bool next(const char **at, const char *end, const char **cell,
                 size_t *n) {
  if (*at > end) return false;
  const char *comma = memchr(*at, ',', (size_t)(end - *at));
  *cell = *at;
  *n = (size_t)((comma == NULL ? end : comma) - *at);
  *at = *cell + *n + 1;
  return true;
}

static bool is_word(const char *cell, size_t n, const char *word) {
  return n == strlen(word) && memcmp(cell, word, n) == 0;
}

static size_t digits(const char *cell, size_t n) {
  size_t i = 0;
  while (i < n && cell[i] >= '0' && cell[i] <= '9') i++;
  return i;
}

/* As printf writes it with %.17g: -1.25e-07. */
static bool is_number(const char *cell, size_t n) {
  const char *at = cell, *end = cell + n;
  if (is_word(cell, n, "nan") || is_word(cell, n, "inf") ||
      is_word(cell, n, "-inf"))
    return true;
  if (at < end && *at == '-') at++;
  size_t m = digits(at, (size_t)(end - at));
  if (m == 0) return false;
  at += m;
  if (at < end && *at == '.') {
    m = digits(at + 1, (size_t)(end - at - 1));
    if (m == 0) return false;
    at += 1 + m;
  }
  if (at == end) return true;
  if (*at++ != 'e' || at == end || (*at != '-' && *at != '+')) return false;
  at++;
  m = digits(at, (size_t)(end - at));
  return m >= 2 && at + m == end;
}

static bool read_fate(const char *cell, size_t n, es_fate *fate) {
  for (int k = ES_FATE_UNDECIDED; k <= ES_FATE_DIVERGED; k++)
    if (is_word(cell, n, es_fate_name((es_fate)k))) {
      *fate = (es_fate)k;
      return true;
    }
  return false;
}

bool es_format_is_row(const es_format *f, uint64_t cell, const char *line,
                      size_t n, es_tally *tally) {
  char want[(ES_TEXT_MOST + 1) * ES_MOST_AXES];
  es_cell said = {0};
  size_t status = 0, length;
  const char *at = line, *end = line + n, *text;
  const size_t axes = put_axes(f, cell, want);
  if (n < axes || memcmp(line, want, axes) != 0) return false;
  at += axes;
  if (!next(&at, end, &text, &length) || !read_fate(text, length, &said.fate))
    return false;
  for (size_t j = 0; j < f->sweep->n_columns + 2; j++)
    if (!next(&at, end, &text, &length) || !is_number(text, length))
      return false;
  if (!next(&at, end, &text, &length) || !es_text_size(&status, text, length) ||
      status >= ES_STATUS_COUNT || next(&at, end, &text, &length))
    return false;
  said.status = (es_status)status;
  es_tally_add(tally, &said);
  return true;
}
