/* The program: option parsing, commands, messages. */
#ifndef ES_CLI_CLI_H
#define ES_CLI_CLI_H

#include "run/job.h"

#include <eigenstep/flow.h>

/* The name of an experiment or method: *n characters of target, without folders
 * and ".yaml". */
const char *es_cli_experiment_name(const char *target, size_t *n);
/* ES_EXISTS where the records in job->dir are of another experiment than
 * job->target, or of another command, and none is of this one. Errors of
 * es_record_read. */
es_status es_cli_check_experiment(const es_job *job, es_diag *diag) ES_MUST_USE;

/* The table of commands; *n is their number. */
const es_command *es_cli_commands(size_t *n);

/* A parsed command line. */
typedef struct es_options {
  es_job job;
  const char *config_path; /* --config */
  const char **word; /* settings and what else is no option; NULL ends them */
  size_t n_words;
  const char **more; /* targets behind the first */
  bool help, version;
  char *own_dir; /* memory behind job.dir where it is the default */
} es_options;

/* Parses argv. ES_USAGE with one line for what the command does not take.
 * Free with es_options_free in every case. */
es_status es_options_parse(es_options *out, int argc, char **argv,
                           es_diag *diag) ES_MUST_USE;
void es_options_free(es_options *options);

/* Whether a word is a setting of figures: figure.key=value. */
bool es_cli_is_figure(const char *word);

/* Help to standard output: the program's (command NULL), or a command's with
 * its keys. ES_USAGE for a target that is none; ES_NO_MEMORY. */
es_status es_help(const es_command *command, const char *target,
                  es_diag *diag) ES_MUST_USE;
/* Every key of a set as a table: name, what it accepts, default, help; but for
 * those that stand in the set before it, if any. */
void es_help_keys(FILE *out, const es_keys *keys, const es_keys *before);

/* ES_USAGE: "NAME: no such KIND", with the nearest of the n names or, where
 * none is near, what lists them. */
es_status es_cli_unknown(const char *name, const char *kind,
                         const char *const *names, size_t n, const char *lists,
                         es_diag *diag);
/* "no such model", with the nearest name. */
es_status es_cli_find_model(const es_model **out, const char *name,
                            es_diag *diag) ES_MUST_USE;
/* The same of methods: "no such method". */
struct es_method;
es_status es_cli_find_method(const struct es_method **out, const char *name,
                             es_diag *diag) ES_MUST_USE;
/* A configuration with the keys of a model (flow, predict). */
es_status es_cli_configure_model(es_config **out, const char *target,
                                 es_diag *diag) ES_MUST_USE;

/* The same for sweeps, with a section of axes. */
es_status es_cli_configure_sweep(es_config **out, const char *target,
                                 es_diag *diag) ES_MUST_USE;

/* And with a box of starts. es_basin_keys: those beside the box. */
extern const es_keys es_basin_keys;
es_status es_cli_configure_basin(es_config **out, const char *target,
                                 es_diag *diag) ES_MUST_USE;

/* A configuration with the keys of a training. */
es_status es_cli_configure_train(es_config **out, const char *target,
                                 es_diag *diag) ES_MUST_USE;
/* The same, with the settings that the run in that folder had; ES_BAD_VALUE
 * where that was none of a training. */
es_status es_cli_configure_run(es_config **out, const char *target,
                               es_diag *diag) ES_MUST_USE;

/* The settings of `metrics`, and a configuration of them. */
extern const es_keys es_metrics_keys;
es_status es_cli_configure_metrics(es_config **out, const char *target,
                                   es_diag *diag) ES_MUST_USE;

/* The settings of `probe`, and a configuration of them: those of its run are
 * read when it is. */
extern const es_keys es_probe_keys;
es_status es_cli_configure_probe(es_config **out, const char *target,
                                 es_diag *diag) ES_MUST_USE;

/* The same of `ntk`. */
extern const es_keys es_ntk_keys;
es_status es_cli_configure_ntk(es_config **out, const char *target,
                               es_diag *diag) ES_MUST_USE;

/* The same of `spectrum`. */
extern const es_keys es_spectrum_keys;
es_status es_cli_configure_spectrum(es_config **out, const char *target,
                                    es_diag *diag) ES_MUST_USE;

/* Where rows go: job->dir/NAME, job->csv, or standard output. */
typedef struct es_sinks es_sinks;
es_status es_sinks_open(es_sinks **out, const es_job *job, const char *name,
                        es_diag *diag) ES_MUST_USE;
es_status es_sinks_header(es_sinks *sinks, const char *const *names, size_t n,
                          es_diag *diag) ES_MUST_USE;
es_status es_sinks_row(es_sinks *sinks, const double *row, size_t n,
                       es_diag *diag) ES_MUST_USE;
/* A row of numbers and words: a word that is not NULL stands in the place of
 * its number. */
es_status es_sinks_mixed(es_sinks *sinks, const double *row,
                         const char *const *word, size_t n,
                         es_diag *diag) ES_MUST_USE;
