/* What engine.h promises of the oneDNN engine beyond the numbers: bits, memory,
 * allocations, order of calls, refusals; and that its convolutions are
 * generated code. */
#include "tests/net/nets.h"

#if ES_HAVE_DNNL

#include "net/program_onednn.h"

#include <omp.h>

static const es_engine *const engine = &es_engine_onednn;

/* An instance with its numbers. */
typedef struct bench {
  es_graph graph;
  nets_case c;
  void *self, *params, *buffers, *input, *gradient, *coef[4];
  size_t bytes; /* of the gradient */
} bench;

/* ResNet-10 for small images. */
static void resnet(es_graph *g, size_t width, size_t side) {
  static const char *const names[] = {"layer1.0", "layer2.0", "layer3.0",
                                      "layer4.0"};
  size_t x = es_graph_input(g, 1, side, side);
  x = es_graph_conv(g, x, "conv1", width, 3, 1, 1);
  x = es_graph_relu(g, es_graph_norm(g, x, "bn1"));
  for (size_t s = 0; s < 4; s++)
    x = nets_block(g, x, names[s], width << s, s == 0 ? 1 : 2);
  x = es_graph_mean_pool(g, x);
  es_graph_output(g, x);
  es_graph_output(g, es_graph_linear(g, x, "fc", 3, true));
}

static void numbers(bench *b, size_t batch, size_t groups) {
  const es_graph *g = &b->graph;
  nets_open(&b->c, g, batch, groups, 1);
  b->bytes = g->param_size * sizeof(float);
  b->params = nets_to(engine, b->c.params, g->param_size);
  b->gradient = nets_to(engine, b->c.params, g->param_size);
  b->buffers = nets_to(engine, b->c.buffers, g->buffer_size);
  b->input = nets_to(engine, b->c.input, batch * es_node_size(&g->node[0]));
  for (size_t k = 0; k < g->n_outputs; k++)
    b->coef[k] = nets_to(engine, b->c.coef[k], nets_values(&b->c, k));
}

static void bench_open(bench *b, size_t batch, size_t groups, bool backward) {
  es_diag diag = {0};
  numbers(b, batch, groups);
  assert_ok(engine->open(&b->self, &b->graph, batch, groups, backward, &diag),
            diag);
}

static es_status forward(bench *b, es_pass pass) {
  return engine->forward(b->self, pass, b->params, b->buffers, b->input, NULL);
}

static es_status backward(bench *b) {
  return engine->backward(b->self, b->params, (const void *const *)b->coef,
                          b->gradient, NULL);
}

static void bench_close(bench *b) {
  engine->close(b->self);
  free(b->params);
  free(b->gradient);
  free(b->buffers);
  free(b->input);
  for (size_t k = 0; k < 4; k++) free(b->coef[k]);
  nets_close(&b->c);
  es_graph_free(&b->graph);
}

/* A copy of n bytes; free it. */
static void *copy(const void *from, size_t n) {
  void *to = malloc(n);
  assert_non_null(to);
  return memcpy(to, from, n);
}

/* Every step of an instance, and of another, gives the same bits by two
 * threads; outputs outlive backward, the caller's input need not. */
static void bits_are_repeated(void **state) {
  (void)state;
  void *kept[4] = {NULL};
  const int before = omp_get_max_threads();
  omp_set_num_threads(2);
  for (int instance = 0; instance < 2; instance++) {
    bench b = {0};
    resnet(&b.graph, 8, 12);
    bench_open(&b, 14, 2, true);
    const size_t sizes[4] = {b.bytes, b.graph.buffer_size * sizeof(float),
                             nets_values(&b.c, 0) * sizeof(float),
                             nets_values(&b.c, 1) * sizeof(float)};
    void *buffers = copy(b.buffers, sizes[1]);
    void *input = copy(b.input, 14 * 144 * sizeof(float));
    for (int round = 0; round < 4; round++) {
      memcpy(b.buffers, buffers, sizes[1]);
      memcpy(b.input, input, 14 * 144 * sizeof(float));
      memset(b.gradient, 255, b.bytes); /* NaN */
      assert_int_equal(forward(&b, ES_PASS_TRAIN), ES_OK);
      memset(b.input, 255, 14 * 144 * sizeof(float));
      assert_int_equal(backward(&b), ES_OK);
      const void *got[4] = {b.gradient, b.buffers, engine->output(b.self, 0),
                            engine->output(b.self, 1)};
      for (size_t k = 0; k < 4; k++) {
        if (kept[k] == NULL) kept[k] = copy(got[k], sizes[k]);
        assert_memory_equal(got[k], kept[k], sizes[k]);
        assert_int_equal((uintptr_t)engine->output(b.self, k % 2) % 64, 0);
      }
    }
    free(buffers);
    free(input);
    bench_close(&b);
  }
  for (size_t k = 0; k < 4; k++) free(kept[k]);
  omp_set_num_threads(before);
}

