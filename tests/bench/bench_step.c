/* Seconds of one training step beside PyTorch's, measured by turns: the network
 * forward on both views, the covariance loss, backward, descent, on a batch
 * that is there; and the whole step of the trainer, which draws the views as
 * well. First the fast engine's gradient is held against the plain loops in
 * double; exits 1 without timing anything where they disagree. */
#include "tests/bench/record.h"
#include "tests/bench/step_convs.h"

#include "base/progress.h"
#include "models/resnet/method.h"
#include "models/resnet/trainer.h"
#include "net/engine.h"
#include "net/optimizer.h"
#include "plot/process.h"

#include <math.h>
#include <unistd.h>

enum { ROUNDS = 3, VIEWS = 2 };

typedef struct setting {
  size_t depth, width, channels, side, pairs, steps; /* steps of a round */
} setting;

static const setting settings[] = {
    {18, 8, 1, 28, 256, 4}, {18, 16, 1, 28, 256, 3}, {18, 64, 3, 32, 64, 2}};
enum { SETTINGS = sizeof settings / sizeof *settings };

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

/* As the trainer's, for images of any number of channels. */
static es_network network_of(const setting *s) {
  es_encoder encoder = {.width = s->width,
                        .norm = true,
                        .channels = s->channels,
                        .side = s->side,
                        .dim = 10};
  es_network out;
  es_diag diag = {0};
  for (size_t k = 0; k < ES_STAGES; k++)
    encoder.stages[k] = s->depth == 10 ? 1 : 2;
  stop_at(es_network_new(&out, &encoder, &diag), &diag);
  return out;
}

