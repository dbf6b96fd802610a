/* The right-hand side of linear Barlow Twins at d = 256, m = 2048 beside its
 * two matrix products alone, (Z diag(gamma)) Z^T and R (Z diag(gamma)), by
 * turns; claimed is at most 1.25 times their time. First it is held against the
 * definition; exits 1 without timing where they disagree. */
#include "tests/bench/rig.h"

#include "base/random.h"

#include <eigenstep/eigenstep.h>
#include <math.h>
#include <omp.h>

enum { D = 256, M = 2048, ROUNDS = 101, LOOKED_AT = 16 };
static const double claimed = 1.25;

typedef struct rig {
  es_instance model;
  double *gamma, *y, *scale, *f, *C, *scaled, *G;
} rig;

/* Entries of the start are of the size that they have at the end, where all of
 * the sums count. */
static void open_model(rig *r) {
  const char *const words[] = {"model.d=256", "model.init=gaussian",
                               "model.init_scale=0.05"};
  es_config *config = NULL;
  es_diag diag = {0};
  const es_model *model = es_model_find("barlow-twins");
  stop_at(es_config_new(&config, model->keys, 1, &diag), &diag);
  set_matrix(config, "gamma", r->gamma, M, 1);
  for (int i = 0; i < 3; i++)
    stop_at(es_config_set(config, words[i], &diag), &diag);
  stop_at(es_instance_open(&r->model, model, config, NULL, &diag), &diag);
  es_config_free(config);
  if (r->model.shape.n != (size_t)D * M) {
    fprintf(stderr, "bench_rhs: columns are at rest\n");
    exit(1);
  }
}

static void open_rig(rig *r) {
  *r = (rig){.gamma = room(M),
             .y = room((size_t)D * M),
             .scale = room((size_t)D * M),
             .f = room((size_t)D * M),
             .C = room(D * D),
             .scaled = room((size_t)D * M),
             .G = room((size_t)D * M)};
  for (int j = 0; j < M; j++) r->gamma[j] = exp(-.004 * j);
  open_model(r);
  es_instance_start(&r->model, r->y, r->scale);
}

static void ours(rig *r) {
  if (r->model.model->rhs(0, r->y, r->f, r->model.self) != ES_OK) exit(1);
}

static void products(void *self) {
  rig *r = self;
  es_gemm(false, true, D, D, M, 1, r->scaled, D, r->y, D, 0, r->C, D);
  es_gemm(false, false, D, M, D, -4, r->C, D, r->scaled, D, 0, r->G, D);
}

/* Largest departure from -4 (Z diag(gamma) Z^T - I) Z diag(gamma) in some
 * columns, entry by entry in long double, relative to the largest entry. */
static double departure(rig *r) {
  const double *Z = r->y;
  double worst = 0, size = 0;
  long double *C = calloc((size_t)D * D, sizeof *C);
  if (C == NULL) exit(1);
#pragma omp parallel for
  for (int a = 0; a < D; a++)
    for (int b = 0; b < D; b++) {
      long double sum = a == b ? -1 : 0;
      for (int j = 0; j < M; j++)
        sum += (long double)Z[a + j * D] * r->gamma[j] * Z[b + j * D];
      C[a + b * D] = sum;
    }
  ours(r);
  for (int c = 0; c < LOOKED_AT; c++) {
    const int j = c * (M / LOOKED_AT);
    for (int a = 0; a < D; a++) {
      long double sum = 0;
      for (int b = 0; b < D; b++)
        sum -= 4 * C[a + b * D] * Z[b + j * D] * r->gamma[j];
      const double e = fabs((double)sum - r->f[a + j * D]);
      if (!(e <= worst)) worst = isnan(e) ? INFINITY : e;
      size = fmax(size, fabs((double)sum));
    }
  }
  free(C);
  return worst / size;
}

static void our_turn(void *self, int round) {
  (void)round;
  ours(self);
}

static void measure(rig *r, size_t threads, FILE *csv) {
  double a, b;
  es_blas_threads(threads);
  by_turns(ROUNDS, our_turn, products, r, &a, &b);
  const double ratio = a / b;
  const bool holds = ratio <= claimed;
  printf("%s  right-hand side at d=%d, m=%d, %zu thread%s: %.3f times its "
         "matrix products alone (at most %g); %.3f and %.3f ms, %.0f GFLOP/s\n",
         holds ? "pass" : "FAIL", D, M, threads, threads > 1 ? "s" : "", ratio,
         claimed, 1e3 * a, 1e3 * b, 4e-9 * D * D * M / b);
  fprintf(csv, "%d,%d,%zu,%.5g,%.5g,%.4f,%g,%d\n", D, M, threads, a, b, ratio,
          claimed, holds);
}

int main(void) {
  rig r;
  es_init();
  open_rig(&r);
  const double apart = departure(&r);
  printf("right-hand side against its definition: %.2g\n", apart);
  /* Sums of 2,048 and 256 terms: roundoff times some tens. */
  if (!(apart <= 1e-12)) return 1;
  FILE *csv = bench_table("rhs.csv", "d,m,threads,seconds,products_seconds,"
                                     "ratio,claimed,holds");
  if (omp_get_max_threads() > 1) measure(&r, 2, csv);
  measure(&r, 1, csv);
  fclose(csv);
  es_instance_close(&r.model);
  double *const all[] = {r.gamma, r.y, r.scale, r.f, r.C, r.scaled, r.G};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
  return 0;
}
