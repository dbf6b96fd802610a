/* Layouts of activations.
 *
 * Vectors of 16 or 8 channels are computed fastest in blocks of as many; where
 * the channels are of another number, with channels last. oneDNN's own choice
 * is not asked for: it looks at one primitive alone (for 8 channels and
 * AVX-512, forward asks for blocks of 16, backward of 8, each at the price of
 * the other's reordering), and falls back to loops a hundred times slower when
 * a layout does not suit it. So each primitive is tried with every layout of
 * its operands, in the order of es_dnn_layout; the cheapest wins, at a cost of
 *   bytes moved by reorders + penalty · bytes of the operands,
 * the penalty that of the kind of code that oneDNN names. Memory may be the
 * same in two layouts (8 channels: blocks of 8 are channels last), and then
 * changing the name is free: which is how 8 and 16 channels meet. */
#include "net/program_onednn.h"

#include <string.h>

/* Plain loops against jit measured 100 to 1000, gemm on gathered rows 2 to 5,
 * moving a byte being the unit. */
enum { REF_PENALTY = 2000, GEMM_PENALTY = 8 };

es_dnn_window es_dnn_window_of(const es_dnn_program *p, size_t node) {
  const es_node *n = &p->graph->node[node];
  const es_node *from = n->from[0] == ES_NONE ? n : &p->graph->node[n->from[0]];
  return (es_dnn_window){.images = p->batch,
                         .in = from->channels,
                         .height = from->height,
                         .width = from->width,
                         .out = n->channels,
                         .rows = n->height,
                         .cols = n->width,
                         .kernel = n->kernel,
                         .stride = n->stride,
                         .pad = n->pad,
                         .bias = n->bias != ES_NONE};
}

static size_t block_of(es_dnn_layout layout) {
  return layout == ES_BLOCK16 ? 16 : layout == ES_BLOCK8 ? 8 : 1;
}

es_dnn_lanes es_dnn_lanes_of(const es_dnn_program *p, size_t node) {
  const es_node *n = &p->graph->node[node];
  const es_dnn_layout layout = p->cell[node].layout;
  const size_t lanes = layout == ES_LAST ? n->channels : block_of(layout);
  return (es_dnn_lanes){.images = p->batch,
                        .blocks = n->channels / lanes,
                        .area = n->height * n->width,
                        .lanes = lanes,
                        .groups = p->groups};
}

static bool same(size_t channels, size_t area, es_dnn_layout a,
                 es_dnn_layout b) {
  if (a == b || area == 1) return true;
  const size_t p = a == ES_LAST ? channels : block_of(a);
  const size_t q = b == ES_LAST ? channels : block_of(b);
  return p == q;
}

bool es_dnn_same_memory(const es_node *node, es_dnn_layout a, es_dnn_layout b) {
  return same(node->channels, node->height * node->width, a, b);
}

size_t es_dnn_moved(es_dnn_program *p, size_t node, size_t value,
                    es_dnn_layout from, es_dnn_layout to) {
  if (p->status != ES_OK || es_dnn_same_memory(&p->graph->node[node], from, to))
    return value;
  es_dnn_window w = es_dnn_window_of(p, node);
  w.in = w.out, w.height = w.rows, w.width = w.cols;
  dnnl_primitive_desc_t made = NULL;
  if (es_dnn_failed(p, node, "reordering",
                    es_dnn_make_move(&made, &p->maker, &w, from, to)))
    return ES_NONE;
  es_dnn_tick(p);
  const size_t moved = es_dnn_value_new(p, p->value[value].bytes);
  es_dnn_step *step = es_dnn_primitive_add(p, node, "reordering", made);
  es_dnn_step_arg(p, step, DNNL_ARG_FROM, ES_AT_VALUE, value);
  es_dnn_step_arg(p, step, DNNL_ARG_TO, ES_AT_VALUE, moved);
  return moved;
}

static double penalty_of(const_dnnl_primitive_desc_t made) {
  const char *by = es_dnn_made_by(made);
  if (strstr(by, "ref") != NULL) return REF_PENALTY;
  return strstr(by, "gemm") != NULL ? GEMM_PENALTY : 0;
}

static bool fits(size_t channels, es_dnn_layout layout) {
  return channels % block_of(layout) == 0;
}

typedef struct choice {
  dnnl_primitive_desc_t made;
  es_dnn_layout from, to;
  double cost;
} choice;

