/* eigenstep probe: how much of the classes a saved network's features tell, by
 * a linear classifier or by neighbours (docs/networks.md). */
#include "cli/probe.h"

#include "config/json.h"
#include "config/provenance.h"
#include "file/atomic.h"
#include "metrics/logistic.h"
#include "metrics/neighbours.h"

#include <math.h>
#include <string.h>

#define TOLERANCE 1e-6 /* of |grad J| */

static const es_key rows[] = {
    {"probe", "kind", ES_CHOICE, 0, 0, 0, "logistic|knn", NULL, "logistic",
     "multinomial logistic regression by L-BFGS, or weighted nearest "
     "neighbours"},
    {"probe", "k", ES_SIZE, 0, 1, 1e9, NULL, "samples", "200",
     "knn: neighbours; unset, at most n_train"},
    {"probe", "layer", ES_CHOICE, 0, 0, 0, "representation|embedding", NULL,
     "representation", "the encoder's output, or the projector's"},
    {"probe", "modes", ES_LIST, ES_RISING, 1, 1e6, NULL, "1", NULL,
     "principal components of the training features: K, the first K, or J,K, "
     "from J to K (J,J: one); unset: the features themselves"},
    {"probe", "n_train", ES_SIZE, 0, 1, 1e12, NULL, "samples", NULL,
     "training images used, drawn by the run's data.seed; unset: all"},
    {"probe", "l2", ES_REAL, ES_OPEN_LOW, 0, INFINITY, NULL, "1", "1e-4",
     "logistic: penalty l2/2 |W|^2 beside the mean loss, of standardised "
     "features"},
};

const es_keys es_probe_keys = {rows, sizeof rows / sizeof *rows};

es_status es_cli_configure_probe(es_config **out, const char *target,
                                 es_diag *diag) {
  (void)target;
  return es_config_new(out, &es_probe_keys, 1, diag);
}

static const char *const columns[] = {"protocol", "layer",   "top1",
                                      "top5",     "n_train", "n_test"};
enum { COLUMNS = sizeof columns / sizeof *columns, MOST_FIGURES = 10 };

typedef struct probe {
  const es_job *job;
  const char *layer;
  es_probe_features features;
  size_t k; /* knn: neighbours; 0: logistic */
  es_lbfgs_result fit;
  es_accuracy accuracy;
  char protocol[256];
} probe;

static es_status fit_logistic(probe *p, es_diag *diag) {
  const es_logistic_options options = {
      es_config_real(p->job->config, "probe", "l2"), TOLERANCE,
      p->job->progress};
  es_logistic *model;
  es_status status =
      es_logistic_new(&model, &p->features.train.samples, &options, diag);
  if (status != ES_OK) return status;
  p->fit = es_logistic_result(model);
  status =
      es_logistic_test(&p->accuracy, model, &p->features.test.samples, diag);
  es_logistic_free(model);
  return status;
}

static es_status find_neighbours(probe *p, es_diag *diag) {
  const es_config *config = p->job->config;
  const size_t n = p->features.train.samples.n;
  p->k = es_config_size(config, "probe", "k");
  if (p->k > n && es_config_given(config, "probe", "k"))
    return es_config_blame(config, "probe", "k", diag,
                           "there are %zu training images, expected a whole "
                           "number in [1, %zu]",
                           n, n);
  if (p->k > n) p->k = n;
  return es_neighbours_test(&p->accuracy, &p->features.train.samples,
                            &p->features.test.samples, p->k, p->job->progress,
                            diag);
}

/* A protocol has no comma, so that it is a cell for every reader of tables. */
static void name_protocol(probe *p) {
  const es_probe_features *f = &p->features;
  char how[96], which[80] = "";
  if (p->k > 0)
    snprintf(how, sizeof how, "knn; k=%zu; weights exp(cosine/%g)", p->k,
             ES_NEIGHBOURS_TEMPERATURE);
  else
    snprintf(how, sizeof how,
             "logistic; l2=%g; L-BFGS to |g|<=%g; standardised",
             es_config_real(p->job->config, "probe", "l2"), TOLERANCE);
  if (f->to > 0 && f->from == f->to)
    snprintf(which, sizeof which, "; principal component %zu", f->to);
  else if (f->to > 0)
    snprintf(which, sizeof which, "; principal components %zu to %zu", f->from,
             f->to);
  snprintf(p->protocol, sizeof p->protocol,
           "%s%s; frozen network; no augmentation", how, which);
}

