/* Stochastic gradient descent: see sgd.h. Without compensation small modes
 * drift under the roundings of the large ones that share their weights, and a
 * run near its end stands still where steps are under half a unit in the last
 * place. Product and sum are formed in double and rounded once. */
#include "net/sgd.h"

static void descend(float *w, const float *g, size_t n, double rate) {
  for (size_t k = 0; k < n; k++)
    w[k] = (float)((double)w[k] - rate * (double)g[k]);
}

static void descend_exactly(float *w, float *low, const float *g, size_t n,
                            double rate) {
  for (size_t k = 0; k < n; k++) {
    const double next = (double)w[k] + ((double)low[k] - rate * (double)g[k]);
    w[k] = (float)next;
    low[k] = (float)(next - (double)w[k]);
  }
}

void es_sgd_step(const es_graph *graph, float *params, float *low,
                 const float *gradient, double rate, size_t last,
                 double last_rate) {
  for (size_t p = 0; p < graph->n_params; p++) {
    const es_tensor *t = &graph->param[p];
    const size_t at = t->offset;
    const double own = p == last ? last_rate : rate;
    if (own == 0) continue;
    if (low == NULL)
      descend(params + at, gradient + at, t->size, own);
    else
      descend_exactly(params + at, low + at, gradient + at, t->size, own);
  }
}
