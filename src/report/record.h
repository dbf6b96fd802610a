/* The record that a command left in its folder: for pages, and for stages that
 * are taken up again. */
#ifndef ES_REPORT_RECORD_H
#define ES_REPORT_RECORD_H

#include <cjson/cJSON.h>

/* dir/run.json, NULL if it is not there or not JSON. Free with cJSON_Delete. */
cJSON *es_record_read(const char *dir);

#endif
