/* eigenstep train: a network with one method, into a folder; with a prediction,
 * theory is laid over what was trained. */
#include "cli/session.h"

#include "cli/cli.h"
#include "config/json.h"
#include "config/provenance.h"
#include "file/atomic.h"
#include "models/resnet/method.h"
#include "net/engine.h"
#include "ntk/features.h"
#include "plot/plot.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FIGURES = 16, LARGEST_CONFIG = 1 << 24 };

typedef struct figures {
  es_figure figure[MOST_FIGURES];
  size_t n;
} figures;

es_status es_cli_find_method(const es_method **out, const char *name,
                             es_diag *diag) {
  const char *names[32];
  size_t n = 0;
  *out = es_method_find(name);
  if (*out != NULL) return ES_OK;
  for (; n < 32 && es_method_list(n) != NULL; n++)
    names[n] = es_method_list(n)->name;
  return es_cli_unknown(name, "method", names, n, "list methods", diag);
}

static es_status configure(es_config **out, es_diag *diag) {
  const es_keys sets[] = {es_train_keys, es_data_keys};
  return es_config_new(out, sets, 2, diag);
}

es_status es_cli_configure_train(es_config **out, const char *target,
                                 es_diag *diag) {
  const es_method *method;
  *out = NULL;
  es_status status = es_cli_find_method(&method, target, diag);
  if (status == ES_OK) status = configure(out, diag);
  if (status != ES_OK) return status;
  status = es_method_preset(method, *out, diag);
  if (status == ES_OK) return ES_OK;
  es_config_free(*out);
  *out = NULL;
  return status;
}

/* Whether settings are a training's, however wrong: no other command has a
 * section `method`. */
static bool of_training(const char *path) {
  unsigned char *bytes = NULL;
  size_t n = 0;
  const es_status status = es_file_read(&bytes, &n, path, LARGEST_CONFIG, NULL);
  const char *text = (const char *)bytes;
  const bool has =
      status == ES_OK && (strncmp(text, "method:", strlen("method:")) == 0 ||
                          strstr(text, "\nmethod:") != NULL);
  free(bytes);
  return has;
}

es_status es_cli_configure_run(es_config **out, const char *target,
                               es_diag *diag) {
  char *path = es_file_join(target, "config.yaml");
  *out = NULL;
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = configure(out, diag);
  if (status == ES_OK) status = es_config_load(*out, path, diag);
  if (status == ES_UNKNOWN_KEY && !of_training(path))
    status = es_fail(diag, ES_BAD_VALUE,
                     "%s: is of another command than train: this is not a "
                     "training's folder",
                     path);
  free(path);
  return status;
}

/* The folder's settings must be those of the run that goes on in it; without
 * settings and checkpoint it is as good as new. */
static es_status check_settings(const es_job *job, es_diag *diag) {
  if (!es_file_has(job->dir, "config.yaml") &&
      !es_file_has(job->dir, "arrays.h5"))
    return ES_OK;
  unsigned char *text = NULL;
  char *now = NULL, *path = es_file_join(job->dir, "config.yaml");
  size_t n = 0, size = 0;
  es_status status = path == NULL
                         ? es_fail(diag, ES_NO_MEMORY, "no memory")
                         : es_config_render(&now, &size, job->config, diag);
  if (status == ES_OK)
    status = es_file_read(&text, &n, path, LARGEST_CONFIG, diag);
  if (status == ES_OK && (n != size || memcmp(text, now, n) != 0))
    status = es_fail(diag, ES_BAD_VALUE,
                     "--resume: %s holds other settings than these; give the "
                     "same ones, or start anew with --force",
                     path);
  free(now);
  free(text);
  free(path);
  return status;
}

static void add(figures *f, const char *name, double value) {
  es_figure *figure = &f->figure[f->n++];
  snprintf(figure->name, sizeof figure->name, "%s", name);
  figure->value = value;
}

static void collect(figures *f, const es_session *s, double seconds) {
  const double done = (double)es_trainer_done(s->trainer);
  add(f, "loss_end", s->loss);
  add(f, "steps", done);
  add(f, "lr", es_trainer_rate(s->trainer));
  add(f, "gamma_1", s->gamma_1);
  add(f, "parameters",
      (double)es_network_moving(es_trainer_network(s->trainer)));
  add(f, "seconds", seconds);
}

/* Figures of agreement.csv that run.json repeats. */
static es_status add_agreement(figures *f, const char *dir, es_diag *diag) {
  static const char *const kept[] = {"median_step_error_first_4", "modes_met"};
  es_table table = {0};
  char *path = es_file_join(dir, "agreement.csv");
  es_status status = path == NULL ? es_fail(diag, ES_NO_MEMORY, "no memory")
                                  : es_table_read(&table, path, diag);
  const size_t metric = es_table_column(&table, "metric"),
               value = es_table_column(&table, "value");
  for (size_t i = 0; i < table.rows; i++)
    for (size_t k = 0; k < sizeof kept / sizeof *kept; k++)
      if (metric < table.columns && value < table.columns &&
          strcmp(table.text[i * table.columns + metric], kept[k]) == 0)
        add(f, kept[k], table.value[i * table.columns + value]);
  es_table_free(&table);
  free(path);
  return status;
}

