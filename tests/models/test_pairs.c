/* Batches of views: pure functions of settings and step, epochs that are
 * permutations, draws, the mean that is taken away, and refusals. */
#include "tests/models/training.h"

#include "models/resnet/pairs.h"

#include <omp.h>

enum { SIDE = 6, VALUES = SIDE * SIDE, N = 14, BATCH = 4, ROWS = 2 * BATCH };

typedef struct opened {
  es_config *config;
  es_pairs *pairs;
} opened;

static opened open_pairs(const char *const *words) {
  opened o;
  es_diag diag = {0};
  o.config = train_settings(words);
  assert_ok(es_pairs_new(&o.pairs, o.config, NULL, &diag), diag);
  return o;
}
#define PAIRS(...) open_pairs((const char *const[]){__VA_ARGS__, NULL})

static void close_pairs(opened *o) {
  es_pairs_free(o->pairs);
  es_config_free(o->config);
}

/* Images with every kind of view. */
static opened open_images(const folder *f, const char *pairs,
                          const char *center) {
  write_waves(f, N, SIDE);
  return PAIRS("data.name=idx", f->word, "train.batch=4", "train.seed=3",
               "data.seed=2", "augment.noise=0.1", pairs, center);
}

/* Vectors that are the same in every view: their first value tells which sample
 * a row holds. */
static opened open_still(const char *n, const char *batch, const char *seed) {
  return PAIRS("data.name=gaussian", "data.dims=3", "data.pairs=fixed", n,
               batch, seed);
}

static size_t sample_of(const es_pairs *p, const float *row) {
  double x[3];
  for (size_t i = 0; i < es_dataset_count(es_pairs_set(p)); i++) {
    es_dataset_image(es_pairs_set(p), i, x);
    if (row[0] == (float)x[0] && row[1] == (float)x[1]) return i;
  }
  fail_msg("a row that is no sample");
  return 0;
}

enum { STEPS = 10 };
typedef float batches[STEPS][ROWS * VALUES];

/* Steps of several epochs, in the order 0, stride, 2 stride, … (mod STEPS), by
 * pairs that were opened and filled by so many threads. */
static void fill_steps(batches out, const folder *f, const char *pairs,
                       int opened_by, int filled_by, size_t stride) {
  const int before = omp_get_max_threads();
  float other[ROWS * VALUES];
  omp_set_num_threads(opened_by);
  opened o = open_images(f, pairs, "data.center=on");
  omp_set_num_threads(filled_by);
  for (size_t i = 0; i < STEPS; i++) {
    es_pairs_fill(o.pairs, stride * i % STEPS, out[stride * i % STEPS]);
    if (stride > 1) es_pairs_fixed(o.pairs, i, N, other);
  }
  close_pairs(&o);
  omp_set_num_threads(before);
}

/* Whatever was asked for before, and however many threads there are: also more
 * than when the pairs were opened. */
static void a_batch_is_a_function_of_its_step(void **state) {
  static const char *const kinds[] = {"data.pairs=fresh", "data.pairs=fixed"};
  static batches want, got;
  for (int k = 0; k < 2; k++) {
    fill_steps(want, *state, kinds[k], 1, 1, 1);
    fill_steps(got, *state, kinds[k], 1, 1, 7);
    assert_memory_equal(got, want, sizeof want);
    fill_steps(got, *state, kinds[k], 2, 2, 3);
    assert_memory_equal(got, want, sizeof want);
    fill_steps(got, *state, kinds[k], 1, 4, 9);
    assert_memory_equal(got, want, sizeof want);
  }
}

/* Whole batches of a permutation: 12 of 12, and 12 of 14, of which two stay out
 * that are not the same ones always. */
static void check_epochs(const char *n, size_t count) {
  enum { EPOCHS = 12 };
  opened o = open_still(n, "train.batch=4", "train.seed=1");
  const size_t per_epoch = es_pairs_per_epoch(o.pairs);
  size_t order[EPOCHS][12], times[N] = {0}, same = 0;
  float x[ROWS * 3];
  assert_int_equal(es_pairs_batch(o.pairs), BATCH);
  assert_int_equal(per_epoch, 3);
  for (size_t e = 0; e < EPOCHS; e++) {
    bool seen[N] = {false};
    for (size_t k = 0; k < 12; k++) {
      if (k % BATCH == 0) es_pairs_fill(o.pairs, e * per_epoch + k / BATCH, x);
      const size_t i = sample_of(o.pairs, x + k % BATCH * 3);
      assert_int_equal(sample_of(o.pairs, x + (BATCH + k % BATCH) * 3), i);
      assert_false(seen[i]);
      seen[i] = true;
      order[e][k] = i;
      times[i]++;
    }
  }
  for (size_t e = 1; e < EPOCHS; e++)
    same += memcmp(order[e], order[e - 1], sizeof order[e]) == 0;
  assert_int_equal(same, 0);
  size_t always = 0;
  for (size_t i = 0; i < count; i++) {
    assert_true(times[i] > 0);
    always += times[i] == EPOCHS;
  }
  if (count == 12)
    assert_int_equal(always, count);
  else
    assert_true(always < count - 4);
  close_pairs(&o);
}

