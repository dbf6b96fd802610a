/* Our residual networks against torchvision's: both take parameters and images
 * from one HDF5 file, which this program writes with its results and compare.py
 * reads. What must agree, and how closely, stands there.
 *
 * Two computations of a network differ by rounding alone, but the derivative of
 * relu jumps at 0, and that of max-pooling where two values are equal. An
 * activation that rounds to the other side of such a kink changes gradients by
 * a thousand times their rounding error, in PyTorch as here. So the networks
 * keep away from them: kinks.h shifts biases, and where there is pooling the
 * seed is the first one, from 0, with which no activation is nearer to a kink
 * than two of PyTorch's largest errors there (compare.py prints the distance).
 */
#include "tests/file/temp.h"
#include "tests/torch/kinks.h"
#include "tests/torch/python.h"

#include "base/random.h"
#include "file/h5.h"
#include "models/resnet/encoder.h"
#include "models/resnet/loss.h"
#include "net/engine.h"
#include "net/params.h"

enum { DIM = 8, OUTPUTS = 4 };

typedef struct torch_case {
  const es_engine *engine;
  size_t blocks, width, channels, side; /* blocks in each of the four stages */
  size_t pairs, groups;
  uint64_t seed;
  size_t bottleneck; /* its width, in a ResNet-50; 0: basic blocks */
} torch_case;

typedef struct torch_run {
  torch_case c;
  size_t images;
  es_network network;
  float *params, *buffers, *gradient, *input, *dz, *external;
  void *net;
  es_h5 *file;
} torch_run;

static float *numbers(size_t n) {
  float *x = aligned_alloc(64, (n * sizeof *x / 64 + 1) * 64);
  assert_non_null(x);
  memset(x, 0, n * sizeof *x);
  return x;
}

static void draw(float *x, size_t n, uint64_t seed, uint32_t stream,
                 double mean, double spread) {
  for (size_t i = 0; i < n; i++)
    x[i] = (float)(mean +
                   spread * es_random_normal(seed, ES_STREAM_USER + stream, i));
}

/* es_network_start, but with norms away from 1 and 0: each number matters. */
static void start(torch_run *r) {
  const es_graph *g = &r->network.graph;
  const uint64_t seed = r->c.seed;
  es_network_start(&r->network, 0, 0, r->params, r->buffers);
  for (uint32_t k = 0; k < g->n_params; k++) {
    const es_tensor *t = &g->param[k];
    float *x = r->params + t->offset;
    if (t->rank == 1) draw(x, t->size, seed, k, x[0], .3);
  }
  for (uint32_t k = 0; k < g->n_buffers; k++) {
    const es_tensor *t = &g->buffer[k];
    float *x = r->buffers + t->offset;
    if (t->rank == 1) draw(x, t->size, seed, 1000 + k, x[0], .1);
  }
  const size_t pixels = r->images * es_node_size(&g->node[0]);
  const size_t n = r->images * r->network.representation.size;
  draw(r->input, pixels, seed, 2000, 0, 1);
  draw(r->external, n, seed, 2001, 0, 1 / sqrt((double)n));
  kinks_avoid(g, r->c.engine, r->images, r->c.groups, r->params, r->buffers,
              r->input);
}

static void run_open(torch_run *r, const torch_case *c, const char *path) {
  es_diag diag = {0};
  es_encoder encoder = {.arch = ES_ARCH_RESNET,
                        .width = c->width,
                        .norm = true,
                        .channels = c->channels,
                        .side = c->side,
                        .dim = DIM};
  static const size_t fifty[ES_STAGES] = {3, 4, 6, 3};
  encoder.bottleneck = c->bottleneck > 0;
  encoder.bottleneck_width = c->bottleneck;
  for (size_t s = 0; s < ES_STAGES; s++)
    encoder.stages[s] = encoder.bottleneck ? fifty[s] : c->blocks;
  *r = (torch_run){.c = *c, .images = 2 * c->pairs};
  assert_ok(es_network_new(&r->network, &encoder, &diag), diag);
  const es_graph *g = &r->network.graph;
  r->params = numbers(g->param_size);
  r->gradient = numbers(g->param_size);
  r->buffers = numbers(g->buffer_size);
  r->input = numbers(r->images * es_node_size(&g->node[0]));
  r->dz = numbers(r->images * DIM);
  r->external = numbers(r->images * r->network.representation.size);
  start(r);
  assert_ok(c->engine->open(&r->net, g, r->images, c->groups, true, &diag),
            diag);
  assert_ok(es_h5_create(&r->file, path, &diag), diag);
}

static void run_close(torch_run *r) {
  es_diag diag = {0};
  assert_ok(es_h5_commit(r->file, &diag), diag);
  r->c.engine->close(r->net);
  es_network_free(&r->network);
  free(r->params);
  free(r->gradient);
  free(r->buffers);
  free(r->input);
  free(r->dz);
  free(r->external);
}

static void put_array(torch_run *r, const char *name, const float *x,
                      size_t values) {
  const size_t dims[2] = {r->images, values};
  es_diag diag = {0};
  assert_ok(es_h5_write_float(r->file, name, x, dims, 2, &diag), diag);
}

static void put_tensors(torch_run *r, const char *group, const es_tensor *t,
                        size_t n, const float *flat) {
  char name[96];
  es_diag diag = {0};
  for (size_t k = 0; k < n; k++) {
    snprintf(name, sizeof name, "/%s/%s", group, t[k].name);
    assert_ok(es_h5_write_float(r->file, name, flat + t[k].offset, t[k].dims,
                                t[k].rank, &diag),
              diag);
  }
}

