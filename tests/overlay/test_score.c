/* The score of a run and the measures that nulls are held against, by hand. */
#include "tests/check.h"

#include "overlay/measures.h"

#include <math.h>

enum { ROWS = 2, K = 4 };

static const double two = 0.69314718055994531;

/* Four modes predicted within t = 10 and three of them met, at 1, 2, 4 and not
 * at all; every curve rises from 0 to 1, and is predicted .25 too high. */
typedef struct hand {
  double t[ROWS], along[ROWS * K], predicted[ROWS * K], work[2 * K + ROWS];
  es_overlay_step mode[K];
  es_joined run;
} hand;

static void by_hand(hand *h) {
  *h = (hand){.t = {0, 10},
              .along = {0, 0, 0, 0, 1, 1, 1, 1},
              .mode = {{.tau_predicted = 2, .tau_measured = 1},
                       {.tau_predicted = 2, .tau_measured = 2},
                       {.tau_predicted = 4, .tau_measured = 4},
                       {.tau_predicted = 8, .tau_measured = NAN}}};
  for (size_t i = 0; i < ROWS * K; i++) h->predicted[i] = h->along[i] + .25;
  h->run = (es_joined){.rows = ROWS,
                       .d = K,
                       .k = K,
                       .t = h->t,
                       .along = h->along,
                       .predicted = h->predicted,
                       .mode = h->mode,
                       .work = h->work,
                       .frames = {.rows = 41},
                       .shares = {.start = .7,
                                  .end = .8,
                                  .followed = .9,
                                  .top = .6,
                                  .untrained = .2},
                       .other = {NAN, NAN, .4},
                       .random = {NAN, NAN, .3}};
}

/* Measured 1, 2, 4 for 2, 2, 4: logarithms -l, 0, 0 with l = ln 2, whose mean
 * square is l^2/3. Ranks 1.5, 1.5, 3 and 1, 2, 3 less 2: products add up
 * to 1.5, squares to 1.5 and 2. */
static void timed_modes(void **state) {
  (void)state;
  hand h;
  by_hand(&h);
  assert_close(es_timed_log_error(&h.run), two / sqrt(3), 1e-15, 0);
  assert_close(es_timed_correlation(&h.run), 1.5 / sqrt(1.5 * 2), 1e-15, 0);
  /* A mode that is there from the start has no logarithm: of the two others,
   * one is right. */
  h.mode[0].tau_measured = 0;
  assert_close(es_timed_log_error(&h.run), 0, 0, 0);
  h.mode[0] = (es_overlay_step){.tau_predicted = 0, .tau_measured = 1};
  assert_close(es_timed_log_error(&h.run), 0, 0, 0);
  assert_true(isnan(es_timed_correlation(&h.run)));
  /* One predicted for later than the run is none of them. */
  h.mode[0] = (es_overlay_step){.tau_predicted = 11, .tau_measured = 9};
  assert_close(es_timed_log_error(&h.run), 0, 0, 0);
  h.mode[0] = (es_overlay_step){.tau_predicted = 4, .tau_measured = 1};
  for (size_t j = 1; j < K; j++) h.mode[j].tau_measured = NAN;
  assert_close(es_timed_log_error(&h.run), 2 * two, 1e-15, 0);
  h.mode[0].tau_measured = NAN;
  assert_true(isnan(es_timed_log_error(&h.run)));
}

/* 4 functions among those of 41 pairs' rows that are not constant: 4/40. */
static void shares(void **state) {
  (void)state;
  hand h;
  by_hand(&h);
  h.run.other = (es_null){1, 2, 3};
  h.run.random = (es_null){4, 5, 6};
  assert_close(es_share_chance(&h.run), .1, 1e-15, 0);
  assert_close(es_share_start(&h.run), .7, 0, 0);
  assert_close(es_share_end(&h.run), .8, 0, 0);
  assert_close(es_share_followed(&h.run), .9, 0, 0);
  assert_close(es_share_top(&h.run), .6, 0, 0);
  assert_close(es_share_untrained(&h.run), .2, 0, 0);
  assert_close(es_other_log_error(&h.run), 1, 0, 0);
  assert_close(es_other_correlation(&h.run), 2, 0, 0);
  assert_close(es_other_share(&h.run), 3, 0, 0);
  assert_close(es_random_log_error(&h.run), 4, 0, 0);
  assert_close(es_random_correlation(&h.run), 5, 0, 0);
  assert_close(es_random_share(&h.run), 6, 0, 0);
  h.run.frames.rows = 1;
  assert_true(isnan(es_share_chance(&h.run)));
}

