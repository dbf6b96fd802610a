/* Finding keys, and hints where there is none. */
#include "base/text.h"
#include "config/store.h"

#include <string.h>

es_entry *es_config_find(const es_config *config, const char *section,
                         const char *name) {
  for (size_t i = 0; i < config->n; i++) {
    const es_key *key = config->entry[i].key;
    if (strcmp(key->name, name) == 0 && strcmp(key->section, section) == 0)
      return &config->entry[i];
  }
  return NULL;
}

bool es_config_has_section(const es_config *config, const char *section) {
  for (size_t i = 0; i < config->n; i++)
    if (strcmp(config->entry[i].key->section, section) == 0) return true;
  return false;
}

/* Axes have the names of other sections' keys, and "experiment" describes:
 * neither is what a bare name means. */
static bool counts(const es_entry *entry) {
  return !entry->is_axis && strcmp(entry->key->section, "sweep") != 0 &&
         strcmp(entry->key->section, "experiment") != 0;
}

/* The index of the key to hint at, or config->n. */
static size_t nearest(const es_config *config, const char *section,
                      const char *name) {
  char word[128];
  snprintf(word, sizeof word, "%s.%s", section, name);
  const size_t n = config->n;
  const size_t near =
      es_text_nearest(word, (const char *const *)config->full, n);
  if (near < n) return near;
  /* A known name in a wrong section. */
  for (size_t i = 0; i < n; i++)
    if (strcmp(config->bare[i], name) == 0) return i;
  return n;
}

es_status es_config_unknown(const es_config *config, const char *section,
                            const char *name, es_diag *diag) {
  const size_t near = nearest(config, section, name);
  const bool hint = near < config->n;
  return es_fail(diag, ES_UNKNOWN_KEY, "%.80s.%.80s: no such %s%s%s%s", section,
                 name,
                 es_config_has_section(config, section) ? "key" : "section",
                 hint ? "; did you mean " : "", hint ? config->full[near] : "",
                 hint ? "?" : "");
}

es_status es_config_unknown_section(const es_config *config,
                                    const char *section, es_diag *diag) {
  const char *best = NULL;
  for (size_t i = 0; i < config->n; i++) {
    const char *name = config->entry[i].key->section;
    const bool near = es_text_nearest(section, &name, 1) == 0;
    if (near && (best == NULL || es_text_distance(section, name) <
                                     es_text_distance(section, best)))
      best = name;
  }
  return es_fail(diag, ES_UNKNOWN_KEY, "%.80s: no such section%s%s%s", section,
                 best != NULL ? "; did you mean " : "",
                 best != NULL ? best : "", best != NULL ? "?" : "");
}

static es_status unknown_bare(const es_config *config, const char *name,
                              es_diag *diag) {
  const size_t near = es_text_nearest(name, config->bare, config->n);
  const bool hint = near < config->n;
  return es_fail(diag, ES_UNKNOWN_KEY, "%.80s: no such key%s%s%s", name,
                 hint ? "; did you mean " : "", hint ? config->full[near] : "",
                 hint ? "?" : "");
}

static es_status ambiguous(const es_config *config, const char *name,
                           es_diag *diag) {
  char list[256] = "";
  size_t used = 0;
  for (size_t i = 0; i < config->n && used < sizeof list; i++) {
    const es_key *key = config->entry[i].key;
    if (strcmp(key->name, name) != 0 || !counts(&config->entry[i])) continue;
    used += (size_t)snprintf(list + used, sizeof list - used, "%s%s",
                             used == 0 ? "" : ", ", config->full[i]);
  }
  return es_fail(diag, ES_BAD_VALUE,
                 "%s: several sections have this key, name one of them: %s",
                 name, list);
}

static es_status resolve_bare(const es_config *config, es_entry **out,
                              const char *name, es_diag *diag) {
  size_t found = 0;
  for (size_t i = 0; i < config->n; i++) {
    const es_key *key = config->entry[i].key;
    if (strcmp(key->name, name) != 0 || !counts(&config->entry[i])) continue;
    *out = &config->entry[i];
    found++;
  }
  if (found == 0) return unknown_bare(config, name, diag);
  return found == 1 ? ES_OK : ambiguous(config, name, diag);
}

es_status es_config_resolve(const es_config *config, es_entry **out, char *key,
                            es_diag *diag) {
  char *dot = strchr(key, '.');
  if (dot == NULL) return resolve_bare(config, out, key, diag);
  *dot = '\0';
  *out = es_config_find(config, key, dot + 1);
  return *out == NULL ? es_config_unknown(config, key, dot + 1, diag) : ES_OK;
}
