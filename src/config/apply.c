/* Settings from YAML: sections of keys. Messages begin with the place. */
#include "base/text.h"
#include "config/store.h"

#include <stdarg.h>

ES_PRINTF(5, 6)
static es_status fail_at(es_diag *diag, es_status code, const char *path,
                         const es_node *node, const char *format, ...) {
  char what[sizeof diag->message], quoted[160];
  va_list args;
  va_start(args, format);
  vsnprintf(what, sizeof what, format, args);
  va_end(args);
  return es_fail(diag, code, "%s:%zu:%zu: %s",
                 es_text_quote(quoted, sizeof quoted, path), node->line,
                 node->column, what);
}

static es_status apply_key(es_config *config, const char *section,
                           const es_node *node, const char *path,
                           es_diag *diag) {
  es_diag inner = {0};
  es_value value;
  es_entry *entry = es_config_find(config, section, node->key);
  es_status status = entry == NULL
                         ? es_config_unknown(config, section, node->key, &inner)
                         : es_value_from_node(&value, entry->key, node, &inner);
  if (status != ES_OK)
    return fail_at(diag, status, path, node, "%s", inner.message);
  es_entry_put(config, entry, &value, true);
  return ES_OK;
}

/* "model:" with nothing below is a section without keys. */
static bool is_empty(const es_node *node) {
  return node->kind == ES_NODE_SCALAR && !node->quoted && *node->text == '\0';
}

es_status es_config_apply_section(es_config *config, const char *section,
                                  const es_node *keys, const char *path,
                                  es_diag *diag) {
  if (!es_config_has_section(config, section)) {
    es_diag inner = {0};
    const es_status status = es_config_unknown_section(config, section, &inner);
    return fail_at(diag, status, path, keys, "%s", inner.message);
  }
  if (is_empty(keys)) return ES_OK;
  if (keys->kind != ES_NODE_MAP)
    return fail_at(diag, ES_BAD_VALUE, path, keys,
                   "%.80s: a map of keys is wanted", section);
  es_status status = ES_OK;
  for (size_t i = 0; i < keys->n_children && status == ES_OK; i++)
    status = apply_key(config, section, keys->child + i, path, diag);
  return status;
}

/* The configuration of the two that knows the section. */
static es_config *whose(es_config *config, es_config *beside,
                        const char *section) {
  return beside != NULL && es_config_has_section(beside, section) ? beside
                                                                  : config;
}

/* A map of sections, {model: {eta: 1}, …}: what else stands beside them is
 * refused, but for a section with nothing in it. */
static es_status apply(es_config *config, es_config *beside,
                       const es_node *sections, const char *path,
                       es_diag *diag) {
  if (sections->kind != ES_NODE_MAP)
    return fail_at(diag, ES_BAD_VALUE, path, sections,
                   "a map of sections is wanted, as model: {eta: 0.04}");
  es_status status = ES_OK;
  for (size_t i = 0; i < sections->n_children && status == ES_OK; i++) {
    const es_node *node = sections->child + i;
    if (node->kind != ES_NODE_MAP && !is_empty(node))
      return fail_at(
          diag, ES_BAD_VALUE, path, node,
          "%.80s: a setting stands in its section, as model: {eta: 0.04}",
          node->key);
    status = es_config_apply_section(whose(config, beside, node->key),
                                     node->key, node, path, diag);
  }
  return status;
}

es_status es_config_load_beside(es_config *config, es_config *beside,
                                const char *path, es_diag *diag) {
  es_node *root;
  es_status status = es_yaml_read(&root, path, diag);
  if (status != ES_OK) return status;
  status = apply(config, beside, root, path, diag);
  es_yaml_free(root);
  return status;
}

es_status es_config_load(es_config *config, const char *path, es_diag *diag) {
  return es_config_load_beside(config, NULL, path, diag);
}
