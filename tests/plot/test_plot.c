/* Figures with real gnuplot: no title is run as code, nothing half-drawn gets a
 * final name. */
#include "file/csv.h"
#include "plot/plot.h"

#include "tests/file/temp.h"

static const char trace[] = "t,loss,lambda_1,lambda_2,predicted_loss,"
                            "predicted_1,predicted_2\n"
                            "0.1,2,0,0,2,0,0\n"
                            "1,1,1,0,1,1,0\n"
                            "10,0,1,1,0,1,1\n";
static const char steps[] = "mode,gamma,gap,tau_predicted,tau_measured,"
                            "relative_error,overlap\n"
                            "1,1,0.5,0.9,0.9,0,1\n"
                            "2,0.5,1,5,5,0,1\n";

static const char *folder(void **state) {
  put_text(state, "trace.csv", trace);
  put_text(state, "steps.csv", steps);
  return at(state, ".");
}

static size_t parts(void **state) {
  size_t n = 0;
  static const char *const names[] = {"staircase.gp.part", "staircase.svg.part",
                                      "staircase.png.part",
                                      "staircase.pdf.part", "bad.svg.part"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    n += es_file_exists(at(state, names[i]));
  return n;
}

static void draws(void **state) {
  es_diag diag = {0};
  size_t n = 0;
  const char *dir = folder(state);
  assert_ok(es_plot_draw(dir, "staircase", "Two modes", NULL, &diag), diag);
  assert_true(es_file_exists(at(state, "staircase.svg")));
  assert_int_equal(parts(state), 0);
  char *script = content(at(state, "staircase.gp"));
  assert_non_null(strstr(script, "title_text = 'Two modes'\n"));
  assert_non_null(strstr(script, "\nn_lambda = 2\nn_predicted = 2\n"));
  free(script);
  char *svg = content(at(state, "staircase.svg"));
  assert_non_null(strstr(svg, "Two modes"));
  free(svg);
  /* The script is enough to draw it again. */
  assert_int_equal(remove(at(state, "staircase.svg")), 0);
  assert_ok(es_plot_again(at(state, "."), NULL, &n, &diag), diag);
  assert_int_equal(n, 1);
  assert_true(es_file_exists(at(state, "staircase.svg")));
}

/* Whatever a title holds, it is drawn and not run: gnuplot's strings end at a
 * quote, its shell substitution is `…`, its macros are @NAME, and a new line
 * begins a new command. */
static void titles_are_not_code(void **state) {
  static const char *const titles[] = {
      "'; system('touch touched') #",
      "`touch touched`",
      "'`touch touched`'",
      "''`touch touched`''",
      "x\nsystem('touch touched')",
      "x\rsystem('touch touched')\n!touch touched",
      "\"; system(\"touch touched\") #",
      "\\'; system('touch touched') #",
      "@OPEN",
      "x \\",
      "x'",
      "'",
      "",
      "# x",
      "{/Symbol x_2^3} {",
      "\x01\x7f \xce\xb3 100% $t",
  };
  for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
    es_diag diag = {0};
    assert_ok(es_plot_draw(folder(state), "staircase", titles[i], NULL, &diag),
              diag);
    if (es_file_exists(at(state, "touched")))
      fail_msg("'%s' was run", titles[i]);
    assert_true(es_file_exists(at(state, "staircase.svg")));
    assert_int_equal(remove(at(state, "staircase.svg")), 0);
  }
}

/* A column that is no variable's name does not become a line of code. */
static void columns_are_not_code(void **state) {
  es_diag diag = {0};
  const char *dir = folder(state);
  put_text(state, "trace.csv",
           "t,loss,lambda_1,x;system('touch touched')_1,a-b_2,_1\n"
           "1,1,1,1,1,1\n2,1,1,1,1,1\n");
  assert_ok(es_plot_draw(dir, "staircase", "x", NULL, &diag), diag);
  assert_false(es_file_exists(at(state, "touched")));
}

/* A family cannot have more members than the table has columns, and the rows
 * are not read for the header. */
static void counts_of_columns(void **state) {
  es_diag diag = {0};
  folder(state);
  put_text(state, "trace.csv",
           "t,loss,lambda_1,lambda_2,a_99999999999999999999,b_4294967297,c_1e0,"
           "d_9\n1,1,1,1,1,1,1,1\n2,1,1,1,1,1,1,1\n");
  assert_ok(es_plot_draw(at(state, "."), "staircase", "x", NULL, &diag), diag);
  char *script = content(at(state, "staircase.gp"));
  assert_non_null(strstr(script, "\nn_lambda = 2\n"));
  for (const char *name = "abcd"; *name != '\0'; name++) {
    const char line[] = {'\n', 'n', '_', *name, ' ', '=', '\0'};
    assert_null(strstr(script, line));
  }
  free(script);
}

static void two_figures(void **state) {
  es_diag diag = {0};
  put_text(state, "table.csv",
           "lr,sup_error,loss_end\n0.001,0.1,1e-12\n0.1,1,2\n");
  assert_ok(es_plot_draw(folder(state), "staircase,descent", "x", NULL, &diag),
            diag);
  assert_true(es_file_exists(at(state, "staircase.svg")));
  assert_true(es_file_exists(at(state, "descent.svg")));
}

