/* Stochastic gradient descent: see sgd.h. The product and the difference are
 * formed in double and rounded once. */
#include "net/sgd.h"

static void descend(float *w, const float *g, size_t n, double rate) {
  for (size_t k = 0; k < n; k++)
    w[k] = (float)((double)w[k] - rate * (double)g[k]);
}

void es_sgd_step(const es_graph *graph, float *params, const float *gradient,
                 double rate, size_t last, double last_rate) {
  for (size_t p = 0; p < graph->n_params; p++) {
    const es_tensor *t = &graph->param[p];
    const double own = p == last ? last_rate : rate;
    if (own != 0)
      descend(params + t->offset, gradient + t->offset, t->size, own);
  }
}
