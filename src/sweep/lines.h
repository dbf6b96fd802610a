/* A text file line by line, however long the file is. */
#ifndef ES_SWEEP_LINES_H
#define ES_SWEEP_LINES_H

#include <eigenstep/status.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct es_lines {
  const char *path; /* borrowed */
  int fd;
  char *data; /* n bytes read, those before `at` handed out */
  size_t room, n, at;
  bool ended;
} es_lines;

es_status es_lines_open(es_lines *out, const char *path,
                        es_diag *diag) ES_MUST_USE;
void es_lines_close(es_lines *lines); /* what failed to open is accepted */

/* The next line without its end, *line NULL after the last; it lives until the
 * next call. What is left behind the last line end is no line, nor is one of
 * more than 16 MiB. ES_FILE_CORRUPT where the file cannot be read. */
es_status es_lines_next(es_lines *lines, const char **line, size_t *n,
                        es_diag *diag) ES_MUST_USE;

/* Whether all of the file was lines. To be asked after the last. */
bool es_lines_whole(const es_lines *lines);

#endif
