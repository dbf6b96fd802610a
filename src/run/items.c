/* Counting through the items of a stage: see items.h. */
#include "run/items.h"

#include "file/atomic.h"

#include <stdio.h>
#include <string.h>

bool es_items_any(const es_stage *stage) {
  return stage->each != NULL || stage->of != NULL;
}

static size_t own_keys(const es_stage *stage) {
  return stage->each == NULL ? 0 : stage->each->n_children;
}

size_t es_items_read_keys(const es_stage *stage) {
  return stage->of == NULL ? 0 : es_items_keys(stage->of);
}

size_t es_items_keys(const es_stage *stage) {
  return es_items_read_keys(stage) + own_keys(stage);
}

const es_node *es_items_key(const es_stage *stage, size_t k) {
  const size_t before = es_items_read_keys(stage);
  return k < before ? es_items_key(stage->of, k)
                    : &stage->each->child[k - before];
}

/* Of the keys from `from` on. */
static size_t count_from(const es_stage *stage, size_t from) {
  size_t n = 1;
  for (size_t k = from; k < es_items_keys(stage) && n <= ES_MOST_ITEMS; k++)
    n *= es_items_key(stage, k)->n_children;
  return n;
}

size_t es_items_count(const es_stage *stage) { return count_from(stage, 0); }

const es_node *es_items_value(const es_stage *stage, size_t i, size_t k) {
  const es_node *key = es_items_key(stage, k);
  return &key->child[i / count_from(stage, k + 1) % key->n_children];
}

const char *es_items_column(const es_stage *stage, size_t k) {
  const char *key = es_items_key(stage, k)->key, *dot = strrchr(key, '.');
  if (dot == NULL) return key;
  for (size_t other = 0; other < es_items_keys(stage); other++) {
    const char *theirs = strrchr(es_items_key(stage, other)->key, '.');
    if (other != k && theirs != NULL && strcmp(theirs, dot) == 0) return key;
  }
  return dot + 1;
}

char *es_items_folder(const char *dir, size_t i) {
  char name[32];
  snprintf(name, sizeof name, "%03zu", i);
  return es_file_join(dir, name);
}

size_t es_items_read(const es_stage *stage, size_t i) {
  return i / count_from(stage, es_items_read_keys(stage));
}

char *es_items_target(const es_job *job, const es_stage *stage, size_t i) {
  return stage->of == NULL
             ? strdup(job->target)
             : es_items_folder(job->target, es_items_read(stage, i));
}
