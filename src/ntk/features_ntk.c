/* The tangent kernel of a trainer's network on its eval pairs, as features: see
 * features.h. Normalised as es_trainer_measure does, by the statistics of
 * train.batch pairs at a time, held constant; the pairs that fill up the last
 * batch only enter those. Further images are normalised by their own. */
#include "ntk/features_own.h"

#include "models/resnet/descent.h"
#include "ntk/tangent.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { VIEWS = 2 };

typedef struct work {
  const es_network *network;
  const float *pixels; /* as es_trainer_eval_images gives them */
  size_t n, batch, passes, values, further;
  const double *more; /* further × values */
  es_tangent_plan plan;
  es_tangent *tangent;
  size_t *group;  /* images */
  double *weight; /* n_params */
  double *params; /* param_size */
  double *input;  /* images × values */
  double *K, *F;  /* rows×2n, rows×d: further images behind the pairs */
  double *trace;  /* of each output */
  es_slab planned, slab; /* group and weight; the rest */
} work;

/* Sizes, and the plan but for its arrays. */
static void size_up(work *w, const es_network *network, size_t n, size_t batch,
                    size_t further) {
  w->network = network;
  w->n = n;
  w->batch = batch;
  w->passes = (n + batch - 1) / batch;
  w->values = es_node_size(&network->graph.node[0]);
  const bool norm = es_graph_normalises(&network->graph);
  const size_t pairs = VIEWS * w->n;
  w->further = further;
  w->plan = (es_tangent_plan){
      .graph = &network->graph,
      .output = network->embedding.output,
      .rows = pairs + further,
      .columns = pairs,
      .images = further + (norm ? VIEWS * w->batch * w->passes : pairs),
      .groups = VIEWS * w->passes + (further > 0)};
}

/* Room for the plan's arrays, with the weights. */
static es_status complete_plan(work *w, const es_config *config,
                               es_diag *diag) {
  const size_t n = w->network->graph.n_params, images = w->plan.images;
  double **const to[] = {&w->weight};
  size_t more = 0;
  es_slab_add(&more, images, sizeof *w->group);
  const es_status status = es_slab_doubles(&w->planned, to, &n, 1, more, diag);
  if (status != ES_OK) return status;
  w->plan.group = w->group =
      es_slab_take(&w->planned, images, sizeof *w->group);
  w->plan.weight = w->weight;
  for (size_t p = 0; p < n; p++)
    w->weight[p] = es_descent_ratio(w->network, config, p);
  return ES_OK;
}

static es_status allocate(work *w, es_diag *diag) {
  const size_t rows = w->plan.rows, d = w->network->embedding.size;
  const size_t sizes[] = {
      w->network->graph.param_size, es_size_product(w->plan.images, w->values),
      es_size_product(rows, w->plan.columns), es_size_product(rows, d), d};
  double **const to[] = {&w->params, &w->input, &w->K, &w->F, &w->trace};
  enum { PIECES = sizeof sizes / sizeof *sizes };
  return es_slab_doubles(&w->slab, to, sizes, PIECES, 0, diag);
}

static void close_work(work *w) {
  es_tangent_free(w->tangent);
  es_slab_close(&w->planned);
  es_slab_close(&w->slab);
}

/* What the kernel's own work takes, and what holds it and its images. */
static es_status count_bytes(double *out, const work *w, es_diag *diag) {
  size_t bytes;
  const es_status status = es_tangent_bytes(&bytes, &w->plan, diag);
  const double numbers = (double)w->plan.rows * (double)w->plan.columns +
                         (double)w->plan.images * (double)w->values;
  *out = (double)bytes + numbers * sizeof(double);
  return status;
}

/* Eval rows to their places, further images behind them, then what fills up. */
static void order_images(work *w) {
  const size_t pairs = w->plan.columns;
  size_t behind = w->plan.rows;
  for (size_t i = 0; i < w->further; i++)
    w->group[pairs + i] = VIEWS * w->passes;
  if (w->further > 0)
    memcpy(w->input + pairs * w->values, w->more,
           w->further * w->values * sizeof *w->input);
  for (size_t k = 0; k < w->passes; k++)
    for (size_t v = 0; v < VIEWS; v++)
      for (size_t j = 0; j < w->batch; j++) {
        const size_t pair = k * w->batch + j;
        const size_t from = (k * VIEWS + v) * w->batch + j;
        if (pair >= w->n && behind >= w->plan.images) continue;
        const size_t to = pair < w->n ? v * w->n + pair : behind++;
        w->group[to] = k * VIEWS + v;
        for (size_t i = 0; i < w->values; i++)
          w->input[to * w->values + i] =
              (double)w->pixels[from * w->values + i];
      }
}

