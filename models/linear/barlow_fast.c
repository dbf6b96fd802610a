/* The fast part of the covariance flow, for exponential methods.
 *
 * With D = I - C, C = Z G Z^T, G = diag(gamma), the flow is Z' = 4 D Z G and
 * its derivative along V J V = 4 (D V G - S Z G),   S = V G Z^T + Z G V^T. What
 * is fast is how C answers: once a mode is learned C returns to 1 at the rate 8
 * gamma, however slow the mode that is being learned. S sees only the part of V
 * along the rows of Z G. In the eigenbasis of C, where D = diag(delta), let q_i
 * be the unit vectors of those rows, t_i = |(Z G)_i|^2, g_i = q_i G q_i^T and b
 * = V Q^T. Learned rows, whose delta is 0, are free to be rotated among
 * themselves, and are so that Z G^2 Z^T is diagonal there. Then up to what is
 * small where modes are aligned, b_ij' = 4 ((delta_i g_j - t_j) b_ij - (t_i
 * t_j)^(1/2) b_ji), 2×2 blocks, and L is that on b and 0 on the rest of V:
 *   phi(tau L) V = V + ((phi(tau M) - 1) b) Q.
 * A mode that has been learned and one that has not couple through it, and
 * their 4 gamma of growth cancels as it does in the flow. Rows that nothing
 * fast couples to within a step are left out of Q. phi costs at most the two
 * products of a right-hand side, freeze four and two eigenproblems of order d.
 */
#include "models/linear/barlow.h"

#include "base/slab.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is within so much of 1 counts as learned. */
static const double learned_within = 1e-6;
/* A block that turns by less than this within a step is not fast. */
static const double slow = .02;

struct es_barlow_fast {
  es_slab slab;
  es_eigen *eigen;
  double *frame;         /* d×d: orthonormal rows of the frame as columns */
  double *Q;             /* d×k: q_i as rows, in the frame */
  double *S;             /* d×k: Z G, then scratch */
  double *C, *spare;     /* d×d */
  double *values;        /* d */
  double *t, *g, *delta; /* d */
  size_t fast;           /* rows of Q in use, the first */
  double tau;            /* that same and cross are for; NAN: none */
  double *same, *cross;  /* d×d: phi(tau M) - 1, and its off-diagonal */
};

es_status es_barlow_fast_new(es_barlow_fast **out, size_t d, size_t k,
                             es_diag *diag) {
  enum { SQUARES = 5, ROWS = 4, WIDE = 2 };
  const size_t column = d * sizeof(double);
  size_t total = 0;
  *out = NULL;
  es_barlow_fast *w = calloc(1, sizeof *w);
  if (w == NULL) return es_barlow_no_memory(diag);
  for (int i = 0; i < SQUARES; i++) es_slab_add(&total, d, column);
  for (int i = 0; i < ROWS; i++) es_slab_add(&total, 1, column);
  for (int i = 0; i < WIDE; i++) es_slab_add(&total, k, column);
  es_status status = es_slab_open(&w->slab, total, diag);
  if (status == ES_OK) status = es_eigen_new(&w->eigen, d, true, diag);
  if (status != ES_OK) {
    es_barlow_fast_free(w);
    return status;
  }
  double **const square[SQUARES] = {&w->frame, &w->C, &w->spare, &w->same,
                                    &w->cross};
  double **const row[ROWS] = {&w->values, &w->t, &w->g, &w->delta};
  for (int i = 0; i < SQUARES; i++)
    *square[i] = es_slab_take(&w->slab, d, column);
  for (int i = 0; i < ROWS; i++) *row[i] = es_slab_take(&w->slab, 1, column);
  w->Q = es_slab_take(&w->slab, k, column);
  w->S = es_slab_take(&w->slab, k, column);
  *out = w;
  return ES_OK;
}

void es_barlow_fast_free(es_barlow_fast *w) {
  if (w == NULL) return;
  es_eigen_free(w->eigen);
  es_slab_close(&w->slab);
  free(w);
}

/* C's eigenbasis, falling, into frame; learned rows by Z G^2 Z^T = S S^T. */
static es_status find_frame(es_barlow_fast *w, size_t d, size_t k,
                            const double *Z) {
  es_gemm(false, true, d, d, k, 1, w->S, d, Z, d, 0, w->frame, d);
  es_status status = es_eigen_run(w->eigen, d, w->frame, w->values, true, NULL);
  if (status != ES_OK) return status;
  es_eigen_falling(d, w->values, w->frame);
  size_t learned = 0;
  while (learned < d && w->values[learned] > 1 - learned_within) learned++;
  if (learned < 2) return ES_OK;
  double *T = w->spare, *turn = w->C;
  es_syrk(d, k, 1, w->S, 0, w->same);
  es_gemm(false, false, d, learned, d, 1, w->same, d, w->frame, d, 0, turn, d);
  es_gemm(true, false, learned, learned, d, 1, w->frame, d, turn, d, 0, T,
          learned);
  status = es_eigen_run(w->eigen, learned, T, w->values, true, NULL);
  if (status != ES_OK) return status;
  es_eigen_falling(learned, w->values, T);
  es_gemm(false, false, d, learned, learned, 1, w->frame, d, T, learned, 0,
          turn, d);
  memcpy(w->frame, turn, d * learned * sizeof *turn);
  return ES_OK;
}

