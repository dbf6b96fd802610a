/* Strict text helpers: whole-string numbers in the C locale, nearest names. */
#ifndef ES_BASE_TEXT_H
#define ES_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Parses the n characters at text as one decimal floating-point number with
 * nothing before or after it. Refuses nan, inf, hexadecimal and overflow;
 * underflow rounds. False leaves *out alone. */
bool es_text_real(double *out, const char *text, size_t n);

/* The same for a non-negative integer; 1e6 and 60000.0 are accepted where
 * they are whole and below 2^53, which is itself read from its digits. */
bool es_text_size(size_t *out, const char *text, size_t n);

/* Edit distance with adjacent transpositions; strings beyond 63 characters
 * are compared by their first 63. */
size_t es_text_distance(const char *a, const char *b);

/* The index of the name nearest to word, or count where none is near enough
 * to be worth hinting at (distance over a third of the longer length, at
 * least 2). A name that ends in ".word" counts as distance 1. */
size_t es_text_nearest(const char *word, const char *const *names,
                       size_t count);

/* Whether the word is one of the names. */
bool es_text_is_one_of(const char *word, const char *const *names,
                       size_t count);

/* Adds a formatted sentence to those in text (size bytes in all, terminated),
 * behind "; " unless it is the first. What has no room is cut off. */
void es_text_add(char *text, size_t size, const char *format, va_list args);

/* Copies text into out (size bytes, terminated) for quoting in a message:
 * control bytes become '?', an over-long text ends in "...". Returns out. */
const char *es_text_quote(char *out, size_t size, const char *text);

#endif
