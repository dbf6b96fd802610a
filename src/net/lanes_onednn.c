/* Batch normalisation (Ioffe and Szegedy, "Batch normalization", ICML 2015,
 * algorithm 1) on tensors of lanes, see lanes_onednn.h. With <> the mean over
 * the m values of a channel in a part, r = 1/sqrt(<(x - mean)^2> + 1e-5), g
 * the gradient by the result and w the weight:
 *   dx = w r (g - <g> - (x - mean) r^2 <g (x - mean)>).
 * The gradient's ReLU is computed again from x: no mask is stored.
 *
 * A tensor is cut into pieces that stay in the first-level cache, so that it is
 * read from memory once although a piece's variance is taken about its own
 * mean. Pieces, in floats, are joined in double (Chan, Golub and LeVeque,
 * "Algorithms for computing the sample variance", Am. Stat. 37 (1983) 242):
 *   m var = sum over pieces of q + n (c - mean)^2
 * for n values with mean c and squares q about it. Threads own pieces and every
 * sum has one order. */
#include "net/lanes_onednn.h"

#include "base/order.h"
#include "net/clones_onednn.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum {
  MOST_LANES = 64, /* of a piece */
  PIECE = 1 << 13  /* numbers of a piece: 32 KiB */
};

/* The channels of a strip as its loops see them. */
typedef struct strip {
  const float *mean, *scale, *shift, *sum, *product;
  float least;
} strip;

typedef struct loops {
  size_t width;
  void (*sum)(size_t, size_t, const float *, float *);
  void (*square)(size_t, size_t, const float *, const float *, float *);
  void (*apply)(size_t, size_t, const float *, const strip *, float *);
  void (*apply_add)(size_t, size_t, const float *, const float *, const strip *,
                    float *);
  void (*sums)(size_t, size_t, const float *, const float *, const strip *,
               float *, float *);
  void (*back)(size_t, size_t, const float *, const float *, const strip *,
               float *);
} loops;

#define WIDTH 16
#define NAME(x) x##_16
#include "net/lanes_strip_onednn.h"
#undef WIDTH
#undef NAME
#define WIDTH 8
#define NAME(x) x##_8
#include "net/lanes_strip_onednn.h"
#undef WIDTH
#undef NAME
#define WIDTH 1
#define NAME(x) x##_1
#include "net/lanes_strip_onednn.h"
#undef WIDTH
#undef NAME

static const loops *loops_for(size_t lanes) {
  return lanes >= 16 ? &table_16 : lanes >= 8 ? &table_8 : &table_1;
}

/* How a tensor is cut. Along images and area either several images or a part of
 * one make a piece. */
typedef struct cut {
  es_dnn_lanes t; /* one block: images of a part count as area */
  size_t per;     /* images of a part */
  size_t lanes, strips, pack, packs, length, lengths;
  size_t pieces, channels;
} cut;

typedef struct piece {
  size_t group, block, lane, lanes;
  size_t image, images, position, positions;
  size_t channel; /* of its first lane, in (groups, channels) */
} piece;

static size_t rounds(size_t n, size_t by) { return (n + by - 1) / by; }

static cut cut_of(const es_dnn_lanes *tensor) {
  cut c = {.t = *tensor};
  if (c.t.blocks == 1) {
    c.t.area *= c.t.images / c.t.groups;
    c.t.images = c.t.groups;
  }
  c.per = c.t.images / c.t.groups;
  c.lanes = es_least(c.t.lanes, MOST_LANES);
  c.strips = rounds(c.t.lanes, c.lanes);
  const size_t most = PIECE / c.lanes;
  c.length = es_least(c.t.area, most);
  c.lengths = rounds(c.t.area, c.length);
  c.pack = c.lengths > 1 ? 1 : most / c.t.area;
  c.packs = rounds(c.per, c.pack);
  c.pieces = c.t.groups * c.packs * c.lengths * c.t.blocks * c.strips;
  c.channels = c.t.blocks * c.t.lanes;
  return c;
}

/* Every base is 1 or more: a tensor has numbers. */
static piece piece_of(const cut *c, size_t i) {
  piece p;
  p.lane = i % c->strips * c->lanes;
  p.lanes = es_least(c->lanes, c->t.lanes - p.lane);
  i /= c->strips;
  p.block = i % c->t.blocks;
  i /= c->t.blocks;
  p.position = i % c->lengths * c->length;
  p.positions = es_least(c->length, c->t.area - p.position);
  i /= c->lengths; /* NOLINT(clang-analyzer-core.DivideZero) */
  p.image = i % c->packs * c->pack;
  p.images = es_least(c->pack, c->per - p.image);
  p.group = i / c->packs; /* NOLINT(clang-analyzer-core.DivideZero) */
  p.image += p.group * c->per;
  p.channel = p.group * c->channels + p.block * c->t.lanes + p.lane;
  return p;
}

