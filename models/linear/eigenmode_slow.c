/* One cell at a time, for what lanes would creep through: fast modes that have
 * settled (beta or alpha p0^2 in the millions) beside slow ones that have not.
 */
#include "models/linear/eigenmode_lanes.h"

#include <float.h>
#include <math.h>

typedef struct slow {
  double k[EM_ROWS];
  bool open; /* its fate */
  double t_settle, limit;
  bool until_settled;
} slow;

static double pull(const double *k, const double *y) {
  return k[EM_L] * y[2] - k[EM_B] * y[0] * y[1];
}

static es_status rhs(double t, const double *y, double *dydt, void *context) {
  const double *k = ((const slow *)context)->k;
  const double G = pull(k, y);
  (void)t;
  dydt[0] = y[1] * G - k[EM_ETA_P] * y[0];
  dydt[1] = y[0] * G - k[EM_ETA_S] * y[1];
  dydt[2] = k[EM_BETA] * (y[1] - y[2]) + k[EM_TAU] * dydt[1];
  return ES_OK;
}

static es_status jacobian(double t, const double *y, double *J, double *dfdt,
                          void *context) {
  const double *k = ((const slow *)context)->k;
  const double p = y[0], S = y[1], G = pull(k, y);
  (void)t, (void)dfdt;
  J[0] = -k[EM_B] * S * S - k[EM_ETA_P];
  J[1] = G - k[EM_B] * p * S;
  J[3] = G - k[EM_B] * p * S;
  J[4] = -k[EM_B] * p * p - k[EM_ETA_S];
  J[6] = k[EM_L] * S;
  J[7] = k[EM_L] * p;
  for (int j = 0; j < 9; j += 3) J[j + 2] = k[EM_TAU] * J[j + 1];
  J[5] += k[EM_BETA];
  J[8] -= k[EM_BETA];
  return ES_OK;
}

/* The region's margin, and how far s and p are below the limit. */
static void events(double t, const double *y, double *g, void *context) {
  const slow *self = context;
  bool is_stable;
  (void)t;
  g[0] = es_eigenmode_margin(self->k, y, &is_stable);
  g[1] = self->limit - fmax(fabs(y[0]), y[1] * y[1] * self->k[EM_ALPHA1]);
}

static bool on_event(size_t event, int direction, double t, const double *y,
                     void *context) {
  slow *self = context;
  (void)y;
  if (event == 1) return true;
  if (!self->open || direction < 0) return false;
  self->open = false;
  self->t_settle = t;
  return self->until_settled;
}

/* The next time at which it is asked whether a cell without an end should go
 * on. */
static double horizon(double t, const es_cell_options *options) {
  return isinf(options->t_end) ? 10 * (t + 100) : options->t_end;
}

static es_status solve(es_ode *ode, slow *self, const es_cell_options *options,
                       double *t, double *y, es_cell *cell) {
  es_status status = ES_OK;
  while (status == ES_OK && *t < options->t_end) {
    const double next = horizon(*t, options);
    status = es_ode_solve(ode, *t, y, &next, 1, NULL, t, NULL);
    const es_ode_statistics done = es_ode_stats(ode);
    cell->steps += (double)(done.steps + done.rejected);
    const bool passed =
        fmax(fabs(y[0]), y[1] * y[1] * self->k[EM_ALPHA1]) >= self->limit;
    if (status == ES_OK && passed) status = ES_DIVERGED;
    if (self->until_settled && !self->open) break;
    if (status == ES_OK && cell->steps >= (double)options->max_steps)
      status = ES_BUDGET;
    if (status == ES_OK && !(next < 1e15)) status = ES_BUDGET;
  }
  return status;
}

void es_eigenmode_go_on(const es_eigenmode *mode, double c,
                        const es_cell_options *options, double t, double y[3],
                        es_cell *cell) {
  slow self = {.open = isnan(cell->t_settle),
               .t_settle = cell->t_settle,
               .limit = options->limit > 0 ? options->limit : DBL_MAX,
               .until_settled = isinf(options->t_end)};
  es_eigenmode_rows(self.k, 1, mode, c);
  const es_ode_system system = {.n = 3,
                                .rhs = rhs,
                                .n_events = 2,
                                .events = events,
                                .on_event = on_event,
                                .context = &self,
                                .jacobian = jacobian};
  /* Sizes that fall without end keep their digits. */
  static const double unit = 1e-200;
  const double scale[3] = {fmax(options->atol / unit, 1), 1, 1};
  es_ode_options with;
  es_ode_options_default(&with);
  with.method = "auto";
  with.rtol = options->rtol;
  with.atol = unit;
  with.scale = scale;
  with.max_steps = options->max_steps - (uint64_t)cell->steps;
  es_ode *ode = NULL;
  cell->status = es_ode_new(&ode, &system, &with, NULL);
  if (cell->status == ES_OK)
    cell->status = solve(ode, &self, options, &t, y, cell);
  es_ode_free(ode);
  if (cell->status == ES_DIVERGED || cell->status == ES_NOT_FINITE)
    cell->fate = ES_FATE_DIVERGED;
  else if (!self.open && isnan(cell->t_settle)) {
    bool is_stable;
    cell->t_settle = self.t_settle;
    (void)es_eigenmode_margin(self.k, y, &is_stable);
    cell->fate = is_stable ? ES_FATE_STABLE : ES_FATE_COLLAPSED;
  }
}
