/* byol-eigenmode: the numbers of theory.md 4, trajectories to 30 digits from
 * tests/oracle/eigenmode_flow.py, the invariant, the Jacobian, collapse. */
#include "tests/models/eigenmodes.h"

#define TRACE(...)                                                             \
  trace_of(&es_model_byol_eigenmode, (const char *const[]){__VA_ARGS__, NULL})

enum { P = 1, S, TAU, RESIDUAL };

/* Printed to 16 digits by theory.md; the solver asks for 1e-12 a step, and
 * errors made early grow at most as the trajectory's own distance from the
 * saddle does, tenfold and a few times more. */
static void simsiam(void **state) {
  static const double want[][2] = {{.1143453211183457, .02230601592552395},
                                   {.192983383806998, .04394578688595549},
                                   {.4491577657489838, .2062359881737912},
                                   {.8755172697745361, .7665471052461895}};
  (void)state;
  trace t = TRACE("ema=off", "tau0=1", "p0=0.1", "s0=0.02", "t=1,5,10,80",
                  "rtol=1e-13");
  for (size_t i = 0; i < 4; i++) {
    assert_close(at(&t, i, P), want[i][0], 1e-12, 0);
    assert_close(at(&t, i, S), want[i][1], 1e-12, 0);
    assert_close(at(&t, i, TAU), 1, 0, 0);
  }
  trace_free(&t);
}

static void byol(void **state) {
  static const double want[][3] = {
      {.0968214013463472, .009374383758670444, .3337933134419831},
      {.1302311747929199, .01696015888794407, .8812388766705081},
      {.9161949383744375, .8394131651029394, .9689291655145892}};
  (void)state;
  trace t =
      TRACE("sigma2=0.0009", "p0=0.1", "s0=0.01", "t=1,10,40", "rtol=1e-13");
  for (size_t i = 0; i < 3; i++)
    for (size_t k = 0; k < 3; k++)
      assert_close(at(&t, i, P + k), want[i][k], 1e-12, 0);
  trace_free(&t);
}

static void no_decay(void **state) {
  (void)state;
  trace t =
      TRACE("ema=off", "tau0=1", "eta=0", "sigma2=0.5", "alpha_p=2", "p0=0.2",
            "s0=0.1", "t=1,5,100", "rtol=1e-13", "method=dop853");
  assert_close(at(&t, 0, P), .3382511302166433, 1e-12, 0);
  assert_close(at(&t, 1, P), .6452975956889143, 1e-12, 0);
  assert_close(at(&t, 2, S), .3022222222222222, 1e-12, 0);
  trace_free(&t);
}

/* A row of the oracle's table. */
typedef struct reference {
  double alpha_p, eta_p, eta_s, beta, lambda_s, lambda_d, ema, p0, s0, tau0, t;
  double want[3];
} reference;
enum { NUMBERS = 14, ROWS = 135 };

static bool next_reference(FILE *file, reference *out) {
  char line[512], *rest = line;
  double *number = &out->alpha_p;
  if (fgets(line, sizeof line, file) == NULL) return false;
  for (int k = 0; k < NUMBERS; k++, rest++) number[k] = strtod(rest, &rest);
  return true;
}

static trace flow_of(const reference *r, const char *method, const char *rtol) {
  char word[9][64];
  const double value[] = {r->alpha_p,  r->eta_p, r->eta_s, r->beta, r->lambda_s,
                          r->lambda_d, r->p0,    r->s0,    r->tau0};
  static const char *const name[] = {"alpha_p", "eta_p",    "eta_s",
                                     "beta",    "lambda_s", "lambda_d",
                                     "p0",      "s0",       "tau0"};
  char times[64];
  for (int k = 0; k < 9; k++)
    snprintf(word[k], sizeof word[k], "%s=%.17g", name[k], value[k]);
  snprintf(times, sizeof times, "t=%.17g", r->t);
  return TRACE(word[0], word[1], word[2], word[3], word[4], word[5], word[6],
               word[7], word[8], times, method, rtol,
               r->ema != 0 ? "ema=on" : "ema=off");
}

