/* Predictors that are set from the embeddings' moment (theory.md 5). */
#include "tests/models/training.h"

#include "models/resnet/direct.h"

enum { D = 3, ROWS = 8 };

typedef struct predictor {
  es_config *config;
  es_network network;
  es_direct *direct;
  float *params;
  const float *W;
} predictor;

static predictor open_predictor(const char *rule, const char *a,
                                const char *b) {
  predictor p;
  es_encoder e;
  es_diag diag = {0};
  p.config = SETTINGS("net.arch=linear", "method.loss=cosine", "method.dim=3",
                      rule, a, b);
  assert_ok(es_encoder_from(&e, p.config, 0, 4, &diag), diag);
  assert_ok(es_network_new(&p.network, &e, &diag), diag);
  assert_ok(es_direct_new(&p.direct, &p.network, p.config, &diag), diag);
  p.params = calloc(p.network.graph.param_size, sizeof *p.params);
  assert_non_null(p.params);
  const es_tensor *t = es_graph_find(&p.network.graph, "predictor.0.weight");
  assert_non_null(t);
  p.W = p.params + t->offset;
  return p;
}

static void close_predictor(predictor *p) {
  es_direct_free(p->direct);
  es_network_free(&p->network);
  es_config_free(p->config);
  free(p->params);
}

/* Rows whose moment is diag(v) but for a turn by `angle` in the first two. */
static void draw(float z[ROWS * D], const double v[D], double angle) {
  for (int i = 0; i < ROWS; i++) {
    const double x = (i & 1 ? 1 : -1) * sqrt(v[0]);
    const double y = (i & 2 ? 1 : -1) * sqrt(v[1]);
    z[i * D] = (float)(cos(angle) * x - sin(angle) * y);
    z[i * D + 1] = (float)(sin(angle) * x + cos(angle) * y);
    z[i * D + 2] = (float)((i & 4 ? 1 : -1) * sqrt(v[2]));
  }
}

static void see(predictor *p, const double v[D], double angle) {
  float z[ROWS * D];
  draw(z, v, angle);
  es_direct_see(p->direct, z, ROWS);
}

static void set(predictor *p, uint64_t done) {
  es_diag diag = {0};
  assert_ok(es_direct_set(p->direct, done, p->params, &diag), diag);
}

/* W = U diag(w) U^T for that turn; floats in, floats out. */
static void check(const predictor *p, const double w[D], double angle) {
  const double c = cos(angle), s = sin(angle);
  const double want[D * D] = {c * c * w[0] + s * s * w[1],
                              c * s * (w[0] - w[1]),
                              0,
                              c * s * (w[0] - w[1]),
                              s * s * w[0] + c * c * w[1],
                              0,
                              0,
                              0,
                              w[2]};
  for (int k = 0; k < D * D; k++)
    assert_close((double)p->W[k], want[k], 0, 16 * 0x1p-24);
}

static const double v[D] = {1, .25, .04};

static void rules(void **state) {
  (void)state;
  static const struct {
    const char *rule, *a, *b;
    double w[D];
  } cases[] = {
      {"predictor=directset", "method.freq=1", NULL, {1, .5, .2}},
      {"predictor=directpred", "method.freq=1", NULL, {1.1, .6, .3}},
      {"predictor=directpred",
       "method.epsilon=0.2",
       "method.form=code",
       {1.2, .7, .4}},
      {"predictor=directcopy", "method.epsilon=0.3", NULL, {0, 0, 0}},
  };
  for (int k = 0; k < 4; k++) {
    predictor p = open_predictor(cases[k].rule, cases[k].a, cases[k].b);
    double w[D];
    const double norm = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    for (int j = 0; j < D; j++)
      w[j] = k == 3 ? v[j] / norm + .3 : cases[k].w[j];
    see(&p, v, .4);
    set(&p, 1);
    check(&p, w, .4);
    close_predictor(&p);
  }
}

/* The paper's epsilon is in units of max s, the code's s in units of it. */
static void forms_differ_in_scale(void **state) {
  (void)state;
  static const double large[D] = {4, 1, .16};
  predictor paper = open_predictor("predictor=directpred", "epsilon=0.1", NULL);
  predictor code =
      open_predictor("predictor=directpred", "epsilon=0.1", "form=code");
  see(&paper, large, 0);
  see(&code, large, 0);
  set(&paper, 1);
  set(&code, 1);
  check(&paper, (const double[D]){2.4, 1.4, .8}, 0);
  check(&code, (const double[D]){1.1, .6, .3}, 0);
  close_predictor(&paper);
  close_predictor(&code);
}

