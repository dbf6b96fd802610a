/* Where plots/ and experiments/ are: under EIGENSTEP_DATADIR, else beside the
 * program, else under the prefix that it is installed in. */
#ifndef ES_FILE_SHARE_H
#define ES_FILE_SHARE_H

#include <eigenstep/status.h>

/* Sets *out to the path of kind/name ("plots", "staircase.gp"), in memory that
 * the caller frees. name may be NULL: the folder itself. name must not hold a
 * '/'. ES_FILE_MISSING says where it was looked for. */
es_status es_share_find(char **out, const char *kind, const char *name,
                        es_diag *diag) ES_MUST_USE;

#endif
