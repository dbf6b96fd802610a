/* Sweeps of BYOL's eigenmodes beside GSL's steppers and SciPy's LSODA, final
 * states of random cells on one core, by turns. Every answer is held against a
 * reference before its time counts: exits 1 where they disagree, and says pass
 * or FAIL of what is claimed. */
#include "tests/bench/record.h"
#include "tests/bench/sweep_gsl.h"

#include "base/random.h"
#include "models/linear/eigenmode_lanes.h"
#include "plot/process.h"

#include <eigenstep/eigenstep.h>
#include <math.h>
#include <time.h>
#include <unistd.h>

enum { CELLS = 5000, ROUNDS = 7, TASTE = 40, FOR_PYTHON = 48 };
static const double within = 1e-8, floor_of = 1e-10; /* rtol, atol */

typedef struct rig {
  double *cells, *want, *got; /* × SETTINGS, × STATE, × STATE */
  es_cell *said;
  FILE *csv;
} rig;

/* Who solves the cells, and how: seconds a cell, worst error in units of
 * rtol |y| + atol. */
typedef struct entry {
  const char *package;
  char name[32];
  double seconds, error;
} entry;

/* Of this process, which has one thread: what else the machine does hardly
 * counts. */
static double cpu_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *room(size_t n, size_t size) {
  void *out = calloc(n, size);
  if (out == NULL) exit(1);
  return out;
}

static void draw_cells(rig *r) {
  static const double low[SETTINGS] = {.1, 1e-3, .01, .1, .1};
  static const double high[SETTINGS] = {10, .1, 1, 1, 1};
  for (size_t i = 0; i < CELLS; i++)
    for (size_t k = 0; k < SETTINGS; k++)
      r->cells[SETTINGS * i + k] =
          low[k] + (high[k] - low[k]) *
                       es_random_uniform(1, ES_STREAM_USER, SETTINGS * i + k);
}

/* The largest error of the first n cells. */
static double error_of(const rig *r, size_t n) {
  double worst = 0;
  for (size_t i = 0; i < STATE * n; i++) {
    const double e =
        fabs(r->got[i] - r->want[i]) / (within * fabs(r->want[i]) + floor_of);
    if (!(e <= worst)) worst = isnan(e) ? INFINITY : e;
  }
  return worst;
}

static void ours(rig *r, const char *simd, double rtol) {
  static const char *const names[SETTINGS] = {"alpha_p", "eta", "beta", "p0",
                                              "s0"};
  const es_eigenmode base = {
      .lambda_s = sweep_b, .lambda_d = 1, .tau0 = sweep_tau0, .ema = true};
  const es_eigenmode_axes axes = {names, SETTINGS, false, false, true};
  const es_cell_options options = {.t_end = sweep_end,
                                   .rtol = rtol,
                                   .atol = floor_of / within * rtol,
                                   .max_steps = 1000000,
                                   .method = "auto",
                                   .simd = simd};
  es_diag diag = {0};
  void *batch = NULL;
  stop_at(es_eigenmode_batch_new(&batch, &base, &axes, &options, &diag), &diag);
  stop_at(es_eigenmode_batch_solve(batch, r->cells, CELLS, r->said, r->got),
          &diag);
  es_eigenmode_batch_free(batch);
}

/* GSL's rk8pd at 1e-13, held against ours at 1e-12. */
static void make_reference(rig *r) {
  gsl_peer peers[GSL_PEERS];
  gsl_peers(peers);
  const gsl_peer rk8pd = peers[1];
  if (!gsl_solve(&rk8pd, r->cells, CELLS, 1e-13, 1e-15, r->want)) exit(1);
  ours(r, "auto", 1e-12);
  const double apart = error_of(r, CELLS);
  printf("reference: GSL rk8pd at 1e-13 and ours at 1e-12 are %.2g of the "
         "tolerance apart\n",
         apart);
  /* What the peers' errors, of the order of 1, must not be blurred by. */
  if (!(apart < .01)) exit(1);
}

/* Tries each on a few cells: who is far behind the best is not run on all. */
static size_t choose_peers(rig *r, gsl_peer *peers, entry *out) {
  gsl_peer all[GSL_PEERS];
  double best = INFINITY;
  size_t n = 0;
  gsl_peers(all);
  for (size_t i = 0; i < GSL_PEERS; i++) {
    const double begun = cpu_seconds();
    const bool good =
        gsl_solve(&all[i], r->cells, TASTE, within, floor_of, r->got);
    const double each = (cpu_seconds() - begun) / TASTE;
    const double error = good ? error_of(r, TASTE) : INFINITY;
    if (good && each < best) best = each;
    printf("GSL %-8s %10.0f cells/s, error %.2g (%d cells)\n", all[i].name,
           1 / each, error, TASTE);
    fprintf(r->csv, "GSL,%s,1,%.5g,%.3g,%d,,,\n", all[i].name, each, error,
            TASTE);
    if (!(each < 3 * best)) continue;
    out[n] = (entry){.package = "GSL", .seconds = INFINITY};
    snprintf(out[n].name, sizeof out->name, "%s", all[i].name);
    peers[n++] = all[i];
  }
  return n;
}

static void best_of(entry *e, double seconds) {
  if (seconds < e->seconds) e->seconds = seconds;
}

/* All cells by all, in turns; the best of each counts. */
static void run_rounds(rig *r, entry *mine, size_t n_mine,
                       const gsl_peer *peers, entry *theirs, size_t n) {
  for (int k = 0; k < ROUNDS; k++) {
    for (size_t i = 0; i < n_mine; i++)
      for (int again = 0; again < 4; again++) {
        const double begun = cpu_seconds();
        ours(r, mine[i].name, within);
        best_of(&mine[i], (cpu_seconds() - begun) / CELLS);
        mine[i].error = error_of(r, CELLS);
      }
    for (size_t i = 0; i < n; i++) {
      const double begun = cpu_seconds();
      if (!gsl_solve(&peers[i], r->cells, CELLS, within, floor_of, r->got))
        exit(1);
      best_of(&theirs[i], (cpu_seconds() - begun) / CELLS);
      theirs[i].error = error_of(r, CELLS);
    }
  }
}

