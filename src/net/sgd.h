/* Stochastic gradient descent. */
#ifndef ES_NET_SGD_H
#define ES_NET_SGD_H

#include "net/graph.h"

/* w ← w - rate · gradient for all parameters, with rate `last_rate` for
 * parameter number `last` and `rate` for all others. A rate of 0 leaves
 * parameters as they are, to the bit.
 *
 * low: what rounding to float took from each parameter so far, which the next
 * step gives back (Kahan's compensation): w + low is descended with 48 bits,
 * and steps far below w's last place add up. NULL: none is kept. */
void es_sgd_step(const es_graph *graph, float *params, float *low,
                 const float *gradient, double rate, size_t last,
                 double last_rate);

#endif
