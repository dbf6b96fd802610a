/* eigenstep ntk: the tangent kernel of a saved network on pairs of its data, as
 * ntk.h5 (docs/networks.md). Normalisation takes its running statistics; a
 * network that has not learned has none, and there those of all first views, of
 * all second ones and of all further images are taken, each apart. */
#include "cli/cli.h"
#include "cli/ntk_predicted.h"
#include "cli/saved.h"

#include "base/order.h"
#include "base/slab.h"
#include "config/provenance.h"
#include "file/atomic.h"
#include "file/h5.h"
#include "models/resnet/descent.h"
#include "ntk/features.h"
#include "ntk/held.h"
#include "ntk/tangent.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const es_key rows[] = {
    {"ntk", "n", ES_SIZE, 0, 1, 1e6, NULL, "pairs", "128",
     "pairs of the run's data, its first samples on draw 0"},
    {"ntk", "outputs", ES_SIZE, 0, 1, 1e6, NULL, "directions", NULL,
     "random orthonormal directions of the outputs; unset: every output"},
    {"ntk", "test", ES_SIZE, 0, 0, 1e6, NULL, "images", "0",
     "further samples, as they are, whose kernel with the pairs is K_test"},
    {"ntk", "precision", ES_CHOICE, 0, 0, 0, "double|single", NULL, "double",
     "of gradients; single takes half the time and is off by 1e-7 of K's "
     "largest numbers, and modes below 1e-7 times 2n of the first are lost"},
    {"ntk", "predicted", ES_CHOICE, 0, 0, 0, "auto|on|off", NULL, "auto",
     "embeddings that theory predicts at the run's end, of its eval pairs and "
     "of the test images; auto: where the run has train.predict=ntk"},
    {"ntk", "seed", ES_SIZE, 0, 0, 9007199254740992.0, NULL, NULL, "0",
     "of the random directions"},
};

const es_keys es_ntk_keys = {rows, sizeof rows / sizeof *rows};

es_status es_cli_configure_ntk(es_config **out, const char *target,
                               es_diag *diag) {
  (void)target;
  return es_config_new(out, &es_ntk_keys, 1, diag);
}

enum { VIEWS = 2, BATCH = 16 };

typedef struct work {
  const es_job *job;
  es_saved run;
  es_tangent_plan plan;
  es_tangent *tangent;
  size_t n, test, values, d, R;
  bool single, foresees;
  size_t *group;
  double *weight, *params, *buffers, *input;
  double *F, *K, *trace, *square, *pair, *modes, *mean;
  es_features features;
  es_held held;
  es_predicted predicted;
  es_slab slab;
  double started;
} work;

static es_status open_run(work *w, es_diag *diag) {
  const es_config *config = w->job->config;
  w->n = es_config_size(config, "ntk", "n");
  w->test = es_config_size(config, "ntk", "test");
  w->single = es_config_is(config, "ntk", "precision", "single");
  es_status status =
      es_saved_open(&w->run, w->job->target, es_dataset_open, BATCH, diag);
  if (status == ES_OK)
    status = es_predicted_wanted(&w->foresees, w->job, &w->run, diag);
  if (status != ES_OK) return status;
  const size_t count = es_dataset_count(w->run.set);
  if (w->n + w->test <= count) return ES_OK;
  return es_config_blame(config, "ntk", w->test > 0 ? "test" : "n", diag,
                         "the run's data have %zu samples, and %zu pairs with "
                         "%zu further images are wanted",
                         count, w->n, w->test);
}

/* Whether a norm has never seen a batch; false without norms. */
static bool is_new(const es_graph *g, const float *buffers) {
  for (size_t b = 0; b < g->n_buffers; b++)
    if (g->buffer[b].rank == 0) return buffers[g->buffer[b].offset] == 0;
  return false;
}

