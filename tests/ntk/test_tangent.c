/* The tangent kernel against finite differences for every kind of operation,
 * and where it is known: a linear network. Normalisation by groups, weights by
 * parameter, directions, cross kernels, threads and blocks. */
#include "tests/ntk/tangents.h"

#include <omp.h>

/* f (batch×d) with one parameter moved. */
static void moved(const nets_case *c, void *self, size_t i, double by,
                  double *f) {
  const es_engine *e = &es_engine_reference_double;
  const double kept = c->params[i];
  c->params[i] += by;
  assert_int_equal(
      e->forward(self, ES_PASS_FROZEN, c->params, c->buffers, c->input, NULL),
      ES_OK);
  c->params[i] = kept;
  memcpy(f, e->output(self, 0), nets_values(c, 0) * sizeof *f);
}

/* With statistics held, f is piecewise linear in any one parameter: between
 * kinks a central difference has no error but rounding's u |f|/h < 1e-9 at
 * h = 1e-6, and K is a sum of their products. */
static void differences(const nets_case *c, double *K) {
  const double h = 1e-6;
  const size_t n = c->batch, d = nets_values(c, 0) / n;
  double up[MOST * OUT], down[MOST * OUT];
  void *self;
  es_diag diag = {0};
  assert_ok(
      es_engine_reference_double.open(&self, c->graph, n, 1, false, &diag),
      diag);
  memset(K, 0, n * n * sizeof *K);
  for (size_t p = 0; p < c->graph->n_params; p++) {
    const es_tensor *t = &c->graph->param[p];
    for (size_t i = t->offset; i < t->offset + t->size; i++) {
      moved(c, self, i, h, up);
      moved(c, self, i, -h, down);
      for (size_t k = 0; k < n * d; k++) up[k] = (up[k] - down[k]) / (2 * h);
      for (size_t a = 0; a < n * n; a++)
        for (size_t o = 0; o < d; o++)
          K[a] +=
              weights[p] * up[a / n * d + o] * up[a % n * d + o] / (double)d;
    }
  }
  es_engine_reference_double.close(self);
}

static void check_case(const nets_case *c, es_tangent_plan plan) {
  double K[MOST * MOST], want[MOST * MOST], f[MOST * OUT], trace[OUT];
  const size_t n = c->batch;
  run(&plan, c, f, K, trace);
  differences(c, want);
  const double size = largest(want, n * n);
  for (size_t k = 0; k < n * n; k++)
    assert_close(K[k], want[k], 0, 1e-8 * size);
  double sum = 0, own = 0;
  for (size_t i = 0; i < n; i++) sum += K[i * n + i];
  for (size_t o = 0; o < OUT; o++) own += trace[o];
  assert_close(own / OUT, sum, 1e-13, 0);
}

static void check_graph(es_graph *g, uint64_t seed) {
  nets_case c;
  nets_open(&c, g, IMAGES, 1, seed);
  check_case(&c, plan_of(&c));
  for (size_t p = 0; p < g->n_params; p++) {
    es_tangent_plan plan = plan_of(&c);
    for (size_t q = 0; q < g->n_params; q++) weights[q] = q == p ? 2.5 : 0;
    check_case(&c, plan);
  }
  nets_close(&c);
  es_graph_free(g);
}

