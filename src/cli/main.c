/* eigenstep, the program: signals, settings, one command, one exit code. */
#include "cli/bar.h"
#include "cli/cli.h"
#include "config/yaml.h"

#include "file/atomic.h"
#include "file/h5.h"
#include "linalg/linalg.h"
#include "plot/figure.h"
#include "sweep/ranks.h"

#include <eigenstep/eigenstep.h>

#include "githash.h"

#include <fcntl.h>
#include <omp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The one global of the program: a signal handler can reach nothing else. */
static volatile sig_atomic_t stop_requested;

static void on_signal(int number) {
  (void)number;
  stop_requested = 1;
}

static bool is_stopping(void *self) {
  (void)self;
  return stop_requested != 0;
}

static void draw_bar(void *self, const char *what, double done, double total) {
  es_bar_report(self, what, done, total);
}

/* Progress and stopping in one question, as models ask it. */
static bool watch_asked(void *context, const char *what, double done,
                        double total) {
  const es_progress *progress = context;
  es_progress_report(progress, what, done, total);
  return es_progress_stopping(progress);
}

static void say(const es_job *job, const char *line) {
  if (!job->quiet && line != NULL) fprintf(stderr, "eigenstep: %s\n", line);
}

/* A file that is opened while a standard stream is closed would get its number
 * and then the stream's text. Opened for reading, writing fails as it should.
 */
static void reserve_streams(void) {
  int fd = 0;
  while (fd >= 0 && fd <= STDERR_FILENO) fd = open("/dev/null", O_RDONLY);
  if (fd > STDERR_FILENO) close(fd);
}

/* Signals that ask for a stop wait, through a fresh start too, until there is
 * somebody to hear them. */
static void hold_signals(bool hold) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

static void set_process(void) {
  /* The first asks for an orderly stop; the second, for those who cannot wait
   * for a factorisation to end, kills. */
  struct sigaction action = {.sa_handler = on_signal,
                             .sa_flags = (int)SA_RESETHAND};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGHUP, &action, NULL);
  hold_signals(false);
  /* A full quota must come back as a failed write, not as a death. */
  signal(SIGXFSZ, SIG_IGN);
  /* A reader that goes away must not keep the folder from being finished. */
  signal(SIGPIPE, SIG_IGN);
  es_h5_quiet();
}

/* OpenBLAS's OpenMP build and our own loops share one pool and one setting. */
static void set_threads(es_job *job) {
  if (job->threads == 0) job->threads = (size_t)omp_get_max_threads();
  es_blas_threads(job->threads);
}

/* --config, then words: each to the settings or to those of figures, which
 * stand apart, since they are no settings of what is computed. */
static es_status read_settings(es_options *o, es_diag *diag) {
  es_config *config = o->job.config, *figure = o->job.figure;
  es_status status = ES_OK;
  if (o->config_path != NULL)
    status = config != NULL
                 ? es_config_load_beside(config, figure, o->config_path, diag)
                 : es_config_load(figure, o->config_path, diag);
  for (size_t i = 0; status == ES_OK && i < o->n_words; i++) {
    const bool looks =
        config == NULL || (figure != NULL && es_cli_is_figure(o->word[i]));
    status = es_config_set(looks ? figure : config, o->word[i], diag);
  }
  return status;
}

static es_status settle_figure(es_job *job, es_diag *diag) {
  const es_status status = es_figure_check(job->figure, diag);
  if (status != ES_OK || es_config_given(job->figure, "figure", NULL))
    return status;
  es_config_free(job->figure);
  job->figure = NULL;
  return ES_OK;
}

/* Defaults, then what was given, then --seed. */
static es_status settle(es_options *o, es_diag *diag) {
  const es_command *command = o->job.command;
  es_status status = ES_OK;
  if (o->job.merge) return ES_OK;
  if ((command->options & ES_LOOKS) != 0)
    status = es_config_new(&o->job.figure, &es_figure_keys, 1, diag);
  if (status == ES_OK && command->configure != NULL)
    status = command->configure(&o->job.config, o->job.target, diag);
  if (status == ES_OK) status = read_settings(o, diag);
  if (status == ES_OK && o->job.figure != NULL)
    status = settle_figure(&o->job, diag);
  if (status == ES_OK && o->job.config != NULL)
    status = es_job_settle(&o->job, command, o->job.config, diag);
  return status;
}

