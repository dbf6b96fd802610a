/* Seconds and memory of the moments of Fashion-MNIST's 60,000 training images,
 * after the first 500 images drawn were held against the definitions. Exits 1
 * without timing anything where those disagree. */
#include "tests/bench/record.h"

#include "base/progress.h"
#include "data/moments.h"

#include <math.h>
#include <omp.h>
#include <sys/resource.h>

enum { ROUNDS = 3 };

static es_status open_set(es_dataset **set, const char *n, es_diag *diag) {
  es_config *config = NULL;
  es_status status = es_config_new(&config, &es_data_keys, 1, diag);
  if (status == ES_OK && n != NULL) status = es_config_set(config, n, diag);
  if (status == ES_OK) status = es_dataset_open(set, config, diag);
  es_config_free(config);
  return status;
}

/* Largest departure of Gamma and Sigma from their definition, entry by entry
 * in long double, relative to the norm of Sigma. xs, ys: m×n views. */
static double departure(const es_moments *got, const double *xs,
                        const double *ys) {
  const size_t n = got->n, m = got->m;
  double worst = 0;
#pragma omp parallel for schedule(dynamic) reduction(max : worst)
  for (size_t k = 0; k < m * m; k++) {
    long double gamma = 0, sigma = 0;
    for (size_t p = 0; p < n; p++) {
      const double *x = xs + p * m, *y = ys + p * m;
      const size_t i = k % m, j = k / m;
      gamma += (long double)x[i] * y[j] + (long double)y[i] * x[j];
      sigma += (long double)x[i] * x[j] + (long double)y[i] * y[j];
    }
    const double g = (double)(gamma / (2 * (long double)n)) - got->Gamma[k];
    const double s = (double)(sigma / (2 * (long double)n)) - got->Sigma[k];
    const double d = fmax(fabs(g), fabs(s));
    /* Not fmax: a NaN must not pass. */
    if (!(d <= worst)) worst = isnan(d) ? INFINITY : d;
  }
  return worst / es_norm(m * m, got->Sigma);
}

static es_status verify(double *worst, es_diag *diag) {
  es_dataset *set = NULL;
  es_moments got = {0};
  es_status status = open_set(&set, "data.n=500", diag);
  if (status == ES_OK) status = es_moments_new(&got, set, false, NULL, diag);
  double *x = calloc(2 * got.n * got.m + 1, sizeof *x);
  if (status == ES_OK && x == NULL)
    status = es_fail(diag, ES_NO_MEMORY, "no memory for the views");
  if (status == ES_OK) {
    double *y = x + got.n * got.m;
    for (size_t i = 0; i < got.n; i++)
      es_dataset_pair(set, i, 0, x + i * got.m, y + i * got.m);
    *worst = departure(&got, x, y);
  }
  free(x);
  es_moments_free(&got);
  es_dataset_free(set);
  return status;
}

static es_status run_pairs(const es_dataset *set, es_diag *diag) {
  es_moments moments;
  const es_status status = es_moments_new(&moments, set, false, NULL, diag);
  if (status == ES_OK) es_moments_free(&moments);
  return status;
}

static es_status run_views(const es_dataset *set, es_diag *diag) {
  es_view_moments moments;
  const es_status status =
      es_view_moments_new(&moments, set, 8, false, NULL, diag);
  if (status == ES_OK) es_view_moments_free(&moments);
  return status;
}

static es_status best_of(double *best,
                         es_status (*run)(const es_dataset *, es_diag *),
                         const es_dataset *set, es_diag *diag) {
  es_status status = ES_OK;
  *best = INFINITY;
  for (int round = 0; status == ES_OK && round < ROUNDS; round++) {
    const double start = es_seconds();
    status = run(set, diag);
    *best = fmin(*best, es_seconds() - start);
  }
  return status;
}

static double peak_megabytes(void) {
  struct rusage usage = {0};
  getrusage(RUSAGE_SELF, &usage);
  return (double)usage.ru_maxrss * 1024e-6;
}

static es_status measure(FILE *csv, es_diag *diag) {
  es_dataset *set = NULL;
  double seconds;
  const double start = es_seconds();
  es_status status = open_set(&set, NULL, diag);
  if (status != ES_OK) return status;
  printf("%zu images read in %.3f s\n", es_dataset_count(set),
         es_seconds() - start);
  status = best_of(&seconds, run_pairs, set, diag);
  if (status == ES_OK) {
    printf("Gamma, Sigma, mean: best of %d %.3f s, peak %.0f MB\n", ROUNDS,
           seconds, peak_megabytes());
    fprintf(csv, "\"Gamma, Sigma, mean\",%d,%.3f,%.0f\n", omp_get_max_threads(),
            seconds, peak_megabytes());
    status = best_of(&seconds, run_views, set, diag);
  }
  if (status == ES_OK) {
    printf("X, X', C, A, 8 views: best of %d %.3f s, peak %.0f MB\n", ROUNDS,
           seconds, peak_megabytes());
    fprintf(csv, "\"X, X', C, A from 8 views\",%d,%.3f,%.0f\n",
            omp_get_max_threads(), seconds, peak_megabytes());
  }
  es_dataset_free(set);
  return status;
}

int main(void) {
  es_diag diag = {0};
  double worst = INFINITY;
  char cpu[128];
  printf("CPU: %s\nthreads: %d\n", bench_cpu(cpu, sizeof cpu),
         omp_get_max_threads());
  es_status status = verify(&worst, &diag);
  if (status == ES_OK) {
    printf("500 images against the definition: %.2g of the norm\n", worst);
    if (!(worst <= 1e-13)) return 1;
    FILE *csv = bench_table("moments.csv", "moments,threads,seconds,peak MB");
    status = measure(csv, &diag);
    fclose(csv);
  }
  if (status != ES_OK) fprintf(stderr, "%s\n", diag.message);
  return status == ES_OK ? 0 : 1;
}
