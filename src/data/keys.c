/* The settings of the sections [data] and [augment]. */
#include "data/source.h"

#include <math.h>

/* The choices of data.name come from the table; its first bar is skipped. */
#define BARRED(id, name) "|" name
#define NAMES (&(ES_SOURCES(BARRED))[1])

#define MOST_SAMPLES 1e12 /* es_draws_of counts them in 40 bits */
#define MOST_VALUES 1e9
#define WHOLE 0x1p53 /* what a number in a file or word can say exactly */

static const es_key rows[] = {
    {"data", "name", ES_CHOICE, 0, 0, 0, NAMES, NULL, "fashion-mnist",
     "data set of positive pairs"},
    {"data", "path", ES_TEXT, 0, 0, 0, NULL, NULL, NULL,
     "idx: the file; array: FILE.csv, FILE.npy, FILE.h5:/dataset; else the "
     "folder, unset: data (Debian's of fashion-mnist and tint)"},
    {"data", "n", ES_SIZE, 0, 1, MOST_SAMPLES, NULL, "samples", NULL,
     "samples used, drawn by data.seed; unset: all, 1000 where generated"},
    {"data", "size", ES_SIZE, 0, 0, 4096, NULL, "pixels", "0",
     "side of a view; 0: the image's own"},
    {"data", "split", ES_CHOICE, 0, 0, 0, "train|test|unlabeled", NULL, "train",
     "which part of the image sets; unlabeled: stl10 alone"},
    {"data", "center", ES_FLAG, 0, 0, 0, NULL, NULL, "off",
     "subtract the mean over both views"},
    {"data", "views", ES_SIZE, 0, 2, 1e6, NULL, "1", "8",
     "second views of each image for X and X' of byol, X' without bias"},
    {"data", "whiten", ES_CHOICE, 0, 0, 0, "none|sum|data", NULL, "none",
     "scale views, as vectors, so that X + X' = I, or X = I"},
    {"data", "dims", ES_SIZE, 0, 1, 1e5, NULL, "values", NULL,
     "views as so many values, along X's top eigenvectors; gaussian: dimension "
     "m [10]"},
    {"data", "seed", ES_SIZE, 0, 0, WHOLE, NULL, "1", "0",
     "seed of samples, subset and views"},
    {"augment", "shift", ES_SIZE, 0, 0, 4095, NULL, "pixels", "3",
     "views move by up to this along each axis, zero fill"},
    {"augment", "crop_min", ES_REAL, ES_OPEN_LOW, 0, 1, NULL, "1", "1",
     "least share of the area that a random resized crop keeps; 1: no crop"},
    {"augment", "flip", ES_FLAG, 0, 0, 0, NULL, NULL, "on",
     "mirror left and right with probability 1/2"},
    {"augment", "brightness", ES_REAL, 0, 0, INFINITY, NULL, "1", "0",
     "b: times a factor uniform in [max(0,1-b), 1+b], clamped to [0,1]"},
    {"augment", "contrast", ES_REAL, 0, 0, INFINITY, NULL, "1", "0",
     "likewise, about the view's mean; after brightness"},
    {"augment", "saturation", ES_REAL, 0, 0, INFINITY, NULL, "1", "0",
     "likewise, about each pixel's grey; this, hue and gray: of three "
     "channels"},
    {"augment", "hue", ES_REAL, 0, 0, .5, NULL, "turn", "0",
     "h: hue moves round its circle by a share uniform in [-h, h]"},
    {"augment", "gray", ES_REAL, 0, 0, 1, NULL, "1", "0",
     "probability that a view turns grey"},
    {"augment", "blur", ES_REAL, 0, 0, 1, NULL, "1", "0",
     "probability of a Gaussian blur, sigma uniform in [0.1, 2] pixels"},
    {"augment", "noise", ES_REAL, 0, 0, INFINITY, NULL, "value", "0",
     "standard deviation of Gaussian noise, added last and not clipped"},
    {"augment", "noise_dims", ES_SIZE, 0, 0, MOST_VALUES, NULL, "values", "0",
     "noise falls on the first so many values of a view; 0: on all"},
    {"augment", "noise_views", ES_CHOICE, 0, 0, 0, "one|both", NULL, "both",
     "one: the second view alone gets the noise"},
    {"augment", "one_sided", ES_FLAG, 0, 0, 0, NULL, NULL, "off",
     "on: the first view is the sample as it is, the second alone is "
     "augmented"},
};

const es_keys es_data_keys = {rows, sizeof rows / sizeof *rows};
