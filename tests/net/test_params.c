/* Parameters in files: PyTorch's names and shapes under /params, 32-bit floats
 * that come back to the bit, and files that do not fit. */
#include "tests/file/temp.h"

#include "base/random.h"
#include "net/params.h"

enum { MOST = 512 };

typedef struct numbers {
  float params[MOST], buffers[MOST];
} numbers;

/* classes: outputs of the last layer; 0: no last layer, and no norm. */
static void build(es_graph *g, size_t classes) {
  es_diag diag = {0};
  *g = (es_graph){0};
  size_t x = es_graph_conv(g, es_graph_input(g, 2, 4, 4), "conv1", 3, 3, 1, 1);
  if (classes > 0) {
    x = es_graph_norm(g, x, "layer1.0.bn1");
    x = es_graph_linear(g, x, "fc", classes, true);
  }
  es_graph_output(g, x);
  assert_ok(es_graph_finish(g, &diag), diag);
  assert_true(g->param_size <= MOST && g->buffer_size <= MOST);
}

/* Anything but what is not finite: signs of zero and subnormals included. */
static void draw(numbers *x) {
  for (uint64_t k = 0; k < MOST; k++) {
    x->params[k] = (float)es_random_normal(5, ES_STREAM_USER, k);
    x->buffers[k] = (float)es_random_normal(6, ES_STREAM_USER, k);
  }
  x->params[1] = -0.0f;
  x->params[2] = 1e-44f;
  x->buffers[1] = 3e38f;
}

static void save(const char *path, const es_graph *g, const numbers *x) {
  es_h5 *file;
  es_diag diag = {0};
  assert_ok(es_h5_create(&file, path, &diag), diag);
  assert_ok(es_params_write(g, x->params, x->buffers, file, &diag), diag);
  assert_ok(es_h5_commit(file, &diag), diag);
}

static es_status load(numbers *x, const es_graph *g, const char *path,
                      es_diag *diag) {
  es_h5_source *file;
  assert_ok(es_h5_open(&file, path, diag), *diag);
  const es_status status = es_params_read(g, x->params, x->buffers, file, diag);
  es_h5_close(file);
  return status;
}

/* Tensors as they were written; the rest as it was before. */
static void check_list(const es_tensor *t, size_t n, const float *got,
                       const float *want, const float *before) {
  for (size_t k = 0; k < MOST; k++) {
    bool owned = false;
    for (size_t i = 0; i < n; i++)
      owned |= k >= t[i].offset && k < t[i].offset + t[i].size;
    assert_memory_equal(&got[k], owned ? &want[k] : &before[k], sizeof *got);
  }
}

static void floats_come_back_to_the_bit(void **state) {
  es_graph g;
  numbers want, got, before;
  es_diag diag = {0};
  build(&g, 5);
  draw(&want);
  for (size_t k = 0; k < MOST; k++) before.params[k] = before.buffers[k] = 7;
  got = before;
  save(at(state, "a.h5"), &g, &want);
  assert_ok(load(&got, &g, at(state, "a.h5"), &diag), diag);
  check_list(g.param, g.n_params, got.params, want.params, before.params);
  check_list(g.buffer, g.n_buffers, got.buffers, want.buffers, before.buffers);
  es_graph_free(&g);
}

