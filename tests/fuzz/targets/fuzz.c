/* What all targets share: see fuzz.h. */
#include "fuzz.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FUZZ_ADDRESS(id) &fuzz_##id,
static const fuzz_target *const targets[] = {FUZZ_TARGETS(FUZZ_ADDRESS)};
enum { TARGETS = sizeof targets / sizeof *targets };

const fuzz_target *fuzz_at(size_t k) { return k < TARGETS ? targets[k] : NULL; }

const fuzz_target *fuzz_find(const char *name) {
  for (size_t k = 0; k < TARGETS; k++)
    if (strcmp(targets[k]->name, name) == 0) return targets[k];
  return NULL;
}

void fuzz_bad(const char *format, ...) {
  va_list args;
  va_start(args, format);
  fprintf(stderr, "fuzz: ");
  vfprintf(stderr, format, args);
  fprintf(stderr, "\n");
  va_end(args);
  abort();
}

void fuzz_one(const fuzz_target *target, const unsigned char *bytes, size_t n) {
  const size_t limit = target->times * n + target->beyond;
  fuzz_memory_begin();
  target->run(bytes, n);
  const size_t most = fuzz_memory_most();
  if (most > limit)
    fuzz_bad("%zu bytes of memory for %zu of input, %zu allowed", most, n,
             limit);
}

static char folder[64];

static void remove_folder(void) {
  DIR *dir = opendir(folder);
  if (dir == NULL) return;
  for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir))
    if (e->d_name[0] != '.') unlinkat(dirfd(dir), e->d_name, 0);
  closedir(dir);
  rmdir(folder);
}

const char *fuzz_folder(void) {
  if (folder[0] != '\0') return folder;
  snprintf(folder, sizeof folder, "%s/eigenstep-fuzz-XXXXXX",
           access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
  if (mkdtemp(folder) == NULL) fuzz_bad("no folder %s", folder);
  atexit(remove_folder);
  return folder;
}

const char *fuzz_path(const char *name) {
  static char *known[32];
  char path[128];
  size_t k = 0;
  snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
  while (known[k] != NULL && strcmp(known[k], path) != 0) k++;
  if (known[k] == NULL) known[k] = strdup(path);
  if (known[k] == NULL || k + 1 == sizeof known / sizeof *known)
    fuzz_bad("too many names");
  return known[k];
}

const char *fuzz_put(const char *name, const void *bytes, size_t n) {
  const char *path = fuzz_path(name);
  FILE *f = fopen(path, "wb");
  if (f == NULL || setvbuf(f, NULL, _IONBF, 0) != 0 ||
      fwrite(bytes, 1, n, f) != n || fclose(f) != 0)
    fuzz_bad("cannot write %s", path);
  return path;
}

void fuzz_judge(es_status status, const es_diag *diag, unsigned may,
                const char *named) {
  if (status == ES_OK) return;
  if ((may >> status & 1) == 0)
    fuzz_bad("%s is not for this (%s)", es_status_name(status), diag->message);
  if (diag->code != status || diag->message[0] == '\0' ||
      strchr(diag->message, '\n') != NULL ||
      (named != NULL && strstr(diag->message, named) == NULL))
    fuzz_bad("%s says '%s'", es_status_name(status), diag->message);
}
