/* A training with its files: see session.h. Orders that a kill may fall
 * between: rows are synced before the checkpoint that counts them is renamed,
 * and the last checkpoint before the trace gets its final name. */
#include "cli/session.h"

#include "base/slab.h"
#include "cli/cli.h"
#include "overlay/live.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHECKPOINT "arrays.h5"
#define TRACE "trace.csv"

static char *path_of(const es_session *s, const char *name, es_diag *diag) {
  char *path = es_file_join(s->job->dir, name);
  if (path == NULL) (void)es_fail(diag, ES_NO_MEMORY, "no memory");
  return path;
}

/* A line of the family's for the user. */
static void say(void *context, const char *line) {
  const es_job *const *job = context;
  (*job)->say(*job, line);
}

/* The learning rate, and the family with what it predicts. */
static es_status ask_theory(es_session *s, es_diag *diag) {
  const es_config *config = s->job->config;
  const es_live_run run = {.trainer = s->trainer,
                           .config = config,
                           .say = say,
                           .context = &s->job,
                           .gamma_1 = &s->gamma_1};
  const bool predicting = !es_config_is(config, "train", "predict", "off");
  es_status status = ES_OK;
  if (predicting) s->family = es_family_of(config);
  if (!predicting || !s->family->rates)
    status = es_live_measure_rate(&run, diag);
  return predicting && status == ES_OK ? s->family->open(&s->live, &run, diag)
                                       : status;
}

static es_status open_monitor(es_session *s, es_diag *diag) {
  const double *phi = NULL, *gamma = NULL;
  const size_t k = s->family != NULL && s->family->functions != NULL
                       ? s->family->functions(s->live, &phi, &gamma)
                       : 0;
  return es_monitor_new(&s->monitor, s->trainer, k, phi, gamma, diag);
}

static size_t family_columns(const es_session *s) {
  return s->family != NULL && s->family->columns != NULL
             ? s->family->columns(s->live)
             : 0;
}

/* The trace's columns: the monitor's, then the family's. */
static es_status name_columns(es_session *s, es_diag *diag) {
  enum { NAME = 64 };
  const size_t first = es_monitor_columns(s->monitor), own = family_columns(s);
  s->n_columns = first + own;
  s->row = calloc(s->n_columns, sizeof *s->row);
  /* Names of the family's own behind the pointers. */
  s->column = calloc(1, s->n_columns * sizeof *s->column + own * NAME);
  if (s->row == NULL || s->column == NULL)
    return es_fail(diag, ES_NO_MEMORY, "no memory for a row");
  char *name = (char *)(s->column + s->n_columns);
  for (size_t j = 0; j < first; j++)
    s->column[j] = es_monitor_column(s->monitor, j);
  for (size_t j = 0; j < own; j++, name += NAME) {
    s->family->column(s->live, j, name, NAME);
    s->column[first + j] = name;
  }
  return ES_OK;
}

