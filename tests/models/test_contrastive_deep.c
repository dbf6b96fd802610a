/* Deep contrastive networks: theory.md's numbers, the right-hand side against
 * differences of the loss, laws along flows, closed forms against steppers and
 * rotated starts, and the time of blow-up. */
#include "tests/models/config_of.h"

#include "base/random.h"
#include "linalg/linalg.h"
#include "models/linear/contrastive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 512 };

static const es_model *const deep = &es_model_contrastive_deep;

typedef struct opened {
  es_config *config;
  es_instance i;
} opened;

static opened open_words(const char *const *words) {
  opened o = {.config = config_of(deep, words)};
  es_diag diag = {0};
  assert_ok(es_instance_open(&o.i, deep, o.config, NULL, &diag), diag);
  return o;
}

static void close_words(opened *o) {
  es_instance_close(&o->i);
  es_config_free(o->config);
}

static size_t column_of(const es_instance *i, const char *name) {
  char each[64];
  for (size_t j = 0; j < i->shape.n_columns; j++) {
    es_instance_column(i, j, each, sizeof each);
    if (strcmp(each, name) == 0) return j;
  }
  fail_msg("no column %s", name);
  return 0;
}

typedef struct rows {
  double row[8][MOST];
  size_t n;
} rows;

static es_status keep(void *context, const double *row, size_t n) {
  rows *r = context;
  assert_true(n <= MOST && r->n < 8);
  memcpy(r->row[r->n++], row, n * sizeof *row);
  return ES_OK;
}

static es_status flow(const char *const *words, rows *out, size_t *n) {
  es_config *config = config_of(deep, words);
  es_flow *f;
  es_diag diag = {0};
  *out = (rows){.n = 0};
  assert_ok(es_flow_new(&f, deep, config, NULL, &diag), diag);
  const es_status status = es_flow_run(f, keep, out, &diag);
  *n = es_flow_columns(f);
  es_flow_free(f);
  es_config_free(config);
  return status;
}

#define FIXED                                                                  \
  "X=[[1,0],[0,0.5]]", "W1=[[0.5,0.2],[-0.1,0.3]]", "W2=[[0.4,-0.2],[0.3,0.25]]"
#define PAIRS                                                                  \
  "x=[[1,0],[0,1],[-1,-0.5]]", "xp=[[1.5,0.25],[-0.25,0.5],[-1,0.25]]"

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

/* U diag(s) V^T with rotations by angles a and b, as a word. */
static const char *turned(char *out, size_t size, const char *name, double a,
                          double b, double s1, double s2) {
  const double c = cos(a), s = sin(a), C = cos(b), S = sin(b);
  snprintf(out, size, "%s=[[%.17g,%.17g],[%.17g,%.17g]]", name,
           c * s1 * C + s * s2 * S, c * s1 * S - s * s2 * C,
           s * s1 * C - c * s2 * S, s * s1 * S + c * s2 * C);
  return out;
}

/* A start along X's eigenvectors has the closed form, whatever its basis: the
 * same singular values as the diagonal one, to roundoff. */
static void test_rotated(void **state) {
  (void)state;
  char X[200], W1[200], W2[200], W3[200];
  const char *const diagonal[] = {"sigma0=[[0.3,0.5],[0.1,0.6],[0.8,0.2]]",
                                  "lambda=0.8,-0.4",
                                  "eta=0.01",
                                  "t=0,2,4",
                                  "method=exact",
                                  NULL};
  const char *const rotated[] = {turned(X, sizeof X, "X", .3, .3, .8, -.4),
                                 turned(W1, sizeof W1, "W1", 1.1, .3, .3, .5),
                                 turned(W2, sizeof W2, "W2", -.7, 1.1, .1, .6),
                                 turned(W3, sizeof W3, "W3", 2, -.7, .8, .2),
                                 "eta=0.01",
                                 "t=0,2,4",
                                 "method=exact",
                                 NULL};
  rows a, b;
  size_t n;
  assert_status(flow(diagonal, &a, &n), ES_OK);
  assert_status(flow(rotated, &b, &n), ES_OK);
  for (size_t i = 0; i < 3; i++)
    for (size_t l = 0; l < 3; l++) { /* theirs fall */
      const double *s = &a.row[i][1 + 2 * l], *got = &b.row[i][1 + 2 * l];
      assert_close(got[0], fmax(s[0], s[1]), 1e-13, 0);
      assert_close(got[1], fmin(s[0], s[1]), 1e-13, 0);
    }
  assert_close(b.row[0][10], a.row[0][10], 1e-12, 0);
}

