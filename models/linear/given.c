/* Settings of [model] that stand or fall together: see given.h. */
#include "models/linear/given.h"

#include "base/slab.h"

#include <string.h>

es_status es_given_both(const es_config *config, const char *a, const char *b,
                        es_diag *diag) {
  const bool has_a = es_config_has(config, "model", a);
  if (has_a && es_config_has(config, "model", b)) return ES_OK;
  return es_fail(diag, ES_USAGE, "model.%s: model.%s needs it beside it",
                 has_a ? b : a, has_a ? a : b);
}

es_status es_given_idle(const es_config *config, const char *name,
                        const char *why, es_diag *diag) {
  return es_config_differs(config, "model", name)
             ? es_config_blame(config, "model", name, diag, "%s", why)
             : ES_OK;
}

double *es_given_copy(const es_matrix *A) {
  double *copy = es_zeroed(A->rows, A->cols, sizeof *copy);
  if (copy != NULL) memcpy(copy, A->data, A->rows * A->cols * sizeof *copy);
  return copy;
}
