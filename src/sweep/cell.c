/* Solving cells one by one: see cell.h. The fate is looked for in the state of
 * the closed form, or as an event of the solver: g changes sign where the state
 * enters a region that it cannot leave, so that the search for a root finds the
 * time of entry. */
#include "sweep/cell.h"

#include "trace/flow_settings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct es_solver {
  es_solver_setup setup;
  es_config *config;
  es_instance instance;
  bool open;
  es_flow_settings settings;
  double t_end;
  double *y, *scale, *row; /* of the instance's sizes */
  size_t room_y, room_row;
  es_cell *cell; /* being solved */
  es_fate seen;  /* the last certain fate that g saw */
  double t_last; /* where the fate ended the solve */
};

static es_status no_memory(es_diag *diag) {
  return es_fail(diag, ES_NO_MEMORY, "no memory for a cell of the sweep");
}

es_status es_solver_new(es_solver **out, const es_solver_setup *setup,
                        es_diag *diag) {
  *out = NULL;
  es_solver *s = calloc(1, sizeof *s);
  if (s == NULL) return no_memory(diag);
  s->setup = *setup;
  const es_status status = es_config_copy(&s->config, setup->config, diag);
  if (status == ES_OK)
    *out = s;
  else
    es_solver_free(s);
  return status;
}

void es_solver_free(es_solver *s) {
  if (s == NULL) return;
  es_instance_close(&s->instance);
  es_config_free(s->config);
  free(s->y);
  free(s->scale);
  free(s->row);
  free(s);
}

static es_status reserve(es_solver *s, es_diag *diag) {
  const size_t n = s->instance.shape.n, m = s->instance.shape.n_columns;
  const size_t states = es_instance_states(&s->instance);
  const size_t most = n > states ? n : states;
  if (most > s->room_y) {
    free(s->y);
    free(s->scale);
    s->y = calloc(most, sizeof *s->y);
    s->scale = calloc(most, sizeof *s->scale);
    s->room_y = s->y != NULL && s->scale != NULL ? most : 0;
  }
  if (m > s->room_row) {
    free(s->row);
    s->row = calloc(m, sizeof *s->row);
    s->room_row = s->row != NULL ? m : 0;
  }
  return most <= s->room_y && m <= s->room_row ? ES_OK : no_memory(diag);
}

/* Whether the fate can be asked of what the closed form gives. */
static bool reads_fate(const es_solver *s) {
  const es_model *model = s->setup.model;
  return model->fate != NULL &&
         (model->state == NULL || model->fate_reads_state);
}

/* Whether the closed form says all that is asked. */
static bool takes_exact(const es_solver *s) {
  if (strcmp(s->settings.method, "exact") != 0) return false;
  return s->setup.model->fate == NULL || reads_fate(s) || !s->settings.by_auto;
}

static es_status settle(es_solver *s, es_diag *diag) {
  if (s->instance.shape.no_start != NULL)
    return es_fail(diag, ES_USAGE, "%s", s->instance.shape.no_start);
  s->settings = (es_flow_settings){0};
  s->t_end = es_config_has(s->config, "time", "t_end")
                 ? es_config_real(s->config, "time", "t_end")
                 : INFINITY;
  es_status status = es_flow_settle_method(&s->settings, &s->instance,
                                           s->config, s->t_end, diag);
  /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): ES_OK has one */
  if (status == ES_OK && strcmp(s->settings.method, "exact") == 0 &&
      !takes_exact(s)) {
    s->instance.shape.has_exact = false;
    status = es_flow_settle_method(&s->settings, &s->instance, s->config,
                                   s->t_end, diag);
  }
  return status == ES_OK ? reserve(s, diag) : status;
}

es_status es_solver_open(es_solver *s, const double *axes,
                         const es_instance **out, es_diag *diag) {
  es_status status = ES_OK;
  es_instance_close(&s->instance);
  for (size_t k = 0; status == ES_OK && k < s->setup.n_axes; k++)
    status = es_config_set_real(s->config, s->setup.axis[k].section,
                                s->setup.axis[k].name, axes[k], diag);
  if (status != ES_OK) return status;
  if (s->setup.opening != NULL) pthread_mutex_lock(s->setup.opening);
  status = es_instance_open(&s->instance, s->setup.model, s->config,
                            s->setup.watch, diag);
  if (s->setup.opening != NULL) pthread_mutex_unlock(s->setup.opening);
  if (out != NULL) *out = &s->instance;
  return status == ES_OK ? settle(s, diag) : status;
}

