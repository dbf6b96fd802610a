/* Descent: see optimizer.h. Without compensation small modes drift under the
 * roundings of the large ones that share their weights, and a run near its end
 * stands still where steps are under half a unit in the last place. A step is
 * formed in double and rounded once; a pass over all of it that writes nothing
 * comes first. */
#include "net/optimizer.h"

#include "base/finite.h"
#include "base/slab.h"
#include "net/params.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

static const double trust_ratio = 1e-3, beta_2 = .999, epsilon = 1e-8;

struct es_optimizer {
  const es_graph *graph;
  es_rule rule;
  double momentum;
  es_pace *pace;         /* by parameter */
  float *low;            /* what rounding took */
  float *first, *second; /* m and v, or NULL */
  es_slab slab;
};

/* What the numbers of one tensor have in common in a step. */
typedef struct terms {
  double rate, decay;
  double trust;         /* LARS's factor */
  double first, second; /* AdamW's 1 - beta^k */
} terms;

static es_status allocate(es_optimizer *o, es_diag *diag) {
  const size_t n = o->graph->param_size;
  const bool adam = o->rule == ES_RULE_ADAMW;
  const bool moves = adam || o->momentum > 0;
  size_t total = 0;
  es_slab_add(&total, o->graph->n_params, sizeof *o->pace);
  for (int k = 0; k < 1 + moves + adam; k++)
    es_slab_add(&total, n, sizeof(float));
  const es_status status = es_slab_open(&o->slab, total, diag);
  if (status != ES_OK) return status;
  o->pace = es_slab_take(&o->slab, o->graph->n_params, sizeof *o->pace);
  o->low = es_slab_take(&o->slab, n, sizeof(float));
  if (moves) o->first = es_slab_take(&o->slab, n, sizeof(float));
  if (adam) o->second = es_slab_take(&o->slab, n, sizeof(float));
  for (size_t p = 0; p < o->graph->n_params; p++) o->pace[p].ratio = 1;
  return ES_OK;
}

