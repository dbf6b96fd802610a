/* Parsing the command line. Options are the same words for every command;
 * which of them a command takes is in its row of the table. */
#include "cli/cli.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

bool es_cli_is_figure(const char *word) {
  return strncmp(word, "figure.", 7) == 0;
}

typedef enum option_id {
  OPT_DIR,
  OPT_CONFIG,
  OPT_CSV,
  OPT_JSON,
  OPT_QUIET,
  OPT_DRY_RUN,
  OPT_THREADS,
  OPT_SEED,
  OPT_RESUME,
  OPT_FORCE,
  OPT_SIZE,
  OPT_STRICT,
  OPT_SHARD,
  OPT_MERGE,
  OPT_HELP,
  OPT_VERSION,
  OPTIONS
} option_id;

typedef struct option_row {
  const char *name;
  bool takes_value;
  unsigned needs; /* one of these bits of the command; 0: any command */
} option_row;

static const option_row table[OPTIONS] = {
    [OPT_DIR] = {"-o", true, ES_TAKES_DIR},
    [OPT_CONFIG] = {"--config", true, ES_TAKES_SETTINGS},
    [OPT_CSV] = {"--csv", true, ES_TAKES_CSV},
    [OPT_JSON] = {"--json", false, ES_TAKES_JSON},
    [OPT_QUIET] = {"--quiet", false, 0},
    [OPT_DRY_RUN] = {"--dry-run", false, ES_TAKES_DIR},
    [OPT_THREADS] = {"--threads", true, ES_TAKES_DIR},
    [OPT_SEED] = {"--seed", true, ES_TAKES_DIR},
    [OPT_RESUME] = {"--resume", false, ES_TAKES_RESUME},
    [OPT_FORCE] = {"--force", false, ES_TAKES_DIR},
    [OPT_SIZE] = {"--size", true, ES_TAKES_SIZE},
    [OPT_STRICT] = {"--strict", false, ES_SWEEPS},
    [OPT_SHARD] = {"--shard", true, ES_SWEEPS},
    [OPT_MERGE] = {"--merge", false, ES_SWEEPS},
    [OPT_HELP] = {"--help", false, 0},
    [OPT_VERSION] = {"--version", false, 0},
};

/* One line; the value was refused or the option is unknown here. */
static es_status refuse(es_diag *diag, const char *what, const char *why) {
  char shown[80];
  return es_fail(diag, ES_USAGE, "%s: %s",
                 es_text_quote(shown, sizeof shown, what), why);
}

static es_status unknown(es_diag *diag, const char *word) {
  const char *names[OPTIONS];
  char why[96];
  for (int i = 0; i < OPTIONS; i++) names[i] = table[i].name;
  const size_t near = es_text_nearest(word, names, OPTIONS);
  if (near == OPTIONS) return refuse(diag, word, "no such option");
  snprintf(why, sizeof why, "no such option; did you mean %s?", names[near]);
  return refuse(diag, word, why);
}

static es_status read_count(es_diag *diag, const char *name, const char *value,
                            size_t low, size_t high, size_t *out) {
  char why[96];
  if (es_text_size(out, value, strlen(value)) && *out >= low && *out <= high)
    return ES_OK;
  snprintf(why, sizeof why, "give a whole number from %zu to %zu", low, high);
  return refuse(diag, name, why);
}

static es_status apply(es_options *o, option_id id, const char *value,
                       es_diag *diag) {
  size_t seed = 0;
  es_status status = ES_OK;
  switch (id) {
  case OPT_DIR:
    o->job.dir = value;
    break;
  case OPT_CONFIG:
    o->config_path = value;
    break;
  case OPT_CSV:
    o->job.csv = value;
    break;
  case OPT_SIZE:
    o->job.size = value;
    break;
  case OPT_JSON:
    o->job.json = true;
    break;
  case OPT_QUIET:
    o->job.quiet = true;
    break;
  case OPT_DRY_RUN:
    o->job.dry_run = true;
    break;
  case OPT_RESUME:
    o->job.resume = true;
    break;
  case OPT_FORCE:
    o->job.force = true;
    break;
  case OPT_STRICT:
    o->job.strict = true;
    break;
  case OPT_SHARD:
    status = es_shard_parse(&o->job.shard, value, diag);
    break;
  case OPT_MERGE:
    o->job.merge = true;
    break;
  case OPT_HELP:
    o->help = true;
    break;
  case OPT_VERSION:
    o->version = true;
    break;
  case OPT_THREADS:
    status = read_count(diag, "--threads", value, 1, 4096, &o->job.threads);
    break;
  case OPT_SEED:
    status = read_count(diag, "--seed", value, 0, (size_t)1 << 53, &seed);
    o->job.seed = seed;
    o->job.seed_given = true;
    break;
  case OPTIONS:
    break;
  }
  return status;
}

/* argv[*i] starts with '-': finds its row and value ("--csv FILE" or
 * "--csv=FILE"). */
