/* Rates and decay of a trainer's parameters: set, by group, by schedule. */
#include "tests/models/trained.h"

#include <omp.h>

/* The set rate is the one that is used. */
static void a_rate_can_be_set(void **state) {
  trained t = SMALL_RESNET((folder *)*state, "train.lr=0.5", "train.steps=9");
  float *before = copy_params(t.trainer);
  es_trainer_set_rate(t.trainer, 0);
  take_steps(t.trainer, 2);
  assert_close(es_trainer_rate(t.trainer), 0, 0, 0);
  assert_memory_equal(es_trainer_params(t.trainer), before,
                      params_size(t.trainer) * sizeof *before);
  free(before);
  close_trained(&t);
}

/* The encoder moves by ratio·lr, the last layer by lr: with 0 the encoder stays
 * to the bit, and with 1/2 the first step is half of that with 1, but for the
 * rounding of w to float, twice. */
static void the_encoder_has_its_own_rate(void **state) {
  static const char *const ratios[] = {"train.encoder_lr_ratio=1",
                                       "train.encoder_lr_ratio=0.5",
                                       "train.encoder_lr_ratio=0"};
  float *start = NULL, *after[3];
  for (int r = 0; r < 3; r++) {
    trained t = SMALL_RESNET((folder *)*state, "train.lr=0.05", ratios[r]);
    const es_network *n = es_trainer_network(t.trainer);
    if (r == 0) start = copy_params(t.trainer);
    take_steps(t.trainer, 1);
    after[r] = copy_params(t.trainer);
    for (size_t p = 0; p < n->graph.n_params; p++) {
      const es_tensor *w = &n->graph.param[p];
      const float *from = start + w->offset, *to = after[r] + w->offset;
      const float *full = after[0] + w->offset;
      const double ratio = p == n->last ? 1 : r == 0 ? 1 : r == 1 ? .5 : 0;
      assert_int_equal(memcmp(from, to, w->size * sizeof *to) == 0, ratio == 0);
      for (size_t k = 0; k < w->size; k++)
        assert_close((double)(to[k] - from[k]),
                     ratio * (double)(full[k] - from[k]), 0x1p-23,
                     fabs((double)from[k]) * 0x1p-23);
    }
    take_steps(t.trainer, 4);
    for (size_t p = 0; p < n->last && r == 2; p++)
      assert_memory_equal(es_trainer_params(t.trainer) +
                              n->graph.param[p].offset,
                          start + n->graph.param[p].offset,
                          n->graph.param[p].size * sizeof *start);
    close_trained(&t);
  }
  for (int r = 0; r < 3; r++) free(after[r]);
  free(start);
}

/* Rates and flow time of a schedule, and what a step takes of it: the first one
 * of a warm-up over four steps is a quarter of that without, but for the
 * roundings of w to float. */
static void a_schedule_is_followed(void **state) {
  static const double share[] = {.25, .5, .75, 1, 1, .75, .25};
  folder *f = *state;
  write_waves(f, 18, 8);
#define WAVES(...)                                                             \
  TRAINER("data.name=idx", f->word, "net.arch=linear", "method.dim=3",         \
          "train.batch=5", "train.eval_n=12", "train.lr=0.05", __VA_ARGS__)
  trained plain = WAVES("train.steps=7");
  trained t = WAVES("train.steps=7", "train.warmup=4", "train.schedule=cosine",
                    "train.momentum=0.75");
  float *start = copy_params(t.trainer);
  double time = 0;
  assert_close(es_trainer_last_rate(t.trainer), .05 / 4, 1e-15, 0);
  for (size_t k = 0; k < 7; k++) {
    assert_close(es_trainer_time(t.trainer, k), time, 1e-14, 0);
    take_steps(t.trainer, 1);
    time += .05 * share[k] / (1 - .75);
    assert_close(es_trainer_last_rate(t.trainer), .05 * share[k], 1e-14, 0);
    assert_close(es_trainer_rate(t.trainer), .05, 0, 0);
    if (k > 0) continue;
    take_steps(plain.trainer, 1);
    for (size_t i = 0; i < params_size(t.trainer); i++)
      assert_close(
          (double)es_trainer_params(t.trainer)[i] - (double)start[i],
          ((double)es_trainer_params(plain.trainer)[i] - (double)start[i]) / 4,
          0, fabs((double)start[i]) * 0x1p-23);
  }
  assert_close(es_trainer_time(t.trainer, 7), time, 1e-14, 0);
  assert_close(es_trainer_time(plain.trainer, 7), .05 * 7, 0, 0);
  free(start);
  close_trained(&plain);
  close_trained(&t);
  plain = WAVES("train.steps=7", "train.optimizer=adamw");
  assert_close(es_trainer_time(plain.trainer, 7), .05 * 7, 1e-15, 0);
  close_trained(&plain);
#undef WAVES
}

