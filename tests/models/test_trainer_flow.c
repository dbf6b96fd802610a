/* A linear network on fixed pairs in one batch is the discrete descent that
 * `flow barlow-twins solver.method=gd` computes in double: same data, same
 * start, same rate, the same eigenvalues at every step. */
#include "tests/models/trained.h"

#include "models/resnet/monitor.h"

#include <eigenstep/eigenstep.h>
#include <omp.h>

enum { MOST_ROWS = 64, DIM = 2 };

typedef struct curve {
  double t[MOST_ROWS], loss[MOST_ROWS], lambda[MOST_ROWS][DIM];
  size_t rows;
} curve;

/* Words of both programs, up to a NULL; then those of one. */
typedef struct words {
  const char *word[24];
  size_t n;
} words;

static void append(words *w, const char *const *more) {
  for (; *more != NULL; more++) w->word[w->n++] = *more;
  w->word[w->n] = NULL;
  assert_true(w->n < 24);
}

static es_status keep_row(void *context, const double *row, size_t n) {
  curve *c = context;
  assert_true(n >= 2 + DIM && c->rows < MOST_ROWS);
  c->t[c->rows] = row[0];
  c->loss[c->rows] = row[1];
  memcpy(c->lambda[c->rows++], row + 2, sizeof c->lambda[0]);
  return ES_OK;
}

static void flow(curve *out, const char *const *data, const char *const *own) {
  const es_keys sets[] = {*es_model_barlow_twins.keys, es_flow_keys,
                          es_data_keys};
  words w = {.n = 0};
  es_config *config;
  es_flow *f;
  es_diag diag = {0};
  append(&w, data);
  append(&w, own);
  out->rows = 0;
  assert_ok(es_config_new(&config, sets, 3, &diag), diag);
  for (size_t k = 0; k < w.n; k++)
    assert_ok(es_config_set(config, w.word[k], &diag), diag);
  assert_ok(es_flow_new(&f, &es_model_barlow_twins, config, NULL, &diag), diag);
  assert_ok(es_flow_run(f, keep_row, out, &diag), diag);
  es_flow_free(f);
  es_config_free(config);
}

/* A row every `every` steps, rows in all. */
static void train(curve *out, const char *const *data, const char *const *own,
                  size_t every, size_t rows) {
  words w = {.n = 0};
  es_monitor *m;
  es_diag diag = {0};
  append(&w, data);
  append(&w, own);
  append(&w, (const char *const[]){"net.arch=linear", "data.pairs=fixed",
                                   "method.dim=2", NULL});
  trained t = open_trained(w.word);
  assert_ok(es_monitor_new(&m, t.trainer, 0, NULL, NULL, &diag), diag);
  for (out->rows = 0; out->rows < rows; out->rows++) {
    const double *row;
    if (out->rows > 0) take_steps(t.trainer, every);
    assert_ok(es_monitor_row(m, t.trainer, &row, &diag), diag);
    out->t[out->rows] = row[0];
    out->loss[out->rows] = row[3];
    memcpy(out->lambda[out->rows], row + 5, sizeof out->lambda[0]);
  }
  es_monitor_free(m);
  close_trained(&t);
}

/* Both modes must rise, else nothing was compared. The difference is that of
 * float. Images are rounded to 2^-24 of their size, which changes Gamma and so
 * the exponent 8 gamma t of a rise, about ln(1/s0^2 gamma) = 14, by 1e-6. Each
 * of the up to 200 steps of a rise rounds W, by 6e-8 of it, and the gradient,
 * by less of W: 12e-6 of s^2 if they all had one sign. An eigenvalue changes by
 * lambda(1 - lambda), at most a quarter, of both. (Seen: 2e-7.) */
