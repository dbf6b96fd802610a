/* Running the scripts of this folder, where PyTorch is. */
#ifndef ES_TESTS_TORCH_PYTHON_H
#define ES_TESTS_TORCH_PYTHON_H

#include "tests/check.h"

#include "plot/process.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#define PYTHON "/usr/bin/python3"

/* Runs Python; its exit code, and what it says. */
static inline int python(char *said, size_t size, char *what, char *argument) {
  char program[] = PYTHON, tidy[] = "-B"; /* no compiled files in the tree */
  char *argv[] = {program, tidy, what, argument, NULL};
  int code = -1;
  es_diag diag = {0};
  assert_ok(es_process_run(argv, NULL, said, size, &code, &diag), diag);
  return code;
}

/* Skips the test where PyTorch is missing; in continuous integration, which
 * installs it, that is a failure. */
static inline void need_torch(void) {
  static int missing = -1;
  static char said[4096];
  char option[] = "-c", imports[] = "import torchvision, h5py";
#ifdef __SANITIZE_ADDRESS__
  skip(); /* the same numbers, ten times as slowly */
#endif
  if (getenv("ES_UNDER_VALGRIND") != NULL) skip();
  if (missing < 0) missing = python(said, sizeof said, option, imports) != 0;
  if (!missing) return;
  const char *ci = getenv("CI");
  if (ci == NULL || ci[0] == '\0') skip();
  printf("%s", said);
  fail_msg("CI is set, but " PYTHON " lacks PyTorch (Debian: python3-torch, "
           "python3-torchvision, python3-h5py)");
}

/* A script of this folder on a file must find nothing wrong. */
static inline void torch_agrees(const char *script, const char *path) {
  static char said[1 << 16];
  char name[64];
  char *argument = strdup(path);
  assert_non_null(argument);
  snprintf(name, sizeof name, "tests/torch/%s", script);
  const int code = python(said, sizeof said, name, argument);
  free(argument);
  printf("%s", said);
  if (code != 0) fail_msg("%s: exit %d", script, code);
}

#endif
