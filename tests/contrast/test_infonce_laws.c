/* InfoNCE (infonce.h): what does not change its value or its gradient, finite
 * differences, bits, memory, and what it refuses. */
#include "tests/heap.h"
#include "tests/contrast/infonce.h"

#include "sweep/lanes.h"

#include <float.h>
#include <omp.h>
#include <string.h>

static const es_infonce_loss losses[] = {ES_INFONCE_DISTANCE, ES_INFONCE_DOT};

/* L at Z + t U, Z' + t U'. */
static double along(es_infonce *w, const pairs *p, const double *U, double t) {
  const size_t size = p->d * p->n;
  double *Z = room(2 * size), *Zp = Z + size, L;
  for (size_t k = 0; k < size; k++) {
    Z[k] = p->Z[k] + t * U[k];
    Zp[k] = p->Zp[k] + t * U[size + k];
  }
  assert_int_equal(es_infonce_gradient(w, Z, Zp, &L, NULL, NULL), ES_OK);
  free(Z);
  return L;
}

/* Central differences at h, h/2 and h/4, extrapolated: their error is of order
 * h^6, and roundoff that of L over h. With |U| of order one in all entries both
 * stay below 1e-8 of the slope, for which directions near the gradient's own
 * are taken. Scale 12 is where rows have shifts of their own. */
static void finite_differences(void **state) {
  static const double scales[] = {.3, 1, 12};
  (void)state;
  for (int c = 0; c < 6; c++) {
    const double scale = scales[c % 3], T = 1.5 * scale;
    pairs p = pairs_of(6, 300, scale);
    const size_t size = 6 * 300;
    es_infonce *w = scratch(6, 300, losses[c / 3], T);
    double *U = room(2 * size), slope = 0, D[3];
    solve(w, &p);
    const double unit = es_norm(size, p.dZ) / sqrt((double)size);
    for (size_t k = 0; k < size; k++) {
      U[k] = p.dZ[k] / unit + .5 * normal(2, k);
      U[size + k] = p.dZp[k] / unit + .5 * normal(3, k);
      slope += U[k] * p.dZ[k] + U[size + k] * p.dZp[k];
    }
    for (int k = 0; k < 3; k++) {
      const double h = .008 * scale / (scale > 2 ? 64 : 1) / (1 << k);
      D[k] = (along(w, &p, U, h) - along(w, &p, U, -h)) / (2 * h);
    }
    const double first = (4 * D[1] - D[0]) / 3, second = (4 * D[2] - D[1]) / 3;
    assert_close((16 * second - first) / 15, slope, 1e-8, 0);
    print_message("# scale %g: %.1e\n", scale,
                  fabs((16 * second - first) / 15 / slope - 1));
    free(U);
    es_infonce_free(w);
    pairs_free(&p);
  }
}

/* Z and Z' turned alike, and for distance moved alike: the same value, and the
 * gradient turned alike. A common mean of 1e6 is a multiple of a power of two
 * that leaves embeddings exact: they are rounded to 2^-30 first. */
