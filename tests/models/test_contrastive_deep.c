/* Deep contrastive networks: theory.md's numbers, the right-hand side against
 * differences of the loss, and the laws along flows. */
#include "tests/models/deep.h"

#include "linalg/linalg.h"

/* theory.md 6, given to 14 digits; the state stands last, W1 then W2. */
static void test_theory(void **state) {
  (void)state;
  static const double want[] = {.71554582661342, .23687913187152,
                                -.11956619679788, .3153744823718};
  const char *const words[] = {FIXED, "t=1", "output.state=on", "rtol=1e-12",
                               NULL};
  rows r;
  size_t n;
  assert_status(flow(words, &r, &n), ES_OK);
  for (size_t k = 0; k < 4; k++)
    assert_close(r.row[0][n - 8 + k], want[k], 0, 2e-13);
}

/* y' = -dL/dy by central differences of step h = 1e-5: error h^2 L'''/6, and
 * roundoff 2e-16 L/h. */
static void check_gradient(const char *const *words) {
  opened o = open_words(words);
  const size_t n = o.i.shape.n, at = column_of(&o.i, "loss");
  double y[MOST], scale[MOST], dydt[MOST], row[MOST];
  assert_true(n <= MOST);
  es_instance_start(&o.i, y, scale);
  assert_status(deep->rhs(0, y, dydt, o.i.self), ES_OK);
  double most = 0;
  for (size_t k = 0; k < n; k++) most = fmax(most, fabs(dydt[k]));
  assert_true(most > .01);
  for (size_t k = 0; k < n; k++) {
    const double kept = y[k], h = 1e-5;
    y[k] = kept + h;
    assert_status(es_instance_observe(&o.i, 0, y, row), ES_OK);
    const double above = row[at];
    y[k] = kept - h;
    assert_status(es_instance_observe(&o.i, 0, y, row), ES_OK);
    assert_close(dydt[k], (row[at] - above) / (2 * h), 0, 1e-8);
    y[k] = kept;
  }
  close_words(&o);
}

static void test_gradient(void **state) {
  (void)state;
  static const char *const cases[][6] = {
      {"layers=1", "d=3"},
      {"widths=3,4,2"},
      {"widths=3,4,5", "d0=2"},
      {"layers=3", "d=4", "residual=on"},
      {"layers=3", "d=4", "residual=on", "d0=1"},
      {"layers=2", "loss=dot", "temperature=0.5"},
      {"widths=5,4,3", "activation=relu", "model.seed=4"},
      {"widths=5,4,2", "activation=relu", "residual=on", "d0=1"},
      {"layers=2", "negatives=off", "reduction=mean"},
  };
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    const char *words[10] = {PAIRS, "init_scale=0.7"};
    size_t n = 3;
    for (size_t j = 0; cases[k][j] != NULL; j++) words[n++] = cases[k][j];
    check_gradient(words);
  }
  const char *const population[] = {"C=[[1,0.3],[0.3,0.5]]",
                                    "A=[[0.2,0],[0,0.4]]", "widths=3,2",
                                    "init_scale=0.7", NULL};
  check_gradient(population);
}

/* Rectifiers that never act change nothing: of positive data and layers all
 * columns and the right-hand side are those of the linear network. The spectra
 * come from r's covariance there and from V C^(1/2) here, which costs the
 * square root of roundoff in what is small. */
static void test_rectifiers_at_rest(void **state) {
  (void)state;
  const char *words[] = {"x=[[1,0.2],[0.3,1],[0.7,0.6],[0.4,0.9]]",
                         "xp=[[1.1,0.2],[0.4,1],[0.7,0.8],[0.4,0.6]]",
                         "W1=[[0.5,0.2],[0.1,0.7],[0.4,0.3]]",
                         "W2=[[0.2,0.3,0.9],[0.5,0.1,0.2]]",
                         "residual=on",
                         "d0=1",
                         "eta=0.1",
                         "activation=relu",
                         NULL};
  double y[12], scale[12], f[2][12], row[2][MOST];
  for (int k = 0; k < 2; k++) {
    opened o = open_words(words);
    assert_int_equal(o.i.shape.n, 12);
    es_instance_start(&o.i, y, scale);
    assert_status(deep->rhs(0, y, f[k], o.i.self), ES_OK);
    assert_status(es_instance_observe(&o.i, 0, y, row[k]), ES_OK);
    for (size_t j = 0; k == 1 && j < o.i.shape.n_columns; j++)
      if (row[0][j] != row[1][j]) /* inf is no distance from itself */
        assert_close(row[0][j], row[1][j], 1e-12, 1e-7);
    close_words(&o);
    words[7] = "activation=linear";
  }
  for (size_t k = 0; k < 12; k++) assert_close(f[0][k], f[1][k], 1e-13, 1e-15);
}

/* One layer of theory.md's pairs: L, and cov_lambda by trace and determinant of
 * W C W^T with C = [[2/3, 1/6], [1/6, 7/18]], by hand. */
