/* Descent and the steps it predicts: against loops and the closed form;
 * errors. test_flow.c has the library's flow, test_modes.c what a mode does. */
#include "tests/ntk/model.h"

#include "metrics/crossing.h"

#include <eigenstep/barlow_twins.h>

/* C = Z G Z^T of the next step by the formula, in loops. Z is d×m, row by row.
 */
static void naive_step(double *Z, size_t d, size_t m, const double *gamma,
                       double lr) {
  double C[MOST_D * MOST_D] = {0}, next[MOST_D * MOST_M] = {0};
  for (size_t a = 0; a < d; a++)
    for (size_t b = 0; b < d; b++)
      for (size_t j = 0; j < m; j++)
        C[a * d + b] += Z[a * m + j] * gamma[j] * Z[b * m + j];
  for (size_t a = 0; a < d; a++)
    for (size_t j = 0; j < m; j++) {
      double sum = -Z[a * m + j];
      for (size_t b = 0; b < d; b++) sum += C[a * d + b] * Z[b * m + j];
      next[a * m + j] = Z[a * m + j] - 4 * lr * sum * gamma[j];
    }
  memcpy(Z, next, d * m * sizeof *Z);
}

static double naive_power(const double *Z, size_t d, size_t m,
                          const double *gamma, size_t j) {
  double sum = 0;
  for (size_t a = 0; a < d; a++) sum += gamma[j] * Z[a * m + j] * Z[a * m + j];
  return sum;
}

enum { M = 6, D = 3 };

/* Some columns cannot move: gamma_5 = 0, and Z_4 = 0. One gamma is negative. */
static const double some_gamma[M] = {1.2, .8, .3, .25, 0, -.4};
static void some_start(double *Z0, double scale, uint64_t seed) {
  for (size_t i = 0; i < D * M; i++)
    Z0[i] = i % M == 3 ? 0 : scale * es_random_normal(seed, 1024, i);
}

/* Every number of every step. 200 steps of rounding 10 u, growing with the
 * state by at most (1 + 4 lr gamma) a step as the state itself does. */
static void descent_is_the_iteration(void **state) {
  (void)state;
  enum { STEPS = 200 };
  const double lr = .04;
  double Z[D * M], curve[(STEPS + 1) * D], values[(STEPS + 1) * D];
  double loss[STEPS + 1];
  size_t at[STEPS + 1];
  es_diag diag = {0};
  some_start(Z, .05, 1);
  es_held c = restored(M, some_gamma, D, Z);
  for (size_t i = 0; i <= STEPS; i++) at[i] = i;
  assert_ok(es_held_descend(
                &c, lr, at, STEPS + 1,
                &(es_held_path){.curve = curve, .values = values, .loss = loss},
                &diag),
            diag);
  for (size_t i = 0; i <= STEPS; i++) {
    double trace = 0, sum = 0, want = 0;
    for (size_t j = 0; j < D; j++) {
      assert_close(curve[i * D + j], naive_power(Z, D, M, some_gamma, j), 1e-11,
                   0);
      sum += values[i * D + j];
      want += (1 - values[i * D + j]) * (1 - values[i * D + j]);
      if (j > 0) assert_true(values[i * D + j] <= values[i * D + j - 1]);
    }
    for (size_t j = 0; j < M; j++) trace += naive_power(Z, D, M, some_gamma, j);
    assert_close(sum, trace, 0, 1e-13);
    assert_close(loss[i], want, 0, 1e-13);
    naive_step(Z, D, M, some_gamma, lr);
  }
  assert_close(curve[STEPS * D], 1, 0, .01);
  /* Asked for now and then, it is the same. */
  const size_t few[] = {7, 7, 90};
  double less[3 * D];
  assert_ok(
      es_held_descend(&c, lr, few, 3, &(es_held_path){.curve = less}, &diag),
      diag);
  for (size_t j = 0; j < D; j++) {
    assert_close(less[j], curve[7 * D + j], 0, 0);
    assert_close(less[D + j], curve[7 * D + j], 0, 0);
    assert_close(less[2 * D + j], curve[90 * D + j], 0, 0);
  }
  es_held_free(&c);
}

