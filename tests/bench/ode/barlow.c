/* Generic-start linear Barlow Twins in the eigenbasis of Gamma (theory.md 1):
 * small, on a made spectrum; large, on Fashion-MNIST. Spectrum and start go to
 * files, from which every run opens a model of its own, and SciPy its arrays.
 */
#include "tests/bench/ode/ode.h"

#include "data/data.h"
#include "file/array.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double small_rtol[] = {1e-4, 1e-6, 1e-8, 1e-10, 1e-12};
static const double large_rtol[] = {1e-6, 1e-8, 1e-9, 1e-10};
/* SciPy and SUNDIALS judge a step by the root mean square over all components,
 * most of which rest: what moves may be wrong by many times rtol. That is an
 * answer of low accuracy, and shown as one, not a wrong one. */
static const double rough = 1e6;
enum { SMALL_D = 8, SMALL_M = 64 };

static es_status open_with(es_instance *out, const char *const *words, size_t n,
                           es_diag *diag) {
  const es_keys sets[] = {*es_model_barlow_twins.keys, es_flow_keys,
                          es_data_keys};
  es_config *config = NULL;
  es_status status = es_config_new(&config, sets, 3, diag);
  for (size_t i = 0; status == ES_OK && i < n; i++)
    status = es_config_set(config, words[i], diag);
  if (status == ES_OK)
    status = es_instance_open(out, &es_model_barlow_twins, config, NULL, diag);
  es_config_free(config);
  return status;
}

void problem_open(es_instance *out, const problem *p) {
  const char *const words[] = {p->gamma_word, p->W0_word};
  es_diag diag = {0};
  bench_stop(open_with(out, words, 2, &diag), &diag);
}

const char *problem_auto(const problem *p, char *name, size_t size) {
  const es_keys sets[] = {*es_model_barlow_twins.keys, es_flow_keys};
  char time[48];
  const char *const words[] = {p->gamma_word, p->W0_word, time};
  es_config *config = NULL;
  es_flow *flow = NULL;
  es_diag diag = {0};
  if (p->d == 0) return NULL;
  snprintf(time, sizeof time, "time.t=%.17g", p->times[p->n_times - 1]);
  bench_stop(es_config_new(&config, sets, 2, &diag), &diag);
  for (size_t i = 0; i < 3; i++)
    bench_stop(es_config_set(config, words[i], &diag), &diag);
  bench_stop(es_flow_new(&flow, &es_model_barlow_twins, config, NULL, &diag),
             &diag);
  snprintf(name, size, "%s", es_flow_method(flow));
  es_flow_free(flow);
  es_config_free(config);
  return name;
}

/* Rises and falls of one half apart, and an eighth below zero: a finite
 * sample's Gamma is indefinite. */
static void made_spectrum(double gamma[SMALL_M]) {
  enum { POSITIVE = SMALL_M - SMALL_M / 8 };
  for (int j = 0; j < SMALL_M; j++)
    gamma[j] = j < POSITIVE ? exp(-.4 * j) + 1e-4 * (POSITIVE - j)
                            : -1e-4 * (j - POSITIVE + 1);
}

static const double *array_of(const es_instance *i, const char *dataset) {
  es_model_array a;
  for (size_t j = 0; (a = es_instance_array(i, j)).dataset != NULL; j++)
    if (strcmp(a.dataset, dataset) == 0) return a.data;
  return NULL;
}

static void write_npy(char *word, size_t size, const char *key,
                      const char *folder, const problem *p, const double *data,
                      size_t rows, size_t cols) {
  char path[256];
  es_diag diag = {0};
  snprintf(path, sizeof path, "%s/%s-%s.npy", folder, p->name, key);
  bench_stop(es_npy_write(path, data, rows, cols, &diag), &diag);
  snprintf(word, size, "model.%s=file:%s", key, path);
}

