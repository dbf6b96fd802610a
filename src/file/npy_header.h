/* The header of a NPY file: a Python dictionary of three entries. Reference:
 * numpy/lib/format.py and NEP 1. */
#ifndef ES_FILE_NPY_HEADER_H
#define ES_FILE_NPY_HEADER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct es_npy_header {
  char kind;   /* 'f', 'i', 'u' */
  size_t item; /* bytes per number */
  bool big_endian;
  bool fortran; /* column-major */
  size_t rank;
  size_t shape[2]; /* 1 beyond the rank */
} es_npy_header;

/* Parses the n bytes of the dictionary. Returns NULL, or what is wrong. */
const char *es_npy_parse(es_npy_header *out, const char *text, size_t n);

#endif
