/* Keys and settings. A model, a command or a data set describes the settings
 * it takes as an array of es_key; parsing, range checks, hints, --help,
 * `eigenstep list keys` and the manual are all made from such arrays. */
#ifndef EIGENSTEP_CONFIG_H
#define EIGENSTEP_CONFIG_H

#include <eigenstep/status.h>
#include <stdbool.h>
#include <stdio.h>

ES_API_BEGIN

typedef enum es_kind {
  ES_REAL,   /* one number */
  ES_SIZE,   /* one whole number, from 0 to 2^53 */
  ES_FLAG,   /* on|off (true|false, yes|no are read too) */
  ES_CHOICE, /* one of the words in `choices` */
  ES_TEXT,   /* any text, such as a path */
  ES_LIST,   /* 1,2,5 | [1,2,5] | lin:a:b:n | log:a:b:n | file:PATH */
  ES_MATRIX, /* [[1,0.5],[0,1]] | file:PATH.csv|.npy|.h5:/dataset */
  ES_WORDS   /* several of the words in `choices`: a,b | [a,b] */
} es_kind;

/* Bits of es_key.flags. */
enum {
  ES_OPEN_LOW = 1,  /* the lower bound itself is refused */
  ES_OPEN_HIGH = 2, /* the upper bound itself is refused */
  ES_RISING = 4,    /* a list must not fall */
  ES_SYMMETRIC = 8  /* a matrix must be square and symmetric; a departure of
                       at most 1e-12 of its Frobenius norm is symmetrised */
};

typedef struct es_key {
  const char *section, *name; /* "model", "eta" */
  es_kind kind;
  unsigned flags;
  double low, high;     /* range of every number in the value, inclusive */
  const char *choices;  /* ES_CHOICE, ES_WORDS: "auto|exact|gd", else NULL */
  const char *unit;     /* "1", "pixels", "s", … or NULL */
  const char *fallback; /* default, in the syntax of a value; NULL: unset */
  const char *help;     /* one line; NULL: said by the key before it, such as
                           that of W1 for W2, and left out of help */
} es_key;

/* A counted array of keys; the arrays are static and are never copied. */
typedef struct es_keys {
  const es_key *key;
  size_t n;
} es_keys;

/* Dense column-major matrix: element (i,j) is at data[i + j*rows]. */
typedef struct es_matrix {
  size_t rows, cols;
  double *data;
} es_matrix;

typedef struct es_config es_config;

/* Makes a configuration that knows the keys of n_sets arrays, all at their
 * defaults. A (section, name) that stands in two sets is one key, and the
 * first set's row counts. Free it with es_config_free. */
es_status es_config_new(es_config **out, const es_keys *sets, size_t n_sets,
                        es_diag *diag) ES_MUST_USE;
void es_config_free(es_config *config);

/* Applies one override: "section.key=value", or "key=value" where exactly one
 * section has the key (sections of axes and "experiment" never counted).
 * ES_UNKNOWN_KEY names the nearest key; ES_BAD_VALUE names the key, the value
 * and the accepted range; values from files fail with the file's status. */
es_status es_config_set(es_config *config, const char *word,
                        es_diag *diag) ES_MUST_USE;

/* Applies a YAML file of the same keys nested one level. Messages carry
 * path:line:column. */
es_status es_config_load(es_config *config, const char *path,
                         es_diag *diag) ES_MUST_USE;

/* Sets section.name to value unless it was set by the user; for defaults that
 * depend on other keys. A name that no key set knows is left alone. */
es_status es_config_suggest(es_config *config, const char *section,
                            const char *name, const char *value,
                            es_diag *diag) ES_MUST_USE;

/* Sets section.name back to its default, if it has one, unless it was set by
 * the user. */
es_status es_config_restore(es_config *config, const char *section,
                            const char *name, es_diag *diag) ES_MUST_USE;

/* True if the key is known and has a value (its default counts). */
bool es_config_has(const es_config *config, const char *section,
                   const char *name);

/* Unsets a key that turned out to have no effect, so that es_config_write
 * leaves it out; name NULL: every key of the section. */
void es_config_forget(es_config *config, const char *section, const char *name);

/* True if the user set the key, by a word or a file; name NULL: any key of the
 * section. */
