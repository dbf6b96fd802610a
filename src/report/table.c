/* A CSV file as a table: see markup.h. */
#include "report/markup.h"

#include "file/csv.h"

#include <math.h>

/* A word as it stands; a whole number below 10^9 (a count, a seed) in full, any
 * other to four digits. */
static void put_cell(FILE *out, const char *text, double value) {
  const bool word = isnan(value);
  const bool whole = fabs(value) < 1e9 && floor(value) == value;
  fprintf(out, "<td%s>", word ? "" : " class=\"n\"");
  if (word)
    es_markup_text(out, text);
  else
    fprintf(out, whole ? "%.0f" : "%.4g", value);
  fputs("</td>", out);
}

static void put_table(FILE *out, const es_table *table, const char *caption,
                      size_t most) {
  const size_t rows = table->rows < most ? table->rows : most;
  fputs("<div class=\"wide\" tabindex=\"0\"><table>\n<caption>", out);
  es_markup_text(out, caption);
  if (rows < table->rows)
    fprintf(out, ", the first %zu of %zu rows", rows, table->rows);
  fputs("</caption>\n<thead><tr>", out);
  for (size_t j = 0; j < table->columns; j++) {
    fputs("<th scope=\"col\">", out);
    es_markup_text(out, table->name[j]);
    fputs("</th>", out);
  }
  fputs("</tr></thead>\n<tbody>\n", out);
  for (size_t i = 0; i < rows; i++) {
    fputs("<tr>", out);
    for (size_t j = 0; j < table->columns; j++)
      put_cell(out, table->text[i * table->columns + j],
               table->value[i * table->columns + j]);
    fputs("</tr>\n", out);
  }
  fputs("</tbody></table></div>\n", out);
}

es_status es_markup_table(FILE *out, const char *path, const char *caption,
                          size_t most, es_diag *diag) {
  es_table table = {0};
  if (!es_file_exists(path)) return ES_OK;
  const es_status status = es_table_read(&table, path, diag);
  if (status != ES_OK) return status;
  if (table.rows > 0) put_table(out, &table, caption, most);
  es_table_free(&table);
  return ES_OK;
}