/* Without a place of its own the row stands beside the run, and is printed. */
static es_status write_row(const probe *p, es_diag *diag) {
  const double row[COLUMNS] = {NAN,
                               NAN,
                               p->accuracy.top1,
                               p->accuracy.top5,
                               (double)p->features.train.samples.n,
                               (double)p->features.test.samples.n};
  const char *const word[COLUMNS] = {p->protocol, p->layer};
  es_job to = *p->job;
  es_sinks *sinks;
  if (to.dir == NULL && to.csv == NULL) {
    to.dir = to.target;
    to.csv = to.json ? NULL : "-";
  }
  es_status status = es_sinks_open(&sinks, &to, "probe.csv", diag);
  if (status != ES_OK) return status;
  status = es_sinks_header(sinks, columns, COLUMNS, diag);
  if (status == ES_OK) status = es_sinks_mixed(sinks, row, word, COLUMNS, diag);
  return es_sinks_end(sinks, status, diag);
}

static size_t collect(const probe *p, es_figure figure[MOST_FIGURES]) {
  const struct {
    const char *name;
    double value;
  } all[] = {{"from", (double)p->features.from},
             {"to", (double)p->features.to},
             {"top1", p->accuracy.top1},
             {"top5", p->accuracy.top5},
             {"n_train", (double)p->features.train.samples.n},
             {"n_test", (double)p->features.test.samples.n},
             {"features", (double)p->features.train.samples.d},
             {"loss_end", p->fit.value},
             {"gradient", p->fit.gradient},
             {"iterations", (double)p->fit.iterations}};
  const size_t skipped = p->k > 0 ? 3 : 0; /* what only a fit has */
  const size_t unasked = p->features.to > 0 ? 0 : 2;
  size_t n = 0;
  for (size_t i = unasked; i + skipped < sizeof all / sizeof *all; i++, n++) {
    strcpy(figure[n].name, all[i].name);
    figure[n].value = all[i].value;
  }
  return n;
}

static es_status write_record(const probe *p, double started, es_diag *diag) {
  es_figure figures[MOST_FIGURES];
  const es_summary summary = {.started = started,
                              .has_checksum = true,
                              .checksum = p->features.checksum,
                              .network = true,
                              .figures = figures,
                              .n_figures = collect(p, figures)};
  return es_cli_write_record(p->job, &summary, diag);
}

static es_status print_json(const probe *p, es_diag *diag) {
  es_figure figure[MOST_FIGURES];
  const size_t n = collect(p, figure);
  cJSON *root = cJSON_CreateObject();
  bool ok = es_json_text(root, "protocol", p->protocol) &&
            es_json_text(root, "layer", p->layer);
  for (size_t i = 0; ok && i < n; i++)
    ok = es_json_real(root, figure[i].name, figure[i].value);
  return es_cli_print_json(root, ok, diag);
}

static es_status work(probe *p, es_diag *diag) {
  const double started = es_seconds();
  const bool own = p->job->dir != NULL;
  const char *kind = es_config_text(p->job->config, "probe", "kind");
  p->layer = es_config_text(p->job->config, "probe", "layer");
  es_status status = es_probe_features_of(&p->features, p->job, diag);
  if (status == ES_OK)
    status = strcmp(kind, "knn") == 0 ? find_neighbours(p, diag)
                                      : fit_logistic(p, diag);
  if (status != ES_OK) return status;
  name_protocol(p);
  status = es_cli_take_dir(p->job, diag);
  if (status == ES_OK) status = write_row(p, diag);
  if (status == ES_OK && own) status = write_record(p, started, diag);
  if (status == ES_OK && p->job->json) status = print_json(p, diag);
  return status;
}

/* k is of neighbours, l2 of a fit. */
static es_status check_kind(const es_config *config, es_diag *diag) {
  const char *kind = es_config_text(config, "probe", "kind");
  const char *other = strcmp(kind, "knn") == 0 ? "l2" : "k";
  return es_config_differs(config, "probe", other)
             ? es_config_blame(config, "probe", other, diag,
                               "probe.kind=%s does not read it", kind)
             : ES_OK;
}

es_status es_cmd_probe(const es_job *job, es_diag *diag) {
  probe p = {.job = job};
  const es_status checked = check_kind(job->config, diag);
  if (checked != ES_OK) return checked;
  if (job->dry_run) return es_config_write(job->config, stdout, diag);
  const es_status status = work(&p, diag);
  es_probe_features_free(&p.features);
  return status;
}
