/* The kernel's modes against their definitions, and the rbf model against
 * numpy: tests/oracle/barlow_kernel.py. */
#include "tests/models/kernels.h"

#include "models/linear/kernel.h"

/* K Z K c = gamma K c, c^T K c = 1, values = K C, gamma falling; roundoff in
 * units of the terms of each sum (|c|^2 >= 1/top, gamma <= top/2n). */
static void check_modes(const es_kernel_modes *m, const double *K) {
  const size_t n = m->n, N = 2 * n, r = m->rank;
  for (size_t j = 0; j < r; j++) {
    const double *c = m->C + j * N, *f = m->values + j * N;
    const double size = es_norm(N, c);
    assert_true(j == 0 || m->gamma[j] <= m->gamma[j - 1]);
    for (size_t i = 0; i < N; i++) {
      double Kc = 0, rest = 0;
      for (size_t l = 0; l < N; l++) {
        Kc += K[i + l * N] * c[l];
        rest += K[i + l * N] * /* (Z K c - gamma c)_l: Z swaps halves */
                (f[(l + n) % N] / (double)N - m->gamma[j] * c[l]);
      }
      assert_close(f[i], Kc, 0, 1e-14 * m->top * size);
      assert_close(rest, 0, 0, 1e-14 * m->top * m->top * size);
    }
    for (size_t k = 0; k < r; k++) {
      double dot = 0;
      for (size_t i = 0; i < N; i++) dot += c[i] * m->values[i + k * N];
      assert_close(dot, j == k, 0, 1e-14 * sqrt(m->top) * size);
    }
  }
}

/* rank: a linear kernel's is the number of dimensions, less one where centring
 * leaves fewer points than that; equal points do not add to it. */
static void modes(void **state) {
  (void)state;
  static const struct {
    size_t n, p;
    double bandwidth;
    bool center, doubled;
    size_t rank;
  } cases[] = {{10, 4, 0, false, false, 4},   {3, 9, 0, false, false, 6},
               {3, 9, 0, true, false, 5},     {10, 4, 0, true, false, 4},
               {5, 3, 1.5, false, false, 10}, {5, 3, 1.5, true, false, 9},
               {8, 3, 1.5, false, true, 8},   {1, 1, 0, false, false, 1},
               {1, 3, 2, false, false, 2}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    const size_t n = cases[c].n, p = cases[c].p, N = 2 * n;
    double *X = random_points(N, p, .5);
    /* The second half of both views repeats the first. */
    for (size_t i = 0; cases[c].doubled && i < N; i++)
      for (size_t r = 0; r < p; r++)
        if (i % n >= n / 2) X[i + r * N] = X[i - n / 2 + r * N];
    es_kernel k;
    es_kernel_modes m;
    es_diag diag = {0};
    assert_ok(
        es_kernel_new(&k, n, p, X, cases[c].bandwidth, cases[c].center, &diag),
        diag);
    assert_ok(es_kernel_modes_new(&m, n, copy_of(k.K, N * N), NULL, &diag),
              diag);
    assert_int_equal(m.rank, cases[c].rank);
    check_modes(&m, k.K);
    es_kernel_modes_free(&m);
    es_kernel_free(&k);
  }
}

/* An rbf kernel of N normal points of p values, and its modes. */
static void rbf_modes(es_kernel *k, es_kernel_modes *m, size_t N, size_t p,
                      double bandwidth) {
  es_diag diag = {0};
  assert_ok(es_kernel_new(k, N / 2, p, random_points(N, p, 0), bandwidth, false,
                          &diag),
            diag);
  assert_ok(es_kernel_modes_new(m, N / 2, copy_of(k->K, N * N), NULL, &diag),
            diag);
}

/* A smooth kernel's eigenvalues fall below roundoff: what is kept stays exact
 * to that roundoff over its own size. */
static void nearly_singular(void **state) {
  (void)state;
  enum { N = 60 };
  es_kernel k;
  es_kernel_modes m;
  rbf_modes(&k, &m, N, 1, 2);
  assert_true(m.rank > 8 && m.rank < 30);
  check_modes(&m, k.K);
  es_kernel_modes_free(&m);
  es_kernel_free(&k);
}

