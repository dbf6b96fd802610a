/* Settings of `byol` to an opened model: the start, the law of balance, and
 * workspaces. */
#include "models/linear/byol.h"

#include "base/random.h"
#include "base/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define MODEL_KEY(name, kind, flags, low, high, choices, unit, fallback, help) \
  { "model", name, kind, flags, low, high, choices, unit, fallback, help }

static const es_key keys[] = {
    MODEL_KEY("X", ES_MATRIX, ES_SYMMETRIC, -INFINITY, INFINITY, NULL, "1",
              NULL, "E[xbar xbar^T], xbar = E[x'|x]"),
    MODEL_KEY("Xp", ES_MATRIX, ES_SYMMETRIC, -INFINITY, INFINITY, NULL, "1",
              NULL, "X' = E_x Cov[x'|x]"),
    MODEL_KEY("variant", ES_CHOICE, 0, 0, 0,
              "byol|simsiam|no-predictor|no-stop-gradient", NULL, "byol",
              "W_a follows W; W_a = W; also W_p = I; or W_a = W with the "
              "gradient through both"),
    MODEL_KEY(
        "n2", ES_SIZE, 0, 1, 1e6, NULL, "1", NULL,
        "rows of W, W_p and W_a [as many as those given have, else as X]"),
    MODEL_KEY("W0", ES_MATRIX, 0, -INFINITY, INFINITY, NULL, "1", NULL,
              "start of W, n2 by n1 [Gaussian]"),
    MODEL_KEY("Wp0", ES_MATRIX, 0, -INFINITY, INFINITY, NULL, "1", NULL,
              "start of the predictor W_p, n2 by n2 [Gaussian]"),
    MODEL_KEY("Wa0", ES_MATRIX, 0, -INFINITY, INFINITY, NULL, "1", NULL,
              "start of the target W_a, n2 by n1 [0]"),
    MODEL_KEY("s0", ES_LIST, 0, 0, INFINITY, NULL, "1", NULL,
              "aligned start instead: W's rows are sqrt(s0_j) times X's first "
              "eigenvectors, largest eigenvalue first"),
    MODEL_KEY("p0", ES_LIST, 0, -INFINITY, INFINITY, NULL, "1", NULL,
              "of s0: W_p = diag(p0) [the square roots of s0]"),
    MODEL_KEY("tau0", ES_REAL, 0, -INFINITY, INFINITY, NULL, "1", NULL,
              "of s0: W_a = tau0 W [0]"),
    MODEL_KEY("decouple", ES_FLAG, 0, 0, 0, NULL, NULL, "off",
              "leave out of X' what does not commute with X, as theory's "
              "eigenmodes do"),
    MODEL_KEY("init_scale", ES_REAL, ES_OPEN_LOW, 0, INFINITY, NULL, "1", "0.1",
              "standard deviation of the entries of W and W_p where they are "
              "not given"),
    MODEL_KEY("seed", ES_SIZE, 0, 0, 0x1p53, NULL, NULL, "0",
              "seed of the random start"),
    MODEL_KEY("alpha_p", ES_REAL, ES_OPEN_LOW, 0, INFINITY, NULL, "1", "1",
              "learning rate of the predictor over that of W"),
    MODEL_KEY("beta", ES_REAL, 0, 0, INFINITY, NULL, "1/time", "0.4",
              "rate at which W_a follows W; a network's (1 - momentum)/lr"),
    MODEL_KEY("eta", ES_REAL, 0, 0, INFINITY, NULL, "1/time", "0.04",
              "weight decay"),
    MODEL_KEY("eta_p", ES_REAL, 0, 0, INFINITY, NULL, "1/time", NULL,
              "weight decay of the predictor [eta]"),
    MODEL_KEY("eta_s", ES_REAL, 0, 0, INFINITY, NULL, "1/time", NULL,
              "weight decay of W [eta]"),
    MODEL_KEY("lr", ES_REAL, ES_OPEN_LOW, 0, INFINITY, NULL, "time", NULL,
              "learning rate of solver.method=gd: t = steps * lr"),
};
const es_keys es_byol_keys = {keys, sizeof keys / sizeof *keys};

/* Adds a sentence to the remark. */
static void ES_PRINTF(2, 3) note(byol *b, const char *format, ...) {
  va_list args;
  va_start(args, format);
  es_text_add(b->remark, sizeof b->remark, format, args);
  va_end(args);
}

static double rate(const es_config *config, const char *name) {
  return es_config_real(config, "model",
                        es_config_has(config, "model", name) ? name : "eta");
}

/* What the variant has no use for is no error: several may be given the same
 * words. */