static void oracle(void **state) {
  FILE *file = fopen("tests/oracle/eigenmode_flow.csv", "r");
  char header[256];
  reference r;
  size_t rows = 0;
  (void)state;
  assert_non_null(file);
  assert_non_null(fgets(header, sizeof header, file));
  for (; next_reference(file, &r); rows++) {
    trace t = flow_of(&r, "method=dop853", "rtol=1e-12");
    /* Digits are lost with every step, and s doubles what its root lost. */
    for (size_t k = 0; k < 3; k++)
      assert_close(at(&t, 0, P + k), r.want[k], 1e-10, 0);
    trace_free(&t);
  }
  fclose(file);
  assert_int_equal(rows, ROWS);
}

/* Of cells in the ranges of the contract's benchmark, to t=1000. */
static void invariant(void **state) {
  static const char *const methods[] = {
      "method=dop853",      "method=tsit5", "method=rosenbrock",
      "method=gsl-msadams", "method=adams", "method=auto"};
  (void)state;
  for (uint64_t cell = 0; cell < 12; cell++) {
    char word[6][48];
    const double u[6] = {DRAW(cell, 0), DRAW(cell, 1), DRAW(cell, 2),
                         DRAW(cell, 3), DRAW(cell, 4), DRAW(cell, 5)};
    snprintf(word[0], sizeof word[0], "alpha_p=%.17g", pow(10, 2 * u[0] - 1));
    snprintf(word[1], sizeof word[1], "eta=%.17g", pow(10, 2 * u[1] - 3));
    snprintf(word[2], sizeof word[2], "beta=%.17g", pow(10, 2 * u[2] - 2));
    snprintf(word[3], sizeof word[3], "p0=%.17g", u[3]);
    snprintf(word[4], sizeof word[4], "s0=%.17g", u[4]);
    snprintf(word[5], sizeof word[5], "tau0=%.17g", u[5]);
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
      trace t = TRACE(word[0], word[1], word[2], word[3], word[4], word[5],
                      methods[m], "t_end=1000", "time.n=40", "rtol=1e-9");
      for (size_t i = 0; i < t.rows; i++)
        assert_close(at(&t, i, RESIDUAL), 0, 0, 100 * 1e-9);
      trace_free(&t);
    }
  }
}

/* Every entry against central differences, whose error is eps^(2/3) of the
 * terms that meet in an entry, at most some tens here. */
static void jacobian(void **state) {
  static const char *const words[] = {"p0=0.3,-0.2,0.5", "s0=0.1,0.4,0.02",
                                      "tau0=0.3",        "alpha_p=2,1,0.7",
                                      "eta_p=0.1",       NULL};
  static const char *const off[] = {"p0=0.3,-0.2,0.5", "s0=0.1,0.4,0.02",
                                    "tau0=0.3", "ema=off", NULL};
  (void)state;
  check_jacobian(&es_model_byol_eigenmode, words);
  check_jacobian(&es_model_byol_eigenmode, off);
}

/* A thousand steps or two of 1e-12 each. With s underflown tau is still
 * beta/(beta - eta), or on its way to infinity as e^((eta - beta) t), or
 * linearly; p keeps its digits as long as it can. */
static void collapse(void **state) {
  (void)state;
  trace t = TRACE("p0=0.01", "s0=1e-4", "t=1e3,1e4,1e5", "rtol=1e-12");
  for (size_t i = 0; i < 3; i++) {
    assert_close(at(&t, i, TAU), .4 / .36, 1e-9, 0);
    assert_close(at(&t, i, P) * exp(.04 * at(&t, i, 0)), at(&t, 0, P) * exp(40),
                 i < 2 ? 1e-9 : INFINITY, 0);
  }
  assert_close(at(&t, 2, S), 0, 0, 0);
  trace_free(&t);
  t = TRACE("p0=0.01", "s0=1e-4", "beta=0.01", "t=2e3,4e3,1e5", "rtol=1e-12");
  assert_close(log(at(&t, 1, TAU) / at(&t, 0, TAU)), .03 * 2000, 1e-9, 0);
  assert_true(isinf(at(&t, 2, TAU)) && at(&t, 2, TAU) > 0);
  trace_free(&t);
  t = TRACE("p0=0.01", "s0=1e-4", "beta=0.04", "t=1e3,2e3", "rtol=1e-12");
  assert_close(at(&t, 1, TAU) - at(&t, 0, TAU), .04 * 1000, 1e-9, 0);
  trace_free(&t);
}

