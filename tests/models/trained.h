/* What tests of trainers share: a trainer with its settings, and small networks
 * on the images of a folder. */
#ifndef ES_TESTS_MODELS_TRAINED_H
#define ES_TESTS_MODELS_TRAINED_H

#include "tests/models/training.h"

#include "models/resnet/trainer.h"

typedef struct trained {
  es_config *config;
  es_trainer *trainer;
} trained;

static inline trained open_trained(const char *const *words) {
  trained t;
  es_diag diag = {0};
  t.config = train_settings(words);
  assert_ok(es_trainer_new(&t.trainer, t.config, NULL, &diag), diag);
  return t;
}
#define TRAINER(...) open_trained((const char *const[]){__VA_ARGS__, NULL})

static inline void close_trained(trained *t) {
  es_trainer_free(t->trainer);
  es_config_free(t->config);
}

/* A ResNet-10 of width 4 on 18 images of 8×8 pixels, five pairs a step, three
 * steps an epoch; and two more words. */
#define SMALL_RESNET(f, a, b)                                                  \
  (write_waves(f, 18, 8),                                                      \
   TRAINER("data.name=idx", (f)->word, "net.width=4", "method.dim=3",          \
           "train.batch=5", "train.eval_n=12", "train.seed=6", a, b))

static inline void take_steps(es_trainer *t, size_t n) {
  es_diag diag = {0};
  for (size_t k = 0; k < n; k++) assert_ok(es_trainer_step(t, &diag), diag);
}

static inline size_t params_size(const es_trainer *t) {
  return es_trainer_network(t)->graph.param_size;
}

/* A copy of the parameters, to be freed. */
static inline float *copy_params(const es_trainer *t) {
  const size_t bytes = params_size(t) * sizeof(float);
  float *copy = malloc(bytes);
  assert_non_null(copy);
  return memcpy(copy, es_trainer_params(t), bytes);
}

#endif
