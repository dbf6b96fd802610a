/* What the fate of an eigenmode, its lanes and its stiff path share: the flow
 * in regular variables and its own units. With w = s^(1/2), l = lambda_d, b =
 * lambda_s, in units of l/b for p and of l^2/b for rates,
 *   p = (b/l) p,  S = (b/l) alpha^(1/2) w,  Q = tau S:
 *   p' = S G - eta_p p,  S' = p G - eta_s S,  Q' = beta (S - Q),  G = Q - p S,
 * in which alpha is in the start alone, nothing divides by s, and collapse with
 * a running-away tau is Q falling more slowly than S. Where s0 < p0^2/alpha and
 * p < 0, S may change its sign: s touches 0 then, and tau passes through
 * infinity. Without ema Q = tau S stays. */
#ifndef ES_MODELS_EIGENMODE_LANES_H
#define ES_MODELS_EIGENMODE_LANES_H

#include "models/linear/eigenmode.h"
#include "sweep/lanes.h"

/* Constants of a cell, in those units: of the flow, of the regions' margins
 * (docs/fate.md), of where it ends. */
enum {
  EM_ETA_P,
  EM_ETA_S,
  EM_BETA,   /* 0 without ema */
  EM_TAU,    /* 0; tau without ema */
  EM_T_END,  /* options' */
  EM_PULL,   /* 1; |tau| without ema */
  EM_EPS,    /* 1; 0: S^2 - p^2 is 0 for ever, or no invariant */
  EM_SADDLE, /* p-; huge: no stable region is known */
  EM_ROOM,   /* p+^2 - p-^2 */
  EM_MEAN,   /* (p- p+)^(1/2); huge where c < 0 */
  EM_RATIO,  /* 2 (p- p+)^(1/2)/(p- + p+) */
  EM_SINK,   /* the smaller eta */
  EM_SHARE,  /* A^2 = max(share (p^2 + S^2 + eps), Q^2) */
  EM_PART,   /* P^2 = part A^2 - eps/2 */
  EM_MIDDLE, /* bound of P^2, or at constant tau of M */
  EM_SIGN,   /* of tau; 1 with ema */
  EM_LEVER,  /* 1/(2 |tau|) */
  EM_FIXED,  /* 1: the margins are those of constant tau */
  EM_PLUS,   /* p+ */
  EM_NEAR,   /* so near to it the flow is linear; negative: never */
  EM_LAST_Q, /* |Q| EM_LAST_Q + m (1 + m) EM_LAST_S, m = max(|p|, |S|), is how
              */
  EM_LAST_S, /* far p and S will still turn into each other in collapse; */
  EM_FAINT,  /* and so far they may; negative: never */
  EM_MOST_P, /* options' limit, which is in units of the start; huge: none */
  EM_MOST_S,
  EM_ROWS
};

/* A cell that has made so many steps and has as many of the last before it, or
 * no end, is left to the stiff path. */
#define ES_EIGENMODE_PATIENCE 1000
/* S and Q below this are left to it too: they may fall beyond what doubles
 * hold. */
#define ES_EIGENMODE_FAINT 1e-250

/* The units, over the model's. */
static inline double es_eigenmode_size(const es_eigenmode *mode) {
  return mode->lambda_d / mode->lambda_s;
}
static inline double es_eigenmode_rate(const es_eigenmode *mode) {
  return mode->lambda_d * es_eigenmode_size(mode);
}

/* Fills k (EM_ROWS, stride apart). */
void es_eigenmode_rows(double *k, size_t stride, const es_eigenmode *mode,
                       double c, const es_cell_options *options);

/* Positive inside the region that is stable (*is_stable true) or collapses;
 * the larger of the two margins, and whose it is, also just outside. k of
 * stride 1, y = (p, S, Q). */
double es_eigenmode_margin(const double *k, const double y[3], bool *is_stable);

/* The regular variables, and back. */
void es_eigenmode_regular(const es_eigenmode *mode,
                          const es_eigenmode_state *state, double y[3]);
es_eigenmode_state es_eigenmode_from_regular(const es_eigenmode *mode,
                                             const double y[3]);

/* The kernel for that tolerance, with ema or without. */
const es_lane_kernel *es_eigenmode_kernel(double rtol, bool ema);

/* Goes on with one cell from y at t (in the flow's units), by a method that
 * stiffness does not slow down: to options->t_end, or to where its fate is
 * certain where that is INFINITY; cell (in the model's) holds what was found so
 * far. Returns the state there. */
es_eigenmode_state es_eigenmode_go_on(const es_eigenmode *mode, double c,
                                      const es_cell_options *options, double t,
                                      const double y[3], es_cell *cell);

/* The state at the end, which is finite, if the way from y at t to it is linear
 * to within a part of the tolerance; k of stride 1. */
bool es_eigenmode_rest(const es_eigenmode *mode, const double *k, double t,
                       const double y[3], es_eigenmode_state *out);

/* How far p, Q and S - p may be from p+, p+ and 0 for that; negative: never. */
double es_eigenmode_near(double plus, double eta, double beta, double rtol);

/* What an opened batch is made of; es_eigenmode_batch (eigenmode.h) is this
 * with the base read from a configuration. Keys that were given, as a setting
 * or as an axis, do not follow eta and sigma2. ES_OK with *out NULL: an axis
 * that lanes do not know. */
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
