/* A network as oneDNN computes it: a list of steps made once in open, and the
 * memory between them.
 *
 * Every result is a value of its own, written by one step (single assignment),
 * that steps may read until the last of them. Times count operations, forward
 * first and backward after, so that a value's life is an interval. Values whose
 * lives do not meet share memory, and a step may write over an operand (`over`)
 * if no later step reads it: which ones do is decided when all lives are known
 * (plan_onednn.c). An alias, as of a sum's gradient for both its operands, is
 * simply one value with several readers.
 *
 * Building stops at the first error: status keeps it, later calls do nothing.
 */
#ifndef ES_NET_PROGRAM_ONEDNN_H
#define ES_NET_PROGRAM_ONEDNN_H

#include "base/slab.h"
#include "net/engine.h"
#include "net/lanes_onednn.h"
#include "net/make_onednn.h"

typedef struct es_dnn_value {
  size_t bytes;
  size_t first, last; /* times; last ES_NONE: lives on */
  size_t over[2];     /* values it would like to overwrite, or ES_NONE */
  size_t home;        /* the value whose memory it has, often itself */
  size_t offset;
} es_dnn_value;

/* Where a step finds an operand. */
typedef enum es_dnn_home {
  ES_AT_VALUE,    /* index: of the value */
  ES_AT_PARAM,    /* index: of the first number */
  ES_AT_GRADIENT, /* of the parameters; index as before */
  ES_AT_BUFFER,   /* index as before */
  ES_AT_INPUT,
  ES_AT_SEED,   /* index: of the output whose gradient the caller gives */
  ES_AT_SCRATCH /* every step's own */
} es_dnn_home;

typedef struct es_dnn_arg {
  int name; /* DNNL_ARG_…; of no meaning to loops */
  es_dnn_home home;
  size_t index;
} es_dnn_arg;

typedef struct es_dnn_program es_dnn_program;

enum { ES_MOST_ARGS = 10 };

/* A primitive, or a loop of ours. */
typedef struct es_dnn_step {
  size_t node, time;
  const char *what; /* "convolution", for messages */
  dnnl_primitive_t primitive;
  void (*loop)(es_dnn_program *p, const struct es_dnn_step *step);
  bool relu;
  es_dnn_lanes lanes; /* for loops */
  int n_args;
  es_dnn_arg arg[ES_MOST_ARGS];
  dnnl_exec_arg_t memory[ES_MOST_ARGS]; /* of a primitive */
} es_dnn_step;

/* What is known of a node while building. */
typedef struct es_dnn_cell {
  es_dnn_layout layout;
  size_t value;          /* ES_NONE where a later node computes it */
  size_t extra;          /* normalisation's statistics, max-pooling's choice */
  size_t gradient, more; /* addends; ES_NONE: none as yet */
  size_t uses;           /* by nodes and as an output */
  bool differentiated;   /* parameters come before it */
  size_t norm, added; /* of a value that backward computes again: the NORM, and
                         the node added to it; ES_NONE: it is kept, none */
  size_t sums;        /* that it takes in a row */
  bool relu;
} es_dnn_cell;

struct es_dnn_program {
  const es_graph *graph;
  size_t batch, groups;
  bool backward, ready;
  int threads;
  es_dnn_maker maker;
  es_dnn_cell *cell;
  es_dnn_value *value;
  es_dnn_step *step;
  size_t n_values, n_steps, n_forward; /* steps of the forward pass */
  size_t now, scratch_bytes;
  size_t out[ES_OUTPUTS]; /* values */
  unsigned char *memory;  /* of the values, and then: */
  void *scratch;
  size_t memory_bytes;
  es_status status;
  es_diag *diag; /* during a call */
  /* What a call was given. */
  es_pass pass;
  const float *params, *input;
  float *buffers, *gradient;
  const void *const *seed;
};

/* program_onednn.c */

/* Bytes of a node's values for the batch. */
size_t es_dnn_node_bytes(const es_dnn_program *p, size_t node);
/* A value of that many bytes. */
size_t es_dnn_value_new(es_dnn_program *p, size_t bytes);
/* A value of the size of `a` that may take the memory of a or b (ES_NONE). */
size_t es_dnn_value_over(es_dnn_program *p, size_t a, size_t b);
/* The value stays to the end. */
void es_dnn_value_keep(es_dnn_program *p, size_t value);
float *es_dnn_value_data(const es_dnn_program *p, size_t value);

