/* One problem with all its methods: verified first, then timed by turns. */
#include "tests/bench/ode/rounds.h"

#include "base/progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Seconds: a sample is of solves that fill the first; what takes longer than
 * medium is solved three times, what is too long once. */
static const double fill = 2e-3, medium = .2, too_long = 1, ours_too_long = 10;

/* The same start with a right-hand side that is wrong by one part in a
 * thousand: an answer that must be refused. */
static es_status bent(double t, const double *y, double *dydt, void *self) {
  run *r = self;
  const es_status status = r->p->rhs(t, y, dydt, r->context);
  for (size_t i = 0; i < r->p->n; i++) dydt[i] *= 1.001;
  return status;
}

static es_status keep(size_t k, double t, const double *y, void *self) {
  (void)t;
  run_keep(self, k, y);
  return ES_OK;
}

bool canary_is_refused(const problem *p, const double *want) {
  const size_t all = p->cells * p->n_times * p->n_state;
  double *out = bench_room(all, sizeof *out), *y = bench_room(p->n, sizeof *y);
  run r = {.p = p, .out = out};
  row judged = {.rtol = 1e-10, .outcome = DONE};
  const es_ode_system system = {.n = p->n, .rhs = bent, .context = &r};
  es_ode_options options;
  es_diag diag = {0};
  es_ode_options_default(&options);
  options.method = "dop853";
  options.scale = p->scale;
  for (size_t j = 0; j < p->cells; j++) {
    es_ode *ode;
    run_cell(&r, j, y);
    bench_stop(es_ode_new(&ode, &system, &options, &diag), &diag);
    bench_stop(es_ode_solve(ode, 0, y, p->times, p->n_times, keep, NULL, &diag),
               &diag);
    es_ode_free(ode);
  }
  row_judge(&judged, p, want, out);
  free(out);
  free(y);
  return judged.outcome == WRONG;
}

/* GSL's fastest in the pass before. */
static bool was_best(const pass *s, const method *m) {
  const row *best = NULL;
  for (size_t i = 0; i < s->before->n; i++) {
    const row *r = &s->before->rows[i];
    if (strcmp(r->method->package, "GSL") != 0 || r->outcome != DONE) continue;
    if (best == NULL || r->seconds < best->seconds) best = r;
  }
  return best != NULL && best->method == m;
}

/* A run of the large problem takes up to a minute: peers run at the tolerance
 * that is claimed alone, of SciPy's the one that is claimed of, ours on both
 * sides of it; and again, with another number of threads, what the claims are
 * made of. */
static bool wanted(const pass *s, const method *m, double rtol, bool chosen) {
  if (m->suits != NULL && !m->suits(m, s->p)) return false;
  if (s->quick) return rtol == 1e-6;
  if (!s->p->large || (chosen && s->before == NULL)) return true;
  if (chosen) return rtol <= 1e-8;
  if (rtol != 1e-8) return false;
  if (strcmp(m->package, "SciPy") == 0) return strcmp(m->name, "DOP853") == 0;
  return s->before == NULL || was_best(s, m);
}

/* What solver.method=auto runs: the flow's own choice for the model, or the
 * method auto of es_ode, which begins as one of the first two. */
static void find_chosen(char *name, size_t size, const pass *s) {
  (void)problem_auto(s->p, name, size);
  if (name[0] != '\0' && strcmp(name, "dop853") != 0 &&
      strcmp(name, "tsit5") != 0)
    return;
  for (size_t i = 0; i < s->n_methods; i++)
    if (strcmp(s->methods[i].name, "auto") == 0) snprintf(name, size, "auto");
}

static void plan(pass *s) {
  char name[32] = "";
  find_chosen(name, sizeof name, s);
  s->n = 0;
  for (size_t i = 0; i < s->n_methods; i++)
    for (size_t j = 0; j < s->p->n_rtols && s->n < MOST_ROWS; j++) {
      const method *m = &s->methods[i];
      const bool chosen =
          strcmp(m->package, "eigenstep") == 0 && strcmp(m->name, name) == 0;
      if (!wanted(s, m, s->p->rtol[j], chosen)) continue;
      s->rows[s->n++] =
          (row){.method = m, .rtol = s->p->rtol[j], .chosen = chosen};
    }
}

/* What does not end at one tolerance is not tried at tighter ones. */
static bool hopeless(const pass *s, size_t i) {
  return i > 0 && s->rows[i].method == s->rows[i - 1].method &&
         (s->rows[i - 1].outcome == OVER_TIME ||
          s->rows[i - 1].outcome == UNFIT);
}

/* Of the large problem what the claims are made of is waited for long, and the
 * explicit method that SciPy has too. */
static double patience(const problem *p, const row *r) {
  if (!p->large || r->chosen) return p->cap;
  const bool peer = strcmp(r->method->package, "GSL") == 0 ||
                    strcmp(r->method->name, "dop853") == 0;
  return peer ? p->cap / 2 : p->cap / 6;
}

static void verify_own(pass *s, const double *want, double *out) {
  for (size_t i = 0; i < s->n; i++) {
    row *r = &s->rows[i];
    problem p = *s->p;
    if (r->method->solve == NULL) continue;
    p.cap = patience(s->p, r);
    if (hopeless(s, i))
      r->outcome = s->rows[i - 1].outcome;
    else
      row_solve(r, &p, want, out);
    if (s->say) fprintf(stderr, "."), fflush(stderr);
  }
}

