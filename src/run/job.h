/* What the command line asks for, once parsed, and the table of commands. The
 * program builds both and hands the table to whoever runs stages, so that an
 * experiment can run any command without knowing it. */
#ifndef ES_RUN_JOB_H
#define ES_RUN_JOB_H

#include "base/progress.h"
#include "sweep/shard.h"

#include <eigenstep/model.h>
#include <stdint.h>
#include <stdio.h>

typedef struct es_command es_command;
typedef struct es_hold es_hold;

typedef struct es_job {
  const es_command *command;
  const char *target;      /* model, experiment or folder; NULL: none given */
  const char *const *more; /* n_more further targets */
  size_t n_more;
  es_config *config; /* settings; NULL where the command takes none */
  const char *dir;   /* output folder, NULL: none */
  const char *csv;   /* file, "-" for standard output, or NULL */
  const char *size;  /* run: preset of the experiment, or NULL */
  const char *plot;  /* figure to draw in dir; NULL: the target's own; "none" */
  const char *title; /* of that figure; NULL: made from the target */
  es_config *figure; /* how it looks (plot/figure.h); NULL: nothing was said */
  bool json, quiet, force, resume, dry_run;
  bool strict, merge; /* sweep */
  es_shard shard;     /* sweep: of how many this is which; zeros: of none */
  bool seed_given;
  uint64_t seed;
  size_t threads; /* in use; never 0 once a command runs */
  int argc;       /* the command line as given */
  char **argv;
  const es_progress *progress;
  es_hold *hold;         /* set by es_job_execute */
  FILE *out;             /* where data go (standard output); NULL: nowhere */
  const es_watch *watch; /* the same, as models see it */
  /* A message for the user; NULL lines are dropped. */
  void (*say)(const struct es_job *job, const char *line);
} es_job;

/* A command's hold on its folder: a locked descriptor, or -1. */
struct es_hold {
  int fd;
};

/* Options that a command may take (bits of es_command.options). */
enum {
  ES_TAKES_DIR = 1,
  ES_TAKES_CSV = 2,
  ES_TAKES_JSON = 4,
  ES_TAKES_SETTINGS = 8, /* words, --config, --seed, --dry-run */
  ES_TAKES_SIZE = 16,
  ES_TAKES_RESUME = 32,
  ES_NEEDS_TARGET = 64,
  ES_IS_STAGE = 128,   /* may stand in an experiment */
  ES_TAKES_MORE = 256, /* several targets */
  ES_MAKES_DIR = 512,  /* writes into out/TARGET where no -o is given */
  ES_TRAINS = 1024,    /* its settings are those of a training */
  ES_SWEEPS = 4096,    /* takes --strict, --shard and --merge, several targets
                          with the last, and shares its folder among shards */
  ES_DRAWS = 8192,     /* takes a box of starts */
  ES_MEASURES = 16384, /* its settings are [metrics] */
  ES_PROBES = 32768,   /* its settings are [probe] */
  ES_OF_FEATURES = 65536, /* its settings are [spectrum] */
  ES_OF_KERNEL = 131072,  /* its settings are [ntk] */
  ES_SET_BY_RUN = 262144, /* its settings are those of the run it reads, and
                            what is set beside them */
  ES_LOOKS = 524288,      /* takes section [figure] */
  ES_OF_STAGE = 2048 /* in an experiment its target is an earlier stage, whose
                        folder it reads */
};

struct es_command {
  const char *name, *target, *summary;
  const char *examples[2];
  unsigned options;
  /* Makes the configuration for a target, with all keys at their defaults. */
  es_status (*configure)(es_config **out, const char *target, es_diag *diag);
  es_status (*execute)(const es_job *job, es_diag *diag);
  /* Defaults that depend on other settings; NULL: there are none. */
  es_status (*settle)(es_config *config, es_diag *diag);
};

/* Settles what settings leave open: --seed for model.seed, data.seed and
 * train.seed where they exist and were not given themselves; then the command's
 * own defaults. */
es_status es_job_settle(const es_job *job, const es_command *command,
                        es_config *config, es_diag *diag) ES_MUST_USE;

/* A training or sweep that was begun goes on only with the settings it was
 * begun with; with others it is made again. To be asked once job->dir and
 * config are settled. */
es_status es_job_begun(es_job *job, es_diag *diag) ES_MUST_USE;

/* Runs the job's command, and lets go of the folder that it took. Of a command
 * that failed before it had a result to write, no folder stays that it made. */
es_status es_job_execute(const es_job *job, es_diag *diag) ES_MUST_USE;

/* Makes job->dir where it is not there, and takes it for this command alone, or
 * shared among shards. Who writes there already is not disturbed:
 * ES_FILE_WRITE. Does nothing without job->dir. */
es_status es_job_take_dir(const es_job *job, es_diag *diag) ES_MUST_USE;

/* Refuses an existing job->dir unless force, resume or dry_run. Commands make
 * the folder themselves, once they know that they have something to write. */
es_status es_job_check_dir(const es_job *job, es_diag *diag) ES_MUST_USE;

#endif
