/* How figures look: what is refused, what real gnuplot makes of it, and that a
 * script keeps it until it is told otherwise. */
#include "file/csv.h"
#include "plot/figure.h"
#include "plot/plot.h"

#include "tests/file/temp.h"

static es_config *settings(const char *const *word, es_status *status,
                           es_diag *diag) {
  es_config *figure;
  *status = es_config_new(&figure, &es_figure_keys, 1, diag);
  for (; *status == ES_OK && *word != NULL; word++)
    *status = es_config_set(figure, *word, diag);
  if (*status == ES_OK) *status = es_figure_check(figure, diag);
  return figure;
}

static es_config *look(const char *const *word) {
  es_diag diag = {0};
  es_status status;
  es_config *figure = settings(word, &status, &diag);
  assert_ok(status, diag);
  return figure;
}
#define LOOK(...) look((const char *const[]){__VA_ARGS__, NULL})

static void refuses(void **state) {
  (void)state;
  static const struct {
    const char *word[2], *says;
  } bad[] = {
      {{"size=3"}, "figure.size=3: two numbers"},
      {{"size=3,0.4"}, "figure.size=3,0.4: entry 2"},
      {{"size=3,51"}, "out of range"},
      {{"font=a'b"}, "figure.font=a'b: the name of a family"},
      {{"font=a\"b"}, "the name of a family"},
      {{"font=a\\b"}, "the name of a family"},
      {{"font=`b`"}, "the name of a family"},
      {{"font=a<b"}, "the name of a family"},
      {{"font=a,20"}, "the name of a family"},
      {{"font=a\nb"}, "the name of a family"},
      {{"font=@OPEN"}, "the name of a family"},
      {{"font_size=2"}, "figure.font_size=2: out of range"},
      {{"theme=blue"}, "accepts one of light|dark|print"},
      {{"modes=1.5"}, "modes are whole numbers"},
      {{"modes=0"}, "out of range"},
      {{"modes=lin:1:1001:1001"}, "1 to 1000 modes"},
      {{"x=2,2"}, "the low end must be below"},
      {{"x=1,1.00000000001"}, "too narrow"},
      {{"y=1,2,3"}, "figure.y=1,2,3: two numbers"},
      {{"x=0,1", "x_scale=log"}, "begins above 0"},
      {{"y=-1,1", "y_scale=log"}, "begins above 0"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    es_diag diag = {0};
    es_status status;
    const char *word[] = {bad[i].word[0], bad[i].word[1], NULL};
    es_config_free(settings(word, &status, &diag));
    if (es_status_exit_code(status) != 2 ||
        strstr(diag.message, bad[i].says) == NULL)
      fail_msg("%s: %s", bad[i].word[0], diag.message);
  }
}

static void put_run(void **state) {
  put_text(state, "trace.csv",
           "t,loss,lambda_1,lambda_2,lambda_3\n"
           "0.1,3,0,0,0\n1,2,1,0,0\n10,1,1,1,0\n100,0,1,1,1\n");
  put_text(state, "steps.csv", "mode,tau_predicted\n1,1\n2,5\n3,50\n");
}

/* In the lower panel, b, are drawn the step times and each mode's curve. */
static void draws(void **state) {
  es_diag diag = {0};
  put_run(state);
  es_config *figure =
      LOOK("size=3.5,2.5", "font=Nimbus Sans", "font_size=6", "theme=dark",
           "modes=1,3", "x=2,40", "x_scale=linear");
  assert_ok(es_plot_draw(at(state, "."), "staircase", "x", figure, &diag),
            diag);
  es_config_free(figure);
  char *svg = content(at(state, "staircase.svg"));
  assert_non_null(strstr(svg, "width=\"336\" height=\"240\""));
  assert_non_null(
      strstr(svg, "font-family=\"Nimbus Sans\" font-size=\"8.00\""));
  assert_null(strstr(svg, "DejaVu"));
  assert_non_null(strstr(svg, "height=\"240\" fill=\"#161616\""));
  assert_non_null(strstr(svg, "id=\"gnuplot_plot_3b\""));
  assert_null(strstr(svg, "id=\"gnuplot_plot_4b\""));
  assert_non_null(strstr(svg, ">40</tspan>")); /* the axis' last number */
  assert_null(strstr(svg, "fill=\"black\""));
  free(svg);
}

/* What stands in the script stays, and goes when others are given. */
static void kept_and_replaced(void **state) {
  es_diag diag = {0};
  size_t n = 0;
  put_run(state);
  put_text(state, "own.gp", "figure_theme = 'mine'\n");
  es_config *first = LOOK("theme=print", "x=2,40"), *second = LOOK("size=3,3");
  assert_ok(es_plot_draw(at(state, "."), "staircase", "x", first, &diag), diag);
  char *before = content(at(state, "staircase.gp"));
  assert_ok(es_plot_again(at(state, "."), NULL, &n, &diag), diag);
  char *after = content(at(state, "staircase.gp"));
  assert_string_equal(before, after);
  assert_non_null(strstr(after, "\nfigure_theme = 'print'\nfigure_x_low = 2.0\n"
                                "figure_x_high = 40.0\n"));
  free(after);
  assert_ok(es_plot_again(at(state, "."), second, &n, &diag), diag);
  assert_int_equal(n, 2);
  after = content(at(state, "staircase.gp"));
  assert_null(strstr(after, "\nfigure_theme ="));
  assert_non_null(strstr(after, "\nfigure_width = 3.0\nfigure_height = 3.0\n"));
  /* The body is what it was, from its first line on. */
  assert_string_equal(strstr(before, "\n# Shared"),
                      strstr(after, "\n# Shared"));
  free(before);
  free(after);
  char *own = content(at(state, "own.gp"));
  assert_string_equal(own, "figure_theme = 'mine'\n");
  free(own);
  es_config_free(first);
  es_config_free(second);
}

/* Nothing is touched before all was asked. */
static void refused_again(void **state) {
  es_diag diag = {0};
  size_t n = 0;
  static const char *const script = "# Drawn by eigenstep; run it\n"
                                    "n_lambda = 3\n"
                                    "# Shared by every figure\nfigure_x = 1\n";
  put_text(state, "a.gp", script);
  es_config *modes = LOOK("modes=4,5"), *some = LOOK("modes=3,5");
  assert_status(es_plot_again(at(state, "."), modes, &n, &diag), ES_BAD_VALUE);
  assert_non_null(strstr(diag.message, "a.gp has modes 1 to 3"));
  put_text(state, "b.gp", "# Drawn by eigenstep; run it\nplot x\n");
  assert_status(es_plot_again(at(state, "."), some, &n, &diag), ES_FILE_DATA);
  assert_non_null(strstr(diag.message, "b.gp: was drawn before"));
  char *now = content(at(state, "a.gp"));
  assert_string_equal(now, script);
  free(now);
  es_config_free(modes);
  es_config_free(some);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(refuses),
      temp_test(draws),
      temp_test(kept_and_replaced),
      temp_test(refused_again),
  };
  setenv("EIGENSTEP_DATADIR", ".", 1); /* tests run from the root */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
