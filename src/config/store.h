/* The store behind es_config, private to the room. */
#ifndef ES_CONFIG_STORE_H
#define ES_CONFIG_STORE_H

#include "config/value.h"

typedef struct es_entry {
  const es_key *key;
  es_value value;
  bool has;   /* value is set */
  bool given; /* by the user */
  bool is_axis;
  const es_key *of; /* the key that an axis stands for */
  size_t order;     /* of axes: by when they were first given, from 1 */
} es_entry;

struct es_config {
  es_entry *entry; /* in the order of the arrays */
  size_t n;
  char **full;       /* "model.eta", for hints */
  const char **bare; /* "eta" */
  es_key **axis_key; /* n_axis_keys of axes, owned */
  size_t n_axis_keys;
  size_t given; /* axes given so far */
};

/* The entry of a key, or NULL. */
es_entry *es_config_find(const es_config *config, const char *section,
                         const char *name);

/* The entry that a word means: a "section.name", or a name that stands in one
 * section. key is cut in place. */
es_status es_config_resolve(const es_config *config, es_entry **out, char *key,
                            es_diag *diag) ES_MUST_USE;

/* Says that there is no such section or key, and which is near. */
es_status es_config_unknown(const es_config *config, const char *section,
                            const char *name, es_diag *diag);
es_status es_config_unknown_section(const es_config *config,
                                    const char *section, es_diag *diag);
bool es_config_has_section(const es_config *config, const char *section);

/* Moves a value into an entry. */
void es_entry_put(es_config *config, es_entry *entry, es_value *value,
                  bool given);

/* Adds an entry for a key, at its default; the arrays of config have room. */
es_status es_config_add(es_config *config, const es_key *key,
                        es_diag *diag) ES_MUST_USE;

#endif
