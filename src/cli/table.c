/* Tables that a model knows by rows: see cli.h. */
#include "cli/cli.h"

static es_status write_row(es_sinks *sinks, const es_instance *instance,
                           const es_model_table *table, size_t j,
                           size_t columns, es_diag *diag) {
  double row[ES_TABLE_COLUMNS];
  const char *word[ES_TABLE_COLUMNS];
  table->row(instance->self, j, row);
  for (size_t k = 0; k < columns; k++)
    word[k] = table->word != NULL ? table->word(instance->self, j, k) : NULL;
  return es_sinks_mixed(sinks, row, word, columns, diag);
}

es_status es_cli_write_table(const es_job *job, const es_instance *instance,
                             const es_model_table *table, es_diag *diag) {
  es_sinks *sinks;
  size_t columns = 0;
  while (columns < ES_TABLE_COLUMNS && table->columns[columns] != NULL)
    columns++;
  es_status status = es_sinks_open(&sinks, job, "table.csv", diag);
  if (status != ES_OK) return status;
  status = es_sinks_header(sinks, table->columns, columns, diag);
  for (size_t j = 0; status == ES_OK && j < table->rows; j++)
    status = write_row(sinks, instance, table, j, columns, diag);
  return es_sinks_end(sinks, status, diag);
}
