/* The settings of a training. */
#include "models/resnet/encoder.h"
#include "models/resnet/method.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define WHOLE 0x1p53 /* what a number in a file or word can say exactly */

/* The choices of method.loss come from the table; its first bar is skipped. */
#define BARRED(id, name) "|" name
#define LOSS_NAMES (&(ES_LOSSES(BARRED))[1])

static const es_key rows[] = {
    {"data", "pairs", ES_CHOICE, 0, 0, 0, "fresh|fixed", NULL, "fresh",
     "views drawn anew in every epoch, or the same ones always"},
    {"augment", "shift", ES_SIZE, 0, 0, 4095, NULL, "pixels", "0",
     "views move by up to this along each axis, zero fill [3 with "
     "net.arch=linear]"},
    {"augment", "crop_min", ES_REAL, ES_OPEN_LOW, 0, 1, NULL, "1", "0.5",
     "least share of the area that a random resized crop keeps [1, no crop, "
     "with net.arch=linear]"},
    {"net", "arch", ES_CHOICE, 0, 0, 0, "resnet|linear|mlp", NULL, "resnet",
     "residual network, one linear map, or hidden layers of ReLU"},
    {"net", "depth", ES_CHOICE, 0, 0, 0, "10|18|26|34|50", NULL, "10",
     "layers of a resnet, its last linear one counted"},
    {"net", "block", ES_CHOICE, 0, 0, 0, "basic|bottleneck", NULL, "basic",
     "two 3x3 convolutions, or 1x1, 3x3, 1x1 to 4 times as many channels "
     "[bottleneck with net.depth=26 and 50]"},
    {"net", "stages", ES_LIST, 0, 1, 1000, NULL, "blocks", NULL,
     "blocks in each of one to four stages, in place of net.depth"},
    {"net", "width", ES_SIZE, 0, 1, 4096, NULL, "channels", "8",
     "channels of the first stage, doubled by each next one (64: standard); "
     "values of an mlp's hidden layers, and of a linear map before a "
     "projector"},
    {"net", "bottleneck_width", ES_SIZE, 0, 1, 64, NULL, "1", "1",
     "times as many channels inside of bottlenecks"},
    {"net", "hidden_layers", ES_SIZE, 0, 1, ES_LAYERS, NULL, "layers", "1",
     "hidden layers of an mlp"},
    {"net", "residual", ES_FLAG, 0, 0, 0, NULL, NULL, "on",
     "shortcuts around blocks"},
    {"net", "norm", ES_CHOICE, 0, 0, 0, "batch|none", NULL, "batch",
     "batch normalisation (statistics of each view apart), or none"},
    {"net", "init_scale", ES_REAL, ES_OPEN_LOW, 0, INFINITY, NULL, "1", NULL,
     "standard deviation of the last linear layer's start [1/sqrt(inputs)]"},
    {"net", "init_scale_all", ES_REAL, ES_OPEN_LOW, 0, INFINITY, NULL, "1", "1",
     "start of all weights, not of norms, in units of the usual one; a scale "
     "of the last layer's own counts there instead"},
    {"net", "output_multiplier", ES_REAL, ES_OPEN_LOW, 0, INFINITY, NULL, "1",
     "1", "a in the embedding a (z - c z_0), z_0 of the network as it started"},
    {"net", "subtract_initial", ES_REAL, 0, 0, 1, NULL, "1", "0",
     "c in the same"},
    {"net", "feature_norm", ES_CHOICE, 0, 0, 0, "none|batch", NULL, "none",
     "batch normalisation of the representation, without weight and bias, "
     "before the projector"},
    {"method", "name", ES_TEXT, 0, 0, 0, NULL, NULL, NULL,
     "the method that presets the rest: the word behind `train`"},
    {"method", "loss", ES_CHOICE, 0, 0, 0, LOSS_NAMES, NULL, "covariance",
     "what is descended: docs/networks.md"},
    {"method", "target", ES_CHOICE, 0, 0, 0,
     "self|stop-gradient|ema|labels|pixels", NULL, "self",
     "what loss=cosine, l2 and (with a temperature) infonce compare with: "
     "embeddings, the network's own, held fixed, or those of an average of it; "
     "or classes, or the image itself [labels with loss=cross-entropy]"},
    {"method", "ema_momentum", ES_REAL, 0, 0, 1, NULL, "1", NULL,
     "share of itself that the average keeps in a step, with target=ema "
     "[0.99]"},
    {"method", "ema_schedule", ES_CHOICE, 0, 0, 0, "constant|cosine", NULL,
     NULL, "that share as it is, or rising to 1 over the run [constant]"},
    {"method", "lambda", ES_REAL, 0, 0, INFINITY, NULL, "1", NULL,
     "weight of loss=barlow off the diagonal [0.0051]"},
    {"method", "precondition", ES_CHOICE, 0, 0, 0, "none|left|logdet", NULL,
     "none",
     "of loss=covariance: (C + rI)^-1 times the gradient by embeddings, or -mu "
     "log det(C + rI) in the loss"},
    {"method", "precondition_epsilon", ES_REAL, ES_OPEN_LOW, 0, 1e100, NULL,
     "1", NULL, "ridge r of both [0.01]"},
    {"method", "mu", ES_REAL, 0, 0, 1e100, NULL, "1", NULL,
     "of precondition=logdet: weight of log det [0.1]"},
    {"method", "temperature", ES_REAL, ES_OPEN_LOW, 0, INFINITY, NULL, "1",
     NULL,
     "divides the cosines of loss=simclr [0.5]; loss=infonce: of cosines in "
     "place of distances"},
    {"method", "negatives", ES_FLAG, 0, 0, 0, NULL, NULL, NULL,
     "loss=simclr contrasts pairs with other views, or draws them together "
     "alone [on]"},
    {"method", "projector", ES_CHOICE, 0, 0, 0,
     "none|linear|diagonal|low-rank|orthogonal|mlp", NULL, "linear",
     "from representation to embedding [none with net.arch=linear]; "
     "orthogonal: rows stay orthonormal times net.init_scale"},
    {"method", "projector_trainable", ES_FLAG, 0, 0, 0, NULL, NULL, "on",
     "off: the projector stays as it starts"},
    {"method", "projector_init", ES_CHOICE, 0, 0, 0, "gaussian|orthogonal|pca",
     NULL, "gaussian",
     "start of the last linear layer, times net.init_scale [1 for orthogonal "
     "rows and pca]; pca: eigenvectors of what its inputs share between views "
     "[orthogonal with method.projector=orthogonal]"},
    {"method", "projector_layers", ES_SIZE, 0, 1, 20, NULL, "layers", "2",
     "linear layers of an mlp projector"},
    {"method", "hidden_dim", ES_SIZE, 0, 1, 65536, NULL, "1", "256",
     "values of an mlp projector's hidden layers"},
    {"method", "d0", ES_SIZE, 0, 1, 65536, NULL, "1", NULL,
     "rank of a diagonal or low-rank projector [full]"},
    {"method", "head_norm", ES_CHOICE, 0, 0, 0, "none|hidden|all", NULL,
     "hidden",
     "batch normalisation in mlp heads: none, between layers, or also, "
     "without weight and bias, after the projector's last layer"},
    {"method", "predictor", ES_CHOICE, 0, 0, 0,
     "none|linear|linear-symmetric|mlp|directpred|directset|directcopy", NULL,
     "none",
     "from embedding to prediction; linear-symmetric: W = W^T always; the last "
     "three: a linear one that is set from the embeddings' moment"},
    {"method", "form", ES_CHOICE, 0, 0, 0, "paper|code", NULL, NULL,
     "of directpred: sqrt(s) + epsilon max s, or max(sqrt(s/max s) + epsilon, "
     "1e-4) [paper]"},
    {"method", "rho", ES_REAL, ES_OPEN_HIGH, 0, 1, NULL, "1", NULL,
     "share that the moment keeps in a step, where it sets the predictor [0.3 "
     "with directpred, 0.5]"},
    {"method", "epsilon", ES_REAL, 0, 0, INFINITY, NULL, "1", NULL,
     "boost of directpred and directcopy [0.1, 0.3]"},
    {"method", "freq", ES_SIZE, 0, 1, 1e9, NULL, "steps", NULL,
     "steps between settings of such a predictor, which descends between [1]"},
    {"method", "predictor_hidden_dim", ES_SIZE, 0, 1, 65536, NULL, "1", "256",
     "values of an mlp predictor's hidden layer"},
    {"method", "predictor_init", ES_CHOICE, 0, 0, 0, "gaussian|identity", NULL,
     "gaussian", "start of a linear predictor"},
    {"method", "predictor_scale", ES_REAL, ES_OPEN_LOW, 0, INFINITY, NULL, "1",
     NULL,
     "its standard deviation, or its multiple of the identity [1/sqrt(dim), "
     "1]"},
    {"method", "predictor_lr_ratio", ES_REAL, 0, 0, INFINITY, NULL, "1", "1",
     "learning rate of the predictor over lr: alpha_p"},
    {"method", "predictor_weight_decay", ES_REAL, 0, 0, INFINITY, NULL, "1",
     NULL, "weight decay of the predictor [train.weight_decay]"},
    {"method", "dim", ES_SIZE, 0, 1, 4096, NULL, "1", "10",
     "dimension d of the embedding; without a projector, or with a diagonal "
     "one, it is the representation's"},
    {"train", "epochs", ES_SIZE, 0, 1, 1e9, NULL, "epochs", NULL,
     "length of the training; or give steps"},
    {"train", "steps", ES_SIZE, 0, 0, 1e12, NULL, "steps", NULL,
     "length of the training [1000]"},
    {"train", "batch", ES_SIZE, 0, 2, 1e6, NULL, "pairs", "256",
     "pairs in a step; an epoch has as many steps as whole batches"},
    {"train", "optimizer", ES_CHOICE, 0, 0, 0, "sgd|lars|adamw", NULL, "sgd",
     "how a step descends"},
    {"train", "lr", ES_REAL, ES_OPEN_LOW, 0, INFINITY, NULL, "time/step", NULL,
     "learning rate, over 1 - momentum the flow time of a step [0.02; 0.002 "
     "with loss=vicreg]"},
    {"train", "lr_relative", ES_REAL, ES_OPEN_LOW, 0, 1, NULL, "1/(4 gamma_1)",
     NULL,
     "the same in units of descent's limit, gamma_1 measured at the start; at "
     "most 0.3 with fresh pairs"},
    {"train", "encoder_lr_ratio", ES_REAL, 0, 0, INFINITY, NULL, "1", "1",
     "learning rate of the encoder, over lr"},
    {"train", "momentum", ES_REAL, ES_OPEN_HIGH, 0, 1, NULL, "1", NULL,
     "of sgd and lars; of adamw beta_1 [0, 0.9 with lars and adamw]"},
    {"train", "weight_decay", ES_REAL, 0, 0, INFINITY, NULL, "1", "0",
     "times the weights is added to their gradient, with adamw to the step"},
    {"train", "projector_weight_decay", ES_REAL, 0, 0, INFINITY, NULL, "1",
     NULL, "the same for the projector [weight_decay]"},
    {"train", "schedule", ES_CHOICE, 0, 0, 0, "constant|cosine", NULL,
     "constant", "learning rate after warming up: as it is, or falling to 0"},
    {"train", "warmup", ES_SIZE, 0, 0, 1e12, NULL, "steps", NULL,
     "steps over which the learning rate rises, from lr/warmup to lr [0; with "
     "lars a tenth of the run]"},
    {"train", "ordering", ES_CHOICE, 0, 0, 0,
     "multi-pass|single-pass|cumulative|hybrid", NULL, "multi-pass",
     "which pairs an epoch sees: all, its own chunk, all chunks up to it, or "
     "its own until the switch and then all"},
    {"train", "chunks", ES_SIZE, 0, 1, 1e9, NULL, "1", NULL,
     "parts of the data that the epochs take in turn [epochs]"},
    {"train", "switch", ES_REAL, 0, 0, 1, NULL, "1", "0.4",
     "share of the epochs before hybrid goes on with all pairs"},
    {"train", "subset", ES_REAL, ES_OPEN_LOW, 0, 1, NULL, "1", "1",
     "share of the pairs that are trained on, drawn by train.seed"},
    {"train", "eval_n", ES_SIZE, 0, 2, 1e6, NULL, "pairs", "512",
     "fixed pairs that spectra are measured on (at most data.n)"},
    {"train", "log_every", ES_SIZE, 0, 1, 1e9, NULL, "steps", "25",
     "steps between rows of the trace"},
    {"train", "layers", ES_FLAG, 0, 0, 0, NULL, NULL, "off",
     "spectra of the layers before the representation in the trace"},
    {"train", "embeddings", ES_SIZE, 0, 0, 1e6, NULL, "points", "0",
     "store the embeddings of that many eval pairs' first views at every row "
     "of the trace in arrays.h5"},
    {"train", "checkpoint_every", ES_SIZE, 0, 1, 1e9, NULL, "steps", "100",
     "steps that a kill may lose"},
    {"train", "predict", ES_CHOICE, 0, 0, 0, "off|conjugate|ntk", NULL, "off",
     "before the first step, predict from the kernel of the last linear layer, "
     "or from that of all parameters"},
    {"train", "predict_times", ES_SIZE, 0, 1, 1e6, NULL, "1", "8",
     "how often predict=ntk measures the kernel along the run, at logged rows; "
     "predict=conjugate does at every one"},
    {"train", "seed", ES_SIZE, 0, 0, WHOLE, NULL, "1", "0",
     "seed of the start and of the order of batches"},
};

