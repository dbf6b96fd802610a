/* augment.one_sided: the first view is the sample as it is, of every kind of
 * data set and on every draw; the second has the bits it had. */
#include "tests/data/room.h"

#include "data/moments.h"

enum { MOST = 3 * 28 * 28, SAMPLES = 12 };

/* Every augmentation of images and vectors at once. */
#define ALL_ON                                                                 \
  "data.n=12", "data.seed=5", "augment.shift=2", "augment.crop_min=.5",        \
      "augment.brightness=.4", "augment.contrast=.4", "augment.saturation=.4", \
      "augment.hue=.1", "augment.gray=.2", "augment.blur=.5",                  \
      "augment.noise=.3"

static void open_two(es_dataset **off, es_dataset **on, const char *name,
                     const char *path, const char *size, const char *noise) {
  es_diag diag;
  assert_ok(OPEN(off, &diag, name, path, size, noise, ALL_ON), diag);
  assert_ok(
      OPEN(on, &diag, name, path, size, noise, ALL_ON, "augment.one_sided=on"),
      diag);
  assert_int_equal(es_dataset_count(*on), SAMPLES);
  assert_true(es_dataset_dim(*on) <= MOST);
  assert_int_equal(es_dataset_checksum(*on), es_dataset_checksum(*off));
}

/* Counts samples whose first view was no image before. */
static size_t compare(const es_dataset *off, const es_dataset *on,
                      uint64_t draw) {
  static double image[MOST], x[MOST], xp[MOST], was[MOST], was_p[MOST];
  const size_t bytes = es_dataset_dim(on) * sizeof *x;
  size_t moved = 0;
  for (size_t i = 0; i < SAMPLES; i++) {
    es_dataset_image(off, i, image);
    es_dataset_image(on, i, x);
    assert_memory_equal(x, image, bytes);
    es_dataset_pair(off, i, draw, was, was_p);
    es_dataset_pair(on, i, draw, x, xp);
    assert_memory_equal(x, image, bytes);
    assert_memory_equal(xp, was_p, bytes);
    moved += memcmp(was, image, bytes) != 0;
    assert_true(memcmp(xp, image, bytes) != 0);
    es_dataset_view(on, i, draw, 0, x);
    es_dataset_view(on, i, draw, 1, xp);
    assert_memory_equal(x, image, bytes);
    assert_memory_equal(xp, was_p, bytes);
  }
  return moved;
}

static void check(const char *name, const char *path, const char *size) {
  for (int one = 0; one < 2; one++) {
    es_dataset *off, *on;
    open_two(&off, &on, name, path, size,
             one ? "augment.noise_views=one" : "augment.noise_views=both");
    for (uint64_t draw = 0; draw < 3; draw++) {
      const size_t moved = compare(off, on, draw);
      if (!one) assert_int_equal(moved, SAMPLES);
    }
    es_dataset_free(off);
    es_dataset_free(on);
  }
}

static void images(void **state) {
  const folder *f = *state;
  unsigned char pixels[SAMPLES * 64];
  for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = scatter(i);
  write_images(f, pixels, SAMPLES, 8);
  check("data.name=idx", f->word, "data.size=8");
  check("data.name=idx", f->word, "data.size=5");
  check("data.name=fashion-mnist", "data.split=test", "data.size=14");
}

/* Painted in the sample's hue, in both views. */
static void tinted(void **state) {
  (void)state;
  check("data.name=tint", "data.split=test", "data.size=28");
}

static void vectors(void **state) {
  folder *f = *state;
  char word[160], path[128];
  snprintf(path, sizeof path, "%s.csv", f->plain);
  snprintf(word, sizeof word, "data.path=%s", path);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  for (int i = 0; i < SAMPLES; i++)
    fprintf(file, "%d,%g,%d\n", i, 1. / (i + 1), i * i);
  assert_int_equal(fclose(file), 0);
  check("data.name=array", word, "data.size=0");
  check("data.name=gaussian", "data.dims=7", "data.size=0");
  check("data.name=two-mode", "data.dims=7", "data.size=0");
  unlink(path);
}

/* Moments see the same views: C, of the first, is that of images without
 * augmentation; X and X', of the second, are what they were. */
static void moments(void **state) {
  const folder *f = *state;
  es_dataset *off, *on, *plain;
  es_view_moments got, was, want;
  es_diag diag;
  unsigned char pixels[SAMPLES * 64];
  for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = scatter(i);
  write_images(f, pixels, SAMPLES, 8);
  open_two(&off, &on, "data.name=idx", f->word, "data.size=8",
           "augment.noise_views=both");
  assert_ok(OPEN(&plain, &diag, "data.name=idx", f->word, "data.seed=5",
                 "augment.shift=0", "augment.flip=off"),
            diag);
  assert_ok(es_view_moments_new(&got, on, 3, true, NULL, &diag), diag);
  assert_ok(es_view_moments_new(&was, off, 3, true, NULL, &diag), diag);
  assert_ok(es_view_moments_new(&want, plain, 3, true, NULL, &diag), diag);
  for (size_t k = 0; k < 64 * 64; k++) {
    assert_close(got.C[k], want.C[k], 0, 0);
    assert_close(got.Xp[k], was.Xp[k], 0, 0);
    assert_close(got.X[k], was.X[k], 0, 0);
  }
  es_view_moments_free(&got);
  es_view_moments_free(&was);
  es_view_moments_free(&want);
  es_dataset_free(off);
  es_dataset_free(on);
  es_dataset_free(plain);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(images), cmocka_unit_test(tinted),
      cmocka_unit_test(vectors), cmocka_unit_test(moments)};
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
