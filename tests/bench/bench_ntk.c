/* Seconds of a tangent kernel beside PyTorch's: 128 pairs of 28×28 pixels, a
 * ResNet-10 of width 8, ten outputs. PyTorch's kernel is held against ours in
 * the same process that times it; exits 1 where tangent.py finds them apart.
 */
#include "tests/bench/record.h"
#include "tests/torch/tangent.h"

#include "plot/process.h"

#include <math.h>
#include <omp.h>
#include <unistd.h>

enum { ROUNDS = 3, METHODS = 4 };
static const char *const methods[METHODS] = {"loop", "jacobian", "functorch",
                                             "functorch-double"};

static void stop_at(es_status status, const es_diag *diag) {
  if (status == ES_OK) return;
  fprintf(stderr, "bench_ntk: %s\n", diag->message);
  exit(1);
}

typedef struct theirs {
  double error, seconds, base, peak; /* kB */
} theirs;

static theirs torch_of(const char *path, size_t threads, const char *method) {
  static char said[1 << 14];
  char python[] = "/usr/bin/python3", quiet[] = "-B",
       script[] = "tests/torch/tangent.py", file[64], count[24], word[24];
  char *const argv[] = {python, quiet, script, file, count, word, NULL};
  theirs t = {NAN, NAN, NAN, NAN};
  int code;
  es_diag diag = {0};
  snprintf(file, sizeof file, "%s", path);
  snprintf(count, sizeof count, "%zu", threads);
  snprintf(word, sizeof word, "%s", method);
  stop_at(es_process_run(argv, NULL, said, sizeof said, &code, &diag), &diag);
  if (code == 77) return t;
  if (code != 0 || sscanf(said, "%*s %lf %lf\nmemory %lf %lf", &t.error,
                          &t.seconds, &t.base, &t.peak) != 4) {
    fprintf(stderr, "bench_ntk: %s: %s\n", method, said);
    exit(1);
  }
  return t;
}

int main(void) {
  tangent_case c = {.width = 8, .side = 28, .rows = 256, .dim = 10};
  const size_t threads = (size_t)omp_get_max_threads();
  char path[] = "/tmp/bench_ntk.XXXXXX.h5", cpu[256];
  es_diag diag = {0};
  const int fd = mkstemps(path, 3);
  if (fd < 0) return 1;
  close(fd);
  stop_at(tangent_open(&c, &diag), &diag);
  double ours = INFINITY;
  for (int k = 0; k < ROUNDS; k++) {
    stop_at(tangent_run(&c, &diag), &diag);
    ours = fmin(ours, c.seconds);
  }
  stop_at(tangent_write(&c, path, &diag), &diag);
  FILE *csv =
      bench_table("ntk.csv", "method,threads,seconds,ratio,error,MB,cpu");
  bench_cpu(cpu, sizeof cpu);
  printf("tangent kernel of 128 pairs, ResNet-10 width 8, 28x28, 10 outputs, "
         "%zu threads: %.2f s, %.0f MB\n",
         threads, ours, (double)c.memory / 1e6);
  fprintf(csv, "eigenstep,%zu,%.3f,1,0,%.0f,%s\n", threads, ours,
          (double)c.memory / 1e6, cpu);
  for (int m = 0; m < METHODS; m++) {
    const theirs t = torch_of(path, threads, methods[m]);
    stop_at(tangent_run(&c, &diag), &diag);
    const double near = fmin(c.seconds, ours);
    printf("  PyTorch, %-16s %.2f s, %.0f MB: %.1f times as long; differs by "
           "%.1e\n",
           methods[m], t.seconds, (t.peak - t.base) / 1024, t.seconds / near,
           t.error);
    fflush(stdout);
    fprintf(csv, "%s,%zu,%.3f,%.2f,%.1e,%.0f,%s\n", methods[m], threads,
            t.seconds, t.seconds / near, t.error, (t.peak - t.base) / 1024,
            cpu);
  }
  unlink(path);
  tangent_close(&c);
  return fclose(csv) != 0;
}
