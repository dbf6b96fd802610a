/* dir/run.json, whole: see record.h. */
#include "report/record.h"

#include "file/atomic.h"

#include <stdlib.h>

enum { LARGEST_RECORD = 1 << 20 };

es_status es_record_read(cJSON **out, const char *dir, es_diag *diag) {
  unsigned char *text = NULL;
  size_t n;
  char *path = es_file_join(dir, "run.json");
  *out = NULL;
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  const es_status status =
      es_file_read_any(&text, &n, path, LARGEST_RECORD, diag);
  if (text != NULL) *out = cJSON_ParseWithLength((const char *)text, n);
  free(text);
  free(path);
  return status;
}
