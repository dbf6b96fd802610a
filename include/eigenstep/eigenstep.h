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

ES_API_END

#endif
