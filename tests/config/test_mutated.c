/* Settings from YAML files that were damaged (tests/mutate.h). By the contract
 * a wrong setting in a readable file is a usage error, exit 2, as is wrong
 * YAML; what is no text is a damaged file. */
#include "tests/mutate.h"

#include "config/yaml.h"
#include "fixture.h"

#include <stdio.h>

static const char text[] = "# settings\n"
                           "model:\n"
                           "  eta: 0.04\n"
                           "  d: 5\n"
                           "  gamma: [1, 0.5, 0.25]\n"
                           "  Gamma: [[1, 0.5], [0.5, 1]]\n"
                           "  W0:\n  - [1, 2e-3]\n  - [\"3\", 4]\n"
                           "  ema: off\n"
                           "  init: 'aligned'\n"
                           "data:\n"
                           "  path: \"a\\tb \\u00e9 é\"\n"
                           "time: {t: \"log:1e-3:10:50\", n: 12}\n";

/* What was taken is within its key's range, and written and read again the
 * same. */
static void check(const es_config *config) {
  size_t n = 0;
  const double eta = es_config_real(config, "model", "eta");
  const double *t = es_config_list(config, "time", "t", &n);
  const es_matrix *G = es_config_matrix(config, "model", "Gamma");
  if (!(eta > 0 && eta <= 1)) mutate_bad("eta = %g", eta);
  for (size_t i = 0; i < n; i++)
    if (!(t[i] >= 0 && isfinite(t[i]) && (i == 0 || t[i] >= t[i - 1])))
      mutate_bad("t[%zu] = %g", i, t[i]);
  if (G != NULL && (G->rows != G->cols || G->rows == 0))
    mutate_bad("%zu times %zu", G->rows, G->cols);
}

static char *written(const es_config *config) {
  char *out = NULL;
  size_t n;
  es_diag diag = {0};
  assert_ok(es_config_render(&out, &n, config, &diag), diag);
  return out;
}

static es_status read_settings(const char *path, void *context, es_diag *diag) {
  (void)context;
  es_config *config = new_config();
  const es_status status = es_config_load(config, path, diag);
  if (status == ES_OK) check(config);
  es_config_free(config);
  return status;
}

static es_status read_twice(const char *path, void *context, es_diag *diag) {
  (void)context;
  es_config *config = new_config(), *again = new_config();
  const es_status status = es_config_load(config, path, diag);
  if (status == ES_OK) {
    char *first = written(config);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fputs(first, f);
    fclose(f);
    assert_ok(es_config_load(again, path, diag), *diag);
    char *second = written(again);
    assert_string_equal(first, second);
    free(first);
    free(second);
  }
  es_config_free(config);
  es_config_free(again);
  return status;
}

static es_status read_tree(const char *path, void *context, es_diag *diag) {
  (void)context;
  es_node *root;
  const es_status status = es_yaml_read(&root, path, diag);
  if ((root == NULL) != (status != ES_OK)) mutate_bad("a tree in spite of it");
  es_yaml_free(root);
  return status;
}

/* An entry may have two bytes (a figure, a comma) and becomes a node, in room
 * that is doubled, and its text, of which malloc makes 32 bytes: less than
 * (3·sizeof(es_node) + 32)/2 times. libyaml holds buffers of 64 KiB, and a
 * range of 65536 points (mutate_figures) half a MB. */
static mutant mutant_of(const char *path) {
  return (mutant){.path = path,
                  .also = 1u << ES_BAD_VALUE | 1u << ES_UNKNOWN_KEY,
                  .times = (3 * sizeof(es_node) + 32) / 2,
                  .beyond = 1 << 20};
}

static void settings(void **state) {
  (void)state;
  const unsigned char *bytes = (const unsigned char *)text;
  const size_t n = sizeof text - 1;
  char path[] = "/tmp/eigenstep-settings-XXXXXX";
  const int fd = mkstemp(path);
  assert_true(fd >= 0);
  close(fd);
  es_status (*const readers[])(const char *, void *, es_diag *) = {
      read_settings, read_twice, read_tree};
  for (size_t k = 0; k < 3; k++) {
    mutant m = mutant_of(path);
    m.read = readers[k];
    mutate_none(&m, bytes, n);
    mutate_cuts(&m, bytes, n, 1);
    mutate_bits(&m, bytes, n, 1);
    mutate_figures(&m, bytes, n, "50");
    mutate_figures(&m, bytes, n, "5");
    mutate_figures(&m, bytes, n, "0.5, 0.25");
    mutate_tell(&m, k < 2 ? "settings" : "YAML");
  }
  unlink(path);
}

/* Many nodes in few bytes; what nests is refused soon. */
static void dense(void **state) {
  (void)state;
  enum { N = 1 << 16 };
  static const char *const patterns[] = {"1,", "[],",  "{},", "a: ,", "-\n",
                                         "? ", "a\n:", "[",   "{",    "\"\","};
  char path[] = "/tmp/eigenstep-settings-XXXXXX";
  const int fd = mkstemp(path);
  assert_true(fd >= 0);
  close(fd);
  unsigned char *bytes = malloc(N);
  assert_non_null(bytes);
  mutant m = mutant_of(path);
  m.read = read_tree;
  for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++) {
    const size_t width = strlen(patterns[p]);
    for (size_t k = 0; k < N; k++)
      bytes[k] = (unsigned char)patterns[p][(k + width - 1) % width];
    mutate_try(&m, bytes, N, patterns[p], 0);
    bytes[0] = '[';
    bytes[N - 1] = ']';
    mutate_try(&m, bytes, N, patterns[p], 1);
  }
  assert_true(m.good >= 4); /* those that end in a comma */
  mutate_tell(&m, "YAML of many nodes");
  free(bytes);
  unlink(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(settings),
      cmocka_unit_test(dense),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
