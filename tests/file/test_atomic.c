/* Atomic replacement, whole-file reading, directories, CRC-32. */
#include "temp.h"

#include <errno.h>

static void a_file_appears_whole(void **state) {
  es_diag diag = {0};
  const char *path = put_text(state, "a", "old");
  es_part part;
  assert_ok(es_part_open(&part, path, &diag), diag);
  assert_ok(es_part_write(&part, "new", 3, &diag), diag);
  fflush(part.stream);
  assert_content(path, "old");
  assert_content(at(state, "a.part"), "new");
  assert_ok(es_part_commit(&part, &diag), diag);
  assert_null(part.stream);
  assert_content(path, "new");
  assert_false(es_file_exists(at(state, "a.part")));
  assert_status(es_part_commit(&part, &diag), ES_FILE_WRITE);
}

static void an_abandoned_part_leaves_the_old_file(void **state) {
  es_diag diag = {0};
  const char *path = put_text(state, "a", "old");
  put_text(state, "a.part", "left by a killed run, and longer");
  es_part part;
  assert_ok(es_part_open(&part, path, &diag), diag);
  fputs("new", part.stream);
  es_part_abandon(&part);
  es_part_abandon(&part);
  assert_content(path, "old");
  assert_false(es_file_exists(at(state, "a.part")));
}

static void a_stale_part_is_truncated(void **state) {
  es_diag diag = {0};
  put_text(state, "a.part", "left by a killed run");
  assert_ok(es_file_write(at(state, "a"), "x", 1, &diag), diag);
  assert_content(at(state, "a"), "x");
}

static void a_part_has_one_writer(void **state) {
  es_diag diag = {0};
  es_part first, second;
  assert_ok(es_part_open(&first, at(state, "a"), &diag), diag);
  fputs("first", first.stream);
  assert_status(es_part_open(&second, at(state, "a"), &diag), ES_FILE_WRITE);
  assert_says(&diag, ES_FILE_WRITE, "/a.part: |another writer");
  assert_ok(es_part_commit(&first, &diag), diag);
  assert_content(at(state, "a"), "first");
  assert_ok(es_part_open(&second, at(state, "a"), &diag), diag);
  es_part_abandon(&second);
}

static void bad_targets_are_refused(void **state) {
  es_diag diag = {0};
  assert_int_equal(mkdir(at(state, "dir"), 0700), 0);
  assert_int_equal(mkfifo(at(state, "pipe"), 0600), 0);
  assert_int_equal(mkfifo(at(state, "p.part"), 0600), 0);
  put_text(state, "precious", "keep");
  assert_int_equal(symlink(at(state, "precious"), at(state, "l.part")), 0);
  const char *const names[] = {"dir", "pipe", "p", "l", "no/such", "dir/"};
  const char *const says[] = {"a directory", "a pipe",       "not a regular",
                              "symbolic",    "No such file", "a directory"};
  for (size_t i = 0; i < 6; i++) {
    const char *path = at(state, names[i]);
    assert_status(es_file_write(path, "x", 1, &diag), ES_FILE_WRITE);
    assert_says(&diag, ES_FILE_WRITE, says[i]);
    assert_non_null(strstr(diag.message, path));
  }
  assert_status(es_file_write("", "x", 1, &diag), ES_FILE_WRITE);
  assert_status(es_file_write("/dev/null", "x", 1, &diag), ES_FILE_WRITE);
  assert_content(at(state, "precious"), "keep");
}

static void a_failing_rename_removes_the_part(void **state) {
  es_diag diag = {0};
  es_part part;
  assert_ok(es_part_open(&part, at(state, "a"), &diag), diag);
  assert_int_equal(mkdir(at(state, "a"), 0700), 0);
  assert_status(es_part_commit(&part, &diag), ES_FILE_WRITE);
  assert_says(&diag, ES_FILE_WRITE, "/a: cannot be written: Is a directory");
  assert_false(es_file_exists(at(state, "a.part")));
}

enum { LIMIT = 1 << 16 };
static const char large[2 * LIMIT];

static int write_large(void **state) {
  es_diag diag = {0};
  if (es_file_write(at(state, "a"), large, sizeof large, &diag) !=
      ES_FILE_WRITE)
    return 1;
  return strstr(diag.message, strerror(EFBIG)) == NULL ? 2 : 0;
}

/* The failed write is not looked at, and a later one would succeed: the commit
 * must know all the same. */
static int write_without_looking(void **state) {
  es_diag diag = {0};
  es_part part;
  if (es_part_open(&part, at(state, "a"), &diag) != ES_OK) return 1;
  if (fwrite(large, 1, sizeof large, part.stream) == sizeof large) return 2;
  if (fseek(part.stream, 0, SEEK_SET) != 0) return 3;
  if (fputs("small", part.stream) == EOF) return 4;
  if (es_part_commit(&part, &diag) != ES_FILE_WRITE) return 5;
  return strstr(diag.message, strerror(EFBIG)) == NULL ? 6 : 0;
}

/* Small enough for the stream's buffer, so that only the flush can fail. */
static int write_at_commit(void **state) {
  es_diag diag = {0};
  es_part part;
  if (es_part_open(&part, at(state, "a"), &diag) != ES_OK) return 1;
  if (es_part_write(&part, "0123456789", 10, &diag) != ES_OK) return 2;
  if (es_part_commit(&part, &diag) != ES_FILE_WRITE) return 3;
  return strstr(diag.message, strerror(EFBIG)) == NULL ? 4 : 0;
}

static void a_full_disk_is_an_error(void **state) {
  put_text(state, "a", "old");
  assert_int_equal(with_full_disk(LIMIT, write_large, state), 0);
  assert_int_equal(with_full_disk(4, write_at_commit, state), 0);
  assert_content(at(state, "a"), "old");
  assert_false(es_file_exists(at(state, "a.part")));
}

