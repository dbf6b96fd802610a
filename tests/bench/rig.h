/* What benchmarks of right-hand sides share: failures end the process. */
#ifndef ES_BENCH_RIG_H
#define ES_BENCH_RIG_H

#include "base/order.h"
#include "base/progress.h"
#include "file/array.h"

#include "tests/bench/record.h"

#include <eigenstep/config.h>
#include <unistd.h>

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

/* Two works by turns, after three rounds that do not count: the median seconds
 * of each. The first is told the round, from 0. */
static inline void by_turns(int rounds, void (*work)(void *self, int round),
                            void (*parts)(void *self), void *self,
                            double *seconds, double *parts_seconds) {
  const size_t n = (size_t)rounds;
  double *whole = room(n), *products = room(n);
  for (int k = -3; k < rounds; k++) {
    const double begun = es_seconds();
    work(self, k < 0 ? 0 : k);
    const double turn = es_seconds();
    parts(self);
    const double end = es_seconds();
    if (k >= 0) whole[k] = turn - begun, products[k] = end - turn;
  }
  es_sort(whole, n);
  es_sort(products, n);
  *seconds = es_sorted_median(whole, n);
  *parts_seconds = es_sorted_median(products, n);
  free(whole);
  free(products);
}

#endif
