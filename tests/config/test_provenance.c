/* run.json: every key, read back with cJSON, and what JSON cannot hold. */
#include "config/provenance.h"
#include "config/utf8.h"
#include "file/atomic.h"
#include "fixture.h"

#include <cjson/cJSON.h>
#include <gsl/gsl_version.h>
#include <regex.h>
#include <zlib.h>

static cJSON *read_json(const char *path) {
  unsigned char *bytes;
  size_t n;
  es_diag diag = {0};
  assert_ok(es_file_read(&bytes, &n, path, 1 << 20, &diag), diag);
  assert_true(n > 2 && bytes[n - 1] == '\n');
  assert_true(es_utf8_valid((const char *)bytes));
  cJSON *root = cJSON_Parse((const char *)bytes);
  assert_non_null(root);
  free(bytes);
  return root;
}

static const char *text_of(const cJSON *root, const char *name) {
  return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, name));
}

static double number_of(const cJSON *root, const char *name) {
  return cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(root, name));
}

static bool matches(const char *text, const char *pattern) {
  regex_t regex;
  assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
  const bool found = text != NULL && regexec(&regex, text, 0, NULL, 0) == 0;
  regfree(&regex);
  return found;
}

static void whole_file(void **state) {
  (void)state;
  char *argv[] = {"eigenstep", "flow", "a\xff\"b\xe2\x82", "model.seed=3"};
  const es_figure figures[] = {{"loss", 0.1 + 0.2},
                               {"nothing", NAN},
                               {"far", INFINITY},
                               {"deep", -INFINITY}};
  es_config *config = new_config();
  set(config, "model.seed=9007199254740991");
  const es_provenance p = {.version = "1.0",
                           .git_hash = "abc",
                           .command = "flow",
                           .target = "byol",
                           .argc = 4,
                           .argv = argv,
                           .threads = 2,
                           .wall_seconds = 1.5,
                           .exit_code = 4,
                           .has_checksum = true,
                           .data_checksum = 0xbeef,
                           .figures = figures,
                           .n_figures = 4,
                           .config = config};
  es_diag diag = {0};
  assert_ok(es_provenance_write(&p, "run.json", &diag), diag);
  cJSON *root = read_json("run.json");
  assert_string_equal(text_of(root, "version"), "1.0");
  assert_string_equal(text_of(root, "git_hash"), "abc");
  assert_string_equal(text_of(root, "command"), "flow");
  assert_string_equal(text_of(root, "target"), "byol");
  assert_true(matches(text_of(root, "date"),
                      "^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:"
                      "[0-6][0-9]Z$"));
  assert_close(number_of(root, "exit_code"), 4, 0, 0);
  const cJSON *line = cJSON_GetObjectItem(root, "command_line");
  assert_int_equal(cJSON_GetArraySize(line), 4);
  assert_string_equal(cJSON_GetArrayItem(line, 2)->valuestring,
                      "a\xef\xbf\xbd\"b\xef\xbf\xbd\xef\xbf\xbd");
  const cJSON *seeds = cJSON_GetObjectItem(root, "seeds");
  assert_int_equal(cJSON_GetArraySize(seeds), 2);
  assert_close(number_of(seeds, "model.seed"), 9007199254740991, 0, 0);
  assert_close(number_of(seeds, "data.seed"), 7, 0, 0);
  assert_close(number_of(root, "threads"), 2, 0, 0);
  assert_close(number_of(root, "wall_seconds"), 1.5, 0, 0);
  assert_string_equal(text_of(root, "data_checksum"), "0000beef");
  assert_true(strlen(text_of(root, "cpu")) > 0);
  const cJSON *libraries = cJSON_GetObjectItem(root, "libraries");
  assert_string_equal(text_of(libraries, "GSL"), gsl_version);
  assert_string_equal(text_of(libraries, "zlib"), zlibVersion());
  assert_true(matches(text_of(libraries, "HDF5"), "^[0-9]+\\.[0-9]+"));
  assert_true(matches(text_of(libraries, "OpenBLAS"), "[0-9]+\\.[0-9]+"));
  const cJSON *summary = cJSON_GetObjectItem(root, "summary");
  assert_close(number_of(summary, "loss"), 0.1 + 0.2, 0, 0);
  assert_true(cJSON_IsNull(cJSON_GetObjectItem(summary, "nothing")));
  assert_string_equal(text_of(summary, "far"), "inf");
  assert_string_equal(text_of(summary, "deep"), "-inf");
  cJSON_Delete(root);
  es_config_free(config);
}

static void what_is_absent(void **state) {
  (void)state;
  const es_provenance p = {.version = "1.0", .command = "doctor"};
  es_diag diag = {0};
  assert_ok(es_provenance_write(&p, "bare.json", &diag), diag);
  cJSON *root = read_json("bare.json");
  assert_true(cJSON_IsNull(cJSON_GetObjectItem(root, "target")));
  assert_null(cJSON_GetObjectItem(root, "data_checksum"));
  assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(root, "seeds")), 0);
  assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(root, "summary")), 0);
  cJSON_Delete(root);
}