static void an_overlooked_error_fails_the_commit(void **state) {
  assert_int_equal(with_full_disk(LIMIT, write_without_looking, state), 0);
  assert_no_file(state, "a");
}

static void files_are_read_whole(void **state) {
  es_diag diag = {0};
  unsigned char *bytes;
  size_t n;
  const char *path = put(state, "a", "x\0y", 3);
  assert_ok(es_file_read(&bytes, &n, path, 3, &diag), diag);
  assert_int_equal(n, 3);
  assert_memory_equal(bytes, "x\0y\0", 4);
  free(bytes);
  assert_status(es_file_read(&bytes, &n, path, 2, &diag), ES_FILE_CORRUPT);
  assert_null(bytes);
  assert_says(&diag, ES_FILE_CORRUPT, "/a: |too large|3 bytes, at most 2");
  path = put(state, "empty", "", 0);
  assert_ok(es_file_read(&bytes, &n, path, 0, &diag), diag);
  assert_int_equal(n, 0);
  assert_int_equal(bytes[0], 0);
  free(bytes);
}

static void what_is_no_file_is_not_read(void **state) {
  es_diag diag = {0};
  unsigned char *bytes;
  size_t n;
  assert_int_equal(mkfifo(at(state, "pipe"), 0600), 0);
  const char *const names[] = {"none", ".", "pipe", "pipe/x"};
  const char *const says[] = {"No such file or directory", "a directory",
                              "a pipe", "Not a directory"};
  for (size_t i = 0; i < 4; i++) {
    const char *path = at(state, names[i]);
    assert_status(es_file_read(&bytes, &n, path, 9, &diag), ES_FILE_MISSING);
    assert_null(bytes);
    assert_says(&diag, ES_FILE_MISSING, says[i]);
    assert_memory_equal(diag.message, path, strlen(path));
  }
}

/* The kernel's own files tell a size that is not theirs: 0 for those of proc,
 * a page for those of sys. */
static void a_changing_file_is_corrupt(void **state) {
  (void)state;
  es_diag diag = {0};
  unsigned char *bytes;
  size_t n;
  const char *const grows = "/proc/self/status";
  assert_status(es_file_read(&bytes, &n, grows, 9999, &diag), ES_FILE_CORRUPT);
  assert_says(&diag, ES_FILE_CORRUPT, "/proc/self/status: grew");
  const char *const shrinks = "/sys/kernel/mm/transparent_hugepage/enabled";
  if (!es_file_exists(shrinks)) skip();
  assert_status(es_file_read(&bytes, &n, shrinks, 9999, &diag),
                ES_FILE_CORRUPT);
  assert_says(&diag, ES_FILE_CORRUPT, "enabled: shrank");
}

static void a_long_path_does_not_hide_the_reason(void **state) {
  (void)state;
  es_diag diag = {0};
  char path[2000];
  unsigned char *bytes;
  size_t n;
  memset(path, 'x', sizeof path);
  memcpy(path + sizeof path - 5, "/end", 5);
  assert_status(es_file_read(&bytes, &n, path, 9, &diag), ES_FILE_MISSING);
  assert_says(&diag, ES_FILE_MISSING, "...|x/end: |File name too long");
}

static void directories_are_made(void **state) {
  es_diag diag = {0};
  assert_ok(es_file_mkdirs(at(state, "a/b//c/"), &diag), diag);
  assert_ok(es_file_mkdirs(at(state, "a/b"), &diag), diag);
  assert_true(es_file_is_directory(at(state, "a/b/c")));
  put_text(state, "file", "");
  assert_true(es_file_exists(at(state, "file")));
  assert_false(es_file_is_directory(at(state, "file")));
  assert_status(es_file_mkdirs(at(state, "file/x"), &diag), ES_FILE_WRITE);
  assert_says(&diag, ES_FILE_WRITE, "/file: |cannot be made");
  assert_status(es_file_mkdirs("", &diag), ES_FILE_WRITE);
  assert_false(es_file_exists(at(state, "none")));
}

static void names_are_joined(void **state) {
  (void)state;
  const char *const cases[][3] = {
      {"", "x", "x"}, {"a", "x", "a/x"}, {"a/", "x", "a/x"}, {"/", "x", "/x"}};
  for (size_t i = 0; i < 4; i++) {
    char *path = es_file_join(cases[i][0], cases[i][1]);
    assert_string_equal(path, cases[i][2]);
    free(path);
  }
}

/* The check value of CRC-32 (IEEE 802.3), whole and in pieces. */
static void crc_known_answer(void **state) {
  (void)state;
  assert_int_equal(es_crc32(0, "123456789", 9), 0xcbf43926);
  uint32_t crc = es_crc32(0, "1234", 4);
  crc = es_crc32(crc, NULL, 0);
  assert_int_equal(es_crc32(crc, "56789", 5), 0xcbf43926);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(a_file_appears_whole),
      temp_test(an_abandoned_part_leaves_the_old_file),
      temp_test(a_stale_part_is_truncated),
      temp_test(a_part_has_one_writer),
      temp_test(bad_targets_are_refused),
      temp_test(a_failing_rename_removes_the_part),
      temp_test(a_full_disk_is_an_error),
      temp_test(an_overlooked_error_fails_the_commit),
      temp_test(files_are_read_whole),
      temp_test(what_is_no_file_is_not_read),
      cmocka_unit_test(a_changing_file_is_corrupt),
      cmocka_unit_test(a_long_path_does_not_hide_the_reason),
      temp_test(directories_are_made),
      cmocka_unit_test(names_are_joined),
      cmocka_unit_test(crc_known_answer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
