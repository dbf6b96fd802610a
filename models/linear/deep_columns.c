/* Columns of `contrastive-deep`: singular values of the layers, what is
 * conserved, how neighbours are aligned, the time of blow-up, the loss, the
 * spectrum of the embedding, and ranks of what the loss sees of r and of the
 * rest. */
#include "models/linear/deep.h"

#include "metrics/collapse.h"

#include <math.h>
#include <string.h>

/* Modes that neighbours share: the least of all min(d[l], d[l-1]). */
static size_t n_aligned(const deep *b) {
  size_t least = b->k[1];
  for (size_t l = 2; l <= b->L; l++) least = b->k[l] < least ? b->k[l] : least;
  return b->L > 1 ? least : 0;
}

static size_t n_covariance(const deep *b) {
  if (b->relu) return b->head;
  if (b->root == NULL) return 0;
  return b->head < b->d[0] ? b->head : b->d[0];
}

deep_columns es_deep_columns(const deep *b) {
  deep_columns c = {0};
  for (size_t l = 1; l <= b->L; l++) c.conserved += b->k[l];
  c.alignment = c.conserved + 1;
  c.blowup = c.alignment + n_aligned(b);
  c.loss = c.blowup + 1;
  c.cov = c.loss + es_drive_has_loss(b->drive);
  c.ranks = c.cov + n_covariance(b);
  c.n = c.ranks + (b->has_head ? 4 : 0);
  return c;
}

void es_deep_law(const deep *b, const double *y, size_t l, double *out) {
  const size_t n = b->d[l], after = b->d[l + 1];
  const double *next = y + b->at[l + 1];
  es_syrk(n, b->d[l - 1], 1, y + b->at[l], 0, out);
  es_gemm(true, false, n, n, after, -1, next, after, next, after, 1, out, n);
}

/* |M_l(t) - left M_l(0)|_F; rectifiers keep the diagonal alone. */
static double conserved_of(const deep *b, double left, const double *y,
                           size_t l) {
  const size_t n = b->d[l];
  const double *law = b->law + b->law_at[l];
  es_deep_law(b, y, l, b->T);
  for (size_t k = 0; k < n * n; k++)
    b->T[k] = b->relu && k % (n + 1) != 0 ? 0 : b->T[k] - left * law[k];
  return es_norm(n * n, b->T);
}

/* The same of two diagonal layers, without their products. */
static double conserved_of_modes(const deep *b, double left, const double *y,
                                 size_t l) {
  const size_t n = b->d[l];
  for (size_t j = 0; j < n; j++) {
    const double w = y[b->at[l] + j * (n + 1)];
    const double next = y[b->at[l + 1] + j * (n + 1)];
    const double law = b->law[b->law_at[l] + j * (n + 1)];
    b->sigma[j] = (w - next) * (w + next) - left * law;
  }
  return es_norm(n, b->sigma);
}

/* max_l |M_l(t) - e^{-2 eta t} M_l(0)|_F. */
static double conserved(const deep *b, double t, const double *y) {
  const double left = exp(-2 * b->eta * t);
  double most = 0;
  for (size_t l = 1; l < b->L; l++) {
    const double norm = b->ordered ? conserved_of_modes(b, left, y, l)
                                   : conserved_of(b, left, y, l);
    most = norm <= most ? most : norm;
  }
  return most;
}

static es_status singular_values(const deep *b, const double *y, double *out) {
  es_status status = ES_OK;
  for (size_t l = 1; status == ES_OK && l <= b->L; out += b->k[l++]) {
    const double *W = y + b->at[l];
    for (size_t j = 0; b->ordered && j < b->k[l]; j++)
      out[j] = fabs(W[j + j * b->d[l]]);
    if (!b->ordered) status = es_singular_run(b->of_layer[l], W, out);
  }
  return status;
}

/* Least over neighbours of |v_{l+1,j} . u_{l,j}|. */
static es_status alignment(const deep *b, const double *y, double *out) {
  const size_t n = n_aligned(b);
  es_status status = ES_OK;
  for (size_t j = 0; j < n; j++) out[j] = 1;
  for (size_t l = 1; !b->ordered && status == ES_OK && l < b->L; l++) {
    const size_t d = b->d[l], after = b->d[l + 1];
    const double *next = y + b->at[l + 1];
    for (size_t i = 0; i < after; i++)
      for (size_t j = 0; j < d; j++) b->T[j + i * d] = next[i + j * after];
    status = es_svd_left(b->left[l], y + b->at[l], b->sigma, b->U[0]);
    if (status == ES_OK)
      status = es_svd_left(b->right[l + 1], b->T, b->sigma, b->U[1]);
    for (size_t j = 0; status == ES_OK && j < n; j++) {
      double dot = 0;
      for (size_t i = 0; i < d; i++)
        dot += b->U[0][i + j * d] * b->U[1][i + j * d];
      out[j] = fmin(out[j], fabs(dot));
    }
  }
  return status;
}