const es_keys es_train_keys = {rows, sizeof rows / sizeof *rows};

static bool has(const es_config *config, const char *name) {
  return es_config_has(config, "train", name);
}

static es_status one_of(const es_config *config, const char *a, const char *b,
                        es_diag *diag) {
  return has(config, a) && has(config, b)
             ? es_fail(diag, ES_BAD_VALUE,
                       "train.%s and train.%s are both set, expected one", a, b)
             : ES_OK;
}

/* A method's lr gives way to a relative one. */
static void prefer_relative(es_config *config) {
  if (es_config_given(config, "train", "lr_relative") &&
      !es_config_given(config, "train", "lr"))
    es_config_forget(config, "train", "lr");
}

/* A method's lr and momentum are for its optimizer: with another one its own
 * defaults count. */
static void leave_optimizer(es_config *config) {
  static const char *const own[] = {"lr", "momentum"};
  static const char key[] = "train.optimizer=";
  const size_t n = sizeof key - 1;
  const char *name = es_config_text(config, "method", "name");
  const es_method *method = name == NULL ? NULL : es_method_find(name);
  const char *used = es_config_text(config, "train", "optimizer");
  for (size_t k = 0; method != NULL && method->setting[k] != NULL; k++)
    if (strncmp(method->setting[k], key, n) == 0 &&
        strcmp(method->setting[k] + n, used) != 0)
      for (size_t j = 0; j < sizeof own / sizeof *own; j++)
        if (!es_config_given(config, "train", own[j]))
          es_config_forget(config, "train", own[j]);
}

