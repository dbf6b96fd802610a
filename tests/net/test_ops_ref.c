/* The reference engine's values: against numbers by hand, against the
 * definitions, float against double. u is half the spacing at 1. */
#include "tests/net/nets.h"

#include <float.h>

static const es_engine *const engines[] = {&es_engine_reference_double,
                                           &es_engine_reference_float};
static double unit(const es_engine *e) {
  return (e->real == sizeof(double) ? DBL_EPSILON : (double)FLT_EPSILON) / 2;
}

/* A 3×3 image 1…9 under the kernel 1…9, stride 2, padding 1: the corner sees
 * 1·5 + 2·6 + 4·8 + 5·9 = 94, its neighbour 2·4 + 3·5 + 5·7 + 6·8 = 106. */
static void convolution_by_hand(void **state) {
  (void)state;
  static const double want[4] = {94, 106, 106, 94};
  for (size_t e = 0; e < 2; e++) {
    es_graph g = {0};
    nets_case c;
    es_graph_output(
        &g, es_graph_conv(&g, es_graph_input(&g, 1, 3, 3), "conv", 1, 3, 2, 1));
    nets_open(&c, &g, 1, 1, 1);
    for (size_t i = 0; i < 9; i++) c.input[i] = c.params[i] = (double)i + 1;
    nets_run(&c, engines[e], ES_PASS_FROZEN);
    for (size_t i = 0; i < 4; i++) assert_close(c.out[0][i], want[i], 0, 0);
    nets_close(&c);
    es_graph_free(&g);
  }
}

/* One value of a convolution by its definition, and the sum of the sizes of its
 * terms. */
static double defined(const es_node *in, const es_node *node, const double *x,
                      const double *w, size_t o, size_t row, size_t col,
                      double *size) {
  double sum = 0;
  *size = 0;
  for (size_t c = 0; c < in->channels; c++)
    for (size_t ky = 0; ky < node->kernel; ky++)
      for (size_t kx = 0; kx < node->kernel; kx++) {
        const long r = (long)(row * node->stride + ky) - (long)node->pad;
        const long q = (long)(col * node->stride + kx) - (long)node->pad;
        if (r < 0 || q < 0 || r >= (long)in->height || q >= (long)in->width)
          continue;
        const double term =
            x[(c * in->height + (size_t)r) * in->width + (size_t)q] *
            w[((o * in->channels + c) * node->kernel + ky) * node->kernel + kx];
        sum += term;
        *size += fabs(term);
      }
  return sum;
}

static void expect_defined(const es_graph *g, const nets_case *c, double tol) {
  const es_node *in = &g->node[0], *node = &g->node[1];
  const size_t area = node->height * node->width;
  for (size_t i = 0; i < nets_values(c, 0); i++) {
    const size_t n = i / es_node_size(node), at = i % area;
    double size;
    const double want = defined(in, node, c->input + n * es_node_size(in),
                                c->params, i / area % node->channels,
                                at / node->width, at % node->width, &size);
    assert_close(c->out[0][i], want, 0, tol * size);
  }
}

/* K products and K sums: within 2K u of the terms' sizes. Images that parts of
 * the kernel never meet are among them. */
static void convolution_by_definition(void **state) {
  (void)state;
  static const size_t rows[][5] = {
      {9, 6, 1, 1, 0}, {9, 6, 1, 2, 0}, {9, 6, 3, 1, 1}, {9, 6, 3, 2, 1},
      {9, 6, 7, 2, 3}, {9, 6, 5, 3, 6}, {9, 6, 2, 2, 1}, {9, 6, 4, 1, 0},
      {1, 1, 3, 1, 1}, {1, 1, 5, 1, 2}, {2, 1, 7, 2, 3}, {1, 4, 1, 3, 1}};
  for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
    const es_engine *e = engines[i % 2];
    const size_t *p = rows[i / 2];
    es_graph g = {0};
    nets_case c;
    const size_t x = es_graph_input(&g, 3, p[0], p[1]);
    es_graph_output(&g, es_graph_conv(&g, x, "conv", 2, p[2], p[3], p[4]));
    nets_open(&c, &g, 2, 1, i);
    nets_run(&c, e, ES_PASS_MEASURE);
    expect_defined(&g, &c, 2 * unit(e) * 3 * (double)(p[2] * p[2]));
    nets_close(&c);
    es_graph_free(&g);
  }
}

