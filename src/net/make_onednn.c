/* Descriptors by oneDNN 2's functions: see make_onednn.h. Version 3 hides the
 * structures that 2 fills in (dnnl_*_desc_init is gone, dnnl_memory_desc_t is a
 * pointer); this file is what must be written again for it. */
#include "net/make_onednn.h"

#if DNNL_VERSION_MAJOR != 2
#error "written for oneDNN 2; build with HAVE_DNNL=0 to do without oneDNN"
#endif

typedef dnnl_memory_desc_t shape;

dnnl_status_t es_dnn_maker_open(es_dnn_maker *m) {
  dnnl_status_t s = dnnl_engine_create(&m->engine, dnnl_cpu, 0);
  if (s == dnnl_success)
    s = dnnl_stream_create(&m->stream, m->engine, dnnl_stream_default_flags);
  if (s == dnnl_success) s = dnnl_primitive_attr_create(&m->attr);
  if (s == dnnl_success)
    s = dnnl_primitive_attr_set_scratchpad_mode(m->attr,
                                                dnnl_scratchpad_mode_user);
  return s;
}

void es_dnn_maker_close(es_dnn_maker *m) {
  if (m->attr != NULL) dnnl_primitive_attr_destroy(m->attr);
  if (m->stream != NULL) dnnl_stream_destroy(m->stream);
  if (m->engine != NULL) dnnl_engine_destroy(m->engine);
  *m = (es_dnn_maker){0};
}

static dnnl_status_t image(shape *out, size_t images, size_t channels,
                           size_t height, size_t width, es_dnn_layout layout) {
  static const dnnl_format_tag_t tags[ES_LAYOUTS] = {[ES_BLOCK16] =
                                                         dnnl_nChw16c,
                                                     [ES_BLOCK8] = dnnl_nChw8c,
                                                     [ES_LAST] = dnnl_nhwc,
                                                     [ES_PLAIN] = dnnl_nchw};
  const dnnl_dims_t dims = {(dnnl_dim_t)images, (dnnl_dim_t)channels,
                            (dnnl_dim_t)height, (dnnl_dim_t)width};
  return dnnl_memory_desc_init_by_tag(out, 4, dims, dnnl_f32, tags[layout]);
}

static dnnl_status_t operand(shape *out, const es_dnn_window *w,
                             es_dnn_layout l) {
  return image(out, w->images, w->in, w->height, w->width, l);
}

static dnnl_status_t result(shape *out, const es_dnn_window *w,
                            es_dnn_layout l) {
  return image(out, w->images, w->out, w->rows, w->cols, l);
}

static dnnl_status_t weights(shape *out, const es_dnn_window *w,
                             dnnl_format_tag_t tag) {
  const dnnl_dim_t k = (dnnl_dim_t)w->kernel;
  const dnnl_dims_t dims = {(dnnl_dim_t)w->out, (dnnl_dim_t)w->in, k, k};
  return dnnl_memory_desc_init_by_tag(out, 4, dims, dnnl_f32, tag);
}

static dnnl_status_t matrix(shape *out, size_t rows, size_t cols) {
  const dnnl_dims_t dims = {(dnnl_dim_t)rows, (dnnl_dim_t)cols};
  return dnnl_memory_desc_init_by_tag(out, 2, dims, dnnl_f32, dnnl_ab);
}

static dnnl_status_t vector(shape *out, size_t n) {
  const dnnl_dims_t dims = {(dnnl_dim_t)n};
  return dnnl_memory_desc_init_by_tag(out, 1, dims, dnnl_f32, dnnl_a);
}

static dnnl_status_t create(dnnl_primitive_desc_t *out, const es_dnn_maker *m,
                            const void *desc,
                            const_dnnl_primitive_desc_t hint) {
  return dnnl_primitive_desc_create(out, desc, m->attr, m->engine, hint);
}

dnnl_status_t es_dnn_make_conv(dnnl_primitive_desc_t *out,
                               const es_dnn_maker *m, es_dnn_way way,
                               const es_dnn_window *w, es_dnn_layout from,
                               es_dnn_layout to) {
  const dnnl_alg_kind_t direct = dnnl_convolution_direct;
  const dnnl_dims_t step = {(dnnl_dim_t)w->stride, (dnnl_dim_t)w->stride};
  const dnnl_dims_t pad = {(dnnl_dim_t)w->pad, (dnnl_dim_t)w->pad};
  shape x, k, y;
  dnnl_convolution_desc_t desc;
  dnnl_primitive_desc_t forward = NULL;
  dnnl_status_t s = operand(&x, w, from);
  if (s == dnnl_success) s = weights(&k, w, dnnl_format_tag_any);
  if (s == dnnl_success) s = result(&y, w, to);
  if (s == dnnl_success)
    s = dnnl_convolution_forward_desc_init(&desc, dnnl_forward_training, direct,
                                           &x, &k, NULL, &y, step, pad, pad);
  if (s == dnnl_success)
    s = create(way == ES_FORWARD ? out : &forward, m, &desc, NULL);
  if (s != dnnl_success || way == ES_FORWARD) return s;
  if (way == ES_BACK_DATA)
    s = dnnl_convolution_backward_data_desc_init(&desc, direct, &x, &k, &y,
                                                 step, pad, pad);
  else
    s = dnnl_convolution_backward_weights_desc_init(&desc, direct, &x, &k, NULL,
                                                    &y, step, pad, pad);
  if (s == dnnl_success) s = create(out, m, &desc, forward);
  dnnl_primitive_desc_destroy(forward);
  return s;
}