/* Tables of one time, of t = 0 alone, and without a step. */
static void short_tables(void **state) {
  static const char *const rows[] = {"1,1,0,0,1,0,0\n", "0,2,0,0,2,0,0\n",
                                     "0,2,0,0,2,0,0\n1,2,0,0,2,0,0\n"};
  for (size_t i = 0; i < 3; i++) {
    es_diag diag = {0};
    char text[256];
    const char *dir = folder(state);
    snprintf(text, sizeof text, "%.*s\n%s", (int)strcspn(trace, "\n"), trace,
             rows[i]);
    put_text(state, "trace.csv", text);
    assert_ok(es_plot_draw(dir, "staircase", "x", NULL, &diag), diag);
    snprintf(text, sizeof text, "%.*s\n", (int)strcspn(steps, "\n"), steps);
    put_text(state, "steps.csv", text);
    assert_ok(es_plot_draw(at(state, "."), "staircase", "x", NULL, &diag),
              diag);
  }
}

static void no_such_figure(void **state) {
  es_diag diag = {0};
  assert_status(es_plot_draw(folder(state), "nothing", "x", NULL, &diag),
                ES_FILE_MISSING);
  assert_says(&diag, ES_FILE_MISSING, "plots/nothing.gp");
  assert_no_file(state, "nothing.gp");
  put_text(state, "trace.csv", "t,\"loss\n1\n");
  assert_status(es_plot_draw(at(state, "."), "staircase", "x", NULL, &diag),
                ES_FILE_CORRUPT);
  assert_no_file(state, "staircase.gp");
  assert_status(es_plot_draw(at(state, "no"), "staircase", "x", NULL, &diag),
                ES_FILE_WRITE);
}

/* gnuplot begins a figure and fails: what it began is gone, the message is its
 * own last line, and an older figure stays. */
static void a_failing_script(void **state) {
  es_diag diag = {0};
  size_t n;
  const char *dir = at(state, ".");
  put_text(state, "bad.gp",
           "set terminal svg\nset output 'bad.svg' . suffix\nplot x\n"
           "plot 'nowhere.csv' using 1\n");
  assert_status(es_plot_again(dir, NULL, &n, &diag), ES_TOOL_MISSING);
  assert_says(&diag, ES_TOOL_MISSING, "gnuplot failed on|bad.gp");
  assert_int_equal(n, 0);
  assert_no_file(state, "bad.svg");
  put_text(state, "bad.svg", "older");
  assert_status(es_plot_again(at(state, "."), NULL, &n, &diag),
                ES_TOOL_MISSING);
  assert_content(at(state, "bad.svg"), "older");
  assert_int_equal(parts(state), 0);
  /* A figure that cannot get its name, a folder having it. */
  remove(at(state, "bad.svg"));
  mkdir(at(state, "bad.svg"), 0755);
  put_text(state, "bad.gp",
           "set terminal svg\nset output 'bad.svg' . suffix\nplot x\n");
  assert_status(es_plot_again(at(state, "."), NULL, &n, &diag), ES_FILE_WRITE);
  assert_says(&diag, ES_FILE_WRITE, "bad.svg");
}

/* On a full disk gnuplot ends well and leaves the beginning of a figure. */
static void a_figure_cut_short(void **state) {
  static const char *const extension[] = {"svg", "png", "pdf", "gif"};
  es_diag diag = {0};
  size_t n;
  char script[200], name[20];
  for (int k = 0; k < 4; k++) {
    snprintf(name, sizeof name, "cut.%s", extension[k]);
    snprintf(script, sizeof script,
             "set print '%s.part'\nprint 'half of a picture'\n", name);
    put_text(state, "cut.gp", script);
    put_text(state, name, "older");
    assert_status(es_plot_again(at(state, "."), NULL, &n, &diag),
                  ES_FILE_WRITE);
    assert_says(&diag, ES_FILE_WRITE, name);
    assert_content(at(state, name), "older");
    assert_int_equal(parts(state), 0);
  }
}

/* Names that gnuplot would take for options; scripts one folder down. */
static void odd_names(void **state) {
  es_diag diag = {0};
  size_t n;
  const char *text =
      "set terminal svg\nset output name.'.svg'.suffix\nplot x\n";
  char script[200];
  mkdir(at(state, "sub"), 0755);
  mkdir(at(state, "sub/deeper"), 0755);
  mkdir(at(state, ".hidden"), 0755);
  snprintf(script, sizeof script, "name = '-e'\n%s", text);
  put_text(state, "-e.gp", script);
  snprintf(script, sizeof script, "name = 'b c'\n%s", text);
  put_text(state, "sub/b c.gp", script);
  put_text(state, "sub/deeper/no.gp", "exit status 1\n");
  put_text(state, ".hidden/no.gp", "exit status 1\n");
  put_text(state, ".no.gp", "exit status 1\n");
  assert_ok(es_plot_again(at(state, "."), NULL, &n, &diag), diag);
  assert_int_equal(n, 2);
  assert_true(es_file_exists(at(state, "-e.svg")));
  assert_true(es_file_exists(at(state, "sub/b c.svg")));
}

