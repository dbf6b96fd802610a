/* What the oneDNN engine holds and what it is made of: memory, allocations in a
 * call, generated code for convolutions. */
#include "tests/check.h"

#if ES_HAVE_DNNL

#include "tests/net/onednn.h"

/* With backward: what convolutions and normalisations read again, that is the
 * results of convolutions and of ReLUs, with a tenth on top for all gradients
 * and the rest (large pages among it); without, three of the largest. */
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
      if (n->op == ES_OP_CONV || n->op == ES_OP_RELU)
        needed += (size_t)backwards * bytes;
      if (bytes > largest) largest = bytes;
    }
    const size_t held = es_engine_onednn.memory(b.self);
    const size_t least = backwards ? needed : 3 * largest;
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
  bench_resnet(&b.graph, 8, 12);
  const size_t begun = ours;
  bench_open(&b, 6, 2, true);
  const bool counted = ours > begun;
  assert_int_equal(bench_forward(&b, ES_PASS_TRAIN), ES_OK);
  assert_int_equal(bench_backward(&b), ES_OK);
  const size_t before = ours, others = theirs;
  const es_status first = bench_forward(&b, ES_PASS_TRAIN);
  const es_status second = bench_backward(&b);
  const es_status third = bench_forward(&b, ES_PASS_FROZEN);
  const void *out = es_engine_onednn.output(b.self, 1);
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(memory_is_little_more_than_needed),
      cmocka_unit_test(convolutions_are_generated),
      cmocka_unit_test(passes_do_not_allocate),
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
