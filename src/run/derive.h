/* Settings that follow from those a stage is repeated over:
 *   each: {method.predictor_lr_ratio: [1, 10], train.weight_decay: [0.02, 0.1]}
 *   derive: {method.predictor_weight_decay:
 *              train.weight_decay/method.predictor_lr_ratio}
 * arithmetic (report/expression.h) over the keys of `each` in full, each time
 * set after them. They are no columns of the table. Private to the room. */
#ifndef ES_RUN_DERIVE_H
#define ES_RUN_DERIVE_H

#include "run/plan.h"

/* Sets them in the configuration of item i. ES_BAD_VALUE, with the place in the
 * file: `derive` of another form, a name that is none of the keys, or a value
 * that is no number or is not accepted. (Without each: es_plan_open.) */
es_status es_derive_set(es_config *config, const es_plan *plan,
                        const es_stage *stage, size_t i,
                        es_diag *diag) ES_MUST_USE;

#endif
