/* Reading run.json back: see record.h. */
#include "run/record.h"

#include "file/atomic.h"

#include <stdlib.h>
#include <string.h>

enum { LARGEST_CONFIG = 1 << 30 };

bool es_record_finished(const char *dir) {
  cJSON *root = es_record_read(dir);
  const cJSON *code = cJSON_GetObjectItem(root, "exit_code");
  const bool finished = cJSON_IsNumber(code) && code->valueint == 0;
  cJSON_Delete(root);
  return finished;
}

static bool says(const cJSON *root, const char *key, const char *want) {
  const cJSON *text = cJSON_GetObjectItem(root, key);
  if (want == NULL) return !cJSON_IsString(text);
  return cJSON_IsString(text) && strcmp(text->valuestring, want) == 0;
}

static bool has_section(const char *text, const char *line) {
  const char *found = strstr(text, line);
  return found != NULL && (found == text || found[-1] == '\n');
}

/* text (n characters) against config, in memory. */
static bool same_settings(const char *text, size_t n, es_config *config) {
  char *now = NULL;
  size_t size = 0;
  if (!has_section(text, "data:\n")) es_config_forget(config, "data", NULL);
  if (!has_section(text, "augment:\n"))
    es_config_forget(config, "augment", NULL);
  const bool same = es_config_render(&now, &size, config, NULL) == ES_OK &&
                    size == n && memcmp(now, text, n) == 0;
  free(now);
  return same;
}

bool es_record_same_settings(const char *dir, es_config *config) {
  unsigned char *text = NULL;
  size_t n = 0;
  char *path = es_file_join(dir, "config.yaml");
  const bool same =
      path != NULL &&
      es_file_read(&text, &n, path, LARGEST_CONFIG, NULL) == ES_OK &&
      same_settings((const char *)text, n, config);
  free(text);
  free(path);
  return same;
}

bool es_record_same(const char *dir, const es_command *command,
                    const char *target, es_config *config) {
  cJSON *root = es_record_read(dir);
  const bool same = says(root, "command", command->name) &&
                    says(root, "target", target) &&
                    es_record_same_settings(dir, config);
  cJSON_Delete(root);
  return same;
}