static void several_seeds(void **state) {
  (void)state;
  const es_key keys[] = {
      {"train", "seed", ES_LIST, 0, ANY, NULL, NULL, "1,2,5", "seeds"},
      {"train", "other", ES_LIST, 0, ANY, NULL, NULL, "1", "no seed"},
      {"net", "seed", ES_SIZE, 0, ANY, NULL, NULL, NULL, "unset"}};
  const es_keys set_of_keys = {keys, N_OF(keys)};
  es_config *config = NULL;
  es_diag diag = {0};
  assert_ok(es_config_new(&config, &set_of_keys, 1, &diag), diag);
  const es_provenance p = {.config = config};
  assert_ok(es_provenance_write(&p, "seeds.json", &diag), diag);
  cJSON *root = read_json("seeds.json");
  const cJSON *seeds = cJSON_GetObjectItem(root, "seeds");
  assert_int_equal(cJSON_GetArraySize(seeds), 1);
  const cJSON *list = cJSON_GetObjectItem(seeds, "train.seed");
  assert_int_equal(cJSON_GetArraySize(list), 3);
  assert_close(cJSON_GetArrayItem(list, 2)->valuedouble, 5, 0, 0);
  cJSON_Delete(root);
  es_config_free(config);
}

static void unwritable(void **state) {
  (void)state;
  const es_provenance p = {.version = "1.0"};
  es_diag diag = {0};
  assert_status(es_provenance_write(&p, "no/such/run.json", &diag),
                ES_FILE_WRITE);
  assert_non_null(strstr(diag.message, "no/such/run.json"));
}

/* A prediction is recorded with its checksum, or there is no record. */
static void a_prediction(void **state) {
  (void)state;
  const es_provenance p = {
      .command = "train", .target = "simclr", .prediction = "prediction.csv"};
  es_diag diag = {0};
  assert_status(es_provenance_write(&p, "predicts.json", &diag),
                ES_FILE_MISSING);
  assert_non_null(strstr(diag.message, "prediction.csv"));
  assert_false(es_file_exists("predicts.json"));
  assert_ok(es_file_write("prediction.csv", "123456789", 9, &diag), diag);
  assert_ok(es_provenance_write(&p, "predicts.json", &diag), diag);
  cJSON *root = read_json("predicts.json");
  assert_string_equal(text_of(root, "prediction_checksum"), "cbf43926");
  cJSON_Delete(root);
}

static void libraries_stop_at_max(void **state) {
  (void)state;
  es_library library[16];
  const size_t n = es_libraries(library, 16);
  assert_int_equal(n, 6);
  for (size_t i = 0; i < n; i++) assert_true(library[i].version[0] != '\0');
  assert_int_equal(es_libraries(library, 2), 2);
  assert_int_equal(es_libraries(library, 0), 0);
}

static void processor(void **state) {
  (void)state;
  char out[8], longer[200];
  assert_ptr_equal(es_cpu_model(out, sizeof out), out);
  assert_true(strlen(out) > 0);
  es_cpu_model(longer, sizeof longer);
  assert_null(strpbrk(longer, "\n:\t"));
  assert_memory_equal(longer, out, strlen(out));
}

static void utf8(void **state) {
  (void)state;
  const char *const good[] = {
      "", "a", "\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"};
  const char *const bad[] = {"\x80",
                             "\xc1\x80",
                             "\xc3",
                             "\xe0\x9f\xbf",
                             "\xed\xa0\x80",
                             "\xf4\x90\x80\x80",
                             "\xf0\x8f\xbf\xbf",
                             "\xff",
                             "\xe2\x82"};
  for (size_t i = 0; i < N_OF(good); i++) assert_true(es_utf8_valid(good[i]));
  for (size_t i = 0; i < N_OF(bad); i++) assert_false(es_utf8_valid(bad[i]));
  uint32_t code = 0;
  assert_int_equal(es_utf8_decode(&code, "\xe2\x82\xac"), 3);
  assert_int_equal(code, 0x20ac);
  assert_int_equal(es_utf8_decode(&code, ""), 0);
  assert_int_equal(code, 0x20ac);
  char *repaired = es_utf8_repaired("\xff\xe2\x82\xac\xc3");
  assert_string_equal(repaired, "\xef\xbf\xbd\xe2\x82\xac\xef\xbf\xbd");
  free(repaired);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(whole_file),    cmocka_unit_test(what_is_absent),
      cmocka_unit_test(several_seeds), cmocka_unit_test(unwritable),
      cmocka_unit_test(a_prediction),  cmocka_unit_test(libraries_stop_at_max),
      cmocka_unit_test(processor),     cmocka_unit_test(utf8),
  };
  return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
