/* Keys and helpers that the tests of the config room share. */
#ifndef ES_TESTS_CONFIG_FIXTURE_H
#define ES_TESTS_CONFIG_FIXTURE_H

#include "tests/check.h"

#include <eigenstep/config.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANY -INFINITY, INFINITY
/* What a message says of the form of a list. */
#define LIST_FORM "as 1,2,5 or lin:a:b:n or log:a:b:n or file:PATH"

static const es_key model_keys[] = {
    {"model", "eta", ES_REAL, ES_OPEN_LOW, 0, 1, NULL, "1", "0.04", "rate"},
    {"model", "shift", ES_REAL, 0, ANY, NULL, NULL, NULL, "any number"},
    {"model", "mu", ES_REAL, ES_OPEN_HIGH, -INFINITY, 2, NULL, NULL, NULL, ""},
    {"model", "d", ES_SIZE, 0, 1, INFINITY, NULL, NULL, NULL, "modes"},
    {"model", "seed", ES_SIZE, 0, 0, INFINITY, NULL, NULL, "0", "seed"},
    {"model", "gamma", ES_LIST, 0, 0, INFINITY, NULL, NULL, NULL, "spectrum"},
    {"model", "s0", ES_LIST, 0, ANY, NULL, NULL, NULL, "start"},
    {"model", "Gamma", ES_MATRIX, ES_SYMMETRIC, ANY, NULL, NULL, NULL, ""},
    {"model", "W0", ES_MATRIX, 0, -5, 5, NULL, NULL, NULL, "weights"},
    {"model", "ema", ES_FLAG, 0, 0, 0, NULL, NULL, "on", "moving average"},
    {"model", "init", ES_CHOICE, 0, 0, 0, "gaussian|aligned|off", NULL, NULL,
     ""},
};
static const es_key data_keys[] = {
    {"data", "path", ES_TEXT, 0, 0, 0, NULL, NULL, NULL, "where"},
    {"data", "seed", ES_SIZE, 0, 0, INFINITY, NULL, NULL, "7", "seed"},
    {"time", "t", ES_LIST, ES_RISING, 0, INFINITY, NULL, NULL, NULL, "times"},
    {"time", "n", ES_SIZE, 0, 2, 1e6, NULL, NULL, "200", "count"},
    {"model", "eta", ES_REAL, 0, -9, 9, NULL, NULL, "5", "the later row"},
    {"model", "late", ES_REAL, 0, ANY, NULL, NULL, NULL, "in another set"},
};
static const es_key sweep_keys[] = {
    {"sweep", "eta", ES_LIST, 0, ANY, NULL, NULL, NULL, "an axis"},
    {"sweep", "only", ES_LIST, 0, ANY, NULL, NULL, NULL, "an axis"},
    {"experiment", "gamma", ES_TEXT, 0, 0, 0, NULL, NULL, NULL, "a title"},
};
#define N_OF(a) (sizeof(a) / sizeof *(a))
static const es_keys key_sets[] = {{model_keys, N_OF(model_keys)},
                                   {data_keys, N_OF(data_keys)},
                                   {sweep_keys, N_OF(sweep_keys)}};

static inline es_config *new_config(void) {
  es_config *config = NULL;
  es_diag diag = {0};
  assert_ok(es_config_new(&config, key_sets, N_OF(key_sets), &diag), diag);
  return config;
}

static inline void set(es_config *config, const char *word) {
  es_diag diag = {0};
  assert_ok(es_config_set(config, word, &diag), diag);
}

/* The word must fail with this status and exactly this line. */
static inline void refused(es_config *config, const char *word, es_status want,
                           const char *message) {
  es_diag diag = {0};
  assert_status(es_config_set(config, word, &diag), want);
  assert_string_equal(diag.message, message);
  assert_int_equal(diag.code, want);
  assert_status(es_config_set(config, word, NULL), want);
}

static inline void assert_list(const es_config *config, const char *section,
                               const char *name, const double *want,
                               size_t count) {
  size_t n = 99;
  const double *x = es_config_list(config, section, name, &n);
  assert_int_equal(n, count);
  for (size_t i = 0; i < n; i++) assert_close(x[i], want[i], 0, 0);
}

/* Writes bytes to name in the folder the tests work in. */
static inline void put_file(const char *name, const void *bytes, size_t n) {
  FILE *file = fopen(name, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, n, file), n);
  assert_int_equal(fclose(file), 0);
}

static inline void put_text(const char *name, const char *text) {
  put_file(name, text, strlen(text));
}

/* Tests work in a folder of their own, which goes with them. */
static inline int enter_folder(void **state) {
  static char folder[] = "/tmp/eigenstep-config-XXXXXX";
  *state = mkdtemp(folder);
  return *state == NULL || chdir(folder) != 0;
}
static inline int leave_folder(void **state) {
  char command[128];
  snprintf(command, sizeof command, "rm -rf '%s'", (const char *)*state);
  return chdir("/") != 0 || system(command) != 0;
}

#endif