/* Columns beyond the first d that cannot move make no difference, but in the
 * order of sums. */
static void what_cannot_move_is_left_out(void **state) {
  (void)state;
  static const size_t left[] = {0, 1, 2, 5}, at[] = {60};
  double Z[D * M], small_Z[D * 4], gamma[4], full[D], small[D];
  es_diag diag = {0};
  some_start(Z, .05, 2);
  for (size_t k = 0; k < 4; k++) {
    gamma[k] = some_gamma[left[k]];
    for (size_t i = 0; i < D; i++) small_Z[i * 4 + k] = Z[i * M + left[k]];
  }
  es_held a = restored(M, some_gamma, D, Z);
  es_held b = restored(4, gamma, D, small_Z);
  assert_ok(
      es_held_descend(&a, .04, at, 1, &(es_held_path){.curve = full}, &diag),
      diag);
  assert_ok(
      es_held_descend(&b, .04, at, 1, &(es_held_path){.curve = small}, &diag),
      diag);
  for (size_t j = 0; j < D; j++) assert_close(full[j], small[j], 1e-12, 0);
  es_held_free(&a);
  es_held_free(&b);
}

/* First passages of the curves by loops, with their interpolation. */
static void steps_are_first_passages(void **state) {
  (void)state;
  enum { STEPS = 600 };
  const double lr = .05;
  double Z[D * M], t[STEPS + 1], curve[STEPS + 1][D];
  es_held_step step[D];
  es_diag diag = {0};
  some_start(Z, .02, 3);
  es_held c = restored(M, some_gamma, D, Z);
  assert_ok(es_held_steps(&c, lr, STEPS, step, &diag), diag);
  for (size_t i = 0; i <= STEPS; i++) {
    t[i] = lr * (double)i;
    for (size_t j = 0; j < D; j++)
      curve[i][j] = naive_power(Z, D, M, some_gamma, j);
    naive_step(Z, D, M, some_gamma, lr);
  }
  for (size_t j = 0; j < D; j++) {
    const double want = es_crossing_time(STEPS + 1, t, 1, curve[0] + j, D, .5);
    assert_true(want > 0);
    assert_close(step[j].tau_generic, want, 1e-10, 0);
    assert_close(step[j].step, want / lr, 1e-10, 0);
    assert_close(step[j].gamma, some_gamma[j], 0, 0);
    assert_close(step[j].s0, c.s0[j], 0, 0);
    assert_close(step[j].tau, es_barlow_half_time(some_gamma[j], c.s0[j]), 0,
                 0);
  }
  /* Looking no further than a step short of the last. */
  const size_t last = (size_t)ceil(step[D - 1].step);
  assert_ok(es_held_steps(&c, lr, last - 1, step, &diag), diag);
  assert_true(isnan(step[D - 1].step) && isnan(step[D - 1].tau_generic));
  assert_true(step[0].step > 0);
  assert_ok(es_held_steps(&c, lr, last, step, &diag), diag);
  assert_true(step[D - 1].step > 0);
  es_held_free(&c);
}

/* The same for the spectral loss: Z + 4 lr (Z G - Z S Z^T Z S). Returns the
 * loss before, |Z S Z^T|^2 - 2 tr Z G Z^T. */
static double naive_spectral_step(double *Z, const double *S, double lr) {
  double ZS[D * M] = {0}, C[D * D] = {0};
  for (size_t a = 0; a < D; a++)
    for (size_t j = 0; j < M; j++)
      for (size_t k = 0; k < M; k++)
        ZS[a * M + j] += Z[a * M + k] * S[k * M + j];
  for (size_t a = 0; a < D; a++)
    for (size_t b = 0; b < D; b++)
      for (size_t j = 0; j < M; j++)
        C[a * D + b] += ZS[a * M + j] * Z[b * M + j];
  double loss = 0;
  for (size_t k = 0; k < D * D; k++) loss += C[k] * C[k];
  for (size_t j = 0; j < M; j++)
    loss -= 2 * naive_power(Z, D, M, some_gamma, j);
  for (size_t a = 0; a < D; a++)
    for (size_t j = 0; j < M; j++) {
      Z[a * M + j] += 4 * lr * some_gamma[j] * Z[a * M + j];
      for (size_t b = 0; b < D; b++)
        Z[a * M + j] -= 4 * lr * C[a * D + b] * ZS[b * M + j];
    }
  return loss;
}

