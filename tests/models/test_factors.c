/* Known factors of data against the modes of barlow-twins: two-mode, whose R²
 * follow from its definition, and each number again from V and the views. */
#include "tests/models/config_of.h"

#include <stdlib.h>
#include <string.h>

typedef struct opened {
  es_config *config;
  es_instance instance;
  es_dataset *set;
} opened;

static opened open_words(const char *const *words) {
  opened o = {0};
  es_diag diag = {0};
  const es_model *model = &es_model_barlow_twins;
  o.config = config_of(model, words);
  assert_ok(es_instance_open(&o.instance, model, o.config, NULL, &diag), diag);
  assert_ok(es_dataset_open(&o.set, o.config, &diag), diag);
  return o;
}

#define OPEN(...) open_words((const char *const[]){__VA_ARGS__, NULL})

static void close_all(opened *o) {
  es_instance_close(&o->instance);
  es_dataset_free(o->set);
  es_config_free(o->config);
}

/* Squared correlation of the two, by the textbook's sums. */
static double correlation2(const double *x, const double *y, size_t n) {
  double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < n; i++) {
    mx += x[i] / (double)n;
    my += y[i] / (double)n;
  }
  for (size_t i = 0; i < n; i++) {
    xx += (x[i] - mx) * (x[i] - mx);
    yy += (y[i] - my) * (y[i] - my);
    xy += (x[i] - mx) * (y[i] - my);
  }
  return xy * xy / (xx * yy);
}

static const double *array_of(const opened *o, const char *name) {
  for (size_t k = 0;; k++) {
    const es_model_array a = es_instance_array(&o->instance, k);
    assert_non_null(a.dataset);
    if (strcmp(a.dataset, name) == 0) return a.data;
  }
}

/* Mode 1 is 3 b_l and noise .01, mode 2 is b_s and noise .01. A sample of n has
 * the correlation rho ~ 1/sqrt n between b_l and b_s, which turns the modes by
 * an angle of about 3 rho/8 and leaves (3 rho/8)²/9 of mode 1 and 9 (3 rho/8)²
 * of mode 2 to the other sign; and the factors themselves share rho². At five
 * standard deviations rho² is 25/n. */
static void two_mode_modes_are_its_signs(void **state) {
  (void)state;
  enum { SAMPLES = 1000 };
  const double rho2 = 25. / SAMPLES, turn2 = 9 * rho2 / 64;
  es_model_factors f;
  opened o = OPEN("data.name=two-mode", "data.center=on", "model.d=2",
                  "model.init=gaussian", "output.modes=on");
  assert_true(es_instance_factors(&o.instance, &f));
  assert_int_equal(f.n, 2);
  assert_int_equal(f.modes, 10);
  assert_string_equal(f.name[0], "large");
  assert_string_equal(f.name[1], "small");
  assert_close(f.gamma[0], 9, .05, 0);
  assert_close(f.r2[0], 1, 0, turn2 / 9 + 1e-4);
  assert_close(f.r2[3], 1, 0, 9 * turn2 + 1e-4);
  assert_true(f.r2[0] > .999 && f.r2[3] > .96);
  assert_true(f.r2[1] < rho2 + turn2 && f.r2[2] < rho2 + 9 * turn2);
  /* All ten modes and both factors again: a factor of one number explains the
   * square of its correlation. The sums have SAMPLES terms. */
  const double *V = array_of(&o, "/V");
  double x[10], y[SAMPLES], b[SAMPLES];
  for (size_t j = 0; j < 10; j++)
    for (size_t k = 0; k < 2; k++) {
      for (size_t i = 0; i < SAMPLES; i++) {
        y[i] = 0;
        es_dataset_view(o.set, i, 0, 0, x);
        es_dataset_factor_of(o.set, i, k, &b[i]);
        for (size_t r = 0; r < 10; r++) y[i] += V[r + 10 * j] * x[r];
      }
      assert_close(f.r2[k + 2 * j], correlation2(y, b, SAMPLES), 1e-9, 1e-12);
    }
  close_all(&o);
}

