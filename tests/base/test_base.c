/* Base: the comparison itself, status table, slab, random numbers, text, bar.
 */
#include "tests/check.h"

#include "base/finite.h"
#include "base/order.h"
#include "base/progress.h"
#include "base/random.h"
#include "base/slab.h"
#include "base/text.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A test that cannot fail is a defect: the comparison must refuse these. */
static void canary_of_assert_close(void **state) {
  (void)state;
  assert_false(close_to(NAN, 1, 1e-9, 1));
  assert_false(close_to(1, NAN, 1e-9, 1));
  assert_false(close_to(NAN, NAN, 1e-9, 1));
  assert_false(close_to(1 + 1e-9, 1, 1e-12, 0));
  assert_false(close_to(1e-9, 0, 0, 1e-12));
  assert_true(close_to(1 + 1e-13, 1, 1e-12, 0));
}

static void every_status_has_name_text_and_code(void **state) {
  (void)state;
  for (int i = 0; i < ES_STATUS_COUNT; i++) {
    const es_status s = (es_status)i;
    assert_memory_equal(es_status_name(s), "ES_", 3);
    assert_true(strlen(es_status_text(s)) > 3);
    assert_in_range(es_status_exit_code(s), 0, 5);
    assert_int_equal(es_status_exit_code(s) == 0, s == ES_OK);
  }
  assert_int_equal(es_status_exit_code((es_status)999), 1);
}

static void diagnostics_are_one_line(void **state) {
  (void)state;
  es_diag diag = {0};
  assert_int_equal(es_fail(&diag, ES_BAD_VALUE, "a\n%s\033", "b\t"),
                   ES_BAD_VALUE);
  assert_string_equal(diag.message, "a?b??");
  assert_int_equal(es_fail(NULL, ES_USAGE, "x"), ES_USAGE);
}

static void slab_gives_aligned_zeroed_pieces(void **state) {
  (void)state;
  size_t total = 0;
  es_slab_add(&total, 3, 8);
  es_slab_add(&total, 100, 1);
  assert_int_equal(total, 64 + 128);
  es_slab slab;
  assert_status(es_slab_open(&slab, total, NULL), ES_OK);
  double *a = es_slab_take(&slab, 3, 8);
  unsigned char *b = es_slab_take(&slab, 100, 1);
  assert_int_equal((uintptr_t)a % 64 + (uintptr_t)b % 64, 0);
  assert_close(a[2], 0, 0, 0);
  assert_null(es_slab_take(&slab, 1, 1));
  es_slab_close(&slab);
  es_slab_close(&slab);
}

static void slab_holds_arrays_of_doubles(void **state) {
  (void)state;
  double *a = NULL, *b = NULL;
  double **const to[] = {&a, &b};
  const size_t count[] = {3, 9}, huge[] = {3, SIZE_MAX};
  es_slab slab;
  size_t more = 0;
  es_slab_add(&more, 5, 1);
  assert_status(es_slab_doubles(&slab, to, huge, 2, more, NULL), ES_NO_MEMORY);
  assert_null(a);
  assert_status(es_slab_doubles(&slab, to, count, 2, more, NULL), ES_OK);
  assert_ptr_equal(b, a + 8); /* the next line of 64 bytes */
  assert_true(b[8] == 0);
  assert_ptr_equal(es_slab_take(&slab, 5, 1), b + 16);
  assert_null(es_slab_take(&slab, 1, 1));
  es_slab_close(&slab);
}

/* One number at either end, and elsewhere, that is none. */
static void all_are_finite(void **state) {
  (void)state;
  static const double bad[] = {INFINITY, -INFINITY, NAN};
  enum { N = 19 };
  double x[N] = {0};
  float y[N] = {0};
  assert_true(es_all_finite(N, x) && es_all_finite_float(N, y));
  for (size_t k = 0; k < 3; k++)
    for (size_t i = 0; i < N; i++) {
      x[i] = bad[k];
      y[i] = (float)bad[k];
      assert_false(es_all_finite(N, x) || es_all_finite_float(N, y));
      assert_true(es_all_finite(i, x) && es_all_finite_float(i, y));
      x[i] = DBL_MAX;
      y[i] = FLT_MAX;
    }
  assert_true(es_all_finite(N, x) && es_all_finite_float(N, y));
}

static void slab_overflow_is_no_memory(void **state) {
  (void)state;
  es_slab slab;
  es_diag diag = {0};
  size_t total = 0;
  es_slab_add(&total, SIZE_MAX / 2, 8);
  es_slab_add(&total, 8, 8);
  assert_status(es_slab_open(&slab, total, &diag), ES_NO_MEMORY);
  assert_non_null(strstr(diag.message, "no memory"));
}

