/* Building JSON with cJSON. Each adder takes care of the item it makes and
 * returns false only without memory, so that an object is `ok && add(…) && …`;
 * a NULL parent is such a failure from before. name NULL: into an array. */
#ifndef ES_CONFIG_JSON_H
#define ES_CONFIG_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>

/* Bytes that are not UTF-8 are replaced; text NULL is null. */
bool es_json_text(cJSON *parent, const char *name, const char *text);

/* The shortest digits that read back to the last bit; NaN is null, infinities
 * are the strings "inf" and "-inf". */
bool es_json_real(cJSON *parent, const char *name, double x);

#endif
