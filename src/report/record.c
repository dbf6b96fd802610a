/* dir/run.json, whole: see record.h. */
#include "report/record.h"

#include "file/atomic.h"

#include <stdlib.h>

enum { LARGEST_RECORD = 1 << 20 };

es_status es_record_look(cJSON **out, const char *dir, es_diag *diag) {
  unsigned char *text = NULL;
  size_t n;
  char *path = es_file_join(dir, "run.json");
  *out = NULL;
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  const es_status status = es_file_read(&text, &n, path, LARGEST_RECORD, diag);
  if (status == ES_OK) *out = cJSON_ParseWithLength((const char *)text, n);
  free(text);
  free(path);
  return status == ES_NO_MEMORY ? status : ES_OK;
}

cJSON *es_record_read(const char *dir) {
  cJSON *root;
  return es_record_look(&root, dir, NULL) == ES_OK ? root : NULL;
}
