/* What a training would take, without its data: sizes and steps are those of
 * the trainer, memory is near what it holds, and FLOPs are those of a table
 * made by hand. Seconds are measured: that they are some is all that can be
 * asserted beside other tests; docs/networks.md holds them against runs. */
#include "tests/models/trained.h"

#include "net/cost.h"

/* 3×3 convolutions of 8×8 images, the second of stride 2: 9 products for each
 * input channel and value; a linear map of what is left. */
static void layers_are_counted(void **state) {
  (void)state;
  es_graph g = {0};
  es_diag diag = {0};
  size_t node = es_graph_input(&g, 3, 8, 8);
  node = es_graph_conv(&g, node, "a", 4, 3, 1, 1);
  node = es_graph_relu(&g, es_graph_norm(&g, node, "b"));
  node = es_graph_conv(&g, node, "c", 6, 3, 2, 1);
  node = es_graph_linear(&g, node, "d", 5, true);
  es_graph_output(&g, node);
  assert_ok(es_graph_finish(&g, &diag), diag);
  const es_cost cost = es_cost_of(&g);
  assert_close(cost.flops, 2 * (9 * 3 * 256 + 9 * 4 * 96 + 96 * 5), 0, 0);
  assert_close(cost.kept, 256 + 96 + 5 + 3 * 256, 0, 0);
  assert_close(es_cost_bytes(&cost, 10), 40 * cost.kept, 0, 0);
  double per_flop;
  assert_ok(es_cost_measure(&per_flop, &g, 4, &diag), diag);
  assert_true(per_flop > 1e-15 && per_flop < 1);
  es_graph_free(&g);
}

/* The shares that docs/networks.md tells are of whole programs; here a factor
 * of two of what the trainer holds, which leaves out data and measurements. */
static void check(const char *const *words) {
  es_estimate e;
  es_diag diag = {0};
  trained t = open_trained(words);
  assert_ok(es_estimate_training(&e, t.config, &diag), diag);
  assert_int_equal(e.steps, es_trainer_steps(t.trainer));
  assert_int_equal(e.eval_n, es_trainer_eval_n(t.trainer));
  assert_int_equal(es_network_moving(&e.network),
                   es_network_moving(es_trainer_network(t.trainer)));
  assert_int_equal(e.rows, 1 + e.steps / 4);
  const double holds = (double)es_trainer_memory(t.trainer);
  if (!(e.bytes > holds / 2 && e.bytes < 2 * holds))
    fail_msg("%g bytes, the trainer holds %g", e.bytes, holds);
  assert_true(e.seconds > 0 && isfinite(e.seconds));
  es_estimate_free(&e);
  close_trained(&t);
}

static void estimates_are_of_the_trainer(void **state) {
  const folder *f = *state;
  write_waves(f, 90, 14);
#define COMMON "data.name=idx", f->word, "train.batch=40", "train.log_every=4"
  check((const char *const[]){COMMON, "train.epochs=5", "net.width=8", NULL});
  check((const char *const[]){COMMON, "net.depth=26", "net.width=4",
                              "method.target=ema", "method.loss=cosine",
                              "method.predictor=mlp", NULL});
  check((const char *const[]){COMMON, "net.norm=none", "train.optimizer=adamw",
                              "method.projector=mlp", NULL});
}

/* Before anything is opened or timed. */
static void what_cannot_be_is_told(void **state) {
  const folder *f = *state;
  es_estimate e;
  es_diag diag = {0};
  write_waves(f, 90, 14);
  es_config *c = SETTINGS("data.name=idx", f->word, "train.batch=91");
  assert_status(es_estimate_training(&e, c, &diag), ES_BAD_VALUE);
  es_estimate_free(&e);
  assert_status(es_estimate_check(c, &diag), ES_BAD_VALUE);
  assert_non_null(strstr(diag.message, "there are 90 pairs"));
  es_config_free(c);
  c = SETTINGS("data.name=idx", f->word, "train.batch=40", "net.width=4");
  assert_ok(es_estimate_check(c, &diag), diag);
  assert_ok(es_config_set(c, "net.stages=[1,1,1,500]", &diag), diag);
  assert_ok(es_config_set(c, "net.width=4096", &diag), diag);
  assert_status(es_estimate_check(c, &diag), ES_NO_MEMORY);
  assert_non_null(strstr(diag.message, "train.batch=40 pairs take"));
  es_config_free(c);
}

/* Views through a map have its size; no image is read, so that one of another
 * length than it says is no error as yet. */
static void maps_of_views_have_their_size(void **state) {
  const folder *f = *state;
  es_diag diag = {0};
  es_dataset *set;
  size_t channels, side;
  write_waves(f, 30, 8);
  es_config *c = SETTINGS("data.name=idx", f->word, "net.arch=linear",
                          "data.dims=4", "data.whiten=sum", "data.n=20");
  assert_ok(es_dataset_look(&set, c, &diag), diag);
  assert_int_equal(es_dataset_dim(set), 4);
  assert_int_equal(es_dataset_count(set), 20);
  assert_int_equal(es_dataset_bytes(set), 30 * 64);
  es_dataset_geometry(set, &channels, &side);
  assert_int_equal(channels, 0);
  es_dataset_free(set);
  assert_ok(es_config_set(c, "data.n=31", &diag), diag);
  assert_status(es_dataset_look(&set, c, &diag), ES_BAD_VALUE);
  assert_non_null(strstr(diag.message, "data.n=31"));
  assert_ok(es_config_set(c, "data.n=20", &diag), diag);
  assert_ok(es_config_set(c, "data.dims=65", &diag), diag);
  assert_status(es_dataset_look(&set, c, &diag), ES_BAD_VALUE);
  assert_non_null(strstr(diag.message, "data.dims=65"));
  es_config_free(c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(layers_are_counted),
      IN_FOLDER(estimates_are_of_the_trainer),
      IN_FOLDER(what_cannot_be_is_told),
      IN_FOLDER(maps_of_views_have_their_size),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
