/* The oneDNN engine's numbers against the double reference's (rounding.h):
 * every operation in the shapes that meet different kernels and layouts, whole
 * networks, random ones. */
#include "tests/net/onednn_main.h"
#include "tests/net/rounding.h"

#if ES_HAVE_DNNL

static const es_engine *const engine = &es_engine_onednn;

/* By one thread, or by two. Small things go to one, since starting two costs
 * much where others use the processor too. */
static void hold_by(int threads, es_graph *g, size_t batch, size_t groups,
                    es_pass pass) {
  rounding_check_some(engine, (rounding_case){.graph = g,
                                              .batch = batch,
                                              .groups = groups,
                                              .pass = pass,
                                              .threads = threads});
}

static void hold(es_graph *g, size_t batch, size_t groups, es_pass pass) {
  hold_by(1, g, batch, groups, pass);
}

/* valgrind cannot translate the code that oneDNN generates (VEX temporary
 * storage exhausted), and sees its kernels read beyond oneDNN's own memory. */
static void native(void) {
  if (getenv("ES_UNDER_VALGRIND") != NULL) skip();
}

/* A convolution behind another, whose gradient needs the one's by its
 * operand. Channels that are and are not multiples of 8 and 16, and between. */
static void convolutions(void **state) {
  native();
  (void)state;
  static const struct {
    size_t first, in, out, height, width, kernel, stride, pad;
  } rows[] = {{1, 8, 8, 9, 9, 3, 1, 1},   {1, 8, 16, 9, 7, 3, 2, 1},
              {1, 8, 16, 8, 8, 1, 2, 0},  {3, 16, 16, 7, 9, 3, 1, 1},
              {3, 16, 32, 8, 8, 3, 2, 1}, {1, 16, 32, 9, 9, 1, 2, 0},
              {1, 32, 32, 4, 4, 3, 1, 1}, {3, 8, 32, 6, 5, 3, 1, 1},
              {1, 16, 8, 6, 6, 3, 1, 1},  {1, 24, 8, 6, 6, 3, 1, 1},
              {1, 8, 24, 6, 6, 3, 2, 1},  {3, 4, 4, 9, 9, 3, 1, 1},
              {2, 5, 7, 8, 5, 3, 1, 1},   {3, 20, 12, 5, 5, 3, 2, 1},
              {1, 8, 8, 8, 8, 5, 1, 2},   {1, 8, 8, 8, 9, 3, 1, 0},
              {1, 8, 8, 9, 9, 3, 1, 2},   {1, 16, 16, 9, 9, 7, 2, 3},
              {3, 64, 64, 2, 2, 3, 1, 1}, {1, 16, 16, 6, 6, 2, 2, 0},
              {1, 8, 8, 7, 7, 2, 1, 1},   {2, 6, 16, 7, 7, 3, 3, 2},
              {1, 16, 16, 5, 5, 5, 1, 4}, {1, 128, 128, 1, 1, 3, 1, 1}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    es_graph g = {0};
    size_t x = es_graph_input(&g, rows[i].first, rows[i].height, rows[i].width);
    x = es_graph_conv(&g, x, "first", rows[i].in, 3, 1, 1);
    x = es_graph_conv(&g, x, "second", rows[i].out, rows[i].kernel,
                      rows[i].stride, rows[i].pad);
    es_graph_output(&g, x);
    hold(&g, 3, 1, ES_PASS_TRAIN);
    es_graph_free(&g);
  }
}

/* On the three kinds of layout and on 1×1 images, alone, before a ReLU, before
 * a sum, before both, with weight and bias and without; the positions of the
 * last are more than a piece's. */
static void normalisations(void **state) {
  native();
  (void)state;
  static const size_t rows[][3] = {{16, 5, 4}, {32, 3, 3}, {8, 7, 5},
                                   {24, 3, 2}, {5, 4, 4},  {70, 2, 2},
                                   {33, 1, 1}, {8, 29, 40}};
  for (size_t i = 0; i < 8 * sizeof rows / sizeof *rows; i++) {
    const size_t *c = rows[i / 8];
    es_graph g = {0};
    const size_t in = es_graph_input(&g, 2, c[1], c[2]);
    const size_t x = es_graph_conv(&g, in, "conv", c[0], 1, 1, 0);
    size_t y = i % 8 < 4 ? es_graph_norm(&g, x, "bn")
                         : es_graph_standardise(&g, x, "bn");
    if (i % 4 >= 2) y = es_graph_add(&g, y, x);
    if (i % 2 == 1) y = es_graph_relu(&g, y);
    es_graph_output(&g, y);
    for (int pass = ES_PASS_TRAIN; pass <= ES_PASS_FROZEN; pass++)
      hold(&g, 6, 1 + (size_t)pass % 2 * 2, (es_pass)pass);
    hold(&g, 6, 2, ES_PASS_TRAIN);
    es_graph_free(&g);
  }
}

