/* factors.csv: mode, gamma, and for each factor FACTOR_r2. */
#include "cli/cli.h"

#include "file/atomic.h"
#include "file/csv.h"

#include <stdlib.h>

static es_status write_header(es_csv *csv, const es_model_factors *f,
                              es_diag *diag) {
  enum { NAME = 48 };
  const size_t n = 2 + f->n;
  char(*text)[NAME] = calloc(n, sizeof *text);
  const char **names = calloc(n, sizeof *names);
  es_status status = ES_NO_MEMORY;
  if (text == NULL || names == NULL) {
    es_fail(diag, status, "no memory");
  } else {
    names[0] = "mode";
    names[1] = "gamma";
    for (size_t k = 0; k < f->n; k++) {
      snprintf(text[2 + k], NAME, "%s_r2", f->name[k]);
      names[2 + k] = text[2 + k];
    }
    status = es_csv_header(csv, names, n, diag);
  }
  free(names);
  free(text);
  return status;
}

static es_status write_rows(es_csv *csv, const es_model_factors *f,
                            es_diag *diag) {
  es_status status = ES_OK;
  for (size_t j = 0; status == ES_OK && j < f->modes; j++) {
    status = es_csv_cell(csv, (double)(j + 1), diag);
    if (status == ES_OK) status = es_csv_cell(csv, f->gamma[j], diag);
    for (size_t k = 0; status == ES_OK && k < f->n; k++)
      status = es_csv_cell(csv, f->r2[k + j * f->n], diag);
  }
  return status;
}

es_status es_cli_write_factors(const es_job *job, const es_instance *instance,
                               es_diag *diag) {
  static const char name[] = "factors.csv";
  es_model_factors factors;
  es_csv csv;
  if (!es_config_flag(job->config, "output", "modes") ||
      !es_instance_factors(instance, &factors))
    return es_file_remove(job->dir, name, diag);
  char *path = es_file_join(job->dir, name);
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = es_csv_open(&csv, path, NULL, diag);
  free(path);
  if (status != ES_OK) return status;
  status = write_header(&csv, &factors, diag);
  if (status == ES_OK) status = write_rows(&csv, &factors, diag);
  return es_csv_end(&csv, status, diag);
}