bool es_config_given(const es_config *config, const char *section,
                     const char *name);

/* True if the user set the key to another value than its default, which a
 * config.yaml repeats; what has no default, and lists and matrices, differ
 * where they are given. For settings that another one leaves no use for. */
bool es_config_differs(const es_config *config, const char *section,
                       const char *name);

/* True if the value came from file:PATH: what is wrong with its content is
 * then a data error (exit 3) and not a usage error (exit 2). */
bool es_config_from_file(const es_config *config, const char *section,
                         const char *name);

/* One axis: a key and the values it takes. */
typedef struct es_axis {
  const char *section, *name; /* "model", "eta" */
  const double *value;        /* n of them; borrowed */
  size_t n;
  const char *choices; /* values count into these, from 0; NULL: numbers */
} es_axis;

/* Gives the configuration a section of axes: for every number, list, choice and
 * flag that it knows, a key of the same name and range that takes a list. A
 * name stands for the key in section "model"; where that has none, for the only
 * key of that name, and where there are several it stands for none. only (NULL:
 * any) is the one section whose numbers and lists alone may be axes. Such a
 * section is never what a bare name means, and its keys keep the order in which
 * they were first set. To be called before anything is set. */
es_status es_config_add_axes(es_config *config, const char *section,
                             const char *only, es_diag *diag) ES_MUST_USE;

/* The axes that are set, in order: fills *out and returns true for the k-th,
 * false beyond the last. Pointers as of typed access, below. */
bool es_config_axis(const es_config *config, const char *section, size_t k,
                    es_axis *out);

/* A copy with the same settings, without sections of axes, of its own memory
 * but for the arrays of keys. */
es_status es_config_copy(es_config **out, const es_config *config,
                         es_diag *diag) ES_MUST_USE;

/* Sets a number (of a list: the one number in it; of a choice: which of them,
 * from 0; of a flag: 0 or 1), as a word would. The same failures:
 * ES_UNKNOWN_KEY for what is none of these, ES_BAD_VALUE for what is out of
 * range or, where a whole number is wanted, is none. */
es_status es_config_set_real(es_config *config, const char *section,
                             const char *name, double x,
                             es_diag *diag) ES_MUST_USE;

/* Typed access. An unset or unknown key gives NaN, 0, false, NULL. A single
 * number is a list of length 1. Pointers live as long as the configuration
 * and until the key is set again. es_config_text serves ES_TEXT and ES_CHOICE.
 */
double es_config_real(const es_config *config, const char *section,
                      const char *name);
size_t es_config_size(const es_config *config, const char *section,
                      const char *name);
bool es_config_flag(const es_config *config, const char *section,
                    const char *name);
const char *es_config_text(const es_config *config, const char *section,
                           const char *name);
/* Whether a text is that word; false for an unset or unknown key. */
bool es_config_is(const es_config *config, const char *section,
                  const char *name, const char *word);
const double *es_config_list(const es_config *config, const char *section,
                             const char *name, size_t *n);
const es_matrix *es_config_matrix(const es_config *config, const char *section,
                                  const char *name);

/* Fails with the code that fits where the value came from (ES_BAD_VALUE, or
 * ES_FILE_DATA for file:…), the line starting "section.key=value: ". */
es_status es_config_blame(const es_config *config, const char *section,
                          const char *name, es_diag *diag, const char *format,
                          ...) ES_PRINTF(5, 6);

/* Writes every key that has a value as YAML, sections in order of first
 * appearance and the keys of a section in the order of their arrays (axes: in
 * their own); reading it back gives the same values to the last bit. */
es_status es_config_write(const es_config *config, FILE *out,
                          es_diag *diag) ES_MUST_USE;
/* The same as text of n characters, which the caller frees. */
es_status es_config_render(char **out, size_t *n, const es_config *config,
                           es_diag *diag) ES_MUST_USE;

/* Word i, from 0, of "a|b|c", and its length; NULL beyond the last. */
const char *es_choice_word(const char *choices, size_t i, size_t *n);

/* One line on what a key accepts: "a number in (0, 1]", "one of a|b", … */
const char *es_key_accepts(char *out, size_t size, const es_key *key);

ES_API_END

#endif
