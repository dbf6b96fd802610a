/* What the oneDNN engine holds and what it is made of: memory, allocations in a
 * call, generated code for convolutions. */
#include "tests/net/onednn_main.h"

#if ES_HAVE_DNNL

#include "tests/heap.h"
#include "tests/net/onednn.h"

/* With backward the most is held when the first block goes back, eight arrays
 * of its size: the results of three convolutions, the gradients of its sum, of
 * its branch and of what a convolution gives, and, computed again, its operand
 * and the ReLU's inside; the later blocks' are smaller, and gone. Without
 * backward: three. On top a tenth of the results of all convolutions, for the
 * rest and large pages. Results of ReLUs, were they kept, would be too much. */
static void memory_is_little_more_than_needed(void **state) {
  (void)state;
  size_t needed = 0, largest = 0;
  for (int backwards = 1; backwards >= 0; backwards--) {
    bench b = {0};
    bench_resnet(&b.graph, 8, 28);
    bench_open(&b, 256, 2, backwards);
    for (size_t i = 0; i < b.graph.n_nodes; i++) {
      const es_node *n = &b.graph.node[i];
      const size_t bytes = 256 * es_node_size(n) * sizeof(float);
      if (n->op == ES_OP_CONV) needed += (size_t)backwards * bytes;
      if (bytes > largest) largest = bytes;
    }
    const size_t held = es_engine_onednn.memory(b.self);
    const size_t least = (backwards ? 8 : 3) * largest;
    assert_true(held > least && held < least + needed / 10);
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
      bench_resnet(&b.graph, width, 28);
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

static void passes_do_not_allocate(void **state) {
  (void)state;
  bench b = {0};
  if (!heap_is_seen()) skip();
  bench_resnet(&b.graph, 8, 12);
  bench_open(&b, 6, 2, true);
  assert_int_equal(bench_forward(&b, ES_PASS_TRAIN), ES_OK);
  assert_int_equal(bench_backward(&b), ES_OK);
  const size_t before = atomic_load(&heap_ours);
  const size_t others = atomic_load(&heap_theirs);
  const es_status first = bench_forward(&b, ES_PASS_TRAIN);
  const es_status second = bench_backward(&b);
  const es_status third = bench_forward(&b, ES_PASS_FROZEN);
  const void *out = es_engine_onednn.output(b.self, 1);
  const size_t after = atomic_load(&heap_ours);
  const size_t more = atomic_load(&heap_theirs) - others;
  assert_non_null(out);
  assert_true(first == ES_OK && second == ES_OK && third == ES_OK);
  bench_close(&b);
  print_message("# two forward passes and one backward: %zu allocations of "
                "libraries\n",
                more);
  assert_int_equal(after, before);
}

#endif

ONEDNN_MAIN(cmocka_unit_test(memory_is_little_more_than_needed),
            cmocka_unit_test(convolutions_are_generated),
            cmocka_unit_test(passes_do_not_allocate))
