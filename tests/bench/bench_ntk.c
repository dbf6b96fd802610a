/* Seconds of a tangent kernel, in double and single, beside PyTorch's: 128
 * pairs of 28×28 pixels, a ResNet-10 of width 8, ten outputs. PyTorch's kernel
 * is held against ours in double in the same process that times it; exits 1
 * where tangent.py finds them apart. Times of ours are the best so far, of
 * rounds before PyTorch's and after each of them. */
#include "tests/bench/record.h"
#include "tests/torch/tangent.h"

#include "plot/process.h"

#include <math.h>
#include <omp.h>
#include <unistd.h>

enum { ROUNDS = 3, METHODS = 4 };
static const char *const methods[METHODS] = {"loop", "jacobian", "functorch",
                                             "functorch-double"};

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

/* One more run of ours, in double or single; the best so far. */
static void run_ours(tangent_case *c, bool single, double *best) {
  es_diag diag = {0};
  c->single = single;
  stop_at(tangent_run(c, &diag), &diag);
  *best = fmin(*best, c->seconds);
}

typedef struct ours {
  double seconds[2], error; /* in double; in single, and how far it is off */
  size_t memory[2];
} ours;

/* Leaves K in double. */
static ours measure_ours(tangent_case *c) {
  ours o = {.seconds = {INFINITY, INFINITY}};
  const size_t n = c->rows * c->rows;
  double *single = calloc(n, sizeof *single), most = 0;
  if (single == NULL) exit(1);
  for (int k = 0; k < 2 * ROUNDS; k++) {
    const bool narrow = k % 2 == 0;
    run_ours(c, narrow, &o.seconds[narrow]);
    o.memory[narrow] = c->memory;
    if (narrow) memcpy(single, c->K, n * sizeof *single);
  }
  for (size_t k = 0; k < n; k++) {
    o.error = fmax(o.error, fabs(single[k] - c->K[k]));
    most = fmax(most, fabs(c->K[k]));
  }
  o.error /= most;
  free(single);
  return o;
}

static void tell_ours(const ours *o, size_t threads, const char *cpu,
                      FILE *csv) {
  static const char *const name[2] = {"eigenstep", "eigenstep, single"};
  for (int k = 0; k < 2; k++) {
    const double error = k == 1 ? o->error : 0;
    const double MB = (double)o->memory[k] / 1e6;
    printf("  %-25s %.2f s, %.0f MB; differs by %.1e\n", name[k], o->seconds[k],
           MB, error);
    fprintf(csv, "\"%s\",%zu,%.3f,%.2f,%.2f,%.1e,%.0f,%s\n", name[k], threads,
            o->seconds[k], o->seconds[k] / o->seconds[0],
            o->seconds[k] / o->seconds[1], error, MB, cpu);
  }
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
  ours o = measure_ours(&c);
  stop_at(tangent_write(&c, path, &diag), &diag);
  FILE *csv = bench_table("ntk.csv", "method,threads,seconds,times double,"
                                     "times single,error,MB,cpu");
  bench_cpu(cpu, sizeof cpu);
  printf("tangent kernel of 128 pairs, ResNet-10 width 8, 28x28, 10 outputs, "
         "%zu threads\n",
         threads);
  tell_ours(&o, threads, cpu, csv);
  for (int m = 0; m < METHODS; m++) {
    const theirs t = torch_of(path, threads, methods[m]);
    run_ours(&c, false, &o.seconds[0]);
    run_ours(&c, true, &o.seconds[1]);
    const double wide = t.seconds / o.seconds[0],
                 narrow = t.seconds / o.seconds[1];
    const double MB = (t.peak - t.base) / 1024;
    printf("  PyTorch, %-16s %.2f s, %.0f MB: %.1f and %.1f times as long; "
           "differs by %.1e\n",
           methods[m], t.seconds, MB, wide, narrow, t.error);
    fflush(stdout);
    fprintf(csv, "\"PyTorch, %s\",%zu,%.3f,%.2f,%.2f,%.1e,%.0f,%s\n",
            methods[m], threads, t.seconds, wide, narrow, t.error, MB, cpu);
  }
  unlink(path);
  tangent_close(&c);
  return fclose(csv) != 0;
}
