/* Reading run.json back: see record.h. */
#include "run/record.h"

#include "file/atomic.h"

#include <stdlib.h>
#include <string.h>

enum { LARGEST_CONFIG = 1 << 30 };

es_status es_record_finished(bool *out, const char *dir, es_diag *diag) {
  cJSON *root;
  const es_status status = es_record_read(&root, dir, diag);
  const cJSON *code = cJSON_GetObjectItem(root, "exit_code");
  *out = cJSON_IsNumber(code) && code->valueint == 0;
  cJSON_Delete(root);
  return status;
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
static es_status same_text(bool *out, const char *text, size_t n,
                           es_config *config, es_diag *diag) {
  char *now = NULL;
  size_t size = 0;
  if (!has_section(text, "data:\n")) es_config_forget(config, "data", NULL);
  if (!has_section(text, "augment:\n"))
    es_config_forget(config, "augment", NULL);
  const es_status status = es_config_render(&now, &size, config, diag);
  *out = status == ES_OK && size == n && memcmp(now, text, n) == 0;
  free(now);
  return status;
}

es_status es_record_same_settings(bool *out, const char *dir, es_config *config,
                                  es_diag *diag) {
  unsigned char *text = NULL;
  size_t n = 0;
  *out = false;
  char *path = es_file_join(dir, "config.yaml");
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = es_file_read_any(&text, &n, path, LARGEST_CONFIG, diag);
  if (text != NULL)
    status = same_text(out, (const char *)text, n, config, diag);
  free(text);
  free(path);
  return status;
}

es_status es_record_same(bool *out, const char *dir, const es_command *command,
                         const char *target, es_config *config, es_diag *diag) {
  cJSON *root;
  es_status status = es_record_read(&root, dir, diag);
  *out = says(root, "command", command->name) && says(root, "target", target);
  cJSON_Delete(root);
  return status == ES_OK && *out
             ? es_record_same_settings(out, dir, config, diag)
             : status;
}
