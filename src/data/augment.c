/* Views of images: see augment.h. */
#include "data/augment.h"

#include <math.h>

enum { CROP_TRIES = 10 };

es_augment es_augment_from(const es_config *config) {
  const es_augment a = {es_config_size(config, "augment", "shift"),
                        es_config_real(config, "augment", "crop_min"),
                        es_config_flag(config, "augment", "flip")};
  return a;
}

static es_crop centred(size_t height, size_t width, double h, double w) {
  es_crop c = {0, 0, (size_t)h, (size_t)w};
  /* A ratio beyond the limits can round a side of a thin image to nothing. */
  c.height = c.height < 1 ? 1 : c.height > height ? height : c.height;
  c.width = c.width < 1 ? 1 : c.width > width ? width : c.width;
  c.top = (height - c.height) / 2;
  c.left = (width - c.width) / 2;
  return c;
}

es_crop es_augment_crop(size_t height, size_t width, double crop_min,
                        const es_draws *draws) {
  const double H = (double)height, W = (double)width, wide = 4. / 3;
  for (uint64_t try = 0; try < CROP_TRIES; try++) {
    const uint64_t k = ES_DRAW_CROP + 4 * try;
    const double share = crop_min + (1 - crop_min) * es_draws_uniform(draws, k);
    const double ratio =
        exp(log(wide) * (2 * es_draws_uniform(draws, k + 1) - 1));
    const double w = rint(sqrt(share * H * W * ratio));
    const double h = rint(sqrt(share * H * W / ratio));
    if (w < 1 || h < 1 || w > W || h > H) continue;
    es_crop c = {0, 0, (size_t)h, (size_t)w};
    c.top = es_draws_below(draws, k + 2, height - c.height + 1);
    c.left = es_draws_below(draws, k + 3, width - c.width + 1);
    return c;
  }
  if (W / H > wide) return centred(height, width, H, rint(H * wide));
  if (H / W > wide) return centred(height, width, rint(W * wide), W);
  return centred(height, width, H, W);
}

/* The stretch [low, high) of an axis that an output pixel averages, and the
 * first and last input pixel that it touches. */
typedef struct span {
  double low, high;
  size_t first, last;
} span;

static span span_of(size_t index, size_t origin, size_t length, size_t side) {
  const double scale = (double)length / (double)side;
  const double half = scale > 1 ? scale / 2 : .5;
  const double centre = ((double)index + .5) * scale, end = (double)length;
  const double low = centre - half > 0 ? centre - half : 0;
  const double high = centre + half < end ? centre + half : end;
  const double start = (double)origin;
  const span s = {start + low, start + high, origin + (size_t)low,
                  origin + (size_t)ceil(high) - 1};
  return s;
}

/* How much of input pixel p lies in the span. */
static double overlap(const span *s, size_t p) {
  const double a = (double)p, b = a + 1;
  return (s->high < b ? s->high : b) - (s->low > a ? s->low : a);
}

static double average(const unsigned char *plane, size_t width,
                      const span *rows, const span *columns) {
  double sum = 0;
  for (size_t r = rows->first; r <= rows->last; r++) {
    const unsigned char *line = plane + r * width;
    double part = 0;
    for (size_t c = columns->first; c <= columns->last; c++)
      part += overlap(columns, c) * line[c];
    sum += overlap(rows, r) * part;
  }
  return sum /
         (255 * (rows->high - rows->low) * (columns->high - columns->low));
}

/* One view as a map from its pixels back to those of the image. */
typedef struct frame {
  es_crop crop;
  size_t side;
  bool identity; /* the crop has the view's size: nothing to resample */
  bool flip;
  /* Rows [top, bottom) and columns [left, right) of the view show image, the
   * rest is zero fill; view pixel (r, c) shows (r - down, c - across). */
  ptrdiff_t down, across;
  size_t top, bottom, left, right;
} frame;

static void place(ptrdiff_t by, size_t side, size_t *low, size_t *high) {
  const ptrdiff_t n = (ptrdiff_t)side;
  const ptrdiff_t by_bounded = by > n ? n : by < -n ? -n : by;
  *low = by_bounded > 0 ? (size_t)by_bounded : 0;
  *high = (size_t)(by_bounded < 0 ? n + by_bounded : n);
}

static frame frame_of(const es_image *image, size_t side,
                      const es_augment *augment, const es_draws *draws) {
  frame f = {.crop = {0, 0, image->height, image->width}, .side = side};
  if (augment->crop_min < 1)
    f.crop =
        es_augment_crop(image->height, image->width, augment->crop_min, draws);
  f.identity = f.crop.height == side && f.crop.width == side;
  f.flip = augment->flip && es_draws_uniform(draws, ES_DRAW_FLIP) < .5;
  if (augment->shift > 0) {
    const ptrdiff_t s = (ptrdiff_t)augment->shift;
    const size_t choices = 2 * augment->shift + 1;
    f.down = (ptrdiff_t)es_draws_below(draws, ES_DRAW_SHIFT_ROW, choices) - s;
    f.across =
        (ptrdiff_t)es_draws_below(draws, ES_DRAW_SHIFT_COLUMN, choices) - s;
  }
  place(f.down, side, &f.top, &f.bottom);
  place(f.across, side, &f.left, &f.right);
  return f;
}

/* Column of the crop that column c of the view shows. */
static size_t source_column(const frame *f, size_t c) {
  const size_t from = (size_t)((ptrdiff_t)c - f->across);
  return f->flip ? f->side - 1 - from : from;
}

static void copy_row(double *out, const unsigned char *plane, size_t width,
                     size_t row, const frame *f) {
  const unsigned char *line =
      plane + (f->crop.top + row) * width + f->crop.left;
  for (size_t c = f->left; c < f->right; c++)
    out[c] = line[source_column(f, c)] / 255.;
}

static void resample_row(double *out, const unsigned char *plane, size_t width,
                         size_t row, const frame *f) {
  const span rows = span_of(row, f->crop.top, f->crop.height, f->side);
  for (size_t c = f->left; c < f->right; c++) {
    const span columns =
        span_of(source_column(f, c), f->crop.left, f->crop.width, f->side);
    out[c] = average(plane, width, &rows, &columns);
  }
}

static void view_plane(double *out, const unsigned char *plane, size_t width,
                       const frame *f) {
  for (size_t i = 0; i < f->side * f->side; i++) out[i] = 0;
  for (size_t r = f->top; r < f->bottom; r++) {
    const size_t row = (size_t)((ptrdiff_t)r - f->down);
    (f->identity ? copy_row : resample_row)(out + r * f->side, plane, width,
                                            row, f);
  }
}

void es_augment_view(double *out, const es_image *image, size_t side,
                     const es_augment *augment, const es_draws *draws) {
  const frame f = frame_of(image, side, augment, draws);
  for (size_t c = 0; c < image->channels; c++)
    view_plane(out + c * side * side,
               image->bytes + c * image->height * image->width, image->width,
               &f);
}
