/* Seconds of one training step beside PyTorch's, measured by turns: the network
 * forward on both views, the covariance loss, backward, descent, on a batch
 * that is there; and the whole step of the trainer, which draws the views as
 * well. First the fast engine's gradient is held against the plain loops in
 * double; exits 1 without timing anything where they disagree. */
#include "tests/bench/record.h"

#include "base/progress.h"
#include "models/resnet/method.h"
#include "models/resnet/trainer.h"
#include "net/engine.h"
#include "net/optimizer.h"
#include "plot/process.h"

#include <math.h>

enum { ROUNDS = 3, STEPS = 8, VIEWS = 2 };

typedef struct setting {
  size_t depth, width, side, pairs;
} setting;

static const setting settings[] = {
    {10, 8, 14, 256}, {10, 8, 28, 256}, {18, 16, 28, 128}};
enum { SETTINGS = sizeof settings / sizeof *settings };

static void stop_at(es_status status, const es_diag *diag) {
  if (status == ES_OK) return;
  fprintf(stderr, "bench_step: %s\n", diag->message);
  exit(1);
}

static es_trainer *trainer_of(const setting *s, es_config **config) {
  const es_keys sets[] = {es_train_keys, es_data_keys};
  char words[6][48];
  es_diag diag = {0};
  es_trainer *out;
  stop_at(es_config_new(config, sets, 2, &diag), &diag);
  snprintf(words[0], sizeof *words, "net.depth=%zu", s->depth);
  snprintf(words[1], sizeof *words, "net.width=%zu", s->width);
  snprintf(words[2], sizeof *words, "data.size=%zu", s->side);
  snprintf(words[3], sizeof *words, "train.batch=%zu", s->pairs);
  snprintf(words[4], sizeof *words, "data.n=%zu", 2 * s->pairs);
  snprintf(words[5], sizeof *words, "train.lr=0.0001");
  for (int k = 0; k < 6; k++)
    stop_at(es_config_set(*config, words[k], &diag), &diag);
  stop_at(es_train_settle(*config, &diag), &diag);
  stop_at(es_trainer_new(&out, *config, NULL, &diag), &diag);
  return out;
}

/* A network with all that a step needs, apart from the trainer. */
typedef struct rig {
  const es_engine *engine;
  const es_network *network;
  void *net, *loss;
  size_t n, values; /* pairs; numbers of the embedding */
  void *params, *gradient, *back, *input;
  float *buffers;
  double *z, *dz;
} rig;

static void *room(size_t n, size_t size) {
  void *out = calloc(n + 16, size);
  if (out == NULL) exit(1);
  return out;
}

static void put(const rig *r, void *to, size_t k, double value) {
  if (r->engine->real == sizeof(double))
    ((double *)to)[k] = value;
  else
    ((float *)to)[k] = (float)value;
}

static double take(const rig *r, const void *from, size_t k) {
  return r->engine->real == sizeof(double) ? ((const double *)from)[k]
                                           : (double)((const float *)from)[k];
}

static rig rig_of(const es_engine *engine, const es_trainer *t, size_t pairs) {
  const es_network *w = es_trainer_network(t);
  const es_node *image = &w->graph.node[0];
  const size_t images = VIEWS * pairs * es_node_size(image);
  es_diag diag = {0};
  rig r = {.engine = engine, .network = w, .n = pairs};
  r.values = VIEWS * pairs * w->embedding.size;
  stop_at(engine->open(&r.net, &w->graph, VIEWS * pairs, VIEWS, true, &diag),
          &diag);
  stop_at(
      es_loss_covariance.open(&r.loss, pairs, w->embedding.size, NULL, &diag),
      &diag);
  r.params = room(w->graph.param_size, engine->real);
  r.gradient = room(w->graph.param_size, engine->real);
  r.buffers = room(w->graph.buffer_size, sizeof(double));
  r.input = room(images, engine->real);
  r.back = room(r.values, engine->real);
  r.z = room(r.values, sizeof(double));
  r.dz = room(r.values, sizeof(double));
  for (size_t k = 0; k < w->graph.param_size; k++)
    put(&r, r.params, k, (double)es_trainer_params(t)[k]);
  for (size_t k = 0; k < images; k++)
    put(&r, r.input, k, (double)(float)(.5 + .5 * sin((double)(k * k % 7919))));
  return r;
}

static void rig_close(rig *r) {
  r->engine->close(r->net);
  es_loss_covariance.close(r->loss);
  void *const all[] = {r->params, r->gradient, r->buffers, r->input,
                       r->back,   r->z,        r->dz};
  for (size_t k = 0; k < sizeof all / sizeof *all; k++) free(all[k]);
}

static void gradient_of(rig *r) {
  const void *outer[4] = {NULL};
  const size_t tap = r->network->embedding.output;
  es_diag diag = {0};
  stop_at(r->engine->forward(r->net, ES_PASS_TRAIN, r->params, r->buffers,
                             r->input, &diag),
          &diag);
  const void *z = r->engine->output(r->net, tap);
  for (size_t k = 0; k < r->values; k++) r->z[k] = take(r, z, k);
  es_loss_covariance.value(r->loss, r->z, NULL, r->dz, NULL);
  for (size_t k = 0; k < r->values; k++) put(r, r->back, k, r->dz[k]);
  outer[tap] = r->back;
  stop_at(r->engine->backward(r->net, r->params, outer, r->gradient, &diag),
          &diag);
}

