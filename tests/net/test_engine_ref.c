/* What engine.h promises beyond the numbers, held against both reference
 * engines: memory, order of calls, refusals, threads. */
#include "tests/heap.h"

#include "tests/net/nets.h"

#include <omp.h>

static const es_engine *const engines[] = {&es_engine_reference_double,
                                           &es_engine_reference_float};
enum { ENGINES = sizeof engines / sizeof *engines };

/* An instance with its numbers in the engine's type. */
typedef struct bench {
  const es_engine *e;
  es_graph graph;
  nets_case c;
  void *self, *params, *buffers, *input, *coef[4], *gradient;
  size_t bytes; /* of the gradient */
} bench;

static void bench_open(bench *b, const es_engine *e) {
  *b = (bench){.e = e};
  es_diag diag = {0};
  nets_small(&b->graph);
  nets_open(&b->c, &b->graph, 4, 2, 1);
  b->bytes = b->graph.param_size * e->real;
  b->params = nets_to(e, b->c.params, b->graph.param_size);
  b->gradient = nets_to(e, b->c.params, b->graph.param_size);
  b->buffers = nets_to(e, b->c.buffers, b->graph.buffer_size);
  b->input = nets_to(e, b->c.input, 4 * es_node_size(&b->graph.node[0]));
  for (size_t k = 0; k < 2; k++)
    b->coef[k] = nets_to(e, b->c.coef[k], nets_values(&b->c, k));
  assert_ok(e->open(&b->self, &b->graph, 4, 2, true, &diag), diag);
}

static es_status bench_forward(bench *b, es_pass pass) {
  return b->e->forward(b->self, pass, b->params, b->buffers, b->input, NULL);
}

static es_status bench_backward(bench *b) {
  return b->e->backward(b->self, b->params, (const void *const *)b->coef,
                        b->gradient, NULL);
}

static void bench_close(bench *b) {
  b->e->close(b->self);
  free(b->params);
  free(b->gradient);
  free(b->buffers);
  free(b->input);
  for (size_t k = 0; k < 4; k++) free(b->coef[k]);
  nets_close(&b->c);
  es_graph_free(&b->graph);
}

static void names_and_sizes(void **state) {
  (void)state;
  char version[16] = "?";
  assert_string_equal(engines[0]->name, "reference-double");
  assert_string_equal(engines[1]->name, "reference-float");
  assert_int_equal(engines[0]->real, sizeof(double));
  assert_int_equal(engines[1]->real, sizeof(float));
  assert_int_equal(es_engine_fastest()->real, sizeof(float));
  assert_ptr_equal(es_engine_onednn_version(version, sizeof version), version);
  assert_int_equal(version[0] == '\0',
                   es_engine_fastest() == &es_engine_reference_float);
}

/* The gradient is overwritten, padding with 0; it is the same a second time,
 * after a TRAIN pass as after a MEASURE pass, and though the caller's input is
 * gone. */
static void backward_overwrites(void **state) {
  (void)state;
  for (size_t e = 0; e < ENGINES; e++) {
    bench b;
    bench_open(&b, engines[e]);
    double *first = nets_zeros(b.graph.param_size), *again;
    void *kept = malloc(b.bytes);
    assert_non_null(kept);
    again = nets_zeros(b.graph.param_size);
    for (int pass = ES_PASS_TRAIN; pass <= ES_PASS_MEASURE; pass++) {
      memset(b.gradient, 255, b.bytes); /* NaN */
      assert_int_equal(bench_forward(&b, (es_pass)pass), ES_OK);
      memset(b.input, 255, 8 * b.e->real);
      assert_int_equal(bench_backward(&b), ES_OK);
      free(b.input);
      b.input = nets_to(b.e, b.c.input, 4 * es_node_size(&b.graph.node[0]));
      if (pass == ES_PASS_TRAIN) memcpy(kept, b.gradient, b.bytes);
      assert_memory_equal(kept, b.gradient, b.bytes);
      assert_int_equal(bench_backward(&b), ES_OK);
      assert_memory_equal(kept, b.gradient, b.bytes);
    }
    nets_from(b.e, first, b.gradient, b.graph.param_size);
    for (size_t p = 0; p < b.graph.n_params; p++) {
      const es_tensor *t = &b.graph.param[p];
      assert_true(nets_rms(first + t->offset, NULL, t->size) > 0);
      memset(first + t->offset, 0, t->size * sizeof *first);
    }
    assert_memory_equal(first, again, b.graph.param_size * sizeof *first);
    free(first);
    free(again);
    free(kept);
    bench_close(&b);
  }
}

/* No gradient given is a gradient of zeros. */
static void outputs_without_gradient(void **state) {
  (void)state;
  for (size_t e = 0; e < ENGINES; e++) {
    bench b;
    bench_open(&b, engines[e]);
    void *kept = malloc(b.bytes);
    assert_non_null(kept);
    memset(b.coef[0], 0, nets_values(&b.c, 0) * b.e->real);
    assert_int_equal(bench_forward(&b, ES_PASS_MEASURE), ES_OK);
    assert_int_equal(bench_backward(&b), ES_OK);
    memcpy(kept, b.gradient, b.bytes);
    free(b.coef[0]);
    b.coef[0] = NULL;
    assert_int_equal(bench_backward(&b), ES_OK);
    assert_memory_equal(kept, b.gradient, b.bytes);
    free(kept);
    bench_close(&b);
  }
}

