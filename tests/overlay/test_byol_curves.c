/* A run that is theory's own flow, written as a run's folder, under the family
 * of BYOL: what is left of error is the solver's. */
#include "tests/file/temp.h"

#include "file/csv.h"
#include "file/h5.h"
#include "models/linear/eigenmodes.h"
#include "overlay/byol_agreement.h"
#include "overlay/byol_moments.h"

#include <eigenstep/flow.h>
#include <math.h>
#include <string.h>

enum { D = 3, ROWS = 81, COLUMNS = 6 + 5 * D };

/* theory.md 4: sigma^2 = .09, eta = .04, alpha_p = 1, and one of weaker
 * correlation, which cannot survive (lambda_d^2/4 lambda_s = .021). */
static const double lambda_d[D] = {1, .7, .3}, lambda_s = 1.09;
static const double p0[D] = {.3, .25, .2}, s0[D] = {.1, .08, .06};

typedef struct fake {
  es_byolnet_mapping map;
  double table[ROWS * COLUMNS];
  size_t row;
} fake;

static const es_byolnet_mapping simsiam = {.kind = ES_BYOLNET_SIMSIAM,
                                           .predictor = true,
                                           .theorem = true,
                                           .factor = 2,
                                           .alpha_p = 1,
                                           .eta_p = .04,
                                           .eta_s = .04};

/* A row of `byol-eigenmode`: t, then p, s, tau of each mode. */
static es_status take(void *context, const double *row, size_t n) {
  fake *f = context;
  double *out = f->table + COLUMNS * f->row;
  const double head[6] = {
      row[0] / f->map.factor, (double)f->row, .5, .01, 0, 0};
  (void)n;
  memcpy(out, head, sizeof head);
  for (size_t j = 0; j < D; j++) {
    for (size_t k = 0; k < 3; k++) out[6 + k * D + j] = row[1 + 3 * j + k];
    out[6 + 3 * D + j] = lambda_d[j];
    out[6 + 4 * D + j] = lambda_s;
  }
  f->row++;
  return ES_OK;
}

static void flow(fake *f) {
  const es_keys keys[] = {es_eigenmode_keys, es_flow_keys};
  char word[6][160];
  es_config *config = NULL;
  es_flow *theory = NULL;
  es_diag diag = {0};
  const bool ema = f->map.kind == ES_BYOLNET_EMA;
  snprintf(word[0], 160, "model.p0=%.17g,%.17g,%.17g", p0[0], p0[1], p0[2]);
  snprintf(word[1], 160, "model.s0=%.17g,%.17g,%.17g", s0[0], s0[1], s0[2]);
  snprintf(word[2], 160, "model.lambda_d=%.17g,%.17g,%.17g", lambda_d[0],
           lambda_d[1], lambda_d[2]);
  snprintf(word[3], 160, "model.ema=%s", ema ? "on" : "off");
  snprintf(word[4], 160, "model.alpha_p=%.17g", f->map.alpha_p);
  snprintf(word[5], 160, "model.beta=%.17g", f->map.beta);
  assert_ok(es_config_new(&config, keys, 2, &diag), diag);
  for (int k = 0; k < 6; k++)
    assert_ok(es_config_set(config, word[k], &diag), diag);
  assert_ok(es_config_set(config, "model.tau0=1", &diag), diag);
  assert_ok(es_config_set(config, "time.t=lin:0:120:81", &diag), diag);
  assert_ok(es_config_set(config, "solver.rtol=1e-12", &diag), diag);
  assert_ok(es_flow_new(&theory, &es_model_byol_eigenmode, config, NULL, &diag),
            diag);
  assert_ok(es_flow_run(theory, take, f, &diag), diag);
  es_flow_free(theory);
  es_config_free(config);
}

static void write_trace(const fake *f, const char *path) {
  static const char *const head[6] = {
      "t", "step", "loss", "lr", "commutator_normalised", "asymmetry"};
  static const char *const family[5] = {"mode_p", "mode_s", "mode_tau",
                                        "lambda_d", "lambda_s"};
  FILE *out = fopen(path, "w");
  assert_non_null(out);
  for (size_t c = 0; c < 6; c++) fprintf(out, "%s,", head[c]);
  for (size_t k = 0; k < 5 * D; k++)
    fprintf(out, "%s_%zu%s", family[k / D], k % D + 1,
            k + 1 < 5 * D ? "," : "\n");
  for (size_t i = 0; i < ROWS; i++)
    for (size_t k = 0; k < COLUMNS; k++)
      fprintf(out, "%.17g%s", f->table[i * COLUMNS + k],
              k + 1 < COLUMNS ? "," : "\n");
  assert_int_equal(fclose(out), 0);
}

