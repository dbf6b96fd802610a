/* What features_ntk.c makes for features.c. Private to this room. */
#ifndef ES_NTK_FEATURES_OWN_H
#define ES_NTK_FEATURES_OWN_H

#include "ntk/features.h"

/* ES_KERNEL_NTK, n and d being set. */
es_status es_features_tangent(es_features *f, es_trainer *trainer,
                              const es_config *config,
                              es_diag *diag) ES_MUST_USE;

#endif
