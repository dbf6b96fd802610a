/* data.whiten and data.dims: moments of what comes out, the map against its
 * definition, refusals, threads, and the map saved and read again. */
#include "tests/data/room.h"

#include "data/moments.h"
#include "data/whiten.h"
#include "linalg/linalg.h"

#include <float.h>
#include <math.h>
#include <omp.h>

/* data.pairs is a setting of trainings. */
static const es_key pairs_key = {"data", "pairs",       ES_CHOICE, 0,       0,
                                 0,      "fresh|fixed", NULL,      "fresh", ""};

static es_status open_white(es_dataset **set, es_diag *diag,
                            const char *const *words) {
  const es_keys sets[] = {{&pairs_key, 1}, es_data_keys};
  es_config *config = NULL;
  *set = NULL;
  *diag = (es_diag){0};
  es_status status = es_config_new(&config, sets, 2, diag);
  for (size_t i = 0; status == ES_OK && words[i] != NULL; i++)
    status = es_config_set(config, words[i], diag);
  if (status == ES_OK)
    status = es_dataset_open_whitened(set, config, NULL, diag);
  es_config_free(config);
  return status;
}

#define WHITE(set, diag, ...)                                                  \
  open_white(set, diag, (const char *const[]){__VA_ARGS__, NULL})

/* 120 images of 10×10, smooth: cosines along both axes. */
enum { IMAGES = 120, SIDE = 10 };

static int make_images(void **state) {
  static unsigned char pixels[IMAGES * SIDE * SIDE];
  if (make_folder(state) != 0) return 1;
  for (size_t k = 0; k < sizeof pixels; k++) {
    const size_t i = k / SIDE / SIDE;
    const double row = (double)(k / SIDE % SIDE), column = (double)(k % SIDE);
    double sum = 0;
    for (size_t h = 0; h < 9; h++)
      sum += (scatter(9 * i + h) - 127.5) / (double)(1 + h) *
             cos((double)(h / 3) * row / 3) * cos((double)(h % 3) * column / 3);
    pixels[k] = (unsigned char)fmax(0, fmin(255, 128 + sum));
  }
  write_images(*state, pixels, IMAGES, SIDE);
  return 0;
}

/* Their views are crops. */
#define IDX(f) "data.name=idx", (f)->word
#define CROPS(f) IDX(f), "augment.crop_min=0.5", "data.views=4"

/* A (k×k) is diag(want), within tolerance. */
static void assert_diagonal(size_t k, const double *A, const double *want,
                            double tolerance) {
  for (size_t j = 0; j < k; j++)
    for (size_t i = 0; i < k; i++)
      assert_close(A[i + j * k],
                   i != j         ? 0
                   : want == NULL ? 1
                                  : want[j],
                   0, tolerance);
}

static void diagonal_of(size_t k, const double *A, double *out) {
  for (size_t j = 0; j < k; j++) out[j] = A[j + j * k];
}

static void assert_falls(size_t k, const double *x) {
  for (size_t j = 1; j < k; j++) assert_true(x[j] < x[j - 1]);
}

enum { DIMS = 8 };

/* What the moments of 8 directions are rounded by: their variances differ by
 * less than 100 here, so a few times 100·8·eps = 2e-13 is what is due. */
static const double due = 1e-12;

/* The pairs that are trained on, exactly. */
static void fixed_pairs_are_whitened(void **state) {
  const folder *f = *state;
  es_dataset *set;
  es_diag diag;
  es_moments moments;
  double rho[DIMS], one[DIMS];
  for (int center = 0; center < 2; center++) {
    const char *word = center ? "data.center=on" : "data.center=off";
    assert_ok(WHITE(&set, &diag, CROPS(f), "data.pairs=fixed", "data.dims=8",
                    "data.whiten=sum", word),
              diag);
    assert_int_equal(es_dataset_dim(set), DIMS);
    assert_ok(es_moments_new(&moments, set, center, NULL, &diag), diag);
    assert_diagonal(DIMS, moments.Sigma, NULL, due);
    diagonal_of(DIMS, moments.Gamma, rho);
    assert_diagonal(DIMS, moments.Gamma, rho, due);
    assert_falls(DIMS, rho);
    assert_true(rho[0] < 1 && rho[DIMS - 1] > 0);
    for (size_t j = 0; center && j < DIMS; j++)
      assert_close(moments.mean[j], 0, 0, due);
    if (!center) assert_true(es_norm(DIMS, moments.mean) > .5);
    es_moments_free(&moments);
    es_dataset_free(set);
    assert_ok(WHITE(&set, &diag, CROPS(f), "data.pairs=fixed", "data.dims=8",
                    "data.whiten=data", word),
              diag);
    assert_ok(es_moments_new(&moments, set, center, NULL, &diag), diag);
    assert_diagonal(DIMS, moments.Gamma, NULL, due);
    for (size_t j = 0; j < DIMS; j++) one[j] = 1 / rho[j];
    assert_diagonal(DIMS, moments.Sigma, one, due);
    es_moments_free(&moments);
    es_dataset_free(set);
  }
}