/* Before a ReLU and alone, on the three kinds of layout, on 1×1 images and on
 * the input, which has no gradient. */
static void scalings(void **state) {
  native();
  (void)state;
  static const size_t rows[][3] = {
      {16, 5, 4}, {32, 3, 3}, {8, 7, 5}, {5, 4, 4}, {33, 1, 1}};
  for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
    const size_t *c = rows[i / 2];
    es_graph g = {0};
    size_t x = es_graph_input(&g, 2, c[1], c[2]);
    x = es_graph_scale(&g, x, "first");
    x = es_graph_conv(&g, x, "conv", c[0], 1, 1, 0);
    es_graph_output(&g, x);
    x = es_graph_scale(&g, x, "second");
    es_graph_output(&g, i % 2 == 1 ? es_graph_relu(&g, x) : x);
    for (int pass = ES_PASS_TRAIN; pass <= ES_PASS_FROZEN; pass++)
      hold_by(1 + pass % 2, &g, 6, 2, (es_pass)pass);
    es_graph_free(&g);
  }
}

/* Away from a node, in another layout too, and from nothing; the base has the
 * gradients of its other uses alone. */
static void offsets(void **state) {
  native();
  (void)state;
  static const size_t rows[] = {16, 8, 5};
  for (size_t i = 0; i < 9; i++) {
    es_graph g = {0};
    const size_t in = es_graph_input(&g, 2, 5, 4);
    const size_t x = es_graph_conv(&g, in, "conv", rows[i / 3], 3, 1, 1);
    const size_t base = es_graph_conv(&g, in, "base", rows[i / 3], 1, 1, 0);
    es_graph_output(&g, es_graph_relu(&g, base));
    es_graph_output(&g, i % 3 == 0   ? es_graph_offset(&g, x, ES_NONE, 3, 0)
                        : i % 3 == 1 ? es_graph_offset(&g, x, base, -2, .75)
                                     : es_graph_offset(&g, base, base, 5, .5));
    for (int pass = ES_PASS_TRAIN; pass <= ES_PASS_FROZEN; pass++)
      hold_by(1 + pass % 2, &g, 6, 2, (es_pass)pass);
    es_graph_free(&g);
  }
}

/* Parts of one value each: no variance, the result is the bias. */
static void parts_of_one_value(void **state) {
  native();
  (void)state;
  es_graph g = {0};
  nets_case a, b;
  size_t x = es_graph_linear(&g, es_graph_input(&g, 3, 1, 1), "fc", 4, false);
  es_graph_output(&g, es_graph_norm(&g, x, "bn"));
  nets_open(&a, &g, 3, 3, 1);
  nets_open(&b, &g, 3, 3, 1);
  nets_run(&a, &es_engine_reference_double, ES_PASS_TRAIN);
  nets_run(&b, engine, ES_PASS_TRAIN);
  /* Means are sums of 3 products, once more rounded when stored. */
  for (size_t i = 0; i < g.buffer_size; i++)
    assert_close(b.buffers[i], a.buffers[i], 8 * 0x1p-24, 8 * 0x1p-24);
  for (size_t i = 0; i < 12; i++) assert_close(b.out[0][i], a.out[0][i], 0, 0);
  for (size_t i = 0; i < g.param[0].size; i++)
    assert_close(b.gradient[i], 0, 0, 0);
  nets_close(&a);
  nets_close(&b);
  es_graph_free(&g);
}

/* Small whole numbers, so that equal maxima abound, windows at borders hold
 * negative numbers only, and all sums are exact: the same bits. */
