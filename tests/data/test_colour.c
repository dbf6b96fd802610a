/* Brightness, contrast and noise, against values computed here. */
#include "tests/data/room.h"

#include "data/draws.h"

enum { N = 200, SIDE = 4, M = SIDE * SIDE };

/* Images of all brightnesses, so that some values are cut and some are not. */
static void write_scattered(const folder *f) {
  unsigned char pixels[N * M];
  for (size_t i = 0; i < N * M; i++)
    pixels[i] = (unsigned char)((size_t)scatter(i) * (i / M + 1) / N);
  write_images(f, pixels, N, SIDE);
}

#define IMAGES(f, ...)                                                         \
  SET("data.name=idx", "data.seed=7", (f)->word, __VA_ARGS__)

static double cut(double x) { return fmin(fmax(x, 0), 1); }

/* What torchvision makes of planes: brightness, then contrast about the mean
 * in grey of what brightness left. */
static void jitter(double *x, const double *weights, size_t channels,
                   double brightness, double contrast) {
  long double mean = 0;
  for (size_t j = 0; j < channels * M; j++) {
    x[j] = cut(brightness * x[j]);
    mean += weights[j / M] * x[j] / (long double)M;
  }
  for (size_t j = 0; j < channels * M; j++)
    x[j] = cut((double)(contrast * x[j] + (1 - contrast) * mean));
}

static double factor(const es_draws *draws, uint64_t k, double strength) {
  const double low = fmax(0, 1 - strength);
  return low + (1 + strength - low) * es_draws_uniform(draws, k);
}

/* Cropped, shifted and mirrored too: colour comes after the geometry, whose
 * draws it leaves alone. */
static void check_jitter(const folder *f, const char *brightness,
                         const char *contrast, double b, double c) {
  static const double grey[1] = {1};
  es_dataset *plain = IMAGES(f, "augment.shift=1", "augment.crop_min=.5");
  es_dataset *set =
      IMAGES(f, "augment.shift=1", "augment.crop_min=.5", brightness, contrast);
  size_t at_one = 0, at_zero = 0;
  for (size_t i = 0; i < N; i++) {
    double x[2][M], want[2][M];
    es_dataset_pair(set, i, 3, x[0], x[1]);
    es_dataset_pair(plain, i, 3, want[0], want[1]);
    for (unsigned view = 0; view < 2; view++) {
      const es_draws draws = es_draws_of(7, 3, i, view);
      jitter(want[view], grey, 1, factor(&draws, ES_DRAW_BRIGHTNESS, b),
             factor(&draws, ES_DRAW_CONTRAST, c));
      for (size_t j = 0; j < M; j++) {
        assert_close(x[view][j], want[view][j], 1e-14, 1e-15);
        at_one += x[view][j] >= 1;
        at_zero += x[view][j] <= 0;
      }
    }
  }
  assert_true(at_one > 10 && at_zero > 10);
  es_dataset_free(plain);
  es_dataset_free(set);
}

static void jitter_is_torchvision_s(void **state) {
  const folder *f = *state;
  write_scattered(f);
  check_jitter(f, "augment.brightness=.8", "augment.contrast=0", .8, 0);
  check_jitter(f, "augment.brightness=0", "augment.contrast=1.5", 0, 1.5);
  check_jitter(f, "augment.brightness=2.5", "augment.contrast=.4", 2.5, .4);
}

static void contrast_of_colours_is_about_their_grey(void **state) {
  const folder *f = *state;
  static const double luma[3] = {.2989, .587, .114}, even[2] = {.5, .5};
  for (uint32_t channels = 2; channels <= 3; channels++) {
    const uint32_t dims[4] = {1, channels, SIDE, SIDE};
    unsigned char bytes[20 + 3 * M];
    double x[3 * M], want[3 * M];
    const size_t head = idx_header(bytes, 4, dims);
    for (size_t i = 0; i < 3 * M; i++) bytes[head + i] = scatter(i) / 2 + 20;
    write_plain(f->plain, bytes, head + channels * M);
    es_dataset *set =
        IMAGES(f, "augment.shift=0", "augment.flip=off", "augment.contrast=.5");
    es_dataset_view(set, 0, 4, 1, x);
    const es_draws draws = es_draws_of(7, 4, 0, 1);
    for (size_t j = 0; j < channels * M; j++) want[j] = bytes[head + j] / 255.;
    jitter(want, channels == 3 ? luma : even, channels, 1,
           factor(&draws, ES_DRAW_CONTRAST, .5));
    for (size_t j = 0; j < channels * M; j++)
      assert_close(x[j], want[j], 1e-14, 1e-15);
    es_dataset_free(set);
  }
}

/* The factors seen from outside: one dark pixel, never cut. Uniform in the
 * range, by its mean and variance, and independent between views. */
