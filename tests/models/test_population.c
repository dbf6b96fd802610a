/* One mode of the population flow against references of 50 digits
 * (tests/oracle/population.py) and theory.md 6. */
#include "models/linear/population.h"
#include "tests/check.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 512, LEAST_ROWS = 1000 };

typedef struct row {
  char kind[8];
  double c, a, s0, t, want;
} row;

/* kind,c,a,s0,t,want; s0 and t are empty for kind stable. */
static row row_of(const char *line) {
  row r = {.s0 = NAN};
  if (sscanf(line, "exact,%lf,%lf,%lf,%lf,%lf", &r.c, &r.a, &r.s0, &r.t,
             &r.want) == 5)
    strcpy(r.kind, "exact");
  else if (sscanf(line, "stable,%lf,%lf,,,%lf", &r.c, &r.a, &r.want) == 3)
    strcpy(r.kind, "stable");
  else
    fail_msg("not a row: %s", line);
  return r;
}

/* As population.h says, whatever the answer owes to the last bits of what it is
 * asked for. Below DBL_MIN doubles are DBL_TRUE_MIN apart. */
static void references_of_50_digits(void **state) {
  (void)state;
  FILE *file = fopen("tests/oracle/population.csv", "r");
  char line[LINE];
  size_t rows = 0, bad = 0;
  assert_non_null(file);
  for (; fgets(line, sizeof line, file) != NULL; rows++) {
    const row r = row_of(line);
    const bool exact = strcmp(r.kind, "exact") == 0;
    const double got = exact ? es_population_exact(r.c, r.a, r.s0, r.t)
                             : es_population_stable(r.c, r.a);
    if (got == r.want || close_to(got, r.want, 2 * DBL_EPSILON, 0x1p-1074))
      continue;
    print_message("# c=%g a=%.17g s0=%g t=%g: %.17g, want %.17g (%.2g)\n", r.c,
                  r.a, r.s0, r.t, got, r.want, got / r.want - 1);
    bad++;
  }
  fclose(file);
  assert_true(rows > LEAST_ROWS);
  assert_int_equal(bad, 0);
}

static void numbers_of_theory(void **state) {
  (void)state;
  const double w1 = sqrt(es_population_exact(1, .5, .01, 1));
  const double w5 = sqrt(es_population_exact(1, .5, .01, 5));
  assert_close(w1, .386747245543225, 0, 5e-16);
  assert_close(w5, 1.27150386765772, 0, 5e-15);
  assert_close(es_population_stable(1, .5), sqrt(3), DBL_EPSILON, 0);
}

static void ends(void **state) {
  (void)state;
  assert_true(es_population_stable(1, 2) == 0);
  assert_true(es_population_stable(.3, .6) == 0);
  assert_true(es_population_stable(1, 2 - DBL_EPSILON) > 0);
  /* 1/r where halves of a lose its last bit */
  const double least = 0x1.13p-1024 + 0x1p-1074;
  assert_close(es_population_stable(1, least), 1 / least, 2 * DBL_EPSILON, 0);
  assert_true(isinf(es_population_stable(1, 0)));
  assert_true(es_population_exact(1, .5, 0, 3) == 0);
  assert_true(es_population_exact(1, .5, .7, 0) == .7);
  /* c t is 0, at the ends of what is inverted, too */
  assert_true(es_population_exact(.1, .05, 0x1p-500, 1e-323) == 0x1p-500);
  assert_true(es_population_exact(.1, .05, 1e280, 1e-323) == 1e280);
  assert_true(es_population_exact(1, .75, 1, -1e3) == 1); /* s* = 1 exactly */
  assert_true(es_population_exact(1, .75, 1, 1e3) == 1);
  assert_true(es_population_exact(1, .5, 1e-3, INFINITY) ==
              es_population_stable(1, .5));
  assert_true(isinf(es_population_exact(1, 0, 1e-3, INFINITY)));
  assert_true(es_population_exact(1, 3, 5, INFINITY) == 0);
  assert_true(es_population_exact(1, .5, .1, -INFINITY) == 0);
  assert_true(isinf(es_population_exact(1, .5, 5, -INFINITY)));
  assert_true(isinf(es_population_exact(1, 3, 5, -1e6)));
  /* r = 2^100 and 2^90: s' = -2 a s to all digits, eta's part of a in its last
   * too. */
  assert_close(es_population_exact(0x1p-50, 0x1p50, 5, 0x1p-50), 5 * exp(-2),
               2 * DBL_EPSILON, 0);
  assert_close(es_population_decayed(0x1p-90, 1, 0x1p-54, 5, 300),
               5 * exp(-600) * (1 - 600 * 0x1p-54), 2 * DBL_EPSILON, 0);
  assert_true(isinf(es_population_exact(1, 0, 1e285, 1))); /* beyond 1e280 */
  /* r = 2: 1/s = 1/s0 + 6 c t back through 2^-500; and below it, where all but
   * a part in 10^6 cancels, to as many roundings of long double. */
  const double rise = 1 / (1 / 2e-151 - 4e150);
  assert_close(es_population_exact(1, 2, 2e-151, -4e150 / 6), rise, 1e-14, 0);
  const double back = -(1 - 1e-6) / 6e-200;
  const long double left = 1 / (long double)1e-200 + 6 * (long double)back;
  assert_close(es_population_exact(1, 2, 1e-200, back), (double)(1 / left),
               1e-12, 0);
  assert_true(isnan(es_population_exact(1, 3, 5, NAN)));
  assert_true(es_population_exact(1, 3, 1, 1e4) == 0); /* by underflow */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(references_of_50_digits),
      cmocka_unit_test(numbers_of_theory),
      cmocka_unit_test(ends),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