/* Of diagonal matrices: X = diag(lambda_d), X + X' = lambda_s I. */
static void write_arrays(const fake *f, const char *path) {
  const es_byolnet_mapping *m = &f->map;
  const double value[ES_BYOLNET_NUMBERS] = {
      m->kind,    m->predictor, m->symmetric, m->theorem, m->factor,
      m->alpha_p, m->eta_p,     m->eta_s,     m->beta};
  static const char *const name[] = {"X", "Xp", "W0", "Wp0", "axes0"};
  const size_t square[] = {D, D};
  es_diag diag = {0};
  es_h5 *file = NULL;
  assert_ok(es_h5_create(&file, path, &diag), diag);
  for (int k = 0; k < ES_BYOLNET_NUMBERS; k++)
    assert_ok(
        es_h5_write(file, es_byolnet_dataset[k], &value[k], NULL, 0, &diag),
        diag);
  for (int k = 0; k < 5; k++) {
    double A[D * D] = {0};
    char dataset[32];
    for (size_t j = 0; j < D; j++) {
      const double entry[] = {lambda_d[j], lambda_s - lambda_d[j], sqrt(s0[j]),
                              p0[j], 1};
      A[j * (D + 1)] = entry[k];
    }
    snprintf(dataset, sizeof dataset, "/prediction/%s", name[k]);
    assert_ok(es_h5_write(file, dataset, A, square, 2, &diag), diag);
  }
  assert_ok(es_h5_commit(file, &diag), diag);
}

/* The run of that mapping in folder `name` of the test. */
static const char *make(void **state, fake *f, const es_byolnet_mapping *map,
                        const char *name) {
  es_diag diag = {0};
  const char *dir = at(state, name);
  *f = (fake){.map = *map};
  flow(f);
  assert_ok(es_file_mkdirs(dir, &diag), diag);
  char *trace = es_file_join(dir, "trace.csv");
  char *arrays = es_file_join(dir, "arrays.h5");
  write_trace(f, trace);
  write_arrays(f, arrays);
  free(trace);
  free(arrays);
  return dir;
}

static void check_errors(const es_byolnet_run *run) {
  for (size_t j = 0; j < D; j++)
    for (int way = 0; way < ES_BYOLNET_WAYS; way++)
      for (int curve = 0; curve < 2; curve++)
        /* rtol 1e-9 a step, over some hundred of them. */
        assert_close(es_byolnet_error(run, (es_byolnet_way)way,
                                      (es_byolnet_curve)curve, j),
                     0, 0, 1e-7);
}

static void simsiam_is_its_own_theory(void **state) {
  fake f;
  es_byolnet_run run;
  es_diag diag = {0};
  const char *dir = make(state, &f, &simsiam, "simsiam");
  assert_ok(es_byolnet_run_read(&run, dir, &diag), diag);
  assert_int_equal(run.d, D);
  assert_int_equal(run.rows, ROWS);
  check_errors(&run);
  static const es_fate fate[D] = {ES_FATE_STABLE, ES_FATE_STABLE,
                                  ES_FATE_COLLAPSED};
  for (size_t j = 0; j < D; j++) {
    assert_int_equal(run.fate[j], fate[j]);
    assert_int_equal(run.met[j], fate[j]);
    assert_close(es_byolnet_invariant_error(&run, j), 0, 0, 1e-9);
  }
  /* theory.md 4 has both for the first mode, which is there by t = 120. */
  double p, s;
  es_byolnet_rest(&run.map, &run.mode[0], &p, &s);
  assert_close(p, .875516208866075127, 1e-14, 0);
  assert_close(s, .766528631987224888, 1e-14, 0);
  assert_close(es_byolnet_end_error(&run, 0, false), 0, 0, 1e-4);
  assert_true(isnan(es_byolnet_end_error(&run, 2, true)));
  es_byolnet_run_free(&run);
}

static void a_target_that_follows(void **state) {
  es_byolnet_mapping map = simsiam;
  fake f;
  es_byolnet_run run;
  es_diag diag = {0};
  map.kind = ES_BYOLNET_EMA;
  map.beta = .4;
  map.alpha_p = 2;
  const char *dir = make(state, &f, &map, "ema");
  assert_ok(es_byolnet_run_read(&run, dir, &diag), diag);
  check_errors(&run);
  assert_close(run.tau[(ROWS - 1) * D], 1, 0, 1e-3);
  es_byolnet_run_free(&run);
}

