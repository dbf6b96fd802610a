/* What the files of infonce.h share. */
#ifndef ES_CONTRAST_INFONCE_PARTS_H
#define ES_CONTRAST_INFONCE_PARTS_H

#include "contrast/infonce.h"

#include "base/slab.h"

#include <float.h>
#include <stdbool.h>

/* Columns of Z are cut into blocks of at most this many, and logits into tiles
 * of two blocks; rows of tiles into strips of eight, which all instruction sets
 * sum alike. */
enum { ES_INFONCE_EDGE = 256, ES_INFONCE_STRIP = 8 };

/* A logit that is none, and the half square that makes one: far enough from
 * ES_INFONCE_LARGEST, the largest of either that is taken, that no sum of two
 * overflows. */
#define ES_INFONCE_NONE (DBL_MAX / 2)
#define ES_INFONCE_LARGEST (DBL_MAX / 16)

/* Half squares up to half of this cost a logit less than 1e-12. */
#define ES_INFONCE_LARGE 2000.

/* A tile: S (column-major, `edge` rows apart, whole strips of rows) of products
 * z_i . z_j, of logits S_ij - (h_i + h_j), or of their exponentials;
 * and the place H of weights, which may be S. Vectors of its rows and its
 * columns: half squares h, shifts m, weights f, and sums, to which the kernels
 * add. */
typedef struct es_infonce_tile {
  double *S, *H;
  size_t edge, rows, cols;
  const double *row_h, *col_h, *row_m, *col_m, *row_f, *col_f;
  double *row_sum, *col_sum;
} es_infonce_tile;

/* Loops over tiles, for one instruction set; the bits are the same in all. */
typedef struct es_infonce_kernel {
  /* From products: S = e = exp(l), and its sums. */
  void (*exponentials)(const es_infonce_tile *t);
  /* From these: H = e (row_f + col_f), and its sums. */
  void (*weights)(const es_infonce_tile *t);
  /* The same with each row and each column shifted by its own m. From products:
   * S = l; those that are small beside large half squares come from the columns
   * of d numbers themselves. */
  void (*logits)(const es_infonce_tile *t, size_t d, const double *row_z,
                 const double *col_z);
  /* row_sum and col_sum become the largest of themselves and l. */
  void (*maxima)(const es_infonce_tile *t);
  /* From logits: sums of exp(l - m). */
  void (*own_sums)(const es_infonce_tile *t);
  /* H = exp(l - row_m) row_f + exp(l - col_m) col_f, and its sums. */
  void (*own_weights)(const es_infonce_tile *t);
  /* a (n, whole strips) becomes exp(a - shift); its sum. */
  double (*row)(size_t n, double *a, double shift);
  /* The largest of n numbers, whole strips. */
  double (*largest)(size_t n, const double *a);
} es_infonce_kernel;

/* That of an instruction set, by its place in es_simd. */
const es_infonce_kernel *es_infonce_kernel_of(int simd);

struct es_infonce {
  es_infonce_loss loss;
  double temperature;
  size_t d, n, padded;          /* padded: n in whole strips */
  size_t threads, edge, blocks; /* of tiles */
  const es_infonce_kernel *kernel;
  bool own;        /* shifts of their own are needed: see infonce_tiles.c */
  const double *Z; /* of the call: borrowed */
  double *C;       /* d×n: Z, or Z' for dot, with its mean taken off */
  double *G;       /* d×n: C H */
  double *h;       /* |c_i|^2/2; ES_INFONCE_NONE beyond n */
  double *pair;    /* l_ii */
  double *m;       /* shifts: 0, or the largest logit of the row */
  double *rest;    /* sum over j != i of exp(l_ij - m_i) */
  double *f;       /* 1/(rest + exp(l_ii - m_i)); 0 beyond n */
  double *sum;     /* row sums of H */
  double *tile;    /* a tile a thread; for dot, rows of logits */
  double *kept;    /* all tiles of blocks I <= J, where that is not too much */
  size_t chunk;    /* dot: rows at a time */
  double *rows;    /* dot: the anchors of a chunk, weighted */
  es_slab slab;
  double *spare; /* of es_infonce_push and es_infonce_x, made when needed */
  size_t spare_size;
};

/* C = Z less its mean, h; the largest h, or NaN where one is too large. */
double es_infonce_centre(es_infonce *work, const double *Z);

/* -ln alpha_ii from what is known of a row. */
double es_infonce_row_loss(double pair, double shift, double rest);

/* Distance: fills pair, m, rest and f from C and the pairs. */
es_status es_infonce_sums(es_infonce *work, const double *Z,
                          const double *Zp) ES_MUST_USE;

/* Y = V H, sum = H 1 for V (v×n): H = alpha + alpha^T off the diagonal. */
void es_infonce_apply(es_infonce *work, size_t v, const double *V, double *Y);

/* At least `count` numbers in spare, kept for later calls. ES_NO_MEMORY. */
es_status es_infonce_scratch(es_infonce *work, size_t count) ES_MUST_USE;

/* M (rows×m) = beta M + alpha A B^T for A (rows×n) and B (m×n). */
void es_infonce_product(size_t rows, size_t m, size_t n, double alpha,
                        const double *A, const double *B, double beta,
                        double *M);

/* The dot loss. */
es_status es_infonce_dot(es_infonce *work, const double *Z, const double *Zp,
                         double *loss, double *dZ, double *dZp) ES_MUST_USE;

#endif
