/* Ensembles of `byol` with n×n matrices, side by side and one by one, into
 * out/bench/ensemble.csv: lanes (models/linear/byol_lanes.h) beside GSL's
 * steppers, whose right-hand side is plain C of a fixed size and BLAS in turn.
 * All start from the same states and are held, cell by cell, against a tight
 * solution before anything is timed. Seconds are those of one thread's CPU.
 *
 * Two ratios to the fastest of GSL's: at the same rtol, and to the fastest at
 * any rtol that is at least as exact as the lanes at some rtol of theirs.
 *
 * bench_ensemble [--quick]; exits 1 where an answer is wrong. */
#include "tests/bench/ensemble_rhs.h"
#include "tests/bench/record.h"

#include "base/random.h"
#include "models/linear/byol_lanes.h"

#include <gsl/gsl_errno.h>
#include <gsl/gsl_odeiv2.h>
#include <math.h>
#include <time.h>

enum { MOST_RUNS = 128, RATES = 4 };
static const double t_end = 20, loosest = 1e-6, tightest = 1e-9;
static const double bar = 5, allowed = 100; /* of rtol, for a right answer */

typedef struct run {
  const char *package, *method, *rhs;
  double rtol, error, seconds, evaluations; /* the last two of a cell */
} run;

typedef struct bench {
  size_t side, n, cells, n_runs;
  int rounds;
  byol *model;
  double *start, *scale, *rate, *want, *got; /* cells × n, n, RATES, n, n */
  double steps;
  const char *simd;
  run runs[MOST_RUNS];
} bench;

static double cpu_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void need(bool good, const char *what) {
  if (good) return;
  fprintf(stderr, "bench_ensemble: %s\n", what);
  exit(1);
}

static double uniform(uint64_t seed, uint64_t i) {
  return es_random_uniform(seed, ES_STREAM_INIT, i);
}

/* "model.NAME=[[…]]" of B B^T/n + shift. */
static void set_moment(es_config *config, const char *name, size_t n,
                       double shift) {
  const size_t size = 32 * n * n + 64;
  char *word = malloc(size);
  need(word != NULL, "no memory");
  int used = snprintf(word, size, "model.%s=[", name);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++) {
      double sum = i == j ? shift : 0;
      for (size_t k = 0; k < n; k++)
        sum += 4 / (double)n * (uniform(n, i * n + k) - .5) *
                   (uniform((uint64_t)name[1] + n, j * n + k) - .5) / 2 +
               4 / (double)n * (uniform(n, j * n + k) - .5) *
                   (uniform((uint64_t)name[1] + n, i * n + k) - .5) / 2;
      used += snprintf(word + used, size - (size_t)used, "%s%.17g%s",
                       j > 0   ? ","
                       : i > 0 ? ",["
                               : "[",
                       sum, j + 1 == n ? "]" : "");
    }
  snprintf(word + used, size - (size_t)used, "]");
  need(es_config_set(config, word, NULL) == ES_OK, "a moment was refused");
  free(word);
}

static double *room(size_t a, size_t b) {
  double *out = es_zeroed(a, b, sizeof *out);
  need(out != NULL, "no memory");
  return out;
}

static void draw_cell(bench *b, es_config *config, size_t c) {
  byol *cell = NULL;
  double *rate = b->rate + c * RATES;
  need(es_byol_cell_new(&cell, b->model, NULL) == ES_OK, "no memory");
  cell->seed = c;
  cell->init_scale = .3 * sqrt(8 / (double)b->side);
  es_byol_read_start(cell, config);
  for (size_t i = 0; i < b->n; i++) b->scale[i] = 1;
  es_model_byol.start(cell, b->start + c * b->n, b->scale);
  es_byol_cell_free(cell);
  rate[0] = exp(2 * uniform(c, 1) - .5);
  rate[1] = .1 + uniform(c, 2);
  rate[2] = rate[3] = .1 * uniform(c, 3);
}

