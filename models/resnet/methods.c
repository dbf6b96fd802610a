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
     {"method.loss=barlow", "method.lambda=0.0051", TWINS_HEADS}},
    {"vicreg",
     "variance, invariance, covariance (Bardes et al. 2022)",
     {"method.loss=vicreg", TWINS_HEADS}},
    {"simclr",
     "contrast with all other views by cosine (Chen et al. 2020)",
     {"method.loss=simclr", "method.temperature=0.5", "method.negatives=on",
      "method.projector=mlp", "method.projector_layers=2",
      "method.hidden_dim=64", "method.dim=128"}},
    {"spectral",
     "the spectral contrastive loss (HaoChen et al. 2021)",
     {"method.loss=spectral"}},
    {"infonce",
     "contrast by distance, un-normalised (Jing et al. 2022)",
     {"method.loss=infonce"}},
    {"directclr",
     "contrast of the first d0 features, no projector (Jing et al. 2022)",
     {"method.loss=infonce", "method.temperature=0.1",
      "method.projector=diagonal", "method.projector_trainable=off",
      "method.d0=10"}},
    {"byol",
     "predicts an averaged network's embeddings (Grill et al. 2020)",
     {BYOL, "method.predictor=mlp", "method.predictor_hidden_dim=128"}},
    {"simsiam",
     "predicts its own embeddings, held fixed (Chen and He 2021)",
     {"method.loss=cosine", "method.target=stop-gradient", SIAMESE_HEADS,
      SIAMESE_PREDICTOR}},
    {"mocov3",
     "contrasts predictions with an averaged network (Chen et al. 2021)",
     {"method.loss=infonce", "method.temperature=1", "method.target=ema",
      "method.ema_momentum=0.99", "method.projector=mlp",
      "method.projector_layers=2", "method.hidden_dim=128",
      "method.head_norm=all", "method.dim=256", "method.predictor=mlp",
      "method.predictor_hidden_dim=128"}},
    {"directpred",
     "byol with a predictor from the embeddings' modes (Tian et al. 2021)",
     {BYOL, "method.predictor=directpred", "method.rho=0.3",
      "method.epsilon=0.1", "method.freq=1"}},
    {"directset",
     "byol with the root of the embeddings' moment (Wang et al. 2021)",
     {BYOL, "method.predictor=directset", "method.rho=0.5", "method.freq=1"}},
    {"directcopy",
     "byol with the embeddings' moment as predictor (Wang et al. 2021)",
     {BYOL, "method.predictor=directcopy", "method.rho=0.5",
      "method.epsilon=0.3", "method.freq=1"}},
    {"no-predictor",
     "simsiam without its predictor: it collapses (Tian et al. 2021)",
     {"method.loss=cosine", "method.target=stop-gradient", SIAMESE_HEADS,
      "method.predictor=none"}},
    {"no-stop-gradient",
     "simsiam whose targets move as well: it collapses (Tian et al. 2021)",
     {"method.loss=cosine", "method.target=self", SIAMESE_HEADS,
      SIAMESE_PREDICTOR}},
    {"supervised",
     "a linear classifier behind the representation, for comparison",
     {"method.loss=cross-entropy", "method.target=labels",
      "method.projector=none", "method.predictor=linear"}},
    {"autoencoder",
     "views from their own embeddings, for comparison",
     {"method.loss=l2", "method.target=pixels", "method.projector=linear",
      "method.predictor=mlp"}},
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
