/* Schedules: see schedule.h. */
#include "net/schedule.h"

#include <math.h>

/* A quarter turn over the steps that are not warming up. */
static double angle(const es_schedule *s) {
  return M_PI_2 / (double)(s->steps - s->warmup);
}

double es_schedule_share(const es_schedule *s, uint64_t step) {
  if (step < s->warmup) return (double)(step + 1) / (double)s->warmup;
  if (!s->cosine || step == s->warmup) return 1;
  const double c = cos((double)(step - s->warmup) * angle(s));
  return c * c;
}

/* sum_{j<m} cos²(jx) = m/2 + sin(mx) cos((m-1)x)/(2 sin x), of terms that are
 * never negative. */
double es_schedule_sum(const es_schedule *s, uint64_t n) {
  const double up = (double)(n < s->warmup ? n : s->warmup);
  const double warm = up == 0 ? 0 : up * (up + 1) / (2 * (double)s->warmup);
  if (n <= s->warmup) return warm;
  const double m = (double)(n - s->warmup), x = angle(s);
  if (!s->cosine) return warm + m;
  return warm + (m + sin(m * x) * cos((m - 1) * x) / sin(x)) / 2;
}
