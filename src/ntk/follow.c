/* Descent with a kernel that moves: see follow.h. Matrices of d rows are
 * column-major, so that a row-major 2n×d F is F^T as it lies in memory. */
#include "ntk/follow.h"

#include "base/slab.h"
#include "linalg/linalg.h"
#include "metrics/spectra.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct es_follow {
  size_t n, d, m; /* m = 0: no kernel yet */
  double rate;
  bool spectral, lost; /* lost: blown up */
  uint64_t step, kernel_step;
  double *F, *spread, *excess; /* 2n×d; d×d each, of F and on the way */
  double *mean;                /* d */
  es_eigen *eigen;
  es_slab slab;
  /* Of the kernel. */
  double *B, *Gamma, *Sigma; /* 2n×m; m×m each, Sigma with spectral only */
  double *D, *A, *A0;        /* d×m each */
  double *T, *T0;            /* d×m each, with spectral only */
  es_slab kernel;
};

static es_status open_slab(es_follow *f, es_diag *diag) {
  const size_t cells = es_size_product(2 * f->n, f->d), d = f->d;
  size_t total = 0;
  es_slab_add(&total, cells, sizeof(double));
  for (int k = 0; k < 2; k++) es_slab_add(&total, d * d, sizeof(double));
  es_slab_add(&total, d, sizeof(double));
  const es_status status = es_slab_open(&f->slab, total, diag);
  if (status != ES_OK) return status;
  f->F = es_slab_take(&f->slab, cells, sizeof(double));
  f->spread = es_slab_take(&f->slab, d * d, sizeof(double));
  f->excess = es_slab_take(&f->slab, d * d, sizeof(double));
  f->mean = es_slab_take(&f->slab, d, sizeof(double));
  return es_eigen_new(&f->eigen, d, false, diag);
}

