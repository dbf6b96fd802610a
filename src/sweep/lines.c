/* Lines of a file: see lines.h. */
#include "sweep/lines.h"

#include "file/open.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 1 << 20, LONGEST = 1 << 24 };

es_status es_lines_open(es_lines *out, const char *path, es_diag *diag) {
  size_t size;
  *out = (es_lines){.path = path, .fd = -1};
  const es_status status = es_file_open(&out->fd, &size, path, diag);
  if (status != ES_OK) return status;
  out->room = BLOCK;
  out->data = malloc(out->room);
  if (out->data != NULL) return ES_OK;
  es_lines_close(out);
  return es_file_fail(diag, ES_NO_MEMORY, path, "no memory for reading it");
}

void es_lines_close(es_lines *lines) {
  if (lines->fd >= 0) close(lines->fd);
  free(lines->data);
  lines->data = NULL;
  lines->fd = -1;
}

/* Moves what is left to the front and reads on behind it. */
static es_status fill(es_lines *l, es_diag *diag) {
  const size_t left = l->n - l->at;
  memmove(l->data, l->data + l->at, left);
  l->at = 0;
  l->n = left;
  if (left == l->room && l->room < LONGEST) {
    char *data = realloc(l->data, 2 * l->room);
    if (data == NULL)
      return es_file_fail(diag, ES_NO_MEMORY, l->path,
                          "no memory for a line of it");
    l->data = data;
    l->room *= 2;
  }
  size_t got = 0;
  const int error = es_file_pull(l->fd, l->data + left, l->room - left, &got);
  if (error != 0)
    return es_file_fail(diag, ES_FILE_CORRUPT, l->path, "cannot be read: %s",
                        strerror(error));
  l->ended = got < l->room - left || l->room == left;
  l->n += got;
  return ES_OK;
}

es_status es_lines_next(es_lines *l, const char **line, size_t *n,
                        es_diag *diag) {
  size_t looked = 0;
  *line = NULL;
  for (;;) {
    const char *from = l->data + l->at + looked;
    const char *end = memchr(from, '\n', l->n - l->at - looked);
    if (end != NULL) {
      *line = l->data + l->at;
      *n = (size_t)(end - *line);
      l->at += *n + 1;
      return ES_OK;
    }
    if (l->ended) return ES_OK;
    looked = l->n - l->at;
    const es_status status = fill(l, diag);
    if (status != ES_OK) return status;
  }
}

bool es_lines_whole(const es_lines *l) { return l->ended && l->at == l->n; }
