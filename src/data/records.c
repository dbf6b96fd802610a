/* Records of bytes: see records.h. */
#include "data/records.h"

#include "base/slab.h"
#include "file/atomic.h"
#include "file/open.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* *path = folder/name; true where there is such a file. */
static bool try_path(char **path, const char *folder, const char *name) {
  free(*path);
  *path = es_file_join(folder, name);
  return *path != NULL && es_file_exists(*path);
}

/* The caller frees *path. */
static es_status find(char **path, const es_folder *folder, const char *name,
                      const es_config *config, es_diag *diag) {
  const char *given = es_config_text(config, "data", "path");
  const char *outer = given == NULL ? ES_FOLDER_DEFAULT : given;
  char *inner = es_file_join(outer, folder->inside);
  *path = NULL;
  bool found = inner != NULL && try_path(path, outer, name);
  if (!found && *path != NULL && (given == NULL || es_file_is_directory(inner)))
    found = try_path(path, inner, name);
  free(inner);
  if (found) return ES_OK;
  if (*path == NULL)
    return es_fail(diag, ES_NO_MEMORY, "no memory for the path of %s", name);
  const es_status status = es_file_fail(
      diag, ES_FILE_MISSING, *path,
      "missing: get %s (%s), unpack it into the folder " ES_FOLDER_DEFAULT
      ", or name the folder of its files with data.path",
      folder->title, folder->archive);
  free(*path);
  *path = NULL;
  return status;
}

static es_status open_records(es_records *out, const char *path, size_t size,
                              es_diag *diag) {
  size_t bytes;
  out->path = path;
  out->size = size;
  const es_status status = es_file_open(&out->fd, &bytes, path, diag);
  if (status != ES_OK) return status;
  out->count = bytes / size;
  if (bytes > 0 && bytes % size == 0) return ES_OK;
  return es_file_fail(diag, ES_FILE_CORRUPT, path,
                      "%zu bytes are not a whole number of records of %zu",
                      bytes, size);
}

es_status es_records_file(es_source *source, const es_folder *folder,
                          const char *name, size_t size, es_records_take take,
                          const void *kind, const es_config *config,
                          es_diag *diag) {
  char *path;
  es_records records = {.crc = source->checksum, .fd = -1};
  es_status status = find(&path, folder, name, config, diag);
  if (status == ES_OK) status = open_records(&records, path, size, diag);
  if (status == ES_OK && source->blank)
    source->count += records.count;
  else if (status == ES_OK)
    status = take(source, kind, &records, diag);
  source->checksum = records.crc;
  if (records.fd >= 0) close(records.fd);
  free(path);
  return status;
}

es_status es_records_read(es_records *r, unsigned char *out, es_diag *diag) {
  size_t got, beyond = 0;
  unsigned char extra;
  int error = es_file_pull(r->fd, out, r->size, &got);
  r->next++;
  if (error == 0 && r->next == r->count)
    error = es_file_pull(r->fd, &extra, 1, &beyond);
  if (error != 0)
    return es_file_fail(diag, ES_FILE_CORRUPT, r->path, "cannot be read: %s",
                        strerror(error));
  if (got < r->size || beyond > 0)
    return es_file_fail(diag, ES_FILE_CORRUPT, r->path,
                        "%s while it was read (%zu records at first)",
                        beyond > 0 ? "grew" : "shrank", r->count);
  r->crc = es_crc32(r->crc, out, r->size);
  return ES_OK;
}

es_status es_records_room(es_source *source, size_t more, size_t bytes,
                          bool labels, const es_records *records,
                          es_diag *diag) {
  /* Counts come from files that were found: their sum does not overflow. */
  const size_t count = source->count + more;
  size_t total;
  void *room =
      es_size_mul(&total, count, bytes) ? realloc(source->bytes, total) : NULL;
  if (room != NULL) source->bytes = room;
  if (room != NULL && labels) {
    room = realloc(source->labels, count);
    if (room != NULL) source->labels = room;
  }
  if (room != NULL) return ES_OK;
  return es_file_fail(diag, ES_NO_MEMORY, records->path,
                      "no memory for %zu images", count);
}
