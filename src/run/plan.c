/* Reading and checking an experiment file: see plan.h. */
#include "run/plan.h"

#include "base/text.h"
#include "file/atomic.h"
#include "file/share.h"
#include "run/align.h"
#include "run/refuse.h"
#include "run/results.h"

#include <stdlib.h>
#include <string.h>

/* The text of a scalar child, NULL if it is not there. */
static es_status text_of(const es_plan *plan, const es_node *map,
                         const char *key, const char **out, es_diag *diag) {
  const es_node *node = es_node_get(map, key);
  *out = NULL;
  if (node == NULL) return ES_OK;
  if (node->kind != ES_NODE_SCALAR)
    return ES_REFUSE(plan, node, diag, "%s must be a text", key);
  *out = node->text;
  return ES_OK;
}

static es_status only_keys(const es_plan *plan, const es_node *map,
                           const char *const *names, size_t n, es_diag *diag) {
  if (map->kind != ES_NODE_MAP)
    return ES_REFUSE(plan, map, diag, "expected a map of keys");
  for (size_t i = 0; i < map->n_children; i++) {
    const es_node *child = &map->child[i];
    if (es_text_is_one_of(child->key, names, n)) continue;
    const size_t near = es_text_nearest(child->key, names, n);
    return ES_REFUSE(plan, child, diag, "%.80s: no such key%s%s%s", child->key,
                     near < n ? "; did you mean " : "",
                     near < n ? names[near] : "", near < n ? "?" : "");
  }
  return ES_OK;
}

