/* Settings that every mode has for itself: lists of one number, which is then
 * all modes' own, or of one for each mode. */
#ifndef ES_MODELS_LINEAR_PER_MODE_H
#define ES_MODELS_LINEAR_PER_MODE_H

#include <eigenstep/config.h>

/* The number of modes: the longest list among the keys of section "model" that
 * names (ended by NULL) lists; 1 where none is set. Fails where another list is
 * neither as long nor of one number. */
es_status es_per_mode_count(size_t *modes, const es_config *config,
                            const char *const *names,
                            es_diag *diag) ES_MUST_USE;

/* Mode j's (from 0) number; NaN where the key is unset. */
double es_per_mode(const es_config *config, const char *name, size_t j);

#endif