/* Index of the first number of a piece in its image number i. */
static size_t start_of(const cut *c, const piece *p, size_t i) {
  const size_t row = (p->image + i) * c->t.blocks + p->block;
  return (row * c->t.area + p->position) * c->t.lanes + p->lane;
}

static strip strip_of(const cut *c, const piece *p, const es_dnn_affine *a,
                      size_t lane) {
  const size_t at = p->channel + lane;
  return (strip){.mean = a->mean + at,
                 .scale = a->scale + at,
                 .shift = a->shift + at % c->channels,
                 .sum = a->sum == NULL ? NULL : a->sum + at,
                 .product = a->product == NULL ? NULL : a->product + at,
                 .least = a->relu ? 0 : -INFINITY};
}

size_t es_dnn_lanes_count(const es_dnn_lanes *t) {
  return t->images * t->blocks * t->area * t->lanes;
}

size_t es_dnn_lanes_scratch(const es_dnn_lanes *t) {
  const cut c = cut_of(t);
  return c.pieces * 2 * c.lanes * sizeof(float);
}

/* Means and squares about them of a piece, lane by lane. */
static void measure(const cut *c, const piece *p, const float *x, float *mean,
                    float *square) {
  const float n = (float)(p->images * p->positions);
  memset(mean, 0, p->lanes * sizeof *mean);
  memset(square, 0, p->lanes * sizeof *square);
  for (size_t lane = 0, width; lane < p->lanes; lane += width) {
    const loops *loop = loops_for(p->lanes - lane);
    width = loop->width;
    for (size_t i = 0; i < p->images; i++)
      loop->sum(p->positions, c->t.lanes, x + start_of(c, p, i) + lane,
                mean + lane);
    for (size_t l = lane; l < lane + width; l++) mean[l] /= n;
    for (size_t i = 0; i < p->images; i++)
      loop->square(p->positions, c->t.lanes, x + start_of(c, p, i) + lane,
                   mean + lane, square + lane);
  }
}

/* The means of all from those of the pieces, each weighted by its size. */
static void join_means(const cut *c, const float *pieces, double *mean) {
  const double m = (double)c->per * (double)c->t.area;
  for (size_t i = 0; i < c->pieces; i++) {
    const piece p = piece_of(c, i);
    const float *from = pieces + 2 * i * c->lanes;
    const double share = (double)(p.images * p.positions) / m;
    for (size_t l = 0; l < p.lanes; l++)
      mean[p.channel + l] += share * (double)from[l];
  }
}

static void join_squares(const cut *c, const float *pieces, const double *mean,
                         double *var) {
  const double m = (double)c->per * (double)c->t.area;
  for (size_t i = 0; i < c->pieces; i++) {
    const piece p = piece_of(c, i);
    const float *from = pieces + 2 * i * c->lanes;
    const double n = (double)(p.images * p.positions);
    for (size_t l = 0; l < p.lanes; l++) {
      const double d = (double)from[l] - mean[p.channel + l];
      var[p.channel + l] += ((double)from[c->lanes + l] + n * d * d) / m;
    }
  }
}

void es_dnn_lanes_statistics(double *mean, double *var, const es_dnn_lanes *t,
                             const float *x, void *scratch) {
  const cut c = cut_of(t);
  float *pieces = scratch;
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < c.pieces; i++) {
    const piece p = piece_of(&c, i);
    float *to = pieces + 2 * i * c.lanes;
    measure(&c, &p, x, to, to + c.lanes);
  }
  memset(mean, 0, c.t.groups * c.channels * sizeof *mean);
  memset(var, 0, c.t.groups * c.channels * sizeof *var);
  join_means(&c, pieces, mean);
  join_squares(&c, pieces, mean, var);
}