static void open_bench(bench *b, size_t side, size_t cells, int rounds) {
  es_config *config = NULL;
  void *model = NULL;
  *b = (bench){.side = side, .cells = cells, .rounds = rounds};
  need(es_config_new(&config, &es_byol_keys, 1, NULL) == ES_OK, "no memory");
  set_moment(config, "X", side, 1);
  set_moment(config, "Xp", side, .3);
  need(es_byol_open(&model, config, NULL, NULL) == ES_OK, "byol was refused");
  b->model = model;
  need(b->model->S != NULL, "X and X' commute");
  b->n = es_byol_length(b->model);
  b->start = room(cells, b->n);
  b->want = room(cells, b->n);
  b->got = room(cells, b->n);
  b->rate = room(cells, RATES);
  b->scale = room(1, b->n);
  for (size_t c = 0; c < cells; c++) draw_cell(b, config, c);
  es_config_free(config);
}

static void close_bench(bench *b) {
  double *const own[] = {b->start, b->want, b->got, b->rate, b->scale};
  for (size_t i = 0; i < sizeof own / sizeof *own; i++) free(own[i]);
  es_byol_close(b->model);
}

static bool fill(void *self, size_t c, es_lane_block *block, size_t lane) {
  const bench *b = self;
  for (size_t i = 0; i < b->n; i++) b->scale[i] = 1; /* as GSL has it */
  es_byol_lanes_begin(block, lane, b->start + c * b->n, b->scale);
  for (size_t k = 0; k < RATES; k++)
    block->param[(BYOL_ALPHA_P + k) * ES_LANES + lane] = b->rate[c * RATES + k];
  return true;
}

static void store(void *self, size_t c, const es_lane_block *block,
                  size_t lane) {
  bench *b = self;
  need(block->status[lane] == ES_OK, "a cell failed");
  b->steps += block->steps[lane];
  es_byol_lanes_state(block, lane, b->got + c * b->n, b->scale);
}

static void run_lanes(bench *b, run *r) {
  const es_byol_ensemble ensemble = {.shared = b->model};
  const es_lane_kernel kernel = es_byol_lanes_kernel(&ensemble);
  const es_cell_options o = {.t_end = t_end,
                             .rtol = r->rtol,
                             .atol = r->rtol / 100,
                             .method = "dop853"};
  es_simd simd;
  need(es_simd_choose(&simd, r->method, NULL) == ES_OK, "no such vectors");
  b->steps = 0;
  const es_status status =
      es_lanes_run(&kernel, simd, &o, b->cells, fill, store, b);
  need(status == ES_OK, "lanes failed");
  r->evaluations = 12 * b->steps / (double)b->cells;
}

typedef struct gsl_cell {
  byol model; /* the cell's rates */
  size_t side;
  bool blas;
  double calls;
} gsl_cell;

static int gsl_rhs(double t, const double *y, double *dydt, void *self) {
  gsl_cell *c = self;
  c->calls++;
  if (c->blas) return es_byol_rhs(t, y, dydt, &c->model) == ES_OK ? 0 : 1;
  if (c->side == 8) plain_8(&c->model, y, dydt);
  if (c->side == 16) plain_16(&c->model, y, dydt);
  if (c->side == 32) plain_32(&c->model, y, dydt);
  return GSL_SUCCESS;
}

typedef struct gsl_method {
  const char *name;
  const gsl_odeiv2_step_type *type;
} gsl_method;

static void run_gsl(bench *b, run *r, const gsl_odeiv2_step_type *type) {
  gsl_cell c = {
      .model = *b->model, .side = b->side, .blas = strcmp(r->rhs, "BLAS") == 0};
  gsl_odeiv2_system system = {gsl_rhs, NULL, b->n, &c};
  gsl_odeiv2_driver *d =
      gsl_odeiv2_driver_alloc_y_new(&system, type, .01, r->rtol / 100, r->rtol);
  need(d != NULL, "no memory");
  for (size_t i = 0; i < b->cells; i++) {
    const double *rate = b->rate + i * RATES;
    double t = 0, *y = b->got + i * b->n;
    c.model.alpha_p = rate[0], c.model.beta = rate[1];
    c.model.eta_p = rate[2], c.model.eta_s = rate[3];
    memcpy(y, b->start + i * b->n, b->n * sizeof *y);
    gsl_odeiv2_driver_reset_hstart(d, .01);
    need(gsl_odeiv2_driver_apply(d, &t, t_end, y) == GSL_SUCCESS, "GSL failed");
  }
  gsl_odeiv2_driver_free(d);
  r->evaluations = c.calls / (double)b->cells;
}