/* Each behind a layer that learns, so that its own gradient passes, too. */
static void every_operation_by_differences(void **state) {
  (void)state;
  for (int kind = 0; kind < 10; kind++) {
    es_graph g = {0};
    size_t x = es_graph_input(&g, 2, 7, 6);
    x = es_graph_conv(&g, x, "first", 3, 3, 2, 1); /* 4×3 */
    if (kind == 0) x = es_graph_conv(&g, x, "conv", 4, 1, 1, 0);
    if (kind == 1) x = es_graph_norm(&g, x, "norm");
    if (kind == 2) x = es_graph_standardise(&g, x, "norm");
    if (kind == 3) x = es_graph_relu(&g, x);
    if (kind == 4)
      x = es_graph_add(&g, es_graph_conv(&g, x, "a", 3, 3, 1, 1), x);
    if (kind == 5) x = es_graph_max_pool(&g, x, 3, 2, 1);
    if (kind == 6) x = es_graph_mean_pool(&g, x);
    if (kind == 7) x = es_graph_scale(&g, x, "scale");
    if (kind == 8) {
      const size_t base = es_graph_conv(&g, 0, "base", 3, 3, 2, 1);
      x = es_graph_offset(&g, x, base, 3, .7);
    }
    if (kind == 9) { /* one input and a kernel of 1, which is no patch */
      x = es_graph_conv(&g, x, "narrow", 1, 3, 1, 1);
      x = es_graph_conv(&g, x, "half", 4, 1, 2, 0);
    }
    es_graph_output(&g, es_graph_linear(&g, x, "last", OUT, kind % 2 == 0));
    if (kind != 8) {
      check_graph(&g, (uint64_t)kind);
      continue;
    }
    /* The base is held constant: its parameters count for nothing. */
    nets_case c;
    nets_open(&c, &g, IMAGES, 1, 8);
    es_tangent_plan plan = plan_of(&c);
    double K[MOST * MOST], same[MOST * MOST];
    run(&plan, &c, NULL, K, NULL);
    weights[1] = 0;
    assert_string_equal(g.param[1].name, "base.weight");
    check_case(&c, plan);
    run(&plan, &c, NULL, same, NULL);
    assert_memory_equal(K, same, IMAGES * IMAGES * sizeof *K);
    nets_close(&c);
    es_graph_free(&g);
  }
}

static void a_residual_network_by_differences(void **state) {
  (void)state;
  es_graph g = {0};
  size_t x = es_graph_input(&g, 1, 9, 9);
  x = es_graph_conv(&g, x, "conv1", 2, 3, 1, 1);
  x = es_graph_relu(&g, es_graph_norm(&g, x, "bn1"));
  x = nets_block(&g, x, "a", 2, 1);
  x = nets_block(&g, x, "b", 3, 2);
  x = es_graph_linear(&g, es_graph_mean_pool(&g, x), "fc", OUT, true);
  es_graph_output(&g, x);
  nets_case c;
  nets_open(&c, &g, IMAGES, 1, 3);
  check_case(&c, plan_of(&c));
  nets_close(&c);
  es_graph_free(&g);
}

/* z = W2 (W1 x + b1) + b2, any d:
 *   K = w1 x·x' |W2|²/d + w2 |W2|²/d + w3 h·h' + w4,  h = W1 x + b1.
 * Sums of at most a hundred terms of order 1: 1e-12 of K. */
static void a_linear_network_in_closed_form(void **state) {
  (void)state;
  enum { IN = 6, HIDDEN = 4 };
  es_graph g = {0};
  size_t x = es_graph_input(&g, 1, 1, IN);
  x = es_graph_linear(&g, x, "one", HIDDEN, true);
  es_graph_output(&g, es_graph_linear(&g, x, "two", OUT, true));
  nets_case c;
  nets_open(&c, &g, IMAGES, 1, 4);
  es_tangent_plan plan = plan_of(&c);
  for (size_t p = 0; p < 4; p++) weights[p] = (double[]){.5, 2, 3, .25}[p];
  double K[MOST * MOST], h[IMAGES][HIDDEN], square = 0;
  run(&plan, &c, NULL, K, NULL);
  const double *W1 = c.params + g.param[0].offset;
  const double *b1 = c.params + g.param[1].offset;
  const double *W2 = c.params + g.param[2].offset;
  for (size_t k = 0; k < OUT * HIDDEN; k++) square += W2[k] * W2[k] / OUT;
  for (size_t i = 0; i < IMAGES; i++)
    for (size_t r = 0; r < HIDDEN; r++) {
      h[i][r] = b1[r];
      for (size_t q = 0; q < IN; q++)
        h[i][r] += W1[r * IN + q] * c.input[i * IN + q];
    }
  for (size_t i = 0; i < IMAGES; i++)
    for (size_t j = 0; j < IMAGES; j++) {
      double xx = 0, hh = 0;
      for (size_t q = 0; q < IN; q++)
        xx += c.input[i * IN + q] * c.input[j * IN + q];
      for (size_t r = 0; r < HIDDEN; r++) hh += h[i][r] * h[j][r];
      const double want = (.5 * xx + 2) * square + 3 * hh + .25;
      assert_close(K[i * IMAGES + j], want, 1e-12, 1e-12);
    }
  nets_close(&c);
  es_graph_free(&g);
}