static es_status settle_net(es_config *config, es_diag *diag) {
  es_status status = ES_OK;
  if (es_config_is(config, "net", "depth", "26") ||
      es_config_is(config, "net", "depth", "50"))
    status = es_config_suggest(config, "net", "block", "bottleneck", diag);
  if (status == ES_OK && es_config_is(config, "net", "arch", "linear"))
    status = es_config_suggest(config, "method", "projector", "none", diag);
  return status;
}

static es_status settle_projector(es_config *config, es_diag *diag) {
  if (!es_config_is(config, "method", "projector", "orthogonal")) return ES_OK;
  const es_status status =
      es_config_suggest(config, "method", "projector_init", "orthogonal", diag);
  if (status != ES_OK ||
      !es_config_is(config, "method", "projector_init", "gaussian"))
    return status;
  return es_config_blame(config, "method", "projector_init", diag,
                         "method.projector=orthogonal starts with orthogonal "
                         "rows, expected orthogonal or pca");
}

static es_status settle_optimizer(es_config *config, es_diag *diag) {
  const bool sgd = es_config_is(config, "train", "optimizer", "sgd");
  char decay[32];
  snprintf(decay, sizeof decay, "%.17g",
           es_config_real(config, "train", "weight_decay"));
  es_status status =
      es_loss_default(config, "train", "momentum", sgd ? "0" : "0.9", diag);
  if (status == ES_OK)
    status = es_config_suggest(config, "train", "projector_weight_decay", decay,
                               diag);
  return status == ES_OK
             ? es_config_suggest(config, "method", "predictor_weight_decay",
                                 decay, diag)
             : status;
}

