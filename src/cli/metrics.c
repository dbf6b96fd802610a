/* eigenstep metrics: how collapsed a representation or a spectrum in a file is
 * (docs/metrics.md). */
#include "metrics/representation.h"

#include "base/order.h"
#include "cli/cli.h"
#include "config/json.h"
#include "config/provenance.h"
#include "file/array.h"
#include "file/atomic.h"

#include <stdlib.h>
#include <string.h>

static const es_key rows[] = {
    {"metrics", "kind", ES_CHOICE, 0, 0, 0, "representation|spectrum", NULL,
     "representation",
     "a sample a row, or singular values, in a row or a column"},
    {"metrics", "center", ES_FLAG, 0, 0, 0, NULL, NULL, "on",
     "representation: subtract the mean over the rows"},
};

const es_keys es_metrics_keys = {rows, sizeof rows / sizeof *rows};

es_status es_cli_configure_metrics(es_config **out, const char *target,
                                   es_diag *diag) {
  (void)target;
  return es_config_new(out, &es_metrics_keys, 1, diag);
}

typedef struct measured {
  size_t n, d;
  es_collapse is;
  unsigned checksum; /* of the file's numbers */
} measured;

static const char *const columns[] = {
    "n", "d", "auc", "rankme", "alpha_req", "participation_ratio", "n_dead"};
enum { COLUMNS = sizeof columns / sizeof *columns };

static void fill_row(double row[COLUMNS], const measured *m) {
  const double values[COLUMNS] = {
      (double)m->n,        (double)m->d,    m->is.auc,
      m->is.rankme,        m->is.alpha_req, m->is.participation_ratio,
      (double)m->is.n_dead};
  memcpy(row, values, sizeof values);
}

static es_status of_spectrum(measured *out, es_array *array, const char *name,
                             es_diag *diag) {
  const size_t n = array->rows * array->cols;
  if (array->rows > 1 && array->cols > 1)
    return es_fail(diag, ES_FILE_DATA,
                   "%s: %zu x %zu numbers, expected singular values in one row "
                   "or one column",
                   name, array->rows, array->cols);
  for (size_t k = 0; k < n; k++)
    if (array->data[k] < 0)
      return es_fail(diag, ES_FILE_DATA,
                     "%s: row %zu, column %zu: %g is negative, which no "
                     "singular value is",
                     name, k / array->cols + 1, k % array->cols + 1,
                     array->data[k]);
  es_sort(array->data, n);
  for (size_t k = 0; k < n / 2; k++) {
    const double low = array->data[k];
    array->data[k] = array->data[n - 1 - k];
    array->data[n - 1 - k] = low;
  }
  out->n = out->d = n;
  out->is = es_collapse_of(n, array->data);
  return ES_OK;
}

static es_status of_array(measured *out, const es_job *job, es_array *array,
                          const char *name, es_diag *diag) {
  const char *kind = es_config_text(job->config, "metrics", "kind");
  const size_t bytes = array->rows * array->cols * sizeof *array->data;
  if (array->pages > 1)
    return es_fail(diag, ES_FILE_DATA,
                   "%s: three dimensions, expected a sample a row", name);
  out->checksum = es_crc32(0, array->data, bytes);
  if (kind != NULL && strcmp(kind, "spectrum") == 0)
    return of_spectrum(out, array, name, diag);
  const es_rows given = {array->rows, array->cols, array->data,
                         es_config_flag(job->config, "metrics", "center")};
  out->n = given.n;
  out->d = given.d;
  return es_collapse_of_rows(&out->is, &given, job->progress, diag);
}

static es_status measure(measured *out, const es_job *job, es_diag *diag) {
  static const char prefix[] = "file:";
  const size_t skip =
      strncmp(job->target, prefix, strlen(prefix)) == 0 ? strlen(prefix) : 0;
  const char *name = job->target + skip;
  es_array array;
  es_status status = es_array_read(&array, name, diag);
  if (status == ES_OK) status = of_array(out, job, &array, name, diag);
  es_array_free(&array);
  return status;
}

static es_status write_row(const es_job *job, const measured *m,
                           es_diag *diag) {
  es_sinks *sinks;
  double row[COLUMNS];
  fill_row(row, m);
  es_status status = es_sinks_open(&sinks, job, "metrics.csv", diag);
  if (status != ES_OK) return status;
  status = es_sinks_header(sinks, columns, COLUMNS, diag);
  if (status == ES_OK) status = es_sinks_row(sinks, row, COLUMNS, diag);
  return es_sinks_end(sinks, status, diag);
}

static es_status write_record(const es_job *job, const measured *m,
                              double started, es_diag *diag) {
  es_figure figures[COLUMNS];
  double row[COLUMNS];
  fill_row(row, m);
  for (size_t k = 0; k < COLUMNS; k++) {
    strcpy(figures[k].name, columns[k]);
    figures[k].value = row[k];
  }
  const es_summary summary = {.started = started,
                              .has_checksum = true,
                              .checksum = m->checksum,
                              .figures = figures,
                              .n_figures = COLUMNS};
  return es_cli_write_record(job, &summary, diag);
}

static es_status print_json(const measured *m, es_diag *diag) {
  cJSON *root = cJSON_CreateObject();
  double row[COLUMNS];
  bool ok = root != NULL;
  fill_row(row, m);
  for (size_t k = 0; ok && k < COLUMNS; k++)
    ok = es_json_real(root, columns[k], row[k]);
  return es_cli_print_json(root, ok, diag);
}

es_status es_cmd_metrics(const es_job *job, es_diag *diag) {
  const double started = es_seconds();
  measured m = {0};
  if (job->dry_run) return es_config_write(job->config, stdout, diag);
  es_status status = measure(&m, job, diag);
  if (status != ES_OK) return status;
  if (m.is.n_dead == m.d)
    job->say(job, "constant representation: no singular value but 0; the "
                  "rank-one limit is reported, with n_dead = d");
  status = es_cli_take_dir(job, diag);
  if (status == ES_OK) status = write_row(job, &m, diag);
  if (status == ES_OK && job->dir != NULL)
    status = write_record(job, &m, started, diag);
  if (status == ES_OK && job->json) status = print_json(&m, diag);
  return status;
}
