/* The runner of programs behind figures: what they print, how they end. */
#include "plot/process.h"

#include "tests/file/temp.h"

/* Runs a shell line; returns its exit code. */
static int shell(char *line, const char *dir, char *out, size_t size) {
  char *const argv[] = {"sh", "-c", line, NULL};
  es_diag diag = {0};
  int code = -1;
  assert_ok(es_process_run(argv, dir, out, size, &code, &diag), diag);
  return code;
}

static void processes(void **state) {
  char out[16];
  assert_int_equal(shell("echo a; echo b >&2", NULL, out, sizeof out), 0);
  assert_string_equal(out, "a\nb\n");
  assert_int_equal(shell("exit 7", NULL, out, sizeof out), 7);
  assert_string_equal(out, "");
  assert_int_equal(shell("kill -9 $$", NULL, out, sizeof out), 128 + 9);
  /* Standard input is empty, and not the caller's. */
  assert_int_equal(shell("cat; echo end", NULL, out, sizeof out), 0);
  assert_string_equal(out, "end\n");
  put_text(state, "here", "");
  assert_int_equal(shell("ls", at(state, "."), out, sizeof out), 0);
  assert_string_equal(out, "here\n");
  /* A megabyte: what does not fit is dropped, and nothing blocks. */
  assert_int_equal(shell("head -c 1000000 /dev/zero | tr '\\0' x; exit 3", NULL,
                         out, sizeof out),
                   3);
  assert_string_equal(out, "xxxxxxxxxxxxxxx");
}

static void missing_programs(void **state) {
  char out[16];
  int code = 0;
  es_diag diag = {0};
  char *const none[] = {"eigenstep-no-such-program", NULL};
  assert_ok(es_process_run(none, NULL, out, sizeof out, &code, &diag), diag);
  assert_int_equal(code, 127);
  /* A folder that is not there is not a missing program. */
  char *const list[] = {"ls", NULL};
  assert_status(
      es_process_run(list, at(state, "none"), out, sizeof out, &code, &diag),
      ES_FILE_MISSING);
  assert_says(&diag, ES_FILE_MISSING, "none|no such folder");
  /* valgrind does not carry posix_spawn's error from child to parent. */
  if (getenv("ES_UNDER_VALGRIND") != NULL) return;
  char file[128];
  snprintf(file, sizeof file, "%s", put_text(state, "text", "no program"));
  char *const plain[] = {file, NULL};
  assert_status(es_process_run(plain, NULL, out, sizeof out, &code, &diag),
                ES_TOOL_MISSING);
  assert_says(&diag, ES_TOOL_MISSING, "text");
}

/* A host that ignores SIGCHLD has its children reaped by the system: how they
 * ended is not known, and must not read as well. */
static void unknown_endings(void **state) {
  char out[16];
  int code = 0;
  es_diag diag = {0};
  char *const fails[] = {"false", NULL};
  (void)state;
  void (*before)(int) = signal(SIGCHLD, SIG_IGN);
  const es_status status =
      es_process_run(fails, NULL, out, sizeof out, &code, &diag);
  signal(SIGCHLD, before);
  assert_status(status, ES_TOOL_MISSING);
  assert_says(&diag, ES_TOOL_MISSING, "false|exit code is not known");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(processes),
      temp_test(missing_programs),
      temp_test(unknown_endings),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
