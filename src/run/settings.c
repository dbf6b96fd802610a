/* Settings of a stage: see plan.h. */
#include "run/plan.h"

#include "base/text.h"
#include "plot/figure.h"
#include "run/refuse.h"

#include <string.h>

/* Keys of a stage that are no sections of settings. */
static const char *const own[] = {
    "name", "command", "target", "needs", "plot", "each",  "against",
    "ends", "over",    "derive", "align", "fit",  "figure"};
enum { OWN = sizeof own / sizeof *own };

/* The sections of map, which may have the first n_own of these beside them. */
static es_status apply_sections(es_config *config, const es_plan *plan,
                                const es_node *map, size_t n_own,
                                es_diag *diag) {
  if (map == NULL) return ES_OK;
  if (map->kind != ES_NODE_MAP)
    return ES_REFUSE(plan, map, diag, "a map of sections is wanted");
  for (size_t i = 0; i < map->n_children; i++) {
    const es_node *section = &map->child[i];
    if (es_text_is_one_of(section->key, own, n_own)) continue;
    const es_status status = es_config_apply_section(config, section->key,
                                                     section, plan->path, diag);
    if (status != ES_OK) return status;
  }
  return ES_OK;
}

/* Before any section of its own. */
static es_status begin(es_config **out, const es_plan *plan,
                       const es_stage *stage, es_diag *diag) {
  es_diag inner = {0};
  if ((stage->command->options & ES_SET_BY_RUN) != 0 && stage->reads != NULL)
    return es_stage_configure(out, plan, stage->reads, diag);
  const es_status status =
      stage->command->configure == NULL
          ? es_config_new(out, NULL, 0, &inner)
          : stage->command->configure(out, stage->target, &inner);
  if (status == ES_OK) return ES_OK;
  return es_plan_pass_on(plan->path, es_node_get(stage->node, "target"), &inner,
                         diag);
}

es_status es_stage_set(es_config *config, const es_plan *plan,
                       const es_stage *stage, es_diag *diag) {
  const es_status status = apply_sections(config, plan, stage->node, OWN, diag);
  return status == ES_OK ? apply_sections(config, plan, stage->preset, 0, diag)
                         : status;
}

es_status es_stage_configure(es_config **out, const es_plan *plan,
                             const es_stage *stage, es_diag *diag) {
  es_status status = begin(out, plan, stage, diag);
  if (status != ES_OK) return status;
  status = es_stage_set(*out, plan, stage, diag);
  if (status == ES_OK) return ES_OK;
  es_config_free(*out);
  *out = NULL;
  return status;
}

es_status es_stage_figure(es_config **out, const es_plan *plan,
                          const es_stage *stage, es_diag *diag) {
  es_diag inner = {0};
  *out = NULL;
  if (stage->figure == NULL) return ES_OK;
  es_status status = es_config_new(out, &es_figure_keys, 1, diag);
  if (status == ES_OK)
    status = es_config_apply_section(*out, "figure", stage->figure, plan->path,
                                     diag);
  if (status == ES_OK) {
    status = es_figure_check(*out, &inner);
    if (status != ES_OK)
      status = es_plan_pass_on(plan->path, stage->figure, &inner, diag);
  }
  if (status == ES_OK) return ES_OK;
  es_config_free(*out);
  *out = NULL;
  return status;
}
