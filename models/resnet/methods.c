/* The table of methods: a new one is a row here. */
#include "models/resnet/method.h"

#include <stdio.h>
#include <string.h>

/* Layers, norms and numbers are the papers'; hidden layers have a 32nd of their
 * values, as the default encoder has of ResNet-50's 2048 features. */
#define TWINS_HEADS                                                            \
  "method.projector=mlp", "method.projector_layers=3",                         \
      "method.hidden_dim=256", "method.dim=256"
#define SIAMESE_HEADS                                                          \
  "method.projector=mlp", "method.projector_layers=3", "method.hidden_dim=64", \
      "method.head_norm=all", "method.dim=64"
#define SIAMESE_PREDICTOR                                                      \
  "method.predictor=mlp", "method.predictor_hidden_dim=16"

/* How papers, or their authors' code, descend: rates are those at a batch of
 * 256, which they multiply by batch/256; rates fall by cosine. LARS has its
 * momentum of .9, no factor and no decay on biases and norms, and warms up
 * (train.warmup). */
#define LARS                                                                   \
  "train.optimizer=lars", "train.momentum=0.9", "train.schedule=cosine"
#define SGD "train.optimizer=sgd", "train.momentum=0.9"

/* SimSiam: SGD .05, momentum .9, decay 1e-4, cosine.
 * Its loss is a quarter of `cosine`, so that the same steps are those of a
 * quarter of the rate and four times the decay. The code holds the predictor's
 * rate constant, which is not offered. */
#define SIAMESE_DESCENT                                                        \
  SGD, "train.schedule=cosine", "train.lr=0.0125", "train.weight_decay=4e-4"

/* Tian et al. 2021 (and the code's byol_config.yaml): SGD .03 at 128 pairs,
 * which is left as it is, constant. Wang et al. 2021 follow them. */
#define DIRECT_DESCENT                                                         \
  SGD, "train.schedule=constant", "train.lr=0.03", "train.weight_decay=4e-4"

#define BYOL                                                                   \
  "method.loss=cosine", "method.target=ema", "method.ema_momentum=0.996",      \
      "method.projector=mlp", "method.projector_layers=2",                     \
      "method.hidden_dim=128", "method.dim=256"

