/* UTF-8, as strict as YAML and JSON need it. */
#ifndef ES_CONFIG_UTF8_H
#define ES_CONFIG_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes the character at text (terminated): its length in bytes, or 0 at the
 * end and where the bytes are no UTF-8 (over-long, surrogate, beyond U+10FFFF,
 * cut off). */
size_t es_utf8_decode(uint32_t *code, const char *text);

bool es_utf8_valid(const char *text);

/* A copy in which U+FFFD stands for every byte that is not part of UTF-8; NULL
 * without memory. Freed by the caller. */
char *es_utf8_repaired(const char *text);

#endif
