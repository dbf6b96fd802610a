/* The store of settings: see config.h. */
#include "config/store.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void es_entry_put(es_config *config, es_entry *entry, es_value *value,
                  bool given) {
  if (entry->is_axis && entry->order == 0) entry->order = ++config->given;
  es_value_free(&entry->value);
  entry->value = *value;
  *value = (es_value){0};
  entry->has = true;
  entry->given = given;
}

es_status es_config_add(es_config *config, const es_key *key, es_diag *diag) {
  if (es_config_find(config, key->section, key->name) != NULL) return ES_OK;
  const size_t i = config->n++;
  es_entry *entry = &config->entry[i];
  entry->key = key;
  config->bare[i] = key->name;
  if (asprintf(&config->full[i], "%s.%s", key->section, key->name) < 0) {
    config->full[i] = NULL;
    return es_fail(diag, ES_NO_MEMORY, "not enough memory for the settings");
  }
  if (key->fallback == NULL) return ES_OK;
  es_value value;
  const es_status status = es_value_from_text(&value, key, key->fallback, diag);
  if (status == ES_OK) es_entry_put(config, entry, &value, false);
  return status;
}

static es_status add_all(es_config *config, const es_keys *sets, size_t n_sets,
                         es_diag *diag) {
  for (size_t s = 0; s < n_sets; s++)
    for (size_t i = 0; i < sets[s].n; i++) {
      const es_status status = es_config_add(config, &sets[s].key[i], diag);
      if (status != ES_OK) return status;
    }
  return ES_OK;
}

es_status es_config_new(es_config **out, const es_keys *sets, size_t n_sets,
                        es_diag *diag) {
  size_t room = 1;
  for (size_t s = 0; s < n_sets; s++) room += sets[s].n;
  *out = NULL;
  es_config *config = calloc(1, sizeof *config);
  if (config != NULL) {
    config->entry = calloc(room, sizeof *config->entry);
    config->full = calloc(room, sizeof *config->full);
    config->bare = calloc(room, sizeof *config->bare);
  }
  es_status status = ES_OK;
  if (config == NULL || config->entry == NULL || config->full == NULL ||
      config->bare == NULL)
    status = es_fail(diag, ES_NO_MEMORY, "not enough memory for the settings");
  else
    status = add_all(config, sets, n_sets, diag);
  if (status != ES_OK) {
    es_config_free(config);
    return status;
  }
  *out = config;
  return ES_OK;
}

void es_config_free(es_config *config) {
  if (config == NULL) return;
  for (size_t i = 0; i < config->n; i++) {
    es_value_free(&config->entry[i].value);
    free(config->full[i]);
  }
  for (size_t i = 0; i < config->n_axis_keys; i++) free(config->axis_key[i]);
  free(config->axis_key);
  free(config->entry);
  free(config->full);
  free(config->bare);
  free(config);
}

es_status es_config_set(es_config *config, const char *word, es_diag *diag) {
  const char *equals = strchr(word, '=');
  if (equals == NULL || equals == word)
    return es_fail(diag, ES_USAGE, "%.80s: a setting is section.key=value",
                   word);
  char *key = strndup(word, (size_t)(equals - word));
  if (key == NULL)
    return es_fail(diag, ES_NO_MEMORY, "%.80s: not enough memory", word);
  es_entry *entry;
  es_status status = es_config_resolve(config, &entry, key, diag);
  free(key);
  if (status != ES_OK) return status;
  es_value value;
  status = es_value_from_text(&value, entry->key, equals + 1, diag);
  if (status == ES_OK) es_entry_put(config, entry, &value, true);
  return status;
}

es_status es_config_suggest(es_config *config, const char *section,
                            const char *name, const char *value_text,
                            es_diag *diag) {
  es_entry *entry = es_config_find(config, section, name);
  if (entry == NULL || entry->given) return ES_OK;
  es_value value;
  const es_status status =
      es_value_from_text(&value, entry->key, value_text, diag);
  if (status == ES_OK) es_entry_put(config, entry, &value, false);
  return status;
}

es_status es_config_restore(es_config *config, const char *section,
                            const char *name, es_diag *diag) {
  const es_entry *entry = es_config_find(config, section, name);
  const char *usual = entry == NULL ? NULL : entry->key->fallback;
  return usual == NULL ? ES_OK
                       : es_config_suggest(config, section, name, usual, diag);
}

void es_config_forget(es_config *config, const char *section,
                      const char *name) {
  for (size_t i = 0; i < config->n; i++) {
    es_entry *entry = &config->entry[i];
    if (strcmp(entry->key->section, section) != 0 ||
        (name != NULL && strcmp(entry->key->name, name) != 0))
      continue;
    es_value_free(&entry->value);
    entry->value = (es_value){0};
    entry->has = entry->given = false;
  }
}

es_status es_config_blame(const es_config *config, const char *section,
                          const char *name, es_diag *diag, const char *format,
                          ...) {
  const es_entry *entry = es_config_find(config, section, name);
  const bool has = entry != NULL && entry->has;
  char what[sizeof diag->message];
  va_list args;
  va_start(args, format);
  vsnprintf(what, sizeof what, format, args);
  va_end(args);
  return es_fail(diag,
                 has && entry->value.from_file ? ES_FILE_DATA : ES_BAD_VALUE,
                 "%s.%s%s%s: %s", section, name, has ? "=" : "",
                 has ? entry->value.shown : "", what);
}
