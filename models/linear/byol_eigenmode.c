/* BYOL's and SimSiam's decoupled eigenmodes as an es_model (theory.md 4; the
 * maths of one mode is in eigenmode.h):
 *   p' = alpha_p s r - eta_p p,   s' = 2 p s r - 2 eta_s s,
 *   tau' = beta (1 - tau) - tau (p r - eta_s),   r = lambda_d tau - lambda_s p.
 * State, four numbers a mode: p, and W and W_a along it as a size and a
 * direction (direction.h), which is regular where tau is not. */
#include "models/linear/byol_eigenmode.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { PARTS = 4, COLUMNS = 3 };

static es_status rhs(double t, const double *state, double *dydt, void *self) {
  const byol_eigenmode *b = self;
  (void)t;
  for (size_t j = 0; j < b->n; j++) {
    const es_eigenmode *m = &b->mode[j];
    es_direction_flow(m, es_eigenmode_descends(m, b->lr), state + PARTS * j,
                      dydt + PARTS * j);
  }
  return ES_OK;
}

static es_status jacobian(double t, const double *state, double *J,
                          double *dfdt, void *self) {
  const byol_eigenmode *b = self;
  const size_t n = PARTS * b->n;
  (void)t, (void)dfdt;
  for (size_t j = 0; j < b->n; j++)
    es_direction_jacobian(&b->mode[j], state + PARTS * j,
                          J + PARTS * j * (n + 1), n);
  return ES_OK;
}

static void start(const void *self, double *y, double *scale) {
  const byol_eigenmode *b = self;
  for (size_t j = 0; j < b->n; j++) {
    const es_eigenmode *m = &b->mode[j];
    y[PARTS * j] = m->p0;
    scale[PARTS * j] = m->p0 != 0 ? fabs(m->p0) : 1 / ES_EIGENMODE_ATOL_UNIT;
    es_eigenmode_begin(m, b->log_scale, y + PARTS * j + 1,
                       scale + PARTS * j + 1);
  }
}

static es_eigenmode_state state_of(const byol_eigenmode *b, size_t j,
                                   const double *y) {
  const double *v = y + PARTS * j;
  return (es_eigenmode_state){v[0], es_eigenmode_s(&b->mode[j], v + 1),
                              es_eigenmode_tau(&b->mode[j], v + 1)};
}

/* p, s, tau of mode j and its residual. */
static void columns_of(const byol_eigenmode *b, size_t j, double t,
                       const es_eigenmode_state *v, double *out) {
  const es_eigenmode *m = &b->mode[j];
  double *own = out + COLUMNS * j;
  own[0] = v->p;
  own[1] = v->s;
  own[2] = v->tau;
  out[COLUMNS * b->n + j] =
      m->eta_p == m->eta_s
          ? v->s - v->p * v->p / m->alpha_p - b->c[j] * exp(-2 * m->eta_p * t)
          : NAN;
}

static es_status observe(void *self, double t, const double *y, double *out) {
  const byol_eigenmode *b = self;
  for (size_t j = 0; j < b->n; j++) {
    const es_eigenmode_state v = state_of(b, j, y);
    columns_of(b, j, t, &v, out);
  }
  return ES_OK;
}

static es_status exact(void *self, double t, double *out, double *user) {
  const byol_eigenmode *b = self;
  for (size_t j = 0; j < b->n; j++) {
    const es_eigenmode_state v = es_eigenmode_exact(&b->mode[j], t);
    columns_of(b, j, t, &v, out);
    if (user == NULL) continue;
    user[2 * j] = sqrt(v.s);
    user[2 * j + 1] = v.tau * sqrt(v.s);
  }
  return ES_OK;
}

/* In (p, w) of all modes, from the closed form. */
static double distance(void *self, double t, const double *y) {
  const byol_eigenmode *b = self;
  double square = 0;
  for (size_t j = 0; j < b->n; j++) {
    const double *v = y + PARTS * j;
    if (!es_eigenmode_has_exact(&b->mode[j])) return NAN;
    const es_eigenmode_state e = es_eigenmode_exact(&b->mode[j], t);
    double w[2];
    es_eigenmode_weights(&b->mode[j], v + 1, w);
    const double dp = v[0] - e.p, dw = w[0] - sqrt(e.s);
    square += dp * dp + dw * dw;
  }
  return sqrt(square);
}

static void column(const void *self, size_t j, char *name, size_t size) {
  static const char *const names[COLUMNS] = {"p", "s", "tau"};
  const byol_eigenmode *b = self;
  if (j < COLUMNS * b->n)
    snprintf(name, size, "%s_%zu", names[j % COLUMNS], j / COLUMNS + 1);
  else
    snprintf(name, size, "invariant_residual_%zu", j - COLUMNS * b->n + 1);
}

static size_t n_states(const void *self) {
  return 2 * ((const byol_eigenmode *)self)->n;
}

