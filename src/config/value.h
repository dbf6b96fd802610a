/* Values, private to the room: from a YAML node or the text of an override to
 * numbers, checked against the key. The same functions read both, so that a
 * setting means the same in a file and on the command line. */
#ifndef ES_CONFIG_VALUE_H
#define ES_CONFIG_VALUE_H

#include "config/yaml.h"
#include "file/array.h"

typedef struct es_value {
  double real; /* ES_REAL and ES_SIZE */
  size_t size; /* ES_SIZE */
  bool flag;
  char *text; /* ES_TEXT, ES_CHOICE; of a list or matrix the range (lin:, log:)
                 or reference (file:) that it was made from, else NULL */
  es_matrix array; /* a list is n×1 */
  bool from_file;
  char shown[64]; /* as messages show it */
} es_value;

/* Both leave *out empty on failure; the line starts "section.key=value: ". */
es_status es_value_from_text(es_value *out, const es_key *key, const char *text,
                             es_diag *diag) ES_MUST_USE;
es_status es_value_from_node(es_value *out, const es_key *key,
                             const es_node *node, es_diag *diag) ES_MUST_USE;
void es_value_free(es_value *value); /* a zeroed value is accepted */

/* The shortest decimal that reads back to the same bits, with a point whatever
 * the locale. x is finite. */
enum { ES_REAL_SIZE = 40 };
const char *es_value_format(char out[ES_REAL_SIZE], double x);

/* A value while it is read. */
typedef struct es_reading {
  const es_key *key;
  es_value *out;
  es_diag *diag;
} es_reading;

/* Refuses the value: ES_BAD_VALUE, or ES_FILE_DATA where it came from a file;
 * the line ends in what the key accepts. */
es_status es_value_refuse(const es_reading *r, const char *format, ...)
    ES_PRINTF(2, 3);
es_status es_value_no_memory(const es_reading *r);

/* Room for rows×cols numbers in r->out->array. */
es_status es_value_reserve(const es_reading *r, size_t rows,
                           size_t cols) ES_MUST_USE;
/* Keeps a copy of text in r->out->text. */
es_status es_value_keep(const es_reading *r, const char *text) ES_MUST_USE;
/* Whether x lies within the key's bounds. */
bool es_value_in_range(const es_key *key, double x);
bool es_value_is_reference(const char *text); /* "file:…" */
/* Reads the array that a reference names; the caller frees it. */
es_status es_value_open(const es_reading *r, es_array *array,
                        const char *text) ES_MUST_USE;

/* scalar.c */
es_status es_scalar_real(const es_reading *r, const char *text) ES_MUST_USE;
es_status es_scalar_size(const es_reading *r, const char *text) ES_MUST_USE;
es_status es_scalar_flag(const es_reading *r, const char *text) ES_MUST_USE;
es_status es_scalar_choice(const es_reading *r, const char *text) ES_MUST_USE;
es_status es_scalar_text(const es_reading *r, const char *text) ES_MUST_USE;
/* Reads the number of a scalar node into *x, or says why not; where is
 * "entry 2" or "row 1, column 2". */
es_status es_value_number(const es_reading *r, double *x, const es_node *node,
                          const char *where) ES_MUST_USE;

/* list.c: 1,2,5 or lin: or log: or file:, and nodes. */
es_status es_list_from_text(const es_reading *r, const char *text) ES_MUST_USE;
es_status es_list_from_node(const es_reading *r,
                            const es_node *list) ES_MUST_USE;
/* words.c: which of the choices each word is. */
es_status es_words_from_text(const es_reading *r, const char *text) ES_MUST_USE;
es_status es_words_from_node(const es_reading *r,
                             const es_node *list) ES_MUST_USE;
/* matrix.c */
es_status es_matrix_from_node(const es_reading *r,
                              const es_node *rows) ES_MUST_USE;
es_status es_matrix_from_file(const es_reading *r,
                              const char *text) ES_MUST_USE;

/* range.c: lin:a:b:n and log:a:b:n. */
bool es_range_is(const char *text);
es_status es_range_read(const es_reading *r, const char *text) ES_MUST_USE;
/* Fills x[0..n), n >= 1, from a to b, both ends exact, never turning back. */
void es_range_fill(double *x, size_t n, double a, double b, bool logarithmic);

#endif
