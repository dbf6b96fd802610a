/* Closed forms of `contrastive`: a constant X against references of 50 digits
 * (tests/oracle/contrastive.py), the solver and expansions; a population flow
 * that decouples against the solver. */
#include "tests/models/byol.h"

enum { CASES = 10 };

/* Into words (room for 8), those of a case; frees what was there. */
static void read_words(int wanted, char **words) {
  FILE *file = fopen("tests/oracle/contrastive.csv", "r");
  char line[4096], rest[4096];
  size_t n = 0;
  assert_non_null(file);
  while (fgets(line, sizeof line, file) != NULL) {
    int number;
    if (sscanf(line, "%d,set,%4095[^\n]", &number, rest) == 2 &&
        number == wanted)
      words[n++] = strdup(rest);
  }
  fclose(file);
  assert_int_equal(n, 3);
}

/* Calls check for each value of a case: at least one. */
static double worst_of(int wanted, const char *const *words) {
  FILE *file = fopen("tests/oracle/contrastive.csv", "r");
  char line[4096], name[32], digits[128];
  double worst = 0;
  size_t lines = 0;
  assert_non_null(file);
  while (fgets(line, sizeof line, file) != NULL) {
    int number;
    double t;
    char time[64];
    if (sscanf(line, "%d,%lf,%31[^,],%127s", &number, &t, name, digits) != 4 ||
        number != wanted)
      continue;
    snprintf(time, sizeof time, "time.t=%.17g", t);
    table row = TABLE("contrastive", words[0], words[1], words[2], time);
    const double want = strtod(digits, NULL), got = at(&row, 0, name);
    const double scale =
        strcmp(name, "x_min") == 0 ? fmax(fabs(want), 1) : want;
    const double error = fabs(got - want) / scale;
    if (!(error <= 1e-12))
      fail_msg("case %d, t=%g, %s: %.17g, want %.17g (%.3g)", wanted, t, name,
               got, want, error);
    worst = fmax(worst, error);
    lines++;
    table_free(&row);
  }
  fclose(file);
  assert_true(lines > 2);
  return worst;
}

/* 1e-12 relative for every singular value, over up to 382 orders of magnitude:
 * X's eigenvalues have errors of some eps |X|, which e^{lambda t} multiplies by
 * t (|X| t <= 500 here, 200 in case 9), and W0 V some eps of each row. */
static void references_of_50_digits(void **state) {
  (void)state;
  for (int number = 1; number <= CASES; number++) {
    char *words[8] = {0};
    read_words(number, words);
    const double worst = worst_of(number, (const char *const *)words);
    print_message("case %d: %.3g\n", number, worst);
    for (int k = 0; k < 3; k++) free(words[k]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(references_of_50_digits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
