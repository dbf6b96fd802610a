/* Tables of a sweep: see output.h. */
#include "sweep/output.h"

#include "base/progress.h"
#include "file/atomic.h"
#include "file/csv.h"
#include "sweep/packing.h"
#include "sweep/scan.h"

#include <stdlib.h>
#include <string.h>

struct es_output {
  es_format format;
  es_csv table, copy;
  es_h5_table *h5;
  es_packing packing; /* for h5 */
  bool packs;         /* rows are prepared for h5 */
  bool has_table, has_copy;
  bool done; /* resumed at its end: the table has its final name already */
  uint64_t first, next; /* cells of the table; of this run */
  uint64_t synced;      /* the first that is not durable in h5 */
  double synced_at;
  es_tally tally;
};

static es_status no_memory(es_diag *diag) {
  return es_fail(diag, ES_NO_MEMORY, "no memory for the table of the sweep");
}

static es_status open_csv(es_csv *csv, bool *has, const es_format *f,
                          const char *path, es_diag *diag) {
  const bool standard = strcmp(path, "-") == 0;
  es_status status =
      es_csv_open(csv, standard ? NULL : path, standard ? stdout : NULL, diag);
  if (status != ES_OK) return status;
  status = es_csv_header(csv, f->name, f->n, diag);
  *has = status == ES_OK;
  if (status != ES_OK) es_csv_abandon(csv);
  return status;
}

/* Goes on with the part, or with the table where it is there whole. */
static es_status reopen_csv(es_output *o, const char *path, const char *part,
                            uint64_t last, es_diag *diag) {
  es_scan scan;
  const bool grows = es_file_exists(part);
  es_status status = es_scan_csv(&scan, &o->format, grows ? part : path,
                                 o->first, last, &o->tally, NULL, NULL, diag);
  if (status != ES_OK) return status;
  if (scan.bytes == 0)
    return open_csv(&o->table, &o->has_table, &o->format, path, diag);
  o->next = scan.next;
  o->done = !grows && scan.next == last && scan.whole;
  if (o->done) return ES_OK;
  status = es_csv_reopen(&o->table, path, scan.bytes, o->format.name,
                         o->format.n, diag);
  o->has_table = status == ES_OK;
  return status;
}

static es_status reopen_h5(es_output *o, const char *path, const char *part,
                           uint64_t last, es_diag *diag) {
  uint64_t rows;
  const bool grows = es_file_exists(part);
  const es_packing *p = &o->packing;
  es_status status = grows ? es_h5_table_reopen(&o->h5, path, p->column, p->n,
                                                last - o->first, &rows, diag)
                           : es_h5_table_open(&o->h5, path, p->column, p->n,
                                              last - o->first, &rows, diag);
  if (status == ES_OK)
    status = es_packing_count(p, o->h5, rows, &o->tally, diag);
  if (status != ES_OK) return status;
  o->next = o->synced = o->first + rows;
  o->done = !grows && o->next == last;
  if (grows || o->done) return ES_OK;
  es_h5_table_leave(o->h5);
  return es_h5_table_reopen(&o->h5, path, p->column, p->n, last - o->first,
                            &rows, diag);
}

static es_status open_table(es_output *o, const es_output_where *where,
                            uint64_t last, es_diag *diag) {
  const es_packing *p = &o->packing;
  char *part = NULL;
  if (asprintf(&part, "%s.part", where->path) < 0) return no_memory(diag);
  const bool there = es_file_exists(part) || es_file_exists(where->path);
  es_status status = ES_OK;
  if (where->resume && there)
    status = where->h5 ? reopen_h5(o, where->path, part, last, diag)
                       : reopen_csv(o, where->path, part, last, diag);
  else if (where->h5)
    status = es_h5_table_create(&o->h5, where->path, p->column, p->n,
                                last - o->first, diag);
  else
    status = open_csv(&o->table, &o->has_table, &o->format, where->path, diag);
  free(part);
  return status;
}

