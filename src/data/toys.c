/* Generated vectors.
 *   two-mode (theory.md 1, "cheap toy"): x = [b_l·1_9; b_s·1_1] + noise of
 *     standard deviation .01, fresh in each view; b_l, b_s = ±1 belong to the
 *     sample, and are its factors `large` and `small`. Gamma has the
 *     eigenvalues 9, 1 and zeros, up to sampling.
 *   gaussian: x ~ N(0, I_dims), all views equal but for augment.noise. */
#include "data/source.h"
#include "file/atomic.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TOY_COUNT = 1000, LARGE_MODE = 9, TWO_MODE_DIM = 10, GAUSSIAN_DIM = 10 };

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
  const size_t dims = es_config_size(config, "data", "dims");
  describe(source, config, "gaussian", dims == 0 ? GAUSSIAN_DIM : dims);
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

/* b_l and b_s of a sample: bits 0 and 1. */
static double sign_of(const es_source *source, size_t i, size_t k) {
  return es_random_bits(source->seed, ES_STREAM_DATA, i) >> k & 1 ? 1 : -1;
}

static const es_data_factor two_mode_factors[] = {
    {"large", 1}, {"small", 1}, {NULL, 0}};

static void two_mode_factor(const es_source *source, size_t i, size_t k,
                            double *out) {
  *out = sign_of(source, i, k);
}

static void two_mode_view(const es_source *source, size_t i,
                          const es_draws *draws, double *x) {
  const double b[2] = {sign_of(source, i, 0), sign_of(source, i, 1)};
  for (size_t j = 0; j < TWO_MODE_DIM; j++)
    x[j] = b[j >= LARGE_MODE] + two_mode_noise * es_draws_normal(draws, j);
}

const es_source_kind es_source_gaussian = {
    .info = {"gaussian", "x ~ N(0, I), views equal but for noise", "generated",
             ""},
    .open = open_gaussian,
    .view = gaussian_view,
    .still = true,
    .own_dims = true,
};

const es_source_kind es_source_two_mode = {
    .info = {"two-mode", "ten dimensions, gamma near 9 and 1", "generated", ""},
    .open = open_two_mode,
    .view = two_mode_view,
    .factors = two_mode_factors,
    .factor = two_mode_factor,
};