/* Each part alone: the others are made to be undefined. */
static void steps_alone(hand *h) {
  by_hand(h);
  h->run.shares.start = NAN;
  for (size_t i = 0; i < ROWS * K; i++) h->predicted[i] = NAN;
}

/* ln of 1, 2, 4 is 0, l, 2l: about the mean l, 2l^2/3. Theory's l^2/3 is half
 * of it, and three modes of four were met: .5 · .75. */
static void part_of_steps(void **state) {
  (void)state;
  hand h;
  steps_alone(&h);
  assert_close(es_score(&h.run), .375, 1e-15, 0);
  /* A null whose mean square is l^2/2: 1 - (1/3)/(1/2), of either kind; one
   * that is worse than the mean log time changes nothing. */
  h.run.other.step_log_error = two * sqrt(.5);
  assert_close(es_score(&h.run), .75 / 3, 1e-14, 0);
  h.run.random.step_log_error = two;
  assert_close(es_score(&h.run), .75 / 3, 1e-14, 0);
  /* Better than theory: 1 - (1/3)/(1/4), which no mode missing makes better. */
  h.run.random.step_log_error = two / 2;
  assert_close(es_score(&h.run), -1. / 3, 1e-14, 0);
  /* 1 - (1/3)/(1/12) = -3 counts as -1. */
  h.run.random.step_log_error = two * sqrt(1. / 12);
  assert_close(es_score(&h.run), -1, 0, 0);
  /* Two modes make a deviation: 2 and 4 of 2 and 4 are right, 2 of 4 missed. */
  steps_alone(&h);
  h.mode[0].tau_measured = NAN;
  assert_close(es_score(&h.run), .5, 1e-15, 0);
  h.mode[1].tau_measured = NAN;
  assert_true(isnan(es_score(&h.run)));
}

/* .25 everywhere, .5 about the own mean of 0 and 1: 1 - 1/4. */
static void part_of_curves(void **state) {
  (void)state;
  hand h;
  by_hand(&h);
  h.run.shares.start = NAN;
  for (size_t j = 1; j < K; j++) h.mode[j].tau_predicted = NAN;
  assert_close(es_curve_error(&h.run), .25, 1e-15, 0);
  assert_close(es_score(&h.run), .75, 1e-15, 0);
  h.predicted[0] = h.predicted[K] = 5;
  assert_close(es_score(&h.run), -1, 0, 0);
}

/* (.7 - a_0)/(1 - a_0), a_0 the best of the nulls. */
static void part_of_subspace(void **state) {
  (void)state;
  hand h;
  by_hand(&h);
  for (size_t j = 0; j < K; j++) h.mode[j].tau_predicted = NAN;
  assert_close(es_score(&h.run), .3 / .6, 1e-15, 0);
  h.run.other.alignment = NAN;
  assert_close(es_score(&h.run), .4 / .7, 1e-15, 0);
  h.run.random.alignment = NAN;
  assert_close(es_score(&h.run), .5 / .8, 1e-15, 0);
  h.run.shares.untrained = NAN;
  assert_close(es_score(&h.run), .6 / .9, 1e-15, 0);
  h.run.shares.start = 0;
  h.run.random.alignment = .8;
  assert_close(es_score(&h.run), -1, 0, 0);
}

/* The mean of .375, .75 and .5; of none there is none. */
static void the_score(void **state) {
  (void)state;
  hand h;
  by_hand(&h);
  assert_close(es_score(&h.run), (.375 + .75 + .5) / 3, 1e-15, 0);
  h.run.shares.start = NAN;
  for (size_t j = 0; j < K; j++) h.mode[j].tau_predicted = NAN;
  assert_true(isnan(es_score(&h.run)));
}

/* Eigenvalues that are .25 too high throughout; a descent that leaves the
 * finite numbers after its start is not right for having begun there, and one
 * that was never made has no error. */
static void eigenvalues(void **state) {
  (void)state;
  hand h;
  double gone[ROWS * K] = {0, 0, 0, 0, NAN, NAN, NAN, NAN}, never[ROWS * K];
  by_hand(&h);
  for (size_t i = 0; i < ROWS * K; i++) never[i] = NAN;
  h.run.lambda = h.along;
  h.run.lambda_start = h.predicted;
  h.run.lambda_end = gone;
  h.run.followed = never;
  assert_close(es_rank_error(&h.run), .25, 1e-15, 0);
  assert_true(isinf(es_rank_error_end(&h.run)));
  assert_true(isnan(es_rank_error_followed(&h.run)));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(timed_modes),      cmocka_unit_test(shares),
      cmocka_unit_test(part_of_steps),    cmocka_unit_test(part_of_curves),
      cmocka_unit_test(part_of_subspace), cmocka_unit_test(the_score),
      cmocka_unit_test(eigenvalues),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
