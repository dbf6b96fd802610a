/* The random numbers of one view: number k is a pure function of (data.seed,
 * draw, sample, view, k). Each augmentation owns fixed numbers k, so that
 * switching one on leaves the others' draws as they were. */
#ifndef ES_DATA_DRAWS_H
#define ES_DATA_DRAWS_H

#include "base/random.h"

/* The owners. A crop takes four numbers for each of its tries; a generated
 * vector takes what it needs from 0 on, and noise of its own stays clear of
 * those. */
enum {
  ES_DRAW_SHIFT_ROW = 0,
  ES_DRAW_SHIFT_COLUMN = 1,
  ES_DRAW_FLIP = 2,
  ES_DRAW_BRIGHTNESS = 3,
  ES_DRAW_CONTRAST = 4,
  ES_DRAW_SATURATION = 5,
  ES_DRAW_HUE = 6,
  ES_DRAW_GRAY = 7,
  ES_DRAW_BLUR = 8,       /* whether */
  ES_DRAW_BLUR_SIGMA = 9, /* and how wide */
  ES_DRAW_NOISE = 15,
  ES_DRAW_CROP = 16
};

typedef struct es_draws {
  uint64_t key, first;
} es_draws;

/* sample < 2^40 counts in the full set, so that a subset sees the same views;
 * view is 0 or 1; 2^23 numbers belong to each. The draw goes into the key, for
 * beside these three a 64-bit counter has no room for all of it. */
static inline es_draws es_draws_of(uint64_t seed, uint64_t draw,
                                   uint64_t sample, unsigned view) {
  const es_draws d = {es_random_bits(seed, ES_STREAM_AUGMENT, draw),
                      sample << 24 | (uint64_t)view << 23};
  return d;
}

static inline uint64_t es_draws_bits(const es_draws *d, uint64_t k) {
  return es_random_bits(d->key, ES_STREAM_AUGMENT, d->first + k);
}

static inline double es_draws_uniform(const es_draws *d, uint64_t k) {
  return es_random_uniform(d->key, ES_STREAM_AUGMENT, d->first + k);
}

static inline size_t es_draws_below(const es_draws *d, uint64_t k, size_t n) {
  return (size_t)es_random_below(n, d->key, ES_STREAM_AUGMENT, d->first + k);
}

static inline double es_draws_normal(const es_draws *d, uint64_t k) {
  return es_random_normal(d->key, ES_STREAM_AUGMENT, d->first + k);
}

#endif
