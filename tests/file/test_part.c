/* Parts that one run leaves and another goes on with, and the order in which
 * files and folders are made durable. */
#include "temp.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>

/* The system calls that order what a crash leaves: they are noted, done, and
 * fail where a test says so. */
static char calls[64];
static size_t called;
static int next_error;    /* of fsync on a file, or of renameat2 */
static ino_t folder;      /* the one that names must be made durable in */
static const char *rival; /* is made just before renameat2 */

static void note(char what) {
  if (called + 1 < sizeof calls) calls[called++] = what;
}

static bool fails(void) {
  errno = next_error;
  next_error = 0;
  return errno != 0;
}

int fsync(int fd) {
  struct stat info;
  fstat(fd, &info);
  if (S_ISDIR(info.st_mode)) {
    note(info.st_ino == folder ? 'd' : '?');
  } else {
    note('f');
    if (fails()) return -1;
  }
  return (int)syscall(SYS_fsync, fd);
}

int ftruncate(int fd, off_t size) {
  note('t');
  return (int)syscall(SYS_ftruncate, fd, size);
}

int rename(const char *from, const char *to) {
  note('r');
  return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to,
              unsigned flags) {
  note('R');
  if (rival != NULL) close(open(rival, O_WRONLY | O_CREAT, 0600));
  if (fails()) return -1;
  return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

static void watch(void **state) {
  struct stat info;
  memset(calls, 0, sizeof calls);
  called = 0;
  assert_int_equal(stat(((temp *)*state)->dir, &info), 0);
  folder = info.st_ino;
}

static void leave(void **state, const char *name, const char *bytes) {
  es_diag diag = {0};
  es_part part;
  assert_ok(es_part_open(&part, at(state, name), &diag), diag);
  assert_ok(es_part_write(&part, bytes, strlen(bytes), &diag), diag);
  es_part_leave(&part);
  assert_null(part.stream);
  es_part_leave(&part);
}

static void go_on(void **state, const char *name, uint64_t bytes,
                  const char *more) {
  es_diag diag = {0};
  es_part part;
  assert_ok(es_part_reopen(&part, at(state, name), bytes, &diag), diag);
  assert_ok(es_part_write(&part, more, strlen(more), &diag), diag);
  assert_ok(es_part_commit(&part, &diag), diag);
}

static void a_left_part_goes_on(void **state) {
  leave(state, "a", "0123456789");
  assert_content(at(state, "a.part"), "0123456789");
  assert_false(es_file_exists(at(state, "a")));
  go_on(state, "a", 4, "x");
  assert_content(at(state, "a"), "0123x");
  assert_false(es_file_exists(at(state, "a.part")));
  leave(state, "b", "0123456789");
  go_on(state, "b", 10, "x");
  assert_content(at(state, "b"), "0123456789x");
  leave(state, "c", "0123456789");
  go_on(state, "c", 0, "");
  assert_content(at(state, "c"), "");
}

static void a_sync_tells_the_length(void **state) {
  es_diag diag = {0};
  es_part part;
  uint64_t bytes;
  assert_ok(es_part_open(&part, at(state, "a"), &diag), diag);
  assert_ok(es_part_sync(&part, &bytes, &diag), diag);
  assert_int_equal(bytes, 0);
  assert_ok(es_part_write(&part, "012345", 6, &diag), diag);
  assert_ok(es_part_sync(&part, &bytes, &diag), diag);
  assert_int_equal(bytes, 6);
  assert_content(at(state, "a.part"), "012345");
  es_part_leave(&part);
  assert_ok(es_part_reopen(&part, at(state, "a"), 4, &diag), diag);
  assert_ok(es_part_sync(&part, &bytes, &diag), diag);
  assert_int_equal(bytes, 4);
  assert_ok(es_part_write(&part, "x", 1, &diag), diag);
  assert_ok(es_part_sync(&part, &bytes, &diag), diag);
  assert_int_equal(bytes, 5);
  es_part_abandon(&part);
  assert_no_file(state, "a");
  assert_status(es_part_sync(&part, &bytes, &diag), ES_FILE_WRITE);
}

static void an_ended_file_becomes_the_part_again(void **state) {
  es_diag diag = {0};
  es_part part;
  const char *path = put_text(state, "a", "0123456789");
  assert_ok(es_part_reopen(&part, path, 4, &diag), diag);
  assert_content(at(state, "a.part"), "0123");
  assert_false(es_file_exists(path));
  es_part_leave(&part);
  go_on(state, "a", 4, "x");
  assert_content(path, "0123x");
}

/* A new run began beside what an older one has ended: the new one's part. */
static void the_part_comes_before_the_file(void **state) {
  const char *path = put_text(state, "a", "old and longer");
  leave(state, "a", "0123");
  assert_content(path, "old and longer");
  go_on(state, "a", 2, "x");
  assert_content(path, "01x");
}

static void a_link_stays_a_link(void **state) {
  struct stat info;
  put_text(state, "real", "0123");
  const char *link = at(state, "link");
  assert_int_equal(symlink("real", link), 0);
  go_on(state, "link", 2, "x");
  assert_content(at(state, "real"), "01x");
  assert_int_equal(lstat(link, &info), 0);
  assert_true(S_ISLNK(info.st_mode));
}

static void refuse(void **state, const char *name, uint64_t bytes,
                   es_status code, const char *says) {
  es_diag diag = {0};
  es_part part;
  const es_status status = es_part_reopen(&part, at(state, name), bytes, &diag);
  if (status != code) fail_msg("%s: %s", name, es_status_name(status));
  assert_says(&diag, code, says);
  assert_true(part.stream == NULL && part.path == NULL);
}

static void shorter_is_corrupt_and_stays(void **state) {
  put_text(state, "a.part", "0123");
  put_text(state, "b", "0123");
  refuse(state, "a", 5, ES_FILE_CORRUPT, "/a.part: |4 of 5 bytes");
  refuse(state, "a", UINT64_MAX, ES_FILE_CORRUPT, "of 18446744073709551615");
  refuse(state, "b", 5, ES_FILE_CORRUPT, "/b: |4 of 5 bytes");
  assert_content(at(state, "a.part"), "0123");
  assert_content(at(state, "b"), "0123");
  assert_false(es_file_exists(at(state, "b.part")));
}

static void what_is_no_file_is_refused(void **state) {
  assert_int_equal(mkdir(at(state, "dir"), 0700), 0);
  assert_int_equal(mkdir(at(state, "d.part"), 0700), 0);
  assert_int_equal(mkfifo(at(state, "pipe"), 0600), 0);
  assert_int_equal(mkfifo(at(state, "p.part"), 0600), 0);
  put_text(state, "precious", "keep");
  assert_int_equal(symlink(at(state, "precious"), at(state, "l.part")), 0);
  refuse(state, "none", 0, ES_FILE_MISSING, "/none: cannot be continued");
  refuse(state, "no/such", 0, ES_FILE_MISSING, "/no/such: |neither");
  refuse(state, "dir", 0, ES_FILE_WRITE, "/dir: |a directory");
  refuse(state, "d", 0, ES_FILE_WRITE, "/d.part: |directory");
  refuse(state, "pipe", 0, ES_FILE_WRITE, "/pipe: |a pipe");
  refuse(state, "p", 0, ES_FILE_WRITE, "/p.part: |not a regular");
  refuse(state, "l", 0, ES_FILE_WRITE, "/l.part: |symbolic");
  assert_content(at(state, "precious"), "keep");
  assert_no_file(state, "none");
  es_part part;
  assert_status(es_part_reopen(&part, "", 0, NULL), ES_FILE_WRITE);
}

static void a_part_has_one_writer(void **state) {
  es_diag diag = {0};
  es_part first, second;
  assert_ok(es_part_open(&first, at(state, "a"), &diag), diag);
  refuse(state, "a", 0, ES_FILE_WRITE, "/a.part: |another writer");
  es_part_leave(&first);
  assert_ok(es_part_reopen(&first, at(state, "a"), 0, &diag), diag);
  assert_status(es_part_open(&second, at(state, "a"), &diag), ES_FILE_WRITE);
  refuse(state, "a", 0, ES_FILE_WRITE, "another writer");
  assert_ok(es_part_write(&first, "x", 1, &diag), diag);
  assert_ok(es_part_commit(&first, &diag), diag);
  assert_content(at(state, "a"), "x");
}

/* The lock is the process's: it refuses others while that lives, whatever it
 * does, and is gone with it. */
static void a_lock_dies_with_its_process(void **state) {
  int ready[2];
  char c;
  assert_int_equal(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    es_part part;
    if (es_part_open(&part, at(state, "a"), NULL) != ES_OK) _exit(1);
    if (es_part_write(&part, "0123", 4, NULL) != ES_OK) _exit(2);
    fflush(part.stream);
    if (write(ready[1], "x", 1) == 1) pause();
    _exit(3);
  }
  assert_int_equal(read(ready[0], &c, 1), 1);
  refuse(state, "a", 2, ES_FILE_WRITE, "/a.part: |another writer");
  assert_content(at(state, "a.part"), "0123");
  kill(child, SIGKILL);
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFSIGNALED(status));
  go_on(state, "a", 2, "x");
  assert_content(at(state, "a"), "01x");
  close(ready[0]);
  close(ready[1]);
}

