/* The table of data sets, settings and their limits, subsets, the toys. */
#include "tests/data/room.h"

static void list_and_choices_name_the_same(void **state) {
  (void)state;
  char names[256] = "";
  for (size_t i = 0; es_data_list(i).name != NULL; i++) {
    const es_data_info info = es_data_list(i);
    if (i > 0) strcat(names, "|");
    strcat(names, info.name);
    assert_non_null(info.path);
    assert_non_null(info.install);
    assert_true(strlen(info.summary) > 5);
  }
  assert_string_equal(es_data_keys.key[0].name, "name");
  assert_string_equal(es_data_keys.key[0].choices, names);
  assert_ptr_equal(names, strstr(names, "fashion-mnist|cifar10|cifar100|stl10|"
                                        "idx|array|gaussian|two-mode|tint"));
  assert_null(es_data_list(1000).name);
}

static void settings_out_of_range(void **state) {
  (void)state;
  static const char *const bad[] = {"data.name=cifar7",
                                    "data.n=0",
                                    "data.n=1.5",
                                    "data.split=val",
                                    "data.dims=0",
                                    "augment.hue=0.51",
                                    "augment.hue=-0.1",
                                    "augment.saturation=-1",
                                    "augment.gray=1.1",
                                    "augment.blur=2",
                                    "data.size=-1",
                                    "data.seed=-1",
                                    "augment.crop_min=0",
                                    "augment.crop_min=1.1",
                                    "augment.shift=.5",
                                    "augment.flip=maybe",
                                    "data.center=2",
                                    "augment.brightness=-.1",
                                    "augment.noise=-1",
                                    "augment.contrast=-1",
                                    "augment.noise_dims=-1",
                                    "augment.noise_dims=11",
                                    "augment.noise_views=first",
                                    "augment.noise=nan"};
  es_dataset *set;
  es_diag diag;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char key[32];
    assert_status(OPEN(&set, &diag, "data.name=gaussian", bad[i]),
                  ES_BAD_VALUE);
    snprintf(key, sizeof key, "%.*s", (int)strcspn(bad[i], "="), bad[i]);
    assert_non_null(strstr(diag.message, key));
  }
  assert_status(OPEN(&set, &diag, "augment.sharpness=1"), ES_UNKNOWN_KEY);
}

static void more_samples_than_there_are(void **state) {
  (void)state;
  es_dataset *set;
  es_diag diag;
  assert_status(OPEN(&set, &diag, "data.split=test", "data.n=10001"),
                ES_BAD_VALUE);
  assert_non_null(strstr(diag.message, "data.n=10001"));
  assert_non_null(strstr(diag.message, "[1, 10000]"));
  assert_ok(OPEN(&set, &diag, "data.split=test", "data.n=10000"), diag);
  es_dataset_free(set);
  es_dataset_free(NULL);
}

/* Which samples a subset holds, told by images that hold their own number. */
static void members(size_t *out, size_t n, const folder *f, size_t want,
                    const char *seed) {
  es_dataset *set;
  es_diag diag;
  char word[32];
  double x[4], xp[4];
  snprintf(word, sizeof word, "data.n=%zu", want);
  assert_ok(OPEN(&set, &diag, "data.name=idx", f->word, word, seed,
                 "augment.shift=0"),
            diag);
  assert_int_equal(es_dataset_count(set), want);
  for (size_t i = 0; i < n; i++) {
    es_dataset_pair(set, i, 0, x, xp);
    out[i] = (size_t)rint(255 * x[0]);
  }
  es_dataset_free(set);
}

static void subsets_are_prefixes_of_one_permutation(void **state) {
  const folder *f = *state;
  unsigned char pixels[200 * 4];
  size_t small[20], large[199], other[20], all[200];
  bool seen[200] = {false}, same = true, in_order = true;
  for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (unsigned char)(i / 4);
  write_images(f, pixels, 200, 2);
  members(small, 20, f, 20, "data.seed=4");
  members(large, 199, f, 199, "data.seed=4");
  members(other, 20, f, 20, "data.seed=5");
  members(all, 200, f, 200, "data.seed=4");
  for (size_t i = 0; i < 20; i++) assert_int_equal(small[i], large[i]);
  for (size_t i = 0; i < 20; i++) same = same && other[i] == small[i];
  assert_false(same);
  for (size_t i = 0; i < 199; i++) {
    assert_true(large[i] < 200 && !seen[large[i]]);
    seen[large[i]] = true;
    in_order = in_order && large[i] == i;
  }
  assert_false(in_order);
  for (size_t i = 0; i < 200; i++) assert_int_equal(all[i], i);
}