/* The hue's two numbers, on a small tinted set: the fit that leaves least, by
 * its own normal equations. More images than a block of the program. */
static void hue_by_normal_equations(void **state) {
  (void)state;
  enum { SAMPLES = 700, SIDE = 7, M = 3 * SIDE * SIDE };
  static double x[M], y[SAMPLES], a[2][SAMPLES];
  es_model_factors f;
  opened o =
      OPEN("data.name=tint", "data.n=700", "data.size=7", "augment.shift=1",
           "model.d=2", "model.init=gaussian", "output.modes=on");
  assert_true(es_instance_factors(&o.instance, &f));
  assert_int_equal(f.modes, 20);
  const double *V = array_of(&o, "/V");
  for (size_t j = 0; j < 20; j += 3) {
    double sy = 0, s[2] = {0}, yy = 0, ay[2] = {0}, aa[3] = {0};
    for (size_t i = 0; i < SAMPLES; i++) {
      double angle[2];
      es_dataset_view(o.set, i, 0, 0, x);
      es_dataset_factor_of(o.set, i, 0, angle);
      y[i] = 0;
      for (size_t r = 0; r < M; r++) y[i] += V[r + M * j] * x[r];
      sy += y[i] / SAMPLES;
      for (size_t c = 0; c < 2; c++) {
        a[c][i] = angle[c];
        s[c] += angle[c] / SAMPLES;
      }
    }
    for (size_t i = 0; i < SAMPLES; i++) {
      const double u = a[0][i] - s[0], v = a[1][i] - s[1], w = y[i] - sy;
      yy += w * w;
      ay[0] += u * w;
      ay[1] += v * w;
      aa[0] += u * u;
      aa[1] += u * v;
      aa[2] += v * v;
    }
    const double det = aa[0] * aa[2] - aa[1] * aa[1];
    const double explained =
        (aa[2] * ay[0] * ay[0] - 2 * aa[1] * ay[0] * ay[1] +
         aa[0] * ay[1] * ay[1]) /
        det;
    assert_close(f.r2[2 * j], explained / yy, 1e-9, 1e-12);
  }
  size_t of_hue = 0; /* two modes: see experiments/tint.yaml */
  for (size_t j = 0; j < 20; j++) of_hue += f.r2[2 * j] > .5;
  assert_int_equal(of_hue, 2);
  close_all(&o);
}

static void nothing_where_nothing_is_known(void **state) {
  (void)state;
  static const char *const words[][5] = {
      {"data.name=gaussian", "output.modes=on", "model.d=2",
       "model.init=gaussian", NULL},
      {"data.name=two-mode", "output.modes=off", "model.d=2",
       "model.init=gaussian", NULL}};
  for (size_t k = 0; k < 2; k++) {
    es_model_factors f;
    opened o = open_words(words[k]);
    assert_false(es_instance_factors(&o.instance, &f));
    assert_int_equal(f.n, 0);
    close_all(&o);
  }
}

/* Stops at the first report of this work. */
static bool at_factors(void *context, const char *what, double done,
                       double total) {
  (void)context, (void)done, (void)total;
  return strcmp(what, "factors") == 0;
}

static void interrupted_between_blocks(void **state) {
  (void)state;
  const es_watch watch = {at_factors, NULL};
  es_config *config =
      config_of(&es_model_barlow_twins,
                (const char *const[]){
                    "data.name=tint", "data.n=700", "data.size=7", "model.d=2",
                    "model.init=gaussian", "output.modes=on", NULL});
  es_instance instance;
  es_diag diag = {0};
  assert_status(es_instance_open(&instance, &es_model_barlow_twins, config,
                                 &watch, &diag),
                ES_INTERRUPTED);
  assert_string_equal(diag.message, "interrupted after 256 of 700 views");
  es_config_free(config);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(two_mode_modes_are_its_signs),
      cmocka_unit_test(hue_by_normal_equations),
      cmocka_unit_test(nothing_where_nothing_is_known),
      cmocka_unit_test(interrupted_between_blocks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
