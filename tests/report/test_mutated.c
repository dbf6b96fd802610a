/* Experiments and the tables that they are judged by, from files that were
 * damaged (tests/mutate.h). */
#include "tests/mutate.h"

#include "report/verdict.h"
#include "run/plan.h"

#include "tests/file/temp.h"

static const es_key some[] = {
    {"model", "a", ES_REAL, 0, 0, 100, NULL, NULL, "1", "a number"},
    {"model", "b", ES_LIST, 0, 0, 100, NULL, NULL, "2", "more"}};

static es_status configure(es_config **out, const char *target, es_diag *diag) {
  const es_keys keys = {some, sizeof some / sizeof *some};
  (void)target;
  return es_config_new(out, &keys, 1, diag);
}

static const es_command commands[] = {
    {.name = "count", .options = ES_IS_STAGE, .configure = configure},
    {.name = "lay", .options = ES_IS_STAGE | ES_OF_STAGE}};

static const char experiment[] =
    "experiment:\n"
    "  title: Some title\n"
    "  source: \"000, figure 1\"\n"
    "  claim: that it is so\n"
    "  criterion: [\"max a in s/t.csv < 1\", \"count a in s/t.csv > 0\"]\n"
    "  results: {e.csv: s/t.csv}\n"
    "stages:\n"
    "  - {name: s, command: count, target: x, plot: none, model: {a: 5}}\n"
    "  - name: u\n"
    "    command: count\n"
    "    target: y\n"
    "    needs: [s]\n"
    "    each: {model.a: [1, 2]}\n"
    "    model: {b: \"lin:0:1:3\"}\n"
    "  - {name: v, command: lay, target: u, needs: [u]}\n"
    "sizes:\n"
    "  large: {s: {model: {a: 7}}}\n";

/* A plan that was taken has names, commands, and settings that are taken or
 * refused with a line. */
static es_status plan(const char *path, void *context, es_diag *diag) {
  es_plan p;
  const es_status status = es_plan_open(&p, path, context, commands, 2, diag);
  if (status != ES_OK) return status;
  es_status settings = ES_OK;
  for (size_t i = 0; i < p.n_stages && settings == ES_OK; i++) {
    es_config *config = NULL;
    const es_stage *s = &p.stage[i];
    if (s->name == NULL || s->command == NULL) mutate_bad("stage %zu", i);
    if (s->command->configure == NULL) continue;
    settings = es_stage_configure(&config, &p, s, diag);
    es_config_free(config);
  }
  es_plan_close(&p);
  return settings;
}

/* Nodes as in tests/config/test_mutated.c, and stages of less than 128 bytes
 * for the two of "- "; ranges are short. */
static void experiments(void **state) {
  const unsigned char *bytes = (const unsigned char *)experiment;
  const size_t n = sizeof experiment - 1;
  char large[] = "large";
  for (int k = 0; k < 2; k++) {
    mutant m = {.path = at(state, "e.yaml"),
                .read = plan,
                .context = k == 0 ? NULL : large,
                .also = 1u << ES_BAD_VALUE | 1u << ES_UNKNOWN_KEY,
                .times = 256,
                .beyond = 1 << 20};
    mutate_none(&m, bytes, n);
    mutate_cuts(&m, bytes, n, 1);
    mutate_bits(&m, bytes, n, 1);
    mutate_figures(&m, bytes, n, "0:1:3");
    mutate_figures(&m, bytes, n, "5}");
    mutate_tell(&m, k == 0 ? "experiment" : "its large size");
  }
}

static const char table[] = "gap,value,word\n"
                            "0.1,-5,a\n0.2,1,b\n0.3,2,\"c d\"\n0.4,4,d\n";

static es_status judge(const char *path, void *context, es_diag *diag) {
  es_verdict v = {0};
  (void)path;
  const es_status status = es_verdict_evaluate(
      &v, "max |value| in t.csv where gap > 0.15 < 5", context, diag);
  if (status != ES_OK) return status;
  const bool one = v.value == v.low && v.value == v.high;
  if (strcmp(v.verdict, "inconclusive") == 0 ? !isnan(v.value) : !one)
    mutate_bad("%s: %g in [%g, %g]", v.verdict, v.value, v.low, v.high);
  return ES_OK;
}

/* A column that the table has not is the criterion's fault as well as the
 * table's: exit 2. Memory: as in tests/file/test_mutated.c, and the rows that
 * were selected. */
static void tables(void **state) {
  const unsigned char *bytes = (const unsigned char *)table;
  const size_t n = sizeof table - 1;
  char *dir = strdup(at(state, ""));
  mutant m = {.path = at(state, "t.csv"),
              .read = judge,
              .context = dir,
              .named = "t.csv",
              .also = 1u << ES_BAD_VALUE,
              .times = 64,
              .beyond = 16 << 10};
  mutate_none(&m, bytes, n);
  mutate_cuts(&m, bytes, n, 1);
  mutate_bits(&m, bytes, n, 1);
  mutate_figures(&m, bytes, n, "-5");
  mutate_tell(&m, "table of a criterion");
  free(dir);
}

int main(void) {
  const struct CMUnitTest tests[] = {temp_test(experiments), temp_test(tables)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
