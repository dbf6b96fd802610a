/* eigenstep spectrum: how many directions a saved network's features of test
 * images use (docs/metrics.md). */
#include "cli/cli.h"
#include "cli/saved.h"

#include "base/slab.h"
#include "config/json.h"
#include "config/provenance.h"
#include "file/atomic.h"
#include "metrics/representation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const es_key rows[] = {
    {"spectrum", "layer", ES_CHOICE, 0, 0, 0, "representation|embedding", NULL,
     "representation", "the encoder's output, or the projector's"},
    {"spectrum", "from", ES_SIZE, 0, 1, 1e6, NULL, "feature", "1",
     "the first feature that is looked at"},
    {"spectrum", "to", ES_SIZE, 0, 1, 1e6, NULL, "feature", NULL,
     "the last; unset: all from there"},
    {"spectrum", "floor", ES_REAL, ES_OPEN_LOW, 0, 1, NULL, "sigma_1", "1e-2",
     "singular values below this are counted as n_below"},
    {"spectrum", "n_test", ES_SIZE, 0, 1, 1e12, NULL, "samples", NULL,
     "test images used, drawn by the run's data.seed; unset: all"},
};

const es_keys es_spectrum_keys = {rows, sizeof rows / sizeof *rows};

es_status es_cli_configure_spectrum(es_config **out, const char *target,
                                    es_diag *diag) {
  (void)target;
  return es_config_new(out, &es_spectrum_keys, 1, diag);
}

enum { BATCH = 256, FIGURES = 8 };

typedef struct spectrum {
  const es_job *job;
  es_saved run;             /* with its test images */
  size_t n, width, from, d; /* features: all of the layer; the first, from 0,
                               and how many of those looked at */
  float *row;               /* BATCH×width */
  double *x, *sigma;        /* n×d, d */
  es_collapse is;
  size_t below;
  unsigned checksum;
} spectrum;

static es_status choose_images(spectrum *s, es_diag *diag) {
  const es_config *config = s->job->config;
  const size_t n = es_config_size(config, "spectrum", "n_test");
  const size_t count = es_dataset_count(s->run.set);
  if (n > count)
    return es_config_blame(config, "spectrum", "n_test", diag,
                           "there are %zu test images, expected a whole number "
                           "in [1, %zu]",
                           count, count);
  s->checksum = es_dataset_checksum(s->run.set);
  s->n = n == 0 ? count : n;
  return es_dataset_choose(s->run.set, s->n, diag);
}

static bool of_embedding(const spectrum *s) {
  return es_config_is(s->job->config, "spectrum", "layer", "embedding");
}

static es_status choose_features(spectrum *s, es_diag *diag) {
  const es_config *config = s->job->config;
  const es_network *network = es_frozen_network(s->run.frozen);
  s->width =
      of_embedding(s) ? network->embedding.size : network->representation.size;
  const size_t from = es_config_size(config, "spectrum", "from");
  size_t to = es_config_size(config, "spectrum", "to");
  if (to == 0) to = s->width;
  if (to > s->width || from > to)
    return es_config_blame(
        config, "spectrum", to > s->width ? "to" : "from", diag,
        "features %zu to %zu of %zu: expected whole numbers, "
        "1 <= from <= to <= %zu",
        from, to, s->width, s->width);
  s->from = from - 1;
  s->d = to - s->from;
  s->row = es_zeroed(BATCH, s->width, sizeof *s->row);
  s->x = es_zeroed(s->n, s->d, sizeof *s->x);
  s->sigma = es_zeroed(s->d, 1, sizeof *s->sigma);
  return s->row != NULL && s->x != NULL && s->sigma != NULL
             ? ES_OK
             : es_fail(diag, ES_NO_MEMORY, "no memory");
}

static es_status compute(spectrum *s, es_diag *diag) {
  const bool embedding = of_embedding(s);
  es_status status = ES_OK;
  for (size_t i = 0; status == ES_OK && i < s->n; i += BATCH) {
    const size_t count = s->n - i < BATCH ? s->n - i : BATCH;
    es_progress_report(s->job->progress, "features", (double)i, (double)s->n);
    if (es_progress_stopping(s->job->progress))
      return es_fail(diag, ES_INTERRUPTED, "interrupted");
    status = es_frozen_pass(s->run.frozen, s->run.set, i, count, NULL,
                            embedding ? NULL : s->row,
                            embedding ? s->row : NULL, diag);
    for (size_t k = 0; k < count; k++)
      for (size_t j = 0; j < s->d; j++)
        s->x[(i + k) * s->d + j] = s->row[k * s->width + s->from + j];
  }
  return status;
}