static es_fate fate_at(const es_solver *s, double t, const double *y) {
  const es_model *model = s->setup.model;
  return model->fate == NULL ? ES_FATE_UNDECIDED
                             : model->fate(s->instance.self, t, y);
}

/* The row for t to infinity of a fate that was certain at (t, y). */
static es_status take_limit(es_solver *s, double t, const double *y) {
  const es_model *model = s->setup.model;
  if (model->limit == NULL)
    return es_instance_observe(&s->instance, t, y, s->row);
  model->limit(s->instance.self, s->cell->fate, t, y, s->row);
  return ES_OK;
}

/* The closed form's state at t, and whether its fate is certain. */
static es_status look(es_solver *s, double t, es_fate *fate) {
  const es_status status =
      s->setup.model->exact(s->instance.self, t, s->row, s->y);
  *fate = status == ES_OK && reads_fate(s) ? fate_at(s, t, s->y)
                                           : ES_FATE_UNDECIDED;
  return status;
}

/* Halves (low, high] until the entry into the region, which lies in it, is
 * known to the last bit or two. */
static es_status bisect(es_solver *s, double low, double high) {
  es_status status = ES_OK;
  for (int i = 0; status == ES_OK && i < 2000; i++) {
    const double middle = low + (high - low) / 2;
    es_fate fate;
    if (!(middle > low && middle < high)) break;
    status = look(s, middle, &fate);
    if (fate == ES_FATE_UNDECIDED)
      low = middle;
    else
      high = middle;
  }
  s->cell->t_settle = high;
  return status;
}

/* The fate from the closed form up to t_end, and the row of the end. */
static es_status run_exact(es_solver *s) {
  const bool endless = isinf(s->t_end);
  double low = 0, high = endless ? 1 : s->t_end;
  es_fate fate = ES_FATE_UNDECIDED;
  es_status status = look(s, 0, &fate);
  const bool at_start = fate != ES_FATE_UNDECIDED;
  if (status == ES_OK && !at_start) status = look(s, high, &fate);
  while (status == ES_OK && endless && fate == ES_FATE_UNDECIDED &&
         high < ES_ODE_FOREVER) {
    low = high;
    high *= 2;
    status = look(s, high, &fate);
  }
  s->cell->fate = fate;
  if (at_start)
    s->cell->t_settle = 0;
  else if (status == ES_OK && fate != ES_FATE_UNDECIDED)
    status = bisect(s, low, high);
  if (status != ES_OK) return status;
  if (!endless)
    return s->setup.model->exact(s->instance.self, s->t_end, s->row, s->y);
  if (fate == ES_FATE_UNDECIDED) return ES_OK;
  status = look(s, s->cell->t_settle, &fate);
  return status == ES_OK ? take_limit(s, s->cell->t_settle, s->y) : status;
}

static void events(double t, const double *y, double *g, void *self) {
  es_solver *s = self;
  const es_fate fate =
      s->cell->fate != ES_FATE_UNDECIDED ? s->cell->fate : fate_at(s, t, y);
  if (fate != ES_FATE_UNDECIDED) s->seen = fate;
  *g = fate == ES_FATE_UNDECIDED ? -1 : 1;
}

static bool on_event(size_t event, int direction, double t, const double *y,
                     void *self) {
  es_solver *s = self;
  (void)event;
  if (direction < 0 || s->cell->fate != ES_FATE_UNDECIDED) return false;
  const es_fate fate = fate_at(s, t, y);
  s->cell->fate = fate != ES_FATE_UNDECIDED ? fate : s->seen;
  s->cell->t_settle = t;
  s->t_last = t;
  return isinf(s->t_end);
}

static es_status rhs(double t, const double *y, double *dydt, void *self) {
  const es_instance *i = &((es_solver *)self)->instance;
  return i->model->rhs(t, y, dydt, i->self);
}

static es_status jacobian(double t, const double *y, double *J, double *dfdt,
                          void *self) {
  const es_instance *i = &((es_solver *)self)->instance;
  return i->model->jacobian(t, y, J, dfdt, i->self);
}

static es_status freeze(double t, const double *y, double h, void *self) {
  const es_instance *i = &((es_solver *)self)->instance;
  return i->model->linear.freeze(t, y, h, i->self);
}

