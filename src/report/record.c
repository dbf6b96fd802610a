/* dir/run.json, whole: see record.h. */
#include "report/record.h"

#include "file/atomic.h"

#include <stdlib.h>

enum { LARGEST_RECORD = 1 << 20 };

cJSON *es_record_read(const char *dir) {
  unsigned char *text = NULL;
  size_t n;
  char *path = es_file_join(dir, "run.json");
  cJSON *root = NULL;
  if (path != NULL &&
      es_file_read(&text, &n, path, LARGEST_RECORD, NULL) == ES_OK)
    root = cJSON_ParseWithLength((const char *)text, n);
  free(text);
  free(path);
  return root;
}