/* As another program would look for them. */
static void names_and_shapes_are_pytorchs(void **state) {
  static const struct {
    const char *name;
    size_t rank, dims[4];
  } sets[] = {{"/params/conv1.weight", 4, {3, 2, 3, 3}},
              {"/params/layer1.0.bn1.weight", 1, {3}},
              {"/params/layer1.0.bn1.bias", 1, {3}},
              {"/params/fc.weight", 2, {5, 48}},
              {"/params/fc.bias", 1, {5}},
              {"/params/layer1.0.bn1.running_mean", 1, {3}},
              {"/params/layer1.0.bn1.running_var", 1, {3}},
              {"/params/layer1.0.bn1.num_batches_tracked", 0, {0}}};
  es_graph g;
  numbers x;
  es_h5_source *file;
  es_diag diag = {0};
  build(&g, 5);
  draw(&x);
  save(at(state, "a.h5"), &g, &x);
  assert_ok(es_h5_open(&file, at(state, "a.h5"), &diag), diag);
  for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
    size_t dims[4], rank;
    double got[5 * 48];
    const es_tensor *t = es_graph_find(&g, sets[i].name + 8);
    const float *flat = i < 5 ? x.params : x.buffers;
    assert_ok(es_h5_shape(file, sets[i].name, dims, &rank, &diag), diag);
    assert_int_equal(rank, sets[i].rank);
    for (size_t k = 0; k < rank; k++)
      assert_int_equal(dims[k], sets[i].dims[k]);
    assert_ok(es_h5_read(file, sets[i].name, got, dims, rank, &diag), diag);
    assert_non_null(t);
    for (size_t k = 0; k < t->size; k++)
      assert_close(got[k], (double)flat[t->offset + k], 0, 0);
  }
  es_h5_close(file);
  es_graph_free(&g);
}

static void files_that_do_not_fit(void **state) {
  es_graph small, five, six;
  numbers x, got;
  es_diag diag = {0};
  build(&small, 0);
  build(&five, 5);
  build(&six, 6);
  draw(&x);
  draw(&got);
  save(at(state, "small.h5"), &small, &x);
  assert_status(load(&got, &five, at(state, "small.h5"), &diag),
                ES_FILE_CORRUPT);
  assert_says(&diag, ES_FILE_CORRUPT, "small.h5|layer1.0.bn1.weight");
  save(at(state, "six.h5"), &six, &x);
  assert_status(load(&got, &five, at(state, "six.h5"), &diag), ES_FILE_CORRUPT);
  assert_says(&diag, ES_FILE_CORRUPT, "fc.weight|(6, 48)|(5, 48)");
  es_graph_free(&small);
  es_graph_free(&five);
  es_graph_free(&six);
}

/* A graph without buffers asks for none, and takes from a larger file. */
static void a_graph_takes_what_it_names(void **state) {
  es_graph small, five;
  numbers x, got;
  es_diag diag = {0};
  build(&small, 0);
  build(&five, 5);
  draw(&x);
  memset(&got, 0, sizeof got);
  save(at(state, "five.h5"), &five, &x);
  assert_ok(load(&got, &small, at(state, "five.h5"), &diag), diag);
  assert_memory_equal(got.params, x.params, 54 * sizeof *x.params);
  es_graph_free(&small);
  es_graph_free(&five);
}

static void what_is_not_finite_is_not_read(void **state) {
  es_graph g;
  numbers x, got;
  es_diag diag = {0};
  build(&g, 5);
  draw(&x);
  draw(&got);
  x.buffers[es_graph_find(&g, "layer1.0.bn1.running_var")->offset + 1] = NAN;
  save(at(state, "a.h5"), &g, &x);
  assert_status(load(&got, &g, at(state, "a.h5"), &diag), ES_FILE_DATA);
  assert_says(&diag, ES_FILE_DATA, "/params/layer1.0.bn1.running_var|nan");
  es_graph_free(&g);
}

/* The second time every name is taken: the failure is passed on. */
static void a_failed_write_is_told(void **state) {
  es_graph g;
  numbers x;
  es_h5 *file;
  es_diag diag = {0};
  build(&g, 5);
  draw(&x);
  assert_ok(es_h5_create(&file, at(state, "a.h5"), &diag), diag);
  assert_ok(es_params_write(&g, x.params, x.buffers, file, &diag), diag);
  assert_status(es_params_write(&g, x.params, x.buffers, file, &diag),
                ES_FILE_WRITE);
  assert_says(&diag, ES_FILE_WRITE, "a.h5|/params/conv1.weight");
  es_h5_abandon(file);
  assert_no_file(state, "a.h5");
  es_graph_free(&g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(floats_come_back_to_the_bit),
      temp_test(names_and_shapes_are_pytorchs),
      temp_test(files_that_do_not_fit),
      temp_test(a_graph_takes_what_it_names),
      temp_test(what_is_not_finite_is_not_read),
      temp_test(a_failed_write_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
