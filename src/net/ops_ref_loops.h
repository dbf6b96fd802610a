/* The operations of ops_ref.c, which includes this once for each REAL; NAME(x)
 * is x with a suffix. Backward functions add to dx, which is NULL where nobody
 * asks for it, and set the gradients of parameters. */

/* What an operation sees: a node with its operands. */
typedef struct NAME(call) {
  const es_node *in, *node; /* shapes of the first operand and of the result */
  size_t batch, groups;
  es_pass pass;
  const REAL *x[2];          /* operands */
  REAL *y;                   /* result */
  const REAL *dy;            /* gradient by the result */
  REAL *dx[2];               /* gradients by the operands, or NULL */
  const REAL *weight, *bias; /* or NULL */
  REAL *d_weight, *d_bias;   /* or NULL */
  REAL *running_mean, *running_var, *tracked;
  double *mean, *scale; /* groups × channels; scale: 1/sqrt(var + 1e-5) */
} NAME(call);

/* y += a x */
static void NAME(add_scaled)(size_t n, REAL a, const REAL *x, REAL *y) {
#pragma omp simd
  for (size_t i = 0; i < n; i++) y[i] += a * x[i];
}

static double NAME(dot)(size_t n, const REAL *x, const REAL *y) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)y[i];
  return sum;
}

static double NAME(sum)(size_t n, const REAL *x) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (size_t i = 0; i < n; i++) sum += (double)x[i];
  return sum;
}

static void NAME(relu)(const NAME(call) * s) {
  const size_t size = s->batch * es_node_size(s->node);
  for (size_t i = 0; i < size; i++) s->y[i] = s->x[0][i] < 0 ? 0 : s->x[0][i];
}

static void NAME(relu_back)(const NAME(call) * s) {
  const size_t size = s->batch * es_node_size(s->node);
  if (s->dx[0] == NULL) return;
  for (size_t i = 0; i < size; i++)
    if (!(s->x[0][i] <= 0)) s->dx[0][i] += s->dy[i];
}

static void NAME(add)(const NAME(call) * s) {
  const size_t size = s->batch * es_node_size(s->node);
  for (size_t i = 0; i < size; i++) s->y[i] = s->x[0][i] + s->x[1][i];
}

static void NAME(add_back)(const NAME(call) * s) {
  const size_t size = s->batch * es_node_size(s->node);
  for (size_t k = 0; k < 2; k++)
    if (s->dx[k] != NULL) NAME(add_scaled)(size, 1, s->dy, s->dx[k]);
}

/* Where in a plane the window of one position has its largest value, the first
 * of equal ones; a NaN is larger than all. */
static size_t NAME(largest)(const NAME(call) * s, const REAL *x, size_t row,
                            size_t col) {
  const es_node *in = s->in, *node = s->node;
  const size_t top = row * node->stride, left = col * node->stride;
  size_t best = ES_NONE;
  for (size_t r = top; r < top + node->kernel; r++) {
    if (r < node->pad || r - node->pad >= in->height) continue;
    for (size_t c = left; c < left + node->kernel; c++) {
      if (c < node->pad || c - node->pad >= in->width) continue;
      const size_t i = (r - node->pad) * in->width + (c - node->pad);
      if (best == ES_NONE || x[i] > x[best] || isnan(x[i])) best = i;
    }
  }
  return best;
}

static void NAME(max_pool)(const NAME(call) * s) {
  const size_t from = es_node_area(s->in), to = es_node_area(s->node);
#pragma omp parallel for schedule(static)
  for (size_t plane = 0; plane < s->batch * s->node->channels; plane++) {
    const REAL *x = s->x[0] + plane * from;
    REAL *y = s->y + plane * to;
    for (size_t i = 0; i < to; i++)
      y[i] = x[NAME(largest)(s, x, i / s->node->width, i % s->node->width)];
  }
}

static void NAME(max_pool_back)(const NAME(call) * s) {
  const size_t from = es_node_area(s->in), to = es_node_area(s->node);
  if (s->dx[0] == NULL) return;
#pragma omp parallel for schedule(static)
  for (size_t plane = 0; plane < s->batch * s->node->channels; plane++) {
    const REAL *x = s->x[0] + plane * from, *dy = s->dy + plane * to;
    REAL *dx = s->dx[0] + plane * from;
    for (size_t i = 0; i < to; i++)
      dx[NAME(largest)(s, x, i / s->node->width, i % s->node->width)] += dy[i];
  }
}

