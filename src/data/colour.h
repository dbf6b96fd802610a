/* Colours and blur of a view, in this order, each as torchvision does it:
 *   brightness: x ← factor · x
 *   contrast:   x ← factor · x + (1 - factor) · mean of the view in grey
 *   saturation: x ← factor · x + (1 - factor) · the pixel in grey
 *   hue:        the pixel's HSV hue moves by a share of its circle uniform in
 *               [-strength, strength], its saturation and value stay
 *   gray:       with this probability all channels become the pixel in grey
 *   blur:       with this probability, a Gaussian blur
 * A factor is uniform in [max(0, 1 - strength), 1 + strength], and every value
 * is clamped to [0,1] behind each of the first three. Saturation, hue and gray
 * change views of three channels only, which have colours. They see the whole
 * view, zero fill of a shift included.
 *
 * The blur is SimCLR's as torchvision cuts it off: weights exp(-k²/2σ²), σ
 * uniform in [0.1, 2] pixels, over the pixels |k| <= max(1, side/20), which is
 * about a tenth of the side, normalised to sum 1; rows, then columns; beyond
 * its edges the view is mirrored about the outermost pixel. */
#ifndef ES_DATA_COLOUR_H
#define ES_DATA_COLOUR_H

#include "data/draws.h"
#include <eigenstep/config.h>

typedef struct es_colour {
  double brightness, contrast, saturation, hue; /* strengths; 0: left alone */
  double gray, blur;                            /* probabilities */
} es_colour;

/* For views of side × side pixels; ES_BAD_VALUE where they are too large for a
 * blur (4096 pixels a side). */
es_status es_colour_from(es_colour *out, const es_config *config, size_t side,
                         es_diag *diag) ES_MUST_USE;

/* view: channels planes of side × side values, one after another. Grey is
 * torchvision's .2989 R + .587 G + .114 B of three channels, of any other
 * number the mean. Allocates nothing. */
void es_colour_view(double *view, size_t channels, size_t side,
                    const es_colour *colour, const es_draws *draws);

/* How far channel 0, 1, 2 (red, green, blue) of a fully saturated colour lies
 * below its value: HSV (hue, s, v) has the channels v · (1 - s · this). hue in
 * turns, any real number. */
double es_colour_below(double hue, size_t channel);

#endif
