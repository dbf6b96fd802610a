/* The record that a command left in its folder: for pages, and for stages that
 * are taken up again. */
#ifndef ES_REPORT_RECORD_H
#define ES_REPORT_RECORD_H

#include <cjson/cJSON.h>
#include <eigenstep/status.h>

/* dir/run.json, NULL if it is not there or not JSON; free with cJSON_Delete.
 * Fails, with NULL, for want of memory and where the file is there and cannot
 * be read (ES_FILE_MISSING; ES_FILE_CORRUPT: over a mebibyte). */
es_status es_record_read(cJSON **out, const char *dir,
                         es_diag *diag) ES_MUST_USE;

#endif
