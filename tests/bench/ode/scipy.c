/* SciPy's integrators, in a Python process on the same numbers, which lie in
 * files. One process solves a whole round, so that the start of Python is not
 * what is measured; Python says which tasks it did, one line each. */
#include "tests/bench/ode/ode.h"

#include "file/array.h"
#include "plot/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WORDS = MOST_ROWS + 16, OUTPUT = 1 << 16 };

static bool suits(const method *m, const problem *p) {
  const bool implicit =
      strcmp(m->name, "Radau") == 0 || strcmp(m->name, "LSODA") == 0;
  if (p->large) return strcmp(m->name, "DOP853") == 0;
  return p->stiff ? implicit : strcmp(m->name, "Radau") != 0;
}

size_t methods_scipy(method *out, size_t most) {
  static const char *const names[] = {"DOP853", "RK45", "LSODA", "Radau"};
  size_t n = 0;
  for (size_t i = 0; i < sizeof names / sizeof *names && n < most; i++) {
    out[n] = (method){.package = "SciPy", .suits = suits};
    snprintf(out[n++].name, sizeof out->name, "%s", names[i]);
  }
  return n;
}

static void put(const problem *p, const char *folder, const char *what,
                const double *data, size_t rows, size_t cols) {
  char path[256];
  es_diag diag = {0};
  if (rows * cols == 0) return;
  snprintf(path, sizeof path, "%s/%s-%s.npy", folder, p->name, what);
  bench_stop(es_npy_write(path, data, rows, cols, &diag), &diag);
}

void scipy_write(const problem *p, const char *folder) {
  put(p, folder, "start", p->start, p->cells, p->n);
  put(p, folder, "params", p->params, p->cells, p->n_params);
  put(p, folder, "scale", p->scale, p->n, 1);
  put(p, folder, "times", p->times, p->n_times, 1);
}

/* Debian's Python with the OpenBLAS that this program runs on. */
static bool python(char *out, const char *script, size_t threads, char **words,
                   size_t n) {
  char omp[40], path[] = "LD_LIBRARY_PATH=" ES_BENCH_BLAS, env[] = "env";
  char interpreter[256], quiet[] = "-B", file[256];
  char *argv[MOST_WORDS] = {env, omp, path, interpreter, quiet, file};
  const char *given = getenv("PYTHON");
  int code = 1;
  es_diag diag = {0};
  snprintf(omp, sizeof omp, "OMP_NUM_THREADS=%zu", threads);
  snprintf(interpreter, sizeof interpreter, "%s",
           given != NULL ? given : "/usr/bin/python3");
  snprintf(file, sizeof file, "%s", script);
  for (size_t i = 0; i < n && 7 + i < MOST_WORDS; i++) argv[6 + i] = words[i];
  const es_status status =
      es_process_run(argv, NULL, out, OUTPUT, &code, &diag);
  if (status == ES_OK && code == 0) return true;
  if (code == 77 || code == 127) return false; /* no SciPy, no Python */
  fprintf(stderr, "bench_ode: %s fails: %.300s\n", script, out);
  exit(1);
}

const char *version_scipy(char *out, size_t size, const char *script) {
  char *text = bench_room(OUTPUT, 1), word[] = "--version", *words[] = {word};
  snprintf(out, size, "%s", python(text, script, 1, words, 1) ? text : "");
  out[strcspn(out, "\n")] = '\0';
  free(text);
  return out;
}

/* "task status rhs jacobians seconds note" */
static void take_line(row *rows, size_t n, const char *line) {
  size_t i;
  unsigned long rhs, jacobians;
  char word[16], note[100] = "";
  double seconds;
  if (sscanf(line, "%zu %15s %lu %lu %lf %99[^\n]", &i, word, &rhs, &jacobians,
             &seconds, note) < 5 ||
      i >= n)
    return;
  row *r = &rows[i];
  r->outcome = strcmp(word, "ok") == 0     ? DONE
               : strcmp(word, "over") == 0 ? OVER_TIME
                                           : FAILED;
  r->rhs = rhs;
  r->jacobians = jacobians;
  snprintf(r->note, sizeof r->note, "%s", note);
  if (r->outcome == DONE && r->samples < MOST_ROUNDS)
    r->sample[r->samples++] = seconds;
}

/* What SciPy wrote, cells × n_times × n, as compared states. */
static void read_solution(double *out, row *r, const problem *p,
                          const char *path) {
  es_array a = {0};
  es_diag diag = {0};
  const es_status status = es_npy_read(&a, path, &diag);
  if (status != ES_OK || a.rows != p->cells * p->n_times || a.cols != p->n) {
    r->outcome = FAILED;
    snprintf(r->note, sizeof r->note, "%.110s", diag.message);
  }
  for (size_t k = 0; r->outcome == DONE && k < a.rows; k++)
    problem_state(p, p->instance.self, a.data + k * a.cols,
                  out + k * p->n_state);
  es_array_free(&a);
}

void scipy_solve(const problem *p, row *rows, const bool *want, double **out,
                 size_t n, size_t threads, const char *folder,
                 const char *script) {
  char(*task)[64] = bench_room(n, sizeof *task), place[256], name[32], cap[24];
  char *words[MOST_WORDS] = {place, name, cap}, path[300];
  char *text = bench_room(OUTPUT, 1);
  size_t used = 3;
  snprintf(place, sizeof place, "%s", folder);
  snprintf(name, sizeof name, "%s", p->name);
  snprintf(cap, sizeof cap, "%g", p->cap * (double)threads);
  for (size_t i = 0; i < n; i++) {
    if (!want[i]) continue;
    snprintf(task[i], sizeof *task, "%zu:%s:%g:%d", i, rows[i].method->name,
             rows[i].rtol, out[i] != NULL);
    words[used++] = task[i];
  }
  if (used > 3 && python(text, script, threads, words, used)) {
    for (char *line = strtok(text, "\n"); line != NULL;
         line = strtok(NULL, "\n"))
      take_line(rows, n, line);
    for (size_t i = 0; i < n; i++) {
      if (!want[i] || out[i] == NULL || rows[i].outcome != DONE) continue;
      snprintf(path, sizeof path, "%s/solution-%zu.npy", folder, i);
      read_solution(out[i], &rows[i], p, path);
      remove(path);
    }
  }
  free(text);
  free(task);
}
