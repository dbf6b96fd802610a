/* The predictor set from the correlation matrix (theory.md 5): eigenmodes of
 * DirectSet, DirectPred and DirectCopy without running average. s_j are the
 * eigenvalues of F, p_j those that the rule gives the predictor:
 *   s_j' = 2 s_j [p_j (tau - b p_j) - eta],   b = 1 + sigma2,
 *   directset:  p = s^a
 *   directpred: p = sqrt(s) + epsilon max_k s_k            (form=paper)
 *               p = max(sqrt(s/max_k s_k) + epsilon, 1e-4) (form=code)
 *   directcopy: p = s/|s|_2 + epsilon
 * Under directset p' = 2 a p {p (tau - b p) - eta} is the flow of BYOL's
 * eigenmode on its parabola with time 2 a t, exactly. State: p for directset, s
 * for the others, and under descent (solver.method=gd) the eigenvalue w =
 * sqrt(s) of W for all, since W is what descends. */
#include "models/linear/eigenmodes.h"

#include "models/linear/per_mode.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 1e100
#define MODEL_KEY(name, kind, flags, low, choices, unit, fallback, help)       \
  { "model", name, kind, flags, low, MOST, choices, unit, fallback, help }

static const es_key keys[] = {
    MODEL_KEY("p0", ES_LIST, 0, 0, NULL, "1", NULL,
              "start: the predictor's eigenvalue along each mode; of "
              "directpred form=code and of directcopy, which see ratios of s "
              "alone, the square root of s"),
    MODEL_KEY("rule", ES_CHOICE, 0, 0, "directset|directpred|directcopy", NULL,
              "directset",
              "p = s^a; sqrt(s) + epsilon max s; or s/|s| + epsilon"),
    MODEL_KEY("form", ES_CHOICE, 0, 0, "paper|code", NULL, "paper",
              "of directpred; code: sqrt(s/max s) + epsilon, at least 1e-4"),
    MODEL_KEY("a", ES_REAL, ES_OPEN_LOW, 0, NULL, "1", "0.5",
              "exponent of directset"),
    MODEL_KEY("epsilon", ES_REAL, 0, 0, NULL, "1", "0",
              "boost of directpred and directcopy"),
    MODEL_KEY("sigma2", ES_LIST, 0, 0, NULL, "1", "0.09",
              "variance of the augmentation"),
    MODEL_KEY("eta", ES_LIST, 0, 0, NULL, "1/time", "0.04", "weight decay"),
    MODEL_KEY("tau", ES_LIST, 0, -MOST, NULL, "1", "1",
              "W_a = tau W, constant"),
    {"model", "lr", ES_REAL, ES_OPEN_LOW, 0, INFINITY, NULL, "time", NULL,
     "learning rate of solver.method=gd: t = steps * lr"},
};
static const es_keys model_keys = {keys, sizeof keys / sizeof *keys};

typedef enum rule_form { SET, PRED_PAPER, PRED_CODE, COPY } rule_form;

#define LEAST 1e-4 /* of the code's p */

typedef struct directset {
  size_t n;
  es_eigenmode *mode; /* n: on the parabola, with p0 the start */
  double *s0;         /* n */
  double *p, *s;      /* n: of the state, workspaces */
  rule_form rule;
  double a, epsilon, lr; /* lr of descent; 0: none */
  const char *no_start;
} directset;

/* The predictor's eigenvalues for the modes' s. */
static void predictor(const directset *b, const double *s, double *p) {
  double most = 0, square = 0;
  for (size_t j = 0; j < b->n; j++) most = fmax(most, s[j]);
  for (size_t j = 0; j < b->n && most > 0; j++)
    square += (s[j] / most) * (s[j] / most);
  for (size_t j = 0; j < b->n; j++) {
    const double share = most > 0 ? s[j] / most : 0;
    if (b->rule == PRED_PAPER)
      p[j] = sqrt(s[j]) + b->epsilon * most;
    else if (b->rule == PRED_CODE)
      p[j] = fmax(sqrt(share) + b->epsilon, LEAST);
    else
      p[j] = (square > 0 ? share / sqrt(square) : 0) + b->epsilon;
  }
}