/* The data before their name, the name before what relies on it. */
static void the_order_is_durable(void **state) {
  es_diag diag = {0};
  es_part part;
  uint64_t bytes;
  watch(state);
  assert_ok(es_part_open(&part, at(state, "a"), &diag), diag);
  assert_ok(es_part_write(&part, "0123", 4, &diag), diag);
  assert_ok(es_part_sync(&part, &bytes, &diag), diag);
  assert_string_equal(calls, "tfd");
  assert_ok(es_part_commit(&part, &diag), diag);
  assert_string_equal(calls, "tfdfrd");
  watch(state);
  assert_ok(es_part_reopen(&part, at(state, "a"), 2, &diag), diag);
  assert_string_equal(calls, "Rdt");
  es_part_leave(&part);
  assert_ok(es_part_reopen(&part, at(state, "a"), 2, &diag), diag);
  assert_string_equal(calls, "Rdtt");
  es_part_abandon(&part);
}

/* The kernel says once that it lost data, and then forgets it. */
static void a_failed_sync_stays_failed(void **state) {
  es_diag diag = {0};
  es_part part;
  uint64_t bytes = 7;
  assert_ok(es_part_open(&part, at(state, "a"), &diag), diag);
  assert_ok(es_part_write(&part, "0123", 4, &diag), diag);
  next_error = EIO;
  assert_status(es_part_sync(&part, &bytes, &diag), ES_FILE_WRITE);
  assert_says(&diag, ES_FILE_WRITE, "/a: cannot be written: Input/output");
  assert_int_equal(bytes, 0);
  assert_status(es_part_sync(&part, &bytes, &diag), ES_FILE_WRITE);
  assert_says(&diag, ES_FILE_WRITE, "an earlier write failed");
  assert_status(es_part_commit(&part, &diag), ES_FILE_WRITE);
  assert_no_file(state, "a");
}

