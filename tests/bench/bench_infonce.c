/* The right-hand side of InfoNCE, W, x, x' -> G = -dL/dW, at N = 4096 pairs, m
 * = 784, d = 128, by turns with the products that it consists of, the same
 * calls replayed, which is claimed to take it at most 1.6 times as long; and
 * with NumPy (infonce_numpy.py) on as many threads. First it is held against
 * the definition, pair by pair, and against what NumPy gets; exits 1 without
 * timing where they disagree. Memory is this process's at its most, samples and
 * libraries included. */
#include "tests/bench/rig.h"

#include "base/progress.h"
#include "base/random.h"
#include "contrast/infonce_parts.h"
#include "plot/process.h"

#include <eigenstep/eigenstep.h>
#include <math.h>
#include <omp.h>
#include <sys/resource.h>

enum { N = 4096, M = 784, D = 128, WIDE = D * N, SMALL = D * M, ROUNDS = 15 };
enum { PEERS = 4, TURNS = 3 };
static const double claimed = 1.6, claimed_megabytes = 400, claimed_numpy = 5;

typedef struct rig {
  es_infonce *work;
  double *x, *xp, *W, *G, loss;
  double *Z, *dZ; /* of the replay: what they hold does not matter */
} rig;

static void open_rig(rig *r) {
  es_diag diag = {0};
  *r = (rig){.x = room(N * M),
             .xp = room(N * M),
             .W = room(SMALL),
             .G = room(SMALL),
             .Z = room(WIDE),
             .dZ = room(WIDE)};
  for (size_t k = 0; k < N * M; k++) {
    r->x[k] = es_random_normal(1, ES_STREAM_USER, k);
    r->xp[k] = r->x[k] + .3 * es_random_normal(2, ES_STREAM_USER, k);
  }
  /* |z|^2 is near 5: rows of weights are neither flat nor of one entry. */
  for (size_t k = 0; k < SMALL; k++)
    r->W[k] = .007 * es_random_normal(3, ES_STREAM_USER, k);
  stop_at(es_infonce_new(&r->work, D, N, ES_INFONCE_DISTANCE, 1, &diag), &diag);
}

static void ours(rig *r) {
  if (es_infonce_push(r->work, M, r->W, r->x, r->xp, &r->loss, r->G) != ES_OK)
    exit(1);
}

static double square_apart(const double *a, const double *b) {
  double sum = 0;
  for (int k = 0; k < D; k++) sum += (a[k] - b[k]) * (a[k] - b[k]);
  return sum;
}

/* e_ij and the sums of their rows, then both weights of a pair at once. */
static double by_definition(const double *Z, const double *Zp, double *dZ,
                            double *dZp) {
  double *sum = room(N), loss = 0;
#pragma omp parallel for schedule(dynamic, 16) reduction(+ : loss)
  for (int i = 0; i < N; i++) {
    const double pair = square_apart(Z + i * D, Zp + i * D) / 2;
    sum[i] = exp(-pair);
    for (int j = 0; j < N; j++)
      if (j != i) sum[i] += exp(-square_apart(Z + i * D, Z + j * D) / 2);
    loss += pair + log(sum[i]);
  }
#pragma omp parallel for schedule(dynamic, 16)
  for (int i = 0; i < N; i++) {
    const double *z = Z + i * D, *zp = Zp + i * D;
    double *g = dZ + i * D, *gp = dZp + i * D;
    const double rest = 1 - exp(-square_apart(z, zp) / 2) / sum[i];
    for (int k = 0; k < D; k++) gp[k] = rest * (zp[k] - z[k]), g[k] = -gp[k];
    for (int j = 0; j < N; j++) {
      const double e = exp(-square_apart(z, Z + j * D) / 2);
      const double h = e / sum[i] + e / sum[j];
      for (int k = 0; k < D; k++) g[k] += h * (Z[k + j * D] - z[k]);
    }
  }
  free(sum);
  return loss;
}

/* Largest departure of G relative to its largest entry, or of the loss. */
static double departure(rig *r) {
  double *Z = room(WIDE), *Zp = room(WIDE), *dZ = room(WIDE), *dZp = room(WIDE);
  double *G = room(SMALL), worst = 0, size = 0;
  es_gemm(false, false, D, N, M, 1, r->W, D, r->x, M, 0, Z, D);
  es_gemm(false, false, D, N, M, 1, r->W, D, r->xp, M, 0, Zp, D);
  const double loss = by_definition(Z, Zp, dZ, dZp);
  es_gemm(false, true, D, M, N, -1, dZ, D, r->x, M, 0, G, D);
  es_gemm(false, true, D, M, N, -1, dZp, D, r->xp, M, 1, G, D);
  ours(r);
  for (int k = 0; k < SMALL; k++) {
    const double apart = fabs(G[k] - r->G[k]);
    size = fmax(size, fabs(G[k]));
    if (!(apart <= worst)) worst = isnan(apart) ? INFINITY : apart;
  }
  double *const all[] = {Z, Zp, dZ, dZp, G};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
  return fmax(worst / size, fabs(loss - r->loss) / loss);
}

