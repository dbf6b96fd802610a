/* Rows of a training's trace: see monitor.h. */
#include "models/resnet/monitor.h"

#include "base/slab.h"
#include "metrics/collapse.h"
#include "metrics/spectra.h"
#include "models/resnet/alignment.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VIEWS = 2, NAME = 64, HEAD = 5, MEASURES = 4 };

struct es_monitor {
  size_t n, d, width, k; /* eval pairs; values of embedding, representation */
  bool apart;            /* the representation is not the embedding */
  const es_network *network;
  es_alignment *alignment;
  size_t n_columns;
  char (*name)[NAME];
  double *row, *z, *h, *phi, *gamma, *scratch;
  es_spectra *spectra;
  es_slab slab;
};

static es_status allocate(es_monitor *m, es_diag *diag) {
  size_t total = 0;
  const size_t rows = VIEWS * m->n;
  es_slab_add(&total, m->n_columns, NAME);
  es_slab_add(&total, m->n_columns, sizeof(double));
  es_slab_add(&total, rows * m->d, sizeof(double));
  es_slab_add(&total, m->apart ? rows * m->width : 0, sizeof(double));
  es_slab_add(&total, rows * m->d, sizeof(double));
  es_slab_add(&total, rows * m->k, sizeof(double));
  es_slab_add(&total, m->k, sizeof(double));
  const es_status status = es_slab_open(&m->slab, total, diag);
  if (status != ES_OK) return status;
  m->name = es_slab_take(&m->slab, m->n_columns, NAME);
  m->row = es_slab_take(&m->slab, m->n_columns, sizeof(double));
  m->z = es_slab_take(&m->slab, rows * m->d, sizeof(double));
  m->h =
      m->apart ? es_slab_take(&m->slab, rows * m->width, sizeof(double)) : m->z;
  m->scratch = es_slab_take(&m->slab, rows * m->d, sizeof(double));
  m->phi = es_slab_take(&m->slab, rows * m->k, sizeof(double));
  m->gamma = es_slab_take(&m->slab, m->k, sizeof(double));
  return ES_OK;
}

static size_t name_family(es_monitor *m, size_t at, const char *family,
                          size_t n) {
  for (size_t j = 0; j < n; j++)
    snprintf(m->name[at + j], NAME, "%s_%zu", family, j + 1);
  return at + n;
}

static size_t name_measures(es_monitor *m, size_t at, const char *prefix) {
  static const char *const names[MEASURES] = {"auc", "rankme", "alpha_req",
                                              "participation_ratio"};
  for (size_t j = 0; j < MEASURES; j++)
    snprintf(m->name[at + j], NAME, "%s%s", prefix, names[j]);
  return at + MEASURES;
}

static void name_columns(es_monitor *m) {
  static const char *const head[HEAD] = {"t", "step", "epoch", "loss", "lr"};
  size_t at = 0;
  for (; at < HEAD; at++) snprintf(m->name[at], NAME, "%s", head[at]);
  at = name_family(m, at, "lambda", m->d);
  at = name_family(m, at, "cov_lambda", m->d);
  at = name_family(m, at, "repr_lambda", m->width);
  at = name_measures(m, at, "");
  at = name_measures(m, at, "emb_");
  for (size_t j = 0; j < es_alignment_columns(m->alignment); j++)
    es_alignment_column(m->alignment, j, m->name[at++], NAME);
  at = name_family(m, at, "along", m->k);
  at = name_family(m, at, "overlap", m->k);
  snprintf(m->name[at++], NAME, "emb_std");
  for (size_t k = 0; k < m->network->n_layers; k++) {
    char family[40];
    snprintf(family, sizeof family, "layer%zu_lambda", k + 1);
    at = name_family(m, at, family, m->network->layer[k].size);
  }
}

static es_status open_monitor(es_monitor *m, const es_trainer *trainer,
                              size_t k, es_diag *diag) {
  const es_network *network = es_trainer_network(trainer);
  m->n = es_trainer_eval_n(trainer);
  m->d = network->embedding.size;
  m->width = network->representation.size;
  m->apart = network->representation.output != network->embedding.output;
  m->k = k;
  m->network = network;
  es_status status =
      es_alignment_new(&m->alignment, network, VIEWS * m->n, diag);
  m->n_columns = HEAD + 2 * m->d + m->width + 2 * MEASURES +
                 es_alignment_columns(m->alignment) + 2 * k + 1;
  size_t widest = m->width > m->d ? m->width : m->d;
  for (size_t j = 0; j < network->n_layers; j++) {
    m->n_columns += network->layer[j].size;
    if (network->layer[j].size > widest) widest = network->layer[j].size;
  }
  if (status == ES_OK) status = allocate(m, diag);
  if (status != ES_OK) return status;
  name_columns(m);
  return es_spectra_new(&m->spectra, VIEWS * m->n, widest > k ? widest : k,
                        diag);
}

