/* The drive, the widths and the start of `contrastive-deep` from its settings:
 * matrices W1, W2, …; or singular values sigma0 of diagonal layers, with
 * eigenvalues lambda of a diagonal X or beside another source of it; or drawn.
 */
#include "models/linear/deep.h"
#include "models/linear/drive.h"
#include "models/linear/given.h"

#include "base/random.h"
#include "base/slab.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool has(const es_config *config, const char *name) {
  return es_config_has(config, "model", name);
}

/* Given, and not with the default that a config.yaml repeats. */
static bool given(const es_config *config, const char *name) {
  return es_config_differs(config, "model", name);
}

static const es_matrix *layer(const es_config *config, size_t l) {
  char name[8];
  snprintf(name, sizeof name, "W%zu", l);
  return es_config_matrix(config, "model", name);
}

/* What an aligned start takes the place of. */
static es_status check_lambda(const es_config *config, es_diag *diag) {
  static const char *const others[] = {
      "X",         "x",    "xp",        "C",           "A",         "batch",
      "negatives", "loss", "reduction", "temperature", "init_scale"};
  const char *mode = es_config_text(config, "model", "mode");
  if (!has(config, "sigma0"))
    return es_fail(diag, ES_USAGE,
                   "model.lambda: model.sigma0 needs to stand beside it, a row "
                   "of singular values for each layer");
  if (mode != NULL && strcmp(mode, "fixed") != 0)
    return es_config_blame(config, "model", "mode", diag,
                           "model.lambda gives a fixed X");
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    const es_status idle = es_given_idle(
        config, others[i], "model.lambda is given, which leaves no use for it",
        diag);
    if (idle != ES_OK) return idle;
  }
  if (es_config_given(config, "data", NULL) ||
      es_config_given(config, "augment", NULL))
    return es_fail(diag, ES_USAGE, "give model.lambda or [data], not both");
  return ES_OK;
}

/* The drive of X = diag(lambda). */
static es_status open_lambda(deep *b, const es_config *config, es_diag *diag) {
  size_t m;
  const double *lambda = es_config_list(config, "model", "lambda", &m);
  const es_status status = check_lambda(config, diag);
  if (status != ES_OK) return status;
  es_drive *drive = b->drive = calloc(1, sizeof *drive);
  if (drive == NULL) return es_deep_no_memory(diag);
  drive->mode = ES_DRIVE_FIXED;
  drive->negatives = true;
  drive->m = m;
  if (has(config, "lr")) drive->lr = es_config_real(config, "model", "lr");
  drive->X = es_zeroed(m, m, sizeof *drive->X);
  if (drive->X == NULL) return es_deep_no_memory(diag);
  for (size_t j = 0; j < m; j++) drive->X[j + j * m] = lambda[j];
  b->ordered = true;
  return ES_OK;
}

static es_status shape_of_sigma0(deep *b, const es_config *config,
                                 es_diag *diag) {
  const es_matrix *s = es_config_matrix(config, "model", "sigma0");
  if (s->rows > DEEP_LAYERS)
    return es_config_blame(config, "model", "sigma0", diag,
                           "%zu layers; at most %d are possible", s->rows,
                           DEEP_LAYERS);
  if (s->cols != b->d[0])
    return es_config_blame(config, "model", "sigma0", diag,
                           "%zu modes, but %s %zu: an aligned start needs as "
                           "many",
                           s->cols, b->ordered ? "lambda has" : "X is of order",
                           b->d[0]);
  b->L = s->rows;
  for (size_t l = 1; l <= b->L; l++) b->d[l] = b->d[0];
  return ES_OK;
}

