/* Rows column by column: see packing.h. */
#include "sweep/packing.h"

#include "base/slab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATUS_NAME(name, exit_code, text) #name,
static const char *const statuses[] = {ES_STATUS_LIST(STATUS_NAME)};
static const char *const fates[] = {"undecided", "stable", "collapsed",
                                    "diverged"};

static es_status no_memory(es_diag *diag) {
  return es_fail(diag, ES_NO_MEMORY, "no memory for the columns of the sweep");
}

es_status es_packing_open(es_packing *out, const es_format *format,
                          es_diag *diag) {
  *out = (es_packing){.format = format, .n = format->n};
  out->column = calloc(out->n, sizeof *out->column);
  out->name = calloc(out->n, sizeof *out->name);
  if (out->column == NULL || out->name == NULL) {
    es_packing_close(out);
    return no_memory(diag);
  }
  for (size_t j = 0; j < out->n; j++) {
    snprintf(out->name[j], sizeof *out->name, "/%s", format->name[j]);
    out->column[j] = (es_h5_column){.name = out->name[j]};
    if (j == format->n_axes) {
      out->column[j].word = fates;
      out->column[j].n_words = sizeof fates / sizeof *fates;
    } else if (j + 1 == out->n) {
      out->column[j].word = statuses;
      out->column[j].n_words = ES_STATUS_COUNT;
    }
  }
  return ES_OK;
}

void es_packing_close(es_packing *p) {
  free(p->column);
  free(p->name);
  *p = (es_packing){0};
}

/* Two columns are bytes, the rest doubles. */
size_t es_packing_size(const es_packing *p) {
  return (p->n - 2) * sizeof(double) + 2;
}

static size_t width(const es_packing *p, size_t j) {
  return p->column[j].n_words > 0 ? 1 : sizeof(double);
}

/* The number in column j, which is no word, of row i. */
static double number_of(const es_packing *p, const es_rows *rows, size_t i,
                        size_t j) {
  const size_t axes = p->format->n_axes, columns = p->n - axes - 4;
  if (j < axes) return rows->axes[i * axes + j];
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
      if (j == p->format->n_axes) {
        *at++ = (char)rows->cell[i].fate;
      } else if (j + 1 == p->n) {
        *at++ = (char)rows->cell[i].status;
      } else {
        const double x = number_of(p, rows, i, j);
        memcpy(at, &x, sizeof x);
        at += sizeof x;
      }
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

size_t es_packing_check(const es_packing *p, uint64_t first, size_t n,
                        const char *bytes, es_tally *tally) {
  const size_t axes = p->format->n_axes;
  const char *fate = bytes + axes * n * sizeof(double);
  const char *status = bytes + (es_packing_size(p) - 1) * n;
  double want[ES_MOST_AXES];
  for (size_t i = 0; i < n; i++) {
    es_points_at(p->format->points, first + i, want);
    for (size_t k = 0; k < axes; k++)
      if (memcmp(bytes + (k * n + i) * sizeof(double), &want[k],
                 sizeof(double)) != 0)
        return i;
    if (!add(tally, (unsigned char)fate[i], (unsigned char)status[i])) return i;
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
