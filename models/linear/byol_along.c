/* The aligned start of `byol`: rows of W along eigenvectors of X, a diagonal
 * W_p, W_a a multiple of W (theory.md 4 and 7). Where X' commutes with X, modes
 * then stay by themselves, each with p, s and tau of its own. */
#include "models/linear/byol.h"

#include <math.h>
#include <string.h>

bool es_byol_starts_along(const es_config *config) {
  return es_config_has(config, "model", "s0");
}

static es_status check_others(const es_config *config, bool aligned,
                              es_diag *diag) {
  static const char *const parts[] = {"W0", "Wp0", "Wa0"};
  static const char *const own[] = {"p0", "tau0"};
  for (int i = 0; aligned && i < 3; i++)
    if (es_config_has(config, "model", parts[i]))
      return es_fail(diag, ES_USAGE,
                     "model.s0 is a whole start: leave out model.%s", parts[i]);
  for (int i = 0; !aligned && i < 2; i++)
    if (es_config_has(config, "model", own[i]))
      return es_fail(diag, ES_USAGE, "model.%s: needs model.s0 beside it",
                     own[i]);
  return ES_OK;
}

es_status es_byol_along_rows(byol *b, const es_config *config, es_diag *diag) {
  size_t n, n_p;
  const bool aligned = es_byol_starts_along(config);
  const es_status status = check_others(config, aligned, diag);
  if (status != ES_OK || !aligned) return status;
  (void)es_config_list(config, "model", "s0", &n);
  if (es_config_has(config, "model", "n2") &&
      es_config_size(config, "model", "n2") != n)
    return es_config_blame(config, "model", "s0", diag,
                           "%zu values for n2=%zu modes: give one for each", n,
                           es_config_size(config, "model", "n2"));
  if (n > b->n1)
    return es_config_blame(config, "model", "s0", diag,
                           "%zu values, but X has %zu modes", n, b->n1);
  if (es_config_has(config, "model", "p0")) {
    (void)es_config_list(config, "model", "p0", &n_p);
    if (n_p != n)
      return es_config_blame(config, "model", "p0", diag,
                             "%zu values for the %zu of s0: give one for each",
                             n_p, n);
  }
  b->n2 = n;
  return ES_OK;
}

/* Whether column k comes behind column before, equal ones from left to right.
 */
static bool comes_behind(const byol *b, size_t k, size_t before) {
  if (k <= before) return b->D[k] < b->D[before];
  return b->D[k] <= b->D[before];
}

size_t es_byol_mode(const byol *b, size_t j) {
  size_t column = b->n1;
  for (size_t i = 0; i <= j; i++) {
    size_t next = b->n1;
    for (size_t k = 0; k < b->n1; k++)
      if ((i == 0 || comes_behind(b, k, column)) &&
          (next == b->n1 || b->D[k] > b->D[next]))
        next = k;
    column = next;
  }
  return column;
}

void es_byol_start_along(byol *b, const es_config *config) {
  size_t n;
  const double *s0 = es_config_list(config, "model", "s0", &n);
  const double *p0 = es_config_has(config, "model", "p0")
                         ? es_config_list(config, "model", "p0", &n)
                         : NULL;
  const double tau0 = es_config_has(config, "model", "tau0")
                          ? es_config_real(config, "model", "tau0")
                          : 0;
  memset(b->Z0, 0, n * b->n1 * sizeof *b->Z0);
  memset(b->A0, 0, n * b->n1 * sizeof *b->A0);
  memset(b->P0, 0, n * n * sizeof *b->P0);
  for (size_t j = 0; j < n; j++) {
    for (size_t k = 0; k < b->n1 && b->modes != NULL; k++)
      b->Z0[j + k * n] = sqrt(s0[j]) * b->modes[k + j * b->n1];
    if (b->modes == NULL) {
      const size_t column = es_byol_mode(b, j);
      b->Z0[j + column * n] = sqrt(s0[j]);
      b->A0[j + column * n] = tau0 * sqrt(s0[j]);
    }
    b->P0[j + j * n] = p0 != NULL ? p0[j] : sqrt(s0[j]);
  }
}
