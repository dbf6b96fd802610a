/* The convolutions of a training step alone, the limit of its rate: forward,
 * gradient by the operand (not for the image), gradient by the weights, each by
 * the fastest of oneDNN's kernels over the layouts of its operands, timed here
 * one by one; weights lie as the kernel likes. No reordering, nothing between.
 * Every convolution has an operand and a result of its own, as in a step;
 * gradients are one array that is read and one that is written. */
#ifndef ES_BENCH_STEP_CONVS_H
#define ES_BENCH_STEP_CONVS_H

#include "base/progress.h"
#include "net/graph.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#if ES_HAVE_DNNL
#include "net/make_onednn.h"

#include <string.h>

enum { CONV_ARGS = 4, MOST_CONVS = 64 };

/* A kernel with its operands. */
typedef struct conv_job {
  dnnl_primitive_t primitive;
  dnnl_exec_arg_t arg[CONV_ARGS]; /* the last: scratch */
  float *weights, *scratch;
} conv_job;

typedef struct step_convs {
  es_dnn_maker maker;
  conv_job job[3 * MOST_CONVS];
  size_t n_jobs, n_convs;
  float *x[MOST_CONVS], *y[MOST_CONVS], *dx, *dy;
} step_convs;

static inline void conv_check(dnnl_status_t s) {
  if (s == dnnl_success) return;
  fprintf(stderr, "bench_step: oneDNN fails (%d)\n", (int)s);
  exit(1);
}

/* Small numbers: no sum of them overflows, none is subnormal. */
static inline float *conv_array(size_t n) {
  float *out = aligned_alloc(64, (n * sizeof *out + 63) / 64 * 64 + 64);
  if (out == NULL) exit(1);
  for (size_t i = 0; i < n; i++) out[i] = .01f * (float)(1 + i % 7) - .035f;
  return out;
}

static inline void conv_job_close(conv_job *job) {
  for (int k = 0; k < CONV_ARGS; k++) dnnl_memory_destroy(job->arg[k].memory);
  dnnl_primitive_destroy(job->primitive);
  free(job->weights);
  free(job->scratch);
}

/* Takes the descriptor over. from, to: the operand and the result or their
 * gradients. */
static inline conv_job conv_job_of(const es_dnn_maker *m,
                                   dnnl_primitive_desc_t made, es_dnn_way way,
                                   float *from, float *to) {
  static const int names[3][3] = {
      {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST},
      {DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST},
      {DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST}};
  conv_job job = {0};
  job.weights =
      conv_array(es_dnn_arg_bytes(made, names[way][1]) / sizeof(float));
  job.scratch =
      conv_array(es_dnn_arg_bytes(made, DNNL_ARG_SCRATCHPAD) / sizeof(float));
  float *const data[CONV_ARGS] = {from, job.weights, to, job.scratch};
  for (int k = 0; k < CONV_ARGS; k++) {
    job.arg[k].arg = k < 3 ? names[way][k] : DNNL_ARG_SCRATCHPAD;
    conv_check(es_dnn_arg_memory(&job.arg[k].memory, m, made, job.arg[k].arg,
                                 data[k]));
  }
  conv_check(dnnl_primitive_create(&job.primitive, made));
  dnnl_primitive_desc_destroy(made);
  return job;
}

static inline void conv_run(const step_convs *c, const conv_job *job) {
  conv_check(dnnl_primitive_execute(job->primitive, c->maker.stream, CONV_ARGS,
                                    job->arg));
}

static inline double conv_seconds(const step_convs *c, const conv_job *job) {
  double best = INFINITY;
  for (int k = 0; k < 3; k++) {
    const double begun = es_seconds();
    conv_run(c, job);
    best = fmin(best, es_seconds() - begun);
  }
  return best;
}

static inline bool conv_fits(size_t channels, es_dnn_layout layout) {
  return layout == ES_BLOCK16  ? channels % 16 == 0
         : layout == ES_BLOCK8 ? channels % 8 == 0
                               : true;
}

/* Keeps the faster of *best and that kernel; plain loops are not tried. */
static inline void conv_try(step_convs *c, conv_job *best, double *least,
                            dnnl_primitive_desc_t made, es_dnn_way way,
                            float *from, float *to) {
  if (strstr(es_dnn_made_by(made), "ref") != NULL) {
    dnnl_primitive_desc_destroy(made);
    return;
  }
  conv_job job = conv_job_of(&c->maker, made, way, from, to);
  const double seconds = conv_seconds(c, &job);
  if (seconds >= *least) {
    conv_job_close(&job);
    return;
  }
  if (best->primitive != NULL) conv_job_close(best);
  *best = job;
  *least = seconds;
}

/* Forward with stride 1 is also the backward kernel of the convolution with
 * turned weights (turn_onednn.c): a candidate like the others. */
