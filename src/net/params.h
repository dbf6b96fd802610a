/* Named tensors in HDF5: /params/NAME, 32-bit floats in PyTorch's shapes. */
#ifndef ES_NET_PARAMS_H
#define ES_NET_PARAMS_H

#include "file/h5.h"
#include "net/graph.h"

/* n tensors of a flat vector under a group ("/params") of the file. */
es_status es_tensors_write(const char *group, const es_tensor *tensor, size_t n,
                           const float *flat, es_h5 *file,
                           es_diag *diag) ES_MUST_USE;
es_status es_tensors_read(const char *group, const es_tensor *tensor, size_t n,
                          float *flat, es_h5_source *file,
                          es_diag *diag) ES_MUST_USE;

/* A state is some such vectors, each with its group; one that is not there
 * (flat NULL) is left out. */
typedef struct es_state_part {
  const char *group;
  const es_tensor *tensor;
  size_t n;
  float *flat;
} es_state_part;

es_status es_state_write(const es_state_part *part, size_t parts, es_h5 *file,
                         es_diag *diag) ES_MUST_USE;
es_status es_state_read(const es_state_part *part, size_t parts,
                        es_h5_source *file, es_diag *diag) ES_MUST_USE;

/* Parameters and buffers of a graph, under /params. */
es_status es_params_write(const es_graph *graph, const float *params,
                          const float *buffers, es_h5 *file,
                          es_diag *diag) ES_MUST_USE;
es_status es_params_read(const es_graph *graph, float *params, float *buffers,
                         es_h5_source *file, es_diag *diag) ES_MUST_USE;

#endif
