/* The symmetrised flow of W_p and F = W X W^T at X = I, X' = sigma^2 I, W_a =
 * tau W (Tian, Chen, Ganguli 2021, Theorem 3; theory.md 3), b = 1 + sigma^2:
 *   W_p' = -(alpha_p/2) b {W_p,F} + alpha_p tau F - eta W_p
 *   F'   = -b {W_p^2,F} + tau {W_p,F} - 2 eta F
 * State y: the lower triangles of W_p and of F, column by column, so that both
 * stay symmetric whatever the method. */
#include "models/linear/byol_symmetric.h"

#include "base/slab.h"
#include "metrics/modes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODEL_KEY(name, kind, flags, low, high, unit, fallback, help)          \
  { "model", name, kind, flags, low, high, NULL, unit, fallback, help }

static const es_key keys[] = {
    MODEL_KEY("Wp0", ES_MATRIX, ES_SYMMETRIC, -INFINITY, INFINITY, "1", NULL,
              "start of the predictor W_p"),
    MODEL_KEY("F0", ES_MATRIX, ES_SYMMETRIC, -INFINITY, INFINITY, "1", NULL,
              "start of F = W X W^T, positive semi-definite"),
    MODEL_KEY("sigma2", ES_REAL, 0, 0, INFINITY, "1", "0.09",
              "variance of the augmentation: X' = sigma2 I beside X = I"),
    MODEL_KEY("tau", ES_REAL, 0, -INFINITY, INFINITY, "1", "1",
              "the target is W_a = tau W throughout"),
    MODEL_KEY("alpha_p", ES_REAL, ES_OPEN_LOW, 0, INFINITY, "1", "1",
              "learning rate of the predictor over that of W"),
    MODEL_KEY("eta", ES_REAL, 0, 0, INFINITY, "1/time", "0.04", "weight decay"),
    MODEL_KEY("lr", ES_REAL, ES_OPEN_LOW, 0, INFINITY, "time", NULL,
              "learning rate of solver.method=gd: t = steps * lr"),
};
static const es_keys symmetric_keys = {keys, sizeof keys / sizeof *keys};

static size_t triangle(size_t n) { return n * (n + 1) / 2; }

static void pack(size_t n, const double *A, double *y) {
  for (size_t j = 0; j < n; j++)
    for (size_t i = j; i < n; i++) *y++ = A[i + j * n];
}

static void unpack(size_t n, const double *y, double *A) {
  for (size_t j = 0; j < n; j++)
    for (size_t i = j; i < n; i++) A[i + j * n] = A[j + i * n] = *y++;
}

void es_byol_symmetric_unpack(const symmetric *m, const double *y) {
  unpack(m->n, y, m->P);
  unpack(m->n, y + triangle(m->n), m->F);
}

/* C = A B. */
static void product(size_t n, const double *A, const double *B, double *C) {
  es_gemm(false, false, n, n, n, 1, A, n, B, n, 0, C, n);
}

static es_status rhs(double t, const double *y, double *dydt, void *self) {
  const symmetric *m = self;
  const size_t n = m->n;
  double *dP = dydt, *dF = dydt + triangle(n);
  (void)t;
  es_byol_symmetric_unpack(m, y);
  product(n, m->P, m->F, m->G);
  product(n, m->P, m->G, m->H);
  for (size_t j = 0; j < n; j++)
    for (size_t i = j; i < n; i++) {
      const size_t k = i + j * n, mirror = j + i * n;
      const double once = m->G[k] + m->G[mirror];  /* {W_p,F} */
      const double twice = m->H[k] + m->H[mirror]; /* {W_p^2,F} */
      *dP++ =
          m->alpha_p * (m->tau * m->F[k] - m->b / 2 * once) - m->eta * m->P[k];
      *dF++ = m->tau * once - m->b * twice - 2 * m->eta * m->F[k];
    }
  return ES_OK;
}

static es_status no_memory(es_diag *diag) {
  return es_fail(diag, ES_NO_MEMORY, "no memory for the model");
}

static double trace_of_D(const symmetric *m, const double *P, const double *F) {
  const size_t n = m->n;
  double sum = 0;
  for (size_t j = 0; j < n; j++) sum += F[j + j * n];
  const double norm = es_norm(n * n, P);
  return sum - norm * norm / m->alpha_p;
}

