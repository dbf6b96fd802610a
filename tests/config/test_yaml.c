/* YAML: the tree, what is refused and where, and settings from files. */
#include "config/yaml.h"
#include "fixture.h"

static es_node *parse(const char *text) {
  es_node *root = NULL;
  es_diag diag = {0};
  assert_ok(es_yaml_parse(&root, text, "x.yaml", &diag), diag);
  return root;
}

static void tree(void **state) {
  (void)state;
  es_node *root = parse("# head\nmodel:\n  eta: 0.04\n  gamma: [1, '2']\n"
                        "stages:\n  - {name: a}\n  - name: |\n      b\n");
  assert_int_equal(root->kind, ES_NODE_MAP);
  assert_int_equal(root->n_children, 2);
  assert_null(root->key);
  const es_node *model = es_node_get(root, "model");
  const es_node *eta = es_node_get(model, "eta");
  assert_string_equal(eta->text, "0.04");
  assert_string_equal(eta->key, "eta");
  assert_int_equal(eta->kind, ES_NODE_SCALAR);
  assert_false(eta->quoted);
  assert_int_equal(eta->line, 3);
  assert_int_equal(eta->column, 3);
  const es_node *gamma = es_node_get(model, "gamma");
  assert_int_equal(gamma->kind, ES_NODE_LIST);
  assert_int_equal(gamma->n_children, 2);
  assert_true(gamma->child[1].quoted);
  assert_int_equal(gamma->child[1].column, 14);
  const es_node *stages = es_node_get(root, "stages");
  assert_string_equal(es_node_get(stages->child, "name")->text, "a");
  assert_string_equal(es_node_get(stages->child + 1, "name")->text, "b\n");
  assert_true(es_node_get(stages->child + 1, "name")->quoted);
  assert_int_equal(stages->child[1].line, 7);
  assert_int_equal(stages->child[1].column, 5);
  assert_null(es_node_get(root, "absent"));
  assert_null(es_node_get(NULL, "model"));
  assert_null(es_node_get(stages, "name"));
  es_yaml_free(root);
  es_yaml_free(NULL);
}

static void empty_documents_are_empty_maps(void **state) {
  (void)state;
  const char *const texts[] = {"",   "\n# nothing\n", "---\n", "---\n...\n",
                               "{}", "\xef\xbb\xbf"};
  for (size_t i = 0; i < N_OF(texts); i++) {
    es_node *root = parse(texts[i]);
    assert_int_equal(root->kind, ES_NODE_MAP);
    assert_int_equal(root->n_children, 0);
    es_yaml_free(root);
  }
  es_node *root = parse("''");
  assert_int_equal(root->kind, ES_NODE_SCALAR);
  es_yaml_free(root);
}

