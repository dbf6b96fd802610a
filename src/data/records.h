/* Files of records of bytes without a header, as CIFAR's and STL-10's are, and
 * where the user has put them. The length of such a file is all that tells a
 * whole one from a damaged one: it must be a multiple of the record's. */
#ifndef ES_DATA_RECORDS_H
#define ES_DATA_RECORDS_H

#include "data/source.h"

/* A data set that is brought by hand. */
typedef struct es_folder {
  const char *title;   /* "the CIFAR-10 binary version" */
  const char *archive; /* the file that it is published as */
  const char *inside;  /* the folder that the archive unpacks to */
} es_folder;

/* The folder that is looked into where data.path is unset. */
#define ES_FOLDER_DEFAULT "data"

typedef struct es_records {
  const char *path; /* the caller's */
  size_t size;      /* bytes of a record */
  size_t count;     /* records in the file */
  size_t next;      /* index of the one that comes next */
  uint32_t crc;     /* of the records handed out, on top of what it was */
  int fd;
} es_records;

/* Takes the records of an open file into a source. kind is what the set's own
 * file knows of it. */
typedef es_status (*es_records_take)(es_source *source, const void *kind,
                                     es_records *records, es_diag *diag);

/* Finds the file of that name in data.path, or in the archive's own folder
 * within it, which has to be whole records of `size` bytes, one or more; has
 * them taken, and the source's checksum go on over what was read.
 * Records of a blank source are counted, and not taken.
 * ES_FILE_MISSING says what to get and where to put it; ES_FILE_CORRUPT; what
 * take says. */
es_status es_records_file(es_source *source, const es_folder *folder,
                          const char *name, size_t size, es_records_take take,
                          const void *kind, const es_config *config,
                          es_diag *diag) ES_MUST_USE;

/* The next record. ES_FILE_CORRUPT where the file has shrunk meanwhile, or has
 * grown behind its last one. */
es_status es_records_read(es_records *records, unsigned char *out,
                          es_diag *diag) ES_MUST_USE;

/* Makes room for `more` samples of `bytes` bytes behind the source's count, and
 * for their labels where labels is true. */
es_status es_records_room(es_source *source, size_t more, size_t bytes,
                          bool labels, const es_records *records,
                          es_diag *diag) ES_MUST_USE;

#endif