static es_status allocate(symmetric *m, es_diag *diag) {
  const size_t n = m->n;
  double **const square[] = {&m->P0, &m->F0, &m->P, &m->F,
                             &m->G,  &m->H,  &m->U, &m->overlap};
  bool whole = true;
  for (size_t i = 0; i < sizeof square / sizeof *square; i++)
    whole = (*square[i] = es_zeroed(n, n, sizeof(double))) != NULL && whole;
  m->value = es_zeroed(n, 1, sizeof *m->value);
  if (!whole || m->value == NULL) return no_memory(diag);
  return es_eigen_new(&m->eigen, n, true, diag);
}

/* F = W X W^T has no negative eigenvalue but by rounding. */
static es_status check_F(symmetric *m, const es_config *config, es_diag *diag) {
  const size_t n = m->n;
  memcpy(m->U, m->F0, n * n * sizeof *m->U);
  const es_status status =
      es_eigen_run(m->eigen, n, m->U, m->value, false, diag);
  if (status != ES_OK) return status;
  if (m->value[0] < -1e-12 * fabs(m->value[n - 1]) || !(m->value[n - 1] >= 0))
    return es_config_blame(config, "model", "F0", diag,
                           "not positive semi-definite: its least eigenvalue "
                           "is %.6g",
                           m->value[0]);
  return ES_OK;
}

static es_status build(symmetric *m, const es_config *config, es_diag *diag) {
  const es_matrix *P0 = es_config_matrix(config, "model", "Wp0");
  const es_matrix *F0 = es_config_matrix(config, "model", "F0");
  if (P0 == NULL || F0 == NULL)
    return es_fail(diag, ES_USAGE, "model.%s: byol-symmetric needs it",
                   P0 == NULL ? "Wp0" : "F0");
  if (F0->rows != P0->rows)
    return es_config_blame(config, "model", "F0", diag,
                           "%zu by %zu, but Wp0 is %zu by %zu", F0->rows,
                           F0->cols, P0->rows, P0->cols);
  m->n = P0->rows;
  m->b = 1 + es_config_real(config, "model", "sigma2");
  m->tau = es_config_real(config, "model", "tau");
  m->alpha_p = es_config_real(config, "model", "alpha_p");
  m->eta = es_config_real(config, "model", "eta");
  if (es_config_has(config, "model", "lr"))
    m->lr = es_config_real(config, "model", "lr");
  const es_status status = allocate(m, diag);
  if (status != ES_OK) return status;
  memcpy(m->P0, P0->data, m->n * m->n * sizeof *m->P0);
  memcpy(m->F0, F0->data, m->n * m->n * sizeof *m->F0);
  m->trace = trace_of_D(m, m->P0, m->F0);
  const es_status fit = check_F(m, config, diag);
  return fit == ES_OK ? es_byol_symmetric_align(m, diag) : fit;
}

static void close_model(void *self) {
  symmetric *m = self;
  if (m == NULL) return;
  double *const own[] = {m->P0, m->F0, m->P,       m->F,    m->G,
                         m->H,  m->U,  m->overlap, m->value};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) free(own[i]);
  es_eigen_free(m->eigen);
  free(m->basis);
  free(m->mode);
  free(m->order);
  free(m);
}

static es_status open_model(void **self, const es_config *config,
                            const es_watch *watch, es_diag *diag) {
  symmetric *m = calloc(1, sizeof *m);
  (void)watch;
  *self = NULL;
  if (m == NULL) return no_memory(diag);
  const es_status status = build(m, config, diag);
  if (status != ES_OK) {
    close_model(m);
    return status;
  }
  *self = m;
  return ES_OK;
}

static void shape(const void *self, es_model_shape *out) {
  const symmetric *m = self;
  out->n = 2 * triangle(m->n);
  out->n_columns = SYMMETRIC_FIRST + 2 * m->n;
  out->lr = m->lr;
  out->has_exact = m->has_exact;
}

static void column(const void *self, size_t j, char *name, size_t size) {
  static const char *const first[SYMMETRIC_FIRST] = {
      "commutator", "commutator_normalised", "K_min", "trace_residual"};
  const symmetric *m = self;
  if (j < SYMMETRIC_FIRST) {
    snprintf(name, size, "%s", first[j]);
    return;
  }
  j -= SYMMETRIC_FIRST;
  snprintf(name, size, j < m->n ? "p_%zu" : "s_%zu", j % m->n + 1);
}