static void check(const char *const *data, const char *const *of_flow,
                  const char *const *of_train, size_t every, size_t rows) {
  curve *a = malloc(sizeof *a), *b = malloc(sizeof *b);
  assert_true(a != NULL && b != NULL);
  flow(a, data, of_flow);
  train(b, data, of_train, every, rows);
  assert_int_equal(a->rows, rows);
  for (size_t i = 0; i < rows; i++) {
    assert_close(b->t[i], a->t[i], 1e-14, 0);
    for (size_t j = 0; j < DIM; j++)
      assert_close(b->lambda[i][j], a->lambda[i][j], 0, 1e-5);
    /* The loss's derivative by an eigenvalue is at most 2, and with log det,
     * of weight .1 and ridge .1, 3. */
    assert_close(b->loss[i], a->loss[i], 0, 3 * DIM * 1e-5);
  }
  for (size_t j = 0; j < DIM; j++) {
    assert_true(a->lambda[0][j] < 1e-3);
    assert_true(a->lambda[rows - 1][j] > .9);
  }
  free(a);
  free(b);
}
#define WORDS(...)                                                             \
  (const char *const[]) { __VA_ARGS__, NULL }

/* Two modes far apart: gamma near 9 and 1. */
static void two_modes(void **state) {
  (void)state;
  check(
      WORDS("data.name=two-mode", "data.n=60", "data.center=on", "data.seed=4"),
      WORDS("model.d=2", "model.init=gaussian", "model.init_scale=1e-3",
            "model.seed=3", "solver.method=gd", "model.lr=0.01",
            "time.t=lin:0:3:31"),
      WORDS("net.init_scale=1e-3", "train.seed=3", "train.lr=0.01",
            "train.batch=60"),
      10, 31);
}

/* W' = -(C + rI)^-1 grad L, and the loss with log det. lr is r/(4 gamma_1) at
 * most in the first, so that no eigenvalue overshoots. */
static void preconditioned(void **state) {
  (void)state;
  check(
      WORDS("data.name=two-mode", "data.n=60", "data.center=on", "data.seed=4"),
      WORDS("model.d=2", "model.init=gaussian", "model.init_scale=1e-3",
            "model.seed=3", "solver.method=gd", "model.lr=0.002",
            "model.precondition=left", "model.precondition_epsilon=0.1",
            "time.t=lin:0:0.6:31"),
      WORDS("net.init_scale=1e-3", "train.seed=3", "train.lr=0.002",
            "train.batch=60", "method.precondition=left",
            "method.precondition_epsilon=0.1"),
      10, 31);
  check(
      WORDS("data.name=two-mode", "data.n=60", "data.center=on", "data.seed=4"),
      WORDS("model.d=2", "model.init=gaussian", "model.init_scale=1e-3",
            "model.seed=3", "solver.method=gd", "model.lr=0.01",
            "model.precondition=logdet", "model.precondition_epsilon=0.1",
            "model.mu=0.1", "time.t=lin:0:3:31"),
      WORDS("net.init_scale=1e-3", "train.seed=3", "train.lr=0.01",
            "train.batch=60", "method.precondition=logdet",
            "method.precondition_epsilon=0.1", "method.mu=0.1"),
      10, 31);
}

/* Images with the views of a linear model by default, the same in both. The
 * centring is the loss's own: without data.center the network's embeddings are
 * centred all the same. */
static void images(void **state) {
  const folder *f = *state;
  write_waves(f, 40, 6);
  check(WORDS("data.name=idx", f->word),
        WORDS("data.center=on", "model.d=2", "model.init=gaussian",
              "model.init_scale=1e-3", "model.seed=9", "solver.method=gd",
              "model.lr=0.2", "time.t=lin:0:40:41"),
        WORDS("net.init_scale=1e-3", "train.seed=9", "train.lr=0.2",
              "train.batch=40"),
        5, 41);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(two_modes),
      cmocka_unit_test(preconditioned),
      IN_FOLDER(images),
  };
  omp_set_num_threads(1); /* these networks are too small for more */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