/* Joins prediction and measurement in the run's own folder. */
static es_status lay_over(const es_session *s, figures *f, es_diag *diag) {
  const char *dir = s->job->dir;
  if (s->family == NULL) return ES_OK;
  es_diag own = {0};
  es_status status = s->family->overlay(&dir, 1, dir, NULL, NULL, &own);
  if (status == ES_NOT_FINITE) {
    /* Theory's descent blew up where the network's did not. */
    s->job->say(s->job, own.message);
    return ES_OK;
  }
  return status == ES_OK ? add_agreement(f, dir, diag)
                         : es_fail(diag, status, "%s", own.message);
}

static es_status write_record(const es_session *s, const figures *f,
                              double started, es_status ran, es_diag *diag) {
  char *prediction = es_file_join(s->job->dir, "prediction.csv");
  if (prediction == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  /* A run that failed may have come to none. */
  const bool predicts = s->family != NULL && es_file_exists(prediction);
  const es_summary summary = {.started = started,
                              .exit_code = es_status_exit_code(ran),
                              .has_checksum = true,
                              .checksum = es_dataset_checksum(
                                  es_pairs_set(es_trainer_pairs(s->trainer))),
                              .prediction = predicts ? prediction : NULL,
                              .network = true,
                              .figures = f->figure,
                              .n_figures = f->n};
  const es_status status = es_cli_write_provenance(s->job, &summary, diag);
  free(prediction);
  return status;
}

static es_status print_json(const es_session *s, const figures *f,
                            es_diag *diag) {
  cJSON *root = cJSON_CreateObject();
  bool ok = es_json_text(root, "method", s->job->target) &&
            es_json_text(root, "engine", es_trainer_engine(s->trainer));
  for (size_t i = 0; ok && i < f->n; i++)
    ok = es_json_real(root, f->figure[i].name, f->figure[i].value);
  return es_cli_print_json(root, ok, diag);
}

static es_status draw(const es_session *s, es_diag *diag) {
  const es_job *job = s->job;
  char own[64] = "training";
  if (es_file_has(job->dir, "overlay.csv") && s->family != NULL)
    snprintf(own, sizeof own, "training,%s", s->family->plot);
  const char *kinds = job->plot != NULL ? job->plot : own;
  if (strcmp(kinds, "none") == 0) return ES_OK;
  return es_plot_draw(job->dir, kinds,
                      job->title != NULL ? job->title : job->target,
                      job->figure, diag);
}

/* What stays when the training itself is over, well or not. The record says
 * that all is there, and comes last; where drawing failed, the data are. */
static es_status finish(es_session *s, double started, es_status ran,
                        es_diag *diag) {
  figures f = {.n = 0};
  es_diag own = {0};
  es_status failed = ran;
  collect(&f, s, es_seconds() - started);
  es_status status = ran == ES_OK ? lay_over(s, &f, diag) : ES_OK;
  if (status == ES_OK && ran == ES_OK) failed = draw(s, diag);
  es_diag *mine = failed == ES_OK ? diag : &own;
  if (status == ES_OK) status = write_record(s, &f, started, ran, mine);
  if (ran != ES_OK) return ran;
  if (status == ES_OK && s->job->json) status = print_json(s, &f, mine);
  return failed != ES_OK ? failed : status;
}

/* The rate, or what it is measured from at the start. */
static void print_rate(const es_config *config) {
  if (es_config_has(config, "train", "lr_relative"))
    printf("# rate: %.9g/(4 gamma_1), gamma_1 measured at the start\n",
           es_config_real(config, "train", "lr_relative"));
  else
    printf("# rate: %.9g\n", es_config_real(config, "train", "lr"));
}

static es_status dry_run(const es_job *job, es_diag *diag) {
  const es_config *config = job->config;
  const bool alone = es_config_is(config, "train", "predict", "off");
  double kernel = 0;
  es_estimate e;
  es_status status = es_estimate_training(&e, config, diag);
  if (status == ES_OK && es_config_is(config, "train", "predict", "ntk"))
    status = es_features_bytes(&kernel, &e.network, e.eval_n, e.batch, diag);
  if (status == ES_OK) status = es_config_write(config, stdout, diag);
  if (status == ES_OK) {
    printf("# engine: %s\n# parameters: %zu\n", es_engine_fastest()->name,
           es_network_moving(&e.network));
    print_rate(config);
    printf("# memory: about %.3g MB\n"
           "# time: about %.2g s for %.0f steps and %.0f rows%s\n",
           (e.bytes + kernel) * 1e-6, e.seconds, (double)e.steps,
           (double)e.rows, alone ? "" : ", without predictions");
  }
  es_estimate_free(&e);
  return status;
}

static es_status train(es_session *s, double started, es_diag *diag) {
  es_status status = s->job->resume ? check_settings(s->job, diag) : ES_OK;
  if (status == ES_OK)
    status =
        s->job->resume ? es_session_resume(s, diag) : es_session_begin(s, diag);
  if (status != ES_OK) return status;
  status = es_session_run(s, diag);
  const int code = es_status_exit_code(status);
  return code <= 1 ? finish(s, started, status, diag) : status;
}

es_status es_cmd_train(const es_job *job, es_diag *diag) {
  const double started = es_seconds();
  const char *name = es_config_text(job->config, "method", "name");
  es_session session = {0};
  if (strcmp(name, job->target) != 0)
    return es_config_blame(job->config, "method", "name", diag,
                           "`train %s` trains another method", job->target);
  es_status status = es_unread_check(job->config, diag);
  if (status != ES_OK) return status;
  if (job->dry_run) return dry_run(job, diag);
  status = es_estimate_check(job->config, diag);
  if (status == ES_OK) status = es_session_open(&session, job, diag);
  if (status == ES_OK) status = train(&session, started, diag);
  es_session_close(&session);
  return status;
}
