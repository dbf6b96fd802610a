/* Tables made for figures hold what arrays.h5 says, or there is no table. */
#include "file/csv.h"
#include "file/h5.h"
#include "plot/plot.h"
#include "plot/prepare.h"

#include "tests/file/temp.h"

typedef struct dataset {
  const char *name;
  const double *data;
  size_t dims[3], rank;
} dataset;

static void write_arrays(void **state, const dataset *sets, size_t n) {
  es_h5 *file;
  es_diag diag = {0};
  assert_ok(es_h5_create(&file, at(state, "arrays.h5"), &diag), diag);
  for (size_t i = 0; i < n; i++)
    assert_ok(es_h5_write(file, sets[i].name, sets[i].data, sets[i].dims,
                          sets[i].rank, &diag),
              diag);
  assert_ok(es_h5_commit(file, &diag), diag);
}

/* Two modes of images of 2 by 3 pixels in two channels (12 rows of V). */
static const double V[12][2] = {{1, -4}, {2, 0}, {-4, 1}, {0, 2},
                                {3, 1},  {1, 1}, {9, 9},  {9, 9},
                                {9, 9},  {9, 9}, {9, 9},  {9, 9}};
static const double gamma_[2] = {0.5, 0.25}, shape[3] = {2, 2, 3};
static const dataset modes[] = {{"/V", V[0], {12, 2}, 2},
                                {"/gamma", gamma_, {2}, 1},
                                {"/image_shape", shape, {3}, 1}};

static void tiles(void **state) {
  es_diag diag = {0};
  es_table t;
  write_arrays(state, modes, 3);
  assert_ok(es_plot_prepare(at(state, "."), "modes", &diag), diag);
  assert_ok(es_table_read(&t, at(state, "modes.csv"), &diag), diag);
  assert_int_equal(t.rows, 2 * 6);
  assert_int_equal(t.columns, 5);
  for (size_t j = 0; j < 2; j++)
    for (size_t i = 0; i < 6; i++) {
      const double want[] = {(double)(j + 1), gamma_[j], (double)(i % 3),
                             (double)(i / 3), V[i][j] / 4};
      for (size_t k = 0; k < 5; k++)
        assert_close(t.value[(j * 6 + i) * 5 + k], want[k], 1e-15, 0);
    }
  es_table_free(&t);
  assert_ok(es_plot_draw(at(state, "."), "modes", "x", NULL, &diag), diag);
  assert_true(es_file_exists(at(state, "modes.svg")));
}

/* Of three channels tiles are colours, scaled by the largest of all channels;
 * fewer rows than three channels have are taken as grey. */
static void colour_tiles(void **state) {
  static const double three[3] = {3, 2, 2}, more[3] = {3, 2, 3};
  es_diag diag = {0};
  es_table t;
  const dataset sets[] = {modes[0], modes[1], {"/image_shape", three, {3}, 1}};
  write_arrays(state, sets, 3);
  assert_ok(es_plot_prepare(at(state, "."), "modes", &diag), diag);
  assert_ok(es_table_read(&t, at(state, "modes.csv"), &diag), diag);
  assert_int_equal(t.rows, 2 * 4);
  assert_int_equal(t.columns, 8);
  assert_string_equal(t.name[5], "red");
  for (size_t j = 0; j < 2; j++)
    for (size_t i = 0; i < 4; i++) {
      const double *row = t.value + (j * 4 + i) * 8;
      assert_close(row[4], V[i][j] / 4, 1e-15, 0);
      for (size_t c = 0; c < 3; c++)
        assert_close(row[5 + c], 127.5 * (1 + V[4 * c + i][j] / 9), 1e-14,
                     1e-13);
    }
  es_table_free(&t);
  assert_ok(es_plot_draw(at(state, "."), "modes", "x", NULL, &diag), diag);
  put_text(state, "factors.csv",
           "mode,gamma,hue_r2,warmth_r2\n1,0.5,0.25,1\n2,0.25,nan,0\n");
  assert_ok(es_plot_draw(at(state, "."), "factors", "x", NULL, &diag), diag);
  char *svg = content(at(state, "factors.svg"));
  assert_non_null(strstr(svg, "hue"));
  assert_non_null(strstr(svg, "warmth"));
  free(svg);
  const dataset short_of[] = {
      modes[0], modes[1], {"/image_shape", more, {3}, 1}};
  write_arrays(state, short_of, 3);
  assert_ok(es_plot_prepare(at(state, "."), "factors", &diag), diag);
  assert_ok(es_table_read(&t, at(state, "modes.csv"), &diag), diag);
  assert_int_equal(t.columns, 5);
  es_table_free(&t);
}

