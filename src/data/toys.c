/* Generated vectors.
 *   two-mode (theory.md 1, "cheap toy"): x = [b_l·1_9; b_s·1_1] + noise of
 *     standard deviation .01, fresh in each view; b_l, b_s = ±1 belong to the
 *     sample. Gamma has the eigenvalues 9, 1 and zeros, up to sampling.
 *   gaussian: x ~ N(0, I_dims), all views equal but for augment.noise. */
#include "data/source.h"
#include "file/atomic.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TOY_COUNT = 1000, LARGE_MODE = 9, TWO_MODE_DIM = 10 };

static const double two_mode_noise = .01;

/* There are no bytes to sum up: the checksum is that of the line which says
 * all that the samples depend on. */
static void describe(es_source *source, const es_config *config,
                     const char *name, size_t dim) {
  const size_t n = es_config_size(config, "data", "n");
  char line[128];
  source->count = n == 0 ? TOY_COUNT : n;
  source->dim = dim;
  snprintf(line, sizeof line, "%s dims=%zu n=%zu seed=%" PRIu64, name, dim,
           source->count, source->seed);
  source->checksum = es_crc32(0, line, strlen(line));
}

static es_status open_gaussian(es_source *source, const es_config *config,
                               es_diag *diag) {
  (void)diag;
  describe(source, config, "gaussian", es_config_size(config, "data", "dims"));
  return ES_OK;
}

static void gaussian_view(const es_source *source, size_t i,
                          const es_draws *draws, double *x) {
  (void)draws;
  const uint64_t first = (uint64_t)i * source->dim;
  for (size_t j = 0; j < source->dim; j++)
    x[j] = es_random_normal(source->seed, ES_STREAM_DATA, first + j);
}

static es_status open_two_mode(es_source *source, const es_config *config,
                               es_diag *diag) {
  (void)diag;
  describe(source, config, "two-mode", TWO_MODE_DIM);
  return ES_OK;
}

static void two_mode_view(const es_source *source, size_t i,
                          const es_draws *draws, double *x) {
  const uint64_t bits = es_random_bits(source->seed, ES_STREAM_DATA, i);
  for (size_t j = 0; j < TWO_MODE_DIM; j++) {
    const double b = bits >> (j < LARGE_MODE ? 0 : 1) & 1 ? 1 : -1;
    x[j] = b + two_mode_noise * es_draws_normal(draws, j);
  }
}

const es_source_kind es_source_gaussian = {
    {"gaussian", "x ~ N(0, I), views equal but for noise", "generated", ""},
    open_gaussian,
    gaussian_view,
    true};

const es_source_kind es_source_two_mode = {
    {"two-mode", "ten dimensions, gamma near 9 and 1", "generated", ""},
    open_two_mode,
    two_mode_view,
    false};