static es_status measure(spectrum *s, es_diag *diag) {
  const es_rows given = {s->n, s->d, s->x, true};
  const es_status status =
      es_singular_of_rows(s->sigma, &given, s->job->progress, diag);
  if (status != ES_OK) return status;
  s->is = es_collapse_of(s->d, s->sigma);
  const double floor = es_config_real(s->job->config, "spectrum", "floor");
  for (size_t j = 0; j < s->d; j++)
    s->below += !(s->sigma[j] >= floor * s->sigma[0] && s->sigma[j] > 0);
  return ES_OK;
}

static es_status make(spectrum *s, es_diag *diag) {
  es_status status =
      es_saved_open(&s->run, s->job->target, es_dataset_open_test, BATCH, diag);
  if (status == ES_OK) status = choose_images(s, diag);
  if (status == ES_OK) status = choose_features(s, diag);
  if (status == ES_OK) status = compute(s, diag);
  return status == ES_OK ? measure(s, diag) : status;
}

/* Deviations along the principal directions, which do not grow with n. */
static es_status write_rows(const spectrum *s, es_diag *diag) {
  static const char *const columns[] = {"j", "sigma", "cev"};
  double sum = 0, part = 0;
  es_job to = *s->job;
  es_sinks *sinks;
  if (to.dir == NULL && to.csv == NULL && !to.json) to.csv = "-";
  es_status status = es_sinks_open(&sinks, &to, "spectrum.csv", diag);
  if (status != ES_OK) return status;
  status = es_sinks_header(sinks, columns, 3, diag);
  for (size_t j = 0; j < s->d; j++) sum += s->sigma[j];
  for (size_t j = 0; status == ES_OK && j < s->d; j++) {
    part += s->sigma[j];
    const double row[] = {(double)(j + 1), s->sigma[j] / sqrt((double)s->n),
                          sum > 0 ? part / sum : 1};
    status = es_sinks_row(sinks, row, 3, diag);
  }
  return es_sinks_end(sinks, status, diag);
}

static void collect(const spectrum *s, es_figure figure[FIGURES]) {
  const struct {
    const char *name;
    double value;
  } all[FIGURES] = {{"n", (double)s->n},
                    {"d", (double)s->d},
                    {"auc", s->is.auc},
                    {"rankme", s->is.rankme},
                    {"alpha_req", s->is.alpha_req},
                    {"participation_ratio", s->is.participation_ratio},
                    {"n_dead", (double)s->is.n_dead},
                    {"n_below", (double)s->below}};
  for (size_t k = 0; k < FIGURES; k++) {
    strcpy(figure[k].name, all[k].name);
    figure[k].value = all[k].value;
  }
}

static es_status write_record(const spectrum *s, double started,
                              es_diag *diag) {
  es_figure figures[FIGURES];
  collect(s, figures);
  const es_summary summary = {.started = started,
                              .has_checksum = true,
                              .checksum = s->checksum,
                              .network = true,
                              .figures = figures,
                              .n_figures = FIGURES};
  return es_cli_write_record(s->job, &summary, diag);
}

static es_status print_json(const spectrum *s, es_diag *diag) {
  es_figure figure[FIGURES];
  cJSON *root = cJSON_CreateObject();
  bool ok = root != NULL;
  collect(s, figure);
  for (size_t k = 0; ok && k < FIGURES; k++)
    ok = es_json_real(root, figure[k].name, figure[k].value);
  return es_cli_print_json(root, ok, diag);
}

static es_status work(spectrum *s, es_diag *diag) {
  const double started = es_seconds();
  const bool own = s->job->dir != NULL;
  es_status status = make(s, diag);
  if (status == ES_OK) status = es_cli_take_dir(s->job, diag);
  if (status == ES_OK) status = write_rows(s, diag);
  if (status == ES_OK && own) status = write_record(s, started, diag);
  if (status == ES_OK && s->job->json) status = print_json(s, diag);
  return status;
}

es_status es_cmd_spectrum(const es_job *job, es_diag *diag) {
  spectrum s = {.job = job};
  if (job->dry_run) return es_config_write(job->config, stdout, diag);
  const es_status status = work(&s, diag);
  es_saved_close(&s.run);
  free(s.row);
  free(s.x);
  free(s.sigma);
  return status;
}
