/* Gamma of `barlow-twins` and its eigenbasis, from a list, a matrix or data. */
#include "models/linear/barlow.h"

#include "base/slab.h"
#include "data/moments.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

es_status es_barlow_no_memory(es_diag *diag) {
  return es_fail(diag, ES_NO_MEMORY, "no memory for the model");
}

void *es_barlow_cells(size_t a, size_t b, size_t size) {
  size_t n;
  if (!es_size_mul(&n, a, b) || n == 0) return NULL;
  return calloc(n, size);
}

typedef struct ranked {
  double gamma;
  size_t place;
} ranked;

/* Falling, equal ones in the order of the list. */
static int by_falling_gamma(const void *a, const void *b) {
  const ranked *x = a, *y = b;
  if (x->gamma != y->gamma) return x->gamma < y->gamma ? 1 : -1;
  return x->place < y->place ? -1 : 1;
}

/* gamma from a list: Gamma is diagonal, the basis is a permutation. An aligned
 * start keeps the order of the list; otherwise modes fall. */
static es_status spectrum_from_list(barlow *b, const es_config *config,
                                    es_diag *diag) {
  const double *list = es_config_list(config, "model", "gamma", &b->m);
  ranked *row = es_barlow_cells(b->m, 1, sizeof *row);
  b->gamma = es_barlow_cells(b->m, 1, sizeof *b->gamma);
  b->order = es_barlow_cells(b->m, 1, sizeof *b->order);
  if (row == NULL || b->gamma == NULL || b->order == NULL) {
    free(row);
    return es_barlow_no_memory(diag);
  }
  for (size_t i = 0; i < b->m; i++) row[i] = (ranked){list[i], i};
  if (!b->aligned) qsort(row, b->m, sizeof *row, by_falling_gamma);
  for (size_t i = 0; i < b->m; i++) {
    b->gamma[i] = row[i].gamma;
    b->order[i] = row[i].place;
  }
  free(row);
  return ES_OK;
}

/* Falling eigenvalues, each vector's largest entry positive, and eigenvalues
 * below roundoff set to 0: they are Gamma's null space. */
static void tidy_basis(barlow *b) {
  const size_t m = b->m;
  for (size_t i = 0, j = m - 1; i < j; i++, j--) {
    const double g = b->gamma[i];
    b->gamma[i] = b->gamma[j];
    b->gamma[j] = g;
    for (size_t r = 0; r < m; r++) {
      const double v = b->V[r + i * m];
      b->V[r + i * m] = b->V[r + j * m];
      b->V[r + j * m] = v;
    }
  }
  const double top = fmax(fabs(b->gamma[0]), fabs(b->gamma[m - 1]));
  for (size_t j = 0; j < m; j++) {
    double *v = b->V + j * m, largest = 0;
    for (size_t r = 0; r < m; r++)
      if (fabs(v[r]) > fabs(largest)) largest = v[r];
    for (size_t r = 0; largest < 0 && r < m; r++) v[r] = -v[r];
    if (fabs(b->gamma[j]) <= (double)m * 2.3e-16 * top) b->gamma[j] = 0;
  }
}

/* Takes ownership of Gamma (m×m), which becomes V. */
static es_status spectrum_of(barlow *b, double *Gamma, es_diag *diag) {
  b->V = Gamma;
  b->gamma = es_barlow_cells(b->m, 1, sizeof *b->gamma);
  if (b->gamma == NULL) return es_barlow_no_memory(diag);
  for (size_t i = 0; i < b->m * b->m; i++)
    if (!isfinite(Gamma[i]))
      return es_fail(diag, ES_NOT_FINITE,
                     "Gamma is not finite: the data's values are too large");
  const es_status status = es_eigen_symmetric(b->m, b->V, b->gamma, true, diag);
  if (status == ES_OK) tidy_basis(b);
  return status;
}

static es_status spectrum_from_matrix(barlow *b, const es_config *config,
                                      es_diag *diag) {
  const es_matrix *Gamma = es_config_matrix(config, "model", "Gamma");
  b->m = Gamma->rows;
  double *copy = es_barlow_cells(b->m, b->m, sizeof *copy);
  if (copy == NULL) return es_barlow_no_memory(diag);
  memcpy(copy, Gamma->data, b->m * b->m * sizeof *copy);
  return spectrum_of(b, copy, diag);
}

/* Centred data have centred points. */
static void shift_points(barlow *b, const double *mean) {
  for (size_t i = 0; i < b->n_points; i++)
    for (size_t r = 0; r < b->m; r++) b->points[r + i * b->m] -= mean[r];
}

static void ask(void *self, const char *what, double done, double total) {
  es_barlow_asked *a = self;
  a->stop =
      a->watch != NULL && a->watch->ask(a->watch->context, what, done, total);
}

static bool was_stopped(void *self) { return ((es_barlow_asked *)self)->stop; }

es_progress es_barlow_progress(es_barlow_asked *self) {
  return (es_progress){ask, was_stopped, self};
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
  es_barlow_asked self = {watch, false};
  const es_progress progress = es_barlow_progress(&self);
  es_status status = es_dataset_open(&set, config, diag);
  if (status == ES_OK) {
    b->from_data = b->needs_d = true;
    b->data_crc = es_dataset_checksum(set);
    status =
        es_moments_new(&moments, set, es_config_flag(config, "data", "center"),
                       &progress, diag);
  }
  if (status == ES_OK) {
    b->m = moments.m;
    status = spectrum_of(b, moments.Gamma, diag);
    moments.Gamma = NULL;
  }
  if (status == ES_OK) keep_geometry(b, set);
  if (status == ES_OK)
    status = es_barlow_points(&b->points, &b->n_points, set, config, diag);
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
  if (list) return spectrum_from_list(b, config, diag);
  if (matrix) return spectrum_from_matrix(b, config, diag);
  return spectrum_from_data(b, config, watch, diag);
}
