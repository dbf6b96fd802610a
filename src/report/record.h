/* The record that a command left in its folder: for pages, and for stages that
 * are taken up again. */
#ifndef ES_REPORT_RECORD_H
#define ES_REPORT_RECORD_H

#include <cjson/cJSON.h>
#include <eigenstep/status.h>

/* dir/run.json, NULL if it is not there or not JSON. Free with cJSON_Delete. */
cJSON *es_record_read(const char *dir);

/* The same; fails, with NULL, for want of memory. */
es_status es_record_look(cJSON **out, const char *dir,
                         es_diag *diag) ES_MUST_USE;

#endif