static void sign_convention(void **state) {
  (void)state;
  enum { N = 12 };
  es_kernel k;
  es_kernel_modes m;
  rbf_modes(&k, &m, N, 2, 1);
  es_kernel_modes_sign(&m, m.values, N);
  for (size_t j = 0; j < m.rank; j++) {
    double largest = 0;
    for (size_t i = 0; i < N; i++)
      if (fabs(m.values[i + j * N]) > fabs(largest))
        largest = m.values[i + j * N];
    assert_true(largest > 0);
  }
  check_modes(&m, k.K);
  es_kernel_modes_free(&m);
  es_kernel_free(&k);
}

/* Z0 of a Gaussian start is the draw itself, mode j of row i being number i 2n
 * + j: f is then a Gaussian process of covariance init_scale^2 K. */
static void gaussian_process(void **state) {
  (void)state;
  es_config *config = config_of(
      &es_model_barlow_twins_kernel,
      (const char *const[]){"data.name=gaussian", "data.n=5", "dims=3",
                            "noise=0.3", "kernel=rbf", "d=2", "init_scale=1e-3",
                            "model.seed=6", NULL});
  void *self;
  es_diag diag = {0};
  assert_ok(es_model_barlow_twins_kernel.open(&self, config, NULL, &diag),
            diag);
  const es_model_array Z0 = es_model_barlow_twins_kernel.array(self, 2);
  assert_string_equal(Z0.dataset, "/Z0");
  assert_int_equal(Z0.cols, 10);
  for (size_t i = 0; i < 2; i++)
    for (size_t j = 0; j < 10; j++)
      assert_close(Z0.data[i + 2 * j],
                   1e-3 * es_random_normal(6, ES_STREAM_INIT, i * 10 + j), 0,
                   0);
  assert_string_equal(es_model_barlow_twins_kernel.array(self, 3).dataset,
                      "/C");
  assert_string_equal(es_model_barlow_twins_kernel.array(self, 4).dataset,
                      "/bandwidth");
  assert_null(es_model_barlow_twins_kernel.array(self, 5).dataset);
  es_model_barlow_twins_kernel.close(self);
  es_config_free(config);
}

/* The oracle's numbers: name of a case to a column-major matrix. */
typedef struct known {
  size_t rows, cols;
  double x[64];
} known;

static known look_up(const char *of, const char *what) {
  known k = {0};
  char line[128], want[48];
  FILE *file = fopen("tests/oracle/barlow_kernel.csv", "r");
  assert_non_null(file);
  const size_t length = (size_t)snprintf(want, sizeof want, "%s,%s,", of, what);
  for (int pass = 0; pass < 2; pass++) {
    rewind(file);
    while (fgets(line, sizeof line, file) != NULL) {
      size_t i, j;
      double x;
      if (strncmp(line, want, length) != 0) continue;
      assert_int_equal(sscanf(line + length, "%zu,%zu,%lf", &i, &j, &x), 3);
      if (pass == 0) {
        k.rows = i + 1 > k.rows ? i + 1 : k.rows;
        k.cols = j + 1 > k.cols ? j + 1 : k.cols;
      } else {
        k.x[i + j * k.rows] = x;
      }
    }
    assert_true(k.rows > 0 && k.rows * k.cols <= 64);
  }
  fclose(file);
  return k;
}

/* f = F C C^T k~(x). */
static void embed(double out[2], const double *F, const es_kernel_modes *m,
                  const double *at) {
  const size_t N = 2 * m->n;
  out[0] = out[1] = 0;
  for (size_t j = 0; j < m->rank; j++) {
    double p = 0;
    for (size_t i = 0; i < N; i++) p += m->C[i + j * N] * at[i];
    for (size_t i = 0; i < N; i++)
      for (size_t a = 0; a < 2; a++)
        out[a] += F[a * N + i] * m->C[i + j * N] * p;
  }
}

/* The flow is within 100 rtol = 1e-9 of the truth in units of 1 and the oracle
 * within 1e-10; divided by the root of K's least eigenvalue, .004, embeddings
 * of new points are within 20 times that. */