/* Default of `run` and `train`: out/NAME, NAME without folders and ".yaml". */
static es_status default_dir(es_options *o, es_diag *diag) {
  if (o->job.dir != NULL || (o->job.command->options & ES_MAKES_DIR) == 0)
    return ES_OK;
  size_t n;
  const char *name = es_cli_experiment_name(o->job.target, &n);
  o->own_dir = malloc(n + 5);
  if (o->own_dir == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  snprintf(o->own_dir, n + 5, "out/%.*s", (int)n, name);
  o->job.dir = o->own_dir;
  return ES_OK;
}

static es_status make_ready(es_options *o, es_diag *diag) {
  es_status status = settle(o, diag);
  if (status == ES_OK) status = default_dir(o, diag);
  if (status == ES_OK && es_ranks_mine() == 0)
    status = es_job_check_dir(&o->job, diag);
  return status;
}

/* Whether the ranks of a launcher shall work together. */
static bool on_ranks(const es_options *o) {
  const es_command *command = o->job.command;
  return es_ranks_launched() > 1 && command != NULL &&
         (command->options & (ES_SWEEPS | ES_DRAWS)) != 0;
}

/* Every rank takes the same way through, whoever fails. */
static es_status execute_on_ranks(es_options *o, es_diag *diag) {
  uint64_t none = 0;
  uint32_t words = 0;
  for (int i = 1; i < o->job.argc; i++)
    words = es_crc32(words, o->job.argv[i], strlen(o->job.argv[i]) + 1);
  es_status status = es_ranks_begin(words, diag);
  if (status == ES_OK)
    status = es_ranks_agree(make_ready(o, diag), &none, diag);
  if (status == ES_OK)
    status = es_ranks_agree(es_job_execute(&o->job, diag), &none, diag);
  es_ranks_end();
  return status;
}

static es_status dispatch(es_options *o, es_diag *diag) {
  const es_command *command = o->job.command;
  if (o->version) {
    printf("eigenstep %s (%s)\n", es_version(), ES_GIT_HASH);
    return ES_OK;
  }
  if (o->help) return es_help(command, o->job.target, diag);
  set_threads(&o->job);
  if (on_ranks(o)) return execute_on_ranks(o, diag);
  es_status status = make_ready(o, diag);
  if (status == ES_OK) status = es_job_execute(&o->job, diag);
  return status;
}

/* Idle OpenMP threads spin for long by default: beside other work on the same
 * cores, set-up then took up to 18 times as long. Spinning for some
 * microseconds only costs nothing on a quiet machine. The runtime reads its
 * settings before main begins, so that they can be made for a fresh start of
 * the program only. */
static void spin_briefly(char **argv) {
  if (getenv("OMP_WAIT_POLICY") != NULL || getenv("GOMP_SPINCOUNT") != NULL)
    return;
  /* Where that fails we go on as we are. */
  if (setenv("GOMP_SPINCOUNT", "5000", 1) == 0) execv("/proc/self/exe", argv);
}

int main(int argc, char **argv) {
  hold_signals(true);
  spin_briefly(argv);
  es_options options;
  es_diag diag = {0};
  es_bar bar;
  es_init();
  reserve_streams();
  set_process();
  es_status status = es_options_parse(&options, argc, argv, &diag);
  /* Rank 0 speaks for all. */
  if (on_ranks(&options) && es_ranks_expected() > 0 &&
      (freopen("/dev/null", "w", stdout) == NULL ||
       freopen("/dev/null", "w", stderr) == NULL))
    status = es_fail(&diag, ES_FILE_MISSING, "/dev/null cannot be opened");
  es_bar_init(&bar, options.job.quiet);
  es_progress progress = {draw_bar, is_stopping, &bar};
  const es_watch watch = {watch_asked, &progress};
  options.job.progress = &progress;
  options.job.watch = &watch;
  options.job.say = say;
  options.job.out = stdout;
  if (status == ES_OK) status = dispatch(&options, &diag);
  es_bar_clear(&bar);
  if (status == ES_OK && (fflush(stdout) != 0 || ferror(stdout)))
    status = es_fail(&diag, ES_FILE_WRITE, "standard output cannot be written");
  if (status != ES_OK)
    fprintf(stderr, "eigenstep: %s\n",
            diag.message[0] != '\0' ? diag.message : es_status_text(status));
  es_options_free(&options);
  return es_status_exit_code(status);
}
