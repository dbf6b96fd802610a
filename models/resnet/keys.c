/* The settings of a training. */
#include "models/resnet/method.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define WHOLE 0x1p53 /* what a number in a file or word can say exactly */

static const es_key rows[] = {
    {"data", "pairs", ES_CHOICE, 0, 0, 0, "fresh|fixed", NULL, "fresh",
     "views drawn anew in every epoch, or the same ones always"},
    {"augment", "shift", ES_SIZE, 0, 0, 4095, NULL, "pixels", "0",
     "views move by up to this along each axis, zero fill [3 with "
     "net.arch=linear]"},
    {"augment", "crop_min", ES_REAL, ES_OPEN_LOW, 0, 1, NULL, "1", "0.5",
     "least share of the area that a random resized crop keeps [1, no crop, "
     "with net.arch=linear]"},
    {"net", "arch", ES_CHOICE, 0, 0, 0, "resnet|linear", NULL, "resnet",
     "residual network and a linear projector, or one linear map"},
    {"net", "depth", ES_CHOICE, 0, 0, 0, "10|18", NULL, "10",
     "layers of a resnet: one or two basic blocks in each of four stages"},
    {"net", "width", ES_SIZE, 0, 1, 4096, NULL, "channels", "8",
     "channels of the first stage, doubled by each next one (64: standard)"},
    {"net", "norm", ES_CHOICE, 0, 0, 0, "batch|none", NULL, "batch",
     "batch normalisation (statistics of each view apart), or none"},
    {"net", "init_scale", ES_REAL, ES_OPEN_LOW, 0, INFINITY, NULL, "1", NULL,
     "standard deviation of the last linear layer's start [1/sqrt(inputs)]"},
    {"method", "dim", ES_SIZE, 0, 1, 4096, NULL, "1", "10",
     "dimension d of the embedding"},
    {"train", "epochs", ES_SIZE, 0, 1, 1e9, NULL, "epochs", NULL,
     "length of the training; or give steps"},
    {"train", "steps", ES_SIZE, 0, 0, 1e12, NULL, "steps", NULL,
     "length of the training [1000]"},
    {"train", "batch", ES_SIZE, 0, 2, 1e6, NULL, "pairs", "256",
     "pairs in a step; an epoch has as many steps as whole batches"},
    {"train", "lr", ES_REAL, ES_OPEN_LOW, 0, INFINITY, NULL, "time/step", NULL,
     "learning rate, the flow time of a step [0.02]"},
    {"train", "lr_relative", ES_REAL, ES_OPEN_LOW, 0, 1, NULL, "1/(4 gamma_1)",
     NULL,
     "the same in units of descent's limit, gamma_1 measured at the start; at "
     "most 0.3 with fresh pairs"},
    {"train", "encoder_lr_ratio", ES_REAL, 0, 0, INFINITY, NULL, "1", "1",
     "learning rate of all layers below the last linear one, over lr"},
    {"train", "eval_n", ES_SIZE, 0, 2, 1e6, NULL, "pairs", "512",
     "fixed pairs that spectra are measured on (at most data.n)"},
    {"train", "log_every", ES_SIZE, 0, 1, 1e9, NULL, "steps", "10",
     "steps between rows of the trace"},
    {"train", "checkpoint_every", ES_SIZE, 0, 1, 1e9, NULL, "steps", "100",
     "steps that a kill may lose"},
    {"train", "predict", ES_CHOICE, 0, 0, 0, "off|conjugate", NULL, "off",
     "before the first step, predict step times from the kernel of the last "
     "linear layer"},
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

es_status es_train_settle(es_config *config, es_diag *diag) {
  const bool linear =
      strcmp(es_config_text(config, "net", "arch"), "linear") == 0;
  es_status status = one_of(config, "epochs", "steps", diag);
  if (status == ES_OK) status = one_of(config, "lr", "lr_relative", diag);
  if (status == ES_OK && !has(config, "epochs"))
    status = es_config_suggest(config, "train", "steps", "1000", diag);
  if (status == ES_OK && !has(config, "lr_relative"))
    status = es_config_suggest(config, "train", "lr", "0.02", diag);
  if (status == ES_OK && linear)
    status = es_config_suggest(config, "augment", "shift", "3", diag);
  if (status == ES_OK && linear)
    status = es_config_suggest(config, "augment", "crop_min", "1", diag);
  return status;
}
