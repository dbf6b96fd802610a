/* What computes a graph: forward, and backward to the parameters. An engine is
 * a row of functions; an instance of it is made once for a graph and a batch,
 * plans all its memory then, and allocates nothing in a call.
 *
 * Numbers are double or float (real bytes each). Parameters, buffers,
 * gradients, inputs and outputs are plain row-major arrays: an input is
 * (batch, channels, height, width), an output (batch, values of its node).
 * What layout an engine keeps inside is its own.
 *
 * The batch is cut into `groups` equal parts, one for each view: batch
 * normalisation takes its statistics within a part, as if each part had been
 * passed alone, in order.
 *
 * Calls are made with the number of OpenMP threads that open was: oneDNN builds
 * it into its code, and its engine refuses another one (ES_USAGE). */
#ifndef ES_NET_ENGINE_H
#define ES_NET_ENGINE_H

#include "net/graph.h"

typedef enum es_pass {
  ES_PASS_TRAIN,   /* batch statistics; running ones are updated, as PyTorch
                      does (variance with n - 1) */
  ES_PASS_MEASURE, /* batch statistics; nothing is updated */
  ES_PASS_FROZEN   /* running statistics (PyTorch's eval) */
} es_pass;

typedef struct es_engine {
  const char *name; /* "reference-double" */
  size_t real;      /* sizeof(double) or sizeof(float) */
  /* batch: images in all; groups divides it; backward false: forward only,
   * which needs less memory. The graph must outlive the instance. */
  es_status (*open)(void **self, const es_graph *graph, size_t batch,
                    size_t groups, bool backward, es_diag *diag);
  void (*close)(void *self); /* NULL accepted */
  /* Buffers are read in a frozen pass and written in a training pass. */
  es_status (*forward)(void *self, es_pass pass, const void *params,
                       void *buffers, const void *input, es_diag *diag);
  /* Output k of the last forward; the engine's own memory. */
  const void *(*output)(const void *self, size_t k);
  /* Once after a forward that was not frozen (an engine may write over what it
   * left): gradient[k] is the loss's derivative by output k, or NULL for none
   * (of a watched one it is not read); out, of the parameters' size, is
   * overwritten, with 0 between the tensors. ES_USAGE without such a forward,
   * or where open was told of no backward. */
  es_status (*backward)(void *self, const void *params,
                        const void *const *gradient, void *out, es_diag *diag);
  /* Bytes that an instance holds. */
  size_t (*memory)(const void *self);
} es_engine;

/* Plain loops: the oracle (ops_ref.c). */
extern const es_engine es_engine_reference_double, es_engine_reference_float;

#if ES_HAVE_DNNL
extern const es_engine es_engine_onednn; /* float (ops_onednn.c) */
#endif

/* The fastest float engine of this build: oneDNN's (ops_onednn.c), or the plain
 * loops where it was built without. */
const es_engine *es_engine_fastest(void);

/* "2.6.3", or "" where this build has no oneDNN. */
const char *es_engine_onednn_version(char *out, size_t size);

#endif