es_status es_output_open(es_output **out, const es_sweep *sweep,
                         const es_output_where *where, uint64_t first,
                         uint64_t last, es_diag *diag) {
  *out = NULL;
  es_output *o = calloc(1, sizeof *o);
  if (o == NULL) return no_memory(diag);
  o->first = o->next = o->synced = first;
  o->synced_at = es_seconds();
  es_status status = es_format_open(&o->format, sweep, diag);
  o->packs = where->h5;
  if (status == ES_OK && o->packs)
    status = es_packing_open(&o->packing, &o->format, diag);
  if (status == ES_OK && where->path != NULL)
    status = open_table(o, where, last, diag);
  if (status == ES_OK && where->csv != NULL)
    status = open_csv(&o->copy, &o->has_copy, &o->format, where->csv, diag);
  if (status != ES_OK) {
    (void)!es_output_close(o, false, false, NULL);
    return status;
  }
  *out = o;
  return ES_OK;
}

uint64_t es_output_next(const es_output *o) { return o->next; }

es_tally es_output_tally(const es_output *o) { return o->tally; }

static es_status prepare(const void *context, const es_rows *rows,
                         es_bytes *bytes) {
  const es_output *o = context;
  return o->packs ? es_packing_rows(&o->packing, rows, bytes)
                  : es_format_rows(&o->format, rows, bytes);
}

/* Data are made durable now and then; in between a kill costs what came since.
 */
static es_status take_h5(es_output *o, const es_rows *rows,
                         const es_bytes *bytes, es_diag *diag) {
  const double now = es_seconds();
  es_status status = es_packing_write(
      &o->packing, o->h5, rows->first - o->first, rows->n, bytes->data, diag);
  if (status != ES_OK || now - o->synced_at < 2) return status;
  o->synced = rows->first + rows->n;
  status = es_h5_table_sync(o->h5, o->synced - o->first, diag);
  o->synced_at = es_seconds();
  return status;
}

static es_status take(void *context, const es_rows *rows, const es_bytes *bytes,
                      es_diag *diag) {
  es_output *o = context;
  es_status status = ES_OK;
  if (o->h5 != NULL)
    status = take_h5(o, rows, bytes, diag);
  else if (o->has_table)
    status = es_csv_append(&o->table, bytes->data, bytes->n, diag);
  if (status == ES_OK && o->has_copy)
    status = es_csv_append(&o->copy, bytes->data, bytes->n, diag);
  for (size_t i = 0; status == ES_OK && i < rows->n; i++)
    es_tally_add(&o->tally, &rows->cell[i]);
  if (status == ES_OK) o->next = rows->first + rows->n;
  return status;
}

es_sink es_output_sink(es_output *o) { return (es_sink){prepare, take, o}; }

static es_status close_h5(es_output *o, bool ended, es_diag *diag) {
  es_status status = ES_OK;
  if (o->done) {
    es_h5_table_leave(o->h5);
    return ES_OK;
  }
  if (o->next > o->synced || ended)
    status = es_h5_table_sync(o->h5, o->next - o->first, diag);
  if (ended && status == ES_OK) return es_h5_table_commit(o->h5, diag);
  es_h5_table_leave(o->h5);
  return status;
}

static es_status close_csv(es_csv *csv, bool ended, bool leave, es_diag *diag) {
  if (ended) return es_csv_close(csv, diag);
  if (leave)
    es_csv_leave(csv);
  else
    es_csv_abandon(csv);
  return ES_OK;
}

es_status es_output_close(es_output *o, bool ended, bool keep, es_diag *diag) {
  es_status status = ES_OK;
  if (o == NULL) return ES_OK;
  if (o->h5 != NULL) status = close_h5(o, ended, diag);
  if (o->has_table)
    status = close_csv(&o->table, ended, o->tally.cells > 0, diag);
  if (o->has_copy) {
    const es_status copied =
        close_csv(&o->copy, (ended || keep) && status == ES_OK, false, diag);
    if (status == ES_OK) status = copied;
  }
  es_packing_close(&o->packing);
  es_format_close(&o->format);
  free(o);
  return status;
}