/* Repeated eigenvalues of X and of layers: any basis is one of eigenvectors,
 * and the one in which all layers are diagonal has to be found. */
static void test_repeated(void **state) {
  (void)state;
  char W1[200], W2[200];
  const char *const words[] = {"X=[[0.8,0],[0,0.8]]",
                               turned(W1, sizeof W1, "W1", .4, 1, .5, .5),
                               turned(W2, sizeof W2, "W2", .2, .9, .3, .1),
                               "t=3",
                               "method=exact",
                               NULL};
  const char *const diagonal[] = {"sigma0=[[0.5,0.5],[0.3,0.1]]",
                                  "lambda=0.8,0.8", "t=3", NULL};
  rows a, b;
  size_t n;
  assert_status(flow(words, &a, &n), ES_OK);
  assert_status(flow(diagonal, &b, &n), ES_OK);
  for (size_t k = 1; k <= 4; k++)
    assert_close(a.row[0][k], b.row[0][k], 1e-13, 0);
}

/* Layers at 0, and a start that X does not reach: exactly what is said. */
static void test_singular(void **state) {
  (void)state;
  rows r;
  size_t n;
  const char *const zero[] = {"X=[[1,0],[0,0.5]]",
                              "W1=[[0,0],[0,0]]",
                              "W2=[[1,0.3],[0.2,2]]",
                              "t=0,5",
                              "output.state=on",
                              "eta=0.1",
                              NULL};
  assert_status(flow(zero, &r, &n), ES_OK);
  for (size_t k = n - 8; k < n; k++)
    assert_close(r.row[1][k], r.row[0][k] * exp(-.5), 1e-15, 0);
  /* Rank one: the mode that has a product grows, all else stays. */
  const char *const one[] = {"X=[[0.8,0],[0,0.5]]",
                             "W1=[[0.3,0],[0,0]]",
                             "W2=[[0.1,0],[0,2]]",
                             "t=0,5",
                             "output.state=on",
                             "method=exact",
                             NULL};
  static const double want[] = {.3183680455462444, 0, 0, 0,
                                .1461444915997026, 0, 0, 2};
  assert_status(flow(one, &r, &n), ES_OK);
  for (size_t k = 0; k < 8; k++)
    assert_close(r.row[1][n - 8 + k], want[k], 1e-15, 0);
}

/* Closed form against steppers, which share nothing: to 100 rtol, and of first
 * order in lr against descent. */
