/* Shards of a sweep to the whole table, which is the one that a sweep without
 * shards writes, to the last byte. */
#ifndef ES_SWEEP_MERGE_H
#define ES_SWEEP_MERGE_H

#include "sweep/format.h"
#include "sweep/shard.h"

/* A shard's table that was found. */
typedef struct es_shard_file {
  char *path;
  es_shard shard;
} es_shard_file;

typedef struct es_shard_list {
  es_shard_file *file; /* n, by rising index once checked */
  size_t n;
} es_shard_list;

/* Adds the tables of shards in a folder, which end in ".csv" or ".h5". */
es_status es_shard_list_add(es_shard_list *list, const char *dir, bool h5,
                            es_diag *diag) ES_MUST_USE;
void es_shard_list_free(es_shard_list *list);

/* Sorts the list and proves that it has every shard of one division once. Of
 * ES_FILE_MISSING the line says which cells are missing; ES_FILE_DATA: shards
 * of two divisions, or one twice. */
es_status es_shard_list_check(es_shard_list *list, uint64_t cells,
                              es_diag *diag) ES_MUST_USE;

/* Writes the table at path from a checked list, each row held against the grid.
 * A shard that is not whole or not of this sweep is ES_FILE_CORRUPT, and the
 * line says which cells are missing. */
es_status es_shard_list_merge(const es_shard_list *list, const es_sweep *sweep,
                              const char *path, bool h5, es_tally *tally,
                              const es_watch *watch, es_diag *diag) ES_MUST_USE;

#endif