static es_status read_criteria(es_plan *plan, const es_node *node,
                               es_diag *diag) {
  const bool list = node != NULL && node->kind == ES_NODE_LIST;
  const size_t n = node == NULL ? 0 : list ? node->n_children : 1;
  if (n == 0) return ES_OK;
  plan->criterion = calloc(n, sizeof *plan->criterion);
  if (plan->criterion == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  for (size_t i = 0; i < n; i++) {
    const es_node *item = list ? &node->child[i] : node;
    if (item->kind != ES_NODE_SCALAR)
      return ES_REFUSE(plan, item, diag, "criterion must be a text");
    plan->criterion[plan->n_criteria++] = item->text;
  }
  return ES_OK;
}

static es_status read_head(es_plan *plan, es_diag *diag) {
  static const char *const names[] = {"title", "source", "claim", "criterion",
                                      "results"};
  const es_node *head = es_node_get(plan->root, "experiment");
  if (head == NULL)
    return ES_REFUSE(plan, plan->root, diag, "no section 'experiment'");
  es_status status = only_keys(plan, head, names, 5, diag);
  if (status == ES_OK)
    status = text_of(plan, head, "title", &plan->title, diag);
  if (status == ES_OK)
    status = text_of(plan, head, "source", &plan->source, diag);
  if (status == ES_OK)
    status = text_of(plan, head, "claim", &plan->claim, diag);
  if (status == ES_OK)
    status = read_criteria(plan, es_node_get(head, "criterion"), diag);
  return status;
}

static es_status check_needs(const es_plan *plan, const es_node *needs,
                             es_diag *diag) {
  if (needs == NULL) return ES_OK;
  if (needs->kind != ES_NODE_LIST)
    return ES_REFUSE(plan, needs, diag, "needs must be a list of stages");
  for (size_t i = 0; i < needs->n_children; i++) {
    const es_node *need = &needs->child[i];
    bool found = false;
    for (size_t k = 0; need->kind == ES_NODE_SCALAR && k < plan->n_stages; k++)
      found = found || strcmp(plan->stage[k].name, need->text) == 0;
    if (!found)
      return ES_REFUSE(plan, need, diag,
                       "needs: not the name of a stage before");
  }
  return ES_OK;
}

static const es_command *find_command(const char *name,
                                      const es_command *commands, size_t n) {
  for (size_t i = 0; name != NULL && i < n; i++)
    if ((commands[i].options & ES_IS_STAGE) != 0 &&
        strcmp(commands[i].name, name) == 0)
      return &commands[i];
  return NULL;
}

/* Every figure must have its script; where no script is found at all, drawing
 * says so once the data are there. */
static es_status check_plot(const es_plan *plan, const es_stage *stage,
                            es_diag *diag) {
  const char *kinds = stage->plot;
  char *path = NULL;
  if (kinds == NULL || strcmp(kinds, "none") == 0) return ES_OK;
  const es_node *node = es_node_get(stage->node, "plot");
  if (!es_plan_plain(kinds, "-_,"))
    return ES_REFUSE(plan, node, diag,
                     "plot must name figures: staircase or staircase,modes");
  es_status status = es_share_find(&path, "plots", "common.gp", diag);
  if (status != ES_OK) return status == ES_NO_MEMORY ? status : ES_OK;
  free(path);
  for (bool more = true; more;) {
    const size_t n = strcspn(kinds, ",");
    char script[128];
    snprintf(script, sizeof script, "%.*s.gp", (int)n, kinds);
    status = es_share_find(&path, "plots", script, diag);
    if (status == ES_NO_MEMORY) return status;
    if (status != ES_OK)
      return ES_REFUSE(plan, node, diag, "plot: there is no figure '%.*s'",
                       (int)n, kinds);
    free(path);
    more = kinds[n] == ',';
    kinds += n + more;
  }
  return ES_OK;
}

/* What items are set beside is one of the stages that are needed, so that it
 * is made before, and made again before; and one with a trace of its own. */
static es_status check_against(const es_plan *plan, es_stage *stage,
                               es_diag *diag) {
  const es_node *needs = es_node_get(stage->node, "needs");
  const es_status status =
      text_of(plan, stage->node, "against", &stage->against, diag);
  if (status != ES_OK || stage->against == NULL) return status;
  bool needed = false, alone = false;
  for (size_t i = 0; needs != NULL && i < needs->n_children; i++)
    needed = needed || strcmp(needs->child[i].text, stage->against) == 0;
  for (size_t k = 0; k < plan->n_stages; k++)
    alone = alone || (strcmp(plan->stage[k].name, stage->against) == 0 &&
                      plan->stage[k].each == NULL);
  if (stage->each != NULL && needed && alone) return ES_OK;
  return ES_REFUSE(
      plan, es_node_get(stage->node, "against"), diag,
      "against: goes with each, and names a stage in needs that has "
      "no each");
}

static es_status check_over(const es_plan *plan, es_stage *stage,
                            es_diag *diag) {
  const es_status status =
      text_of(plan, stage->node, "over", &stage->over, diag);
  if (status != ES_OK || stage->over == NULL || stage->each != NULL ||
      stage->of != NULL)
    return status;
  return ES_REFUSE(plan, es_node_get(stage->node, "over"), diag,
                   "over: goes with each, and names one of its keys");
}

static es_status check_ends(const es_plan *plan, es_stage *stage,
                            es_diag *diag) {
  const es_node *ends = stage->ends = es_node_get(stage->node, "ends");
  bool good =
      ends == NULL || ((stage->each != NULL || stage->of != NULL) &&
                       ends->kind == ES_NODE_LIST && ends->n_children > 0 &&
                       ends->n_children <= ES_MOST_ENDS);
  for (size_t k = 0; good && ends != NULL && k < ends->n_children; k++)
    good = ends->child[k].kind == ES_NODE_SCALAR &&
           es_plan_plain(ends->child[k].text, "_") &&
           strlen(ends->child[k].text) <= ES_LONGEST_END;
  return good ? ES_OK
              : ES_REFUSE(
                    plan, ends, diag,
                    "ends: goes with each, and lists columns of the trace, "
                    "%d at most",
                    ES_MOST_ENDS);
}

/* A stage that reads another's folder comes behind it; one that reads a single
 * run is repeated with a repeated one. */
static es_status check_target(const es_plan *plan, es_stage *stage,
                              es_diag *diag) {
  const unsigned options = stage->command->options;
  if (stage->target == NULL)
    return ES_REFUSE(plan, stage->node, diag, "stage %s has no target",
                     stage->name);
  if ((options & ES_OF_STAGE) == 0) return ES_OK;
  for (size_t k = 0; k < plan->n_stages; k++) {
    const es_stage *read = &plan->stage[k];
    if (strcmp(read->name, stage->target) != 0) continue;
    stage->reads = read;
    if ((options & ES_TAKES_MORE) == 0 &&
        (read->each != NULL || read->of != NULL))
      stage->of = read;
    return ES_OK;
  }
  return ES_REFUSE(plan, es_node_get(stage->node, "target"), diag,
                   "target: no stage before this one is named %.40s",
                   stage->target);
}

static es_status read_stage(es_plan *plan, const es_node *node,
                            const es_command *commands, size_t n_commands,
                            es_diag *diag) {
  es_stage stage = {.node = node};
  const char *command = NULL;
  if (node->kind != ES_NODE_MAP)
    return ES_REFUSE(plan, node, diag, "a stage must be a map of keys");
  es_status status = text_of(plan, node, "name", &stage.name, diag);
  if (status == ES_OK) status = text_of(plan, node, "command", &command, diag);
  if (status == ES_OK)
    status = text_of(plan, node, "target", &stage.target, diag);
  if (status == ES_OK) status = text_of(plan, node, "plot", &stage.plot, diag);
  if (status != ES_OK) return status;
  if (!es_plan_plain(stage.name, "-_"))
    return ES_REFUSE(plan, node, diag,
                     "a stage needs a name of letters, digits, '-' and '_'");
  for (size_t k = 0; k < plan->n_stages; k++)
    if (strcmp(plan->stage[k].name, stage.name) == 0)
      return ES_REFUSE(plan, node, diag, "two stages are named %s", stage.name);
  stage.command = find_command(command, commands, n_commands);
  if (stage.command == NULL)
    return ES_REFUSE(plan, node, diag,
                     "%.40s: not a command that a stage can run",
                     command == NULL ? "command missing" : command);
  status = check_target(plan, &stage, diag);
  if (status != ES_OK) return status;
  stage.each = es_node_get(node, "each");
  if (stage.each == NULL && es_node_get(node, "derive") != NULL)
    return ES_REFUSE(plan, node, diag, "derive: goes with each");
  stage.fit = es_node_get(node, "fit");
  stage.figure = es_node_get(node, "figure");
  plan->stage[plan->n_stages] = stage;
  status = check_plot(plan, &stage, diag);
  if (status == ES_OK)
    status = check_needs(plan, es_node_get(node, "needs"), diag);
  if (status == ES_OK)
    status = check_against(plan, &plan->stage[plan->n_stages], diag);
  if (status == ES_OK)
    status = check_ends(plan, &plan->stage[plan->n_stages], diag);
  if (status == ES_OK)
    status = check_over(plan, &plan->stage[plan->n_stages], diag);
  if (status == ES_OK)
    status = es_align_check(plan, &plan->stage[plan->n_stages], diag);
  if (status == ES_OK) plan->n_stages++;
  return status;
}

static es_status read_stages(es_plan *plan, const es_command *commands,
                             size_t n_commands, es_diag *diag) {
  const es_node *list = es_node_get(plan->root, "stages");
  if (list == NULL || list->kind != ES_NODE_LIST || list->n_children == 0)
    return ES_REFUSE(plan, list == NULL ? plan->root : list, diag,
                     "'stages' must be a list of at least one stage");
  plan->stage = calloc(list->n_children, sizeof *plan->stage);
  if (plan->stage == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  plan->n_stages = 0;
  for (size_t i = 0; i < list->n_children; i++) {
    const es_status status =
        read_stage(plan, &list->child[i], commands, n_commands, diag);
    if (status != ES_OK) return status;
  }
  return ES_OK;
}

static es_status read_size(es_plan *plan, const char *size, es_diag *diag) {
  const es_node *sizes = es_node_get(plan->root, "sizes");
  if (size == NULL) return ES_OK;
  const es_node *preset = es_node_get(sizes, size);
  if (preset == NULL)
    return es_fail(diag, ES_BAD_VALUE, "--size %.40s: %s has no such preset",
                   size, plan->path);
  if (preset->kind != ES_NODE_MAP)
    return ES_REFUSE(plan, preset, diag, "a size must be a map of stages");
  for (size_t i = 0; i < preset->n_children; i++) {
    bool found = false;
    for (size_t k = 0; k < plan->n_stages; k++)
      if (strcmp(plan->stage[k].name, preset->child[i].key) == 0) {
        plan->stage[k].preset = &preset->child[i];
        found = true;
      }
    if (!found)
      return ES_REFUSE(plan, &preset->child[i], diag, "%.40s: no such stage",
                       preset->child[i].key);
  }
  return ES_OK;
}

/* A name without '/' and '.' is looked for under experiments/. */
static es_status locate(es_plan *plan, const char *target, es_diag *diag) {
  char file[256], shown[64];
  if (strchr(target, '/') != NULL || strchr(target, '.') != NULL) {
    plan->path = strdup(target);
    return plan->path != NULL ? ES_OK
                              : es_fail(diag, ES_NO_MEMORY, "no memory");
  }
  snprintf(file, sizeof file, "%.200s.yaml", target);
  if (es_share_find(&plan->path, "experiments", file, NULL) == ES_OK)
    return ES_OK;
  return es_fail(diag, ES_USAGE,
                 "%s: no such experiment; `eigenstep list experiments` names "
                 "them",
                 es_text_quote(shown, sizeof shown, target));
}

es_status es_plan_open(es_plan *plan, const char *target, const char *size,
                       const es_command *commands, size_t n_commands,
                       es_diag *diag) {
  static const char *const names[] = {"experiment", "stages", "sizes"};
  *plan = (es_plan){0};
  es_status status = locate(plan, target, diag);
  if (status == ES_OK) status = es_yaml_read(&plan->root, plan->path, diag);
  if (status == ES_OK) status = only_keys(plan, plan->root, names, 3, diag);
  if (status == ES_OK) status = read_head(plan, diag);
  if (status == ES_OK) status = read_stages(plan, commands, n_commands, diag);
  if (status == ES_OK) status = es_results_check(plan, diag);
  if (status == ES_OK) status = read_size(plan, size, diag);
  if (status != ES_OK) es_plan_close(plan);
  return status;
}

void es_plan_close(es_plan *plan) {
  free(plan->path);
  free(plan->criterion);
  free(plan->stage);
  es_yaml_free(plan->root);
  *plan = (es_plan){0};
}