/* Largest difference from the tight solution over all cells, in 1 + |y|. */
static double error_of(const bench *b) {
  double worst = 0;
  for (size_t i = 0; i < b->cells * b->n; i++) {
    const double error = fabs(b->got[i] - b->want[i]) / (1 + fabs(b->want[i]));
    worst = error <= worst ? worst : error;
  }
  return worst;
}

/* Whether a run is so slow that more rounds would change nothing. */
static bool is_slow(const bench *b, const run *r) {
  for (size_t i = 0; i < b->n_runs; i++) {
    const run *other = b->runs + i;
    if (strcmp(other->package, r->package) == 0 && other->rtol == r->rtol &&
        r->seconds > 2 * other->seconds)
      return true;
  }
  return false;
}

static void once(bench *b, run *r, const gsl_odeiv2_step_type *type) {
  const double begun = cpu_seconds();
  if (type == NULL)
    run_lanes(b, r);
  else
    run_gsl(b, r, type);
  const double seconds = (cpu_seconds() - begun) / (double)b->cells;
  r->seconds = r->seconds > 0 ? fmin(r->seconds, seconds) : seconds;
}

/* Verifies, then times: the least of the rounds. */
static void measure(bench *b, run given, const gsl_odeiv2_step_type *type) {
  run *r = b->runs + b->n_runs;
  need(b->n_runs < MOST_RUNS, "too many runs");
  *r = given;
  once(b, r, type);
  r->error = error_of(b);
  if (!(r->error <= allowed * r->rtol)) {
    printf("  %s %s at rtol %.2g is off by %.2g: not timed\n", r->package,
           r->method, r->rtol, r->error);
    need(type != NULL, "lanes are wrong");
    return;
  }
  for (int i = 1; i < b->rounds && !is_slow(b, r); i++) once(b, r, type);
  b->n_runs++;
}

/* The tight solution: of lanes, held against GSL's. */
static void refer(bench *b) {
  run tight = {.package = "eigenstep", .method = "none", .rtol = 1e-13};
  run check = {.package = "GSL", .rhs = "BLAS", .rtol = 1e-12};
  run_lanes(b, &tight);
  memcpy(b->want, b->got, b->cells * b->n * sizeof *b->want);
  run_gsl(b, &check, gsl_odeiv2_step_rk8pd);
  const double apart = error_of(b);
  printf("%zux%zu, %zu cells: two tight solutions are %.1e apart\n", b->side,
         b->side, b->cells, apart);
  need(apart < 1e-11, "the reference is none");
}

static void measure_all(bench *b, double factor) {
  const gsl_method gsl[] = {{"rk8pd", gsl_odeiv2_step_rk8pd},
                            {"rkck", gsl_odeiv2_step_rkck},
                            {"rkf45", gsl_odeiv2_step_rkf45},
                            {"msadams", gsl_odeiv2_step_msadams}};
  for (double rtol = loosest; rtol > .9 * tightest; rtol /= factor) {
    for (es_simd simd = ES_SIMD_NONE; simd < ES_SIMDS; simd++)
      if (es_simd_has(simd))
        measure(b,
                (run){.package = "eigenstep",
                      .method = es_simd_name(simd),
                      .rhs = "lanes",
                      .rtol = rtol},
                NULL);
    const bool seldom =
        fabs(rtol / 1e-8 - 1) > 1e-6; /* msadams is far behind */
    for (size_t k = 0; k < (seldom ? 3 : 4); k++)
      for (int blas = 0; blas < 2; blas++)
        measure(b,
                (run){.package = "GSL",
                      .method = gsl[k].name,
                      .rhs = blas ? "BLAS" : "plain",
                      .rtol = rtol},
                gsl[k].type);
  }
}

