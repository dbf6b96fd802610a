/* Where `byol` begins: starts that are drawn, moments of images and of Gaussian
 * toys, what is stored of them, points. */
#include "tests/models/byol.h"

#include "data/moments.h"

/* Entries N(0, init_scale^2), of a size that shows: the mean of 10^4 squares is
 * within 5 of its own deviations, √(2/10^4). */
static void a_drawn_start(void **state) {
  (void)state;
  opened o = OPENED("byol", "X=[[1,0],[0,1]]", "Xp=[[.1,0],[0,.1]]", "n2=100",
                    "init_scale=.03", "model.seed=4");
  enum { wide = 200, square = 10000 };
  double w = es_norm(wide, o.y), p = es_norm(square, o.y + wide);
  assert_close(w * w / wide, .0009, 5 * sqrt(2. / wide), 0);
  assert_close(p * p / square, .0009, 5 * sqrt(2. / square), 0);
  assert_close(es_norm(wide, o.y + wide + square), 0, 0, 0);
  /* The target's scale is W's, the rest have their own. */
  assert_true(w < 1 && p > 1);
  assert_close(o.scale[0], w, 1e-15, 0);
  assert_close(o.scale[wide], 1, 0, 0);
  assert_close(o.scale[wide + square], w, 1e-15, 0);
  /* W_p's numbers are not W's. */
  for (size_t k = 0; k < wide; k++) assert_true(o.y[k] != o.y[wide + k]);
  /* Which numbers of the generator a seed stands for: those of other versions
   * of the program, and no number twice up to 2^20 rows. */
  for (uint64_t i = 0; i < 100; i += 33)
    for (uint64_t j = 0; j < 100; j += 33) {
      const uint64_t index = (1ull << 40) + (i << 20) + j;
      const double want = .03 * es_random_normal(4, ES_STREAM_INIT, index);
      assert_close(o.y[wide + i + 100 * j], want, 0, 0);
      if (j < 2)
        assert_close(o.y[i + 100 * j],
                     .03 * es_random_normal(4, ES_STREAM_INIT, 2 * i + j), 0,
                     0);
    }
  /* Fewer rows are the first of more; another seed is another start. */
  opened few = OPENED("byol", "X=[[1,0],[0,1]]", "Xp=[[.1,0],[0,.1]]", "n2=2",
                      "init_scale=.03", "model.seed=4");
  opened other = OPENED("byol", "X=[[1,0],[0,1]]", "Xp=[[.1,0],[0,.1]]", "n2=2",
                        "init_scale=.03", "model.seed=5");
  for (size_t i = 0; i < 2; i++)
    for (size_t j = 0; j < 2; j++) {
      assert_close(few.y[i + 2 * j], o.y[i + 100 * j], 0, 0);
      assert_close(few.y[4 + i + 2 * j], o.y[wide + i + 100 * j], 0, 0);
      assert_true(other.y[i + 2 * j] != few.y[i + 2 * j]);
    }
  opened_free(&o);
  opened_free(&few);
  opened_free(&other);
}

/* Told, and no error. */
static void what_a_variant_has_no_use_for(void **state) {
  (void)state;
  opened o =
      OPENED("byol", CHECK_MOMENTS, "s0=.1", "p0=.2", "tau0=1", "variant=byol");
  assert_null(es_instance_remark(&o.instance));
  opened_free(&o);
  o = OPENED("byol", CHECK_MOMENTS, "s0=.1", "p0=.2", "tau0=1", "decouple=on",
             "variant=no-predictor");
  assert_string_equal(es_instance_remark(&o.instance),
                      "model.decouple has no effect with variant=no-predictor; "
                      "model.tau0 has no effect with variant=no-predictor; "
                      "model.p0 has no effect with variant=no-predictor");
  opened_free(&o);
  o = OPENED("byol", CHECK_MOMENTS, CHECK_START, "Wa0=[[0,0,0],[0,0,0]]",
             "variant=simsiam");
  assert_string_equal(es_instance_remark(&o.instance),
                      "model.Wa0 has no effect with variant=simsiam");
  opened_free(&o);
}

#define TOY                                                                    \
  "data.name=gaussian", "data.n=300", "data.dims=3", "augment.noise=.4",       \
      "data.views=5"

/* The model of data is that of their X and X', given as matrices: the same
 * drawn start and columns. X' is full, with noise on some values only. */