static void turned_and_moved(void **state) {
  enum { DIM = 5, COUNT = 301, SIZE = DIM * COUNT };
  double Q[DIM * DIM], R[DIM * DIM], turned[SIZE];
  es_diag diag = {0};
  (void)state;
  for (size_t k = 0; k < DIM * DIM; k++) Q[k] = normal(4, k);
  assert_ok(es_qr(DIM, DIM, Q, R, &diag), diag);
  for (int c = 0; c < 2; c++) {
    pairs p = pairs_of(DIM, COUNT, 1), q = pairs_of(DIM, COUNT, 1);
    es_infonce *w = scratch(DIM, COUNT, losses[c], .5);
    for (size_t k = 0; k < SIZE; k++) {
      p.Z[k] = ldexp(nearbyint(ldexp(p.Z[k], 30)), -30);
      p.Zp[k] = ldexp(nearbyint(ldexp(p.Zp[k], 30)), -30);
    }
    solve(w, &p);
    es_gemm(false, false, DIM, COUNT, DIM, 1, Q, DIM, p.Z, DIM, 0, q.Z, DIM);
    es_gemm(false, false, DIM, COUNT, DIM, 1, Q, DIM, p.Zp, DIM, 0, q.Zp, DIM);
    solve(w, &q);
    /* |z|^2 < 40; logits of dot are twice that. */
    const double relative = RELATIVE(DIM, COUNT, 80);
    assert_close(q.L, p.L, relative, 0);
    es_gemm(false, false, DIM, COUNT, DIM, 1, Q, DIM, p.dZ, DIM, 0, turned,
            DIM);
    assert_true(distance(SIZE, q.dZ, turned) <= relative * es_norm(SIZE, p.dZ));
    es_gemm(false, false, DIM, COUNT, DIM, 1, Q, DIM, p.dZp, DIM, 0, turned,
            DIM);
    assert_true(distance(SIZE, q.dZp, turned) <=
                relative * es_norm(SIZE, p.dZp));
    for (size_t k = 0; k < SIZE && losses[c] == ES_INFONCE_DISTANCE; k++) {
      q.Z[k] = p.Z[k] + 0x1p20;
      q.Zp[k] = p.Zp[k] + 0x1p20;
    }
    if (losses[c] == ES_INFONCE_DISTANCE) {
      solve(w, &q);
      assert_close(q.L, p.L, relative, 0);
      assert_true(distance(SIZE, q.dZ, p.dZ) <= relative * es_norm(SIZE, p.dZ));
    }
    es_infonce_free(w);
    pairs_free(&p);
    pairs_free(&q);
  }
}

/* W X = -dL/dW = G, also through the embeddings' gradient; with shifts of their
 * own where W is large. X is symmetric to the last bit, and no mean matters. */
static void x_and_push(void **state) {
  enum { DIM = 4, ALL = 9, COUNT = 150 };
  static double x[ALL * COUNT], xp[ALL * COUNT], moved[2][ALL * COUNT];
  (void)state;
  for (size_t k = 0; k < ALL * COUNT; k++) {
    x[k] = ldexp(nearbyint(ldexp(normal(5, k), 20)), -20);
    xp[k] = x[k] + ldexp(nearbyint(ldexp(.5 * normal(6, k), 20)), -20);
    moved[0][k] = x[k] + 0x1p20, moved[1][k] = xp[k] + 0x1p20;
  }
  for (int c = 0; c < 2; c++) {
    double W[DIM * ALL], G[DIM * ALL], WX[DIM * ALL], X[ALL * ALL], L;
    double other[ALL * ALL];
    pairs p = pairs_of(DIM, COUNT, 1);
    es_infonce *w = scratch(DIM, COUNT, ES_INFONCE_DISTANCE, 1);
    for (size_t k = 0; k < DIM * ALL; k++) W[k] = (c ? 9 : .4) * normal(7, k);
    es_gemm(false, false, DIM, COUNT, ALL, 1, W, DIM, x, ALL, 0, p.Z, DIM);
    es_gemm(false, false, DIM, COUNT, ALL, 1, W, DIM, xp, ALL, 0, p.Zp, DIM);
    assert_int_equal(es_infonce_push(w, ALL, W, x, xp, &L, G), ES_OK);
    solve(w, &p);
    assert_true(w->own == (c == 1));
    assert_true(L == p.L);
    assert_int_equal(es_infonce_x(w, p.Z, p.Zp, ALL, x, xp, X), ES_OK);
    es_gemm(false, false, DIM, ALL, ALL, 1, W, DIM, X, ALL, 0, WX, DIM);
    /* |z|^2 < 60 at W = .4, and 500 times that. */
    const double relative = RELATIVE(DIM, COUNT, c ? 3e4 : 60);
    assert_true(distance(DIM * ALL, WX, G) <=
                relative * es_norm(DIM * ALL, W) * es_norm(ALL * ALL, X));
    for (size_t k = 0; k < ALL * ALL; k++)
      assert_true(X[k] == X[k / ALL + k % ALL * ALL]);
    assert_int_equal(es_infonce_x(w, p.Z, p.Zp, ALL, moved[0], moved[1], other),
                     ES_OK);
    assert_true(distance(ALL * ALL, other, X) <= 1e-14 * es_norm(ALL * ALL, X));
    es_infonce_free(w);
    pairs_free(&p);
  }
}