/* One number stands for all modes, and modes do not see each other but through
 * the steps: with two of them each is what it is alone. */
static void many(void **state) {
  (void)state;
  trace both = TRACE("p0=0.1,0.4", "s0=0.02", "eta=0.04,0.06", "t=10",
                     "lambda_d=1,0.9", "rtol=1e-12", "output.state=on");
  trace one = TRACE("p0=0.1", "s0=0.02", "t=10", "rtol=1e-12");
  trace two = TRACE("p0=0.4", "s0=0.02", "eta=0.06", "lambda_d=0.9", "t=10",
                    "rtol=1e-12");
  assert_int_equal(both.columns, 1 + 8 + 4);
  for (size_t k = 0; k < 3; k++) {
    assert_close(at(&both, 0, P + k), at(&one, 0, P + k), 1e-10, 0);
    assert_close(at(&both, 0, P + 3 + k), at(&two, 0, P + k), 1e-10, 0);
  }
  for (size_t j = 0; j < 2; j++) {
    const double w = at(&both, 0, 9 + 2 * j);
    assert_close(w * w, at(&both, 0, S + 3 * j), 1e-15, 0);
    assert_close(at(&both, 0, 10 + 2 * j) / w, at(&both, 0, TAU + 3 * j), 1e-15,
                 0);
  }
  trace_free(&both);
  trace_free(&one);
  trace_free(&two);
}

/* While p comes down from above lambda_d/lambda_s over a time 1/eta, s falls to
 * e^-1000 and below, and grows as long again: the boundary, from `separatrix`,
 * is at p0 = 1.8616692, where the two balance. */
static void return_from_nothing(void **state) {
  (void)state;
  trace t =
      TRACE("p0=1.85", "s0=0.1", "eta=1e-4", "ema=off", "tau0=1", "t=1e4,1e5");
  assert_close(at(&t, 0, S), 0, 0, 0);
  assert_close(at(&t, 1, P), .91733118175817363, 1e-8, 0);
  trace_free(&t);
  t = TRACE("p0=1.87", "s0=0.1", "eta=1e-4", "ema=off", "tau0=1", "t=1e5");
  assert_true(at(&t, 0, P) < 9e-5); /* and so below the saddle */
  trace_free(&t);
}

/* Of modes that survive and one that does not the whole has collapsed, and the
 * limits are each mode's own; where one is undecided so is the whole. */
static void fates(void **state) {
  static const char *const words[] = {"p0=0.5,0.01", "s0=0.25,1e-4", "tau0=1",
                                      NULL};
  static const char *const turned[] = {"p0=0.01,0.5", "s0=1e-4,0.25", "tau0=1",
                                       NULL};
  static const char *const alive[] = {"p0=0.5", "s0=0.25", "tau0=1", NULL};
  static const char *const open[] = {"p0=0.5,0.0656", "s0=0.25,1e-3",
                                     "tau0=1,0", NULL};
  const es_model *model = &es_model_byol_eigenmode;
  double y[8], scale[8], row[8];
  es_config *config;
  (void)state;
  es_instance i = instance_of(model, words, &config);
  es_instance_start(&i, y, scale);
  assert_int_equal(i.shape.n_swept, 6);
  assert_int_equal(model->fate(i.self, 0, y), ES_FATE_COLLAPSED);
  model->limit(i.self, ES_FATE_COLLAPSED, 0, y, row);
  assert_close(row[0], .875516208866075127, 1e-15, 0);
  assert_close(row[2], 1, 0, 0);
  assert_close(row[3], 0, 0, 0);
  assert_close(row[5], .4 / .36, 1e-15, 0);
  es_instance_close(&i);
  es_config_free(config);
  i = instance_of(model, turned, &config);
  es_instance_start(&i, y, scale);
  assert_int_equal(model->fate(i.self, 0, y), ES_FATE_COLLAPSED);
  es_instance_close(&i);
  es_config_free(config);
  i = instance_of(model, alive, &config);
  es_instance_start(&i, y, scale);
  assert_int_equal(model->fate(i.self, 0, y), ES_FATE_STABLE);
  es_instance_close(&i);
  es_config_free(config);
  i = instance_of(model, open, &config);
  es_instance_start(&i, y, scale);
  assert_int_equal(model->fate(i.self, 0, y), ES_FATE_UNDECIDED);
  es_instance_close(&i);
  es_config_free(config);
}

