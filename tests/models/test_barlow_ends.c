/* Where the family of losses and the preconditioners end, when their modes
 * step, and how fast they may be descended. */
#include "tests/models/barlow_flows.h"

#include <eigenstep/barlow_twins.h>

/* Gamma v = rho Sigma v for 2×2 by hand: rho is a root of det(Gamma - rho
 * Sigma); the end has cov_lambda = beta = 1 - nu + nu rho, lambda = rho beta
 * and loss d - sum beta^2. */
static void ends_where_the_pencil_says(void **state) {
  (void)state;
  static const char *const nus[] = {"nu=1", "nu=0.7"};
  const double det = 1.2 * .8 - .01;
  const double half = (.5 * 1.2 + .8 - 2 * .2 * .1) / 2;
  const double root = sqrt(half * half - det * (.5 - .04));
  const double rho[2] = {(half + root) / det, (half - root) / det};
  for (int k = 0; k < 2; k++) {
    const double nu = k == 0 ? 1 : .7;
    trace t =
        TRACE("Gamma=[[1,0.2],[0.2,0.5]]", "Sigma=[[1.2,0.1],[0.1,0.8]]",
              "loss=vicreg", nus[k], "init_scale=1e-3", "t=0,60", "lr=1e-3");
    double sum = 0;
    for (int j = 0; j < 2; j++) {
      const double beta = 1 - nu + nu * rho[j];
      assert_close(at(&t, 1, 7 + (size_t)j), beta, 1e-9, 0);
      assert_close(at(&t, 1, 2 + (size_t)j), rho[j] * beta, 1e-9, 0);
      sum += beta * beta;
    }
    assert_close(at(&t, 1, 1), 2 - sum, 0, 1e-8);
    trace_free(&t);
  }
}

/* What is watched for steps where nothing commutes: eigenvalues of W Sigma W^T,
 * in the end the pencil's beta, against half of the partner's plateaus, which
 * by hand are gamma_jj/sigma_jj in the eigenbasis of Gamma. Euler's steps of
 * .01 shrink what is left by 1 - 8 * .46 * .01 or better each. */
static void what_is_watched_for_steps(void **state) {
  (void)state;
  es_config *config =
      config_of(&es_model_barlow_twins,
                (const char *const[]){
                    "Gamma=[[1,0.2],[0.2,0.5]]", "loss=spectral",
                    "Sigma=[[1.2,0.1],[0.1,0.8]]", "init_scale=1e-3", NULL});
  es_instance instance;
  es_diag diag = {0};
  double y[4], scale[4], f[4], g[2];
  assert_ok(
      es_instance_open(&instance, &es_model_barlow_twins, config, NULL, &diag),
      diag);
  es_instance_start(&instance, y, scale);
  for (int k = 0; k < 5000; k++) {
    assert_status(instance.model->rhs(0, y, f, instance.self), ES_OK);
    for (int i = 0; i < 4; i++) y[i] += .01 * f[i];
  }
  instance.model->events(0, y, g, instance.self);
  const double angle = atan2(.4, .5) / 2, c = cos(angle), s = sin(angle);
  const double spread = sqrt(.0625 + .04),
               gamma[2] = {.75 + spread, .75 - spread};
  const double sigma[2] = {1.2 * c * c + .8 * s * s + .2 * c * s,
                           1.2 * s * s + .8 * c * c - .2 * c * s};
  const double det = 1.2 * .8 - .01, half = (.5 * 1.2 + .8 - .04) / 2;
  const double root = sqrt(half * half - det * (.5 - .04));
  for (int j = 0; j < 2; j++)
    assert_close(
        g[j], (half + (j == 0 ? root : -root)) / det - gamma[j] / sigma[j] / 2,
        1e-12, 0);
  es_instance_close(&instance);
  es_config_free(config);
}

/* Of three modes the two that step first have the smaller gamma/sigma of one:
 * it is replaced in the end, and the floor and fixed points say so. */
static void largest_plateaus_stay(void **state) {
  (void)state;
  const char *const words[] = {
      "gamma=1,0.6,0.3", "sigma=2,0.7,0.4", "loss=vicreg", "d=2",
      "init_scale=1e-4", "t=0,12,400",      NULL};
  trace t = trace_of(&es_model_barlow_twins, words);
  const double b2 = .6 / .7, b3 = .75;
  assert_close(at(&t, 1, 8), .5, .02, 0);
  assert_close(at(&t, 2, 7), b2, 1e-8, 0);
  assert_close(at(&t, 2, 8), b3, 1e-8, 0);
  es_config *config = config_of(&es_model_barlow_twins, words);
  es_instance instance;
  es_diag diag = {0};
  double row[4];
  assert_ok(
      es_instance_open(&instance, &es_model_barlow_twins, config, NULL, &diag),
      diag);
  assert_close(at(&t, 2, 1), es_instance_floor(&instance), 0, 1e-9);
  assert_close(es_instance_floor(&instance), 2 - b2 * b2 - b3 * b3, 1e-14, 0);
  instance.model->fixed(instance.self, 1, row);
  assert_close(row[1], .3, 1e-14, 0);
  assert_close(row[2], sqrt(.3) / .4, 1e-14, 0);
  assert_close(row[3], b3 * b3, 1e-14, 0);
  es_instance_close(&instance);
  es_config_free(config);
  trace_free(&t);
}

