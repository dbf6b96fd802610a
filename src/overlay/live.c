/* What families do alike while a network trains: see live.h. */
#include "overlay/live.h"

#include "file/csv.h"
#include "ntk/held.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double most_relative_fresh = .3;

es_kernel_kind es_live_kernel(const es_config *config) {
  return es_config_is(config, "train", "predict", "ntk") ? ES_KERNEL_NTK
                                                         : ES_KERNEL_CONJUGATE;
}

es_status es_live_settle_rate(const es_live_run *run, double gamma_1,
                              es_diag *diag) {
  const es_config *config = run->config;
  double relative = es_config_real(config, "train", "lr_relative");
  if (!es_config_has(config, "train", "lr_relative")) return ES_OK;
  if (!(gamma_1 > 0))
    return es_config_blame(config, "train", "lr_relative", diag,
                           "the kernel at the start has no positive "
                           "eigenvalue, expected train.lr instead");
  if (es_config_is(config, "data", "pairs", "fresh") &&
      relative > most_relative_fresh) {
    run->say(run->context, "train.lr_relative is taken as 0.3, the most with "
                           "data.pairs=fresh");
    relative = most_relative_fresh;
  }
  es_trainer_set_rate(run->trainer, relative / (4 * gamma_1));
  return ES_OK;
}

es_status es_live_measure_rate(const es_live_run *run, es_diag *diag) {
  es_features f = {0};
  es_held kernel = {0};
  if (!es_config_has(run->config, "train", "lr_relative")) return ES_OK;
  es_status status = es_features_measure(&f, es_live_kernel(run->config),
                                         run->trainer, run->config, diag);
  if (status == ES_OK)
    status = es_held_new(&kernel, f.n, f.m, f.B, f.d, f.W, diag);
  if (status == ES_OK) {
    *run->gamma_1 = kernel.gamma[0];
    status = es_live_settle_rate(run, kernel.gamma[0], diag);
  }
  es_held_free(&kernel);
  es_features_free(&f);
  return status;
}

/* Fowler, Noll and Vo's FNV-1a. */
static uint64_t mix(uint64_t hash, const void *bytes, size_t n) {
  const unsigned char *byte = bytes;
  for (size_t i = 0; i < n; i++) hash = (hash ^ byte[i]) * 0x100000001b3u;
  return hash;
}

/* The lines of two sections of a config.yaml in memory. */
static uint64_t mix_sections(uint64_t hash, const char *text) {
  bool inside = false;
  while (*text != '\0') {
    const size_t n = strcspn(text, "\n");
    if (*text != ' ')
      inside =
          strncmp(text, "data:", 5) == 0 || strncmp(text, "augment:", 8) == 0;
    if (inside) hash = mix(hash, text, n);
    text += text[n] == '\0' ? n : n + 1;
  }
  return hash;
}

es_status es_live_pairs(double *out, const es_live_run *run, es_diag *diag) {
  char *text;
  size_t size;
  const es_status status = es_config_render(&text, &size, run->config, diag);
  if (status == ES_OK) {
    const uint64_t sum = es_dataset_checksum(
                       es_pairs_set(es_trainer_pairs(run->trainer))),
                   n = es_trainer_eval_n(run->trainer);
    uint64_t hash = mix(0xcbf29ce484222325u, &sum, sizeof sum);
    hash = mix_sections(mix(hash, &n, sizeof n), text);
    *out = (double)(hash >> 11);
  }
  free(text);
  return status;
}

size_t es_live_horizon(const es_trainer *trainer) {
  const uint64_t most = 2000000, steps = es_trainer_steps(trainer);
  return (size_t)(steps < most / 2 ? 2 * steps + 1000 : most);
}

es_status es_live_table(const char *path, const char *const *names, size_t n,
                        const double *rows, size_t n_rows, es_diag *diag) {
  es_csv csv;
  es_status status = es_csv_open(&csv, path, NULL, diag);
  if (status != ES_OK) return status;
  status = es_csv_header(&csv, names, n, diag);
  for (size_t i = 0; status == ES_OK && i < n_rows; i++)
    status = es_csv_row(&csv, rows + i * n, n, diag);
  return es_csv_end(&csv, status, diag);
}
