/* The last linear maps of a network: see contrastive_maps.h. */
#include "overlay/contrastive_maps.h"

#include "base/order.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void place(es_maps *m) {
  for (size_t l = 0; l < m->layers; l++)
    m->at[l + 1] = m->at[l] + m->width[l] * m->width[l + 1];
}

es_maps es_maps_of(size_t layers, const size_t *width) {
  es_maps m = {.layers = layers, .rate = {1, 1}};
  memcpy(m.width, width, (layers + 1) * sizeof *width);
  place(&m);
  return m;
}

/* Whether h, at that node, can be had. */
static bool find_input(es_maps *m, const es_network *network, size_t node) {
  const es_graph *g = &network->graph;
  if (node == 0)
    m->input = ES_MAPS_IMAGE;
  else if (node == g->output[network->representation.output])
    m->input = ES_MAPS_REPRESENTATION;
  else
    return false;
  return true;
}

/* A last layer in the encoder goes at a projector's rate (descent.h). */
static void find_rate(es_maps *m, size_t l, const es_network *network,
                      const es_config *config) {
  const size_t p = m->param[l];
  const bool encoder =
      p != network->last && es_network_group(network, p) == ES_GROUP_ENCODER;
  m->rate[l] =
      encoder ? es_config_real(config, "train", "encoder_lr_ratio") : 1;
  m->decay[l] = m->rate[l] * es_config_real(config, "train",
                                            encoder ? "weight_decay"
                                                    : "projector_weight_decay");
}

es_status es_maps_find(es_maps *out, const es_network *network,
                       const es_config *config, es_diag *diag) {
  const es_graph *g = &network->graph;
  if (!es_network_ends_linear(network) || es_network_orthogonal(network))
    return es_config_blame(config, "method", "projector", diag,
                           "theory of contrast needs an embedding that is a "
                           "linear map's, free to move");
  const es_node *z = &g->node[g->output[network->embedding.output]];
  const es_node *before = &g->node[z->from[0]];
  *out = (es_maps){.layers = 1, .input = ES_MAPS_PENULTIMATE};
  const bool two = before->op == ES_OP_LINEAR && before->bias == ES_NONE &&
                   es_network_trains(network, before->weight) &&
                   find_input(out, network, before->from[0]);
  if (two) out->param[0] = before->weight;
  if (two) out->layers = 2;
  out->param[out->layers - 1] = network->last;
  if (!two && z->from[0] == 0) out->input = ES_MAPS_IMAGE;
  for (size_t l = 0; l < out->layers; l++) {
    const es_tensor *W = &g->param[out->param[l]];
    out->width[l] = W->dims[1];
    out->width[l + 1] = W->dims[0];
    find_rate(out, l, network, config);
  }
  place(out);
  return ES_OK;
}

void es_maps_take(const es_maps *maps, const es_trainer *trainer, double *W) {
  const es_graph *g = &es_trainer_network(trainer)->graph;
  for (size_t l = 0; l < maps->layers; l++) {
    const es_tensor *t = &g->param[maps->param[l]];
    const float *from = es_trainer_params(trainer) + t->offset;
    for (size_t k = 0; k < t->size; k++) W[maps->at[l] + k] = (double)from[k];
  }
}

static void take_images(const es_trainer *trainer, size_t m, double *h) {
  const es_pairs *pairs = es_trainer_pairs(trainer);
  const double *mean = es_pairs_mean(pairs);
  const size_t n = es_trainer_eval_n(trainer);
#pragma omp parallel for schedule(static)
  for (size_t k = 0; k < 2 * n; k++) {
    const bool second = k >= n;
    double *row = h + k * m;
    es_dataset_view(es_pairs_set(pairs), second ? k - n : k, 0, second, row);
    for (size_t j = 0; mean != NULL && j < m; j++) row[j] -= mean[j];
  }
}

es_status es_maps_features(const es_maps *maps, es_trainer *trainer, double *h,
                           es_diag *diag) {
  switch (maps->input) {
  case ES_MAPS_IMAGE:
    take_images(trainer, maps->width[0], h);
    return ES_OK;
  case ES_MAPS_REPRESENTATION:
    return es_trainer_measure(trainer, NULL, h, NULL, NULL, diag);
  case ES_MAPS_PENULTIMATE:
    break;
  }
  return es_trainer_measure(trainer, h, NULL, NULL, NULL, diag);
}

struct es_map_columns {
  es_maps maps;
  size_t modes[ES_MAPS], aligned, n;
  es_singular *of[ES_MAPS];
  es_svd *left[ES_MAPS];
  double *T;         /* the transpose of a map */
  double *U[2], *s;  /* k×k and k, k = width[1] */
  double *law, *now; /* k×k */
  es_slab slab;
};

/* A map as the network has it is, column by column, its transpose. */
static void transpose(size_t rows, size_t columns, const double *A,
                      double *out) {
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < columns; j++) out[i + j * rows] = A[i * columns + j];
}

/* W_1 W_1^T/rate_1 - W_2^T W_2/rate_2. */
static void law_of(const es_map_columns *c, const double *W, double *out) {
  const es_maps *m = &c->maps;
  const size_t k = m->width[1], h = m->width[0], d = m->width[2];
  es_gemm(true, false, k, k, h, 1 / m->rate[0], W, h, W, h, 0, out, k);
  es_gemm(false, true, k, k, d, -1 / m->rate[1], W + m->at[1], k, W + m->at[1],
          k, 1, out, k);
}

