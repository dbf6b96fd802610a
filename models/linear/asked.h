/* The caller's watch as the data room sees progress. */
#ifndef ES_MODELS_LINEAR_ASKED_H
#define ES_MODELS_LINEAR_ASKED_H

#include "base/progress.h"

#include <eigenstep/model.h>

/* {watch, false}; watch may be NULL. */
typedef struct es_asked {
  const es_watch *watch;
  bool stop; /* the last answer */
} es_asked;

/* Its reports ask the watch. self must outlive it. */
es_progress es_asked_progress(es_asked *self);

#endif
