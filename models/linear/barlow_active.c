/* What of the start moves: the columns of the state, and the workspaces. */
#include "models/linear/barlow.h"

/* With a full S every column is driven by all; else one that starts at 0, or in
 * the null space, stays. */
static bool moves(const barlow *b, size_t j) {
  if (b->S != NULL) return true;
  const double driven = b->sigma != NULL ? b->sigma[j] : b->gamma[j];
  return driven != 0 && es_norm(b->d, b->Z0 + j * b->d) > 0;
}

/* sigma^2/rate: 1 over s^2 of the plateau. */
static double weight(const barlow *b, size_t j) {
  if (b->sigma == NULL) return b->gamma[j];
  return b->rate[j] > 0 ? b->sigma[j] * b->sigma[j] / b->rate[j] : 0;
}

/* A column that starts beyond a quarter of its plateau is not what steps next,
 * and where that plateau is 1e-12 it would drown all the others. */
enum { BELOW = 4 };

static void set_weights(barlow *b) {
  for (size_t c = 0; c < b->k; c++) {
    const size_t j = b->active[c];
    const double s0 = es_norm(b->d, b->Z0 + j * b->d), w = weight(b, j);
    const bool late = b->sigma != NULL && !b->aligned;
    const bool counts = !late || w * s0 * s0 * BELOW < 1;
    b->active_gamma[c] = b->gamma[j];
    b->active_rate[c] = b->rate[j];
    if (b->sigma != NULL) b->active_sigma[c] = b->sigma[j];
    b->growth_weight[c] = counts ? w : 0;
  }
}

static es_status list_active(barlow *b, es_diag *diag) {
  b->active = es_zeroed(b->m, 1, sizeof *b->active);
  if (b->active == NULL) return es_barlow_no_memory(diag);
  /* At least d are kept, so that C is d×d of d×k. */
  for (size_t j = 0; j < b->m; j++)
    if (j < b->d || moves(b, j)) b->active[b->k++] = j;
  double **const rows[] = {&b->active_gamma, &b->active_sigma, &b->active_rate,
                           &b->growth_weight};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    *rows[i] = es_zeroed(b->k, 1, sizeof **rows[i]);
    if (*rows[i] == NULL) return es_barlow_no_memory(diag);
  }
  set_weights(b);
  return ES_OK;
}

es_status es_barlow_choose_active(barlow *b, es_diag *diag) {
  const es_status status = list_active(b, diag);
  if (status != ES_OK) return status;
  const size_t d = b->d;
  b->scaled = es_zeroed(d, b->k, sizeof(double));
  b->turned = es_zeroed(d, b->k, sizeof(double));
  b->residual = es_zeroed(d, d, sizeof(double));
  b->shifted = es_zeroed(d, d, sizeof(double));
  b->driven = es_zeroed(d, d, sizeof(double));
  b->vectors = es_zeroed(d, d, sizeof(double));
  b->values = es_zeroed(d, 1, sizeof(double));
  b->full = es_zeroed(d, b->m, sizeof(double));
  if (b->scaled == NULL || b->turned == NULL || b->residual == NULL ||
      b->shifted == NULL || b->driven == NULL || b->vectors == NULL ||
      b->values == NULL || b->full == NULL)
    return es_barlow_no_memory(diag);
  es_status fast = ES_OK;
  if (b->flow->plain) fast = es_barlow_fast_new(&b->fast, d, b->k, diag);
  return fast == ES_OK ? es_congruence_new(&b->eigen, d, b->k, diag) : fast;
}