static void put_start(torch_run *r) {
  const es_graph *g = &r->network.graph;
  const es_node *image = &g->node[0];
  const size_t dims[4] = {r->images, image->channels, image->height,
                          image->width};
  const double groups = (double)r->c.groups;
  es_diag diag = {0};
  assert_ok(es_params_write(g, r->params, r->buffers, r->file, &diag), diag);
  assert_ok(es_h5_write(r->file, "/groups", &groups, NULL, 0, &diag), diag);
  assert_ok(es_h5_write_float(r->file, "/input", r->input, dims, 4, &diag),
            diag);
  put_array(r, "/external", r->external, r->network.representation.size);
}

static void forward(torch_run *r, es_pass pass) {
  es_diag diag = {0};
  assert_ok(r->c.engine->forward(r->net, pass, r->params, r->buffers, r->input,
                                 &diag),
            diag);
}

static void put_outputs(torch_run *r, const char *group) {
  char name[48];
  const es_tap taps[2] = {r->network.representation, r->network.embedding};
  for (size_t k = 0; k < 2; k++) {
    snprintf(name, sizeof name, "/%s/%s", group,
             k == 0 ? "representation" : "embedding");
    put_array(r, name, r->c.engine->output(r->net, taps[k].output),
              taps[k].size);
  }
}

static void backward(torch_run *r, es_tap tap, const float *by_output,
                     const char *group) {
  const es_graph *g = &r->network.graph;
  const void *gradient[OUTPUTS] = {NULL};
  es_diag diag = {0};
  gradient[tap.output] = by_output;
  assert_ok(
      r->c.engine->backward(r->net, r->params, gradient, r->gradient, &diag),
      diag);
  put_tensors(r, group, g->param, g->n_params, r->gradient);
}

/* The loss of the embeddings of the last forward, and its derivative. */
static void covariance(torch_run *r) {
  const es_loss *l = &es_loss_covariance;
  const float *z = r->c.engine->output(r->net, r->network.embedding.output);
  const size_t n = r->images * DIM;
  double *wide = calloc(2 * n, sizeof *wide);
  void *loss;
  es_diag diag = {0};
  assert_non_null(wide);
  assert_ok(l->open(&loss, r->c.pairs, DIM, NULL, &diag), diag);
  for (size_t i = 0; i < n; i++) wide[i] = (double)z[i];
  const double value = l->value(loss, wide, NULL, wide + n, NULL);
  for (size_t i = 0; i < n; i++) r->dz[i] = (float)wide[n + i];
  l->close(loss);
  free(wide);
  assert_ok(es_h5_write(r->file, "/loss", &value, NULL, 0, &diag), diag);
}

/* A forward for each backward: engines may write over what it takes. */
static void write_results(const torch_case *c, const char *path) {
  torch_run r;
  run_open(&r, c, path);
  const es_graph *g = &r.network.graph;
  put_start(&r);
  forward(&r, ES_PASS_TRAIN);
  put_outputs(&r, "train");
  put_tensors(&r, "after", g->buffer, g->n_buffers, r.buffers);
  covariance(&r);
  backward(&r, r.network.embedding, r.dz, "by_loss");
  forward(&r, ES_PASS_MEASURE);
  backward(&r, r.network.representation, r.external, "by_external");
  forward(&r, ES_PASS_FROZEN);
  put_outputs(&r, "frozen");
  run_close(&r);
}

static void compare(void **state, const torch_case *c) {
  need_torch();
  char *path = strdup(at(state, "net.h5"));
  assert_non_null(path);
  write_results(c, path);
  torch_agrees("compare.py", path);
  free(path);
}

/* ResNet-18 on 4 pairs. Where there are plain loops alone it is narrower: at
 * width 64 they take long, and their errors, which grow with the length of
 * sums that are added one term after another, reach 4 times PyTorch's. */
static torch_case resnet_18(size_t channels, size_t side, size_t groups) {
  const es_engine *e = es_engine_fastest();
  const size_t width = e == &es_engine_reference_float ? 16 : 64;
  const uint64_t seed = side < 64 ? 0 : 1;
  return (torch_case){e, 2, width, channels, side, 4, groups, seed, 0};
}

static void small_stem(void **state) {
  const torch_case c = resnet_18(1, 28, 2);
  compare(state, &c);
}

/* ResNet-50 as it is, and narrow with bottlenecks twice as wide. */
static void fifty_layers(void **state) {
  torch_case c = resnet_18(3, 64, 2);
  c.bottleneck = 1;
  c.pairs = 2;
  compare(state, &c);
}

static void wide_bottlenecks(void **state) {
  torch_case c = resnet_18(1, 28, 2);
  c.width = 16;
  c.bottleneck = 2;
  compare(state, &c);
}

static void plain_loops(void **state) {
  compare(state,
          &(torch_case){&es_engine_reference_float, 1, 16, 1, 14, 4, 2, 0, 0});
}

/* The optimisers' reference, which other tests take its numbers from, is what
 * this PyTorch gives. */
static void optimisers(void **state) {
  (void)state;
  static char said[1 << 12];
  char script[] = "tests/oracle/optimizer.py";
  char kept[] = "tests/oracle/optimizer.csv";
  need_torch();
  const int code = python(said, sizeof said, script, kept);
  if (code != 0) fail_msg("optimizer.py: exit %d: %s", code, said);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(small_stem),        temp_test(fifty_layers),
      temp_test(wide_bottlenecks),  temp_test(plain_loops),
      cmocka_unit_test(optimisers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
