/* A step allocates nothing: what this program's own code asks the C library for
 * is counted (tests/heap.h). What libraries below ask for is their own. */
#include "tests/heap.h"

#include "tests/models/trained.h"

/* Steps over the end of an epoch, with the draws and the order that begin
 * there. */
static void check(trained *t) {
  enum { BEFORE = 1, STEPS = 5 };
  es_status status[STEPS];
  take_steps(t->trainer, BEFORE);
  const size_t before = atomic_load(&heap_ours);
  for (int k = 0; k < STEPS; k++) status[k] = es_trainer_step(t->trainer, NULL);
  const size_t own = atomic_load(&heap_ours) - before;
  for (int k = 0; k < STEPS; k++) assert_int_equal(status[k], ES_OK);
  assert_int_equal(own, 0);
}

static void steps_do_not_allocate(void **state) {
  const folder *f = *state;
  if (!heap_is_seen()) skip();
  static const char *const pairs[] = {"data.pairs=fresh", "data.pairs=fixed"};
  for (int k = 0; k < 2; k++) {
    const size_t before = atomic_load(&heap_ours);
    trained t = SMALL_RESNET(f, pairs[k], "data.center=on");
    /* Calls from here are seen: making a trainer takes many. */
    assert_true(atomic_load(&heap_ours) > before + 10);
    check(&t);
    close_trained(&t);
  }
}

/* The same for the images' linear map, and with measurements in between. */
static void measurements_do_not_allocate(void **state) {
  const folder *f = *state;
  double loss;
  if (!heap_is_seen()) skip();
  write_waves(f, 18, 8);
  trained t = TRAINER("data.name=idx", f->word, "net.arch=linear",
                      "train.batch=5", "train.eval_n=12");
  check(&t);
  const size_t before = atomic_load(&heap_ours);
  const es_status status =
      es_trainer_measure(t.trainer, NULL, NULL, NULL, &loss, NULL);
  const size_t own = atomic_load(&heap_ours) - before;
  assert_int_equal(status, ES_OK);
  assert_int_equal(own, 0);
  close_trained(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(steps_do_not_allocate),
      IN_FOLDER(measurements_do_not_allocate),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
