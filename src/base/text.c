/* Strict text helpers: see text.h. */
#include "base/text.h"

#include "base/order.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Digits, one point, one exponent: what strtod must then accept whole. */
static bool plain_number(const char *s, size_t n) {
  static const char allowed[] = "+-.0123456789eE";
  bool digit = false;
  for (size_t i = 0; i < n; i++) {
    if (s[i] == '\0' || strchr(allowed, s[i]) == NULL) return false;
    digit = digit || (s[i] >= '0' && s[i] <= '9');
  }
  return digit;
}

/* strtod reads the decimal point of the process's locale; a library cannot
 * assume "C", and newlocale is POSIX.1-2008. */
static double c_strtod(const char *s, char **end) {
  const locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (c == (locale_t)0) return strtod(s, end);
  const double x = strtod_l(s, end, c);
  freelocale(c);
  return x;
}

bool es_text_real(double *out, const char *text, size_t n) {
  char buffer[512], *end;
  if (n == 0 || n >= sizeof buffer || !plain_number(text, n)) return false;
  memcpy(buffer, text, n);
  buffer[n] = '\0';
  const double x = c_strtod(buffer, &end);
  if (*end != '\0' || !isfinite(x)) return false;
  *out = x;
  return true;
}

/* What reads as 2^53 may have been rounded to it, such as 2^53 + 1. */
bool es_text_size(size_t *out, const char *text, size_t n) {
  static const char largest[] = "9007199254740992";
  double x;
  if (!es_text_real(&x, text, n)) return false;
  if (!(x >= 0) || x > 0x1p53 || x != floor(x)) return false;
  if (x == 0x1p53 && (n != sizeof largest - 1 || memcmp(text, largest, n) != 0))
    return false;
  *out = (size_t)x;
  return true;
}

enum { LONGEST = 63 };

size_t es_text_distance(const char *a, const char *b) {
  const size_t na = strnlen(a, LONGEST), nb = strnlen(b, LONGEST);
  size_t rows[3][LONGEST + 1];
  size_t *before = rows[0], *last = rows[1], *now = rows[2];
  for (size_t j = 0; j <= nb; j++) last[j] = j;
  for (size_t i = 1; i <= na; i++) {
    now[0] = i;
    for (size_t j = 1; j <= nb; j++) {
      const size_t change = a[i - 1] != b[j - 1];
      now[j] =
          es_least(last[j - 1] + change, es_least(last[j], now[j - 1]) + 1);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = es_least(now[j], before[j - 2] + 1);
    }
    size_t *free_row = before;
    before = last;
    last = now;
    now = free_row;
  }
  return last[nb];
}

static bool ends_with_part(const char *name, const char *word) {
  const size_t n = strlen(name), w = strlen(word);
  return n > w + 1 && name[n - w - 1] == '.' && strcmp(name + n - w, word) == 0;
}

size_t es_text_nearest(const char *word, const char *const *names,
                       size_t count) {
  size_t best = SIZE_MAX, index = count;
  for (size_t i = 0; i < count; i++) {
    const size_t longer =
        strlen(word) > strlen(names[i]) ? strlen(word) : strlen(names[i]);
    const size_t limit = longer / 3 > 2 ? longer / 3 : 2;
    const size_t d =
        ends_with_part(names[i], word) ? 1 : es_text_distance(word, names[i]);
    if (d <= limit && d < best) {
      best = d;
      index = i;
    }
  }
  return index;
}

const char *es_text_quote(char *out, size_t size, const char *text) {
  const size_t n = strlen(text);
  snprintf(out, size, "%s", text);
  if (n >= size && size > 4) memcpy(out + size - 4, "...", 4);
  for (char *c = out; *c != '\0'; c++)
    if ((unsigned char)*c < ' ' || *c == 127) *c = '?';
  return out;
}

bool es_text_is_one_of(const char *word, const char *const *names,
                       size_t count) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(word, names[i]) == 0) return true;
  return false;
}

void es_text_add(char *text, size_t size, const char *format, va_list args) {
  size_t used = strlen(text);
  if (used > 0 && used + 2 < size) {
    strcpy(text + used, "; ");
    used += 2;
  }
  vsnprintf(text + used, size - used, format, args);
}
