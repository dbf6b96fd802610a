/* Settings as words of the command line: each line is one `key=value`, applied
 * one after the other to the settings of a sweep, whose axes are keys too. */
#include "fuzz.h"

#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

static void run(const unsigned char *bytes, size_t n) {
  es_config *config;
  es_diag diag = {0};
  char *text = fuzz_text(bytes, n), *rest = text;
  if (fuzz_has_long_range(text)) {
    free(text);
    return;
  }
  if (es_cli_configure_sweep(&config, "byol-eigenmode", &diag) != ES_OK)
    fuzz_bad("%s", diag.message);
  for (char *word; (word = strsep(&rest, "\n")) != NULL;)
    fuzz_judge(es_config_set(config, word, &diag), &diag,
               FUZZ_FILE | FUZZ_SETTING | FUZZ_BIT(ES_USAGE), NULL);
  for (size_t k = 0; k < 4; k++) {
    es_axis axis;
    if (es_config_axis(config, "sweep", k, &axis) && axis.n == 0)
      fuzz_bad("an axis without values");
  }
  free(fuzz_written(config, &n));
  es_config_free(config);
  free(text);
}

/* As of yaml.c, of whose nodes values are made here too. */
const fuzz_target fuzz_override = {
    .name = "override", .run = run, .times = 512, .beyond = 16 << 20};
