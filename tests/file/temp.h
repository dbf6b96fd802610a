/* A temporary directory per test, files made of bytes, and a child that meets
 * a full disk. */
#ifndef ES_TESTS_FILE_TEMP_H
#define ES_TESTS_FILE_TEMP_H

#include "tests/check.h"

#include "file/atomic.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct temp {
  char dir[64];
  char *path[4]; /* of the last four names asked for */
  unsigned next;
} temp;

static inline int temp_open(void **state) {
  temp *t = calloc(1, sizeof *t);
  if (t == NULL) return -1;
  snprintf(t->dir, sizeof t->dir, "/tmp/eigenstep-file-XXXXXX");
  *state = t;
  return mkdtemp(t->dir) == NULL ? -1 : 0;
}

static inline int temp_remove(const char *path, const struct stat *info,
                              int kind, struct FTW *where) {
  (void)info;
  (void)kind;
  (void)where;
  return remove(path);
}

static inline int temp_close(void **state) {
  temp *t = *state;
  const int code = nftw(t->dir, temp_remove, 8, FTW_DEPTH | FTW_PHYS);
  for (size_t k = 0; k < 4; k++) free(t->path[k]);
  free(t);
  return code;
}

#define temp_test(f) cmocka_unit_test_setup_teardown(f, temp_open, temp_close)

/* The path of a name in the directory; good until the fourth call after. */
static inline const char *at(void **state, const char *name) {
  temp *t = *state;
  char **path = &t->path[t->next++ % 4];
  free(*path);
  if (asprintf(path, "%s/%s", t->dir, name) < 0) abort();
  return *path;
}

/* Makes a file of n bytes, by other means than those under test. */
static inline const char *put(void **state, const char *name, const void *bytes,
                              size_t n) {
  const char *path = at(state, name);
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  assert_int_equal(fwrite(bytes, 1, n, f), n);
  assert_int_equal(fclose(f), 0);
  return path;
}

static inline const char *put_text(void **state, const char *name,
                                   const char *text) {
  return put(state, name, text, strlen(text));
}

/* The file's content as a string, in memory to free. */
static inline char *content(const char *path) {
  FILE *f = fopen(path, "rb");
  assert_non_null(f);
  char *text = calloc(1, 1 << 20);
  assert_non_null(text);
  assert_true(fread(text, 1, (1 << 20) - 1, f) < (1 << 20) - 1);
  fclose(f);
  return text;
}

static inline void assert_content(const char *path, const char *want) {
  char *got = content(path);
  assert_string_equal(got, want);
  free(got);
}

/* Neither the file nor its part is there. */
static inline void assert_no_file(void **state, const char *name) {
  char part[128];
  snprintf(part, sizeof part, "%s.part", name);
  assert_false(es_file_exists(at(state, name)));
  assert_false(es_file_exists(at(state, part)));
}

/* The message has every one of the words (separated by '|'), and the code of
 * the call stands in the diagnostic too. */
static inline void assert_says(const es_diag *diag, es_status code,
                               const char *words) {
  char copy[256], *rest = NULL;
  snprintf(copy, sizeof copy, "%s", words);
  assert_int_equal(diag->code, code);
  for (char *w = strtok_r(copy, "|", &rest); w; w = strtok_r(NULL, "|", &rest))
    if (strstr(diag->message, w) == NULL)
      fail_msg("'%s' does not say '%s'", diag->message, w);
}

/* Runs body in a child process whose files may have at most `limit` bytes
 * (SIGXFSZ ignored, as in the program) and which then exits in the usual way.
 * Returns its exit code, or 128 and the signal that ended it. */
static inline int with_full_disk(rlim_t limit, int (*body)(void **state),
                                 void **state) {
  fflush(NULL);
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit r;
    getrlimit(RLIMIT_FSIZE, &r);
    r.rlim_cur = limit;
    setrlimit(RLIMIT_FSIZE, &r);
    exit(body(state));
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#endif
