/* Ranges: lin:a:b:n and log:a:b:n, with m = n - 1.
 *
 * Linear: ((m - i) a + i b)/m where the ends differ in sign (or one is 0), else
 * a + i (b - a)/m. Each is monotone in exact terms and free of cancellation
 * where it is used, and both give whole numbers between whole ends exactly.
 *
 * Logarithmic: with the ends as 2^(E + F), E whole and -1 <= F < 0, point i is
 * 2^(E_a + q) 2^(F_a + (r + i (F_b - F_a))/m), i (E_b - E_a) = q m + r. Only a
 * number of the order of 1 is rounded, however far apart the ends are.
 *
 * The ends are set, not computed, and a running bound takes away what rounding
 * could turn back by. */
#include "base/text.h"
#include "config/value.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Twice the rows that a sweep may have as CSV; 160 MB. */
enum { MOST_POINTS = 20000000 };

static double linear(double a, double b, double i, double m) {
  /* Products of huge ends would overflow; powers of two scale exactly. */
  const double scale = fmax(fabs(a), fabs(b)) > 1e290 ? 0x1p-40 : 1;
  a *= scale;
  b *= scale;
  const bool apart = (a <= 0 && b >= 0) || (a >= 0 && b <= 0);
  return (apart ? ((m - i) * a + i * b) / m : a + i * (b - a) / m) / scale;
}

typedef struct binary {
  int whole;
  long double part;
} binary;

static binary logarithm(double x) {
  binary log;
  log.part = log2l((long double)frexp(x, &log.whole));
  return log;
}

static double logarithmic_point(binary a, binary b, int64_t i, int64_t m) {
  const int64_t wholes = i * (b.whole - a.whole);
  const long double rest =
      (long double)(wholes % m) + (long double)i * (b.part - a.part);
  return (double)ldexpl(exp2l(a.part + rest / (long double)m),
                        a.whole + (int)(wholes / m));
}

/* x, but neither before `last` nor beyond b on the way to b. */
static double between(double x, double last, double b) {
  return last <= b ? fmin(fmax(x, last), b) : fmax(fmin(x, last), b);
}

void es_range_fill(double *x, size_t n, double a, double b, bool logarithmic) {
  const int64_t m = (int64_t)n - 1;
  const binary la = logarithm(logarithmic ? a : 1);
  const binary lb = logarithm(logarithmic ? b : 1);
  x[0] = a;
  for (size_t i = 1; i + 1 < n; i++) {
    const int64_t t = (int64_t)i;
    x[i] = logarithmic ? logarithmic_point(la, lb, t, m)
                       : linear(a, b, (double)t, (double)m);
    x[i] = between(x[i], x[i - 1], b);
  }
  if (n > 1) x[n - 1] = b;
}

bool es_range_is(const char *text) {
  return strncmp(text, "lin:", 4) == 0 || strncmp(text, "log:", 4) == 0;
}

/* The field that starts at *text, which moves past its colon; false where the
 * text has ended. */
static bool next_field(const char **text, const char **field, size_t *n) {
  if (*text == NULL) return false;
  *field = *text;
  *n = strcspn(*text, ":");
  *text = (*text)[*n] == ':' ? *text + *n + 1 : NULL;
  return true;
}

es_status es_range_read(const es_reading *r, const char *text) {
  const bool logarithmic = text[1] == 'o';
  const char *rest = text + 4, *field[3];
  size_t length[3], n;
  double a, b;
  for (size_t i = 0; i < 3; i++)
    if (!next_field(&rest, &field[i], &length[i]))
      return es_value_refuse(r, "a range is %.4sa:b:n", text);
  if (rest != NULL) return es_value_refuse(r, "a range is %.4sa:b:n", text);
  if (!es_text_real(&a, field[0], length[0]) ||
      !es_text_real(&b, field[1], length[1]))
    return es_value_refuse(r, "an end of the range is not a finite number");
  if (!es_text_size(&n, field[2], length[2]) || n < 1 || n > MOST_POINTS)
    return es_value_refuse(
        r, "the count of a range is a whole number from 1 to %d", MOST_POINTS);
  if (logarithmic && !(a > 0 && b > 0))
    return es_value_refuse(r, "both ends of a log: range are positive");
  es_status status = es_value_reserve(r, n, 1);
  if (status != ES_OK) return status;
  es_range_fill(r->out->array.data, n, a, b, logarithmic);
  return es_value_keep(r, text);
}
