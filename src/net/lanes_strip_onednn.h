/* Loops of lanes_onednn.c over n positions of WIDTH channels that lie side by
 * side; a position is `stride` numbers after the one before. Included once for
 * each WIDTH; NAME(x) is x with a suffix. */

typedef float NAME(reals)
    __attribute__((vector_size(WIDTH * 4), aligned(4), may_alias));
typedef int32_t NAME(bits)
    __attribute__((vector_size(WIDTH * 4), aligned(4), may_alias));

#define AT(p) (*(const NAME(reals) *)(p))
/* v, and 0 where the comparison holds. */
#define UNLESS(compare, v) ((NAME(reals))(~(compare) & (NAME(bits))(v)))

/* Four sums at a time: an addition takes four cycles. */
ES_DNN_CLONES static void NAME(sum)(size_t n, size_t stride, const float *x,
                                    float *sum) {
  NAME(reals) a = {0}, b = {0}, c = {0}, d = {0};
  size_t i = 0;
  for (; i + 4 <= n; i += 4, x += 4 * stride) {
    a += AT(x);
    b += AT(x + stride);
    c += AT(x + 2 * stride);
    d += AT(x + 3 * stride);
  }
  for (; i < n; i++, x += stride) a += AT(x);
  *(NAME(reals) *)sum += (a + b) + (c + d);
}

ES_DNN_CLONES static void NAME(square)(size_t n, size_t stride, const float *x,
                                       const float *mean, float *sum) {
  const NAME(reals) m = AT(mean);
  NAME(reals) a = {0}, b = {0}, c = {0}, d = {0}, e;
  size_t i = 0;
  for (; i + 4 <= n; i += 4, x += 4 * stride) {
    e = AT(x) - m, a += e * e;
    e = AT(x + stride) - m, b += e * e;
    e = AT(x + 2 * stride) - m, c += e * e;
    e = AT(x + 3 * stride) - m, d += e * e;
  }
  for (; i < n; i++, x += stride) e = AT(x) - m, a += e * e;
  *(NAME(reals) *)sum += (a + b) + (c + d);
}

/* y = max(scale (x - mean) + shift, least) */
ES_DNN_CLONES static void NAME(apply)(size_t n, size_t stride, const float *x,
                                      const strip *s, float *y) {
  const NAME(reals) mean = AT(s->mean), scale = AT(s->scale);
  const NAME(reals) shift = AT(s->shift), least = s->least - (NAME(reals)){0};
  for (size_t i = 0; i < n; i++, x += stride, y += stride) {
    const NAME(reals) v = scale * (AT(x) - mean) + shift;
    const NAME(bits) low = v < least;
    *(NAME(reals) *)y =
        (NAME(reals))((low & (NAME(bits))least) | (~low & (NAME(bits))v));
  }
}

/* The same with z added before the maximum. */
ES_DNN_CLONES static void NAME(apply_add)(size_t n, size_t stride,
                                          const float *x, const float *z,
                                          const strip *s, float *y) {
  const NAME(reals) mean = AT(s->mean), scale = AT(s->scale);
  const NAME(reals) shift = AT(s->shift), least = s->least - (NAME(reals)){0};
  for (size_t i = 0; i < n; i++, x += stride, y += stride, z += stride) {
    const NAME(reals) v = scale * (AT(x) - mean) + shift + AT(z);
    const NAME(bits) low = v < least;
    *(NAME(reals) *)y =
        (NAME(reals))((low & (NAME(bits))least) | (~low & (NAME(bits))v));
  }
}

/* g: dy where the maximum let it through. Adds sum g, sum g (x - mean). */
ES_DNN_CLONES static void NAME(sums)(size_t n, size_t stride, const float *x,
                                     const float *dy, const strip *s,
                                     float *sum, float *product) {
  const NAME(reals) mean = AT(s->mean), scale = AT(s->scale);
  const NAME(reals) shift = AT(s->shift), least = s->least - (NAME(reals)){0};
  NAME(reals) a = {0}, b = {0}, p = {0}, q = {0}, e, g;
  size_t i = 0;
  for (; i + 2 <= n; i += 2, x += 2 * stride, dy += 2 * stride) {
    e = AT(x) - mean;
    g = UNLESS(scale * e + shift <= least, AT(dy));
    a += g, p += g * e;
    e = AT(x + stride) - mean;
    g = UNLESS(scale * e + shift <= least, AT(dy + stride));
    b += g, q += g * e;
  }
  if (i < n) {
    e = AT(x) - mean;
    g = UNLESS(scale * e + shift <= least, AT(dy));
    a += g, p += g * e;
  }
  *(NAME(reals) *)sum += a + b;
  *(NAME(reals) *)product += p + q;
}

/* dx = scale (g - sum - (x - mean) product) */
ES_DNN_CLONES static void NAME(back)(size_t n, size_t stride, const float *x,
                                     const float *dy, const strip *s,
                                     float *dx) {
  const NAME(reals) mean = AT(s->mean), scale = AT(s->scale);
  const NAME(reals) shift = AT(s->shift), least = s->least - (NAME(reals)){0};
  const NAME(reals) sum = AT(s->sum), product = AT(s->product);
  for (size_t i = 0; i < n; i++, x += stride, dy += stride, dx += stride) {
    const NAME(reals) e = AT(x) - mean;
    const NAME(reals) g = UNLESS(scale * e + shift <= least, AT(dy));
    *(NAME(reals) *)dx = scale * (g - sum - e * product);
  }
}

static const loops NAME(table) = {WIDTH,       NAME(sum),       NAME(square),
                                  NAME(apply), NAME(apply_add), NAME(sums),
                                  NAME(back)};
#undef AT
#undef UNLESS