/* A mode that is 0 everywhere stays 0; more than 20 modes are not shown. */
static void many_tiles(void **state) {
  static const double zeros[4 * 25] = {0};
  static const double one[3] = {1, 2, 2};
  es_diag diag = {0};
  es_table t;
  const dataset sets[] = {{"/V", zeros, {4, 25}, 2},
                          {"/gamma", zeros, {25}, 1},
                          {"/image_shape", one, {3}, 1}};
  write_arrays(state, sets, 3);
  assert_ok(es_plot_prepare(at(state, "."), "modes", &diag), diag);
  assert_ok(es_table_read(&t, at(state, "modes.csv"), &diag), diag);
  assert_int_equal(t.rows, 20 * 4);
  for (size_t i = 0; i < t.rows; i++) assert_close(t.value[i * 5 + 4], 0, 0, 0);
  es_table_free(&t);
}

static void not_images(void **state) {
  static const double one[1] = {2}, large[3] = {1, 4, 4}, none[3] = {1, 0, 3};
  static const double huge[3] = {1, 1e200, 1e200};
  const dataset bad[] = {{"/image_shape", one, {1}, 1},
                         {"/image_shape", V[0], {12, 2}, 2},
                         {"/image_shape", large, {3}, 1},
                         {"/image_shape", none, {3}, 1},
                         {"/image_shape", huge, {3}, 1}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    es_diag diag = {0};
    const dataset sets[] = {modes[0], modes[1], bad[i]};
    write_arrays(state, sets, 3);
    assert_status(es_plot_prepare(at(state, "."), "modes", &diag),
                  ES_FILE_DATA);
    assert_says(&diag, ES_FILE_DATA, "arrays.h5|not of images");
    assert_no_file(state, "modes.csv");
  }
  es_diag diag = {0};
  const dataset few[] = {modes[0], {"/gamma", gamma_, {1}, 1}, modes[2]};
  write_arrays(state, few, 3);
  assert_status(es_plot_prepare(at(state, "."), "modes", &diag), ES_FILE_DATA);
}

/* Ten directions of images of 1 by 2 pixels: the four of least r and the four
 * of largest are shown, as C v = (2 v_1 + v_2, v_1 + 3 v_2) over its largest
 * entry, which is then 1. */
static void images_of_directions(void **state) {
  static const double C[2][2] = {{2, 1}, {1, 3}}, one[3] = {1, 1, 2};
  double v[2][10], c[10], a[10];
  es_diag diag = {0};
  es_table t;
  for (size_t j = 0; j < 10; j++) {
    v[0][j] = cos((double)j);
    v[1][j] = sin((double)j);
    c[j] = 2;
    a[j] = (double)(j + 1);
  }
  const dataset sets[] = {{"/C", C[0], {2, 2}, 2},
                          {"/modes", v[0], {2, 10}, 2},
                          {"/c", c, {10}, 1},
                          {"/a", a, {10}, 1},
                          {"/image_shape", one, {3}, 1}};
  write_arrays(state, sets, 5);
  assert_ok(es_plot_prepare(at(state, "."), "crop-collapse", &diag), diag);
  assert_ok(es_table_read(&t, at(state, "images.csv"), &diag), diag);
  assert_int_equal(t.rows, 8 * 2);
  assert_string_equal(t.name[1], "r");
  for (size_t k = 0; k < 8; k++) {
    const size_t j = k < 4 ? k : k + 2;
    const double image[2] = {2 * v[0][j] + v[1][j], v[0][j] + 3 * v[1][j]};
    const double largest =
        fabs(image[0]) > fabs(image[1]) ? image[0] : image[1];
    for (size_t i = 0; i < 2; i++) {
      const double *row = t.value + (2 * k + i) * 5;
      assert_close(row[0], (double)(k + 1), 0, 0);
      assert_close(row[1], a[j] / 2, 0, 0);
      assert_close(row[2], (double)i, 0, 0);
      assert_close(row[4], image[i] / largest, 1e-14, 1e-15);
    }
  }
  es_table_free(&t);
  const dataset few[] = {sets[0], sets[1], {"/c", c, {9}, 1}, sets[3], sets[4]};
  write_arrays(state, few, 5);
  assert_status(es_plot_prepare(at(state, "."), "crop-collapse", &diag),
                ES_FILE_DATA);
  assert_says(&diag, ES_FILE_DATA, "do not fit");
}

