/* What drives the contrastive models (theory.md 6): a linear map V (d×m) from
 * samples to embeddings is pushed by G = V X(V), shared by `contrastive` (V =
 * W) and `contrastive-deep` (V = W_L … W_1, or the first rows of it beside a
 * residual). The modes:
 *   fixed       X as given, or that of the pairs at the start, held
 *   infonce     X of the pairs given, or drawn from [data]; the sum over pairs
 *   population  X of x ~ N(0, C), the limit of the mean over pairs
 * Without negatives X is -sum (x'-x)(x'-x)^T, or -A. */
#ifndef ES_MODELS_LINEAR_CONTRASTIVE_H
#define ES_MODELS_LINEAR_CONTRASTIVE_H

#include "contrast/infonce.h"

#include <eigenstep/model.h>

extern const es_model es_model_contrastive;
extern const es_model es_model_contrastive_deep;

typedef enum es_drive_mode {
  ES_DRIVE_FIXED,
  ES_DRIVE_INFONCE,
  ES_DRIVE_POPULATION
} es_drive_mode;

/* The keys that both models have are the rows ES_DRIVE_KEYS of drive_keys.h:
 *   mode [by what is given], X, x, xp, C, A, d [m: rows of a drawn start],
 *   init_scale, seed, eta, negatives, loss=distance|dot, temperature [0.1],
 *   reduction=sum|mean [sum for distance, mean for dot], batch [all pairs],
 *   lr */

typedef struct es_drive es_drive;

/* Reads what the settings give and checks that it goes together: one of X; x
 * and xp; C and A; [data], and of a mode what it needs (population takes C and
 * A from [data] too, fixed X from pairs at the start). `batch` needs
 * solver.method=gd: step k takes samples k·batch … of the data, in order, with
 * draw 0 on the first pass through them, 1 on the second, …. Free with
 * es_drive_close. */
es_status es_drive_open(es_drive **out, const es_config *config,
                        const es_watch *watch, es_diag *diag) ES_MUST_USE;
void es_drive_close(es_drive *drive); /* NULL accepted */

es_drive_mode es_drive_mode_of(const es_drive *drive);
size_t es_drive_dim(const es_drive *drive);    /* m */
double es_drive_rate(const es_drive *drive);   /* lr under gd; else 0 */
bool es_drive_has_loss(const es_drive *drive); /* false: fixed */
bool es_drive_is_dot(const es_drive *drive);   /* loss=dot */
bool es_drive_repels(const es_drive *drive);   /* distance, with negatives */
/* N, the pairs that a step takes; 0 where X was made of matrices. */
size_t es_drive_count(const es_drive *drive);
bool es_drive_checksum(const es_drive *drive, unsigned *crc);

/* To be called once, before what follows: plans scratch for maps of d rows, and
 * freezes X of fixed pairs at V0 (d×m). */
es_status es_drive_begin(es_drive *drive, size_t d, const double *V0,
                         es_diag *diag) ES_MUST_USE;

/* G = V X(V) = -dL/dV (d×m) and, unless NULL, L at time t (which chooses the
 * batch alone). Does not allocate. */
es_status es_drive_push(es_drive *drive, double t, const double *V, double *G,
                        double *loss) ES_MUST_USE;

/* X(V), m×m; ES_BAD_VALUE for dot, which is no V X. */
es_status es_drive_x(es_drive *drive, double t, const double *V,
                     double *X) ES_MUST_USE;

/* X where no V and no t change it, of a fixed one and without negatives (but
 * for batches), from es_drive_begin on; else NULL. */
const double *es_drive_constant(const es_drive *drive);

/* For maps that are not linear: the n pairs that time t takes (m×n, borrowed
 * until the next call), infonce only; and L and dL/dZ, dL/dZ' of their
 * embeddings (d×n), reduction and negatives as set; dZ
 * and dZp may both be NULL. */
es_status es_drive_pairs(es_drive *drive, double t, const double **x,
                         const double **xp, size_t *n) ES_MUST_USE;
es_status es_drive_gradient(es_drive *drive, const double *Z, const double *Zp,
                            double *loss, double *dZ, double *dZp) ES_MUST_USE;

/* Channels, height and width of the samples; NULL: they are no images. */
const double *es_drive_image_shape(const es_drive *drive);

/* Cov(x) (m×m), of all pairs or of the population; NULL for a fixed X that was
 * given as a matrix. */
const double *es_drive_covariance(const es_drive *drive);

/* *root (m×m, the caller's to free): Cov(x) = root root^T; NULL where it is not
 * known. */
es_status es_drive_root(const es_drive *drive, double **root,
                        es_diag *diag) ES_MUST_USE;

/* What ES_DRIVE_POPULATION is made of, for stationary points; NULL otherwise.
 */
const double *es_drive_c(const es_drive *drive);
const double *es_drive_a(const es_drive *drive);

#endif