static void maxima(void **state) {
  native();
  (void)state;
  static const size_t rows[][4] = {{16, 3, 2, 1}, {8, 3, 2, 1}, {5, 3, 2, 1},
                                   {3, 2, 2, 0},  {8, 3, 1, 1}, {16, 2, 1, 1},
                                   {8, 3, 3, 0},  {4, 5, 2, 2}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    es_graph g = {0};
    nets_case c[2];
    size_t x = es_graph_input(&g, 1, 9, 8);
    x = es_graph_conv(&g, x, "conv", rows[i][0], 1, 1, 0);
    es_graph_output(
        &g, es_graph_max_pool(&g, x, rows[i][1], rows[i][2], rows[i][3]));
    for (int k = 0; k < 2; k++) {
      nets_open(&c[k], &g, 3, 1, i);
      for (size_t j = 0; j < 3 * 72; j++)
        c[k].input[j] = floor(1.5 * c[k].input[j]) - 1;
      for (size_t j = 0; j < g.param_size; j++) c[k].params[j] = j % 3 != 0;
      for (size_t j = 0; j < nets_values(&c[k], 0); j++)
        c[k].coef[0][j] = (double)(j % 7) - 3;
      nets_run(&c[k], k == 0 ? &es_engine_reference_double : engine,
               ES_PASS_TRAIN);
    }
    assert_memory_equal(c[0].out[0], c[1].out[0],
                        nets_values(&c[0], 0) * sizeof(double));
    assert_memory_equal(c[0].gradient, c[1].gradient,
                        g.param_size * sizeof(double));
    for (int k = 0; k < 2; k++) nets_close(&c[k]);
    es_graph_free(&g);
  }
}

/* The linear network of the theory's experiments, and maps of images in other
 * layouts. */
static void linear_maps(void **state) {
  native();
  (void)state;
  for (int bias = 0; bias < 2; bias++) {
    es_graph g = {0};
    es_graph_output(
        &g, es_graph_linear(&g, es_graph_input(&g, 1, 28, 28), "fc", 10, bias));
    hold(&g, bias ? 1000 : 63, 1, ES_PASS_TRAIN);
    es_graph_free(&g);
  }
  static const size_t channels[] = {6, 8, 16, 32};
  for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
    es_graph g = {0};
    size_t x = es_graph_input(&g, 2, 5, 4);
    x = es_graph_conv(&g, x, "conv", channels[i], 3, 1, 1);
    es_graph_output(&g, x);
    es_graph_output(&g, es_graph_linear(&g, x, "fc", 7, true));
    hold(&g, 5, 1, ES_PASS_MEASURE);
    es_graph_free(&g);
  }
}

static size_t stem(es_graph *g, size_t width, bool norm, bool large) {
  size_t x = es_graph_input(g, large ? 3 : 1, large ? 21 : 10, large ? 23 : 10);
  x = large ? es_graph_conv(g, x, "conv1", width, 7, 2, 3)
            : es_graph_conv(g, x, "conv1", width, 3, 1, 1);
  if (norm) x = es_graph_norm(g, x, "bn1");
  x = es_graph_relu(g, x);
  return large ? es_graph_max_pool(g, x, 3, 2, 1) : x;
}

/* A basic block without normalisation. */
static size_t bare_block(es_graph *g, size_t from, const char *name,
                         size_t channels, size_t stride) {
  char s[3][64];
  for (size_t i = 0; i < 3; i++) snprintf(s[i], sizeof s[i], "%s.%zu", name, i);
  size_t x = es_graph_conv(g, from, s[0], channels, 3, stride, 1);
  x = es_graph_conv(g, es_graph_relu(g, x), s[1], channels, 3, 1, 1);
  if (stride != 1) from = es_graph_conv(g, from, s[2], channels, 1, stride, 0);
  return es_graph_relu(g, es_graph_add(g, x, from));
}

/* ResNet-10 and a projector behind it: features and their projections. */
static void resnet(es_graph *g, size_t width, bool norm, bool large) {
  *g = (es_graph){0};
  char name[16];
  size_t x = stem(g, width, norm, large);
  for (size_t s = 0; s < 4; s++) {
    snprintf(name, sizeof name, "layer%zu", s + 1);
    x = (norm ? nets_block : bare_block)(g, x, name, width << s,
                                         s == 0 ? 1 : 2);
  }
  x = es_graph_mean_pool(g, x);
  es_graph_output(g, x);
  x = es_graph_linear(g, x, "head.0", 48, true);
  if (norm) x = es_graph_norm(g, x, "head.1");
  es_graph_output(g,
                  es_graph_linear(g, es_graph_relu(g, x), "head.2", 10, false));
}

