/* eigenstep flow: a model's trajectory to a table and, with -o, to a folder
 * with settings, steps, arrays, provenance and figure. */
#include "cli/cli.h"

#include "config/json.h"
#include "config/provenance.h"
#include "file/atomic.h"
#include "file/csv.h"
#include "file/h5.h"
#include "linalg/linalg.h"
#include "ode/stepper.h"
#include "plot/plot.h"

#include <eigenstep/eigenstep.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct flow_run {
  const es_job *job;
  const es_instance *instance; /* the flow's */
  es_flow *flow;
  es_sinks *sinks;
  size_t rows;
  double first_end; /* the first observable in the last row */
  es_diag *diag;
  double started;
} flow_run;

static es_status take_row(void *context, const double *row, size_t n) {
  flow_run *run = context;
  run->rows++;
  run->first_end = row[1];
  return es_sinks_row(run->sinks, row, n, run->diag);
}

static es_status write_header(flow_run *run) {
  enum { NAME = 48 };
  const size_t n = es_flow_columns(run->flow);
  char(*text)[NAME] = calloc(n, sizeof *text);
  const char **names = calloc(n, sizeof *names);
  es_status status = ES_OK;
  if (text == NULL || names == NULL)
    status = es_fail(run->diag, ES_NO_MEMORY, "no memory");
  for (size_t j = 0; status == ES_OK && j < n; j++) {
    es_flow_column(run->flow, j, text[j], NAME);
    names[j] = text[j];
  }
  if (status == ES_OK)
    status = es_sinks_header(run->sinks, names, n, run->diag);
  free(names);
  free(text);
  return status;
}

/* Rows before a failure of the computation are kept; a table that could not
 * be written is not. */
static es_status run_rows(flow_run *run) {
  es_status status =
      es_sinks_open(&run->sinks, run->job, "trace.csv", run->diag);
  if (status != ES_OK) return status;
  status = write_header(run);
  const bool begun = status == ES_OK;
  if (status == ES_OK)
    status = es_flow_run(run->flow, take_row, run, run->diag);
  const int code = es_status_exit_code(status);
  const bool keep = begun && (code == 0 || code == 1 || code == 4 || code == 5);
  const es_status closed =
      es_sinks_close(run->sinks, keep, status == ES_OK ? run->diag : NULL);
  return status == ES_OK ? closed : status;
}

static double relative_error(const es_model_step *step, double met) {
  return (met - step->half_time) / step->half_time;
}

static es_status write_steps(flow_run *run) {
  static const char *const names[] = {
      "mode",         "gamma",          "gap",    "tau_predicted",
      "tau_measured", "relative_error", "overlap"};
  es_csv csv;
  char *path = es_file_join(run->job->dir, "steps.csv");
  if (path == NULL) return es_fail(run->diag, ES_NO_MEMORY, "no memory");
  es_status status = es_csv_open(&csv, path, NULL, run->diag);
  free(path);
  if (status != ES_OK) return status;
  status = es_csv_header(&csv, names, 7, run->diag);
  const size_t n = es_instance_steps(run->instance);
  for (size_t j = 0; status == ES_OK && j < n; j++) {
    const es_flow_step met = es_flow_step_met(run->flow, j);
    const es_model_step step = es_instance_step(run->instance, j);
    const double row[] = {
        (double)step.mode, step.gamma, step.gap,
        step.half_time,    met.t,      relative_error(&step, met.t),
        met.overlap};
    status = es_csv_row(&csv, row, 7, run->diag);
  }
  return es_csv_end(&csv, status, run->diag);
}

static es_status write_modes(flow_run *run, es_h5 *file) {
  es_status status = ES_OK;
  if (!es_config_flag(run->job->config, "output", "modes")) return ES_OK;
  for (size_t j = 0; status == ES_OK; j++) {
    const es_model_array array = es_instance_array(run->instance, j);
    if (array.dataset == NULL) break;
    status = es_h5_write_columns(file, array.dataset, array.data, array.rows,
                                 array.cols, run->diag);
  }
  return status;
}

static es_status write_embeddings(flow_run *run, es_h5 *file) {
  size_t dims[3];
  const double *times,
      *embeddings =
          es_flow_embeddings(run->flow, &dims[0], &dims[1], &dims[2], &times);
  if (embeddings == NULL || dims[0] == 0) return ES_OK;
  es_status status =
      es_h5_write(file, "/embeddings", embeddings, dims, 3, run->diag);
  if (status == ES_OK)
    status = es_h5_write(file, "/times", times, dims, 1, run->diag);
  return status;
}

static es_status write_arrays(flow_run *run) {
  es_h5 *file;
  if (!es_config_flag(run->job->config, "output", "modes") &&
      es_config_size(run->job->config, "output", "embeddings") == 0)
    return es_file_remove(run->job->dir, "arrays.h5", run->diag);
  char *path = es_file_join(run->job->dir, "arrays.h5");
  if (path == NULL) return es_fail(run->diag, ES_NO_MEMORY, "no memory");
  es_status status = es_h5_create(&file, path, run->diag);
  free(path);
  if (status != ES_OK) return status;
  status = write_modes(run, file);
  if (status == ES_OK) status = write_embeddings(run, file);
  if (status == ES_OK) return es_h5_commit(file, run->diag);
  es_h5_abandon(file);
  return status;
}

