/* Null kernels of a run that has not taken a step: its embeddings are then what
 * the null starts from, wherever its functions reach them. */
#include "tests/check.h"

#include "overlay/measures.h"
#include "overlay/nulls.h"

#include <math.h>

enum { PAIRS = 4, ROWS = 2 * PAIRS, MOST = ROWS };

/* A run of one output with r modes of these gammas; its functions are of no
 * matter to the random null. */
static es_null random_null(size_t r, double *gamma) {
  double phi[ROWS * MOST], step = 0, work[1];
  double before[ROWS] = {.3, -.2, .5, .1, .25, -.4, .45, .2};
  double after[ROWS];
  es_diag diag = {0};
  es_joined run = {.rows = 1, .d = 1, .rate = .1, .step = &step, .t = &step};
  for (size_t i = 0; i < ROWS * MOST; i++) phi[i] = 1;
  for (size_t i = 0; i < ROWS; i++) after[i] = 1 + 2 * before[i];
  run.work = work;
  run.frames = (es_frames){.start = {.held = {.d = 1, .m = r, .gamma = gamma},
                                     .rows = ROWS,
                                     .r = r,
                                     .phi = phi},
                           .rows = ROWS,
                           .d = 1,
                           .before = before,
                           .after = after,
                           .pairs = NAN};
  assert_ok(es_nulls_fill(&run, 1, &diag), diag);
  assert_true(isnan(run.other.alignment));
  return run.random;
}

/* Three functions alike on both views and four opposite ones: all that there
 * are of mean 0 on four pairs. Any such set reaches the start exactly, and one
 * direction has one space. */
static void all_functions_are_drawn(void **state) {
  (void)state;
  double gamma[] = {1, .5, .25, -.01, -.02, -.03, -.04};
  const es_null null = random_null(7, gamma);
  assert_close(null.alignment, 1, 1e-12, 0);
  assert_true(isnan(null.step_log_error));
}

static void no_more_than_there_are(void **state) {
  (void)state;
  double four[] = {1, .5, .25, .125}, five[] = {1, -.1, -.2, -.3, -.4, -.5};
  assert_true(isnan(random_null(4, four).alignment));
  assert_true(isnan(random_null(6, five).alignment));
}

static double score(double share, double untrained) {
  const es_joined run = {
      .rows = 0,
      .shares = {.start = share, .untrained = untrained},
      .other = {NAN, NAN, NAN},
      .random = {NAN, NAN, NAN},
      .frames = {.rows = ROWS},
  };
  return es_score(&run);
}

/* An embedding of all directions that the features have is the same space
 * before and after: shares are 1 less rounding, and their differences are
 * rounding. */
static void nothing_to_tell_apart(void **state) {
  (void)state;
  assert_close(score(.9, .8), .5, 1e-13, 0);
  assert_true(isnan(score(1 - 2e-15, 1 - 1e-15)));
  assert_true(isnan(score(1 - 1e-15, 1 - 2e-15)));
  assert_true(isnan(score(1, 1 + 1e-15)));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_functions_are_drawn),
      cmocka_unit_test(no_more_than_there_are),
      cmocka_unit_test(nothing_to_tell_apart),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
