/* A separable blur: rows, then columns. See blur.h. */
#include "data/blur.h"

#include <math.h>

enum { MOST_REACH = ES_BLUR_SIDE / 20 };

typedef struct kernel {
  size_t reach;                  /* pixels to either side of the middle */
  double weight[MOST_REACH + 1]; /* by distance */
} kernel;

static kernel kernel_of(size_t side, double sigma) {
  kernel k = {.reach = side < 40 ? 1 : side / 20};
  double sum = k.weight[0] = 1;
  for (size_t i = 1; i <= k.reach; i++) {
    const double x = (double)i / sigma;
    k.weight[i] = exp(-.5 * x * x);
    sum += 2 * k.weight[i];
  }
  for (size_t i = 0; i <= k.reach; i++) k.weight[i] /= sum;
  return k;
}

/* Along n values, `step` apart. line has room for reach more at both ends; the
 * reach is less than n, so that one mirror image is enough. */
static void blur_line(double *x, size_t n, size_t step, double *line,
                      const kernel *k) {
  double *middle = line + k->reach;
  for (size_t i = 0; i < n; i++) middle[i] = x[i * step];
  for (size_t i = 1; i <= k->reach; i++) {
    line[k->reach - i] = middle[i];
    middle[n - 1 + i] = middle[n - 1 - i];
  }
  for (size_t i = 0; i < n; i++) {
    const double *at = middle + i;
    double sum = k->weight[0] * *at;
    for (size_t j = 1; j <= k->reach; j++)
      sum += k->weight[j] * (*(at - j) + at[j]);
    x[i * step] = sum;
  }
}

void es_blur(double *view, size_t planes, size_t side, double sigma) {
  double line[ES_BLUR_SIDE + 2 * MOST_REACH];
  if (side < 2) return;
  const kernel k = kernel_of(side, sigma);
  for (size_t p = 0; p < planes; p++) {
    double *plane = view + p * side * side;
    for (size_t i = 0; i < side; i++)
      blur_line(plane + i * side, side, 1, line, &k);
    for (size_t i = 0; i < side; i++)
      blur_line(plane + i, side, side, line, &k);
  }
}
