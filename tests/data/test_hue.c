/* Saturation, hue, gray and blur against torchvision and colorsys
 * (tests/oracle/colour.csv), and what they leave alone. */
#include "tests/data/room.h"

#include "data/blur.h"
#include "data/colour.h"

enum { SIDE = 5, AREA = SIDE * SIDE, M = 3 * AREA, N = 3, SEED = 7, DRAW = 3 };

/* Images of bytes by scatter, of any geometry. */
static void write_planes(const folder *f, uint32_t n, uint32_t channels,
                         uint32_t side) {
  const uint32_t dims[4] = {n, channels, side, side};
  const size_t body = (size_t)n * channels * side * side;
  unsigned char *bytes = malloc(20 + body);
  assert_non_null(bytes);
  const size_t head = idx_header(bytes, 4, dims);
  for (size_t i = 0; i < body; i++) bytes[head + i] = scatter(i);
  write_plain(f->plain, bytes, head + body);
  free(bytes);
}

#define IMAGES(f, ...)                                                         \
  open_set((const char *const[]){"data.name=idx", "data.seed=7", (f)->word,    \
                                 "augment.shift=0", "augment.flip=off",        \
                                 __VA_ARGS__, NULL})

/* The oracle's lines; a name's own take up `name,sample,view,values…`. */
static FILE *open_oracle(void) {
  FILE *file = fopen("tests/oracle/colour.csv", "r");
  assert_non_null(file);
  return file;
}

typedef struct line {
  char name[32];
  size_t sample, view, n;
  double value[M];
} line;

static bool next_line(FILE *file, line *out) {
  static char text[8192];
  if (fgets(text, sizeof text, file) == NULL) return false;
  char *rest = NULL, *cell = strtok_r(text, ",\n", &rest);
  snprintf(out->name, sizeof out->name, "%s", cell);
  out->sample = strtoul(strtok_r(NULL, ",\n", &rest), NULL, 10);
  out->view = strtoul(strtok_r(NULL, ",\n", &rest), NULL, 10);
  for (out->n = 0; (cell = strtok_r(NULL, ",\n", &rest)) != NULL; out->n++) {
    assert_true(out->n < M);
    out->value[out->n] = strtod(cell, NULL);
  }
  return true;
}

/* Ours and torchvision's are both good to some units of roundoff of 1: a hue
 * is a quotient of differences of values in [0,1], multiplied by what it was
 * divided by. */
static const double rounding = 1e-14;

static void check_views(const folder *f, const char *name,
                        const char *const *words) {
  line want;
  size_t lines = 0;
  const char *all[16] = {"data.name=idx", "data.seed=7", f->word,
                         "augment.shift=0", "augment.flip=off"};
  for (size_t k = 0; words[k] != NULL; k++) all[5 + k] = words[k];
  es_dataset *set = open_set(all);
  FILE *file = open_oracle();
  while (next_line(file, &want)) {
    double x[M];
    if (strcmp(want.name, name) != 0) continue;
    es_dataset_view(set, want.sample, DRAW, (unsigned)want.view, x);
    assert_int_equal(want.n, M);
    for (size_t j = 0; j < M; j++)
      assert_close(x[j], want.value[j], 0, rounding);
    lines++;
  }
  assert_int_equal(lines, 2 * N);
  fclose(file);
  es_dataset_free(set);
}

#define CHECK(f, name, ...)                                                    \
  check_views(f, name, (const char *const[]){__VA_ARGS__, NULL})

static void colours_are_torchvision_s(void **state) {
  const folder *f = *state;
  write_planes(f, N, 3, SIDE);
  CHECK(f, "saturation", "augment.saturation=0.8");
  CHECK(f, "saturation-strong", "augment.saturation=2.5");
  CHECK(f, "hue", "augment.hue=0.5");
  CHECK(f, "gray", "augment.gray=0.5");
  CHECK(f, "blur", "augment.blur=1");
  CHECK(f, "simclr", "augment.brightness=0.4", "augment.contrast=0.4",
        "augment.saturation=0.4", "augment.hue=0.1", "augment.gray=0.2",
        "augment.blur=0.5");
}