/* Q = frame^T S with rows of length 1, and what the blocks are made of. */
static void find_rows(es_barlow_fast *w, const barlow *b, const double *Z) {
  const size_t d = b->d, k = b->k;
  memset(w->t, 0, d * sizeof *w->t);
  memset(w->g, 0, d * sizeof *w->g);
  es_gemm(true, false, d, k, d, 1, w->frame, d, w->S, d, 0, w->Q, d);
  for (size_t j = 0; j < k; j++)
    for (size_t i = 0; i < d; i++) {
      const double q = w->Q[i + j * d];
      w->t[i] += q * q;
      w->g[i] += q * q * b->active_gamma[j];
    }
  /* delta from C once more: the turn of learned rows has mixed its values. */
  es_gemm(true, false, d, k, d, 1, w->frame, d, Z, d, 0, w->S, d);
  for (size_t i = 0; i < d; i++) w->delta[i] = 1;
  for (size_t j = 0; j < k; j++)
    for (size_t i = 0; i < d; i++)
      w->delta[i] -= w->Q[i + j * d] * w->S[i + j * d];
  for (size_t i = 0; i < d; i++)
    w->values[i] = w->t[i] > 0 ? 1 / sqrt(w->t[i]) : 0;
  for (size_t i = 0; i < d; i++) w->g[i] = w->t[i] > 0 ? w->g[i] / w->t[i] : 0;
  for (size_t j = 0; j < k; j++)
    for (size_t i = 0; i < d; i++) w->Q[i + j * d] *= w->values[i];
}

/* Rows up to the last one whose block with the fastest row is fast. */
static size_t count_fast(const es_barlow_fast *w, size_t d, double h) {
  double top = 0;
  size_t count = 0;
  for (size_t i = 0; i < d; i++) top = fmax(top, w->t[i]);
  for (size_t i = 0; i < d; i++)
    if (4 * h * sqrt(w->t[i]) * sqrt(top) > slow) count = i + 1;
  return count;
}

es_status es_barlow_freeze(double t, const double *y, double h, void *self) {
  const barlow *b = self;
  es_barlow_fast *w = b->fast;
  const size_t d = b->d;
  (void)t;
  for (size_t j = 0; j < b->k; j++)
    for (size_t i = 0; i < d; i++)
      w->S[i + j * d] = b->active_gamma[j] * y[i + j * d];
  w->tau = NAN;
  const es_status status = find_frame(w, d, b->k, y);
  if (status != ES_OK) return status;
  find_rows(w, b, y);
  w->fast = count_fast(w, d, h);
  return ES_OK;
}

/* (e^z - 1)/z - 1, and for growth no further than doubles go. */
static double phi_minus_one(double z) {
  return z == 0 ? 0 : expm1(fmin(z, 700)) / z - 1;
}

/* same and cross of the pair (i, j), i < j: M = [[upper, c], [c, lower]] has
 * the eigenvalues s ± r. */
static void pair_block(es_barlow_fast *w, size_t d, size_t i, size_t j) {
  const double tau = w->tau;
  const double upper = 4 * (w->delta[i] * w->g[j] - w->t[j]);
  const double lower = 4 * (w->delta[j] * w->g[i] - w->t[i]);
  const double c = -4 * sqrt(w->t[i]) * sqrt(w->t[j]);
  const double s = (upper + lower) / 2, lean = (upper - lower) / 2;
  const double r = hypot(lean, c);
  const double high = phi_minus_one(tau * (s + r));
  const double low = phi_minus_one(tau * (s - r));
  const double mean = (high + low) / 2;
  const double part = r > 0 ? (high - low) / (2 * r) : 0;
  w->same[i + j * d] = mean + part * lean;
  w->same[j + i * d] = mean - part * lean;
  w->cross[i + j * d] = w->cross[j + i * d] = part * c;
}

/* same[i,j] b_ij + cross[i,j] b_ji = (phi(tau M) - 1) b for j < fast. */
static void find_blocks(es_barlow_fast *w, size_t d, double tau) {
  w->tau = tau;
  for (size_t j = 0; j < w->fast; j++) {
    for (size_t i = 0; i < j; i++) pair_block(w, d, i, j);
    /* b_jj is its own partner; one outside Q has none. */
    const double own = 4 * (w->delta[j] * w->g[j] - 2 * w->t[j]);
    w->same[j + j * d] = phi_minus_one(tau * own);
    w->cross[j + j * d] = 0;
    for (size_t i = w->fast; i < d; i++) {
      const double alone = 4 * (w->delta[i] * w->g[j] - w->t[j]);
      w->same[i + j * d] = phi_minus_one(tau * alone);
    }
  }
}

void es_barlow_phi(double tau, double *v, void *self) {
  const barlow *b = self;
  es_barlow_fast *w = b->fast;
  const size_t d = b->d, k = b->k, fast = w->fast;
  if (fast == 0) return;
  if (!(w->tau == tau)) find_blocks(w, d, tau);
  double *B = w->C, *change = w->spare;
  es_gemm(false, true, d, fast, k, 1, v, d, w->Q, d, 0, change, d);
  es_gemm(true, false, d, fast, d, 1, w->frame, d, change, d, 0, B, d);
  for (size_t j = 0; j < fast; j++)
    for (size_t i = 0; i < d; i++) {
      double moved = w->same[i + j * d] * B[i + j * d];
      if (i < fast) moved += w->cross[i + j * d] * B[j + i * d];
      change[i + j * d] = moved;
    }
  es_gemm(false, false, d, fast, d, 1, w->frame, d, change, d, 0, B, d);
  es_gemm(false, false, d, k, fast, 1, B, d, w->Q, d, 1, v, d);
}