/* All that one call chain gives, in one array. */
static void all_answers(es_infonce *w, pairs *p, double *out) {
  enum { ALL = 40 };
  const size_t size = p->d * p->n, wide = ALL * p->n;
  double *x = room(2 * wide + ALL * p->d), *xp = x + wide, *W = xp + wide;
  for (size_t k = 0; k < 2 * wide + ALL * p->d; k++) x[k] = normal(8, k) / 8;
  solve(w, p);
  *out = p->L;
  memcpy(out + 1, p->dZ, size * sizeof *out);
  memcpy(out + 1 + size, p->dZp, size * sizeof *out);
  out += 1 + 2 * size;
  assert_int_equal(es_infonce_push(w, ALL, W, x, xp, out, out + 1), ES_OK);
  out += 1 + ALL * p->d;
  if (w->loss == ES_INFONCE_DISTANCE)
    assert_int_equal(es_infonce_x(w, p->Z, p->Zp, ALL, x, xp, out), ES_OK);
  free(x);
}

/* The same bits with other threads, planned for or not, other vectors, and with
 * tiles kept or made again. */
static void same_bits(void **state) {
  static const struct {
    size_t n;
    double scale;
  } cases[] = {{1100, 1}, {1100, 12}, {200, 1}};
  const int before = omp_get_max_threads();
  (void)state;
  for (int c = 0; c < 6; c++) {
    const size_t n = cases[c / 2].n, size = 2 + 48 * n + 40 * 24 + 40 * 40;
    pairs p = pairs_of(24, n, cases[c / 2].scale);
    double *want = room(size), *got = room(size);
    for (int k = 0; k < 9; k++) {
      omp_set_num_threads(k == 1 || k == 3 ? 4 : k == 2 ? 3 : 1);
      es_infonce *w = scratch(24, n, losses[c % 2], 2);
      if (k == 3) omp_set_num_threads(1);
      if (k == 4) omp_set_num_threads(4);
      if (k == 5) w->kept = NULL;
      if (k >= 6 && es_simd_has((es_simd)(k - 6)))
        w->kernel = es_infonce_kernel_of(k - 6);
      all_answers(w, &p, k == 0 ? want : got);
      if (k > 0) assert_memory_equal(got, want, size * sizeof *got);
      es_infonce_free(w);
    }
    free(want);
    free(got);
    pairs_free(&p);
  }
  omp_set_num_threads(before);
}

/* Of e^x in the last place of the result, on a grid that is no multiple of
 * anything; and ends. */
static void exponential(void **state) {
  enum { COUNT = 1 << 20 };
  if (!long_double_is_wide()) skip();
  double *a = aligned_alloc(64, COUNT * sizeof *a);
  double *x = room(COUNT);
  (void)state;
  assert_non_null(a);
  for (int simd = 0; simd < ES_SIMDS; simd++) {
    double worst = 0;
    if (!es_simd_has((es_simd)simd)) continue;
    for (size_t k = 0; k < COUNT; k++) {
      const double u = es_random_uniform(7, ES_STREAM_USER + 9, k);
      a[k] = x[k] = k % 2 ? -708 * u : -u;
    }
    es_infonce_kernel_of(simd)->row(COUNT, a, 0);
    for (size_t k = 0; k < COUNT; k++) {
      const long double want = expl(x[k]);
      const double unit = nextafter((double)want, 2) - (double)want;
      worst = fmax(worst, fabs((double)((a[k] - want) / unit)));
    }
    print_message("# %s: %.3f units in the last place\n",
                  es_simd_name((es_simd)simd), worst);
    assert_true(worst < 1.1);
    const double ends[8] = {0, -708, -708.0001, -1e300, -DBL_MAX, -0., 1, -1};
    memcpy(a, ends, sizeof ends);
    es_infonce_kernel_of(simd)->row(8, a, 0);
    assert_true(a[0] == 1 && a[5] == 1 && a[2] == 0 && a[3] == 0 && a[4] == 0);
    assert_close(a[1], exp(-708), DBL_EPSILON, 0);
    assert_close(a[6], exp(1), DBL_EPSILON, 0);
  }
  free(a);
  free(x);
}