static void missing_arrays(void **state) {
  static const char *const kinds[] = {"modes", "embedding"};
  for (size_t i = 0; i < 2; i++) {
    es_diag diag = {0};
    assert_status(es_plot_prepare(at(state, "."), kinds[i], &diag),
                  ES_FILE_MISSING);
    assert_says(&diag, ES_FILE_MISSING, "arrays.h5|missing|output.modes=on");
    assert_status(es_plot_draw(at(state, "."), kinds[i], "x", NULL, &diag),
                  ES_FILE_MISSING);
    assert_no_file(state, "modes.gp");
    assert_no_file(state, "embedding.gp");
  }
  for (size_t n = 0; n < 3; n++) { /* the first n of the datasets */
    es_diag diag = {0};
    const dataset other = {"/other", shape, {3}, 1};
    const dataset sets[] = {other, modes[0], modes[1]};
    write_arrays(state, sets, n + 1);
    const es_status got = es_plot_prepare(at(state, "."), "modes", &diag);
    assert_int_equal(es_status_exit_code(got), 3);
    assert_says(&diag, got, "arrays.h5");
    assert_no_file(state, "modes.csv");
  }
  es_diag diag = {0};
  put_text(state, "arrays.h5", "not HDF5");
  assert_status(es_plot_prepare(at(state, "."), "modes", &diag),
                ES_FILE_CORRUPT);
}

enum { FRAMES = 100, POINTS = 4, DIM = 4 };

/* Where the points are on average. */
static double middle(size_t f, size_t axis) {
  return .25 * (double)f * ((double)axis - 1.5);
}

/* Points that spread along the third axis first, then along the first, then
 * along the second, and never along the fourth; as a whole they move along all.
 */
static void fill_points(double *x, double *t) {
  static const double sign[POINTS][3] = {
      {1, 1, 1}, {1, -1, -1}, {-1, 1, -1}, {-1, -1, 1}};
  for (size_t f = 0; f < FRAMES; f++) {
    t[f] = (double)f / 10;
    for (size_t p = 0; p < POINTS; p++) {
      double *y = x + (f * POINTS + p) * DIM;
      y[2] = sign[p][0] * fmin(1, 1e-3 + (double)f / 20);
      y[0] = sign[p][1] * (f < 30 ? 0 : fmin(1, (double)(f - 29) / 20));
      y[1] = sign[p][2] * (f < 60 ? 0 : fmin(1, (double)(f - 59) / 20));
      y[3] = 0;
      for (size_t k = 0; k < DIM; k++) y[k] += middle(f, k);
    }
  }
}

static void embeddings(void **state) {
  static double x[FRAMES * POINTS * DIM], t[FRAMES];
  es_diag diag = {0};
  es_table table;
  fill_points(x, t);
  const dataset sets[] = {{"/embeddings", x, {FRAMES, POINTS, DIM}, 3},
                          {"/times", t, {FRAMES}, 1}};
  write_arrays(state, sets, 2);
  assert_ok(es_plot_prepare(at(state, "."), "embedding", &diag), diag);
  assert_ok(es_table_read(&table, at(state, "embedding.csv"), &diag), diag);
  assert_int_equal(table.columns, 6);
  assert_int_equal(table.rows, 60 * POINTS);
  static const size_t axis[3] = {2, 0, 1};
  for (size_t f = 0; f < 60; f++)
    for (size_t p = 0; p < POINTS; p++) {
      const size_t r = f * (FRAMES - 1) / 59;
      const double *row = table.value + (f * POINTS + p) * 6;
      assert_close(row[0], (double)f, 0, 0);
      assert_close(row[1], t[r], 0, 0);
      assert_close(row[2], (double)p, 0, 0);
      for (size_t a = 0; a < 3; a++) /* an axis has no sign of its own */
        assert_close(
            fabs(row[3 + a]),
            fabs(x[(r * POINTS + p) * DIM + axis[a]] - middle(r, axis[a])),
            1e-9, 1e-9);
    }
  es_table_free(&table);
  assert_ok(es_plot_draw(at(state, "."), "embedding", "x", NULL, &diag), diag);
  assert_true(es_file_exists(at(state, "embedding.svg")));
}