static void whole_networks(void **state) {
  native();
  (void)state;
  static const struct {
    size_t width;
    bool norm, large;
    es_pass last;
  } rows[] = {{8, true, false, ES_PASS_FROZEN},
              {16, true, false, ES_PASS_TRAIN},
              {8, false, false, ES_PASS_TRAIN},
              {8, true, true, ES_PASS_TRAIN},
              {16, false, true, ES_PASS_TRAIN}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    es_graph g;
    resnet(&g, rows[i].width, rows[i].norm, rows[i].large);
    for (es_pass pass = ES_PASS_TRAIN; pass <= rows[i].last; pass++)
      hold_by(2, &g, 6, pass == ES_PASS_MEASURE ? 1 : 2, pass);
    es_graph_free(&g);
  }
}

/* No gradient, or one of several. */
static void outputs_without_gradient(void **state) {
  native();
  (void)state;
  es_graph g;
  resnet(&g, 8, true, false);
  for (unsigned without = 1; without <= 2; without++)
    rounding_check_some(
        engine, (rounding_case){
                    .graph = &g, .batch = 5, .groups = 1, .without = without});
  es_graph_free(&g);
}

/* One more node, of any kind, from nodes drawn at random. */
static void random_node(es_graph *g, uint64_t seed, uint64_t i) {
  static const size_t channels[] = {8, 16, 6, 8, 16};
  const uint64_t r = es_random_below(12, seed, ES_STREAM_USER, 3 * i);
  const uint64_t a =
      es_random_below(g->n_nodes, seed, ES_STREAM_USER, 3 * i + 1);
  const uint64_t b =
      es_random_below(g->n_nodes, seed, ES_STREAM_USER, 3 * i + 2);
  const es_node *n = &g->node[a];
  char name[16];
  snprintf(name, sizeof name, "n%zu", (size_t)i);
  if (r < 3)
    es_graph_conv(g, a, name, channels[b % 5], 3, 1, 1);
  else if (r < 5)
    es_graph_norm(g, a, name);
  else if (r < 6)
    es_graph_relu(g, a);
  else if (r < 9 && n->channels == g->node[b].channels &&
           n->height == g->node[b].height)
    es_graph_add(g, a, b);
  else if (r == 9 && n->height > 2)
    es_graph_max_pool(g, a, 3, 2, 1);
  else if (r == 10)
    es_graph_standardise(g, a, name);
  else if (r == 11)
    es_graph_scale(g, a, name);
}

/* Graphs in which nodes have many users, sums share operands, and outputs lie
 * anywhere, twice too: what memory is shared by must not show. */
static void random_networks(void **state) {
  native();
  (void)state;
  size_t used = 0;
  for (uint64_t seed = 1; seed <= 60; seed++) {
    es_graph g = {0};
    size_t x = es_graph_input(&g, seed % 3 + 1, 5, 5);
    es_graph_conv(&g, x, "first", seed % 2 == 0 ? 8 : 16, 3, 1, 1);
    for (uint64_t i = 0; i < 16; i++) random_node(&g, seed, i);
    for (uint64_t k = 0; k < 3; k++)
      es_graph_output(&g,
                      es_random_below(g.n_nodes, seed, ES_STREAM_USER + 1, k));
    es_graph_output(&g, g.n_nodes - 1);
    used += rounding_check(engine, &(rounding_case){.graph = &g,
                                                    .batch = 4,
                                                    .groups = 1 + seed % 2,
                                                    .seed = seed});
    es_graph_free(&g);
  }
  print_message("# %zu of 60 networks without a kink\n", used);
  assert_true(used >= 30);
}

#endif

ONEDNN_MAIN(cmocka_unit_test(convolutions), cmocka_unit_test(normalisations),
            cmocka_unit_test(scalings), cmocka_unit_test(offsets),
            cmocka_unit_test(parts_of_one_value), cmocka_unit_test(maxima),
            cmocka_unit_test(linear_maps), cmocka_unit_test(whole_networks),
            cmocka_unit_test(outputs_without_gradient),
            cmocka_unit_test(random_networks))
