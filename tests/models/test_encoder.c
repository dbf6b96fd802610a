/* Encoders as graphs: every tensor of torchvision's networks, by name, shape
 * and order; the order of operations. */
#include "tests/models/training.h"

#include "models/resnet/encoder.h"

/* torchvision's resnet state_dict, written from its rule: a list of "name
 * shape" lines for the parameters and one for the buffers. */
typedef struct list {
  char line[170][64];
  size_t n, numbers; /* numbers: the product of each shape, summed */
} list;

typedef struct dict {
  list params, buffers;
} dict;

static void add(list *l, const char *prefix, const char *name, size_t rank,
                const size_t *dims) {
  char *line = l->line[l->n++];
  int at = snprintf(line, 64, "%s%s", prefix, name);
  size_t size = 1;
  for (size_t i = 0; i < rank; i++) {
    at += snprintf(line + at, 64 - (size_t)at, " %zu", dims[i]);
    size *= dims[i];
  }
  l->numbers += size;
}

static void add_conv(dict *d, const char *prefix, const char *name, size_t out,
                     size_t in, size_t kernel) {
  add(&d->params, prefix, name, 4, (size_t[]){out, in, kernel, kernel});
}

static void add_norm(dict *d, const char *prefix, const char *name,
                     size_t channels) {
  static const char *const parts[] = {".weight", ".bias", ".running_mean",
                                      ".running_var", ".num_batches_tracked"};
  for (int k = 0; k < 5; k++) {
    char full[48];
    snprintf(full, sizeof full, "%s%s", name, parts[k]);
    add(k < 2 ? &d->params : &d->buffers, prefix, full, k < 4, &channels);
  }
}

/* Convolutions of a block with their norms: two 3×3, or 1×1, 3×3, 1×1. */
static void add_block(dict *d, const char *prefix, bool bottleneck, size_t in,
                      size_t inner, size_t out, bool around) {
  const size_t width[4] = {in, inner, bottleneck ? inner : out, out};
  for (size_t k = 0; k < (bottleneck ? 3 : 2); k++) {
    char conv[32], bn[32];
    snprintf(conv, sizeof conv, "conv%zu.weight", k + 1);
    snprintf(bn, sizeof bn, "bn%zu", k + 1);
    add_conv(d, prefix, conv, width[k + 1], width[k],
             bottleneck && k != 1 ? 1 : 3);
    add_norm(d, prefix, bn, width[k + 1]);
  }
  if (!around) return;
  add_conv(d, prefix, "downsample.0.weight", out, in, 1);
  add_norm(d, prefix, "downsample.1", out);
}

/* 64 channels at first; a bottleneck gives four times those of its stage. */
static dict *torchvision(const size_t *stages, bool bottleneck, size_t channels,
                         size_t stem) {
  dict *d = calloc(1, sizeof *d);
  assert_non_null(d);
  add_conv(d, "", "conv1.weight", 64, channels, stem);
  add_norm(d, "", "bn1", 64);
  for (size_t stage = 1, in = 64; stage <= 4; stage++)
    for (size_t b = 0; b < stages[stage - 1]; b++) {
      const size_t inner = (size_t)32 << stage;
      const size_t out = bottleneck ? 4 * inner : inner;
      char prefix[32];
      snprintf(prefix, sizeof prefix, "layer%zu.%zu.", stage, b);
      add_block(d, prefix, bottleneck, in, inner, out, in != out);
      in = out;
    }
  return d;
}

/* The first n tensors are the list's, and hold as many numbers. */
static void check_tensors(const es_tensor *t, size_t n, const list *want) {
  list got = {.n = 0};
  assert_int_equal(n, want->n);
  for (size_t k = 0; k < n; k++) {
    add(&got, "", t[k].name, t[k].rank, t[k].dims);
    assert_string_equal(got.line[k], want->line[k]);
  }
  assert_int_equal(got.numbers, want->numbers);
}

static es_network network_of(const es_encoder *e) {
  es_network network;
  es_diag diag = {0};
  assert_ok(es_network_new(&network, e, &diag), diag);
  return network;
}

static es_encoder resnet(size_t blocks, size_t width, size_t channels,
                         size_t side) {
  return (es_encoder){.arch = ES_ARCH_RESNET,
                      .stages = {blocks, blocks, blocks, blocks},
                      .width = width,
                      .norm = true,
                      .channels = channels,
                      .side = side,
                      .dim = 10};
}

static void check_tap(const es_graph *g, es_tap tap, size_t size) {
  assert_int_equal(tap.size, size);
  assert_true(tap.output < g->n_outputs);
  assert_int_equal(es_node_size(&g->node[g->output[tap.output]]), size);
}

/* What follows the encoder: (10, features), without bias, the last parameter;
 * it takes the representation and gives the embedding. */