/* MEASURE is TRAIN without the update, of the same bits; padding between
 * parameters gets 0. */
static void passes(void **state) {
  (void)state;
  bench b = {0};
  nets_small(&b.graph);
  bench_open(&b, 4, 2, true);
  const size_t bytes = b.graph.buffer_size * sizeof(float);
  void *buffers = copy(b.buffers, bytes);
  memset(b.gradient, 255, b.bytes);
  assert_int_equal(forward(&b, ES_PASS_MEASURE), ES_OK);
  assert_int_equal(backward(&b), ES_OK);
  assert_memory_equal(b.buffers, buffers, bytes);
  float *kept = copy(b.gradient, b.bytes);
  assert_int_equal(forward(&b, ES_PASS_TRAIN), ES_OK);
  assert_int_equal(backward(&b), ES_OK);
  assert_memory_equal(b.gradient, kept, b.bytes);
  assert_memory_not_equal(b.buffers, buffers, bytes);
  memcpy(buffers, b.buffers, bytes);
  assert_int_equal(forward(&b, ES_PASS_FROZEN), ES_OK);
  assert_memory_equal(b.buffers, buffers, bytes);
  size_t end = 0, padding = 0;
  for (size_t p = 0; p < b.graph.n_params; p++) {
    const es_tensor *t = &b.graph.param[p];
    for (; end < t->offset; end++, padding++) assert_true(kept[end] == 0);
    end = t->offset + t->size;
  }
  assert_true(padding > 0);
  free(kept);
  free(buffers);
  bench_close(&b);
}

static void backward_needs_its_forward(void **state) {
  (void)state;
  bench b = {0};
  es_diag diag = {0};
  void *self;
  nets_small(&b.graph);
  bench_open(&b, 4, 2, true);
  assert_status(backward(&b), ES_USAGE);
  assert_status(forward(&b, ES_PASS_TRAIN), ES_OK);
  assert_status(backward(&b), ES_OK);
  assert_status(forward(&b, ES_PASS_FROZEN), ES_OK);
  assert_status(backward(&b), ES_USAGE);
  assert_ok(engine->open(&self, &b.graph, 4, 2, false, &diag), diag);
  engine->close(b.self);
  b.self = self;
  assert_status(forward(&b, ES_PASS_TRAIN), ES_OK);
  assert_status(backward(&b), ES_USAGE);
  bench_close(&b);
}

/* With backward: what convolutions and normalisations read again, that is the
 * results of convolutions and of ReLUs, with a tenth on top for all gradients
 * and the rest (large pages among it); without, three of the largest. */
static void memory_is_little_more_than_needed(void **state) {
  (void)state;
  size_t needed = 0, largest = 0;
  for (int backwards = 1; backwards >= 0; backwards--) {
    bench b = {0};
    resnet(&b.graph, 8, 28);
    bench_open(&b, 256, 2, backwards);
    for (size_t i = 0; i < b.graph.n_nodes; i++) {
      const es_node *n = &b.graph.node[i];
      const size_t bytes = 256 * es_node_size(n) * sizeof(float);
      if (n->op == ES_OP_CONV || n->op == ES_OP_RELU)
        needed += (size_t)backwards * bytes;
      if (bytes > largest) largest = bytes;
    }
    const size_t held = engine->memory(b.self);
    const size_t least = backwards ? needed : 3 * largest;
    assert_true(held > least && held < least + needed / 10);
    bench_close(&b);
  }
}