es_status es_monitor_new(es_monitor **out, const es_trainer *trainer, size_t k,
                         const double *phi, const double *gamma,
                         es_diag *diag) {
  *out = NULL;
  es_monitor *m = calloc(1, sizeof *m);
  if (m == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory for a monitor");
  const es_status status = open_monitor(m, trainer, k, diag);
  if (status != ES_OK) {
    es_monitor_free(m);
    return status;
  }
  if (k > 0) {
    memcpy(m->phi, phi, VIEWS * m->n * k * sizeof *phi);
    memcpy(m->gamma, gamma, k * sizeof *gamma);
  }
  *out = m;
  return ES_OK;
}

void es_monitor_free(es_monitor *monitor) {
  if (monitor == NULL) return;
  es_alignment_free(monitor->alignment);
  es_spectra_free(monitor->spectra);
  es_slab_close(&monitor->slab);
  free(monitor);
}

size_t es_monitor_columns(const es_monitor *m) { return m->n_columns; }

const char *es_monitor_column(const es_monitor *m, size_t j) {
  return m->name[j];
}

static double *put_measures(double *out, size_t d, const double *variances) {
  const es_collapse c = es_collapse_of_variances(d, variances);
  *out++ = c.auc;
  *out++ = c.rankme;
  *out++ = c.alpha_req;
  *out++ = c.participation_ratio;
  return out;
}

/* Spectra and what follows of them, from z and h. */
static es_status measure_spectra(es_monitor *m, double *out, es_diag *diag) {
  const size_t rows = VIEWS * m->n;
  double *lambda = out, *cov = lambda + m->d, *repr = cov + m->d;
  es_status status =
      es_spectra_cross(m->spectra, m->n, m->d, m->z, lambda, NULL, diag);
  if (status == ES_OK)
    status = es_spectra_covariance(m->spectra, rows, m->d, m->z, cov, diag);
  if (status == ES_OK)
    status =
        es_spectra_covariance(m->spectra, rows, m->width, m->h, repr, diag);
  if (status != ES_OK) return status;
  put_measures(put_measures(repr + m->width, m->width, repr), m->d, cov);
  return ES_OK;
}

static es_status measure_layers(es_monitor *m, const es_trainer *trainer,
                                double *out, es_diag *diag) {
  es_status status = ES_OK;
  for (size_t k = 0; status == ES_OK && k < m->network->n_layers; k++) {
    const size_t d = m->network->layer[k].size;
    status = es_spectra_covariance(m->spectra, VIEWS * m->n, d,
                                   es_trainer_layer(trainer, k), out, diag);
    out += d;
  }
  return status;
}

/* Fills the row behind its head. */
static es_status measure(es_monitor *m, const es_trainer *trainer, double *out,
                         es_diag *diag) {
  double *aligned = out + 2 * m->d + m->width + 2 * MEASURES;
  double *along = aligned + es_alignment_columns(m->alignment);
  es_status status = measure_spectra(m, out, diag);
  if (status == ES_OK)
    status =
        es_alignment_measure(m->alignment, es_trainer_params(trainer), m->z,
                             es_trainer_targets(trainer), aligned, diag);
  if (status == ES_OK && m->k > 0)
    status = es_spectra_along(m->spectra, m->n, m->d, m->k, m->z, m->phi,
                              m->gamma, along, along + m->k, diag);
  if (status != ES_OK) return status;
  double *spread = along + 2 * m->k;
  *spread = es_collapse_spread(VIEWS * m->n, m->d, m->z, m->scratch);
  return measure_layers(m, trainer, spread + 1, diag);
}

es_status es_monitor_row(es_monitor *m, es_trainer *trainer, const double **row,
                         es_diag *diag) {
  const double step = (double)es_trainer_done(trainer);
  double loss;
  es_status status = es_trainer_measure(trainer, NULL, m->apart ? m->h : NULL,
                                        m->z, &loss, diag);
  if (status != ES_OK) return status;
  m->row[0] = es_trainer_time(trainer, es_trainer_done(trainer));
  m->row[1] = step;
  m->row[2] = step / (double)es_pairs_per_epoch(es_trainer_pairs(trainer));
  m->row[3] = loss;
  m->row[4] = es_trainer_last_rate(trainer);
  *row = m->row;
  return measure(m, trainer, m->row + HEAD, diag);
}

const double *es_monitor_embedding(const es_monitor *m) { return m->z; }
