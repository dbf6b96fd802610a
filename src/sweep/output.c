/* Tables of a sweep: see output.h. */
#include "sweep/output.h"

#include "file/atomic.h"
#include "file/csv.h"
#include "sweep/scan.h"

#include <stdlib.h>
#include <string.h>

struct es_output {
  es_format format;
  es_csv table, copy;
  bool has_table, has_copy;
  bool done; /* resumed at its end: the table has its final name already */
  uint64_t next;
  es_tally tally;
};

static es_status open_new(es_csv *csv, const es_format *f, const char *path,
                          es_diag *diag) {
  const bool standard = strcmp(path, "-") == 0;
  es_status status =
      es_csv_open(csv, standard ? NULL : path, standard ? stdout : NULL, diag);
  if (status != ES_OK) return status;
  status = es_csv_header(csv, f->name, f->n, diag);
  if (status != ES_OK) es_csv_abandon(csv);
  return status;
}

static char *part_of(const char *path) {
  char *part = NULL;
  return asprintf(&part, "%s.part", path) < 0 ? NULL : part;
}

/* Goes on with the part, or with the table where it is there whole. */
static es_status reopen(es_output *o, const es_output_where *where,
                        uint64_t first, uint64_t last, es_diag *diag) {
  es_scan scan;
  char *part = part_of(where->path);
  if (part == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  const bool grows = es_file_exists(part);
  es_status status = ES_OK;
  if (!grows && !es_file_exists(where->path)) {
    free(part);
    status = open_new(&o->table, &o->format, where->path, diag);
    o->has_table = status == ES_OK;
    return status;
  }
  status = es_scan_csv(&scan, &o->format, grows ? part : where->path, first,
                       last, &o->tally, NULL, NULL, diag);
  free(part);
  if (status != ES_OK) return status;
  o->next = scan.next;
  o->done = !grows && scan.next == last && scan.whole;
  if (o->done) return ES_OK;
  status = es_csv_reopen(&o->table, where->path, scan.bytes, o->format.name,
                         o->format.n, diag);
  o->has_table = status == ES_OK;
  return status;
}

es_status es_output_open(es_output **out, const es_sweep *sweep,
                         const es_output_where *where, uint64_t first,
                         uint64_t last, es_diag *diag) {
  *out = NULL;
  es_output *o = calloc(1, sizeof *o);
  if (o == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  o->next = first;
  es_status status = es_format_open(&o->format, sweep, diag);
  if (status == ES_OK && where->path != NULL && where->resume)
    status = reopen(o, where, first, last, diag);
  else if (status == ES_OK && where->path != NULL) {
    status = open_new(&o->table, &o->format, where->path, diag);
    o->has_table = status == ES_OK;
  }
  if (status == ES_OK && where->csv != NULL) {
    status = open_new(&o->copy, &o->format, where->csv, diag);
    o->has_copy = status == ES_OK;
  }
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
  return es_format_rows(&o->format, rows, bytes);
}

static es_status take(void *context, const es_rows *rows, const es_bytes *bytes,
                      es_diag *diag) {
  es_output *o = context;
  es_status status = ES_OK;
  if (o->has_table)
    status = es_csv_append(&o->table, bytes->data, bytes->n, diag);
  if (status == ES_OK && o->has_copy)
    status = es_csv_append(&o->copy, bytes->data, bytes->n, diag);
  for (size_t i = 0; status == ES_OK && i < rows->n; i++)
    es_tally_add(&o->tally, &rows->cell[i]);
  return status;
}

es_sink es_output_sink(es_output *o) { return (es_sink){prepare, take, o}; }

es_status es_output_close(es_output *o, bool ended, bool keep, es_diag *diag) {
  es_status status = ES_OK;
  if (o == NULL) return ES_OK;
  if (o->has_table && ended)
    status = es_csv_close(&o->table, diag);
  else if (o->has_table && o->tally.cells > 0)
    es_csv_leave(&o->table);
  else if (o->has_table)
    es_csv_abandon(&o->table);
  if (o->has_copy && (ended || keep) && status == ES_OK)
    status = es_csv_close(&o->copy, diag);
  else if (o->has_copy)
    es_csv_abandon(&o->copy);
  es_format_close(&o->format);
  free(o);
  return status;
}