/* Forward alone chooses its own layouts: the same numbers to rounding. */
static void forward_alone(void **state) {
  (void)state;
  bench b[2] = {0};
  for (int k = 0; k < 2; k++) {
    resnet(&b[k].graph, 8, 12);
    bench_open(&b[k], 6, 2, k == 1);
    assert_status(forward(&b[k], ES_PASS_TRAIN), ES_OK);
  }
  const float *x = engine->output(b[0].self, 1);
  const float *y = engine->output(b[1].self, 1);
  const float *s = b[0].buffers, *t = b[1].buffers;
  for (size_t i = 0; i < 18; i++)
    assert_close((double)x[i], (double)y[i], 1e-5, 1e-5);
  for (size_t i = 0; i < b[0].graph.buffer_size; i++)
    assert_close((double)s[i], (double)t[i], 1e-5, 1e-5);
  for (int k = 0; k < 2; k++) bench_close(&b[k]);
}

static void what_cannot_be_opened(void **state) {
  (void)state;
  static const struct {
    size_t batch, groups;
    es_status status;
  } rows[] = {{0, 1, ES_BAD_SHAPE},
              {4, 0, ES_BAD_SHAPE},
              {6, 4, ES_BAD_SHAPE},
              {(size_t)1 << 32, 1, ES_BAD_SHAPE},
              {SIZE_MAX / 4, 1, ES_NO_MEMORY},
              {SIZE_MAX, 1, ES_NO_MEMORY}};
  es_graph g = {0}, bad = {0};
  nets_small(&g);
  es_graph_relu(&bad, es_graph_input(&bad, 1, 1, 0));
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    es_diag diag = {0};
    void *self = &g;
    assert_status(
        engine->open(&self, &g, rows[i].batch, rows[i].groups, true, &diag),
        rows[i].status);
    assert_null(self);
    assert_true(diag.message[0] != '\0');
  }
  void *self = &g;
  assert_status(engine->open(&self, &bad, 4, 1, true, NULL), ES_BAD_SHAPE);
  assert_null(self);
  engine->close(NULL);
  es_graph_free(&g);
  es_graph_free(&bad);
}

/* oneDNN's refusals name the place. */
static void failures_are_named(void **state) {
  (void)state;
  es_graph g = {0};
  es_diag diag = {0};
  nets_small(&g);
  es_dnn_program p = {.graph = &g, .diag = &diag};
  assert_false(es_dnn_failed(&p, 1, "convolution", dnnl_success));
  assert_true(es_dnn_failed(&p, 1, "convolution", dnnl_unimplemented));
  assert_int_equal(p.status, ES_RHS_FAILED);
  assert_string_equal(diag.message,
                      "conv1.weight, convolution: oneDNN says unimplemented");
  assert_true(es_dnn_failed(&p, 1, "convolution", dnnl_success));
  p.status = ES_OK;
  assert_true(es_dnn_failed(&p, 3, "ReLU", dnnl_out_of_memory));
  assert_int_equal(p.status, ES_NO_MEMORY);
  assert_string_equal(diag.message, "node 3, ReLU: oneDNN says out_of_memory");
  es_graph_free(&g);
}

/* Primitives are made for a number of threads. */
static void threads_are_those_of_open(void **state) {
  (void)state;
  const int before = omp_get_max_threads();
  bench b = {0};
  es_status inside = ES_OK;
  nets_small(&b.graph);
  omp_set_num_threads(2);
  bench_open(&b, 4, 2, true);
  omp_set_num_threads(1);
  assert_status(forward(&b, ES_PASS_TRAIN), ES_USAGE);
  omp_set_num_threads(2);
#pragma omp parallel num_threads(2)
#pragma omp master
  inside = forward(&b, ES_PASS_TRAIN);
  assert_int_equal(inside, ES_USAGE);
  assert_status(forward(&b, ES_PASS_TRAIN), ES_OK);
  omp_set_num_threads(before);
  bench_close(&b);
}

