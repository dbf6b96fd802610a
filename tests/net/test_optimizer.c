/* Descent: what a step of each rule does to each parameter, against the
 * formulas in long double, and what it leaves alone. */
#include "tests/check.h"

#include "base/random.h"
#include "net/optimizer.h"

#include <float.h>
#include <string.h>

enum { MOST = 512, LAST = 3 };

/* A convolution, a normalisation and a linear layer; none fills its stretch of
 * the flat vector, so that there is padding behind each. */
static void build(es_graph *g) {
  es_diag diag = {0};
  *g = (es_graph){0};
  size_t x = es_graph_input(g, 1, 5, 5);
  x = es_graph_norm(g, es_graph_conv(g, x, "conv", 3, 3, 1, 1), "bn");
  es_graph_output(g, es_graph_linear(g, x, "fc", 2, true));
  assert_ok(es_graph_finish(g, &diag), diag);
  assert_true(g->n_params == 5 && g->param_size <= MOST);
  assert_string_equal(g->param[LAST].name, "fc.weight");
  for (size_t p = 0; p < g->n_params; p++)
    assert_true(g->param[p].size % ES_TENSOR_ALIGN != 0);
}

/* Numbers of many sizes, in the padding too. */
static void draw(float *x, uint64_t seed) {
  for (uint64_t k = 0; k < MOST; k++)
    x[k] = (float)(es_random_normal(seed, ES_STREAM_USER, 2 * k) *
                   exp(3 * es_random_normal(seed, ES_STREAM_USER, 2 * k + 1)));
}

typedef struct opened {
  es_graph graph;
  es_optimizer *optimizer;
} opened;

/* Parameter `last` has its own pace, all others the same. */
static void open_rule(opened *o, es_rule rule, double momentum, es_pace pace,
                      size_t last, es_pace last_pace) {
  es_diag diag = {0};
  build(&o->graph);
  assert_ok(es_optimizer_new(&o->optimizer, &o->graph, rule, momentum, &diag),
            diag);
  for (size_t p = 0; p < o->graph.n_params; p++)
    es_optimizer_pace(o->optimizer, p, p == last ? last_pace : pace);
}

static void close_rule(opened *o) {
  es_optimizer_free(o->optimizer);
  es_graph_free(&o->graph);
}

/* The parameter that number k of the flat vector belongs to; ES_NONE in the
 * padding. */
static size_t param_of(const es_graph *g, size_t k) {
  for (size_t p = 0; p < g->n_params; p++)
    if (k >= g->param[p].offset && k < g->param[p].offset + g->param[p].size)
      return p;
  return ES_NONE;
}

static double ulp(float x) {
  return (double)(nextafterf(fabsf(x), INFINITY) - fabsf(x));
}

/* One rounding to float of w - rate·g: half a unit in its last place, and the
 * two roundings of double before it, 2^-53 of the terms each. */
static void check_step(double rate, double ratio, size_t last,
                       double last_ratio) {
  static float before[MOST], after[MOST], gradient[MOST];
  opened o;
  open_rule(&o, ES_RULE_SGD, 0, (es_pace){ratio, 0}, last,
            (es_pace){last_ratio, 0});
  draw(before, 1);
  draw(gradient, 2);
  memcpy(after, before, sizeof after);
  assert_true(es_optimizer_step(o.optimizer, after, gradient, rate, 1));
  for (size_t k = 0; k < MOST; k++) {
    const size_t p = param_of(&o.graph, k);
    const double own =
        p == ES_NONE ? 0 : rate * (p == last ? last_ratio : ratio);
    const long double go = (long double)own * gradient[k];
    const double rounding =
        DBL_EPSILON * (fabs((double)before[k]) + fabs((double)go));
    if (own == 0)
      assert_memory_equal(&before[k], &after[k], sizeof after[k]);
    else
      assert_close((double)after[k], (double)(before[k] - go), 0,
                   ulp(after[k]) / 2 + rounding);
  }
  close_rule(&o);
}

