/* Images a second of a network's step, forward of two views and backward, by
 * the fastest engine, beside the same step in PyTorch (step_torch.py) with its
 * default layout and with channels last: rounds alternate, best of each. First
 * the engine is held against the double reference; exits 1 without timing
 * anything where they disagree. Argument: number of rounds. */
#include "tests/net/rounding.h"

#include "base/progress.h"

#include <omp.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

typedef struct network {
  const char *name;
  size_t width, blocks, batch;
} network;

static const network networks[] = {{"ResNet-10 width 8", 8, 1, 512},
                                   {"ResNet-18 width 16", 16, 2, 256}};

static void build(es_graph *g, const network *n, size_t side) {
  char name[48];
  size_t x = es_graph_input(g, 1, side, side);
  x = es_graph_conv(g, x, "conv1", n->width, 3, 1, 1);
  x = es_graph_relu(g, es_graph_norm(g, x, "bn1"));
  for (size_t s = 0; s < 4; s++)
    for (size_t b = 0; b < n->blocks; b++) {
      snprintf(name, sizeof name, "layer%zu.%zu", s + 1, b);
      x = nets_block(g, x, name, n->width << s, s > 0 && b == 0 ? 2 : 1);
    }
  es_graph_output(g, es_graph_mean_pool(g, x));
}

static bool verify(const es_engine *engine, const network *n) {
  bool held = false;
  es_graph g = {0};
  build(&g, n, 10);
  for (uint64_t seed = 1; seed <= 10 && !held; seed++)
    held = rounding_check(engine,
                          &(rounding_case){.graph = &g,
                                           .batch = 6,
                                           .groups = 2,
                                           .seed = seed,
                                           .threads = omp_get_max_threads()});
  es_graph_free(&g);
  return held;
}

/* PyTorch behind two pipes; pid 0: there is none. */
typedef struct peer {
  pid_t pid;
  FILE *ask, *answer;
} peer;

static const char script[] = "tests/bench/step_torch.py";

static void peer_start(peer *p) {
  int ask[2], answer[2];
  char threads[16], line[64] = "";
  snprintf(threads, sizeof threads, "%d", omp_get_max_threads());
  char *const words[] = {"/usr/bin/python3", (char *)(uintptr_t)script, threads,
                         NULL};
  posix_spawn_file_actions_t actions;
  *p = (peer){0};
  if (access(script, R_OK) != 0 || pipe(ask) != 0) return;
  if (pipe(answer) != 0) return;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ask[0], 0);
  posix_spawn_file_actions_adddup2(&actions, answer[1], 1);
  posix_spawn_file_actions_addclose(&actions, ask[1]);
  posix_spawn_file_actions_addclose(&actions, answer[0]);
  const int failed =
      posix_spawn(&p->pid, words[0], &actions, NULL, words, environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ask[0]);
  close(answer[1]);
  p->ask = fdopen(ask[1], "w");
  p->answer = fdopen(answer[0], "r");
  if (failed != 0) p->pid = 0;
  if (p->pid == 0 || fgets(line, sizeof line, p->answer) == NULL ||
      strncmp(line, "torch ", 6) != 0)
    p->pid = 0;
  else
    printf("PyTorch: %s", line + 6);
}

/* Seconds of one step; infinite without an answer. */
static double peer_step(const peer *p, const network *n, const char *format) {
  char line[64];
  if (p->pid == 0) return INFINITY;
  fprintf(p->ask, "%zu %zu %zu %s\n", n->width, n->blocks, n->batch, format);
  fflush(p->ask);
  if (fgets(line, sizeof line, p->answer) == NULL) return INFINITY;
  const double seconds = strtod(line, NULL);
  return seconds > 0 ? seconds : INFINITY;
}

static void peer_stop(const peer *p) {
  if (p->ask != NULL) fclose(p->ask);
  if (p->answer != NULL) fclose(p->answer);
  if (p->pid != 0) waitpid(p->pid, NULL, 0);
}

typedef struct instance {
  const es_engine *engine;
  void *self, *params, *buffers, *input, *coef, *gradient;
} instance;

static double step(const instance *i) {
  es_diag diag = {0};
  const void *coef[1] = {i->coef};
  const double start = es_seconds();
  es_status status = i->engine->forward(i->self, ES_PASS_TRAIN, i->params,
                                        i->buffers, i->input, &diag);
  if (status == ES_OK)
    status = i->engine->backward(i->self, i->params, coef, i->gradient, &diag);
  if (status == ES_OK) return es_seconds() - start;
  fprintf(stderr, "%s\n", diag.message);
  exit(1);
}

static void compare(const network *n, const instance *i, const peer *p,
                    int rounds) {
  double best = INFINITY, plain = INFINITY, last = INFINITY;
  step(i);
  for (int round = 0; round < rounds; round++) {
    best = fmin(best, fmin(step(i), step(i)));
    plain = fmin(plain, peer_step(p, n, "default"));
    last = fmin(last, peer_step(p, n, "channels_last"));
  }
  printf("%-18s %5zu %6.0f %8.1f %9.0f", n->name, n->batch,
         (double)i->engine->memory(i->self) * 1e-6, best * 1e3,
         (double)n->batch / best);
  if (p->pid != 0)
    printf(" %9.0f %6.2f %9.0f %6.2f", (double)n->batch / plain, plain / best,
           (double)n->batch / last, last / best);
  printf("\n");
  fflush(stdout);
}

static void measure(const es_engine *engine, const network *n, const peer *p,
                    int rounds) {
  es_graph g = {0};
  nets_case c;
  es_diag diag = {0};
  build(&g, n, 28);
  nets_open(&c, &g, n->batch, 2, 1);
  instance i = {.engine = engine,
                .params = nets_to(engine, c.params, g.param_size),
                .buffers = nets_to(engine, c.buffers, g.buffer_size),
                .input = nets_to(engine, c.input, n->batch * 28 * 28),
                .coef = nets_to(engine, c.coef[0], nets_values(&c, 0)),
                .gradient = nets_to(engine, c.gradient, g.param_size)};
  assert_ok(engine->open(&i.self, &g, n->batch, 2, true, &diag), diag);
  compare(n, &i, p, rounds);
  engine->close(i.self);
  free(i.params);
  free(i.buffers);
  free(i.input);
  free(i.coef);
  free(i.gradient);
  nets_close(&c);
  es_graph_free(&g);
}

int main(int argc, char **argv) {
  const es_engine *engine = es_engine_fastest();
  const int rounds = argc > 1 ? atoi(argv[1]) : 10;
  char version[16];
  peer torch;
  signal(SIGPIPE, SIG_IGN);
  printf("engine: %s %s, threads: %d\n", engine->name,
         es_engine_onednn_version(version, sizeof version),
         omp_get_max_threads());
  for (size_t k = 0; k < sizeof networks / sizeof *networks; k++)
    if (!verify(engine, &networks[k])) {
      fprintf(stderr, "%s: not verified\n", networks[k].name);
      return 1;
    }
  printf("both networks agree with the double reference to rounding\n");
  fflush(stdout);
  peer_start(&torch);
  if (torch.pid == 0) printf("PyTorch is missing: no ratios\n");
  printf("%-18s %5s %6s %8s %9s%s\n", "28×28, two views", "batch", "MB",
         "ms/step", "images/s",
         torch.pid == 0 ? "" : "   PyTorch  ratio ch. last  ratio");
  for (size_t k = 0; k < sizeof networks / sizeof *networks; k++)
    measure(engine, &networks[k], &torch, rounds);
  peer_stop(&torch);
  return 0;
}