/* One instance in each thread, opened and run side by side, gives the bits of
 * one alone. */
static void instances_run_side_by_side(void **state) {
  (void)state;
  const int before = omp_get_max_threads();
  bench b[3] = {0};
  int failed = 0;
  for (int k = 0; k < 3; k++) {
    resnet(&b[k].graph, 8, 8);
    numbers(&b[k], 4, 2);
  }
#pragma omp parallel for num_threads(2) schedule(static, 1) reduction(+ : failed)
  for (int k = 0; k < 2; k++) {
    failed += engine->open(&b[k].self, &b[k].graph, 4, 2, true, NULL) != ES_OK;
    if (failed == 0) failed += forward(&b[k], ES_PASS_TRAIN) != ES_OK;
    if (failed == 0) failed += backward(&b[k]) != ES_OK;
  }
  assert_int_equal(failed, 0);
  omp_set_num_threads(1);
  assert_int_equal(engine->open(&b[2].self, &b[2].graph, 4, 2, true, NULL),
                   ES_OK);
  assert_int_equal(forward(&b[2], ES_PASS_TRAIN), ES_OK);
  assert_int_equal(backward(&b[2]), ES_OK);
  omp_set_num_threads(before);
  for (int k = 0; k < 2; k++)
    assert_memory_equal(b[k].gradient, b[2].gradient, b[2].bytes);
  for (int k = 0; k < 3; k++) bench_close(&b[k]);
}

/* A network that came apart must not look whole: ReLUs and normalisations pass
 * a NaN on, as PyTorch's. */
static void nan_is_passed_on(void **state) {
  (void)state;
  for (int norm = 0; norm < 2; norm++)
    for (int pass = ES_PASS_TRAIN; pass <= ES_PASS_FROZEN; pass++) {
      bench b = {0};
      size_t x = es_graph_input(&b.graph, 1, 6, 6);
      x = es_graph_conv(&b.graph, x, "conv", 8, 3, 1, 1);
      if (norm) x = es_graph_norm(&b.graph, x, "bn");
      x = es_graph_relu(&b.graph, x);
      x = es_graph_relu(&b.graph, es_graph_add(&b.graph, x, x));
      es_graph_output(&b.graph, es_graph_mean_pool(&b.graph, x));
      bench_open(&b, 2, 2, true);
      ((float *)b.input)[0] = NAN;
      assert_status(forward(&b, (es_pass)pass), ES_OK);
      const float *out = engine->output(b.self, 0);
      for (size_t i = 0; i < 16; i++) assert_int_equal(isnan(out[i]), i < 8);
      bench_close(&b);
    }
}

/* With AVX2 or better oneDNN has generated code for all convolutions of the
 * networks in use, first layers with 1 or 3 channels and the stem for large
 * images included: plain loops are a hundred times slower. */
static void convolutions_are_generated(void **state) {
  (void)state;
#if defined(__x86_64__)
  /* valgrind shows a processor with other caches. */
  if (!__builtin_cpu_supports("avx2") || getenv("ES_UNDER_VALGRIND") != NULL)
    skip();
#else
  skip();
#endif
  for (size_t kind = 0; kind < 6; kind++) {
    const size_t width = kind % 3 == 0 ? 8 : kind % 3 == 1 ? 16 : 64;
    bench b = {0};
    size_t found = 0;
    if (kind < 3)
      resnet(&b.graph, width, 28);
    else
      nets_resnet(&b.graph, (const size_t[]){1, 1, 1, 1}, 4, width, 3, 32, 10);
    bench_open(&b, 4, 2, true);
    const es_dnn_program *p = b.self;
    for (size_t i = 0; i < p->n_steps; i++) {
      const_dnnl_primitive_desc_t made;
      const es_dnn_step *s = &p->step[i];
      if (s->primitive == NULL || strncmp(s->what, "convolution", 11) != 0)
        continue;
      assert_int_equal(dnnl_primitive_get_primitive_desc(s->primitive, &made),
                       dnnl_success);
      const char *by = es_dnn_made_by(made);
      if (strstr(by, "ref") != NULL || strstr(by, "gemm") != NULL)
        fail_msg("%s of width %zu: %s",
                 b.graph.param[b.graph.node[s->node].weight].name, width, by);
      found++;
    }
    assert_int_equal(found, 3 * 12 - 1);
    bench_close(&b);
  }
}

