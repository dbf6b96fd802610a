/* What the fate of an eigenmode, its lanes and its stiff path share: the flow
 * in regular variables. With S = alpha^(1/2) w, Q = alpha^(1/2) tau w, s = w^2:
 *   p' = S G - eta_p p,  S' = p G - eta_s S,  Q' = beta (S - Q),
 *   G = lambda_d Q - lambda_s p S,
 * in which alpha is in the start alone, nothing divides by s, and collapse with
 * a running-away tau is Q falling more slowly than S. Where s0 < p0^2/alpha and
 * p < 0, w may change its sign; s touches 0 then, and tau passes through
 * infinity. Without ema Q = tau S. */
#ifndef ES_MODELS_EIGENMODE_LANES_H
#define ES_MODELS_EIGENMODE_LANES_H

#include "models/linear/eigenmode.h"
#include "sweep/lanes.h"

/* Constants of a cell: those of the flow, and those of the regions' margins
 * (docs/fate.md). */
enum {
  EM_L,      /* lambda_d */
  EM_B,      /* lambda_s */
  EM_ETA_P,  /* eta_p */
  EM_ETA_S,  /* eta_s */
  EM_BETA,   /* beta; 0 without ema */
  EM_TAU,    /* 0; tau without ema */
  EM_ALPHA1, /* 1/alpha */
  EM_LT,     /* lambda_d; lambda_d |tau| without ema */
  EM_EPS,    /* 1; 0: S^2 - p^2 is 0 for ever, or no invariant */
  EM_SADDLE, /* p of the saddle; huge: no stable region is known */
  EM_ROOM,   /* p+^2 - p-^2 */
  EM_MEAN,   /* (p- p+)^(1/2); huge where c < 0 */
  EM_RATIO,  /* 2 (p- p+)^(1/2)/(p- + p+) */
  EM_SINK,   /* the smaller eta */
  EM_SHARE,  /* A^2 = max(share (p^2 + S^2 + eps), Q^2) */
  EM_PART,   /* P^2 = part A^2 - eps/2 */
  EM_MIDDLE, /* bound of P^2, or at constant tau of M */
  EM_SIGN,   /* of tau; 1 with ema */
  EM_LEVER,  /* 1/(2 lambda_d |tau|) */
  EM_FIXED,  /* 1: the margins are those of constant tau */
  EM_ROWS
};

/* Steps after which a cell is left to the stiff path. */
#define ES_EIGENMODE_PATIENCE 1000

/* Fills k (EM_ROWS, stride apart). */
void es_eigenmode_rows(double *k, size_t stride, const es_eigenmode *mode,
                       double c);

/* What is certain of every later time from the start's signs and the settings
 * alone: above the threshold, s = 0, p <= 0 below the parabola, and so on. */
es_fate es_eigenmode_fate_at_start(const es_eigenmode *mode, double c);

/* Positive inside the region that is stable (*stable true) or collapses;
 * the larger of the two margins. k of stride 1, y = (p, S, Q). */
double es_eigenmode_margin(const double *k, const double y[3], bool *stable);

/* The regular variables, and back. */
void es_eigenmode_regular(const es_eigenmode *mode,
                          const es_eigenmode_state *state, double y[3]);
es_eigenmode_state es_eigenmode_from_regular(const es_eigenmode *mode,
                                             const double y[3]);

/* The kernel for cells with ema, and without. */
extern const es_lane_kernel es_eigenmode_kernels[2];

/* Goes on with one cell from (t, y), by a method that stiffness does not slow
 * down: to options->t_end, or to where its fate is certain where that is
 * INFINITY; cell holds what was found so far. */
void es_eigenmode_go_on(const es_eigenmode *mode, double c,
                        const es_cell_options *options, double t, double y[3],
                        es_cell *cell);

/* What an opened batch is made of; es_eigenmode_batch (eigenmode.h) is this
 * with the base read from a configuration. Keys that were given do not follow
 * eta and sigma2. ES_OK with *out NULL: an axis that lanes do not know. */
typedef struct es_eigenmode_axes {
  const char *const *name; /* of section "model" */
  size_t n;
  bool eta_p_given, eta_s_given, lambda_s_given;
} es_eigenmode_axes;
es_status es_eigenmode_batch_new(void **out, const es_eigenmode *base,
                                 const es_eigenmode_axes *axes,
                                 const es_cell_options *options,
                                 es_diag *diag) ES_MUST_USE;
void es_eigenmode_batch_free(void *self); /* NULL accepted */
es_status es_eigenmode_batch_solve(const void *self, const double *axes,
                                   size_t n, es_cell *cells,
                                   double *columns) ES_MUST_USE;

#endif
