/* A watch in progress's clothes: see asked.h. */
#include "models/linear/asked.h"

static void ask(void *self, const char *what, double done, double total) {
  es_asked *a = self;
  a->stop =
      a->watch != NULL && a->watch->ask(a->watch->context, what, done, total);
}

static bool was_stopped(void *self) { return ((es_asked *)self)->stop; }

es_progress es_asked_progress(es_asked *self) {
  return (es_progress){ask, was_stopped, self};
}
