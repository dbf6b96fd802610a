/* A kernel of a network with its eigenfunctions on the eval pairs, as it is
 * kept for overlays. Private to the room. */
#ifndef ES_OVERLAY_BARLOW_KERNEL_H
#define ES_OVERLAY_BARLOW_KERNEL_H

#include "file/h5.h"
#include "ntk/features.h"
#include "ntk/held.h"

typedef struct es_barlow_kernel {
  es_held held;
  size_t rows, r; /* 2·eval_n; modes whose gamma is not 0: r <= rows */
  float *phi;     /* rows×r, row-major, in the order of gamma: phi_j(x) */
} es_barlow_kernel;

/* Of features with the start W (d×m, row-major); spectral: with Sigma for that
 * loss. Free with es_barlow_kernel_free, which accepts a zeroed one. */
es_status es_barlow_kernel_new(es_barlow_kernel *out, const es_features *f,
                               const double *W, bool spectral,
                               es_diag *diag) ES_MUST_USE;
void es_barlow_kernel_free(es_barlow_kernel *kernel);

/* Writes GROUP/gamma (m), GROUP/Z0 (d×m), GROUP/phi (rows×r, 32-bit floats)
 * and, with the spectral loss, GROUP/S (m×m). */
es_status es_barlow_kernel_save(const es_barlow_kernel *kernel,
                                const char *group, es_h5 *file,
                                es_diag *diag) ES_MUST_USE;

#endif
