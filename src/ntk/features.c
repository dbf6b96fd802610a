/* A kernel of a network as features: see features.h. */
#include "ntk/features_own.h"

#include <string.h>

es_status es_features_allocate(es_features *f, es_diag *diag) {
  const size_t rows = es_size_product(2, f->n);
  const size_t sizes[] = {es_size_product(rows, f->m),
                          es_size_product(f->d, f->m),
                          es_size_product(rows, f->d)};
  double **const pieces[] = {&f->B, &f->W, &f->F};
  size_t total = 0;
  for (size_t k = 0; k < 3; k++) es_slab_add(&total, sizes[k], sizeof(double));
  const es_status status = es_slab_open(&f->slab, total, diag);
  for (size_t k = 0; status == ES_OK && k < 3; k++)
    *pieces[k] = es_slab_take(&f->slab, sizes[k], sizeof(double));
  return status;
}

static es_status check_conjugate(const es_features *f,
                                 const es_network *network,
                                 const es_config *config, es_diag *diag) {
  if (!es_network_ends_linear(network))
    return es_config_blame(config, "method", "projector", diag,
                           "the kernel of the last linear layer is wanted, and "
                           "the embedding is not the output of one that "
                           "learns");
  if (f->d > f->m)
    return es_config_blame(config, "method", "dim", diag,
                           "the last layer has %zu inputs, and theory needs "
                           "a whole number in [1, %zu]",
                           f->m, f->m);
  return ES_OK;
}

static es_status conjugate(es_features *f, es_trainer *trainer,
                           const es_config *config, es_diag *diag) {
  const es_network *network = es_trainer_network(trainer);
  f->m = network->penultimate.size;
  es_status status = check_conjugate(f, network, config, diag);
  if (status == ES_OK) status = es_features_allocate(f, diag);
  if (status == ES_OK)
    status = es_trainer_measure(trainer, f->B, NULL, f->F, NULL, diag);
  if (status != ES_OK) return status;
  const es_tensor *last = &network->graph.param[network->last];
  const float *weight = es_trainer_params(trainer) + last->offset;
  for (size_t k = 0; k < last->size; k++) f->W[k] = (double)weight[k];
  f->spread = 1;
  return ES_OK;
}

es_status es_features_measure(es_features *out, es_kernel_kind kind,
                              es_trainer *trainer, const es_config *config,
                              es_diag *diag) {
  *out = (es_features){.n = es_trainer_eval_n(trainer),
                       .d = es_trainer_network(trainer)->embedding.size};
  const es_status status = kind == ES_KERNEL_NTK
                               ? es_features_tangent(out, trainer, config, diag)
                               : conjugate(out, trainer, config, diag);
  if (status != ES_OK) es_features_free(out);
  return status;
}

void es_features_free(es_features *features) {
  es_slab_close(&features->slab);
  memset(features, 0, sizeof *features);
}
