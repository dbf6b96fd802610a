/* A training with its files: see session.h. Orders that a kill may fall
 * between: rows are synced before the checkpoint that counts them is renamed,
 * and the last checkpoint before the trace gets its final name. */
#include "cli/session.h"

#include "cli/cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHECKPOINT "arrays.h5"
#define TRACE "trace.csv"
static const double most_relative_fresh = .3;

static char *path_of(const es_session *s, const char *name, es_diag *diag) {
  char *path = es_file_join(s->job->dir, name);
  if (path == NULL) (void)es_fail(diag, ES_NO_MEMORY, "no memory");
  return path;
}

/* The kernel of the last linear layer, from the eval pairs and the start. */
static es_status measure_kernel(es_session *s, double *features, double *W,
                                es_diag *diag) {
  const es_network *network = es_trainer_network(s->trainer);
  if (!es_network_ends_linear(network))
    return es_config_blame(s->job->config, "method", "projector", diag,
                           "the kernel of the last linear layer is wanted, and "
                           "the embedding is not the output of one that "
                           "learns");
  const es_tensor *last = &network->graph.param[network->last];
  const float *start = es_trainer_params(s->trainer) + last->offset;
  const size_t n = es_trainer_eval_n(s->trainer);
  if (network->embedding.size > network->penultimate.size)
    return es_config_blame(s->job->config, "method", "dim", diag,
                           "the last layer has %zu inputs, and theory needs "
                           "a whole number in [1, %zu]",
                           network->penultimate.size,
                           network->penultimate.size);
  es_status status =
      es_trainer_measure(s->trainer, features, NULL, NULL, NULL, diag);
  if (status != ES_OK) return status;
  for (size_t k = 0; k < last->size; k++) W[k] = (double)start[k];
  status = es_held_new(&s->kernel, n, network->penultimate.size, features,
                       network->embedding.size, W, diag);
  if (status == ES_OK) s->gamma_1 = s->kernel.gamma[0];
  return status;
}

/* lr_relative in units of 1/(4 gamma_1); fresh pairs add noise that a larger
 * rate would amplify (recipes: three tenths is what held). */
static es_status settle_rate(es_session *s, es_diag *diag) {
  const es_config *config = s->job->config;
  double relative = es_config_real(config, "train", "lr_relative");
  const bool fresh =
      strcmp(es_config_text(config, "data", "pairs"), "fresh") == 0;
  if (!es_config_has(config, "train", "lr_relative")) return ES_OK;
  if (!(s->gamma_1 > 0))
    return es_config_blame(config, "train", "lr_relative", diag,
                           "the kernel at the start has no positive "
                           "eigenvalue, expected train.lr instead");
  if (fresh && relative > most_relative_fresh) {
    s->job->say(s->job, "train.lr_relative is taken as 0.3, the most with "
                        "data.pairs=fresh");
    relative = most_relative_fresh;
  }
  es_trainer_set_rate(s->trainer, relative / (4 * s->gamma_1));
  return ES_OK;
}

/* How far beyond the run's end predictions look: it takes seconds at most. */
static size_t horizon(const es_session *s) {
  const uint64_t most = 2000000, steps = es_trainer_steps(s->trainer);
  return (size_t)(steps < most / 2 ? 2 * steps + 1000 : most);
}