/* Sigma is not diagonal in Gamma's basis: what begins at 0 moves, and steps,
 * whether its gamma is 0 or not. */
static void the_spectral_loss_moves_all(void **state) {
  (void)state;
  enum { STEPS = 600 };
  const double lr = .05;
  double Z[D * M], S[M * M], t[STEPS + 1], curve[(STEPS + 1) * D], got[2 * D];
  double loss[2];
  const size_t at[] = {60, STEPS};
  es_held_step step[D];
  es_diag diag = {0};
  some_start(Z, .02, 3);
  for (size_t a = 0; a < D; a++) Z[a * M + 2] = 0;
  for (size_t i = 0; i < M; i++)
    for (size_t j = 0; j < M; j++)
      S[i * M + j] =
          i == j ? fabs(some_gamma[i]) + .1 : .03 * cos((double)(i * j));
  es_held c = restored(M, some_gamma, D, Z);
  assert_ok(es_held_restore_spread(&c, S, &diag), diag);
  assert_ok(es_held_steps(&c, lr, STEPS, step, &diag), diag);
  assert_ok(es_held_descend(&c, lr, at, 2,
                            &(es_held_path){.curve = got, .loss = loss}, &diag),
            diag);
  for (size_t i = 0; i <= STEPS; i++) {
    t[i] = lr * (double)i;
    for (size_t j = 0; j < D; j++) {
      const double power = naive_power(Z, D, M, some_gamma, j);
      curve[i * D + j] = power / es_held_plateau(&c, j);
      for (size_t k = 0; k < 2; k++)
        if (at[k] == i) assert_close(got[k * D + j], power, 1e-10, 0);
    }
    const double want = naive_spectral_step(Z, S, lr);
    for (size_t k = 0; k < 2; k++)
      if (at[k] == i) assert_close(loss[k], want, 1e-10, 0);
  }
  for (size_t j = 0; j < D; j++) {
    const double want = es_crossing_time(STEPS + 1, t, 1, curve + j, D, .5);
    assert_true(want > 0);
    assert_close(step[j].tau_generic, want, 1e-10, 0);
  }
  es_held_free(&c);
}

/* How late Euler's steps are when a mode has come from s0 to s: they follow
 * s' = f - (lr/2) f' f, f = 4 gamma s (1 - gamma s^2), to second order, which
 * takes (lr/2) int f'/f ds longer. */
static double delay(double gamma, double s0, double s, double lr) {
  return lr / 2 * log(s / s0 * (1 - gamma * s * s) / (1 - gamma * s0 * s0));
}

/* From an aligned start the curves are the modes of the closed form but for
 * that delay and the next order: a multiple of lr of it, measured as .1 to 2.9
 * and the same at all three rates. Halving the rate halves the delay. */
