/* Typed access to settings: see config.h. */
#include "config/store.h"

#include <math.h>
#include <string.h>

/* The value of a key that is set, or NULL. */
static const es_entry *lookup(const es_config *config, const char *section,
                              const char *name) {
  const es_entry *entry = es_config_find(config, section, name);
  return entry != NULL && entry->has ? entry : NULL;
}

bool es_config_has(const es_config *config, const char *section,
                   const char *name) {
  return lookup(config, section, name) != NULL;
}

bool es_config_given(const es_config *config, const char *section,
                     const char *name) {
  for (size_t i = 0; i < config->n; i++) {
    const es_entry *entry = &config->entry[i];
    if (entry->given && strcmp(entry->key->section, section) == 0 &&
        (name == NULL || strcmp(entry->key->name, name) == 0))
      return true;
  }
  return false;
}

static bool is_default(const es_entry *entry) {
  const es_key *key = entry->key;
  es_value usual;
  if (key->fallback == NULL ||
      es_value_from_text(&usual, key, key->fallback, NULL) != ES_OK)
    return false;
  const es_value *value = &entry->value;
  const bool same =
      value->real == usual.real && value->size == usual.size &&
      value->flag == usual.flag && value->array.data == NULL &&
      (value->text == NULL) == (usual.text == NULL) &&
      (usual.text == NULL || strcmp(value->text, usual.text) == 0);
  es_value_free(&usual);
  return same;
}

bool es_config_differs(const es_config *config, const char *section,
                       const char *name) {
  const es_entry *entry = lookup(config, section, name);
  return entry != NULL && entry->given && !is_default(entry);
}

bool es_config_from_file(const es_config *config, const char *section,
                         const char *name) {
  const es_entry *entry = lookup(config, section, name);
  return entry != NULL && entry->value.from_file;
}

double es_config_real(const es_config *config, const char *section,
                      const char *name) {
  const es_entry *entry = lookup(config, section, name);
  return entry != NULL && entry->key->kind == ES_REAL ? entry->value.real : NAN;
}

size_t es_config_size(const es_config *config, const char *section,
                      const char *name) {
  const es_entry *entry = lookup(config, section, name);
  return entry != NULL ? entry->value.size : 0;
}

bool es_config_flag(const es_config *config, const char *section,
                    const char *name) {
  const es_entry *entry = lookup(config, section, name);
  return entry != NULL && entry->value.flag;
}

const char *es_config_text(const es_config *config, const char *section,
                           const char *name) {
  const es_entry *entry = lookup(config, section, name);
  const bool text = entry != NULL && (entry->key->kind == ES_TEXT ||
                                      entry->key->kind == ES_CHOICE);
  return text ? entry->value.text : NULL;
}

bool es_config_is(const es_config *config, const char *section,
                  const char *name, const char *word) {
  const char *text = es_config_text(config, section, name);
  return text != NULL && strcmp(text, word) == 0;
}

const double *es_config_list(const es_config *config, const char *section,
                             const char *name, size_t *n) {
  const es_entry *entry = lookup(config, section, name);
  const bool list = entry != NULL && entry->key->kind == ES_LIST;
  *n = list ? entry->value.array.rows : 0;
  return list ? entry->value.array.data : NULL;
}

const es_matrix *es_config_matrix(const es_config *config, const char *section,
                                  const char *name) {
  const es_entry *entry = lookup(config, section, name);
  const bool matrix = entry != NULL && entry->key->kind == ES_MATRIX;
  return matrix ? &entry->value.array : NULL;
}
