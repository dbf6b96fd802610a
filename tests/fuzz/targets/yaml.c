/* Settings: a YAML file of them as --config takes it, for a flow on data. What
 * was taken is written and read again to the same bytes. */
#include "fuzz.h"

#include "cli/cli.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static es_config *new_config(void) {
  es_config *config;
  es_diag diag = {0};
  if (es_cli_configure_model(&config, "barlow-twins", &diag) != ES_OK)
    fuzz_bad("%s", diag.message);
  return config;
}

/* What models rely on. */
static void look(const es_config *config) {
  size_t n = 0;
  const double *t = es_config_list(config, "time", "t", &n);
  const es_matrix *G = es_config_matrix(config, "model", "Gamma");
  for (size_t i = 0; i < n; i++)
    if (!(t[i] >= 0 && isfinite(t[i]) && (i == 0 || t[i] >= t[i - 1])))
      fuzz_bad("t[%zu] = %g", i, t[i]);
  if (G == NULL) return;
  if (G->rows != G->cols || G->rows == 0)
    fuzz_bad("Gamma is %zu by %zu", G->rows, G->cols);
  for (size_t i = 0; i < G->rows * G->rows; i++)
    if (!isfinite(G->data[i])) fuzz_bad("Gamma has %g", G->data[i]);
}

static void read_again(const es_config *config, es_config *again) {
  size_t n, m;
  es_diag diag = {0};
  char *first = fuzz_written(config, &n);
  const char *path = fuzz_put("again.yaml", first, n);
  if (es_config_load(again, path, &diag) != ES_OK)
    fuzz_bad("what was written is refused: %s", diag.message);
  char *second = fuzz_written(again, &m);
  if (n != m || memcmp(first, second, n) != 0)
    fuzz_bad("what was written is read as other settings");
  free(first);
  free(second);
}

static void run(const unsigned char *bytes, size_t n) {
  char *text = fuzz_text(bytes, n);
  const bool long_range = fuzz_has_long_range(text);
  free(text);
  if (long_range) return;
  const char *path = fuzz_put("in.yaml", bytes, n);
  es_config *config = new_config(), *again = new_config();
  es_diag diag = {0};
  const es_status status = es_config_load(config, path, &diag);
  fuzz_judge(status, &diag, FUZZ_FILE | FUZZ_SETTING, "in.yaml");
  if (status == ES_OK) {
    look(config);
    read_again(config, again);
  }
  es_config_free(config);
  es_config_free(again);
}

/* An entry of two bytes (a figure, a comma) becomes a node in room that is
 * doubled, and its text; all settings are there twice. A range of 65536 points
 * is half a megabyte, and the settings as text may be five times that. */
const fuzz_target fuzz_yaml = {
    .name = "yaml", .run = run, .times = 512, .beyond = 16 << 20};
