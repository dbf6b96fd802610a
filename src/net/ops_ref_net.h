/* The instance of ops_ref.c, for each REAL: memory, order of work, the engine's
 * functions. */

typedef struct NAME(cell) {
  REAL *value;          /* of a node: (batch, channels, height, width) */
  REAL *gradient;       /* the same; NULL for the input, and without backward */
  double *mean, *scale; /* of a normalisation: (groups, channels) */
} NAME(cell);

typedef struct NAME(net) {
  const es_graph *graph;
  size_t batch, groups;
  bool backward;     /* there is room for gradients */
  bool ready;        /* the last forward can be differentiated */
  es_slab slab;      /* the cells and what they point to */
  NAME(cell) * cell; /* of each node */
} NAME(net);

typedef struct NAME(row) {
  void (*forward)(const NAME(call) * s);
  void (*backward)(const NAME(call) * s);
} NAME(row);

static const NAME(row) NAME(rows)[] = {
    [ES_OP_CONV] = {NAME(conv), NAME(conv_back)},
    [ES_OP_NORM] = {NAME(norm), NAME(norm_back)},
    [ES_OP_RELU] = {NAME(relu), NAME(relu_back)},
    [ES_OP_ADD] = {NAME(add), NAME(add_back)},
    [ES_OP_MAX_POOL] = {NAME(max_pool), NAME(max_pool_back)},
    [ES_OP_MEAN_POOL] = {NAME(mean_pool), NAME(mean_pool_back)},
    [ES_OP_LINEAR] = {NAME(linear), NAME(linear_back)},
    [ES_OP_SCALE] = {NAME(scale), NAME(scale_back)},
    [ES_OP_OFFSET] = {NAME(offset), NAME(offset_back)},
};

static size_t NAME(values)(const NAME(net) * net, size_t i) {
  return es_size_product(net->batch, es_node_size(&net->graph->node[i]));
}

static size_t NAME(plan)(const NAME(net) * net) {
  const es_graph *graph = net->graph;
  size_t total = 0;
  es_slab_add(&total, graph->n_nodes, sizeof *net->cell);
  for (size_t i = 0; i < graph->n_nodes; i++) {
    const es_node *node = &graph->node[i];
    es_slab_add(&total, NAME(values)(net, i), sizeof(REAL));
    if (net->backward && node->op != ES_OP_INPUT)
      es_slab_add(&total, NAME(values)(net, i), sizeof(REAL));
    if (node->op != ES_OP_NORM) continue;
    es_slab_add(&total, net->groups * node->channels, sizeof(double));
    es_slab_add(&total, net->groups * node->channels, sizeof(double));
  }
  return total;
}

static void NAME(take)(NAME(net) * net) {
  const es_graph *graph = net->graph;
  es_slab *slab = &net->slab;
  net->cell = es_slab_take(slab, graph->n_nodes, sizeof *net->cell);
  for (size_t i = 0; i < graph->n_nodes; i++) {
    const es_node *node = &graph->node[i];
    NAME(cell) *cell = &net->cell[i];
    cell->value = es_slab_take(slab, NAME(values)(net, i), sizeof(REAL));
    if (net->backward && node->op != ES_OP_INPUT)
      cell->gradient = es_slab_take(slab, NAME(values)(net, i), sizeof(REAL));
    if (node->op != ES_OP_NORM) continue;
    const size_t statistics = net->groups * node->channels;
    cell->mean = es_slab_take(slab, statistics, sizeof(double));
    cell->scale = es_slab_take(slab, statistics, sizeof(double));
  }
}

static void NAME(close)(void *self) {
  NAME(net) *net = self;
  if (net == NULL) return;
  es_slab_close(&net->slab);
  free(net);
}

static es_status NAME(open)(void **self, const es_graph *graph, size_t batch,
                            size_t groups, bool backward, es_diag *diag) {
  *self = NULL;
  es_status status = es_graph_finish(graph, diag);
  if (status != ES_OK) return status;
  if (groups == 0 || batch == 0 || batch % groups != 0)
    return es_fail(diag, ES_BAD_SHAPE, "a batch of %zu in %zu equal parts",
                   batch, groups);
  NAME(net) *net = calloc(1, sizeof *net);
  if (net == NULL)
    return es_fail(diag, ES_NO_MEMORY, "no memory for a network");
  *net = (NAME(net)){
      .graph = graph, .batch = batch, .groups = groups, .backward = backward};
  status = es_slab_open(&net->slab, NAME(plan)(net), diag);
  if (status != ES_OK) {
    NAME(close)(net);
    return status;
  }
  NAME(take)(net);
  *self = net;
  return ES_OK;
}

