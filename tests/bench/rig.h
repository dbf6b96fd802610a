/* What benchmarks of right-hand sides share: failures end the process. */
#ifndef ES_BENCH_RIG_H
#define ES_BENCH_RIG_H

#include "file/array.h"

#include <eigenstep/config.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void stop_at(es_status status, const es_diag *diag) {
  if (status == ES_OK) return;
  fprintf(stderr, "benchmark: %s\n", diag->message);
  exit(1);
}

static inline double *room(size_t n) {
  double *out = calloc(n, sizeof *out);
  if (out == NULL) exit(1);
  return out;
}

/* model.NAME=file:… of a matrix (rows×cols), through a file that is gone after.
 */
static inline void set_matrix(es_config *config, const char *name,
                              const double *M, size_t rows, size_t cols) {
  char path[] = "/tmp/bench_rig.XXXXXX.npy", word[64];
  es_diag diag = {0};
  const int fd = mkstemps(path, 4);
  if (fd < 0) exit(1);
  close(fd);
  stop_at(es_npy_write(path, M, rows, cols, &diag), &diag);
  snprintf(word, sizeof word, "model.%s=file:%s", name, path);
  const es_status status = es_config_set(config, word, &diag);
  unlink(path);
  stop_at(status, &diag);
}

#endif