/* A view of 61 pixels is blurred over 3 to either side. */
static void a_wide_blur_is_torchvision_s(void **state) {
  const folder *f = *state;
  enum { WIDE = 61 };
  static const size_t places[] = {
      0,           1,       60,         61, 62, 3 * 61 + 2, 30 * 61 + 30,
      59 * 61 + 1, 60 * 61, 61 * 61 - 1};
  static double x[WIDE * WIDE];
  line want;
  size_t lines = 0;
  write_planes(f, 1, 1, WIDE);
  es_dataset *set = IMAGES(f, "augment.blur=1");
  FILE *file = open_oracle();
  while (next_line(file, &want)) {
    if (strcmp(want.name, "blur-far") != 0) continue;
    es_dataset_view(set, 0, DRAW, (unsigned)want.view, x);
    assert_int_equal(want.n, sizeof places / sizeof *places);
    for (size_t k = 0; k < want.n; k++)
      assert_close(x[places[k]], want.value[k], 0, rounding);
    lines++;
  }
  assert_int_equal(lines, 2);
  fclose(file);
  es_dataset_free(set);
}

/* A flat view stays flat, a single pixel stays, no blur is too wide for the
 * smallest sides, and the sum over a view far from its edges is kept. */
static void blurs_of_any_side(void **state) {
  (void)state;
  static double x[ES_BLUR_SIDE];
  for (size_t side = 1; side <= 64; side++) {
    for (size_t i = 0; i < side * side; i++) x[i] = .7;
    es_blur(x, 1, side, 2);
    for (size_t i = 0; i < side * side; i++) assert_close(x[i], .7, 1e-14, 0);
  }
  double pair[4] = {1, 0, 0, 0};
  es_blur(pair, 1, 2, 1);
  /* Each of two pixels is mirrored into the other: weights 1 and 2 e^{-1/2}. */
  const double w = 2 * exp(-.5) / (1 + 2 * exp(-.5));
  assert_close(pair[0], (1 - w) * (1 - w), 1e-14, 0);
  assert_close(pair[1], (1 - w) * w, 1e-14, 0);
  assert_close(pair[3], w * w, 1e-14, 0);
  double sum = 0;
  for (size_t i = 0; i < 60 * 60; i++) x[i] = i == 30 * 60 + 29;
  es_blur(x, 1, 60, 1.3);
  for (size_t i = 0; i < 60 * 60; i++) {
    const size_t r = i / 60, c = i % 60;
    sum += x[i];
    /* Reaches three pixels, no more. */
    assert_int_equal(x[i] > 0, r >= 27 && r <= 33 && c >= 26 && c <= 32);
  }
  assert_close(sum, 1, 1e-14, 0);
}

static void a_view_too_wide_for_a_blur_is_refused(void **state) {
  const folder *f = *state;
  es_dataset *set;
  es_diag diag;
  const uint32_t dims[3] = {1, 1, ES_BLUR_SIDE + 1};
  unsigned char bytes[16 + ES_BLUR_SIDE + 1] = {0};
  idx_header(bytes, 3, dims);
  write_plain(f->plain, bytes, sizeof bytes);
  /* Not square, so a side must be given, of which the key allows 4096. */
  assert_status(OPEN(&set, &diag, "data.name=idx", f->word, "data.size=4097",
                     "augment.blur=1"),
                ES_BAD_VALUE);
  assert_ok(OPEN(&set, &diag, "data.name=idx", f->word, "data.size=4096",
                 "augment.blur=1"),
            diag);
  es_dataset_free(set);
  es_config *config = NULL;
  es_colour colour;
  assert_ok(es_config_new(&config, &es_data_keys, 1, &diag), diag);
  assert_ok(es_config_set(config, "augment.blur=.5", &diag), diag);
  assert_status(es_colour_from(&colour, config, ES_BLUR_SIDE + 1, &diag),
                ES_BAD_VALUE);
  assert_non_null(strstr(diag.message, "augment.blur"));
  assert_non_null(strstr(diag.message, "4097 pixels"));
  es_config_free(config);
}

/* Of one, two or four channels there is no hue to change. */
static void what_has_no_colours_keeps_its_values(void **state) {
  const folder *f = *state;
  for (uint32_t channels = 1; channels <= 4; channels++) {
    double x[4 * AREA], y[4 * AREA];
    write_planes(f, N, channels, SIDE);
    es_dataset *plain = IMAGES(f, "augment.contrast=.5");
    es_dataset *set = IMAGES(f, "augment.contrast=.5", "augment.saturation=1",
                             "augment.hue=.5", "augment.gray=1");
    for (size_t i = 0; i < N; i++) {
      es_dataset_view(plain, i, 0, 1, x);
      es_dataset_view(set, i, 0, 1, y);
      const bool same = memcmp(x, y, channels * AREA * sizeof *x) == 0;
      assert_int_equal(same, channels != 3);
    }
    es_dataset_free(plain);
    es_dataset_free(set);
  }
}

/* Switching one on leaves what the others draw as it was: with noise behind
 * everything, views differ by what was switched on alone. */
