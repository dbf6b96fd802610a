/* Records of CIFAR-10, CIFAR-100 and STL-10: the first byte says which; of
 * STL-10 the second says how many of the last bytes are the file of classes. */
#include "fuzz.h"

#include "data/data.h"

#include <stdlib.h>

static void look(const es_dataset *set) {
  const size_t n = es_dataset_count(set), dim = es_dataset_dim(set);
  const size_t classes = es_dataset_classes(set);
  double *image = malloc(dim * sizeof *image);
  if (image == NULL) fuzz_bad("no memory for %zu values", dim);
  for (size_t i = 0; i < n; i++) {
    const int label = es_dataset_label(set, i);
    if (label < 0 || (size_t)label >= classes) fuzz_bad("class %d", label);
  }
  es_dataset_image(set, n - 1, image);
  for (size_t k = 0; k < dim; k++)
    if (!(image[k] >= 0 && image[k] <= 1)) fuzz_bad("pixel %g", image[k]);
  free(image);
}

static void run(const unsigned char *bytes, size_t n) {
  static const char *const sets[] = {"cifar10", "cifar100", "stl10"};
  static const char *const files[] = {"test_batch.bin", "test.bin",
                                      "test_X.bin"};
  if (n < 2) return;
  const size_t which = bytes[0] % 3;
  const size_t classes = which == 2 && bytes[1] < n - 2 ? bytes[1] : 0;
  fuzz_put(files[which], bytes + 2, n - 2 - classes);
  fuzz_put("test_y.bin", bytes + n - classes, classes);
  es_dataset *set =
      fuzz_dataset(sets[which], fuzz_folder(), "test", FUZZ_FILE, ".bin");
  if (set != NULL) look(set);
  es_dataset_free(set);
}

/* Images stay bytes, in room that is made once; one of them is looked at. */
const fuzz_target fuzz_records = {
    .name = "records", .run = run, .times = 2, .beyond = 1 << 20};
