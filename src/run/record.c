/* Reading run.json back: see record.h. */
#include "run/record.h"

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

bool es_record_finished(const char *dir) {
  cJSON *root = es_record_read(dir);
  const cJSON *code = cJSON_GetObjectItem(root, "exit_code");
  const bool finished = cJSON_IsNumber(code) && code->valueint == 0;
  cJSON_Delete(root);
  return finished;
}
