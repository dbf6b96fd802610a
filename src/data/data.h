/* Data sets and positive pairs. A data set hands out pair i as two views;
 * a pair is a pure function of (data.seed, draw, i), whatever the order or
 * the thread. Pixels are divided by 255, arrays of real values are not. */
#ifndef ES_DATA_DATA_H
#define ES_DATA_DATA_H

#include <eigenstep/config.h>
#include "base/progress.h"
#include <stdint.h>

/* The sections [data] and [augment]. */
extern const es_keys es_data_keys;

/* What `eigenstep list datasets` and doctor print: name, summary, where its
 * files are looked for (or "generated"), and what puts them there: a package to
 * install (or ""). name NULL beyond the last. */
typedef struct es_data_info {
  const char *name, *summary, *path, *install;
} es_data_info;
es_data_info es_data_list(size_t index);

typedef struct es_dataset es_dataset;

/* Opens what the settings name, reads it whole (images stay bytes), picks
 * data.n samples (the first n of a permutation by data.seed; all: in order).
 * Errors: ES_FILE_MISSING (says what installs it), ES_FILE_CORRUPT,
 * ES_BAD_VALUE naming the key. Free with es_dataset_free. */
es_status es_dataset_open(es_dataset **out, const es_config *config,
                          es_diag *diag) ES_MUST_USE;
void es_dataset_free(es_dataset *set);

/* What settings would open, without reading images: its count, dimension,
 * geometry and classes are those of the set, its bytes as es_dataset_bytes
 * tells, and sample 0, the only one there is, has made-up pixels and zeros for
 * whitened values, at the cost of a true one. Errors of es_dataset_open and
 * es_whiten_new, but for what only the images' bytes show. */
es_status es_dataset_look(es_dataset **out, const es_config *config,
                          es_diag *diag) ES_MUST_USE;
size_t es_dataset_bytes(const es_dataset *set); /* of all samples, in memory */

/* The same, then views as vectors of few values where data.whiten or data.dims
 * ask for that (whiten.h): views, and samples as they are, go through one map,
 * and have no geometry. Errors of es_whiten_new. */
es_status es_dataset_open_whitened(es_dataset **out, const es_config *config,
                                   const es_progress *progress,
                                   es_diag *diag) ES_MUST_USE;

/* The map, or NULL; and that of another set for one that has none: its views
 * must have as many values as that map takes, else ES_FILE_DATA. NULL does
 * nothing. */
struct es_whiten;
const struct es_whiten *es_dataset_whiten(const es_dataset *set);
es_status es_dataset_whiten_as(es_dataset *set, const struct es_whiten *whiten,
                               es_diag *diag) ES_MUST_USE;

/* Opens the test images, or the training images, all of them in order, of the
 * data set that the settings name, whatever data.split and data.n are; for
 * es_dataset_image. ES_BAD_VALUE where it has no such part. */
es_status es_dataset_open_test(es_dataset **out, const es_config *config,
                               es_diag *diag) ES_MUST_USE;
es_status es_dataset_open_train(es_dataset **out, const es_config *config,
                                es_diag *diag) ES_MUST_USE;

/* Leaves n of all samples, 1 <= n <= their number, drawn by data.seed as data.n
 * draws them. Once. */
es_status es_dataset_choose(es_dataset *set, size_t n,
                            es_diag *diag) ES_MUST_USE;

size_t es_dataset_count(const es_dataset *set);      /* samples n */
size_t es_dataset_dim(const es_dataset *set);        /* m, values of a view */
uint32_t es_dataset_checksum(const es_dataset *set); /* CRC-32 of the bytes */

/* Image geometry of a view (channels × side × side), or zeros for vectors. */
void es_dataset_geometry(const es_dataset *set, size_t *channels, size_t *side);

/* View 0 or 1 of pair i (m values) on draw 0, 1, …, as es_dataset_pair gives
 * it: geometry, then colour, blur and noise (colour.h). With
 * augment.one_sided view 0 is what es_dataset_image gives, on every draw. */
void es_dataset_view(const es_dataset *set, size_t i, uint64_t draw,
                     unsigned which, double *out);

/* Sample i as it is, without augmentation or noise: an image resized to the
 * side of a view, a generated vector as its first view has it. */
void es_dataset_image(const es_dataset *set, size_t i, double *out);

/* The class of sample i, or -1 where the data set has none. */
int es_dataset_label(const es_dataset *set, size_t i);
/* One more than the largest class of any sample, chosen or not; 0 without
 * classes. */
size_t es_dataset_classes(const es_dataset *set);

/* A known factor that samples were made from, such as a hue: a name, and how
 * many numbers say its value (an angle takes two, its cosine and sine). */
typedef struct es_data_factor {
  const char *name;
  size_t width;
} es_data_factor;

/* How many factors are known (0 of most data sets), factor k < that, and its
 * width numbers for sample i. */
size_t es_dataset_factors(const es_dataset *set);
es_data_factor es_dataset_factor(const es_dataset *set, size_t k);
void es_dataset_factor_of(const es_dataset *set, size_t i, size_t k,
                          double *out);

/* Views of pair i (m values each) on draw 0, 1, …: fresh augmentations. */
void es_dataset_pair(const es_dataset *set, size_t i, uint64_t draw, double *x,
                     double *xp);

#endif