static void refused_forms(void **state) {
  (void)state;
  const struct {
    const char *text, *message;
    es_status status;
  } rows[] = {
      {"a: &x 1", "x.yaml:1:4: anchors (&name) are not read", ES_BAD_VALUE},
      {"a: &x [1]", "x.yaml:1:4: anchors (&name) are not read", ES_BAD_VALUE},
      {"&x {a: 1}", "x.yaml:1:1: anchors (&name) are not read", ES_BAD_VALUE},
      {"&x a: 1", "x.yaml:1:1: anchors (&name) are not read", ES_BAD_VALUE},
      {"a: 1\nb: *x", "x.yaml:2:4: aliases (*name) are not read", ES_BAD_VALUE},
      {"*x : 1", "x.yaml:1:1: aliases (*name) are not read", ES_BAD_VALUE},
      {"a: !!int 1", "x.yaml:1:4: tags (!name) are not read", ES_BAD_VALUE},
      {"a: ! 1", "x.yaml:1:4: tags (!name) are not read", ES_BAD_VALUE},
      {"a: !m {b: 1}", "x.yaml:1:4: tags (!name) are not read", ES_BAD_VALUE},
      {"a: [!s [1]]", "x.yaml:1:5: tags (!name) are not read", ES_BAD_VALUE},
      {"<<: {a: 1}", "x.yaml:1:1: merge keys (<<) are not read", ES_BAD_VALUE},
      {"? [a]\n: 1", "x.yaml:1:3: a key is one word", ES_BAD_VALUE},
      {"'': 1", "x.yaml:1:1: an empty key", ES_BAD_VALUE},
      {"[a: 1",
       "x.yaml:2:1: while parsing a flow sequence, did not find expected ',' "
       "or ']'",
       ES_BAD_VALUE},
      {": 1",
       "x.yaml:1:1: while parsing a block mapping, did not find expected key",
       ES_BAD_VALUE},
      {"m:\n  b: 1\n  a: 2\n  c: 3\n  a: 4",
       "x.yaml:5:3: a stands twice, first in line 3", ES_BAD_VALUE},
      {"a: 1\n---\nb: 2", "x.yaml:2:1: a second document", ES_BAD_VALUE},
      {"a: \"x\\0y\"", "x.yaml:1:4: a NUL character inside a text",
       ES_BAD_VALUE},
      {"\"x\\0y\": 1", "x.yaml:1:1: a NUL character inside a text",
       ES_BAD_VALUE},
      {"a: 1\nb: [1, 2\nc: 3",
       "x.yaml:3:2: while parsing a flow sequence, did not find expected ',' "
       "or ']'",
       ES_BAD_VALUE},
      {"a: \tb: c",
       "x.yaml:1:6: mapping values are not allowed in this context",
       ES_BAD_VALUE},
      {"a: 1\nb: @x",
       "x.yaml:2:4: while scanning for the next token, found character that "
       "cannot start any token",
       ES_BAD_VALUE},
      {"a: 1\nb\xc3\xa9: \xe9 z",
       "x.yaml:2:6: not a text: invalid trailing UTF-8 octet", ES_FILE_CORRUPT},
      {"a: \001", "x.yaml:1:4: not a text: control characters are not allowed",
       ES_FILE_CORRUPT},
  };
  for (size_t i = 0; i < N_OF(rows); i++) {
    es_node untouched, *root = &untouched;
    es_diag diag = {0};
    const es_status status =
        es_yaml_parse(&root, rows[i].text, "x.yaml", &diag);
    assert_string_equal(diag.message, rows[i].message);
    assert_int_equal(status, rows[i].status);
    assert_null(root);
  }
}

static void nesting_is_limited(void **state) {
  (void)state;
  es_node *root = parse("[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]"); /* 16 */
  es_yaml_free(root);
  es_diag diag = {0};
  assert_status(es_yaml_parse(&root, "[[[[[[[[[[[[[[[[{a: 1}]]]]]]]]]]]]]]]]",
                              "n", &diag),
                ES_BAD_VALUE);
  assert_string_equal(diag.message, "n:1:17: nested deeper than 16");
  enum { N = 1000000 };
  char *deep = malloc(N + 1);
  assert_non_null(deep);
  memset(deep, '[', N);
  deep[N] = '\0';
  assert_status(es_yaml_parse(&root, deep, "n", &diag), ES_BAD_VALUE);
  assert_string_equal(diag.message, "n:1:17: nested deeper than 16");
  free(deep);
}

/* Duplicates are found by sorting: 2·10^5 keys take no noticeable time. */
static void many_keys(void **state) {
  (void)state;
  enum { N = 200000 };
  char *text = malloc(12 * N + 20), *end = text;
  assert_non_null(text);
  for (int i = 0; i < N; i++) end += sprintf(end, "k%d: 1\n", i);
  es_node *root = parse(text);
  assert_int_equal(root->n_children, N);
  es_yaml_free(root);
  sprintf(end, "k77: 1\n");
  es_diag diag = {0};
  assert_status(es_yaml_parse(&root, text, "many", &diag), ES_BAD_VALUE);
  assert_string_equal(diag.message,
                      "many:200001:1: k77 stands twice, first in line 78");
  free(text);
}

static void load(es_config *config, const char *text) {
  es_diag diag = {0};
  put_text("a.yaml", text);
  assert_ok(es_config_load(config, "a.yaml", &diag), diag);
}