static void fill_scale(size_t n, const double *start, double *scale) {
  const double norm = es_norm(n * n, start);
  for (size_t i = 0; i < triangle(n); i++)
    scale[i] = norm > 0 && norm < 1 ? norm : 1;
}

static void start(const void *self, double *y, double *scale) {
  const symmetric *m = self;
  pack(m->n, m->P0, y);
  pack(m->n, m->F0, y + triangle(m->n));
  fill_scale(m->n, m->P0, scale);
  fill_scale(m->n, m->F0, scale + triangle(m->n));
}

/* Of P and F scaled to norm one: as both are symmetric, F P - P F is the
 * asymmetry of F P. */
static void commutator(const symmetric *m, double *out) {
  const size_t n = m->n, nn = n * n;
  const double p = es_norm(nn, m->P), f = es_norm(nn, m->F);
  es_modes_unit(nn, m->F, f, m->U);
  es_modes_unit(nn, m->P, p, m->overlap);
  product(n, m->U, m->overlap, m->G);
  out[1] = es_modes_asymmetry(n, m->G, m->H);
  out[0] = out[1] * f * p;
}

/* Least eigenvalue of K = b [(alpha_p/2) F + W_p^2 - (tau/b) W_p] + (3/2) eta
 * I.
 */
static es_status least_of_K(const symmetric *m, double *out) {
  const size_t n = m->n;
  product(n, m->P, m->P, m->H);
  for (size_t k = 0; k < n * n; k++)
    m->H[k] = m->b * (m->alpha_p / 2 * m->F[k] + m->H[k]) - m->tau * m->P[k] +
              (k % (n + 1) == 0 ? 1.5 * m->eta : 0);
  const es_status status =
      es_eigen_run(m->eigen, n, m->H, m->value, false, NULL);
  *out = m->value[0];
  return status;
}

/* Eigenvalues s of F falling, and those of W_p that belong to them. */
static es_status modes(const symmetric *m, double *p, double *s) {
  const size_t n = m->n;
  memcpy(m->U, m->F, n * n * sizeof *m->U);
  memcpy(m->G, m->P, n * n * sizeof *m->G);
  es_status status = es_eigen_run(m->eigen, n, m->U, s, true, NULL);
  if (status == ES_OK)
    status = es_eigen_run(m->eigen, n, m->G, m->value, true, NULL);
  if (status != ES_OK) return status;
  es_eigen_falling(n, s, m->U);
  es_modes_pair(n, m->U, m->G, m->value, m->overlap, p);
  return ES_OK;
}

static es_status observe(void *self, double t, const double *y, double *out) {
  const symmetric *m = self;
  const size_t n = m->n;
  es_byol_symmetric_unpack(m, y);
  commutator(m, out);
  out[3] = fabs(trace_of_D(m, m->P, m->F) - m->trace * exp(-2 * m->eta * t));
  const es_status status = least_of_K(m, out + 2);
  return status == ES_OK
             ? modes(m, out + SYMMETRIC_FIRST, out + SYMMETRIC_FIRST + n)
             : status;
}

static size_t n_states(const void *self) {
  const symmetric *m = self;
  return 2 * m->n * m->n;
}

static void state_name(const void *self, size_t r, char *name, size_t size) {
  const symmetric *m = self;
  const size_t n = m->n, k = r % (n * n);
  snprintf(name, size, "%s_%zu_%zu", r < n * n ? "Wp" : "F", k / n + 1,
           k % n + 1);
}

static void state(const void *self, const double *y, double *out) {
  const symmetric *m = self;
  unpack(m->n, y, out);
  unpack(m->n, y + triangle(m->n), out + m->n * m->n);
}

const es_model es_model_byol_symmetric = {
    .name = "byol-symmetric",
    .summary = "symmetrised flow of W_p and F: eigenspaces align (Theorem 3)",
    .keys = &symmetric_keys,
    .open = open_model,
    .close = close_model,
    .shape = shape,
    .start = start,
    .rhs = rhs,
    .column = column,
    .observe = observe,
    .n_states = n_states,
    .state_name = state_name,
    .state = state,
    .exact = es_byol_symmetric_exact,
    .fate = es_byol_symmetric_fate,
    .limit = es_byol_symmetric_limit,
};
