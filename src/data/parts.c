/* The test and the training images of a data set: see data.h. */
#include "data/source.h"

#include <stdio.h>

/* What tells where a data set is, what its images are made with and how large
 * they are; the rest, subset and augmentation, has no effect on them. */
static es_status part_settings(es_config *own, const es_config *config,
                               const char *part, es_diag *diag) {
  static const char *const texts[] = {"name", "path"};
  static const char *const sizes[] = {"size", "seed"};
  es_status status = es_config_suggest(own, "data", "split", part, diag);
  for (size_t i = 0; status == ES_OK && i < 2; i++) {
    const char *text = es_config_text(config, "data", texts[i]);
    if (text != NULL && *text != '\0')
      status = es_config_suggest(own, "data", texts[i], text, diag);
  }
  for (size_t i = 0; status == ES_OK && i < 2; i++) {
    char number[24];
    snprintf(number, sizeof number, "%zu",
             es_config_size(config, "data", sizes[i]));
    status = es_config_suggest(own, "data", sizes[i], number, diag);
  }
  /* A shift is held against the size. */
  return status == ES_OK ? es_config_suggest(own, "augment", "shift", "0", diag)
                         : status;
}

static es_status open_part(es_dataset **out, const es_config *config,
                           const char *part, es_diag *diag) {
  const char *name = es_config_text(config, "data", "name");
  const es_source_kind *kind = es_source_named(name);
  es_config *own = NULL;
  *out = NULL;
  if (kind != NULL && !kind->parts)
    return es_fail(diag, ES_BAD_VALUE, "data.name=%s: has no %s images", name,
                   part);
  es_status status = es_config_new(&own, &es_data_keys, 1, diag);
  if (status == ES_OK) status = part_settings(own, config, part, diag);
  if (status == ES_OK) status = es_dataset_open(out, own, diag);
  es_config_free(own);
  return status;
}

es_status es_dataset_open_test(es_dataset **out, const es_config *config,
                               es_diag *diag) {
  return open_part(out, config, "test", diag);
}

es_status es_dataset_open_train(es_dataset **out, const es_config *config,
                                es_diag *diag) {
  return open_part(out, config, "train", diag);
}
