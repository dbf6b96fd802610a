/* JSON items: see json.h. */
#include "config/json.h"

#include "config/utf8.h"
#include "config/value.h"

#include <math.h>
#include <stdlib.h>

static bool attach(cJSON *parent, const char *name, cJSON *item) {
  const bool ok = parent != NULL && item != NULL &&
                  (name == NULL ? cJSON_AddItemToArray(parent, item)
                                : cJSON_AddItemToObject(parent, name, item));
  if (!ok) cJSON_Delete(item);
  return ok;
}

bool es_json_text(cJSON *parent, const char *name, const char *text) {
  if (text == NULL) return attach(parent, name, cJSON_CreateNull());
  char *repaired = es_utf8_repaired(text);
  if (repaired == NULL) return false;
  cJSON *item = cJSON_CreateString(repaired);
  free(repaired);
  return attach(parent, name, item);
}

bool es_json_real(cJSON *parent, const char *name, double x) {
  char number[ES_REAL_SIZE];
  if (isnan(x)) return attach(parent, name, cJSON_CreateNull());
  if (isinf(x))
    return attach(parent, name, cJSON_CreateString(x > 0 ? "inf" : "-inf"));
  /* Raw: cJSON takes numbers for equal that differ in the last bit. */
  return attach(parent, name, cJSON_CreateRaw(es_value_format(number, x)));
}