/* X and X' of data.views views, as flow byol takes them. */
static void views_are_whitened(void **state) {
  const folder *f = *state;
  es_dataset *set;
  es_diag diag;
  es_view_moments v;
  double rho[DIMS], sum[DIMS * DIMS];
  assert_ok(WHITE(&set, &diag, CROPS(f), "data.dims=8", "data.whiten=sum"),
            diag);
  assert_ok(es_view_moments_new(&v, set, 4, false, NULL, &diag), diag);
  for (size_t k = 0; k < DIMS * DIMS; k++) sum[k] = v.X[k] + v.Xp[k];
  assert_diagonal(DIMS, sum, NULL, due);
  diagonal_of(DIMS, v.X, rho);
  assert_diagonal(DIMS, v.X, rho, due);
  assert_falls(DIMS, rho);
  es_view_moments_free(&v);
  es_dataset_free(set);
}

/* dims alone turns and does not scale: its X is the top of the pixels' own. */
static void dims_are_top_eigenvectors(void **state) {
  const folder *f = *state;
  es_dataset *set, *plain;
  es_diag diag;
  es_moments small, large;
  double values[100], top[DIMS];
  assert_ok(WHITE(&set, &diag, CROPS(f), "data.pairs=fixed", "data.dims=8"),
            diag);
  assert_ok(OPEN(&plain, &diag, CROPS(f)), diag);
  assert_ok(es_moments_new(&small, set, false, NULL, &diag), diag);
  assert_ok(es_moments_new(&large, plain, false, NULL, &diag), diag);
  assert_ok(es_eigen_symmetric(100, large.Gamma, values, false, &diag), diag);
  for (size_t j = 0; j < DIMS; j++) top[j] = values[99 - j];
  assert_falls(DIMS, top);
  /* 100 units in the largest, about 13. */
  assert_diagonal(DIMS, small.Gamma, top, 100 * 16 * DBL_EPSILON);
  const es_whiten *w = es_dataset_whiten(set);
  double rows[DIMS * DIMS];
  es_syrk(DIMS, 100, 1, w->A, 0, rows);
  assert_diagonal(DIMS, rows, NULL, 1e-13);
  es_moments_free(&small);
  es_moments_free(&large);
  es_dataset_free(set);
  es_dataset_free(plain);
}

/* Views, pairs and images go through one map, whatever else is asked of it, and
 * are vectors. */
static void every_view_goes_through_the_map(void **state) {
  const folder *f = *state;
  es_dataset *set, *plain;
  es_diag diag;
  double x[2][100], want[2][DIMS], got[2][DIMS];
  size_t channels, side;
  assert_ok(WHITE(&set, &diag, CROPS(f), "data.dims=8", "data.whiten=data",
                  "data.center=on", "augment.noise=0.1"),
            diag);
  assert_ok(OPEN(&plain, &diag, CROPS(f), "augment.noise=0.1"), diag);
  const es_whiten *w = es_dataset_whiten(set);
  es_dataset_geometry(set, &channels, &side);
  assert_int_equal(channels + side, 0);
  es_dataset_pair(plain, 5, 3, x[0], x[1]);
  es_dataset_pair(set, 5, 3, got[0], got[1]);
  for (size_t k = 0; k < 2; k++) {
    es_whiten_apply(w, x[k], want[k]);
    assert_memory_equal(got[k], want[k], sizeof want[k]);
    es_dataset_view(set, 5, 3, (unsigned)k, got[k]);
    assert_memory_equal(got[k], want[k], sizeof want[k]);
  }
  es_dataset_image(plain, 7, x[0]);
  es_dataset_image(set, 7, got[0]);
  for (size_t r = 0; r < DIMS; r++) {
    double sum = 0;
    for (size_t j = 0; j < 100; j++)
      sum += w->A[r + j * DIMS] * (x[0][j] - w->mean[j]);
    assert_close(got[0][r], sum, 1e-11, 1e-11);
  }
  es_dataset_free(set);
  es_dataset_free(plain);
}

/* Generated vectors keep their own data.dims, and those of equal views have X'
 * = 0, so that rho = 1. */