/* The mapping's factor is what theory's time is made by: with 1 for 2 the
 * curves are late, and the null is what a kept start would miss. */
static void another_time_is_seen(void **state) {
  es_byolnet_mapping map = simsiam;
  fake f;
  es_byolnet_run run;
  es_diag diag = {0};
  const char *dir = make(state, &f, &simsiam, "late");
  map.factor = 1;
  f.map = map;
  char *arrays = es_file_join(dir, "arrays.h5");
  write_arrays(&f, arrays);
  free(arrays);
  assert_ok(es_byolnet_run_read(&run, dir, &diag), diag);
  for (int way = 0; way < ES_BYOLNET_WAYS; way++)
    assert_true(es_byolnet_error(&run, (es_byolnet_way)way, ES_BYOLNET_P, 0) >
                .1);
  /* From .3 to the p of the last row, .8755. */
  assert_close(es_byolnet_error_kept(&run, ES_BYOLNET_P, 0), 1 - .3 / .87551,
               1e-4, 0);
  es_byolnet_run_free(&run);
}

/* Without predictor w' = (lambda_d - lambda_s - eta) w, and lambda_d - lambda_s
 * = -.5 + .2 T in theory's time T = 2t from 0 to 2, given at three rows: ln s =
 * ln s0 + 2 (-.5 T + .1 T^2 - .01 T). With the start's own -.5 it stays at
 * that.
 */
static void features_that_grow(void **state) {
  double t[3] = {0, .5, 1}, d[3] = {.5, .7, .9}, s[3] = {1, 1, 1};
  double p[3], q[3], w[3], v[3];
  es_eigenmode mode = {.eta_s = .01,
                       .lambda_d = .5,
                       .lambda_s = 1,
                       .p0 = 1,
                       .s0 = .09,
                       .tau0 = 1};
  es_byolnet_run run = {.map = {.kind = ES_BYOLNET_SIMSIAM, .factor = 2},
                        .rows = 3,
                        .d = 1,
                        .t = t,
                        .lambda_d = d,
                        .lambda_s = s,
                        .way_p = {NULL, p, q},
                        .way_s = {NULL, w, v},
                        .mode = &mode};
  es_diag diag = {0};
  (void)state;
  assert_ok(es_byolnet_run_modes(&run, &diag), diag);
  for (int i = 0; i < 3; i++) {
    const double T = 2 * t[i];
    assert_close(v[i], .09 * exp(2 * (-.5 * T + .1 * T * T - .01 * T)), 1e-8,
                 0);
    assert_close(w[i], .09 * exp(2 * (-.51 * T)), 1e-8, 0);
    assert_close(q[i], 1, 0, 0);
  }
}

/* A run's files with one number of the mapping, or one line of the trace, other
 * than it was. */
static void files_that_do_not_fit(void **state) {
  fake f;
  es_byolnet_run run;
  es_diag diag = {0};
  const char *dir = make(state, &f, &simsiam, "bad");
  char *arrays = es_file_join(dir, "arrays.h5");
  char *trace = es_file_join(dir, "trace.csv");
  f.map.factor = 0;
  write_arrays(&f, arrays);
  assert_status(es_byolnet_run_read(&run, dir, &diag), ES_FILE_CORRUPT);
  assert_says(&diag, ES_FILE_CORRUPT, "bad/arrays.h5|/prediction/factor is 0");
  f.map.factor = 2;
  write_arrays(&f, arrays);
  f.table[COLUMNS] = 0;
  write_trace(&f, trace);
  assert_status(es_byolnet_run_read(&run, dir, &diag), ES_FILE_CORRUPT);
  assert_says(&diag, ES_FILE_CORRUPT, "bad/trace.csv|t must rise");
  put_text(state, "bad/trace.csv", "t,step,loss\n0,0,1\n");
  assert_status(es_byolnet_run_read(&run, dir, &diag), ES_FILE_CORRUPT);
  assert_says(&diag, ES_FILE_CORRUPT, "mode_p_1|mode_p_3");
  assert_int_equal(unlink(trace), 0);
  assert_status(es_byolnet_run_read(&run, dir, &diag), ES_FILE_MISSING);
  assert_says(&diag, ES_FILE_MISSING, "has not ended");
  free(arrays);
  free(trace);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(simsiam_is_its_own_theory), temp_test(a_target_that_follows),
      temp_test(another_time_is_seen),      temp_test(features_that_grow),
      temp_test(files_that_do_not_fit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