static es_status make_plan(work *w, es_diag *diag) {
  const es_network *network = es_frozen_network(w->run.frozen);
  const es_config *config = w->job->config;
  const size_t images = VIEWS * w->n + w->test;
  w->values = es_dataset_dim(w->run.set);
  w->d = network->embedding.size;
  w->plan =
      (es_tangent_plan){.graph = &network->graph,
                        .output = network->embedding.output,
                        .rows = images,
                        .columns = VIEWS * w->n,
                        .images = images,
                        .groups = VIEWS + 1,
                        .directions = es_config_size(config, "ntk", "outputs"),
                        .single = w->single,
                        .seed = es_config_size(config, "ntk", "seed")};
  if (w->plan.columns < w->d)
    return es_config_blame(config, "ntk", "n", diag,
                           "the network has %zu outputs, which take %zu pairs "
                           "or more",
                           w->d, (w->d + VIEWS - 1) / VIEWS);
  w->R = w->plan.directions > 0 ? w->plan.directions : w->d;
  if (w->R <= w->d) return ES_OK;
  return es_config_blame(config, "ntk", "outputs", diag,
                         "the network has %zu outputs, expected a whole number "
                         "in [1, %zu]",
                         w->d, w->d);
}

static es_status allocate(work *w, es_diag *diag) {
  const es_graph *g = w->plan.graph;
  const size_t images = w->plan.images, columns = w->plan.columns;
  const size_t sizes[] = {g->n_params,
                          g->param_size,
                          g->buffer_size,
                          es_size_product(images, w->values),
                          es_size_product(images, w->d),
                          es_size_product(images, columns),
                          w->R,
                          es_size_product(columns, columns),
                          w->n,
                          es_size_product(columns, columns),
                          columns};
  double **const to[] = {&w->weight, &w->params, &w->buffers, &w->input,
                         &w->F,      &w->K,      &w->trace,   &w->square,
                         &w->pair,   &w->modes,  &w->mean};
  enum { PIECES = sizeof sizes / sizeof *sizes };
  size_t more = 0;
  es_slab_add(&more, images, sizeof *w->group);
  const es_status status =
      es_slab_doubles(&w->slab, to, sizes, PIECES, more, diag);
  if (status == ES_OK)
    w->group = es_slab_take(&w->slab, images, sizeof *w->group);
  return status;
}

/* Rounded as the network takes them. */
static void take_images(work *w) {
  const double *mean = es_frozen_mean(w->run.frozen);
#pragma omp parallel for schedule(static)
  for (size_t i = 0; i < w->plan.images; i++) {
    double *x = w->input + i * w->values;
    w->group[i] = i / w->n < VIEWS ? i / w->n : VIEWS;
    if (w->group[i] < VIEWS)
      es_dataset_view(w->run.set, i % w->n, 0, (unsigned)w->group[i], x);
    else
      es_dataset_image(w->run.set, i - w->n, x);
    for (size_t j = 0; j < w->values; j++)
      x[j] = (double)(float)(x[j] - mean[j]);
  }
  for (size_t i = 0; i < w->n; i++) w->pair[i] = (double)i;
}

static void take_network(work *w) {
  const es_graph *g = w->plan.graph;
  const float *params = es_frozen_params(w->run.frozen);
  const float *buffers = es_frozen_buffers(w->run.frozen);
  for (size_t p = 0; p < g->n_params; p++)
    w->weight[p] =
        es_descent_ratio(es_frozen_network(w->run.frozen), w->run.config, p);
  for (size_t k = 0; k < g->param_size; k++) w->params[k] = (double)params[k];
  for (size_t k = 0; k < g->buffer_size; k++)
    w->buffers[k] = (double)buffers[k];
  w->plan.weight = w->weight;
  w->plan.group = is_new(g, buffers) ? w->group : NULL;
}

static es_status find_modes(work *w, es_diag *diag) {
  const size_t columns = w->plan.columns;
  memcpy(w->square, w->K, columns * columns * sizeof *w->K);
  es_status status = es_features_of_kernel(
      &w->features, w->n, w->square, w->single ? FLT_EPSILON : DBL_EPSILON,
      w->d, w->F, diag);
  const es_features *f = &w->features;
  if (status == ES_OK)
    status = es_held_new(&w->held, w->n, f->m, f->B, f->d, f->W, diag);
  if (status == ES_OK)
    es_held_functions(&w->held, columns, f->B, f->m, w->modes);
  return status;
}

