/* Settings of `barlow-twins-kernel` to modes in the place of Gamma's (theory.md
 * 1, kernel form). The user's W is F, d×2n: what the function gives at the
 * points, in the order (X, X'). With the modes' C,
 *   Z0 = F(0) C,   F = Z (K C)^T,   f(x) = Z C^T k~(x) = F C C^T k~(x),
 * so that a point's embedding is F times C C^T k~(x). */
#include "models/linear/asked.h"
#include "models/linear/barlow.h"
#include "models/linear/given.h"
#include "models/linear/kernel.h"
#include "models/linear/points.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What opening takes at its peak: the kernel and three times its size for
 * LAPACK and the modes, with Sigma twelve such matrices; points of p values,
 * their features; what is shown. */
static double bytes_of(const barlow *b, size_t points, size_t p, size_t wish) {
  const double N = (double)points, shown = fmin((double)wish, N / 2);
  const double matrices = b->flow->by_sigma ? 12 : 4;
  return sizeof(double) * (matrices * N * N + 2 * N * (double)p + N * shown);
}

/* Before any work: a matrix that the machine cannot hold would be granted, and
 * the process killed for using it; and LAPACK has a largest order. */
static es_status check_size(barlow *b, size_t points, size_t p,
                            const es_config *config, es_diag *diag) {
  es_eigen *eigen;
  const double has = es_machine_bytes();
  b->bytes =
      bytes_of(b, points, p, es_config_size(config, "output", "embeddings"));
  if (b->bytes > has)
    return es_fail(diag, ES_NO_MEMORY,
                   "a kernel of %zu points, two for each pair, needs %.3g GB, "
                   "and this machine has %.3g GB",
                   points, b->bytes * 1e-9, has * 1e-9);
  const es_status status = es_eigen_new(&eigen, points, true, diag);
  if (status == ES_OK) es_eigen_free(eigen);
  return status;
}

/* The modes become the model's. */
static void take_modes(barlow *b, es_kernel_modes *modes) {
  b->m = modes->rank;
  b->coords = 2 * modes->n;
  b->gamma = modes->gamma;
  b->V = modes->C;
  b->back = modes->values;
  b->needs_d = true;
  *modes = (es_kernel_modes){0};
}

/* The features of a linear kernel, v_j = X~ c_j, give the signs that
 * `barlow-twins` gives its eigenvectors, and the same Gaussian start. */
static es_status features(barlow *b, const es_kernel *k, es_kernel_modes *modes,
                          es_diag *diag) {
  const size_t N = 2 * k->n;
  b->n_random = k->p;
  b->random = es_zeroed(k->p, modes->rank, sizeof *b->random);
  if (b->random == NULL) return es_barlow_no_memory(diag);
  es_gemm(true, false, k->p, modes->rank, N, 1, k->X, N, modes->C, N, 0,
          b->random, k->p);
  es_kernel_modes_sign(modes, b->random, k->p);
  return ES_OK;
}

/* The first n points themselves: F times unit vectors. */
static es_status keep_given(barlow *b, size_t n, es_diag *diag) {
  b->n_points = n < b->coords / 2 ? n : b->coords / 2;
  if (b->n_points == 0) return ES_OK;
  b->points = es_zeroed(b->coords, b->n_points, sizeof *b->points);
  if (b->points == NULL) return es_barlow_no_memory(diag);
  for (size_t i = 0; i < b->n_points; i++) b->points[i + i * b->coords] = 1;
  return ES_OK;
}

/* C C^T k~(x) of test images. */
static es_status keep_test(barlow *b, const es_kernel *k, const es_dataset *set,
                           const es_config *config, es_diag *diag) {
  const size_t N = b->coords, m = b->m;
  double *x = NULL;
  es_status status = es_points_new(&x, &b->n_points, set, config, diag);
  if (status != ES_OK || b->n_points == 0) {
    free(x);
    return status;
  }
  double *at = es_zeroed(m, b->n_points, sizeof *at);
  b->points = es_zeroed(N, b->n_points, sizeof *b->points);
  if (at != NULL && b->points != NULL) {
    es_kernel_at(k, x, b->n_points, b->points);
    es_gemm(true, false, m, b->n_points, N, 1, b->V, N, b->points, N, 0, at, m);
    es_gemm(false, false, N, b->n_points, m, 1, b->V, N, at, m, 0, b->points,
            N);
  }
  const bool enough = at != NULL && b->points != NULL;
  free(at);
  free(x);
  return enough ? ES_OK : es_barlow_no_memory(diag);
}

