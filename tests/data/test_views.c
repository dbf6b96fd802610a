/* Views: exact pixels of shifts, flips and crops, their distribution, and that
 * a pair depends on nothing but (data.seed, i, draw). */
#include "tests/data/room.h"

#include "data/augment.h"

/* A test pixel that is never 0, so that zero fill is told from image. */
static void numbered(unsigned char *out, size_t n) {
  for (size_t i = 0; i < n; i++) out[i] = (unsigned char)(i + 1);
}

/* The pixel that a shifted and flipped view shows, by definition. */
static double expected(const unsigned char *image, long side, long r, long c,
                       long down, long across, bool flip) {
  const long row = r - down, from = c - across;
  if (row < 0 || row >= side || from < 0 || from >= side) return 0;
  return image[row * side + (flip ? side - 1 - from : from)] / 255.;
}

/* Finds the one move that explains a view; fails where none or two do. */
static size_t explain(const double *view, const unsigned char *image, long side,
                      long reach) {
  size_t found = 0, which = 0, cell = 0;
  for (int flip = 0; flip < 2; flip++)
    for (long dy = -reach; dy <= reach; dy++)
      for (long dx = -reach; dx <= reach; dx++, cell++) {
        bool same = true;
        for (long k = 0; same && k < side * side; k++)
          same = close_to(
              view[k],
              expected(image, side, k / side, k % side, dy, dx, flip == 1), 0,
              0);
        if (same) which = cell;
        found += same;
      }
  assert_int_equal(found, 1);
  return which;
}

/* Chi-square within six standard deviations of its mean. */
static void assert_uniform(const size_t *count, size_t cells, size_t total) {
  const double want = (double)total / (double)cells;
  double chi2 = 0;
  for (size_t i = 0; i < cells; i++)
    chi2 += ((double)count[i] - want) * ((double)count[i] - want) / want;
  const double dof = (double)cells - 1;
  assert_close(chi2, dof, 0, 6 * sqrt(2 * dof));
}

enum { SIDE = 5, DRAWS = 20000 };

static void shifts_and_flips_are_exact_and_uniform(void **state) {
  (void)state;
  static const size_t reach = 3;
  unsigned char pixels[SIDE * SIDE];
  double view[SIDE * SIDE];
  size_t count[2 * 49] = {0}, mirrored[2] = {0};
  numbered(pixels, sizeof pixels);
  const es_image image = {pixels, 1, SIDE, SIDE};
  const es_augment augment = {reach, 1, true};
  for (uint64_t i = 0; i < DRAWS; i++) {
    const es_draws draws = es_draws_of(5, 0, i, 0);
    es_augment_view(view, &image, SIDE, &augment, &draws);
    const size_t move = explain(view, pixels, SIDE, (long)reach);
    count[move]++;
    mirrored[move / 49]++;
  }
  assert_uniform(count, 98, DRAWS);
  assert_uniform(mirrored, 2, DRAWS);
}

/* Views, samples and draws move independently: joint counts are uniform. */
static void views_are_independent(void **state) {
  (void)state;
  unsigned char pixels[9];
  size_t view_view[324] = {0}, draw_draw[324] = {0}, i_i[324] = {0};
  size_t cell[4];
  numbered(pixels, sizeof pixels);
  const es_image image = {pixels, 1, 3, 3};
  const es_augment augment = {1, 1, true};
  for (uint64_t i = 0; i < DRAWS; i++) {
    const es_draws four[4] = {es_draws_of(0, 0, i, 0), es_draws_of(0, 0, i, 1),
                              es_draws_of(0, 1, i, 0),
                              es_draws_of(0, 0, i + 1, 0)};
    for (int k = 0; k < 4; k++) {
      double view[9];
      es_augment_view(view, &image, 3, &augment, &four[k]);
      cell[k] = explain(view, pixels, 3, 1);
    }
    view_view[cell[0] * 18 + cell[1]]++;
    draw_draw[cell[0] * 18 + cell[2]]++;
    i_i[cell[0] * 18 + cell[3]]++;
  }
  assert_uniform(view_view, 324, DRAWS);
  assert_uniform(draw_draw, 324, DRAWS);
  assert_uniform(i_i, 324, DRAWS);
}

