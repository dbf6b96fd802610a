/* Gamma of `barlow-twins` and its eigenbasis, from a list, a matrix or data. */
#include "models/linear/barlow.h"

#include "base/finite.h"
#include "base/order.h"
#include "data/moments.h"
#include "models/linear/asked.h"
#include "models/linear/basis.h"
#include "models/linear/given.h"
#include "models/linear/points.h"

#include <eigenstep/barlow_twins.h>
#include <stdlib.h>
#include <string.h>

/* sigma beside gamma, where the flow has it; NULL where it has not. */
static es_status read_sigma(const double **sigma, const barlow *b,
                            const es_config *config, es_diag *diag) {
  size_t n = 0;
  *sigma = NULL;
  if (!b->flow->by_sigma) return ES_OK;
  if (es_config_has(config, "model", "Sigma"))
    return es_fail(diag, ES_USAGE,
                   "model.Sigma goes with model.Gamma; beside model.gamma give "
                   "model.sigma");
  const double *gamma = es_config_list(config, "model", "gamma", &n);
  *sigma = es_config_list(config, "model", "sigma", &n);
  if (*sigma == NULL)
    return es_fail(diag, ES_USAGE,
                   "model.sigma: loss=%s needs it beside model.gamma",
                   b->flow->loss);
  if (n != b->m)
    return es_config_blame(config, "model", "sigma", diag,
                           "%zu values for %zu of gamma", n, b->m);
  for (size_t j = 0; j < n; j++)
    if ((*sigma)[j] == 0 && gamma[j] != 0)
      return es_config_blame(config, "model", "sigma", diag,
                             "mode %zu has sigma = 0 and gamma = %.6g: no pair "
                             "of views has that",
                             j + 1, gamma[j]);
  return ES_OK;
}

static es_status rank_modes(barlow *b, const double *gamma, const double *sigma,
                            es_diag *diag) {
  es_ranked *row = es_zeroed(b->m, 1, sizeof *row);
  if (row == NULL) return es_barlow_no_memory(diag);
  for (size_t i = 0; i < b->m; i++)
    row[i] = (es_ranked){sigma == NULL
                             ? gamma[i]
                             : es_barlow_vicreg_rate(gamma[i], sigma[i], b->nu),
                         i};
  if (!b->aligned) es_rank_falling(row, b->m);
  for (size_t i = 0; i < b->m; i++) {
    b->order[i] = row[i].place;
    b->rate[i] = row[i].key;
    b->gamma[i] = gamma[row[i].place];
    if (sigma != NULL) b->sigma[i] = sigma[row[i].place];
  }
  free(row);
  return ES_OK;
}

/* gamma from a list: Gamma is diagonal, the basis is a permutation. An aligned
 * start keeps the order of the list; otherwise rates fall. */
static es_status spectrum_from_list(barlow *b, const es_config *config,
                                    es_diag *diag) {
  const double *list = es_config_list(config, "model", "gamma", &b->m);
  const double *sigma;
  const es_status status = read_sigma(&sigma, b, config, diag);
  if (status != ES_OK) return status;
  b->gamma = es_zeroed(b->m, 1, sizeof *b->gamma);
  b->rate = es_zeroed(b->m, 1, sizeof *b->rate);
  b->order = es_zeroed(b->m, 1, sizeof *b->order);
  if (sigma != NULL) b->sigma = es_zeroed(b->m, 1, sizeof *b->sigma);
  if (b->gamma == NULL || b->rate == NULL || b->order == NULL ||
      (sigma != NULL && b->sigma == NULL))
    return es_barlow_no_memory(diag);
  return rank_modes(b, list, sigma, diag);
}

/* Takes ownership of Gamma (m×m), which becomes V. */
static es_status spectrum_of(barlow *b, double *Gamma, es_diag *diag) {
  b->V = Gamma;
  b->gamma = es_zeroed(b->m, 1, sizeof *b->gamma);
  if (b->gamma == NULL) return es_barlow_no_memory(diag);
  if (!es_all_finite(b->m * b->m, Gamma))
    return es_fail(diag, ES_NOT_FINITE,
                   "Gamma is not finite: the data's values are too large");
  return es_basis_falling(b->m, b->V, b->gamma, diag);
}

