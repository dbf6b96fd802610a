/* Closed forms of an eigenmode against 30-digit references, theory.md's numbers
 * and identities. */
#include "tests/check.h"

#include "models/linear/eigenmode.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>

static double error(double got, const char *want) {
  const long double w = strtold(want, NULL);
  if (fabsl(w) < (long double)DBL_MIN)
    return fabsl((long double)got - w) <= (long double)DBL_TRUE_MIN ? 0 : 1;
  const double e = (double)fabsl(((long double)got - w) / w);
  return e == e ? e : 1;
}

static void closed_forms_within_1e_13(void **state) {
  (void)state;
  FILE *file = fopen("tests/oracle/eigenmode.csv", "r");
  assert_non_null(file);
  char line[512], p[64], s[64];
  double worst = 0, t;
  int rows = 0, bad = 0;
  assert_non_null(fgets(line, sizeof line, file));
  while (fgets(line, sizeof line, file) != NULL) {
    es_eigenmode m = {0};
    assert_int_equal(sscanf(line,
                            "%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%63[^,],%63s",
                            &m.p0, &m.s0, &m.tau0, &m.alpha_p, &m.eta_p,
                            &m.lambda_s, &m.lambda_d, &t, p, s),
                     10);
    m.eta_s = m.eta_p;
    assert_true(es_eigenmode_has_exact(&m));
    const es_eigenmode_state got = es_eigenmode_exact(&m, t);
    const double ep = error(got.p, p), es = error(got.s, s);
    if (!(ep <= 1e-13 && es <= 1e-13)) {
      print_message("# row %d: %.17g and %.17g, off by %.2g and %.2g: %s", rows,
                    got.p, got.s, ep, es, line);
      bad++;
    } else
      worst = fmax(worst, fmax(ep, es));
    rows++;
  }
  fclose(file);
  print_message("# closed forms: worst of %d rows %.2g\n", rows, worst);
  assert_int_equal(bad, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(closed_forms_within_1e_13),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
