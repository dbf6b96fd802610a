/* BYOL's eigenmodes under a linear predictor of two layers, p = p2 p1
 * (theory.md 4), with r = lambda_d tau - lambda_s p:
 *   p1'  = alpha_p s p2 r - eta_p p1
 *   p2'  = alpha_p s p1 r - eta_p p2
 *   s'   = 2 p s r - 2 eta_s s
 *   tau' = beta (1 - tau) - tau (p r - eta_s)
 * For eta_p = eta_s = eta, p1^2 - p2^2 and s - p1^2/alpha_p decay as e^{-2 eta
 * t}. State, five numbers a mode: p1, p2, and W and W_a along it (direction.h).
 */
#include "models/linear/eigenmodes.h"

#include "models/linear/per_mode.h"
#include "models/linear/two_layer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { PARTS = 5, COLUMNS = 4 };

typedef struct two_layer {
  size_t n;           /* modes */
  es_eigenmode *mode; /* n; their p0 means nothing */
  double lr;          /* of descent; 0: none */
  double log_scale;   /* es_eigenmodes_log_scale */
  double *law;        /* 2 n: alpha_p s - p1^2 and - p2^2 of the starts */
  double *p1, *p2;    /* n: where the layers start */
  const char *no_start;
} two_layer;

static es_status rhs(double t, const double *state, double *dydt, void *self) {
  const two_layer *b = self;
  (void)t;
  for (size_t j = 0; j < b->n; j++) {
    const es_eigenmode *m = &b->mode[j];
    const double *v = state + PARTS * j;
    double *dv = dydt + PARTS * j;
    const bool descends = es_eigenmode_descends(m, b->lr);
    const double drive =
        m->alpha_p * direction_rates(m, descends, v[0] * v[1], v + 2, dv + 2);
    dv[0] = drive * v[1] - m->eta_p * v[0];
    dv[1] = drive * v[0] - m->eta_p * v[1];
  }
  return ES_OK;
}

/* What of a column comes through p, y and z: by holds their derivatives times
 * those of p, y and z by the column's variable; drive_by is that of drive. */
static void fill(double *column, const double *v, const direction *by,
                 double drive_by) {
  column[0] = drive_by * v[1];
  column[1] = drive_by * v[0];
  column[2] = by->rate;
  column[3] = by->turn * v[4];
  column[4] = -by->turn * v[3];
}

static void mode_jacobian(const es_eigenmode *m, const double *v, double *J,
                          size_t n) {
  const double size = direction_size(m, v + 2), y = v[3], z = v[4];
  const direction d = direction_of(m, v[0] * v[1], y, z);
  const direction_slope e = direction_slope_of(m, v[0] * v[1], y, z);
  const double strength = m->alpha_p * size * size;
  const double drive = strength * y * d.r;
  for (int k = 0; k < 2; k++) {
    const double other = v[1 - k];
    const direction by = {e.p.r * other, e.p.rate * other, e.p.turn * other};
    fill(J + (size_t)k * n, v, &by, strength * y * by.r);
  }
  fill(J + 2 * n, v, &(direction){0}, 2 * drive);
  fill(J + 3 * n, v, &e.y, strength * (d.r + y * e.y.r));
  fill(J + 4 * n, v, &e.z, strength * y * e.z.r);
  J[0] -= m->eta_p;
  J[1] += drive;
  J[0 + n] += drive;
  J[1 + n] -= m->eta_p;
  J[4 + 3 * n] -= d.turn;
  J[3 + 4 * n] += d.turn;
}

static es_status jacobian(double t, const double *state, double *J,
                          double *dfdt, void *self) {
  const two_layer *b = self;
  const size_t n = PARTS * b->n;
  (void)t, (void)dfdt;
  for (size_t j = 0; j < b->n; j++)
    mode_jacobian(&b->mode[j], state + PARTS * j, J + PARTS * j * (n + 1), n);
  return ES_OK;
}

/* A layer that starts from 0 is measured by the other. */
static double scale_of(double own, double other) {
  if (own != 0) return fabs(own);
  return other != 0 ? fabs(other) : 1;
}

static void start(const void *self, double *y, double *scale) {
  const two_layer *b = self;
  for (size_t j = 0; j < b->n; j++) {
    double *v = y + PARTS * j, *unit = scale + PARTS * j;
    v[0] = b->p1[j];
    v[1] = b->p2[j];
    unit[0] = scale_of(v[0], v[1]);
    unit[1] = scale_of(v[1], v[0]);
    es_eigenmode_begin(&b->mode[j], b->log_scale, v + 2, unit + 2);
  }
}