static es_status both_from_matrices(barlow *b, const es_matrix *Gamma,
                                    const es_config *config, es_diag *diag) {
  const es_matrix *Sigma = es_config_matrix(config, "model", "Sigma");
  es_diag inner = {0};
  if (Sigma == NULL || es_config_has(config, "model", "sigma"))
    return es_fail(diag, ES_USAGE,
                   "model.Sigma: loss=%s needs it (not sigma) beside "
                   "model.Gamma",
                   b->flow->loss);
  if (Sigma->rows != b->m)
    return es_config_blame(config, "model", "Sigma", diag,
                           "%zu by %zu, but Gamma is %zu by %zu", Sigma->rows,
                           Sigma->cols, b->m, b->m);
  double *first = es_given_copy(Gamma), *second = es_given_copy(Sigma);
  if (first == NULL || second == NULL) {
    free(first);
    free(second);
    return es_barlow_no_memory(diag);
  }
  const es_status status = es_barlow_two_moments(b, first, second, &inner);
  if (status == ES_BAD_VALUE)
    return es_config_blame(config, "model", "Sigma", diag, "%s", inner.message);
  return status == ES_OK ? ES_OK : es_fail(diag, status, "%s", inner.message);
}

static es_status spectrum_from_matrix(barlow *b, const es_config *config,
                                      es_diag *diag) {
  const es_matrix *Gamma = es_config_matrix(config, "model", "Gamma");
  b->m = Gamma->rows;
  if (b->flow->by_sigma) return both_from_matrices(b, Gamma, config, diag);
  double *copy = es_given_copy(Gamma);
  if (copy == NULL) return es_barlow_no_memory(diag);
  return spectrum_of(b, copy, diag);
}

/* Centred data have centred points. */
static void shift_points(barlow *b, const double *mean) {
  for (size_t i = 0; i < b->n_points; i++)
    for (size_t r = 0; r < b->m; r++) b->points[r + i * b->m] -= mean[r];
}

static void keep_geometry(barlow *b, const es_dataset *set) {
  size_t channels, side;
  es_dataset_geometry(set, &channels, &side);
  b->image_shape[0] = (double)channels;
  b->image_shape[1] = b->image_shape[2] = (double)side;
}

static es_status spectrum_from_data(barlow *b, const es_config *config,
                                    const es_watch *watch, es_diag *diag) {
  es_dataset *set = NULL;
  es_moments moments = {0};
  es_asked asked = {watch, false};
  const es_progress progress = es_asked_progress(&asked);
  es_status status = es_dataset_open_whitened(&set, config, &progress, diag);
  if (status == ES_OK) {
    b->from_data = b->needs_d = true;
    b->data_crc = es_dataset_checksum(set);
    status =
        es_moments_new(&moments, set, es_config_flag(config, "data", "center"),
                       &progress, diag);
  }
  if (status == ES_OK) {
    b->m = moments.m;
    if (b->flow->by_sigma) {
      status = es_barlow_two_moments(b, moments.Gamma, moments.Sigma, diag);
      moments.Sigma = NULL;
    } else {
      status = spectrum_of(b, moments.Gamma, diag);
    }
    moments.Gamma = NULL;
  }
  if (status == ES_OK) keep_geometry(b, set);
  if (status == ES_OK)
    status = es_points_new(&b->points, &b->n_points, set, config, diag);
  if (status == ES_OK && es_config_flag(config, "output", "modes"))
    status = es_barlow_factors_new(b, set, &progress, diag);
  if (status == ES_OK && es_config_flag(config, "data", "center"))
    shift_points(b, moments.mean);
  es_moments_free(&moments);
  es_dataset_free(set);
  return status;
}

es_status es_barlow_spectrum(barlow *b, const es_config *config,
                             const es_watch *watch, es_diag *diag) {
  const bool list = es_config_has(config, "model", "gamma");
  const bool matrix = es_config_has(config, "model", "Gamma");
  const bool data = es_config_given(config, "data", NULL) ||
                    es_config_given(config, "augment", NULL);
  if (list + matrix + data > 1)
    return es_fail(diag, ES_USAGE,
                   "give one of model.gamma, model.Gamma and [data]");
  if (data && (es_config_has(config, "model", "sigma") ||
               es_config_has(config, "model", "Sigma")))
    return es_fail(diag, ES_USAGE,
                   "model.sigma and model.Sigma: [data] has its own Sigma");
  if (list) return spectrum_from_list(b, config, diag);
  if (matrix) return spectrum_from_matrix(b, config, diag);
  return spectrum_from_data(b, config, watch, diag);
}