static void an_epoch_is_a_permutation(void **state) {
  (void)state;
  check_epochs("data.n=12", 12);
  check_epochs("data.n=14", N);
}

static void seeds_give_other_orders(void **state) {
  (void)state;
  float a[2 * 12 * 3], b[2 * 12 * 3];
  opened o = open_still("data.n=12", "train.batch=12", "train.seed=1");
  opened p = open_still("data.n=12", "train.batch=12", "train.seed=2");
  assert_int_equal(es_pairs_per_epoch(o.pairs), 1);
  es_pairs_fill(o.pairs, 0, a);
  es_pairs_fill(p.pairs, 0, b);
  assert_memory_not_equal(a, b, sizeof a);
  close_pairs(&o);
  close_pairs(&p);
}

/* A view on a draw, as a float, less the mean. */
static void view_of(float *out, const es_pairs *p, size_t i, uint64_t draw,
                    unsigned which) {
  const double *mean = es_pairs_mean(p);
  double x[VALUES];
  es_dataset_view(es_pairs_set(p), i, draw, which, x);
  for (size_t j = 0; j < VALUES; j++)
    out[j] = (float)(mean == NULL ? x[j] : x[j] - mean[j]);
}

/* Which sample the two rows of a pair are, on that draw. */
static bool is_pair(const es_pairs *p, const float *x, size_t row, size_t i,
                    uint64_t draw) {
  float want[2][VALUES];
  for (unsigned v = 0; v < 2; v++) view_of(want[v], p, i, draw, v);
  return memcmp(want[0], x + row * VALUES, sizeof want[0]) == 0 &&
         memcmp(want[1], x + (BATCH + row) * VALUES, sizeof want[1]) == 0;
}

/* Epoch e of fresh pairs is on draw e + 1, every epoch of fixed ones on draw 0;
 * eval pairs are on draw 0 whatever training takes. */
static void draws_are_those_of_the_header(void **state) {
  static float x[ROWS * VALUES];
  for (int fresh = 0; fresh < 2; fresh++)
    for (int center = 0; center < 2; center++) {
      opened o =
          open_images(*state, fresh ? "data.pairs=fresh" : "data.pairs=fixed",
                      center ? "data.center=on" : "data.center=off");
      assert_int_equal(es_pairs_values(o.pairs), VALUES);
      for (uint64_t step = 0; step < 9; step++) {
        es_pairs_fill(o.pairs, step, x);
        for (size_t row = 0; row < BATCH; row++) {
          size_t found = 0;
          for (size_t i = 0; i < N; i++)
            found += is_pair(o.pairs, x, row, i, fresh ? step / 3 + 1 : 0);
          assert_int_equal(found, 1);
        }
      }
      for (size_t first = 0; first < 12; first += BATCH) {
        es_pairs_fixed(o.pairs, first, 10, x);
        for (size_t row = 0; row < BATCH; row++)
          assert_true(is_pair(o.pairs, x, row, (first + row) % 10, 0));
      }
      close_pairs(&o);
    }
}

/* A run of single-pass on 12 of 16 vectors, three chunks of two epochs each: a
 * chunk's epochs show its four samples and no other, in an order of their own,
 * and the three chunks are 12 different samples; which, the seed says. */
static void chunks_are_disjoint(const char *seed, size_t out[12]) {
  opened o = PAIRS("data.name=gaussian", "data.dims=3", "data.pairs=fixed",
                   "data.n=16", "train.batch=2", "train.epochs=6", seed,
                   "train.subset=0.75", "train.ordering=single-pass",
                   "train.chunks=3");
  size_t chunk_of[16] = {0}, times[16] = {0}, found = 0;
  float x[4 * 3];
  assert_int_equal(es_pairs_per_epoch(o.pairs), 6);
  for (uint64_t step = 0; step < 36; step++) {
    es_pairs_fill(o.pairs, step, x);
    for (size_t k = 0; k < 2; k++) {
      const size_t i = sample_of(o.pairs, x + k * 3), c = 1 + step / 12;
      assert_int_equal(sample_of(o.pairs, x + (2 + k) * 3), i);
      assert_true(chunk_of[i] == 0 || chunk_of[i] == c);
      if (chunk_of[i] == 0) out[found++] = i;
      chunk_of[i] = c;
      times[i]++;
    }
  }
  assert_int_equal(found, 12);
  for (size_t i = 0; i < 16; i++)
    assert_int_equal(times[i], chunk_of[i] == 0 ? 0 : 6);
  close_pairs(&o);
}

