/* Orbits of one eigenmode: see eigenmode_orbit.h. */
#include "models/linear/eigenmode_orbit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct es_orbit {
  es_eigenmode mode;
  double c, t_end;
  es_fate seen; /* the last that was certain */
  es_ode *plain, *tangent;
};

static void slope(const es_eigenmode *m, const double *y, double *dydt) {
  const double p = y[0], S = y[1], Q = y[2];
  const double r = m->lambda_d * Q - m->lambda_s * p * S;
  dydt[0] = S * r - m->eta_p * p;
  dydt[1] = p * r - m->eta_s * S;
  dydt[2] = m->ema ? m->beta * (S - Q) : m->tau0 * dydt[1];
}

void es_orbit_jacobian(const es_eigenmode *m, const double y[3], double J[9]) {
  const double p = y[0], S = y[1], l = m->lambda_d, b = m->lambda_s;
  const double r = l * y[2] - b * p * S;
  const double by_p[3] = {-b * S * S - m->eta_p, r - b * p * S, 0};
  const double by_S[3] = {r - b * p * S, -b * p * p - m->eta_s, m->beta};
  const double by_Q[3] = {l * S, l * p, -m->beta};
  const double *by[3] = {by_p, by_S, by_Q};
  for (int k = 0; k < ORBIT; k++) {
    memcpy(J + ORBIT * k, by[k], sizeof by_p);
    if (!m->ema) J[ORBIT * k + 2] = m->tau0 * J[ORBIT * k + 1];
  }
}

static es_status plain_rhs(double t, const double *y, double *dydt,
                           void *context) {
  (void)t;
  slope(&((const es_orbit *)context)->mode, y, dydt);
  return ES_OK;
}

static es_status tangent_rhs(double t, const double *y, double *dydt,
                             void *context) {
  const es_orbit *o = context;
  double J[ORBIT * ORBIT];
  (void)t;
  slope(&o->mode, y, dydt);
  es_orbit_jacobian(&o->mode, y, J);
  for (size_t c = 1; c <= ORBIT; c++)
    for (size_t i = 0; i < ORBIT; i++) {
      double sum = 0;
      for (size_t k = 0; k < ORBIT; k++)
        sum += J[i + ORBIT * k] * y[ORBIT * c + k];
      dydt[ORBIT * c + i] = sum;
    }
  return ES_OK;
}

static void events(double t, const double *y, double *g, void *context) {
  es_orbit *o = context;
  const es_eigenmode_state state = {y[0], y[1] * y[1] / o->mode.alpha_p,
                                    o->mode.ema ? y[2] / y[1] : o->mode.tau0};
  const es_fate fate = es_eigenmode_fate(&o->mode, o->c, t, &state);
  if (fate != ES_FATE_UNDECIDED) o->seen = fate;
  g[0] = fate == ES_FATE_UNDECIDED ? -1 : 1;
}

static bool on_event(size_t event, int direction, double t, const double *y,
                     void *context) {
  (void)event, (void)direction, (void)t, (void)y, (void)context;
  return true;
}

es_status es_orbit_new(es_orbit **out, const es_eigenmode *mode, double unit,
                       double t_end, es_diag *diag) {
  double scale[ORBIT_TANGENT];
  es_orbit *o = calloc(1, sizeof *o);
  *out = NULL;
  if (o == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  o->mode = *mode;
  o->t_end = t_end;
  for (int i = 0; i < ORBIT_TANGENT; i++) scale[i] = i < ORBIT ? unit : 1;
  es_ode_system system = {.n = ORBIT,
                          .rhs = plain_rhs,
                          .n_events = 1,
                          .events = events,
                          .on_event = on_event,
                          .context = o};
  es_ode_options options;
  es_ode_options_default(&options);
  options.method = "dop853";
  options.rtol = 1e-13;
  options.atol = 1e-15;
  options.scale = scale;
  options.max_steps = 200000;
  es_status status = es_ode_new(&o->plain, &system, &options, diag);
  system.n = ORBIT_TANGENT;
  system.rhs = tangent_rhs;
  system.n_events = 0;
  if (status == ES_OK)
    status = es_ode_new(&o->tangent, &system, &options, diag);
  if (status != ES_OK) {
    es_orbit_free(o);
    return status;
  }
  *out = o;
  return ES_OK;
}

void es_orbit_free(es_orbit *o) {
  if (o == NULL) return;
  es_ode_free(o->plain);
  es_ode_free(o->tangent);
  free(o);
}

void es_orbit_start(const es_orbit *o, double p0, double s0, double y[3]) {
  y[0] = p0;
  y[1] = sqrt(o->mode.alpha_p * s0);
  y[2] = o->mode.tau0 * y[1];
}

es_status es_orbit_fate(es_fate *fate, es_orbit *o, double p0, double s0,
                        es_diag *diag) {
  double y[ORBIT], g;
  o->mode.p0 = p0;
  o->mode.s0 = s0;
  o->c = es_eigenmode_c(&o->mode);
  es_orbit_start(o, p0, s0, y);
  o->seen = ES_FATE_UNDECIDED;
  events(0, y, &g, o);
  es_status status = ES_OK;
  if (g < 0)
    status = es_ode_solve(o->plain, 0, y, &o->t_end, 1, NULL, NULL, diag);
  *fate = o->seen;
  return status == ES_BUDGET ? ES_OK : status;
}

es_status es_orbit_stretch(es_orbit *o, double h, double y[ORBIT_TANGENT],
                           es_diag *diag) {
  for (size_t i = ORBIT; i < ORBIT_TANGENT; i++)
    y[i] = (i - ORBIT) % (ORBIT + 1) == 0;
  return es_ode_solve(o->tangent, 0, y, &h, 1, NULL, NULL, diag);
}
