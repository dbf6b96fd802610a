/* One aligned allocation that a workspace is carved from. Plan with
 * es_slab_add, allocate once with es_slab_open, take pieces in any order that
 * fits; es_slab_close frees all of them. Nothing allocates in between. */
#ifndef ES_BASE_SLAB_H
#define ES_BASE_SLAB_H

#include <eigenstep/status.h>
#include <stdbool.h>

#define ES_SLAB_ALIGN 64 /* one cache line, one AVX-512 register */

typedef struct es_slab {
  unsigned char *memory;
  size_t size, used;
} es_slab;

/* Adds room for count elements of the given size to *total, rounded up to
 * ES_SLAB_ALIGN. On overflow *total becomes SIZE_MAX and stays there, so one
 * check in es_slab_open covers a whole plan. */
void es_slab_add(size_t *total, size_t count, size_t element_size);

/* Allocates total bytes, zeroed. ES_NO_MEMORY with the size in the message. */
es_status es_slab_open(es_slab *slab, size_t total, es_diag *diag) ES_MUST_USE;

/* Takes count elements; the plan must have had room for them (asserted by
 * returning NULL, which a test over the plan would show at once). */
void *es_slab_take(es_slab *slab, size_t count, size_t element_size);

/* A slab of n arrays, count[k] doubles at *array[k], and `more` bytes for other
 * pieces (a plan of es_slab_add's), which are still to be taken. The arrays are
 * left alone where there is no memory. */
es_status es_slab_doubles(es_slab *slab, double **const *array,
                          const size_t *count, size_t n, size_t more,
                          es_diag *diag) ES_MUST_USE;

/* Frees the memory; a zeroed or closed slab is accepted. */
void es_slab_close(es_slab *slab);

/* Sets *out = a*b; false, leaving *out alone, if it does not fit. */
bool es_size_mul(size_t *out, size_t a, size_t b);

/* a*b, or SIZE_MAX if it does not fit: a count that no plan has room for. */
size_t es_size_product(size_t a, size_t b);

/* Zeroed memory for a*b elements, to be freed; NULL where there is none, and
 * for no element. */
void *es_zeroed(size_t a, size_t b, size_t element_size);

/* Memory of this machine in bytes; infinite where the system does not say. What
 * is larger would be granted all the same, and the process killed for using it.
 */
double es_machine_bytes(void);

/* An array of n elements with room for one more: `array` itself or, where n
 * has come to the end of its room (16, 32, 64, …), what realloc made of it.
 * NULL without memory, and then `array` is as it was. Begin with NULL and 0. */
void *es_grown(void *array, size_t n, size_t element_size);

#endif
