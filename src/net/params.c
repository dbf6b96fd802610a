/* Named tensors in HDF5: see params.h. */
#include "net/params.h"

#include <stdio.h>

#define GROUP "/params"

typedef struct h5_name {
  char text[96];
} h5_name;

static h5_name name_of(const char *group, const es_tensor *t) {
  h5_name name;
  snprintf(name.text, sizeof name.text, "%.32s/%s", group, t->name);
  return name;
}

es_status es_tensors_write(const char *group, const es_tensor *t, size_t n,
                           const float *flat, es_h5 *file, es_diag *diag) {
  es_status status = ES_OK;
  for (size_t k = 0; status == ES_OK && k < n; k++)
    status = es_h5_write_float(file, name_of(group, &t[k]).text,
                               flat + t[k].offset, t[k].dims, t[k].rank, diag);
  return status;
}

es_status es_tensors_read(const char *group, const es_tensor *t, size_t n,
                          float *flat, es_h5_source *file, es_diag *diag) {
  es_status status = ES_OK;
  for (size_t k = 0; status == ES_OK && k < n; k++)
    status = es_h5_read_float(file, name_of(group, &t[k]).text,
                              flat + t[k].offset, t[k].dims, t[k].rank, diag);
  return status;
}

es_status es_state_write(const es_state_part *part, size_t parts, es_h5 *file,
                         es_diag *diag) {
  es_status status = ES_OK;
  for (const es_state_part *p = part; status == ES_OK && p < part + parts; p++)
    if (p->flat != NULL)
      status = es_tensors_write(p->group, p->tensor, p->n, p->flat, file, diag);
  return status;
}

es_status es_state_read(const es_state_part *part, size_t parts,
                        es_h5_source *file, es_diag *diag) {
  es_status status = ES_OK;
  for (const es_state_part *p = part; status == ES_OK && p < part + parts; p++)
    if (p->flat != NULL)
      status = es_tensors_read(p->group, p->tensor, p->n, p->flat, file, diag);
  return status;
}

es_status es_params_write(const es_graph *graph, const float *params,
                          const float *buffers, es_h5 *file, es_diag *diag) {
  const es_status status = es_tensors_write(
      GROUP, graph->param, graph->n_params, params, file, diag);
  return status == ES_OK
             ? es_tensors_write(GROUP, graph->buffer, graph->n_buffers, buffers,
                                file, diag)
             : status;
}

es_status es_params_read(const es_graph *graph, float *params, float *buffers,
                         es_h5_source *file, es_diag *diag) {
  const es_status status =
      es_tensors_read(GROUP, graph->param, graph->n_params, params, file, diag);
  return status == ES_OK
             ? es_tensors_read(GROUP, graph->buffer, graph->n_buffers, buffers,
                               file, diag)
             : status;
}