static void small_net(es_graph *g) {
  size_t x = es_graph_input(g, 1, 6, 6);
  x = es_graph_norm(g, es_graph_conv(g, x, "conv", 4, 3, 1, 1), "bn");
  x = es_graph_mean_pool(g, es_graph_relu(g, x));
  es_graph_output(g, es_graph_linear(g, x, "fc", OUT, true));
}

/* A group's own statistics as running ones: the same kernel within it. 1e-12:
 * two orders of sums. */
static void groups_have_their_own_statistics(void **state) {
  (void)state;
  enum { N = 8, AREA = 36, C = 4 };
  es_graph g = {0}, bare = {0};
  nets_case c, b;
  small_net(&g);
  es_graph_output(&bare, es_graph_conv(&bare, es_graph_input(&bare, 1, 6, 6),
                                       "conv", C, 3, 1, 1));
  nets_open(&c, &g, N, 1, 5);
  nets_open(&b, &bare, N, 1, 5);
  memcpy(b.params, c.params, bare.param[0].size * sizeof *b.params);
  nets_run(&b, &es_engine_reference_double, ES_PASS_FROZEN);
  const size_t group[N] = {0, 1, 1, 0, 1, 0, 0, 1};
  es_tangent_plan plan = plan_of(&c);
  plan.group = group;
  plan.groups = 2;
  plan.rows = plan.columns = 6;
  double K[MOST * MOST], held[MOST * MOST];
  run(&plan, &c, NULL, K, NULL);
  for (size_t part = 0; part < 2; part++) {
    for (size_t k = 0; k < C; k++) {
      double sum = 0, square = 0;
      for (size_t n = 0; n < N; n++)
        for (size_t i = 0; group[n] == part && i < AREA; i++) {
          const double y = b.out[0][(n * C + k) * AREA + i];
          sum += y / (4 * AREA);
          square += y * y / (4 * AREA);
        }
      c.buffers[g.buffer[0].offset + k] = sum;
      c.buffers[g.buffer[1].offset + k] = square - sum * sum;
    }
    plan.group = NULL;
    run(&plan, &c, NULL, held, NULL);
    for (size_t i = 0; i < 6; i++)
      for (size_t j = 0; j < 6; j++)
        if (group[i] == part && group[j] == part)
          assert_close(K[i * 6 + j], held[i * 6 + j], 1e-12, 0);
  }
  nets_close(&c);
  nets_close(&b);
  es_graph_free(&g);
  es_graph_free(&bare);
}

/* As many directions as outputs make the same kernel; fewer one whose mean over
 * seeds is it: of 200 seeds within five deviations of that mean. */
static void directions_are_unbiased(void **state) {
  (void)state;
  enum { SEEDS = 200 };
  es_graph g = {0};
  nets_case c;
  small_net(&g);
  nets_open(&c, &g, IMAGES, 1, 6);
  es_tangent_plan plan = plan_of(&c);
  double K[MOST * MOST], some[MOST * MOST], sum = 0, square = 0;
  run(&plan, &c, NULL, K, NULL);
  plan.directions = OUT;
  run(&plan, &c, NULL, some, NULL);
  for (size_t k = 0; k < IMAGES * IMAGES; k++)
    assert_close(some[k], K[k], 1e-12, 0);
  plan.directions = 1;
  for (plan.seed = 0; plan.seed < SEEDS; plan.seed++) {
    run(&plan, &c, NULL, some, NULL);
    sum += some[1] / SEEDS;
    square += some[1] * some[1] / SEEDS;
  }
  const double deviation = sqrt((square - sum * sum) / SEEDS);
  assert_true(deviation > 0 && deviation < .1 * fabs(K[1]));
  assert_close(sum, K[1], 0, 5 * deviation);
  nets_close(&c);
  es_graph_free(&g);
}

