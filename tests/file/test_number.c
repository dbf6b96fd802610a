/* Numbers in cells are the bytes of printf's %.17g. */
#include "tests/check.h"

#include "base/random.h"
#include "file/csv.h"

#include <float.h>
#include <string.h>

static void same(double x) {
  char got[64], want[64];
  const size_t n = es_csv_number(got, x);
  snprintf(want, sizeof want, "%.17g", x);
  if (n != strlen(want) || memcmp(got, want, n) != 0)
    fail_msg("%.*s, want %s", (int)n, got, want);
}

static void both(double x) {
  same(x);
  same(-x);
}

static double from_bits(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static void test_words(void **state) {
  (void)state;
  char text[64];
  assert_int_equal(es_csv_number(text, NAN), 3);
  assert_memory_equal(text, "nan", 3);
  assert_int_equal(es_csv_number(text, -NAN), 3);
  assert_memory_equal(text, "nan", 3);
  both(INFINITY);
  both(0);
}

static void test_ends_of_the_range(void **state) {
  (void)state;
  const double ends[] = {
      DBL_MIN,   DBL_MAX,     DBL_EPSILON,           0x1p-1074,
      0x1p-1073, 0x1.8p-1073, nextafter(DBL_MIN, 0), nextafter(DBL_MAX, 0)};
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) both(ends[i]);
}

/* Where the notation changes, and where rounding adds a digit. */
static void test_around_powers_of_ten(void **state) {
  (void)state;
  char text[16];
  for (int k = -323; k <= 308; k++) {
    double x;
    snprintf(text, sizeof text, "1e%d", k);
    assert_int_equal(sscanf(text, "%lf", &x), 1);
    for (int i = 0; i < 4; i++) both(x *= 1 - DBL_EPSILON / 2);
    for (int i = 0; i < 8; i++) both(x = nextafter(x, INFINITY));
    both(5 * x);
    both(9.9999999999999995 * x);
  }
}

/* Ties: 17 digits and a half, which printf rounds to even. */
static void test_short_numbers_and_ties(void **state) {
  (void)state;
  for (int n = -2000; n <= 2000; n++)
    for (int e = -60; e <= 70; e += 5) both(ldexp(n, e));
  for (int i = 0; i < 60; i++)
    for (int odd = 1; odd < 200; odd += 2)
      both(ldexp(1e16 + odd, -i)), both(ldexp(1e17 + 8 * odd, -i));
}

/* All exponents alike, subnormal ones too. */
static void test_random_bits(void **state) {
  (void)state;
  size_t tried = 0;
  for (uint64_t i = 0; i < 400000; i++) {
    const double x = from_bits(es_random_bits(1, ES_STREAM_USER, i));
    if (!isfinite(x)) continue;
    same(x);
    same(ldexp(x, -1020)); /* towards subnormal numbers */
    tried++;
  }
  assert_true(tried > 390000);
}

static void test_random_decimals(void **state) {
  (void)state;
  for (uint64_t i = 0; i < 200000; i++) {
    const uint64_t n = es_random_below(10000000, 2, ES_STREAM_USER, 2 * i);
    const uint64_t e = es_random_below(40, 2, ES_STREAM_USER, 2 * i + 1);
    same((double)n / 1e6);
    same((double)n * pow(10, (double)e - 20));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_words),
      cmocka_unit_test(test_ends_of_the_range),
      cmocka_unit_test(test_around_powers_of_ten),
      cmocka_unit_test(test_short_numbers_and_ties),
      cmocka_unit_test(test_random_bits),
      cmocka_unit_test(test_random_decimals)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
