/* What the C library's heap is asked for, counted, and how much of it is held.
 * A test that includes this puts its own malloc and the like before the
 * library's; include it in one file of a program. Where another allocator
 * stands in front (a sanitizer, valgrind) nothing is seen: heap_is_seen. */
#ifndef ES_TESTS_HEAP_H
#define ES_TESTS_HEAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Calls that ask for memory: ours are those from between the symbols that the
 * linker puts around this program; theirs come from libraries (OpenMP,
 * OpenBLAS, oneDNN). Giving memory back is not counted: OpenMP does it as the
 * last thing in a call, which then looks like ours. */
static atomic_size_t heap_ours, heap_theirs;
/* Bytes held, and the most at a time since heap_watch; less than none where
 * memory is given back that was taken unseen. */
static atomic_llong heap_held, heap_most;

#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HEAP_OF_SANITIZER
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HEAP_OF_SANITIZER
#endif
#if defined(__GLIBC__) && !defined(HEAP_OF_SANITIZER)
#include <malloc.h>

/* Inlined, the return address would be the caller's own. */
#define HEAP_CALL __attribute__((noinline))

extern const char __executable_start, etext;
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *old);

static inline void heap_add(long long bytes) {
  const long long held = atomic_fetch_add(&heap_held, bytes) + bytes;
  long long most = atomic_load(&heap_most);
  while (held > most && !atomic_compare_exchange_weak(&heap_most, &most, held))
    ;
}

static inline void *heap_count(void *memory, const void *from) {
  const uintptr_t at = (uintptr_t)from;
  const bool own =
      at >= (uintptr_t)&__executable_start && at < (uintptr_t)&etext;
  atomic_fetch_add(own ? &heap_ours : &heap_theirs, 1);
  heap_add((long long)malloc_usable_size(memory));
  return memory;
}

HEAP_CALL void *malloc(size_t size) {
  return heap_count(__libc_malloc(size), __builtin_return_address(0));
}
HEAP_CALL void *calloc(size_t n, size_t size) {
  return heap_count(__libc_calloc(n, size), __builtin_return_address(0));
}
HEAP_CALL void *realloc(void *old, size_t size) {
  const long long before = (long long)malloc_usable_size(old);
  void *memory = __libc_realloc(old, size);
  if (memory != NULL || size == 0) heap_add(-before);
  return heap_count(memory, __builtin_return_address(0));
}
HEAP_CALL void *aligned_alloc(size_t alignment, size_t size) {
  return heap_count(__libc_memalign(alignment, size),
                    __builtin_return_address(0));
}
HEAP_CALL void *memalign(size_t alignment, size_t size) {
  return heap_count(__libc_memalign(alignment, size),
                    __builtin_return_address(0));
}
HEAP_CALL int posix_memalign(void **out, size_t alignment, size_t size) {
  void *memory = __libc_memalign(alignment, size);
  if (memory == NULL) return 12; /* ENOMEM */
  *out = heap_count(memory, __builtin_return_address(0));
  return 0;
}
void free(void *old) {
  heap_add(-(long long)malloc_usable_size(old));
  __libc_free(old);
}
#endif

/* True where calls of this program come by here. */
static inline bool heap_is_seen(void) {
  const size_t before = atomic_load(&heap_ours);
  void *volatile some = malloc(1);
  free(some);
  return atomic_load(&heap_ours) > before;
}

static inline size_t heap_calls(void) {
  return atomic_load(&heap_ours) + atomic_load(&heap_theirs);
}

/* Begins to watch; the value is for heap_taken. */
static inline long long heap_watch(void) {
  const long long held = atomic_load(&heap_held);
  atomic_store(&heap_most, held);
  return held;
}

/* The most bytes held at a time since, beyond what was held then. */
static inline size_t heap_taken(long long since) {
  return (size_t)(atomic_load(&heap_most) - since);
}

#endif