/* A new time: what ended before may be overwritten. */
void es_dnn_tick(es_dnn_program *p);
/* A step at the present time, or NULL after an error. */
es_dnn_step *es_dnn_loop_add(es_dnn_program *p, size_t node, const char *what,
                             void (*loop)(es_dnn_program *,
                                          const es_dnn_step *));
/* Takes the descriptor over. */
es_dnn_step *es_dnn_primitive_add(es_dnn_program *p, size_t node,
                                  const char *what, dnnl_primitive_desc_t made);
/* Appends an operand; step NULL is accepted. */
void es_dnn_step_arg(es_dnn_program *p, es_dnn_step *step, int name,
                     es_dnn_home home, size_t index);
/* Room in the memory that all steps share. */
void es_dnn_scratch_need(es_dnn_program *p, size_t bytes);
/* The operand as a loop sees it. */
float *es_dnn_step_data(const es_dnn_program *p, const es_dnn_step *step,
                        int arg);

/* Reports a failure of oneDNN's at a node; true where there is one. */
bool es_dnn_failed(es_dnn_program *p, size_t node, const char *what,
                   dnnl_status_t s);

/* plan_onednn.c: gives values their memory, and steps theirs. */
void es_dnn_program_plan(es_dnn_program *p);

/* layout_onednn.c */

es_dnn_window es_dnn_window_of(const es_dnn_program *p, size_t node);
es_dnn_lanes es_dnn_lanes_of(const es_dnn_program *p, size_t node);
/* Whether an image of that shape lies in memory alike in both. */
bool es_dnn_same_memory(const es_node *node, es_dnn_layout a, es_dnn_layout b);
/* The node's value, brought to memory as in `to`. */
size_t es_dnn_moved(es_dnn_program *p, size_t node, size_t value,
                    es_dnn_layout from, es_dnn_layout to);
/* The best primitive for operands that lie as in *from and *to, which become
 * the layouts that it takes. */
dnnl_primitive_desc_t es_dnn_conv_choose(es_dnn_program *p, size_t node,
                                         es_dnn_way way, es_dnn_layout *from,
                                         es_dnn_layout *to);
/* The layout of a convolution's result, where its operand has that. */
es_dnn_layout es_dnn_conv_layout(es_dnn_program *p, size_t node,
                                 es_dnn_layout from);

/* turn_onednn.c: the forward steps of a convolution that is faster by the
 * backward kernel; false: it is not. */
bool es_dnn_turn_build(es_dnn_program *p, size_t node);

/* forward_onednn.c, backward_onednn.c: append the steps. */
void es_dnn_forward_build(es_dnn_program *p);
void es_dnn_backward_build(es_dnn_program *p);
/* A convolution's weights in the layout that the primitive takes, or ES_NONE
 * where that is plain; and the operand of its step. */
size_t es_dnn_weights_build(es_dnn_program *p, size_t node,
                            const_dnnl_primitive_desc_t of);
void es_dnn_weights_arg(es_dnn_program *p, es_dnn_step *step, size_t node,
                        size_t own);
/* norm_onednn.c: forward of a NORM, by the node that takes it in (itself, a sum
 * or a ReLU), with the value `add` (ES_NONE) added; backward from the gradient
 * `dy`. `again` makes a new value of the same bits from what forward measured.
 */
void es_dnn_norm_forward(es_dnn_program *p, size_t norm, size_t result,
                         size_t add, bool relu);
void es_dnn_norm_again(es_dnn_program *p, size_t norm, size_t result,
                       size_t add, bool relu);
void es_dnn_norm_backward(es_dnn_program *p, size_t norm, size_t dy, bool relu);
/* scale_onednn.c */
void es_dnn_scale_forward(es_dnn_program *p, size_t node);
void es_dnn_scale_backward(es_dnn_program *p, size_t node, size_t dy);
void es_dnn_offset_forward(es_dnn_program *p, size_t node);
void es_dnn_offset_backward(es_dnn_program *p, size_t node, size_t dy);
/* again_onednn.c: the node's value for a step of the backward pass. */
size_t es_dnn_value_again(es_dnn_program *p, size_t node);
/* Lets backward compute the value of `result` again: norm, with the node
 * `added` (ES_NONE) added to it. */
void es_dnn_let_again(es_dnn_program *p, size_t result, size_t norm,
                      size_t added, bool relu);
/* backward_onednn.c: adds a value, which lies as the node's, to its gradient.
 */
void es_dnn_contribute(es_dnn_program *p, size_t node, size_t value);

#endif
