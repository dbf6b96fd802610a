/* Some directions back through the graph: see tangent.h. */

static void begin(es_tangent *t) {
  const es_graph *g = t->plan.graph;
  for (size_t i = 1; i < g->n_nodes; i++) {
    const es_node *node = &g->node[i];
    if (t->cell[i].turned != NULL)
      turn(&g->node[node->from[0]], node,
           (const real *)t->params + g->param[node->weight].offset,
           t->cell[i].turned);
  }
}

static void seed(const es_tangent *t, size_t first) {
  const size_t top = t->plan.graph->output[t->plan.output], d = t->d;
  for (size_t row = 0; row < t->plan.rows; row++) {
    real *dy = gradient(t, top, row);
    for (size_t k = 0; k < t->count * d; k++)
      dy[k] = (real)t->direction[first * d + k];
  }
}

static void back_through(const es_tangent *t, size_t i) {
  const es_node *node = &t->plan.graph->node[i];
#pragma omp parallel for schedule(static) num_threads((int)t->threads)
  for (size_t row = 0; row < t->plan.rows; row++) {
    operation op = see(t, i, row);
    for (size_t k = 0; k < es_tangent_operands(node); k++) {
      const size_t from = node->from[k];
      if (!t->cell[from].wanted) continue;
      op.dx[k] = gradient(t, from, row);
      op.add[k] = t->cell[from].last != i || (k == 1 && node->from[0] == from);
    }
    if (op.dx[0] != NULL || op.dx[1] != NULL) backwards[node->op](&op);
  }
}

static void back(es_tangent *t, size_t first) {
  seed(t, first);
  for (size_t i = t->plan.graph->n_nodes; i-- > 1;) {
    if (!t->cell[i].wanted) continue;
    add_node(t, i, first);
    back_through(t, i);
  }
}
