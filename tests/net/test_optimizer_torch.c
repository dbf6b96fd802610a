/* Twenty steps of each optimiser and schedule against PyTorch's
 * (tests/oracle/optimizer.py; tests/torch runs that against the file). */
#include "tests/check.h"

#include "net/optimizer.h"
#include "net/schedule.h"

#include <stdio.h>
#include <string.h>

enum { STEPS = 20, NUMBERS = 8, MATRIX = 6 };
static const double full_rate = .05;

typedef struct run {
  char rule[8], schedule[12];
  double momentum, decay;
  unsigned warmup;
  double want[NUMBERS];
} run;

static es_rule rule_of(const char *name) {
  return strcmp(name, "sgd") == 0    ? ES_RULE_SGD
         : strcmp(name, "lars") == 0 ? ES_RULE_LARS
                                     : ES_RULE_ADAMW;
}

/* Number i of the flat vector: the matrix, then the vector. */
static size_t place(const es_graph *g, size_t i) {
  return i < MATRIX ? g->param[0].offset + i : g->param[1].offset + i - MATRIX;
}

/* A remembered float is off by half of 2^-24 of it, under 40 here, and passes
 * that on in up to ten later steps: 20 · 40 · 10 · 2^-25 of a rate. w is
 * rounded once. */
static double check(const run *r) {
  es_diag diag = {0};
  es_graph g = {0};
  es_optimizer *o;
  float w[64] = {0}, gradient[64] = {0};
  double worst = 0;
  const es_schedule schedule = {strcmp(r->schedule, "cosine") == 0, r->warmup,
                                STEPS};
  es_graph_output(
      &g, es_graph_linear(&g, es_graph_input(&g, 3, 1, 1), "fc", 2, true));
  assert_ok(es_graph_finish(&g, &diag), diag);
  assert_true(g.param_size <= 64);
  assert_ok(es_optimizer_new(&o, &g, rule_of(r->rule), r->momentum, &diag),
            diag);
  for (size_t p = 0; p < 2; p++)
    es_optimizer_pace(o, p, (es_pace){1, r->decay});
  for (size_t i = 0; i < NUMBERS; i++)
    w[place(&g, i)] = (float)((29 * i + 7) % 32) / 8 - 2;
  for (size_t step = 0; step < STEPS; step++) {
    for (size_t i = 0; i < NUMBERS; i++)
      gradient[place(&g, i)] = ((float)((37 * i + 101 * step) % 64) - 31) / 16;
    assert_true(es_optimizer_step(
        o, w, gradient, full_rate * es_schedule_share(&schedule, step),
        step + 1));
  }
  for (size_t i = 0; i < NUMBERS; i++) {
    const double got = (double)w[place(&g, i)];
    assert_close(got, r->want[i], 0x1p-24, full_rate * 8000 * 0x1p-25);
    worst = fmax(worst, fabs(got - r->want[i]));
  }
  es_optimizer_free(o);
  es_graph_free(&g);
  return worst;
}

static bool read_run(FILE *file, run *r) {
  for (unsigned i = 0, index; i < NUMBERS; i++)
    if (fscanf(file, "%7[^,],%lf,%lf,%11[^,],%u,%u,%lf\n", r->rule,
               &r->momentum, &r->decay, r->schedule, &r->warmup, &index,
               &r->want[i]) != 7 ||
        index != i)
      return false;
  return true;
}

static void rules_are_pytorchs(void **state) {
  (void)state;
  FILE *file = fopen("tests/oracle/optimizer.csv", "r");
  size_t runs = 0;
  double worst = 0;
  run r;
  assert_non_null(file);
  while (fgetc(file) != '\n') continue;
  for (; read_run(file, &r); runs++) worst = fmax(worst, check(&r));
  assert_true(feof(file));
  fclose(file);
  assert_int_equal(runs, 40);
  print_message("# %zu runs, at most %.2g apart\n", runs, worst);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(rules_are_pytorchs)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
