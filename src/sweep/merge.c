/* Finding and checking shards: see merge.h. */
#include "sweep/merge.h"

#include "base/slab.h"
#include "base/text.h"
#include "file/atomic.h"
#include "file/open.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The shard that "sweep-I-of-N.csv" names; a name that is written in another
 * way, such as with a zero before I, is no shard's. */
static bool is_shard(const char *name, bool h5, es_shard *out) {
  char again[64];
  size_t i, n;
  const char *of = strstr(name, "-of-"), *dot = strchr(name, '.');
  if (strncmp(name, "sweep-", 6) != 0 || of == NULL || dot == NULL || dot < of)
    return false;
  if (!es_text_size(&i, name + 6, (size_t)(of - name) - 6) ||
      !es_text_size(&n, of + 4, (size_t)(dot - of) - 4) || i < 1 || i > n ||
      n > ES_MOST_SHARDS)
    return false;
  snprintf(again, sizeof again, "sweep-%zu-of-%zu.%s", i, n, h5 ? "h5" : "csv");
  *out = (es_shard){i, n};
  return strcmp(name, again) == 0;
}

static es_status add(es_shard_list *list, const char *dir, const char *name,
                     es_shard shard, es_diag *diag) {
  es_shard_file *grown = es_grown(list->file, list->n, sizeof *grown);
  if (grown != NULL) list->file = grown;
  char *path = es_file_join(dir, name);
  if (grown == NULL || path == NULL) {
    free(path);
    return es_fail(diag, ES_NO_MEMORY, "no memory for the list of shards");
  }
  list->file[list->n++] = (es_shard_file){path, shard};
  return ES_OK;
}

es_status es_shard_list_add(es_shard_list *list, const char *dir, bool h5,
                            es_diag *diag) {
  es_status status = ES_OK;
  es_shard shard;
  DIR *folder = opendir(dir);
  if (folder == NULL)
    return es_file_fail(diag, ES_FILE_MISSING, dir, "cannot be listed: %s",
                        strerror(errno));
  for (struct dirent *e; status == ES_OK && (e = readdir(folder)) != NULL;)
    if (is_shard(e->d_name, h5, &shard))
      status = add(list, dir, e->d_name, shard, diag);
  closedir(folder);
  return status;
}

void es_shard_list_free(es_shard_list *list) {
  for (size_t i = 0; i < list->n; i++) free(list->file[i].path);
  free(list->file);
  *list = (es_shard_list){0};
}

static int by_index(const void *a, const void *b) {
  const es_shard_file *x = a, *y = b;
  if (x->shard.index != y->shard.index)
    return x->shard.index < y->shard.index ? -1 : 1;
  return strcmp(x->path, y->path);
}

static es_status missing(const es_shard *shard, uint64_t cells, es_diag *diag) {
  uint64_t first, last;
  es_shard_cells(shard, cells, &first, &last);
  return es_fail(diag, ES_FILE_MISSING,
                 "shard %" PRIu64 "/%" PRIu64 " is missing: cells %" PRIu64
                 " to %" PRIu64 " of %" PRIu64,
                 shard->index, shard->count, first + 1, last, cells);
}

es_status es_shard_list_check(es_shard_list *list, uint64_t cells,
                              es_diag *diag) {
  if (list->n == 0)
    return es_fail(
        diag, ES_FILE_MISSING,
        "there is no shard, such as sweep-1-of-2.csv: all of %" PRIu64
        " cells are missing",
        cells);
  qsort(list->file, list->n, sizeof *list->file, by_index);
  const es_shard_file *files = list->file;
  const uint64_t count = files[0].shard.count;
  uint64_t want = 1;
  for (size_t i = 0; i < list->n; i++, want++) {
    const es_shard_file *f = &files[i];
    if (f->shard.count != count)
      return es_file_fail(diag, ES_FILE_DATA, f->path,
                          "is of another division than %s", files[0].path);
    if (f->shard.index < want)
      return es_file_fail(diag, ES_FILE_DATA, f->path,
                          "is a shard that is there twice: %s",
                          files[i - 1].path);
    if (f->shard.index > want)
      return missing(&(es_shard){want, count}, cells, diag);
  }
  if (want > count) return ES_OK;
  return missing(&(es_shard){want, count}, cells, diag);
}
