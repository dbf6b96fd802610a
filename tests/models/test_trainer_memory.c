/* A step allocates nothing: the C library's functions are counted where the
 * call comes from this program's own code. What libraries below (OpenMP,
 * OpenBLAS, oneDNN) ask for is their own. Giving memory back is not counted:
 * OpenMP does it as the last thing in a call, which then looks like ours. */
#include "tests/models/trained.h"

#include <dlfcn.h>
#include <stdatomic.h>

/* Where another allocator stands in front (a sanitizer, valgrind) nothing is
 * seen and the test is skipped. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)

enum { MOST_CALLS = 1 << 16 };
static atomic_size_t calls;
static void *caller[MOST_CALLS];

static void count(void *from) {
  const size_t k = atomic_fetch_add(&calls, 1);
  if (k < MOST_CALLS) caller[k] = from;
}

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size) {
  count(__builtin_return_address(0));
  return __libc_malloc(size);
}
void *calloc(size_t n, size_t size) {
  count(__builtin_return_address(0));
  return __libc_calloc(n, size);
}
void *realloc(void *old, size_t size) {
  count(__builtin_return_address(0));
  return __libc_realloc(old, size);
}
void *aligned_alloc(size_t alignment, size_t size) {
  count(__builtin_return_address(0));
  return __libc_memalign(alignment, size);
}
int posix_memalign(void **out, size_t alignment, size_t size) {
  count(__builtin_return_address(0));
  *out = __libc_memalign(alignment, size);
  return *out == NULL ? 12 : 0; /* ENOMEM */
}

/* How many of the calls since the count began (the first MOST_CALLS of them)
 * come from the object this is in. */
static size_t own_calls(void) {
  const size_t n = atomic_load(&calls);
  const size_t last = n < MOST_CALLS ? n : MOST_CALLS;
  size_t own = 0;
  Dl_info here, there;
  assert_true(dladdr((void *)(uintptr_t)own_calls, &here) != 0);
  for (size_t k = 0; k < last; k++)
    own += dladdr(caller[k], &there) != 0 && there.dli_fbase == here.dli_fbase;
  return own;
}

/* Steps over the end of an epoch, with the draws and the order that begin
 * there. */
static void check(trained *t) {
  enum { BEFORE = 1, STEPS = 5 };
  es_status status[STEPS];
  take_steps(t->trainer, BEFORE);
  atomic_store(&calls, 0);
  for (int k = 0; k < STEPS; k++) status[k] = es_trainer_step(t->trainer, NULL);
  const size_t own = own_calls();
  assert_true(atomic_load(&calls) < MOST_CALLS);
  for (int k = 0; k < STEPS; k++) assert_int_equal(status[k], ES_OK);
  assert_int_equal(own, 0);
}

static void steps_do_not_allocate(void **state) {
  const folder *f = *state;
  if (getenv("ES_UNDER_VALGRIND") != NULL) skip();
  static const char *const pairs[] = {"data.pairs=fresh", "data.pairs=fixed"};
  for (int k = 0; k < 2; k++) {
    atomic_store(&calls, 0);
    trained t = SMALL_RESNET(f, pairs[k], "data.center=on");
    /* Calls from here are seen: making a trainer takes many. */
    assert_true(own_calls() > 10);
    check(&t);
    close_trained(&t);
  }
}

/* The same for the images' linear map, and with measurements in between. */
static void measurements_do_not_allocate(void **state) {
  const folder *f = *state;
  double loss;
  if (getenv("ES_UNDER_VALGRIND") != NULL) skip();
  write_waves(f, 18, 8);
  trained t = TRAINER("data.name=idx", f->word, "net.arch=linear",
                      "train.batch=5", "train.eval_n=12");
  check(&t);
  atomic_store(&calls, 0);
  const es_status status =
      es_trainer_measure(t.trainer, NULL, NULL, NULL, &loss, NULL);
  const size_t own = own_calls();
  assert_int_equal(status, ES_OK);
  assert_int_equal(own, 0);
  close_trained(&t);
}

#else
static void steps_do_not_allocate(void **state) {
  (void)state;
  skip();
}
static void measurements_do_not_allocate(void **state) {
  (void)state;
  skip();
}
#endif

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(steps_do_not_allocate),
      IN_FOLDER(measurements_do_not_allocate),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