static void note_idle(byol *b, const es_config *config, const char *variant) {
  static const char *const target[] = {"Wa0", "tau0"};
  static const char *const predictor[] = {"Wp0", "p0"};
  if (b->variant == BYOL_NO_PREDICTOR && b->decouple)
    note(b, "model.decouple has no effect with variant=%s", variant);
  for (int k = 0; k < 2; k++) {
    if (b->variant != BYOL_EMA && es_config_has(config, "model", target[k]))
      note(b, "model.%s has no effect with variant=%s", target[k], variant);
    if (b->variant == BYOL_NO_PREDICTOR &&
        es_config_has(config, "model", predictor[k]))
      note(b, "model.%s has no effect with variant=%s", predictor[k], variant);
  }
}

static void read_rates(byol *b, const es_config *config) {
  static const char *const names[] = {"byol", "simsiam", "no-predictor",
                                      "no-stop-gradient"};
  const char *variant = es_config_text(config, "model", "variant");
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(names[i], variant) == 0) b->variant = (byol_variant)i;
  b->alpha_p = es_config_real(config, "model", "alpha_p");
  b->beta = es_config_real(config, "model", "beta");
  b->eta_p = rate(config, "eta_p");
  b->eta_s = rate(config, "eta_s");
  b->init_scale = es_config_real(config, "model", "init_scale");
  b->seed = es_config_size(config, "model", "seed");
  if (es_config_has(config, "model", "lr"))
    b->lr = es_config_real(config, "model", "lr");
  b->decouple = es_config_flag(config, "model", "decouple");
  note_idle(b, config, variant);
}

/* The three matrices of the start. */
static const char *const parts[] = {"W0", "Wp0", "Wa0"};

static es_status read_n2(byol *b, const es_config *config, es_diag *diag) {
  const char *by = NULL;
  const es_status status = es_byol_along_rows(b, config, diag);
  if (status != ES_OK || es_byol_starts_along(config)) return status;
  if (es_config_has(config, "model", "n2")) {
    by = "n2";
    b->n2 = es_config_size(config, "model", "n2");
  }
  for (int i = 0; i < 3; i++) {
    const es_matrix *M = es_config_matrix(config, "model", parts[i]);
    if (M == NULL) continue;
    if (by == NULL) {
      by = parts[i];
      b->n2 = M->rows;
    }
    const size_t cols = i == 1 ? b->n2 : b->n1;
    if (M->rows != b->n2 || M->cols != cols)
      return es_config_blame(config, "model", parts[i], diag,
                             "%zu by %zu; it must be %zu by %zu, as %s and %s "
                             "say",
                             M->rows, M->cols, b->n2, cols, by,
                             b->from_data ? "[data]" : "X");
  }
  if (by == NULL && b->from_data)
    return es_fail(diag, ES_USAGE,
                   "model.n2: give the number of rows of W (of W_p, too)");
  if (by == NULL) b->n2 = b->n1;
  return ES_OK;
}

static void draw(size_t rows, size_t cols, double scale, uint64_t seed,
                 uint64_t first, uint64_t stride, double *out) {
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < cols; j++)
      out[i + j * rows] = scale * es_random_normal(seed, ES_STREAM_INIT,
                                                   first + i * stride + j);
}

/* Part i as given or, of the first two, drawn: row by row, so that no number
 * depends on how many rows there are. W_p's come behind 2^40 of W's. */
static void fill(const byol *b, const es_config *config, int i, double *out) {
  const es_matrix *M = es_config_matrix(config, "model", parts[i]);
  if (M != NULL)
    memcpy(out, M->data, M->rows * M->cols * sizeof *out);
  else if (i == 0)
    draw(b->n2, b->n1, b->init_scale, b->seed, 0, b->n1, out);
  else if (i == 1)
    draw(b->n2, b->n2, b->init_scale, b->seed, 1ull << 40, 1ull << 20, out);
}

/* Z0 = W0 V. */
static void turned(const byol *b, const double *W, double *Z) {
  if (b->V == NULL)
    memcpy(Z, W, b->n2 * b->n1 * sizeof *Z);
  else
    es_gemm(false, false, b->n2, b->n1, b->n1, 1, W, b->n2, b->V, b->n1, 0, Z,
            b->n2);
}

static void read_matrices(byol *b, const es_config *config) {
  fill(b, config, 0, b->T);
  turned(b, b->T, b->Z0);
  fill(b, config, 1, b->P0);
  memset(b->T, 0, b->n2 * b->n1 * sizeof *b->T);
  fill(b, config, 2, b->T);
  turned(b, b->T, b->A0);
}

void es_byol_read_start(byol *b, const es_config *config) {
  const size_t n = b->n2;
  if (es_byol_starts_along(config))
    es_byol_start_along(b, config);
  else
    read_matrices(b, config);
  if (b->variant == BYOL_NO_PREDICTOR)
    for (size_t k = 0; k < n * n; k++) b->P0[k] = k % (n + 1) == 0;
}

/* Of the model and of the least solver, 15 states: before what n2 asks for is
 * taken. */