static void check_head(const es_network *n, size_t features) {
  const es_graph *g = &n->graph;
  const es_tensor *t = &g->param[n->last];
  const es_node *head = &g->node[g->output[n->embedding.output]];
  assert_int_equal(n->last, g->n_params - 1);
  assert_string_equal(t->name, "projector.0.weight");
  assert_true(t->rank == 2 && t->dims[0] == 10 && t->dims[1] == features);
  check_tap(g, n->representation, features);
  check_tap(g, n->penultimate, features);
  check_tap(g, n->embedding, 10);
  assert_int_equal(n->penultimate.output, n->representation.output);
  assert_int_equal(head->op, ES_OP_LINEAR);
  assert_int_equal(head->from[0], g->output[n->representation.output]);
  assert_true(head->weight == n->last && head->bias == ES_NONE);
  assert_int_equal(g->node[head->from[0]].op, ES_OP_MEAN_POOL);
}

/* torchvision's resnet18 has 11,689,512 parameters, 513,000 of them in fc. */
static void resnet18_is_torchvisions(void **state) {
  (void)state;
  const es_encoder e = resnet(2, 64, 3, 64);
  es_network n = network_of(&e);
  dict *want = torchvision(e.stages, false, 3, 7);
  assert_int_equal(want->params.numbers, 11689512 - 513000);
  assert_int_equal(want->params.n, 60);
  assert_int_equal(want->buffers.n, 60);
  check_tensors(n.graph.param, n.graph.n_params - 1, &want->params);
  check_tensors(n.graph.buffer, n.graph.n_buffers, &want->buffers);
  check_head(&n, 512);
  /* Some of the list by hand. */
  assert_string_equal(want->params.line[0], "conv1.weight 64 3 7 7");
  assert_string_equal(want->params.line[6], "layer1.0.conv2.weight 64 64 3 3");
  assert_string_equal(want->params.line[21],
                      "layer2.0.downsample.0.weight 128 64 1 1");
  assert_string_equal(want->params.line[59], "layer4.1.bn2.bias 512");
  assert_string_equal(want->buffers.line[2], "bn1.num_batches_tracked");
  free(want);
  es_network_free(&n);
  assert_null(n.graph.param);
}

static void deeper_ones_are_torchvisions(void **state) {
  (void)state;
  for (int bottleneck = 0; bottleneck < 2; bottleneck++) {
    es_encoder e = resnet(3, 64, 3, 64);
    e.stages[1] = 4, e.stages[2] = 6;
    e.bottleneck = bottleneck;
    es_network n = network_of(&e);
    dict *want = torchvision(e.stages, bottleneck, 3, 7);
    check_tensors(n.graph.param, n.graph.n_params - 1, &want->params);
    check_tensors(n.graph.buffer, n.graph.n_buffers, &want->buffers);
    check_head(&n, bottleneck ? 2048 : 512);
    assert_int_equal(want->params.numbers, bottleneck ? 23508032 : 21284672);
    free(want);
    es_network_free(&n);
  }
}

static void small_images_have_cifars_stem(void **state) {
  (void)state;
  const es_encoder e = resnet(1, 64, 1, 63);
  es_network n = network_of(&e);
  dict *want = torchvision(e.stages, false, 1, 3);
  /* ResNet-10: the blocks layer1.0 … layer4.0 hold 73,984, 230,144, 919,040
   * and 3,673,088. */
  assert_int_equal(want->params.numbers,
                   576 + 128 + 73984 + 230144 + 919040 + 3673088);
  check_tensors(n.graph.param, n.graph.n_params - 1, &want->params);
  check_tensors(n.graph.buffer, n.graph.n_buffers, &want->buffers);
  check_head(&n, 512);
  free(want);
  es_network_free(&n);
}

/* Operations from the input on, a letter each, and their sides. */
typedef struct walk {
  char ops[128];
  size_t side[128];
} walk;

static void follow(walk *w, const es_graph *g) {
  static const char letter[] = {'i', 'c', 'n', 'r', '+', 'm', 'p', 'l'};
  memset(w, 0, sizeof *w);
  assert_true(g->n_nodes < sizeof w->ops);
  for (size_t k = 0; k < g->n_nodes; k++) {
    w->ops[k] = letter[g->node[k].op];
    w->side[k] = g->node[k].height;
    assert_int_equal(g->node[k].width, g->node[k].height);
  }
}

/* resnet.py: conv, bn, relu, maxpool; in a block conv, bn, relu, conv, bn, then
 * (conv, bn) of the shortcut, the sum, relu; then the mean and the linear one.
 */
