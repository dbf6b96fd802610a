/* The values of all nodes, and what normalises them: see tangent.h. */
#include "ntk/tangent_own.h"

#include <math.h>

/* Of channel c over the images of a group. */
static void measure(const es_tangent *t, size_t i, size_t group, size_t c,
                    double *mean, double *var) {
  const es_node *node = &t->plan.graph->node[i];
  const size_t area = node->height * node->width;
  double sum = 0, square = 0, count = 0;
  for (int pass = 0; pass < 2; pass++) {
    for (size_t n = 0; n < t->plan.images; n++) {
      const double *x = es_tangent_value(t, node->from[0], n) + c * area;
      if (t->plan.group[n] != group) continue;
      for (size_t k = 0; k < area; k++)
        if (pass == 0)
          sum += x[k];
        else
          square += (x[k] - *mean) * (x[k] - *mean);
      if (pass == 0) count += (double)area;
    }
    *mean = sum / count;
  }
  *var = square / count;
}

static void find_statistics(const es_tangent *t, size_t i,
                            const double *buffers) {
  const es_graph *g = t->plan.graph;
  const es_node *node = &g->node[i];
  const es_tangent_cell *cell = &t->cell[i];
  const size_t channels = node->channels;
#pragma omp parallel for schedule(static) num_threads((int)t->threads)
  for (size_t k = 0; k < t->plan.groups * channels; k++) {
    const size_t c = k % channels;
    double mean, var;
    if (t->plan.group == NULL) {
      mean = buffers[g->buffer[node->mean].offset + c];
      var = buffers[g->buffer[node->var].offset + c];
    } else {
      measure(t, i, k / channels, c, &mean, &var);
    }
    cell->mean[k] = mean;
    cell->scale[k] = 1 / sqrt(var + ES_NORM_EPSILON);
  }
}

void es_tangent_fill_values(const es_tangent *t, const double *buffers) {
  for (size_t i = 1; i < t->plan.graph->n_nodes; i++) {
    if (!t->cell[i].used) continue;
    if (t->plan.graph->node[i].op == ES_OP_NORM) find_statistics(t, i, buffers);
#pragma omp parallel for schedule(static) num_threads((int)t->threads)
    for (size_t n = 0; n < t->plan.images; n++) {
      const es_tangent_op op = es_tangent_see(t, i, n);
      es_tangent_forward(&op);
    }
  }
}