/* Distance of the gradients, relative: a thousand times float's roundoff, which
 * the norms of ten layers multiply, is far under 1e-3; a wrong sign is 2. */
static bool agrees(const es_trainer *t) {
  enum { FEW = 4 };
  rig fast = rig_of(es_engine_fastest(), t, FEW);
  rig plain = rig_of(&es_engine_reference_double, t, FEW);
  double apart = 0, size = 0;
  gradient_of(&fast);
  gradient_of(&plain);
  for (size_t k = 0; k < fast.network->graph.param_size; k++) {
    const double g = take(&plain, plain.gradient, k);
    const double e = take(&fast, fast.gradient, k) - g;
    apart += e * e;
    size += g * g;
  }
  rig_close(&fast);
  rig_close(&plain);
  const bool good = apart <= 1e-6 * size;
  if (!good) fprintf(stderr, "bench_step: gradients differ\n");
  return good;
}

static double time_network(rig *r) {
  double best = INFINITY;
  es_optimizer *sgd;
  es_diag diag = {0};
  stop_at(es_optimizer_new(&sgd, &r->network->graph, ES_RULE_SGD, 0, &diag),
          &diag);
  for (int k = 0; k < STEPS; k++) {
    const double begun = es_seconds();
    gradient_of(r);
    if (!es_optimizer_step(sgd, r->params, r->gradient, 1e-4, 1 + (uint64_t)k))
      exit(1);
    best = fmin(best, es_seconds() - begun);
  }
  es_optimizer_free(sgd);
  return best;
}

static double time_trainer(es_trainer *t) {
  double best = INFINITY;
  es_diag diag = {0};
  for (int k = 0; k < STEPS; k++) {
    const double begun = es_seconds();
    stop_at(es_trainer_step(t, &diag), &diag);
    best = fmin(best, es_seconds() - begun);
  }
  return best;
}

/* NaN where PyTorch is not there. */
static double time_torch(const setting *s, size_t threads, const char *layout) {
  char words[5][24], out[4096] = "";
  const size_t numbers[5] = {s->depth, s->width, s->side, s->pairs, threads};
  for (int k = 0; k < 5; k++)
    snprintf(words[k], sizeof *words, "%zu", numbers[k]);
  char python[] = "/usr/bin/python3", quiet[] = "-B",
       script[] = "tests/bench/step_torch.py", format[24];
  snprintf(format, sizeof format, "%s", layout);
  char *const argv[] = {python,   quiet,    script,   words[0], words[1],
                        words[2], words[3], words[4], format,   NULL};
  int code;
  const es_status status =
      es_process_run(argv, NULL, out, sizeof out, &code, NULL);
  return status == ES_OK && code == 0 ? atof(out) : NAN;
}

static void bench(const setting *s, size_t threads, FILE *csv) {
  es_config *config;
  es_trainer *t = trainer_of(s, &config);
  if (!agrees(t)) exit(1);
  rig r = rig_of(es_engine_fastest(), t, s->pairs);
  double ours = INFINITY, whole = INFINITY, plain = NAN, last = NAN;
  for (int k = 0; k < ROUNDS; k++) {
    ours = fmin(ours, time_network(&r));
    plain = fmin(plain, time_torch(s, threads, "contiguous"));
    whole = fmin(whole, time_trainer(t));
    last = fmin(last, time_torch(s, threads, "channels_last"));
  }
  printf("ResNet-%-3zu %6zu %5zu %6zu %9.2f %9.2f %9.2f %9.2f %7.2f %9.0f\n",
         s->depth, s->width, s->side, s->pairs, 1e3 * ours, 1e3 * whole,
         1e3 * plain, 1e3 * last, fmin(plain, last) / ours,
         (double)(VIEWS * s->pairs) / ours);
  fflush(stdout);
  fprintf(csv, "ResNet-%zu,%zu,%zu,%zu,%zu,%.2f,%.2f,%.2f,%.2f,%.2f\n",
          s->depth, s->width, s->side, s->pairs, threads, 1e3 * ours,
          1e3 * whole, 1e3 * plain, 1e3 * last, fmin(plain, last) / ours);
  rig_close(&r);
  es_trainer_free(t);
  es_config_free(config);
}

int main(void) {
  const char *asked = getenv("OMP_NUM_THREADS");
  const size_t threads =
      asked != NULL && atoi(asked) > 0 ? (size_t)atoi(asked) : 2;
  es_blas_threads(threads);
  printf("A training step, milliseconds, best of %d rounds of %d; %zu threads\n"
         "(whole: with the views drawn; torch: contiguous, channels last)\n"
         "%-10s %6s %5s %6s %9s %9s %9s %9s %7s %9s\n",
         ROUNDS, STEPS, threads, "network", "width", "side", "pairs", "ours",
         "whole", "torch", "torch cl", "ratio", "images/s");
  FILE *csv = bench_table("step.csv", "network,width,side,pairs,threads,ours,"
                                      "whole,PyTorch,PyTorch channels-last,"
                                      "times faster");
  for (int k = 0; k < SETTINGS; k++) bench(&settings[k], threads, csv);
  fclose(csv);
  return 0;
}
