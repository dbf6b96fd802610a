/* States of `contrastive` with a constant X at 1,000 times, W of 512×512,
 * beside one matrix product each, by turns; claimed is at most 1.25 times their
 * time. First a state is held against exp(X t) by its series; exits 1 without
 * timing where they disagree. */
#include "tests/bench/rig.h"

#include "base/random.h"
#include "models/linear/one_layer.h"

#include <eigenstep/eigenstep.h>
#include <math.h>
#include <omp.h>

enum { D = 512, TIMES = 1000, TERMS = 60 };
static const double claimed = 1.25, last = 3;

typedef struct rig {
  void *model;
  double *X, *W, *state, *A, *B;
} rig;

/* A symmetric X with eigenvalues of about -2 to 2: a semicircle's. */
static void open_rig(rig *r) {
  const size_t cells = (size_t)D * D;
  *r = (rig){NULL,        room(cells), room(cells),
             room(cells), room(cells), room(cells)};
  for (size_t j = 0; j < D; j++)
    for (size_t i = 0; i <= j; i++)
      r->X[i + j * D] = r->X[j + i * D] =
          es_random_normal(1, ES_STREAM_USER, i + j * D) / sqrt(D);
  for (size_t k = 0; k < cells; k++)
    r->W[k] = es_random_normal(2, ES_STREAM_USER, k) / sqrt(D);
  es_config *config = NULL;
  es_diag diag = {0};
  stop_at(es_config_new(&config, &es_one_layer_keys, 1, &diag), &diag);
  set_matrix(config, "X", r->X, D, D);
  set_matrix(config, "W0", r->W, D, D);
  stop_at(es_one_layer_open(&r->model, config, NULL, &diag), &diag);
  es_config_free(config);
}

static void ours(rig *r, double t) {
  if (es_one_layer_state(r->model, t, r->state) != ES_OK) exit(1);
}

static void product(void *self) {
  rig *r = self;
  es_gemm(false, true, D, D, D, 1, r->X, D, r->W, D, 0, r->A, D);
}

/* Largest departure from W sum_k (X t)^k/k! at t = 3, beside the largest entry:
 * terms up to 6^k/k!, 65 or so, and none after 60. W is row by row, as a state
 * is, which makes it W^T here, and X is its own transpose. */
static double departure(rig *r) {
  const size_t cells = (size_t)D * D;
  double *term = room(cells), *sum = room(cells), worst = 0, size = 0;
  memcpy(term, r->W, cells * sizeof *term);
  memcpy(sum, r->W, cells * sizeof *sum);
  for (int k = 1; k <= TERMS; k++) {
    es_gemm(false, false, D, D, D, last / k, r->X, D, term, D, 0, r->B, D);
    memcpy(term, r->B, cells * sizeof *term);
    for (size_t i = 0; i < cells; i++) sum[i] += term[i];
  }
  ours(r, last);
  for (size_t k = 0; k < cells; k++) {
    const double e = fabs(r->state[k] - sum[k]);
    if (!(e <= worst)) worst = isnan(e) ? INFINITY : e;
    size = fmax(size, fabs(sum[k]));
  }
  free(term);
  free(sum);
  return worst / size;
}

static void state_at(void *self, int k) { ours(self, last * k / (TIMES - 1)); }

/* Medians over all times, state and product by turns. */
static void measure(rig *r, size_t threads, FILE *csv) {
  double a, b;
  es_blas_threads(threads);
  by_turns(TIMES, state_at, product, r, &a, &b);
  const double ratio = a / b;
  const bool holds = ratio <= claimed;
  printf("%s  %d states of a %d×%d W, %zu thread%s: %.3f times one product "
         "each (at most %g); %.3f and %.3f ms, %.0f GFLOP/s\n",
         holds ? "pass" : "FAIL", TIMES, D, D, threads, threads > 1 ? "s" : "",
         ratio, claimed, 1e3 * a, 1e3 * b, 2e-9 * D * D * D / b);
  fprintf(csv, "%d,%d,%zu,%.5g,%.5g,%.4f,%g,%d\n", D, TIMES, threads, a, b,
          ratio, claimed, holds);
}

int main(void) {
  rig r;
  es_init();
  open_rig(&r);
  const double apart = departure(&r);
  printf("a state against the series of exp(X t): %.2g\n", apart);
  /* 60 products of sums over 512 terms, the largest 65 times the first; and X's
   * eigenvalues to some eps, times t. */
  if (!(apart <= 1e-12)) return 1;
  FILE *csv = bench_table("contrastive.csv", "d,times,threads,seconds,"
                                             "products_seconds,ratio,claimed,"
                                             "holds");
  if (omp_get_max_threads() > 1) measure(&r, 2, csv);
  measure(&r, 1, csv);
  fclose(csv);
  es_one_layer_close(r.model);
  double *const all[] = {r.X, r.W, r.state, r.A, r.B};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
  return 0;
}