static void no_scripts(void **state) {
  es_diag diag = {0};
  size_t n;
  assert_status(es_plot_again(at(state, "."), NULL, &n, &diag),
                ES_FILE_MISSING);
  assert_says(&diag, ES_FILE_MISSING, "no figure's script");
  assert_status(es_plot_again(at(state, "none"), NULL, &n, &diag),
                ES_FILE_MISSING);
  assert_says(&diag, ES_FILE_MISSING, "none|no such folder");
}

static void without_gnuplot(void **state) {
  es_diag diag = {0};
  const char *old = getenv("PATH");
  assert_non_null(old);
  char text[8192], *path = strdup(old);
  assert_true(es_plot_gnuplot(text, sizeof text));
  assert_int_equal(strncmp(text, "gnuplot ", 8), 0);
  assert_non_null(strstr(text, " svg "));
  setenv("PATH", at(state, "."), 1);
  assert_false(es_plot_gnuplot(text, sizeof text));
  const es_status status =
      es_plot_draw(folder(state), "staircase", "x", NULL, &diag);
  setenv("PATH", path, 1);
  free(path);
  assert_int_equal(status, ES_TOOL_MISSING);
  assert_says(&diag, ES_TOOL_MISSING, "gnuplot is missing|gnuplot-nox");
  assert_true(es_file_exists(at(state, "staircase.gp")));
  assert_no_file(state, "staircase.svg");
}

static bool is_there(void **state, const char *name) {
  return es_file_exists(at(state, name));
}

/* Of scripts that were written here, and no others: one of the user's own, and
 * figures without any, stay. */
static void figures_are_forgotten(void **state) {
  static const char *const drawn[] = {"a.svg", "a.png", "a.pdf", "a.gif",
                                      "b.svg"};
  static const char *const others[] = {"mine.svg", "alone.svg", "trace.csv"};
  static const char ours[] = "# Drawn by eigenstep; run it again\n";
  es_diag diag = {0};
  put_text(state, "a.gp", ours);
  put_text(state, "b.gp", ours);
  put_text(state, "mine.gp", "# Drawn by me\n");
  put_text(state, "curves.csv", "t\n");
  for (size_t i = 0; i < 5; i++) put_text(state, drawn[i], "");
  for (size_t i = 0; i < 3; i++) put_text(state, others[i], "");
  assert_ok(es_plot_forget(at(state, "."), "mine,b,none", &diag), diag);
  assert_false(is_there(state, "b.gp") || is_there(state, "b.svg"));
  assert_true(is_there(state, "a.gp") && is_there(state, "curves.csv"));
  for (size_t i = 0; i < 4; i++) assert_true(is_there(state, drawn[i]));
  assert_ok(es_plot_forget(at(state, "."), NULL, &diag), diag);
  for (size_t i = 0; i < 4; i++) assert_false(is_there(state, drawn[i]));
  assert_false(is_there(state, "a.gp") || is_there(state, "curves.csv"));
  for (size_t i = 0; i < 3; i++) assert_true(is_there(state, others[i]));
  assert_true(is_there(state, "mine.gp"));
  assert_ok(es_plot_forget(at(state, "nowhere"), NULL, &diag), diag);
}

static bool lacks(void **state, const char *dir, const char *kinds) {
  es_diag diag = {0};
  bool out = false;
  assert_ok(es_plot_lacks(&out, at(state, dir), kinds, &diag), diag);
  return out;
}

/* Of kinds that are named each has its script and a figure; else every script
 * that was written here has one. */
static void what_is_not_drawn(void **state) {
  put_text(state, "mine.gp", "# Drawn by me\n");
  assert_false(lacks(state, ".", NULL) || lacks(state, "nowhere", NULL));
  assert_true(lacks(state, ".", "a") && lacks(state, "nowhere", "a"));
  put_text(state, "a.gp", "# Drawn by eigenstep; run it again\n");
  assert_true(lacks(state, ".", NULL) && lacks(state, ".", "a"));
  put_text(state, "a.pdf", "");
  assert_false(lacks(state, ".", NULL) || lacks(state, ".", "a"));
  put_text(state, "b.svg", "");
  assert_true(lacks(state, ".", "a,b") && lacks(state, ".", "b,a"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(draws),
      temp_test(titles_are_not_code),
      temp_test(columns_are_not_code),
      temp_test(counts_of_columns),
      temp_test(two_figures),
      temp_test(short_tables),
      temp_test(no_such_figure),
      temp_test(a_failing_script),
      temp_test(a_figure_cut_short),
      temp_test(odd_names),
      temp_test(no_scripts),
      temp_test(figures_are_forgotten),
      temp_test(what_is_not_drawn),
      temp_test(without_gnuplot),
  };
  setenv("EIGENSTEP_DATADIR", ".", 1); /* tests run from the root */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
