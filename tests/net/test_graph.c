/* Graphs: shapes, names and counts of PyTorch, and everything that cannot be
 * built. */
#include "tests/net/nets.h"

static void expect_tensor(const es_graph *g, const char *name, size_t rank,
                          const size_t *dims) {
  const es_tensor *t = es_graph_find(g, name);
  size_t size = 1;
  if (t == NULL) fail_msg("no %s", name);
  assert_string_equal(t->name, name);
  assert_int_equal(t->rank, rank);
  for (size_t i = 0; i < rank; i++) {
    assert_int_equal(t->dims[i], dims[i]);
    size *= dims[i];
  }
  assert_int_equal(t->size, size);
}

/* Tensors in order, apart, each at a multiple of 64 bytes of floats. */
static size_t count_numbers(const es_tensor *t, size_t n, size_t whole) {
  size_t sum = 0, end = 0;
  for (size_t i = 0; i < n; i++) {
    assert_true(t[i].offset >= end && t[i].offset < end + ES_TENSOR_ALIGN);
    assert_int_equal(t[i].offset % ES_TENSOR_ALIGN, 0);
    end = t[i].offset + t[i].size;
    sum += t[i].size;
  }
  assert_true(whole >= end && whole < end + ES_TENSOR_ALIGN);
  assert_int_equal(whole % ES_TENSOR_ALIGN, 0);
  return sum;
}

/* torchvision.models.resnet18: 11,689,512 parameters in 62 tensors; 20
 * normalisations with 4,800 channels. */
static void resnet_18_is_torchvisions(void **state) {
  (void)state;
  static const char *const order[] = {
      "conv1.weight",          "bn1.weight",          "bn1.bias",
      "layer1.0.conv1.weight", "layer1.0.bn1.weight", "layer1.0.bn1.bias",
      "layer1.0.conv2.weight", "layer1.0.bn2.weight", "layer1.0.bn2.bias",
      "layer1.1.conv1.weight"};
  es_graph g = {0};
  es_diag diag = {0};
  nets_resnet(&g, (const size_t[]){2, 2, 2, 2}, 4, 64, 3, 224, 1000);
  assert_ok(es_graph_finish(&g, &diag), diag);
  assert_int_equal(g.n_params, 62);
  assert_int_equal(g.n_buffers, 60);
  assert_int_equal(count_numbers(g.param, g.n_params, g.param_size), 11689512);
  assert_int_equal(count_numbers(g.buffer, g.n_buffers, g.buffer_size),
                   2 * 4800 + 20);
  for (size_t i = 0; i < sizeof order / sizeof *order; i++)
    assert_string_equal(g.param[i].name, order[i]);
  expect_tensor(&g, "conv1.weight", 4, (const size_t[]){64, 3, 7, 7});
  expect_tensor(&g, "layer2.0.downsample.0.weight", 4,
                (const size_t[]){128, 64, 1, 1});
  expect_tensor(&g, "layer2.0.downsample.1.bias", 1, (const size_t[]){128});
  expect_tensor(&g, "layer4.1.bn2.running_var", 1, (const size_t[]){512});
  expect_tensor(&g, "layer4.1.bn2.num_batches_tracked", 0, NULL);
  expect_tensor(&g, "fc.weight", 2, (const size_t[]){1000, 512});
  expect_tensor(&g, "fc.bias", 1, (const size_t[]){1000});
  assert_null(es_graph_find(&g, "layer1.0.downsample.0.weight"));
  const es_node *last = &g.node[g.output[0] - 1];
  assert_int_equal(last->channels, 512);
  assert_int_equal(last->height * 100 + last->width, 707);
  assert_int_equal(es_node_area(last), 49);
  assert_true(es_graph_normalises(&g));
  assert_int_equal(es_node_size(&g.node[g.output[0]]), 512);
  assert_int_equal(es_node_size(&g.node[g.output[1]]), 1000);
  es_graph_free(&g);
  assert_null(g.node);
  es_graph_free(&g);
}