/* Counts what the C library is asked for: by us, that is from between the
 * symbols that the linker puts around this program, and by libraries. Where
 * another allocator stands in front (valgrind, a sanitizer) both stay 0 and the
 * test is skipped. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)
extern const char __executable_start, etext;
static size_t ours, theirs;
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
static void count(const void *from) {
  const uintptr_t at = (uintptr_t)from;
  if (at >= (uintptr_t)&__executable_start && at < (uintptr_t)&etext)
    __atomic_add_fetch(&ours, 1, __ATOMIC_RELAXED);
  else
    __atomic_add_fetch(&theirs, 1, __ATOMIC_RELAXED);
}
void *malloc(size_t size) {
  count(__builtin_return_address(0));
  return __libc_malloc(size);
}
void *calloc(size_t n, size_t size) {
  count(__builtin_return_address(0));
  return __libc_calloc(n, size);
}
void *realloc(void *old, size_t size) {
  count(__builtin_return_address(0));
  return __libc_realloc(old, size);
}
void *aligned_alloc(size_t alignment, size_t size) {
  count(__builtin_return_address(0));
  return __libc_memalign(alignment, size);
}

static void passes_do_not_allocate(void **state) {
  (void)state;
  bench b = {0};
  resnet(&b.graph, 8, 12);
  const size_t begun = ours;
  bench_open(&b, 6, 2, true);
  const bool counted = ours > begun;
  assert_int_equal(forward(&b, ES_PASS_TRAIN), ES_OK);
  assert_int_equal(backward(&b), ES_OK);
  const size_t before = ours, others = theirs;
  const es_status first = forward(&b, ES_PASS_TRAIN);
  const es_status second = backward(&b);
  const es_status third = forward(&b, ES_PASS_FROZEN);
  const void *out = engine->output(b.self, 1);
  const size_t after = ours, more = theirs - others;
  assert_non_null(out);
  assert_true(first == ES_OK && second == ES_OK && third == ES_OK);
  bench_close(&b);
  if (!counted) skip();
  print_message("# two forward passes and one backward: %zu allocations of "
                "libraries\n",
                more);
  assert_int_equal(after, before);
}
#else
static void passes_do_not_allocate(void **state) {
  (void)state;
  skip();
}
#endif

static void version(void **state) {
  (void)state;
  char text[16] = "", cut[3];
  assert_ptr_equal(es_engine_onednn_version(text, sizeof text), text);
  assert_int_equal(text[0], '0' + DNNL_VERSION_MAJOR);
  assert_int_equal(text[1], '.');
  assert_string_equal(es_engine_onednn_version(cut, sizeof cut), "2.");
  assert_string_equal(engine->name, "onednn");
  assert_int_equal(engine->real, sizeof(float));
  assert_ptr_equal(es_engine_fastest(), engine);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bits_are_repeated),
      cmocka_unit_test(passes),
      cmocka_unit_test(backward_needs_its_forward),
      cmocka_unit_test(memory_is_little_more_than_needed),
      cmocka_unit_test(forward_alone),
      cmocka_unit_test(what_cannot_be_opened),
      cmocka_unit_test(failures_are_named),
      cmocka_unit_test(threads_are_those_of_open),
      cmocka_unit_test(instances_run_side_by_side),
      cmocka_unit_test(nan_is_passed_on),
      cmocka_unit_test(convolutions_are_generated),
      cmocka_unit_test(passes_do_not_allocate),
      cmocka_unit_test(version),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void built_without(void **state) {
  (void)state;
  skip();
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(built_without)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