/* Spectrum and start of a model that was opened anyhow, to files. */
static void write_model(problem *p, const es_instance *from,
                        const char *folder) {
  const double *gamma = array_of(from, "/gamma"), *Z0 = array_of(from, "/Z0");
  const size_t d = p->d, m = p->n_state / d;
  double *rows = bench_room(d * m, sizeof *rows);
  for (size_t i = 0; i < d; i++)
    for (size_t j = 0; j < m; j++) rows[i * m + j] = Z0[i + j * d];
  write_npy(p->gamma_word, sizeof p->gamma_word, "gamma", folder, p, gamma, m,
            1);
  write_npy(p->W0_word, sizeof p->W0_word, "W0", folder, p, rows, d, m);
  memcpy(p->gamma, gamma, m * sizeof *gamma);
  free(rows);
}

static es_status open_source(es_instance *out, bool large, const char *folder,
                             es_diag *diag) {
  static const char *const images[] = {
      "data.n=500",          "data.center=on",        "model.d=64",
      "model.init=gaussian", "model.init_scale=1e-6", "model.seed=1"};
  if (large)
    return open_with(out, images, sizeof images / sizeof *images, diag);
  double gamma[SMALL_M];
  char word[320];
  const problem named = {.name = "made"};
  made_spectrum(gamma);
  write_npy(word, sizeof word, "gamma", folder, &named, gamma, SMALL_M, 1);
  const char *const made[] = {word, "model.d=8", "model.init=gaussian",
                              "model.init_scale=1e-4", "model.seed=1"};
  return open_with(out, made, sizeof made / sizeof *made, diag);
}

static void settle(problem *p, double t_end) {
  es_model_shape *shape = &p->instance.shape;
  const size_t m = p->n_state / p->d;
  es_diag diag = {0};
  p->n = shape->n;
  if (p->n != p->n_state) {
    fprintf(stderr, "bench_ode: %s has columns at rest\n", p->name);
    exit(1);
  }
  problem_room(p);
  es_instance_start(&p->instance, p->start, p->scale);
  for (size_t k = 0; k < p->n_times; k++)
    p->times[k] = t_end * (double)(k + 1) / (double)p->n_times;
  p->rhs = p->instance.model->rhs;
  if (!p->large) p->jacobian = p->instance.model->jacobian;
  bench_stop(es_congruence_new(&p->eigen, p->d, m, &diag), &diag);
}

bool problem_barlow(problem *p, bool large, const char *folder) {
  es_instance source = {0};
  es_diag diag = {0};
  *p = (problem){.name = large ? "barlow-784" : "barlow-64",
                 .title = large ? "Barlow Twins, Fashion-MNIST, d=64, m=784"
                                : "Barlow Twins, a made spectrum, d=8, m=64",
                 .cells = 1,
                 .n_times = 20,
                 .wrong = rough,
                 .large = large,
                 .cap = large ? 90 : 10,
                 .rtol = large ? large_rtol : small_rtol,
                 .n_rtols = large ? 4 : 5};
  const es_status status = open_source(&source, large, folder, &diag);
  if (status == ES_FILE_MISSING) {
    printf("%s is left out: %s\n", p->name, diag.message);
    return false;
  }
  bench_stop(status, &diag);
  p->d = large ? 64 : SMALL_D;
  p->n_state = es_instance_states(&source);
  p->gamma = bench_room(p->n_state / p->d, sizeof *p->gamma);
  const double t_end = 1.2 * source.shape.t_last;
  write_model(p, &source, folder);
  es_instance_close(&source);
  problem_open(&p->instance, p);
  settle(p, t_end);
  return true;
}

void problem_state(const problem *p, void *self, const double *y, double *out) {
  if (self == NULL)
    memcpy(out, y, p->n * sizeof *y);
  else
    p->instance.model->state(self, y, out);
}

bool problem_observe(const problem *p, const double *state, double *lambda) {
  const size_t d = p->d;
  if (d == 0) return false;
  const size_t m = p->n_state / d;
  double *Z = bench_room(d * m, sizeof *Z);
  for (size_t i = 0; i < d; i++)
    for (size_t j = 0; j < m; j++) Z[i + j * d] = state[i * m + j];
  const es_status status =
      es_congruence_factored(p->eigen, Z, p->gamma, lambda);
  free(Z);
  return status == ES_OK;
}
