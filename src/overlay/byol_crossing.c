/* Which factor on one parameter changes a mode's fate: see byol_fate.h. A grid
 * even in the logarithm, from 1 outward; the nearest interval with certain and
 * different ends is divided again and again, by as many starts at once. */
#include "overlay/byol_fate.h"

#include <math.h>

enum { GRID = 256, AXES = 2, ROUNDS = 12 };
static const double narrow = 1e-10;

typedef struct scan {
  const es_eigenmode *mode;
  es_byolnet_turn turn;
  double values[GRID * AXES], columns[GRID * 3];
  es_cell cell[GRID];
  es_fate fate[GRID];
} scan;

const char *es_byolnet_turn_name(es_byolnet_turn turn) {
  static const char *const names[ES_BYOLNET_TURNS] = {
      "alpha_p", "eta", "beta", "init_scale", "predictor_scale"};
  return names[turn];
}

/* The keys that it turns, and how many. */
static size_t axes_of(es_byolnet_turn turn, const char *axis[AXES]) {
  static const char *const keys[ES_BYOLNET_TURNS][AXES] = {{"alpha_p", NULL},
                                                           {"eta_p", "eta_s"},
                                                           {"beta", NULL},
                                                           {"s0", NULL},
                                                           {"p0", NULL}};
  axis[0] = keys[turn][0];
  axis[1] = keys[turn][1];
  return axis[1] == NULL ? 1 : 2;
}

/* Values of those keys at that factor. */
static void turned(const es_eigenmode *m, es_byolnet_turn turn, double factor,
                   double *out) {
  const double p0 = m->lambda_d < 0 ? -m->p0 : m->p0;
  const double own[ES_BYOLNET_TURNS] = {m->alpha_p, m->eta_p, m->beta,
                                        m->s0 * factor, p0};
  out[0] = factor * own[turn];
  if (turn == ES_BYOLNET_ETA) out[1] = factor * m->eta_s;
}

/* Fates at factors e^(from + (to - from) i/(GRID - 1)). */
static es_status look(scan *s, double from, double to, es_diag *diag) {
  const char *axis[AXES];
  const size_t n_axes = axes_of(s->turn, axis);
  for (size_t i = 0; i < GRID; i++) {
    const double x = from + (to - from) * (double)i / (GRID - 1);
    turned(s->mode, s->turn, exp(x), s->values + i * n_axes);
  }
  return es_byolnet_fates(s->fate, s->mode, axis, n_axes, s->values, GRID,
                          s->cell, s->columns, diag);
}

/* The first change from fate[0] on; false: none. What is not decided between
 * the two is the boundary's own width. */
static bool change(const scan *s, size_t *before, size_t *behind) {
  *before = 0;
  for (size_t i = 0; i < GRID; i++) {
    if (s->fate[i] == ES_FATE_UNDECIDED) continue;
    *behind = i;
    if (s->fate[i] != s->fate[0]) return true;
    *before = i;
  }
  return false;
}

/* The logarithm of the factor in that direction; NaN: none. */
static es_status search(scan *s, double furthest, double *out, es_fate *to,
                        es_diag *diag) {
  double low = 0, high = furthest;
  *out = NAN;
  for (int k = 0; k < ROUNDS; k++) {
    size_t before, behind;
    const es_status status = look(s, low, high, diag);
    if (status != ES_OK) return status;
    if (s->fate[0] == ES_FATE_UNDECIDED || !change(s, &before, &behind))
      return ES_OK;
    *to = s->fate[behind];
    const double step = (high - low) / (GRID - 1);
    high = low + step * (double)behind;
    low += step * (double)before;
    if (behind - before > 2 && k > 0) break;
    if (fabs(high - low) < narrow) break;
  }
  if (fabs(high - low) < 10 * narrow) *out = low + (high - low) / 2;
  return ES_OK;
}

/* A parameter that is 0, or is none of this run's, cannot be multiplied. */
static bool turns(const es_byolnet_mapping *map, const es_eigenmode *m,
                  es_byolnet_turn turn) {
  const double own[ES_BYOLNET_TURNS] = {m->alpha_p, m->eta_s, m->beta, m->s0,
                                        m->p0};
  return own[turn] != 0 && isfinite(own[turn]) && map->predictor &&
         map->kind != ES_BYOLNET_SELF && m->lambda_s > 0 && m->lambda_d != 0 &&
         isfinite(m->lambda_d) &&
         (turn != ES_BYOLNET_BETA || map->kind == ES_BYOLNET_EMA);
}

static double value_of(const es_eigenmode *m, es_byolnet_turn turn,
                       double factor) {
  const double own[ES_BYOLNET_TURNS] = {m->alpha_p, m->eta_s, m->beta, 1, 1};
  return factor * own[turn];
}

es_status es_byolnet_cross(es_byolnet_crossing *out,
                           const es_byolnet_mapping *map,
                           const es_eigenmode *mode, es_byolnet_turn turn,
                           es_diag *diag) {
  scan s = {.mode = mode, .turn = turn};
  const double furthest = log(ES_BYOLNET_FURTHEST);
  double up = NAN, down = NAN;
  es_fate above = ES_FATE_UNDECIDED, below = ES_FATE_UNDECIDED;
  *out = (es_byolnet_crossing){NAN, NAN, ES_FATE_UNDECIDED, ES_FATE_UNDECIDED};
  es_status status = es_byolnet_fate_of(&out->from, map, mode, diag);
  out->to = out->from;
  if (status != ES_OK || !turns(map, mode, turn)) return status;
  status = search(&s, furthest, &up, &above, diag);
  if (status == ES_OK) status = search(&s, -furthest, &down, &below, diag);
  const bool rising = !isnan(up) && !(fabs(down) < up);
  const double nearest = rising ? up : down;
  if (status != ES_OK || isnan(nearest)) return status;
  out->to = rising ? above : below;
  out->factor = exp(nearest);
  out->value = value_of(mode, turn, out->factor);
  return ES_OK;
}
