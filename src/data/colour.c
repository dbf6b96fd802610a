/* Colours of a view: see colour.h. */
#include "data/colour.h"

#include "data/blur.h"

#include <math.h>

/* Weights of the channels in grey (ITU-R BT.601, to four digits). */
static const double luma[3] = {.2989, .587, .114};

es_status es_colour_from(es_colour *out, const es_config *config, size_t side,
                         es_diag *diag) {
  *out = (es_colour){es_config_real(config, "augment", "brightness"),
                     es_config_real(config, "augment", "contrast"),
                     es_config_real(config, "augment", "saturation"),
                     es_config_real(config, "augment", "hue"),
                     es_config_real(config, "augment", "gray"),
                     es_config_real(config, "augment", "blur")};
  if (out->blur > 0 && side > ES_BLUR_SIDE)
    return es_config_blame(config, "augment", "blur", diag,
                           "views are %zu pixels wide, a blur takes up to %d",
                           side, ES_BLUR_SIDE);
  return ES_OK;
}

static double factor_of(double strength, const es_draws *draws, uint64_t k) {
  const double low = strength < 1 ? 1 - strength : 0, high = 1 + strength;
  return low + (high - low) * es_draws_uniform(draws, k);
}

static bool happens(double probability, const es_draws *draws, uint64_t k) {
  return probability > 0 && es_draws_uniform(draws, k) < probability;
}

/* The mean of the view in grey. */
static double grey_mean(const double *view, size_t channels, size_t pixels) {
  const double even = 1 / (double)channels;
  double mean = 0;
  for (size_t c = 0; c < channels; c++) {
    double sum = 0;
    for (size_t i = 0; i < pixels; i++) sum += view[c * pixels + i];
    mean += (channels == 3 ? luma[c] : even) * sum / (double)pixels;
  }
  return mean;
}

static double clamp(double x) { return x < 0 ? 0 : x > 1 ? 1 : x; }

/* x ← factor·x + rest, clamped. */
static void blend(double *view, size_t n, double factor, double rest) {
  for (size_t i = 0; i < n; i++) view[i] = clamp(factor * view[i] + rest);
}

static double grey_of(const double *view, size_t pixels, size_t i) {
  return luma[0] * view[i] + luma[1] * view[pixels + i] +
         luma[2] * view[2 * pixels + i];
}

/* Towards grey or away from it; factor 0 leaves grey. */
static void saturate(double *view, size_t pixels, double factor) {
  for (size_t i = 0; i < pixels; i++) {
    const double grey = grey_of(view, pixels, i);
    for (size_t c = 0; c < 3; c++) {
      double *x = view + c * pixels + i;
      *x = clamp(factor * *x + (1 - factor) * grey);
    }
  }
}

/* HSV without cases (Smith's hexcone): below its value by as much as its
 * distance from the channel's own two sixths of the circle tells. */
double es_colour_below(double hue, size_t channel) {
  static const double from[3] = {5, 3, 1};
  const double turn = 6 * (hue - floor(hue)) + from[channel];
  const double k = turn < 6 ? turn : turn - 6;
  const double rising = fmin(k, 4 - k);
  return rising < 0 ? 0 : rising > 1 ? 1 : rising;
}

/* Hue in turns of a pixel that spans `chroma` > 0 below its largest. */
static double hue_of(double r, double g, double b, double largest,
                     double chroma) {
  if (largest <= r) return (g - b) / chroma / 6;
  if (largest <= g) return (2 + (b - r) / chroma) / 6;
  return (4 + (r - g) / chroma) / 6;
}

static void turn_hue(double *view, size_t pixels, double by) {
  double *R = view, *G = view + pixels, *B = view + 2 * pixels;
  for (size_t i = 0; i < pixels; i++) {
    const double largest = fmax(R[i], fmax(G[i], B[i]));
    const double chroma = largest - fmin(R[i], fmin(G[i], B[i]));
    if (!(chroma > 0)) continue; /* grey has no hue */
    const double hue = hue_of(R[i], G[i], B[i], largest, chroma) + by;
    R[i] = largest - chroma * es_colour_below(hue, 0);
    G[i] = largest - chroma * es_colour_below(hue, 1);
    B[i] = largest - chroma * es_colour_below(hue, 2);
  }
}

/* What needs three channels. */
static void change_colours(double *view, size_t pixels, const es_colour *colour,
                           const es_draws *draws) {
  if (colour->saturation > 0)
    saturate(view, pixels,
             factor_of(colour->saturation, draws, ES_DRAW_SATURATION));
  if (colour->hue > 0)
    turn_hue(view, pixels,
             colour->hue * (2 * es_draws_uniform(draws, ES_DRAW_HUE) - 1));
  if (happens(colour->gray, draws, ES_DRAW_GRAY)) saturate(view, pixels, 0);
}

void es_colour_view(double *view, size_t channels, size_t side,
                    const es_colour *colour, const es_draws *draws) {
  const size_t pixels = side * side;
  if (colour->brightness > 0)
    blend(view, channels * pixels,
          factor_of(colour->brightness, draws, ES_DRAW_BRIGHTNESS), 0);
  if (colour->contrast > 0) {
    const double f = factor_of(colour->contrast, draws, ES_DRAW_CONTRAST);
    blend(view, channels * pixels, f,
          (1 - f) * grey_mean(view, channels, pixels));
  }
  if (channels == 3) change_colours(view, pixels, colour, draws);
  if (happens(colour->blur, draws, ES_DRAW_BLUR))
    es_blur(view, channels, side,
            .1 + 1.9 * es_draws_uniform(draws, ES_DRAW_BLUR_SIGMA));
}