static void NAME(mean_pool)(const NAME(call) * s) {
  const size_t area = es_node_area(s->in);
  for (size_t plane = 0; plane < s->batch * s->node->channels; plane++)
    s->y[plane] =
        (REAL)(NAME(sum)(area, s->x[0] + plane * area) / (double)area);
}

static void NAME(mean_pool_back)(const NAME(call) * s) {
  const size_t area = es_node_area(s->in);
  if (s->dx[0] == NULL) return;
  for (size_t plane = 0; plane < s->batch * s->node->channels; plane++)
    for (size_t i = 0; i < area; i++)
      s->dx[0][plane * area + i] += s->dy[plane] / (REAL)area;
}

static void NAME(linear)(const NAME(call) * s) {
  const size_t in = es_node_size(s->in), out = s->node->channels;
#pragma omp parallel for schedule(static)
  for (size_t n = 0; n < s->batch; n++)
    for (size_t o = 0; o < out; o++) {
      const double bias = s->bias != NULL ? (double)s->bias[o] : 0;
      s->y[n * out + o] =
          (REAL)(NAME(dot)(in, s->weight + o * in, s->x[0] + n * in) + bias);
    }
}

static void NAME(linear_by_weight)(const NAME(call) * s) {
  const size_t in = es_node_size(s->in), out = s->node->channels;
#pragma omp parallel for schedule(static)
  for (size_t o = 0; o < out; o++) {
    double bias = 0;
    for (size_t n = 0; n < s->batch; n++) bias += (double)s->dy[n * out + o];
    if (s->d_bias != NULL) s->d_bias[o] = (REAL)bias;
    for (size_t i = 0; i < in; i++) {
      double sum = 0;
      for (size_t n = 0; n < s->batch; n++)
        sum += (double)s->dy[n * out + o] * (double)s->x[0][n * in + i];
      s->d_weight[o * in + i] = (REAL)sum;
    }
  }
}

static void NAME(linear_back)(const NAME(call) * s) {
  const size_t in = es_node_size(s->in), out = s->node->channels;
  NAME(linear_by_weight)(s);
  if (s->dx[0] == NULL) return;
#pragma omp parallel for schedule(static)
  for (size_t n = 0; n < s->batch; n++) {
    REAL *dx = s->dx[0] + n * in;
    for (size_t o = 0; o < out; o++) {
      const REAL dy = s->dy[n * out + o];
      NAME(add_scaled)(in, dy, s->weight + o * in, dx);
    }
  }
}

static void NAME(offset)(const NAME(call) * s) {
  const size_t size = s->batch * es_node_size(s->node);
  const double factor = s->node->factor, share = s->node->share;
  for (size_t i = 0; i < size; i++) {
    const double base = s->x[1] != NULL ? share * (double)s->x[1][i] : 0;
    s->y[i] = (REAL)(factor * ((double)s->x[0][i] - base));
  }
}

static void NAME(offset_back)(const NAME(call) * s) {
  const size_t size = s->batch * es_node_size(s->node);
  if (s->dx[0] != NULL)
    NAME(add_scaled)(size, (REAL)s->node->factor, s->dy, s->dx[0]);
}

static void NAME(scale)(const NAME(call) * s) {
  const size_t area = es_node_area(s->node), channels = s->node->channels;
  const size_t planes = s->batch * channels;
  for (size_t k = 0; k < planes; k++)
    for (size_t i = k * area; i < (k + 1) * area; i++)
      s->y[i] = s->weight[k % channels] * s->x[0][i];
}

static void NAME(scale_back)(const NAME(call) * s) {
  const size_t area = es_node_area(s->node), channels = s->node->channels;
#pragma omp parallel for schedule(static)
  for (size_t c = 0; c < channels; c++) {
    double sum = 0;
    for (size_t n = 0; n < s->batch; n++) {
      const size_t at = (n * channels + c) * area;
      sum += NAME(dot)(area, s->dy + at, s->x[0] + at);
      if (s->dx[0] != NULL)
        NAME(add_scaled)(area, s->weight[c], s->dy + at, s->dx[0] + at);
    }
    s->d_weight[c] = (REAL)sum;
  }
}
