/* What the readers and writers of this room share: opening a regular file,
 * reading and writing by exact amounts, and messages that begin with the path.
 */
#ifndef ES_FILE_OPEN_H
#define ES_FILE_OPEN_H

#include <eigenstep/status.h>
#include <stdint.h>

/* Records "path: reason" and returns code. Of a very long path only the end is
 * shown, so that the reason is never cut off. */
es_status es_file_fail(es_diag *diag, es_status code, const char *path,
                       const char *format, ...) ES_PRINTF(4, 5);

/* Opens a regular file for reading and tells its size. ES_FILE_MISSING for
 * what is absent, unreadable, a directory, a pipe or a device; a pipe without
 * a writer does not block. */
es_status es_file_open(int *fd, size_t *size, const char *path,
                       es_diag *diag) ES_MUST_USE;

/* Reads until n bytes or the end of the file; *got < n means the end. Returns
 * 0 or an errno. */
int es_file_pull(int fd, void *out, size_t n, size_t *got) ES_MUST_USE;

/* The same from a place on, wherever the descriptor stands. */
int es_file_pull_at(int fd, void *out, size_t n, uint64_t at,
                    size_t *got) ES_MUST_USE;

/* Writes all of n bytes at a place; 0 or an errno. */
int es_file_push_at(int fd, const void *bytes, size_t n,
                    uint64_t at) ES_MUST_USE;

#ifdef __clang_analyzer__ /* as es_fail in status.h */
#define es_file_fail(diag, code, path, ...)                                    \
  (es_file_fail(diag, code, path, __VA_ARGS__), (code))
#endif

#endif