static es_status observe(void *self, double t, const double *y, double *out) {
  const two_layer *b = self;
  (void)t;
  for (size_t j = 0; j < b->n; j++) {
    const double *v = y + PARTS * j;
    double *own = out + COLUMNS * j;
    own[0] = v[0];
    own[1] = v[1];
    own[2] = es_eigenmode_s(&b->mode[j], v + 2);
    own[3] = es_eigenmode_tau(&b->mode[j], v + 2);
  }
  return ES_OK;
}

static void column(const void *self, size_t j, char *name, size_t size) {
  static const char *const names[COLUMNS] = {"p1", "p2", "s", "tau"};
  (void)self;
  snprintf(name, size, "%s_%zu", names[j % COLUMNS], j / COLUMNS + 1);
}

static size_t n_states(const void *self) {
  return 2 * ((const two_layer *)self)->n;
}

static void state(const void *self, const double *y, double *out) {
  const two_layer *b = self;
  for (size_t j = 0; j < b->n; j++)
    es_eigenmode_weights(&b->mode[j], y + PARTS * j + 2, out + 2 * j);
}

static void shape(const void *self, es_model_shape *out) {
  const two_layer *b = self;
  out->n = PARTS * b->n;
  out->n_columns = COLUMNS * b->n;
  out->atol_unit = ES_EIGENMODE_ATOL_UNIT;
  out->no_start = b->no_start;
  out->lr = b->lr;
}

static es_fate fate_of(const two_layer *b, size_t j, double t, const double *y,
                       es_two_layer_state *out) {
  const es_eigenmode *m = &b->mode[j];
  const double *v = y + PARTS * j;
  const double unit = sqrt(m->alpha_p) * direction_size(m, v + 2);
  const double left = exp(-2 * m->eta_s * t);
  *out = (es_two_layer_state){v[0],
                              v[1],
                              unit * v[3],
                              unit * v[4],
                              {b->law[2 * j] * left, b->law[2 * j + 1] * left}};
  return es_two_layer_fate(m, out);
}

/* As of byol-eigenmode: certain where every mode is, collapsed if any is. */
static es_fate fate(const void *self, double t, const double *y) {
  const two_layer *b = self;
  es_two_layer_state state;
  es_fate all = ES_FATE_STABLE;
  if (b->lr > 0) return ES_FATE_UNDECIDED;
  for (size_t j = 0; j < b->n; j++) {
    const es_fate one = fate_of(b, j, t, y, &state);
    if (one == ES_FATE_UNDECIDED) return one;
    if (one > all) all = one;
  }
  return all;
}

/* Where all modes together were certain, each is, but for rounding. */
static void limit(const void *self, es_fate overall, double t, const double *y,
                  double *out) {
  const two_layer *b = self;
  es_two_layer_state state;
  for (size_t j = 0; j < b->n; j++) {
    es_fate one = fate_of(b, j, t, y, &state);
    if (one == ES_FATE_UNDECIDED || overall == ES_FATE_STABLE) one = overall;
    es_two_layer_limit(&b->mode[j], one, &state, out + COLUMNS * j);
  }
}

static void close_modes(void *self) {
  two_layer *b = self;
  if (b == NULL) return;
  free(b->mode);
  free(b->law);
  free(b->p1);
  free(b->p2);
  free(b);
}

static es_status read_modes(two_layer *b, const es_config *config,
                            es_diag *diag) {
  const es_status status =
      es_eigenmodes_read(&b->mode, &b->n, &b->no_start, config, true, diag);
  if (status != ES_OK) return status;
  b->p1 = calloc(b->n, sizeof *b->p1);
  b->p2 = calloc(b->n, sizeof *b->p2);
  b->law = calloc(2 * b->n, sizeof *b->law);
  if (b->p1 == NULL || b->p2 == NULL || b->law == NULL)
    return es_fail(diag, ES_NO_MEMORY, "no memory");
  for (size_t j = 0; j < b->n && b->no_start == NULL; j++) {
    b->p1[j] = es_per_mode(config, "p10", j);
    b->p2[j] = es_per_mode(config, "p20", j);
    b->law[2 * j] = es_two_layer_law(&b->mode[j], b->p1[j]);
    b->law[2 * j + 1] = es_two_layer_law(&b->mode[j], b->p2[j]);
  }
  return ES_OK;
}

static es_status open_modes(void **self, const es_config *config,
                            const es_watch *watch, es_diag *diag) {
  two_layer *b = calloc(1, sizeof *b);
  (void)watch;
  *self = NULL;
  if (b == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  const es_status status = read_modes(b, config, diag);
  if (status != ES_OK) {
    close_modes(b);
    return status;
  }
  b->lr = es_eigenmodes_lr(config);
  b->log_scale = es_eigenmodes_log_scale(config);
  *self = b;
  return ES_OK;
}

const es_model es_model_byol_two_layer = {
    .name = "byol-two-layer",
    .summary = "BYOL's eigenmodes under a linear predictor of two layers",
    .keys = &es_two_layer_keys,
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
    .fate = fate,
    .limit = limit,
};