static es_status shape_of_matrices(deep *b, const es_config *config,
                                   es_diag *diag) {
  for (b->L = 0; b->L < DEEP_LAYERS; b->L++) {
    char name[8];
    const es_matrix *W = layer(config, b->L + 1);
    if (W == NULL) break;
    snprintf(name, sizeof name, "W%zu", b->L + 1);
    if (W->cols != b->d[b->L])
      return b->L == 0
                 ? es_config_blame(config, "model", name, diag,
                                   "%zu by %zu; it must have %zu columns, as "
                                   "the data have values",
                                   W->rows, W->cols, b->d[0])
                 : es_config_blame(config, "model", name, diag,
                                   "%zu by %zu; it must have %zu columns, as "
                                   "W%zu has rows",
                                   W->rows, W->cols, b->d[b->L], b->L);
    b->d[b->L + 1] = W->rows;
  }
  for (size_t l = b->L + 1; l <= DEEP_LAYERS; l++)
    if (layer(config, l) != NULL)
      return es_fail(diag, ES_USAGE,
                     "model.W%zu: model.W%zu needs to stand before it", l,
                     b->L + 1);
  return ES_OK;
}

/* Drawn: d rows in every layer [m]; those of widths where it is given; beside a
 * residual m in the last. */
static es_status shape_of_drawn(deep *b, const es_config *config,
                                es_diag *diag) {
  size_t n;
  const double *widths = es_config_list(config, "model", "widths", &n);
  const size_t d =
      has(config, "d") ? es_config_size(config, "model", "d") : b->d[0];
  b->L = es_config_size(config, "model", "layers");
  if (widths != NULL && given(config, "layers") && n != b->L)
    return es_config_blame(config, "model", "widths", diag,
                           "%zu widths, but layers=%zu", n, b->L);
  if (widths != NULL && given(config, "d"))
    return es_config_blame(config, "model", "d", diag,
                           "give model.d or model.widths, not both");
  if (widths != NULL) b->L = n;
  if (b->L > DEEP_LAYERS)
    return es_config_blame(config, "model", "widths", diag,
                           "%zu layers; at most %d are possible", n,
                           DEEP_LAYERS);
  for (size_t l = 1; l <= b->L; l++) {
    b->d[l] = widths == NULL ? d : (size_t)widths[l - 1];
    if (widths != NULL && (double)b->d[l] != widths[l - 1])
      return es_config_blame(config, "model", "widths", diag,
                             "%g is not a whole number", widths[l - 1]);
  }
  if (b->residual && widths == NULL) b->d[b->L] = b->d[0];
  return ES_OK;
}

static es_status find_layers(deep *b, const es_config *config, es_diag *diag) {
  static const char *const drawn[] = {"layers", "widths", "d"};
  const bool sigma0 = has(config, "sigma0");
  size_t first = 1; /* of the matrices given */
  while (first <= DEEP_LAYERS && layer(config, first) == NULL) first++;
  const bool matrices = first <= DEEP_LAYERS;
  char name[8] = "sigma0";
  if (!sigma0) snprintf(name, sizeof name, "W%zu", first);
  if (sigma0 && matrices)
    return es_fail(diag, ES_USAGE,
                   "give model.sigma0 or model.W1, model.W2, …, not both");
  for (size_t i = 0; i < sizeof drawn / sizeof *drawn; i++)
    if ((sigma0 || matrices) && given(config, drawn[i]))
      return es_config_blame(config, "model", drawn[i], diag,
                             "of a start that is drawn, and %s is given", name);
  if (sigma0) return shape_of_sigma0(b, config, diag);
  return matrices ? shape_of_matrices(b, config, diag)
                  : shape_of_drawn(b, config, diag);
}

static es_status find_head(deep *b, const es_config *config, es_diag *diag) {
  const size_t rows = b->d[b->L];
  if (b->residual && rows != b->d[0])
    return es_config_blame(config, "model", "residual", diag,
                           "it adds x, of %zu values, to %zu rows", b->d[0],
                           rows);
  b->has_head = has(config, "d0");
  b->head = b->has_head ? es_config_size(config, "model", "d0") : rows;
  return b->head <= rows ? ES_OK
                         : es_config_blame(config, "model", "d0", diag,
                                           "the last layer has %zu rows", rows);
}