static es_status check_memory(const work *w, const es_config *config,
                              es_diag *diag) {
  double bytes;
  const es_status status = count_bytes(&bytes, w, diag);
  if (status != ES_OK || bytes < es_machine_bytes()) return status;
  return es_config_blame(config, "train", "eval_n", diag,
                         "the tangent kernel of %zu pairs takes %.3g GB, and "
                         "this machine has %.3g GB",
                         w->n, bytes / 1e9, es_machine_bytes() / 1e9);
}

static es_status find_kernel(work *w, es_trainer *trainer,
                             const es_config *config, es_diag *diag) {
  const size_t size = w->network->graph.param_size;
  const float *params = es_trainer_params(trainer);
  es_status status = complete_plan(w, config, diag);
  if (status == ES_OK) status = check_memory(w, config, diag);
  if (status == ES_OK) status = allocate(w, diag);
  if (status == ES_OK) status = es_tangent_new(&w->tangent, &w->plan, diag);
  if (status != ES_OK) return status;
  for (size_t k = 0; k < size; k++) w->params[k] = (double)params[k];
  order_images(w);
  return es_tangent_run(w->tangent, w->params, NULL, w->input,
                        w->further > 0 ? w->F : NULL, w->K, w->trace, NULL,
                        diag);
}

static double spread_of(const double *trace, size_t n) {
  double least = INFINITY, most = 0;
  for (size_t k = 0; k < n; k++) {
    least = fmin(least, trace[k]);
    most = fmax(most, trace[k]);
  }
  return most / least;
}

static es_status measure(work *w, es_features *f, es_trainer *trainer,
                         const es_config *config, size_t further,
                         es_diag *diag) {
  size_t passes;
  size_up(w, es_trainer_network(trainer), es_trainer_eval_n(trainer),
          es_pairs_batch(es_trainer_pairs(trainer)), further);
  w->pixels = es_trainer_eval_images(trainer, &passes);
  es_status status = find_kernel(w, trainer, config, diag);
  /* Beside further images' both are in double. */
  if (status == ES_OK && further == 0)
    status = es_trainer_measure(trainer, NULL, NULL, w->F, NULL, diag);
  if (status == ES_OK)
    status =
        es_features_of_kernel(f, w->n, w->K, DBL_EPSILON, f->d, w->F, diag);
  if (status != ES_OK) return status;
  f->spread = spread_of(w->trace, f->d);
  if (f->m >= f->d) return ES_OK;
  return es_config_blame(config, "method", "dim", diag,
                         "the tangent kernel of these pairs moves %zu "
                         "directions, and theory needs a whole number in "
                         "[1, %zu]",
                         f->m, f->m);
}

es_status es_features_tangent(es_features *f, es_trainer *trainer,
                              const es_config *config, es_diag *diag) {
  work w = {0};
  const es_status status = measure(&w, f, trainer, config, 0, diag);
  close_work(&w);
  return status;
}

es_status es_features_reach(es_features *out, es_trainer *trainer,
                            const es_config *config, size_t further,
                            const double *images, double *B, double *F,
                            es_diag *diag) {
  const size_t rows = VIEWS * es_trainer_eval_n(trainer);
  const size_t d = es_trainer_network(trainer)->embedding.size;
  work w = {.more = images};
  *out = (es_features){.n = rows / VIEWS, .d = d};
  es_status status = measure(&w, out, trainer, config, further, diag);
  if (status == ES_OK && further > 0) {
    memcpy(F, w.F + rows * d, further * d * sizeof *F);
    status = es_features_extend(out, further, w.K + rows * rows, B, diag);
  }
  if (status != ES_OK) es_features_free(out);
  close_work(&w);
  return status;
}

es_status es_features_bytes(double *out, const es_network *network,
                            size_t eval_n, size_t batch, es_diag *diag) {
  work w = {0};
  size_up(&w, network, eval_n, batch, 0);
  return count_bytes(out, &w, diag);
}
