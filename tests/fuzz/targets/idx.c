/* Images and classes in IDX files, plain and packed; images also as those that
 * are painted. */
#include "fuzz.h"

#include "data/idx.h"

#include <stdlib.h>
#include <string.h>

enum { PIXELS = 1 << 16 }; /* images of more values are not looked at */

static void look(const es_dataset *set) {
  const size_t n = es_dataset_count(set), dim = es_dataset_dim(set);
  if (n == 0 || dim == 0) fuzz_bad("%zu images of %zu", n, dim);
  if (dim > PIXELS) return;
  double *image = malloc(dim * sizeof *image);
  if (image == NULL) fuzz_bad("no memory for %zu values", dim);
  for (size_t i = 0; i < n && i < 3; i++) {
    es_dataset_image(set, i, image);
    for (size_t k = 0; k < dim; k++)
      if (!(image[k] >= 0 && image[k] <= 1)) fuzz_bad("pixel %g", image[k]);
  }
  free(image);
}

static void open_and_look(const char *name, const char *path, const char *split,
                          const char *named) {
  es_dataset *set = fuzz_dataset(name, path, split, FUZZ_FILE, named);
  if (set != NULL) look(set);
  es_dataset_free(set);
}

static void run(const unsigned char *bytes, size_t n) {
  es_diag diag = {0};
  open_and_look("idx", fuzz_put("in.idx", bytes, n), "train", "in.idx");
  fuzz_put("t10k-images-idx3-ubyte", bytes, n);
  open_and_look("tint", fuzz_folder(), "test", fuzz_folder());
  es_source source = {.count = 6};
  fuzz_judge(es_idx_read_labels(&source, fuzz_path("in.idx"), &diag), &diag,
             FUZZ_FILE, "in.idx");
  free(source.labels);
}

/* A packed file may unpack to 1032 times its size, and a claim up to there is
 * believed; of images of one pixel, the order of them takes eight bytes more.
 */
const fuzz_target fuzz_idx = {
    .name = "idx", .run = run, .times = 1032 * 9, .beyond = 1 << 20};