static es_status plan(es_map_columns *c, es_diag *diag) {
  const es_maps *m = &c->maps;
  const size_t k = m->width[1], square = es_size_product(k, k);
  size_t widest = 0, total = 0;
  for (size_t l = 0; l < m->layers; l++)
    if (m->at[l + 1] - m->at[l] > widest) widest = m->at[l + 1] - m->at[l];
  es_slab_add(&total, widest, sizeof(double));
  for (int i = 0; i < 4; i++) es_slab_add(&total, square, sizeof(double));
  es_slab_add(&total, k, sizeof(double));
  es_status status = es_slab_open(&c->slab, total, diag);
  if (status != ES_OK) return status;
  double **const squares[] = {&c->U[0], &c->U[1], &c->law, &c->now};
  c->T = es_slab_take(&c->slab, widest, sizeof(double));
  for (int i = 0; i < 4; i++)
    *squares[i] = es_slab_take(&c->slab, square, sizeof(double));
  c->s = es_slab_take(&c->slab, k, sizeof(double));
  for (size_t l = 0; status == ES_OK && l < m->layers; l++)
    status = es_singular_new(&c->of[l], m->width[l], m->width[l + 1], diag);
  for (size_t l = 0; status == ES_OK && m->layers == 2 && l < 2; l++)
    status = es_svd_new(&c->left[l], k, m->width[2 * l], diag);
  return status;
}

es_status es_map_columns_new(es_map_columns **out, const es_maps *maps,
                             const double *W0, es_diag *diag) {
  es_map_columns *c = calloc(1, sizeof *c);
  *out = c;
  if (c == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  c->maps = *maps;
  for (size_t l = 0; l < maps->layers; l++) {
    c->modes[l] = es_least(maps->width[l], maps->width[l + 1]);
    c->n += c->modes[l];
  }
  if (maps->layers == 2) {
    c->aligned = es_least(c->modes[0], c->modes[1]);
    c->n += c->aligned + 1;
  }
  const es_status status = plan(c, diag);
  if (status == ES_OK && maps->layers == 2) law_of(c, W0, c->law);
  if (status == ES_OK) return ES_OK;
  es_map_columns_free(c);
  *out = NULL;
  return status;
}

void es_map_columns_free(es_map_columns *c) {
  if (c == NULL) return;
  for (size_t l = 0; l < ES_MAPS; l++) {
    es_singular_free(c->of[l]);
    es_svd_free(c->left[l]);
  }
  es_slab_close(&c->slab);
  free(c);
}

size_t es_map_columns_count(const es_map_columns *c) { return c->n; }

size_t es_map_columns_sigma(const es_map_columns *c) {
  return c->modes[0] + c->modes[1];
}

void es_map_columns_name(const es_map_columns *c, size_t j, char *name,
                         size_t size) {
  const size_t sigma = es_map_columns_sigma(c);
  if (j < c->modes[0])
    snprintf(name, size, "sigma_1_%zu", j + 1);
  else if (j < sigma)
    snprintf(name, size, "sigma_2_%zu", j - c->modes[0] + 1);
  else if (j < sigma + c->aligned)
    snprintf(name, size, "alignment_%zu", j - sigma + 1);
  else
    snprintf(name, size, "conserved_residual");
}

/* Left singular vectors of W_1 and of W_2^T. */
static es_status alignment(es_map_columns *c, const double *W, double *out) {
  const es_maps *m = &c->maps;
  const size_t k = m->width[1];
  transpose(k, m->width[0], W, c->T);
  es_status status = es_svd_left(c->left[0], c->T, c->s, c->U[0]);
  if (status == ES_OK)
    status = es_svd_left(c->left[1], W + m->at[1], c->s, c->U[1]);
  for (size_t j = 0; status == ES_OK && j < c->aligned; j++) {
    double dot = 0;
    for (size_t i = 0; i < k; i++)
      dot += c->U[0][i + j * k] * c->U[1][i + j * k];
    out[j] = fabs(dot);
  }
  return status;
}

static double conserved(es_map_columns *c, double t, const double *W) {
  const es_maps *m = &c->maps;
  const size_t n = m->width[1] * m->width[1];
  if (m->decay[0] != m->decay[1]) return NAN;
  const double left = exp(-2 * m->decay[0] * t);
  law_of(c, W, c->now);
  for (size_t i = 0; i < n; i++) c->now[i] -= left * c->law[i];
  return es_norm(n, c->now);
}

es_status es_map_columns_row(es_map_columns *c, double t, const double *W,
                             double *out, es_diag *diag) {
  const es_maps *m = &c->maps;
  es_status status = ES_OK;
  for (size_t l = 0; status == ES_OK && l < m->layers; l++) {
    status = es_singular_run(c->of[l], W + m->at[l], out);
    out += c->modes[l];
  }
  if (status == ES_OK && m->layers == 2) status = alignment(c, W, out);
  if (status != ES_OK)
    return es_fail(diag, status, "the last maps have no singular values");
  if (m->layers == 2) out[c->aligned] = conserved(c, t, W);
  return ES_OK;
}
