/* Spectra of the layers before the representation: they are those of a shorter
 * network's representation, and looking changes nothing. */
#include "tests/models/monitored.h"

#include <omp.h>

#define SMALL                                                                  \
  "net.width=4", "method.dim=3", "train.batch=5", "train.eval_n=12",           \
      "train.seed=6", "train.lr=0.01"

static const struct {
  const char *arch, *longer, *shorter;
  size_t width;
} nets[] = {
    {"net.arch=resnet", "net.stages=[1,2]", "net.stages=[1]", 4},
    {"net.arch=resnet", "net.stages=[1,1,1]", "net.stages=[1,1]", 8},
    {"net.arch=mlp", "net.hidden_layers=2", "net.hidden_layers=1", 4},
    {"net.arch=mlp", "net.hidden_layers=3", "net.hidden_layers=2", 4},
};
enum { NETS = sizeof nets / sizeof *nets };

/* The start's weights of a layer do not depend on what follows it: to the bit,
 * but for the order of sums in kernels that were chosen for other shapes (u
 * times some hundred terms, of values of order one). */
static void a_layer_is_a_shorter_networks_end(void **state) {
  const folder *f = *state;
  write_waves(f, 18, 8);
  for (int k = 0; k < NETS; k++) {
    const double *row, *want;
    trained t = TRAINER("data.name=idx", f->word, SMALL, nets[k].arch,
                        nets[k].longer, "train.layers=on");
    trained s =
        TRAINER("data.name=idx", f->word, SMALL, nets[k].arch, nets[k].shorter);
    es_monitor *m = monitor_of(&t, 0, NULL, NULL);
    es_monitor *n = monitor_of(&s, 0, NULL, NULL);
    row = row_of(m, &t);
    want = row_of(n, &s);
    const size_t last = es_trainer_network(t.trainer)->n_layers;
    char name[32];
    snprintf(name, sizeof name, "layer%zu_lambda_1", last);
    const size_t first = column(m, name);
    want += column(n, "repr_lambda_1");
    assert_int_equal(es_monitor_columns(m), first + nets[k].width);
    assert_true(want[0] > 1e-3);
    for (size_t j = 0; j < nets[k].width; j++)
      assert_close(row[first + j], want[j], 0, 1e-5 * want[0]);
    es_monitor_free(m);
    es_monitor_free(n);
    close_trained(&t);
    close_trained(&s);
  }
}

/* Neither steps nor other columns, to the last bit. */
static void looking_changes_nothing(void **state) {
  const folder *f = *state;
  write_waves(f, 18, 8);
  for (int k = 0; k < NETS; k++) {
    trained t[2];
    es_monitor *m[2];
    const double *row[2];
    for (int on = 0; on < 2; on++) {
      t[on] =
          TRAINER("data.name=idx", f->word, SMALL, nets[k].arch, nets[k].longer,
                  on ? "train.layers=on" : "train.layers=off");
      take_steps(t[on].trainer, 4);
      m[on] = monitor_of(&t[on], 0, NULL, NULL);
      row[on] = row_of(m[on], &t[on]);
    }
    const size_t n = es_monitor_columns(m[0]);
    const size_t bytes = params_size(t[0].trainer) * sizeof(float);
    assert_int_equal(params_size(t[1].trainer) * sizeof(float), bytes);
    assert_memory_equal(es_trainer_params(t[0].trainer),
                        es_trainer_params(t[1].trainer), bytes);
    assert_string_equal(es_monitor_column(m[0], n - 1), "emb_std");
    assert_memory_equal(row[0], row[1], n * sizeof **row);
    for (int on = 0; on < 2; on++) {
      es_monitor_free(m[on]);
      close_trained(&t[on]);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(a_layer_is_a_shorter_networks_end),
      IN_FOLDER(looking_changes_nothing),
  };
  omp_set_num_threads(1); /* these networks are too small for more */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