static void moments_of_data(void **state) {
  (void)state;
  static const char *const centred[] = {"data.center=off", "data.center=on"};
  for (int k = 0; k < 2; k++) {
    const char *const words[] = {TOY, "augment.noise_dims=2", centred[k], NULL};
    es_config *config = config_of(es_model_find("byol"), words);
    es_dataset *set;
    es_view_moments moments;
    es_diag diag = {0};
    assert_ok(es_dataset_open(&set, config, &diag), diag);
    assert_ok(es_view_moments_new(&moments, set, 5, k == 1, NULL, &diag), diag);
    char *X = matrix_word("X", moments.X, 3, 3);
    char *Xp = matrix_word("Xp", moments.Xp, 3, 3);
    table a = TABLE("byol", TOY, "augment.noise_dims=2", centred[k], "n2=2",
                    "init_scale=.4", "t=0,1,5", "output.state=on");
    table b = TABLE("byol", X, Xp, "n2=2", "init_scale=.4", "t=0,1,5",
                    "output.state=on");
    assert_int_equal(a.columns, b.columns);
    for (size_t i = 0; i < a.rows * a.columns; i++)
      assert_close(a.row[i], b.row[i], 1e-13, 1e-16);
    table_free(&a);
    table_free(&b);
    free(X);
    free(Xp);
    es_view_moments_free(&moments);
    es_dataset_free(set);
    es_config_free(config);
  }
}

/* W x of the first views, the mean subtracted where they are centred. */
static void embeddings(void **state) {
  (void)state;
  static const char *const centred[] = {"data.center=off", "data.center=on"};
  for (int k = 0; k < 2; k++) {
    const char *const words[] = {
        TOY, "n2=2", centred[k], "output.embeddings=4", "t=0", NULL};
    const es_model *model = es_model_find("byol");
    es_config *config = config_of(model, words);
    es_dataset *set;
    es_instance instance;
    es_view_moments moments;
    es_diag diag = {0};
    double y[64], scale[64], user[64], out[8], x[3];
    assert_ok(es_instance_open(&instance, model, config, NULL, &diag), diag);
    assert_int_equal(instance.shape.n_points, 4);
    assert_int_equal(instance.shape.embed_dim, 2);
    unsigned crc;
    assert_true(es_instance_checksum(&instance, &crc));
    es_instance_start(&instance, y, scale);
    es_instance_state(&instance, y, user);
    model->embed(instance.self, user, out);
    assert_ok(es_dataset_open(&set, config, &diag), diag);
    assert_int_equal(crc, es_dataset_checksum(set));
    assert_ok(es_view_moments_new(&moments, set, 5, true, NULL, &diag), diag);
    for (size_t i = 0; i < 4; i++) {
      es_dataset_view(set, i, 0, 0, x);
      for (int r = 0; r < 2; r++) {
        double want = 0;
        for (int c = 0; c < 3; c++)
          want += user[3 * r + c] * (x[c] - (k == 1 ? moments.mean[c] : 0));
        assert_close(out[2 * i + (size_t)r], want, 1e-13, 1e-15);
      }
    }
    es_view_moments_free(&moments);
    es_dataset_free(set);
    es_instance_close(&instance);
    es_config_free(config);
  }
}

/* X = V diag(X_values) V^T and X + X' = V S V^T, as arrays.h5 has them. */
static void arrays_rebuild_the_moments(void **state) {
  (void)state;
  opened o = OPENED("byol", CHECK_MOMENTS, CHECK_START);
  static const char *const names[] = {"/X_values", "/S", "/V", "/Z0", "/Wp0"};
  const double X[9] = {1, .3, 0, .3, .8, .1, 0, .1, .5};
  const double sum[9] = {1.2, .3, .05, .3, .9, .1, .05, .1, .9};
  es_model_array array[5];
  for (size_t k = 0; k < 5; k++) {
    array[k] = es_instance_array(&o.instance, k);
    assert_string_equal(array[k].dataset, names[k]);
  }
  assert_null(es_instance_array(&o.instance, 5).dataset);
  const double *V = array[2].data;
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) {
      double x = 0, s = 0;
      for (int a = 0; a < 3; a++) {
        x += V[i + 3 * a] * array[0].data[a] * V[j + 3 * a];
        for (int b = 0; b < 3; b++)
          s += V[i + 3 * a] * array[1].data[a + 3 * b] * V[j + 3 * b];
      }
      assert_close(x, X[i + 3 * j], 0, 1e-15);
      assert_close(s, sum[i + 3 * j], 0, 1e-15);
    }
  opened_free(&o);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_drawn_start),
      cmocka_unit_test(what_a_variant_has_no_use_for),
      cmocka_unit_test(moments_of_data),
      cmocka_unit_test(embeddings),
      cmocka_unit_test(arrays_rebuild_the_moments),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
