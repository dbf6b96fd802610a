/* Checks of what HDF5 reads: see h5_guard.h. */
#include "file/h5_guard.h"

#include <string.h>

enum { SPACE = 1, LAYOUT = 8, GOES_ON = 16 }; /* types of message */
enum { CHUNKED = 2 };                         /* a class of layouts */

static uint64_t number(const unsigned char *b, size_t width) {
  uint64_t x = 0;
  for (size_t k = 0; k < width; k++) x |= (uint64_t)b[k] << 8 * k;
  return x;
}

/* A heap begins "HEAP", a version, three bytes, and its names' bytes. */
bool es_h5_is_endless_heap(const unsigned char *b, size_t n, uint64_t end) {
  return n >= 16 && memcmp(b, "HEAP", 4) == 0 && number(b + 8, 8) > end;
}

/* A layout message: where its dimensions begin, how many there are, and bytes
 * of each. False where it has no chunks. */
static bool find_chunk(const unsigned char *b, size_t n, size_t *at,
                       size_t *count, size_t *width) {
  if (n < 5) return false;
  *width = 4;
  if (b[0] == 1 || b[0] == 2) {
    *at = 16;
    *count = b[1];
    return b[2] == CHUNKED;
  }
  *at = b[0] == 3 ? 11 : 5;
  *count = b[0] == 3 ? b[2] : b[3];
  if (b[0] == 4) *width = b[4];
  return (b[0] == 3 || b[0] == 4) && b[1] == CHUNKED;
}

/* rank: of the dataset, or -1. Chunks have one dimension more, an item's bytes,
 * and HDF5 divides by as many as the dataset has. */
static bool is_flat(const unsigned char *b, size_t n, int rank) {
  size_t at, count, width;
  if (!find_chunk(b, n, &at, &count, &width)) return false;
  if (width < 1 || width > 8 || at + count * width > n || count < 2 ||
      (rank >= 0 && count != (size_t)rank + 1))
    return true;
  for (size_t k = 0; k < count; k++)
    if (number(b + at + k * width, width) == 0) return true;
  return false;
}

/* Where a header goes on: an address and a length, which HDF5 reads whether or
 * not the message has as many bytes, and takes as much memory. */
static bool is_astray(const unsigned char *b, size_t n, uint64_t end) {
  return n < 16 || number(b + 8, 8) > end;
}

/* How messages are headed: bytes of the type and of the whole head; the size
 * stands behind the type, in two bytes, and is a multiple of unit. */
typedef struct head {
  size_t type, whole, unit;
} head;

/* Messages that begin at `at`. */
static bool has_bad(const unsigned char *b, size_t n, uint64_t end, size_t at,
                    const head *h, int *rank) {
  while (at + h->whole <= n) {
    const uint64_t type = number(b + at, h->type);
    const size_t size = (size_t)number(b + at + h->type, 2);
    at += h->whole;
    if (size > n - at || size % h->unit != 0) return false;
    if (type == SPACE && size >= 2) *rank = b[at + 1];
    if (type == LAYOUT && is_flat(b + at, size, *rank)) return true;
    if (type == GOES_ON && is_astray(b + at, size, end)) return true;
    at += size;
  }
  return false;
}

static const head old = {2, 8, 8}, plain = {1, 4, 1}, numbered = {1, 6, 1};

/* Version 1 has no mark: 1, the number of messages, of references, and the
 * bytes of messages. */
static bool old_is_bad(const unsigned char *b, size_t n, uint64_t end,
                       int *rank) {
  const uint64_t size = number(b + 8, 4);
  *rank = -1;
  return has_bad(b, size < n - 16 ? 16 + (size_t)size : n, end, 16, &old, rank);
}

static bool new_is_bad(const unsigned char *b, size_t n, uint64_t end,
                       int *rank) {
  const size_t width = (size_t)1 << (b[5] & 3);
  size_t at = 6;
  if ((b[5] & 0x20) != 0) at += 16; /* times */
  if ((b[5] & 0x10) != 0) at += 4;  /* how attributes are kept */
  *rank = -1;
  if (at + width > n) return false;
  const uint64_t size = number(b + at, width);
  at += width;
  return size > end || has_bad(b, size < n - at ? at + (size_t)size : n, end,
                               at, (b[5] & 4) != 0 ? &numbered : &plain, rank);
}

/* What continues a header of version 1 is messages alone; of version 2 it does
 * not say whether messages are numbered. */
bool es_h5_is_bad_header(const unsigned char *b, size_t n, uint64_t end,
                         int *rank) {
  if (n >= 8 && memcmp(b, "OHDR", 4) == 0) return new_is_bad(b, n, end, rank);
  if (n >= 4 && memcmp(b, "OCHK", 4) == 0)
    return has_bad(b, n, end, 4, &plain, rank) ||
           has_bad(b, n, end, 4, &numbered, rank);
  if (n > 16 && b[0] == 1 && old_is_bad(b, n, end, rank)) return true;
  return has_bad(b, n, end, 0, &old, rank);
}