/* Known answers published with the Random123 library. */
static void products_saturate(void **state) {
  (void)state;
  size_t product = 7;
  assert_int_equal(es_size_product(3, 5), 15);
  assert_int_equal(es_size_product(0, SIZE_MAX), 0);
  assert_int_equal(es_size_product(SIZE_MAX / 3, 3), SIZE_MAX / 3 * 3);
  assert_int_equal(es_size_product(SIZE_MAX / 3 + 1, 3), SIZE_MAX);
  assert_false(es_size_mul(&product, SIZE_MAX / 3 + 1, 3));
  assert_int_equal(product, 7);
}

/* Room is there for every next element, and what was put in stays. */
static void arrays_grow(void **state) {
  (void)state;
  size_t *x = NULL;
  for (size_t n = 0; n < 1000; n++) {
    size_t *more = es_grown(x, n, sizeof *x);
    assert_non_null(more);
    x = more;
    x[n] = n * n;
  }
  for (size_t n = 0; n < 1000; n++) assert_int_equal(x[n], n * n);
  assert_null(es_grown(x, (size_t)1 << 62, sizeof *x));
  assert_ptr_equal(es_grown(x, 17, sizeof *x), x);
  free(x);
}

static void numbers_in_order(void **state) {
  (void)state;
  double x[] = {3, -INFINITY, 0.5, 2, 0.5, INFINITY, -1};
  const double want[] = {-INFINITY, -1, 0.5, 0.5, 2, 3, INFINITY};
  es_sort(x, 7);
  assert_memory_equal(x, want, sizeof x);
  assert_close(es_sorted_median(x, 7), 0.5, 0, 0);
  assert_close(es_sorted_median(x + 1, 1), -1, 0, 0);
  assert_close(es_sorted_median(x + 3, 2), 1.25, 0, 0);
  assert_close(es_sorted_median(x + 1, 4), 0.5, 0, 0);
  es_sort(x, 0);
}

static void ranks_fall_and_ties_keep_their_order(void **state) {
  (void)state;
  es_ranked row[] = {{1, 0}, {-INFINITY, 1}, {2, 2}, {1, 3}, {0, 4}, {1, 5}};
  const size_t want[] = {2, 0, 3, 5, 4, 1};
  es_rank_falling(row, 6);
  for (size_t i = 0; i < 6; i++) assert_int_equal(row[i].place, want[i]);
  assert_close(row[0].key, 2, 0, 0);
  es_rank_falling(row, 0);
}

static void zeroed_memory_is_refused_where_sizes_wrap(void **state) {
  (void)state;
  double *x = es_zeroed(3, 2, sizeof *x);
  for (size_t i = 0; i < 6; i++) assert_close(x[i], 0, 0, 0);
  free(x);
  assert_null(es_zeroed(0, 2, 8));
  assert_null(es_zeroed(SIZE_MAX / 2, 4, 1));
  assert_null(es_zeroed(SIZE_MAX / 4, 2, 8));
}

