/* Tables that are read back: what comes before the first line "===" (all,
 * without one) is trace.csv of a run, what comes behind it prediction.csv. */
#include "fuzz.h"

#include "file/array.h"
#include "file/csv.h"
#include "file/h5.h"
#include "overlay/contrastive_run.h"
#include "overlay/sources.h"
#include "report/verdict.h"
#include "run/against.h"
#include "run/ends.h"

#include <string.h>

enum { TABLES = FUZZ_FILE | FUZZ_BIT(ES_BAD_VALUE) };

/* arrays.h5 is as it should be. */
static void make_arrays(void) {
  es_h5 *h5;
  es_diag diag = {0};
  const double gamma[] = {1, 0.5}, Z0[] = {0.1, 0.2, 0.3, 0.4}, one = 1;
  if (es_h5_create(&h5, fuzz_path("arrays.h5"), &diag) != ES_OK ||
      es_h5_write(h5, "/prediction/gamma", gamma, (size_t[]){2}, 1, &diag) ||
      es_h5_write(h5, "/prediction/Z0", Z0, (size_t[]){2, 2}, 2, &diag) ||
      es_h5_write(h5, "/prediction/theorem", &one, NULL, 0, &diag) ||
      es_h5_commit(h5, &diag) != ES_OK)
    fuzz_bad("%s", diag.message);
}

static void read_table(const char *path, size_t n) {
  es_table table;
  es_array array;
  es_diag diag = {0};
  es_status status = es_table_read(&table, path, &diag);
  fuzz_judge(status, &diag, FUZZ_FILE, ".csv");
  if (status == ES_OK && table.columns == 0) fuzz_bad("no column");
  for (size_t k = 0; status == ES_OK && k < table.rows * table.columns; k++)
    if (table.text[k] == NULL || strlen(table.text[k]) > n)
      fuzz_bad("cell %zu", k);
  es_table_free(&table);
  status = es_table_header(&table, path, &diag);
  fuzz_judge(status, &diag, FUZZ_FILE, ".csv");
  es_table_free(&table);
  status = es_csv_read_array(&array, path, &diag);
  fuzz_judge(status, &diag, FUZZ_FILE, ".csv");
  fuzz_array(&array, status, n);
  es_array_free(&array);
}

static void compare(const char *dir) {
  es_paired run = {0};
  es_sources sources;
  es_diag diag = {0};
  es_status status = es_paired_read(&run, dir, &diag);
  fuzz_judge(status, &diag, FUZZ_FILE, ".csv");
  if (status == ES_OK) {
    (void)es_paired_error(&run, "sigma_", false, true, es_paired_predicted);
    (void)es_paired_error(&run, "loss", true, false, es_paired_fed);
    (void)es_paired_drift(&run);
  }
  es_paired_free(&run);
  status = es_sources_read(&sources, dir, &diag);
  fuzz_judge(status, &diag, FUZZ_FILE, ".csv");
  if (status == ES_OK) {
    (void)es_sources_family(&sources.trace, "lambda");
    (void)es_sources_family(&sources.prediction, "tau");
  }
  es_sources_free(&sources);
}

/* A stage's criteria, what is kept of its last row, and how far it is from
 * itself. */
static void sum_up(const char *dir) {
  static const char *const criteria[] = {
      "max |loss| in trace.csv < 1",
      "slope lambda_1 by t in trace.csv where step > 0 > 0.3",
      "min lambda_1-lambda_2^2/10 in trace.csv minus prediction.csv > 0",
      "count t in trace.csv where loss is x over max t in trace.csv > 2"};
  es_verdict v;
  es_diag diag = {0};
  double x;
  es_node name = {.kind = ES_NODE_SCALAR, .text = (char[]){"loss"}};
  const es_node names = {.kind = ES_NODE_LIST, .child = &name, .n_children = 1};
  for (size_t k = 0; k < 4; k++)
    fuzz_judge(es_verdict_evaluate(&v, criteria[k], dir, &diag), &diag, TABLES,
               NULL);
  fuzz_judge(es_ends_read(&x, dir, &names, &diag), &diag, TABLES, NULL);
  fuzz_judge(es_against_distance(&x, dir, dir, &diag), &diag, TABLES, NULL);
}

static void run(const unsigned char *bytes, size_t n) {
  const unsigned char *cut = memmem(bytes, n, "===\n", 4);
  const size_t first = cut == NULL ? n : (size_t)(cut - bytes);
  const char *trace = fuzz_put("trace.csv", bytes, first);
  fuzz_put("prediction.csv", cut == NULL ? bytes : cut + 4,
           cut == NULL ? 0 : n - first - 4);
  read_table(trace, n);
  compare(fuzz_folder());
  sum_up(fuzz_folder());
}

/* A cell may have one byte, its comma, and becomes a pointer, in room that is
 * doubled, and a number: 25 times, and the file. At most four tables are held
 * (a difference of two files, over another). HDF5 takes half a megabyte. */
const fuzz_target fuzz_table = {.name = "table",
                                .run = run,
                                .times = 128,
                                .beyond = 6 << 20,
                                .open = make_arrays};