static void chunks_hold_their_own_samples(void **state) {
  (void)state;
  size_t a[12], b[12], c[12], in_order = 0;
  chunks_are_disjoint("train.seed=1", a);
  chunks_are_disjoint("train.seed=1", b);
  chunks_are_disjoint("train.seed=2", c);
  assert_memory_equal(a, b, sizeof a);
  assert_memory_not_equal(a, c, sizeof a);
  for (size_t k = 0; k < 12; k++) in_order += a[k] / 4 == k / 4;
  assert_true(in_order < 12); /* they are chunks of a permutation */
}

/* Half of 16 samples in multi-pass: the same eight in every epoch, drawn by the
 * seed, and not the first eight. */
static void a_subset_is_drawn(void **state) {
  (void)state;
  size_t seen[2][16] = {{0}};
  float x[4 * 3];
  for (int s = 0; s < 2; s++) {
    opened o = PAIRS("data.name=gaussian", "data.dims=3", "data.pairs=fixed",
                     "data.n=16", "train.batch=2", "train.subset=0.5",
                     s == 0 ? "train.seed=1" : "train.seed=2");
    assert_int_equal(es_pairs_per_epoch(o.pairs), 4);
    for (uint64_t step = 0; step < 12; step++) {
      es_pairs_fill(o.pairs, step, x);
      for (size_t k = 0; k < 2; k++) seen[s][sample_of(o.pairs, x + k * 3)]++;
    }
    close_pairs(&o);
  }
  size_t beyond[2] = {0}, count[2] = {0};
  for (int s = 0; s < 2; s++)
    for (size_t i = 0; i < 16; i++) {
      assert_true(seen[s][i] == 0 || seen[s][i] == 3);
      count[s] += seen[s][i] > 0;
      beyond[s] += i >= 8 && seen[s][i] > 0;
    }
  assert_true(count[0] == 8 && count[1] == 8);
  assert_true(beyond[0] > 0 && beyond[1] > 0);
  assert_memory_not_equal(seen[0], seen[1], sizeof seen[0]);
}

/* Fresh pairs: no view is seen twice in a run, though chunks are. Hybrid, two
 * epochs of chunks with three passes each, then two of all. */
static void passes_have_views_of_their_own(void **state) {
  enum { RUN = 4 * 3 };
  const folder *f = *state;
  write_waves(f, N, SIDE);
  opened o = PAIRS("data.name=idx", f->word, "train.batch=4", "train.seed=3",
                   "augment.noise=0.1", "train.epochs=4", "train.chunks=2",
                   "train.ordering=hybrid", "train.switch=0.5");
  static float x[RUN][ROWS * VALUES];
  size_t draw[RUN] = {1, 2, 3, 4, 5, 6, 7, 7, 7, 10, 10, 10};
  for (size_t k = 0; k < RUN; k++) es_pairs_fill(o.pairs, k, x[k]);
  for (size_t k = 0; k < RUN; k++)
    for (size_t row = 0; row < BATCH; row++) {
      size_t found = 0;
      for (size_t i = 0; i < N; i++)
        found += is_pair(o.pairs, x[k], row, i, draw[k]);
      assert_int_equal(found, 1);
    }
  /* Whatever was asked for before. */
  for (size_t k = RUN; k-- > 0;) {
    static float again[ROWS * VALUES];
    es_pairs_fill(o.pairs, k, again);
    assert_memory_equal(again, x[k], sizeof again);
  }
  close_pairs(&o);
}

/* 1.1 GB of pairs are not kept: what is drawn again every time has the bits of
 * what is kept, both those of draw 0. */
static void kept_or_not_is_the_same(void **state) {
  (void)state;
  enum { WIDE = 10000 };
  static const char *const sizes[] = {"data.n=4", "data.n=14000"};
  float *x = malloc(4 * WIDE * sizeof *x);
  double *want = malloc(WIDE * sizeof *want);
  assert_true(x != NULL && want != NULL);
  for (int k = 0; k < 2; k++) {
    opened o = PAIRS("data.name=gaussian", "data.dims=10000", sizes[k],
                     "augment.noise=0.1", "data.pairs=fixed", "train.batch=2");
    const size_t all = 2 * es_dataset_count(es_pairs_set(o.pairs)) * WIDE;
    assert_true((es_pairs_memory(o.pairs) >= all * sizeof *x) == (k == 0));
    for (int again = 0; again < 2; again++) {
      es_pairs_fixed(o.pairs, 1, 3, x);
      for (size_t row = 0; row < 4; row++) {
        es_dataset_view(es_pairs_set(o.pairs), 1 + row % 2, 0,
                        (unsigned)(row / 2), want);
        for (size_t j = 0; j < WIDE; j++)
          if (x[row * WIDE + j] != (float)want[j]) fail_msg("row %zu", row);
      }
    }
    close_pairs(&o);
  }
  free(x);
  free(want);
}