static const es_method methods[] = {
    {"barlow-covariance",
     "the theory's loss |C - I|^2 on centred embeddings",
     {"method.loss=covariance"}},
    {"barlow-twins",
     "cross-correlation of batch-normalised views (Zbontar et al. 2021)",
     /* There biases and norms have a rate of their own, .0048. */
     {"method.loss=barlow", "method.lambda=0.0051", TWINS_HEADS, LARS,
      "train.lr=0.2", "train.weight_decay=1.5e-6"}},
    {"vicreg",
     "variance, invariance, covariance (Bardes et al. 2022)",
     {"method.loss=vicreg", TWINS_HEADS, LARS, "train.lr=0.2",
      "train.weight_decay=1e-6"}},
    {"simclr",
     "contrast with all other views by cosine (Chen et al. 2020)",
     {"method.loss=simclr", "method.temperature=0.5", "method.negatives=on",
      "method.projector=mlp", "method.projector_layers=2",
      "method.hidden_dim=64", "method.dim=128", LARS, "train.lr=0.3",
      "train.weight_decay=1e-6"}},
    {"spectral",
     "the spectral contrastive loss (HaoChen et al. 2021)",
     /* The authors' code for CIFAR-10, which also warms up, over an 80th. */
     {"method.loss=spectral", SGD, "train.schedule=cosine", "train.lr=0.03",
      "train.weight_decay=5e-4"}},
    {"infonce",
     "contrast by distance, un-normalised (Jing et al. 2022)",
     /* As directclr, of the same authors. */
     {"method.loss=infonce", LARS, "train.lr=0.3", "train.weight_decay=1e-6"}},
    {"directclr",
     "contrast of the first d0 features, no projector (Jing et al. 2022)",
     {"method.loss=infonce", "method.temperature=0.1",
      "method.projector=diagonal", "method.projector_trainable=off",
      "method.d0=10",
      /* The code: 4.8 at 4096 pairs. */
      LARS, "train.lr=0.3", "train.weight_decay=1e-6"}},
    {"byol",
     "predicts an averaged network's embeddings (Grill et al. 2020)",
     {BYOL, "method.ema_schedule=cosine", "method.predictor=mlp",
      "method.predictor_hidden_dim=128", LARS, "train.lr=0.2",
      "train.weight_decay=1.5e-6"}},
    {"simsiam",
     "predicts its own embeddings, held fixed (Chen and He 2021)",
     {"method.loss=cosine", "method.target=stop-gradient", SIAMESE_HEADS,
      SIAMESE_PREDICTOR, SIAMESE_DESCENT}},
    {"mocov3",
     "contrasts predictions with an averaged network (Chen et al. 2021)",
     /* The code's ResNet-50, 300 epochs; its temperature is 1 there and .2 for
      * transformers. */
     {"method.loss=infonce", "method.temperature=1", "method.target=ema",
      "method.ema_momentum=0.99", "method.ema_schedule=cosine",
      "method.projector=mlp", "method.projector_layers=2",
      "method.hidden_dim=128", "method.head_norm=all", "method.dim=256",
      "method.predictor=mlp", "method.predictor_hidden_dim=128", LARS,
      "train.lr=0.3", "train.weight_decay=1e-6"}},
    {"directpred",
     "byol with a predictor from the embeddings' modes (Tian et al. 2021)",
     {BYOL, "method.predictor=directpred", "method.rho=0.3",
      "method.epsilon=0.1", "method.freq=1", DIRECT_DESCENT}},
    {"directset",
     "byol with the root of the embeddings' moment (Wang et al. 2021)",
     {BYOL, "method.predictor=directset", "method.rho=0.5", "method.freq=1",
      DIRECT_DESCENT}},
    {"directcopy",
     "byol with the embeddings' moment as predictor (Wang et al. 2021)",
     {BYOL, "method.predictor=directcopy", "method.rho=0.5",
      "method.epsilon=0.3", "method.freq=1", DIRECT_DESCENT}},
    {"no-predictor",
     "simsiam without its predictor: it collapses (Tian et al. 2021)",
     {"method.loss=cosine", "method.target=stop-gradient", SIAMESE_HEADS,
      "method.predictor=none", SIAMESE_DESCENT}},
    {"no-stop-gradient",
     "simsiam whose targets move as well: it collapses (Tian et al. 2021)",
     {"method.loss=cosine", "method.target=self", SIAMESE_HEADS,
      SIAMESE_PREDICTOR, SIAMESE_DESCENT}},
    {"supervised",
     "a linear classifier behind the representation, for comparison",
     /* He et al. 2016, without their steps: the field's usual cosine. */
     {"method.loss=cross-entropy", "method.target=labels",
      "method.projector=none", "method.predictor=linear", SGD,
      "train.schedule=cosine", "train.lr=0.1", "train.weight_decay=1e-4"}},
    {"autoencoder",
     "views from their own embeddings, for comparison",
     {"method.loss=l2", "method.target=pixels", "method.projector=linear",
      "method.predictor=mlp", "train.optimizer=adamw", "train.lr=1e-3"}},
};
enum { METHODS = sizeof methods / sizeof *methods };

const es_method *es_method_list(size_t index) {
  return index < METHODS ? &methods[index] : NULL;
}

const es_method *es_method_find(const char *name) {
  for (size_t i = 0; i < METHODS; i++)
    if (strcmp(methods[i].name, name) == 0) return &methods[i];
  return NULL;
}

static es_status suggest(es_config *config, const char *word, es_diag *diag) {
  const size_t section = strcspn(word, "."), name = strcspn(word, "=");
  char key[48];
  snprintf(key, sizeof key, "%.*s", (int)name, word);
  key[section] = '\0';
  return es_config_suggest(config, key, key + section + 1, word + name + 1,
                           diag);
}

es_status es_method_preset(const es_method *method, es_config *config,
                           es_diag *diag) {
  es_status status =
      es_config_suggest(config, "method", "name", method->name, diag);
  for (size_t k = 0; status == ES_OK && method->setting[k] != NULL; k++)
    status = suggest(config, method->setting[k], diag);
  return status;
}