static es_status predict(es_session *s, es_diag *diag) {
  es_diag own = {0};
  s->step = calloc(s->kernel.d, sizeof *s->step);
  if (s->step == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  const es_status status = es_held_steps(
      &s->kernel, es_trainer_time(s->trainer, 1), horizon(s), s->step, &own);
  if (status == ES_OK) return ES_OK;
  if (status != ES_NOT_FINITE) return es_fail(diag, status, "%s", own.message);
  s->job->say(s->job, own.message);
  return ES_OK;
}

static es_status open_monitor(es_session *s, const double *features,
                              es_diag *diag) {
  const size_t rows = 2 * es_trainer_eval_n(s->trainer);
  const size_t k = s->step == NULL ? 0 : s->kernel.d;
  double *phi = calloc(rows * k + 1, sizeof *phi);
  if (phi == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  if (k > 0) es_held_functions(&s->kernel, rows, features, k, phi);
  const es_status status =
      es_monitor_new(&s->monitor, s->trainer, k, phi, s->kernel.gamma, diag);
  free(phi);
  return status;
}

static es_status look_ahead(es_session *s, es_diag *diag) {
  const es_config *config = s->job->config;
  const es_network *network = es_trainer_network(s->trainer);
  const bool predicting =
      strcmp(es_config_text(config, "train", "predict"), "off") != 0;
  const bool measuring =
      predicting || es_config_has(config, "train", "lr_relative");
  const size_t rows = 2 * es_trainer_eval_n(s->trainer);
  const size_t size =
      network->penultimate.size * network->embedding.size; /* of its weight */
  double *features = NULL, *W = NULL;
  es_status status = ES_OK;
  if (measuring) {
    features = calloc(rows * network->penultimate.size, sizeof *features);
    W = calloc(size, sizeof *W);
    status = features == NULL || W == NULL
                 ? es_fail(diag, ES_NO_MEMORY, "no memory for features")
                 : measure_kernel(s, features, W, diag);
    if (status == ES_OK) status = settle_rate(s, diag);
    if (status == ES_OK && predicting) status = predict(s, diag);
  }
  if (status == ES_OK) status = open_monitor(s, features, diag);
  free(features);
  free(W);
  return status;
}

es_status es_session_open(es_session *session, const es_job *job,
                          es_diag *diag) {
  *session = (es_session){.job = job, .gamma_1 = NAN, .loss = NAN};
  const es_status status =
      es_trainer_new(&session->trainer, job->config, job->progress, diag);
  return status == ES_OK ? look_ahead(session, diag) : status;
}

void es_session_close(es_session *session) {
  es_monitor_free(session->monitor);
  es_trainer_free(session->trainer);
  es_held_free(&session->kernel);
  free(session->step);
}

static es_status write_prediction(const es_session *s, es_diag *diag) {
  static const char *const names[] = {"mode", "gamma",       "s0",
                                      "tau",  "tau_generic", "step"};
  es_csv csv;
  if (s->step == NULL) return ES_OK;
  char *path = path_of(s, "prediction.csv", diag);
  if (path == NULL) return ES_NO_MEMORY;
  es_status status = es_csv_open(&csv, path, NULL, diag);
  free(path);
  if (status != ES_OK) return status;
  status = es_csv_header(&csv, names, 6, diag);
  for (size_t j = 0; status == ES_OK && j < s->kernel.d; j++) {
    const es_held_step *p = &s->step[j];
    const double row[] = {(double)j + 1, p->gamma,       p->s0,
                          p->tau,        p->tau_generic, p->step};
    status = es_csv_row(&csv, row, 6, diag);
  }
  if (status == ES_OK) return es_csv_close(&csv, diag);
  es_csv_abandon(&csv);
  return status;
}

static es_status write_arrays(const es_session *s, es_h5 *file, double bytes,
                              es_diag *diag) {
  const es_held *k = &s->kernel;
  es_status status = es_trainer_save(s->trainer, file, diag);
  if (status == ES_OK)
    status = es_h5_write(file, "/train/trace_bytes", &bytes, NULL, 0, diag);
  if (status == ES_OK && s->step != NULL)
    status = es_h5_write(file, "/prediction/gamma", k->gamma, &k->m, 1, diag);
  if (status == ES_OK && s->step != NULL)
    status =
        es_h5_write_columns(file, "/prediction/Z0", k->Z0, k->d, k->m, diag);
  return status;
}

static es_status save(es_session *s, es_diag *diag) {
  uint64_t bytes;
  es_h5 *file;
  char *path = path_of(s, CHECKPOINT, diag);
  if (path == NULL) return ES_NO_MEMORY;
  es_status status = es_csv_sync(&s->trace, &bytes, diag);
  if (status == ES_OK) status = es_h5_create(&file, path, diag);
  free(path);
  if (status != ES_OK) return status;
  status = write_arrays(s, file, (double)bytes, diag);
  if (status == ES_OK) return es_h5_commit(file, diag);
  es_h5_abandon(file);
  return status;
}

static es_status measure_row(es_session *s, const double **row, es_diag *diag) {
  enum { LOSS = 3 };
  const es_status status = es_monitor_row(s->monitor, s->trainer, row, diag);
  if (status == ES_OK) s->loss = (*row)[LOSS];
  return status;
}

static es_status add_row(es_session *s, es_diag *diag) {
  const double *row;
  const es_status status = measure_row(s, &row, diag);
  if (status != ES_OK) return status;
  return es_csv_row(&s->trace, row, es_monitor_columns(s->monitor), diag);
}

/* The columns' names, to be freed; NULL without memory. */
static const char **names_of(const es_monitor *m) {
  const size_t n = es_monitor_columns(m);
  const char **names = calloc(n, sizeof *names);
  for (size_t j = 0; names != NULL && j < n; j++)
    names[j] = es_monitor_column(m, j);
  return names;
}

/* What an earlier run left, so that a kill before the first checkpoint does not
 * resume from that run's, and nothing of it is taken for this one's. */
static es_status forget(const es_session *s, es_diag *diag) {
  static const char *const names[] = {
      CHECKPOINT,       TRACE,         "run.json",      "steps.csv",
      "prediction.csv", "overlay.csv", "agreement.csv", "overlay.gp",
      "overlay.svg",    "overlay.png", "overlay.pdf",   "embed.h5",
      "probe.csv"};
  es_status status = ES_OK;
  for (size_t i = 0; status == ES_OK && i < sizeof names / sizeof *names; i++)
    status = es_file_remove(s->job->dir, names[i], diag);
  return status;
}

/* Behind the open trace, whose lock says that no other run is at work here. */
static es_status begin(es_session *s, const char *const *names, es_diag *diag) {
  es_status status = forget(s, diag);
  if (status == ES_OK) status = es_cli_write_config(s->job, diag);
  if (status == ES_OK) status = write_prediction(s, diag);
  if (status == ES_OK)
    status =
        es_csv_header(&s->trace, names, es_monitor_columns(s->monitor), diag);
  if (status == ES_OK) status = add_row(s, diag);
  return status == ES_OK ? save(s, diag) : status;
}

es_status es_session_begin(es_session *s, es_diag *diag) {
  es_status status = es_file_mkdirs(s->job->dir, diag);
  if (status != ES_OK) return status;
  const char **names = names_of(s->monitor);
  char *path = path_of(s, TRACE, diag);
  status = names == NULL || path == NULL
               ? es_fail(diag, ES_NO_MEMORY, "no memory")
               : es_csv_open(&s->trace, path, NULL, diag);
  if (status == ES_OK) {
    status = begin(s, names, diag);
    if (status != ES_OK) es_csv_abandon(&s->trace);
  }
  free(names);
  free(path);
  return status;
}

static es_status load(es_session *s, uint64_t *bytes, es_diag *diag) {
  es_h5_source *file;
  double length = 0;
  char *path = path_of(s, CHECKPOINT, diag);
  if (path == NULL) return ES_NO_MEMORY;
  es_status status = es_h5_open(&file, path, diag);
  free(path);
  if (status != ES_OK) return status;
  status = es_trainer_load(s->trainer, file, diag);
  if (status == ES_OK)
    status = es_h5_read(file, "/train/trace_bytes", &length, NULL, 0, diag);
  if (status == ES_OK && !(length >= 0 && length < 0x1p53))
    status = es_h5_refuse(file, diag, ES_FILE_CORRUPT,
                          "/train/trace_bytes is %g, not a length", length);
  es_h5_close(file);
  if (status == ES_OK) *bytes = (uint64_t)length;
  return status;
}

/* The trace as far as the checkpoint counts it. */
static es_status reopen(es_session *s, uint64_t bytes, es_diag *diag) {
  const char **names = names_of(s->monitor);
  char *path = path_of(s, TRACE, diag);
  const es_status status =
      names == NULL || path == NULL
          ? es_fail(diag, ES_NO_MEMORY, "no memory")
          : es_csv_reopen(&s->trace, path, bytes, names,
                          es_monitor_columns(s->monitor), diag);
  free(names);
  free(path);
  return status;
}

es_status es_session_resume(es_session *s, es_diag *diag) {
  uint64_t bytes = 0;
  const double *row;
  if (!es_file_has(s->job->dir, CHECKPOINT) && es_file_has(s->job->dir, TRACE))
    return es_fail(diag, ES_FILE_MISSING,
                   "%s/" CHECKPOINT " is missing: there is nothing to resume "
                   "from; --force starts anew",
                   s->job->dir);
  if (!es_file_has(s->job->dir, CHECKPOINT)) return es_session_begin(s, diag);
  es_status status = load(s, &bytes, diag);
  /* A run that was at its end adds no row that would tell the loss. */
  if (status == ES_OK) status = measure_row(s, &row, diag);
  if (status != ES_OK) return status;
  s->ended = es_trainer_done(s->trainer) == es_trainer_steps(s->trainer) &&
             es_file_has(s->job->dir, TRACE) &&
             !es_file_has(s->job->dir, TRACE ".part");
  if (s->ended) return ES_OK;
  status = es_file_remove(s->job->dir, "run.json", diag);
  return status == ES_OK ? reopen(s, bytes, diag) : status;
}

static es_status advance(es_session *s, es_diag *diag) {
  const es_config *config = s->job->config;
  const uint64_t log_every = es_config_size(config, "train", "log_every");
  const uint64_t save_every =
      es_config_size(config, "train", "checkpoint_every");
  const uint64_t steps = es_trainer_steps(s->trainer);
  es_status status = ES_OK;
  while (status == ES_OK && es_trainer_done(s->trainer) < steps) {
    if (es_progress_stopping(s->job->progress)) return ES_INTERRUPTED;
    status = es_trainer_step(s->trainer, diag);
    const uint64_t done = es_trainer_done(s->trainer);
    if (status == ES_OK && (done % log_every == 0 || done == steps))
      status = add_row(s, diag);
    if (status == ES_OK && done % save_every == 0 && done < steps)
      status = save(s, diag);
    es_progress_report(s->job->progress, "training", (double)done,
                       (double)steps);
  }
  return status;
}

/* A rate beyond descent's limit is what a run most often fails of. */
static es_status add_limit(const es_session *s, es_status status,
                           es_diag *diag) {
  const es_diag said = *diag;
  if (status != ES_NOT_FINITE || !(s->gamma_1 > 0)) return status;
  const double limit = 1 / (4 * s->gamma_1);
  return es_fail(diag, status,
                 "%.400s; this one is %.3g times 1/(4 gamma_1) = %.3g",
                 said.message, es_trainer_rate(s->trainer) / limit, limit);
}

static es_status interrupt(es_session *s, es_diag *diag) {
  const es_status saved = save(s, diag);
  es_csv_leave(&s->trace);
  if (saved != ES_OK) return saved;
  return es_fail(diag, ES_INTERRUPTED,
                 "stopped after step %.0f of %.0f; --resume goes on from there",
                 (double)es_trainer_done(s->trainer),
                 (double)es_trainer_steps(s->trainer));
}

es_status es_session_run(es_session *s, es_diag *diag) {
  if (s->ended) return ES_OK;
  es_status status = advance(s, diag);
  if (status == ES_INTERRUPTED) return interrupt(s, diag);
  if (status == ES_OK) status = save(s, diag);
  if (status == ES_OK) return es_csv_close(&s->trace, diag);
  if (es_status_exit_code(status) == 1) {
    const es_status closed = es_csv_close(&s->trace, NULL);
    return closed == ES_OK ? add_limit(s, status, diag) : closed;
  }
  es_csv_leave(&s->trace);
  return status;
}
