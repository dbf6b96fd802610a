/* How much memory is held at a time, all of it together: what is read, what
 * libraries take for it, and what a single block asks for. A sanitizer's
 * allocator is asked through its hooks, else malloc and the like are our own
 * (tests/heap.h). A request that cannot be met at all is refused by the
 * sanitizer with a report; outside of it malloc returns NULL. */
#include "fuzz.h"

#include "tests/heap.h"

#ifdef __SANITIZE_ADDRESS__
/* As in sanitizer/allocator_interface.h, which not every compiler brings. */
int __sanitizer_install_malloc_and_free_hooks(
    void (*taken)(const volatile void *, size_t),
    void (*given_back)(const volatile void *));
size_t __sanitizer_get_allocated_size(const volatile void *memory);

static atomic_llong held, most;

static void taken(const volatile void *memory, size_t size) {
  (void)memory;
  const long long now =
      atomic_fetch_add(&held, (long long)size) + (long long)size;
  long long before = atomic_load(&most);
  while (now > before && !atomic_compare_exchange_weak(&most, &before, now))
    ;
}

static void given_back(const volatile void *memory) {
  atomic_fetch_sub(&held, (long long)__sanitizer_get_allocated_size(memory));
}

void fuzz_memory_begin(void) {
  static atomic_bool installed;
  if (!atomic_exchange(&installed, true) &&
      __sanitizer_install_malloc_and_free_hooks(taken, given_back) == 0)
    fuzz_bad("no room for hooks");
  atomic_store(&held, 0);
  atomic_store(&most, 0);
}

size_t fuzz_memory_most(void) { return (size_t)atomic_load(&most); }
#else
static long long since;
void fuzz_memory_begin(void) { since = heap_watch(); }
size_t fuzz_memory_most(void) { return heap_taken(since); }
#endif
