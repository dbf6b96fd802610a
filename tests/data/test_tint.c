/* Fashion-MNIST in known colours: hues and saturations as they were drawn, and
 * what paint makes of a grey image. */
#include "tests/data/room.h"

enum { SIDE = 28, AREA = SIDE * SIDE, M = 3 * AREA };

/* The oracle's lines `tint,sample,0,hue,saturation,r,g,b` of value 1, made by
 * colorsys: a pixel of value v is v times that. */
static void colours_are_colorsys_s(void **state) {
  (void)state;
  static double x[M], grey[AREA];
  char text[8192];
  size_t lines = 0;
  es_dataset *set = SET("data.name=tint", "data.seed=7");
  es_dataset *plain = SET("data.name=fashion-mnist", "data.seed=7");
  FILE *file = fopen("tests/oracle/colour.csv", "r");
  assert_non_null(file);
  while (fgets(text, sizeof text, file) != NULL) {
    size_t i;
    double hue, s, c[3], angle[2], saturation;
    if (sscanf(text, "tint,%zu,0,%lf,%lf,%lf,%lf,%lf", &i, &hue, &s, &c[0],
               &c[1], &c[2]) != 6)
      continue;
    es_dataset_factor_of(set, i, 0, angle);
    es_dataset_factor_of(set, i, 1, &saturation);
    assert_close(angle[0], cos(2 * M_PI * hue), 0, 1e-15);
    assert_close(angle[1], sin(2 * M_PI * hue), 0, 1e-15);
    assert_close(saturation, s, 0, 0);
    es_dataset_image(set, i, x);
    es_dataset_image(plain, i, grey);
    for (size_t j = 0; j < M; j++)
      assert_close(x[j], c[j / AREA] * grey[j % AREA], 1e-14, 0);
    assert_int_equal(es_dataset_label(set, i), es_dataset_label(plain, i));
    lines++;
  }
  fclose(file);
  assert_int_equal(lines, 7);
  es_dataset_free(set);
  es_dataset_free(plain);
}

/* Cropped, moved and mirrored, both views are the grey view times one colour:
 * the same draws, and painted alike. */
static void both_views_share_the_tint(void **state) {
  (void)state;
  static double x[2][M], grey[2][AREA], image[M], plain_image[AREA];
  es_dataset *set = SET("data.name=tint", "data.n=50", "augment.crop_min=.4");
  es_dataset *plain = SET("data.n=50", "augment.crop_min=.4");
  size_t channels, side;
  es_dataset_geometry(set, &channels, &side);
  assert_int_equal(channels, 3);
  assert_int_equal(side, SIDE);
  assert_int_equal(es_dataset_dim(set), M);
  for (size_t i = 0; i < 50; i++) {
    es_dataset_pair(set, i, 2, x[0], x[1]);
    es_dataset_pair(plain, i, 2, grey[0], grey[1]);
    es_dataset_image(set, i, image);
    es_dataset_image(plain, i, plain_image);
    size_t bright = 0;
    while (plain_image[bright] < .2) bright++;
    for (size_t j = 0; j < M; j++) {
      const double share =
          image[j / AREA * AREA + bright] / plain_image[bright];
      for (size_t view = 0; view < 2; view++)
        assert_close(x[view][j], share * grey[view][j % AREA], 1e-14, 1e-16);
    }
  }
  es_dataset_free(set);
  es_dataset_free(plain);
}

static void factors_are_uniform_and_told_by_name(void **state) {
  (void)state;
  enum { N = 10000 };
  es_dataset *set = SET("data.name=tint", "data.split=test");
  assert_int_equal(es_dataset_factors(set), 2);
  assert_string_equal(es_dataset_factor(set, 0).name, "hue");
  assert_int_equal(es_dataset_factor(set, 0).width, 2);
  assert_string_equal(es_dataset_factor(set, 1).name, "saturation");
  assert_int_equal(es_dataset_factor(set, 1).width, 1);
  double mean[3] = {0}, square = 0, cross = 0;
  for (size_t i = 0; i < N; i++) {
    double angle[2], s;
    es_dataset_factor_of(set, i, 0, angle);
    es_dataset_factor_of(set, i, 1, &s);
    assert_close(angle[0] * angle[0] + angle[1] * angle[1], 1, 1e-14, 0);
    assert_true(s >= 0 && s < 1);
    mean[0] += angle[0] / N;
    mean[1] += angle[1] / N;
    mean[2] += s / N;
    square += (s - .5) * (s - .5) / N;
    cross += angle[0] * (s - .5) / N;
  }
  /* Standard deviations: 1/sqrt 2 of a cosine, 1/sqrt 12 of a saturation, of
   * their product the product; 1/sqrt 180 of its square. */
  assert_close(mean[0], 0, 0, 5 / sqrt(2. * N));
  assert_close(mean[1], 0, 0, 5 / sqrt(2. * N));
  assert_close(mean[2], .5, 0, 5 / sqrt(12. * N));
  assert_close(square, 1 / 12., 0, 5 / sqrt(180. * N));
  assert_close(cross, 0, 0, 5 / sqrt(24. * N));
  es_dataset_free(set);
}

