/* Figures with real gnuplot: no title is run as code, nothing half-drawn gets a
 * final name, tables made from arrays.h5 hold what the arrays say; and the
 * runner of programs behind it. */
#include "file/csv.h"
#include "file/h5.h"
#include "plot/plot.h"
#include "plot/prepare.h"
#include "plot/process.h"

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
  assert_ok(es_plot_draw(dir, "staircase", "Two modes", &diag), diag);
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
  assert_ok(es_plot_again(at(state, "."), &n, &diag), diag);
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
    assert_ok(es_plot_draw(folder(state), "staircase", titles[i], &diag), diag);
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
  assert_ok(es_plot_draw(dir, "staircase", "x", &diag), diag);
  assert_false(es_file_exists(at(state, "touched")));
}

static void two_figures(void **state) {
  es_diag diag = {0};
  put_text(state, "table.csv",
           "lr,sup_error,loss_end\n0.001,0.1,1e-12\n0.1,1,2\n");
  assert_ok(es_plot_draw(folder(state), "staircase,descent", "x", &diag), diag);
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
    assert_ok(es_plot_draw(dir, "staircase", "x", &diag), diag);
    snprintf(text, sizeof text, "%.*s\n", (int)strcspn(steps, "\n"), steps);
    put_text(state, "steps.csv", text);
    assert_ok(es_plot_draw(at(state, "."), "staircase", "x", &diag), diag);
  }
}

