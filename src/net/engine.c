/* The table of engines: which one a build's networks run on. */
#include "net/engine.h"

#if ES_HAVE_DNNL

const es_engine *es_engine_fastest(void) { return &es_engine_onednn; }

#else

const es_engine *es_engine_fastest(void) { return &es_engine_reference_float; }

const char *es_engine_onednn_version(char *out, size_t size) {
  if (size > 0) out[0] = '\0';
  return out;
}

#endif
