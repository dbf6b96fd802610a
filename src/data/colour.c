/* Brightness and contrast: see colour.h. */
#include "data/colour.h"

es_colour es_colour_from(const es_config *config) {
  const es_colour c = {es_config_real(config, "augment", "brightness"),
                       es_config_real(config, "augment", "contrast")};
  return c;
}

static double factor_of(double strength, const es_draws *draws, uint64_t k) {
  const double low = strength < 1 ? 1 - strength : 0, high = 1 + strength;
  return low + (high - low) * es_draws_uniform(draws, k);
}

/* The mean of the view in grey. */
static double grey_mean(const double *view, size_t channels, size_t pixels) {
  static const double luma[3] = {.2989, .587, .114};
  const double even = 1 / (double)channels;
  double mean = 0;
  for (size_t c = 0; c < channels; c++) {
    double sum = 0;
    for (size_t i = 0; i < pixels; i++) sum += view[c * pixels + i];
    mean += (channels == 3 ? luma[c] : even) * sum / (double)pixels;
  }
  return mean;
}

/* x ← factor·x + rest, clamped. */
static void blend(double *view, size_t n, double factor, double rest) {
  for (size_t i = 0; i < n; i++) {
    const double x = factor * view[i] + rest;
    view[i] = x < 0 ? 0 : x > 1 ? 1 : x;
  }
}

void es_colour_view(double *view, size_t channels, size_t pixels,
                    const es_colour *colour, const es_draws *draws) {
  if (colour->brightness > 0)
    blend(view, channels * pixels,
          factor_of(colour->brightness, draws, ES_DRAW_BRIGHTNESS), 0);
  if (colour->contrast > 0) {
    const double f = factor_of(colour->contrast, draws, ES_DRAW_CONTRAST);
    blend(view, channels * pixels, f,
          (1 - f) * grey_mean(view, channels, pixels));
  }
}
