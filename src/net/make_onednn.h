/* Creation of oneDNN's descriptors: all that differs between its versions 2 and
 * 3 is behind this header, and make_onednn.c is written for 2. Sizes fit
 * dnnl_dim_t (open sees to that). */
#ifndef ES_NET_MAKE_ONEDNN_H
#define ES_NET_MAKE_ONEDNN_H

#include <dnnl.h>

#include <stdbool.h>
#include <stddef.h>

/* Layouts of (images, channels, height, width) that activations may have. A
 * block must divide the channels: nothing is ever padded. */
typedef enum es_dnn_layout {
  ES_BLOCK16, /* [images][channels/16][height][width][16] */
  ES_BLOCK8,
  ES_LAST,  /* [images][height][width][channels] */
  ES_PLAIN, /* [images][channels][height][width] */
  ES_LAYOUTS
} es_dnn_layout;

typedef enum es_dnn_way {
  ES_FORWARD,
  ES_BACK_DATA,
  ES_BACK_WEIGHTS
} es_dnn_way;

/* A convolution, a max-pooling (in = out) or a linear map (sides 1). */
typedef struct es_dnn_window {
  size_t images, in, height, width; /* operand */
  size_t out, rows, cols;           /* result */
  size_t kernel, stride, pad;
  bool bias; /* of a linear map */
} es_dnn_window;

/* An engine for the processor with a stream; scratch memory is the caller's. */
typedef struct es_dnn_maker {
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  dnnl_primitive_attr_t attr;
} es_dnn_maker;

dnnl_status_t es_dnn_maker_open(es_dnn_maker *m);
void es_dnn_maker_close(es_dnn_maker *m);

/* Descriptors of primitives; free them with dnnl_primitive_desc_destroy.
 * Weights have whatever layout the primitive likes best. */
dnnl_status_t es_dnn_make_conv(dnnl_primitive_desc_t *out,
                               const es_dnn_maker *m, es_dnn_way way,
                               const es_dnn_window *w, es_dnn_layout src,
                               es_dnn_layout dst);
/* The operand and the result have one layout. */
dnnl_status_t es_dnn_make_max_pool(dnnl_primitive_desc_t *out,
                                   const es_dnn_maker *m, es_dnn_way way,
                                   const es_dnn_window *w,
                                   es_dnn_layout layout);
/* All plain. */
dnnl_status_t es_dnn_make_linear(dnnl_primitive_desc_t *out,
                                 const es_dnn_maker *m, es_dnn_way way,
                                 const es_dnn_window *w);

/* Between the layouts of an activation. */
dnnl_status_t es_dnn_make_move(dnnl_primitive_desc_t *out,
                               const es_dnn_maker *m, const es_dnn_window *w,
                               es_dnn_layout from, es_dnn_layout to);
/* Between plain weights and argument `name` of a primitive. *out stays NULL
 * where that is plain too. */
dnnl_status_t es_dnn_make_weights(dnnl_primitive_desc_t *out,
                                  const es_dnn_maker *m, const es_dnn_window *w,
                                  const_dnnl_primitive_desc_t of, int name);

/* Bytes of a primitive's argument; 0: it has none. */
size_t es_dnn_arg_bytes(const_dnnl_primitive_desc_t of, int name);
/* A memory object for it; data may be NULL, to be set later. */
dnnl_status_t es_dnn_arg_memory(dnnl_memory_t *out, const es_dnn_maker *m,
                                const_dnnl_primitive_desc_t of, int name,
                                void *data);
/* What computes it, "jit:avx512_core" or "ref:any". */
const char *es_dnn_made_by(const_dnnl_primitive_desc_t of);

#endif