static void philox_known_answers(void **state) {
  (void)state;
  const uint32_t zero[4] = {0, 0, 0, 0}, ones[4] = {~0u, ~0u, ~0u, ~0u};
  const uint32_t pi[4] = {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344};
  const uint32_t key[2] = {0xa4093822, 0x299f31d0};
  const uint32_t want[3][4] = {
      {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
      {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
      {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}};
  uint32_t got[4];
  es_random_philox(got, zero, zero);
  assert_memory_equal(got, want[0], sizeof got);
  es_random_philox(got, ones, ones);
  assert_memory_equal(got, want[1], sizeof got);
  es_random_philox(got, pi, key);
  assert_memory_equal(got, want[2], sizeof got);
}

/* Means of 10^5 draws lie within five standard errors. */
static void random_moments(void **state) {
  (void)state;
  enum { N = 100000 };
  double u = 0, z = 0, zz = 0, zzzz = 0;
  for (uint64_t i = 0; i < N; i++) {
    u += es_random_uniform(7, ES_STREAM_USER, i);
    const double x = es_random_normal(7, ES_STREAM_USER, i);
    z += x;
    zz += x * x;
    zzzz += x * x * x * x;
  }
  assert_close(u / N, .5, 0, 5 * sqrt(1. / 12 / N));
  assert_close(z / N, 0, 0, 5 / sqrt(N));
  assert_close(zz / N, 1, 0, 5 * sqrt(2. / N));
  assert_close(zzzz / N, 3, 0, 5 * sqrt(96. / N));
}

static void choose_gives_distinct_prefixes(void **state) {
  (void)state;
  size_t small[5], large[50], scratch[50];
  bool seen[50] = {false};
  es_random_choose(small, 5, 50, scratch, 3, ES_STREAM_SUBSET);
  es_random_choose(large, 50, 50, scratch, 3, ES_STREAM_SUBSET);
  assert_memory_equal(small, large, sizeof small);
  for (size_t i = 0; i < 50; i++) {
    assert_true(large[i] < 50 && !seen[large[i]]);
    seen[large[i]] = true;
  }
}

static void below_is_uniform_and_in_range(void **state) {
  (void)state;
  size_t count[3] = {0};
  for (uint64_t i = 0; i < 30000; i++)
    count[es_random_below(3, 1, ES_STREAM_USER, i)]++;
  for (int k = 0; k < 3; k++)
    assert_close((double)count[k], 10000, 0, 5 * sqrt(30000 * 2. / 9));
}

static void numbers_are_parsed_strictly(void **state) {
  (void)state;
  double x = 5;
  size_t n = 5;
  assert_true(es_text_real(&x, "-1.5e-3", 7));
  assert_close(x, -1.5e-3, 0, 0);
  const char *const bad[] = {"",    "1x",    " 1",  "1 ", "0x10", "nan",
                             "inf", "1e999", "--1", "1e", ".",    "1,5"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(es_text_real(&x, bad[i], strlen(bad[i])));
  assert_close(x, -1.5e-3, 0, 0);
  assert_true(es_text_size(&n, "1e6", 3));
  assert_int_equal(n, 1000000);
  assert_false(es_text_size(&n, "-1", 2));
  assert_false(es_text_size(&n, "1.5", 3));
  assert_false(es_text_size(&n, "1e17", 4));
  /* 2^53, and what a double takes for it. */
  assert_true(es_text_size(&n, "9007199254740992", 16));
  assert_int_equal(n, (size_t)1 << 53);
  assert_false(es_text_size(&n, "9007199254740993", 16));
  assert_false(es_text_size(&n, "9007199254740992.5", 18));
}

static void nearest_names(void **state) {
  (void)state;
  const char *const names[] = {"model.gamma", "solver.rtol", "eta"};
  assert_int_equal(es_text_nearest("model.gama", names, 3), 0);
  assert_int_equal(es_text_nearest("gamma", names, 3), 0);
  assert_int_equal(es_text_nearest("slover.rtol", names, 3), 1);
  assert_int_equal(es_text_nearest("quite-other", names, 3), 3);
  assert_int_equal(es_text_distance("ab", "ba"), 1);
  assert_int_equal(es_text_distance("kitten", "sitting"), 3);
}

static void bar_line(void **state) {
  (void)state;
  char line[160], quoted[8];
  es_bar_line(line, sizeof line, "flow", 0, 50, 200, 10);
  assert_string_equal(
      line, "flow             ######..................  25%  5/s  30s left");
  /* What was there before the seconds began took none of them. */
  es_bar_line(line, sizeof line, "flow", 40, 50, 200, 10);
  assert_string_equal(
      line, "flow             ######..................  25%  1/s  2m30s left");
  es_bar_line(line, sizeof line, "flow", 50, 50, 200, 10);
  assert_string_equal(
      line, "flow             ######..................  25%  0/s  ? left");
  assert_string_equal(es_text_quote(quoted, sizeof quoted, "abcdefghij"),
                      "abcd...");
}

static void ES_PRINTF(3, 4)
    add(char *text, size_t size, const char *format, ...) {
  va_list args;
  va_start(args, format);
  es_text_add(text, size, format, args);
  va_end(args);
}

static void sentences_are_added_while_there_is_room(void **state) {
  (void)state;
  char text[12] = "";
  add(text, sizeof text, "a %d", 1);
  assert_string_equal(text, "a 1");
  add(text, sizeof text, "b");
  assert_string_equal(text, "a 1; b");
  add(text, sizeof text, "much more");
  assert_string_equal(text, "a 1; b; muc");
  add(text, sizeof text, "c");
  assert_string_equal(text, "a 1; b; muc");
}

static void a_word_is_one_of_names(void **state) {
  (void)state;
  const char *const names[] = {"byol", "simsiam"};
  assert_true(es_text_is_one_of("simsiam", names, 2));
  assert_false(es_text_is_one_of("simsiam", names, 1));
  assert_false(es_text_is_one_of("sim", names, 2));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(canary_of_assert_close),
      cmocka_unit_test(every_status_has_name_text_and_code),
      cmocka_unit_test(diagnostics_are_one_line),
      cmocka_unit_test(slab_gives_aligned_zeroed_pieces),
      cmocka_unit_test(slab_holds_arrays_of_doubles),
      cmocka_unit_test(all_are_finite),
      cmocka_unit_test(slab_overflow_is_no_memory),
      cmocka_unit_test(products_saturate),
      cmocka_unit_test(arrays_grow),
      cmocka_unit_test(numbers_in_order),
      cmocka_unit_test(ranks_fall_and_ties_keep_their_order),
      cmocka_unit_test(zeroed_memory_is_refused_where_sizes_wrap),
      cmocka_unit_test(philox_known_answers),
      cmocka_unit_test(random_moments),
      cmocka_unit_test(choose_gives_distinct_prefixes),
      cmocka_unit_test(below_is_uniform_and_in_range),
      cmocka_unit_test(numbers_are_parsed_strictly),
      cmocka_unit_test(nearest_names),
      cmocka_unit_test(sentences_are_added_while_there_is_room),
      cmocka_unit_test(a_word_is_one_of_names),
      cmocka_unit_test(bar_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
