/* Plain or gzip files alike, over zlib's inflate: see gz.h. zlib's own gzread
 * is not used, for it passes over garbage behind a stream and takes a damaged
 * first byte for a plain file. A gzip file may hold several members (RFC 1952,
 * 2.2). */
#include "file/gz.h"

#include "file/open.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { INPUT = 65536, DEFLATE_LIMIT = 1032 };

struct es_gz {
  int fd;
  char *path;
  size_t size;      /* of the file on disk */
  size_t offset;    /* bytes handed out */
  bool packed;      /* gzip */
  bool ready;       /* z was initialised */
  bool member_done; /* between two members, or behind the last */
  bool ended;       /* nothing follows */
  z_stream z;
  unsigned char input[INPUT];
};

/* Magic, method deflate, no reserved flags: a plain file of raw pixels could
 * begin with the two bytes of magic alone. */
static bool looks_packed(const unsigned char b[4], size_t n) {
  return n == 4 && b[0] == 0x1f && b[1] == 0x8b && b[2] == 8 && b[3] < 0x20;
}

static es_status start(es_gz *gz, const char *path, es_diag *diag) {
  unsigned char first[4];
  gz->path = strdup(path);
  if (gz->path == NULL)
    return es_file_fail(diag, ES_NO_MEMORY, path, "no memory for its name");
  const es_status status = es_file_open(&gz->fd, &gz->size, path, diag);
  if (status != ES_OK) return status;
  const ssize_t n = pread(gz->fd, first, sizeof first, 0);
  if (n < 0)
    return es_file_fail(diag, ES_FILE_CORRUPT, path, "cannot be read: %s",
                        strerror(errno));
  gz->packed = looks_packed(first, (size_t)n);
  if (!gz->packed) return ES_OK;
  gz->ready = inflateInit2(&gz->z, 16 + MAX_WBITS) == Z_OK;
  if (gz->ready) return ES_OK;
  return es_file_fail(diag, ES_NO_MEMORY, path, "no memory for inflating it");
}

es_status es_gz_open(es_gz **out, const char *path, es_diag *diag) {
  *out = NULL;
  es_gz *gz = calloc(1, sizeof *gz);
  if (gz == NULL)
    return es_file_fail(diag, ES_NO_MEMORY, path, "no memory for reading it");
  gz->fd = -1;
  const es_status status = start(gz, path, diag);
  if (status == ES_OK)
    *out = gz;
  else
    es_gz_close(gz);
  return status;
}

void es_gz_close(es_gz *gz) {
  if (gz == NULL) return;
  if (gz->ready) inflateEnd(&gz->z);
  if (gz->fd >= 0) close(gz->fd);
  free(gz->path);
  free(gz);
}

size_t es_gz_bound(const es_gz *gz) {
  if (!gz->packed) return gz->size;
  return gz->size > SIZE_MAX / DEFLATE_LIMIT ? SIZE_MAX
                                             : gz->size * DEFLATE_LIMIT;
}

static es_status corrupt(const es_gz *gz, const char *what, es_diag *diag) {
  return es_file_fail(diag, ES_FILE_CORRUPT, gz->path, "at byte %zu%s: %s",
                      gz->offset, gz->packed ? " of what was compressed" : "",
                      what);
}

static es_status pull(es_gz *gz, void *out, size_t n, size_t *got,
                      es_diag *diag) {
  const int error = es_file_pull(gz->fd, out, n, got);
  return error == 0 ? ES_OK : corrupt(gz, strerror(error), diag);
}

/* Fills the input where it is empty; it stays empty at the end of the file. */
static es_status refill(es_gz *gz, es_diag *diag) {
  if (gz->z.avail_in > 0) return ES_OK;
  size_t got;
  const es_status status = pull(gz, gz->input, INPUT, &got, diag);
  gz->z.next_in = gz->input;
  gz->z.avail_in = (uInt)got;
  return status;
}

/* Behind a member: another one, or the end. */
static es_status next_member(es_gz *gz, es_diag *diag) {
  if (gz->z.avail_in == 0) {
    gz->ended = true;
    return ES_OK;
  }
  if (gz->z.next_in[0] != 0x1f || inflateReset(&gz->z) != Z_OK)
    return corrupt(gz, "garbage follows the gzip stream", diag);
  gz->member_done = false;
  return ES_OK;
}

/* Moves on by one call of inflate into z.next_out, or to the end. */
static es_status advance(es_gz *gz, es_diag *diag) {
  es_status status = refill(gz, diag);
  if (status == ES_OK && gz->member_done) status = next_member(gz, diag);
  if (status != ES_OK || gz->ended) return status;
  if (gz->z.avail_in == 0)
    return corrupt(gz, "the gzip stream is cut off", diag);
  const uInt before = gz->z.avail_out;
  const int code = inflate(&gz->z, Z_NO_FLUSH);
  gz->offset += before - gz->z.avail_out;
  gz->member_done = code == Z_STREAM_END;
  if (code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR) return ES_OK;
  if (code == Z_MEM_ERROR)
    return es_file_fail(diag, ES_NO_MEMORY, gz->path,
                        "no memory for inflating it");
  return corrupt(gz, gz->z.msg != NULL ? gz->z.msg : "damaged gzip stream",
                 diag);
}

static es_status early_end(const es_gz *gz, size_t missing, es_diag *diag) {
  return es_file_fail(diag, ES_FILE_CORRUPT, gz->path,
                      "ends at byte %zu%s, %zu bytes too early", gz->offset,
                      gz->packed ? " of what was compressed" : "", missing);
}

static es_status read_packed(es_gz *gz, unsigned char *out, size_t n,
                             es_diag *diag) {
  const size_t most = 1u << 30; /* z.avail_out has 32 bits */
  while (n > 0) {
    const size_t part = n < most ? n : most;
    gz->z.next_out = out;
    gz->z.avail_out = (uInt)part;
    const es_status status = advance(gz, diag);
    if (status != ES_OK) return status;
    if (gz->ended) return early_end(gz, n, diag);
    const size_t got = part - gz->z.avail_out;
    out += got;
    n -= got;
  }
  return ES_OK;
}

es_status es_gz_read(es_gz *gz, void *out, size_t n, es_diag *diag) {
  if (gz->packed) return read_packed(gz, out, n, diag);
  size_t got;
  const es_status status = pull(gz, out, n, &got, diag);
  if (status != ES_OK) return status;
  gz->offset += got;
  return got == n ? ES_OK : early_end(gz, n - got, diag);
}

es_status es_gz_expect_end(es_gz *gz, es_diag *diag) {
  unsigned char extra;
  size_t got = 0;
  es_status status = ES_OK;
  if (!gz->packed) status = pull(gz, &extra, 1, &got, diag);
  while (gz->packed && status == ES_OK && !gz->ended && got == 0) {
    gz->z.next_out = &extra;
    gz->z.avail_out = 1;
    status = advance(gz, diag);
    got = 1 - gz->z.avail_out;
  }
  if (status != ES_OK || got == 0) return status;
  return es_file_fail(diag, ES_FILE_CORRUPT, gz->path,
                      "goes on where its end was expected, behind byte %zu%s",
                      gz->offset - (gz->packed ? got : 0),
                      gz->packed ? " of what was compressed" : "");
}
