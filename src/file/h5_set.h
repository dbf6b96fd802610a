/* What the readers of HDF5 share: a file that is not trusted, opened, and one
 * dataset of it, checked. What a file says of its sizes is held against the
 * bytes it has before memory is taken, and nothing outside of it is opened. */
#ifndef ES_FILE_H5_SET_H
#define ES_FILE_H5_SET_H

#include "file/h5.h"
#include "file/h5_io.h"

struct es_h5_source {
  es_h5_io io; /* over the descriptor, which is the source's own */
  size_t size; /* of the file when it was opened */
  hid_t file;
  char *path;
};

/* Which datasets a reader takes, and the code for one that is not there or has
 * another number of dimensions; most is 4 at most. */
typedef struct es_h5_taken {
  size_t least, most;
  es_status otherwise;
} es_h5_taken;

typedef struct es_h5_set {
  es_h5_source *source;
  hid_t set, how, type, space; /* -1: not open */
  bool met_external_link;
  size_t dims[4], rank, count; /* count: of numbers */
  char name[256];              /* of path and dataset, the end of it */
  es_diag *diag;
} es_h5_set;

/* Opens and checks a dataset. Close it in every case; where only the checks
 * failed, set->set is open. */
es_status es_h5_set_open(es_h5_set *set, es_h5_source *source,
                         const char *dataset, const es_h5_taken *taken,
                         es_diag *diag) ES_MUST_USE;

/* Reads set->count numbers, as numbers of that type. */
es_status es_h5_set_read(void *out, hid_t memory_type,
                         const es_h5_set *set) ES_MUST_USE;
void es_h5_set_close(es_h5_set *set);

#endif