/* What the operation of node i sees in both directions. */
static NAME(call)
    NAME(see)(const NAME(net) * net, size_t i, const REAL *params) {
  const es_graph *graph = net->graph;
  const es_node *node = &graph->node[i];
  const NAME(cell) *cell = &net->cell[i];
  NAME(call)
  s = {.in = &graph->node[node->from[0]],
       .node = node,
       .batch = net->batch,
       .groups = net->groups,
       .y = cell->value,
       .dy = cell->gradient,
       .mean = cell->mean,
       .scale = cell->scale};
  for (size_t k = 0; k < 2 && node->from[k] != ES_NONE; k++) {
    s.x[k] = net->cell[node->from[k]].value;
    s.dx[k] = net->cell[node->from[k]].gradient;
  }
  if (node->weight != ES_NONE)
    s.weight = params + graph->param[node->weight].offset;
  if (node->bias != ES_NONE) s.bias = params + graph->param[node->bias].offset;
  return s;
}

static es_status NAME(forward)(void *self, es_pass pass, const void *params,
                               void *buffers, const void *input,
                               es_diag *diag) {
  (void)diag;
  NAME(net) *net = self;
  const es_graph *graph = net->graph;
  memcpy(net->cell[0].value, input, NAME(values)(net, 0) * sizeof(REAL));
  for (size_t i = 1; i < graph->n_nodes; i++) {
    const es_node *node = &graph->node[i];
    NAME(call) s = NAME(see)(net, i, params);
    s.pass = pass;
    if (node->op == ES_OP_NORM) {
      s.running_mean = (REAL *)buffers + graph->buffer[node->mean].offset;
      s.running_var = (REAL *)buffers + graph->buffer[node->var].offset;
      s.tracked = (REAL *)buffers + graph->buffer[node->count].offset;
    }
    NAME(rows)[node->op].forward(&s);
  }
  net->ready = pass != ES_PASS_FROZEN;
  return ES_OK;
}

static const void *NAME(output)(const void *self, size_t k) {
  const NAME(net) *net = self;
  return net->cell[net->graph->output[k]].value;
}

/* Every gradient starts at what the caller gives for the node as an output. */
static void NAME(seed)(const NAME(net) * net, const void *const *gradient) {
  const es_graph *graph = net->graph;
  for (size_t i = 1; i < graph->n_nodes; i++)
    memset(net->cell[i].gradient, 0, NAME(values)(net, i) * sizeof(REAL));
  for (size_t k = 0; k < graph->n_outputs; k++) {
    const size_t i = graph->output[k], size = NAME(values)(net, i);
    REAL *to = net->cell[i].gradient;
    if (graph->watched[k] || gradient[k] == NULL || to == NULL) continue;
    NAME(add_scaled)(size, 1, gradient[k], to);
  }
}

static es_status NAME(backward)(void *self, const void *params,
                                const void *const *gradient, void *out,
                                es_diag *diag) {
  const NAME(net) *net = self;
  const es_graph *graph = net->graph;
  if (!net->backward || !net->ready)
    return es_fail(diag, ES_USAGE,
                   "backward follows a forward that was not "
                   "frozen, of an instance opened for it");
  /* Zero also in the padding between tensors. */
  if (graph->param_size > 0) memset(out, 0, graph->param_size * sizeof(REAL));
  NAME(seed)(net, gradient);
  for (size_t i = graph->n_nodes - 1; i > 0; i--) {
    const es_node *node = &graph->node[i];
    NAME(call) s = NAME(see)(net, i, params);
    if (node->weight != ES_NONE)
      s.d_weight = (REAL *)out + graph->param[node->weight].offset;
    if (node->bias != ES_NONE)
      s.d_bias = (REAL *)out + graph->param[node->bias].offset;
    NAME(rows)[node->op].backward(&s);
  }
  return ES_OK;
}

static size_t NAME(memory)(const void *self) {
  return ((const NAME(net) *)self)->slab.size;
}