static es_status from_kernel(barlow *b, es_kernel *k, const es_dataset *set,
                             const es_config *config,
                             const es_progress *progress, es_diag *diag) {
  es_kernel_modes modes;
  double *K = k->K;
  k->K = NULL;
  es_status status = es_kernel_modes_new(&modes, k->n, K, progress, diag);
  if (status == ES_OK && k->bandwidth == 0)
    status = features(b, k, &modes, diag);
  else if (status == ES_OK)
    es_kernel_modes_sign(&modes, modes.values, 2 * k->n);
  if (status == ES_OK) {
    take_modes(b, &modes);
    status = es_points_are_test(config)
                 ? keep_test(b, k, set, config, diag)
                 : keep_given(b, es_config_size(config, "output", "embeddings"),
                              diag);
  }
  es_kernel_modes_free(&modes);
  return status;
}

/* The set's kernel; bandwidth NaN: its own median. */
static es_status make_kernel(barlow *b, es_kernel *kernel,
                             const es_dataset *set, double bandwidth,
                             const es_config *config,
                             const es_progress *progress, es_diag *diag) {
  const size_t n = es_dataset_count(set), p = es_dataset_dim(set);
  double *X = NULL;
  es_status status = check_size(b, 2 * n, p, config, diag);
  if (status == ES_OK) status = es_kernel_pairs(&X, set, progress, diag);
  if (status == ES_OK)
    status = es_kernel_new(kernel, n, p, X, bandwidth,
                           es_config_flag(config, "data", "center"), diag);
  if (status != ES_OK) return status;
  b->bandwidth = kernel->bandwidth;
  if (isnan(bandwidth))
    es_barlow_note(b, "bandwidth %.6g, the median distance of first views",
                   kernel->bandwidth);
  return ES_OK;
}

static es_status from_data(barlow *b, const es_config *config, double bandwidth,
                           const es_progress *progress, es_diag *diag) {
  es_dataset *set = NULL;
  es_kernel kernel = {0};
  es_status status = es_dataset_open_whitened(&set, config, progress, diag);
  if (status == ES_OK) {
    b->from_data = true;
    b->data_crc = es_dataset_checksum(set);
    status = make_kernel(b, &kernel, set, bandwidth, config, progress, diag);
  }
  if (status == ES_OK)
    status = from_kernel(b, &kernel, set, config, progress, diag);
  es_kernel_free(&kernel);
  es_dataset_free(set);
  return status;
}

static es_status from_matrix(barlow *b, const es_config *config,
                             const es_progress *progress, es_diag *diag) {
  const es_matrix *K = es_config_matrix(config, "model", "K");
  const size_t N = K->rows;
  es_kernel_modes modes = {0};
  if (N % 2 != 0)
    return es_config_blame(config, "model", "K", diag,
                           "order %zu is odd; a kernel of n pairs is 2n by 2n",
                           N);
  es_status status = check_size(b, N, 0, config, diag);
  if (status != ES_OK) return status;
  double *copy = es_given_copy(K);
  if (copy == NULL) return es_barlow_no_memory(diag);
  es_diag inner = {0};
  status = es_kernel_modes_new(&modes, N / 2, copy, progress, &inner);
  if (status == ES_BAD_VALUE)
    return es_config_blame(config, "model", "K", diag, "%s", inner.message);
  if (status != ES_OK) return es_fail(diag, status, "%s", inner.message);
  if (modes.rank == 0)
    return es_config_blame(config, "model", "K", diag,
                           "not positive semi-definite: its eigenvalues go "
                           "from %.6g to %.6g",
                           modes.least, modes.top);
  es_kernel_modes_sign(&modes, modes.values, N);
  take_modes(b, &modes);
  return keep_given(b, es_config_size(config, "output", "embeddings"), diag);
}