static void settings_from_a_file(void **state) {
  (void)state;
  es_config *c = new_config();
  load(c, "model:\n  eta: 0.5\n  gamma:\n    - 1\n    - 2.5\n  ema: off\n"
          "  init: off\n  W0: [[1, 2],\n       [3, 4]]\n  s0: 3\n"
          "data: {path: \"0.5\", seed: 3}\ntime: {t: log:1e-3:1:4}\nsweep:\n");
  assert_close(es_config_real(c, "model", "eta"), 0.5, 0, 0);
  assert_list(c, "model", "gamma", (const double[]){1, 2.5}, 2);
  assert_list(c, "model", "s0", (const double[]){3}, 1);
  assert_false(es_config_flag(c, "model", "ema"));
  assert_string_equal(es_config_text(c, "model", "init"), "off");
  assert_string_equal(es_config_text(c, "data", "path"), "0.5");
  assert_int_equal(es_config_size(c, "data", "seed"), 3);
  const double columns[] = {1, 3, 2, 4};
  const es_matrix *W = es_config_matrix(c, "model", "W0");
  for (size_t k = 0; k < 4; k++) assert_close(W->data[k], columns[k], 0, 0);
  size_t n;
  assert_close(es_config_list(c, "time", "t", &n)[3], 1, 0, 0);
  assert_int_equal(n, 4);
  assert_true(es_config_given(c, "model", "eta"));
  assert_false(es_config_given(c, "model", "seed"));
  set(c, "model.eta=0.25"); /* the command line comes later */
  assert_close(es_config_real(c, "model", "eta"), 0.25, 0, 0);
  load(c, "");
  put_text("v: #1.csv", "7\n8\n");
  load(c, "model: {gamma: 'file:v: #1.csv'}\n");
  assert_list(c, "model", "gamma", (const double[]){7, 8}, 2);
  es_config_free(c);
}

static void refused_file(const char *text, es_status want,
                         const char *message) {
  es_config *c = new_config();
  es_diag diag = {0};
  put_text("b.yaml", text);
  const es_status status = es_config_load(c, "b.yaml", &diag);
  assert_string_equal(diag.message, message);
  assert_int_equal(status, want);
  es_config_free(c);
}

/* A user may quote a number or a range, which looks odd plain. */
static void quoted_values_are_values(void **state) {
  (void)state;
  es_config *c = new_config();
  es_diag diag = {0};
  put_text("q.yaml", "model:\n  eta: '0.5'\n  ema: \"on\"\n");
  assert_ok(es_config_load(c, "q.yaml", &diag), diag);
  assert_close(es_config_real(c, "model", "eta"), .5, 0, 0);
  assert_true(es_config_flag(c, "model", "ema"));
  es_config_free(c);
}

static void settings_refused(void **state) {
  (void)state;
  refused_file("model:\n  eta: 2", ES_BAD_VALUE,
               "b.yaml:2:3: model.eta=2: out of range; accepts a number in (0, "
               "1]");
  refused_file("model:\n  eta:", ES_BAD_VALUE,
               "b.yaml:2:3: model.eta=: an empty value; accepts a number in "
               "(0, 1]");
  refused_file("model:\n  eta: [0.5]", ES_BAD_VALUE,
               "b.yaml:2:3: model.eta=[0.5]: one value is wanted and not a "
               "list; accepts a number in (0, 1]");
  refused_file("model:\n  eta: {a: [1, 2]}", ES_BAD_VALUE,
               "b.yaml:2:3: model.eta={a: [1,2]}: a value is wanted and not a "
               "map; accepts a number in (0, 1]");
  refused_file("model:\n  gama: 1", ES_UNKNOWN_KEY,
               "b.yaml:2:3: model.gama: no such key; did you mean "
               "model.gamma?");
  refused_file("modle:\n  gamma: 1", ES_UNKNOWN_KEY,
               "b.yaml:1:1: modle: no such section; did you mean model?");
  refused_file("qwertyuiop: {}", ES_UNKNOWN_KEY,
               "b.yaml:1:1: qwertyuiop: no such section");
  refused_file("eta: 0.5", ES_BAD_VALUE,
               "b.yaml:1:1: eta: a setting stands in its section, as model: "
               "{eta: 0.04}");
  refused_file("- model", ES_BAD_VALUE,
               "b.yaml:1:1: a map of sections is wanted, as model: {eta: "
               "0.04}");
  refused_file(
      "model:\n  W0:\n  - [1, 2]\n  - [3]", ES_BAD_VALUE,
      "b.yaml:2:3: model.W0=[[1,2],[3]]: row 2 has 1 numbers and row 1 "
      "has 2; accepts a matrix of numbers in [-5, 5] as "
      "[[1,0.5],[0,1]] or file:PATH");
  refused_file("model: {eta: 0.5, eta: 0.4}", ES_BAD_VALUE,
               "b.yaml:1:19: eta stands twice, first in line 1");
}

