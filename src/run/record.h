/* What a finished command left in its folder. Private to the room. */
#ifndef ES_RUN_RECORD_H
#define ES_RUN_RECORD_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* dir/run.json, NULL if it is not there or not JSON. Free with cJSON_Delete. */
cJSON *es_record_read(const char *dir);

/* True if dir/run.json says that the command ended well. A run that failed or
 * was interrupted has its record too. */
bool es_record_finished(const char *dir);

#endif
