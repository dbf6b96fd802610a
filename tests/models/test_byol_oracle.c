/* `byol` and `byol-symmetric` against references of 34 digits
 * (tests/oracle/byol.py), and the numbers of theory.md 2 and 3 to all digits
 * that are printed there. */
#include "tests/models/byol.h"

enum { CASES = 13, SYMMETRIC_FROM = 10, TIMES = 3, LINE = 256 };

typedef struct reference {
  char *word[16], line[1024][48];
  double t[1024], value[1024];
  size_t words, lines;
} reference;

static void read_case(reference *r, int wanted) {
  FILE *file = fopen("tests/oracle/byol.csv", "r");
  char line[LINE], rest[LINE];
  assert_non_null(file);
  *r = (reference){0};
  while (fgets(line, sizeof line, file) != NULL) {
    int number;
    double t;
    if (sscanf(line, "%d,set,%255[^\n]", &number, rest) == 2) {
      if (number != wanted) continue;
      assert_non_null(r->word[r->words++] = strdup(rest));
      continue;
    }
    char name[48];
    assert_int_equal(
        sscanf(line, "%d,%lf,%47[^,],%255s", &number, &t, name, rest), 4);
    if (number != wanted) continue;
    r->t[r->lines] = t;
    r->value[r->lines] = strtod(rest, NULL);
    strcpy(r->line[r->lines++], name);
  }
  fclose(file);
  assert_true(r->words > 4 && r->lines > TIMES * 4);
}

/* Entries are of order one and errors of 1e-12 a step grow by little; quotients
 * and eigenvalues pass them on times a condition, here below 100: 100 rtol. */
static void references_of_34_digits(void **state) {
  (void)state;
  static const double times[TIMES] = {.5, 3, 12};
  reference *r = calloc(1, sizeof *r);
  assert_non_null(r);
  for (int number = 1; number <= CASES; number++) {
    read_case(r, number);
    const bool symmetric = number >= SYMMETRIC_FROM;
    const char *words[24] = {"t=0.5,3,12", "output.state=on", SHARP};
    size_t n = 4;
    for (size_t k = 0; k < r->words; k++) words[n++] = r->word[k];
    table t = table_of(symmetric ? "byol-symmetric" : "byol", words);
    for (size_t k = 0; k < r->lines; k++) {
      size_t row = 0;
      while (row + 1 < TIMES && times[row] != r->t[k]) row++;
      const double got = at(&t, row, r->line[k]);
      if (!close_to(got, r->value[k], 0, 1e-10))
        fail_msg("case %d, t=%g, %s: %.17g, want %.17g (%.3g)", number, r->t[k],
                 r->line[k], got, r->value[k], got - r->value[k]);
    }
    table_free(&t);
    for (size_t k = 0; k < r->words; k++) free(r->word[k]);
  }
  free(r);
}

/* theory.md 2: half a unit of the last digit printed. */
static void check_of_section_2(void **state) {
  (void)state;
  table t = TABLE("byol", CHECK_MOMENTS, CHECK_START, "Wa0=[[0,0,0],[0,0,0]]",
                  "alpha_p=2", "beta=0.4", "eta=0.04", "t=5", SHARP);
  assert_close(at(&t, 0, "W_norm"), .588788806676, 0, 5e-13);
  assert_close(at(&t, 0, "Wp_norm"), .646926038168, 0, 5e-13);
  assert_close(at(&t, 0, "Wa_norm"), .4899839693035, 0, 5e-14);
  table_free(&t);
  /* The target's start is zero where it is not given; 0.4 and 0.04 are the
   * defaults. */
  table d =
      TABLE("byol", CHECK_MOMENTS, CHECK_START, "alpha_p=2", "t=5", SHARP);
  assert_close(at(&d, 0, "Wa_norm"), .4899839693035, 0, 5e-14);
  table_free(&d);
}

static void check_of_section_3(void **state) {
  (void)state;
  table t = TABLE("byol-symmetric", "Wp0=[[.3,.1],[.1,.2]]",
                  "F0=[[.2,-.05],[-.05,.1]]", "tau=1", "sigma2=0.09",
                  "eta=0.04", "alpha_p=1", "t=0,1,5,20", SHARP);
  assert_close(at(&t, 0, "commutator"), .0212132034356, 0, 5e-14);
  assert_close(at(&t, 1, "commutator"), .0228101249111, 0, 5e-14);
  assert_close(at(&t, 2, "commutator"), .0110001651957, 0, 5e-14);
  assert_close(at(&t, 3, "commutator"), 2.4608567e-8, 0, 5e-16);
  table_free(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(check_of_section_2),
      cmocka_unit_test(check_of_section_3),
      cmocka_unit_test(references_of_34_digits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