/* Takes the primitive for the layouts a and b where it is cheaper than *best,
 * moved being what reordering costs. */
static void try_layouts(choice *best, const es_dnn_program *p,
                        const es_dnn_window *w, es_dnn_way way, es_dnn_layout a,
                        es_dnn_layout b, double moved, double operands) {
  dnnl_primitive_desc_t made = NULL;
  if (best->made != NULL && moved >= best->cost) return;
  if (es_dnn_make_conv(&made, &p->maker, way, w, a, b) != dnnl_success) return;
  const double cost = moved + penalty_of(made) * operands;
  if (best->made != NULL && cost >= best->cost) {
    dnnl_primitive_desc_destroy(made);
    return;
  }
  if (best->made != NULL) dnnl_primitive_desc_destroy(best->made);
  *best = (choice){made, a, b, cost};
}

/* The cheapest for operands that lie as in from and to; made NULL if there is
 * none. Of equal ones that which needs no other name for a layout. */
static choice choose(const es_dnn_program *p, const es_dnn_window *w,
                     es_dnn_way way, es_dnn_layout from, es_dnn_layout to) {
  const size_t area_x = w->height * w->width, area_y = w->rows * w->cols;
  const double x = (double)w->images * (double)(w->in * area_x);
  const double y = (double)w->images * (double)(w->out * area_y);
  choice best = {.cost = -1};
  if (fits(w->in, from) && fits(w->out, to))
    try_layouts(&best, p, w, way, from, to, 0, x + y);
  for (es_dnn_layout a = 0; a < ES_LAYOUTS; a++)
    for (es_dnn_layout b = 0; b < ES_LAYOUTS; b++) {
      if (!fits(w->in, a) || !fits(w->out, b)) continue;
      const double moved = (same(w->in, area_x, a, from) ? 0 : x) +
                           (same(w->out, area_y, b, to) ? 0 : y);
      try_layouts(&best, p, w, way, a, b, moved, x + y);
    }
  return best;
}

dnnl_primitive_desc_t es_dnn_conv_choose(es_dnn_program *p, size_t node,
                                         es_dnn_way way, es_dnn_layout *from,
                                         es_dnn_layout *to) {
  const es_dnn_window w = es_dnn_window_of(p, node);
  if (p->status != ES_OK) return NULL;
  const choice best = choose(p, &w, way, *from, *to);
  if (best.made == NULL) {
    es_dnn_failed(p, node, "convolution", dnnl_unimplemented);
    return NULL;
  }
  *from = best.from;
  *to = best.to;
  return best.made;
}

/* Of a convolution in all directions that the instance needs. */
static double cost_of(const es_dnn_program *p, const es_dnn_window *w,
                      bool data, es_dnn_layout from, es_dnn_layout to) {
  const es_dnn_way last = p->backward ? ES_BACK_WEIGHTS : ES_FORWARD;
  double sum = 0;
  for (es_dnn_way way = ES_FORWARD; way <= last; way++) {
    if (way == ES_BACK_DATA && !data) continue;
    const choice best = choose(p, w, way, from, to);
    if (best.made != NULL) dnnl_primitive_desc_destroy(best.made);
    sum += best.cost;
  }
  return sum;
}

es_dnn_layout es_dnn_conv_layout(es_dnn_program *p, size_t node,
                                 es_dnn_layout from) {
  const es_dnn_window w = es_dnn_window_of(p, node);
  const size_t c = w.out;
  const bool data = p->cell[p->graph->node[node].from[0]].differentiated;
  /* Stands for what comes next: mostly such a one. */
  const es_dnn_window next = {.images = w.images,
                              .in = c,
                              .height = w.rows,
                              .width = w.cols,
                              .out = c,
                              .rows = w.rows,
                              .cols = w.cols,
                              .kernel = 3,
                              .stride = 1,
                              .pad = 1};
  es_dnn_layout best = ES_PLAIN;
  double least = -1;
  if (p->status != ES_OK) return best;
  for (es_dnn_layout to = 0; to < ES_LAYOUTS && least != 0; to++) {
    if (!fits(c, to)) continue;
    const double cost =
        cost_of(p, &w, data, from, to) + cost_of(p, &next, true, to, to);
    if (least >= 0 && cost >= least) continue;
    least = cost;
    best = to;
  }
  return best;
}