static void test_pairs(void **state) {
  (void)state;
  const char *const words[] = {PAIRS, "W1=[[1,0.5],[-0.25,0.75]]", "t=0", NULL};
  rows r;
  size_t n;
  assert_status(flow(words, &r, &n), ES_OK);
  opened o = open_words(words);
  const size_t loss = 1 + column_of(&o.i, "loss");
  const double *cov = &r.row[0][1 + column_of(&o.i, "cov_lambda_1")];
  close_words(&o);
  assert_close(r.row[0][loss], 1.40359065241456, 1e-14, 0);
  const double C[] = {2. / 3, 1. / 6, 1. / 6, 7. / 18};
  const double det = (1 * .75 + .25 * .5) * (1 * .75 + .25 * .5);
  assert_close(cov[0] + cov[1],
               C[0] * (1 + .0625) + 2 * C[1] * (.5 - .1875) +
                   C[3] * (.25 + .5625),
               1e-14, 0);
  assert_close(cov[0] * cov[1], det * (C[0] * C[3] - C[1] * C[2]), 1e-13, 0);
}

/* The conserved matrices, along flows to rtol 1e-11: a hundred steps leave less
 * than 1e-8 of matrices of order 1 to 10. Weight decay shrinks them. */
static void test_conserved(void **state) {
  (void)state;
  static const char *const cases[][8] = {
      {PAIRS, "widths=3,4,2", "eta=0.1"},
      {PAIRS, "widths=3,4,2", "d0=1"},
      {PAIRS, "layers=3", "residual=on"},
      {PAIRS, "layers=3", "residual=on", "d0=1", "eta=0.1"},
      {PAIRS, "widths=6,5,2", "activation=relu", "negatives=off"},
      {FIXED, "eta=0.2", "residual=on"},
      {FIXED, "d0=1"},
  };
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    const char *words[16] = {"init_scale=0.7", "t=0,0.3,0.6", "rtol=1e-11",
                             "output.state=on"};
    size_t count = 4, n;
    for (size_t j = 0; j < 8 && cases[k][j] != NULL; j++)
      words[count++] = cases[k][j];
    if (strncmp(cases[k][0], "X=", 2) == 0) words[0] = "t=0,0.3,0.6";
    opened o = open_words(words);
    const size_t at = 1 + column_of(&o.i, "conserved_residual");
    const size_t states = o.i.shape.n;
    close_words(&o);
    rows r;
    assert_status(flow(words, &r, &n), ES_OK);
    assert_true(r.row[0][at] == 0);
    double moved = 0;
    for (size_t j = n - states; j < n; j++)
      moved = fmax(moved, fabs(r.row[2][j] - r.row[0][j]));
    assert_true(moved > 1e-3);
    assert_close(r.row[2][at], 0, 0, 1e-8);
  }
}

/* v_2j^T (W_1 W_1^T - W_2^T W_2)(0) u_1k = A_jk (sigma_1k^2 - sigma_2j^2) with
 * A = V_2^T U_1, exactly at all times of a flow (theory.md 6, derived). */
static void test_alignment_law(void **state) {
  (void)state;
  const char *const words[] = {FIXED, "t=0,0.7,1.5,1.9", "output.state=on",
                               "rtol=1e-12", NULL};
  rows r;
  size_t n;
  es_svd *svd;
  es_diag diag = {0};
  double law[4];
  assert_status(flow(words, &r, &n), ES_OK);
  assert_ok(es_svd_new(&svd, 2, 2, &diag), diag);
  for (size_t i = 0; i < r.n; i++) {
    const double *y = &r.row[i][n - 8];
    double W1[4], W2t[4], U[4], V[4], s1[2], s2[2];
    for (size_t k = 0; k < 4; k++) { /* rows came; columns are wanted */
      W1[k / 2 + 2 * (k % 2)] = y[k];
      W2t[k % 2 + 2 * (k / 2)] = y[4 + k];
    }
    if (i == 0) {
      es_gemm(false, true, 2, 2, 2, 1, W1, 2, W1, 2, 0, law, 2);
      es_gemm(false, true, 2, 2, 2, -1, W2t, 2, W2t, 2, 1, law, 2);
    }
    assert_status(es_svd_left(svd, W1, s1, U), ES_OK);
    assert_status(es_svd_left(svd, W2t, s2, V), ES_OK);
    for (size_t j = 0; j < 2; j++)
      for (size_t k = 0; k < 2; k++) {
        const double *v = V + 2 * j, *u = U + 2 * k;
        const double left = v[0] * (law[0] * u[0] + law[2] * u[1]) +
                            v[1] * (law[1] * u[0] + law[3] * u[1]);
        const double A = v[0] * u[0] + v[1] * u[1];
        assert_close(left, A * (s1[k] * s1[k] - s2[j] * s2[j]), 0, 1e-9);
      }
  }
  es_svd_free(svd);
  /* The mode that diverges aligns. */
  assert_true(r.row[3][6] > .9999 && r.row[0][6] < .997);
}

/* The least over neighbours: the first two are turned by .4 against each other,
 * the others not at all. */
