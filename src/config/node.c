/* The tree of a YAML document: see yaml.h. */
#include "config/yaml.h"

#include <stdlib.h>
#include <string.h>

static void clear(es_node *node) {
  for (size_t i = 0; i < node->n_children; i++) clear(&node->child[i]);
  free(node->child);
  free(node->text);
  free(node->key);
}

void es_yaml_free(es_node *root) {
  if (root == NULL) return;
  clear(root);
  free(root);
}

const es_node *es_node_get(const es_node *map, const char *key) {
  if (map == NULL || map->kind != ES_NODE_MAP) return NULL;
  for (size_t i = 0; i < map->n_children; i++)
    if (strcmp(map->child[i].key, key) == 0) return &map->child[i];
  return NULL;
}
