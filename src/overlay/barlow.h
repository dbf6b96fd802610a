/* The family of Barlow Twins and its kin, theory.md 1 and 7: the loss |C - I|^2
 * in a kernel that is held as it was measured (ntk/held.h). Private to the
 * room. */
#ifndef ES_OVERLAY_BARLOW_H
#define ES_OVERLAY_BARLOW_H

#include "overlay/family.h"

/* Its reading side: see es_family. */
es_status es_barlow_overlay(const char *const *run, size_t n_runs,
                            const char *dir,
                            void (*say)(void *context, const char *line),
                            void *context, es_diag *diag) ES_MUST_USE;

extern const es_family es_family_barlow;

#endif
