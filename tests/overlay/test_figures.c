/* The figures of overlays and of trainings with real gnuplot, which must have
 * nothing to complain about: whatever is missing is not drawn. */
#include "fake.h"

#include "plot/figure.h"
#include "plot/plot.h"

static fake f;

/* A gnuplot that keeps what the real one says in the file `said`. */
static void listen(void **state) {
  const char *path = getenv("PATH");
  char text[8192];
  assert_non_null(path);
  if (strstr(path, "eigenstep-file-") != NULL)
    path = strchr(path, ':') + 1; /* of the test before */
  snprintf(text, sizeof text,
           "#!/bin/sh\nPATH='%s'\nexec gnuplot \"$@\" 2>>'%s'\n", path,
           at(state, "said"));
  put_text(state, "said", "");
  assert_int_equal(chmod(put_text(state, "gnuplot", text), 0755), 0);
  snprintf(text, sizeof text, "%s:%s", at(state, "."), path);
  setenv("PATH", text, 1);
}

static void draw_as(void **state, const char *dir, const char *kind,
                    const es_config *figure) {
  es_diag diag = {0};
  listen(state);
  assert_ok(es_plot_draw(at(state, dir), kind, "A title_1", figure, &diag),
            diag);
  assert_content(at(state, "said"), "");
}

static void draw(void **state, const char *dir, const char *kind) {
  draw_as(state, dir, kind, NULL);
}

/* The figure has every one of the words (separated by '|'). */
static void assert_drawn(void **state, const char *name, const char *words) {
  char copy[512], *rest = NULL, *svg = content(at(state, name));
  snprintf(copy, sizeof copy, "%s", words);
  for (char *w = strtok_r(copy, "|", &rest); w; w = strtok_r(NULL, "|", &rest))
    if (strstr(svg, w) == NULL) fail_msg("%s does not say '%s'", name, w);
  free(svg);
}

static bool is_drawn(void **state, const char *name, const char *word) {
  char *svg = content(at(state, name));
  const bool found = strstr(svg, word) != NULL;
  free(svg);
  return found;
}

static void overlay_drawn(void **state) {
  es_diag diag = {0};
  es_overlay *o = overlay_of(state, &f, "run");
  assert_ok(es_file_mkdirs(at(state, "out"), &diag), diag);
  assert_ok(es_overlay_write(o, at(state, "out"), &diag), diag);
  es_overlay_free(o);
  draw(state, "out", "overlay");
}

static void a_step_is_missing(void **state) {
  fake_four(&f, (double[]){1.1, 1.8, 4, INFINITY});
  overlay_drawn(state);
  assert_drawn(state, "out/overlay.svg",
               "A title_1|3 of 4 predicted steps taken|first four: "
               "median step error 10%|guessing their mean: 45%|rank "
               "correlation 1.00|not taken");
  assert_false(is_drawn(state, "out/overlay.svg", "medians"));
}

static void all_steps_are_taken(void **state) {
  fake_four(&f, (double[]){1.1, 1.8, 4.8, 6});
  overlay_drawn(state);
  assert_drawn(state, "out/overlay.svg",
               "4 of 4 predicted steps taken|first four: median step error "
               "10%|band: ±15%|chance");
  assert_false(is_drawn(state, "out/overlay.svg", "not taken"));
}

/* A start beyond one half: a step at time 0, which no logarithm has. */
static void a_step_at_the_start(void **state) {
  fake_four(&f, (double[]){1.1, 1.8, 4, 9});
  f.tau[0] = f.tau_generic[0] = 0;
  for (size_t i = 0; i < f.rows; i++) f.along[i * 4] = 0.9;
  overlay_drawn(state);
  assert_drawn(state, "out/overlay.svg", "A title_1");
}

static void nothing_to_draw(void **state) {
  fake_four(&f, (double[]){INFINITY, INFINITY, INFINITY, INFINITY});
  for (size_t j = 0; j < 4; j++) f.tau[j] = f.tau_generic[j] = NAN;
  f.gamma[3] = -0.1;
  for (size_t i = 0; i < f.rows; i++)
    f.along[i * 4 + 3] = f.overlap[i * 4 + 3] = NAN;
  overlay_drawn(state);
  assert_drawn(state, "out/overlay.svg", "0 of 0 predicted steps taken");
}

static void one_mode_and_one_row(void **state) {
  f = (fake){.d = 1, .m = 1, .rows = 50, .every = 5, .lr = 0.01};
  f.gamma[0] = 1;
  f.Z0[0] = 0.02;
  f.tau[0] = f.tau_generic[0] = 0.9;
  fake_rises(&f, (double[]){1});
  overlay_drawn(state);
  f.rows = 1;
  overlay_drawn(state);
}

static void several_runs_are_drawn(void **state) {
  es_diag diag = {0};
  es_overlay *o = NULL;
  const char *dirs[2] = {at(state, "a"), at(state, "b")};
  fake_four(&f, (double[]){0.02, 1.8, 4, 6});
  fake_write(&f, dirs[0]);
  fake_four(&f, (double[]){1.2, 1.8, 4, INFINITY});
  fake_write(&f, dirs[1]);
  assert_ok(es_overlay_new(&o, dirs, 2, &diag), diag);
  assert_ok(es_file_mkdirs(at(state, "out"), &diag), diag);
  assert_ok(es_overlay_write(o, at(state, "out"), &diag), diag);
  es_overlay_free(o);
  draw(state, "out", "overlay");
  assert_drawn(state, "out/overlay.svg", "medians and range of 2 runs|run 1");
}

