/* Parameters that a training must not move, and those it moves on a line: under
 * every optimiser, with momentum and decay. */
#include "tests/models/trained.h"

#include <omp.h>

static const char *const optimisers[] = {
    "train.optimizer=sgd", "train.optimizer=lars", "train.optimizer=adamw"};

/* A trainer whose encoder, projector and predictor all decay. */
static trained decaying(const folder *f, const char *optimiser,
                        const char *word) {
  write_waves(f, 18, 8);
  return TRAINER("data.name=idx", f->word, "net.width=4", "method.dim=3",
                 "train.batch=5", "train.eval_n=12", "train.lr=0.01",
                 "train.weight_decay=0.1", "train.projector_weight_decay=0.1",
                 "method.predictor_weight_decay=0.1", "method.loss=l2",
                 "method.target=stop-gradient",
                 "method.predictor=linear-symmetric", optimiser, word);
}

/* All others move. */
static void held_ones_stay(void **state) {
  static const char *const words[] = {"method.projector_trainable=off",
                                      "net.subtract_initial=0.5"};
  for (size_t k = 0; k < 6; k++) {
    trained t = decaying((folder *)*state, optimisers[k % 3], words[k / 3]);
    const es_network *n = es_trainer_network(t.trainer);
    float *before = copy_params(t.trainer);
    size_t held = 0;
    take_steps(t.trainer, 3);
    for (size_t p = 0; p < n->graph.n_params; p++) {
      const es_tensor *w = &n->graph.param[p];
      const bool same =
          memcmp(before + w->offset, es_trainer_params(t.trainer) + w->offset,
                 w->size * sizeof *before) == 0;
      if (same == es_network_trains(n, p))
        fail_msg("%s, %s: %s", optimisers[k % 3], w->name,
                 same ? "stays" : "moves");
      held += same;
    }
    assert_true(held > 0 && held < n->graph.n_params);
    free(before);
    close_trained(&t);
  }
}

/* To the bit. */
static void a_symmetric_predictor_stays_so(void **state) {
  for (size_t k = 0; k < 3; k++) {
    trained t = decaying((folder *)*state, optimisers[k], "train.momentum=0.5");
    const es_graph *g = &es_trainer_network(t.trainer)->graph;
    const es_tensor *w = es_graph_find(g, "predictor.0.weight");
    take_steps(t.trainer, 3);
    const float *W = es_trainer_params(t.trainer) + w->offset;
    for (size_t i = 0; i < 3; i++)
      for (size_t j = 0; j < i; j++)
        assert_true(W[i * 3 + j] == W[j * 3 + i] && W[i * 3 + j] != 0);
    close_trained(&t);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(held_ones_stay),
      IN_FOLDER(a_symmetric_predictor_stays_so),
  };
  omp_set_num_threads(1); /* these networks are too small for more */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
