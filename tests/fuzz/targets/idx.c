/* Images and classes in IDX files, plain and packed. */
#include "fuzz.h"

#include "data/idx.h"

#include <stdlib.h>
#include <string.h>

static void look(const es_dataset *set) {
  const size_t n = es_dataset_count(set), dim = es_dataset_dim(set);
  if (n == 0 || dim == 0) fuzz_bad("%zu images of %zu", n, dim);
  double *image = malloc(dim * sizeof *image);
  if (image == NULL) fuzz_bad("no memory for %zu values", dim);
  for (size_t i = 0; i < n && i < 3; i++) {
    es_dataset_image(set, i, image);
    for (size_t k = 0; k < dim; k++)
      if (!(image[k] >= 0 && image[k] <= 1)) fuzz_bad("pixel %g", image[k]);
  }
  free(image);
}

static void run(const unsigned char *bytes, size_t n) {
  es_diag diag = {0};
  es_dataset *set = fuzz_dataset("idx", fuzz_put("in.idx", bytes, n), "train",
                                 FUZZ_FILE, "in.idx");
  if (set != NULL) look(set);
  es_dataset_free(set);
  es_source source = {.count = 6};
  fuzz_judge(es_idx_read_labels(&source, fuzz_path("in.idx"), &diag), &diag,
             FUZZ_FILE, "in.idx");
  free(source.labels);
}

/* A packed file may unpack to 1032 times its size, and a claim up to there is
 * believed; a view's values are eight bytes. */
const fuzz_target fuzz_idx = {
    .name = "idx", .run = run, .times = 1032 * 9, .beyond = 1 << 20};
