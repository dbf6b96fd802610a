/* Gaussian blur of images, as colour.h describes it. */
#ifndef ES_DATA_BLUR_H
#define ES_DATA_BLUR_H

#include <stddef.h>

/* The largest side: a line is copied to the stack. */
enum { ES_BLUR_SIDE = 4096 };

/* planes × side × side values, in place; sigma > 0 in pixels, side at most
 * ES_BLUR_SIDE. A view of one pixel stays as it is. */
void es_blur(double *view, size_t planes, size_t side, double sigma);

#endif