static void factors_are_uniform(void **state) {
  const folder *f = *state;
  enum { DRAWS = 4000 };
  static const struct {
    const char *word;
    double low, high;
  } range[] = {{"augment.brightness=.4", .6, 1.4},
               {"augment.brightness=3", 0, 4}};
  const unsigned char pixel = 51;
  write_images(f, &pixel, 1, 1);
  for (size_t k = 0; k < 2; k++) {
    es_dataset *set = IMAGES(f, "augment.shift=0", range[k].word);
    const double centre = (range[k].low + range[k].high) / 2;
    const double width = range[k].high - range[k].low;
    double mean = 0, square = 0, cross = 0;
    for (uint64_t draw = 0; draw < DRAWS; draw++) {
      double u[2];
      es_dataset_pair(set, 0, draw, &u[0], &u[1]);
      for (int view = 0; view < 2; view++) {
        u[view] = (u[view] / .2 - centre) / width; /* in [-1/2, 1/2] */
        assert_close(u[view], 0, 0, .5 + 1e-12);
        mean += u[view] / (2 * DRAWS);
        square += u[view] * u[view] / (2 * DRAWS);
      }
      cross += u[0] * u[1] / DRAWS;
    }
    assert_close(mean, 0, 0, 5 / sqrt(12. * 2 * DRAWS));
    /* Var u² = 1/80 - 1/144 = 1/180, Var u·u' = 1/144. */
    assert_close(square, 1 / 12., 0, 5 / sqrt(180. * 2 * DRAWS));
    assert_close(cross, 0, 0, 5 / sqrt(144. * DRAWS));
    es_dataset_free(set);
  }
}

/* Noise is what a noisy view has beyond the plain one. */
static void noise_is_gaussian_and_independent(void **state) {
  const folder *f = *state;
  static const double sigma = .3;
  write_scattered(f);
  es_dataset *plain = IMAGES(f, "augment.shift=1", "augment.contrast=.5");
  es_dataset *set =
      IMAGES(f, "augment.shift=1", "augment.contrast=.5", "augment.noise=.3");
  double mean = 0, square = 0, fourth = 0, views = 0, draws = 0, next = 0;
  size_t outside = 0;
  for (size_t i = 0; i < N; i++) {
    double x[3][M], e[3][M];
    es_dataset_pair(set, i, 0, x[0], x[1]);
    es_dataset_pair(plain, i, 0, e[0], e[1]);
    es_dataset_view(set, i, 1, 0, x[2]);
    es_dataset_view(plain, i, 1, 0, e[2]);
    for (size_t j = 0; j < 3 * M; j++) {
      outside += x[j / M][j % M] < 0 || x[j / M][j % M] > 1;
      e[j / M][j % M] = (x[j / M][j % M] - e[j / M][j % M]) / sigma;
    }
    for (size_t j = 0; j < M; j++) {
      mean += e[0][j];
      square += e[0][j] * e[0][j];
      fourth += pow(e[0][j], 4);
      views += e[0][j] * e[1][j];
      draws += e[0][j] * e[2][j];
      next += e[0][j] * e[0][(j + 1) % M];
    }
  }
  const double n = N * M;
  assert_close(mean / n, 0, 0, 5 / sqrt(n));
  assert_close(square / n, 1, 0, 5 * sqrt(2 / n));
  assert_close(fourth / n, 3, 0, 5 * sqrt(96 / n));
  assert_close(views / n, 0, 0, 5 / sqrt(n));
  assert_close(draws / n, 0, 0, 5 / sqrt(n));
  assert_close(next / n, 0, 0, 5 / sqrt(n));
  assert_true(outside > 100);
  es_dataset_free(plain);
  es_dataset_free(set);
}

static void noise_falls_where_it_is_told(void **state) {
  (void)state;
  enum { DIMS = 10, FIRST = 3 };
  static const char *const sets[] = {"data.name=gaussian",
                                     "data.name=two-mode"};
  for (size_t s = 0; s < 2; s++)
    for (int one = 0; one < 2; one++) {
      es_dataset *plain = SET(sets[s]);
      es_dataset *set =
          SET(sets[s], "augment.noise=.5", "augment.noise_dims=3",
              one ? "augment.noise_views=one" : "augment.noise_views=both");
      double x[2][DIMS], want[2][DIMS], single[DIMS];
      for (size_t i = 0; i < 50; i++) {
        es_dataset_pair(plain, i, 2, want[0], want[1]);
        es_dataset_pair(set, i, 2, x[0], x[1]);
        for (unsigned view = 0; view < 2; view++) {
          const size_t noisy = one && view == 0 ? 0 : FIRST;
          es_dataset_view(set, i, 2, view, single);
          assert_memory_equal(single, x[view], sizeof single);
          for (size_t j = 0; j < DIMS; j++)
            assert_int_equal(x[view][j] < want[view][j] ||
                                 x[view][j] > want[view][j],
                             j < noisy);
        }
        for (size_t j = 0; j < FIRST; j++)
          assert_true(x[0][j] < x[1][j] || x[0][j] > x[1][j]);
      }
      es_dataset_free(plain);
      es_dataset_free(set);
    }
}

static void noise_beyond_the_view_is_refused(void **state) {
  const folder *f = *state;
  es_dataset *set;
  es_diag diag;
  write_scattered(f);
  assert_status(OPEN(&set, &diag, "data.name=idx", f->word, "augment.shift=0",
                     "augment.noise_dims=17"),
                ES_BAD_VALUE);
  assert_non_null(strstr(diag.message, "augment.noise_dims=17"));
  assert_non_null(strstr(diag.message, "[0, 16]"));
  es_dataset_free(IMAGES(f, "augment.shift=0", "augment.noise_dims=16"));
}

#define IN_FOLDER(test)                                                        \
  cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(jitter_is_torchvision_s),
      IN_FOLDER(contrast_of_colours_is_about_their_grey),
      IN_FOLDER(factors_are_uniform),
      IN_FOLDER(noise_is_gaussian_and_independent),
      cmocka_unit_test(noise_falls_where_it_is_told),
      IN_FOLDER(noise_beyond_the_view_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