/* Some file systems know no RENAME_NOREPLACE; and a part that another writer
 * makes in the last moment is not replaced. */
static void taking_the_name_back(void **state) {
  put_text(state, "a", "0123");
  watch(state);
  next_error = EINVAL;
  go_on(state, "a", 2, "x");
  assert_string_equal(calls, "Rrdtfrd");
  assert_content(at(state, "a"), "01x");
  rival = at(state, "a.part");
  refuse(state, "a", 2, ES_FILE_WRITE, "/a.part: cannot be written: File exi");
  assert_content(rival, "");
  rival = NULL;
  assert_content(at(state, "a"), "01x");
}

static int fill_and_leave(void **state) {
  es_diag diag = {0};
  es_part part;
  uint64_t bytes;
  if (es_part_open(&part, at(state, "a"), &diag) != ES_OK) return 1;
  if (es_part_write(&part, "0123", 4, &diag) != ES_OK) return 2;
  if (es_part_sync(&part, &bytes, &diag) != ES_OK || bytes != 4) return 3;
  if (es_part_write(&part, "456789", 6, &diag) != ES_OK) return 4;
  if (es_part_sync(&part, &bytes, &diag) != ES_FILE_WRITE) return 5;
  if (strstr(diag.message, strerror(EFBIG)) == NULL) return 6;
  es_part_leave(&part);
  return 0;
}

static void a_full_disk_leaves_what_was_synced(void **state) {
  assert_int_equal(with_full_disk(6, fill_and_leave, state), 0);
  assert_content(at(state, "a.part"), "012345");
  go_on(state, "a", 4, "456789");
  assert_content(at(state, "a"), "0123456789");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(a_left_part_goes_on),
      temp_test(a_sync_tells_the_length),
      temp_test(an_ended_file_becomes_the_part_again),
      temp_test(the_part_comes_before_the_file),
      temp_test(a_link_stays_a_link),
      temp_test(shorter_is_corrupt_and_stays),
      temp_test(what_is_no_file_is_refused),
      temp_test(a_part_has_one_writer),
      temp_test(a_lock_dies_with_its_process),
      temp_test(the_order_is_durable),
      temp_test(a_failed_sync_stays_failed),
      temp_test(taking_the_name_back),
      temp_test(a_full_disk_leaves_what_was_synced),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
