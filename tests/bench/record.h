/* Where benchmarks leave their tables: BENCH_OUT, or out/bench; what they ran
 * on, so that a page can be made of the tables alone; and how they end where
 * the library fails, which leaves nothing to measure. */
#ifndef ES_BENCH_RECORD_H
#define ES_BENCH_RECORD_H

#include "linalg/linalg.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static inline void stop_at(es_status status, const es_diag *diag) {
  if (status == ES_OK) return;
  fprintf(stderr, "%s: %s\n", program_invocation_short_name, diag->message);
  exit(1);
}

static inline const char *bench_folder(void) {
  const char *given = getenv("BENCH_OUT");
  if (given != NULL) return given;
  (void)mkdir("out", 0777);
  (void)mkdir("out/bench", 0777);
  return "out/bench";
}

/* A table with its header; ends the process where it cannot be written. */
static inline FILE *bench_table(const char *name, const char *header) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", bench_folder(), name);
  FILE *out = fopen(path, "w");
  if (out == NULL) {
    fprintf(stderr, "%s cannot be written\n", path);
    exit(1);
  }
  fprintf(out, "%s\n", header);
  return out;
}

/* The processor's name, without a newline. */
static inline const char *bench_cpu(char *out, size_t size) {
  char line[256];
  FILE *file = fopen("/proc/cpuinfo", "r");
  snprintf(out, size, "unknown");
  while (file != NULL && fgets(line, sizeof line, file) != NULL)
    if (strncmp(line, "model name", 10) == 0 && strchr(line, ':') != NULL) {
      snprintf(out, size, "%s", strchr(line, ':') + 2);
      out[strcspn(out, "\n")] = '\0';
      break;
    }
  if (file != NULL) fclose(file);
  return out;
}

#endif
