/* A pass: one problem, all methods, one number of threads. */
#ifndef ES_BENCH_ROUNDS_H
#define ES_BENCH_ROUNDS_H

#include "tests/bench/ode/ode.h"

#include <stdio.h>

typedef struct pass pass;
struct pass {
  const problem *p;
  const method *methods;
  size_t n_methods, threads, rounds;
  bool quick;         /* one tolerance */
  const pass *before; /* with other threads: only what claims need is run */
  bool say;           /* a dot per verified row, an o per round, on stderr */
  double apart; /* of the reference's two methods: errors below are alike */
  const char *folder, *script;
  row rows[MOST_ROWS];
  size_t n;
};

/* Plans the rows, verifies all, times what is right. want: the reference. */
void pass_run(pass *s, const double *want);
void pass_write(const pass *s, FILE *csv);
void pass_print(const pass *s);

/* True if an answer that is wrong by design is refused. */
bool canary_is_refused(const problem *p, const double *want);

/* The stated ratios from a pass over the large problem: printed, and a row each
 * into the table. */
void claims(const pass *s, FILE *csv);

#endif