dnnl_status_t es_dnn_make_max_pool(dnnl_primitive_desc_t *out,
                                   const es_dnn_maker *m, es_dnn_way way,
                                   const es_dnn_window *w,
                                   es_dnn_layout layout) {
  const dnnl_dims_t step = {(dnnl_dim_t)w->stride, (dnnl_dim_t)w->stride};
  const dnnl_dims_t pad = {(dnnl_dim_t)w->pad, (dnnl_dim_t)w->pad};
  const dnnl_dims_t kernel = {(dnnl_dim_t)w->kernel, (dnnl_dim_t)w->kernel};
  shape x, y;
  dnnl_pooling_desc_t desc;
  dnnl_primitive_desc_t forward = NULL;
  dnnl_status_t s = operand(&x, w, layout);
  if (s == dnnl_success) s = result(&y, w, layout);
  if (s == dnnl_success)
    s = dnnl_pooling_forward_desc_init(&desc, dnnl_forward_training,
                                       dnnl_pooling_max, &x, &y, step, kernel,
                                       pad, pad);
  if (s == dnnl_success)
    s = create(way == ES_FORWARD ? out : &forward, m, &desc, NULL);
  if (s != dnnl_success || way == ES_FORWARD) return s;
  s = dnnl_pooling_backward_desc_init(&desc, dnnl_pooling_max, &x, &y, step,
                                      kernel, pad, pad);
  if (s == dnnl_success) s = create(out, m, &desc, forward);
  dnnl_primitive_desc_destroy(forward);
  return s;
}

dnnl_status_t es_dnn_make_linear(dnnl_primitive_desc_t *out,
                                 const es_dnn_maker *m, es_dnn_way way,
                                 const es_dnn_window *w) {
  shape x, k, y, b;
  dnnl_inner_product_desc_t desc;
  dnnl_primitive_desc_t forward = NULL;
  const shape *bias = w->bias ? &b : NULL;
  dnnl_status_t s = matrix(&x, w->images, w->in);
  if (s == dnnl_success) s = matrix(&k, w->out, w->in);
  if (s == dnnl_success) s = matrix(&y, w->images, w->out);
  if (s == dnnl_success) s = vector(&b, w->out);
  if (s == dnnl_success)
    s = dnnl_inner_product_forward_desc_init(&desc, dnnl_forward_training, &x,
                                             &k, bias, &y);
  if (s == dnnl_success)
    s = create(way == ES_FORWARD ? out : &forward, m, &desc, NULL);
  if (s != dnnl_success || way == ES_FORWARD) return s;
  if (way == ES_BACK_DATA)
    s = dnnl_inner_product_backward_data_desc_init(&desc, &x, &k, &y);
  else
    s = dnnl_inner_product_backward_weights_desc_init(&desc, &x, &k, bias, &y);
  if (s == dnnl_success) s = create(out, m, &desc, forward);
  dnnl_primitive_desc_destroy(forward);
  return s;
}

static dnnl_status_t reorder(dnnl_primitive_desc_t *out, const es_dnn_maker *m,
                             const shape *from, const shape *to) {
  return dnnl_reorder_primitive_desc_create(out, from, m->engine, to, m->engine,
                                            m->attr);
}

dnnl_status_t es_dnn_make_move(dnnl_primitive_desc_t *out,
                               const es_dnn_maker *m, const es_dnn_window *w,
                               es_dnn_layout from, es_dnn_layout to) {
  shape a, b;
  dnnl_status_t s = operand(&a, w, from);
  if (s == dnnl_success) s = operand(&b, w, to);
  return s == dnnl_success ? reorder(out, m, &a, &b) : s;
}

static const shape *shape_of(const_dnnl_primitive_desc_t of, int name) {
  return dnnl_primitive_desc_query_md(of, dnnl_query_exec_arg_md, name);
}

dnnl_status_t es_dnn_make_weights(dnnl_primitive_desc_t *out,
                                  const es_dnn_maker *m, const es_dnn_window *w,
                                  const_dnnl_primitive_desc_t of, int name) {
  shape plain;
  const shape *own = shape_of(of, name);
  *out = NULL;
  const dnnl_status_t s = weights(&plain, w, dnnl_oihw);
  if (s != dnnl_success || dnnl_memory_desc_equal(&plain, own)) return s;
  return name == DNNL_ARG_WEIGHTS ? reorder(out, m, &plain, own)
                                  : reorder(out, m, own, &plain);
}

size_t es_dnn_arg_bytes(const_dnnl_primitive_desc_t of, int name) {
  const shape *s = shape_of(of, name);
  return s == NULL ? 0 : dnnl_memory_desc_get_size(s);
}

dnnl_status_t es_dnn_arg_memory(dnnl_memory_t *out, const es_dnn_maker *m,
                                const_dnnl_primitive_desc_t of, int name,
                                void *data) {
  return dnnl_memory_create(out, shape_of(of, name), m->engine,
                            data == NULL ? DNNL_MEMORY_NONE : data);
}

const char *es_dnn_made_by(const_dnnl_primitive_desc_t of) {
  const char *text = NULL;
  if (dnnl_primitive_desc_query(of, dnnl_query_impl_info_str, 0, &text) !=
          dnnl_success ||
      text == NULL)
    return "";
  return text;
}
