/* Learning rates over a training, and their sums. */
#include "tests/check.h"

#include "net/schedule.h"

static const es_schedule shapes[] = {
    {false, 0, 50}, {false, 7, 50},  {false, 50, 50}, {true, 0, 50},
    {true, 7, 50},  {true, 49, 50},  {true, 50, 50},  {true, 0, 1},
    {true, 1, 2},   {true, 0, 1000},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static double by_definition(const es_schedule *s, uint64_t step) {
  const double left = (double)(s->steps - s->warmup);
  if (step < s->warmup) return (double)(step + 1) / (double)s->warmup;
  return s->cosine ? (1 + cos(M_PI * (double)(step - s->warmup) / left)) / 2
                   : 1;
}

/* 1 + cos loses up to 2^-53 where both cancel. */
static void shares_are_those_of_the_header(void **state) {
  (void)state;
  for (size_t k = 0; k < SHAPES; k++)
    for (uint64_t i = 0; i < shapes[k].steps; i++) {
      const double got = es_schedule_share(&shapes[k], i);
      assert_close(got, by_definition(&shapes[k], i), 1e-14, 4 * 0x1p-53);
      assert_true(got > 0 && got <= 1);
    }
  const es_schedule none = {.cosine = true};
  assert_close(es_schedule_share(&none, 0), 1, 0, 0);
}

/* 1000 roundings of sums that rise to 1000. */
static void sums_are_the_shares(void **state) {
  (void)state;
  for (size_t k = 0; k < SHAPES; k++) {
    double sum = 0;
    for (uint64_t i = 0; i <= shapes[k].steps; i++) {
      assert_close(es_schedule_sum(&shapes[k], i), sum, 1e-13, 0);
      if (i < shapes[k].steps) sum += es_schedule_share(&shapes[k], i);
    }
  }
  const es_schedule constant = {.steps = 1000};
  for (uint64_t i = 0; i <= 1000; i++)
    assert_close(es_schedule_sum(&constant, i), (double)i, 0, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(shares_are_those_of_the_header),
      cmocka_unit_test(sums_are_the_shares),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
