/* libFuzzer's entry: FUZZ_TARGET names the target. */
#include "fuzz.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const fuzz_target *target;

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  const char *name = getenv("FUZZ_TARGET");
  (void)argc;
  (void)argv;
  target = name == NULL ? NULL : fuzz_find(name);
  if (target == NULL) fuzz_bad("FUZZ_TARGET names no target");
  if (target->open != NULL) target->open();
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  fuzz_one(target, bytes, n);
  return 0;
}