static double growth(const es_eigenmode *m, double p) {
  return p * (m->tau0 - m->lambda_s * p) - m->eta_s;
}

/* b->s and b->p of the state. */
static void read_state(const directset *b, const double *y) {
  for (size_t j = 0; j < b->n; j++) {
    const bool is_p = b->lr == 0 && b->rule == SET;
    b->s[j] = b->lr > 0 ? y[j] * y[j] : is_p ? pow(y[j], 1 / b->a) : y[j];
    if (b->rule == SET) b->p[j] = is_p ? y[j] : pow(b->s[j], b->a);
  }
  if (b->rule != SET) predictor(b, b->s, b->p);
}

static es_status rhs(double t, const double *y, double *dydt, void *self) {
  directset *b = self;
  const double rate = b->lr > 0 ? 1 : b->rule == SET ? 2 * b->a : 2;
  (void)t;
  read_state(b, y);
  for (size_t j = 0; j < b->n; j++)
    dydt[j] = rate * y[j] * growth(&b->mode[j], b->p[j]);
  return ES_OK;
}

static void start(const void *self, double *y, double *scale) {
  const directset *b = self;
  for (size_t j = 0; j < b->n; j++) {
    y[j] = b->lr > 0        ? sqrt(b->s0[j])
           : b->rule == SET ? b->mode[j].p0
                            : b->s0[j];
    scale[j] = y[j] > 0 ? y[j] : 1;
  }
}

static es_status observe(void *self, double t, const double *y, double *out) {
  directset *b = self;
  (void)t;
  read_state(b, y);
  for (size_t j = 0; j < b->n; j++) {
    out[2 * j] = b->p[j];
    out[2 * j + 1] = b->s[j];
  }
  return ES_OK;
}

static es_status exact(void *self, double t, double *out, double *user) {
  directset *b = self;
  for (size_t j = 0; j < b->n; j++) {
    out[2 * j] = es_eigenmode_exact(&b->mode[j], 2 * b->a * t).p;
    out[2 * j + 1] = pow(out[2 * j], 1 / b->a);
    if (user != NULL) user[j] = sqrt(out[2 * j + 1]);
  }
  return ES_OK;
}

static void column(const void *self, size_t j, char *name, size_t size) {
  (void)self;
  snprintf(name, size, "%s_%zu", j % 2 == 0 ? "p" : "s", j / 2 + 1);
}

static size_t n_states(const void *self) {
  return ((const directset *)self)->n;
}

static void state_name(const void *self, size_t j, char *name, size_t size) {
  (void)self;
  snprintf(name, size, "W_%zu", j + 1);
}

static void state(const void *self, const double *y, double *out) {
  const directset *b = self;
  read_state(b, y);
  for (size_t j = 0; j < b->n; j++) out[j] = sqrt(b->s[j]);
}

/* Of directset, as long as its numbers are none that the parabola's closed form
 * cannot bear. */
static bool has_exact(const directset *b) {
  bool all = b->rule == SET;
  for (size_t j = 0; j < b->n && all; j++)
    all = es_eigenmode_has_exact(&b->mode[j]);
  return all;
}

/* In w of all modes, from the closed form. */
static double distance(void *self, double t, const double *y) {
  const directset *b = self;
  double square = 0;
  if (!has_exact(b)) return NAN;
  read_state(b, y);
  for (size_t j = 0; j < b->n; j++) {
    const double p = es_eigenmode_exact(&b->mode[j], 2 * b->a * t).p;
    const double dw = sqrt(b->s[j]) - sqrt(pow(p, 1 / b->a));
    square += dw * dw;
  }
  return sqrt(square);
}

static void shape(const void *self, es_model_shape *out) {
  const directset *b = self;
  out->n = b->n;
  out->n_columns = 2 * b->n;
  out->atol_unit = ES_EIGENMODE_ATOL_UNIT;
  out->no_start = b->no_start;
  out->has_exact = has_exact(b);
  out->lr = b->lr;
}

/* s of the start. The paper's directpred is inverted: the largest root x obeys
 * x + epsilon x^2 = p, and then sqrt(s) = p - epsilon x^2 for all. */