static void operations_are_in_torchvisions_order(void **state) {
  (void)state;
  walk *w = malloc(sizeof *w);
  assert_non_null(w);
  es_encoder e = resnet(1, 2, 3, 64);
  es_network n = network_of(&e);
  follow(w, &n.graph);
  assert_string_equal(w->ops, "icnrm"
                              "cnrcn+r"
                              "cnrcncn+r"
                              "cnrcncn+r"
                              "cnrcncn+r"
                              "pl");
  static const size_t sides[] = {64, 32, 32, 32, 16, 16};
  for (size_t k = 0; k < 6; k++) assert_int_equal(w->side[k], sides[k]);
  assert_int_equal(w->side[11], 16); /* layer1 */
  assert_int_equal(w->side[20], 8);
  assert_int_equal(w->side[29], 4);
  assert_int_equal(w->side[38], 2);
  es_network_free(&n);
  e = resnet(2, 2, 3, 8);
  e.norm = false;
  n = network_of(&e);
  follow(w, &n.graph);
  assert_string_equal(w->ops, "icr"
                              "crc+r"
                              "crc+r"
                              "crcc+r"
                              "crc+r"
                              "crcc+r"
                              "crc+r"
                              "crcc+r"
                              "crc+r"
                              "pl");
  assert_int_equal(w->side[2], 8);
  assert_int_equal(w->side[12], 8);
  assert_int_equal(n.graph.node[n.graph.n_nodes - 3].height, 1);
  es_network_free(&n);
  free(w);
}

/* The shortcut is the block's input, or the convolution of it, whose stride is
 * that of the block's first convolution; the second one has stride 1. */
static void shortcuts_go_around_their_block(void **state) {
  (void)state;
  const es_encoder e = resnet(2, 2, 1, 32);
  es_network n = network_of(&e);
  const es_node *node = n.graph.node;
  for (size_t k = 0; k < n.graph.n_nodes; k++) {
    if (node[k].op != ES_OP_ADD) continue;
    const es_node *second = &node[node[node[k].from[0]].from[0]];
    const es_node *first = &node[node[node[second->from[0]].from[0]].from[0]];
    const es_node *around = &node[node[k].from[1]];
    assert_true(first->op == ES_OP_CONV && second->op == ES_OP_CONV);
    assert_true(second->stride == 1 && second->kernel == 3);
    if (around->op == ES_OP_NORM) {
      around = &node[around->from[0]];
      assert_true(around->kernel == 1 && around->stride == 2);
      assert_true(around->pad == 0 && first->stride == 2);
      assert_int_equal(around->from[0], first->from[0]);
    } else {
      assert_int_equal(node[k].from[1], first->from[0]);
      assert_int_equal(first->stride, 1);
    }
  }
  es_network_free(&n);
}

static void without_norms_only_weights_are_left(void **state) {
  (void)state;
  es_encoder e = resnet(2, 4, 3, 32);
  e.norm = false;
  es_network n = network_of(&e);
  assert_int_equal(n.graph.n_buffers, 0);
  assert_int_equal(n.graph.n_params, 20 + 1); /* 1 + 16 + 3 convolutions */
  for (size_t p = 0; p + 1 < n.graph.n_params; p++)
    assert_int_equal(n.graph.param[p].rank, 4);
  check_head(&n, 32);
  es_network_free(&n);
}

static void check_linear(size_t channels, size_t side, size_t values) {
  const es_encoder e = {.arch = ES_ARCH_LINEAR,
                        .width = 8,
                        .norm = true,
                        .channels = channels,
                        .side = side,
                        .dim = 3,
                        .heads = {.projector = ES_PROJECTOR_NONE}};
  es_network n = network_of(&e);
  const es_graph *g = &n.graph;
  assert_true(g->n_params == 1 && g->n_buffers == 0 && g->n_nodes == 2);
  assert_int_equal(es_node_size(&g->node[0]), values);
  assert_string_equal(g->param[0].name, "fc.weight");
  assert_true(g->param[0].rank == 2 && g->param[0].dims[0] == 3);
  assert_int_equal(g->param[0].dims[1], values);
  assert_int_equal(n.last, 0);
  assert_int_equal(n.penultimate.output, ES_NONE);
  assert_int_equal(n.penultimate.size, values);
  check_tap(g, n.embedding, 3);
  check_tap(g, n.representation, 3);
  es_network_free(&n);
}

static void linear_maps_of_images_and_vectors(void **state) {
  (void)state;
  check_linear(3, 5, 75);
  check_linear(0, 17, 17);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(resnet18_is_torchvisions),
      cmocka_unit_test(deeper_ones_are_torchvisions),
      cmocka_unit_test(small_images_have_cifars_stem),
      cmocka_unit_test(operations_are_in_torchvisions_order),
      cmocka_unit_test(shortcuts_go_around_their_block),
      cmocka_unit_test(without_norms_only_weights_are_left),
      cmocka_unit_test(linear_maps_of_images_and_vectors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