static void no_augmentation_is_the_image(void **state) {
  (void)state;
  unsigned char pixels[2 * 25];
  double view[2 * 25];
  numbered(pixels, sizeof pixels);
  const es_image image = {pixels, 2, 5, 5};
  const es_augment none = {0, 1, false};
  const es_draws draws = es_draws_of(0, 0, 0, 0);
  es_augment_view(view, &image, 5, &none, &draws);
  for (size_t i = 0; i < sizeof pixels; i++)
    assert_close(view[i], pixels[i] / 255., 0, 0);
}

/* The view of a crop from the definition: every output pixel is the mean of
 * the piecewise-constant crop over a box of max(scale, 1) around its centre,
 * cut at the crop's edge. */
static double box_mean(const es_image *image, const es_crop *crop, size_t side,
                       size_t r, size_t c) {
  long double sum = 0, area = 0, low[2], high[2];
  const size_t length[2] = {crop->height, crop->width}, at[2] = {r, c};
  for (int k = 0; k < 2; k++) {
    const long double scale = (long double)length[k] / (long double)side;
    const long double half = fmaxl(scale, 1) / 2;
    const long double centre = ((long double)at[k] + .5L) * scale;
    low[k] = fmaxl(0, centre - half);
    high[k] = fminl((long double)length[k], centre + half);
  }
  for (size_t i = 0; i < crop->height; i++)
    for (size_t j = 0; j < crop->width; j++) {
      const long double y = (long double)i, x = (long double)j;
      const long double h = fminl(high[0], y + 1) - fmaxl(low[0], y);
      const long double w = fminl(high[1], x + 1) - fmaxl(low[1], x);
      if (h <= 0 || w <= 0) continue;
      const size_t p = (crop->top + i) * image->width + crop->left + j;
      sum += h * w * image->bytes[p];
      area += h * w;
    }
  return (double)(sum / area / 255);
}

static void resampling_known_pixels(void **state) {
  (void)state;
  const unsigned char ramp[4] = {0, 255, 0, 255};
  const unsigned char three[9] = {0, 60, 255, 0, 60, 255, 0, 60, 255};
  const unsigned char block[16] = {1, 3, 9, 11, 5, 7, 13, 15,
                                   0, 0, 8, 8,  0, 0, 8,  8};
  const double bilinear[4] = {0, .25, .75, 1}, mean[4] = {4, 12, 0, 8};
  const es_augment none = {0, 1, false};
  const es_draws draws = es_draws_of(0, 0, 0, 0);
  const es_image up = {ramp, 1, 2, 2}, odd = {three, 1, 3, 3},
                 down = {block, 1, 4, 4};
  double view[16];
  es_augment_view(view, &up, 4, &none, &draws);
  for (size_t i = 0; i < 16; i++)
    assert_close(view[i], bilinear[i % 4], 0, 1e-16);
  es_augment_view(view, &down, 2, &none, &draws);
  for (size_t i = 0; i < 4; i++) assert_close(view[i], mean[i] / 255, 1e-16, 0);
  es_augment_view(view, &odd, 2, &none, &draws);
  assert_close(view[2], 20 / 255., 1e-15, 0);
  assert_close(view[3], 190 / 255., 1e-15, 0);
}

/* A non-square image with two channels, cropped, flipped and shifted, against
 * the definition. */
static void crops_match_the_definition(void **state) {
  (void)state;
  enum { H = 13, W = 10, OUT = 7 };
  unsigned char pixels[2 * H * W];
  double view[2 * OUT * OUT];
  for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = scatter(i);
  const es_image image = {pixels, 2, H, W};
  const es_augment augment = {0, .08, false};
  size_t enlarged = 0;
  for (uint64_t i = 0; i < 500; i++) {
    const es_draws draws = es_draws_of(1, 2, i, 1);
    const es_crop crop = es_augment_crop(H, W, .08, &draws);
    es_augment_view(view, &image, OUT, &augment, &draws);
    enlarged += crop.height < OUT;
    for (size_t k = 0; k < 2 * OUT * OUT; k++) {
      const es_image plane = {pixels + k / (OUT * OUT) * H * W, 1, H, W};
      const size_t p = k % (OUT * OUT);
      assert_close(view[k], box_mean(&plane, &crop, OUT, p / OUT, p % OUT),
                   1e-14, 1e-15);
    }
  }
  assert_in_range(enlarged, 50, 450);
}