/* The first batch's own moment, then rho of it and 1 - rho of the next. */
static void moments_run(void **state) {
  (void)state;
  static const double next[D] = {0, 1, .64};
  predictor p = open_predictor("predictor=directset", "rho=0.75", NULL);
  see(&p, v, 0);
  see(&p, next, 0);
  set(&p, 2);
  double w[D];
  for (int j = 0; j < D; j++) w[j] = sqrt(.75 * v[j] + .25 * next[j]);
  check(&p, w, 0);
  close_predictor(&p);
}

/* What is saved between two batches goes on as if nothing had been. */
static void goes_on_from_a_file(void **state) {
  const char *path = ((folder *)*state)->plain;
  static const double next[D] = {0, 1, .64};
  predictor first = open_predictor("predictor=directset", "rho=0.75", NULL);
  predictor then = open_predictor("predictor=directset", "rho=0.75", NULL);
  es_diag diag = {0};
  es_h5 *file;
  es_h5_source *saved;
  see(&first, v, .4);
  assert_ok(es_h5_create(&file, path, &diag), diag);
  assert_ok(es_direct_save(first.direct, file, &diag), diag);
  assert_ok(es_h5_commit(file, &diag), diag);
  assert_ok(es_h5_open(&saved, path, &diag), diag);
  assert_ok(es_direct_load(then.direct, saved, &diag), diag);
  es_h5_close(saved);
  see(&first, next, 0);
  see(&then, next, 0);
  set(&first, 2);
  set(&then, 2);
  assert_true(then.W[0] > 0);
  assert_memory_equal(then.W, first.W, D * D * sizeof(float));
  close_predictor(&first);
  close_predictor(&then);
}

/* A batch of more rows than enter at a time: 40 times the same eight. */
static void batches_of_any_size(void **state) {
  (void)state;
  static const double next[D] = {0, 1, .64};
  enum { TIMES = 40 };
  float z[TIMES * ROWS * D];
  predictor p = open_predictor("predictor=directset", "rho=0.75", NULL);
  see(&p, v, 0);
  for (int k = 0; k < TIMES; k++) draw(z + k * ROWS * D, next, 0);
  es_direct_see(p.direct, z, TIMES * ROWS);
  set(&p, 2);
  double w[D];
  for (int j = 0; j < D; j++) w[j] = sqrt(.75 * v[j] + .25 * next[j]);
  check(&p, w, 0);
  close_predictor(&p);
}

/* Between its turns the predictor is left alone. */
static void every_freq_steps(void **state) {
  (void)state;
  predictor p = open_predictor("predictor=directset", "freq=3", NULL);
  see(&p, v, 0);
  for (uint64_t done = 1; done <= 3; done++) {
    set(&p, done);
    assert_int_equal(p.W[0] > 0, done == 3);
  }
  close_predictor(&p);
}

/* Nothing to scale by: zeros, and the epsilons. */
static void collapsed(void **state) {
  (void)state;
  static const double zero[D] = {0};
  static const struct {
    const char *rule, *a;
    double w;
  } cases[] = {{"predictor=directset", "freq=1", 0},
               {"predictor=directpred", "form=paper", 0},
               {"predictor=directpred", "form=code", .1},
               {"predictor=directcopy", "freq=1", .3}};
  for (int k = 0; k < 4; k++) {
    predictor p = open_predictor(cases[k].rule, cases[k].a, NULL);
    see(&p, zero, 0);
    set(&p, 1);
    check(&p, (const double[D]){cases[k].w, cases[k].w, cases[k].w}, 0);
    close_predictor(&p);
  }
  predictor p =
      open_predictor("predictor=directpred", "epsilon=0", "form=code");
  see(&p, (const double[D]){1, 1e-12, 0}, 0);
  set(&p, 1);
  check(&p, (const double[D]){1, 1e-4, 1e-4}, 0);
  close_predictor(&p);
}

static void others_and_numbers_that_are_none(void **state) {
  (void)state;
  predictor p = open_predictor("predictor=linear", NULL, NULL);
  es_diag diag = {0};
  assert_null(p.direct);
  see(&p, v, 0);
  set(&p, 1);
  assert_true(p.W[0] == 0);
  close_predictor(&p);
  p = open_predictor("predictor=directcopy", NULL, NULL);
  see(&p, (const double[D]){NAN, 1, 1}, 0);
  assert_status(es_direct_set(p.direct, 1, p.params, &diag), ES_NOT_FINITE);
  assert_true(p.W[0] == 0);
  close_predictor(&p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rules),
      cmocka_unit_test(forms_differ_in_scale),
      cmocka_unit_test(moments_run),
      IN_FOLDER(goes_on_from_a_file),
      cmocka_unit_test(batches_of_any_size),
      cmocka_unit_test(every_freq_steps),
      cmocka_unit_test(collapsed),
      cmocka_unit_test(others_and_numbers_that_are_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
