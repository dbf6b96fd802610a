/* Orderings against their definition, written down again with loops over
 * epochs, passes and batches; settings and refusals. */
#include "tests/models/training.h"

#include "models/resnet/ordering.h"

typedef struct shape {
  es_order_kind kind;
  size_t n, batch, epochs, chunks, until;
} shape;

static const shape shapes[] = {
    {ES_ORDER_MULTI_PASS, 17, 4, 5, 5, 2},
    {ES_ORDER_SINGLE_PASS, 20, 4, 5, 5, 2}, /* a batch a chunk */
    {ES_ORDER_SINGLE_PASS, 103, 4, 10, 10, 4},
    {ES_ORDER_SINGLE_PASS, 103, 4, 10, 3, 4}, /* chunks of 3 and 4 epochs */
    {ES_ORDER_SINGLE_PASS, 9, 3, 7, 1, 0},
    {ES_ORDER_CUMULATIVE, 103, 4, 10, 10, 4},
    {ES_ORDER_CUMULATIVE, 50, 5, 4, 3, 4},
    {ES_ORDER_HYBRID, 103, 4, 10, 10, 4},
    {ES_ORDER_HYBRID, 103, 4, 10, 10, 0},
    {ES_ORDER_HYBRID, 103, 4, 10, 4, 10},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* The stretch of an epoch: the largest c with c/C <= e/E, and so on. */
static void stretch(const shape *s, size_t e, size_t *first, size_t *end) {
  size_t c = 0;
  *first = 0, *end = s->n;
  while ((c + 1) * s->epochs <= e * s->chunks) c++;
  if (s->kind == ES_ORDER_MULTI_PASS ||
      (s->kind == ES_ORDER_HYBRID && e >= s->until))
    return;
  while (*end * s->chunks > s->n * (c + 1)) --*end;
  if (s->kind == ES_ORDER_CUMULATIVE) return;
  while ((*first + 1) * s->chunks <= s->n * c) ++*first;
}

static void check(const shape *s) {
  const es_ordering o = {s->kind,   s->n,      s->batch,
                         s->epochs, s->chunks, s->until};
  const size_t per_epoch = s->n / s->batch;
  uint64_t step = 0, last = UINT64_MAX;
  assert_int_equal(es_ordering_per_epoch(&o), per_epoch);
  for (size_t e = 0; e < s->epochs; e++) {
    size_t first, end, at = 0;
    stretch(s, e, &first, &end);
    for (size_t i = 0; i < per_epoch; i++, step++) {
      const es_place p = es_ordering_at(&o, step);
      assert_int_equal(p.first, first);
      assert_int_equal(p.count, end - first);
      if (at + s->batch > p.count) at = 0;
      assert_int_equal(p.at, at);
      /* A pass begins a new number, and ends with its epoch. */
      assert_int_equal(p.pass == last, i > 0 && at > 0);
      assert_true(last == UINT64_MAX || p.pass >= last);
      last = p.pass;
      at += s->batch;
    }
  }
}

static void orderings_are_the_definition(void **state) {
  (void)state;
  for (size_t k = 0; k < SHAPES; k++) check(&shapes[k]);
}

/* Chunks are disjoint and together all; a run of single-pass shows each place
 * of a chunk of k places, in whole passes, as often as batches allow. */
static void single_pass_takes_its_chunks_alone(void **state) {
  (void)state;
  const es_ordering o = {ES_ORDER_SINGLE_PASS, 103, 4, 10, 10, 0};
  size_t times[103] = {0}, end = 0;
  for (uint64_t e = 0; e < 10; e++) {
    const es_place p = es_ordering_at(&o, 25 * e);
    assert_int_equal(p.first, end);
    assert_true(p.count == 10 || p.count == 11);
    end = p.first + p.count;
    for (uint64_t i = 0; i < 25; i++)
      for (size_t k = 0; k < 4; k++) {
        const es_place q = es_ordering_at(&o, 25 * e + i);
        times[q.first + q.at + k]++;
      }
  }
  assert_int_equal(end, 103);
  /* Two batches a pass, of 10 or 11 places the first 8 before their shuffling:
   * 13 passes, the last with one batch. */
  for (size_t j = 0; j < 103; j++) {
    const uint64_t c = (10 * (j + 1) - 1) / 103;
    const size_t within = j - 103 * c / 10;
    assert_int_equal(times[j], within < 4 ? 13 : within < 8 ? 12 : 0);
  }
}

static es_status from(es_ordering *o, es_diag *diag, size_t n,
                      const char *const *words) {
  es_config *config = train_settings(words);
  const es_status status = es_ordering_from(o, config, n, diag);
  es_config_free(config);
  return status;
}
#define FROM(o, diag, n, ...)                                                  \
  from(o, diag, n, (const char *const[]){"train.batch=4", __VA_ARGS__, NULL})

static void settings_are_taken(void **state) {
  (void)state;
  es_ordering o;
  es_diag diag = {0};
  assert_ok(FROM(&o, &diag, 100, "train.epochs=100", "train.subset=0.29"),
            diag);
  assert_true(o.kind == ES_ORDER_MULTI_PASS && o.n == 29 && o.batch == 4);
  assert_ok(FROM(&o, &diag, 40, "train.epochs=2", "train.subset=0.1"), diag);
  assert_int_equal(o.n, 4); /* a batch is enough */
  assert_ok(FROM(&o, &diag, 700, "train.epochs=100", "train.ordering=hybrid",
                 "train.switch=0.29"),
            diag);
  assert_true(o.kind == ES_ORDER_HYBRID && o.n == 700);
  assert_true(o.epochs == 100 && o.chunks == 100 && o.until == 29);
  assert_ok(FROM(&o, &diag, 40, "train.epochs=10", "train.ordering=hybrid"),
            diag);
  assert_int_equal(o.until, 4);
  /* 31 steps of ten an epoch begin a fourth one. */
  assert_ok(FROM(&o, &diag, 43, "train.steps=31", "train.chunks=2",
                 "train.ordering=cumulative"),
            diag);
  assert_true(o.kind == ES_ORDER_CUMULATIVE && o.epochs == 4 && o.chunks == 2);
  assert_ok(FROM(&o, &diag, 43, "train.steps=30", "train.ordering=single-pass"),
            diag);
  assert_true(o.kind == ES_ORDER_SINGLE_PASS && o.epochs == 3 && o.chunks == 3);
  assert_ok(FROM(&o, &diag, 43, "train.steps=0", "train.ordering=single-pass"),
            diag);
  assert_true(o.epochs == 1 && o.chunks == 1);
}

#define REFUSE(n, saying, ...)                                                 \
  do {                                                                         \
    es_ordering o;                                                             \
    es_diag diag = {0};                                                        \
    assert_status(FROM(&o, &diag, n, __VA_ARGS__), ES_BAD_VALUE);              \
    if (strstr(diag.message, saying) == NULL)                                  \
      fail_msg("\"%s\" lacks \"%s\"", diag.message, saying);                   \
  } while (0)

static void what_does_not_fit(void **state) {
  (void)state;
  REFUSE(3, "train.batch=4: there are 3 pairs", "train.epochs=1");
  REFUSE(40, "train.subset=0.05: of 40 pairs 2 are left", "train.epochs=1",
         "train.subset=0.05");
  REFUSE(39,
         "train.ordering=single-pass: 10 chunks of 39 pairs have as few as 3, "
         "expected",
         "train.epochs=10", "train.ordering=single-pass");
  REFUSE(39, "train.chunks=10: 10 chunks of 39 pairs", "train.epochs=11",
         "train.ordering=cumulative", "train.chunks=10");
  REFUSE(80, "train.ordering=hybrid: 11 chunks of 40 pairs", "train.epochs=11",
         "train.ordering=hybrid", "train.subset=0.5");
  REFUSE(400, "train.chunks=4: there are 3 epochs", "train.epochs=3",
         "train.ordering=single-pass", "train.chunks=4");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(orderings_are_the_definition),
      cmocka_unit_test(single_pass_takes_its_chunks_alone),
      cmocka_unit_test(settings_are_taken),
      cmocka_unit_test(what_does_not_fit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
