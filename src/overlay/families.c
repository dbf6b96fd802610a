/* The families of theory: see family.h. The first that speaks of a run is its
 * own, and the last speaks of all. */
#include "overlay/barlow.h"
#include "overlay/byol.h"
#include "overlay/contrastive.h"

#include "file/atomic.h"

#include <string.h>

static const es_family *const families[] = {
    &es_family_byol, &es_family_contrastive, &es_family_barlow};

enum { FAMILIES = sizeof families / sizeof *families };

const es_family *es_family_list(size_t index) {
  return index < FAMILIES ? families[index] : NULL;
}

static bool writes(const es_family *family, const char *name) {
  const char *const *table = family == NULL ? NULL : family->tables;
  while (table != NULL && *table != NULL && strcmp(*table, name) != 0) table++;
  return table != NULL && *table != NULL;
}

es_status es_family_forget(const es_family *but, const char *dir,
                           es_diag *diag) {
  es_status status = ES_OK;
  for (size_t i = 0; i < FAMILIES; i++)
    for (const char *const *name = families[i]->tables;
         status == ES_OK && *name != NULL; name++)
      if (!writes(but, *name)) status = es_file_remove(dir, *name, diag);
  return status;
}

const es_family *es_family_of(const es_config *config) {
  for (size_t i = 0; config != NULL && i + 1 < FAMILIES; i++)
    if (families[i]->speaks(config)) return families[i];
  return families[FAMILIES - 1];
}
