/* A kernel and its eigenfunctions: see barlow_kernel.h. */
#include "overlay/barlow_kernel.h"

#include <stdio.h>
#include <stdlib.h>

void es_barlow_kernel_free(es_barlow_kernel *kernel) {
  es_held_free(&kernel->held);
  free(kernel->phi);
  *kernel = (es_barlow_kernel){0};
}

/* Eigenfunctions of the modes that are some. */
static es_status find_functions(es_barlow_kernel *k, const es_features *f,
                                es_diag *diag) {
  const size_t m = f->m;
  double *all = es_zeroed(k->rows, m, sizeof *all);
  for (size_t j = 0; j < m; j++) k->r += k->held.gamma[j] != 0;
  k->phi = es_zeroed(k->rows, k->r + 1, sizeof *k->phi);
  if (all == NULL || k->phi == NULL) {
    free(all);
    return es_fail(diag, ES_NO_MEMORY, "no memory for eigenfunctions");
  }
  es_held_functions(&k->held, k->rows, f->B, m, all);
  for (size_t i = 0; i < k->rows; i++)
    for (size_t j = 0, c = 0; j < m; j++)
      if (k->held.gamma[j] != 0) k->phi[i * k->r + c++] = (float)all[i * m + j];
  free(all);
  return ES_OK;
}

es_status es_barlow_kernel_new(es_barlow_kernel *out, const es_features *f,
                               const double *W, bool spectral, es_diag *diag) {
  *out = (es_barlow_kernel){.rows = 2 * f->n};
  es_status status = es_held_new(&out->held, f->n, f->m, f->B, f->d, W, diag);
  if (status == ES_OK && spectral)
    status = es_held_spread(&out->held, f->n, f->B, diag);
  return status == ES_OK ? find_functions(out, f, diag) : status;
}

/* GROUP/name. */
static const char *at(char out[64], const char *group, const char *name) {
  snprintf(out, 64, "%s/%s", group, name);
  return out;
}

es_status es_barlow_kernel_save(const es_barlow_kernel *kernel,
                                const char *group, es_h5 *file, es_diag *diag) {
  const es_held *k = &kernel->held;
  const size_t shape[] = {kernel->rows, kernel->r};
  char name[64];
  es_status status =
      es_h5_write(file, at(name, group, "gamma"), k->gamma, &k->m, 1, diag);
  if (status == ES_OK)
    status = es_h5_write_columns(file, at(name, group, "Z0"), k->Z0, k->d, k->m,
                                 diag);
  if (status == ES_OK && kernel->r > 0)
    status = es_h5_write_float(file, at(name, group, "phi"), kernel->phi, shape,
                               2, diag);
  return status == ES_OK && k->S != NULL
             ? es_h5_write_columns(file, at(name, group, "S"), k->S, k->m, k->m,
                                   diag)
             : status;
}