/* Flow time of one, two and three steps, in those of a full rate, where no
 * warm-up is set. */
static void check_warmup(const folder *f, const char *optimizer,
                         const char *length, double one, double two,
                         double three) {
  trained t = SMALL_RESNET(f, optimizer, length);
  const double unit = es_trainer_rate(t.trainer) / (1 - .9);
  assert_close(es_trainer_time(t.trainer, 1), one * unit, 1e-14, 0);
  assert_close(es_trainer_time(t.trainer, 2), two * unit, 1e-14, 0);
  assert_close(es_trainer_time(t.trainer, 3), three * unit, 1e-14, 0);
  close_trained(&t);
}

/* LARS warms up over a tenth of the steps, rounded down: ten epochs are 30. */
static void lars_warms_up(void **state) {
  const folder *f = *state;
  const char *lars = "train.optimizer=lars";
  check_warmup(f, lars, "train.steps=20", .5, 1.5, 2.5);
  check_warmup(f, lars, "train.epochs=10", 1. / 3, 1, 2);
  check_warmup(f, lars, "train.steps=9", 1, 2, 3);
  check_warmup(f, lars, "train.warmup=0", 1, 2, 3);
  check_warmup(f, "train.momentum=0.9", "train.steps=20", 1, 2, 3);
}

/* Decay of the encoder and of the last layer. The first step of two trainers
 * differs by lr · decay · w, to the rounding of both to float. */
static void weights_decay_by_group(void **state) {
  static const char *const words[][2] = {
      {"train.weight_decay=0.5", "train.projector_weight_decay=0"},
      {"train.weight_decay=0.5", "train.lr=0.05"}, /* the same for both */
      {"train.weight_decay=0", "train.projector_weight_decay=0.25"}};
  static const double decay[][2] = {{.5, 0}, {.5, .5}, {0, .25}};
  trained plain =
      SMALL_RESNET((folder *)*state, "train.lr=0.05", "train.steps=9");
  float *start = copy_params(plain.trainer);
  take_steps(plain.trainer, 1);
  for (size_t r = 0; r < 3; r++) {
    trained t = SMALL_RESNET((folder *)*state, words[r][0], words[r][1]);
    es_trainer_set_rate(t.trainer, .05);
    const es_network *n = es_trainer_network(t.trainer);
    take_steps(t.trainer, 1);
    for (size_t p = 0; p < n->graph.n_params; p++)
      for (size_t k = 0; k < n->graph.param[p].size; k++) {
        const size_t at = n->graph.param[p].offset + k;
        const double w = (double)start[at], own = decay[r][p == n->last];
        const double a = (double)es_trainer_params(t.trainer)[at];
        const double b = (double)es_trainer_params(plain.trainer)[at];
        assert_close(b - a, .05 * own * w, 0,
                     (fabs(a) + fabs(b)) * 0x1p-24 + 0x1p-40);
      }
    close_trained(&t);
  }
  free(start);
  close_trained(&plain);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(a_rate_can_be_set),
      IN_FOLDER(the_encoder_has_its_own_rate),
      IN_FOLDER(a_schedule_is_followed),
      IN_FOLDER(lars_warms_up),
      IN_FOLDER(weights_decay_by_group),
  };
  omp_set_num_threads(1); /* these networks are too small for more */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
