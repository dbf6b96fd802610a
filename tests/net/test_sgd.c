/* Descent: what a step does to each parameter, and what it leaves alone. */
#include "tests/check.h"

#include "base/random.h"
#include "net/sgd.h"

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

/* The rate that number k of the flat vector has; 0 in the padding. */
static double rate_of(const es_graph *g, size_t k, double rate, size_t last,
                      double last_rate) {
  for (size_t p = 0; p < g->n_params; p++)
    if (k >= g->param[p].offset && k < g->param[p].offset + g->param[p].size)
      return p == last ? last_rate : rate;
  return 0;
}

/* One rounding to float of w - rate·g: half a unit in its last place, and the
 * two roundings of double before it, 2^-53 of the terms each. */
static void check_step(const es_graph *g, double rate, size_t last,
                       double last_rate) {
  static float before[MOST], after[MOST], gradient[MOST];
  draw(before, 1);
  draw(gradient, 2);
  memcpy(after, before, sizeof after);
  es_sgd_step(g, after, NULL, gradient, rate, last, last_rate);
  for (size_t k = 0; k < MOST; k++) {
    const double own = rate_of(g, k, rate, last, last_rate);
    const long double move = (long double)own * gradient[k];
    const long double want = before[k] - move;
    const double half =
        (nextafterf(fabsf(after[k]), INFINITY) - fabsf(after[k])) / 2.;
    const double rounding =
        DBL_EPSILON * (fabs((double)before[k]) + fabs((double)move));
    if (own == 0)
      assert_memory_equal(&before[k], &after[k], sizeof after[k]);
    else
      assert_close(after[k], (double)want, 0, half + rounding);
  }
}

static void every_parameter_moves_at_its_rate(void **state) {
  (void)state;
  es_graph g;
  build(&g);
  check_step(&g, .37, LAST, .0021);
  check_step(&g, 1e-3, 0, 2.5);
  check_step(&g, 3, ES_NONE, .5); /* none is the last one */
  es_graph_free(&g);
}

/* Also where 0 · gradient is no number, and where w is -0, which -0 - (-0)
 * would make +0. */
static void rate_zero_changes_no_bit(void **state) {
  (void)state;
  static const float odd[] = {NAN, -INFINITY, -1, 1, FLT_TRUE_MIN};
  static float before[MOST], after[MOST], gradient[MOST];
  es_graph g;
  build(&g);
  for (size_t k = 0; k < MOST; k++) {
    before[k] = k % 3 == 0 ? -0.0f : k % 3 == 1 ? FLT_TRUE_MIN : NAN;
    gradient[k] = odd[k % 5];
  }
  memcpy(after, before, sizeof after);
  es_sgd_step(&g, after, NULL, gradient, 0, LAST, 0);
  assert_memory_equal(before, after, sizeof after);
  check_step(&g, 0, LAST, .25);
  check_step(&g, .25, LAST, 0);
  es_graph_free(&g);
}

/* The bowl |w - a|^2/2: the distance from a shrinks by 1 - rate a step. */
static void a_bowl_is_descended(void **state) {
  (void)state;
  static float w[MOST], a[MOST], gradient[MOST];
  double before = 0, after = 0;
  es_graph g;
  build(&g);
  draw(w, 3);
  draw(a, 4);
  for (size_t k = 0; k < MOST; k++)
    if (rate_of(&g, k, 1, LAST, 1) == 0) w[k] = a[k] = 0;
  for (int step = 0; step < 20; step++) {
    for (size_t k = 0; k < MOST; k++) gradient[k] = w[k] - a[k];
    for (size_t k = 0; k < MOST && step == 0; k++)
      before += (double)gradient[k] * (double)gradient[k];
    es_sgd_step(&g, w, NULL, gradient, .1, LAST, .1);
  }
  for (size_t k = 0; k < MOST; k++)
    after += ((double)w[k] - (double)a[k]) * ((double)w[k] - (double)a[k]);
  /* A rounding of float in each of the 20 steps, and of the difference. */
  assert_close(sqrt(after / before), pow(.9, 20), 0, 40 * FLT_EPSILON);
  es_graph_free(&g);
}

/* Steps of 2^-30 of a parameter are lost in float, one by one; kept beside it
 * they add up: 2^20 of them move it by 2^-10, to 2^20 roundings of 48 bits. */
static void small_steps_add_up(void **state) {
  (void)state;
  static float w[MOST], low[MOST], plain[MOST], gradient[MOST];
  es_graph g;
  build(&g);
  for (size_t k = 0; k < MOST; k++) w[k] = plain[k] = gradient[k] = 1;
  for (int step = 0; step < 1 << 20; step++)
    es_sgd_step(&g, w, low, gradient, 0x1p-30, LAST, 0x1p-30);
  es_sgd_step(&g, plain, NULL, gradient, 0x1p-30, LAST, 0x1p-30);
  for (size_t k = 0; k < MOST; k++) {
    const double own = rate_of(&g, k, 0x1p-10, LAST, 0x1p-10);
    assert_true(plain[k] == 1);
    assert_close((double)w[k] + (double)low[k], 1 - own, 0, 0x1p-28);
    assert_close(w[k], 1 - own, 0, 0x1p-24);
  }
  es_graph_free(&g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_parameter_moves_at_its_rate),
      cmocka_unit_test(rate_zero_changes_no_bit),
      cmocka_unit_test(a_bowl_is_descended),
      cmocka_unit_test(small_steps_add_up),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