/* What the eval pairs are embedded as now, for what overlays compare. */
static es_status keep_embedding(es_session *s, double **out, es_diag *diag) {
  const size_t d = es_trainer_network(s->trainer)->embedding.size;
  if (s->family == NULL) return ES_OK;
  if (*out == NULL)
    *out = es_zeroed(2 * es_trainer_eval_n(s->trainer), d, sizeof **out);
  if (*out == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  return es_trainer_measure(s->trainer, NULL, NULL, *out, NULL, diag);
}

static es_status look_ahead(es_session *s, es_diag *diag) {
  es_status status = ask_theory(s, diag);
  if (status == ES_OK) status = open_monitor(s, diag);
  if (status == ES_OK)
    status = es_film_new(&s->film, s->trainer, s->job->config, diag);
  if (status == ES_OK) status = name_columns(s, diag);
  return status == ES_OK ? keep_embedding(s, &s->start, diag) : status;
}

es_status es_session_open(es_session *session, const es_job *job,
                          es_diag *diag) {
  *session = (es_session){.job = job, .gamma_1 = NAN, .loss = NAN};
  const es_status status =
      es_trainer_new(&session->trainer, job->config, job->progress, diag);
  return status == ES_OK ? look_ahead(session, diag) : status;
}

void es_session_close(es_session *session) {
  if (session->family != NULL) session->family->close(session->live);
  es_film_free(session->film);
  es_monitor_free(session->monitor);
  es_trainer_free(session->trainer);
  free(session->start);
  free(session->end);
  free(session->column);
  free(session->row);
}

static es_status write_prediction(const es_session *s, es_diag *diag) {
  if (s->family == NULL) return ES_OK;
  char *path = path_of(s, "prediction.csv", diag);
  if (path == NULL) return ES_NO_MEMORY;
  const es_status status = s->family->predict(s->live, path, diag);
  free(path);
  return status;
}

static es_status write_embedding(const es_session *s, es_h5 *file,
                                 const char *name, const double *z,
                                 es_diag *diag) {
  const size_t shape[] = {2 * es_trainer_eval_n(s->trainer),
                          es_trainer_network(s->trainer)->embedding.size};
  return z == NULL ? ES_OK : es_h5_write(file, name, z, shape, 2, diag);
}

static es_status write_arrays(const es_session *s, es_h5 *file, double bytes,
                              es_diag *diag) {
  es_status status = es_trainer_save(s->trainer, file, diag);
  if (status == ES_OK)
    status = es_h5_write(file, "/train/trace_bytes", &bytes, NULL, 0, diag);
  if (status == ES_OK)
    status = write_embedding(s, file, "/eval/start", s->start, diag);
  if (status == ES_OK)
    status = write_embedding(s, file, "/eval/end", s->end, diag);
  if (status == ES_OK && s->film != NULL)
    status = es_film_save(s->film, file, diag);
  if (status == ES_OK && s->family != NULL && s->family->save != NULL)
    status = s->family->save(s->live, file, diag);
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
  const size_t first = es_monitor_columns(s->monitor);
  es_status status = measure_row(s, &row, diag);
  if (status != ES_OK) return status;
  memcpy(s->row, row, first * sizeof *row);
  if (s->film != NULL)
    status = es_film_add(s->film, es_monitor_embedding(s->monitor), diag);
  if (status != ES_OK) return status;
  if (s->family != NULL && s->family->row != NULL)
    status = s->family->row(s->live, s->trainer, s->row + first, diag);
  return status == ES_OK ? es_csv_row(&s->trace, s->row, s->n_columns, diag)
                         : status;
}

/* What an earlier run left, so that a kill before the first checkpoint does not
 * resume from that run's, and nothing of it is taken for this one's. */
static es_status forget(const es_session *s, es_diag *diag) {
  /* The record goes first: it must not speak of what is not whole. */
  static const char *const names[] = {
      CHECKPOINT,  TRACE,    "prediction.csv", "embed.h5",
      "probe.csv", "ntk.h5", "spectrum.csv",   "factors.csv"};
  es_status status = es_file_remove(s->job->dir, "run.json", diag);
  if (status == ES_OK) status = es_family_forget(NULL, s->job->dir, diag);
  for (size_t i = 0; status == ES_OK && i < sizeof names / sizeof *names; i++)
    status = es_file_remove(s->job->dir, names[i], diag);
  return status;
}

/* Behind the open trace, whose lock says that no other run is at work here. */
static es_status begin(es_session *s, es_diag *diag) {
  es_status status = forget(s, diag);
  if (status == ES_OK) status = es_cli_write_config(s->job, diag);
  if (status == ES_OK) status = write_prediction(s, diag);
  if (status == ES_OK)
    status = es_csv_header(&s->trace, s->column, s->n_columns, diag);
  if (status == ES_OK) status = add_row(s, diag);
  return status == ES_OK ? save(s, diag) : status;
}

es_status es_session_begin(es_session *s, es_diag *diag) {
  es_status status = es_job_take_dir(s->job, diag);
  if (status != ES_OK) return status;
  char *path = path_of(s, TRACE, diag);
  if (path == NULL) return ES_NO_MEMORY;
  status = es_csv_open(&s->trace, path, NULL, diag);
  if (status == ES_OK) {
    status = begin(s, diag);
    if (status != ES_OK) es_csv_abandon(&s->trace);
  }
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
  if (status == ES_OK && s->film != NULL)
    status = es_film_load(s->film, file, diag);
  if (status == ES_OK && s->family != NULL && s->family->load != NULL)
    status = s->family->load(s->live, file, diag);
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
  char *path = path_of(s, TRACE, diag);
  if (path == NULL) return ES_NO_MEMORY;
  const es_status status =
      es_csv_reopen(&s->trace, path, bytes, s->column, s->n_columns, diag);
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
  es_status status = es_job_take_dir(s->job, diag);
  if (status == ES_OK) status = load(s, &bytes, diag);
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

/* Measurements behind the last step. */
static es_status end(es_session *s, es_diag *diag) {
  const es_status status = keep_embedding(s, &s->end, diag);
  return status == ES_OK && s->family != NULL && s->family->end != NULL
             ? s->family->end(s->live, s->trainer, diag)
             : status;
}

es_status es_session_run(es_session *s, es_diag *diag) {
  if (s->ended) return ES_OK;
  es_status status = advance(s, diag);
  if (status == ES_INTERRUPTED) return interrupt(s, diag);
  if (status == ES_OK) status = end(s, diag);
  if (status == ES_OK) status = save(s, diag);
  if (status == ES_OK) return es_csv_close(&s->trace, diag);
  if (es_status_exit_code(status) == 1) {
    const es_status closed = es_csv_close(&s->trace, NULL);
    return closed == ES_OK ? add_limit(s, status, diag) : closed;
  }
  es_csv_leave(&s->trace);
  return status;
}