es_status es_follow_new(es_follow **out, size_t n, size_t d, const double *F,
                        double rate, bool spectral, es_diag *diag) {
  es_follow *f = calloc(1, sizeof *f);
  *out = NULL;
  if (f == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory for a descent");
  f->n = n;
  f->d = d;
  f->rate = rate;
  f->spectral = spectral;
  const es_status status = open_slab(f, diag);
  if (status == ES_OK) {
    es_centre(f->F, f->mean, 2 * n, d, F);
    *out = f;
  } else {
    es_follow_free(f);
  }
  return status;
}

void es_follow_free(es_follow *follow) {
  if (follow == NULL) return;
  es_eigen_free(follow->eigen);
  es_slab_close(&follow->slab);
  es_slab_close(&follow->kernel);
  free(follow);
}

static es_status open_kernel(es_follow *f, size_t m, es_diag *diag) {
  const size_t square = es_size_product(m, m), way = es_size_product(f->d, m);
  const size_t s = f->spectral;
  const size_t sizes[] = {es_size_product(2 * f->n, m),
                          square,
                          s * square,
                          way,
                          way,
                          way,
                          s * way,
                          s * way};
  double **const pieces[] = {&f->B, &f->Gamma, &f->Sigma, &f->D,
                             &f->A, &f->A0,    &f->T,     &f->T0};
  enum { PIECES = sizeof sizes / sizeof *sizes };
  if (m == f->m) return ES_OK;
  es_slab_close(&f->kernel);
  f->m = 0;
  const es_status status =
      es_slab_doubles(&f->kernel, pieces, sizes, PIECES, 0, diag);
  if (status == ES_OK) f->m = m;
  return status;
}

/* Gamma and Sigma of B. */
static void find_moments(es_follow *f) {
  const size_t m = f->m, n = f->n;
  const double share = .5 / (double)n;
  es_syr2k(m, n, share, f->B, f->B + n * m, f->Gamma);
  if (f->spectral) es_syrk(m, 2 * n, share, f->B, 0, f->Sigma);
}

es_status es_follow_kernel(es_follow *f, size_t m, const double *B,
                           es_diag *diag) {
  es_status status = open_kernel(f, m, diag);
  double *mean = calloc(m, sizeof *mean);
  if (status == ES_OK && mean == NULL)
    status = es_fail(diag, ES_NO_MEMORY, "no memory for a kernel");
  if (status == ES_OK) {
    const int threads = es_blas_serial();
    es_centre(f->B, mean, 2 * f->n, m, B);
    find_moments(f);
    es_blas_resume(threads);
    f->kernel_step = f->step;
  }
  free(mean);
  return status;
}

uint64_t es_follow_kernel_step(const es_follow *follow) {
  return follow->kernel_step;
}

/* spread = C of F, or its covariance; A0 and T0, and no way gone yet. */
static void find_start(es_follow *f) {
  const size_t n = f->n, d = f->d, m = f->m;
  const double share = .5 / (double)n, *first = f->F, *second = f->F + n * d;
  if (f->spectral) {
    es_syrk(d, 2 * n, share, f->F, 0, f->spread);
    es_gemm(false, true, d, m, 2 * n, share, f->F, d, f->B, m, 0, f->T0, d);
    memcpy(f->T, f->T0, d * m * sizeof *f->T);
  } else {
    es_syr2k(d, n, share, first, second, f->spread);
  }
  es_gemm(false, true, d, m, n, share, first, d, f->B + n * m, m, 0, f->A0, d);
  es_gemm(false, true, d, m, n, share, second, d, f->B, m, 1, f->A0, d);
  memcpy(f->A, f->A0, d * m * sizeof *f->A);
  memset(f->D, 0, d * m * sizeof *f->D);
}

/* E = spread + D X^T + X0 D^T, less I for covariance. */
static void find_excess(const es_follow *f, const double *X, const double *X0,
                        double *E) {
  const size_t d = f->d, m = f->m;
  memcpy(E, f->spread, d * d * sizeof *E);
  es_gemm(false, true, d, d, m, 1, f->D, d, X, d, 1, E, d);
  es_gemm(false, true, d, d, m, 1, X0, d, f->D, d, 1, E, d);
  for (size_t i = 0; !f->spectral && i < d; i++) E[i + i * d] -= 1;
}

static void advance(es_follow *f, double *E) {
  const size_t d = f->d, m = f->m;
  const double *X = f->spectral ? f->T : f->A;
  find_excess(f, X, f->spectral ? f->T0 : f->A0, E);
  es_gemm(false, false, d, m, d, -4 * f->rate, E, d, X, d, 1, f->D, d);
  for (size_t i = 0; f->spectral && i < d * m; i++)
    f->D[i] += 4 * f->rate * f->A[i];
  memcpy(f->A, f->A0, d * m * sizeof *f->A);
  es_gemm(false, false, d, m, m, 1, f->D, d, f->Gamma, m, 1, f->A, d);
  if (!f->spectral) return;
  memcpy(f->T, f->T0, d * m * sizeof *f->T);
  es_gemm(false, false, d, m, m, 1, f->D, d, f->Sigma, m, 1, f->T, d);
}

/* F with the way gone; beyond what a square can hold it is lost. */
static void settle(es_follow *f) {
  const size_t cells = 2 * f->n * f->d;
  es_gemm(false, false, f->d, 2 * f->n, f->m, 1, f->D, f->d, f->B, f->m, 1,
          f->F, f->d);
  for (size_t i = 0; i < cells; i++)
    f->lost |= !(fabs(f->F[i]) < 1e100); /* true for NaN */
}

void es_follow_advance(es_follow *f, uint64_t step) {
  const bool moves = f->m > 0 && !f->lost && step > f->step;
  if (moves) {
    const int threads = es_blas_serial();
    find_start(f);
    for (uint64_t k = f->step; k < step; k++) advance(f, f->excess);
    settle(f);
    es_blas_resume(threads);
  }
  f->step = step;
}

es_status es_follow_values(es_follow *f, double *values, es_diag *diag) {
  const size_t d = f->d, n = f->n;
  for (size_t j = 0; j < d; j++) values[j] = NAN;
  if (f->lost) return ES_OK;
  const int threads = es_blas_serial();
  es_syr2k(d, n, .5 / (double)n, f->F, f->F + n * d, f->excess);
  const es_status status =
      es_eigen_run(f->eigen, d, f->excess, values, false, diag);
  es_blas_resume(threads);
  es_eigen_falling(d, values, NULL);
  return status;
}

const double *es_follow_embedding(const es_follow *follow) { return follow->F; }

#define GROUP "/prediction/followed"

es_status es_follow_save(const es_follow *f, es_h5 *file, es_diag *diag) {
  const size_t embedding[] = {2 * f->n, f->d}, kernel[] = {2 * f->n, f->m};
  const size_t three = 3;
  const double state[] = {(double)f->step, (double)f->kernel_step, f->lost};
  es_status status = es_h5_write(file, GROUP "/state", state, &three, 1, diag);
  /* Numbers in files are finite. */
  if (status != ES_OK || f->lost) return status;
  status = es_h5_write(file, GROUP "/F", f->F, embedding, 2, diag);
  return status == ES_OK && f->m > 0
             ? es_h5_write(file, GROUP "/B", f->B, kernel, 2, diag)
             : status;
}

static es_status load_state(es_follow *f, es_h5_source *file, es_diag *diag) {
  const size_t three = 3;
  double state[3];
  const es_status status =
      es_h5_read(file, GROUP "/state", state, &three, 1, diag);
  if (status != ES_OK) return status;
  for (int k = 0; k < 2; k++)
    if (!(state[k] >= 0 && state[k] < 0x1p53))
      return es_h5_refuse(file, diag, ES_FILE_CORRUPT,
                          GROUP "/state has %g, not a number of steps",
                          state[k]);
  f->step = (uint64_t)state[0];
  f->kernel_step = (uint64_t)state[1];
  f->lost = state[2] != 0;
  return ES_OK;
}

static es_status load_kernel(es_follow *f, es_h5_source *file, es_diag *diag) {
  size_t dims[4], rank;
  es_status status = es_h5_shape(file, GROUP "/B", dims, &rank, diag);
  if (status != ES_OK) return status;
  if (rank != 2 || dims[0] != 2 * f->n || dims[1] == 0)
    return es_h5_refuse(file, diag, ES_FILE_CORRUPT,
                        GROUP "/B has not the shape of %zu pairs", f->n);
  status = open_kernel(f, dims[1], diag);
  if (status == ES_OK)
    status = es_h5_read(file, GROUP "/B", f->B, dims, 2, diag);
  if (status != ES_OK) return status;
  const int threads = es_blas_serial();
  find_moments(f);
  es_blas_resume(threads);
  return ES_OK;
}

es_status es_follow_load(es_follow *f, es_h5_source *file, es_diag *diag) {
  const size_t embedding[] = {2 * f->n, f->d};
  es_status status = load_state(f, file, diag);
  if (status != ES_OK || f->lost) return status;
  status = es_h5_read(file, GROUP "/F", f->F, embedding, 2, diag);
  return status == ES_OK && es_h5_has(file, GROUP "/B")
             ? load_kernel(f, file, diag)
             : status;
}
