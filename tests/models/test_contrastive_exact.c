/* Closed forms of `contrastive`: a constant X against references of 50 digits
 * (tests/oracle/contrastive.py), the ends of a double's range; and when a
 * population flow decouples. */
#include "tests/models/byol.h"

#include <float.h>

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

/* X on the axes has exact eigenvalues, and then e^{lambda t} is all that
 * rounds: to a few units for any product, of which a double keeps 1e-14 here.
 */
static void a_rate_times_a_time(void **state) {
  (void)state;
  static const double rate[] = {-399.7, 211.3, -.123}, time[] = {1.7, 3.1, 9.9};
  /* e^{rate time} of these doubles, from 60 digits. */
  static const double want[] = {7.966040160515834958537927e-296,
                                2.991675474100964690269436e+284,
                                2.959099777907529196229661e-1};
  for (size_t k = 0; k < 3; k++) {
    char X[64], t[64];
    snprintf(X, sizeof X, "X=[[%.17g]]", rate[k]);
    snprintf(t, sizeof t, "t=%.17g", time[k]);
    table row = TABLE("contrastive", X, "W0=[[1]]", t);
    assert_close(at(&row, 0, "sigma_1"), want[k], 4 * DBL_EPSILON, 0);
    table_free(&row);
  }
}

/* What a column grows by, and what it starts from, may each leave the range of
 * double where neither their product nor any other column does. */
static void columns_at_the_ends_of_the_range(void **state) {
  (void)state;
  table graded = TABLE("contrastive", "X=[[-700,0],[0,690]]",
                       "W0=[[1e300,0],[0,1]]", "t=1");
  assert_close(at(&graded, 0, "sigma_1"), exp(690), 4 * DBL_EPSILON, 0);
  assert_close(at(&graded, 0, "sigma_2"), 1e300 * exp(-700), 4 * DBL_EPSILON,
               0);
  table_free(&graded);
  table still =
      TABLE("contrastive", "X=[[0,0],[0,0]]", "W0=[[1,0],[0,1e300]]", "t=1");
  assert_close(at(&still, 0, "sigma_1"), 1e300, DBL_EPSILON, 0);
  table_free(&still);
}

/* Starts and ends whose s = w^2 c is beyond or near the least double: w to a
 * few units all the same, however long the exponential that it moves by. Of
 * these doubles by tests/oracle/population.py, 25 digits. */
static void modes_at_the_ends_of_the_range(void **state) {
  (void)state;
  static const struct {
    double c, a, eta, w0, t, want;
  } mode[] = {
      {1, 2.1, 0, 1e-150, 700, 3.975449735908399669209497e-181},
      {1, .01, 0, 1e-150, 40, 3.713990251772751240465427e-116},
      {1, .5, 0, 1e-200, 300, 2.707178274802957612342182e-5},
      {1, .5, 0, 1e-200, 308, .9893328148423535458069413},
      {1, .5, 0, 1e-200, 320, 1.31605282274484382546479},
      {.7, 1.1, 0, 3e-180, 1381, .4851318377749875698900454},
      {1, 3, 0, 1, 500, 4.001628201090623714370316e-218},
      {1, 2.3, 0, 40, 1500, 2.038681960678688684607362e-196},
      {0, .3, 0, 1, 1000, 5.148200222412070937659085e-131},
      {1e300, 1e299, 0, 1e-300, 1,
       3.148980753053218571216066e-150}, /* s*(.1) */
      /* a + eta is no double. */
      {1, 2.1, .01, 1e-150, 700, 3.625140919143333334783268e-184},
      {1, .3, .0123, 1e-150, 170, 4.008625717500270364218996e-26},
      {1, .5, .013, 1e-200, 312, 1.187034894462259388283841},
      {.7, 1.5, .017, 3, 1500, 1.945962190191586218619091e-77},
      {0, .3, .017, 1, 1000, 2.131322828462189055647199e-138},
  };
  for (size_t k = 0; k < sizeof mode / sizeof *mode; k++) {
    char C[64], A[64], W0[64], t[64], eta[64];
    snprintf(eta, sizeof eta, "eta=%.17g", mode[k].eta);
    snprintf(C, sizeof C, "C=[[%.17g]]", mode[k].c);
    snprintf(A, sizeof A, "A=[[%.17g]]", mode[k].a);
    snprintf(W0, sizeof W0, "W0=[[%.17g]]", mode[k].w0);
    snprintf(t, sizeof t, "t=%.17g", mode[k].t);
    table row = TABLE("contrastive", C, A, eta, W0, t);
    assert_close(at(&row, 0, "sigma_1"), mode[k].want, 4 * DBL_EPSILON, 0);
    table_free(&row);
  }
}

static bool decouples(const char *C, const char *A, const char *W0) {
  opened o = OPENED("contrastive", C, A, W0);
  const bool exact = o.instance.shape.has_exact;
  opened_free(&o);
  return exact;
}

/* Two entries in a row or in a column couple modes, and so do C and A that have
 * no basis in common, from whatever start: here the one that would be a single
 * entry in the eigenbasis of the sum that is tried. */
static void what_does_not_decouple(void **state) {
  (void)state;
  static const char axes[] = "C=[[1,0],[0,.5]]", along[] = "A=[[.2,0],[0,1.2]]";
  assert_true(decouples(axes, along, "W0=[[0,.1],[.3,0]]"));
  assert_false(decouples(axes, along, "W0=[[.1,.3]]"));
  assert_false(decouples(axes, along, "W0=[[0,.1],[0,.3]]"));
  const double c = sqrt(1 + 2 * .09 + .25), a = sqrt(.04 + .16);
  const double half =
      atan2(2 * .3 / c, (1 - .5) / c + .618 * (.2 - .4) / a) / 2;
  char W0[80];
  snprintf(W0, sizeof W0, "W0=[[%.17g,%.17g]]", cos(half), sin(half));
  assert_false(decouples("C=[[1,.3],[.3,.5]]", "A=[[.2,0],[0,.4]]", W0));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(references_of_50_digits),
      cmocka_unit_test(a_rate_times_a_time),
      cmocka_unit_test(columns_at_the_ends_of_the_range),
      cmocka_unit_test(modes_at_the_ends_of_the_range),
      cmocka_unit_test(what_does_not_decouple),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
