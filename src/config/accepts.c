/* What a key accepts, in words, for messages, --help and the manual. */
#include "config/value.h"

#include <math.h>
#include <string.h>

/* " in (0, 1]", " > 0", " <= 1" or nothing, for the bounds that there are. */
static void bounds(char *out, size_t size, const es_key *key) {
  const bool open_low = (key->flags & ES_OPEN_LOW) != 0;
  const bool open_high = (key->flags & ES_OPEN_HIGH) != 0;
  char low[ES_REAL_SIZE] = "", high[ES_REAL_SIZE] = "";
  if (isfinite(key->low)) es_value_format(low, key->low);
  if (isfinite(key->high)) es_value_format(high, key->high);
  if (*low != '\0' && *high != '\0')
    snprintf(out, size, " in %c%s, %s%c", open_low ? '(' : '[', low, high,
             open_high ? ')' : ']');
  else if (*low != '\0')
    snprintf(out, size, " %s %s", open_low ? ">" : ">=", low);
  else if (*high != '\0')
    snprintf(out, size, " %s %s", open_high ? "<" : "<=", high);
  else
    *out = '\0';
}

/* Whole numbers need no open bounds and no fractions. */
static void whole(char *out, size_t size, const es_key *key) {
  double low = fmax(ceil(key->low), 0), high = floor(key->high);
  if ((key->flags & ES_OPEN_LOW) != 0 && low == key->low) low++;
  if ((key->flags & ES_OPEN_HIGH) != 0 && high == key->high) high--;
  if (isfinite(high))
    snprintf(out, size, "a whole number from %.0f to %.0f", low, high);
  else
    snprintf(out, size, "a whole number, %.0f or more", low);
}

static void matrix(char *out, size_t size, const es_key *key,
                   const char *range) {
  const bool symmetric = (key->flags & ES_SYMMETRIC) != 0;
  snprintf(out, size, "a%s matrix%s%s as %s or file:PATH",
           symmetric ? " symmetric" : "", *range == '\0' ? "" : " of numbers",
           range, symmetric ? "[[1,0.5],[0.5,1]]" : "[[1,0.5],[0,1]]");
}

const char *es_key_accepts(char *out, size_t size, const es_key *key) {
  char range[2 * ES_REAL_SIZE + 16];
  bounds(range, sizeof range, key);
  switch (key->kind) {
  case ES_REAL:
    snprintf(out, size, "a number%s", range);
    break;
  case ES_SIZE:
    whole(out, size, key);
    break;
  case ES_FLAG:
    snprintf(out, size, "on|off");
    break;
  case ES_CHOICE:
    snprintf(out, size, "one of %s", key->choices);
    break;
  case ES_TEXT:
    snprintf(out, size, "text");
    break;
  case ES_LIST:
    snprintf(out, size,
             "%snumbers%s, as 1,2,5 or lin:a:b:n or log:a:b:n or file:PATH",
             (key->flags & ES_RISING) != 0 ? "never falling " : "", range);
    break;
  case ES_WORDS:
    snprintf(out, size, "some of %s, as a,b", key->choices);
    break;
  case ES_MATRIX:
    matrix(out, size, key, range);
    break;
  }
  return out;
}