/* Sides as PyTorch's Conv2d and MaxPool2d give them (floor). */
static void shapes_of_results(void **state) {
  (void)state;
  static const struct {
    size_t height, width, kernel, stride, pad, out_height, out_width;
  } rows[] = {{28, 28, 3, 1, 1, 28, 28}, {28, 27, 3, 2, 1, 14, 14},
              {32, 32, 7, 2, 3, 16, 16}, {5, 9, 1, 2, 0, 3, 5},
              {1, 1, 3, 1, 1, 1, 1},     {7, 6, 2, 2, 1, 4, 4},
              {4, 7, 4, 3, 0, 1, 2}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (int pool = 0; pool < 2; pool++) {
      es_graph g = {0};
      const size_t x = es_graph_input(&g, 2, rows[i].height, rows[i].width);
      const size_t y = pool ? es_graph_max_pool(&g, x, rows[i].kernel,
                                                rows[i].stride, rows[i].pad)
                            : es_graph_conv(&g, x, "c", 5, rows[i].kernel,
                                            rows[i].stride, rows[i].pad);
      es_graph_output(&g, y);
      assert_int_equal(es_graph_finish(&g, NULL), ES_OK);
      assert_int_equal(g.node[y].channels, pool ? 2 : 5);
      assert_int_equal(g.node[y].height, rows[i].out_height);
      assert_int_equal(g.node[y].width, rows[i].out_width);
      assert_int_equal(g.n_params, pool ? 0 : 1);
      assert_false(es_graph_normalises(&g));
      es_graph_free(&g);
    }
}

/* A linear layer flattens; a normalisation follows one; nodes of one value. */
static void flat_layers(void **state) {
  (void)state;
  es_graph g = {0};
  size_t x = es_graph_input(&g, 3, 4, 5);
  x = es_graph_linear(&g, x, "projector.0", 7, false);
  x = es_graph_relu(&g, es_graph_norm(&g, x, "projector.1"));
  x = es_graph_linear(&g, x, "projector.3", 2, true);
  assert_int_equal(es_graph_output(&g, 0), 0);
  assert_int_equal(es_graph_output(&g, x), 1);
  assert_int_equal(es_graph_output(&g, x), 2);
  assert_int_equal(es_graph_finish(&g, NULL), ES_OK);
  expect_tensor(&g, "projector.0.weight", 2, (const size_t[]){7, 60});
  assert_null(es_graph_find(&g, "projector.0.bias"));
  expect_tensor(&g, "projector.1.running_mean", 1, (const size_t[]){7});
  expect_tensor(&g, "projector.3.bias", 1, (const size_t[]){2});
  assert_int_equal(g.output[2], x);
  assert_int_equal(g.node[x].bias, 4);
  assert_int_equal(g.node[1].bias, ES_NONE);
  es_graph_free(&g);
}

/* Arrays grow past every power of two without losing what they hold. */
static void long_chains(void **state) {
  (void)state;
  enum { N = 300 };
  char name[16];
  es_graph g = {0};
  size_t x = es_graph_input(&g, 1, 1, 1);
  for (size_t i = 0; i < N; i++) {
    snprintf(name, sizeof name, "n%zu", i);
    x = es_graph_norm(&g, x, name);
    assert_int_equal(x, i + 1);
  }
  es_graph_output(&g, x);
  assert_int_equal(es_graph_finish(&g, NULL), ES_OK);
  assert_int_equal(count_numbers(g.param, g.n_params, g.param_size), 2 * N);
  assert_int_equal(count_numbers(g.buffer, g.n_buffers, g.buffer_size), 3 * N);
  for (size_t i = 0; i < N; i++) {
    snprintf(name, sizeof name, "n%zu.bias", i);
    assert_string_equal(g.param[2 * i + 1].name, name);
    assert_int_equal(g.node[i + 1].bias, 2 * i + 1);
    assert_int_equal(g.node[i + 1].count, 3 * i + 2);
  }
  es_graph_free(&g);
}

/* Each builds what cannot be built, on an input of 2×6×5 (node 0). */
enum { HUGE_SIDE = 1 << 30 };
static const char *const LONG = "a.name.that.is.far.too.long.for.a.tensor.of.a."
                                "network";
static void kernel_too_large(es_graph *g) {
  es_graph_conv(g, 0, "conv1", 1, 8, 1, 1);
}
static void kernel_zero(es_graph *g) {
  es_graph_conv(g, 0, "conv1", 1, 0, 1, 1);
}
static void stride_zero(es_graph *g) {
  es_graph_conv(g, 0, "conv1", 1, 1, 0, 1);
}
static void pad_overflows(es_graph *g) {
  es_graph_conv(g, 0, "conv1", 1, 1, 1, SIZE_MAX / 2);
}
static void no_channels(es_graph *g) {
  es_graph_conv(g, 0, "conv1", 0, 1, 1, 0);
}
static void weight_overflows(es_graph *g) {
  es_graph_linear(g, 0, "fc", SIZE_MAX / 30, true);
}
static void node_overflows(es_graph *g) {
  es_graph_conv(g, 0, "conv1", HUGE_SIDE, 1, 1, HUGE_SIDE);
}
static void node_too_large(es_graph *g) {
  es_graph_conv(g, 0, "conv1", 1, 1, 1, HUGE_SIDE);
}
static void sum_of_params_overflows(es_graph *g) {
  es_graph_linear(g, 0, "a", SIZE_MAX / 64 / 60 - 1, false);
  es_graph_linear(g, 0, "b", SIZE_MAX / 64 / 60 - 1, false);
}
static void pool_too_large(es_graph *g) { es_graph_max_pool(g, 0, 7, 1, 0); }
static void pool_pad(es_graph *g) { es_graph_max_pool(g, 0, 3, 1, 2); }
static void unlike_sum(es_graph *g) {
  es_graph_add(g, 0, es_graph_conv(g, 0, "conv1", 2, 3, 1, 0));
}
static size_t halved(es_graph *g, const char *name, size_t kernel) {
  return es_graph_conv(g, 0, name, 1, kernel, 2, 0);
}
static void unlike_widths(es_graph *g) {
  es_graph_add(g, halved(g, "a", 1), halved(g, "b", 2));
}
static void unlike_heights(es_graph *g) {
  es_graph_add(g, halved(g, "a", 2), halved(g, "b", 3));
}
static void unlike_channels(es_graph *g) {
  es_graph_add(g, 0, es_graph_conv(g, 0, "conv1", 3, 1, 1, 0));
}
static void no_such_node(es_graph *g) { es_graph_relu(g, 1); }
static void no_such_second(es_graph *g) { es_graph_add(g, 0, ES_NONE); }
static void no_such_output(es_graph *g) { es_graph_output(g, 1); }
static void two_inputs(es_graph *g) { es_graph_input(g, 2, 6, 5); }
static void many_outputs(es_graph *g) {
  for (size_t i = 0; i < ES_OUTPUTS; i++)
    assert_int_equal(es_graph_output(g, 0), i);
  assert_int_equal(es_graph_watch(g, 0), ES_NONE);
}
static void same_name(es_graph *g) {
  es_graph_norm(g, es_graph_norm(g, 0, "bn1"), "bn1");
}
static void long_name(es_graph *g) { es_graph_conv(g, 0, LONG, 1, 1, 1, 0); }
static void long_buffer(es_graph *g) { es_graph_norm(g, 0, LONG + 12); }

static void failures_are_kept(void **state) {
  (void)state;
  static const struct {
    void (*build)(es_graph *g);
    es_status status;
    const char *says;
  } rows[] = {{kernel_too_large, ES_BAD_SHAPE, "conv1: kernel 8"},
              {kernel_zero, ES_BAD_SHAPE, "kernel 0"},
              {stride_zero, ES_BAD_SHAPE, "stride 0"},
              {pad_overflows, ES_BAD_SHAPE, "padding"},
              {no_channels, ES_BAD_SHAPE, "hold nothing"},
              {weight_overflows, ES_BAD_SHAPE, "fc.weight would be too large"},
              {node_overflows, ES_BAD_SHAPE, "node 1 would be too large"},
              {node_too_large, ES_BAD_SHAPE, "node 1 would be too large"},
              {sum_of_params_overflows, ES_BAD_SHAPE, "b.weight would be"},
              {pool_too_large, ES_BAD_SHAPE, "kernel 7"},
              {pool_pad, ES_BAD_SHAPE, "padding 2 of kernel 3"},
              {unlike_sum, ES_BAD_SHAPE, "2×6×5 and 2×4×3"},
              {unlike_widths, ES_BAD_SHAPE, "1×3×3 and 1×3×2"},
              {unlike_heights, ES_BAD_SHAPE, "1×3×2 and 1×2×2"},
              {unlike_channels, ES_BAD_SHAPE, "2×6×5 and 3×6×5"},
              {no_such_node, ES_BAD_SHAPE, "node 1 does not exist"},
              {no_such_second, ES_BAD_SHAPE, "does not exist"},
              {no_such_output, ES_BAD_SHAPE, "node 1 does not exist"},
              {two_inputs, ES_BAD_SHAPE, "one input"},
              {many_outputs, ES_BAD_SHAPE, "more than 104 outputs"},
              {same_name, ES_BAD_VALUE, "bn1.weight"},
              {long_name, ES_BAD_VALUE, "too long"},
              {long_buffer, ES_BAD_VALUE, "too long"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    es_graph g = {0};
    es_diag diag = {0};
    es_graph_input(&g, 2, 6, 5);
    rows[i].build(&g);
    const size_t nodes = g.n_nodes;
    /* The first failure stays, whatever comes. */
    assert_int_equal(es_graph_relu(&g, 0), ES_NONE);
    assert_int_equal(es_graph_conv(&g, 0, "next", 1, 9, 1, 0), ES_NONE);
    assert_int_equal(es_graph_norm(&g, 0, "next"), ES_NONE);
    assert_int_equal(es_graph_linear(&g, 0, "next", 1, true), ES_NONE);
    assert_int_equal(es_graph_add(&g, 0, 0), ES_NONE);
    assert_int_equal(es_graph_max_pool(&g, 0, 1, 1, 0), ES_NONE);
    assert_int_equal(es_graph_mean_pool(&g, 0), ES_NONE);
    assert_int_equal(es_graph_output(&g, 0), ES_NONE);
    assert_int_equal(es_graph_input(&g, 1, 1, 1), ES_NONE);
    assert_int_equal(g.n_nodes, nodes);
    assert_int_equal(es_graph_finish(&g, &diag), rows[i].status);
    if (strstr(diag.message, rows[i].says) == NULL)
      fail_msg("\"%s\" lacks \"%s\"", diag.message, rows[i].says);
    es_graph_free(&g);
  }
}

static void networks_without_an_end(void **state) {
  (void)state;
  es_graph g = {0};
  es_diag diag = {0};
  assert_int_equal(es_graph_finish(&g, &diag), ES_BAD_SHAPE);
  assert_int_equal(es_graph_relu(&g, es_graph_input(&g, 1, 1, 1)), 1);
  assert_int_equal(es_graph_finish(&g, &diag), ES_BAD_SHAPE);
  assert_non_null(strstr(diag.message, "without an output"));
  es_graph_output(&g, 1);
  assert_ok(es_graph_finish(&g, &diag), diag);
  es_graph_free(&g);
  es_graph_input(&g, 1, 0, 1);
  assert_int_equal(es_graph_finish(&g, NULL), ES_BAD_SHAPE);
  es_graph_free(&g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(resnet_18_is_torchvisions),
      cmocka_unit_test(shapes_of_results),
      cmocka_unit_test(flat_layers),
      cmocka_unit_test(long_chains),
      cmocka_unit_test(failures_are_kept),
      cmocka_unit_test(networks_without_an_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
