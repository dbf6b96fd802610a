/* Descent: what a step does to each parameter. The formulas are PyTorch's (SGD
 * and AdamW of torch.optim), and for LARS those of the codes of SimCLR, BYOL
 * and Barlow Twins after You, Gitman and Ginsburg, "Large batch training of
 * convolutional networks" (2017):
 *
 *   sgd     m ← μ m + d,  w ← w - r m           d = g + decay · w
 *   lars    the same with d multiplied by 1e-3 |w|/|d| (1 where one is 0);
 *           tensors of rank 1 (biases, normalisation) have neither that factor
 *           nor decay
 *   adamw   m ← μ m + (1 - μ) g,  v ← .999 v + .001 g²,
 *           w ← w - r (decay · w + m̂/(sqrt(v̂) + 1e-8)),
 *           m̂ = m/(1 - μ^k), v̂ = v/(1 - .999^k) at the k-th step
 *
 * r is the rate times the parameter's own ratio, g its gradient, and m and v
 * start at 0. */
#ifndef ES_NET_OPTIMIZER_H
#define ES_NET_OPTIMIZER_H

#include "file/h5.h"
#include "net/graph.h"

#include <stdint.h>

typedef enum es_rule { ES_RULE_SGD, ES_RULE_LARS, ES_RULE_ADAMW } es_rule;

/* What a parameter has of its own. */
typedef struct es_pace {
  double ratio; /* of its rate to that of the step; 0: it stays, to the bit */
  double decay; /* weight decay */
} es_pace;

typedef struct es_optimizer es_optimizer;

/* For the parameters of a graph, which must outlive it; momentum in [0, 1) is μ
 * above. All have ratio 1 and decay 0. Free with es_optimizer_free, which
 * accepts NULL. */
es_status es_optimizer_new(es_optimizer **out, const es_graph *graph,
                           es_rule rule, double momentum,
                           es_diag *diag) ES_MUST_USE;
void es_optimizer_free(es_optimizer *optimizer);

void es_optimizer_pace(es_optimizer *optimizer, size_t param, es_pace pace);
size_t es_optimizer_memory(const es_optimizer *optimizer); /* bytes */

/* Step number k = `step` (from 1) of the flat vector of parameters. What
 * rounding to float takes from a parameter is kept and given back in the next
 * step (Kahan's compensation): w is descended with 48 bits, and steps far below
 * its last place add up. m and v are floats. false, and nothing is changed,
 * where the gradient is not finite or the step leaves the range of a float. */
bool es_optimizer_step(es_optimizer *optimizer, float *params,
                       const float *gradient, double rate,
                       uint64_t step) ES_MUST_USE;

/* A parameter in double, with what rounding took from it; and a new value of
 * it, as a step would have left it. For constraints that a step must meet. */
void es_optimizer_get(const es_optimizer *optimizer, size_t param,
                      const float *params, double *out);
void es_optimizer_put(es_optimizer *optimizer, size_t param, float *params,
                      const double *value);

/* The state, in PyTorch's names and shapes: /optimizer/low/NAME (what rounding
 * took) and, where the rule has them, /optimizer/momentum/NAME (m) and
 * /optimizer/square/NAME (v). After a failed read it can only be freed. */
es_status es_optimizer_write(const es_optimizer *optimizer, es_h5 *file,
                             es_diag *diag) ES_MUST_USE;
es_status es_optimizer_read(es_optimizer *optimizer, es_h5_source *file,
                            es_diag *diag) ES_MUST_USE;

#endif