/* Steps from a small generic start: within what the aligned partner leaves out,
 * O(alpha^p) with p = .4 here, and half times with all modes counted. */
static void generic_steps(void **state) {
  (void)state;
  static const char *const words[][3] = {
      {"loss=vicreg", "sigma=1.2,0.65,0.25", "nu=1"},
      {"loss=spectral", "sigma=1.2,0.65,0.25", "d=2"},
      {"precondition=logdet", "mu=0.2", "d=2"},
      {"precondition=left", "precondition_epsilon=0.05", "d=2"}};
  for (int k = 0; k < 4; k++) {
    const char *const all[] = {
        "gamma=1,0.6,0.2", "d=2",       "init_scale=1e-8",
        "model.seed=5",    "t=0,30",    words[k][0],
        words[k][1],       words[k][2], NULL};
    trace t = trace_of(&es_model_barlow_twins, all);
    es_config *config = config_of(&es_model_barlow_twins, all);
    void *self;
    es_diag diag = {0};
    assert_ok(es_model_barlow_twins.open(&self, config, NULL, &diag), diag);
    for (size_t j = 0; j < 2; j++) {
      const double second = es_barlow_generic_half_time(self, j);
      assert_close(t.met[j].t, t.step[j].half_time, .02, 0);
      assert_close(t.met[j].overlap, 1, 1e-3, 0);
      if (k < 2)
        assert_close(second, t.met[j].t, 1e-3, 0);
      else
        assert_true(isnan(second));
    }
    es_model_barlow_twins.close(self);
    es_config_free(config);
    trace_free(&t);
  }
}

/* Half times where the two moments do not commute: the partner takes Sigma's
 * diagonal; steps are met within the percents that this leaves out. */
static void generic_steps_without_commuting(void **state) {
  (void)state;
  trace t = TRACE(APART, "loss=spectral", "d=2", "init_scale=1e-8", "t=0,60");
  for (size_t j = 0; j < 2; j++)
    assert_close(t.met[j].t, t.step[j].half_time, .03, 0);
  trace_free(&t);
}

static const char *const limits[][6] = {
    {"gamma=1,0.5", "s0=0.9,0.9", "loss=vicreg", "sigma=1.2,0.6"},
    /* the cross term of two learned modes */
    {"gamma=0.9,2.4", "sigma=1,6", "W0=[[0.9,0.01],[0.01,0.2]]",
     "loss=spectral"},
    /* noise: no gamma, dies at sigma beta_1 */
    {"gamma=0.9,0", "sigma=1,5", "W0=[[0.9,0.01]]", "loss=spectral"},
    {APART, "loss=vicreg", "d=2", "nu=0.7", "init_scale=0.3"},
    /* nothing is learned: W dies at the rates */
    {"Gamma=[[-1,0.2],[0.2,-0.5]]", "Sigma=[[1.2,0.1],[0.1,0.8]]",
     "loss=spectral", "d=2", "init_scale=0.01"},
    {"gamma=1,0.5", "s0=0.9,0.9", "precondition=left",
     "precondition_epsilon=0.3"},
    {"gamma=1,-0.5", "s0=0.9,0.01", "precondition=left",
     "precondition_epsilon=0.1"},
    {"gamma=1,0.5", "s0=0.9,0.9", "precondition=logdet",
     "precondition_epsilon=0.3", "mu=0.4"},
    {"gamma=0.1,-0.5", "s0=0.9,0.01", "precondition=logdet",
     "precondition_epsilon=0.1", "mu=0.4"},
};

/* Descent at .97 of the limit settles and at 1.03 does not. Steps enough for
 * 1.03^-N and .97^N to tell. */