static void against_numpy(const char *of, const es_kernel *k,
                          const es_kernel_modes *m, const double *at) {
  const known gamma = look_up(of, "gamma"), F0 = look_up(of, "F0");
  const size_t N = 2 * k->n;
  assert_int_equal(m->rank, gamma.cols);
  for (size_t j = 0; j < m->rank; j++)
    assert_close(m->gamma[j], gamma.x[j], 0, 1e-14);
  char *K = matrix_word("K", k->K, N, N);
  char *W0 = matrix_word("W0", F0.x, 2, N);
  trace t = trace_of(&es_model_barlow_twins_kernel,
                     (const char *const[]){K, W0, "t=0,2,6,12,40", "rtol=1e-11",
                                           "output.state=on", NULL});
  for (size_t r = 0; r < t.rows; r++) {
    char name[32];
    const double *row = t.row + r * t.columns, *F = row + t.columns - 2 * N;
    snprintf(name, sizeof name, "lambda%zu", r);
    const known lambda = look_up(of, name);
    for (size_t j = 0; j < 2; j++)
      assert_close(row[2 + j], lambda.x[j], 0, 1e-9);
    snprintf(name, sizeof name, "F%zu", r + 1);
    const known all = look_up(of, name);
    for (size_t i = 0; i < N; i++)
      for (size_t a = 0; a < 2; a++)
        assert_close(F[a * N + i], all.x[a + 2 * i], 0, 2e-9);
    snprintf(name, sizeof name, "test%zu", r);
    const known test = look_up(of, name);
    for (size_t c = 0; c < test.cols; c++) {
      double f[2];
      embed(f, F, m, at + c * N);
      for (size_t a = 0; a < 2; a++)
        assert_close(f[a], test.x[a + 2 * c], 0, 2e-8);
    }
  }
  trace_free(&t);
  free(W0);
  free(K);
}

static void oracle(void **state) {
  (void)state;
  const known X = look_up("both", "X"), points = look_up("both", "points");
  const known times = look_up("both", "times");
  assert_close(times.x[3], 12, 0, 0);
  for (int center = 0; center < 2; center++) {
    es_kernel k;
    es_kernel_modes m;
    es_diag diag = {0};
    double at[2 * 10], turned[6];
    for (size_t c = 0; c < 2; c++)
      for (size_t r = 0; r < 3; r++)
        turned[r + 3 * c] = points.x[c + points.rows * r];
    assert_ok(es_kernel_new(&k, 5, 3, copy_of(X.x, 30), NAN, center, &diag),
              diag);
    assert_close(k.bandwidth, look_up("both", "bandwidth").x[0], 1e-14, 0);
    es_kernel_at(&k, turned, 2, at);
    assert_ok(es_kernel_modes_new(&m, 5, copy_of(k.K, 100), NULL, &diag), diag);
    against_numpy(center ? "centred" : "plain", &k, &m, at);
    es_kernel_modes_free(&m);
    es_kernel_free(&k);
  }
}

/* A matrix that is a kernel but for single precision is one, and what is no
 * larger than the negative part is left out with it. */
static void single_precision(void **state) {
  (void)state;
  enum { N = 40 };
  es_kernel k;
  es_kernel_modes m;
  es_diag diag = {0};
  assert_ok(
      es_kernel_new(&k, N / 2, 1, random_points(N, 1, 0), 1, false, &diag),
      diag);
  for (size_t i = 0; i < N * N; i++) k.K[i] = (double)(float)k.K[i];
  assert_ok(es_kernel_modes_new(&m, N / 2, copy_of(k.K, N * N), NULL, &diag),
            diag);
  assert_true(m.least < -1e-9 * m.top);
  assert_true(m.rank > 5 && m.rank < 20);
  es_kernel_modes_free(&m);
  /* and no kernel at all */
  for (size_t i = 0; i < N; i++) k.K[i + i * N] -= 1e-3;
  assert_ok(es_kernel_modes_new(&m, N / 2, copy_of(k.K, N * N), NULL, &diag),
            diag);
  assert_int_equal(m.rank, 0);
  assert_true(m.least < -9e-4);
  es_kernel_modes_free(&m);
  es_kernel_free(&k);
}

static void ask(void *self, const char *what, double done, double total) {
  (void)what, (void)total;
  *(double *)self = done;
}
static bool stop_late(void *self) { return *(double *)self >= .9; }

static void interrupted(void **state) {
  (void)state;
  double done = 0;
  const es_progress progress = {ask, stop_late, &done};
  es_kernel_modes m;
  double *K = calloc(16, sizeof *K);
  for (size_t i = 0; i < 4; i++) K[i * 5] = 1;
  assert_status(es_kernel_modes_new(&m, 2, K, &progress, NULL), ES_INTERRUPTED);
  assert_null(m.C);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(modes),           cmocka_unit_test(nearly_singular),
      cmocka_unit_test(sign_convention), cmocka_unit_test(gaussian_process),
      cmocka_unit_test(oracle),          cmocka_unit_test(single_precision),
      cmocka_unit_test(interrupted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