static void lay_out(deep *b) {
  size_t at = 0;
  b->n = 0;
  for (size_t l = 1; l <= b->L; l++) {
    size_t cells = es_size_product(b->d[l], b->d[l - 1]);
    b->at[l] = b->n;
    b->n =
        cells > SIZE_MAX / 4 || b->n > SIZE_MAX / 4 ? SIZE_MAX : b->n + cells;
    b->k[l] = b->d[l] < b->d[l - 1] ? b->d[l] : b->d[l - 1];
    if (l == b->L) break;
    b->law_at[l] = at;
    at += es_size_product(b->d[l], b->d[l]);
  }
  b->at[b->L + 1] = b->n;
}

/* That sigma0 has something beside it to flow under. */
static es_status check_sigma0(const es_config *config, es_diag *diag) {
  static const char *const sources[] = {"lambda", "X", "x", "xp", "C", "A"};
  bool any = !has(config, "sigma0") || es_config_given(config, "data", NULL) ||
             es_config_given(config, "augment", NULL);
  for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
    any = any || has(config, sources[i]);
  return any ? ES_OK
             : es_fail(diag, ES_USAGE,
                       "model.sigma0: give model.lambda beside it, or another "
                       "source of X (model.X, model.x and model.xp, model.C "
                       "and model.A, or [data])");
}

es_status es_deep_read_shape(deep *b, const es_config *config,
                             const es_watch *watch, es_diag *diag) {
  const bool relu = es_config_is(config, "model", "activation", "relu");
  es_status status = check_sigma0(config, diag);
  if (status == ES_OK)
    status = has(config, "lambda")
                 ? open_lambda(b, config, diag)
                 : es_drive_open(&b->drive, config, watch, diag);
  if (status != ES_OK) return status;
  if (relu && es_drive_mode_of(b->drive) != ES_DRIVE_INFONCE)
    return es_config_blame(config, "model", "activation", diag,
                           "rectifiers need mode=infonce");
  b->d[0] = es_drive_dim(b->drive);
  status = find_layers(b, config, diag);
  if (status != ES_OK) return status;
  b->relu = relu && b->L > 1;
  status = find_head(b, config, diag);
  if (status == ES_OK) lay_out(b);
  return status;
}

/* Entry (i, j) of a layer: drawn row by row, each layer behind 2^40 numbers of
 * the one before, so that no number depends on how many there are. */
static double entry(const deep *b, const es_config *config, size_t l, size_t i,
                    size_t j) {
  const es_matrix *W = layer(config, l);
  const es_matrix *s = es_config_matrix(config, "model", "sigma0");
  if (W != NULL) return W->data[i + j * W->rows];
  if (s != NULL) return i == j ? s->data[l - 1 + j * s->rows] : 0;
  const uint64_t seed = es_config_size(config, "model", "seed");
  return es_config_real(config, "model", "init_scale") *
         es_random_normal(seed, ES_STREAM_INIT,
                          ((uint64_t)(l - 1) << 40) + i * b->d[l - 1] + j);
}

es_status es_deep_read_start(deep *b, const es_config *config, es_diag *diag) {
  for (size_t l = 1; l <= b->L; l++)
    for (size_t j = 0; j < b->d[l - 1]; j++)
      for (size_t i = 0; i < b->d[l]; i++) {
        const double w = entry(b, config, l, i, j);
        char name[8];
        b->W0[b->at[l] + i + j * b->d[l]] = w;
        if (isfinite(w)) continue;
        snprintf(name, sizeof name, "W%zu", l);
        return es_config_blame(config, "model",
                               has(config, "sigma0")      ? "sigma0"
                               : layer(config, l) != NULL ? name
                                                          : "init_scale",
                               diag, "a value of the start is not finite");
      }
  return ES_OK;
}
