/* run.json, the record of a run, as pages, stages that are taken up again and
 * merges of shards read it. */
#include "fuzz.h"

#include "cli/cli.h"
#include "report/facts.h"
#include "run/record.h"

#include <string.h>

static const es_command *flow;

static void open_commands(void) {
  size_t n;
  const es_command *all = es_cli_commands(&n);
  for (size_t k = 0; k < n; k++)
    if (strcmp(all[k].name, "flow") == 0) flow = &all[k];
  if (flow == NULL) fuzz_bad("no command flow");
  fuzz_put("config.yaml", "model:\n", 7);
}

static void run(const unsigned char *bytes, size_t n) {
  es_facts facts;
  es_diag diag = {0};
  es_config *config;
  fuzz_put("run.json", bytes, n);
  bool found;
  fuzz_judge(es_record_finished(&found, fuzz_folder(), &diag), &diag, 0, NULL);
  fuzz_judge(es_facts_read(&facts, fuzz_folder(), ".", &diag), &diag, 0, NULL);
  const bool none = strstr(facts.seeds, "(null)") != NULL && /* made here */
                    memmem(bytes, n, "(null)", 6) == NULL;
  if (strlen(facts.seeds) >= ES_FACTS_TEXT || none)
    fuzz_bad("seeds '%s'", facts.seeds);
  if (es_cli_configure_model(&config, "barlow-twins", NULL) != ES_OK)
    fuzz_bad("no settings");
  fuzz_judge(es_record_same(&found, fuzz_folder(), flow, "barlow-twins", config,
                            &diag),
             &diag, 0, NULL);
  es_config_free(config);
}

/* A value of two bytes (a figure, a comma) is an item of 64 bytes and malloc's
 * own; a text is kept once more. */
const fuzz_target fuzz_record = {.name = "record",
                                 .run = run,
                                 .times = 64,
                                 .beyond = 1 << 20,
                                 .open = open_commands};
