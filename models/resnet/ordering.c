/* Orderings: see ordering.h. */
#include "models/resnet/ordering.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

uint64_t es_ordering_per_epoch(const es_ordering *o) { return o->n / o->batch; }

/* floor(a b/c). What is multiplied is below chunks · epochs: no run that ends
 * comes near 2^64. */
static uint64_t part(uint64_t a, uint64_t b, uint64_t c) {
  return a / c * b + a % c * b / c;
}

/* floor(x n) for x in [0, 1]: 0.29 · 100 is 29, whatever doubles make of it. */
static uint64_t share(double x, uint64_t n) {
  const double most = floor(x * (double)n * (1 + 0x1p-50));
  return most < (double)n ? (uint64_t)most : n;
}

static es_order_kind kind_of(const es_config *config) {
  const char *name = es_config_text(config, "train", "ordering");
  return strcmp(name, "single-pass") == 0  ? ES_ORDER_SINGLE_PASS
         : strcmp(name, "cumulative") == 0 ? ES_ORDER_CUMULATIVE
         : strcmp(name, "hybrid") == 0     ? ES_ORDER_HYBRID
                                           : ES_ORDER_MULTI_PASS;
}

static uint64_t epochs_of(const es_ordering *o, const es_config *config) {
  const uint64_t per_epoch = es_ordering_per_epoch(o);
  const uint64_t steps = es_config_size(config, "train", "steps");
  if (es_config_has(config, "train", "epochs"))
    return es_config_size(config, "train", "epochs");
  return steps == 0 ? 1 : (steps - 1) / per_epoch + 1;
}

static es_status check_chunks(const es_ordering *o, const es_config *config,
                              es_diag *diag) {
  const bool given = es_config_has(config, "train", "chunks");
  const char *blamed = given ? "chunks" : "ordering";
  if (o->chunks > o->epochs)
    return es_config_blame(config, "train", blamed, diag,
                           "there are %" PRIu64 " epochs, expected at most as "
                           "many chunks",
                           o->epochs);
  if (o->n / o->chunks < o->batch)
    return es_config_blame(config, "train", blamed, diag,
                           "%" PRIu64 " chunks of %zu pairs have as few as "
                           "%" PRIu64 ", expected no fewer than a batch of "
                           "%zu",
                           o->chunks, o->n, o->n / o->chunks, o->batch);
  return ES_OK;
}

static es_status check_batch(const es_ordering *o, const es_config *config,
                             size_t n, es_diag *diag) {
  if (o->batch > n)
    return es_config_blame(config, "train", "batch", diag,
                           "there are %zu pairs, expected a whole number in "
                           "[2, %zu]",
                           n, n);
  if (o->batch > o->n)
    return es_config_blame(config, "train", "subset", diag,
                           "of %zu pairs %zu are left, expected no fewer than "
                           "a batch of %zu",
                           n, o->n, o->batch);
  return ES_OK;
}

es_status es_ordering_from(es_ordering *out, const es_config *config, size_t n,
                           es_diag *diag) {
  *out = (es_ordering){.kind = kind_of(config),
                       .n = share(es_config_real(config, "train", "subset"), n),
                       .batch = es_config_size(config, "train", "batch")};
  const es_status status = check_batch(out, config, n, diag);
  if (status != ES_OK) return status;
  out->epochs = epochs_of(out, config);
  out->chunks = es_config_has(config, "train", "chunks")
                    ? es_config_size(config, "train", "chunks")
                    : out->epochs;
  out->until = share(es_config_real(config, "train", "switch"), out->epochs);
  return out->kind == ES_ORDER_MULTI_PASS ? ES_OK
                                          : check_chunks(out, config, diag);
}

es_place es_ordering_at(const es_ordering *o, uint64_t step) {
  const uint64_t per_epoch = es_ordering_per_epoch(o);
  const uint64_t epoch = step / per_epoch, within = step % per_epoch;
  if (o->kind == ES_ORDER_MULTI_PASS)
    return (es_place){0, o->n, within * o->batch, epoch};
  es_place p = {0, o->n, 0, epoch * per_epoch};
  const uint64_t last = o->epochs - 1;
  const uint64_t chunk =
      part(o->chunks, epoch < last ? epoch : last, o->epochs);
  if (o->kind != ES_ORDER_HYBRID || epoch < o->until) {
    const size_t end = part(o->n, chunk + 1, o->chunks);
    if (o->kind != ES_ORDER_CUMULATIVE) p.first = part(o->n, chunk, o->chunks);
    p.count = end - p.first;
  }
  const uint64_t batches = p.count / o->batch;
  p.pass += within / batches;
  p.at = within % batches * o->batch;
  return p;
}