/* Largest |relative error| of the steps that were met. */
static double worst_error(const flow_run *run) {
  double worst = NAN;
  for (size_t j = 0; j < es_instance_steps(run->instance); j++) {
    const es_model_step step = es_instance_step(run->instance, j);
    const double error =
        fabs(relative_error(&step, es_flow_step_met(run->flow, j).t));
    if (isfinite(error)) worst = fmax(isnan(worst) ? 0 : worst, error);
  }
  return worst;
}

/* When the last of all modes had stepped; NaN while one has not. */
static double full_rank_time(const flow_run *run) {
  double last = NAN;
  for (size_t j = 0; j < es_flow_steps(run->flow); j++) {
    const double t = es_flow_step_met(run->flow, j).t;
    if (isnan(t)) return NAN;
    last = fmax(last, t);
  }
  return last;
}

static es_status write_record(flow_run *run, es_status ran) {
  const es_ode_statistics stats = es_flow_statistics(run->flow);
  const es_model *model = run->instance->model;
  char first[40], first_end[48];
  es_instance_column(run->instance, 0, first, sizeof first);
  snprintf(first_end, sizeof first_end, "%s_end", first);
  es_figure figures[] = {
      {"", run->first_end},
      {"rows", (double)run->rows},
      {"steps", (double)stats.steps},
      {"rejected", (double)stats.rejected},
      {"rhs_calls", (double)stats.rhs_calls},
      {"stiff_steps", (double)stats.stiff_steps},
      {"implicit_steps", (double)stats.implicit_steps},
      {"loss_floor", es_instance_floor(run->instance)},
      {"worst_step_time_error", worst_error(run)},
      {"sup_error", es_flow_sup_error(run->flow)},
      {"time_to_full_rank", full_rank_time(run)},
      {"predicted_exponent",
       model->exponent != NULL ? model->exponent(run->instance->self) : NAN},
  };
  memcpy(figures[0].name, first_end, sizeof figures[0].name);
  const es_summary summary = {.started = run->started,
                              .exit_code = es_status_exit_code(ran),
                              .instance = run->instance,
                              .method = es_flow_method(run->flow),
                              .figures = figures,
                              .n_figures = sizeof figures / sizeof *figures};
  return es_cli_write_provenance(run->job, &summary, run->diag);
}

static es_status draw(const flow_run *run) {
  char title[160];
  const es_job *job = run->job;
  const char *kind = job->plot != NULL ? job->plot : run->instance->model->plot;
  if (kind == NULL || strcmp(kind, "none") == 0) return ES_OK;
  snprintf(title, sizeof title, "%s: %s", run->instance->model->name,
           es_flow_method(run->flow));
  return es_plot_draw(job->dir, kind, job->title != NULL ? job->title : title,
                      job->figure, run->diag);
}

/* The steps as far as they were met, the arrays and the record belong to a
 * failed run too; the figure does not. The record says that all is there, and
 * comes last; where drawing failed, the data are. */
static es_status finish_folder(flow_run *run, es_status ran) {
  if (run->job->dir == NULL) return ran;
  es_diag own = {0}, *kept = run->diag;
  es_status failed = ran;
  if (ran != ES_OK) run->diag = &own;
  es_status status = write_steps(run);
  if (status == ES_OK) status = write_arrays(run);
  if (status == ES_OK)
    status = es_cli_write_factors(run->job, run->instance, run->diag);
  if (status == ES_OK && ran == ES_OK) failed = draw(run);
  if (failed != ES_OK) run->diag = &own;
  if (status == ES_OK) status = write_record(run, ran);
  run->diag = kept;
  return failed != ES_OK ? failed : status;
}

static bool add_steps(cJSON *root, const flow_run *run) {
  cJSON *predicted = cJSON_AddArrayToObject(root, "tau_predicted");
  cJSON *measured = cJSON_AddArrayToObject(root, "tau_measured");
  bool ok = true;
  for (size_t j = 0; ok && j < es_instance_steps(run->instance); j++)
    ok = es_json_real(predicted, NULL,
                      es_instance_step(run->instance, j).half_time) &&
         es_json_real(measured, NULL, es_flow_step_met(run->flow, j).t);
  return ok && predicted != NULL && measured != NULL;
}

static es_status print_json(const flow_run *run) {
  const es_ode_statistics stats = es_flow_statistics(run->flow);
  cJSON *root = cJSON_CreateObject();
  const bool ok =
      es_json_text(root, "model", run->instance->model->name) &&
      es_json_text(root, "method", es_flow_method(run->flow)) &&
      es_json_real(root, "rows", (double)run->rows) &&
      es_json_real(root, "steps", (double)stats.steps) &&
      es_json_real(root, "rejected", (double)stats.rejected) &&
      es_json_real(root, "rhs_calls", (double)stats.rhs_calls) &&
      es_json_real(root, "stiff_steps", (double)stats.stiff_steps) &&
      es_json_real(root, "implicit_steps", (double)stats.implicit_steps) &&
      es_json_real(root, "loss_floor", es_instance_floor(run->instance)) &&
      es_json_real(root, "worst_step_time_error", worst_error(run)) &&
      es_json_real(root, "sup_error", es_flow_sup_error(run->flow)) &&
      es_json_real(root, "wall_seconds", es_seconds() - run->started) &&
      add_steps(root, run);
  return es_cli_print_json(root, ok, run->diag);
}

