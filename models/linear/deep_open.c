/* Settings of `contrastive-deep` to an opened model: keys, workspaces, what is
 * conserved, and when it blows up. */
#include "models/linear/deep.h"
#include "models/linear/drive_keys.h"

#include "base/slab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAYER(l, help)                                                         \
  ES_DRIVE_KEY("W" #l, ES_MATRIX, 0, -INFINITY, INFINITY, NULL, "1", NULL, help)

static const es_key keys[] = {
    ES_DRIVE_KEYS,
    LAYER(1, "start of the first layer, d1 by m; W2, W3, … W16 follow, each "
             "with as many columns as the one before has rows"),
    LAYER(2, NULL),
    LAYER(3, NULL),
    LAYER(4, NULL),
    LAYER(5, NULL),
    LAYER(6, NULL),
    LAYER(7, NULL),
    LAYER(8, NULL),
    LAYER(9, NULL),
    LAYER(10, NULL),
    LAYER(11, NULL),
    LAYER(12, NULL),
    LAYER(13, NULL),
    LAYER(14, NULL),
    LAYER(15, NULL),
    LAYER(16, NULL),
    ES_DRIVE_KEY("sigma0", ES_MATRIX, 0, 0, INFINITY, NULL, "1", NULL,
                 "start of diagonal layers instead: a row of singular values "
                 "for each, [[…],[…]]"),
    ES_DRIVE_KEY("lambda", ES_LIST, 0, -INFINITY, INFINITY, NULL, "1/time",
                 NULL,
                 "beside sigma0: X = diag(lambda), an aligned start with its "
                 "modes in this order"),
    ES_DRIVE_KEY("layers", ES_SIZE, 0, 1, DEEP_LAYERS, NULL, "1", "2",
                 "of a start that is drawn"),
    ES_DRIVE_KEY("widths", ES_LIST, 0, 1, 1e6, NULL, "1", NULL,
                 "rows of each layer of a start that is drawn [d]"),
    ES_DRIVE_KEY("residual", ES_FLAG, 0, 0, 0, NULL, NULL, "off",
                 "r = x + W_L … W_1 x"),
    ES_DRIVE_KEY("d0", ES_SIZE, 0, 1, 1e6, NULL, "1", NULL,
                 "the loss sees the first d0 rows of r [all]"),
    ES_DRIVE_KEY("activation", ES_CHOICE, 0, 0, 0, "linear|relu", NULL,
                 "linear", "between layers; relu: of mode=infonce"),
};
const es_keys es_deep_keys = {keys, sizeof keys / sizeof *keys};

void es_deep_note(deep *b, const char *sentence) {
  const size_t used = strlen(b->remark);
  snprintf(b->remark + used, sizeof b->remark - used, "%s%s",
           used > 0 ? "; " : "", sentence);
}

/* Of the model and of the least solver, 15 states: before any of it is taken.
 */
static es_status check_size(const deep *b, es_diag *diag) {
  const double w = (double)deep_widest(b), L = (double)b->L;
  double cells = 16 * (double)b->n + (L + 6) * w * w;
  if (b->relu) cells += (2 * L + 6) * w * (double)es_drive_count(b->drive);
  const double bytes = sizeof(double) * cells, has = es_machine_bytes();
  if (bytes <= has) return ES_OK;
  return es_fail(diag, ES_NO_MEMORY,
                 "%zu layers, %zu wide, need %.3g GB with a solver, and this "
                 "machine has %.3g GB",
                 b->L, deep_widest(b), bytes * 1e-9, has * 1e-9);
}

static bool make(double **out, size_t rows, size_t cols) {
  *out = es_zeroed(rows, cols, sizeof **out);
  return *out != NULL;
}

static es_status plan_spectra(deep *b, es_diag *diag) {
  const size_t rows = b->d[b->L], m = b->d[0];
  es_status status = ES_OK;
  for (size_t l = 1; status == ES_OK && !b->ordered && l <= b->L; l++) {
    status = es_singular_new(&b->of_layer[l], b->d[l], b->d[l - 1], diag);
    if (status == ES_OK && l < b->L)
      status = es_svd_new(&b->left[l], b->d[l], b->d[l - 1], diag);
    if (status == ES_OK && l > 1)
      status = es_svd_new(&b->right[l], b->d[l - 1], b->d[l], diag);
  }
  if (status == ES_OK) status = es_singular_new(&b->of_head, b->head, m, diag);
  if (status == ES_OK && b->has_head)
    status = es_singular_new(&b->of_all, rows, m, diag);
  if (status == ES_OK && b->has_head && b->head < rows)
    status = es_singular_new(&b->of_rest, rows - b->head, m, diag);
  return status;
}

static es_status allocate(deep *b, es_diag *diag) {
  const size_t w = deep_widest(b), m = b->d[0];
  bool whole = b->n < SIZE_MAX && make(&b->W0, b->n, 1);
  for (size_t l = 1; whole && l <= b->L; l++)
    whole = make(&b->P[l], b->d[l], m);
  whole = whole && make(&b->R, w, m) && make(&b->S, w, m) &&
          make(&b->T, w, w) && make(&b->Q, w, w) && make(&b->U[0], w, w) &&
          make(&b->U[1], w, w) && make(&b->sigma, w, 1);
  if (!whole) return es_deep_no_memory(diag);
  es_status status = plan_spectra(b, diag);
  if (status == ES_OK && b->relu) status = es_deep_relu_new(b, diag);
  return status;
}

static es_status keep_law(deep *b, es_diag *diag) {
  size_t cells = 0;
  for (size_t l = 1; l < b->L; l++) cells += b->d[l] * b->d[l];
  if (cells == 0) return ES_OK;
  if (!make(&b->law, cells, 1)) return es_deep_no_memory(diag);
  for (size_t l = 1; l < b->L; l++)
    es_deep_law(b, b->W0, l, b->law + b->law_at[l]);
  return ES_OK;
}

static es_status settle(deep *b, const es_config *config, const es_watch *watch,
                        es_diag *diag) {
  es_deep_products(b, b->W0);
  es_status status = es_drive_begin(b->drive, b->head, b->P[b->L], diag);
  if (status == ES_OK) status = keep_law(b, diag);
  if (status == ES_OK) status = es_drive_root(b->drive, &b->root, diag);
  b->blowup = INFINITY;
  if (b->relu)
    es_deep_note(b, "a flow that slides along a rectifier's kink takes ever "
                    "shorter steps: solver.method=gd does not");
  if (status == ES_OK) status = es_deep_align(b, diag);
  if (status == ES_OK && b->aligned == NULL)
    status = es_deep_find_blowup(b, config, watch, diag);
  return status;
}

static es_status build(deep *b, const es_config *config, const es_watch *watch,
                       es_diag *diag) {
  b->eta = es_config_real(config, "model", "eta");
  b->residual = es_config_flag(config, "model", "residual");
  es_status status = es_deep_read_shape(b, config, watch, diag);
  if (status == ES_OK) status = check_size(b, diag);
  if (status == ES_OK) status = allocate(b, diag);
  if (status == ES_OK) status = es_deep_read_start(b, config, diag);
  return status == ES_OK ? settle(b, config, watch, diag) : status;
}

es_status es_deep_open(void **self, const es_config *config,
                       const es_watch *watch, es_diag *diag) {
  deep *b = calloc(1, sizeof *b);
  *self = NULL;
  if (b == NULL) return es_deep_no_memory(diag);
  const es_status status = build(b, config, watch, diag);
  if (status != ES_OK) {
    es_deep_close(b);
    return status;
  }
  *self = b;
  return ES_OK;
}

void es_deep_close(void *self) {
  deep *b = self;
  if (b == NULL) return;
  double *const own[] = {b->W0, b->law,  b->R,    b->S,    b->T,
                         b->Q,  b->root, b->U[0], b->U[1], b->sigma};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) free(own[i]);
  for (size_t l = 1; l <= DEEP_LAYERS; l++) {
    free(b->P[l]);
    es_singular_free(b->of_layer[l]);
    es_svd_free(b->left[l]);
    es_svd_free(b->right[l]);
  }
  es_singular_free(b->of_head);
  es_singular_free(b->of_all);
  es_singular_free(b->of_rest);
  es_deep_relu_free(b->rectified);
  es_deep_aligned_free(b->aligned);
  es_drive_close(b->drive);
  free(b);
}
