/* Numbers, lists, ranges and matrices given as text: the first byte says which
 * kind of key takes the rest. */
#include "fuzz.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANY -INFINITY, INFINITY
static const es_key keys[] = {
    {"k", "a", ES_REAL, ES_OPEN_LOW, 0, 1, NULL, NULL, NULL, ""},
    {"k", "b", ES_SIZE, 0, 1, INFINITY, NULL, NULL, NULL, ""},
    {"k", "c", ES_FLAG, 0, 0, 0, NULL, NULL, NULL, ""},
    {"k", "d", ES_CHOICE, 0, 0, 0, "one|two|on", NULL, NULL, ""},
    {"k", "e", ES_TEXT, 0, 0, 0, NULL, NULL, NULL, ""},
    {"k", "f", ES_LIST, 0, ANY, NULL, NULL, NULL, ""},
    {"k", "g", ES_LIST, ES_RISING, 0, 1e6, NULL, NULL, NULL, ""},
    {"k", "h", ES_MATRIX, 0, ANY, NULL, NULL, NULL, ""},
    {"k", "i", ES_MATRIX, ES_SYMMETRIC, ANY, NULL, NULL, NULL, ""},
    {"k", "j", ES_WORDS, 0, 0, 0, "one|two|on", NULL, NULL, ""},
};
enum { KEYS = sizeof keys / sizeof *keys, RISING = 6, MATRIX = 7, SYMMETRIC };

static void look_at_list(const double *x, size_t n, const es_key *key) {
  for (size_t i = 0; i < n; i++)
    if (!(isfinite(x[i]) && x[i] >= key->low && x[i] <= key->high))
      fuzz_bad("entry %zu is %g", i, x[i]);
  for (size_t i = 1; key == &keys[RISING] && i < n; i++)
    if (x[i] < x[i - 1]) fuzz_bad("entry %zu falls", i);
}

static void look_at_matrix(const es_matrix *m, bool symmetric) {
  for (size_t k = 0; k < m->rows * m->cols; k++)
    if (!isfinite(m->data[k])) fuzz_bad("a number %g", m->data[k]);
  if (!symmetric) return;
  if (m->rows != m->cols) fuzz_bad("%zu by %zu", m->rows, m->cols);
  for (size_t i = 0; i < m->rows; i++)
    for (size_t j = 0; j < i; j++)
      if (m->data[i + j * m->rows] != m->data[j + i * m->rows])
        fuzz_bad("not symmetric at %zu, %zu", i, j);
}

static void look(const es_config *config, size_t k) {
  size_t n = 0;
  const char *name = keys[k].name;
  if (keys[k].kind == ES_LIST) {
    const double *x = es_config_list(config, "k", name, &n);
    look_at_list(x, n, &keys[k]);
  }
  if (keys[k].kind == ES_MATRIX)
    look_at_matrix(es_config_matrix(config, "k", name), k == SYMMETRIC);
}

static es_config *new_config(void) {
  es_config *config;
  es_diag diag = {0};
  const es_keys set = {keys, KEYS};
  if (es_config_new(&config, &set, 1, &diag) != ES_OK)
    fuzz_bad("%s", diag.message);
  return config;
}

/* What was taken is written as YAML, and read again as the same. */
static void write_and_read(const es_config *config) {
  size_t n, m;
  es_diag diag = {0};
  es_config *again = new_config();
  char *first = fuzz_written(config, &n);
  if (es_config_load(again, fuzz_put("again.yaml", first, n), &diag) != ES_OK)
    fuzz_bad("what was written is refused: %s", diag.message);
  char *second = fuzz_written(again, &m);
  if (n != m || memcmp(first, second, n) != 0)
    fuzz_bad("what was written is read as another value");
  free(first);
  free(second);
  es_config_free(again);
}

static void run(const unsigned char *bytes, size_t n) {
  if (n == 0) return;
  const size_t k = bytes[0] % KEYS;
  char *text = fuzz_text(bytes + 1, n - 1), *word = malloc(n + 8);
  es_config *config = new_config();
  es_diag diag = {0};
  if (word == NULL) fuzz_bad("no memory");
  sprintf(word, "k.%s=%s", keys[k].name, text);
  if (!fuzz_has_long_range(text)) {
    const es_status status = es_config_set(config, word, &diag);
    fuzz_judge(status, &diag, FUZZ_FILE | FUZZ_SETTING, "k.");
    if (status == ES_OK) {
      look(config, k);
      write_and_read(config);
    }
  }
  es_config_free(config);
  free(word);
  free(text);
}

/* As of yaml.c. */
const fuzz_target fuzz_value = {
    .name = "value", .run = run, .times = 512, .beyond = 16 << 20};