static void norm_of(es_graph *g, nets_case *c, size_t batch, size_t groups,
                    size_t side) {
  *g = (es_graph){0};
  es_graph_output(g, es_graph_norm(g, es_graph_input(g, 1, 1, side), "bn"));
  nets_open(c, g, batch, groups, 3);
  c->params[g->param[0].offset] = 2;
  c->params[g->param[1].offset] = .5;
  c->buffers[g->buffer[0].offset] = -1;
  c->buffers[g->buffer[1].offset] = 3;
  c->buffers[g->buffer[2].offset] = 7;
}

/* 1, 2, 3, 6: mean 3, variance 14/4, unbiased 14/3. The float engine works in
 * double and rounds its results: 4 u covers that and the sums here. */
static void normalisation_by_hand(void **state) {
  (void)state;
  for (size_t e = 0; e < 2; e++)
    for (int pass = ES_PASS_TRAIN; pass <= ES_PASS_FROZEN; pass++) {
      const double tol = 4 * unit(engines[e]);
      es_graph g;
      nets_case c;
      norm_of(&g, &c, 2, 1, 2);
      const double x[4] = {1, 2, 3, 6};
      memcpy(c.input, x, sizeof x);
      nets_run(&c, engines[e], (es_pass)pass);
      const bool frozen = pass == ES_PASS_FROZEN, train = pass == ES_PASS_TRAIN;
      const double mean = frozen ? -1 : 3, var = frozen ? 3 : 3.5;
      for (size_t i = 0; i < 4; i++)
        assert_close(c.out[0][i], 2 * (x[i] - mean) / sqrt(var + 1e-5) + .5,
                     tol, tol);
      const double *b = c.buffers;
      assert_close(b[g.buffer[0].offset], train ? -.9 + .3 : -1, train * tol,
                   0);
      assert_close(b[g.buffer[1].offset], train ? 2.7 + 1.4 / 3 : 3,
                   train * tol, 0);
      assert_close(b[g.buffer[2].offset], train ? 8 : 7, 0, 0);
      nets_close(&c);
      es_graph_free(&g);
    }
}

/* A part of one value: variance 0, the result is the bias, no gradient but the
 * bias's, statistics stay finite. */
static void normalisation_of_one_value(void **state) {
  (void)state;
  for (size_t e = 0; e < 2; e++) {
    const double tol = 4 * unit(engines[e]);
    es_graph g;
    nets_case c;
    norm_of(&g, &c, 2, 2, 1);
    c.input[0] = 5;
    c.input[1] = 9;
    nets_run(&c, engines[e], ES_PASS_TRAIN);
    for (size_t i = 0; i < 2; i++) assert_close(c.out[0][i], .5, 0, 0);
    assert_close(c.buffers[g.buffer[0].offset], .9 * (-.9 + .5) + .9, tol, 0);
    assert_close(c.buffers[g.buffer[1].offset], .81 * 3, tol, 0);
    assert_close(c.buffers[g.buffer[2].offset], 9, 0, 0);
    assert_close(c.gradient[g.param[0].offset], 0, 0, 0);
    assert_close(c.gradient[g.param[1].offset], c.coef[0][0] + c.coef[0][1],
                 tol, tol);
    nets_close(&c);
    es_graph_free(&g);
  }
}

/* Two parts in one batch are two passes in order: the same values and buffers
 * to the bit, and gradients that add up (to the rounding of the sums, in
 * float of their terms; a gradient here sums fewer than 1000 terms). */
