/* What engine.h promises of the oneDNN engine beyond the numbers: bits, order
 * of calls, refusals, threads. */
#include "tests/net/onednn_main.h"

#if ES_HAVE_DNNL

#include "tests/net/onednn.h"

/* Every step of an instance, and of another, gives the same bits by two
 * threads; outputs outlive backward, the caller's input need not. */
static void bits_are_repeated(void **state) {
  (void)state;
  void *kept[4] = {NULL};
  const int before = omp_get_max_threads();
  omp_set_num_threads(2);
  for (int instance = 0; instance < 2; instance++) {
    bench b = {0};
    bench_resnet(&b.graph, 8, 12);
    bench_open(&b, 14, 2, true);
    const size_t sizes[4] = {b.bytes, b.graph.buffer_size * sizeof(float),
                             nets_values(&b.c, 0) * sizeof(float),
                             nets_values(&b.c, 1) * sizeof(float)};
    void *buffers = bench_copy(b.buffers, sizes[1]);
    void *input = bench_copy(b.input, 14 * 144 * sizeof(float));
    for (int round = 0; round < 4; round++) {
      memcpy(b.buffers, buffers, sizes[1]);
      memcpy(b.input, input, 14 * 144 * sizeof(float));
      memset(b.gradient, 255, b.bytes); /* NaN */
      assert_int_equal(bench_forward(&b, ES_PASS_TRAIN), ES_OK);
      memset(b.input, 255, 14 * 144 * sizeof(float));
      assert_int_equal(bench_backward(&b), ES_OK);
      const void *got[4] = {b.gradient, b.buffers,
                            es_engine_onednn.output(b.self, 0),
                            es_engine_onednn.output(b.self, 1)};
      for (size_t k = 0; k < 4; k++) {
        if (kept[k] == NULL) kept[k] = bench_copy(got[k], sizes[k]);
        assert_memory_equal(got[k], kept[k], sizes[k]);
        assert_int_equal((uintptr_t)es_engine_onednn.output(b.self, k % 2) % 64,
                         0);
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
  void *buffers = bench_copy(b.buffers, bytes);
  memset(b.gradient, 255, b.bytes);
  assert_int_equal(bench_forward(&b, ES_PASS_MEASURE), ES_OK);
  assert_int_equal(bench_backward(&b), ES_OK);
  assert_memory_equal(b.buffers, buffers, bytes);
  float *kept = bench_copy(b.gradient, b.bytes);
  assert_int_equal(bench_forward(&b, ES_PASS_TRAIN), ES_OK);
  assert_int_equal(bench_backward(&b), ES_OK);
  assert_memory_equal(b.gradient, kept, b.bytes);
  assert_memory_not_equal(b.buffers, buffers, bytes);
  memcpy(buffers, b.buffers, bytes);
  assert_int_equal(bench_forward(&b, ES_PASS_FROZEN), ES_OK);
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
  assert_status(bench_backward(&b), ES_USAGE);
  assert_status(bench_forward(&b, ES_PASS_TRAIN), ES_OK);
  assert_status(bench_backward(&b), ES_OK);
  assert_status(bench_backward(&b), ES_USAGE); /* what forward left is gone */
  assert_status(bench_forward(&b, ES_PASS_FROZEN), ES_OK);
  assert_status(bench_backward(&b), ES_USAGE);
  assert_ok(es_engine_onednn.open(&self, &b.graph, 4, 2, false, &diag), diag);
  es_engine_onednn.close(b.self);
  b.self = self;
  assert_status(bench_forward(&b, ES_PASS_TRAIN), ES_OK);
  assert_status(bench_backward(&b), ES_USAGE);
  bench_close(&b);
}

/* Forward alone chooses its own layouts: the same numbers to rounding. */
static void forward_alone(void **state) {
  (void)state;
  bench b[2] = {0};
  for (int k = 0; k < 2; k++) {
    bench_resnet(&b[k].graph, 8, 12);
    bench_open(&b[k], 6, 2, k == 1);
    assert_status(bench_forward(&b[k], ES_PASS_TRAIN), ES_OK);
  }
  const float *x = es_engine_onednn.output(b[0].self, 1);
  const float *y = es_engine_onednn.output(b[1].self, 1);
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
    assert_status(es_engine_onednn.open(&self, &g, rows[i].batch,
                                        rows[i].groups, true, &diag),
                  rows[i].status);
    assert_null(self);
    assert_true(diag.message[0] != '\0');
  }
  void *self = &g;
  assert_status(es_engine_onednn.open(&self, &bad, 4, 1, true, NULL),
                ES_BAD_SHAPE);
  assert_null(self);
  es_engine_onednn.close(NULL);
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
  assert_status(bench_forward(&b, ES_PASS_TRAIN), ES_USAGE);
  omp_set_num_threads(2);
#pragma omp parallel num_threads(2)
#pragma omp master
  inside = bench_forward(&b, ES_PASS_TRAIN);
  assert_int_equal(inside, ES_USAGE);
  assert_status(bench_forward(&b, ES_PASS_TRAIN), ES_OK);
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
    bench_resnet(&b[k].graph, 8, 8);
    bench_numbers(&b[k], 4, 2);
  }
#pragma omp parallel for num_threads(2) schedule(static, 1) reduction(+ : failed)
  for (int k = 0; k < 2; k++) {
    failed += es_engine_onednn.open(&b[k].self, &b[k].graph, 4, 2, true,
                                    NULL) != ES_OK;
    if (failed == 0) failed += bench_forward(&b[k], ES_PASS_TRAIN) != ES_OK;
    if (failed == 0) failed += bench_backward(&b[k]) != ES_OK;
  }
  assert_int_equal(failed, 0);
  omp_set_num_threads(1);
  assert_int_equal(
      es_engine_onednn.open(&b[2].self, &b[2].graph, 4, 2, true, NULL), ES_OK);
  assert_int_equal(bench_forward(&b[2], ES_PASS_TRAIN), ES_OK);
  assert_int_equal(bench_backward(&b[2]), ES_OK);
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
      assert_status(bench_forward(&b, (es_pass)pass), ES_OK);
      const float *out = es_engine_onednn.output(b.self, 0);
      for (size_t i = 0; i < 16; i++) assert_int_equal(isnan(out[i]), i < 8);
      bench_close(&b);
    }
}

static void version(void **state) {
  (void)state;
  char text[16] = "", cut[3];
  assert_ptr_equal(es_engine_onednn_version(text, sizeof text), text);
  assert_int_equal(text[0], '0' + DNNL_VERSION_MAJOR);
  assert_int_equal(text[1], '.');
  assert_string_equal(es_engine_onednn_version(cut, sizeof cut), "2.");
  assert_string_equal(es_engine_onednn.name, "onednn");
  assert_int_equal(es_engine_onednn.real, sizeof(float));
  assert_ptr_equal(es_engine_fastest(), &es_engine_onednn);
}

#endif

ONEDNN_MAIN(cmocka_unit_test(bits_are_repeated), cmocka_unit_test(passes),
            cmocka_unit_test(backward_needs_its_forward),
            cmocka_unit_test(forward_alone),
            cmocka_unit_test(what_cannot_be_opened),
            cmocka_unit_test(failures_are_named),
            cmocka_unit_test(threads_are_those_of_open),
            cmocka_unit_test(instances_run_side_by_side),
            cmocka_unit_test(nan_is_passed_on), cmocka_unit_test(version))
