/* Barlow Twins in a kernel's eigenbasis (theory.md 1, kernel form): the kernel
 * of n pairs, and the modes that replace Gamma's. The 2n points stand in the
 * order (X, X'): n first views, then n second ones. */
#ifndef ES_MODELS_LINEAR_KERNEL_H
#define ES_MODELS_LINEAR_KERNEL_H

#include "base/progress.h"
#include "data/data.h"

#include <eigenstep/status.h>
#include <stdbool.h>
#include <stddef.h>

/* k(x,y) = x^T y, or exp(-|x-y|^2/(2 bandwidth^2)), on points that are known.
 * With center, phi(x) less its mean over all 2n points: k of the linear kernel
 * is taken of centred points, another becomes
 *   k(x,y) - mean_i k(x,x_i) - mean_i k(x_i,y) + mean_ij k(x_i,x_j). */
typedef struct es_kernel {
  size_t n, p;      /* pairs, values of a point */
  double bandwidth; /* of rbf; 0: linear */
  bool center;
  double *X;      /* 2n×p, a point a row, less shift */
  double *shift;  /* p: the points' mean, which leaves distances alone; 0 for a
                     linear kernel that is not centred */
  double *square; /* 2n: |x_i|^2, for rbf */
  double *row;    /* 2n: mean_j k(x_i,x_j), for a centred rbf; else 0 */
  double mean;    /* of row */
  double *K;      /* 2n×2n; the caller may take it over, and then sets NULL */
} es_kernel;

/* Pairs of a bandwidth's median. */
enum { ES_KERNEL_MEDIAN = 1000 };

/* The set's pairs (draw 0) as points: *X is 2n×p, for es_kernel_new or free. */
es_status es_kernel_pairs(double **X, const es_dataset *set,
                          const es_progress *progress,
                          es_diag *diag) ES_MUST_USE;

/* The kernel of n pairs of points of p values; takes X over in every case.
 * bandwidth: > 0: rbf; 0: linear; NaN: rbf with the median of |x_i - x_j| over
 * i < j among the first views of the first ES_KERNEL_MEDIAN pairs, the mean of
 * the middle two where there are two. ES_BAD_VALUE where that median is 0 or
 * there is none; ES_NOT_FINITE where the points' values are too large for K.
 * Free with es_kernel_free, which accepts a zeroed one. */
es_status es_kernel_new(es_kernel *out, size_t n, size_t p, double *X,
                        double bandwidth, bool center,
                        es_diag *diag) ES_MUST_USE;
void es_kernel_free(es_kernel *kernel);

/* k~(x) (2n×count) of points (p×count, a point a column), which are shifted in
 * place. */
void es_kernel_at(const es_kernel *kernel, double *points, size_t count,
                  double *out);

/* Modes of K_Gamma = K^{1/2} Z K^{1/2}, Z = (1/2n)[[0,I],[I,0]]:
 *   K Z K c = gamma K c,   c^T K c = 1,   v_j^T phi(x) = c_j^T k~(x);
 * where K is not singular its left factors cancel. */
typedef struct es_kernel_modes {
  size_t n, rank; /* of K */
  double top;     /* largest eigenvalue of K */
  double least;   /* its least: below -1e-6 top K is no kernel */
  double *gamma;  /* rank: falling, 0 where below roundoff */
  double *C;      /* 2n×rank: c_j */
  double *values; /* 2n×rank: K C, the modes at the points */
} es_kernel_modes;

/* Takes K (2n×2n) over, which is freed. What counts as 0 among K's eigenvalues
 * is what roundoff may have made of 0, at most 2n eps top, or as much as the
 * most negative one shows that rounding did. Peak memory: 4 matrices of order
 * 2n with K. Between its two eigenproblems the progress is asked. ES_BAD_VALUE
 * where K is zero; rank is 0 and nothing else is filled where least says that K
 * is no kernel. Free with es_kernel_modes_free. */
es_status es_kernel_modes_new(es_kernel_modes *out, size_t n, double *K,
                              const es_progress *progress,
                              es_diag *diag) ES_MUST_USE;
void es_kernel_modes_free(es_kernel_modes *modes);

/* Turns the sign of every mode whose largest entry in F (rows×rank: what the
 * modes are in some coordinates) is negative, in C, values and F alike. F may
 * be values itself. */
void es_kernel_modes_sign(es_kernel_modes *modes, double *F, size_t rows);

#endif