/* Time of one right-hand side, for the estimate of a dry run. */
static double rhs_seconds(const flow_run *run) {
  const es_instance *instance = run->instance;
  const size_t n = instance->shape.n;
  double *y = calloc(3 * n, sizeof *y);
  double best = INFINITY;
  if (y == NULL) return NAN;
  es_instance_start(instance, y, y + n);
  for (int i = 0; i < 5; i++) {
    const double begun = es_seconds();
    if (instance->model->rhs(0, y, y + 2 * n, instance->self) != ES_OK) break;
    best = fmin(best, es_seconds() - begun);
  }
  free(y);
  return best;
}

static es_status dry_run(const flow_run *run) {
  double last;
  const size_t rows = es_flow_times(run->flow, &last);
  const size_t columns = es_flow_columns(run->flow);
  const char *method = es_flow_method(run->flow);
  const size_t n = run->instance->shape.n;
  const es_stepper *stepper = es_stepper_find(method); /* NULL: exact */
  const bool dense = stepper != NULL && stepper->factors;
  const es_status status = es_config_write(run->job->config, stdout, run->diag);
  if (status != ES_OK) return status;
  printf("# method: %s\n# rows: %zu of %zu columns, up to t=%.6g\n", method,
         rows, columns, last);
  printf("# memory: about %.3g MB for a state of %zu numbers\n",
         (double)n * (30 + (dense ? 2. * (double)n : 0)) * 8 * 1e-6, n);
  if (run->instance->shape.bytes > 0)
    printf("# memory: about %.3g MB to open the model\n",
           run->instance->shape.bytes * 1e-6);
  if (strcmp(method, "gd") == 0)
    printf("# time: about %.2g s for %.0f steps\n",
           rhs_seconds(run) * 2 * last / run->instance->shape.lr,
           last / run->instance->shape.lr);
  else if (strcmp(method, "exact") == 0)
    printf("# time: about %.2g s\n", (double)(rows * columns) * 1e-6);
  else
    printf("# time: %.2g s a right-hand side; steps adapt\n", rhs_seconds(run));
  return ES_OK;
}

/* What auto chose; or, of an explicit method that was asked for by name, that
 * another would do better. */
static void say_method(const flow_run *run) {
  const es_job *job = run->job;
  const es_ode_statistics stats = es_flow_statistics(run->flow);
  const char *method = es_flow_method(run->flow);
  char line[160];
  if (es_flow_by_auto(run->flow))
    snprintf(line, sizeof line, "method: %s (chosen by auto)", method);
  else if (stats.stiff_steps > 0 && isfinite(stats.t_stiff))
    snprintf(line, sizeof line,
             "method: %s was held short by fast modes from t=%.6g on; "
             "solver.method=auto or rosenbrock may need fewer steps",
             method, stats.t_stiff);
  else
    return;
  job->say(job, line);
}

static es_status flow_into(flow_run *run) {
  const es_job *job = run->job;
  es_status status = ES_OK;
  job->say(job, es_instance_remark(run->instance));
  es_cli_forget_data(job, run->instance);
  if (job->dir != NULL) {
    status = es_job_take_dir(job, run->diag);
    if (status == ES_OK) status = es_cli_write_config(job, run->diag);
  }
  if (status != ES_OK) return status;
  status = run_rows(run);
  /* A failed write leaves nothing more to say about the run. */
  if (status == ES_FILE_WRITE) return status;
  status = finish_folder(run, status);
  if (status == ES_OK) say_method(run);
  if (job->json) {
    /* A failed run has its own message to keep. */
    es_diag *kept = run->diag;
    if (status != ES_OK) run->diag = NULL;
    const es_status printed = print_json(run);
    run->diag = kept;
    if (status == ES_OK) status = printed;
  }
  return status;
}

/* Below this many numbers in a state a product is over before a second thread
 * has woken up; moments and eigenvectors, made before, use all threads. */
enum { SMALL_STATE = 1 << 14 };

static void set_threads(const flow_run *run) {
  es_blas_threads(run->instance->shape.n < SMALL_STATE ? 1 : run->job->threads);
}

es_status es_cmd_flow(const es_job *job, es_diag *diag) {
  flow_run run = {.job = job, .diag = diag, .started = es_seconds()};
  const es_model *model;
  es_status status = es_cli_find_model(&model, job->target, diag);
  if (status == ES_OK)
    status = es_flow_new(&run.flow, model, job->config, job->watch, diag);
  if (status != ES_OK) return status;
  run.instance = es_flow_instance(run.flow);
  set_threads(&run);
  status = job->dry_run ? dry_run(&run) : flow_into(&run);
  es_flow_free(run.flow);
  es_blas_threads(job->threads);
  return status;
}
