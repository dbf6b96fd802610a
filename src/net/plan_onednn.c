/* Memory for the values of a program.
 *
 * A value takes the memory of an operand of its step if that operand, and all
 * that share its memory, are read by no later step: then nobody can see the
 * difference. The others are placed by falling size, each at the lowest offset
 * that no value of an overlapping life covers (first fit, decreasing). */
#include "net/program_onednn.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

typedef struct room {
  size_t value, bytes, from, to; /* life, from its first to its last time */
} room;

static size_t padded(size_t bytes) {
  return (bytes + ES_SLAB_ALIGN - 1) / ES_SLAB_ALIGN * ES_SLAB_ALIGN;
}

/* Values are numbered by the time of their making, so an operand's sharers are
 * all known when a value asks for its memory. end[h]: last reading of what
 * lives in the memory of value h. */
static void share(es_dnn_program *p, size_t *end) {
  for (size_t i = 0; i < p->n_values; i++) {
    es_dnn_value *v = &p->value[i];
    end[i] = v->last;
    for (size_t k = 0; k < 2; k++) {
      if (v->over[k] == ES_NONE) continue;
      const size_t home = p->value[v->over[k]].home;
      if (end[home] != v->first) continue;
      v->home = home;
      end[home] = v->last;
      break;
    }
  }
}

static int larger_first(const void *a, const void *b) {
  const room *x = a, *y = b;
  if (x->bytes != y->bytes) return x->bytes < y->bytes ? 1 : -1;
  return x->value < y->value ? -1 : x->value > y->value;
}

/* Places the value of room[n] beside the n before it. */
static void place(es_dnn_program *p, const room *rooms, size_t n) {
  es_dnn_value *v = &p->value[rooms[n].value];
  bool moved = true;
  v->offset = 0;
  while (moved) {
    moved = false;
    for (size_t i = 0; i < n; i++) {
      const es_dnn_value *w = &p->value[rooms[i].value];
      const size_t end = w->offset + padded(w->bytes);
      if (rooms[i].to < rooms[n].from || rooms[n].to < rooms[i].from) continue;
      if (end <= v->offset || w->offset >= v->offset + padded(v->bytes))
        continue;
      v->offset = end;
      moved = true;
    }
  }
}

/* Bytes for all values; what it returns after an error is not used. */
static size_t place_all(es_dnn_program *p) {
  size_t n = 0, most = 0;
  size_t *end = calloc(p->n_values + 1, sizeof *end);
  room *rooms = calloc(p->n_values + 1, sizeof *rooms);
  if (end == NULL || rooms == NULL)
    p->status = es_fail(p->diag, ES_NO_MEMORY, "no memory for a network");
  else
    share(p, end);
  for (size_t i = 0; p->status == ES_OK && i < p->n_values; i++)
    if (p->value[i].home == i)
      rooms[n++] = (room){i, p->value[i].bytes, p->value[i].first, end[i]};
  if (p->status == ES_OK) qsort(rooms, n, sizeof *rooms, larger_first);
  for (size_t i = 0; i < n; i++) {
    const es_dnn_value *v = &p->value[rooms[i].value];
    place(p, rooms, i);
    const size_t to = v->offset + padded(v->bytes);
    most = most < to ? to : most;
  }
  free(end);
  free(rooms);
  return most;
}

static void make_memory(es_dnn_program *p, es_dnn_step *step) {
  const_dnnl_primitive_desc_t made = NULL;
  if (step->primitive == NULL) return;
  if (es_dnn_failed(p, step->node, step->what,
                    dnnl_primitive_get_primitive_desc(step->primitive, &made)))
    return;
  for (int i = 0; i < step->n_args; i++) {
    const es_dnn_home home = step->arg[i].home;
    void *data = home == ES_AT_VALUE || home == ES_AT_SCRATCH
                     ? es_dnn_step_data(p, step, i)
                     : NULL;
    step->memory[i].arg = step->arg[i].name;
    if (es_dnn_failed(p, step->node, step->what,
                      es_dnn_arg_memory(&step->memory[i].memory, &p->maker,
                                        made, step->arg[i].name, data)))
      return;
  }
}

/* Zeroed. Large memory asks for large pages, where a system gives them on
 * advice: 4 to 9 % of a step's time. */
static void allocate(es_dnn_program *p, size_t bytes) {
  enum { PAGE = 1 << 21 };
  const size_t align = bytes < 4 * (size_t)PAGE ? ES_SLAB_ALIGN : PAGE;
  if (bytes <= SIZE_MAX - align) {
    p->memory_bytes = (bytes + align - 1) / align * align;
    p->memory = aligned_alloc(align, p->memory_bytes);
  }
  if (p->memory == NULL) {
    p->status = es_fail(p->diag, ES_NO_MEMORY, "no memory for %.3g MB",
                        (double)bytes * 1e-6);
    return;
  }
#ifdef MADV_HUGEPAGE
  if (align == PAGE) madvise(p->memory, p->memory_bytes, MADV_HUGEPAGE);
#endif
  memset(p->memory, 0, p->memory_bytes);
}

void es_dnn_program_plan(es_dnn_program *p) {
  size_t total = 0;
  if (p->status != ES_OK) return;
  const size_t values = place_all(p);
  es_slab_add(&total, values, 1);
  es_slab_add(&total, p->scratch_bytes, 1);
  if (p->status == ES_OK) allocate(p, total);
  if (p->status != ES_OK) return;
  p->scratch = p->memory + padded(values);
  for (size_t i = 0; i < p->n_steps && p->status == ES_OK; i++)
    make_memory(p, &p->step[i]);
}
