/* The reference engine's gradients in double against central differences
 * (nets.h), operation by operation. A 1×1 convolution comes first where an
 * operation has no parameters or takes gradients onwards: its own gradient is
 * right only if the operation's by its input is. */
#include "tests/net/nets.h"

static void check(es_graph *g, size_t batch, size_t groups, uint64_t seed) {
  nets_case c;
  nets_open(&c, g, batch, groups, seed);
  nets_check_gradient(&c, &es_engine_reference_double);
  nets_close(&c);
  es_graph_free(g);
}

/* 2×8×7 images into 3 channels. */
static size_t begin(es_graph *g) {
  *g = (es_graph){0};
  return es_graph_conv(g, es_graph_input(g, 2, 8, 7), "first", 3, 1, 1, 0);
}

static void convolutions(void **state) {
  (void)state;
  static const struct {
    size_t kernel, stride, pad;
  } rows[] = {{1, 1, 0}, {1, 2, 0}, {1, 1, 1}, {3, 1, 1}, {3, 2, 1}, {3, 1, 0},
              {3, 2, 2}, {3, 3, 4}, {7, 1, 3}, {7, 2, 3}, {7, 1, 0}, {2, 2, 0}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    es_graph g;
    const size_t x = begin(&g);
    es_graph_output(&g, es_graph_conv(&g, x, "conv", 2, rows[i].kernel,
                                      rows[i].stride, rows[i].pad));
    check(&g, 2, 1, i);
  }
}

/* With positions and without, one part and two, with weight and bias and
 * without. */
static void normalisation(void **state) {
  (void)state;
  for (size_t groups = 1; groups <= 2; groups++)
    for (int kind = 0; kind < 4; kind++) {
      es_graph g;
      size_t x = begin(&g);
      if (kind % 2) x = es_graph_linear(&g, x, "fc", 5, false);
      x = kind < 2 ? es_graph_norm(&g, x, "bn")
                   : es_graph_standardise(&g, x, "bn");
      es_graph_output(&g, x);
      check(&g, 6, groups, 20 + groups);
    }
}

/* By channel, behind a convolution and of the input. */
static void scaling(void **state) {
  (void)state;
  for (int first = 0; first < 2; first++) {
    es_graph g;
    const size_t x = begin(&g);
    es_graph_output(&g, es_graph_scale(&g, first ? 0 : x, "scale"));
    if (first) es_graph_output(&g, x);
    check(&g, 3, 1, 25);
  }
}

/* 4 (x - base/2), the base an output as well; the gradients are those of 4 x,
 * and of the base as an output alone. */
static void held_base(void **state) {
  (void)state;
  es_graph g[2];
  nets_case c[2];
  for (int k = 0; k < 2; k++) {
    const size_t x = begin(&g[k]);
    const size_t base = es_graph_conv(&g[k], 0, "base", 3, 1, 1, 0);
    es_graph_output(&g[k],
                    es_graph_offset(&g[k], x, k ? ES_NONE : base, 4, .5));
    es_graph_output(&g[k], base);
    es_graph_output(&g[k], x);
    nets_open(&c[k], &g[k], 3, 1, 26);
    nets_run(&c[k], &es_engine_reference_double, ES_PASS_MEASURE);
  }
  for (size_t i = 0; i < nets_values(c, 0); i++)
    assert_close(c[0].out[0][i], 4 * (c[0].out[2][i] - c[0].out[1][i] / 2),
                 1e-15, 1e-15);
  for (size_t i = 0; i < g[0].param_size; i++)
    assert_close(c[0].gradient[i], c[1].gradient[i], 0, 0);
  for (int k = 0; k < 2; k++) {
    nets_close(&c[k]);
    es_graph_free(&g[k]);
  }
}

/* Without a base it is a factor. */
static void offsets(void **state) {
  (void)state;
  es_graph g;
  const size_t x = begin(&g);
  es_graph_output(&g, es_graph_offset(&g, x, ES_NONE, -3, .5));
  check(&g, 3, 1, 26);
}

static void relu(void **state) {
  (void)state;
  es_graph g;
  es_graph_output(&g, es_graph_relu(&g, begin(&g)));
  check(&g, 3, 1, 30);
}

/* Of different nodes, of a node and its successor, of a node with itself. */
static void sums(void **state) {
  (void)state;
  for (int kind = 0; kind < 3; kind++) {
    es_graph g;
    const size_t x = begin(&g);
    const size_t y = kind == 2   ? x
                     : kind == 1 ? es_graph_relu(&g, x)
                                 : es_graph_conv(&g, 0, "other", 3, 3, 1, 1);
    es_graph_output(&g, es_graph_add(&g, x, y));
    check(&g, 2, 1, 40);
  }
}

static void pooling(void **state) {
  (void)state;
  static const struct {
    size_t kernel, stride, pad;
  } rows[] = {{2, 2, 0}, {3, 2, 1}, {3, 1, 1}, {2, 3, 1}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    es_graph g;
    const size_t x = begin(&g);
    es_graph_output(&g, es_graph_mean_pool(&g, x));
    es_graph_output(&g, es_graph_max_pool(&g, x, rows[i].kernel, rows[i].stride,
                                          rows[i].pad));
    es_graph_output(&g, es_graph_mean_pool(&g, x));
    check(&g, 2, 1, 50 + i);
  }
}

static void linear_layers(void **state) {
  (void)state;
  for (int bias = 0; bias < 2; bias++) {
    es_graph g;
    size_t x = begin(&g);
    x = es_graph_linear(&g, x, "fc1", 4, bias);
    es_graph_output(&g, es_graph_linear(&g, x, "fc2", 3, !bias));
    check(&g, 3, 1, 60);
  }
}

/* Outputs along a chain, one of them twice, the input too; each node's gradient
 * is the sum of what comes from outside and from its uses. */
static void outputs_inside(void **state) {
  (void)state;
  es_graph g;
  size_t x = begin(&g);
  es_graph_output(&g, x);
  x = es_graph_norm(&g, x, "bn");
  es_graph_output(&g, x);
  es_graph_output(&g, x);
  es_graph_linear(&g, es_graph_relu(&g, x), "unused", 1, false);
  es_graph_output(&g, 0);
  nets_case c;
  nets_open(&c, &g, 4, 2, 70);
  nets_run(&c, &es_engine_reference_double, ES_PASS_MEASURE);
  /* What no output depends on has gradient 0. */
  const es_tensor *unused = es_graph_find(&g, "unused.weight");
  for (size_t i = 0; i < unused->size; i++)
    assert_close(c.gradient[unused->offset + i], 0, 0, 0);
  nets_close(&c);
  es_graph_free(&g);

  x = begin(&g);
  es_graph_output(&g, x);
  x = es_graph_norm(&g, x, "bn");
  es_graph_output(&g, x);
  es_graph_output(&g, x);
  es_graph_output(&g, es_graph_linear(&g, es_graph_relu(&g, x), "fc", 2, true));
  check(&g, 4, 2, 71);
}

static void whole_network(void **state) {
  (void)state;
  es_graph g = {0};
  nets_small(&g);
  check(&g, 4, 2, 80);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(convolutions),  cmocka_unit_test(normalisation),
      cmocka_unit_test(scaling),       cmocka_unit_test(offsets),
      cmocka_unit_test(held_base),     cmocka_unit_test(relu),
      cmocka_unit_test(sums),          cmocka_unit_test(pooling),
      cmocka_unit_test(linear_layers), cmocka_unit_test(outputs_inside),
      cmocka_unit_test(whole_network),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