/* H K H, H = I - 11^T/2n: the kernel of centred embeddings. */
static void centre(work *w) {
  const size_t N = w->plan.columns;
  double mean = 0, *row = w->mean;
  for (size_t i = 0; i < N; i++) {
    row[i] = 0;
    for (size_t j = 0; j < N; j++) row[i] += w->K[i * N + j] / (double)N;
    mean += row[i] / (double)N;
  }
  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j < N; j++)
      w->square[i * N + j] = w->K[i * N + j] - (row[i] + row[j] - mean);
}

static es_status compute(work *w, es_diag *diag) {
  es_status status = allocate(w, diag);
  if (status != ES_OK) return status;
  take_images(w);
  take_network(w);
  status = es_tangent_new(&w->tangent, &w->plan, diag);
  if (status == ES_OK)
    status = es_tangent_run(w->tangent, w->params, w->buffers, w->input, w->F,
                            w->K, w->trace, w->job->progress, diag);
  if (status == ES_OK) status = find_modes(w, diag);
  if (status != ES_OK) return status;
  centre(w);
  /* Its gradients make room for those of the prediction's kernel. */
  es_tangent_free(w->tangent);
  w->tangent = NULL;
  return w->foresees
             ? es_predicted_new(&w->predicted, w->job, &w->run, w->test,
                                w->input + w->plan.columns * w->values, diag)
             : ES_OK;
}

static es_status write_file(const work *w, const char *path, es_diag *diag) {
  const size_t columns = w->plan.columns, m = w->features.m;
  const es_predicted *p = &w->predicted;
  const struct {
    const char *name;
    const double *data;
    size_t dims[2], rank;
  } all[] = {{"/K", w->K, {columns, columns}, 2},
             {"/K_centred", w->square, {columns, columns}, 2},
             {"/gamma", w->held.gamma, {m, 0}, 1},
             {"/modes", w->modes, {columns, m}, 2},
             {"/pairs", w->pair, {w->n, 0}, 1},
             {"/embedding", w->F, {columns, w->d}, 2},
             {"/trace", w->trace, {w->R, 0}, 1},
             {"/predicted", p->F, {p->rows, p->d}, 2},
             {"/predicted_test", p->F_test, {p->test, p->d}, 2},
             {"/K_test", w->K + columns * columns, {w->test, columns}, 2},
             {"/embedding_test", w->F + columns * w->d, {w->test, w->d}, 2}};
  es_h5 *file;
  es_status status = es_h5_create(&file, path, diag);
  if (status != ES_OK) return status;
  for (size_t k = 0; status == ES_OK && k < sizeof all / sizeof *all; k++)
    if (all[k].data != NULL && all[k].dims[0] > 0)
      status = es_h5_write(file, all[k].name, all[k].data, all[k].dims,
                           all[k].rank, diag);
  if (status == ES_OK) return es_h5_commit(file, diag);
  es_h5_abandon(file);
  return status;
}

/* Settings and record are those of a folder of its own. */
static es_status write_record(const work *w, es_diag *diag) {
  const es_figure figures[] = {{"n", (double)w->n},
                               {"gamma_1", w->held.gamma[0]}};
  const es_summary summary = {.started = w->started,
                              .has_checksum = true,
                              .checksum = es_dataset_checksum(w->run.set),
                              .network = true,
                              .figures = figures,
                              .n_figures = sizeof figures / sizeof *figures};
  if (w->job->dir == NULL) return ES_OK;
  return es_cli_write_record(w->job, &summary, diag);
}

static es_status write_out(const work *w, es_diag *diag) {
  const char *dir = w->job->dir != NULL ? w->job->dir : w->job->target;
  es_status status = es_cli_take_dir(w->job, diag);
  if (status != ES_OK) return status;
  char *path = es_file_join(dir, "ntk.h5");
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  status = write_file(w, path, diag);
  free(path);
  return status == ES_OK ? write_record(w, diag) : status;
}

