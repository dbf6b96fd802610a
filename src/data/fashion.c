/* Fashion-MNIST (Xiao, Rasul, Vollgraf, arXiv:1708.07747): 60,000 training and
 * 10,000 test images of 28×28, as Debian packages them. */
#include "data/idx.h"

#include "file/atomic.h"

#include <stdlib.h>
#include <string.h>

#define FOLDER "/usr/share/datasets/fashion-mnist"

static es_status find(char **path, const char *folder, bool test,
                      es_diag *diag) {
  static const char *const names[2][2] = {
      {"train-images-idx3-ubyte.gz", "train-images-idx3-ubyte"},
      {"t10k-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte"}};
  for (int k = 0; k < 2; k++) {
    *path = es_file_join(folder, names[test][k]);
    if (*path == NULL)
      return es_fail(diag, ES_NO_MEMORY, "no memory for the path of %s",
                     names[test][k]);
    if (es_file_exists(*path)) return ES_OK;
    free(*path);
    *path = NULL;
  }
  return es_fail(diag, ES_FILE_MISSING,
                 "%s/%s is missing: install the package "
                 "dataset-fashion-mnist, or give data.path",
                 folder, names[test][0]);
}

static es_status open_fashion(es_source *source, const es_config *config,
                              es_diag *diag) {
  const char *folder = es_config_text(config, "data", "path");
  const char *split = es_config_text(config, "data", "split");
  if (folder == NULL || *folder == '\0') folder = FOLDER;
  char *path;
  es_status status =
      find(&path, folder, split != NULL && strcmp(split, "test") == 0, diag);
  if (status != ES_OK) return status;
  status = es_idx_read(source, path, diag);
  free(path);
  return status;
}

const es_source_kind es_source_fashion_mnist = {
    {"fashion-mnist", "60000 training and 10000 test images, 28x28 grey",
     FOLDER, "dataset-fashion-mnist"},
    open_fashion,
    NULL,
    false};