static es_status check_size(byol *b, es_diag *diag) {
  const double n1 = (double)b->n1, n2 = (double)b->n2;
  const double model = n1 * n1 * 3 + n2 * (6 * n1 + 10 * n2);
  const double solver = 15 * n2 * (2 * n1 + n2), has = es_machine_bytes();
  b->bytes = sizeof(double) * model;
  if (b->bytes + sizeof(double) * solver <= has) return ES_OK;
  return es_fail(diag, ES_NO_MEMORY,
                 "matrices of %zu by %zu need %.3g GB with a solver, and this "
                 "machine has %.3g GB",
                 b->n2, b->n1, (b->bytes + sizeof(double) * solver) * 1e-9,
                 has * 1e-9);
}

static es_status allocate(byol *b, es_diag *diag) {
  const size_t n1 = b->n1, n2 = b->n2;
  double **const wide[] = {&b->Z0, &b->A0, &b->T, &b->R};
  double **const square[] = {&b->P0, &b->F, &b->L, &b->Q, &b->U};
  bool whole = true;
  for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
    whole = (*wide[i] = es_zeroed(n2, n1, sizeof(double))) != NULL && whole;
  for (size_t i = 0; i < sizeof square / sizeof *square; i++)
    whole = (*square[i] = es_zeroed(n2, n2, sizeof(double))) != NULL && whole;
  b->value = es_zeroed(n2, 1, sizeof *b->value);
  b->sigma = es_zeroed(n2, 1, sizeof *b->sigma);
  if (!whole || b->value == NULL || b->sigma == NULL)
    return es_byol_no_memory(diag);
  const es_status status = es_svd_new(&b->svd, n2, n1, diag);
  return status == ES_OK ? es_eigen_new(&b->eigen, n2, true, diag) : status;
}

es_status es_byol_keep_law(byol *b, es_diag *diag) {
  const size_t n = b->n2;
  free(b->law);
  b->law = NULL;
  if (b->eta_p != b->eta_s || b->variant == BYOL_NO_PREDICTOR ||
      b->variant == BYOL_NO_STOP)
    return ES_OK;
  b->law = es_zeroed(n, n, sizeof *b->law);
  if (b->law == NULL) return es_byol_no_memory(diag);
  es_syrk(n, b->n1, 1, b->Z0, 0, b->law);
  es_gemm(true, false, n, n, n, -1 / b->alpha_p, b->P0, n, b->P0, n, 1, b->law,
          n);
  return ES_OK;
}

static es_status build(byol *b, const es_config *config, const es_watch *watch,
                       es_diag *diag) {
  read_rates(b, config);
  es_status status = es_byol_moments(b, config, watch, diag);
  if (status == ES_OK) status = read_n2(b, config, diag);
  if (status == ES_OK) status = check_size(b, diag);
  if (status == ES_OK) status = allocate(b, diag);
  if (status != ES_OK) return status;
  es_byol_read_start(b, config);
  status = es_byol_keep_law(b, diag);
  return status == ES_OK ? es_byol_align(b, diag) : status;
}

es_status es_byol_open(void **self, const es_config *config,
                       const es_watch *watch, es_diag *diag) {
  byol *b = calloc(1, sizeof *b);
  *self = NULL;
  if (b == NULL) return es_byol_no_memory(diag);
  const es_status status = build(b, config, watch, diag);
  if (status != ES_OK) {
    es_byol_close(b);
    return status;
  }
  *self = b;
  return ES_OK;
}

void es_byol_close(void *self) {
  byol *b = self;
  if (b == NULL) return;
  double *const own[] = {
      b->V, b->D, b->S, b->sum, b->Z0, b->P0,    b->A0,    b->law,    b->T,
      b->R, b->F, b->L, b->Q,   b->U,  b->value, b->sigma, b->points, b->modes};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) free(own[i]);
  es_svd_free(b->svd);
  es_eigen_free(b->eigen);
  es_byol_aligned_free(b->aligned);
  free(b);
}

es_status es_byol_cell_new(byol **out, const byol *b, es_diag *diag) {
  byol *cell = *out = malloc(sizeof *cell);
  if (cell == NULL) return es_byol_no_memory(diag);
  *cell = *b;
  double **const own[] = {&cell->Z0, &cell->P0, &cell->A0,    &cell->law,
                          &cell->T,  &cell->R,  &cell->F,     &cell->L,
                          &cell->Q,  &cell->U,  &cell->value, &cell->sigma};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) *own[i] = NULL;
  cell->svd = NULL;
  cell->eigen = NULL;
  cell->aligned = NULL;
  const es_status status = allocate(cell, diag);
  if (status != ES_OK) {
    es_byol_cell_free(cell);
    *out = NULL;
    return status;
  }
  const size_t wide = b->n2 * b->n1 * sizeof *b->Z0;
  memcpy(cell->Z0, b->Z0, wide);
  memcpy(cell->A0, b->A0, wide);
  memcpy(cell->P0, b->P0, b->n2 * b->n2 * sizeof *b->P0);
  return ES_OK;
}

void es_byol_cell_free(byol *cell) {
  if (cell == NULL) return;
  cell->V = cell->D = cell->S = cell->sum = cell->points = cell->modes = NULL;
  es_byol_close(cell);
}
