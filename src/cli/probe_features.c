/* Features of a frozen network: see probe.h. */
#include "cli/probe.h"
#include "cli/saved.h"

#include "base/slab.h"
#include "metrics/components.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 256 };

typedef struct work {
  const es_job *job;
  es_saved run; /* with its test images */
  es_dataset *train;
  bool embedding; /* the layer */
  size_t d;
  es_probe_features *out;
} work;

static es_status open_run(work *w, es_diag *diag) {
  const es_config *config = w->job->config;
  const size_t n = es_config_size(config, "probe", "n_train");
  es_status status =
      es_saved_open(&w->run, w->job->target, es_dataset_open_test, BATCH, diag);
  if (status == ES_OK)
    status = es_saved_data(&w->run, &w->train, es_dataset_open_train, diag);
  if (status != ES_OK) return status;
  const size_t count = es_dataset_count(w->train);
  if (n > count)
    return es_config_blame(config, "probe", "n_train", diag,
                           "there are %zu training images, expected a whole "
                           "number in [1, %zu]",
                           count, count);
  w->out->checksum = es_dataset_checksum(w->train);
  return es_dataset_choose(w->train, n == 0 ? count : n, diag);
}

static es_status allocate(es_probe_set *set, size_t n, size_t d,
                          es_diag *diag) {
  set->x = es_zeroed(n, d, sizeof *set->x);
  set->label = es_zeroed(n, 1, sizeof *set->label);
  return set->x != NULL && set->label != NULL
             ? ES_OK
             : es_fail(diag, ES_NO_MEMORY,
                       "no memory for %zu features of %zu images", d, n);
}

/* before: images of the sets before this one; all: of both. */
static es_status compute(work *w, const es_dataset *set, es_probe_set *out,
                         size_t before, size_t all, es_diag *diag) {
  const size_t n = es_dataset_count(set);
  es_status status = allocate(out, n, w->d, diag);
  for (size_t i = 0; status == ES_OK && i < n; i += BATCH) {
    const size_t count = n - i < BATCH ? n - i : BATCH;
    float *x = out->x + i * w->d;
    es_progress_report(w->job->progress, "features", (double)(before + i),
                       (double)all);
    if (es_progress_stopping(w->job->progress))
      return es_fail(diag, ES_INTERRUPTED, "interrupted");
    status =
        es_frozen_pass(w->run.frozen, set, i, count, NULL,
                       w->embedding ? NULL : x, w->embedding ? x : NULL, diag);
    for (size_t k = i; k < i + count; k++)
      out->label[k] = es_dataset_label(set, k);
  }
  out->samples = (es_labelled){n, w->d, out->x, out->label};
  return status;
}

static bool is_count(double x) { return x == floor(x); }

/* probe.modes: K, the first K; or J,K, from J to K. */
static es_status choose_modes(work *w, es_diag *diag) {
  size_t n;
  const es_config *config = w->job->config;
  const double *modes = es_config_list(config, "probe", "modes", &n);
  if (modes == NULL) return ES_OK;
  const double last = modes[n - 1], first = n == 2 ? modes[0] : 1;
  if (n > 2 || !is_count(first) || !is_count(last) || last > (double)w->d)
    return es_config_blame(
        config, "probe", "modes", diag,
        "expected K, the first K principal components, or "
        "J,K, components J to K (J,J: one), of whole numbers "
        "up to %zu, the features of the %s",
        w->d, w->embedding ? "embedding" : "representation");
  w->out->from = (size_t)first;
  w->out->to = (size_t)last;
  return ES_OK;
}

static es_status project(es_probe_set *set, const es_components *components,
                         size_t from, size_t to, es_diag *diag) {
  const size_t n = set->samples.n, width = to - from + 1;
  float *out = es_zeroed(n, width, sizeof *out);
  if (out == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_components_of(components, out, n, set->x, from, to);
  free(set->x);
  set->x = out;
  set->samples.x = out;
  set->samples.d = width;
  return ES_OK;
}

static es_status take_components(work *w, es_diag *diag) {
  es_probe_features *out = w->out;
  es_components *components;
  if (out->to == 0) return ES_OK;
  es_status status = es_components_new(&components, out->train.samples.n, w->d,
                                       out->train.x, diag);
  if (status == ES_OK)
    status = project(&out->train, components, out->from, out->to, diag);
  if (status == ES_OK)
    status = project(&out->test, components, out->from, out->to, diag);
  es_components_free(components);
  return status;
}

static es_status make(work *w, es_diag *diag) {
  const char *layer = es_config_text(w->job->config, "probe", "layer");
  es_status status = open_run(w, diag);
  if (status != ES_OK) return status;
  const es_network *network = es_frozen_network(w->run.frozen);
  const size_t train = es_dataset_count(w->train);
  const size_t all = train + es_dataset_count(w->run.set);
  w->embedding = strcmp(layer, "embedding") == 0;
  w->d = w->embedding ? network->embedding.size : network->representation.size;
  status = choose_modes(w, diag);
  if (status == ES_OK)
    status = compute(w, w->train, &w->out->train, 0, all, diag);
  if (status == ES_OK)
    status = compute(w, w->run.set, &w->out->test, train, all, diag);
  return status == ES_OK ? take_components(w, diag) : status;
}

es_status es_probe_features_of(es_probe_features *out, const es_job *job,
                               es_diag *diag) {
  work w = {.job = job, .out = out};
  *out = (es_probe_features){0};
  const es_status status = make(&w, diag);
  es_dataset_free(w.train);
  es_saved_close(&w.run);
  return status;
}

static void free_set(es_probe_set *set) {
  free(set->x);
  free(set->label);
}

void es_probe_features_free(es_probe_features *features) {
  free_set(&features->train);
  free_set(&features->test);
  *features = (es_probe_features){0};
}
