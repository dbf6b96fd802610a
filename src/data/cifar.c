/* CIFAR-10 and CIFAR-100 (Krizhevsky, "Learning multiple layers of features
 * from tiny images", 2009), binary versions. A record is a class, or a coarse
 * and a fine one of which the fine one is used, and 3×32×32 bytes: planes of
 * red, green and blue, rows from the top. There is no checksum: a damaged pixel
 * cannot be told from another. */
#include "data/records.h"

#include "file/open.h"

#include <string.h>

enum { SIDE = 32, PIXELS = 3 * SIDE * SIDE, MOST_LABELS = 2 };

typedef struct version {
  es_folder folder;
  const char *train[6], *test[2]; /* files, ended by NULL */
  size_t labels;                  /* in front of the pixels; the last is used */
  unsigned char classes[MOST_LABELS];
} version;

static const version cifar10 = {
    .folder = {"the CIFAR-10 binary version", "cifar-10-binary.tar.gz",
               "cifar-10-batches-bin"},
    .train = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
              "data_batch_4.bin", "data_batch_5.bin"},
    .test = {"test_batch.bin"},
    .labels = 1,
    .classes = {10}};

static const version cifar100 = {.folder = {"the CIFAR-100 binary version",
                                            "cifar-100-binary.tar.gz",
                                            "cifar-100-binary"},
                                 .train = {"train.bin"},
                                 .test = {"test.bin"},
                                 .labels = 2,
                                 .classes = {20, 100}};

static es_status check_labels(const unsigned char *record, const version *v,
                              const es_records *records, es_diag *diag) {
  for (size_t k = 0; k < v->labels; k++)
    if (record[k] >= v->classes[k])
      return es_file_fail(diag, ES_FILE_CORRUPT, records->path,
                          "record %zu has class %u, expected 0 to %u",
                          records->next, record[k], v->classes[k] - 1u);
  return ES_OK;
}

/* Adds the images of an open file to those before it. */
static es_status read_records(es_source *source, const void *kind,
                              es_records *records, es_diag *diag) {
  const version *v = kind;
  unsigned char record[MOST_LABELS + PIXELS];
  es_status status =
      es_records_room(source, records->count, PIXELS, true, records, diag);
  while (status == ES_OK && records->next < records->count) {
    status = es_records_read(records, record, diag);
    if (status == ES_OK) status = check_labels(record, v, records, diag);
    if (status != ES_OK) break;
    memcpy(source->bytes + source->count * PIXELS, record + v->labels, PIXELS);
    source->labels[source->count++] = record[v->labels - 1];
  }
  return status;
}

static es_status open_version(es_source *source, const version *v,
                              const es_config *config, es_diag *diag) {
  const char *const *name =
      es_config_is(config, "data", "split", "test") ? v->test : v->train;
  es_status status = ES_OK;
  for (; status == ES_OK && *name != NULL; name++)
    status = es_records_file(source, &v->folder, *name, v->labels + PIXELS,
                             read_records, v, config, diag);
  source->channels = source->planes = 3;
  source->height = source->width = SIDE;
  if (source->blank) source->classes = v->classes[v->labels - 1];
  return status;
}

static es_status open_cifar10(es_source *source, const es_config *config,
                              es_diag *diag) {
  return open_version(source, &cifar10, config, diag);
}

static es_status open_cifar100(es_source *source, const es_config *config,
                               es_diag *diag) {
  return open_version(source, &cifar100, config, diag);
}

const es_source_kind es_source_cifar10 = {
    .info = {"cifar10", "50000 training and 10000 test images, 32x32 colour",
             ES_FOLDER_DEFAULT "/cifar-10-batches-bin",
             "the CIFAR-10 binary version there, or give data.path"},
    .open = open_cifar10,
    .parts = true,
};

const es_source_kind es_source_cifar100 = {
    .info = {"cifar100", "the same sizes as cifar10, 100 fine classes",
             ES_FOLDER_DEFAULT "/cifar-100-binary",
             "the CIFAR-100 binary version there, or give data.path"},
    .open = open_cifar100,
    .parts = true,
};
