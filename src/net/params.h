/* Named tensors in HDF5: /params/NAME, 32-bit floats in PyTorch's shapes. */
#ifndef ES_NET_PARAMS_H
#define ES_NET_PARAMS_H

#include "file/h5.h"
#include "net/graph.h"

/* Parameters and buffers of a graph. */
es_status es_params_write(const es_graph *graph, const float *params,
                          const float *buffers, es_h5 *file,
                          es_diag *diag) ES_MUST_USE;
es_status es_params_read(const es_graph *graph, float *params, float *buffers,
                         es_h5_source *file, es_diag *diag) ES_MUST_USE;

#endif