static void gaussian_dims_are_its_own(void **state) {
  (void)state;
  es_dataset *set;
  es_diag diag;
  es_moments moments;
  assert_ok(WHITE(&set, &diag, "data.name=gaussian", "data.dims=4"), diag);
  assert_int_equal(es_dataset_dim(set), 4);
  assert_null(es_dataset_whiten(set));
  es_dataset_free(set);
  assert_ok(WHITE(&set, &diag, "data.name=gaussian", "data.dims=4",
                  "data.whiten=sum", "data.n=50", "data.pairs=fixed"),
            diag);
  assert_int_equal(es_dataset_dim(set), 4);
  assert_ok(es_moments_new(&moments, set, false, NULL, &diag), diag);
  assert_diagonal(4, moments.Sigma, NULL, 1e-14);
  assert_diagonal(4, moments.Gamma, NULL, 1e-14);
  es_moments_free(&moments);
  es_dataset_free(set);
}

#define STILL(f) IDX(f), "augment.shift=0", "augment.flip=off", "data.n=6"

static void too_many_directions_are_refused(void **state) {
  const folder *f = *state;
  es_dataset *set;
  es_diag diag;
  assert_status(WHITE(&set, &diag, CROPS(f), "data.dims=101"), ES_BAD_VALUE);
  assert_string_equal(diag.message,
                      "data.dims=101: views have so many values: expected a "
                      "whole number in [1, 100]");
  /* Six images span six directions, and X of equal views no more. */
  assert_status(WHITE(&set, &diag, STILL(f), "data.dims=7", "data.whiten=data"),
                ES_BAD_VALUE);
  assert_non_null(strstr(diag.message, "data.dims=7: so few directions"));
  assert_non_null(strstr(diag.message, "[1, 6]"));
  assert_status(WHITE(&set, &diag, STILL(f), "data.whiten=sum"), ES_BAD_VALUE);
  assert_non_null(strstr(diag.message, "data.dims is not set: so few"));
  assert_ok(WHITE(&set, &diag, STILL(f), "data.dims=6", "data.whiten=sum"),
            diag);
  es_dataset_free(set);
  assert_status(
      WHITE(&set, &diag, IDX(f), "data.size=65", "data.dims=2", "data.n=2"),
      ES_BAD_VALUE);
  assert_non_null(strstr(diag.message, "views have 4225 values"));
}

static void threads_do_not_change_a_bit(void **state) {
  const folder *f = *state;
  es_dataset *one, *two;
  es_diag diag;
  const int before = omp_get_max_threads();
  omp_set_num_threads(1);
  assert_ok(WHITE(&one, &diag, CROPS(f), "data.dims=8", "data.whiten=sum"),
            diag);
  omp_set_num_threads(3);
  assert_ok(WHITE(&two, &diag, CROPS(f), "data.dims=8", "data.whiten=sum"),
            diag);
  assert_int_equal(omp_get_max_threads(), 3);
  omp_set_num_threads(before);
  assert_memory_equal(es_dataset_whiten(one)->A, es_dataset_whiten(two)->A,
                      100 * DIMS * sizeof(double));
  es_dataset_free(one);
  es_dataset_free(two);
}

static void a_saved_map_is_read_again(void **state) {
  const folder *f = *state;
  es_dataset *set, *other;
  es_h5 *file;
  es_h5_source *source;
  es_whiten *back;
  es_diag diag;
  double got[DIMS], want[DIMS];
  assert_ok(WHITE(&set, &diag, CROPS(f), "data.dims=8", "data.whiten=sum"),
            diag);
  assert_ok(es_h5_create(&file, f->packed, &diag), diag);
  assert_ok(es_whiten_save(es_dataset_whiten(set), file, &diag), diag);
  assert_ok(es_h5_commit(file, &diag), diag);
  assert_ok(es_h5_open(&source, f->packed, &diag), diag);
  assert_ok(es_whiten_load(&back, source, &diag), diag);
  es_h5_close(source);
  assert_ok(OPEN(&other, &diag, IDX(f), "data.size=9"), diag);
  assert_status(es_dataset_whiten_as(other, back, &diag), ES_FILE_DATA);
  es_dataset_free(other);
  assert_ok(OPEN(&other, &diag, CROPS(f)), diag);
  assert_ok(es_dataset_whiten_as(other, back, &diag), diag);
  es_whiten_free(back);
  es_dataset_image(set, 3, want);
  es_dataset_image(other, 3, got);
  assert_memory_equal(got, want, sizeof want);
  es_dataset_free(other);
  es_dataset_free(set);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fixed_pairs_are_whitened),
      cmocka_unit_test(views_are_whitened),
      cmocka_unit_test(dims_are_top_eigenvectors),
      cmocka_unit_test(every_view_goes_through_the_map),
      cmocka_unit_test(gaussian_dims_are_its_own),
      cmocka_unit_test(too_many_directions_are_refused),
      cmocka_unit_test(threads_do_not_change_a_bit),
      cmocka_unit_test(a_saved_map_is_read_again),
  };
  return cmocka_run_group_tests(tests, make_images, remove_folder);
}
