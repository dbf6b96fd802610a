/* Settings by arithmetic over others: see derive.h. */
#include "run/derive.h"

#include "base/text.h"
#include "report/expression.h"
#include "run/items.h"
#include "run/refuse.h"

#include <math.h>
#include <string.h>

enum { MOST = ES_MOST_KEYS };

static es_status refuse(const es_plan *plan, const es_node *node,
                        const char *why, es_diag *diag) {
  return ES_REFUSE(plan, node, diag, "derive: %s", why);
}

/* The value of one setting, of an item whose keys and numbers are in table. */
static es_status evaluate(double *out, const es_plan *plan, const es_node *node,
                          const es_table *table, es_diag *diag) {
  es_expression e;
  es_diag inner = {0};
  if (node->kind != ES_NODE_SCALAR || !es_expression_parse(&e, node->text) ||
      es_expression_bind(&e, table, "each", &inner) != ES_OK)
    return refuse(plan, node,
                  "write it as {section.key: arithmetic over keys of each}",
                  diag);
  *out = es_expression_value(&e, table->value);
  return isfinite(*out) ? ES_OK : refuse(plan, node, "not a number", diag);
}

static es_status set(es_config *config, const es_plan *plan,
                     const es_node *node, double value, es_diag *diag) {
  char word[256];
  es_diag inner = {0};
  snprintf(word, sizeof word, "%.120s=%.17g", node->key, value);
  if (es_config_set(config, word, &inner) == ES_OK) return ES_OK;
  return inner.code == ES_NO_MEMORY
             ? es_fail(diag, ES_NO_MEMORY, "%s", inner.message)
             : refuse(plan, node, inner.message, diag);
}

es_status es_derive_set(es_config *config, const es_plan *plan,
                        const es_stage *stage, size_t i, es_diag *diag) {
  const es_node *derive = es_node_get(stage->node, "derive");
  char *name[MOST];
  double number[MOST];
  es_table table = {.rows = 1, .name = name, .value = number};
  if (derive == NULL) return ES_OK;
  if (derive->kind != ES_NODE_MAP)
    return refuse(plan, derive, "write it as {section.key: arithmetic}", diag);
  for (size_t k = es_items_read_keys(stage); k < es_items_keys(stage); k++) {
    const char *text = es_items_value(stage, i, k)->text;
    name[table.columns] = es_items_key(stage, k)->key;
    if (!es_text_real(&number[table.columns], text, strlen(text)))
      number[table.columns] = NAN;
    table.columns++;
  }
  es_status status = ES_OK;
  for (size_t k = 0; status == ES_OK && k < derive->n_children; k++) {
    double value = 0;
    status = evaluate(&value, plan, &derive->child[k], &table, diag);
    if (status == ES_OK)
      status = set(config, plan, &derive->child[k], value, diag);
  }
  return status;
}
