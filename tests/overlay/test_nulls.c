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

/* A run of two rows, 0 and t = 1, that has one function of values 1 and -1: its
 * embedding is .1 of it at the start and all of it at the end, and its one mode
 * was met at .6. */
typedef struct one {
  double gamma, phi[ROWS], before[ROWS], step[2], t[2], work[4], S;
  es_overlay_step mode;
} one;

static es_joined run_of(one *o, double gamma, bool spectral) {
  *o = (one){.gamma = gamma,
             .step = {0, 100},
             .t = {0, 1},
             .S = 1,
             .mode = {.tau_predicted = .5, .tau_measured = .6}};
  for (size_t i = 0; i < ROWS; i++) {
    o->phi[i] = i % 2 == 0 ? 1 : -1;
    o->before[i] = .1 * o->phi[i];
  }
  return (es_joined){
      .rows = 2,
      .d = 1,
      .k = 1,
      .rate = .01,
      .step = o->step,
      .t = o->t,
      .work = o->work,
      .mode = &o->mode,
      .frames = {.start = {.held = {.d = 1,
                                    .m = 1,
                                    .gamma = &o->gamma,
                                    .S = spectral ? &o->S : NULL},
                           .rows = ROWS,
                           .r = 1,
                           .phi = o->phi},
                 .rows = ROWS,
                 .d = 1,
                 .before = o->before,
                 .after = o->phi,
                 .pairs = 7}};
}

/* Where gamma z^2 passes half of its plateau in descent from .1 at a rate of
 * .01, by hand: z + .04 (1 - gamma z^2) gamma z, or z + .04 (gamma - z^2) z of
 * the spectral loss with functions of variance 1, which ends at gamma^2;
 * between two steps its logit is linear. NaN: not within 100 steps. */
static double half_time(double gamma, bool spectral) {
  const double plateau = spectral ? gamma * gamma : 1;
  double z = .1, last = NAN;
  for (size_t k = 0; k <= 100; k++) {
    const double y = gamma * z * z / plateau, logit = log(y / (1 - y));
    if (y >= .5) return .01 * ((double)k - logit / (logit - last));
    last = logit;
    z += .04 * (spectral ? gamma - z * z : (1 - gamma * z * z) * gamma) * z;
  }
  return NAN;
}

/* The run of gamma 1 under the kernel of one of another gamma: the fit finds .1
 * again. A step that the null has not within the run counts as one at t = 2. */
static void another_runs_kernel(void **state) {
  (void)state;
  static const double gamma[] = {.8, .8, .1};
  static const bool spectral[] = {false, true, false};
  for (size_t k = 0; k < 3; k++) {
    one own, other;
    es_diag diag = {0};
    es_joined run[] = {run_of(&own, 1, spectral[k]),
                       run_of(&other, gamma[k], spectral[k])};
    const double tau = half_time(gamma[k], spectral[k]);
    assert_ok(es_nulls_fill(run, 2, &diag), diag);
    assert_int_equal(isnan(tau), k == 2);
    assert_close(run[0].other.step_log_error,
                 fabs(log(.6 / (isnan(tau) ? 2 : tau))), 1e-9, 0);
    assert_true(isnan(run[0].other.rank_correlation));
    assert_close(run[0].other.alignment, 1, 1e-12, 0);
  }
}

/* Runs of other eval pairs have other functions. */
static void runs_of_other_pairs(void **state) {
  (void)state;
  one own, other;
  es_diag diag = {0};
  es_joined run[] = {run_of(&own, 1, false), run_of(&other, .8, false)};
  run[1].frames.pairs = 8;
  assert_ok(es_nulls_fill(run, 2, &diag), diag);
  assert_true(isnan(run[0].other.step_log_error));
  assert_true(isnan(run[0].other.alignment));
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
      cmocka_unit_test(another_runs_kernel),
      cmocka_unit_test(runs_of_other_pairs),
      cmocka_unit_test(nothing_to_tell_apart),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
