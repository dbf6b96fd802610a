/* Lists of a number for each mode: see per_mode.h. */
#include "models/linear/per_mode.h"

#include <math.h>

es_status es_per_mode_count(size_t *modes, const es_config *config,
                            const char *const *names, es_diag *diag) {
  size_t n;
  *modes = 1;
  for (size_t k = 0; names[k] != NULL; k++) {
    es_config_list(config, "model", names[k], &n);
    if (n > *modes) *modes = n;
  }
  for (size_t k = 0; names[k] != NULL; k++) {
    es_config_list(config, "model", names[k], &n);
    if (n > 1 && n < *modes)
      return es_config_blame(config, "model", names[k], diag,
                             "%zu values for %zu modes: give one for each, or "
                             "one for all",
                             n, *modes);
  }
  return ES_OK;
}

double es_per_mode(const es_config *config, const char *name, size_t j) {
  size_t n;
  const double *list = es_config_list(config, "model", name, &n);
  return list == NULL || n == 0 ? NAN : list[n == 1 ? 0 : j];
}