static void say_spread(const work *w) {
  char line[160];
  double least = INFINITY, most = 0;
  for (size_t r = 0; r < w->R; r++) {
    least = fmin(least, w->trace[r]);
    most = fmax(most, w->trace[r]);
  }
  snprintf(line, sizeof line,
           "traces of the %zu %s' own kernels differ by a factor of %.3g", w->R,
           w->plan.directions > 0 ? "directions" : "outputs", most / least);
  w->job->say(w->job, line);
}

enum { SLICE = 24, SLICE_DIRECTIONS = 2 };

/* The kernel of `pairs` pairs in `directions` directions. */
static void cut(work *slice, const work *w, size_t pairs, size_t directions) {
  *slice = (work){.job = w->job,
                  .run = w->run,
                  .plan = w->plan,
                  .n = pairs,
                  .values = w->values,
                  .d = w->d,
                  .R = directions};
  slice->plan.rows = slice->plan.columns = slice->plan.images = VIEWS * pairs;
  slice->plan.directions = directions;
}

static es_status time_slice(double *out, const work *w, size_t pairs,
                            size_t directions, es_diag *diag) {
  work s;
  cut(&s, w, pairs, directions);
  es_status status = allocate(&s, diag);
  if (status == ES_OK) {
    take_images(&s);
    take_network(&s);
    status = es_tangent_new(&s.tangent, &s.plan, diag);
  }
  const double begun = es_seconds();
  if (status == ES_OK)
    status = es_tangent_run(s.tangent, s.params, s.buffers, s.input, s.F, s.K,
                            s.trace, NULL, diag);
  *out = es_seconds() - begun;
  es_tangent_free(s.tangent);
  es_slab_close(&s.slab);
  return status;
}

/* Of two slices, one of half the pairs: a direction takes an image's way back,
 * and products of all images with the pairs. */
static es_status find_seconds(double *out, const work *w, es_diag *diag) {
  const size_t pairs = es_least(w->n, SLICE), half = (pairs + 1) / 2;
  const size_t directions = es_least(w->R, SLICE_DIRECTIONS);
  double small, large;
  es_status status = time_slice(&small, w, half, directions, diag);
  if (status == ES_OK) status = time_slice(&large, w, pairs, directions, diag);
  if (status != ES_OK) return status;
  const double ratio = (double)half / (double)pairs;
  /* small = back ratio + gram ratio², large = back + gram */
  const double more = ratio < 1 ? (large - small / ratio) / (1 - ratio) : 0;
  const double gram = fmin(large, fmax(0, more)), back = large - gram;
  const double images = (double)w->plan.images / (double)(VIEWS * pairs);
  *out = (back * images + gram * images * (double)w->n / (double)pairs) *
         (double)w->R / (double)directions;
  return ES_OK;
}

/* Settings, and what the kernel will take. */
static es_status rehearse(work *w, es_diag *diag) {
  char line[96];
  double seconds;
  size_t bytes;
  es_status status = find_seconds(&seconds, w, diag);
  if (status == ES_OK) status = es_tangent_bytes(&bytes, &w->plan, diag);
  if (status != ES_OK) return status;
  snprintf(line, sizeof line,
           "the kernel takes about %.2g s and %.3g GB of memory", seconds,
           (double)bytes / 1e9);
  w->job->say(w->job, line);
  return es_config_write(w->job->config, stdout, diag);
}

es_status es_cmd_ntk(const es_job *job, es_diag *diag) {
  work w = {.job = job, .started = es_seconds()};
  es_status status = open_run(&w, diag);
  if (status == ES_OK) status = make_plan(&w, diag);
  if (status == ES_OK && job->dry_run)
    status = rehearse(&w, diag);
  else if (status == ES_OK) {
    status = compute(&w, diag);
    if (status == ES_OK) status = write_out(&w, diag);
    if (status == ES_OK) say_spread(&w);
  }
  es_predicted_free(&w.predicted);
  es_tangent_free(w.tangent);
  es_held_free(&w.held);
  es_features_free(&w.features);
  es_saved_close(&w.run);
  es_slab_close(&w.slab);
  return status;
}
