/* config.yaml: its form, and every value there and back. */
#include "fixture.h"

/* The configuration as text, freed by the caller. */
static char *written(const es_config *config) {
  char *text = NULL;
  size_t n = 0;
  es_diag diag = {0};
  FILE *out = open_memstream(&text, &n);
  assert_non_null(out);
  assert_ok(es_config_write(config, out, &diag), diag);
  assert_int_equal(fclose(out), 0);
  return text;
}

static es_config *reread(const es_config *config) {
  es_config *again = new_config();
  es_diag diag = {0};
  char *text = written(config);
  put_text("config.yaml", text);
  assert_ok(es_config_load(again, "config.yaml", &diag), diag);
  char *twice = written(again);
  assert_string_equal(twice, text);
  free(twice);
  free(text);
  return again;
}

static void written_form(void **state) {
  (void)state;
  es_config *c = new_config();
  put_text("g.csv", "1\n2\n");
  set(c, "model.gamma=log:1e-3:1:200");
  set(c, "model.s0=file:g.csv");
  set(c, "model.W0=[[1,0.5],[0,-3e-9]]");
  set(c, "time.t=0,1e6");
  set(c, "model.init=off");
  set(c, "model.late=1");
  set(c, "data.path=/tmp/a b");
  char *text = written(c);
  assert_string_equal(text, "model:\n"
                            "  eta: 0.04\n"
                            "  seed: 0\n"
                            "  gamma: log:1e-3:1:200\n"
                            "  s0: file:g.csv\n"
                            "  W0: [[1, 0.5], [0, -3e-09]]\n"
                            "  ema: on\n"
                            "  init: 'off'\n"
                            "  late: 1\n"
                            "data:\n"
                            "  path: '/tmp/a b'\n"
                            "  seed: 7\n"
                            "time:\n"
                            "  t: [0, 1000000]\n"
                            "  n: 200\n");
  free(text);
  es_config *again = reread(c);
  assert_true(es_config_from_file(again, "model", "s0"));
  assert_list(again, "model", "s0", (const double[]){1, 2}, 2);
  es_config_free(again);
  es_config_free(c);
}

/* Random bits as doubles, signs, subnormals: equal to the last bit. */
static void numbers_survive(void **state) {
  (void)state;
  enum { N = 500 };
  char word[N * 26 + 32] = "model.s0=";
  size_t used = strlen(word), n, m;
  uint64_t bits = 88172645463325252u;
  for (int i = 0; i < N; i++) {
    double x;
    do {
      bits ^= bits << 13;
      bits ^= bits >> 7;
      bits ^= bits << 17;
      memcpy(&x, &bits, sizeof x);
    } while (!isfinite(x));
    used += (size_t)sprintf(word + used, "%s%.17g", i == 0 ? "" : ",", x);
  }
  es_config *c = new_config();
  set(c, word);
  set(c, "time.t=log:1e-3:7:333");
  set(c, "model.Gamma=[[0.1,0.30000000000000004],[0.3,-0.0]]");
  set(c, "model.shift=-4.9e-324");
  set(c, "model.seed=9007199254740991");
  es_config *again = reread(c);
  const double *x = es_config_list(c, "model", "s0", &n);
  assert_int_equal(n, N);
  assert_memory_equal(x, es_config_list(again, "model", "s0", &m),
                      n * sizeof *x);
  x = es_config_list(c, "time", "t", &n);
  assert_memory_equal(x, es_config_list(again, "time", "t", &m), n * sizeof *x);
  assert_int_equal(n, m);
  assert_memory_equal(es_config_matrix(c, "model", "Gamma")->data,
                      es_config_matrix(again, "model", "Gamma")->data,
                      4 * sizeof *x);
  assert_true(es_config_real(again, "model", "shift") == -4.9e-324);
  assert_int_equal(es_config_size(again, "model", "seed"), 9007199254740991);
  es_config_free(again);
  es_config_free(c);
}

static void any_text_survives(void **state) {
  (void)state;
  const char *const texts[] = {"plain",
                               "a: b",
                               "a #b",
                               "#a",
                               "@x",
                               "it's",
                               "\"q\" \\",
                               " lead",
                               "trail ",
                               "line\nline\n",
                               "\ttab\r",
                               "1.5",
                               "null",
                               "~",
                               "true",
                               "a:",
                               "[1]",
                               "{a: b}",
                               "*x",
                               "&x",
                               "!x",
                               "- a",
                               "? a",
                               "|",
                               ">",
                               "%x",
                               "`",
                               "---",
                               "...",
                               "a, b",
                               "\xc3\xa9",
                               "\xe2\x80\xa8",
                               "\xf0\x9f\x98\x80",
                               "\x01\x7f",
                               "\xef\xbb\xbf*bom",
                               "\xc2\x85",
                               "'",
                               "''",
                               "C:\\x",
                               "file:a.csv",
                               "=",
                               "<<",
                               "\xef\xbf\xbf",
                               "a\n'\"b",
                               "x:y",
                               "/a/b.c",
                               "-1",
                               "\n"};
  es_config *c = new_config();
  for (size_t i = 0; i < N_OF(texts); i++) {
    char word[64];
    snprintf(word, sizeof word, "data.path=%s", texts[i]);
    set(c, word);
    es_config *again = reread(c);
    assert_string_equal(es_config_text(again, "data", "path"), texts[i]);
    es_config_free(again);
  }
  put_text("a #1: 'x'.csv", "4\n5\n");
  set(c, "model.gamma=file:a #1: 'x'.csv");
  es_config *again = reread(c);
  assert_list(again, "model", "gamma", (const double[]){4, 5}, 2);
  assert_true(es_config_from_file(again, "model", "gamma"));
  es_config_free(again);
  es_config_free(c);
}

static void nothing_set_writes_nothing(void **state) {
  (void)state;
  es_config *c = NULL;
  es_diag diag = {0};
  assert_ok(es_config_new(&c, &key_sets[2], 1, &diag), diag);
  char *text = written(c);
  assert_string_equal(text, "");
  free(text);
  es_config_free(c);
}

static void a_full_disk_is_reported(void **state) {
  (void)state;
  es_config *c = new_config();
  es_diag diag = {0};
  FILE *full = fopen("/dev/full", "w");
  assert_non_null(full);
  assert_status(es_config_write(c, full, &diag), ES_FILE_WRITE);
  assert_string_equal(diag.message, "the configuration cannot be written");
  fclose(full);
  es_config_free(c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(written_form),
      cmocka_unit_test(numbers_survive),
      cmocka_unit_test(any_text_survives),
      cmocka_unit_test(nothing_set_writes_nothing),
      cmocka_unit_test(a_full_disk_is_reported),
  };
  return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
