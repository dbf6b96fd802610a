/* eigenstep list: models, methods, experiments, data sets, keys. */
#include "cli/cli.h"

#include "base/text.h"
#include "data/data.h"
#include "file/share.h"
#include "models/resnet/method.h"
#include "plot/figure.h"

#include <eigenstep/eigenstep.h>
#include <eigenstep/sweep.h>

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static es_status list_models(es_diag *diag) {
  (void)diag;
  for (size_t i = 0; es_model_list(i) != NULL; i++)
    printf("%-20s %s\n", es_model_list(i)->name, es_model_list(i)->summary);
  return ES_OK;
}

static es_status list_methods(es_diag *diag) {
  (void)diag;
  for (size_t i = 0; es_method_list(i) != NULL; i++)
    printf("%-20s %s\n", es_method_list(i)->name, es_method_list(i)->summary);
  return ES_OK;
}

static int is_experiment(const struct dirent *entry) {
  const size_t n = strlen(entry->d_name);
  return entry->d_name[0] != '.' && n > 5 &&
         strcmp(entry->d_name + n - 5, ".yaml") == 0;
}

static es_status list_experiments(es_diag *diag) {
  char *folder = NULL;
  struct dirent **entry = NULL;
  es_status status = es_share_find(&folder, "experiments", NULL, diag);
  if (status != ES_OK) return status;
  const int n = scandir(folder, &entry, is_experiment, alphasort);
  if (n < 0)
    status = es_fail(diag, errno == ENOMEM ? ES_NO_MEMORY : ES_FILE_MISSING,
                     "%s: cannot be listed: %s", folder, strerror(errno));
  for (int i = 0; i < n; i++) {
    const char *name = entry[i]->d_name;
    printf("%.*s\n", (int)(strlen(name) - 5), name);
    free(entry[i]);
  }
  free(entry);
  free(folder);
  return status;
}

static es_status list_datasets(es_diag *diag) {
  (void)diag;
  for (size_t i = 0; es_data_list(i).name != NULL; i++)
    printf("%-20s %s\n", es_data_list(i).name, es_data_list(i).summary);
  return ES_OK;
}

/* Every key once, with the models that have it left to their own --help. */
static es_status list_keys(es_diag *diag) {
  (void)diag;
  for (size_t i = 0; es_model_list(i) != NULL; i++) {
    printf("# model: %s\n", es_model_list(i)->name);
    if (es_model_list(i)->keys != NULL)
      es_help_keys(stdout, es_model_list(i)->keys, NULL);
  }
  puts("# all methods (train)");
  es_help_keys(stdout, &es_train_keys, NULL);
  puts("# all models");
  es_help_keys(stdout, &es_flow_keys, NULL);
  puts("# all models (sweep, basin; sweep.KEY and box.KEY: --help)");
  es_help_keys(stdout, &es_sweep_keys, &es_flow_keys);
  es_help_keys(stdout, &es_basin_keys, NULL);
  puts("# metrics");
  es_help_keys(stdout, &es_metrics_keys, NULL);
  puts("# probe");
  es_help_keys(stdout, &es_probe_keys, NULL);
  puts("# spectrum");
  es_help_keys(stdout, &es_spectrum_keys, NULL);
  puts("# ntk");
  es_help_keys(stdout, &es_ntk_keys, NULL);
  puts("# figures (plot, and commands that draw)");
  es_help_keys(stdout, &es_figure_keys, NULL);
  puts("# models from data");
  es_help_keys(stdout, &es_data_keys, NULL);
  return ES_OK;
}

typedef struct list_row {
  const char *name;
  es_status (*print)(es_diag *diag);
} list_row;

static const list_row lists[] = {
    {"models", list_models},
    {"methods", list_methods},
    {"experiments", list_experiments},
    {"datasets", list_datasets},
    {"keys", list_keys},
};
enum { LISTS = sizeof lists / sizeof *lists };

es_status es_cmd_list(const es_job *job, es_diag *diag) {
  char shown[64];
  es_status status = ES_OK;
  for (size_t i = 0; i < LISTS; i++)
    if (job->target != NULL && strcmp(job->target, lists[i].name) == 0)
      return lists[i].print(diag);
  if (job->target != NULL)
    return es_fail(diag, ES_USAGE,
                   "%s: list one of models, methods, experiments, datasets and "
                   "keys",
                   es_text_quote(shown, sizeof shown, job->target));
  for (size_t i = 0; status == ES_OK && i < LISTS; i++) {
    printf("%s[%s]\n", i == 0 ? "" : "\n", lists[i].name);
    status = lists[i].print(diag);
  }
  return status;
}
