/* eigenstep: exact dynamics of self-supervised learning. One header for all of
 * the library; it includes nothing beyond the C library. */
#ifndef EIGENSTEP_EIGENSTEP_H
#define EIGENSTEP_EIGENSTEP_H

#include <eigenstep/barlow_twins.h>
#include <eigenstep/config.h>
#include <eigenstep/flow.h>
#include <eigenstep/model.h>
#include <eigenstep/ode.h>
#include <eigenstep/status.h>
#include <eigenstep/sweep.h>

#define ES_VERSION "0.1.0"
#define ES_ABI 4 /* counts changes that break compiled callers */

ES_API_BEGIN

/* The version and ABI number of the library that is linked. */
const char *es_version(void);
int es_abi(void);

/* The built-in models, in the order of `eigenstep list models`; NULL beyond the
 * last. */
const es_model *es_model_list(size_t index);

/* The model of that name, or NULL. */
const es_model *es_model_find(const char *name);

/* The sets of keys that settings of a model have, for es_config_new: its own,
 * beside (es_flow_keys or es_sweep_keys), and those of data where the model
 * takes any. Returns how many. */
enum { ES_MODEL_KEYS = 3 };
size_t es_model_keys(es_keys sets[ES_MODEL_KEYS], const es_model *model,
                     const es_keys *beside);

/* Settings for a flow of this model: every key that `eigenstep flow MODEL` has,
 * for es_config_set and es_config_load. ES_NO_MEMORY. Free with
 * es_config_free. */
es_status es_flow_config(es_config **out, const es_model *model,
                         es_diag *diag) ES_MUST_USE;

/* Settings for a sweep of this model, with axes in the section "sweep": every
 * key that `eigenstep sweep MODEL` has. ES_NO_MEMORY. Free with
 * es_config_free. */
es_status es_sweep_config(es_config **out, const es_model *model,
                          es_diag *diag) ES_MUST_USE;

ES_API_END

#endif
