/* Axes: keys that take a list of what other keys take one of; and settings
 * copied and set number by number, as whoever walks along axes needs them. */
#include "base/slab.h"
#include "config/store.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static es_status no_memory(es_diag *diag) {
  return es_fail(diag, ES_NO_MEMORY, "not enough memory for the settings");
}

static bool is_number(const es_key *key) {
  return key->kind == ES_REAL || key->kind == ES_SIZE || key->kind == ES_LIST;
}

/* The words that a choice or a flag counts into; NULL for others. */
static const char *words_of(const es_key *key) {
  if (key->kind == ES_FLAG) return "off|on";
  return key->kind == ES_CHOICE ? key->choices : NULL;
}

/* Whether an axis of that name stands for entry i. */
static bool stands_for(const es_config *config, size_t i, const char *only) {
  const es_key *key = config->entry[i].key;
  if (config->entry[i].is_axis) return false;
  if (only != NULL) return is_number(key) && strcmp(key->section, only) == 0;
  if (!is_number(key) && words_of(key) == NULL) return false;
  if (strcmp(key->section, "model") == 0) return true;
  for (size_t k = 0; k < config->n; k++)
    if (k != i && !config->entry[k].is_axis &&
        strcmp(config->entry[k].key->name, key->name) == 0)
      return false;
  return true;
}

static bool make_room(es_config *config, size_t room) {
  es_entry *entry = realloc(config->entry, room * sizeof *entry);
  if (entry != NULL) config->entry = entry;
  char **full = realloc(config->full, room * sizeof *full);
  if (full != NULL) config->full = full;
  const char **bare = realloc(config->bare, room * sizeof *bare);
  if (bare != NULL) config->bare = bare;
  if (entry == NULL || full == NULL || bare == NULL) return false;
  memset(entry + config->n, 0, (room - config->n) * sizeof *entry);
  return true;
}

static es_key *own_key(es_config *config, const es_key *of,
                       const char *section) {
  es_key **list =
      es_grown(config->axis_key, config->n_axis_keys, sizeof(es_key *));
  if (list == NULL) return NULL;
  config->axis_key = list;
  es_key *key = malloc(sizeof *key);
  if (key == NULL) return NULL;
  *key = *of;
  key->section = section;
  key->choices = words_of(of);
  key->kind = key->choices != NULL ? ES_WORDS : ES_LIST;
  key->flags &= ES_OPEN_LOW | ES_OPEN_HIGH;
  key->fallback = NULL;
  list[config->n_axis_keys++] = key;
  return key;
}

es_status es_config_add_axes(es_config *config, const char *section,
                             const char *only, es_diag *diag) {
  const size_t n = config->n;
  if (!make_room(config, 2 * n + 1)) return no_memory(diag);
  for (size_t i = 0; i < n; i++) {
    if (!stands_for(config, i, only)) continue;
    const es_key *of = config->entry[i].key;
    const es_key *key = own_key(config, of, section);
    if (key == NULL) return no_memory(diag);
    es_entry *entry = &config->entry[config->n];
    const es_status status = es_config_add(config, key, diag);
    if (status != ES_OK) return status;
    entry->is_axis = true;
    entry->of = of;
  }
  return ES_OK;
}

bool es_config_axis(const es_config *config, const char *section, size_t k,
                    es_axis *out) {
  for (size_t order = 1; order <= config->given; order++)
    for (size_t i = 0; i < config->n; i++) {
      const es_entry *entry = &config->entry[i];
      if (!entry->has || !entry->is_axis || entry->order != order ||
          strcmp(entry->key->section, section) != 0 || k-- > 0)
        continue;
      *out = (es_axis){entry->of->section, entry->of->name,
                       entry->value.array.data, entry->value.array.rows,
                       entry->key->choices};
      return true;
    }
  return false;
}

/* *out is empty on failure. */
static es_status copy(es_value *out, const es_value *value, es_diag *diag) {
  const size_t n = value->array.rows * value->array.cols;
  *out = *value;
  out->text = value->text == NULL ? NULL : strdup(value->text);
  out->array.data =
      value->array.data == NULL ? NULL : es_zeroed(n, 1, sizeof(double));
  if ((value->text != NULL && out->text == NULL) ||
      (value->array.data != NULL && out->array.data == NULL && n > 0)) {
    es_value_free(out);
    return no_memory(diag);
  }
  if (out->array.data != NULL)
    memcpy(out->array.data, value->array.data, n * sizeof(double));
  return ES_OK;
}