/* The products over samples: embeddings, and what comes back. */
static void replay_samples(rig *r, const double *x, bool back) {
  enum { PANELS = N / 256, PARTS = (M + 255) / 256 };
#pragma omp for schedule(dynamic)
  for (int p = 0; p < (back ? PARTS : PANELS); p++) {
    const size_t from = (size_t)(M * p / PARTS);
    const size_t to = (size_t)(M * (p + 1) / PARTS);
    if (back)
      es_gemm(false, true, D, to - from, N, -1, r->dZ, D, x + from, M, 0,
              r->G + from * D, D);
    else
      es_gemm(false, false, D, 256, M, 1, r->W, D, x + (size_t)p * 256 * M, M,
              0, r->Z + (size_t)p * 256 * D, D);
  }
}

/* The products of tiles: z_i . z_j, or with weights, those of two blocks. */
static void replay_tiles(rig *r, bool weights) {
  const size_t edge = r->work->edge, blocks = r->work->blocks;
  double *H = r->work->tile + (size_t)omp_get_thread_num() * edge * edge;
  for (size_t round = 0; round < blocks; round++)
#pragma omp for schedule(dynamic)
    for (size_t I = 0; I < blocks; I++) {
      const size_t J = (round + blocks - I) % blocks, step = edge * D;
      double *S = r->work->kept + (I + J * (J + 1) / 2) * edge * edge;
      if (I > J) continue;
      if (!weights) {
        es_gemm(true, false, edge, edge, D, 1, r->Z + I * step, D,
                r->Z + J * step, D, 0, S, edge);
        continue;
      }
      es_gemm(false, false, D, edge, edge, 1, r->Z + I * step, D, H, edge, 1,
              r->dZ + J * step, D);
      if (I != J)
        es_gemm(false, true, D, edge, edge, 1, r->Z + J * step, D, H, edge, 1,
                r->dZ + I * step, D);
    }
}

static void products(void *self) {
  rig *r = self;
#pragma omp parallel
  {
    const int before = es_blas_serial();
    replay_samples(r, r->x, false);
    replay_samples(r, r->xp, false);
    replay_tiles(r, false);
    replay_tiles(r, true);
    replay_samples(r, r->x, true);
    replay_samples(r, r->xp, true);
    es_blas_resume(before);
  }
}

static void our_turn(void *self, int round) {
  (void)round;
  ours(self);
}

/* Seconds of ours. */
static double beside(rig *r, size_t threads, FILE *csv) {
  double a, b;
  by_turns(ROUNDS, our_turn, products, r, &a, &b);
  const double ratio = a / b;
  const bool holds = ratio <= claimed;
  printf("%s  right-hand side of InfoNCE at N=%d, m=%d, d=%d, %zu thread%s: "
         "%.3f times its products alone (at most %g); %.1f and %.1f ms\n",
         holds ? "pass" : "FAIL", N, M, D, threads, threads > 1 ? "s" : "",
         ratio, claimed, 1e3 * a, 1e3 * b);
  fprintf(csv, "%d,%d,%d,%zu,%.5g,%.5g,%.4f,%g,%d\n", N, M, D, threads, a, b,
          ratio, claimed, holds);
  fflush(stdout);
  return a;
}

typedef struct given {
  char path[3][64]; /* W, x, x' */
} given;

/* row-major: the transpose of what we have. */
static void write_given(given *g, const rig *r) {
  const double *const from[] = {r->W, r->x, r->xp};
  const size_t rows[] = {M, N, N}, cols[] = {D, M, M};
  es_diag diag = {0};
  for (int k = 0; k < 3; k++) {
    snprintf(g->path[k], sizeof g->path[k], "%s/infonce-%d-%d.npy",
             bench_folder(), (int)getpid(), k);
    stop_at(es_npy_write(g->path[k], from[k], rows[k], cols[k], &diag), &diag);
  }
}

/* Best seconds of each peer so far; false without NumPy. Ends the process where
 * one does not agree. */
