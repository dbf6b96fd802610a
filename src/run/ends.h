/* The last row of what the items of a stage wrote: see each.h. Private to the
 * room. */
#ifndef ES_RUN_ENDS_H
#define ES_RUN_ENDS_H

#include "config/yaml.h"

/* out[k] = the number in the last row of dir/trace.csv under the name of
 * names->child[k]; NaN where there is no row. ES_BAD_VALUE names a column that
 * is not there. The table's own errors. */
es_status es_ends_read(double *out, const char *dir, const es_node *names,
                       es_diag *diag) ES_MUST_USE;

#endif