static inline void conv_try_turned(step_convs *c, conv_job *best, double *least,
                                   const es_dnn_window *w, es_dnn_layout layout,
                                   float *x, float *y) {
  dnnl_primitive_desc_t made;
  es_dnn_window v = *w;
  v.in = w->out, v.height = w->rows, v.width = w->cols;
  v.out = w->in, v.rows = w->height, v.cols = w->width;
  v.pad = w->kernel - 1 - w->pad;
  if (w->stride != 1 || w->kernel == 1) return;
  if (es_dnn_make_conv(&made, &c->maker, ES_BACK_DATA, &v, layout, layout) ==
      dnnl_success)
    conv_try(c, best, least, made, ES_BACK_DATA, y, x);
}

static inline void conv_add(step_convs *c, es_dnn_way way,
                            const es_dnn_window *w, float *from, float *to) {
  conv_job best = {0};
  double least = INFINITY;
  for (es_dnn_layout a = 0; a < ES_LAYOUTS; a++)
    for (es_dnn_layout b = 0; b < ES_LAYOUTS; b++) {
      dnnl_primitive_desc_t made;
      /* Alike, but where the image has too few channels. */
      if (a != b && w->in % 8 == 0) continue;
      if (!conv_fits(w->in, a) || !conv_fits(w->out, b)) continue;
      if (es_dnn_make_conv(&made, &c->maker, way, w, a, b) == dnnl_success)
        conv_try(c, &best, &least, made, way, from, to);
      if (way == ES_FORWARD && a == b)
        conv_try_turned(c, &best, &least, w, a, from, to);
    }
  if (best.primitive == NULL) exit(1);
  c->job[c->n_jobs++] = best;
}

static inline es_dnn_window conv_window(const es_graph *g, size_t node,
                                        size_t images) {
  const es_node *y = &g->node[node], *x = &g->node[y->from[0]];
  return (es_dnn_window){.images = images,
                         .in = x->channels,
                         .height = x->height,
                         .width = x->width,
                         .out = y->channels,
                         .rows = y->height,
                         .cols = y->width,
                         .kernel = y->kernel,
                         .stride = y->stride,
                         .pad = y->pad};
}

static inline step_convs *step_convs_open(const es_graph *g, size_t images) {
  step_convs *c = calloc(1, sizeof *c);
  size_t node[MOST_CONVS] = {0}, most = 0;
  if (c == NULL) exit(1);
  conv_check(es_dnn_maker_open(&c->maker));
  for (size_t i = 0; i < g->n_nodes; i++) {
    const size_t size = images * es_node_size(&g->node[i]);
    if (size > most) most = size;
    if (g->node[i].op == ES_OP_CONV && c->n_convs < MOST_CONVS)
      node[c->n_convs++] = i;
  }
  c->dx = conv_array(most);
  c->dy = conv_array(most);
  for (size_t k = 0; k < c->n_convs; k++) {
    const es_dnn_window w = conv_window(g, node[k], images);
    c->x[k] = conv_array(images * w.in * w.height * w.width);
    c->y[k] = conv_array(images * w.out * w.rows * w.cols);
    conv_add(c, ES_FORWARD, &w, c->x[k], c->y[k]);
  }
  for (size_t k = c->n_convs; k-- > 0;) {
    const es_dnn_window w = conv_window(g, node[k], images);
    conv_add(c, ES_BACK_WEIGHTS, &w, c->x[k], c->dy);
    if (k > 0) conv_add(c, ES_BACK_DATA, &w, c->dx, c->dy);
  }
  return c;
}

/* Best of n times all. */
static inline double step_convs_time(const step_convs *c, int n) {
  double best = INFINITY;
  for (int k = 0; k < n; k++) {
    const double begun = es_seconds();
    for (size_t i = 0; i < c->n_jobs; i++) conv_run(c, &c->job[i]);
    best = fmin(best, es_seconds() - begun);
  }
  return best;
}

static inline void step_convs_close(step_convs *c) {
  for (size_t i = 0; i < c->n_jobs; i++) conv_job_close(&c->job[i]);
  for (size_t k = 0; k < c->n_convs; k++) free(c->x[k]), free(c->y[k]);
  free(c->dx);
  free(c->dy);
  es_dnn_maker_close(&c->maker);
  free(c);
}

#else /* without oneDNN there is no such limit */

typedef struct step_convs {
  int none;
} step_convs;

static inline step_convs *step_convs_open(const es_graph *g, size_t images) {
  (void)g, (void)images;
  return NULL;
}
static inline double step_convs_time(const step_convs *c, int n) {
  (void)c, (void)n;
  return NAN;
}
static inline void step_convs_close(step_convs *c) { (void)c; }

#endif
#endif