static void groups_are_passes(void **state) {
  (void)state;
  for (size_t e = 0; e < 2; e++) {
    es_graph g = {0};
    nets_case both, one;
    nets_small(&g);
    nets_open(&both, &g, 6, 2, 5);
    nets_open(&one, &g, 3, 1, 5);
    double *sum = nets_zeros(g.param_size), *coef[2], *input = one.input;
    for (size_t k = 0; k < 2; k++) coef[k] = one.coef[k];
    nets_run(&both, engines[e], ES_PASS_TRAIN);
    for (size_t part = 0; part < 2; part++) {
      one.input = both.input + part * 3 * es_node_size(&g.node[0]);
      for (size_t k = 0; k < 2; k++)
        one.coef[k] = both.coef[k] + part * nets_values(&one, k);
      nets_run(&one, engines[e], ES_PASS_TRAIN);
      for (size_t k = 0; k < 2; k++)
        assert_memory_equal(one.out[k],
                            both.out[k] + part * nets_values(&one, k),
                            nets_values(&one, k) * sizeof(double));
      for (size_t i = 0; i < g.param_size; i++) sum[i] += one.gradient[i];
    }
    assert_memory_equal(one.buffers, both.buffers,
                        g.buffer_size * sizeof(double));
    const double size = nets_rms(sum, NULL, g.param_size);
    for (size_t i = 0; i < g.param_size; i++)
      assert_close(both.gradient[i], sum[i], 0, 1000 * unit(engines[e]) * size);
    one.input = input;
    for (size_t k = 0; k < 2; k++) one.coef[k] = coef[k];
    free(sum);
    nets_close(&both);
    nets_close(&one);
    es_graph_free(&g);
  }
}

/* An image of two channels, the second of which only marks positions 1, 2, 4,
 * 8: through the weights (1, 0) the operation sees the first alone, and the
 * gradient by the second weight says which positions it chose. */
static void ties(void **state) {
  (void)state;
  static const double equal[4] = {3, 3, 3, 3}, late[4] = {-3, -1, -2, -1},
                      signs[4] = {0, -1, 2, 0};
  for (size_t e = 0; e < 2; e++)
    for (size_t kind = 0; kind < 3; kind++) {
      es_graph g = {0};
      nets_case c;
      size_t x = es_graph_input(&g, 2, 2, 2);
      x = es_graph_conv(&g, x, "conv", 1, 1, 1, 0);
      es_graph_output(&g, kind == 2 ? es_graph_relu(&g, x)
                                    : es_graph_max_pool(&g, x, 2, 2, 0));
      nets_open(&c, &g, 1, 1, 6);
      c.params[0] = 1;
      c.params[1] = 0;
      for (size_t i = 0; i < 4; i++) {
        c.input[i] = (kind == 0 ? equal : kind == 1 ? late : signs)[i];
        c.input[4 + i] = 1 << i;
      }
      for (size_t i = 0; i < nets_values(&c, 0); i++) c.coef[0][i] = 1;
      nets_run(&c, engines[e], ES_PASS_MEASURE);
      assert_close(c.out[0][0], kind == 0 ? 3 : kind == 1 ? -1 : 0, 0, 0);
      assert_close(c.gradient[1], kind == 0 ? 1 : kind == 1 ? 2 : 4, 0, 0);
      nets_close(&c);
      es_graph_free(&g);
    }
}

static void nan_passes_through(void **state) {
  (void)state;
  for (size_t at = 0; at < 4; at++) {
    es_graph g = {0};
    nets_case c;
    const size_t x = es_graph_input(&g, 1, 2, 2);
    es_graph_output(&g, es_graph_relu(&g, x));
    es_graph_output(&g, es_graph_max_pool(&g, x, 2, 1, 0));
    es_graph_output(&g, es_graph_mean_pool(&g, x));
    nets_open(&c, &g, 1, 1, 6);
    c.input[at] = NAN;
    for (size_t e = 0; e < 2; e++) {
      nets_run(&c, engines[e], ES_PASS_MEASURE);
      assert_true(isnan(c.out[0][at]) && isnan(c.out[1][0]));
      assert_true(isnan(c.out[2][0]) && !isnan(c.out[0][3 - at]));
    }
    nets_close(&c);
    es_graph_free(&g);
  }
}

