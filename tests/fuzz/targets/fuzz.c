/* What all targets share: see fuzz.h. */
#include "fuzz.h"

#include <ftw.h>
#include <math.h>
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

static int remove_one(const char *path, const struct stat *what, int kind,
                      struct FTW *at) {
  (void)what;
  (void)kind;
  (void)at;
  return remove(path);
}

static void remove_folder(void) {
  nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
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

char *fuzz_text(const unsigned char *bytes, size_t n) {
  char *text = malloc(n + 1);
  if (text == NULL) fuzz_bad("no memory for %zu bytes", n);
  memcpy(text, bytes, n);
  text[n] = '\0';
  return text;
}

/* Six figures behind a colon, or what YAML may make figures of. */
bool fuzz_has_long_range(const char *text) {
  for (const char *at = strchr(text, ':'); at != NULL; at = strchr(at + 1, ':'))
    if (strspn(at + 1, "0123456789xuU\\") >= 6) return true;
  return false;
}

char *fuzz_written(const es_config *config, size_t *n) {
  char *out = NULL;
  es_diag diag = {0};
  FILE *f = open_memstream(&out, n);
  if (f == NULL || es_config_write(config, f, &diag) != ES_OK || fclose(f) != 0)
    fuzz_bad("settings are not written: %s", diag.message);
  return out;
}

void fuzz_array(const es_array *array, es_status status, size_t bytes) {
  if (status != ES_OK && array->data != NULL)
    fuzz_bad("numbers in spite of it");
  if (status != ES_OK) return;
  const size_t n = array->rows * array->cols;
  if (n == 0 || n > bytes || array->cols > bytes)
    fuzz_bad("%zu by %zu of %zu bytes", array->rows, array->cols, bytes);
  for (size_t k = 0; k < n; k++)
    if (!isfinite(array->data[k])) fuzz_bad("number %g", array->data[k]);
}

es_dataset *fuzz_dataset(const char *name, const char *path, const char *split,
                         unsigned may, const char *named) {
  char word[3][160];
  es_config *config;
  es_dataset *set = NULL;
  es_diag diag = {0};
  if (es_config_new(&config, &es_data_keys, 1, &diag) != ES_OK)
    fuzz_bad("%s", diag.message);
  snprintf(word[0], sizeof word[0], "data.name=%s", name);
  snprintf(word[1], sizeof word[1], "data.path=%s", path);
  snprintf(word[2], sizeof word[2], "data.split=%s", split);
  for (int k = 0; k < (strcmp(split, "test") == 0 ? 3 : 2); k++)
    if (es_config_set(config, word[k], &diag) != ES_OK)
      fuzz_bad("%s", diag.message);
  const es_status status = es_dataset_open(&set, config, &diag);
  /* Images that are small, or not square, want settings: that is no damage. */
  if (status == ES_BAD_VALUE)
    fuzz_judge(status, &diag, FUZZ_BIT(ES_BAD_VALUE), ": ");
  else
    fuzz_judge(status, &diag, may, named);
  if (status != ES_OK && set != NULL) fuzz_bad("a data set in spite of it");
  es_config_free(config);
  return set;
}