/* *A (rows×m) becomes *A V. */
static es_status turned(double **A, size_t rows, const double *V, size_t m,
                        es_diag *diag) {
  double *AV = es_zeroed(rows, m, sizeof *AV);
  if (AV == NULL) return es_barlow_no_memory(diag);
  es_gemm(false, false, rows, m, m, 1, *A, rows, V, m, 0, AV, rows);
  free(*A);
  *A = AV;
  return ES_OK;
}

/* A start drawn mode by mode is the same function in any basis: Z0 = drawn V.
 */
static es_status draw_in(barlow *b, const double *V, es_diag *diag) {
  const size_t m = b->m;
  if (b->random != NULL) return turned(&b->random, b->n_random, V, m, diag);
  b->n_random = b->coords;
  b->random = es_zeroed(b->coords, m, sizeof *b->random);
  if (b->random == NULL) return es_barlow_no_memory(diag);
  for (size_t j = 0; j < m; j++)
    memcpy(b->random + j * b->coords, V + j * m, m * sizeof *V);
  return ES_OK;
}

/* The losses with Sigma: in Gamma's modes, whose values at the points are K C,
 * Sigma = (K C)^T K C/2n; and on to the basis that the two need. */
static es_status add_sigma(barlow *b, es_diag *diag) {
  const size_t m = b->m, N = b->coords;
  double *Gamma = es_zeroed(m, m, sizeof *Gamma), *C = b->V;
  double *Sigma = es_zeroed(m, m, sizeof *Sigma);
  if (Gamma == NULL || Sigma == NULL) {
    free(Gamma);
    free(Sigma);
    return es_barlow_no_memory(diag);
  }
  for (size_t j = 0; j < m; j++) Gamma[j + j * m] = b->gamma[j];
  es_gemm(true, false, m, m, N, 1 / (double)N, b->back, N, b->back, N, 0, Sigma,
          m);
  free(b->gamma);
  b->gamma = NULL;
  es_status status = es_barlow_two_moments(b, Gamma, Sigma, diag);
  double *V = b->V; /* m×m */
  b->V = C;
  if (status == ES_OK) status = turned(&b->V, N, V, m, diag);
  if (status == ES_OK) status = turned(&b->back, N, V, m, diag);
  if (status == ES_OK) status = draw_in(b, V, diag);
  free(V);
  return status;
}

es_status es_barlow_kernel(barlow *b, const es_config *config,
                           const es_watch *watch, es_diag *diag) {
  const char *kind = es_config_text(config, "model", "kernel");
  const bool matrix = es_config_has(config, "model", "K");
  const bool data = es_config_given(config, "data", NULL) ||
                    es_config_given(config, "augment", NULL);
  const bool rbf = kind != NULL && strcmp(kind, "rbf") == 0;
  es_asked asked = {watch, false};
  const es_progress progress = es_asked_progress(&asked);
  if ((kind != NULL) == matrix)
    return es_fail(diag, ES_USAGE,
                   "give one of model.kernel (linear or rbf, of [data]) and "
                   "model.K (a matrix)");
  if (matrix && (data || es_points_are_test(config)))
    return es_fail(diag, ES_USAGE,
                   "model.K is all that is known of its points: leave out "
                   "[data], [augment] and output.points=test");
  if (!rbf && es_config_has(config, "model", "bandwidth"))
    return es_fail(diag, ES_USAGE,
                   "model.bandwidth: only kernel=rbf has a bandwidth");
  const double bandwidth =
      rbf ? es_config_real(config, "model", "bandwidth") : 0;
  const es_status status =
      matrix ? from_matrix(b, config, &progress, diag)
             : from_data(b, config, bandwidth, &progress, diag);
  return status == ES_OK && b->flow->by_sigma ? add_sigma(b, diag) : status;
}
