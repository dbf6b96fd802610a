/* es_part_reopen in its two steps (atomic.h), for a format that looks at what
 * was left before anything of it is changed. */
#ifndef ES_FILE_PART_H
#define ES_FILE_PART_H

#include "file/atomic.h"

/* Opens and locks the part or, where there is none, the file that it became,
 * and looks whether it has so many bytes; changes nothing. es_part_leave it if
 * it shall not be continued. */
es_status es_part_find(es_part *part, const char *path, uint64_t bytes,
                       es_diag *diag) ES_MUST_USE;

/* Gives what was found the part's name and cuts it; the stream then stands at
 * its end. On failure it is left. */
es_status es_part_cut(es_part *part, uint64_t bytes, es_diag *diag) ES_MUST_USE;

#endif