/* The mean of draw 0, over samples and views: sums of 2n terms in [-1, 2]. */
static void check_mean(const es_pairs *p) {
  const size_t n = es_dataset_count(es_pairs_set(p));
  double mean[VALUES] = {0}, x[VALUES];
  for (size_t k = 0; k < 2 * n; k++) {
    es_dataset_view(es_pairs_set(p), k / 2, 0, k % 2, x);
    for (size_t j = 0; j < VALUES; j++) mean[j] += x[j] / (2 * (double)n);
  }
  for (size_t j = 0; j < VALUES; j++)
    assert_close(es_pairs_mean(p)[j], mean[j], 0, 4 * (double)n * 0x1p-52);
}

static void the_mean_is_taken_away(void **state) {
  opened o = open_images(*state, "data.pairs=fresh", "data.center=on");
  opened raw = open_images(*state, "data.pairs=fresh", "data.center=off");
  const double *mean = es_pairs_mean(o.pairs);
  float a[ROWS * VALUES], b[ROWS * VALUES];
  assert_true(mean != NULL && es_pairs_mean(raw.pairs) == NULL);
  check_mean(o.pairs);
  es_pairs_fill(o.pairs, 5, a);
  es_pairs_fill(raw.pairs, 5, b);
  /* Two roundings to float, of numbers below 2. */
  for (size_t k = 0; k < ROWS * VALUES; k++)
    assert_close((double)a[k], (double)b[k] - mean[k % VALUES], 0, 0x1p-22);
  close_pairs(&o);
  close_pairs(&raw);
}

static void the_mean_is_of_all_samples(void **state) {
  const folder *f = *state;
  write_waves(f, 300, SIDE); /* more than are drawn at a time */
  opened o = PAIRS("data.name=idx", f->word, "train.batch=4", "data.center=on");
  check_mean(o.pairs);
  close_pairs(&o);
}

static void refuse(es_status want, const char *saying,
                   const char *const *words) {
  es_config *config = train_settings(words);
  es_diag diag = {0};
  es_pairs *pairs = (es_pairs *)&diag;
  assert_status(es_pairs_new(&pairs, config, NULL, &diag), want);
  assert_null(pairs);
  assert_int_equal(diag.code, want);
  if (strstr(diag.message, saying) == NULL)
    fail_msg("\"%s\" lacks \"%s\"", diag.message, saying);
  es_config_free(config);
}
#define REFUSE(want, saying, ...)                                              \
  refuse(want, saying, (const char *const[]){__VA_ARGS__, NULL})

static void what_cannot_be_opened(void **state) {
  (void)state;
  REFUSE(ES_BAD_VALUE, "train.batch=12: there are 11 pairs",
         "data.name=gaussian", "data.n=11", "train.batch=12");
  REFUSE(ES_BAD_VALUE, "data.n=1: training needs pairs", "data.name=gaussian",
         "data.n=1", "train.batch=2");
  REFUSE(ES_BAD_VALUE, "[2, 100]", "data.name=gaussian", "data.n=100");
  REFUSE(ES_FILE_MISSING, "/nowhere", "data.name=idx", "data.path=/nowhere");
  opened o = open_still("data.n=11", "train.batch=11", "train.seed=0");
  assert_int_equal(es_pairs_per_epoch(o.pairs), 1);
  close_pairs(&o);
  es_pairs_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(a_batch_is_a_function_of_its_step),
      cmocka_unit_test(an_epoch_is_a_permutation),
      cmocka_unit_test(seeds_give_other_orders),
      IN_FOLDER(draws_are_those_of_the_header),
      cmocka_unit_test(chunks_hold_their_own_samples),
      cmocka_unit_test(a_subset_is_drawn),
      IN_FOLDER(passes_have_views_of_their_own),
      cmocka_unit_test(kept_or_not_is_the_same),
      IN_FOLDER(the_mean_is_taken_away),
      IN_FOLDER(the_mean_is_of_all_samples),
      cmocka_unit_test(what_cannot_be_opened),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
