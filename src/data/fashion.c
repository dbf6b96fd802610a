/* Fashion-MNIST (Xiao, Rasul, Vollgraf, arXiv:1708.07747): 60,000 training and
 * 10,000 test images of 28×28, as Debian packages them. */
#include "data/fashion.h"

#include "data/idx.h"
#include "file/atomic.h"

#include <stdio.h>
#include <stdlib.h>

/* The file of that name, packed or plain; *path NULL: it is not there. */
static es_status find(char **path, const char *folder, const char *name,
                      es_diag *diag) {
  static const char *const endings[] = {".gz", ""};
  char full[64];
  for (int k = 0; k < 2; k++) {
    snprintf(full, sizeof full, "%s%s", name, endings[k]);
    *path = es_file_join(folder, full);
    if (*path == NULL)
      return es_fail(diag, ES_NO_MEMORY, "no memory for the path of %s", name);
    if (es_file_exists(*path)) return ES_OK;
    free(*path);
    *path = NULL;
  }
  return ES_OK;
}

static es_status read_images(es_source *source, const char *folder,
                             const char *name, es_diag *diag) {
  char *path;
  es_status status = find(&path, folder, name, diag);
  if (status == ES_OK && path == NULL)
    return es_fail(diag, ES_FILE_MISSING,
                   "%s/%s.gz is missing: install the package "
                   "dataset-fashion-mnist, or give data.path",
                   folder, name);
  if (status == ES_OK) status = es_idx_read(source, path, diag);
  free(path);
  return status;
}

/* Labels are read where they are there: few need them. */
static es_status read_labels(es_source *source, const char *folder,
                             const char *name, es_diag *diag) {
  char *path;
  es_status status = find(&path, folder, name, diag);
  if (status == ES_OK && path != NULL)
    status = es_idx_read_labels(source, path, diag);
  free(path);
  return status;
}

es_status es_fashion_open(es_source *source, const es_config *config,
                          es_diag *diag) {
  const char *folder = es_config_text(config, "data", "path");
  if (folder == NULL) folder = ES_FASHION_FOLDER;
  const bool test = es_config_is(config, "data", "split", "test");
  const es_status status = read_images(
      source, folder,
      test ? "t10k-images-idx3-ubyte" : "train-images-idx3-ubyte", diag);
  if (status != ES_OK) return status;
  return read_labels(
      source, folder,
      test ? "t10k-labels-idx1-ubyte" : "train-labels-idx1-ubyte", diag);
}

const es_source_kind es_source_fashion_mnist = {
    .info = {"fashion-mnist",
             "60000 training and 10000 test images, 28x28 grey",
             ES_FASHION_FOLDER, "dataset-fashion-mnist"},
    .open = es_fashion_open,
    .parts = true,
};
