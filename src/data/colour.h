/* Brightness and contrast of a view, in this order, as torchvision's
 * ColorJitter changes them: a factor uniform in [max(0, 1 - strength),
 * 1 + strength] each, then every value clamped to [0,1].
 *   brightness: x ← factor · x
 *   contrast:   x ← factor · x + (1 - factor) · mean of the view in grey
 * They see the whole view, zero fill of a shift included. */
#ifndef ES_DATA_COLOUR_H
#define ES_DATA_COLOUR_H

#include "data/draws.h"
#include <eigenstep/config.h>

typedef struct es_colour {
  double brightness, contrast; /* strengths; 0: left alone */
} es_colour;

es_colour es_colour_from(const es_config *config);

/* view: channels × pixels values, one plane after another. Grey is
 * torchvision's .2989 R + .587 G + .114 B of three channels, of any other
 * number the mean. */
void es_colour_view(double *view, size_t channels, size_t pixels,
                    const es_colour *colour, const es_draws *draws);

#endif