static void phi(double tau, double *v, void *self) {
  const es_instance *i = &((es_solver *)self)->instance;
  i->model->linear.phi(tau, v, i->self);
}

static bool stopping(void *self) {
  const es_watch *watch = ((es_solver *)self)->setup.watch;
  return watch != NULL && watch->ask(watch->context, "sweep", 0, 0);
}

static es_status solve(es_solver *s, es_diag *diag) {
  const es_model *model = s->setup.model;
  es_ode_system system = {.n = s->instance.shape.n, .rhs = rhs, .context = s};
  system.n_events = model->fate != NULL;
  system.events = events;
  system.on_event = on_event;
  if (model->jacobian != NULL) system.jacobian = jacobian;
  if (s->instance.shape.has_linear)
    system.linear = (es_ode_linear){freeze, phi};
  s->settings.options.scale = s->scale;
  s->settings.options.stopping = stopping;
  s->settings.options.stopping_self = s;
  /* What rests outside any region that is known ends as undecided. */
  s->settings.options.stop_when_steady = isinf(s->t_end);
  es_ode *ode = NULL;
  es_status status = es_ode_new(&ode, &system, &s->settings.options, diag);
  if (status != ES_OK) return status;
  const double end = fmin(s->t_end, ES_ODE_FOREVER);
  status = es_ode_solve(ode, 0, s->y, &end, 1, NULL, NULL, diag);
  const es_ode_statistics stats = es_ode_stats(ode);
  s->cell->steps = (double)(stats.steps + stats.rejected);
  es_ode_free(ode);
  return status;
}

static es_status run_ode(es_solver *s, es_diag *diag) {
  const bool endless = isinf(s->t_end);
  es_status status = ES_OK;
  es_instance_start(&s->instance, s->y, s->scale);
  s->cell->fate = fate_at(s, 0, s->y);
  s->t_last = 0;
  if (s->cell->fate != ES_FATE_UNDECIDED) s->cell->t_settle = 0;
  if (!endless || s->cell->fate == ES_FATE_UNDECIDED) status = solve(s, diag);
  if (status != ES_OK) return status;
  if (endless && s->cell->fate != ES_FATE_UNDECIDED)
    return take_limit(s, s->t_last, s->y);
  return es_instance_observe(&s->instance, fmin(s->t_end, ES_ODE_FOREVER), s->y,
                             s->row);
}

/* Columns may depend on an axis: a number must not come under another's name.
 */
static bool has_columns(const es_solver *s) {
  char name[48];
  for (size_t j = 0; j < s->setup.n_columns; j++) {
    if (j >= s->instance.shape.n_columns) return false;
    if (s->setup.name == NULL) continue;
    es_instance_column(&s->instance, j, name, sizeof name);
    if (strcmp(name, s->setup.name[j]) != 0) return false;
  }
  return true;
}

/* Whether the end lies where there is no state. Discrete descent has one
 * always.
 */
static bool blows_up(const es_solver *s) {
  const double t = s->instance.shape.t_blowup;
  return isfinite(t) && s->t_end >= t && strcmp(s->settings.method, "gd") != 0;
}

static es_status run(es_solver *s, const double *axes, es_diag *diag) {
  es_status status = es_solver_open(s, axes, NULL, diag);
  if (status == ES_OK && !has_columns(s))
    status = es_fail(diag, ES_BAD_SHAPE, "a cell with other columns");
  if (status != ES_OK) return status;
  if (blows_up(s)) return ES_DIVERGED;
  return takes_exact(s) ? run_exact(s) : run_ode(s, diag);
}

es_status es_solver_run(es_solver *s, const double *axes, es_cell *cell,
                        double *columns, es_diag *diag) {
  const size_t n = s->setup.n_columns;
  es_diag own = {0};
  *cell = (es_cell){.fate = ES_FATE_UNDECIDED, .t_settle = NAN};
  s->cell = cell;
  s->seen = ES_FATE_UNDECIDED;
  cell->status = run(s, axes, &own);
  if (cell->status == ES_INTERRUPTED || cell->status == ES_NO_MEMORY)
    return es_fail(diag, cell->status, "%s", own.message);
  if (cell->status == ES_DIVERGED || cell->status == ES_NOT_FINITE)
    cell->fate = ES_FATE_DIVERGED;
  for (size_t j = 0; j < n; j++)
    columns[j] = cell->status == ES_OK ? s->row[j] : NAN;
  return ES_OK;
}