static void aligned_descent_tends_to_the_closed_form(void **state) {
  (void)state;
  const double s0[D] = {1e-2, 2e-2, 3e-2}, gamma[M] = {1, .7, .4, .1, .05, 0};
  const double t_end = 2;
  double Z0[D * M] = {0}, U[D * D], R[D * D], late[3][D];
  es_held_step step[D];
  es_diag diag = {0};
  for (size_t i = 0; i < D * D; i++) U[i] = es_random_normal(4, 1024, i);
  assert_ok(es_qr(D, D, U, R, &diag), diag);
  for (size_t i = 0; i < D; i++)
    for (size_t j = 0; j < D; j++) Z0[i * M + j] = U[i + j * D] * s0[j];
  es_held c = restored(M, gamma, D, Z0);
  for (int k = 0; k < 3; k++) {
    const double lr = ldexp(.01, -k), next = 4 * lr;
    const size_t at = (size_t)lround(t_end / lr);
    double curve[D];
    assert_ok(es_held_steps(&c, lr, 100000, step, &diag), diag);
    assert_ok(
        es_held_descend(&c, lr, &at, 1, &(es_held_path){.curve = curve}, &diag),
        diag);
    for (size_t j = 0; j < D; j++) {
      const es_barlow_mode m = es_barlow_closed_form(gamma[j], s0[j], t_end);
      const double slope = 8 * gamma[j] * m.lambda * m.one_minus_lambda;
      assert_close(step[j].s0, s0[j], 20 * u, 0);
      assert_close(step[j].tau, es_barlow_half_time(gamma[j], s0[j]), 20 * u,
                   0);
      late[k][j] = step[j].tau_generic - step[j].tau;
      assert_close(late[k][j], delay(gamma[j], s0[j], sqrt(.5 / gamma[j]), lr),
                   next, 0);
      assert_close(curve[j] - m.lambda,
                   -slope * delay(gamma[j], s0[j], m.s, lr), next, 0);
    }
  }
  for (int k = 0; k < 2; k++)
    for (size_t j = 0; j < D; j++)
      assert_close(late[k][j] / late[k + 1][j], 2, .05, 0);
  es_held_free(&c);
}

/* Outputs turned by an orthogonal Q: Z -> Q Z has the same C's spectrum and the
 * same lengths of columns. */
static void outputs_may_be_turned(void **state) {
  (void)state;
  static const size_t at[] = {0, 20, 60};
  double Q[D * D], R[D * D], Z[D * M], turned[D * M] = {0};
  double curve[2][3 * D], values[2][3 * D];
  es_held_step step[2][D];
  es_diag diag = {0};
  some_start(Z, .05, 5);
  for (size_t i = 0; i < D * D; i++) Q[i] = es_random_normal(6, 1024, i);
  assert_ok(es_qr(D, D, Q, R, &diag), diag);
  for (size_t a = 0; a < D; a++)
    for (size_t j = 0; j < M; j++)
      for (size_t b = 0; b < D; b++)
        turned[a * M + j] += Q[a + b * D] * Z[b * M + j];
  for (int k = 0; k < 2; k++) {
    es_held c = restored(M, some_gamma, D, k == 0 ? Z : turned);
    assert_ok(
        es_held_descend(&c, .05, at, 3,
                        &(es_held_path){.curve = curve[k], .values = values[k]},
                        &diag),
        diag);
    assert_ok(es_held_steps(&c, .05, 1000, step[k], &diag), diag);
    es_held_free(&c);
  }
  for (size_t i = 0; i < 3 * D; i++) {
    assert_close(curve[1][i], curve[0][i], 1e-11, 0);
    assert_close(values[1][i], values[0][i], 1e-11, 0);
  }
  for (size_t j = 0; j < D; j++) {
    assert_close(step[1][j].s0, step[0][j].s0, 1e-13, 0);
    assert_close(step[1][j].tau_generic, step[0][j].tau_generic, 1e-11, 0);
  }
}

/* Mode 1 steps; then the negative mode, unstable at this rate though not by
 * 1/(4 gamma_1), blows up before mode 2 does: the first step is kept. */
static void a_rate_too_large_is_an_error(void **state) {
  (void)state;
  const double gamma[3] = {1, .01, -10}, lr = .2;
  const double Z0[] = {.1, 0, 1e-9, 0, .1, 1e-9};
  const size_t at[] = {5, 500};
  es_held_step step[2];
  double curve[4] = {0};
  es_diag diag = {0};
  es_held c = restored(3, gamma, 2, Z0);
  assert_status(es_held_steps(&c, lr, 1000, step, &diag), ES_NOT_FINITE);
  assert_non_null(strstr(diag.message, "lr=0.2, 1/(4 gamma_1)=0.25, "
                                       "stable below 0.05"));
  assert_true(step[0].tau_generic > .5 && step[0].tau_generic < 1.5);
  assert_true(isnan(step[1].tau_generic) && step[1].tau > 0);
  assert_status(
      es_held_descend(&c, lr, at, 2, &(es_held_path){.curve = curve}, &diag),
      ES_NOT_FINITE);
  assert_true(curve[0] > .5); /* the row before it */
  assert_close(curve[2], 0, 0, 0);
  es_held_free(&c);
}

