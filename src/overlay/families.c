/* The families of theory: see family.h. The first that speaks of a run is its
 * own, and the last speaks of all. */
#include "overlay/barlow.h"
#include "overlay/byol.h"
#include "overlay/contrastive.h"

#include <stddef.h>

static const es_family *const families[] = {
    &es_family_byol, &es_family_contrastive, &es_family_barlow};

enum { FAMILIES = sizeof families / sizeof *families };

const es_family *es_family_list(size_t index) {
  return index < FAMILIES ? families[index] : NULL;
}

const es_family *es_family_of(const es_config *config) {
  for (size_t i = 0; config != NULL && i + 1 < FAMILIES; i++)
    if (families[i]->speaks(config)) return families[i];
  return families[FAMILIES - 1];
}