static es_status read_option(es_options *o, int argc, char **argv, int *i,
                             es_diag *diag) {
  const char *word = argv[*i], *value = NULL;
  size_t length = strlen(word);
  if (word[1] == '-' && strchr(word, '=') != NULL) {
    value = strchr(word, '=') + 1;
    length = (size_t)(value - 1 - word);
  }
  if (strcmp(word, "-h") == 0) word = "--help", length = 6;
  for (int id = 0; id < OPTIONS; id++) {
    const option_row *row = &table[id];
    if (strlen(row->name) != length || strncmp(row->name, word, length) != 0)
      continue;
    if (row->needs != 0 && o->job.command != NULL &&
        (o->job.command->options & row->needs) == 0)
      return refuse(diag, word, "not an option of this command");
    if (!row->takes_value && value != NULL)
      return refuse(diag, word, "takes no value");
    if (row->takes_value && value == NULL) {
      if (*i + 1 == argc) return refuse(diag, word, "a value must follow");
      value = argv[++*i];
    }
    if (row->takes_value && value[0] == '\0')
      return refuse(diag, word, "the value is empty");
    return apply(o, (option_id)id, value, diag);
  }
  return unknown(diag, argv[*i]);
}

static es_status find_command(es_options *o, const char *name, es_diag *diag) {
  size_t n;
  const char *names[64];
  const es_command *commands = es_cli_commands(&n);
  for (size_t i = 0; i < n; i++) {
    names[i] = commands[i].name;
    if (strcmp(name, names[i]) == 0) o->job.command = &commands[i];
  }
  if (o->job.command != NULL) return ES_OK;
  return es_cli_unknown(name, "command", names, n, "--help", diag);
}

static bool takes_word(const es_command *command, const char *word) {
  return (command->options & ES_TAKES_SETTINGS) != 0 ||
         ((command->options & ES_LOOKS) != 0 && es_cli_is_figure(word));
}

static es_status check(es_options *o, es_diag *diag) {
  const es_command *command = o->job.command;
  if (o->help || o->version) return ES_OK;
  if (command == NULL)
    return es_fail(diag, ES_USAGE, "no command; `eigenstep --help` names them");
  if ((command->options & ES_NEEDS_TARGET) != 0 && o->job.target == NULL)
    return es_fail(
        diag, ES_USAGE, "%s: %s is missing; see `eigenstep %s --help`",
        command->name, o->job.merge ? "a folder of shards" : command->target,
        command->name);
  if (o->job.n_more > 0 && !o->job.merge &&
      (command->options & ES_TAKES_MORE) == 0)
    return refuse(diag, o->job.more[0], "a setting is section.key=value");
  if (o->job.merge &&
      (o->n_words > 0 || o->config_path != NULL || o->job.csv != NULL ||
       o->job.resume || o->job.shard.count > 0))
    return refuse(diag, "--merge",
                  "takes folders, -o, --force, --json, --strict and --dry-run "
                  "alone: the settings are in the folders");
  for (const char **word = o->word; *word != NULL; word++)
    if (!takes_word(command, *word))
      return refuse(diag, *word,
                    (command->options & ES_LOOKS) != 0
                        ? "this command takes no settings but figure.key=value"
                        : "this command takes no settings");
  if (o->job.json && o->job.csv != NULL && strcmp(o->job.csv, "-") == 0)
    return refuse(diag, "--json", "standard output is taken by --csv -");
  return ES_OK;
}

es_status es_options_parse(es_options *out, int argc, char **argv,
                           es_diag *diag) {
  *out = (es_options){.job = {.argc = argc, .argv = argv}};
  out->word = calloc((size_t)argc + 1, sizeof *out->word);
  out->more = calloc((size_t)argc + 1, sizeof *out->more);
  if (out->word == NULL || out->more == NULL)
    return es_fail(diag, ES_NO_MEMORY, "no memory");
  out->job.more = out->more;
  for (int i = 1; i < argc; i++) {
    es_status status = ES_OK;
    if (argv[i][0] == '-' && argv[i][1] != '\0')
      status = read_option(out, argc, argv, &i, diag);
    else if (out->job.command == NULL)
      status = find_command(out, argv[i], diag);
    else if (out->job.target == NULL && strchr(argv[i], '=') == NULL &&
             out->job.command->target[0] != '\0')
      out->job.target = argv[i];
    else if ((out->job.command->options & (ES_TAKES_MORE | ES_SWEEPS)) != 0 &&
             strchr(argv[i], '=') == NULL)
      out->more[out->job.n_more++] = argv[i];
    else
      out->word[out->n_words++] = argv[i];
    if (status != ES_OK) return status;
  }
  return check(out, diag);
}

void es_options_free(es_options *options) {
  free(options->word);
  free(options->more);
  free(options->own_dir);
  es_config_free(options->job.config);
  es_config_free(options->job.figure);
}
