/* A deep network with rectifiers between its layers under InfoNCE, by
 * back-propagation: r = W_L relu(W_{L-1} … relu(W_1 x)), with a residual r + x,
 * of both views; the loss sees the first d0 rows. At 0 the slope is 0. */
#include "models/linear/deep.h"

#include "base/slab.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of view 0 and 1, column-major with a pair a column. */
struct deep_relu {
  size_t L, n;
  double *A[2][DEEP_LAYERS + 1]; /* after layer l (d[l]×n), rectified for l < L;
                                    from 1 */
  double *Z[2], *dZ[2];          /* head×n */
  double *back[2];               /* widest×n */
  double *mean;                  /* d[L] */
};

static double *room(bool *whole, size_t rows, size_t cols) {
  double *out = es_zeroed(rows, cols, sizeof *out);
  *whole = *whole && out != NULL;
  return out;
}

es_status es_deep_relu_new(deep *b, es_diag *diag) {
  struct deep_relu *w = b->rectified = calloc(1, sizeof *w);
  bool whole = w != NULL;
  if (!whole) return es_deep_no_memory(diag);
  w->L = b->L;
  w->n = es_drive_count(b->drive);
  for (size_t l = 1; l <= b->L; l++)
    for (int v = 0; v < 2; v++) w->A[v][l] = room(&whole, b->d[l], w->n);
  for (int v = 0; v < 2; v++) {
    w->Z[v] = room(&whole, b->head, w->n);
    w->dZ[v] = room(&whole, b->head, w->n);
    w->back[v] = room(&whole, deep_widest(b), w->n);
  }
  w->mean = room(&whole, b->d[b->L], 1);
  return whole ? ES_OK : es_deep_no_memory(diag);
}

void es_deep_relu_free(struct deep_relu *w) {
  if (w == NULL) return;
  for (int v = 0; v < 2; v++) {
    for (size_t l = 1; l <= w->L; l++) free(w->A[v][l]);
    free(w->Z[v]);
    free(w->dZ[v]);
    free(w->back[v]);
  }
  free(w->mean);
  free(w);
}

/* r of view v into A[L], its head into Z. */
static void forward(const deep *b, const double *y, int v, const double *x) {
  struct deep_relu *w = b->rectified;
  const size_t rows = b->d[b->L];
  const double *in = x;
  for (size_t l = 1; l <= b->L; l++) {
    double *out = w->A[v][l];
    es_gemm(false, false, b->d[l], w->n, b->d[l - 1], 1, y + b->at[l], b->d[l],
            in, b->d[l - 1], 0, out, b->d[l]);
    for (size_t k = 0; l < b->L && k < b->d[l] * w->n; k++)
      out[k] = out[k] > 0 ? out[k] : 0;
    in = out;
  }
  for (size_t k = 0; b->residual && k < rows * w->n; k++)
    w->A[v][b->L][k] += x[k];
  for (size_t c = 0; c < w->n; c++)
    memcpy(w->Z[v] + c * b->head, w->A[v][b->L] + c * rows,
           b->head * sizeof *x);
}

/* dydt -= dL/dW of view v. */
static void backward(const deep *b, const double *y, int v, const double *x,
                     double *dydt) {
  struct deep_relu *w = b->rectified;
  const double *D = w->dZ[v];
  size_t rows = b->head;
  for (size_t l = b->L; l >= 1; l--) {
    const double *in = l > 1 ? w->A[v][l - 1] : x;
    double *next = D == w->back[0] ? w->back[1] : w->back[0];
    const size_t width = b->d[l - 1];
    es_gemm(false, true, rows, width, w->n, -1, D, rows, in, width, 1,
            dydt + b->at[l], b->d[l]);
    if (l == 1) break;
    es_gemm(true, false, width, w->n, rows, 1, y + b->at[l], b->d[l], D, rows,
            0, next, width);
    for (size_t k = 0; k < width * w->n; k++)
      if (!(in[k] > 0)) next[k] = 0;
    D = next;
    rows = width;
  }
}

static es_status embed(deep *b, double t, const double *y,
                       const double *views[2]) {
  size_t n;
  const es_status status =
      es_drive_pairs(b->drive, t, &views[0], &views[1], &n);
  for (int v = 0; status == ES_OK && v < 2; v++) forward(b, y, v, views[v]);
  return status;
}

es_status es_deep_relu_rhs(deep *b, double t, const double *y, double *dydt) {
  struct deep_relu *w = b->rectified;
  const double *views[2];
  double loss;
  es_status status = embed(b, t, y, views);
  if (status == ES_OK)
    status = es_drive_gradient(b->drive, w->Z[0], w->Z[1], &loss, w->dZ[0],
                               w->dZ[1]);
  if (status != ES_OK) return status;
  for (size_t k = 0; k < b->n; k++) dydt[k] = -b->eta * y[k];
  for (int v = 0; v < 2; v++) backward(b, y, v, views[v], dydt);
  return ES_OK;
}

es_status es_deep_relu_loss(deep *b, double t, const double *y, double *loss) {
  struct deep_relu *w = b->rectified;
  const double *views[2];
  const es_status status = embed(b, t, y, views);
  return status == ES_OK
             ? es_drive_gradient(b->drive, w->Z[0], w->Z[1], loss, NULL, NULL)
             : status;
}

es_status es_deep_relu_covariance(deep *b, double t, const double *y,
                                  double *C) {
  struct deep_relu *w = b->rectified;
  const size_t rows = b->d[b->L];
  const double *views[2];
  double *r = w->A[0][b->L];
  const es_status status = embed(b, t, y, views);
  if (status != ES_OK) return status;
  memset(w->mean, 0, rows * sizeof *w->mean);
  for (size_t k = 0; k < rows * w->n; k++)
    w->mean[k % rows] += r[k] / (double)w->n;
  for (size_t k = 0; k < rows * w->n; k++) r[k] -= w->mean[k % rows];
  es_syrk(rows, w->n, 1 / (double)w->n, r, 0, C);
  return ES_OK;
}
