/* Convolutions of one image, going back. With patches P
 * (positions × channels·kernel², column-major) and the weight as a column-major
 * matrix W (channels·kernel² × out),
 *   Y = P W,   dW = P^T dY,   dP = dY W^T.
 * Where the stride is 1, dX is itself a convolution of dY, with the weight
 * turned by half a circle: T (out·kernel² × channels). */

/* Adds a column of dP to the image's gradient. */
static void scatter(const es_window *w, const real *p, size_t ky, size_t kx,
                    real *dx) {
  const es_reach v = es_reach_of(w->in_height, w->height, ky, w);
  const es_reach h = es_reach_of(w->in_width, w->width, kx, w);
  const size_t step = w->stride, n = h.end - h.first;
  for (size_t r = v.first; r < v.end; r++) {
    real *to = dx + (v.from + (r - v.first) * step) * w->in_width + h.from;
    const real *from = p + r * w->width + h.first;
    for (size_t c = 0; c < n; c++) to[c * step] += from[c];
  }
}

/* T, of a convolution's weight. */
static void turn(const es_node *in, const es_node *node, const real *weight,
                 real *T) {
  const size_t k = node->kernel * node->kernel, out = node->channels;
  for (size_t c = 0; c < in->channels; c++)
    for (size_t o = 0; o < out; o++)
      for (size_t q = 0; q < k; q++)
        T[(c * out + o) * k + q] =
            weight[(o * in->channels + c + 1) * k - 1 - q];
}

/* One direction, by T; by P where the stride is larger. */
static void conv_turned(const operation *op, const real *dy, real *dx) {
  const es_window w = es_window_back(op->in, op->node);
  const size_t area = es_node_area(op->in), out = op->node->channels;
  const size_t cols = out * w.kernel * w.kernel;
  const real *p = es_tangent_pointwise(op->node) ? dy : op->patch;
  if (p != dy) gather_all(&w, out, dy, op->patch);
  PRODUCT(false, false, area, op->in->channels, cols, p, area, op->turned, cols,
          op->add[0] ? 1 : 0, dx, area);
}

static void conv_strided(const operation *op, const real *dy, real *dx) {
  const es_window w = es_window_of(op->in, op->node);
  const size_t area = es_node_area(op->node), from = es_node_area(op->in);
  const size_t k = w.kernel, cols = es_tangent_cols(op->in, op->node);
  PRODUCT(false, true, area, cols, op->node->channels, dy, area, op->weight,
          cols, 0, op->patch, area);
  if (!op->add[0]) memset(dx, 0, es_node_size(op->in) * sizeof *dx);
  for (size_t c = 0; c < op->in->channels; c++)
    for (size_t q = 0; q < k * k; q++)
      scatter(&w, op->patch + (c * k * k + q) * area, q / k, q % k,
              dx + c * from);
}

static void conv_back(const operation *op) {
  for (size_t r = 0; r < op->directions; r++) {
    const real *dy = op->dy + r * es_node_size(op->node);
    real *dx = op->dx[0] + r * es_node_size(op->in);
    if (op->turned != NULL)
      conv_turned(op, dy, dx);
    else
      conv_strided(op, dy, dx);
  }
}