/* Keeps the rows (keep) or removes what was begun; frees the sinks. */
es_status es_sinks_close(es_sinks *sinks, bool keep, es_diag *diag) ES_MUST_USE;
/* The same by how the work ended: returns that, or how the closing failed. */
es_status es_sinks_end(es_sinks *sinks, es_status status,
                       es_diag *diag) ES_MUST_USE;

/* Drops [data] and [augment] from the settings of a model that was not built
 * from data: config.yaml holds what had an effect. */
void es_cli_forget_data(const es_job *job, const es_instance *instance);

/* Prints and deletes a JSON object; ok false says that it could not be built.
 */
struct cJSON;
es_status es_cli_print_json(struct cJSON *root, bool ok,
                            es_diag *diag) ES_MUST_USE;

/* Makes job->dir, if there is to be one; the run.json of what was there before
 * is taken away first of all. */
es_status es_cli_take_dir(const es_job *job, es_diag *diag) ES_MUST_USE;

/* config.yaml into job->dir. */
es_status es_cli_write_config(const es_job *job, es_diag *diag) ES_MUST_USE;
/* run.json into job->dir. */
typedef struct es_summary {
  double started; /* es_seconds() */
  int exit_code;
  /* Asked for its data's checksum; or NULL, and has_checksum says whether there
   * is one. */
  const es_instance *instance;
  bool has_checksum;
  unsigned checksum;
  const char *method;     /* of solution, or NULL */
  const char *prediction; /* file written before the first step, or NULL */
  bool network;           /* oneDNN had part in it */
  const char *name;       /* of the record; NULL: run.json */
  const struct es_figure *figures;
  size_t n_figures;
} es_summary;
es_status es_cli_write_provenance(const es_job *job, const es_summary *summary,
                                  es_diag *diag) ES_MUST_USE;
/* The two, of a command that writes both at its end. */
es_status es_cli_write_record(const es_job *job, const es_summary *summary,
                              es_diag *diag) ES_MUST_USE;

/* factors.csv into job->dir, where the instance knows factors of its data and
 * output.modes=on; else one that an earlier run left there is removed. */
es_status es_cli_write_factors(const es_job *job, const es_instance *instance,
                               es_diag *diag) ES_MUST_USE;

/* A table that a model knows by rows, as model.h has it of stationary points
 * and of the basin's boundary: columns end by NULL, at most ES_TABLE_COLUMNS;
 * word may be NULL. Writes table.csv. */
enum { ES_TABLE_COLUMNS = 16 };
typedef struct es_model_table {
  const char *const *columns;
  size_t rows;
  void (*row)(const void *self, size_t j, double *row);
  const char *(*word)(const void *self, size_t j, size_t k);
} es_model_table;
es_status es_cli_write_table(const es_job *job, const es_instance *instance,
                             const es_model_table *table,
                             es_diag *diag) ES_MUST_USE;

/* What commands do that need no trajectory: opens job->target's model, says
 * its remark, makes job->dir, works, closes; --dry-run prints the settings. */
typedef es_status (*es_instance_work)(const es_job *job,
                                      const es_instance *instance,
                                      double started, es_diag *diag);
es_status es_cli_on_instance(const es_job *job, es_instance_work work,
                             es_diag *diag) ES_MUST_USE;

/* The commands. */
es_status es_cmd_flow(const es_job *job, es_diag *diag) ES_MUST_USE;
es_status es_cmd_predict(const es_job *job, es_diag *diag) ES_MUST_USE;
es_status es_cmd_fixed_points(const es_job *job, es_diag *diag) ES_MUST_USE;
es_status es_cmd_separatrix(const es_job *job, es_diag *diag) ES_MUST_USE;
es_status es_cmd_run(const es_job *job, es_diag *diag) ES_MUST_USE;
es_status es_cmd_basin(const es_job *job, es_diag *diag) ES_MUST_USE;
es_status es_cmd_sweep(const es_job *job, es_diag *diag) ES_MUST_USE;
es_status es_cmd_train(const es_job *job, es_diag *diag) ES_MUST_USE;
es_status es_cmd_embed(const es_job *job, es_diag *diag) ES_MUST_USE;
es_status es_cmd_probe(const es_job *job, es_diag *diag) ES_MUST_USE;
es_status es_cmd_ntk(const es_job *job, es_diag *diag) ES_MUST_USE;
es_status es_cmd_spectrum(const es_job *job, es_diag *diag) ES_MUST_USE;
es_status es_cmd_overlay(const es_job *job, es_diag *diag) ES_MUST_USE;
es_status es_cmd_metrics(const es_job *job, es_diag *diag) ES_MUST_USE;
es_status es_cmd_plot(const es_job *job, es_diag *diag) ES_MUST_USE;
es_status es_cmd_list(const es_job *job, es_diag *diag) ES_MUST_USE;
es_status es_cmd_doctor(const es_job *job, es_diag *diag) ES_MUST_USE;

#endif