static void descent_limits(void **state) {
  (void)state;
  for (size_t c = 0; c < sizeof limits / sizeof *limits; c++) {
    const char *words[12] = {0};
    char lr[48], t_end[48];
    size_t n = 0;
    for (; n < 6 && limits[c][n] != NULL; n++) words[n] = limits[c][n];
    es_config *config = config_of(&es_model_barlow_twins, words);
    void *self;
    es_diag diag = {0};
    assert_ok(es_model_barlow_twins.open(&self, config, NULL, &diag), diag);
    es_model_figure lr_max;
    es_model_barlow_twins.figure(self, 1, &lr_max);
    assert_string_equal(lr_max.name, "lr_max");
    const double limit = lr_max.value;
    const double floor = es_model_barlow_twins.floor(self);
    es_model_barlow_twins.close(self);
    es_config_free(config);
    words[n] = "method=gd";
    for (int above = 0; above < 2; above++) {
      snprintf(lr, sizeof lr, "lr=%.17g", limit * (above ? 1.03 : .97));
      snprintf(t_end, sizeof t_end, "t=0,%.17g", 4000 * limit);
      words[n + 1] = lr;
      words[n + 2] = t_end;
      config = config_of(&es_model_barlow_twins, words);
      es_flow *flow;
      trace t = {0};
      assert_ok(es_flow_new(&flow, &es_model_barlow_twins, config, NULL, &diag),
                diag);
      const es_status ended = es_flow_run(flow, trace_row, &t, &diag);
      const double left = ended == ES_OK ? at(&t, 1, 1) - floor : INFINITY;
      if (above ? !(fabs(left) > 1e-4) : !(fabs(left) < 1e-9))
        fail_msg("case %zu, lr %s the limit %g: %g above the floor", c,
                 above ? "above" : "below", limit, left);
      es_flow_free(flow);
      es_config_free(config);
      trace_free(&t);
    }
  }
}

/* Descent tends to the flow as lr does to 0, like lr. */
static void descent_tends_to_the_flow(void **state) {
  (void)state;
  for (size_t f = 0; f < FLOWS; f++) {
    double error[3];
    for (int k = 0; k < 3; k++) {
      char lr[48];
      snprintf(lr, sizeof lr, "lr=%.17g", ldexp(.002, -k));
      trace a = TRACE("gamma=1,0.5,0.25,-0.3", "s0=1e-2,1e-2,1e-2,0.1",
                      flows[f][0], flows[f][1], flows[f][2], flows[f][3],
                      "t=0.2,0.5,1,2", "method=gd", lr);
      error[k] = 0;
      for (size_t i = 0; i < a.rows; i++) {
        char time[48];
        snprintf(time, sizeof time, "t=%.17g", at(&a, i, 0));
        trace b =
            TRACE("gamma=1,0.5,0.25,-0.3", "s0=1e-2,1e-2,1e-2,0.1", flows[f][0],
                  flows[f][1], flows[f][2], flows[f][3], time);
        error[k] = fmax(error[k], fabs(at(&a, i, 2) - at(&b, 0, 2)));
        trace_free(&b);
      }
      trace_free(&a);
    }
    assert_close(error[0] / error[1], 2, .1, 0);
    assert_close(error[1] / error[2], 2, .05, 0);
  }
}

/* The step count of `predict` is met by descent: counted ones exactly, the
 * formula's within two steps. */
static void descent_steps(void **state) {
  (void)state;
  static const char *const words[][2] = {
      {"loss=vicreg", "sigma=1.2,0.65"},
      {"precondition=left", "precondition_epsilon=0.2"},
      {"precondition=logdet", "mu=0.2"}};
  for (int k = 0; k < 3; k++) {
    trace t = TRACE("gamma=1,0.6", "s0=1e-5,1e-5", words[k][0], words[k][1],
                    "method=gd", "lr=0.02", "t=0,20");
    for (size_t j = 0; j < 2; j++)
      assert_close(ceil(t.met[j].t / .02), t.step[j].steps, 0, k == 0 ? 2 : 0);
    trace_free(&t);
  }
}

/* theory.md 1: lambda0 = 1e-6, gamma = .4, r = .01: .2598 against 4.317. */
static void numbers_of_theory(void **state) {
  (void)state;
  trace a = TRACE("gamma=0.4", "s0=0.0015811388300841897", "precondition=left",
                  "method=dop853", "t=0,1");
  trace b =
      TRACE("gamma=0.4", "s0=0.0015811388300841897", "method=dop853", "t=0,5");
  assert_close(a.met[0].t, .2598, 2e-4, 0);
  assert_close(b.met[0].t, 4.317, 1e-4, 0);
  trace_free(&a);
  trace_free(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ends_where_the_pencil_says),
      cmocka_unit_test(what_is_watched_for_steps),
      cmocka_unit_test(largest_plateaus_stay),
      cmocka_unit_test(generic_steps),
      cmocka_unit_test(generic_steps_without_commuting),
      cmocka_unit_test(descent_limits),
      cmocka_unit_test(descent_tends_to_the_flow),
      cmocka_unit_test(descent_steps),
      cmocka_unit_test(numbers_of_theory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
