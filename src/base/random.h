/* Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw,
 * "Parallel random numbers: as easy as 1, 2, 3", SC 2011). A number is a pure
 * function of (seed, stream, index), so that any thread, shard or rank draws
 * the same one, in any order. */
#ifndef ES_BASE_RANDOM_H
#define ES_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Streams in use, so that no two purposes share numbers. */
enum es_stream {
  ES_STREAM_INIT = 1,      /* starts of models */
  ES_STREAM_DATA = 2,      /* synthetic samples */
  ES_STREAM_SUBSET = 3,    /* which samples are used */
  ES_STREAM_AUGMENT = 4,   /* views */
  ES_STREAM_ORDER = 5,     /* the order of batches */
  ES_STREAM_POWER = 6,     /* starts of power methods */
  ES_STREAM_BOX = 7,       /* starts drawn from a box */
  ES_STREAM_TANGENT = 8,   /* directions of a tangent kernel */
  ES_STREAM_BOOTSTRAP = 9, /* runs drawn with replacement */
  ES_STREAM_NULL = 10,     /* eigenfunctions of a null kernel */
  ES_STREAM_USER = 1024    /* first one free for callers */
};

/* The raw block function: ten rounds on counter with key, as published. */
void es_random_philox(uint32_t out[4], const uint32_t counter[4],
                      const uint32_t key[2]);

/* 64 random bits number `index` of a stream. */
uint64_t es_random_bits(uint64_t seed, uint32_t stream, uint64_t index);

/* Uniform in [0,1), 53 bits. */
double es_random_uniform(uint64_t seed, uint32_t stream, uint64_t index);

/* Uniform integer in [0,n), n>0; bias below 2^-64·n. */
uint64_t es_random_below(uint64_t n, uint64_t seed, uint32_t stream,
                         uint64_t index);

/* Standard normal (Box-Muller on one block). */
double es_random_normal(uint64_t seed, uint32_t stream, uint64_t index);

/* Fills out[0..k) with k distinct members of 0..n-1 in random order, k <= n:
 * the first k of a Fisher-Yates shuffle, so a smaller k is a prefix of a
 * larger one. scratch holds n entries. */
void es_random_choose(size_t *out, size_t k, size_t n, size_t *scratch,
                      uint64_t seed, uint32_t stream);

#endif
