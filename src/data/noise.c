/* Noise: see noise.h. A view may have more values than it owns random numbers,
 * so one of these becomes the key of a stream of their own. */
#include "data/noise.h"

es_status es_noise_from(es_noise *out, const es_config *config, size_t m,
                        es_diag *diag) {
  out->sigma = es_config_real(config, "augment", "noise");
  out->dims = es_config_size(config, "augment", "noise_dims");
  out->both = !es_config_is(config, "augment", "noise_views", "one");
  if (out->dims > m)
    return es_config_blame(config, "augment", "noise_dims", diag,
                           "a view has %zu values, expected a whole number in "
                           "[0, %zu]",
                           m, m);
  if (out->dims == 0) out->dims = m;
  return ES_OK;
}

void es_noise_add(double *x, unsigned view, const es_noise *noise,
                  const es_draws *draws) {
  if (!(noise->sigma > 0) || (view == 0 && !noise->both)) return;
  const uint64_t key = es_draws_bits(draws, ES_DRAW_NOISE);
  for (size_t j = 0; j < noise->dims; j++)
    x[j] += noise->sigma * es_random_normal(key, ES_STREAM_AUGMENT, j);
}