/* The theory's descent has one rate, and leaves orthogonal rows. */
static es_status check_predict(const es_config *config, es_diag *diag) {
  if (es_config_is(config, "train", "predict", "off")) return ES_OK;
  if (es_config_is(config, "method", "projector", "orthogonal"))
    return es_config_blame(config, "train", "predict", diag,
                           "theory's map is free, that of "
                           "method.projector=orthogonal is not, expected off");
  if ((es_config_is(config, "train", "optimizer", "sgd") &&
       es_config_is(config, "train", "schedule", "constant") &&
       (!has(config, "warmup") ||
        es_config_size(config, "train", "warmup") == 0)))
    return ES_OK;
  return es_config_blame(config, "train", "predict", diag,
                         "theory speaks of train.optimizer=sgd with "
                         "train.schedule=constant and without train.warmup, "
                         "expected off");
}

static es_status check_embeddings(const es_config *config, es_diag *diag) {
  const size_t n = es_config_size(config, "train", "eval_n");
  return es_config_size(config, "train", "embeddings") <= n
             ? ES_OK
             : es_config_blame(config, "train", "embeddings", diag,
                               "expected at most train.eval_n=%zu", n);
}

es_status es_train_settle(es_config *config, es_diag *diag) {
  const bool linear = es_config_is(config, "net", "arch", "linear");
  es_status status = es_loss_settle(config, diag);
  prefer_relative(config);
  leave_optimizer(config);
  if (status == ES_OK) status = one_of(config, "epochs", "steps", diag);
  if (status == ES_OK) status = one_of(config, "lr", "lr_relative", diag);
  if (status == ES_OK && !has(config, "epochs"))
    status = es_config_suggest(config, "train", "steps", "1000", diag);
  if (status == ES_OK && !has(config, "lr_relative"))
    status =
        es_loss_default(config, "train", "lr", es_loss_of(config)->rate, diag);
  if (status == ES_OK && linear)
    status = es_config_suggest(config, "augment", "shift", "3", diag);
  if (status == ES_OK && linear)
    status = es_config_suggest(config, "augment", "crop_min", "1", diag);
  if (status == ES_OK) status = settle_net(config, diag);
  if (status == ES_OK) status = settle_projector(config, diag);
  if (status == ES_OK) status = settle_optimizer(config, diag);
  if (status == ES_OK) status = es_unread_reset(config, diag);
  if (status == ES_OK) status = check_embeddings(config, diag);
  return status == ES_OK ? check_predict(config, diag) : status;
}
