/* What our own objects hold: memory that a call of theirs got and that no call
 * of theirs gave back. Nothing shall be held when main returns, with a fault or
 * without; libraries keep what they like. */
#ifndef ES_TESTS_FAULTS_HELD_H
#define ES_TESTS_FAULTS_HELD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { HELD_SLOTS = 1 << 16 }; /* a power of two, far more than we ever hold */

typedef struct held_block {
  const void *memory; /* NULL: never used */
  const void *from;   /* the call that got it; NULL: it was given back */
} held_block;

static held_block held[HELD_SLOTS];
static bool held_watched, held_full;
static pthread_mutex_t held_lock = PTHREAD_MUTEX_INITIALIZER;

static held_block *held_find(const void *memory) {
  size_t k = ((uintptr_t)memory >> 4) * 0x9E3779B97F4A7C15u >> 48;
  for (size_t n = 0; n < HELD_SLOTS; n++, k = (k + 1) % HELD_SLOTS)
    if (held[k].memory == memory || held[k].memory == NULL) return &held[k];
  return NULL;
}

/* Memory (none where it is NULL) is ours from now on; it comes back for calls
 * to return it. */
static void *held_take(void *memory, const void *from) {
  if (!held_watched || memory == NULL) return memory;
  pthread_mutex_lock(&held_lock);
  held_block *block = held_find(memory);
  if (block == NULL) held_full = true;
  if (block != NULL) *block = (held_block){memory, from};
  pthread_mutex_unlock(&held_lock);
  return memory;
}

/* What libraries got for us is not in the table, and none of its business. */
static void held_give(const void *memory) {
  if (!held_watched || memory == NULL) return;
  pthread_mutex_lock(&held_lock);
  held_block *block = held_find(memory);
  if (block != NULL && block->memory == memory) block->from = NULL;
  pthread_mutex_unlock(&held_lock);
}

/* A stream into memory becomes a text of ours when it is closed. */
enum { HELD_STREAMS = 16 };
static struct {
  const FILE *stream;
  char **text;
} held_stream[HELD_STREAMS];

static void held_open(FILE *stream, char **text, const void *from) {
  if (stream == NULL) return;
  held_take(stream, from);
  int k = 0;
  while (k < HELD_STREAMS && held_stream[k].stream != NULL) k++;
  if (k == HELD_STREAMS) abort();
  held_stream[k].stream = stream;
  held_stream[k].text = text;
}

/* Where the text of a stream that is to be closed will be, or NULL. */
static char **held_close(const FILE *stream) {
  held_give(stream);
  for (int k = 0; k < HELD_STREAMS; k++)
    if (stream != NULL && held_stream[k].stream == stream) {
      held_stream[k].stream = NULL;
      return held_stream[k].text;
    }
  return NULL;
}

#endif