/* Groups that fit memory: a solution of each of SciPy's tasks is kept. */
static void verify_scipy(pass *s, const double *want) {
  double **out = bench_room(s->n, sizeof *out);
  bool *ask = bench_room(s->n, sizeof *ask);
  const size_t all = s->p->cells * s->p->n_times * s->p->n_state;
  for (size_t i = 0; i < s->n; i++) {
    ask[i] = s->rows[i].method->solve == NULL;
    if (!ask[i]) continue;
    out[i] = bench_room(all, sizeof **out);
    s->rows[i].outcome = UNFIT; /* unless Python says more */
  }
  scipy_solve(s->p, s->rows, ask, out, s->n, s->threads, s->folder, s->script);
  for (size_t i = 0; i < s->n; i++) {
    if (ask[i]) row_judge(&s->rows[i], s->p, want, out[i]);
    free(out[i]);
  }
  free(out);
  free(ask);
}

static bool again(const row *r, size_t round) {
  if (r->outcome != DONE || r->samples == 0) return false;
  const double limit = r->chosen ? ours_too_long : too_long;
  return r->sample[0] < medium || (r->sample[0] < limit && round < 3);
}

/* Once more, as often in a row as fills a sample. */
static void repeat(row *r, const problem *p) {
  const double once = r->sample[0];
  const size_t times = once < fill ? (size_t)(fill / once) : 1;
  row scratch = *r;
  double sum = 0;
  for (size_t k = 0; k < times; k++) {
    scratch.samples = 0;
    row_solve(&scratch, p, NULL, NULL);
    sum += scratch.sample[0];
  }
  if (r->samples < MOST_ROUNDS) r->sample[r->samples++] = sum / (double)times;
}

static void one_round(pass *s, size_t round) {
  double **out = bench_room(s->n, sizeof *out);
  bool *ask = bench_room(s->n, sizeof *ask);
  for (size_t i = 0; i < s->n; i++) {
    if (!again(&s->rows[i], round)) continue;
    if (s->rows[i].method->solve == NULL)
      ask[i] = true;
    else
      repeat(&s->rows[i], s->p);
  }
  scipy_solve(s->p, s->rows, ask, out, s->n, s->threads, s->folder, s->script);
  free(out);
  free(ask);
  if (s->say) fprintf(stderr, "o"), fflush(stderr);
}

void pass_run(pass *s, const double *want) {
  const size_t all = s->p->cells * s->p->n_times * s->p->n_state;
  double *out = bench_room(all, sizeof *out);
  es_blas_threads(s->threads);
  plan(s);
  scipy_write(s->p, s->folder);
  verify_own(s, want, out);
  verify_scipy(s, want);
  for (size_t round = 1; round < s->rounds; round++) one_round(s, round);
  for (size_t i = 0; i < s->n; i++) {
    row *r = &s->rows[i];
    /* The first solve, at output and in a cold cache, is not one of several. */
    if (r->samples > 1)
      memmove(r->sample, r->sample + 1, --r->samples * sizeof *r->sample);
    row_settle(r);
  }
  free(out);
  if (s->say) fprintf(stderr, "\n");
}

void pass_write(const pass *s, FILE *csv) {
  for (size_t i = 0; i < s->n; i++) {
    const row *r = &s->rows[i];
    if (r->outcome == UNFIT) continue;
    fprintf(csv, "%s,%zu,%s,%s,%d,%g,%s,", s->p->name, s->threads,
            r->method->package, r->method->name, r->chosen, r->rtol,
            outcome_word(r->outcome));
    if (r->outcome == DONE || r->outcome == WRONG)
      fprintf(csv, "%.4g,%.4g,%.4g,%llu,%llu,%llu,", r->error, r->error_state,
              r->error_observed, (unsigned long long)r->rhs,
              (unsigned long long)r->jacobians, (unsigned long long)r->steps);
    else
      fprintf(csv, "nan,nan,nan,,,,");
    fprintf(csv, "%.5g,%zu\n", r->outcome == DONE ? r->seconds : NAN,
            r->samples);
  }
  fflush(csv);
}

void pass_print(const pass *s) {
  printf("  %-26s %8s %10s %10s %12s  %s\n", "method", "rtol", "error", "rhs",
         "seconds", "");
  for (size_t i = 0; i < s->n; i++) {
    const row *r = &s->rows[i];
    char name[64];
    if (r->outcome == UNFIT) continue;
    snprintf(name, sizeof name, "%s %s%s", r->method->package, r->method->name,
             r->chosen ? " *" : "");
    printf("  %-26s %8.0e ", name, r->rtol);
    if (r->outcome == DONE)
      printf("%10.2e %10llu %12.4g\n", r->error, (unsigned long long)r->rhs,
             r->seconds);
    else if (r->outcome == WRONG)
      printf("%10.2e  refused: beyond %g times rtol\n", r->error, s->p->wrong);
    else
      printf("%10s  %s%s%.60s\n", "", outcome_word(r->outcome),
             r->note[0] != '\0' ? ": " : "", r->note);
  }
  fflush(stdout);
}
