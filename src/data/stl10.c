/* STL-10 (Coates, Lee, Ng, "An analysis of single-layer networks in
 * unsupervised feature learning", AISTATS 2011), binary version: images of
 * 3×96×96 bytes, planes of red, green and blue, each column after column;
 * classes 1 to 10 in a file of their own, of which there is none for the
 * 100,000 unlabeled images. */
#include "data/records.h"

#include "file/open.h"

#include <stdlib.h>

enum { SIDE = 96, PLANE = SIDE * SIDE, PIXELS = 3 * PLANE, CLASSES = 10 };

static const es_folder folder = {"the STL-10 binary version",
                                 "stl10_binary.tar.gz", "stl10_binary"};

/* Columns of a plane become its rows. */
static void transpose(unsigned char *out, const unsigned char *plane) {
  for (size_t r = 0; r < SIDE; r++)
    for (size_t c = 0; c < SIDE; c++) out[r * SIDE + c] = plane[c * SIDE + r];
}

static es_status read_images(es_source *source, const void *kind,
                             es_records *records, es_diag *diag) {
  (void)kind;
  unsigned char image[PIXELS];
  es_status status =
      es_records_room(source, records->count, PIXELS, false, records, diag);
  while (status == ES_OK && records->next < records->count) {
    status = es_records_read(records, image, diag);
    if (status != ES_OK) break;
    unsigned char *out = source->bytes + source->count++ * PIXELS;
    for (size_t k = 0; k < 3; k++)
      transpose(out + k * PLANE, image + k * PLANE);
  }
  return status;
}

static es_status read_labels(es_source *source, const void *kind,
                             es_records *records, es_diag *diag) {
  (void)kind;
  if (records->count != source->count)
    return es_file_fail(diag, ES_FILE_CORRUPT, records->path,
                        "holds %zu classes for %zu images", records->count,
                        source->count);
  source->labels = malloc(source->count);
  if (source->labels == NULL)
    return es_file_fail(diag, ES_NO_MEMORY, records->path,
                        "no memory for %zu classes", source->count);
  for (size_t i = 0; i < source->count; i++) {
    unsigned char label;
    const es_status status = es_records_read(records, &label, diag);
    if (status != ES_OK) return status;
    if (label < 1 || label > CLASSES)
      return es_file_fail(diag, ES_FILE_CORRUPT, records->path,
                          "record %zu has class %u, expected 1 to %d", i + 1,
                          label, CLASSES);
    source->labels[i] = (unsigned char)(label - 1);
  }
  return ES_OK;
}

static es_status open_stl10(es_source *source, const es_config *config,
                            es_diag *diag) {
  const bool test = es_config_is(config, "data", "split", "test");
  const bool unlabeled = es_config_is(config, "data", "split", "unlabeled");
  source->channels = source->planes = 3;
  source->height = source->width = SIDE;
  if (source->blank && !unlabeled) source->classes = CLASSES;
  const char *images = unlabeled ? "unlabeled_X.bin"
                       : test    ? "test_X.bin"
                                 : "train_X.bin";
  const es_status status = es_records_file(source, &folder, images, PIXELS,
                                           read_images, NULL, config, diag);
  if (status != ES_OK || unlabeled || source->blank) return status;
  return es_records_file(source, &folder, test ? "test_y.bin" : "train_y.bin",
                         1, read_labels, NULL, config, diag);
}

const es_source_kind es_source_stl10 = {
    .info = {"stl10",
             "5000 training, 8000 test, 100000 unlabeled images, 96x96 colour",
             ES_FOLDER_DEFAULT "/stl10_binary",
             "the STL-10 binary version there, or give data.path"},
    .open = open_stl10,
    .parts = true,
    .unlabeled = true,
};
