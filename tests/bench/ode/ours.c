/* Every stepper of the library, by its table. A problem that is a model runs
 * as its flow does: with the model's linear part, in an instance of its own. */
#include "tests/bench/ode/ode.h"

#include "base/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The state handed to es_ode with the run that counts. */
typedef struct ours {
  run *r;
  es_instance instance; /* zeros without a model */
} ours;

static es_status rhs(double t, const double *y, double *dydt, void *self) {
  ours *o = self;
  return run_rhs(o->r, t, y, dydt) ? ES_OK
         : o->r->over              ? ES_INTERRUPTED
                                   : ES_RHS_FAILED;
}

static es_status jacobian(double t, const double *y, double *J, double *dfdt,
                          void *self) {
  ours *o = self;
  return o->r->p->jacobian(t, y, J, dfdt, o->r->context);
}

static es_status freeze(double t, const double *y, double h, void *self) {
  const es_instance *i = &((ours *)self)->instance;
  return i->model->linear.freeze(t, y, h, i->self);
}

static void phi(double tau, double *v, void *self) {
  const es_instance *i = &((ours *)self)->instance;
  i->model->linear.phi(tau, v, i->self);
}

static es_status output(size_t k, double t, const double *y, void *self) {
  ours *o = self;
  const problem *p = o->r->p;
  (void)t;
  if (o->r->out != NULL)
    problem_state(p, o->instance.self, y,
                  o->r->out + (o->r->cell * p->n_times + k) * p->n_state);
  return ES_OK;
}

static outcome fail(run *r, es_status status, const es_diag *diag) {
  const bool unfit =
      status == ES_BAD_VALUE || status == ES_USAGE || status == ES_NO_MEMORY;
  const outcome o = run_failed(r, diag->message);
  return unfit && o == FAILED ? UNFIT : o;
}

static outcome solve_cell(run *r, ours *o, const char *stepper, double *y,
                          const double *scale) {
  const problem *p = r->p;
  es_ode_system system = {.n = p->n, .rhs = rhs, .context = o};
  es_ode_options options;
  es_diag diag = {0};
  es_ode *ode = NULL;
  if (p->jacobian != NULL) system.jacobian = jacobian;
  if (o->instance.shape.has_linear)
    system.linear = (es_ode_linear){freeze, phi};
  es_ode_options_default(&options);
  options.method = stepper;
  options.rtol = r->rtol;
  options.atol = r->atol;
  options.scale = scale;
  options.max_steps = 0;
  es_status status = es_ode_new(&ode, &system, &options, &diag);
  if (status == ES_OK)
    status = es_ode_solve(ode, 0, y, p->times, p->n_times, output, NULL, &diag);
  if (ode != NULL) {
    r->jacobians += es_ode_stats(ode).jacobian_calls;
    r->steps += es_ode_stats(ode).steps;
  }
  es_ode_free(ode);
  return status == ES_OK ? DONE : fail(r, status, &diag);
}

static outcome solve(const method *m, run *r) {
  const problem *p = r->p;
  ours o = {.r = r};
  double *y = bench_room(p->n, sizeof *y);
  double *scale = bench_room(p->n, sizeof *scale);
  outcome end = DONE;
  memcpy(scale, p->scale, p->n * sizeof *scale);
  if (p->d > 0) problem_open(&o.instance, p);
  const double begun = es_seconds();
  for (size_t j = 0; j < p->cells && end == DONE; j++) {
    run_cell(r, j, y);
    if (o.instance.self != NULL) {
      r->context = o.instance.self;
      es_instance_start(&o.instance, y, scale);
    }
    end = solve_cell(r, &o, m->name, y, scale);
  }
  r->seconds = es_seconds() - begun;
  free(y);
  free(scale);
  es_instance_close(&o.instance);
  return end;
}

/* What wants a dense Jacobian of 50,000 components would take 20 GB. */
static bool suits(const method *m, const problem *p) {
  static const char *const dense[] = {"rosenbrock", "gsl-msbdf"};
  for (size_t i = 0; p->large && i < sizeof dense / sizeof *dense; i++)
    if (strcmp(m->name, dense[i]) == 0) return false;
  return true;
}

method method_ours(const char *stepper) {
  method m = {.package = "eigenstep", .solve = solve, .suits = suits};
  snprintf(m.name, sizeof m.name, "%s", stepper);
  return m;
}

/* auto is a method of es_ode that is no stepper of the table. */
size_t methods_ours(method *out, size_t most) {
  size_t n = 0;
  es_stepper_info info;
  if (n < most) out[n++] = method_ours("auto");
  for (size_t i = 0; (info = es_stepper_list(i)).name != NULL && n < most; i++)
    if (!info.fixed_step) out[n++] = method_ours(info.name);
  return n;
}