static void trainings(void **state) {
  fake_four(&f, (double[]){1.1, 1.8, 4, INFINITY});
  f.tau_generic[3] = NAN;
  fake_write(&f, at(state, "run"));
  draw(state, "run", "training");
  assert_drawn(state, "run/training.svg",
               "A title_1|predicted step times|training steps|flow time t");
  /* Without a prediction, and after it has diverged. */
  assert_int_equal(remove(at(state, "run/prediction.csv")), 0);
  for (size_t i = 100; i < f.rows; i++) f.loss[i] = f.lambda[i * 4] = NAN;
  fake_trace(&f, at(state, "run"));
  draw(state, "run", "training");
  assert_false(is_drawn(state, "run/training.svg", "predicted"));
}

/* Curves of a figure, which gnuplot counts through its panels. */
static size_t curves(void **state, const char *name) {
  char *svg = content(at(state, name));
  size_t n = 0;
  for (const char *c = svg; (c = strstr(c, "id=\"gnuplot_plot_")) != NULL; c++)
    n++;
  free(svg);
  return n;
}

static void draw_modes(void **state, const char *kind, const char *word) {
  es_config *figure = NULL;
  es_diag diag = {0};
  assert_ok(es_config_new(&figure, &es_figure_keys, 1, &diag), diag);
  assert_ok(es_config_set(figure, word, &diag), diag);
  draw_as(state, ".", kind, figure);
  es_config_free(figure);
}

/* Eight curves a mode, p and s of the network and of two theories, and what is
 * kept of both; four of alignment. Where none of the modes is there, all. */
static void modes_of_byol(void **state) {
  static const char *const family[] = {
      "p",          "p_matrices", "p_features", "s",
      "s_matrices", "s_features", "invariant",  "invariant_theory"};
  char head[512] = "run,step,t,commutator_normalised,asymmetry,"
                   "commutator_matrices,asymmetry_matrices";
  char text[2048], low[128] = "", high[128] = "";
  size_t used = strlen(head);
  for (size_t k = 0; k < 8; k++)
    for (int j = 1; j <= 3; j++) {
      used += (size_t)snprintf(head + used, sizeof head - used, ",%s_%d",
                               family[k], j);
      strcat(low, ",.2");
      strcat(high, ",.7");
    }
  snprintf(text, sizeof text, "%s\n1,0,0,1,1,1,1%s\n1,9,3,0,0,0,0%s\n", head,
           low, high);
  put_text(state, "overlay.csv", text);
  put_text(state, "modes.csv",
           "run,mode,fate_met,p_star_plus_end\n1,1,stable,.9\n"
           "1,2,stable,.8\n1,3,stable,.7\n");
  put_text(state, "agreement.csv",
           "metric,value\ntheorem,1\np_error_features_worst,.1\n"
           "p_error_matrices_worst,.2\n");
  draw_modes(state, "overlay-byol", "modes=1,3");
  assert_int_equal(curves(state, "overlay-byol.svg"), 2 * 8 + 4);
  draw_modes(state, "overlay-byol", "modes=7");
  assert_int_equal(curves(state, "overlay-byol.svg"), 3 * 8 + 4);
}

static void modes_of_layers(void **state) {
  static const char *const family[] = {"cov", "repr", "layer3", "layer2",
                                       "layer1"};
  char text[2048];
  size_t used = (size_t)snprintf(text, sizeof text, "step");
  for (size_t k = 0; k < 25; k++)
    used += (size_t)snprintf(text + used, sizeof text - used, ",%s_lambda_%zu",
                             family[k / 5], k % 5 + 1);
  for (int step = 0; step <= 100; step += 50) {
    used += (size_t)snprintf(text + used, sizeof text - used, "\n%d", step);
    for (size_t k = 0; k < 25; k++) {
      strcat(text, ",.5");
      used += 3;
    }
  }
  put_text(state, "trace.csv", strcat(text, "\n"));
  draw_modes(state, "hidden-layers", "modes=2,5,9");
  assert_int_equal(curves(state, "hidden-layers.svg"), 5 * 2);
}

/* What gnuplot says is heard, so that the silence above means something. */
static void complaints_are_heard(void **state) {
  es_diag diag = {0};
  assert_ok(es_file_mkdirs(at(state, "plots"), &diag), diag);
  put_text(state, "plots/common.gp", "");
  put_text(state, "plots/loud.gp", "print 'loud'\n");
  setenv("EIGENSTEP_DATADIR", at(state, "."), 1);
  listen(state);
  const es_status status =
      es_plot_draw(at(state, "."), "loud", "x", NULL, &diag);
  setenv("EIGENSTEP_DATADIR", ".", 1);
  assert_ok(status, diag);
  assert_content(at(state, "said"), "loud\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(a_step_is_missing),
      temp_test(all_steps_are_taken),
      temp_test(a_step_at_the_start),
      temp_test(nothing_to_draw),
      temp_test(one_mode_and_one_row),
      temp_test(several_runs_are_drawn),
      temp_test(trainings),
      temp_test(modes_of_byol),
      temp_test(modes_of_layers),
      temp_test(complaints_are_heard),
  };
  setenv("EIGENSTEP_DATADIR", ".", 1); /* tests run from the root */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
