/* Where modes go, and what would have sent them elsewhere. Private to the room.
 */
#ifndef ES_OVERLAY_BYOL_FATE_H
#define ES_OVERLAY_BYOL_FATE_H

#include "overlay/byol.h"

/* Fates of n starts that differ from the mode's in values (n×n_axes) of the
 * keys `axis` of `byol-eigenmode`; p0 is of the mirrored mode where lambda_d <
 * 0. cells (n) and columns (n×3) are room. */
es_status es_byolnet_fates(es_fate *fate, const es_eigenmode *mode,
                           const char *const *axis, size_t n_axes,
                           const double *values, size_t n, es_cell *cells,
                           double *columns, es_diag *diag) ES_MUST_USE;

/* What may be turned of a run; all else stays, eta_p where alpha_p is turned,
 * too. */
typedef enum es_byolnet_turn {
  ES_BYOLNET_ALPHA_P, /* learning rate of the predictor */
  ES_BYOLNET_ETA,     /* both weight decays, by one factor */
  ES_BYOLNET_BETA,    /* 1 - momentum */
  ES_BYOLNET_INIT,    /* start of W and so of W_a */
  ES_BYOLNET_INIT_P,  /* start of W_p */
  ES_BYOLNET_TURNS
} es_byolnet_turn;
/* "alpha_p", "eta", "beta", "init_scale", "predictor_scale". */
const char *es_byolnet_turn_name(es_byolnet_turn turn);

/* The change nearest to 1, as a ratio, within [1/ES_BYOLNET_FURTHEST,
 * ES_BYOLNET_FURTHEST], that sends the mode elsewhere. Fates beside it are
 * certain to a part in 1e9. factor is NaN where none does, where the mode's own
 * fate is not certain, and where the parameter is 0 or means nothing. value: of
 * the parameter there, of starts the factor itself. */
#define ES_BYOLNET_FURTHEST 1000.0
typedef struct es_byolnet_crossing {
  double factor, value;
  es_fate from, to;
} es_byolnet_crossing;
es_status es_byolnet_cross(es_byolnet_crossing *out,
                           const es_byolnet_mapping *map,
                           const es_eigenmode *mode, es_byolnet_turn turn,
                           es_diag *diag) ES_MUST_USE;

#endif