static void every_parameter_moves_at_its_rate(void **state) {
  (void)state;
  check_step(.37, 1, LAST, .0021);
  check_step(1e-3, 1, 0, 2500);
  check_step(3, 1, ES_NONE, .5); /* none is the last one */
  check_step(.25, 0, LAST, 1);
  check_step(.25, 1, LAST, 0);
}

/* Also where w is -0, which -0 - (-0) would make +0, and with all that keeps a
 * memory: nothing of a step at rate 0 is remembered. */
static void rate_zero_changes_no_bit(void **state) {
  (void)state;
  static const es_rule rules[] = {ES_RULE_SGD, ES_RULE_LARS, ES_RULE_ADAMW};
  static float before[MOST], after[MOST], other[MOST], gradient[MOST];
  for (size_t r = 0; r < 3; r++) {
    opened o, fresh;
    open_rule(&o, rules[r], .9, (es_pace){1, .1}, LAST, (es_pace){1, .1});
    open_rule(&fresh, rules[r], .9, (es_pace){1, .1}, LAST, (es_pace){1, .1});
    draw(gradient, 5);
    for (size_t k = 0; k < MOST; k++)
      before[k] = k % 3 == 0 ? -0.0f : k % 3 == 1 ? FLT_TRUE_MIN : 2;
    memcpy(after, before, sizeof after);
    assert_true(es_optimizer_step(o.optimizer, after, gradient, 0, 1));
    assert_memory_equal(before, after, sizeof after);
    memcpy(other, before, sizeof after);
    assert_true(es_optimizer_step(o.optimizer, after, gradient, .1, 1));
    assert_true(es_optimizer_step(fresh.optimizer, other, gradient, .1, 1));
    assert_memory_equal(other, after, sizeof after);
    close_rule(&o);
    close_rule(&fresh);
  }
}

/* The bowl |w - a|^2/2: the distance from a shrinks by 1 - rate a step. */
static void a_bowl_is_descended(void **state) {
  (void)state;
  static float w[MOST], a[MOST], gradient[MOST];
  double before = 0, after = 0;
  opened o;
  open_rule(&o, ES_RULE_SGD, 0, (es_pace){1, 0}, LAST, (es_pace){1, 0});
  draw(w, 3);
  draw(a, 4);
  for (size_t k = 0; k < MOST; k++)
    if (param_of(&o.graph, k) == ES_NONE) w[k] = a[k] = 0;
  for (uint64_t step = 1; step <= 20; step++) {
    for (size_t k = 0; k < MOST; k++) gradient[k] = w[k] - a[k];
    for (size_t k = 0; k < MOST && step == 1; k++)
      before += (double)gradient[k] * (double)gradient[k];
    assert_true(es_optimizer_step(o.optimizer, w, gradient, .1, step));
  }
  for (size_t k = 0; k < MOST; k++)
    after += ((double)w[k] - (double)a[k]) * ((double)w[k] - (double)a[k]);
  /* A rounding of float in each of the 20 steps, and of the difference. */
  assert_close(sqrt(after / before), pow(.9, 20), 0, 40 * FLT_EPSILON);
  close_rule(&o);
}

/* Steps of 2^-30 of a parameter are lost in float, one by one; what is kept of
 * them adds up: 2^20 of them move it by 2^-10, to half a unit in its last
 * place. */
static void small_steps_add_up(void **state) {
  (void)state;
  static float w[MOST], gradient[MOST];
  opened o;
  open_rule(&o, ES_RULE_SGD, 0, (es_pace){1, 0}, LAST, (es_pace){1, 0});
  for (size_t k = 0; k < MOST; k++) w[k] = gradient[k] = 1;
  for (uint64_t step = 1; step <= 1 << 20; step++)
    assert_true(es_optimizer_step(o.optimizer, w, gradient, 0x1p-30, step));
  for (size_t k = 0; k < MOST; k++) {
    const double moved = param_of(&o.graph, k) == ES_NONE ? 0 : 0x1p-10;
    assert_close((double)w[k], 1 - moved, 0, 0x1p-25);
  }
  close_rule(&o);
}

/* What a rule remembers of a number, in long double. */
typedef struct memory {
  long double w[MOST], m[MOST], v[MOST];
} memory;