/* The fastest of a package with rtol (0: any) and no larger error. */
static const run *fastest(const bench *b, const char *package, double rtol,
                          double error) {
  const run *best = NULL;
  for (size_t i = 0; i < b->n_runs; i++) {
    const run *r = b->runs + i;
    if (strcmp(r->package, package) != 0 || r->error > error) continue;
    if (rtol > 0 && fabs(r->rtol / rtol - 1) > 1e-6) continue;
    if (best == NULL || r->seconds < best->seconds) best = r;
  }
  return best;
}

static void claim(const bench *b, FILE *out, const char *what, const run *ours,
                  const run *peer) {
  if (ours == NULL || peer == NULL) return;
  const double ratio = peer->seconds / ours->seconds;
  printf("  %s: %.2f times as fast: %s at rtol %.1e in %.4g ms a cell (error "
         "%.1e), GSL's %s with %s at %.1e in %.4g ms (%.1e)\n",
         what, ratio, ours->method, ours->rtol, 1e3 * ours->seconds,
         ours->error, peer->method, peer->rhs, peer->rtol, 1e3 * peer->seconds,
         peer->error);
  fprintf(out, "%zu,%s,%.4g,%g,%s,%s,%.3g,%.3g,%.6g,%s,%s,%.3g,%.3g,%.6g\n",
          b->side, what, ratio, b->side == 8 ? bar : NAN,
          b->side != 8   ? "not claimed"
          : ratio >= bar ? "yes"
                         : "no",
          ours->method, ours->rtol, ours->error, ours->seconds, peer->method,
          peer->rhs, peer->rtol, peer->error, peer->seconds);
}

static void write_runs(const bench *b, FILE *out) {
  for (size_t i = 0; i < b->n_runs; i++) {
    const run *r = b->runs + i;
    fprintf(out, "%zu,%zu,%s,%s,%s,%.3g,%.3g,%.6g,%.6g\n", b->side, b->cells,
            r->package, r->method, r->rhs, r->rtol, r->error, r->evaluations,
            r->seconds);
  }
  fflush(out);
}

/* At one tolerance, and at one error: what GSL reaches at it, lanes reach at
 * one of theirs, and the other way round. */
static void claims(const bench *b, FILE *out) {
  const double rtol = 1e-8;
  const run *ours = fastest(b, "eigenstep", rtol, INFINITY);
  const run *peer = fastest(b, "GSL", rtol, INFINITY);
  claim(b, out, "same rtol", ours, peer);
  if (peer != NULL)
    claim(b, out, "error of GSL's", fastest(b, "eigenstep", 0, peer->error),
          peer);
  if (ours != NULL)
    claim(b, out, "error of lanes'", ours, fastest(b, "GSL", 0, ours->error));
}

int main(int argc, char **argv) {
  const bool quick = argc > 1 && strcmp(argv[1], "--quick") == 0;
  static const size_t side[] = {8, 16, 32}, cells[] = {96, 32, 8};
  es_init();
  es_blas_threads(1);
  FILE *runs = bench_table("ensemble.csv", "n,cells,package,method,rhs,rtol,"
                                           "error,evaluations,seconds");
  FILE *ratios = bench_table("claims-ensemble.csv",
                             "n,at,ratio,needed,holds,simd,rtol,error,seconds,"
                             "method,rhs,peer_rtol,peer_error,peer_seconds");
  for (size_t k = 0; k < (quick ? 1 : 3); k++) {
    bench b;
    open_bench(&b, side[k], quick ? 8 : cells[k], quick ? 1 : 3);
    refer(&b);
    measure_all(&b, quick ? 1000 : k == 0 ? pow(10, .25) : 10);
    write_runs(&b, runs);
    claims(&b, ratios);
    close_bench(&b);
  }
  fclose(runs);
  fclose(ratios);
  return 0;
}