static void backward_needs_its_forward(void **state) {
  (void)state;
  for (size_t e = 0; e < ENGINES; e++) {
    bench b;
    es_diag diag = {0};
    void *self;
    bench_open(&b, engines[e]);
    assert_int_equal(bench_backward(&b), ES_USAGE);
    assert_int_equal(bench_forward(&b, ES_PASS_TRAIN), ES_OK);
    assert_int_equal(bench_backward(&b), ES_OK);
    assert_int_equal(bench_forward(&b, ES_PASS_FROZEN), ES_OK);
    assert_int_equal(bench_backward(&b), ES_USAGE);
    assert_ok(b.e->open(&self, &b.graph, 4, 2, false, &diag), diag);
    assert_true(b.e->memory(self) < b.e->memory(b.self));
    b.e->close(b.self);
    b.self = self;
    assert_int_equal(bench_forward(&b, ES_PASS_TRAIN), ES_OK);
    assert_int_equal(bench_backward(&b), ES_USAGE);
    bench_close(&b);
  }
}

/* Values of every node, gradients of all but the input, little beside. */
static void memory_is_what_is_needed(void **state) {
  (void)state;
  for (size_t e = 0; e < ENGINES; e++) {
    bench b;
    bench_open(&b, engines[e]);
    const es_graph *g = &b.graph;
    size_t values = 0;
    for (size_t i = 0; i < g->n_nodes; i++) values += es_node_size(&g->node[i]);
    const size_t least =
        4 * (2 * values - es_node_size(&g->node[0])) * b.e->real;
    assert_true(b.e->memory(b.self) >= least);
    assert_true(b.e->memory(b.self) < least + 1024 * g->n_nodes);
    for (size_t k = 0; k < 2; k++)
      assert_int_equal((uintptr_t)b.e->output(b.self, k) % 64, 0);
    bench_close(&b);
  }
}

static void what_cannot_be_opened(void **state) {
  (void)state;
  static const struct {
    size_t batch, groups;
    es_status status;
  } rows[] = {{0, 1, ES_BAD_SHAPE},
              {4, 0, ES_BAD_SHAPE},
              {6, 4, ES_BAD_SHAPE},
              {SIZE_MAX / 4, 1, ES_NO_MEMORY},
              {SIZE_MAX, 1, ES_NO_MEMORY}};
  es_graph g = {0}, bad = {0};
  nets_small(&g);
  es_graph_relu(&bad, es_graph_input(&bad, 1, 1, 0));
  for (size_t e = 0; e < ENGINES; e++) {
    es_diag diag = {0};
    void *self = &g;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
      self = &g;
      assert_status(engines[e]->open(&self, &g, rows[i].batch, rows[i].groups,
                                     true, &diag),
                    rows[i].status);
      assert_null(self);
      assert_true(diag.message[0] != '\0');
    }
    self = &g;
    assert_status(engines[e]->open(&self, &bad, 4, 1, true, &diag),
                  ES_BAD_SHAPE);
    assert_null(self);
    engines[e]->close(NULL);
  }
  es_graph_free(&g);
  es_graph_free(&bad);
}

/* One thread or three: the same bits. */
static void threads_do_not_matter(void **state) {
  (void)state;
  const int before = omp_get_max_threads();
  for (size_t e = 0; e < ENGINES; e++) {
    void *kept[2] = {NULL};
    for (int threads = 1; threads <= 3; threads += 2) {
      bench b;
      bench_open(&b, engines[e]);
      omp_set_num_threads(threads);
      assert_int_equal(bench_forward(&b, ES_PASS_TRAIN), ES_OK);
      assert_int_equal(bench_backward(&b), ES_OK);
      const size_t bytes = b.graph.buffer_size * b.e->real;
      if (threads == 1) {
        assert_non_null(kept[0] = malloc(b.bytes));
        assert_non_null(kept[1] = malloc(bytes));
        memcpy(kept[0], b.gradient, b.bytes);
        memcpy(kept[1], b.buffers, bytes);
      }
      assert_memory_equal(kept[0], b.gradient, b.bytes);
      assert_memory_equal(kept[1], b.buffers, bytes);
      bench_close(&b);
    }
    free(kept[0]);
    free(kept[1]);
  }
  omp_set_num_threads(before);
}

/* OpenMP allocates, for its threads the first time, and for a team of one each
 * time: hence two threads, and passes before the counted ones. */
static void passes_do_not_allocate(void **state) {
  (void)state;
  const int threads = omp_get_max_threads();
  if (!heap_is_seen()) skip();
  omp_set_num_threads(2);
  for (size_t e = 0; e < ENGINES; e++) {
    bench b;
    bench_open(&b, engines[e]);
    assert_int_equal(bench_forward(&b, ES_PASS_TRAIN), ES_OK);
    assert_int_equal(bench_backward(&b), ES_OK);
    const size_t before = heap_calls();
    const es_status forward = bench_forward(&b, ES_PASS_TRAIN);
    const es_status backward = bench_backward(&b);
    const es_status frozen = bench_forward(&b, ES_PASS_FROZEN);
    const void *out = b.e->output(b.self, 1);
    const size_t after = heap_calls();
    assert_non_null(out);
    assert_int_equal(forward, ES_OK);
    assert_int_equal(backward, ES_OK);
    assert_int_equal(frozen, ES_OK);
    bench_close(&b);
    assert_int_equal(after, before);
  }
  omp_set_num_threads(threads);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_and_sizes),
      cmocka_unit_test(backward_overwrites),
      cmocka_unit_test(outputs_without_gradient),
      cmocka_unit_test(backward_needs_its_forward),
      cmocka_unit_test(memory_is_what_is_needed),
      cmocka_unit_test(what_cannot_be_opened),
      cmocka_unit_test(threads_do_not_matter),
      cmocka_unit_test(passes_do_not_allocate),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