static void say(rig *r, const entry *mine, const entry *peer, double claimed,
                size_t cells) {
  const double ratio = peer->seconds / mine->seconds;
  const bool holds = ratio >= claimed;
  printf("%s  %s beside %s %s: %.4g times as fast (at least %g); %.0f and %.5g "
         "cells/s, errors %.2g and %.2g of the tolerance\n",
         claimed == 0 ? "      "
         : holds      ? "pass"
                      : "FAIL",
         mine->name, peer->package, peer->name, ratio, claimed,
         1 / mine->seconds, 1 / peer->seconds, mine->error, peer->error);
  fprintf(r->csv, "eigenstep,%s,1,%.5g,%.3g,%zu,%s %s,%.4g,%g\n", mine->name,
          mine->seconds, mine->error, cells, peer->package, peer->name, ratio,
          claimed);
}

/* SciPy's ways of calling LSODA, on a few cells; how many there are. */
enum { WAYS = 2 };
static size_t ask_python(const rig *r, entry out[WAYS]) {
  char path[] = "/tmp/bench_sweep.XXXXXX", text[4096], name[24], quiet[] = "-B",
       script[] = "tests/bench/sweep_scipy.py", interpreter[256];
  const char *given = getenv("PYTHON");
  snprintf(interpreter, sizeof interpreter, "%s",
           given != NULL ? given : "/usr/bin/python3");
  char *words[] = {interpreter, quiet, script, path, NULL};
  int code = 1;
  es_diag diag = {0};
  const int fd = mkstemp(path);
  FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
  if (file == NULL) exit(1);
  for (size_t i = 0; i < FOR_PYTHON; i++)
    for (size_t k = 0; k < SETTINGS + STATE; k++)
      fprintf(file, "%.17g%c",
              k < SETTINGS ? r->cells[SETTINGS * i + k]
                           : r->want[STATE * i + k - SETTINGS],
              k + 1 < SETTINGS + STATE ? ',' : '\n');
  fclose(file);
  const es_status status =
      es_process_run(words, NULL, text, sizeof text, &code, &diag);
  unlink(path);
  size_t n = 0;
  if (status != ES_OK || code == 77 || code == 127) return 0;
  if (code != 0) fprintf(stderr, "bench_sweep: %.300s\n", text);
  for (char *line = strtok(text, "\n"); line && n < WAYS;
       line = strtok(NULL, "\n")) {
    double seconds, error;
    if (sscanf(line, "%23s %lf %lf", name, &seconds, &error) != 3) continue;
    fprintf(r->csv, "SciPy,%s,1,%.5g,%.3g,%d,,,\n", name, seconds, error,
            FOR_PYTHON);
    out[n] = (entry){.package = "SciPy", .seconds = seconds, .error = error};
    snprintf(out[n++].name, sizeof out->name, "%s", name);
  }
  return n;
}

/* LSODA by the interface that calls it so; odeint's, with less Python around
 * it, is shown beside. */
static void race_python(rig *r, const entry *mine, double claimed,
                        const entry *python, size_t n) {
  for (size_t i = 0; i < n; i++) {
    const bool named = strcmp(python[i].name, "solve_ivp") == 0;
    say(r, mine, &python[i], named ? claimed : 0, CELLS);
  }
}

static void race(rig *r) {
  static const struct {
    es_simd simd;
    double gsl, scipy;
  } claims[] = {{ES_SIMD_AVX512, 10, 1000},
                {ES_SIMD_AVX2, 5, 1000},
                {ES_SIMD_NONE, 0, 0}};
  entry mine[ES_SIMDS], theirs[GSL_PEERS], python[WAYS];
  gsl_peer peers[GSL_PEERS];
  size_t n_mine = 0, first = 0;
  const size_t n = choose_peers(r, peers, theirs);
  for (size_t i = 0; i < ES_SIMDS; i++) {
    if (!es_simd_has(claims[i].simd)) {
      first = i + 1;
      continue;
    }
    mine[n_mine] = (entry){.package = "eigenstep", .seconds = INFINITY};
    snprintf(mine[n_mine++].name, sizeof mine->name, "%s",
             es_simd_name(claims[i].simd));
  }
  run_rounds(r, mine, n_mine, peers, theirs, n);
  const entry *best = theirs;
  for (size_t i = 1; i < n; i++)
    if (theirs[i].seconds < best->seconds) best = &theirs[i];
  const size_t ways = ask_python(r, python);
  for (size_t i = 0; i < n_mine; i++) {
    if (!(mine[i].error <= 1)) exit(1);
    say(r, &mine[i], best, claims[first + i].gsl, CELLS);
    race_python(r, &mine[i], claims[first + i].scipy, python, ways);
  }
}

int main(void) {
  rig r = {.cells = room(CELLS, SETTINGS * sizeof(double)),
           .want = room(CELLS, STATE * sizeof(double)),
           .got = room(CELLS, STATE * sizeof(double)),
           .said = room(CELLS, sizeof(es_cell))};
  es_init();
  r.csv = bench_table("sweep.csv", "package,method,threads,seconds,error,cells,"
                                   "peer,ratio,claimed");
  draw_cells(&r);
  make_reference(&r);
  race(&r);
  fclose(r.csv);
  free(r.cells);
  free(r.want);
  free(r.got);
  free(r.said);
  return 0;
}
