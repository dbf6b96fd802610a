/* Help, made from the tables of commands and keys. */
#include "cli/cli.h"
#include "cli/wrap.h"

#include "data/data.h"
#include "models/resnet/method.h"
#include "plot/figure.h"

#include <eigenstep/eigenstep.h>
#include <eigenstep/sweep.h>

#include <stdlib.h>
#include <string.h>

enum { NAME = 20, OPTION = 13 }; /* columns of names before their texts */

/* A name and its text, which stands on the next line where the name is long:
 * pages are made of this (install/pages.awk), as of "title:" before entries. */
static void entry(FILE *out, int columns, const char *name, const char *text) {
  if (strlen(name) > (size_t)columns)
    fprintf(out, "  %s\n  %-*s  %s\n", name, columns, "", text);
  else
    fprintf(out, "  %-*s  %s\n", columns, name, text);
}

static void help_program(FILE *out) {
  size_t n;
  const es_command *command = es_cli_commands(&n);
  fputs("usage: eigenstep COMMAND TARGET [section.key=value …] [options]\n"
        "exact dynamics of self-supervised learning\n\ncommands:\n",
        out);
  for (size_t i = 0; i < n; i++) {
    char usage[64];
    snprintf(usage, sizeof usage, "%s %s", command[i].name, command[i].target);
    entry(out, NAME, usage, command[i].summary);
  }
  fputs("\nenvironment:\n", out);
  entry(out, NAME, "EIGENSTEP_DATADIR",
        "where plots/ and experiments/ are, if not beside the program or under "
        "its prefix");
  entry(out, NAME, "NO_COLOR", "set to anything: no colours on a terminal");
  fputs("\n`eigenstep COMMAND --help` shows examples and every key.\n"
        "Data goes to standard output, messages to standard error. Exit codes: "
        "0 done,\n1 numerical failure, 2 usage or a bad value, 3 file or data "
        "error, 4 stopped by\na budget, 5 interrupted.\n",
        out);
}

static void option(FILE *out, unsigned given, unsigned needs, const char *name,
                   const char *help) {
  if (needs == 0 || (given & needs) != 0) entry(out, OPTION, name, help);
}

static void options(FILE *out, unsigned given) {
  fputs("\noptions:\n", out);
  option(out, given, ES_TAKES_DIR, "-o DIR",
         "write data, settings and figures into DIR");
  option(out, given, ES_TAKES_SETTINGS, "--config FILE",
         "settings from YAML: section: {key: value}");
  option(out, given, ES_TAKES_CSV, "--csv FILE",
         "the table into FILE ('-': standard output, the default)");
  option(out, given, ES_TAKES_JSON, "--json",
         "a summary object on standard output instead");
  option(out, given, ES_TAKES_SIZE, "--size NAME",
         "the experiment's preset of that name");
  option(out, given, ES_TAKES_DIR, "--force", "write into an existing DIR");
  option(out, given, ES_TAKES_RESUME, "--resume",
         "go on in an existing DIR: finished stages are kept, a training "
         "continues from its checkpoint");
  option(out, given, ES_TAKES_DIR, "--dry-run",
         "resolved settings, rows, memory and time, without the work");
  option(out, given, ES_TAKES_DIR, "--threads N", "threads to use");
  option(out, given, ES_TAKES_DIR, "--seed N",
         "model.seed, data.seed and train.seed where not given themselves");
  option(out, given, ES_SWEEPS, "--strict",
         "exit 1 where a cell failed, once all rows are written");
  option(out, given, ES_SWEEPS, "--shard I/N",
         "the I-th of N parts of the grid; slurm: as a job array says");
  option(out, given, ES_SWEEPS, "--merge",
         "with folders of shards in place of the model: the whole table, into "
         "-o DIR or the first of them");
  option(out, given, 0, "--quiet", "no progress, no remarks");
  option(out, given, 0, "--help", "this text");
}

static bool has_key(const es_keys *keys, const es_key *key) {
  for (size_t i = 0; keys != NULL && i < keys->n; i++)
    if (strcmp(keys->key[i].section, key->section) == 0 &&
        strcmp(keys->key[i].name, key->name) == 0)
      return true;
  return false;
}

void es_help_keys(FILE *out, const es_keys *keys, const es_keys *before) {
  char accepts[160], name[64];
  for (size_t i = 0; i < keys->n; i++) {
    const es_key *key = &keys->key[i];
    if (key->help == NULL || has_key(before, key)) continue;
    const bool unit = key->unit != NULL && strcmp(key->unit, "1") != 0;
    snprintf(name, sizeof name, "%s.%s", key->section, key->name);
    entry(out, NAME, name, key->help);
    fprintf(out, "  %-*s  %s%s%s%s%s%s\n", NAME, "",
            es_key_accepts(accepts, sizeof accepts, key),
            unit ? "; unit: " : "", unit ? key->unit : "",
            key->fallback != NULL ? " [" : "",
            key->fallback != NULL ? key->fallback : "",
            key->fallback != NULL ? "]" : "");
  }
}

/* One model's keys, with what it shares with others or without. */
static void keys_of_model(FILE *out, const es_model *model, const es_keys *sets,
                          size_t n) {
  fprintf(out, "\nkeys of %s:\n", model->name);
  for (size_t i = 0; i < n; i++) es_help_keys(out, &sets[i], NULL);
}

