/* An operation on one image, as it lies in memory, and what forward and
 * backward share of it. Text for a file that has said what `real` is, as are
 * tangent_ops.h, tangent_conv.h, tangent_gram.h and tangent_back.h: they are
 * the same for doubles and floats. Shapes are row-major: values (channels,
 * height, width), gradients (directions, channels, height, width). */

typedef struct operation {
  const es_node *in, *node;  /* of the first operand, of the result */
  const real *weight, *bias; /* or NULL */
  const real *turned;        /* the weight, of a convolution that turns */
  const real *mean, *scale;  /* channels each, of a normalisation */
  const real *x[2];          /* operands */
  real *y;                   /* result */
  size_t directions;
  const real *dy;
  real *dx[2]; /* NULL: nobody asks */
  bool add[2]; /* to what dx is; else it is overwritten */
  real *patch; /* of a convolution: es_tangent_patch numbers */
} operation;

static const real *value(const es_tangent *t, size_t i, size_t image) {
  const size_t size = es_node_size(&t->plan.graph->node[i]);
  return (const real *)(i == 0 ? t->input : t->cell[i].value) + image * size;
}

static real *gradient(const es_tangent *t, size_t i, size_t row) {
  const size_t each = t->plan.rows * t->chunk;
  return (real *)t->gradient + t->cell[i].place * each +
         row * t->count * es_node_size(&t->plan.graph->node[i]);
}

/* The operation of node i on one image; backward only for images < rows. */
static operation see(const es_tangent *t, size_t i, size_t image) {
  const es_graph *g = t->plan.graph;
  const es_node *node = &g->node[i];
  const es_tangent_cell *c = &t->cell[i];
  const size_t group = t->plan.group != NULL ? t->plan.group[image] : 0;
  const real *params = t->params;
  operation op = {.in = &g->node[node->from[0]],
                  .node = node,
                  .turned = c->turned,
                  .y = (real *)c->value + image * es_node_size(node),
                  .directions = t->count,
                  .patch = (real *)t->patches +
                           (size_t)omp_get_thread_num() * t->patch};
  for (size_t k = 0; k < 2 && node->from[k] != ES_NONE; k++)
    op.x[k] = value(t, node->from[k], image);
  if (c->wanted && image < t->plan.rows) op.dy = gradient(t, i, image);
  if (node->weight != ES_NONE)
    op.weight = params + g->param[node->weight].offset;
  if (node->bias != ES_NONE) op.bias = params + g->param[node->bias].offset;
  if (node->op == ES_OP_NORM) {
    op.mean = (const real *)c->mean + group * node->channels;
    op.scale = (const real *)c->scale + group * node->channels;
  }
  return op;
}

/* One column of P: what all positions read through one weight. */
static void gather(const es_window *w, const real *x, size_t ky, size_t kx,
                   real *p) {
  const es_reach v = es_reach_of(w->in_height, w->height, ky, w);
  const es_reach h = es_reach_of(w->in_width, w->width, kx, w);
  const size_t step = w->stride, width = w->width, n = h.end - h.first;
  if (v.first > 0 || v.end < w->height || h.first > 0 || h.end < width)
    memset(p, 0, w->height * width * sizeof *p);
  for (size_t r = v.first; r < v.end; r++) {
    const real *from =
        x + (v.from + (r - v.first) * step) * w->in_width + h.from;
    real *to = p + r * width + h.first;
    if (step == 1)
      memcpy(to, from, n * sizeof *to);
    else
      for (size_t c = 0; c < n; c++) to[c] = from[c * step];
  }
}

/* All of P, of `channels` planes. */
static void gather_all(const es_window *w, size_t channels, const real *x,
                       real *p) {
  const size_t k = w->kernel, from = w->in_height * w->in_width;
  for (size_t c = 0; c < channels; c++)
    for (size_t q = 0; q < k * k; q++)
      gather(w, x + c * from, q / k, q % k,
             p + (c * k * k + q) * w->height * w->width);
}

static void fill_patches(const operation *op) {
  const es_window w = es_window_of(op->in, op->node);
  if (op->node->op == ES_OP_CONV && !es_tangent_pointwise(op->node))
    gather_all(&w, op->in->channels, op->x[0], op->patch);
}

static const real *patches(const operation *op) {
  return es_tangent_pointwise(op->node) ? op->x[0] : op->patch;
}

/* Where the window of position i in a plane has its largest value, the first of
 * equal ones; a NaN is larger than all. */
static size_t largest(const operation *op, const real *x, size_t i) {
  const es_node *in = op->in, *node = op->node;
  const size_t top = i / node->width * node->stride;
  const size_t left = i % node->width * node->stride;
  size_t best = ES_NONE;
  for (size_t r = top; r < top + node->kernel; r++) {
    if (r < node->pad || r - node->pad >= in->height) continue;
    for (size_t c = left; c < left + node->kernel; c++) {
      if (c < node->pad || c - node->pad >= in->width) continue;
      const size_t at = (r - node->pad) * in->width + (c - node->pad);
      if (best == ES_NONE || x[at] > x[best] || isnan(x[at])) best = at;
    }
  }
  return best;
}