/* On a 1000×1000 image rounding hardly matters: the share of the area kept is
 * uniform where all ratios fit, the logarithm of the ratio is uniform, and so
 * is the position in the room that is left. */
static void crops_have_torchvision_s_distribution(void **state) {
  (void)state;
  enum { SIZE = 1000, CELLS = 20 };
  size_t share[CELLS] = {0}, ratio[CELLS] = {0}, where[CELLS] = {0}, inside = 0;
  for (uint64_t i = 0; i < DRAWS; i++) {
    const es_draws draws = es_draws_of(3, 0, i, 0);
    const es_crop c = es_augment_crop(SIZE, SIZE, .2, &draws);
    assert_true(c.top + c.height <= SIZE && c.left + c.width <= SIZE);
    const double h = (double)c.height, w = (double)c.width;
    const double kept = h * w / SIZE / SIZE;
    assert_in_range((size_t)(1e4 * kept), 1970, 10000);
    const double u = (log(w / h) / log(4. / 3) + 1) / 2;
    assert_true(u > -.01 && u < 1.01);
    if (kept >= .7) continue; /* beyond 3/4 a ratio may not fit */
    inside++;
    share[(size_t)fmin(fmax((kept - .2) / .5 * CELLS, 0), CELLS - 1)]++;
    ratio[(size_t)fmin(fmax(u * CELLS, 0), CELLS - 1)]++;
    const double left = (double)c.left / (double)(SIZE - c.width + 1);
    where[(size_t)(left * CELLS)]++;
  }
  /* A share s above 3/4 fits where |ln ratio| <= -ln s: in all
   * .55 + ∫ -ln s/ln(4/3) ds over [3/4,1] of a width of .8 is accepted. */
  const double fits = .55 + (.25 + .75 * log(.75)) / log(4. / 3);
  const double low = .5 / fits;
  assert_close((double)inside, DRAWS * low, 0,
               5 * sqrt(DRAWS * low * (1 - low)));
  assert_uniform(share, CELLS, inside);
  assert_uniform(ratio, CELLS, inside);
  assert_uniform(where, CELLS, inside);
}

/* A crop of 5×5 fits into 6×6 at four places, all alike. */
static void crops_reach_every_place(void **state) {
  (void)state;
  size_t place[4] = {0}, total = 0;
  for (uint64_t i = 0; i < DRAWS; i++) {
    const es_draws draws = es_draws_of(8, 0, i, 1);
    const es_crop c = es_augment_crop(6, 6, .5, &draws);
    if (c.height != 5 || c.width != 5) continue;
    assert_true(c.top < 2 && c.left < 2);
    place[c.top * 2 + c.left]++;
    total++;
  }
  assert_in_range(total, 1000, DRAWS);
  assert_uniform(place, 4, total);
}

/* torchvision after ten tries: the whole shorter side, 4/3 of it of the other,
 * in the middle. */
static void crop_falls_back_to_the_centre(void **state) {
  (void)state;
  const es_draws draws = es_draws_of(0, 0, 0, 0);
  const es_crop wide = es_augment_crop(6, 21, .95, &draws);
  const es_crop tall = es_augment_crop(21, 6, .95, &draws);
  const es_crop line = es_augment_crop(1, 50, .99, &draws);
  const size_t want[12] = {0, 6, 6, 8, 6, 0, 8, 6, 0, 24, 1, 1};
  const size_t got[12] = {wide.top, wide.left, wide.height, wide.width,
                          tall.top, tall.left, tall.height, tall.width,
                          line.top, line.left, line.height, line.width};
  for (size_t i = 0; i < 12; i++) assert_int_equal(got[i], want[i]);
}

