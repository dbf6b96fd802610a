/* run.json: what produced a result. */
#ifndef ES_CONFIG_PROVENANCE_H
#define ES_CONFIG_PROVENANCE_H

#include <eigenstep/config.h>
#include <stdint.h>

typedef struct es_library {
  const char *name;
  char version[64];
} es_library;

typedef struct es_figure { /* one summary figure of a run */
  char name[48];
  double value; /* NaN and infinities are written as null and as strings */
} es_figure;

typedef struct es_provenance {
  const char *version, *git_hash; /* of the program */
  const char *command, *target;   /* "flow", "barlow-twins" */
  int argc;                       /* the command line as given */
  char **argv;
  size_t threads;
  double wall_seconds;
  int exit_code;     /* the program's for this run; 0: it ended well */
  bool has_checksum; /* a data set was read */
  uint32_t data_checksum;
  const char *method;        /* of solution, or NULL */
  const char *prediction;    /* a file whose CRC-32 is recorded, or NULL */
  const es_library *network; /* what networks ran on, or NULL */
  const es_figure *figures;
  size_t n_figures;
  const es_config *config; /* seeds are read from it where they exist */
} es_provenance;

/* Writes the file atomically. */
es_status es_provenance_write(const es_provenance *p, const char *path,
                              es_diag *diag) ES_MUST_USE;

/* Fills out with the libraries that are linked and their versions; returns how
 * many, at most max. */
size_t es_libraries(es_library *out, size_t max);

/* "Intel(R) Xeon(R) …" from the system, or "unknown". */
const char *es_cpu_model(char *out, size_t size);

#endif
