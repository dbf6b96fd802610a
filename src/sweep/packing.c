/* Rows column by column: see packing.h. */
#include "sweep/packing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATUS_NAME(name, exit_code, text) #name,
static const char *const statuses[] = {ES_STATUS_LIST(STATUS_NAME)};
static const char *const fates[] = ES_FATE_NAMES;

static es_status no_memory(es_diag *diag) {
  return es_fail(diag, ES_NO_MEMORY, "no memory for the columns of the sweep");
}

/* The words of the axes, of which some are choices, as arrays of strings. */
static es_status open_words(es_packing *p, es_diag *diag) {
  const es_axis *axis = p->format->points->axis;
  size_t bytes = 1, words = 0, n;
  for (size_t k = 0; k < p->format->n_axes; k++)
    for (size_t i = 0; es_choice_word(axis[k].choices, i, &n) != NULL; i++)
      words++, bytes += n + 1;
  p->words = malloc(bytes);
  p->word = calloc(words + 1, sizeof *p->word);
  if (p->words == NULL || p->word == NULL) return no_memory(diag);
  char *at = p->words;
  const char **word = p->word, *choice;
  for (size_t k = 0; k < p->format->n_axes; k++) {
    p->column[k].word = word;
    for (size_t i = 0;
         (choice = es_choice_word(axis[k].choices, i, &n)) != NULL; i++) {
      memcpy(at, choice, n);
      at[n] = '\0';
      *word++ = at;
      at += n + 1;
      p->column[k].n_words++;
    }
  }
  return ES_OK;
}

es_status es_packing_open(es_packing *out, const es_format *format,
                          es_diag *diag) {
  *out = (es_packing){.format = format, .n = format->n};
  out->column = calloc(out->n, sizeof *out->column);
  out->name = calloc(out->n, sizeof *out->name);
  es_status status = out->column == NULL || out->name == NULL
                         ? no_memory(diag)
                         : open_words(out, diag);
  if (status != ES_OK) {
    es_packing_close(out);
    return status;
  }
  for (size_t j = 0; j < out->n; j++) {
    snprintf(out->name[j], sizeof *out->name, "/%s", format->name[j]);
    out->column[j].name = out->name[j];
  }
  out->column[format->n_axes].word = fates;
  out->column[format->n_axes].n_words = sizeof fates / sizeof *fates;
  out->column[out->n - 1].word = statuses;
  out->column[out->n - 1].n_words = ES_STATUS_COUNT;
  return ES_OK;
}

void es_packing_close(es_packing *p) {
  free(p->column);
  free(p->name);
  free(p->words);
  free(p->word);
  *p = (es_packing){0};
}

static bool is_words(const es_packing *p, size_t j) {
  return p->column[j].n_words > 0;
}

static size_t width(const es_packing *p, size_t j) {
  return is_words(p, j) ? 1 : sizeof(double);
}

size_t es_packing_size(const es_packing *p) {
  size_t bytes = 0;
  for (size_t j = 0; j < p->n; j++) bytes += width(p, j);
  return bytes;
}

/* The number in column j of row i. */
static double number_of(const es_packing *p, const es_rows *rows, size_t i,
                        size_t j) {
  const size_t axes = p->format->n_axes, columns = p->n - axes - 4;
  if (j < axes) return rows->axes[i * axes + j];
  if (j == axes) return rows->cell[i].fate;
  if (j + 1 == p->n) return rows->cell[i].status;
  j -= axes + 1;
  if (j < columns) return rows->columns[i * columns + j];
  return j == columns ? rows->cell[i].t_settle : rows->cell[i].steps;
}

es_status es_packing_rows(const es_packing *p, const es_rows *rows,
                          es_bytes *bytes) {
  const size_t size = es_packing_size(p) * rows->n;
  if (bytes->room < size) {
    char *data = realloc(bytes->data, size);
    if (data == NULL) return ES_NO_MEMORY;
    bytes->data = data;
    bytes->room = size;
  }
  char *at = bytes->data;
  for (size_t j = 0; j < p->n; j++)
    for (size_t i = 0; i < rows->n; i++) {
      const double x = number_of(p, rows, i, j);
      if (is_words(p, j))
        *at = (char)x;
      else
        memcpy(at, &x, sizeof x);
      at += width(p, j);
    }
  bytes->n = size;
  return ES_OK;
}

es_status es_packing_write(const es_packing *p, es_h5_table *table,
                           uint64_t first_row, size_t n, const char *bytes,
                           es_diag *diag) {
  es_status status = ES_OK;
  for (size_t j = 0; status == ES_OK && j < p->n; j++) {
    status = es_h5_table_write(table, j, first_row, bytes, n, diag);
    bytes += n * width(p, j);
  }
  return status;
}

es_status es_packing_read(const es_packing *p, es_h5_table *table,
                          uint64_t first_row, size_t n, char *bytes,
                          es_diag *diag) {
  es_status status = ES_OK;
  for (size_t j = 0; status == ES_OK && j < p->n; j++) {
    status = es_h5_table_read(table, j, first_row, bytes, n, diag);
    bytes += n * width(p, j);
  }
  return status;
}

/* Adds a cell by its two words; false where they stand for nothing. */
static bool add(es_tally *tally, unsigned char fate, unsigned char status) {
  const es_cell cell = {.fate = (es_fate)fate, .status = (es_status)status};
  if (fate > ES_FATE_DIVERGED || status >= ES_STATUS_COUNT) return false;
  es_tally_add(tally, &cell);
  return true;
}

/* Whether the axes of row i of n are those; *at goes behind them. */
static bool are_axes(const es_packing *p, const double *want, size_t i,
                     size_t n, const char **at) {
  for (size_t k = 0; k < p->format->n_axes; k++) {
    const char *there = *at + i * width(p, k);
    *at += n * width(p, k);
    if (is_words(p, k) ? *there != (char)want[k]
                       : memcmp(there, &want[k], sizeof(double)) != 0)
      return false;
  }
  return true;
}

size_t es_packing_check(const es_packing *p, uint64_t first, size_t n,
                        const char *bytes, es_tally *tally) {
  const char *status = bytes + (es_packing_size(p) - 1) * n;
  double want[ES_MOST_AXES];
  for (size_t i = 0; i < n; i++) {
    const char *at = bytes;
    es_points_at(p->format->points, first + i, want);
    if (!are_axes(p, want, i, n, &at) ||
        !add(tally, (unsigned char)at[i], (unsigned char)status[i]))
      return i;
  }
  return n;
}

es_status es_packing_count(const es_packing *p, es_h5_table *table,
                           uint64_t rows, es_tally *tally, es_diag *diag) {
  enum { BLOCK = 1 << 16 };
  unsigned char *bytes = malloc(2 * BLOCK);
  es_status status = bytes == NULL ? no_memory(diag) : ES_OK;
  for (uint64_t at = 0; status == ES_OK && at < rows; at += BLOCK) {
    const size_t n = rows - at < BLOCK ? (size_t)(rows - at) : BLOCK;
    status = es_h5_table_read(table, p->format->n_axes, at, bytes, n, diag);
    if (status == ES_OK)
      status = es_h5_table_read(table, p->n - 1, at, bytes + BLOCK, n, diag);
    for (size_t i = 0; status == ES_OK && i < n; i++)
      if (!add(tally, bytes[i], bytes[BLOCK + i]))
        status = es_fail(diag, ES_FILE_CORRUPT,
                         "a row of the table has no such outcome or status");
  }
  free(bytes);
  return status;
}