static void state(const void *self, const double *y, double *out) {
  const byol_eigenmode *b = self;
  for (size_t j = 0; j < b->n; j++)
    es_eigenmode_weights(&b->mode[j], y + PARTS * j + 1, out + 2 * j);
}

static void shape(const void *self, es_model_shape *out) {
  const byol_eigenmode *b = self;
  out->n = PARTS * b->n;
  out->n_columns = (COLUMNS + 1) * b->n;
  out->n_swept = COLUMNS * b->n;
  out->atol_unit = ES_EIGENMODE_ATOL_UNIT;
  out->no_start = b->no_start;
  out->lr = b->lr;
  out->has_exact = b->no_start == NULL;
  for (size_t j = 0; j < b->n && out->has_exact; j++)
    out->has_exact = es_eigenmode_has_exact(&b->mode[j]);
}

static es_fate fate_of(const byol_eigenmode *b, size_t j, const double *y) {
  const double *v = y + PARTS * j;
  double w[2];
  es_eigenmode_weights(&b->mode[j], v + 1, w);
  return es_eigenmode_fate_of_weights(&b->mode[j], b->c[j], v[0], w);
}

/* Certain where every mode is: then collapsed if any mode is, since a dimension
 * is lost, and else stable. Descent can leap out of the flow's regions. */
static es_fate fate(const void *self, double t, const double *y) {
  const byol_eigenmode *b = self;
  (void)t;
  if (b->lr > 0) return ES_FATE_UNDECIDED;
  es_fate all = ES_FATE_STABLE;
  for (size_t j = 0; j < b->n; j++) {
    const es_fate one = fate_of(b, j, y);
    if (one == ES_FATE_UNDECIDED) return one;
    if (one > all) all = one;
  }
  return all;
}

/* Where all modes together were certain, each is, but for rounding. */
static void limit(const void *self, es_fate overall, double t, const double *y,
                  double *out) {
  const byol_eigenmode *b = self;
  (void)t;
  for (size_t j = 0; j < b->n; j++) {
    es_fate one = fate_of(b, j, y);
    if (one == ES_FATE_UNDECIDED || overall == ES_FATE_STABLE) one = overall;
    const es_eigenmode_state end = es_eigenmode_limit(&b->mode[j], one);
    columns_of(b, j, INFINITY, &end, out);
  }
}

static void close_modes(void *self) {
  byol_eigenmode *b = self;
  if (b == NULL) return;
  free(b->mode);
  free(b->c);
  free(b->points);
  free(b->boundary);
  free(b);
}

static es_status open_modes(void **self, const es_config *config,
                            const es_watch *watch, es_diag *diag) {
  byol_eigenmode *b = calloc(1, sizeof *b);
  (void)watch;
  *self = NULL;
  if (b == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status =
      es_eigenmodes_read(&b->mode, &b->n, &b->no_start, config, false, diag);
  if (status == ES_OK) {
    b->c = calloc(b->n, sizeof *b->c);
    if (b->c == NULL) status = es_fail(diag, ES_NO_MEMORY, "no memory");
  }
  b->s0_given = es_config_has(config, "model", "s0");
  if (status == ES_OK) status = es_byol_eigenmode_find_points(b, diag);
  if (status != ES_OK) {
    close_modes(b);
    return status;
  }
  b->lr = es_eigenmodes_lr(config);
  b->log_scale = es_eigenmodes_log_scale(config);
  for (size_t j = 0; j < b->n; j++) b->c[j] = es_eigenmode_c(&b->mode[j]);
  *self = b;
  return ES_OK;
}

const es_model es_model_byol_eigenmode = {
    .name = "byol-eigenmode",
    .summary = "BYOL's and SimSiam's decoupled eigenmodes: p, s, tau each",
    .keys = &es_eigenmode_keys,
    .open = open_modes,
    .close = close_modes,
    .shape = shape,
    .column = column,
    .n_states = n_states,
    .state_name = es_eigenmode_weight_name,
    .start = start,
    .rhs = rhs,
    .jacobian = jacobian,
    .observe = observe,
    .state = state,
    .exact = exact,
    .distance = distance,
    .fixed_columns = es_byol_eigenmode_point_columns,
    .n_fixed = es_byol_eigenmode_n_points,
    .fixed = es_byol_eigenmode_point,
    .fixed_word = es_byol_eigenmode_point_word,
    .n_figures = es_byol_eigenmode_n_figures,
    .figure = es_byol_eigenmode_figure,
    .separatrix_columns = es_byol_eigenmode_boundary_columns,
    .n_separatrix = es_byol_eigenmode_find_boundary,
    .separatrix = es_byol_eigenmode_boundary,
    .separatrix_word = es_byol_eigenmode_branch,
    .remark = es_byol_eigenmode_remark,
    .fate = fate,
    .limit = limit,
    .batch = &es_eigenmode_batch,
};
