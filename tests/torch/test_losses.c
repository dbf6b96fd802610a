/* Our losses against PyTorch's, value and gradients: losses.py. */
#include "tests/file/temp.h"
#include "tests/models/losses.h"
#include "tests/torch/python.h"

#include "file/h5.h"

/* By hand: constants, identical views, lengths far from one. */
typedef enum shape { DRAWN, CONSTANT, IDENTICAL, LARGE } shape;

static const struct {
  const char *name; /* up to the "-" a function of losses.py */
  loss_case c;
  shape shape;
} cases[] = {
    {"barlow", {{"loss=barlow"}, 64, 10}, DRAWN},
    {"barlow-two", {{"loss=barlow", "lambda=0.5"}, 2, 1}, DRAWN},
    {"barlow-flat", {{"loss=barlow"}, 8, 4}, CONSTANT},
    {"barlow-same", {{"loss=barlow"}, 8, 4}, IDENTICAL},
    {"barlow-large", {{"loss=barlow"}, 8, 4}, LARGE},
    {"vicreg", {{"loss=vicreg"}, 64, 10}, DRAWN},
    {"vicreg-two", {{"loss=vicreg"}, 2, 1}, DRAWN},
    {"vicreg-flat", {{"loss=vicreg"}, 8, 4}, CONSTANT},
    {"vicreg-same", {{"loss=vicreg"}, 8, 4}, IDENTICAL},
    {"vicreg-large", {{"loss=vicreg"}, 8, 4}, LARGE},
    {"simclr", {{"loss=simclr"}, 64, 10}, DRAWN},
    {"simclr-blocks", {{"loss=simclr", "temperature=0.1"}, 200, 3}, DRAWN},
    {"simclr-two", {{"loss=simclr"}, 2, 1}, DRAWN},
    {"simclr-flat", {{"loss=simclr"}, 8, 4}, CONSTANT},
    {"simclr-same", {{"loss=simclr"}, 8, 4}, IDENTICAL},
    {"simclr-large", {{"loss=simclr"}, 8, 4}, LARGE},
    {"spectral", {{"loss=spectral"}, 64, 10}, DRAWN},
    {"spectral-two", {{"loss=spectral"}, 2, 1}, DRAWN},
    {"spectral-flat", {{"loss=spectral"}, 8, 4}, CONSTANT},
    {"spectral-same", {{"loss=spectral"}, 8, 4}, IDENTICAL},
    {"infonce", {{"loss=infonce"}, 64, 10}, DRAWN},
    {"infonce-two", {{"loss=infonce"}, 2, 1}, DRAWN},
    {"infonce-flat", {{"loss=infonce"}, 8, 4}, CONSTANT},
    {"infonce-same", {{"loss=infonce"}, 8, 4}, IDENTICAL},
    {"directclr", {{"loss=infonce", "temperature=0.1"}, 64, 10}, DRAWN},
    {"directclr-two", {{"loss=infonce", "temperature=0.1"}, 2, 1}, DRAWN},
    {"directclr-flat", {{"loss=infonce", "temperature=0.1"}, 8, 4}, CONSTANT},
    {"directclr-large", {{"loss=infonce", "temperature=0.1"}, 8, 4}, LARGE},
    {"mocov3",
     {{"loss=infonce", "temperature=0.2", "target=ema"}, 64, 10},
     DRAWN},
    {"cosine", {{"loss=cosine"}, 64, 10}, DRAWN},
    {"cosine-two", {{"loss=cosine"}, 2, 1}, DRAWN},
    {"cosine-flat", {{"loss=cosine"}, 8, 4}, CONSTANT},
    {"cosine-large", {{"loss=cosine"}, 8, 4}, LARGE},
    {"l2", {{"loss=l2"}, 64, 10}, DRAWN},
    {"l2-two", {{"loss=l2"}, 2, 1}, DRAWN},
    {"l2-large", {{"loss=l2"}, 8, 4}, LARGE},
    {"cross-entropy", {{"loss=cross-entropy"}, 64, 10}, DRAWN},
    {"cross-entropy-two", {{"loss=cross-entropy"}, 2, 2}, DRAWN},
    {"cross-entropy-flat", {{"loss=cross-entropy"}, 8, 4}, CONSTANT},
    {"simclr-alone", {{"loss=simclr", "negatives=off"}, 8, 4}, DRAWN},
};

static void save(es_h5 *file, const char *group, const char *name,
                 const double *x, size_t rows, size_t cols) {
  char path[64];
  const size_t dims[2] = {rows, cols};
  es_diag diag = {0};
  snprintf(path, sizeof path, "/%s/%s", group, name);
  assert_ok(es_h5_write(file, path, x, dims, rows > 0 ? 2 : 0, &diag), diag);
}

static void bend(opened *o, shape s) {
  const size_t half = o->size / 2;
  for (size_t k = 0; k < o->size; k++) {
    if (s == CONSTANT) o->z[k] = o->t[k] = .25;
    if (s == IDENTICAL && k >= half) o->z[k] = o->z[k - half];
    if (s == LARGE) o->z[k] *= 1e6;
  }
}

static void settle(es_h5 *file, const char *group, const es_config *c) {
  static const char *const names[] = {"lambda", "temperature"};
  for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
    const double value = es_config_real(c, "method", names[k]);
    save(file, group, names[k], &value, 0, 0);
  }
  const double negatives = es_config_flag(c, "method", "negatives");
  save(file, group, "negatives", &negatives, 0, 0);
}

static void losses_are_those_of_the_papers(void **state) {
  es_h5 *file;
  es_diag diag = {0};
  need_torch();
  char *path = strdup(at(state, "losses.h5"));
  assert_non_null(path);
  assert_ok(es_h5_create(&file, path, &diag), diag);
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    const char *name = cases[k].name;
    const loss_case *c = &cases[k].c;
    opened o = open_loss(c);
    bend(&o, cases[k].shape);
    const double value = loss_value(&o);
    settle(file, name, o.config);
    save(file, name, "value", &value, 0, 0);
    save(file, name, "z", o.z, 2 * c->n, c->d);
    save(file, name, "dz", o.dz, 2 * c->n, c->d);
    if (o.loss->targets) {
      save(file, name, "t", o.t, 2 * c->n, c->d);
      save(file, name, "dt", o.dt, 2 * c->n, c->d);
    }
    close_loss(&o);
  }
  assert_ok(es_h5_commit(file, &diag), diag);
  torch_agrees("losses.py", path);
  free(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(losses_are_those_of_the_papers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
