/* Figures of a trace that holds the state draw from a copy without it. */
#include "file/csv.h"
#include "plot/plot.h"
#include "plot/slim.h"

#include "tests/file/temp.h"

/* Columns whose names only look like the state's stay; cells are copied as they
 * stand, digits and all. */
static void cells_as_they_stand(void **state) {
  es_diag diag = {0};
  const char *name = NULL;
  put_text(state, "trace.csv",
           "t,W_1_1,loss,W_norm,W_1,sigma_1_1,W1_12_3,W_1_1x,Wp_2_1\n"
           "0,1,0.10000000000000001,3,4,5,6,7,8\n"
           "1,nan,inf,-1e-300,,5,6,-7,8\n");
  assert_ok(es_plot_slim(&name, at(state, "."), &diag), diag);
  assert_string_equal(name, "curves.csv");
  char *text = content(at(state, "curves.csv"));
  assert_string_equal(text, "t,loss,W_norm,W_1,sigma_1_1,W_1_1x\n"
                            "0,0.10000000000000001,3,4,5,7\n"
                            "1,inf,-1e-300,,5,-7\n");
  free(text);
}

static void nothing_to_leave_out(void **state) {
  es_diag diag = {0};
  const char *name = NULL;
  put_text(state, "trace.csv", "t,loss,W_norm\n0,1,2\n");
  assert_ok(es_plot_slim(&name, at(state, "."), &diag), diag);
  assert_string_equal(name, "trace.csv");
  assert_no_file(state, "curves.csv");
}

static void rows_of_another_length(void **state) {
  static const char *const rows[] = {"1,2\n", "1,2,3,4\n", "\n", "1,2,3,\n"};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    es_diag diag = {0};
    const char *name = NULL;
    char text[64];
    snprintf(text, sizeof text, "t,loss,W_1_1\n0,1,2\n%s", rows[i]);
    put_text(state, "trace.csv", text);
    assert_status(es_plot_slim(&name, at(state, "."), &diag), ES_FILE_CORRUPT);
    assert_says(&diag, ES_FILE_CORRUPT, "line 3 has not the 3 cells");
    assert_no_file(state, "curves.csv");
    assert_no_file(state, "curves.csv.part");
  }
  es_diag diag = {0};
  const char *name = NULL;
  assert_status(es_plot_slim(&name, at(state, "no"), &diag), ES_FILE_MISSING);
}

/* The same picture, but for the title that both have. */
static void the_figure_is_the_same(void **state) {
  es_diag diag = {0};
  put_text(state, "steps.csv", "mode,gamma,tau_predicted\n1,1,1.5\n");
  put_text(state, "trace.csv", "t,loss,lambda_1\n1,1,0.1\n2,0.2,0.9\n");
  assert_ok(es_plot_draw(at(state, "."), "staircase", "x", NULL, &diag), diag);
  char *plain = content(at(state, "staircase.svg"));
  put_text(state, "trace.csv",
           "t,loss,lambda_1,W_1_1,W_1_2\n1,1,0.1,7,8\n2,0.2,0.9,9,10\n");
  assert_ok(es_plot_draw(at(state, "."), "staircase", "x", NULL, &diag), diag);
  char *script = content(at(state, "staircase.gp"));
  assert_non_null(strstr(script, "\ntrace = 'curves.csv'\n"));
  char *slim = content(at(state, "staircase.svg"));
  assert_string_equal(plain, slim);
  free(plain);
  free(slim);
  free(script);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(cells_as_they_stand),
      temp_test(nothing_to_leave_out),
      temp_test(rows_of_another_length),
      temp_test(the_figure_is_the_same),
  };
  setenv("EIGENSTEP_DATADIR", ".", 1); /* tests run from the root */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