/* One time and two dimensions: the third coordinate is 0. */
static void flat_embeddings(void **state) {
  static const double x[] = {3, 4, -3, -4, 0, 0}, t[] = {7};
  es_diag diag = {0};
  es_table table;
  const dataset sets[] = {{"/embeddings", x, {1, 3, 2}, 3},
                          {"/times", t, {1}, 1}};
  write_arrays(state, sets, 2);
  assert_ok(es_plot_prepare(at(state, "."), "embedding", &diag), diag);
  assert_ok(es_table_read(&table, at(state, "embedding.csv"), &diag), diag);
  assert_int_equal(table.rows, 3);
  assert_close(fabs(table.value[3]), 5, 1e-14, 0);
  assert_close(table.value[3] + table.value[6 + 3], 0, 0, 1e-14);
  for (size_t i = 0; i < 3; i++) {
    assert_close(table.value[i * 6 + 1], 7, 0, 0);
    assert_close(table.value[i * 6 + 4], 0, 0, 1e-14);
    assert_close(table.value[i * 6 + 5], 0, 0, 0);
  }
  es_table_free(&table);
  assert_ok(es_plot_draw(at(state, "."), "embedding", "x", NULL, &diag), diag);
  assert_true(es_file_exists(at(state, "embedding.svg")));
}

static void embeddings_that_do_not_fit(void **state) {
  static const double x[12] = {1}, t[4] = {0, 1, 2, 3};
  const dataset bad[][2] = {
      {{"/embeddings", x, {3, 2, 2}, 3}, {"/times", t, {4}, 1}},
      {{"/embeddings", x, {3, 1, 2}, 3}, {"/times", t, {4}, 1}}};
  for (size_t i = 0; i < 2; i++) {
    es_diag diag = {0};
    write_arrays(state, bad[i], 2);
    assert_status(es_plot_prepare(at(state, "."), "embedding", &diag),
                  ES_FILE_DATA);
    assert_says(&diag, ES_FILE_DATA, "/embeddings|/times|do not fit");
    assert_no_file(state, "embedding.csv");
  }
  es_diag diag = {0};
  write_arrays(state, bad[0], 1);
  assert_int_equal(
      es_status_exit_code(es_plot_prepare(at(state, "."), "embedding", &diag)),
      3);
  /* Other figures need nothing, and a folder that is not there is said. */
  assert_ok(es_plot_prepare(at(state, "no"), "staircase", &diag), diag);
}

/* An eigenvalue a row, of the covariance's columns alone; without them none. */
static void spectra(void **state) {
  static const double want[4][3] = {
      {0, 1, -2}, {0, 2, -3}, {8, 1, 1}, {8, 2, -INFINITY}};
  es_diag diag = {0};
  es_table t;
  put_text(state, "trace.csv",
           "step,lambda_1,cov_lambda_1,cov_lambda_2,repr_lambda_1\n"
           "0,7,1e-2,1e-3,7\n8,7,10,-1e-9,7\n");
  assert_ok(es_plot_prepare(at(state, "."), "bimodal", &diag), diag);
  assert_ok(es_table_read(&t, at(state, "spectra.csv"), &diag), diag);
  assert_int_equal(t.rows, 4);
  assert_string_equal(t.name[2], "log10");
  for (size_t i = 0; i < 4; i++)
    for (size_t k = 0; k < 3; k++)
      assert_true(t.value[3 * i + k] == want[i][k]);
  es_table_free(&t);
  put_text(state, "trace.csv", "step,lambda_1\n0,7\n");
  assert_status(es_plot_prepare(at(state, "."), "bimodal", &diag),
                ES_FILE_DATA);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(tiles),
      temp_test(colour_tiles),
      temp_test(many_tiles),
      temp_test(not_images),
      temp_test(missing_arrays),
      temp_test(embeddings),
      temp_test(flat_embeddings),
      temp_test(embeddings_that_do_not_fit),
      temp_test(images_of_directions),
      temp_test(spectra),
  };
  setenv("EIGENSTEP_DATADIR", ".", 1); /* tests run from the root */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
