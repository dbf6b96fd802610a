/* See pair_log.h. Both are one series, sum y^k/(2k+1), with y > 0 for the
 * logarithm, ln(num/den) = 2 artanh((num - den)/(num + den)), and y < 0 for the
 * arc tangent; what is too far for it is halved: the logarithm by powers of 2,
 * the angle by tan(x/2) = sin x/(1 + cos x). */
#include "models/linear/pair_log.h"

static const pair ln2 = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};

/* sum y^k/(2k+1) for |y| < 1/20, to 2^-106. */
static pair series(pair y) {
  const double size = fabs(y.hi);
  int k = size > 0 ? (int)(-74 / log(size)) + 1 : 0;
  pair sum = {0, 0};
  for (; k >= 0; k--) {
    const double n = 2 * k + 1, inverse = 1 / n;
    const pair term = {inverse, fma(-inverse, n, 1) * inverse};
    sum = pair_add(pair_multiply(sum, y), term);
  }
  return sum;
}

/* ln x, x > 0. */
static pair pair_log(pair x) {
  int k = 0;
  if (frexp(x.hi, &k) < M_SQRT1_2) k--;
  const pair m = {ldexp(x.hi, -k), ldexp(x.lo, -k)}, one = {1, 0};
  const pair w = pair_divide(pair_subtract(m, one), pair_add(m, one));
  const pair rest = pair_multiply(w, series(pair_multiply(w, w)));
  return pair_add(pair_scale(ln2, k), pair_scale(rest, 2));
}

pair es_pair_log_over(pair num, pair den, pair part, pair scale) {
  const pair sum = pair_add(num, den), difference = pair_multiply(part, scale);
  if (!(fabs(difference.hi) < .2 * fabs(sum.hi)))
    return pair_divide(pair_log(pair_divide(num, den)), scale);
  const pair v = pair_divide(part, sum), w = pair_multiply(v, scale);
  return pair_scale(pair_multiply(v, series(pair_multiply(w, w))), 2);
}

pair es_pair_angle_over(pair delta, pair c, pair D) {
  const pair side = pair_multiply(pair_multiply(delta, delta), D);
  double times = 1;
  while (c.hi <= 0 || side.hi > .02 * c.hi * c.hi) {
    const pair square = pair_add(pair_multiply(c, c), side);
    const pair root = pair_sqrt(square);
    /* c + root, for c < 0 without its cancellation. */
    c = c.hi > 0 ? pair_add(c, root)
                 : pair_divide(side, pair_subtract(root, c));
    times *= 2;
  }
  const pair x = pair_divide(delta, c);
  const pair y = pair_multiply(pair_multiply(x, x), D);
  return pair_scale(pair_multiply(x, series(pair_negate(y))), times);
}