/* All models: what each has alone, then what all have, then the data's. */
static void keys_of_models(FILE *out, const es_keys *flow) {
  const es_model *model;
  for (size_t m = 0; (model = es_model_list(m)) != NULL; m++)
    if (model->keys != NULL) keys_of_model(out, model, model->keys, 1);
  fputs("\nkeys of every model:\n", out);
  es_help_keys(out, flow, NULL);
  fputs("\nkeys of models that take data, ", out);
  for (size_t m = 0, n = 0; (model = es_model_list(m)) != NULL; m++)
    if (model->takes_data)
      fprintf(out, "%s%s", n++ > 0 ? ", " : "", model->name);
  fputs(":\n", out);
  es_help_keys(out, &es_data_keys, NULL);
}

static es_status model_keys(FILE *out, const es_command *command,
                            const char *target, es_diag *diag) {
  const bool sweeps = (command->options & ES_SWEEPS) != 0;
  const bool draws = (command->options & ES_DRAWS) != 0;
  const es_keys *flow = sweeps || draws ? &es_sweep_keys : &es_flow_keys;
  if (target != NULL) {
    const es_model *model;
    es_keys sets[ES_MODEL_KEYS];
    const es_status status = es_cli_find_model(&model, target, diag);
    if (status != ES_OK) return status;
    keys_of_model(out, model, sets, es_model_keys(sets, model, flow));
  } else
    keys_of_models(out, flow);
  if (draws) {
    fputs("\nthe box:\n", out);
    entry(out, NAME, "box.KEY",
          "low and high of any number or list of [model] above");
    es_help_keys(out, &es_basin_keys, NULL);
  }
  if (sweeps) {
    fputs("\naxes, in the order of the grid, the last the fastest:\n", out);
    entry(out, NAME, "sweep.KEY",
          "any number or word above (not text); a list of them or a range "
          "(log:1e-3:1:200)");
  }
  return ES_OK;
}

/* What `train METHOD` sets before the user does; other trainings' settings
 * (`embed RUN`) come from a folder. */
static es_status presets(FILE *out, const es_command *command,
                         const char *target, es_diag *diag) {
  const es_method *method;
  if (target == NULL || (command->options & ES_SET_BY_RUN) != 0) return ES_OK;
  const es_status status = es_cli_find_method(&method, target, diag);
  if (status != ES_OK) return status;
  fprintf(out, "\n%s: %s. What you set counts before its presets.\n\n",
          method->name, method->summary);
  fputs("presets:\n", out);
  for (size_t k = 0; method->setting[k] != NULL; k++)
    fprintf(out, "  %s\n", method->setting[k]);
  return ES_OK;
}

static void figure_keys(FILE *out, unsigned given) {
  if ((given & ES_LOOKS) == 0) return;
  fputs("\nkeys of figures:\n", out);
  es_help_keys(out, &es_figure_keys, NULL);
}

/* Commands whose keys are of one table, whatever their target. */
static const struct {
  unsigned option;
  const es_keys *keys;
} alone[] = {
    {ES_MEASURES, &es_metrics_keys},
    {ES_PROBES, &es_probe_keys},
    {ES_OF_FEATURES, &es_spectrum_keys},
    {ES_OF_KERNEL, &es_ntk_keys},
};

static es_status help_command(FILE *out, const es_command *command,
                              const char *target, es_diag *diag) {
  const bool settings = (command->options & ES_TAKES_SETTINGS) != 0;
  fprintf(out, "usage: eigenstep %s %s%s [options]\n%s\n\nexamples:\n",
          command->name, command->target,
          settings ? " [section.key=value …]" : "", command->summary);
  for (int i = 0; i < 2; i++) fprintf(out, "  %s\n", command->examples[i]);
  options(out, command->options);
  if (!settings) {
    figure_keys(out, command->options);
    return ES_OK;
  }
  fputs("\nDefaults of keys are in brackets. A bare key=value works where one "
        "section has\nthe key.\n",
        out);
  for (size_t i = 0; i < sizeof alone / sizeof alone[0]; i++)
    if ((command->options & alone[i].option) != 0) {
      fputs("\nkeys:\n", out);
      es_help_keys(out, alone[i].keys, NULL);
      return ES_OK;
    }
  if (command->configure == NULL) {
    figure_keys(out, command->options);
    return ES_OK;
  }
  if ((command->options & ES_TRAINS) == 0) {
    const es_status status = model_keys(out, command, target, diag);
    if (status == ES_OK) figure_keys(out, command->options);
    return status;
  }
  const es_status status = presets(out, command, target, diag);
  if (status != ES_OK) return status;
  fputs("\nkeys:\n", out);
  es_help_keys(out, &es_train_keys, NULL);
  es_help_keys(out, &es_data_keys, &es_train_keys);
  figure_keys(out, command->options);
  return ES_OK;
}

static es_status help(FILE *out, const es_command *command, const char *target,
                      es_diag *diag) {
  if (command != NULL) return help_command(out, command, target, diag);
  help_program(out);
  return ES_OK;
}

/* Whole or not at all: of a target that is none nothing is printed. */
es_status es_help(const es_command *command, const char *target,
                  es_diag *diag) {
  const size_t width = es_wrap_width();
  char *text = NULL;
  size_t n = 0;
  FILE *out = open_memstream(&text, &n);
  if (out == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = help(out, command, target, diag);
  if (fclose(out) != 0 && status == ES_OK)
    status = es_fail(diag, ES_NO_MEMORY, "no memory");
  if (status == ES_OK && width > 0) es_wrap_put(stdout, text, width);
  if (status == ES_OK && width == 0) fputs(text, stdout);
  free(text);
  return status;
}