static bool numpy(const rig *r, given *g, double *best) {
  char out[512] = "", rounds[] = "3", quiet[] = "-B";
  char script[] = "tests/bench/infonce_numpy.py", python[256], *line = out;
  const char *named = getenv("PYTHON");
  snprintf(python, sizeof python, "%s",
           named != NULL ? named : "/usr/bin/python3");
  char *const argv[] = {python,     quiet,      script, g->path[0],
                        g->path[1], g->path[2], rounds, NULL};
  int code;
  if (es_process_run(argv, NULL, out, sizeof out, &code, NULL) != ES_OK ||
      code == 77 || code == 127)
    return false;
  for (int k = 0; k < PEERS; k++) {
    double seconds, loss, size;
    int used = 0;
    const int read =
        sscanf(line, "%*s %lf %lf %lf %n", &seconds, &loss, &size, &used);
    line += used;
    if (!(read == 3 && fabs(loss - r->loss) <= 1e-11 * loss &&
          fabs(size - es_norm(SMALL, r->G)) <= 1e-11 * size)) {
      fprintf(stderr, "bench_infonce: NumPy does not agree: %s\n", out);
      exit(1);
    }
    best[k] = fmin(best[k], seconds);
  }
  return true;
}

static double peak_megabytes(void) {
  struct rusage usage = {0};
  getrusage(RUSAGE_SELF, &usage);
  return (double)usage.ru_maxrss * 1024e-6;
}

/* By turns; each takes the best of its own. */
static void against_numpy(rig *r, given *g, size_t threads, FILE *csv) {
  double best[PEERS] = {INFINITY, INFINITY, INFINITY, INFINITY},
         mine = INFINITY;
  char count[24];
  snprintf(count, sizeof count, "%zu", threads);
  setenv("OMP_NUM_THREADS", count, 1);
  setenv("OPENBLAS_NUM_THREADS", count, 1);
  for (int k = 0; k < TURNS; k++) {
    for (int j = 0; j < ROUNDS / 3; j++) {
      const double begun = es_seconds();
      ours(r);
      mine = fmin(mine, es_seconds() - begun);
    }
    if (!numpy(r, g, best)) {
      printf("SKIP  NumPy: not there\n");
      return;
    }
  }
  const double megabytes = peak_megabytes();
  const bool holds = best[0] / mine >= claimed_numpy;
  printf("%s  %zu thread%s, best: ours %.1f ms; NumPy %.1f, in place %.1f, by "
         "blocks %.1f, X first %.1f ms: %.2f, %.2f, %.2f, %.2f times as fast "
         "(at least %g)\n%s  "
         "memory at its most %.0f MB (at most %g)\n",
         holds ? "pass" : "FAIL", threads, threads > 1 ? "s" : "", 1e3 * mine,
         1e3 * best[0], 1e3 * best[1], 1e3 * best[2], 1e3 * best[3],
         best[0] / mine, best[1] / mine, best[2] / mine, best[3] / mine,
         claimed_numpy, megabytes <= claimed_megabytes ? "pass" : "FAIL",
         megabytes, claimed_megabytes);
  fprintf(csv, "%zu,%.1f,%.1f,%.1f,%.1f,%.1f,%.2f,%g,%s,%.2f,%.2f,%.2f,%.0f\n",
          threads, 1e3 * mine, 1e3 * best[0], 1e3 * best[1], 1e3 * best[2],
          1e3 * best[3], best[0] / mine, claimed_numpy,
          holds ? "holds" : "fails", best[1] / mine, best[2] / mine,
          best[3] / mine, megabytes);
  fflush(stdout);
}

int main(void) {
  const size_t most = omp_get_max_threads() > 1 ? 2 : 1;
  rig r;
  given g;
  es_init();
  open_rig(&r);
  const double apart = departure(&r);
  printf("right-hand side of InfoNCE against its definition: %.2g\n", apart);
  /* Sums of 4,096 terms, of which roundoff in sqrt(4096) stays; logits of
   * size 5 err by some ten roundings. */
  if (!(apart <= 1e-12)) return 1;
  FILE *csv = bench_table("rhs-infonce.csv", "n,m,d,threads,seconds,products_"
                                             "seconds,ratio,claimed,holds");
  FILE *peers = bench_table(
      "infonce.csv",
      "threads,ours,NumPy,in place,by blocks,X first,times faster than "
      "NumPy,at least,,than in place,than by blocks,than X "
      "first,peak MB");
  write_given(&g, &r);
  for (size_t threads = most; threads > 0; threads--) {
    es_blas_threads(threads);
    beside(&r, threads, csv);
    against_numpy(&r, &g, threads, peers);
  }
  for (int k = 0; k < 3; k++) unlink(g.path[k]);
  fclose(csv);
  fclose(peers);
  es_infonce_free(r.work);
  double *const all[] = {r.x, r.xp, r.W, r.G, r.Z, r.dZ};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
  return 0;
}
