/* Checking criteria and what is to be kept: see results.h. */
#include "run/results.h"

#include "report/verdict.h"
#include "run/refuse.h"

#include <string.h>

/* STAGE/FILE or STAGE/ITEM/FILE, which stays inside the stage's folder. */
static bool is_of_a_stage(const void *context, const char *file) {
  const es_plan *plan = context;
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

static es_status check_criteria(const es_plan *plan, const es_node *head,
                                es_diag *diag) {
  const es_node *node = es_node_get(head, "criterion");
  for (size_t i = 0; i < plan->n_criteria; i++) {
    es_diag own = {0};
    if (es_verdict_check(plan->criterion[i], is_of_a_stage, plan, &own) !=
        ES_OK)
      return es_plan_pass_on(
          plan->path, node->kind == ES_NODE_LIST ? &node->child[i] : node, &own,
          diag);
  }
  return ES_OK;
}

static es_status check_results(const es_plan *plan, const es_node *head,
                               es_diag *diag) {
  const es_node *results = es_node_get(head, "results");
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

es_status es_results_check(const es_plan *plan, es_diag *diag) {
  const es_node *head = es_node_get(plan->root, "experiment");
  const es_status status = check_criteria(plan, head, diag);
  return status == ES_OK ? check_results(plan, head, diag) : status;
}