static es_status settle_start(directset *b, const es_config *config,
                              es_diag *diag) {
  double most = 0;
  for (size_t j = 0; j < b->n; j++) most = fmax(most, b->mode[j].p0);
  const double x = 2 * most / (1 + sqrt(1 + 4 * b->epsilon * most));
  const double boost = b->rule == PRED_PAPER ? b->epsilon * x * x : 0;
  for (size_t j = 0; j < b->n; j++) {
    const double root = b->mode[j].p0 == most && b->rule == PRED_PAPER
                            ? x
                            : b->mode[j].p0 - boost;
    if (root < 0)
      return es_config_blame(config, "model", "p0", diag,
                             "mode %zu starts at %.6g, but directpred sets no "
                             "predictor below epsilon max s = %.6g",
                             j + 1, b->mode[j].p0, boost);
    b->s0[j] = b->rule == SET ? pow(root, 1 / b->a) : root * root;
  }
  return ES_OK;
}

static es_status read_modes(directset *b, const es_config *config,
                            es_diag *diag) {
  static const char *const names[] = {"p0", "sigma2", "eta", "tau", NULL};
  const es_status status = es_per_mode_count(&b->n, config, names, diag);
  if (status != ES_OK) return status;
  b->mode = calloc(b->n, sizeof *b->mode);
  b->s0 = calloc(b->n, sizeof *b->s0);
  b->p = calloc(b->n, sizeof *b->p);
  b->s = calloc(b->n, sizeof *b->s);
  if (b->mode == NULL || b->s0 == NULL || b->p == NULL || b->s == NULL)
    return es_fail(diag, ES_NO_MEMORY, "no memory");
  if (!es_config_has(config, "model", "p0"))
    b->no_start = "model.p0: give the predictor's eigenvalue that each mode "
                  "starts from";
  for (size_t j = 0; j < b->n; j++) {
    const double eta = es_per_mode(config, "eta", j);
    const double p0 = b->no_start == NULL ? es_per_mode(config, "p0", j) : 0;
    b->mode[j] =
        (es_eigenmode){.alpha_p = 1,
                       .eta_p = eta,
                       .eta_s = eta,
                       .lambda_s = 1 + es_per_mode(config, "sigma2", j),
                       .lambda_d = 1,
                       .p0 = p0,
                       .s0 = p0 * p0,
                       .tau0 = es_per_mode(config, "tau", j)};
  }
  return settle_start(b, config, diag);
}

static void close_modes(void *self) {
  directset *b = self;
  if (b == NULL) return;
  free(b->mode);
  free(b->s0);
  free(b->p);
  free(b->s);
  free(b);
}

static rule_form rule_of(const es_config *config) {
  const char *rule = es_config_text(config, "model", "rule");
  const char *form = es_config_text(config, "model", "form");
  if (strcmp(rule, "directset") == 0) return SET;
  if (strcmp(rule, "directcopy") == 0) return COPY;
  return strcmp(form, "paper") == 0 ? PRED_PAPER : PRED_CODE;
}

static es_status open_modes(void **self, const es_config *config,
                            const es_watch *watch, es_diag *diag) {
  directset *b = calloc(1, sizeof *b);
  (void)watch;
  *self = NULL;
  if (b == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  b->rule = rule_of(config);
  b->a = es_config_real(config, "model", "a");
  b->epsilon = es_config_real(config, "model", "epsilon");
  b->lr = es_eigenmodes_lr(config);
  const es_status status = read_modes(b, config, diag);
  if (status != ES_OK) {
    close_modes(b);
    return status;
  }
  *self = b;
  return ES_OK;
}

const es_model es_model_directset = {
    .name = "directset",
    .summary = "a predictor set from the correlation matrix, mode by mode",
    .keys = &model_keys,
    .open = open_modes,
    .close = close_modes,
    .shape = shape,
    .column = column,
    .n_states = n_states,
    .state_name = state_name,
    .start = start,
    .rhs = rhs,
    .observe = observe,
    .state = state,
    .exact = exact,
    .distance = distance,
};
