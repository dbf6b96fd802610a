/* Intervals over runs, by hand, and that every family's agreement.csv has them.
 */
#include "tests/file/temp.h"

#include "file/csv.h"
#include "file/h5.h"
#include "overlay/byol_agreement.h"
#include "overlay/contrastive.h"
#include "overlay/interval.h"

#include <math.h>

static void intervals(void **state) {
  (void)state;
  double work[10 + ES_RESAMPLES], low, high;
  const double five[5] = {1, 2, 3, 4, 100};
  assert_close(es_interval_median(five, 5, 1, work), 3, 0, 0);
  es_interval_of(&low, &high, five, 5, 1, work);
  /* Of 5^5 resamples 5.8% have the median 1, and as many 100: beyond 2.5% of
   * either tail. */
  assert_close(low, 1, 0, 0);
  assert_close(high, 100, 0, 0);
  es_interval_of(&low, &high, five, 1, 5, work);
  assert_close(low, 3, 0, 0);
  assert_close(high, 3, 0, 0);
  es_interval_of(&low, &high, (double[]){NAN, NAN}, 2, 1, work);
  assert_true(isnan(low) && isnan(high));
}

enum { RUNS = 7 };

/* Run r of n: p is 1 in both rows, theory's 1 - e_r in the second, so that its
 * error is e_r = (r + 1)/128. */
typedef struct one_mode {
  double one[2], theory[2];
  es_eigenmode mode;
  es_fate fate;
} one_mode;

static es_byolnet_run run_of(one_mode *m, size_t r) {
  *m = (one_mode){.one = {1, 1},
                  .theory = {1, 1 - (double)(r + 1) / 128},
                  .fate = ES_FATE_STABLE};
  return (es_byolnet_run){.rows = 2,
                          .d = 1,
                          .step = m->one,
                          .t = m->one,
                          .loss = m->one,
                          .commutator = m->one,
                          .asymmetry = m->one,
                          .p = m->one,
                          .s = m->one,
                          .way_p = {m->theory, m->theory, m->theory},
                          .way_s = {m->one, m->one, m->one},
                          .theory_commutator = m->one,
                          .theory_asymmetry = m->one,
                          .mode = &m->mode,
                          .last = &m->mode,
                          .fate = &m->fate,
                          .met = &m->fate};
}

/* The median of 7 draws is the least of 7 numbers with probability .010 (four
 * of them, at 1/7 each), one of the two least with .108: 2.5% lie between. */
static void byol_has_them(void **state) {
  one_mode mode[RUNS];
  es_byolnet_run run[RUNS];
  es_overlay_metric *metric;
  size_t rows, found = 0;
  es_diag diag = {0};
  (void)state;
  for (size_t r = 0; r < RUNS; r++) run[r] = run_of(&mode[r], r);
  assert_ok(es_byolnet_agreement(&metric, &rows, run, RUNS, &diag), diag);
  for (size_t k = 0; k < rows; k++) {
    if (strcmp(metric[k].metric, "p_error_matrices_worst") != 0) continue;
    found++;
    assert_close(128 * metric[k].low, 2, 1e-13, 0);
    assert_close(128 * metric[k].value, 4, 1e-13, 0);
    assert_close(128 * metric[k].high, 6, 1e-13, 0);
  }
  assert_int_equal(found, 1);
  free(metric);
}

/* sigma is 1 in both rows, predicted 1 and 1 - e_r: the error is e_r/sqrt(2).
 */
static void put_contrastive(void **state, char *dir, size_t r) {
  char name[40], text[120];
  es_h5 *file;
  es_diag diag = {0};
  const double theorem = r != 3;
  snprintf(name, sizeof name, "run%zu", r);
  snprintf(dir, 80, "%s", at(state, name));
  assert_ok(es_file_mkdirs(dir, &diag), diag);
  snprintf(name, sizeof name, "run%zu/trace.csv", r);
  put_text(state, name,
           "step,t,loss,sigma_1_1,cov_lambda_1\n0,0,1,1,1\n1,1,1,1,1\n");
  snprintf(name, sizeof name, "run%zu/prediction.csv", r);
  snprintf(text, sizeof text,
           "step,t,loss,sigma_1_1,cov_lambda_1\n0,0,1,1,1\n1,1,1,%.17g,1\n",
           1 - (double)(r + 1) / 128);
  put_text(state, name, text);
  snprintf(name, sizeof name, "run%zu/arrays.h5", r);
  assert_ok(es_h5_create(&file, at(state, name), &diag), diag);
  assert_ok(es_h5_write(file, "/prediction/theorem", &theorem, NULL, 0, &diag),
            diag);
  assert_ok(es_h5_commit(file, &diag), diag);
}

static void contrastive_has_them(void **state) {
  char dir[RUNS][80];
  const char *runs[RUNS];
  es_table table;
  es_diag diag = {0};
  size_t found = 0;
  for (size_t r = 0; r < RUNS; r++) {
    put_contrastive(state, dir[r], r);
    runs[r] = dir[r];
  }
  assert_ok(
      es_contrastive_overlay(runs, RUNS, at(state, "all"), NULL, NULL, &diag),
      diag);
  assert_ok(es_table_read(&table, at(state, "all/agreement.csv"), &diag), diag);
  for (size_t i = 0; i < table.rows; i++) {
    const double *cell = table.value + i * table.columns;
    const char *name = table.text[i * table.columns];
    /* One run of seven is outside: that makes the row 0, not its interval. */
    const bool error = strcmp(name, "sigma_error") == 0,
               theorem = strcmp(name, "theorem") == 0;
    const double unit = 128 * sqrt(2);
    found += error || theorem;
    if (error) {
      assert_close(unit * cell[2], 2, 1e-13, 0);
      assert_close(unit * cell[1], 4, 1e-13, 0);
      assert_close(unit * cell[3], 6, 1e-13, 0);
    } else if (theorem) {
      assert_close(cell[1], 0, 0, 0);
      assert_close(cell[2], 1, 0, 0);
    }
  }
  assert_int_equal(found, 2);
  es_table_free(&table);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(intervals),
      cmocka_unit_test(byol_has_them),
      temp_test(contrastive_has_them),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