static void no_such_figure(void **state) {
  es_diag diag = {0};
  assert_status(es_plot_draw(folder(state), "nothing", "x", &diag),
                ES_FILE_MISSING);
  assert_says(&diag, ES_FILE_MISSING, "plots/nothing.gp");
  assert_no_file(state, "nothing.gp");
  put_text(state, "trace.csv", "t,loss\n1\n");
  assert_status(es_plot_draw(at(state, "."), "staircase", "x", &diag),
                ES_FILE_CORRUPT);
  assert_no_file(state, "staircase.gp");
  assert_status(es_plot_draw(at(state, "no"), "staircase", "x", &diag),
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
  assert_status(es_plot_again(dir, &n, &diag), ES_TOOL_MISSING);
  assert_says(&diag, ES_TOOL_MISSING, "gnuplot failed on|bad.gp");
  assert_int_equal(n, 0);
  assert_no_file(state, "bad.svg");
  put_text(state, "bad.svg", "older");
  assert_status(es_plot_again(at(state, "."), &n, &diag), ES_TOOL_MISSING);
  assert_content(at(state, "bad.svg"), "older");
  assert_int_equal(parts(state), 0);
  /* A figure that cannot get its name, a folder having it. */
  remove(at(state, "bad.svg"));
  mkdir(at(state, "bad.svg"), 0755);
  put_text(state, "bad.gp",
           "set terminal svg\nset output 'bad.svg' . suffix\nplot x\n");
  assert_status(es_plot_again(at(state, "."), &n, &diag), ES_FILE_WRITE);
  assert_says(&diag, ES_FILE_WRITE, "bad.svg");
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
  assert_ok(es_plot_again(at(state, "."), &n, &diag), diag);
  assert_int_equal(n, 2);
  assert_true(es_file_exists(at(state, "-e.svg")));
  assert_true(es_file_exists(at(state, "sub/b c.svg")));
}

static void no_scripts(void **state) {
  es_diag diag = {0};
  size_t n;
  assert_status(es_plot_again(at(state, "."), &n, &diag), ES_FILE_MISSING);
  assert_says(&diag, ES_FILE_MISSING, "no figure's script");
  assert_status(es_plot_again(at(state, "none"), &n, &diag), ES_FILE_MISSING);
  assert_says(&diag, ES_FILE_MISSING, "none|no such folder");
}

static void without_gnuplot(void **state) {
  es_diag diag = {0};
  char text[8192], *path = strdup(getenv("PATH"));
  assert_true(es_plot_gnuplot(text, sizeof text));
  assert_int_equal(strncmp(text, "gnuplot ", 8), 0);
  assert_non_null(strstr(text, " svg "));
  setenv("PATH", at(state, "."), 1);
  assert_false(es_plot_gnuplot(text, sizeof text));
  const es_status status = es_plot_draw(folder(state), "staircase", "x", &diag);
  setenv("PATH", path, 1);
  free(path);
  assert_int_equal(status, ES_TOOL_MISSING);
  assert_says(&diag, ES_TOOL_MISSING, "gnuplot is missing|gnuplot-nox");
  assert_true(es_file_exists(at(state, "staircase.gp")));
  assert_no_file(state, "staircase.svg");
}

/* Runs a shell line; returns its exit code. */
static int shell(char *line, const char *dir, char *out, size_t size) {
  char *const argv[] = {"sh", "-c", line, NULL};
  es_diag diag = {0};
  int code = -1;
  assert_ok(es_process_run(argv, dir, out, size, &code, &diag), diag);
  return code;
}

static void processes(void **state) {
  char out[16];
  assert_int_equal(shell("echo a; echo b >&2", NULL, out, sizeof out), 0);
  assert_string_equal(out, "a\nb\n");
  assert_int_equal(shell("exit 7", NULL, out, sizeof out), 7);
  assert_string_equal(out, "");
  assert_int_equal(shell("kill -9 $$", NULL, out, sizeof out), 128 + 9);
  /* Standard input is empty, and not the caller's. */
  assert_int_equal(shell("cat; echo end", NULL, out, sizeof out), 0);
  assert_string_equal(out, "end\n");
  put_text(state, "here", "");
  assert_int_equal(shell("ls", at(state, "."), out, sizeof out), 0);
  assert_string_equal(out, "here\n");
  /* A megabyte: what does not fit is dropped, and nothing blocks. */
  assert_int_equal(shell("head -c 1000000 /dev/zero | tr '\\0' x; exit 3", NULL,
                         out, sizeof out),
                   3);
  assert_string_equal(out, "xxxxxxxxxxxxxxx");
}

static void missing_programs(void **state) {
  char out[16];
  int code = 0;
  es_diag diag = {0};
  char *const none[] = {"eigenstep-no-such-program", NULL};
  assert_ok(es_process_run(none, NULL, out, sizeof out, &code, &diag), diag);
  assert_int_equal(code, 127);
  /* A folder that is not there is not a missing program. */
  char *const list[] = {"ls", NULL};
  assert_status(
      es_process_run(list, at(state, "none"), out, sizeof out, &code, &diag),
      ES_FILE_MISSING);
  assert_says(&diag, ES_FILE_MISSING, "none|no such folder");
  char file[128];
  snprintf(file, sizeof file, "%s", put_text(state, "text", "no program"));
  char *const plain[] = {file, NULL};
  assert_status(es_process_run(plain, NULL, out, sizeof out, &code, &diag),
                ES_TOOL_MISSING);
  assert_says(&diag, ES_TOOL_MISSING, "text");
}

typedef struct dataset {
  const char *name;
  const double *data;
  size_t dims[3], rank;
} dataset;

static void write_arrays(void **state, const dataset *sets, size_t n) {
  es_h5 *file;
  es_diag diag = {0};
  assert_ok(es_h5_create(&file, at(state, "arrays.h5"), &diag), diag);
  for (size_t i = 0; i < n; i++)
    assert_ok(es_h5_write(file, sets[i].name, sets[i].data, sets[i].dims,
                          sets[i].rank, &diag),
              diag);
  assert_ok(es_h5_commit(file, &diag), diag);
}

/* Two modes of images of 2 by 3 pixels in two channels (12 rows of V). */
static const double V[12][2] = {{1, -4}, {2, 0}, {-4, 1}, {0, 2},
                                {3, 1},  {1, 1}, {9, 9},  {9, 9},
                                {9, 9},  {9, 9}, {9, 9},  {9, 9}};
static const double gamma_[2] = {0.5, 0.25}, shape[3] = {2, 2, 3};
static const dataset modes[] = {{"/V", V[0], {12, 2}, 2},
                                {"/gamma", gamma_, {2}, 1},
                                {"/image_shape", shape, {3}, 1}};

static void tiles(void **state) {
  es_diag diag = {0};
  es_table t;
  write_arrays(state, modes, 3);
  assert_ok(es_plot_prepare(at(state, "."), "modes", &diag), diag);
  assert_ok(es_table_read(&t, at(state, "modes.csv"), &diag), diag);
  assert_int_equal(t.rows, 2 * 6);
  assert_int_equal(t.columns, 5);
  for (size_t j = 0; j < 2; j++)
    for (size_t i = 0; i < 6; i++) {
      const double want[] = {(double)(j + 1), gamma_[j], (double)(i % 3),
                             (double)(i / 3), V[i][j] / 4};
      for (size_t k = 0; k < 5; k++)
        assert_close(t.value[(j * 6 + i) * 5 + k], want[k], 1e-15, 0);
    }
  es_table_free(&t);
  assert_ok(es_plot_draw(at(state, "."), "modes", "x", &diag), diag);
  assert_true(es_file_exists(at(state, "modes.svg")));
}

/* A mode that is 0 everywhere stays 0; more than 20 modes are not shown. */
static void many_tiles(void **state) {
  static const double zeros[4 * 25] = {0};
  static const double one[3] = {1, 2, 2};
  es_diag diag = {0};
  es_table t;
  const dataset sets[] = {{"/V", zeros, {4, 25}, 2},
                          {"/gamma", zeros, {25}, 1},
                          {"/image_shape", one, {3}, 1}};
  write_arrays(state, sets, 3);
  assert_ok(es_plot_prepare(at(state, "."), "modes", &diag), diag);
  assert_ok(es_table_read(&t, at(state, "modes.csv"), &diag), diag);
  assert_int_equal(t.rows, 20 * 4);
  for (size_t i = 0; i < t.rows; i++) assert_close(t.value[i * 5 + 4], 0, 0, 0);
  es_table_free(&t);
}

static void not_images(void **state) {
  static const double one[1] = {2}, large[3] = {1, 4, 4}, none[3] = {1, 0, 3};
  static const double huge[3] = {1, 1e200, 1e200};
  const dataset bad[] = {{"/image_shape", one, {1}, 1},
                         {"/image_shape", V[0], {12, 2}, 2},
                         {"/image_shape", large, {3}, 1},
                         {"/image_shape", none, {3}, 1},
                         {"/image_shape", huge, {3}, 1}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    es_diag diag = {0};
    const dataset sets[] = {modes[0], modes[1], bad[i]};
    write_arrays(state, sets, 3);
    assert_status(es_plot_prepare(at(state, "."), "modes", &diag),
                  ES_FILE_DATA);
    assert_says(&diag, ES_FILE_DATA, "arrays.h5|not of images");
    assert_no_file(state, "modes.csv");
  }
  es_diag diag = {0};
  const dataset few[] = {modes[0], {"/gamma", gamma_, {1}, 1}, modes[2]};
  write_arrays(state, few, 3);
  assert_status(es_plot_prepare(at(state, "."), "modes", &diag), ES_FILE_DATA);
}

static void missing_arrays(void **state) {
  static const char *const kinds[] = {"modes", "embedding"};
  for (size_t i = 0; i < 2; i++) {
    es_diag diag = {0};
    assert_status(es_plot_prepare(at(state, "."), kinds[i], &diag),
                  ES_FILE_MISSING);
    assert_says(&diag, ES_FILE_MISSING, "arrays.h5|missing|output.modes=on");
    assert_status(es_plot_draw(at(state, "."), kinds[i], "x", &diag),
                  ES_FILE_MISSING);
    assert_no_file(state, "modes.gp");
    assert_no_file(state, "embedding.gp");
  }
  for (size_t n = 0; n < 3; n++) { /* the first n of the datasets */
    es_diag diag = {0};
    const dataset other = {"/other", shape, {3}, 1};
    const dataset sets[] = {other, modes[0], modes[1]};
    write_arrays(state, sets, n + 1);
    const es_status got = es_plot_prepare(at(state, "."), "modes", &diag);
    assert_int_equal(es_status_exit_code(got), 3);
    assert_says(&diag, got, "arrays.h5");
    assert_no_file(state, "modes.csv");
  }
  es_diag diag = {0};
  put_text(state, "arrays.h5", "not HDF5");
  assert_status(es_plot_prepare(at(state, "."), "modes", &diag),
                ES_FILE_CORRUPT);
}

enum { FRAMES = 100, POINTS = 4, DIM = 4 };

/* Points that spread along the third axis first, then along the first, then
 * along the second, and never along the fourth. */
static void fill_points(double *x, double *t) {
  static const double sign[POINTS][3] = {
      {1, 1, 1}, {1, -1, -1}, {-1, 1, -1}, {-1, -1, 1}};
  for (size_t f = 0; f < FRAMES; f++) {
    t[f] = (double)f / 10;
    for (size_t p = 0; p < POINTS; p++) {
      double *y = x + (f * POINTS + p) * DIM;
      y[2] = sign[p][0] * fmin(1, 1e-3 + (double)f / 20);
      y[0] = sign[p][1] * (f < 30 ? 0 : fmin(1, (double)(f - 29) / 20));
      y[1] = sign[p][2] * (f < 60 ? 0 : fmin(1, (double)(f - 59) / 20));
      y[3] = 0;
    }
  }
}

static void embeddings(void **state) {
  static double x[FRAMES * POINTS * DIM], t[FRAMES];
  es_diag diag = {0};
  es_table table;
  fill_points(x, t);
  const dataset sets[] = {{"/embeddings", x, {FRAMES, POINTS, DIM}, 3},
                          {"/times", t, {FRAMES}, 1}};
  write_arrays(state, sets, 2);
  assert_ok(es_plot_prepare(at(state, "."), "embedding", &diag), diag);
  assert_ok(es_table_read(&table, at(state, "embedding.csv"), &diag), diag);
  assert_int_equal(table.columns, 6);
  assert_int_equal(table.rows, 60 * POINTS);
  static const size_t axis[3] = {2, 0, 1};
  for (size_t f = 0; f < 60; f++)
    for (size_t p = 0; p < POINTS; p++) {
      const size_t r = f * (FRAMES - 1) / 59;
      const double *row = table.value + (f * POINTS + p) * 6;
      assert_close(row[0], (double)f, 0, 0);
      assert_close(row[1], t[r], 0, 0);
      assert_close(row[2], (double)p, 0, 0);
      for (size_t a = 0; a < 3; a++) /* an axis has no sign of its own */
        assert_close(fabs(row[3 + a]),
                     fabs(x[(r * POINTS + p) * DIM + axis[a]]), 1e-9, 1e-9);
    }
  es_table_free(&table);
  assert_ok(es_plot_draw(at(state, "."), "embedding", "x", &diag), diag);
  assert_true(es_file_exists(at(state, "embedding.svg")));
}

/* One time and two dimensions: the third coordinate is 0. */
static void flat_embeddings(void **state) {
  static const double x[] = {3, 4, -3, -4, 0, 0}, t[] = {7};
  es_diag diag = {0};
  es_table table;
  const dataset sets[] = {{"/embeddings", x, {1, 3, 2}, 3},
                          {"/times", t, {1}, 1}};
  write_arrays(state, sets, 2);
  assert_ok(es_plot_prepare(at(state, "."), "embedding", &diag), diag);
  assert_ok(es_table_read(&table, at(state, "embedding.csv"), &diag), diag);
  assert_int_equal(table.rows, 3);
  assert_close(fabs(table.value[3]), 5, 1e-14, 0);
  assert_close(table.value[3] + table.value[6 + 3], 0, 0, 1e-14);
  for (size_t i = 0; i < 3; i++) {
    assert_close(table.value[i * 6 + 1], 7, 0, 0);
    assert_close(table.value[i * 6 + 4], 0, 0, 1e-14);
    assert_close(table.value[i * 6 + 5], 0, 0, 0);
  }
  es_table_free(&table);
  assert_ok(es_plot_draw(at(state, "."), "embedding", "x", &diag), diag);
  assert_true(es_file_exists(at(state, "embedding.svg")));
}

static void embeddings_that_do_not_fit(void **state) {
  static const double x[12] = {1}, t[4] = {0, 1, 2, 3};
  const dataset bad[][2] = {
      {{"/embeddings", x, {3, 2, 2}, 3}, {"/times", t, {4}, 1}},
      {{"/embeddings", x, {3, 1, 2}, 3}, {"/times", t, {4}, 1}}};
  for (size_t i = 0; i < 2; i++) {
    es_diag diag = {0};
    write_arrays(state, bad[i], 2);
    assert_status(es_plot_prepare(at(state, "."), "embedding", &diag),
                  ES_FILE_DATA);
    assert_says(&diag, ES_FILE_DATA, "/embeddings|/times|do not fit");
    assert_no_file(state, "embedding.csv");
  }
  es_diag diag = {0};
  write_arrays(state, bad[0], 1);
  assert_int_equal(
      es_status_exit_code(es_plot_prepare(at(state, "."), "embedding", &diag)),
      3);
  /* Other figures need nothing, and a folder that is not there is said. */
  assert_ok(es_plot_prepare(at(state, "no"), "staircase", &diag), diag);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(draws),
      temp_test(titles_are_not_code),
      temp_test(columns_are_not_code),
      temp_test(two_figures),
      temp_test(short_tables),
      temp_test(no_such_figure),
      temp_test(a_failing_script),
      temp_test(odd_names),
      temp_test(no_scripts),
      temp_test(without_gnuplot),
      temp_test(processes),
      temp_test(missing_programs),
      temp_test(tiles),
      temp_test(many_tiles),
      temp_test(not_images),
      temp_test(missing_arrays),
      temp_test(embeddings),
      temp_test(flat_embeddings),
      temp_test(embeddings_that_do_not_fit),
  };
  setenv("EIGENSTEP_DATADIR", ".", 1); /* tests run from the root */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