typedef struct settings {
  es_rule rule;
  double momentum, rate;
  es_pace pace, last;
} settings;

static void descend(memory *y, const es_tensor *t, const settings *s,
                    es_pace pace, const float *g) {
  const bool lars = s->rule == ES_RULE_LARS;
  const long double decay = lars && t->rank == 1 ? 0 : pace.decay;
  long double size = 0, step = 0, trust = 1;
  for (size_t k = t->offset; k < t->offset + t->size; k++) {
    const long double d = g[k] + decay * y->w[k];
    size += y->w[k] * y->w[k];
    step += d * d;
  }
  if (lars && t->rank > 1 && size > 0 && step > 0)
    trust = 1e-3L * sqrtl(size) / sqrtl(step);
  for (size_t k = t->offset; k < t->offset + t->size; k++) {
    y->m[k] = s->momentum * y->m[k] + trust * (g[k] + decay * y->w[k]);
    y->w[k] -= s->rate * pace.ratio * y->m[k];
  }
}

static void adapt(memory *y, const es_tensor *t, const settings *s,
                  es_pace pace, const float *g, int step) {
  const long double mu = s->momentum;
  for (size_t k = t->offset; k < t->offset + t->size; k++) {
    y->m[k] = mu * y->m[k] + (1 - mu) * g[k];
    y->v[k] = .999L * y->v[k] + .001L * g[k] * g[k];
    const long double m = y->m[k] / (1 - powl(mu, step));
    const long double v = y->v[k] / (1 - powl(.999L, step));
    y->w[k] -=
        s->rate * pace.ratio * (pace.decay * y->w[k] + m / (sqrtl(v) + 1e-8L));
  }
}

/* Twelve steps. A step's direction is off by the roundings to float of w, m and
 * v, 2^-24 each, which the remembered ones pass on: under 12 · 4 · 2^-24 of the
 * largest move of the tensor in a step; over twelve steps 12 times that. */
static void check_rule(const settings *s) {
  static memory y;
  static float w[MOST], gradient[MOST];
  double most[MOST] = {0};
  opened o;
  open_rule(&o, s->rule, s->momentum, s->pace, LAST, s->last);
  draw(w, 6);
  memset(&y, 0, sizeof y);
  for (size_t k = 0; k < MOST; k++) y.w[k] = w[k];
  for (int step = 1; step <= 12; step++) {
    draw(gradient, 100 + (uint64_t)step);
    for (size_t p = 0; p < o.graph.n_params; p++) {
      const es_tensor *t = &o.graph.param[p];
      const es_pace pace = p == LAST ? s->last : s->pace;
      long double before[MOST];
      memcpy(before, y.w, sizeof before);
      if (s->rule == ES_RULE_ADAMW)
        adapt(&y, t, s, pace, gradient, step);
      else
        descend(&y, t, s, pace, gradient);
      for (size_t k = 0; k < MOST; k++)
        most[p] = fmax(most[p], (double)fabsl(y.w[k] - before[k]));
    }
    assert_true(
        es_optimizer_step(o.optimizer, w, gradient, s->rate, (uint64_t)step));
  }
  for (size_t k = 0; k < MOST; k++) {
    const size_t p = param_of(&o.graph, k);
    assert_close((double)w[k], (double)y.w[k], 0,
                 ulp(w[k]) / 2 +
                     (p == ES_NONE ? 0 : 12 * 12 * 4 * 0x1p-24 * most[p]));
  }
  close_rule(&o);
}

static void rules_follow_their_formulas(void **state) {
  (void)state;
  static const settings s[] = {
      {ES_RULE_SGD, .9, .01, {1, 0}, {1, 0}},
      {ES_RULE_SGD, 0, .01, {.5, .03}, {1, .4}},
      {ES_RULE_SGD, .7, .01, {.5, .03}, {2, 0}},
      {ES_RULE_LARS, .9, .5, {1, 0}, {1, 0}},
      {ES_RULE_LARS, .9, .5, {.5, .03}, {2, .4}},
      {ES_RULE_ADAMW, .9, .003, {1, 0}, {1, 0}},
      {ES_RULE_ADAMW, 0, .003, {1, .2}, {1, 0}},
      {ES_RULE_ADAMW, .8, .003, {.5, .03}, {2, 4}},
  };
  for (size_t k = 0; k < sizeof s / sizeof *s; k++) check_rule(&s[k]);
}

