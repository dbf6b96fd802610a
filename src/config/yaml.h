/* A YAML document as a tree, read with libyaml's event parser. Anchors,
 * aliases, tags, merge keys, several documents and duplicate keys are refused
 * with line and column. Files beyond 16 MB and nesting beyond 16 are refused.*/
#ifndef ES_CONFIG_YAML_H
#define ES_CONFIG_YAML_H

#include <eigenstep/config.h>

typedef enum es_node_kind {
  ES_NODE_SCALAR,
  ES_NODE_LIST,
  ES_NODE_MAP
} es_node_kind;

typedef struct es_node {
  es_node_kind kind;
  char *key;             /* inside a map, else NULL */
  char *text;            /* scalar */
  bool quoted;           /* scalar was quoted: never an empty section */
  struct es_node *child; /* list or map: n_children nodes in file order */
  size_t n_children;
  size_t line, column; /* from 1; inside a map those of the key */
} es_node;

/* Reads a file, or a text (name is used in messages). A document without
 * content is an empty map. ES_BAD_VALUE where it is not the YAML that is read
 * here, ES_FILE_CORRUPT where it is no text at all. */
es_status es_yaml_read(es_node **out, const char *path,
                       es_diag *diag) ES_MUST_USE;
es_status es_yaml_parse(es_node **out, const char *text, const char *name,
                        es_diag *diag) ES_MUST_USE;
void es_yaml_free(es_node *root);

/* The child of a map by key, or NULL. map may be NULL. */
const es_node *es_node_get(const es_node *map, const char *key);

/* As es_config_load, but sections that `beside` (NULL: none) knows are its. */
es_status es_config_load_beside(es_config *config, es_config *beside,
                                const char *path, es_diag *diag) ES_MUST_USE;

/* Applies one section's map of keys; path is for messages. */
es_status es_config_apply_section(es_config *config, const char *section,
                                  const es_node *keys, const char *path,
                                  es_diag *diag) ES_MUST_USE;

#endif