static void test_closed_form(void **state) {
  (void)state;
  static const char *const starts[] = {"sigma0=[[0.3,0.5],[0.1,0.6]]",
                                       "sigma0=[[0.3,0.5],[0.1,0.6],[0.8,1]]",
                                       "sigma0=[[0.4,0.7]]"};
  for (size_t k = 0; k < 3; k++) {
    rows r[4];
    size_t n;
    const char *words[] = {
        starts[k],      "lambda=0.8,-0.5", "eta=0.03", "t=0,0.5,1",
        "method=exact", "rtol=1e-11",      "lr=0.01",  NULL};
    assert_status(flow(words, &r[0], &n), ES_OK);
    words[4] = "method=dop853";
    assert_status(flow(words, &r[1], &n), ES_OK);
    words[4] = "method=gd";
    assert_status(flow(words, &r[2], &n), ES_OK);
    words[6] = "lr=0.005";
    assert_status(flow(words, &r[3], &n), ES_OK);
    for (size_t j = 1; j <= (k == 2 ? 2 : 4); j++) {
      const double want = r[0].row[2][j];
      assert_close(r[1].row[2][j], want, 1e-9, 0);
      const double coarse = r[2].row[2][j] - want;
      const double fine = r[3].row[2][j] - want;
      assert_true(fabs(coarse) > 1e-8);
      assert_close(coarse / fine, 2, .05, 0);
    }
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

static double blowup_of(const char *const *words) {
  opened o = open_words(words);
  const double t = o.i.shape.t_blowup;
  double y[MOST], scale[MOST], row[MOST];
  es_instance_start(&o.i, y, scale);
  assert_status(es_instance_observe(&o.i, 0, y, row), ES_OK);
  const double column = row[column_of(&o.i, "t_blowup")];
  assert_true(column == t || (isnan(column) && isnan(t)));
  close_words(&o);
  return t;
}

/* From matrices: what is left of it falls with t; it scales as the start to
 * -(2L-2); decay changes it by its law; and before it the flow goes on. */
static void test_blowup(void **state) {
  (void)state;
  const char *const words[] = {FIXED, "rtol=1e-11", NULL};
  const double t = blowup_of(words);
  const char *const twice[] = {"X=[[1,0],[0,0.5]]", "W1=[[1,0.4],[-0.2,0.6]]",
                               "W2=[[0.8,-0.4],[0.6,0.5]]", "rtol=1e-11", NULL};
  assert_close(blowup_of(twice), t / 4, 1e-9, 0);
  const char *const decay[] = {FIXED, "rtol=1e-11", "eta=0.1", NULL};
  assert_close(blowup_of(decay), -log1p(-.2 * t) / .2, 1e-9, 0);
  const char *const more[] = {FIXED, "rtol=1e-11", "eta=0.3", NULL};
  assert_true(isinf(blowup_of(more)));
  char at[64], W[2][200];
  snprintf(at, sizeof at, "t=%.17g,%.17g", .6 * t, .999999 * t);
  const char *const flown[] = {FIXED, "rtol=1e-11", at, "output.state=on",
                               NULL};
  rows r;
  size_t n;
  assert_status(flow(flown, &r, &n), ES_OK);
  /* sigma ~ (t* - t)^-1/2 there, with X's first eigenvalue, 1. */
  assert_close(r.row[1][1] * r.row[1][1] * 2e-6 * t, 1, 1e-3, 0);
  for (size_t l = 0; l < 2; l++) {
    const double *y = &r.row[0][n - 8 + 4 * l];
    snprintf(W[l], sizeof W[l], "W%zu=[[%.17g,%.17g],[%.17g,%.17g]]", l + 1,
             y[0], y[1], y[2], y[3]);
  }
  const char *const later[] = {"X=[[1,0],[0,0.5]]", W[0], W[1], "rtol=1e-11",
                               NULL};
  assert_close(blowup_of(later), .4 * t, 1e-8, 0);
}

/* Aligned matrices that are not noticed as such (a residual stands beside them)
 * agree with the integral of the one mode: with r = 1 + q, q = sigma^2, q' =
 * 2 lambda q (1 + q) blows up at ln((1 + q0)/q0)/(2 lambda). */
static void test_blowup_beside_residual(void **state) {
  (void)state;
  const char *const words[] = {"sigma0=[[0.3],[0.3]]", "lambda=0.8",
                               "residual=on", "rtol=1e-11", NULL};
  assert_close(blowup_of(words), log(1.09 / .09) / 1.6, 1e-9, 0);
}

static void test_no_blowup(void **state) {
  (void)state;
  static const char *const cases[][4] = {
      {"X=[[-1,0.2],[0.2,-0.5]]", "layers=3", NULL},
      {"X=[[-1,0.2],[0.2,-0.5]]", "residual=on", NULL},
      {"X=[[1,0.2],[0.2,0.5]]", "layers=1", NULL},
      {PAIRS, "layers=3", NULL},
      {PAIRS, "negatives=off", NULL},
      {"X=[[1,0],[0,0.5]]", "W1=[[0,0],[0,0]]", "W2=[[1,2],[3,4]]", NULL},
  };
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
    assert_true(isinf(blowup_of(cases[k])));
}

/* No state is asked for from t* on, with any method but descent. */
static void test_rows_before_the_end(void **state) {
  (void)state;
  static const char *const methods[] = {"method=exact", "method=dop853"};
  for (size_t k = 0; k < 2; k++) {
    rows r;
    size_t n;
    const char *const words[] = {"sigma0=[[0.1],[0.1]]", "lambda=0.8",
                                 "t=1,62.4999,62.5,63", methods[k], NULL};
    assert_status(flow(words, &r, &n), ES_DIVERGED);
    assert_int_equal(r.n, 2);
    assert_close(r.row[1][1], .1 * sqrt(62.5 / 1e-4), 1e-4, 0);
  }
  rows r;
  size_t n;
  const char *const none[] = {"sigma0=[[0.1],[0.1]]", "lambda=0.8", "t=99",
                              "method=dop853", NULL};
  assert_status(flow(none, &r, &n), ES_DIVERGED);
  assert_int_equal(r.n, 0);
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_theory),
      cmocka_unit_test(test_gradient),
      cmocka_unit_test(test_conserved),
      cmocka_unit_test(test_rotated),
      cmocka_unit_test(test_repeated),
      cmocka_unit_test(test_singular),
      cmocka_unit_test(test_closed_form),
      cmocka_unit_test(test_alignment_law),
      cmocka_unit_test(test_blowup),
      cmocka_unit_test(test_blowup_beside_residual),
      cmocka_unit_test(test_no_blowup),
      cmocka_unit_test(test_rows_before_the_end),
      cmocka_unit_test(test_head),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
