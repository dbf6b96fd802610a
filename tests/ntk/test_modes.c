/* What a mode's curve does from a generic start: sharing, staying, rising, and
 * not stepping at all. */
#include "tests/ntk/model.h"

enum { M = 6, D = 3, STEPS = 400 };

/* Modes that are nearly degenerate: the first direction that is learned mixes
 * them, cos^2 : sin^2, and each mode steps where its own share passes 1/2. Of
 * the two steps that the embedding takes, the mode with the larger share has
 * the first, whatever the order of gamma; together they make up the trace. */
static void near_degenerate_modes_share_a_step(void **state) {
  (void)state;
  const double gamma[2] = {1, 1 - 1e-9}, lr = .01;
  double tau[2][2];
  es_diag diag = {0};
  for (int k = 0; k < 2; k++) {
    const double angle = (k == 0 ? 40 : 50) * M_PI / 180;
    const double c0 = cos(angle), s0 = sin(angle);
    /* Z = diag(1e-2, 1e-5) times a rotation */
    const double Z0[] = {1e-2 * c0, 1e-2 * s0, -1e-5 * s0, 1e-5 * c0};
    es_held c = restored(2, gamma, 2, Z0);
    es_held_step step[2];
    double curve[2], values[2];
    assert_ok(es_held_steps(&c, lr, 10000, step, &diag), diag);
    for (int j = 0; j < 2; j++) tau[k][j] = step[j].tau_generic;
    /* Between the two steps: one eigenvalue is learned, both modes share it. */
    const size_t middle = 200;
    assert_ok(es_held_descend(&c, lr, &middle, 1,
                              &(es_held_path){.curve = curve, .values = values},
                              &diag),
              diag);
    assert_close(values[0], 1, 0, 1e-2);
    assert_close(values[1], 0, 0, 1e-2);
    assert_close(curve[0] + curve[1], values[0] + values[1], 1e-12, 0);
    assert_close(curve[0], c0 * c0, 0, 1e-2);
    es_held_free(&c);
  }
  assert_true(tau[0][0] < 2 && tau[0][1] > 2);
  assert_true(tau[1][0] > 2 && tau[1][1] < 2);
}

/* One output cannot learn two modes: it learns their mixture, here with 41% of
 * mode 1, and stays there, since C = 1 moves nothing. */
static void a_mixture_that_is_learned_stays(void **state) {
  (void)state;
  const double gamma[2] = {1, 1 - 1e-6}, angle = 50 * M_PI / 180;
  const double Z0[2] = {1e-2 * cos(angle), 1e-2 * sin(angle)};
  const size_t at[2] = {1000, 20000};
  double curve[2], values[2];
  es_held_step step;
  es_diag diag = {0};
  es_held c = restored(2, gamma, 1, Z0);
  assert_ok(es_held_descend(&c, .01, at, 2,
                            &(es_held_path){.curve = curve, .values = values},
                            &diag),
            diag);
  assert_close(values[0], 1, 1e-12, 0);
  /* The two grow apart by 4 t dgamma = 2e-5 until the step at t = 1.2. */
  assert_close(curve[0], cos(angle) * cos(angle), 2e-5, 0);
  assert_close(curve[1], curve[0], 1e-12, 0);
  assert_ok(es_held_steps(&c, .01, 20000, &step, &diag), diag);
  assert_true(isnan(step.step) && step.tau > 0);
  es_held_free(&c);
}

/* With gamma_j > 0 a step makes Z_j to (I + x (I - C)) Z_j, x = 4 lr gamma_j:
 * no shorter where C <= I. Steps of this size carry C over I by a little, and
 * no curve falls by more than that allows. */
static void curves_never_fall(void **state) {
  (void)state;
  const double gamma[M] = {1, .9, .5, .45, .2, .1}, lr = .05;
  size_t at[STEPS];
  for (size_t i = 0; i < STEPS; i++) at[i] = i;
  for (uint64_t seed = 0; seed < 10; seed++) {
    double Z0[D * M], curve[STEPS * D], values[STEPS * D];
    es_diag diag = {0};
    for (size_t i = 0; i < D * M; i++)
      Z0[i] = .03 * es_random_normal(seed, 1024, i);
    es_held c = restored(M, gamma, D, Z0);
    assert_ok(es_held_descend(&c, lr, at, STEPS,
                              &(es_held_path){.curve = curve, .values = values},
                              &diag),
              diag);
    for (size_t i = D; i < STEPS * D; i++) {
      const double over = fmax(0, values[(i / D - 1) * D] - 1);
      const double x = 4 * lr * gamma[i % D];
      assert_true(over < .01);
      assert_true(curve[i] >= curve[i - D] * (1 - 2 * x * over - 20 * u));
    }
    assert_close(values[STEPS * D - 1], 1, 0, .05);
    es_held_free(&c);
  }
}

/* A mode beyond 1/2 has stepped at 0; one without growth or start never does,
 * and a negative one shrinks. */
static void modes_that_do_not_step(void **state) {
  (void)state;
  const double gamma[4] = {1, .5, 0, -.5};
  const double Z0[16] = {.8, 0, 0, 0, 0, 0, 0, 0, 0, 0, .1, 0, 0, 0, 0, .1};
  const size_t at = 100;
  es_held_step step[4];
  double curve[4];
  es_diag diag = {0};
  es_held c = restored(4, gamma, 4, Z0);
  assert_ok(es_held_steps(&c, .1, 100, step, &diag), diag);
  assert_close(step[0].tau_generic, 0, 0, 0);
  assert_close(step[0].step, 0, 0, 0);
  for (int j = 1; j < 4; j++) {
    assert_true(isnan(step[j].tau) && isnan(step[j].tau_generic));
    assert_true(isnan(step[j].step));
  }
  assert_ok(
      es_held_descend(&c, .1, &at, 1, &(es_held_path){.curve = curve}, &diag),
      diag);
  assert_close(curve[0], 1, 1e-12, 0);
  assert_close(curve[1], 0, 0, 0);
  assert_close(curve[2], 0, 0, 0);
  assert_true(curve[3] < 0 && curve[3] > -1e-10);
  es_held_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(near_degenerate_modes_share_a_step),
      cmocka_unit_test(a_mixture_that_is_learned_stays),
      cmocka_unit_test(curves_never_fall),
      cmocka_unit_test(modes_that_do_not_step),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