es_status es_optimizer_new(es_optimizer **out, const es_graph *graph,
                           es_rule rule, double momentum, es_diag *diag) {
  *out = NULL;
  es_optimizer *o = calloc(1, sizeof *o);
  if (o == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  o->graph = graph;
  o->rule = rule;
  o->momentum = momentum;
  const es_status status = allocate(o, diag);
  if (status == ES_OK)
    *out = o;
  else
    es_optimizer_free(o);
  return status;
}

void es_optimizer_free(es_optimizer *optimizer) {
  if (optimizer == NULL) return;
  es_slab_close(&optimizer->slab);
  free(optimizer);
}

void es_optimizer_pace(es_optimizer *optimizer, size_t param, es_pace pace) {
  optimizer->pace[param] = pace;
}

size_t es_optimizer_memory(const es_optimizer *optimizer) {
  return optimizer->slab.size;
}

static double trust_of(size_t n, double decay, const float *w, const float *g) {
  double size = 0, step = 0;
  for (size_t k = 0; k < n; k++) {
    const double d = (double)g[k] + decay * (double)w[k];
    size += (double)w[k] * (double)w[k];
    step += d * d;
  }
  return size > 0 && step > 0 ? trust_ratio * sqrt(size / step) : 1;
}

static terms terms_of(const es_optimizer *o, size_t p, const float *params,
                      const float *gradient, double rate, double step) {
  const es_tensor *t = &o->graph->param[p];
  terms s = {rate * o->pace[p].ratio, o->pace[p].decay, 1, 1, 1};
  if (o->rule == ES_RULE_LARS && t->rank == 1) s.decay = 0;
  if (o->rule == ES_RULE_LARS && t->rank > 1)
    s.trust =
        trust_of(t->size, s.decay, params + t->offset, gradient + t->offset);
  if (o->rule == ES_RULE_ADAMW) {
    s.first = 1 - pow(o->momentum, step);
    s.second = 1 - pow(beta_2, step);
  }
  return s;
}

/* No number fits nowhere. */
static bool fits(double x) { return fabs(x) <= (double)FLT_MAX; }

static bool move(float *w, float *low, double by, bool write) {
  const double next = (double)*w + ((double)*low - by);
  if (!write) return fits(next);
  *w = (float)next;
  *low = (float)(next - (double)*w);
  return true;
}

static bool descend(const es_optimizer *o, const es_tensor *t, const terms *s,
                    float *params, const float *gradient, bool write) {
  float *w = params + t->offset, *low = o->low + t->offset;
  float *m = o->first == NULL ? NULL : o->first + t->offset;
  const float *g = gradient + t->offset;
  bool good = true;
  for (size_t k = 0; k < t->size; k++) {
    double d = s->trust * ((double)g[k] + s->decay * (double)w[k]);
    if (m != NULL) {
      d += o->momentum * (double)m[k];
      d = (double)(float)d; /* beyond floats: infinite, and w does not fit */
      if (write) m[k] = (float)d;
    }
    good &= move(&w[k], &low[k], s->rate * d, write);
  }
  return good;
}

static bool adapt(const es_optimizer *o, const es_tensor *t, const terms *s,
                  float *params, const float *gradient, bool write) {
  float *w = params + t->offset, *low = o->low + t->offset;
  float *m = o->first + t->offset, *v = o->second + t->offset;
  bool good = true;
  for (size_t k = 0; k < t->size; k++) {
    const double g = (double)gradient[t->offset + k];
    const double square = beta_2 * (double)v[k] + (1 - beta_2) * g * g;
    const float first =
        (float)(o->momentum * (double)m[k] + (1 - o->momentum) * g);
    const float second = (float)square;
    const double size = sqrt((double)second / s->second) + epsilon;
    const double by = s->decay * (double)w[k] + (double)first / s->first / size;
    good &= fits(square) && move(&w[k], &low[k], s->rate * by, write);
    if (!write) continue;
    m[k] = first;
    v[k] = second;
  }
  return good;
}

static bool pass(const es_optimizer *o, float *params, const float *gradient,
                 double rate, uint64_t step, bool write) {
  bool good = true;
  for (size_t p = 0; p < o->graph->n_params; p++) {
    const es_tensor *t = &o->graph->param[p];
    const terms s = terms_of(o, p, params, gradient, rate, (double)step);
    if (s.rate == 0)
      good &= es_all_finite_float(t->size, gradient + t->offset);
    else if (o->rule == ES_RULE_ADAMW)
      good &= adapt(o, t, &s, params, gradient, write);
    else
      good &= descend(o, t, &s, params, gradient, write);
  }
  return good;
}

bool es_optimizer_step(es_optimizer *optimizer, float *params,
                       const float *gradient, double rate, uint64_t step) {
  return pass(optimizer, params, gradient, rate, step, false) &&
         pass(optimizer, params, gradient, rate, step, true);
}

void es_optimizer_get(const es_optimizer *o, size_t param, const float *params,
                      double *out) {
  const es_tensor *t = &o->graph->param[param];
  const float *w = params + t->offset, *low = o->low + t->offset;
  for (size_t k = 0; k < t->size; k++) out[k] = (double)w[k] + (double)low[k];
}

void es_optimizer_put(es_optimizer *o, size_t param, float *params,
                      const double *value) {
  const es_tensor *t = &o->graph->param[param];
  float *w = params + t->offset, *low = o->low + t->offset;
  for (size_t k = 0; k < t->size; k++) {
    w[k] = (float)value[k];
    low[k] = (float)(value[k] - (double)w[k]);
  }
}

enum { PARTS = 3 };

static void parts_of(es_state_part out[PARTS], const es_optimizer *o) {
  const es_tensor *t = o->graph->param;
  const size_t n = o->graph->n_params;
  out[0] = (es_state_part){"/optimizer/low", t, n, o->low};
  out[1] = (es_state_part){"/optimizer/momentum", t, n, o->first};
  out[2] = (es_state_part){"/optimizer/square", t, n, o->second};
}

es_status es_optimizer_write(const es_optimizer *o, es_h5 *file,
                             es_diag *diag) {
  es_state_part parts[PARTS];
  parts_of(parts, o);
  return es_state_write(parts, PARTS, file, diag);
}

es_status es_optimizer_read(es_optimizer *o, es_h5_source *file,
                            es_diag *diag) {
  es_state_part parts[PARTS];
  parts_of(parts, o);
  return es_state_read(parts, PARTS, file, diag);
}