static void two_mode_is_as_defined(void **state) {
  (void)state;
  enum { N = 1000 };
  es_dataset *set;
  es_diag diag;
  size_t channels, side, quadrant[4] = {0};
  double x[10], xp[10], noise = 0, cross = 0;
  assert_ok(OPEN(&set, &diag, "data.name=two-mode"), diag);
  assert_int_equal(es_dataset_count(set), N);
  assert_int_equal(es_dataset_dim(set), 10);
  es_dataset_geometry(set, &channels, &side);
  assert_int_equal(channels + side, 0);
  for (size_t i = 0; i < N; i++) {
    es_dataset_pair(set, i, 0, x, xp);
    quadrant[(x[0] > 0) + 2 * (x[9] > 0)]++;
    for (size_t j = 0; j < 10; j++) {
      const double b = copysign(1, x[j < 9 ? 0 : 9]);
      /* Six standard deviations are passed once in 10^9 draws. */
      assert_close(x[j], b, 0, .06);
      assert_close(xp[j], b, 0, .06);
      noise += (x[j] - b) * (x[j] - b) + (xp[j] - b) * (xp[j] - b);
      cross += (x[j] - b) * (xp[j] - b);
    }
  }
  const double draws = 20 * N, variance = 1e-4;
  assert_close(noise / draws, variance, 5 * sqrt(2 / draws), 0);
  assert_close(2 * cross / draws, 0, 0, 5 * variance * sqrt(2 / draws));
  for (size_t k = 0; k < 4; k++)
    assert_close((double)quadrant[k], N / 4., 0, 5 * sqrt(N * 3. / 16));
  es_dataset_free(set);
}

static void draws_of_two_mode_change_the_noise_only(void **state) {
  (void)state;
  es_dataset *set;
  es_diag diag;
  double x[10], xp[10], y[10], yp[10];
  assert_ok(OPEN(&set, &diag, "data.name=two-mode"), diag);
  es_dataset_pair(set, 3, 0, x, xp);
  es_dataset_pair(set, 3, 1, y, yp);
  for (size_t j = 0; j < 10; j++) {
    assert_true(x[j] * y[j] > 0);
    assert_true(x[j] < y[j] || x[j] > y[j]);
  }
  es_dataset_free(set);
}

static void gaussian_is_standard_normal(void **state) {
  (void)state;
  enum { N = 4000, M = 7 };
  es_dataset *set;
  es_diag diag;
  double x[M], xp[M], mean[M] = {0}, square[M * M] = {0}, last = 0, lag = 0;
  assert_ok(OPEN(&set, &diag, "data.name=gaussian", "data.dims=7",
                 "data.n=4000", "data.seed=9"),
            diag);
  assert_int_equal(es_dataset_dim(set), M);
  for (size_t i = 0; i < N; i++) {
    es_dataset_pair(set, i, i, x, xp);
    assert_memory_equal(x, xp, sizeof x);
    lag += last * x[0] / N;
    last = x[1];
    for (size_t j = 0; j < M; j++) mean[j] += x[j] / N;
    for (size_t j = 0; j < M * M; j++) square[j] += x[j % M] * x[j / M] / N;
  }
  assert_close(lag, 0, 0, 5 / sqrt(N));
  for (size_t j = 0; j < M; j++) assert_close(mean[j], 0, 0, 5 / sqrt(N));
  for (size_t j = 0; j < M * M; j++)
    assert_close(square[j], j % M == j / M ? 1 : 0, 0,
                 5 * sqrt((j % M == j / M ? 2. : 1.) / N));
  es_dataset_free(set);
}

static void checksums_tell_generated_sets_apart(void **state) {
  (void)state;
  static const char *const words[][2] = {{"data.name=two-mode", "data.seed=0"},
                                         {"data.name=two-mode", "data.seed=1"},
                                         {"data.name=gaussian", "data.seed=0"},
                                         {"data.name=gaussian", "data.dims=11"},
                                         {"data.name=gaussian", "data.n=999"}};
  uint32_t sum[5];
  for (size_t i = 0; i < 5; i++) {
    es_dataset *set;
    es_diag diag;
    assert_ok(OPEN(&set, &diag, words[i][0], words[i][1]), diag);
    sum[i] = es_dataset_checksum(set);
    for (size_t k = 0; k < i; k++) assert_int_not_equal(sum[i], sum[k]);
    es_dataset_free(set);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(list_and_choices_name_the_same),
      cmocka_unit_test(settings_out_of_range),
      cmocka_unit_test(more_samples_than_there_are),
      cmocka_unit_test_setup_teardown(subsets_are_prefixes_of_one_permutation,
                                      make_folder, remove_folder),
      cmocka_unit_test(two_mode_is_as_defined),
      cmocka_unit_test(draws_of_two_mode_change_the_noise_only),
      cmocka_unit_test(gaussian_is_standard_normal),
      cmocka_unit_test(checksums_tell_generated_sets_apart),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
