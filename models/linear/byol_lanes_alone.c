/* A cell of an ensemble by itself, by the general solver: what lanes leave to
 * it, and where exactly a fate became certain. */
#include "models/linear/byol_lanes.h"
#include "sweep/rest.h"

#include <math.h>

typedef struct alone {
  byol *cell;
  es_cell *said;
  bool until_fate;
} alone;

static es_status rhs(double t, const double *y, double *dydt, void *self) {
  return es_model_byol.rhs(t, y, dydt, ((alone *)self)->cell);
}

static es_status jacobian(double t, const double *y, double *J, double *dfdt,
                          void *self) {
  return es_model_byol.jacobian(t, y, J, dfdt, ((alone *)self)->cell);
}

/* Positive where the fate is certain. */
static void events(double t, const double *y, double *g, void *self) {
  const es_fate fate = es_model_byol.fate(((alone *)self)->cell, t, y);
  *g = fate == ES_FATE_UNDECIDED ? -1 : 1;
}

/* At the place itself the fate may be certain or not yet; there is but one that
 * norms can tell. */
static bool on_event(size_t event, int direction, double t, const double *y,
                     void *self) {
  alone *a = self;
  (void)event, (void)y;
  if (direction < 0 || a->said->fate != ES_FATE_UNDECIDED) return false;
  a->said->fate = ES_FATE_COLLAPSED;
  a->said->t_settle = t;
  return a->until_fate;
}

es_status es_byol_lanes_alone(byol *cell, const es_cell_options *given,
                              const es_byol_stretch *s, double *y,
                              const double *scale, es_cell *said) {
  alone a = {cell, said, s->until_fate};
  const es_ode_system system = {.n = es_byol_length(cell),
                                .rhs = rhs,
                                .jacobian = jacobian,
                                .n_events =
                                    said->fate == ES_FATE_UNDECIDED ? 1 : 0,
                                .events = events,
                                .on_event = on_event,
                                .context = &a};
  es_ode_options o;
  es_ode_options_default(&o);
  o.method = given->method;
  o.rtol = given->rtol, o.atol = given->atol;
  o.scale = scale;
  o.h0 = s->h;
  if (given->max_steps > 0)
    o.max_steps = given->max_steps - (uint64_t)said->steps;
  o.limit = given->limit;
  o.stop_when_steady = s->t_end >= ES_ODE_FOREVER;
  es_ode *ode = NULL;
  es_status status = es_ode_new(&ode, &system, &o, NULL);
  double t = s->t;
  if (status == ES_OK && s->t_end >= ES_ODE_FOREVER) {
    status = es_rest_solve(ode, &t, y, system.n, o.rtol, o.max_steps,
                           &said->steps, NULL);
  } else if (status == ES_OK) {
    status = es_ode_solve(ode, s->t, y, &s->t_end, 1, NULL, NULL, NULL);
    const es_ode_statistics stats = es_ode_stats(ode);
    said->steps += (double)(stats.steps + stats.rejected);
  }
  es_ode_free(ode);
  return status;
}
