/* InfoNCE of a linear map: Z = W x, Z' = W x', G = -dL/dZ x^T - dL/dZ' x'^T.
 * Products are cut into panels by their sizes alone and each is one thread's:
 * the bits do not depend on the number of threads. */
#include "contrast/infonce_parts.h"

#include "linalg/linalg.h"

#include <stdlib.h>

enum { PANEL = 256 };

es_status es_infonce_scratch(es_infonce *w, size_t count) {
  if (count <= w->spare_size) return ES_OK;
  free(w->spare);
  w->spare_size = 0;
  w->spare = es_zeroed(count, 1, sizeof(double));
  if (w->spare == NULL) return ES_NO_MEMORY;
  w->spare_size = count;
  return ES_OK;
}

void es_infonce_product(size_t rows, size_t m, size_t n, double alpha,
                        const double *A, const double *B, double beta,
                        double *M) {
  const size_t panels = (m + PANEL - 1) / PANEL;
#pragma omp parallel
  {
    const int before = es_blas_serial();
#pragma omp for schedule(dynamic)
    for (size_t p = 0; p < panels; p++) {
      const size_t from = m * p / panels, to = m * (p + 1) / panels;
      es_gemm(false, true, rows, to - from, n, alpha, A, rows, B + from, m,
              beta, M + from * rows, rows);
    }
    es_blas_resume(before);
  }
}

static void embed(const es_infonce *w, size_t m, const double *W,
                  const double *x, double *Z) {
  const size_t d = w->d, n = w->n, panels = (n + PANEL - 1) / PANEL;
#pragma omp parallel
  {
    const int before = es_blas_serial();
#pragma omp for schedule(dynamic)
    for (size_t p = 0; p < panels; p++) {
      const size_t from = n * p / panels, to = n * (p + 1) / panels;
      es_gemm(false, false, d, to - from, m, 1, W, d, x + from * m, m, 0,
              Z + from * d, d);
    }
    es_blas_resume(before);
  }
}

es_status es_infonce_push(es_infonce *w, size_t m, const double *W,
                          const double *x, const double *xp, double *loss,
                          double *G) {
  const size_t size = w->d * w->n;
  es_status status = es_infonce_scratch(w, es_size_product(4, size));
  if (status != ES_OK) return status;
  double *Z = w->spare, *Zp = Z + size, *dZ = Zp + size, *dZp = dZ + size;
  embed(w, m, W, x, Z);
  embed(w, m, W, xp, Zp);
  status = es_infonce_gradient(w, Z, Zp, loss, G == NULL ? NULL : dZ,
                               G == NULL ? NULL : dZp);
  if (status != ES_OK || G == NULL) return status;
  es_infonce_product(w->d, m, w->n, -1, dZ, x, 0, G);
  es_infonce_product(w->d, m, w->n, -1, dZp, xp, 1, G);
  return ES_OK;
}
