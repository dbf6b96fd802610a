/* Gram matrices of a layer's gradients: see tangent.h. A A^T is
 * made by tiles, some thousand numbers of A's rows at a time, a thread each,
 * and added to as many sums in double as there are: which addend goes to which
 * sum, and when, does not depend on the threads, and so neither do the bits. */

/* The rows and columns of a tile, and whether it is its own mirror image. */
typedef struct tile {
  size_t row, column, rows, columns;
  bool square;
} tile;

static tile tile_of(const es_tangent *t, size_t at) {
  const size_t size = ES_TANGENT_TILE;
  const size_t across = (t->plan.columns + size - 1) / size;
  tile b = {.row = at / across * size, .column = at % across * size};
  b.rows = es_least(size, t->plan.rows - b.row);
  b.columns = es_least(size, t->plan.columns - b.column);
  b.square = b.row == b.column && b.rows == b.columns;
  return b;
}

/* C (row-major, t->plan.columns a row) += w A A^T in that tile, row i of A
 * being the k numbers at A + i·stride. */
static void add_tile(const es_tangent *t, const tile *b, size_t k,
                     size_t stride, double w, const real *A, double *C) {
  real *out = (real *)t->tile +
              (size_t)omp_get_thread_num() * ES_TANGENT_TILE * ES_TANGENT_TILE;
  const real *own = A + b->row * stride;
  if (b->square)
    GRAM(b->rows, k, own, stride, out);
  else
    PRODUCT(true, false, b->columns, b->rows, k, A + b->column * stride, stride,
            own, stride, 0, out, b->columns);
  for (size_t i = 0; i < b->rows; i++) {
    double *to = C + (b->row + i) * t->plan.columns + b->column;
    const real *from = out + i * b->columns;
    const size_t n = b->square ? i + 1 : b->columns;
#pragma omp simd
    for (size_t j = 0; j < n; j++) to[j] += w * (double)from[j];
  }
}

/* To `sums` many C that lie one behind the other; what is above the diagonal's
 * tiles is left alone. */
static void gram(const es_tangent *t, size_t k, size_t stride, double w,
                 const real *A, size_t sums, double *C) {
  const size_t size = ES_TANGENT_TILE, part = ES_TANGENT_PART;
  const size_t cells = t->plan.rows * t->plan.columns;
  const size_t tiles = ((t->plan.rows + size - 1) / size) *
                       ((t->plan.columns + size - 1) / size);
#pragma omp parallel for collapse(2) schedule(dynamic)                         \
    num_threads((int)t->threads)
  for (size_t at = 0; at < tiles; at++)
    for (size_t s = 0; s < sums; s++) {
      const tile b = tile_of(t, at);
      if (b.column > b.row) continue;
      for (size_t from = s * part; from < k; from += sums * part)
        add_tile(t, &b, es_least(part, k - from), stride, w, A + from,
                 C + s * cells);
    }
}

static double square_of(size_t n, const real *x) {
  real sum = 0;
#pragma omp simd reduction(+ : sum)
  for (size_t i = 0; i < n; i++) sum += x[i] * x[i];
  return (double)sum;
}

/* Rows of gradients from `at` on, `cols` numbers each: their squares to the
 * direction that each belongs to. */
static void trace_rows(const es_tangent *t, size_t row, size_t direction,
                       size_t channels, size_t at, size_t count, size_t cols,
                       double w, const real *g) {
  double *part = t->part + row * t->R + direction;
  for (size_t q = 0; q < count; q++)
    part[(at + q) / channels] += w * square_of(cols, g + q * cols);
}

typedef void (*by_param)(const operation *op, size_t first, size_t count,
                         real *out);

/* By blocks of rows (direction, channel) that G has room for. */
static void add_gradients(es_tangent *t, size_t i, size_t first, size_t cols,
                          double w, by_param by) {
  const size_t channels = t->plan.graph->node[i].channels;
  const size_t all = t->count * channels;
  const size_t most = (t->block - ES_TANGENT_PAD) / cols;
  for (size_t at = 0; at < all; at += most) {
    const size_t count = es_least(most, all - at);
    const size_t stride = count * cols + ES_TANGENT_PAD;
#pragma omp parallel for schedule(static) num_threads((int)t->threads)
    for (size_t row = 0; row < t->plan.rows; row++) {
      const operation op = see(t, i, row);
      real *g = (real *)t->G + row * stride;
      by(&op, at, count, g);
      trace_rows(t, row, first, channels, at, count, cols, w, g);
    }
    gram(t, count * cols, stride, w, t->G, t->n_sums, t->sums);
  }
}

/* (x·x') + bias, times (δ·δ'). */
static void add_linear(es_tangent *t, size_t i, size_t first, double w,
                       double b) {
  const es_node *node = &t->plan.graph->node[i];
  const size_t in = es_node_size(&t->plan.graph->node[node->from[0]]);
  const size_t out = t->count * node->channels, columns = t->plan.columns;
  const real *x = value(t, node->from[0], 0);
  const real *delta = gradient(t, i, 0);
  double *const *square = t->square;
  for (int k = 0; k < 2; k++)
    memset(square[k], 0, t->plan.rows * columns * sizeof(double));
  gram(t, in, in, w, x, 1, square[0]);
  gram(t, out, out, 1, delta, 1, square[1]);
#pragma omp parallel for schedule(static) num_threads((int)t->threads)
  for (size_t row = 0; row < t->plan.rows; row++) {
    for (size_t j = row * columns; j < (row + 1) * columns; j++)
      t->sums[j] += (square[0][j] + b) * square[1][j];
    trace_rows(t, row, first, node->channels, 0, out, 1,
               w * square_of(in, x + row * in) + b, delta + row * out);
  }
}

/* What node i's parameters give, its gradient being complete. */
static void add_node(es_tangent *t, size_t i, size_t first) {
  const es_node *node = &t->plan.graph->node[i];
  const double *weight = t->plan.weight;
  const double w = node->weight != ES_NONE ? weight[node->weight] : 0;
  const double b = node->bias != ES_NONE ? weight[node->bias] : 0;
  if (node->op == ES_OP_LINEAR) {
    if (w > 0 || b > 0) add_linear(t, i, first, w, b);
    return;
  }
  const size_t cols =
      es_tangent_cols(&t->plan.graph->node[node->from[0]], node);
  if (w > 0) add_gradients(t, i, first, cols, w, by_weight);
  if (b > 0) add_gradients(t, i, first, 1, b, by_bias);
}
