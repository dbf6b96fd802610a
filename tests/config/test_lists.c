/* Lists of numbers: their forms, ranges, and the one line that each mistake
 * gives. */
#include "config/value.h"
#include "fixture.h"

static void lists(void **state) {
  (void)state;
  es_config *c = new_config();
  const double want[] = {1, 2, 5};
  const char *const forms[] = {"model.gamma=1,2,5", "model.gamma=[1,2,5]",
                               "model.gamma=[1, 2, 5]", "model.gamma=1, 2 ,\t5",
                               "model.gamma=[1,2,5] # and a remark"};
  for (size_t i = 0; i < N_OF(forms); i++) {
    set(c, forms[i]);
    assert_list(c, "model", "gamma", want, 3);
  }
  set(c, "model.gamma=0.5");
  assert_list(c, "model", "gamma", (const double[]){.5}, 1);
  set(c, "model.gamma=[0.5]");
  assert_list(c, "model", "gamma", (const double[]){.5}, 1);
  set(c, "time.t=0,1,1,3");
  assert_list(c, "time", "t", (const double[]){0, 1, 1, 3}, 4);
  es_config_free(c);
}

/* What stands behind "accepts " is the same for every line of a key. */
static void refused_list(es_config *c, const char *key, const char *value,
                         const char *why, const char *numbers) {
  char word[128], line[512];
  snprintf(word, sizeof word, "%s=%s", key, value);
  snprintf(line, sizeof line, "%s: %s; accepts %s, %s", word, why, numbers,
           LIST_FORM);
  refused(c, word, ES_BAD_VALUE, line);
}

static void lists_refused(void **state) {
  (void)state;
  es_config *c = new_config();
  const char *const rows[][2] = {
      {"", "an empty value"},
      {"[]", "an empty list"},
      {"1,,2", "entry 2 is empty"},
      {"1,", "entry 2 is empty"},
      {"1,x", "entry 2, x, is not a finite number"},
      {"[1,nan]", "entry 2, nan, is not a finite number"},
      {"[[1,2]]", "entry 1 is not a number"},
      {"[1,a: b]", "entry 2 is not a number"},
      {"[1,2", "while parsing a flow sequence, did not find "
               "expected ',' or ']'"},
      {"[1]: 2", "a key is one word"},
      {"[&a 1]", "anchors (&name) are not read"},
      {"[\xe9]", "not a text: incomplete UTF-8 octet sequence"},
      {"1,-1", "entry 2, -1, is out of range"},
      {"[3,-0.5]", "entry 2, -0.5, is out of range"},
      {"lin:1:2", "a range is lin:a:b:n"},
      {"lin:1:2:3:4", "a range is lin:a:b:n"},
      {"log:", "a range is log:a:b:n"},
      {"lin:a:1:2", "an end of the range is not a finite number"},
      {"lin:0:inf:2", "an end of the range is not a finite number"},
      {"lin:0:1:0", "the count of a range is a whole number from 1 to "
                    "20000000"},
      {"lin:0:1:2.5", "the count of a range is a whole number from 1 to "
                      "20000000"},
      {"lin:0:1:20000001", "the count of a range is a whole number from 1 to "
                           "20000000"},
      {"log:0:1:3", "both ends of a log: range are positive"},
      {"log:1:-1:3", "both ends of a log: range are positive"},
      {"lin:1:-1:3", "entry 3, -1, is out of range"}};
  for (size_t i = 0; i < N_OF(rows); i++) {
    refused_list(c, "model.gamma", rows[i][0], rows[i][1], "numbers >= 0");
  }
  refused_list(c, "time.t", "1,2,1.5",
               "entry 3, 1.5, is below the one before it",
               "never falling numbers >= 0");
  refused_list(c, "time.t", "lin:1:0:2",
               "entry 2, 0, is below the one before it",
               "never falling numbers >= 0");
  assert_false(es_config_has(c, "model", "gamma"));
  es_config_free(c);
}

static void ranges(void **state) {
  (void)state;
  es_config *c = new_config();
  set(c, "model.s0=lin:0:1:11");
  size_t n;
  const double *x = es_config_list(c, "model", "s0", &n);
  assert_int_equal(n, 11);
  for (size_t i = 0; i < n; i++) assert_close(x[i], (double)i / 10, 0, 0);
  set(c, "model.s0=lin:-1:1:201");
  x = es_config_list(c, "model", "s0", &n);
  for (size_t i = 0; i < n; i++)
    assert_close(x[i], ((double)i - 100) / 100, 0, 0);
  set(c, "model.s0=lin:3:1:3");
  assert_list(c, "model", "s0", (const double[]){3, 2, 1}, 3);
  set(c, "model.s0=lin:4:9:1");
  assert_list(c, "model", "s0", (const double[]){4}, 1);
  set(c, "model.s0=log:4:9:1");
  assert_list(c, "model", "s0", (const double[]){4}, 1);
  set(c, "model.s0=log:1e-3:10:5");
  x = es_config_list(c, "model", "s0", &n);
  assert_int_equal(n, 5);
  for (size_t i = 0; i < n; i++)
    assert_close(x[i], pow(10, (double)i - 3), 4e-16, 0);
  set(c, "model.s0=log:8:0.125:7");
  x = es_config_list(c, "model", "s0", &n);
  for (size_t i = 0; i < n; i++)
    assert_close(x[i], ldexp(1, 3 - (int)i), 4e-16, 0);
  es_config_free(c);
}

/* Ends to the last bit, no turning back, and the right values: over ends that
 * are far apart, close together, huge, tiny and of either order. */
static void ranges_are_exact_at_the_ends_and_monotone(void **state) {
  (void)state;
  enum { N = 2001 };
  static double x[N];
  const double ends[][2] = {
      {0.1, 0.3},       {1, 1 + 3e-13},     {-1e308, 1.7e308},
      {1e300, 1.7e308}, {1e-320, 4e-310},   {-0.3, -0.1},
      {0.1, 0.1},       {1e-300, 1.1e300},  {1e15 / 3, 1e15 / 3 + 40},
      {-7, 1e-9},       {1.1e300, 1.3e-300}};
  for (size_t k = 0; k < N_OF(ends); k++)
    for (int turn = 0; turn < 2; turn++)
      for (int logarithmic = 0; logarithmic < 2; logarithmic++) {
        const double a = ends[k][turn], b = ends[k][1 - turn];
        if (logarithmic && !(a > 0 && b > 0)) continue;
        es_range_fill(x, N, a, b, logarithmic);
        assert_true(x[0] == a && x[N - 1] == b);
        for (size_t i = 1; i < N; i++)
          assert_true(a <= b ? x[i] >= x[i - 1] : x[i] <= x[i - 1]);
        const double middle = logarithmic ? sqrt(a) * sqrt(b) : a / 2 + b / 2;
        assert_close(x[N / 2], middle, 2e-15, 1e-323);
      }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lists),
      cmocka_unit_test(lists_refused),
      cmocka_unit_test(ranges),
      cmocka_unit_test(ranges_are_exact_at_the_ends_and_monotone),
  };
  return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