static void draws_are_each_one_s_own(void **state) {
  const folder *f = *state;
  static const char *const more[] = {"augment.saturation=.5", "augment.hue=.2",
                                     "augment.gray=.5", "augment.blur=.5"};
  write_planes(f, N, 3, SIDE);
  for (size_t k = 0; k < 4; k++) {
    es_dataset *one = IMAGES(f, "augment.brightness=.3", more[k]);
    es_dataset *noisy =
        IMAGES(f, "augment.brightness=.3", more[k], "augment.noise=.1");
    es_dataset *plain = IMAGES(f, "augment.brightness=.3");
    es_dataset *hum = IMAGES(f, "augment.brightness=.3", "augment.noise=.1");
    double a[M], b[M], c[M], d[M];
    for (size_t i = 0; i < N; i++)
      for (unsigned view = 0; view < 2; view++) {
        es_dataset_view(one, i, DRAW, view, a);
        es_dataset_view(noisy, i, DRAW, view, b);
        es_dataset_view(plain, i, DRAW, view, c);
        es_dataset_view(hum, i, DRAW, view, d);
        for (size_t j = 0; j < M; j++) /* two roundings of values below 2 */
          assert_close(b[j] - a[j], d[j] - c[j], 0, 1e-15);
      }
    es_dataset_free(one);
    es_dataset_free(noisy);
    es_dataset_free(plain);
    es_dataset_free(hum);
  }
}

/* How often, and that a turned hue keeps value and chroma. */
static void probabilities_and_invariants(void **state) {
  const folder *f = *state;
  enum { DRAWS = 2000 };
  double x[M], y[M];
  size_t grey = 0, blurred = 0;
  write_planes(f, 1, 3, SIDE);
  es_dataset *plain = IMAGES(f, "augment.gray=0");
  es_dataset *hue = IMAGES(f, "augment.hue=.5");
  es_dataset *gray = IMAGES(f, "augment.gray=.2");
  es_dataset *blur = IMAGES(f, "augment.blur=.3");
  es_dataset_view(plain, 0, 0, 0, x);
  for (uint64_t draw = 0; draw < DRAWS; draw++) {
    es_dataset_view(gray, 0, draw, 0, y);
    grey += memcmp(y, y + AREA, AREA * sizeof *y) == 0;
    es_dataset_view(blur, 0, draw, 0, y);
    blurred += memcmp(x, y, sizeof y) != 0;
  }
  assert_close((double)grey, .2 * DRAWS, 0, 5 * sqrt(.2 * .8 * DRAWS));
  /* A draw of sigma so small that nothing is left beside the middle (e^-38 in
   * the last place: sigma < .115, one in 130) counts as none. */
  assert_close((double)blurred, .3 * (1 - .015 / 1.9) * DRAWS, 0,
               5 * sqrt(.3 * .7 * DRAWS));
  for (uint64_t draw = 0; draw < 50; draw++) {
    es_dataset_view(hue, 0, draw, 0, y);
    for (size_t i = 0; i < AREA; i++) {
      const double *p = x + i, *q = y + i;
      const double top = fmax(p[0], fmax(p[AREA], p[2 * AREA]));
      const double low = fmin(p[0], fmin(p[AREA], p[2 * AREA]));
      assert_close(fmax(q[0], fmax(q[AREA], q[2 * AREA])), top, 0, rounding);
      assert_close(fmin(q[0], fmin(q[AREA], q[2 * AREA])), low, 0, rounding);
    }
  }
  es_dataset_free(plain);
  es_dataset_free(hue);
  es_dataset_free(gray);
  es_dataset_free(blur);
}

/* The hexcone at its corners and beyond a turn. */
static void hues_go_round(void **state) {
  (void)state;
  static const double colour[6][3] = {{1, 0, 0}, {1, 1, 0}, {0, 1, 0},
                                      {0, 1, 1}, {0, 0, 1}, {1, 0, 1}};
  for (int turn = -2; turn <= 2; turn++)
    for (size_t k = 0; k < 6; k++)
      for (size_t c = 0; c < 3; c++)
        assert_close(1 - es_colour_below(turn + (double)k / 6, c), colour[k][c],
                     0, 1e-14);
  assert_close(1 - es_colour_below(1. / 12, 1), .5, 0, 1e-14);
}

#define IN_FOLDER(test)                                                        \
  cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(colours_are_torchvision_s),
      IN_FOLDER(a_wide_blur_is_torchvision_s),
      cmocka_unit_test(blurs_of_any_side),
      IN_FOLDER(a_view_too_wide_for_a_blur_is_refused),
      IN_FOLDER(what_has_no_colours_keeps_its_values),
      IN_FOLDER(draws_are_each_one_s_own),
      IN_FOLDER(probabilities_and_invariants),
      cmocka_unit_test(hues_go_round),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