/* LARS where a tensor or its step is 0: no factor. */
static void trust_without_a_ratio(void **state) {
  (void)state;
  static float w[MOST], gradient[MOST];
  opened o;
  open_rule(&o, ES_RULE_LARS, 0, (es_pace){1, 0}, LAST, (es_pace){1, 0});
  const size_t fc = o.graph.param[LAST].offset, conv = o.graph.param[0].offset;
  gradient[fc] = 2;
  w[conv] = 3;
  assert_true(es_optimizer_step(o.optimizer, w, gradient, .25, 1));
  assert_close((double)w[fc], -.5, 0, 0);
  assert_close((double)w[conv], 3, 0, 0);
  /* Now |w| = 1/2 and |d| = 2. */
  assert_true(es_optimizer_step(o.optimizer, w, gradient, .25, 1));
  assert_close((double)w[fc], -.5 - .25 * 1e-3 * .25 * 2, 0x1p-24, 0);
  close_rule(&o);
}

/* One number of the last tensor is beyond what a step can take: none moves, and
 * the next step is as if nothing had been. */
static void a_step_out_of_range_changes_nothing(void **state) {
  (void)state;
  static const settings s[] = {
      {ES_RULE_SGD, 0, .1, {1, 0}, {1, 0}},
      {ES_RULE_SGD, .9, .1, {1, 0}, {1, 0}},
      {ES_RULE_LARS, .9, .1, {1, 0}, {1, 0}},
      {ES_RULE_ADAMW, .9, .1, {1, 0}, {1, 0}},
      {ES_RULE_SGD, .9, .1, {1, 0}, {0, 0}},
  };
  static const float bad[] = {NAN, INFINITY, -INFINITY};
  static float w[MOST], other[MOST], before[MOST], gradient[MOST];
  for (size_t r = 0; r < sizeof s / sizeof *s; r++) {
    opened o, same;
    open_rule(&o, s[r].rule, s[r].momentum, s[r].pace, LAST, s[r].last);
    open_rule(&same, s[r].rule, s[r].momentum, s[r].pace, LAST, s[r].last);
    draw(w, 8);
    memcpy(other, w, sizeof w);
    const size_t at = o.graph.param[LAST].offset;
    for (uint64_t step = 1; step <= 3; step++) {
      memcpy(before, w, sizeof w);
      draw(gradient, 9 + step);
      const float kept = gradient[at];
      gradient[at] = bad[step - 1];
      assert_false(es_optimizer_step(o.optimizer, w, gradient, .1, step));
      assert_memory_equal(w, before, sizeof w);
      gradient[at] = kept;
      assert_true(es_optimizer_step(o.optimizer, w, gradient, .1, step));
      assert_true(es_optimizer_step(same.optimizer, other, gradient, .1, step));
    }
    assert_memory_equal(w, other, sizeof w);
    draw(gradient, 13);
    if (s[r].rule == ES_RULE_SGD && s[r].last.ratio > 0)
      assert_false(es_optimizer_step(o.optimizer, w, gradient, 1e39, 4));
    gradient[at] = 1e21f; /* its square is out of range */
    if (s[r].rule == ES_RULE_ADAMW)
      assert_false(es_optimizer_step(o.optimizer, w, gradient, .1, 4));
    close_rule(&o);
    close_rule(&same);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_parameter_moves_at_its_rate),
      cmocka_unit_test(rate_zero_changes_no_bit),
      cmocka_unit_test(a_bowl_is_descended),
      cmocka_unit_test(small_steps_add_up),
      cmocka_unit_test(rules_follow_their_formulas),
      cmocka_unit_test(trust_without_a_ratio),
      cmocka_unit_test(a_step_out_of_range_changes_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
