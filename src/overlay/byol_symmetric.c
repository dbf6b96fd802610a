/* The flow of theory.md 2 with a predictor that stays symmetric, as the network
 * learns it (predictor=linear-symmetric): of W_p's gradient the symmetric part
 * counts,
 *   R    = W_a X - W_p W (X + X')
 *   W_p' = alpha_p (R W^T + W R^T)/2 - eta_p W_p
 *   W'   = W_p R - eta_s W      (through both branches: + W_p W X - W (X + X'))
 *   W_a' = beta (W - W_a)
 * A matrix row by row is its transpose by columns: the state is W^T and W_a^T
 * (m×d) and W_p, in the order W, W_p, W_a. */
#include "overlay/byol_run.h"

#include "file/array.h"

#include <eigenstep/ode.h>
#include <stdlib.h>
#include <string.h>

typedef struct flow {
  size_t d, m, wide, square; /* d·m, d·d */
  const es_byolnet_mapping *map;
  const double *X;
  double *S;           /* X + X' */
  double *WS, *R, *dP; /* transposes m×d, and d×d */
  double *y, *row;     /* the state, and with W_a in any case */
  es_byolnet_take *take;
  void *context;
  es_slab slab;
} flow;

static bool has_target(const flow *f) { return f->map->kind == ES_BYOLNET_EMA; }

/* out (m×d) = A W^T, A m×m and symmetric. */
static void moved(const flow *f, const double *A, const double *W,
                  double *out) {
  es_gemm(false, false, f->m, f->d, f->m, 1, A, f->m, W, f->m, 0, out, f->m);
}

/* out (m×d) += sign W^T W_p. */
static void add_through(const flow *f, double sign, const double *W,
                        const double *P, double *out) {
  es_gemm(false, false, f->m, f->d, f->d, sign, W, f->m, P, f->d, 1, out, f->m);
}

static es_status rhs(double t, const double *y, double *dydt, void *context) {
  const flow *f = context;
  const es_byolnet_mapping *map = f->map;
  const size_t d = f->d;
  const double *W = y, *P = y + f->wide, *Wa = P + f->square;
  double *dW = dydt, *dP = dW + f->wide, *dWa = dP + f->square;
  (void)t;
  moved(f, f->X, has_target(f) ? Wa : W, f->R);
  moved(f, f->S, W, f->WS);
  for (size_t k = 0; k < f->wide; k++) dW[k] = -map->eta_s * W[k];
  if (map->kind == ES_BYOLNET_SELF) {
    add_through(f, 1, f->R, P, dW); /* R = W X still */
    for (size_t k = 0; k < f->wide; k++) dW[k] -= f->WS[k];
  }
  add_through(f, -1, f->WS, P, f->R);
  add_through(f, 1, f->R, P, dW);
  es_gemm(true, false, d, d, f->m, map->alpha_p / 2, f->R, f->m, W, f->m, 0,
          f->dP, d);
  for (size_t j = 0; j < d; j++)
    for (size_t i = 0; i < d; i++)
      dP[i + j * d] =
          f->dP[i + j * d] + f->dP[j + i * d] - map->eta_p * P[i + j * d];
  for (size_t k = 0; has_target(f) && k < f->wide; k++)
    dWa[k] = map->beta * (W[k] - Wa[k]);
  return ES_OK;
}

static es_status hand_over(size_t index, double t, const double *y,
                           void *context) {
  const flow *f = context;
  (void)index, (void)t;
  const size_t both = f->wide + f->square;
  memcpy(f->row, y, both * sizeof *y);
  memcpy(f->row + both, has_target(f) ? y + both : y, f->wide * sizeof *y);
  return f->take(f->context, f->row, both + f->wide);
}

static es_status open_flow(flow *f, const double *Xp, es_diag *diag) {
  const size_t cells = es_size_product(f->m, f->m),
               all = 2 * f->wide + f->square;
  double **const array[] = {&f->S, &f->WS, &f->R, &f->dP, &f->y, &f->row};
  const size_t count[] = {cells, f->wide, f->wide, f->square, all, all};
  const es_status status = es_slab_doubles(
      &f->slab, array, count, sizeof count / sizeof *count, 0, diag);
  for (size_t k = 0; status == ES_OK && k < cells; k++)
    f->S[k] = f->X[k] + Xp[k];
  return status;
}

static es_status read_start(flow *f, const char *path, es_diag *diag) {
  es_array W = {0}, P = {0};
  es_status status = es_h5_read_array(&W, path, "/prediction/W0", diag);
  if (status == ES_OK)
    status = es_h5_read_array(&P, path, "/prediction/Wp0", diag);
  if (status == ES_OK &&
      (W.rows != f->d || W.cols != f->m || P.rows != f->d || P.cols != f->d))
    status = es_fail(diag, ES_FILE_CORRUPT,
                     "%s: /prediction/Wp0 does not fit W0", path);
  if (status == ES_OK) {
    memcpy(f->y, W.data, f->wide * sizeof *f->y);
    memcpy(f->y + f->wide, P.data, f->square * sizeof *f->y);
    memcpy(f->y + f->wide + f->square, W.data, f->wide * sizeof *f->y);
  }
  es_array_free(&W);
  es_array_free(&P);
  return status;
}

static es_status solve(flow *f, const es_byolnet_run *run, es_diag *diag) {
  const es_ode_system system = {.n = f->wide + f->square +
                                     (has_target(f) ? f->wide : 0),
                                .rhs = rhs,
                                .context = f};
  es_ode_options options;
  es_ode *ode;
  double *times = es_zeroed(run->rows, 1, sizeof *times);
  if (times == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory for times");
  for (size_t i = 0; i < run->rows; i++) times[i] = run->map.factor * run->t[i];
  es_ode_options_default(&options);
  options.method = "dop853";
  options.max_steps = 100000;
  es_status status = es_ode_new(&ode, &system, &options, diag);
  if (status == ES_OK) {
    const int threads = es_blas_serial();
    status =
        es_ode_solve(ode, 0, f->y, times, run->rows, hand_over, NULL, diag);
    es_blas_resume(threads);
    es_ode_free(ode);
  }
  free(times);
  return status;
}

es_status es_byolnet_run_symmetric(const es_byolnet_run *run, const double *X,
                                   const double *Xp, es_byolnet_take *take,
                                   void *context, es_diag *diag) {
  flow f = {.d = run->d,
            .m = run->m,
            .wide = es_size_product(run->d, run->m),
            .square = es_size_product(run->d, run->d),
            .map = &run->map,
            .X = X,
            .take = take,
            .context = context};
  es_status status = open_flow(&f, Xp, diag);
  if (status == ES_OK) status = read_start(&f, run->arrays, diag);
  if (status == ES_OK) status = solve(&f, run, diag);
  es_slab_close(&f.slab);
  return status;
}