/* A network with all that a step needs, apart from the trainer. */
typedef struct rig {
  const es_engine *engine;
  const es_network *network;
  void *net, *loss;
  size_t values; /* numbers of the embedding */
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

static rig rig_of(const es_engine *engine, const es_network *w, size_t pairs) {
  const es_node *image = &w->graph.node[0];
  const size_t images = VIEWS * pairs * es_node_size(image);
  float *start = room(w->graph.param_size, sizeof *start);
  es_diag diag = {0};
  rig r = {.engine = engine, .network = w};
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
  es_network_start(w, 1, 0, start, r.buffers);
  memset(r.buffers, 0, w->graph.buffer_size * sizeof(double));
  for (size_t k = 0; k < w->graph.param_size; k++)
    put(&r, r.params, k, (double)start[k]);
  free(start);
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
static bool agrees(const es_network *t) {
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

static double time_network(rig *r, size_t steps) {
  double best = INFINITY;
  es_optimizer *sgd;
  es_diag diag = {0};
  stop_at(es_optimizer_new(&sgd, &r->network->graph, ES_RULE_SGD, 0, &diag),
          &diag);
  for (size_t k = 0; k < steps; k++) {
    const double begun = es_seconds();
    gradient_of(r);
    if (!es_optimizer_step(sgd, r->params, r->gradient, 1e-4, 1 + k)) exit(1);
    best = fmin(best, es_seconds() - begun);
  }
  es_optimizer_free(sgd);
  return best;
}

/* NaN without one: pictures in colour would have to be downloaded. */
static double time_trainer(es_trainer *t, size_t steps) {
  double best = INFINITY;
  es_diag diag = {0};
  if (t == NULL) return NAN;
  for (size_t k = 0; k < steps; k++) {
    const double begun = es_seconds();
    stop_at(es_trainer_step(t, &diag), &diag);
    best = fmin(best, es_seconds() - begun);
  }
  return best;
}

/* What a process of its own says: the seconds of a step, and its memory in kB
 * before there was a network and at its peak. NaN where it cannot. */
typedef struct account {
  double seconds, base, peak;
} account;

static account account_of(char *const argv[]) {
  char out[4096] = "";
  account a = {NAN, NAN, NAN};
  int code;
  if (es_process_run(argv, NULL, out, sizeof out, &code, NULL) != ES_OK)
    return a;
  if (code != 0 && code != 77) fprintf(stderr, "%s: %s\n", argv[0], out);
  if (code != 0 ||
      sscanf(out, "%lf %lf %lf", &a.seconds, &a.base, &a.peak) != 3)
    a = (account){NAN, NAN, NAN};
  return a;
}

/* The better of two: the shorter time, the larger memory. */
static account merge(account a, account b) {
  return (account){fmin(a.seconds, b.seconds), fmin(a.base, b.base),
                   fmax(a.peak, b.peak)};
}

static account torch_of(const setting *s, size_t threads, char *layout) {
  char word[7][24];
  const size_t numbers[7] = {s->depth, s->width, s->channels, s->side,
                             s->pairs, threads,  s->steps};
  for (int k = 0; k < 7; k++)
    snprintf(word[k], sizeof *word, "%zu", numbers[k]);
  char python[] = "/usr/bin/python3", quiet[] = "-B",
       script[] = "tests/bench/step_torch.py";
  char *const argv[] = {python,  quiet,   script,  word[0], word[1], word[2],
                        word[3], word[4], word[5], word[6], layout,  NULL};
  return account_of(argv);
}

/* The line of /proc/self/status that begins so, in kB. */
static double memory_now(const char *name) {
  char line[256];
  double kB = NAN;
  FILE *file = fopen("/proc/self/status", "r");
  while (file != NULL && fgets(line, sizeof line, file) != NULL)
    if (strncmp(line, name, strlen(name)) == 0) kB = atof(line + strlen(name));
  if (file != NULL) fclose(file);
  return kB;
}

/* This program with the number of a setting: steps, and its account. */
static int steps_alone(const setting *s) {
  const double base = memory_now("VmRSS:");
  es_network network = network_of(s);
  rig r = rig_of(es_engine_fastest(), &network, s->pairs);
  const double seconds = time_network(&r, 2);
  printf("%.6f %.0f %.0f\n", seconds, base, memory_now("VmHWM:"));
  rig_close(&r);
  es_network_free(&network);
  return 0;
}

static account alone_of(size_t k) {
  char self[] = "/proc/self/exe", path[512], word[24];
  const ssize_t n = readlink(self, path, sizeof path - 1);
  path[n < 0 ? 0 : n] = '\0';
  snprintf(word, sizeof word, "%zu", k);
  char *const argv[] = {path, word, NULL};
  return account_of(argv);
}

typedef struct result {
  double ours, whole, convs;
  account alone, plain, last; /* PyTorch's two layouts */
} result;

static result measure(const setting *s, size_t number, size_t threads) {
  es_config *config = NULL;
  es_network network = network_of(s);
  if (!agrees(&network)) exit(1);
  rig r = rig_of(es_engine_fastest(), &network, s->pairs);
  es_trainer *t = s->channels == 1 ? trainer_of(s, &config) : NULL;
  step_convs *convs = step_convs_open(&network.graph, VIEWS * s->pairs);
  char contiguous[] = "contiguous", channels_last[] = "channels_last";
  const account none = {NAN, NAN, NAN};
  result m = {INFINITY, INFINITY, INFINITY, none, none, none};
  m.alone = alone_of(number);
  for (int k = 0; k < ROUNDS; k++) {
    m.ours = fmin(m.ours, time_network(&r, s->steps));
    m.convs = fmin(m.convs, step_convs_time(convs, (int)s->steps));
    m.plain = merge(m.plain, torch_of(s, threads, contiguous));
    m.ours = fmin(m.ours, time_network(&r, s->steps));
    m.convs = fmin(m.convs, step_convs_time(convs, (int)s->steps));
    m.last = merge(m.last, torch_of(s, threads, channels_last));
    m.whole = fmin(m.whole, time_trainer(t, s->steps));
  }
  step_convs_close(convs);
  rig_close(&r);
  es_trainer_free(t);
  es_config_free(config);
  es_network_free(&network);
  return m;
}

static void show(const setting *s, size_t threads, const result *m, FILE *csv) {
  const double share = m->convs / m->ours;
  const double better = fmin(m->plain.seconds, m->last.seconds) / m->ours;
  const double plain = m->plain.seconds / m->ours;
  /* The layout that needs less is PyTorch's. */
  const double theirs = fmin(m->plain.peak, m->last.peak);
  const double grown =
      fmin(m->plain.peak - m->plain.base, m->last.peak - m->last.base);
  const double own = m->alone.peak - m->alone.base;
  printf("ResNet-%zu width %zu, %zux%zux%zu, %zu pairs\n"
         "  step %.1f ms (with views %.1f), convolutions alone %.1f: %.2f\n"
         "  PyTorch %.1f, channels last %.1f: %.2f of default, %.2f of better\n"
         "  peak MB %.0f of %.0f: %.2f; over what a process has without %.0f "
         "of %.0f: %.2f\n",
         s->depth, s->width, s->channels, s->side, s->side, s->pairs,
         1e3 * m->ours, 1e3 * m->whole, 1e3 * m->convs, share,
         1e3 * m->plain.seconds, 1e3 * m->last.seconds, plain, better,
         m->alone.peak / 1024, theirs / 1024, m->alone.peak / theirs,
         own / 1024, grown / 1024, own / grown);
  fflush(stdout);
  fprintf(csv,
          "ResNet-%zu,%zu,%zux%zux%zu,%zu,%zu,%.1f,%.1f,%.1f,%.2f,%.1f,%.1f,"
          "%.2f,%.2f,%.0f,%.0f,%.2f,%.0f,%.0f,%.2f\n",
          s->depth, s->width, s->channels, s->side, s->side, s->pairs, threads,
          1e3 * m->ours, 1e3 * m->whole, 1e3 * m->convs, share,
          1e3 * m->plain.seconds, 1e3 * m->last.seconds, plain, better,
          m->alone.peak / 1024, theirs / 1024, m->alone.peak / theirs,
          own / 1024, grown / 1024, own / grown);
}

int main(int argc, char **argv) {
  const char *asked = getenv("OMP_NUM_THREADS");
  const size_t threads =
      asked != NULL && atoi(asked) > 0 ? (size_t)atoi(asked) : 2;
  es_blas_threads(threads);
  if (argc == 2) {
    const size_t k = (size_t)atoi(argv[1]);
    return k < SETTINGS ? steps_alone(&settings[k]) : 2;
  }
  printf("A training step, the best of %d rounds by turns; %zu threads\n",
         ROUNDS, threads);
  FILE *csv = bench_table(
      "step.csv", "network,width,image,pairs,threads,ours,whole,convolutions,"
                  "share,PyTorch,PyTorch channels-last,than default,"
                  "than better,peak MB,PyTorch's,ratio,grown MB,"
                  "PyTorch's grown,ratio grown");
  for (size_t k = 0; k < SETTINGS; k++) {
    const result m = measure(&settings[k], k, threads);
    show(&settings[k], threads, &m, csv);
  }
  fclose(csv);
  return 0;
}
