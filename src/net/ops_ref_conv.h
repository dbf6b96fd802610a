/* Convolution of ops_ref.c, for each REAL: one weight at a time, over all
 * positions that it touches. */

/* One weight's share of a plane, y += w x, and of the gradient by the image,
 * dx += w dy. */
static void NAME(shift)(const overlap *o, const NAME(call) * s, REAL w,
                        const REAL *x, REAL *y) {
  const size_t step = s->node->stride;
  for (size_t row = 0; row < o->rows; row++) {
    const REAL *from = x + o->from + row * step * s->in->width;
    REAL *to = y + o->to + row * s->node->width;
    if (step == 1)
      NAME(add_scaled)(o->cols, w, from, to);
    else
      for (size_t i = 0; i < o->cols; i++) to[i] += w * from[i * step];
  }
}

static void NAME(shift_back)(const overlap *o, const NAME(call) * s, REAL w,
                             const REAL *dy, REAL *dx) {
  const size_t step = s->node->stride;
  for (size_t row = 0; row < o->rows; row++) {
    const REAL *from = dy + o->to + row * s->node->width;
    REAL *to = dx + o->from + row * step * s->in->width;
    if (step == 1)
      NAME(add_scaled)(o->cols, w, from, to);
    else
      for (size_t i = 0; i < o->cols; i++) to[i * step] += w * from[i];
  }
}

/* The gradient by that weight from one image: sum dy x. */
static double NAME(shift_dot)(const overlap *o, const NAME(call) * s,
                              const REAL *x, const REAL *dy) {
  const size_t step = s->node->stride;
  double sum = 0;
  for (size_t row = 0; row < o->rows; row++) {
    const REAL *a = x + o->from + row * step * s->in->width;
    const REAL *b = dy + o->to + row * s->node->width;
    if (step == 1)
      sum += NAME(dot)(o->cols, a, b);
    else
      for (size_t i = 0; i < o->cols; i++)
        sum += (double)a[i * step] * (double)b[i];
  }
  return sum;
}

static void NAME(conv)(const NAME(call) * s) {
  const size_t in = s->in->channels, out = s->node->channels;
  const size_t from = es_node_area(s->in), to = es_node_area(s->node);
  const size_t kernel = s->node->kernel * s->node->kernel;
#pragma omp parallel for schedule(static)
  for (size_t n = 0; n < s->batch; n++) {
    const REAL *x = s->x[0] + n * in * from;
    REAL *y = s->y + n * out * to;
    memset(y, 0, out * to * sizeof *y);
    for (size_t k = 0; k < kernel; k++) {
      const overlap lap = overlap_of(s->in, s->node, k);
      for (size_t o = 0; o < out; o++)
        for (size_t c = 0; c < in; c++) {
          const REAL w = s->weight[(o * in + c) * kernel + k];
          NAME(shift)(&lap, s, w, x + c * from, y + o * to);
        }
    }
  }
}

static void NAME(conv_by_image)(const NAME(call) * s) {
  const size_t in = s->in->channels, out = s->node->channels;
  const size_t from = es_node_area(s->in), to = es_node_area(s->node);
  const size_t kernel = s->node->kernel * s->node->kernel;
#pragma omp parallel for schedule(static)
  for (size_t n = 0; n < s->batch; n++) {
    const REAL *dy = s->dy + n * out * to;
    REAL *dx = s->dx[0] + n * in * from;
    for (size_t k = 0; k < kernel; k++) {
      const overlap lap = overlap_of(s->in, s->node, k);
      for (size_t o = 0; o < out; o++)
        for (size_t c = 0; c < in; c++) {
          const REAL w = s->weight[(o * in + c) * kernel + k];
          NAME(shift_back)(&lap, s, w, dy + o * to, dx + c * from);
        }
    }
  }
}

static void NAME(conv_by_weight)(const NAME(call) * s) {
  const size_t in = s->in->channels, out = s->node->channels;
  const size_t from = es_node_area(s->in), to = es_node_area(s->node);
  const size_t kernel = s->node->kernel * s->node->kernel;
#pragma omp parallel for schedule(static)
  for (size_t o = 0; o < out; o++)
    for (size_t k = 0; k < kernel; k++) {
      const overlap lap = overlap_of(s->in, s->node, k);
      for (size_t c = 0; c < in; c++) {
        double sum = 0;
        for (size_t n = 0; n < s->batch; n++)
          sum += NAME(shift_dot)(&lap, s, s->x[0] + (n * in + c) * from,
                                 s->dy + (n * out + o) * to);
        s->d_weight[(o * in + c) * kernel + k] = (REAL)sum;
      }
    }
}

static void NAME(conv_back)(const NAME(call) * s) {
  NAME(conv_by_weight)(s);
  if (s->dx[0] != NULL) NAME(conv_by_image)(s);
}
