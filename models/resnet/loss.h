/* Losses of the embeddings of positive pairs (theory.md 8). A loss is one file
 * and one line in ES_LOSSES; it works in double, whatever the network computes
 * in. */
#ifndef ES_MODELS_RESNET_LOSS_H
#define ES_MODELS_RESNET_LOSS_H

#include <eigenstep/config.h>

typedef struct es_loss {
  const char *name, *summary;
  const char *rate; /* train.lr where none is set */
  bool theorem;     /* theory.md 1 speaks of it on a network */
  bool targets;     /* compares z of one view with t of the other */
  /* Scratch for n >= 2 pairs of d values, made once; the settings of [method],
   * or NULL for their defaults. */
  es_status (*open)(void **self, size_t n, size_t d, const es_config *config,
                    es_diag *diag);
  void (*close)(void *self); /* NULL accepted */
  /* The loss of z (2n×d, row-major: n first views, then n second ones) and its
   * gradient dz (the same shape). A loss with targets compares z of a view with
   * t (as z) of the other one and gives dt, its gradient by t (NULL: not
   * wanted); where z and t are one array, dz + dt is the gradient by that. The
   * others take no notice of t and dt, which may be NULL. Allocates nothing.
   * Not finite where z or t is not, or is too large for its square where the
   * loss has one. */
  double (*value)(void *self, const double *z, const double *t, double *dz,
                  double *dt);
  /* Whether the last value had a gradient, its z being finite: ES_NOT_FINITE
   * and what to change where not. NULL: it always has. */
  es_status (*check)(const void *self, es_diag *diag);
} es_loss;

/* Losses in the order of method.loss; NULL beyond the last. */
const es_loss *es_loss_list(size_t index);
/* That of method.loss; infonce is the one by cosine where method.temperature
 * is set. */
const es_loss *es_loss_of(const es_config *config);

/* Defaults of what the chosen loss reads; ES_BAD_VALUE where a setting was
 * given that it does not, or does not go with. */
es_status es_loss_settle(es_config *config, es_diag *diag) ES_MUST_USE;

/* A default of a key that neither a user nor a method has set. */
es_status es_loss_default(es_config *config, const char *section,
                          const char *name, const char *value,
                          es_diag *diag) ES_MUST_USE;

/* The table: C name, name in method.loss.
 *
 * covariance: ||C - I||_F^2, C = (1/2n) sum_i (z_i z_i'^T + z_i' z_i^T), z
 * centred by the mean over both views: the loss of theory.md 1 on a network
 * (theory.md 7). With method.precondition and r = method.precondition_epsilon,
 * theory.md 1's preconditioned flow: left gives (C + rI)^-1 of its gradient by
 * z (which is then no gradient), logdet subtracts method.mu log det(C + rI)
 * from it. With C + rI not positive definite the gradient, and logdet's loss,
 * are NaN.
 *
 * barlow: c = x^T x'/n of the views, each normalised by its own mean and
 * variance (biased, plus 1e-5: PyTorch's BatchNorm1d without its affine map):
 * sum_i (c_ii - 1)^2 + lambda sum_{i != j} c_ij^2 (Zbontar et al. 2021).
 *
 * vicreg: 25 mean (z - z')^2 + 25/2 sum over the views of mean relu(1 -
 * sqrt(var + 1e-4)) + sum over the views of sum_{i != j} cov_ij^2/d; variances
 * and covariances with n - 1 (Bardes, Ponce, LeCun 2022).
 *
 * simclr: with u = z/max(|z|, 1e-12) of all 2n views, the mean over them of
 *   -ln(e^(u_a.u_a'/temperature)/sum_{b != a} e^(u_a.u_b/temperature)),
 * a' the other view of a's pair (Chen et al. 2020). negatives=off leaves the
 * mean of -u_a.u_a'/temperature: the pull without the push.
 *
 * spectral: -2 tr C + ||S||_F^2 with C as of the covariance loss and S the
 * covariance of all 2n embeddings, z centred by the mean over both views:
 * theory.md 1's spectral loss on a network (HaoChen et al. 2021).
 *
 * infonce: L/n of contrast/infonce.h: anchors are first views, candidates their
 * pair and the other first views, by distance (Jing et al. 2022, theory.md 6).
 *
 * cosine: the sum of both directions' means of 2 - 2 cos(z, t) (BYOL, Grill et
 * al. 2020), lengths under 1e-12 taken as that.
 *
 * l2: the sum of both directions' means of |z - t|^2/2 (theory.md 2's J,
 * twice).
 *
 * cross-entropy: the mean over all 2n views of -sum_c t_c ln softmax(z)_c; with
 * t the class's unit vector that of -ln of its share. */
#define ES_LOSSES(X)                                                           \
  X(covariance, "covariance")                                                  \
  X(barlow, "barlow")                                                          \
  X(vicreg, "vicreg")                                                          \
  X(spectral, "spectral")                                                      \
  X(simclr, "simclr")                                                          \
  X(infonce, "infonce")                                                        \
  X(cosine, "cosine")                                                          \
  X(l2, "l2")                                                                  \
  X(cross_entropy, "cross-entropy")

#define ES_LOSS_DECLARE(id, name) extern const es_loss es_loss_##id;
ES_LOSSES(ES_LOSS_DECLARE)
#undef ES_LOSS_DECLARE

/* With u and v = z and t normalised as in es_loss_simclr, anchors of one view
 * and all n candidates of the other:
 *   -ln(e^(u_a.v_a/temperature)/sum_b e^(u_a.v_b/temperature)),
 * both directions. method.target=self: the mean over the 2n anchors (DirectCLR,
 * Jing et al. 2022). Other targets: the sum of both directions' means, times
 * 2·temperature (MoCo v3, Chen, Xie, He 2021). Not without settings: the
 * temperature has no default. */
extern const es_loss es_loss_infonce_cosine;

#endif