/* In p and w of all modes: at the start the closed form is the start. */
static void distance_of_modes(void **state) {
  static const char *const words[] = {"p0=0.1,0.4", "s0=0.01,0.16", "tau0=1",
                                      "ema=off", NULL};
  const es_model *model = &es_model_byol_eigenmode;
  double y[8], scale[8];
  es_config *config;
  (void)state;
  es_instance i = instance_of(model, words, &config);
  es_instance_start(&i, y, scale);
  assert_close(model->distance(i.self, 0, y), 0, 0, 1e-16);
  y[0] += .03;
  y[4] += .04;
  assert_close(model->distance(i.self, 0, y), .05, 1e-14, 0);
  es_instance_close(&i);
  es_config_free(config);
}

static es_status boundary_of(const es_instance *i, const es_watch *watch) {
  size_t rows;
  es_diag diag = {0};
  return i->model->n_separatrix(i->self, &rows, watch, &diag);
}

/* Each mode without a boundary is told why, also where the line of one is the
 * beginning of another's, and what they have in common once. */
static void why_there_is_no_boundary(void **state) {
  static const char *const words[] = {"s0=0.1", "eta=0.3",
                                      "lambda_s=1,1.25,1.25", NULL};
  es_config *config;
  (void)state;
  es_instance i = instance_of(&es_model_byol_eigenmode, words, &config);
  assert_null(es_instance_remark(&i));
  assert_status(boundary_of(&i, NULL), ES_OK);
  assert_string_equal(es_instance_remark(&i),
                      "every start collapses: eta = 0.3, eta_max = 0.25; "
                      "every start collapses: eta = 0.3, eta_max = 0.2");
  es_instance_close(&i);
  es_config_free(config);
}

static bool stop(void *context, const char *what, double done, double total) {
  (void)context, (void)what, (void)done, (void)total;
  return true;
}

/* A search that was stopped has found nothing that a second one could hand
 * out. */
static void a_stopped_search_begins_anew(void **state) {
  static const char *const words[] = {"s0=0.1", NULL};
  const es_watch watch = {stop, NULL};
  es_config *config;
  (void)state;
  es_instance i = instance_of(&es_model_byol_eigenmode, words, &config);
  for (int k = 0; k < 2; k++)
    assert_status(boundary_of(&i, &watch), ES_INTERRUPTED);
  es_instance_close(&i);
  es_config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(simsiam),
      cmocka_unit_test(byol),
      cmocka_unit_test(no_decay),
      cmocka_unit_test(oracle),
      cmocka_unit_test(invariant),
      cmocka_unit_test(jacobian),
      cmocka_unit_test(collapse),
      cmocka_unit_test(many),
      cmocka_unit_test(fates),
      cmocka_unit_test(return_from_nothing),
      cmocka_unit_test(distance_of_modes),
      cmocka_unit_test(why_there_is_no_boundary),
      cmocka_unit_test(a_stopped_search_begins_anew),
  };
  return cmocka_run_group_tests_name("byol-eigenmode", tests, NULL, NULL);
}
