/* UTF-8: see utf8.h. The table is Unicode's 3-7, well-formed sequences. */
#include "config/utf8.h"

#include <stdlib.h>
#include <string.h>

size_t es_utf8_decode(uint32_t *code, const char *text) {
  const unsigned char *s = (const unsigned char *)text;
  if (s[0] == 0) return 0;
  if (s[0] < 0x80) {
    *code = s[0];
    return 1;
  }
  if (s[0] < 0xc2 || s[0] > 0xf4) return 0;
  const size_t length = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
  uint32_t c = s[0] & (0xffu >> (length + 1));
  /* A terminating NUL is no continuation byte, so this stops before it. */
  for (size_t i = 1; i < length; i++) {
    if ((s[i] & 0xc0) != 0x80) return 0;
    c = c << 6 | (s[i] & 0x3fu);
  }
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (c < least[length] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
    return 0;
  *code = c;
  return length;
}

bool es_utf8_valid(const char *text) {
  uint32_t code;
  while (*text != '\0') {
    const size_t n = es_utf8_decode(&code, text);
    if (n == 0) return false;
    text += n;
  }
  return true;
}

char *es_utf8_repaired(const char *text) {
  static const char replacement[3] = {'\xef', '\xbf', '\xbd'};
  char *out = malloc(3 * strlen(text) + 1), *end = out;
  if (out == NULL) return NULL;
  while (*text != '\0') {
    uint32_t code;
    const size_t n = es_utf8_decode(&code, text);
    const char *from = n == 0 ? replacement : text;
    const size_t length = n == 0 ? sizeof replacement : n;
    memcpy(end, from, length);
    end += length;
    text += n == 0 ? 1 : n;
  }
  *end = '\0';
  return out;
}
