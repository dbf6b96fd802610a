/* Fashion-MNIST in colours that are known: image i has a hue uniform in [0,1)
 * and a saturation uniform in [0,1), pure functions of (data.seed, i), and its
 * grey is the value of HSV. Both views of a pair share them before any
 * augmentation. Whatever a model learns of colour can be held against them
 * (seed 000: the first modes are often an image's average hue and saturation).
 *
 * HSV to RGB is linear in the value: channel c is grey · (1 - saturation ·
 * below(hue, c)). So the grey image is stored and cut, and painted after. */
#include "data/colour.h"
#include "data/fashion.h"
#include "file/atomic.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static double hue_of(const es_source *source, size_t i) {
  return es_random_uniform(source->seed, ES_STREAM_DATA, 2 * (uint64_t)i);
}

static double saturation_of(const es_source *source, size_t i) {
  return es_random_uniform(source->seed, ES_STREAM_DATA, 2 * (uint64_t)i + 1);
}

static es_status open_tint(es_source *source, const es_config *config,
                           es_diag *diag) {
  char line[64];
  const char *path = es_config_text(config, "data", "path");
  const es_status status = es_fashion_open(source, config, diag);
  if (status != ES_OK) return status;
  if (source->planes != 1)
    return es_fail(diag, ES_FILE_DATA,
                   "data.path=%s: images of %zu channels, and tint colours "
                   "those of grey",
                   path == NULL ? ES_FASHION_FOLDER : path, source->planes);
  source->channels = 3;
  /* The samples depend on the bytes and on this. */
  snprintf(line, sizeof line, "tint seed=%" PRIu64, source->seed);
  source->checksum = es_crc32(source->checksum, line, strlen(line));
  return ES_OK;
}

static void paint(const es_source *source, size_t i, double *view,
                  size_t pixels) {
  const double hue = hue_of(source, i), saturation = saturation_of(source, i);
  for (size_t c = 3; c-- > 0;) { /* the grey plane is the first: it goes last */
    const double share = 1 - saturation * es_colour_below(hue, c);
    for (size_t k = 0; k < pixels; k++) view[c * pixels + k] = share * view[k];
  }
}

static const es_data_factor factors[] = {
    {"hue", 2}, {"saturation", 1}, {NULL, 0}};

static void factor(const es_source *source, size_t i, size_t k, double *out) {
  if (k == 1) {
    *out = saturation_of(source, i);
    return;
  }
  const double angle = 2 * M_PI * hue_of(source, i);
  out[0] = cos(angle);
  out[1] = sin(angle);
}

const es_source_kind es_source_tint = {
    .info = {"tint",
             "Fashion-MNIST with a known random hue and saturation, 28x28 "
             "colour",
             ES_FASHION_FOLDER, "dataset-fashion-mnist"},
    .open = open_tint,
    .parts = true,
    .paint = paint,
    .factors = factors,
    .factor = factor,
};