/* Once all modes that can step have, nobody looks for the blow-up. */
static void nothing_is_looked_for_beyond_the_last_step(void **state) {
  (void)state;
  const double gamma[2] = {1, -10}, Z0[] = {.1, 0, 0, 1e-9};
  es_held_step step[2];
  es_diag diag = {0};
  es_held c = restored(2, gamma, 2, Z0);
  assert_ok(es_held_steps(&c, .2, 1000, step, &diag), diag);
  assert_true(step[0].step > 0 && isnan(step[1].step));
  es_held_free(&c);
}

/* A start whose power is beyond the range ends as NaN, and is an error. */
static void what_is_no_number_blows_up(void **state) {
  (void)state;
  const double gamma[1] = {1}, Z0[1] = {1e200};
  const size_t at = 5;
  double power;
  es_diag diag = {0};
  es_held c = restored(1, gamma, 1, Z0);
  assert_status(
      es_held_descend(&c, .1, &at, 1, &(es_held_path){.curve = &power}, &diag),
      ES_NOT_FINITE);
  es_held_free(&c);
}

/* A large start that is stable at its rate is none: it shrinks to 1. */
static void a_large_start_is_no_blow_up(void **state) {
  (void)state;
  const double gamma[1] = {1}, Z0[1] = {1e4};
  const size_t at = 1;
  double power;
  es_diag diag = {0};
  es_held c = restored(1, gamma, 1, Z0);
  assert_ok(es_held_descend(&c, 1e-9, &at, 1, &(es_held_path){.curve = &power},
                            &diag),
            diag);
  /* s - 4 lr (s^2 - 1) s = 1e4 - 4e3, to lr s */
  assert_close(power, 3.6e7, 1e-7, 0);
  es_held_free(&c);
}

static void arguments_are_checked(void **state) {
  (void)state;
  const double gamma[2] = {1, .5}, Z0[] = {.1, .2}, rates[] = {0, -1, NAN};
  const size_t at[] = {5, 4};
  es_held_step step;
  double curve[2];
  es_diag diag = {0};
  es_held c = restored(2, gamma, 1, Z0);
  for (int k = 0; k < 3; k++) {
    assert_status(es_held_steps(&c, rates[k], 9, &step, &diag), ES_BAD_VALUE);
    assert_status(es_held_descend(&c, rates[k], at, 1,
                                  &(es_held_path){.curve = curve}, &diag),
                  ES_BAD_VALUE);
  }
  assert_status(es_held_steps(&c, INFINITY, 9, &step, &diag), ES_BAD_VALUE);
  assert_non_null(strstr(diag.message, "lr=inf"));
  assert_status(
      es_held_descend(&c, .1, at, 2, &(es_held_path){.curve = curve}, &diag),
      ES_BAD_VALUE);
  assert_non_null(strstr(diag.message, "step 4 asked for after step 5"));
  es_held_free(&c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(descent_is_the_iteration),
      cmocka_unit_test(what_cannot_move_is_left_out),
      cmocka_unit_test(steps_are_first_passages),
      cmocka_unit_test(the_spectral_loss_moves_all),
      cmocka_unit_test(aligned_descent_tends_to_the_closed_form),
      cmocka_unit_test(outputs_may_be_turned),
      cmocka_unit_test(a_rate_too_large_is_an_error),
      cmocka_unit_test(nothing_is_looked_for_beyond_the_last_step),
      cmocka_unit_test(what_is_no_number_blows_up),
      cmocka_unit_test(a_large_start_is_no_blow_up),
      cmocka_unit_test(arguments_are_checked),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
