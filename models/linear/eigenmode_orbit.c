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

static direction direction_at(const es_eigenmode *m, const double *v) {
  return direction_of(m, v[0], cos(v[2]), sin(v[2]));
}

static void slope(const es_eigenmode *m, const double *v, double *dv) {
  const direction d = direction_at(m, v);
  dv[0] = exp(2 * v[1]) * cos(v[2]) * d.r - m->eta_p * v[0];
  dv[1] = d.rate;
  dv[2] = -d.turn;
}

void es_orbit_jacobian(const es_eigenmode *m, const double v[3], double J[9]) {
  const double y = cos(v[2]), z = sin(v[2]), square = exp(2 * v[1]);
  const direction d = direction_at(m, v);
  const direction_slope e = direction_slope_of(m, v[0], y, z);
  J[0] = square * y * e.p.r - m->eta_p;
  J[1] = e.p.rate;
  J[2] = -e.p.turn;
  J[3] = 2 * square * y * d.r;
  J[4] = J[5] = 0;
  J[6] = square * (y * (y * e.z.r - z * e.y.r) - z * d.r);
  J[7] = y * e.z.rate - z * e.y.rate;
  J[8] = z * e.y.turn - y * e.z.turn;
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

/* A size that underflows is taken to be larger: where that is sure to collapse,
 * so is the smaller one. */
static es_fate fate_at(const es_orbit *o, const double *v) {
  static const double least = -200;
  const double S = exp(fmax(v[1], least)) * cos(v[2]);
  const es_eigenmode_state state = {v[0], S * S / o->mode.alpha_p,
                                    o->mode.ema ? tan(v[2]) : o->mode.tau0};
  return es_eigenmode_fate(&o->mode, o->c, &state);
}

static void events(double t, const double *y, double *g, void *context) {
  es_orbit *o = context;
  const es_fate fate = fate_at(o, y);
  (void)t;
  if (fate != ES_FATE_UNDECIDED) o->seen = fate;
  g[0] = fate == ES_FATE_UNDECIDED ? -1 : 1;
}

static bool on_event(size_t event, int rising, double t, const double *y,
                     void *context) {
  (void)event, (void)rising, (void)t, (void)y, (void)context;
  return true;
}

es_status es_orbit_new(es_orbit **out, const es_eigenmode *mode, double unit,
                       double t_end, es_diag *diag) {
  /* Of the tangent Newton's method needs the first digits. */
  double scale[ORBIT_TANGENT] = {unit, 1, 1};
  es_orbit *o = calloc(1, sizeof *o);
  *out = NULL;
  if (o == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  o->mode = *mode;
  o->t_end = t_end;
  for (int i = ORBIT; i < ORBIT_TANGENT; i++) scale[i] = 1e7;
  es_ode_system system = {.n = ORBIT,
                          .rhs = plain_rhs,
                          .n_events = 1,
                          .events = events,
                          .on_event = on_event,
                          .context = o};
  es_ode_options options;
  es_ode_options_default(&options);
  options.method = "auto";
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

void es_orbit_place(const es_eigenmode *mode, double p, double s, double tau,
                    double v[3]) {
  v[0] = p;
  v[1] = (log(mode->alpha_p * s) + log1p(tau * tau)) / 2;
  v[2] = atan(tau);
}

es_status es_orbit_fate(es_fate *fate, es_orbit *o, double p0, double s0,
                        es_diag *diag) {
  double y[ORBIT], g;
  o->mode.p0 = p0;
  o->mode.s0 = s0;
  o->c = es_eigenmode_c(&o->mode);
  es_orbit_place(&o->mode, p0, s0, o->mode.tau0, y);
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
