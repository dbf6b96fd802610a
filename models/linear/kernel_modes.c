/* Eigenproblem of K_Gamma where K may be singular: see kernel.h. With the
 * eigenvalues of K above roundoff, K = Q D Q^T, and H = Q D^{1/2},
 *   H^T Z H = B gamma B^T,   C = Q D^{-1/2} B = H D^{-1} B,   K C = H B;
 * C^T K C = B^T B = I. Z H needs no product: it swaps H's halves. */
#include "models/linear/kernel.h"

#include "base/slab.h"
#include "linalg/linalg.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* K rounded to single precision is still taken. */
static const double not_positive = 1e-6;

typedef struct work {
  size_t N, r;
  es_eigen *eigen; /* of order N */
  double *H;       /* N×r, within K */
  double *D;       /* r, within the eigenvalues of K */
  double *B;       /* r×r */
} work;

static es_status no_memory(size_t N, es_diag *diag) {
  return es_fail(diag, ES_NO_MEMORY, "no memory for the modes of %zu points",
                 N);
}

static es_status look(const es_progress *progress, double done, es_diag *diag) {
  es_progress_report(progress, "kernel", done, 1);
  if (!es_progress_stopping(progress)) return ES_OK;
  return es_fail(diag, ES_INTERRUPTED,
                 "interrupted before the modes were "
                 "known");
}

/* D (N, rising) and, in K, Q; then H. K is no kernel: r stays 0. */
static es_status decompose(work *w, es_kernel_modes *out, double *K, double *D,
                           es_diag *diag) {
  const size_t N = w->N;
  const es_status status = es_eigen_run(w->eigen, N, K, D, true, diag);
  if (status != ES_OK) return status;
  out->top = D[N - 1];
  out->least = D[0];
  if (!(out->top > 0) && !(out->least < 0))
    return es_fail(diag, ES_BAD_VALUE, "the kernel is zero: no mode to learn");
  if (out->least < -not_positive * out->top) return ES_OK;
  const double noise = fmax((double)N * DBL_EPSILON * out->top, -out->least);
  while (w->r < N && D[N - 1 - w->r] > noise) w->r++;
  w->H = K + (N - w->r) * N;
  w->D = D + (N - w->r);
  for (size_t j = 0; j < w->r; j++)
    for (size_t i = 0; i < N; i++) w->H[i + j * N] *= sqrt(w->D[j]);
  return ES_OK;
}

/* gamma and B. An error of eps in K is one of eps top/2n in gamma: what is
 * below 2n times that is 0, and its mode never moves. */
static es_status solve(work *w, es_kernel_modes *out, es_diag *diag) {
  const size_t N = w->N, r = w->r, n = N / 2;
  double *M = w->B;
  es_gemm(true, false, r, r, n, 1 / (double)N, w->H, N, w->H + n, N, 0, M, r);
  for (size_t j = 0; j < r; j++)
    for (size_t i = 0; i <= j; i++)
      M[i + j * r] = M[j + i * r] = M[i + j * r] + M[j + i * r];
  const es_status status = es_eigen_run(w->eigen, r, M, out->gamma, true, diag);
  if (status != ES_OK) return status;
  es_eigen_falling(r, out->gamma, w->B);
  for (size_t j = 0; j < r; j++)
    if (fabs(out->gamma[j]) <= DBL_EPSILON * out->top) out->gamma[j] = 0;
  return ES_OK;
}

static void expand(work *w, es_kernel_modes *out) {
  const size_t N = w->N, r = w->r;
  es_gemm(false, false, N, r, r, 1, w->H, N, w->B, r, 0, out->values, N);
  for (size_t j = 0; j < r; j++)
    for (size_t i = 0; i < N; i++) w->H[i + j * N] /= w->D[j];
  es_gemm(false, false, N, r, r, 1, w->H, N, w->B, r, 0, out->C, N);
}

static es_status find_modes(work *w, es_kernel_modes *out,
                            const es_progress *progress, es_diag *diag) {
  const size_t N = w->N, r = w->r;
  es_status status = look(progress, .6, diag);
  if (status != ES_OK) return status;
  out->gamma = es_zeroed(r, 1, sizeof(double));
  w->B = es_zeroed(r, r, sizeof(double));
  if (out->gamma == NULL || w->B == NULL) return no_memory(N, diag);
  status = solve(w, out, diag);
  es_eigen_free(w->eigen);
  w->eigen = NULL;
  if (status == ES_OK) status = look(progress, .9, diag);
  if (status != ES_OK) return status;
  out->C = es_zeroed(N, r, sizeof(double));
  out->values = es_zeroed(N, r, sizeof(double));
  if (out->C == NULL || out->values == NULL) return no_memory(N, diag);
  expand(w, out);
  out->rank = r;
  return look(progress, 1, diag);
}

es_status es_kernel_modes_new(es_kernel_modes *out, size_t n, double *K,
                              const es_progress *progress, es_diag *diag) {
  work w = {.N = 2 * n};
  *out = (es_kernel_modes){.n = n};
  double *D = es_zeroed(w.N, 1, sizeof(double));
  es_status status = D == NULL ? no_memory(w.N, diag) : look(progress, 0, diag);
  if (status == ES_OK) status = es_eigen_new(&w.eigen, w.N, true, diag);
  if (status == ES_OK) status = decompose(&w, out, K, D, diag);
  if (status == ES_OK && w.r > 0) status = find_modes(&w, out, progress, diag);
  es_eigen_free(w.eigen);
  free(w.B);
  free(D);
  free(K);
  if (status != ES_OK) es_kernel_modes_free(out);
  return status;
}

void es_kernel_modes_free(es_kernel_modes *modes) {
  free(modes->gamma);
  free(modes->C);
  free(modes->values);
  *modes = (es_kernel_modes){0};
}

static bool falls(const double *f, size_t n) {
  double largest = 0;
  for (size_t i = 0; i < n; i++)
    if (fabs(f[i]) > fabs(largest)) largest = f[i];
  return largest < 0;
}

static void turn(double *f, size_t n) {
  for (size_t i = 0; i < n; i++) f[i] = -f[i];
}

void es_kernel_modes_sign(es_kernel_modes *modes, double *F, size_t rows) {
  const size_t N = 2 * modes->n;
  for (size_t j = 0; j < modes->rank; j++) {
    if (!falls(F + j * rows, rows)) continue;
    turn(modes->C + j * N, N);
    turn(modes->values + j * N, N);
    if (F != modes->values) turn(F + j * rows, rows);
  }
}