static void long_values_are_shortened(void **state) {
  (void)state;
  es_config *c = new_config();
  es_diag diag = {0};
  put_text("c.yaml", "model:\n  gamma: [1000000, 1000000, 1000000, 1000000, "
                     "1000000, 1000000, 1000000, 1000000, 1000000, x]\n");
  assert_status(es_config_load(c, "c.yaml", &diag), ES_BAD_VALUE);
  assert_non_null(strstr(diag.message, "gamma=[1000000,1000000,"));
  assert_non_null(strstr(diag.message, "...: entry 10, x, is not a finite"));
  es_config_free(c);
}

static void files_refused(void **state) {
  (void)state;
  es_config *c = new_config();
  es_diag diag = {0};
  assert_status(es_config_load(c, "absent.yaml", &diag), ES_FILE_MISSING);
  assert_non_null(strstr(diag.message, "absent.yaml"));
  assert_status(es_config_load(c, "/", &diag), ES_FILE_MISSING);
  put_file("nul.yaml", "model:\n  eta: \0", 15);
  assert_status(es_config_load(c, "nul.yaml", &diag), ES_FILE_CORRUPT);
  assert_string_equal(
      diag.message,
      "nul.yaml:2:8: not a text: control characters are not allowed");
  enum { N = 16000001 };
  char *big = malloc(N);
  assert_non_null(big);
  memset(big, '#', N);
  put_file("big.yaml", big, N);
  free(big);
  assert_int_equal(es_status_exit_code(es_config_load(c, "big.yaml", &diag)),
                   3);
  assert_non_null(strstr(diag.message, "big.yaml"));
  es_config_free(c);
}

/* What `run` does with the settings of one stage. */
static void one_section(void **state) {
  (void)state;
  es_config *c = new_config();
  es_diag diag = {0};
  es_node *root = parse("{name: a, model: {eta: 0.3}, solver: {}, time: 3}");
  assert_ok(es_config_apply_section(c, "model", es_node_get(root, "model"),
                                    "e.yaml", &diag),
            diag);
  assert_close(es_config_real(c, "model", "eta"), 0.3, 0, 0);
  assert_status(es_config_apply_section(
                    c, "solver", es_node_get(root, "solver"), "e.yaml", &diag),
                ES_UNKNOWN_KEY);
  assert_string_equal(diag.message, "e.yaml:1:30: solver: no such section");
  assert_status(es_config_apply_section(c, "time", es_node_get(root, "time"),
                                        "e.yaml", &diag),
                ES_BAD_VALUE);
  assert_string_equal(diag.message, "e.yaml:1:42: time: a map of keys is "
                                    "wanted");
  es_yaml_free(root);
  es_config_free(c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tree),
      cmocka_unit_test(empty_documents_are_empty_maps),
      cmocka_unit_test(refused_forms),
      cmocka_unit_test(nesting_is_limited),
      cmocka_unit_test(many_keys),
      cmocka_unit_test(settings_from_a_file),
      cmocka_unit_test(quoted_values_are_values),
      cmocka_unit_test(settings_refused),
      cmocka_unit_test(long_values_are_shortened),
      cmocka_unit_test(files_refused),
      cmocka_unit_test(one_section),
  };
  return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