static void test_least_alignment(void **state) {
  (void)state;
  char W2[128];
  snprintf(W2, sizeof W2, "W2=[[%.17g,%.17g],[%.17g,%.17g]]", 2 * cos(.4),
           2 * sin(.4), -sin(.4), cos(.4));
  const char *const words[] = {"X=[[1,0],[0,0.5]]", "W1=[[2,0],[0,1]]", W2,
                               "W3=[[2,0],[0,1]]", NULL};
  opened o = open_words(words);
  double y[MOST], scale[MOST], row[MOST];
  es_instance_start(&o.i, y, scale);
  assert_status(es_instance_observe(&o.i, 0, y, row), ES_OK);
  for (size_t j = 0; j < 2; j++)
    assert_close(row[column_of(&o.i, "alignment_1") + j], cos(.4), 1e-14, 0);
  close_words(&o);
}

/* DirectCLR's linear analogue: the loss sees 3 of 6 numbers of r, under weak
 * augmentation. With the residual both parts have full rank at all times;
 * without it, from a small start, the head is for long no more than the modes
 * that have grown, and the last layer's rows behind it never move. */
static void test_head(void **state) {
  (void)state;
  const char *words[] = {
      "C=[[1,0,0,0,0,0],[0,.9,0,0,0,0],[0,0,.8,0,0,0],[0,0,0,.7,0,0],"
      "[0,0,0,0,.6,0],[0,0,0,0,0,.5]]",
      "A=[[.1,0,0,0,0,0],[0,.1,0,0,0,0],[0,0,.1,0,0,0],[0,0,0,.1,0,0],"
      "[0,0,0,0,.1,0],[0,0,0,0,0,.1]]",
      "residual=on",
      "d0=3",
      "t=0,100",
      "init_scale=0.03",
      "output.state=on",
      NULL};
  opened o = open_words(words);
  const size_t head = 1 + column_of(&o.i, "rank_head");
  close_words(&o);
  for (int k = 0; k < 2; k++) {
    rows r;
    size_t n;
    assert_status(flow(words, &r, &n), ES_OK);
    for (size_t i = 0; i < 2; i++)
      assert_true(r.row[i][head] == 3 && r.row[i][head + 1] == 3);
    for (size_t j = n - 18; j < n; j++) assert_true(r.row[1][j] == r.row[0][j]);
    assert_true(k == 0 ? r.row[1][head + 2] > 2.99 && r.row[1][head + 3] > 2.99
                       : r.row[1][head + 2] < 2.1 && r.row[1][head + 3] < 2.2);
    words[2] = "residual=off";
  }
}

/* What is known of the data, and each layer's start. */
static void test_arrays(void **state) {
  (void)state;
  static const struct {
    const char *words[4], *names[5];
  } cases[] = {{{FIXED}, {"/X", "/W1_0", "/W2_0"}},
               {{PAIRS, "layers=3"}, {"/C", "/W1_0", "/W2_0", "/W3_0"}},
               {{"C=[[1,0.3],[0.3,0.5]]", "A=[[0.2,0],[0,0.4]]", "widths=3,2"},
                {"/C", "/A", "/W1_0", "/W2_0"}}};
  for (size_t c = 0; c < 3; c++) {
    opened o = open_words(cases[c].words);
    size_t j = 0;
    for (; cases[c].names[j] != NULL; j++)
      assert_string_equal(es_instance_array(&o.i, j).dataset,
                          cases[c].names[j]);
    assert_null(es_instance_array(&o.i, j).dataset);
    const es_model_array last = es_instance_array(&o.i, j - 1);
    assert_int_equal(last.cols, c == 2 ? 3 : 2);
    double y[MOST], scale[MOST];
    es_instance_start(&o.i, y, scale);
    assert_memory_equal(last.data, y + o.i.shape.n - last.rows * last.cols,
                        last.rows * last.cols * sizeof *y);
    close_words(&o);
  }
}

/* The line names the setting that is at fault. */
static void test_refusals(void **state) {
  (void)state;
  REFUSED(deep, ES_BAD_VALUE, "model.d0=3: the last layer has 2 rows", FIXED,
          "d0=3");
  REFUSED(deep, ES_BAD_VALUE, "model.init_scale=1.7e", "X=[[1,0],[0,0.5]]",
          "init_scale=1.7e308", "d=20");
  REFUSED(deep, ES_BAD_VALUE,
          "model.d=3: of a start that is drawn, and W2 is given",
          "X=[[1,0],[0,0.5]]", "W2=[[1,2],[3,4]]", "d=3");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_theory),
      cmocka_unit_test(test_gradient),
      cmocka_unit_test(test_conserved),
      cmocka_unit_test(test_rectifiers_at_rest),
      cmocka_unit_test(test_pairs),
      cmocka_unit_test(test_alignment_law),
      cmocka_unit_test(test_least_alignment),
      cmocka_unit_test(test_head),
      cmocka_unit_test(test_arrays),
      cmocka_unit_test(test_refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
