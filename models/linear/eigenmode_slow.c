/* One cell by itself, for what lanes would creep through: fast modes that have
 * settled (beta or alpha s0 in the millions) beside slow ones that have not;
 * for an s that falls beyond what doubles hold, from where it may grow back;
 * and for s = 0, where tau still moves. The state is p, and W and W_a as the
 * logarithm of a size and a direction (direction.h). */
#include "models/linear/direction.h"
#include "models/linear/eigenmode_lanes.h"
#include "models/linear/eigenmodes.h"

#include <float.h>
#include <math.h>

enum { PARTS = 4 };

/* The solver's absolute tolerance, of which scales make others. */
static const double tiny = 1e-200;

typedef struct slow {
  const es_eigenmode *mode;
  double k[EM_ROWS];
  double t_settle; /* NaN while the fate is open */
  bool until_settled;
} slow;

static es_status rhs(double t, const double *v, double *dv, void *context) {
  (void)t;
  es_direction_flow(((const slow *)context)->mode, false, v, dv);
  return ES_OK;
}

static es_status jacobian(double t, const double *v, double *J, double *dfdt,
                          void *context) {
  (void)t, (void)dfdt;
  es_direction_jacobian(((const slow *)context)->mode, v, J, PARTS);
  return ES_OK;
}

static void regular_of(const es_eigenmode *m, const double *v, double y[3]) {
  const double unit = es_eigenmode_size(m);
  const double w = sqrt(m->alpha_p) * exp(v[1]) / unit;
  y[0] = v[0] / unit;
  y[1] = w * v[2];
  y[2] = w * v[3];
}

/* What is left below the limit. */
static double room(const double *k, const double *y) {
  return fmin(k[EM_MOST_P] - fabs(y[0]), k[EM_MOST_S] - fabs(y[1]));
}

static void events(double t, const double *v, double *g, void *context) {
  const slow *self = context;
  bool is_stable;
  double y[3];
  (void)t;
  regular_of(self->mode, v, y);
  g[0] = es_eigenmode_margin(self->k, y, &is_stable);
  g[1] = room(self->k, y);
}

static bool on_event(size_t event, int way, double t, const double *v,
                     void *context) {
  slow *self = context;
  (void)v;
  if (event == 1) return true;
  if (!isnan(self->t_settle) || way < 0) return false;
  self->t_settle = t;
  return self->until_settled;
}

static es_status solve(es_ode *ode, slow *self, const es_cell_options *options,
                       double t, double *v, es_cell *cell) {
  /* Without an end it is asked now and then whether to go on, in units of what
   * moves, up to where it rests, if no region is known there; t still tells
   * steps of 1e-4 units apart at the last. */
  const double unit = 100 / es_eigenmode_rate(self->mode), never = 1e10 * unit;
  const double last = self->until_settled ? never : options->t_end;
  while (t < last) {
    const double next = self->until_settled ? 10 * (t + unit) : options->t_end;
    const es_status status = es_ode_solve(ode, t, v, &next, 1, NULL, &t, NULL);
    const es_ode_statistics done = es_ode_stats(ode);
    double y[3];
    regular_of(self->mode, v, y);
    cell->steps += (double)(done.steps + done.rejected);
    if (status != ES_OK) return status;
    if (!(room(self->k, y) > 0)) return ES_DIVERGED;
    if (self->until_settled && !isnan(self->t_settle)) return ES_OK;
    if (cell->steps >= (double)options->max_steps) return ES_BUDGET;
  }
  return ES_OK;
}

/* y, z and the size's logarithm from S and Q; a size of 0 is one that never
 * grows to be seen. */
static void start(const es_eigenmode *m, const double y[3], double *v) {
  const double unit = es_eigenmode_size(m) / sqrt(m->alpha_p);
  const bool turns = m->ema && y[1] != 0;
  const double size = turns ? hypot(y[1], y[2]) : y[1];
  v[0] = es_eigenmode_size(m) * y[0];
  v[1] = size > 0 ? log(unit) + log(size) : -DBL_MAX / 4;
  v[2] = turns ? y[1] / size : 1;
  v[3] = turns ? y[2] / size : m->tau0;
}

/* p is kept to atol, L to rtol, the direction to rtol of its length of 1; and
 * where W falls faster than W_a, or about as fast, all to rtol alone: p meets a
 * tau without bound, which is a quotient by a part that vanishes. */
static void measure(const es_eigenmode *m, const es_cell_options *options,
                    double *scale) {
  const bool runs_away = m->ema && m->beta < 2 * m->eta_s;
  const double faint = ES_EIGENMODE_ATOL_UNIT / tiny;
  scale[0] = runs_away ? faint : fmax(options->atol, tiny) / tiny;
  scale[1] = options->rtol / tiny;
  scale[3] = scale[2] = runs_away ? faint : scale[1];
}

es_eigenmode_state es_eigenmode_go_on(const es_eigenmode *mode, double c,
                                      const es_cell_options *options, double t,
                                      const double y[3], es_cell *cell) {
  const double rate = es_eigenmode_rate(mode);
  slow self = {.mode = mode,
               .t_settle = cell->t_settle,
               .until_settled = isinf(options->t_end)};
  es_eigenmode_rows(self.k, 1, mode, c, options);
  const es_ode_system system = {.n = PARTS,
                                .rhs = rhs,
                                .n_events = 2,
                                .events = events,
                                .on_event = on_event,
                                .context = &self,
                                .jacobian = jacobian};
  double v[PARTS], scale[PARTS], end[3];
  start(mode, y, v);
  measure(mode, options, scale);
  es_ode_options with;
  es_ode_options_default(&with);
  with.method = "auto";
  with.rtol = options->rtol;
  with.atol = tiny;
  with.scale = scale;
  with.max_steps = options->max_steps - (uint64_t)cell->steps;
  es_ode *ode = NULL;
  cell->status = es_ode_new(&ode, &system, &with, NULL);
  if (cell->status == ES_OK)
    cell->status = solve(ode, &self, options, t / rate, v, cell);
  es_ode_free(ode);
  regular_of(mode, v, end);
  if (isnan(cell->t_settle) && !isnan(self.t_settle)) {
    bool is_stable;
    (void)es_eigenmode_margin(self.k, end, &is_stable);
    cell->t_settle = self.t_settle;
    cell->fate = is_stable ? ES_FATE_STABLE : ES_FATE_COLLAPSED;
  }
  if (cell->status == ES_DIVERGED || cell->status == ES_NOT_FINITE)
    cell->fate = ES_FATE_DIVERGED;
  return (es_eigenmode_state){v[0], es_eigenmode_s(mode, v + 1),
                              es_eigenmode_tau(mode, v + 1)};
}
