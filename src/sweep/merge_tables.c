/* Writing the whole table from those of shards: see merge.h. */
#include "sweep/merge.h"

#include "base/slab.h"
#include "file/csv.h"
#include "file/open.h"
#include "sweep/packing.h"
#include "sweep/scan.h"

#include <inttypes.h>
#include <stdlib.h>

/* What both formats need on the way. */
typedef struct merger {
  const es_shard_list *list;
  const es_sweep *sweep;
  es_format format;
  es_tally *tally;
  const es_watch *watch;
  uint64_t first, last; /* cells of the shard being read */
  const es_shard_file *file;
} merger;

static es_status stop_or_go(const merger *m, uint64_t cell, es_diag *diag) {
  const es_watch *w = m->watch;
  if (w == NULL || !w->ask(w->context, "merge", (double)cell,
                           (double)es_sweep_cells(m->sweep)))
    return ES_OK;
  return es_fail(diag, ES_INTERRUPTED, "interrupted");
}

/* The shard's cells from one on cannot be had. */
static es_status missing(const merger *m, uint64_t cell, const char *why,
                         es_diag *diag) {
  return es_file_fail(diag, ES_FILE_CORRUPT, m->file->path,
                      "%s: cells %" PRIu64 " to %" PRIu64 " of %" PRIu64
                      " are missing",
                      why, cell + 1, m->last, es_sweep_cells(m->sweep));
}

static void choose(merger *m, size_t i) {
  m->file = &m->list->file[i];
  es_shard_cells(&m->file->shard, es_sweep_cells(m->sweep), &m->first,
                 &m->last);
}

static es_status append(void *context, const char *rows, size_t n,
                        es_diag *diag) {
  return es_csv_append(context, rows, n, diag);
}

static es_status merge_csv(merger *m, const char *path, es_diag *diag) {
  es_csv csv;
  es_scan scan;
  es_status status = es_csv_open(&csv, path, NULL, diag);
  if (status != ES_OK) return status;
  setvbuf(csv.stream, NULL, _IOFBF, 1 << 20);
  status = es_csv_header(&csv, m->format.name, m->format.n, diag);
  for (size_t i = 0; status == ES_OK && i < m->list->n; i++) {
    choose(m, i);
    status = es_scan_csv(&scan, &m->format, m->file->path, m->first, m->last,
                         m->tally, append, &csv, diag);
    if (status == ES_OK && (scan.next < m->last || scan.bytes == 0))
      status =
          missing(m, scan.next,
                  scan.whole || scan.bytes == 0 ? "ends early"
                                                : "has a row of another kind",
                  diag);
    else if (status == ES_OK && !scan.whole)
      status = es_file_fail(diag, ES_FILE_CORRUPT, m->file->path,
                            "goes on behind its last cell");
    if (status == ES_OK) status = stop_or_go(m, m->last, diag);
  }
  return es_csv_end(&csv, status, diag);
}

/* Rows of the open shard into the whole table. */
static es_status copy_rows(merger *m, const es_packing *p, es_h5_table *from,
                           es_h5_table *to, es_diag *diag) {
  enum { BLOCK = 1 << 15 };
  es_status status = ES_OK;
  char *bytes = es_zeroed(BLOCK, es_packing_size(p), 1);
  if (bytes == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  for (uint64_t at = m->first; status == ES_OK && at < m->last; at += BLOCK) {
    const size_t n = m->last - at < BLOCK ? (size_t)(m->last - at) : BLOCK;
    status = es_packing_read(p, from, at - m->first, n, bytes, diag);
    const size_t good =
        status == ES_OK ? es_packing_check(p, at, n, bytes, m->tally) : n;
    if (good < n)
      status = missing(m, at + good, "has a row of another kind", diag);
    if (status == ES_OK) status = es_packing_write(p, to, at, n, bytes, diag);
    if (status == ES_OK) status = stop_or_go(m, at, diag);
  }
  free(bytes);
  return status;
}

static es_status merge_shards_h5(merger *m, const es_packing *p,
                                 es_h5_table *to, es_diag *diag) {
  es_status status = ES_OK;
  for (size_t i = 0; status == ES_OK && i < m->list->n; i++) {
    es_h5_table *from;
    uint64_t rows;
    choose(m, i);
    status = es_h5_table_open(&from, m->file->path, p->column, p->n,
                              m->last - m->first, &rows, diag);
    if (status != ES_OK) return status;
    if (rows < m->last - m->first)
      status = missing(m, m->first + rows, "ends early", diag);
    else
      status = copy_rows(m, p, from, to, diag);
    es_h5_table_leave(from);
  }
  return status;
}

static es_status merge_h5(merger *m, const char *path, es_diag *diag) {
  es_packing packing;
  es_h5_table *to = NULL;
  const uint64_t cells = es_sweep_cells(m->sweep);
  es_status status = es_packing_open(&packing, &m->format, diag);
  if (status == ES_OK)
    status =
        es_h5_table_create(&to, path, packing.column, packing.n, cells, diag);
  if (status == ES_OK) status = merge_shards_h5(m, &packing, to, diag);
  if (status == ES_OK) status = es_h5_table_sync(to, cells, diag);
  if (status == ES_OK)
    status = es_h5_table_commit(to, diag);
  else
    es_h5_table_abandon(to);
  es_packing_close(&packing);
  return status;
}

es_status es_shard_list_merge(const es_shard_list *list, const es_sweep *sweep,
                              const char *path, bool h5, es_tally *tally,
                              const es_watch *watch, es_diag *diag) {
  merger m = {.list = list, .sweep = sweep, .tally = tally, .watch = watch};
  *tally = (es_tally){0};
  es_status status = es_format_open(&m.format, sweep, diag);
  if (status == ES_OK)
    status = h5 ? merge_h5(&m, path, diag) : merge_csv(&m, path, diag);
  es_format_close(&m.format);
  return status;
}
