/* run.json, written with cJSON: see provenance.h. */
#include "config/provenance.h"

#include "config/json.h"
#include "config/store.h"
#include "file/atomic.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LARGEST_PREDICTION = 1 << 26 };
enum { MOST_LIBRARIES = 16 };

static bool add_date(cJSON *root) {
  char date[32] = "";
  struct tm utc;
  const time_t now = time(NULL);
  if (gmtime_r(&now, &utc) != NULL)
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return es_json_text(root, "date", date);
}

static bool add_command_line(cJSON *root, const es_provenance *p) {
  cJSON *list = cJSON_AddArrayToObject(root, "command_line");
  bool ok = list != NULL;
  for (int i = 0; i < p->argc && ok; i++)
    ok = es_json_text(list, NULL, p->argv[i]);
  return ok;
}

static bool add_seed(cJSON *seeds, const char *name, const es_value *value) {
  const es_matrix *list = &value->array;
  if (list->data == NULL) return es_json_real(seeds, name, value->real);
  cJSON *array = cJSON_AddArrayToObject(seeds, name);
  bool ok = array != NULL;
  for (size_t i = 0; i < list->rows && ok; i++)
    ok = es_json_real(array, NULL, list->data[i]);
  return ok;
}

static bool add_seeds(cJSON *root, const es_config *config) {
  cJSON *seeds = cJSON_AddObjectToObject(root, "seeds");
  bool ok = seeds != NULL;
  for (size_t i = 0; config != NULL && i < config->n && ok; i++) {
    const es_entry *entry = &config->entry[i];
    if (entry->has && strcmp(entry->key->name, "seed") == 0)
      ok = add_seed(seeds, config->full[i], &entry->value);
  }
  return ok;
}

static bool add_libraries(cJSON *root, const es_library *network) {
  es_library library[MOST_LIBRARIES];
  const size_t n = es_libraries(library, MOST_LIBRARIES);
  cJSON *object = cJSON_AddObjectToObject(root, "libraries");
  bool ok = object != NULL;
  for (size_t i = 0; i < n && ok; i++)
    ok = es_json_text(object, library[i].name, library[i].version);
  if (ok && network != NULL)
    ok = es_json_text(object, network->name, network->version);
  return ok;
}

static bool add_hex(cJSON *root, const char *name, uint32_t crc) {
  char hex[16];
  snprintf(hex, sizeof hex, "%08" PRIx32, crc);
  return es_json_text(root, name, hex);
}

static bool add_checksum(cJSON *root, const es_provenance *p) {
  return !p->has_checksum || add_hex(root, "data_checksum", p->data_checksum);
}

/* CRC-32 of the prediction; nothing where it cannot be read any more. */
static es_status checksum_of(uint32_t *out, const char *path, es_diag *diag) {
  unsigned char *bytes = NULL;
  size_t n = 0;
  const es_status status =
      es_file_read(&bytes, &n, path, LARGEST_PREDICTION, diag);
  *out = es_crc32(0, bytes, n);
  free(bytes);
  return status;
}

static bool add_summary(cJSON *root, const es_provenance *p) {
  cJSON *object = cJSON_AddObjectToObject(root, "summary");
  bool ok = object != NULL;
  for (size_t i = 0; i < p->n_figures && ok; i++)
    ok = es_json_real(object, p->figures[i].name, p->figures[i].value);
  return ok;
}

static bool fill(cJSON *root, const es_provenance *p, uint32_t prediction) {
  char cpu[128];
  return es_json_text(root, "version", p->version) &&
         es_json_text(root, "git_hash", p->git_hash) && add_date(root) &&
         es_json_text(root, "command", p->command) &&
         es_json_text(root, "target", p->target) && add_command_line(root, p) &&
         add_seeds(root, p->config) &&
         es_json_real(root, "threads", (double)p->threads) &&
         es_json_text(root, "cpu", es_cpu_model(cpu, sizeof cpu)) &&
         (p->method == NULL || es_json_text(root, "method", p->method)) &&
         add_libraries(root, p->network) && add_checksum(root, p) &&
         (p->prediction == NULL ||
          add_hex(root, "prediction_checksum", prediction)) &&
         es_json_real(root, "wall_seconds", p->wall_seconds) &&
         es_json_real(root, "exit_code", p->exit_code) && add_summary(root, p);
}

/* The JSON with a newline at its end, or NULL without memory. */
static char *render(const es_provenance *p, uint32_t prediction) {
  char *text = NULL, *line = NULL;
  cJSON *root = cJSON_CreateObject();
  if (root != NULL && fill(root, p, prediction)) text = cJSON_Print(root);
  cJSON_Delete(root);
  if (text != NULL && asprintf(&line, "%s\n", text) < 0) line = NULL;
  cJSON_free(text);
  return line;
}

es_status es_provenance_write(const es_provenance *p, const char *path,
                              es_diag *diag) {
  uint32_t prediction = 0;
  es_status status = p->prediction == NULL
                         ? ES_OK
                         : checksum_of(&prediction, p->prediction, diag);
  if (status != ES_OK) return status;
  char *text = render(p, prediction);
  if (text == NULL)
    return es_fail(diag, ES_NO_MEMORY, "%.160s: not enough memory", path);
  status = es_file_write(path, text, strlen(text), diag);
  free(text);
  return status;
}