/* One output at a time adds the same terms in another order; further rows are
 * those of the square kernel; threads change no bit. */
static void blocks_rows_and_threads(void **state) {
  (void)state;
  es_graph g = {0};
  nets_case c;
  nets_small(&g);
  nets_open(&c, &g, MOST, 1, 7);
  es_tangent_plan plan = plan_of(&c);
  plan.output = 1;
  double K[MOST * MOST], other[MOST * MOST];
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  run(&plan, &c, NULL, K, NULL);
  omp_set_num_threads(3);
  run(&plan, &c, NULL, other, NULL);
  omp_set_num_threads(threads);
  assert_memory_equal(K, other, sizeof K);
  plan.bytes = 1;
  run(&plan, &c, NULL, other, NULL);
  for (size_t k = 0; k < MOST * MOST; k++)
    assert_close(other[k], K[k], 1e-12, 1e-12 * K[0]);
  plan.columns = 3;
  run(&plan, &c, NULL, other, NULL);
  for (size_t i = 0; i < MOST; i++)
    for (size_t j = 0; j < 3; j++)
      assert_close(other[i * 3 + j], K[i * MOST + j], 1e-12, 1e-12 * K[0]);
  nets_close(&c);
  es_graph_free(&g);
}

static void errors(void **state) {
  (void)state;
  es_graph g = {0};
  nets_case c;
  es_tangent *t;
  es_diag diag = {0};
  double K[MOST * MOST];
  size_t all, bytes;
  small_net(&g);
  nets_open(&c, &g, IMAGES, 1, 6);
  es_tangent_plan plan = plan_of(&c), bad = plan;
  bad.rows = IMAGES + 1;
  assert_status(es_tangent_new(&t, &bad, &diag), ES_BAD_SHAPE);
  assert_null(t);
  assert_status(es_tangent_bytes(&bytes, &bad, &diag), ES_BAD_SHAPE);
  bad = plan;
  bad.directions = OUT + 1;
  assert_status(es_tangent_new(&t, &bad, &diag), ES_BAD_VALUE);
  bad = plan;
  bad.images = bad.rows = (size_t)1 << 61;
  assert_status(es_tangent_new(&t, &bad, &diag), ES_NO_MEMORY);
  assert_ok(es_tangent_bytes(&bytes, &bad, &diag), diag);
  assert_int_equal(bytes, SIZE_MAX);
  bad = plan;
  bad.weight = NULL; /* all learn */
  assert_ok(es_tangent_bytes(&all, &bad, &diag), diag);
  assert_ok(es_tangent_bytes(&bytes, &plan, &diag), diag);
  assert_int_equal(all, bytes);
  c.input[3] = NAN;
  assert_ok(es_tangent_new(&t, &plan, &diag), diag);
  assert_status(es_tangent_run(t, c.params, c.buffers, c.input, NULL, K, NULL,
                               NULL, &diag),
                ES_NOT_FINITE);
  assert_non_null(strstr(diag.message, "output is not finite"));
  es_tangent_free(t);
  es_tangent_free(NULL);
  nets_close(&c);
  es_graph_free(&g);
}

int main(void) {
  omp_set_num_threads(1); /* too little to share */
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_operation_by_differences),
      cmocka_unit_test(a_residual_network_by_differences),
      cmocka_unit_test(a_linear_network_in_closed_form),
      cmocka_unit_test(groups_have_their_own_statistics),
      cmocka_unit_test(directions_are_unbiased),
      cmocka_unit_test(blocks_rows_and_threads),
      cmocka_unit_test(errors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