static void size_changes_the_geometry(void **state) {
  const folder *f = *state;
  unsigned char bytes[16 + 24] = {0};
  const uint32_t dims[3] = {2, 3, 4};
  es_dataset *set;
  es_diag diag;
  size_t channels, side;
  idx_header(bytes, 3, dims);
  write_plain(f->plain, bytes, sizeof bytes);
  assert_status(OPEN(&set, &diag, "data.name=idx", f->word), ES_BAD_VALUE);
  assert_non_null(strstr(diag.message, "data.size"));
  assert_ok(OPEN(&set, &diag, "data.name=idx", f->word, "data.size=5"), diag);
  es_dataset_geometry(set, &channels, &side);
  assert_int_equal(side, 5);
  assert_int_equal(es_dataset_dim(set), 25);
  es_dataset_free(set);
  assert_status(OPEN(&set, &diag, "data.name=idx", f->word, "data.size=3"),
                ES_BAD_VALUE);
  assert_non_null(strstr(diag.message, "augment.shift=3"));
  assert_non_null(strstr(diag.message, "[0, 2]"));
}

/* Forwards alone, backwards in threads, and from a subset: the same bits. */
static void pairs_do_not_depend_on_order_or_threads(void **state) {
  (void)state;
  enum { N = 300, M = 196 };
  es_dataset *all, *some, *other;
  es_diag diag;
  double(*x)[2][M] = calloc(N, sizeof *x), (*y)[2][M] = calloc(N, sizeof *y);
  assert_true(x != NULL && y != NULL);
  assert_ok(OPEN(&all, &diag, "data.split=test", "data.size=14", "crop_min=.3"),
            diag);
  for (size_t i = 0; i < N; i++) es_dataset_pair(all, i, 7, x[i][0], x[i][1]);
#pragma omp parallel for schedule(dynamic) num_threads(4)
  for (size_t k = N; k > 0; k--)
    es_dataset_pair(all, k - 1, 7, y[k - 1][0], y[k - 1][1]);
  assert_memory_equal(x, y, N * sizeof *x);

  es_dataset_pair(all, 0, 8, y[0][0], y[0][1]);
  assert_memory_not_equal(x[0][0], y[0][0], sizeof x[0][0]);
  assert_memory_not_equal(x[0][0], x[0][1], sizeof x[0][0]);
  assert_ok(OPEN(&other, &diag, "data.split=test", "data.size=14",
                 "crop_min=.3", "data.seed=1"),
            diag);
  es_dataset_pair(other, 0, 7, y[0][0], y[0][1]);
  assert_memory_not_equal(x[0][0], y[0][0], sizeof x[0][0]);

  /* Every member of a subset is a pair of the full set, bit for bit. */
  assert_ok(OPEN(&some, &diag, "data.split=test", "data.size=14", "crop_min=.3",
                 "data.n=9990"),
            diag);
  assert_int_equal(es_dataset_count(some), 9990);
  size_t seen = 0;
  for (size_t i = 0; i < 9990; i++) {
    es_dataset_pair(some, i, 7, y[0][0], y[0][1]);
    for (size_t k = 0; k < N; k++) seen += memcmp(x[k], y[0], sizeof y[0]) == 0;
  }
  assert_in_range(seen, N - 10, N);
  es_dataset_free(all);
  es_dataset_free(some);
  es_dataset_free(other);
  free(x);
  free(y);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(shifts_and_flips_are_exact_and_uniform),
      cmocka_unit_test(views_are_independent),
      cmocka_unit_test(no_augmentation_is_the_image),
      cmocka_unit_test(resampling_known_pixels),
      cmocka_unit_test(crops_match_the_definition),
      cmocka_unit_test(crops_have_torchvision_s_distribution),
      cmocka_unit_test(crops_reach_every_place),
      cmocka_unit_test(crop_falls_back_to_the_centre),
      cmocka_unit_test_setup_teardown(size_changes_the_geometry, make_folder,
                                      remove_folder),
      cmocka_unit_test(pairs_do_not_depend_on_order_or_threads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
