/* Checking what is to be kept: see results.h. */
#include "run/results.h"

#include "run/refuse.h"

#include <string.h>

/* STAGE/FILE or STAGE/ITEM/FILE, which stays inside the stage's folder. */
static bool is_of_a_stage(const es_plan *plan, const char *file) {
  bool found = false;
  const size_t n = strcspn(file, "/");
  for (size_t k = 0; k < plan->n_stages; k++)
    found = found || (strlen(plan->stage[k].name) == n &&
                      strncmp(plan->stage[k].name, file, n) == 0);
  return found && file[n] == '/' && strstr(file, "..") == NULL &&
         es_plan_plain(file + n + 1, "-_./");
}

static bool same_suffix(const char *a, const char *b) {
  const char *of_a = strrchr(a, '.'), *of_b = strrchr(b, '.');
  return of_a != NULL && of_b != NULL && strcmp(of_a, of_b) == 0;
}

es_status es_results_check(const es_plan *plan, es_diag *diag) {
  const es_node *results =
      es_node_get(es_node_get(plan->root, "experiment"), "results");
  if (results == NULL) return ES_OK;
  bool good = results->kind == ES_NODE_MAP;
  const es_node *at = results;
  for (size_t k = 0; good && k < results->n_children; k++) {
    at = &results->child[k];
    good = at->kind == ES_NODE_SCALAR && at->key[0] != '.' &&
           es_plan_plain(at->key, "-_.") && is_of_a_stage(plan, at->text) &&
           same_suffix(at->key, at->text);
  }
  return good ? ES_OK
              : ES_REFUSE(plan, at, diag,
                          "results: write it as {NAME.svg: STAGE/FILE.svg, …}, "
                          "with a stage of this file and one suffix");
}
