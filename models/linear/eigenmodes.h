/* Settings of the models of BYOL's decoupled eigenmodes, and what they share of
 * a state: p (or p1 and p2), L, y, z for each mode, as in direction.h. */
#ifndef ES_MODELS_EIGENMODES_H
#define ES_MODELS_EIGENMODES_H

#include "models/linear/direction.h"

extern const es_model es_model_byol_eigenmode, es_model_byol_two_layer,
    es_model_directset;

/* Keys of `byol-eigenmode` and of `byol-two-layer`. */
extern const es_keys es_eigenmode_keys, es_two_layer_keys;

/* Parts that decay keep their digits down to this share of their start. */
#define ES_EIGENMODE_ATOL_UNIT 1e-290

/* The modes of a configuration, n of them, to be freed. *no_start is a line for
 * the user on what is missing of the start, static, or NULL; a number that is
 * not given is 0. Errors: lists of lengths that do not go together, no memory.
 */
es_status es_eigenmodes_read(es_eigenmode **modes, size_t *n,
                             const char **no_start, const es_config *config,
                             bool two_layer, es_diag *diag) ES_MUST_USE;

/* The learning rate of solver.method=gd; 0 for any other method. */
double es_eigenmodes_lr(const es_config *config);

/* Whether descent at that rate steps W and W_a of this mode (direction.h): not
 * from s = 0, where W stays. */
bool es_eigenmode_descends(const es_eigenmode *mode, double lr);

/* The scale of L that has the solver keep it to rtol as an absolute tolerance,
 * which is s to twice that as a relative one. */
double es_eigenmodes_log_scale(const es_config *config);

/* L, y and z of a mode's start into y[0..3), and their scales: what starts from
 * 0 is measured by what drives it. */
void es_eigenmode_begin(const es_eigenmode *mode, double log_scale, double *y,
                        double *scale);

/* s and tau of (L, y, z). Beyond 1e280 either way, where y soon has no
 * digits and no sign left, tau is INFINITY. */
double es_eigenmode_s(const es_eigenmode *mode, const double *y);
double es_eigenmode_tau(const es_eigenmode *mode, const double *y);

/* What output.state=on appends: w and w_a of (L, y, z) for each mode. */
void es_eigenmode_weights(const es_eigenmode *mode, const double *y,
                          double *out);
void es_eigenmode_weight_name(const void *self, size_t j, char *name,
                              size_t size);

#endif
