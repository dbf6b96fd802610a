/* Data points for output.embeddings: see points.h. */
#include "models/linear/points.h"

#include "base/slab.h"

static es_status take(double **points, size_t *n, const es_dataset *set,
                      bool test, size_t wish, es_diag *diag) {
  const size_t m = es_dataset_dim(set), count = es_dataset_count(set);
  *n = wish < count ? wish : count;
  *points = es_zeroed(m, *n, sizeof **points);
  if (*points == NULL)
    return es_fail(diag, ES_NO_MEMORY, "no memory for the points shown");
  for (size_t i = 0; i < *n; i++)
    if (test)
      es_dataset_image(set, i, *points + i * m);
    else
      es_dataset_view(set, i, 0, 0, *points + i * m);
  return ES_OK;
}

bool es_points_are_test(const es_config *config) {
  return es_config_is(config, "output", "points", "test");
}

es_status es_points_new(double **points, size_t *n, const es_dataset *set,
                        const es_config *config, es_diag *diag) {
  const size_t wish = es_config_size(config, "output", "embeddings");
  es_dataset *test = NULL;
  *points = NULL;
  *n = 0;
  if (wish == 0) return ES_OK;
  if (!es_points_are_test(config))
    return take(points, n, set, false, wish, diag);
  es_status status = es_dataset_open_test(&test, config, diag);
  if (status == ES_OK)
    status = es_dataset_whiten_as(test, es_dataset_whiten(set), diag);
  if (status == ES_OK && es_dataset_dim(test) != es_dataset_dim(set))
    status = es_fail(diag, ES_FILE_DATA,
                     "test images have %zu values and training images %zu",
                     es_dataset_dim(test), es_dataset_dim(set));
  if (status == ES_OK) status = take(points, n, test, true, wish, diag);
  es_dataset_free(test);
  return status;
}