/* Singular values (falling) of rows first … of what r is over the data, V
 * C^(1/2) in S, or with rectifiers from the covariance of the pairs in Q; n of
 * them. */
static es_status block(deep *b, es_singular *work, size_t first, size_t count,
                       double *sigma, size_t *n) {
  const size_t rows = b->d[b->L], m = b->d[0];
  *n = b->relu || count < m ? count : m;
  if (count == 0) return ES_OK;
  if (!b->relu) {
    for (size_t j = 0; j < m; j++)
      memcpy(b->R + j * count, b->S + first + j * rows, count * sizeof *b->R);
    return es_singular_run(work, b->R, sigma);
  }
  for (size_t j = 0; j < count; j++)
    memcpy(b->T + j * count, b->Q + first + (first + j) * rows,
           count * sizeof *b->T);
  const es_status status = es_eigen_symmetric(count, b->T, sigma, false, NULL);
  if (status == ES_OK) es_eigen_falling(count, sigma, NULL);
  for (size_t j = 0; j < count; j++) sigma[j] = sqrt(fmax(sigma[j], 0));
  return status;
}

/* Fills S or Q for block. */
static es_status spread(deep *b, double t, const double *y) {
  const size_t rows = b->d[b->L], m = b->d[0], L = b->L;
  if (b->relu) return es_deep_relu_covariance(b, t, y, b->Q);
  es_deep_products(b, y);
  if (L == 1)
    memcpy(b->R, y, rows * m * sizeof *y);
  else
    es_gemm(false, false, rows, m, b->d[L - 1], 1, y + b->at[L], rows,
            b->P[L - 1], b->d[L - 1], 0, b->R, rows);
  for (size_t j = 0; b->residual && j < rows; j++) b->R[j + j * rows] += 1;
  if (b->root == NULL)
    memcpy(b->S, b->R, rows * m * sizeof *b->S);
  else
    es_gemm(false, false, rows, m, m, 1, b->R, rows, b->root, m, 0, b->S, rows);
  return ES_OK;
}

static size_t rank_of(size_t n, const double *sigma, double largest) {
  size_t rank = 0;
  while (rank < n && sigma[rank] > 1e-6 * largest) rank++;
  return rank;
}

/* Ranks and RankMe of r[0:d0] and of the rest, ranks beside the largest of r.
 */
static es_status ranks(deep *b, double *out) {
  const size_t rows = b->d[b->L], parts[] = {b->head, rows - b->head};
  es_singular *const work[] = {b->of_head, b->of_rest};
  size_t n;
  es_status status = block(b, b->of_all, 0, rows, b->sigma, &n);
  const double largest = b->sigma[0];
  for (size_t k = 0; status == ES_OK && k < 2; k++) {
    status = block(b, work[k], k * b->head, parts[k], b->sigma, &n);
    out[k] = (double)rank_of(n, b->sigma, largest);
    out[2 + k] = n > 0 ? es_collapse_of(n, b->sigma).rankme : NAN;
  }
  return status;
}

es_status es_deep_observe(void *self, double t, const double *y, double *out) {
  deep *b = self;
  const deep_columns c = es_deep_columns(b);
  size_t n;
  es_status status = singular_values(b, y, out);
  out[c.conserved] = conserved(b, t, y);
  if (status == ES_OK) status = alignment(b, y, out + c.alignment);
  out[c.blowup] = b->blowup;
  if (status == ES_OK && c.cov > c.loss)
    status = es_deep_loss(b, t, y, out + c.loss);
  if (status != ES_OK || c.n == c.cov) return status;
  status = spread(b, t, y);
  if (status == ES_OK && c.ranks > c.cov)
    status = block(b, b->of_head, 0, b->head, out + c.cov, &n);
  for (size_t j = c.cov; j < c.ranks; j++) out[j] *= out[j];
  return status == ES_OK && b->has_head ? ranks(b, out + c.ranks) : status;
}