/* Twice the pairs are twice the scratch where tiles are not kept, which is at
 * most 128 MB; and a call takes nothing. */
static void memory(void **state) {
  size_t bytes[2];
  (void)state;
  if (!heap_is_seen()) {
    print_message("# the heap is not seen: skipped\n");
    return;
  }
  for (int c = 0; c < 2; c++) {
    for (int k = 0; k < 2; k++) {
      const long long since = heap_watch();
      es_infonce *w = scratch(3, (size_t)6000 << k, losses[c], 1);
      bytes[k] = heap_taken(since);
      es_infonce_free(w);
    }
    assert_true(bytes[1] <= 2 * bytes[0]);
    assert_true(bytes[0] <= 32 << 20);
    const long long since = heap_watch();
    es_infonce *w = scratch(3, 5600, losses[c], 1);
    assert_true(heap_taken(since) <= 160000000);
    es_infonce_free(w);
  }
  pairs p = pairs_of(3, 500, 1);
  for (int c = 0; c < 2; c++) {
    es_infonce *w = scratch(3, 500, losses[c], 1);
    solve(w, &p); /* threads may take what is theirs */
    const size_t calls = atomic_load(&heap_ours);
    solve(w, &p);
    assert_int_equal(atomic_load(&heap_ours), calls);
    es_infonce_free(w);
  }
  pairs_free(&p);
}

static void refusals(void **state) {
  es_diag diag = {0};
  es_infonce *w;
  (void)state;
  assert_status(es_infonce_new(&w, 0, 3, ES_INFONCE_DOT, 1, &diag),
                ES_BAD_SHAPE);
  assert_null(w);
  assert_status(es_infonce_new(&w, 3, 0, ES_INFONCE_DOT, 1, &diag),
                ES_BAD_SHAPE);
  assert_status(es_infonce_new(&w, 3, SIZE_MAX / 4, ES_INFONCE_DOT, 1, &diag),
                ES_BAD_SHAPE);
  assert_status(
      es_infonce_new(&w, 2000000000, 2000000000, ES_INFONCE_DISTANCE, 1, &diag),
      ES_NO_MEMORY);
  es_infonce_free(NULL);
  for (int c = 0; c < 2; c++) {
    const double bad[] = {NAN, INFINITY, 1e200};
    pairs p = pairs_of(2, 70, 1);
    w = scratch(2, 70, losses[c], .5);
    for (int k = 0; k < 6; k++) {
      double *at = (k % 2 ? p.Z : p.Zp) + 77;
      const double was = *at;
      *at = bad[k / 2];
      /* 1e200 in Z alone makes dot's logits 1e200, which are finite. */
      if (!(c == 1 && k == 5))
        assert_status(es_infonce_gradient(w, p.Z, p.Zp, &p.L, p.dZ, p.dZp),
                      ES_NOT_FINITE);
      *at = was;
    }
    solve(w, &p);
    assert_true(isfinite(p.L));
    if (c == 1)
      assert_status(es_infonce_x(w, p.Z, p.Zp, 2, p.Z, p.Zp, p.dZ),
                    ES_BAD_SHAPE);
    es_infonce_free(w);
    pairs_free(&p);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(finite_differences), cmocka_unit_test(turned_and_moved),
      cmocka_unit_test(x_and_push),         cmocka_unit_test(same_bits),
      cmocka_unit_test(exponential),        cmocka_unit_test(memory),
      cmocka_unit_test(refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
