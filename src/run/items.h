/* What a repeated stage is repeated over: the combinations of its own settings,
 * and with each of those of the stage whose runs it reads, those of that stage
 * before its own, the last key fastest. See each.h. Private to the room. */
#ifndef ES_RUN_ITEMS_H
#define ES_RUN_ITEMS_H

#include "run/plan.h"

enum { ES_MOST_ITEMS = 10000, ES_MOST_KEYS = 15 }; /* keys: of a stage's own */

/* Whether a stage is repeated at all. */
bool es_items_any(const es_stage *stage);

/* How many items there are; more than ES_MOST_ITEMS if there are more. */
size_t es_items_count(const es_stage *stage);

/* Keys, how many of them are of the stage that is read, key k, and its value in
 * item i. */
size_t es_items_keys(const es_stage *stage);
size_t es_items_read_keys(const es_stage *stage);
const es_node *es_items_key(const es_stage *stage, size_t k);
const es_node *es_items_value(const es_stage *stage, size_t i, size_t k);

/* Key k without its section, unless another key is called the same. */
const char *es_items_column(const es_stage *stage, size_t k);

/* "dir/007" of item 7, in newly allocated memory; NULL without memory. */
char *es_items_folder(const char *dir, size_t i);

/* Which item of the stage that it reads run by run item i reads. */
size_t es_items_read(const es_stage *stage, size_t i);

/* What item i reads or is about: the stage's target (of job->target's folder,
 * where that holds the runs of another stage, the one that belongs to i). To be
 * freed; NULL without memory. */
char *es_items_target(const es_job *job, const es_stage *stage, size_t i);

#endif
