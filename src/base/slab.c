/* Slab: see slab.h. */
#include "base/slab.h"

#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool es_size_mul(size_t *out, size_t a, size_t b) {
  if (a != 0 && b > SIZE_MAX / a) return false;
  *out = a * b;
  return true;
}

size_t es_size_product(size_t a, size_t b) {
  size_t product;
  return es_size_mul(&product, a, b) ? product : SIZE_MAX;
}

void *es_zeroed(size_t a, size_t b, size_t element_size) {
  size_t n, bytes;
  const bool fits =
      es_size_mul(&n, a, b) && es_size_mul(&bytes, n, element_size) && n > 0;
  return fits ? calloc(n, element_size) : NULL;
}

void *es_grown(void *array, size_t n, size_t element_size) {
  enum { FIRST = 16 };
  size_t bytes;
  if (n > 0 && (n < FIRST || (n & (n - 1)) != 0)) return array;
  if (!es_size_mul(&bytes, n == 0 ? FIRST : 2 * n, element_size)) return NULL;
  return realloc(array, bytes);
}

double es_machine_bytes(void) {
  const long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
  return pages > 0 && size > 0 ? (double)pages * (double)size : INFINITY;
}

static size_t padded(size_t count, size_t element_size) {
  size_t bytes;
  if (!es_size_mul(&bytes, count, element_size)) return SIZE_MAX;
  if (bytes > SIZE_MAX - ES_SLAB_ALIGN) return SIZE_MAX;
  return (bytes + ES_SLAB_ALIGN - 1) / ES_SLAB_ALIGN * ES_SLAB_ALIGN;
}

void es_slab_add(size_t *total, size_t count, size_t element_size) {
  const size_t bytes = padded(count, element_size);
  *total = bytes > SIZE_MAX - *total ? SIZE_MAX : *total + bytes;
}

es_status es_slab_open(es_slab *slab, size_t total, es_diag *diag) {
  *slab = (es_slab){0};
  if (total == 0) total = ES_SLAB_ALIGN;
  if (total <= SIZE_MAX - ES_SLAB_ALIGN)
    slab->memory = aligned_alloc(ES_SLAB_ALIGN, total);
  if (slab->memory == NULL)
    return es_fail(diag, ES_NO_MEMORY, "no memory for %.3g MB",
                   (double)total * 1e-6);
  memset(slab->memory, 0, total);
  slab->size = total;
  return ES_OK;
}

void *es_slab_take(es_slab *slab, size_t count, size_t element_size) {
  const size_t bytes = padded(count, element_size);
  if (bytes > slab->size - slab->used) return NULL;
  void *piece = slab->memory + slab->used;
  slab->used += bytes;
  return piece;
}

es_status es_slab_doubles(es_slab *slab, double **const *array,
                          const size_t *count, size_t n, size_t more,
                          es_diag *diag) {
  size_t total = more;
  for (size_t k = 0; k < n; k++) es_slab_add(&total, count[k], sizeof(double));
  const es_status status = es_slab_open(slab, total, diag);
  for (size_t k = 0; status == ES_OK && k < n; k++)
    *array[k] = es_slab_take(slab, count[k], sizeof(double));
  return status;
}

void es_slab_close(es_slab *slab) {
  free(slab->memory);
  *slab = (es_slab){0};
}