void es_dnn_lanes_normalise(float *y, const es_dnn_lanes *t, const float *x,
                            const float *z, const es_dnn_affine *a) {
  const cut c = cut_of(t);
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < c.pieces; i++) {
    const piece p = piece_of(&c, i);
    for (size_t lane = 0; lane < p.lanes;) {
      const loops *loop = loops_for(p.lanes - lane);
      const strip s = strip_of(&c, &p, a, lane);
      for (size_t k = 0; k < p.images; k++) {
        const size_t at = start_of(&c, &p, k) + lane;
        if (z == NULL)
          loop->apply(p.positions, c.t.lanes, x + at, &s, y + at);
        else
          loop->apply_add(p.positions, c.t.lanes, x + at, z + at, &s, y + at);
      }
      lane += loop->width;
    }
  }
}

/* Float sums of so many terms at most, one after the other: what a longer chain
 * loses shows beside PyTorch where lanes are narrow. */
enum { CHAIN = 32 };

static void sums_of(const cut *c, const piece *p, const float *x,
                    const float *dy, const es_dnn_affine *a, float *sum,
                    float *product) {
  memset(sum, 0, p->lanes * sizeof *sum);
  memset(product, 0, p->lanes * sizeof *product);
  for (size_t lane = 0; lane < p->lanes;) {
    const loops *loop = loops_for(p->lanes - lane);
    const strip s = strip_of(c, p, a, lane);
    for (size_t k = 0; k < p->images; k++)
      for (size_t i = 0; i < p->positions; i += CHAIN) {
        const size_t left = p->positions - i;
        const size_t at = start_of(c, p, k) + lane + i * c->t.lanes;
        loop->sums(left < CHAIN ? left : CHAIN, c->t.lanes, x + at, dy + at, &s,
                   sum + lane, product + lane);
      }
    lane += loop->width;
  }
}

void es_dnn_lanes_back_sums(double *sum, double *product, const es_dnn_lanes *t,
                            const float *x, const float *dy,
                            const es_dnn_affine *a, void *scratch) {
  const cut c = cut_of(t);
  const double m = (double)c.per * (double)c.t.area;
  float *pieces = scratch;
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < c.pieces; i++) {
    const piece p = piece_of(&c, i);
    float *to = pieces + 2 * i * c.lanes;
    sums_of(&c, &p, x, dy, a, to, to + c.lanes);
  }
  memset(sum, 0, c.t.groups * c.channels * sizeof *sum);
  memset(product, 0, c.t.groups * c.channels * sizeof *product);
  for (size_t i = 0; i < c.pieces; i++) {
    const piece p = piece_of(&c, i);
    const float *from = pieces + 2 * i * c.lanes;
    for (size_t l = 0; l < p.lanes; l++) {
      sum[p.channel + l] += (double)from[l] / m;
      product[p.channel + l] += (double)from[c.lanes + l] / m;
    }
  }
}

void es_dnn_lanes_back(float *dx, const es_dnn_lanes *t, const float *x,
                       const float *dy, const es_dnn_affine *a) {
  const cut c = cut_of(t);
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < c.pieces; i++) {
    const piece p = piece_of(&c, i);
    for (size_t lane = 0; lane < p.lanes;) {
      const loops *loop = loops_for(p.lanes - lane);
      const strip s = strip_of(&c, &p, a, lane);
      for (size_t k = 0; k < p.images; k++) {
        const size_t at = start_of(&c, &p, k) + lane;
        loop->back(p.positions, c.t.lanes, x + at, dy + at, &s, dx + at);
      }
      lane += loop->width;
    }
  }
}

void es_dnn_lanes_mean(float *y, const es_dnn_lanes *t, const float *x) {
#pragma omp parallel for schedule(static)
  for (size_t row = 0; row < t->images * t->blocks; row++) {
    float *to = y + row * t->lanes;
    const float *from = x + row * t->area * t->lanes;
    memset(to, 0, t->lanes * sizeof *to);
    for (size_t lane = 0; lane < t->lanes;) {
      const loops *loop = loops_for(t->lanes - lane);
      loop->sum(t->area, t->lanes, from + lane, to + lane);
      lane += loop->width;
    }
    for (size_t l = 0; l < t->lanes; l++) to[l] /= (float)t->area;
  }
}

void es_dnn_lanes_mean_back(float *dx, const es_dnn_lanes *t, const float *dy) {
#pragma omp parallel for schedule(static)
  for (size_t row = 0; row < t->images * t->blocks; row++) {
    const float *from = dy + row * t->lanes;
    float *to = dx + row * t->area * t->lanes;
    for (size_t l = 0; l < t->lanes; l++) to[l] = from[l] / (float)t->area;
    for (size_t i = 1; i < t->area; i++)
      memcpy(to + i * t->lanes, to, t->lanes * sizeof *to);
  }
}
