/* Tables without the state: see slim.h. The program's own tables are read here,
 * whose names and cells hold no quotes. */
#include "plot/slim.h"

#include "file/atomic.h"
#include "file/csv.h"
#include "file/open.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NAME_i_j whose name begins with a capital W. */
static bool is_state(const char *name) {
  const char *mark = strchr(name, '_');
  int end = 0;
  if (name[0] != 'W' || mark == NULL) return false;
  (void)!sscanf(mark, "_%*[0-9]_%*[0-9]%n", &end);
  return end > 0 && mark[end] == '\0';
}

/* Which columns stay; false if all do. */
static bool choose(bool *keep, const es_table *header) {
  bool any = false;
  for (size_t j = 0; j < header->columns; j++) {
    keep[j] = !is_state(header->name[j]);
    any = any || !keep[j];
  }
  return any;
}

/* The cells of a line that stay; false if it has not n of them. */
static bool copy_row(FILE *out, char *line, const bool *keep, size_t n) {
  size_t j = 0, written = 0;
  line[strcspn(line, "\r\n")] = '\0';
  for (char *cell = line; cell != NULL && j < n; j++) {
    char *end = strchr(cell, ',');
    if (end != NULL) *end = '\0';
    if (keep[j] && written++ > 0) fputc(',', out);
    if (keep[j]) fputs(cell, out);
    if (end != NULL && j + 1 == n) return false;
    cell = end == NULL ? NULL : end + 1;
  }
  fputc('\n', out);
  return j == n;
}

static es_status copy_rows(FILE *out, FILE *in, const char *path,
                           const bool *keep, size_t n, es_diag *diag) {
  char *line = NULL;
  size_t room = 0, row = 0;
  es_status status = ES_OK;
  errno = 0;
  while (status == ES_OK && getline(&line, &room, in) > 0) {
    row++;
    if (!copy_row(out, line, keep, n))
      status = es_fail(diag, ES_FILE_CORRUPT,
                       "%s: line %zu has not the %zu cells of the header", path,
                       row, n);
  }
  if (status == ES_OK && !feof(in))
    status = es_file_fail(diag, ES_FILE_CORRUPT, path, "cannot be read");
  free(line);
  return status;
}

static es_status write_slim(const char *dir, const char *path, const bool *keep,
                            size_t n, es_diag *diag) {
  es_part part;
  char *to = es_file_join(dir, "curves.csv");
  if (to == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = es_part_open(&part, to, diag);
  free(to);
  if (status != ES_OK) return status;
  FILE *in = fopen(path, "r");
  if (in == NULL)
    status = es_file_fail(diag, ES_FILE_MISSING, path, "cannot be opened");
  else
    status = copy_rows(part.stream, in, path, keep, n, diag);
  if (in != NULL) fclose(in);
  if (status == ES_OK) return es_part_commit(&part, diag);
  es_part_abandon(&part);
  return status;
}

es_status es_plot_slim(const char **name, const char *dir, es_diag *diag) {
  es_table header = {0};
  *name = "trace.csv";
  char *path = es_file_join(dir, *name);
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = es_table_header(&header, path, diag);
  bool *keep = NULL;
  if (status == ES_OK) {
    keep = calloc(header.columns + 1, sizeof *keep);
    if (keep == NULL) status = es_fail(diag, ES_NO_MEMORY, "no memory");
  }
  if (status == ES_OK && choose(keep, &header)) {
    status = write_slim(dir, path, keep, header.columns, diag);
    *name = "curves.csv";
  }
  free(keep);
  es_table_free(&header);
  free(path);
  return status;
}