static es_status copy_entries(es_config *out, const es_config *config,
                              es_diag *diag) {
  es_status status = ES_OK;
  for (size_t i = 0; status == ES_OK && i < config->n; i++) {
    const es_entry *from = &config->entry[i];
    if (from->is_axis) continue;
    es_entry *to = &out->entry[out->n];
    status = es_config_add(out, from->key, diag);
    if (status != ES_OK) return status;
    es_value_free(&to->value);
    to->has = false;
    to->given = from->given;
    if (from->has) status = copy(&to->value, &from->value, diag);
    to->has = from->has && status == ES_OK;
  }
  return status;
}

es_status es_config_copy(es_config **out, const es_config *config,
                         es_diag *diag) {
  es_config *copy = NULL;
  *out = NULL;
  es_status status = es_config_new(&copy, NULL, 0, diag);
  if (status != ES_OK) return status;
  status = make_room(copy, config->n + 1) ? copy_entries(copy, config, diag)
                                          : no_memory(diag);
  if (status == ES_OK)
    *out = copy;
  else
    es_config_free(copy);
  return status;
}

/* Puts the number where the key has it; a list keeps its memory. */
static es_status put(es_entry *entry, double x, es_diag *diag) {
  es_value *value = &entry->value;
  if (entry->key->kind == ES_LIST && value->array.data == NULL) {
    value->array.data = malloc(sizeof *value->array.data);
    if (value->array.data == NULL) return no_memory(diag);
  }
  if (entry->key->kind == ES_LIST) {
    free(value->text);
    value->text = NULL;
    value->array.rows = value->array.cols = 1;
    *value->array.data = x;
  }
  value->real = x;
  value->size = entry->key->kind == ES_SIZE ? (size_t)x : 0;
  value->from_file = false;
  entry->has = entry->given = true;
  return ES_OK;
}

/* What a key of words refuses, or the word that x counts to. */
static es_status put_word(es_entry *entry, double x, es_diag *diag) {
  const char *choices = words_of(entry->key);
  es_value value = {0};
  size_t n = 0;
  const bool whole = x >= 0 && x < 64 && x == floor(x);
  const char *word = whole ? es_choice_word(choices, (size_t)x, &n) : NULL;
  const es_reading r = {entry->key, &value, diag};
  if (word == NULL) {
    snprintf(value.shown, sizeof value.shown, "%.6g", x);
    return es_value_refuse(&r, "counts to no word");
  }
  snprintf(value.shown, sizeof value.shown, "%.*s", (int)n, word);
  value.flag = x > 0;
  if (entry->key->kind == ES_CHOICE) {
    value.text = strndup(word, n);
    if (value.text == NULL) return no_memory(diag);
  }
  es_value_free(&entry->value);
  entry->value = value;
  entry->has = entry->given = true;
  return ES_OK;
}

es_status es_config_set_real(es_config *config, const char *section,
                             const char *name, double x, es_diag *diag) {
  es_entry *entry = es_config_find(config, section, name);
  if (entry == NULL) return es_config_unknown(config, section, name, diag);
  const bool words = words_of(entry->key) != NULL;
  if ((!is_number(entry->key) && !words) || entry->is_axis)
    return es_fail(diag, ES_UNKNOWN_KEY, "%.80s.%.80s: is not a number",
                   section, name);
  if (words) return put_word(entry, x, diag);
  char number[ES_REAL_SIZE] = "nan";
  es_value shown = {0};
  const es_reading r = {entry->key, &shown, diag};
  if (isfinite(x)) es_value_format(number, x);
  snprintf(shown.shown, sizeof shown.shown, "%s", number);
  if (!isfinite(x)) return es_value_refuse(&r, "not a finite number");
  if (!es_value_in_range(entry->key, x))
    return es_value_refuse(&r, "out of range");
  if (entry->key->kind == ES_SIZE && !(x >= 0 && x <= 0x1p53 && x == floor(x)))
    return es_value_refuse(&r, "not a whole number");
  memcpy(entry->value.shown, shown.shown, sizeof shown.shown);
  return put(entry, x, diag);
}
