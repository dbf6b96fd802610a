/* What the tests of the losses and preconditioners share. */
#ifndef ES_TESTS_MODELS_BARLOW_FLOWS_H
#define ES_TESTS_MODELS_BARLOW_FLOWS_H

#include "tests/models/kernels.h"

#define TRACE(...)                                                             \
  trace_of(&es_model_barlow_twins, (const char *const[]){__VA_ARGS__, NULL})

static inline double at(const trace *t, size_t row, size_t column) {
  return t->row[row * t->columns + column];
}

/* The settings of each flow, for modes that both signs of gamma occur in. */
static const char *const flows[][4] = {
    {"loss=vicreg", "sigma=1.1,0.9,0.3,0.4", "nu=0.8", "precondition=none"},
    {"loss=vicreg", "sigma=1.1,0.9,0.2,0.4", "nu=1", "precondition=none"},
    {"loss=spectral", "sigma=1.1,0.9,0.3,0.4", "precondition=none", "d=4"},
    {"precondition=left", "precondition_epsilon=0.1", "d=4", "loss=covariance"},
    {"precondition=logdet", "precondition_epsilon=0.1", "mu=0.3", "d=4"},
};
enum { FLOWS = sizeof flows / sizeof *flows };

#define APART                                                                  \
  "Gamma=[[1,0.2,0],[0.2,0.6,0.1],[0,0.1,0.3]]",                               \
      "Sigma=[[1.3,0.1,0.2],[0.1,0.9,0],[0.2,0,0.5]]"

#endif