/* What the float engine computes in double and rounds once: 2 u. */
static void float_rounds_once(void **state) {
  (void)state;
  const double u = unit(&es_engine_reference_float);
  es_graph g = {0};
  nets_case a, b;
  const size_t x = es_graph_input(&g, 5, 12, 11);
  es_graph_output(&g, es_graph_norm(&g, x, "bn"));
  es_graph_output(&g, es_graph_mean_pool(&g, x));
  es_graph_output(&g, es_graph_linear(&g, x, "fc", 4, true));
  es_graph_output(&g, es_graph_add(&g, x, x));
  nets_open(&a, &g, 6, 2, 8);
  nets_open(&b, &g, 6, 2, 8);
  nets_run(&a, &es_engine_reference_double, ES_PASS_TRAIN);
  nets_run(&b, &es_engine_reference_float, ES_PASS_TRAIN);
  for (size_t k = 0; k < 4; k++)
    for (size_t i = 0; i < nets_values(&a, k); i++)
      assert_close(b.out[k][i], a.out[k][i], 2 * u, 1e-12);
  /* Rounded after each of the two parts, at sizes below 2. */
  for (size_t i = 0; i < g.buffer_size; i++)
    assert_close(b.buffers[i], a.buffers[i], 0, 4 * u);
  /* The coefficients were rounded to float for both. */
  for (size_t i = 0; i < g.param_size; i++)
    assert_close(b.gradient[i], a.gradient[i], 2 * u, 1e-12);
  nets_close(&a);
  nets_close(&b);
  es_graph_free(&g);
}

/* The whole network: float differs from double as if numbers had been off by
 * the rounding of the longest sum of float terms, 8·9 = 72 of them, so by 72 u
 * at most. What such errors do is measured: the double engine, with parameters
 * and pixels moved by 72 u of their size, signs at random. */
static void float_follows_double(void **state) {
  (void)state;
  const double move = 72 * unit(&es_engine_reference_float);
  es_graph g = {0};
  nets_case exact, single, moved;
  nets_small(&g);
  nets_open(&exact, &g, 8, 2, 9);
  nets_open(&single, &g, 8, 2, 9);
  nets_open(&moved, &g, 8, 2, 9);
  const size_t pixels = 8 * es_node_size(&g.node[0]);
  for (size_t i = 0; i < pixels; i++)
    moved.input[i] *= 1 + (es_random_bits(1, 1, i) & 1 ? move : -move);
  for (size_t i = 0; i < g.param_size; i++)
    moved.params[i] *= 1 + (es_random_bits(1, 2, i) & 1 ? move : -move);
  nets_run(&exact, &es_engine_reference_double, ES_PASS_TRAIN);
  nets_run(&moved, &es_engine_reference_double, ES_PASS_TRAIN);
  nets_run(&single, &es_engine_reference_float, ES_PASS_TRAIN);
  const double *const x[][3] = {
      {exact.out[0], moved.out[0], single.out[0]},
      {exact.out[1], moved.out[1], single.out[1]},
      {exact.gradient, moved.gradient, single.gradient},
      {exact.buffers, moved.buffers, single.buffers}};
  const size_t n[] = {nets_values(&exact, 0), nets_values(&exact, 1),
                      g.param_size, g.buffer_size};
  for (size_t k = 0; k < 4; k++) {
    const double allowed = nets_rms(x[k][0], x[k][1], n[k]);
    assert_true(allowed < 1e-3 * nets_rms(x[k][0], NULL, n[k]));
    assert_close(nets_rms(x[k][0], x[k][2], n[k]), 0, 0, allowed);
  }
  nets_close(&exact);
  nets_close(&single);
  nets_close(&moved);
  es_graph_free(&g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(convolution_by_hand),
      cmocka_unit_test(convolution_by_definition),
      cmocka_unit_test(normalisation_by_hand),
      cmocka_unit_test(normalisation_of_one_value),
      cmocka_unit_test(groups_are_passes),
      cmocka_unit_test(ties),
      cmocka_unit_test(nan_passes_through),
      cmocka_unit_test(float_rounds_once),
      cmocka_unit_test(float_follows_double),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