/* Subsets keep the tint of their images; seeds and splits tell data apart. */
static void tints_belong_to_images(void **state) {
  (void)state;
  static double x[M], y[M];
  es_dataset *all = SET("data.name=tint", "data.split=test", "data.seed=3");
  es_dataset *few =
      SET("data.name=tint", "data.split=test", "data.seed=3", "data.n=20");
  es_dataset *other = SET("data.name=tint", "data.split=test", "data.seed=4");
  es_dataset *plain = SET("data.split=test", "data.seed=4");
  for (size_t i = 0; i < 20; i++) {
    double want[2], got[2];
    bool found = false;
    es_dataset_image(few, i, x);
    es_dataset_factor_of(few, i, 0, want);
    for (size_t k = 0; !found && k < 10000; k++) {
      es_dataset_factor_of(all, k, 0, got);
      if (memcmp(got, want, sizeof got) != 0) continue;
      es_dataset_image(all, k, y);
      found = memcmp(x, y, sizeof x) == 0;
    }
    assert_true(found);
  }
  assert_int_not_equal(es_dataset_checksum(all), es_dataset_checksum(other));
  assert_int_not_equal(es_dataset_checksum(other), es_dataset_checksum(plain));
  assert_int_equal(es_dataset_factors(plain), 0);
  es_dataset_free(all);
  es_dataset_free(few);
  es_dataset_free(other);
  es_dataset_free(plain);
}

/* Views have room for three channels: images of more would be cut into what is
 * behind them. */
static void images_in_colour_are_refused(void **state) {
  enum { N = 2, CHANNELS = 5, SMALL = 4, BODY = N * CHANNELS * SMALL * SMALL };
  const folder *f = *state;
  unsigned char bytes[20 + BODY] = {0};
  char path[128], word[96];
  es_dataset *set;
  es_diag diag;
  snprintf(path, sizeof path, "%s/train-images-idx3-ubyte", f->name);
  snprintf(word, sizeof word, "data.path=%s", f->name);
  idx_header(bytes, 4, (const uint32_t[]){N, CHANNELS, SMALL, SMALL});
  write_plain(path, bytes, sizeof bytes);
  const es_status status = OPEN(&set, &diag, "data.name=tint", word);
  unlink(path);
  assert_int_equal(status, ES_FILE_DATA);
  assert_null(set);
  assert_string_equal(diag.message + strlen(diag.message) - 54,
                      ": images of 5 channels, and tint colours those of grey");
}

/* The signs of two-mode are factors too: a view is them and small noise. */
static void signs_of_two_mode(void **state) {
  (void)state;
  es_dataset *set = SET("data.name=two-mode");
  assert_int_equal(es_dataset_factors(set), 2);
  assert_string_equal(es_dataset_factor(set, 0).name, "large");
  assert_string_equal(es_dataset_factor(set, 1).name, "small");
  for (size_t i = 0; i < 200; i++) {
    double b[2], x[10];
    es_dataset_factor_of(set, i, 0, &b[0]);
    es_dataset_factor_of(set, i, 1, &b[1]);
    es_dataset_view(set, i, 1, 0, x);
    for (size_t j = 0; j < 10; j++) assert_close(x[j], b[j == 9], 0, 6 * .01);
  }
  es_dataset_free(set);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(colours_are_colorsys_s),
      cmocka_unit_test(both_views_share_the_tint),
      cmocka_unit_test(factors_are_uniform_and_told_by_name),
      cmocka_unit_test(tints_belong_to_images),
      cmocka_unit_test_setup_teardown(images_in_colour_are_refused, make_folder,
                                      remove_folder),
      cmocka_unit_test(signs_of_two_mode),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
