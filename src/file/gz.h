/* Reading plain or gzip files alike, with zlib, by exact amounts. */
#ifndef ES_FILE_GZ_H
#define ES_FILE_GZ_H

#include <eigenstep/status.h>

typedef struct es_gz es_gz;

/* A file that begins as gzip does is one, any other is plain. Errors of
 * es_file_open, and ES_NO_MEMORY; free with es_gz_close. */
es_status es_gz_open(es_gz **out, const char *path, es_diag *diag) ES_MUST_USE;

/* Reads exactly n bytes; ES_FILE_CORRUPT at an early end (truncated, shrunk)
 * or a damaged stream, naming path and offset. */
es_status es_gz_read(es_gz *gz, void *out, size_t n, es_diag *diag) ES_MUST_USE;

/* ES_FILE_CORRUPT unless the stream ends here, with a valid gzip trailer. */
es_status es_gz_expect_end(es_gz *gz, es_diag *diag) ES_MUST_USE;

/* An upper bound on the bytes that the file can still hold: its size if plain,
 * 1032 times that (deflate's limit) if gzip. For checks before allocating. */
size_t es_gz_bound(const es_gz *gz);

void es_gz_close(es_gz *gz); /* NULL accepted */

#endif
