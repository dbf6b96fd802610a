/* InfoNCE's value and gradient (infonce.h): against 50 digits on embeddings of
 * many scales (tests/oracle/infonce.py), against theory.md 6, against a plain
 * loop on many sizes, and what does not change them.
 *
 * Tolerances. A logit is a sum of products of size kappa; each has some d + 6
 * roundings, of which a weight, a quotient of exponentials, sees twice the
 * largest. Sums over n add n roundings and the exponential some: a weight has a
 * relative error of RELATIVE(d, n, kappa), a term of the gradient that times
 * its size. -ln alpha_ii has it relative to itself, for u/(1+u) <= log1p(u).
 * Roundings do not all go one way: an eighth of that bound is asked for. */
#include "tests/check.h"

#include "base/random.h"
#include "linalg/linalg.h"
#include "models/linear/infonce_parts.h"
#include "sweep/lanes.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EPS 0x1p-53
#define RELATIVE(d, n, kappa)                                                  \
  (EPS / 8 * (20 + (double)(n) + 2 * ((double)(d) + 6) * (kappa)))

enum { MOST = 64 };

/* A case of infonce.csv: d×n and m×n, column-major. */
typedef struct reference {
  char name[32];
  es_infonce_loss loss;
  double temperature, kappa, L, X_size;
  size_t d, n, m;
  double Z[MOST], Zp[MOST], dZ[MOST], dZp[MOST], x[MOST], xp[MOST], X[MOST];
  double dZ_size[MOST], dZp_size[MOST];
} reference;

static void put(double *a, size_t rows, size_t i, size_t k, double value) {
  assert_true(i * rows + k < MOST);
  a[i * rows + k] = value;
}

/* One line of the case; sizes come with the last embedding and sample. */
static void take(reference *r, const char *name, size_t i, size_t k, double v) {
  const struct {
    const char *name;
    double *a;
    size_t rows;
  } all[] = {{"Z", r->Z, 8},          {"Zp", r->Zp, 8},
             {"dZ", r->dZ, 8},        {"dZp", r->dZp, 8},
             {"x", r->x, 8},          {"xp", r->xp, 8},
             {"X", r->X, 8},          {"dZ_size", r->dZ_size, 1},
             {"L", &r->L, 1},         {"dZp_size", r->dZp_size, 1},
             {"kappa", &r->kappa, 1}, {"X_size", &r->X_size, 1}};
  if (strcmp(name, "distance") == 0 || strcmp(name, "dot") == 0) {
    r->loss = name[1] == 'o' ? ES_INFONCE_DOT : ES_INFONCE_DISTANCE;
    r->temperature = v;
    return;
  }
  if (strcmp(name, "Z") == 0) r->n = i + 1, r->d = k + 1;
  if (strcmp(name, "x") == 0) r->m = k + 1;
  for (size_t j = 0; j < sizeof all / sizeof *all; j++)
    if (strcmp(name, all[j].name) == 0) {
      put(all[j].a, all[j].rows, i, k, v);
      return;
    }
  fail_msg("infonce.csv: %s", name);
}

/* Columns of 8 become columns of `rows`. */
static void pack(double *a, size_t rows, size_t columns) {
  for (size_t i = 0; i < columns; i++)
    memmove(a + i * rows, a + i * 8, rows * sizeof *a);
}

/* The next case; false at the end. The line after it waits in `line`. */
static bool read_case(FILE *file, char *line, size_t size, reference *r) {
  *r = (reference){0};
  do {
    char name[32], field[16], value[32];
    size_t i, k;
    if (sscanf(line, "%31[^,],%15[^,],%zu,%zu,%31s", name, field, &i, &k,
               value) != 5)
      break;
    if (r->name[0] == '\0') strcpy(r->name, name);
    if (strcmp(r->name, name) != 0) break;
    take(r, field, i, k, strtod(value, NULL));
  } while (fgets(line, (int)size, file) != NULL || (line[0] = '\0'));
  double *const wide[] = {r->Z, r->Zp, r->dZ, r->dZp};
  for (size_t j = 0; j < 4; j++) pack(wide[j], r->d, r->n);
  pack(r->x, r->m, r->n);
  pack(r->xp, r->m, r->n);
  pack(r->X, r->m, r->m);
  return r->name[0] != '\0';
}

static es_infonce *scratch(size_t d, size_t n, es_infonce_loss loss,
                           double temperature) {
  es_diag diag = {0};
  es_infonce *out;
  assert_ok(es_infonce_new(&out, d, n, loss, temperature, &diag), diag);
  return out;
}

static void check(const reference *r, const char *what, double got, double want,
                  double tolerance, double *worst) {
  if (!(fabs(got - want) <= tolerance))
    fail_msg("%s, %s: %.17g, want %.17g (%.3g, tolerance %.3g)", r->name, what,
             got, want, got - want, tolerance);
  if (tolerance > 0) *worst = fmax(*worst, fabs(got - want) / tolerance);
}

static void against_reference(const reference *r) {
  const double relative = RELATIVE(r->d, r->n, r->kappa);
  double L, dZ[MOST], dZp[MOST], X[MOST], worst = 0;
  es_infonce *w = scratch(r->d, r->n, r->loss, r->temperature);
  assert_int_equal(es_infonce_gradient(w, r->Z, r->Zp, &L, dZ, dZp), ES_OK);
  check(r, "L", L, r->L, relative * r->L, &worst);
  for (size_t i = 0; i < r->n; i++)
    for (size_t k = i * r->d; k < (i + 1) * r->d; k++) {
      check(r, "dZ", dZ[k], r->dZ[k], relative * r->dZ_size[i], &worst);
      check(r, "dZp", dZp[k], r->dZp[k], relative * r->dZp_size[i], &worst);
    }
  if (r->m > 0) {
    assert_int_equal(es_infonce_x(w, r->Z, r->Zp, r->m, r->x, r->xp, X), ES_OK);
    for (size_t k = 0; k < r->m * r->m; k++) {
      check(r, "X", X[k], r->X[k], relative * r->X_size, &worst);
      assert_true(X[k] == X[k / r->m + k % r->m * r->m]);
    }
  }
  print_message("# %-16s relative %.1e, used %.2f of it\n", r->name, relative,
                worst);
  es_infonce_free(w);
}

static void references_of_50_digits(void **state) {
  FILE *file = fopen("tests/oracle/infonce.csv", "r");
  char line[160];
  size_t cases = 0;
  (void)state;
  assert_non_null(file);
  assert_non_null(fgets(line, sizeof line, file));
  assert_non_null(fgets(line, sizeof line, file));
  for (reference r; read_case(file, line, sizeof line, &r); cases++)
    against_reference(&r);
  fclose(file);
  assert_int_equal(cases, 21);
}

/* All digits that theory.md 6 prints. */
static void numbers_of_the_theory(void **state) {
  static const double x[] = {1, 0, 0, 1, -1, -.5};
  static const double xp[] = {1.5, .25, -.25, .5, -1, .25};
  static const double W[] = {1, -.25, .5, .75};
  static const double want[] = {1.3594133813447, -.339993716796557,
                                -.339993716796557, 1.03651561126217};
  double Z[6], Zp[6], X[4], G[4], L;
  es_infonce *w = scratch(2, 3, ES_INFONCE_DISTANCE, 1);
  (void)state;
  es_gemm(false, false, 2, 3, 2, 1, W, 2, x, 2, 0, Z, 2);
  es_gemm(false, false, 2, 3, 2, 1, W, 2, xp, 2, 0, Zp, 2);
  assert_int_equal(es_infonce_push(w, 2, W, x, xp, &L, G), ES_OK);
  assert_close(L, 1.40359065241456, 0, 5e-15);
  assert_int_equal(es_infonce_x(w, Z, Zp, 2, x, xp, X), ES_OK);
  for (size_t k = 0; k < 4; k++) assert_close(X[k], want[k], 0, 1e-14);
  for (size_t i = 0; i < 2; i++)
    for (size_t j = 0; j < 2; j++)
      assert_close(G[i + 2 * j], W[i] * X[2 * j] + W[i + 2] * X[2 * j + 1], 0,
                   1e-14);
  es_infonce_free(w);
}

/* Pairs of embeddings and room for answers. */
typedef struct pairs {
  size_t d, n;
  double *Z, *Zp, *dZ, *dZp, L;
} pairs;

static double normal(uint32_t stream, uint64_t k) {
  return es_random_normal(7, ES_STREAM_USER + stream, k);
}

static double *room(size_t n) {
  double *out = calloc(n + 1, sizeof *out);
  assert_non_null(out);
  return out;
}

static pairs pairs_of(size_t d, size_t n, double scale) {
  const size_t size = d * n;
  pairs p = {d, n, room(size), room(size), room(size), room(size), 0};
  for (size_t k = 0; k < size; k++) {
    p.Z[k] = scale * normal(0, k);
    p.Zp[k] = p.Z[k] + .4 * scale * normal(1, k);
  }
  return p;
}

static void pairs_free(pairs *p) {
  free(p->Z);
  free(p->Zp);
  free(p->dZ);
  free(p->dZp);
}

static void solve(es_infonce *w, pairs *p) {
  assert_int_equal(es_infonce_gradient(w, p->Z, p->Zp, &p->L, p->dZ, p->dZp),
                   ES_OK);
}

/* l_ij in long double. */
static long double logit(const pairs *p, es_infonce_loss loss, double T,
                         size_t i, size_t j) {
  const double *b = loss == ES_INFONCE_DOT || i == j ? p->Zp : p->Z;
  long double sum = 0;
  for (size_t k = 0; k < p->d; k++) {
    const long double a = p->Z[k + i * p->d], o = b[k + j * p->d];
    sum += loss == ES_INFONCE_DOT ? a * o / T : -(a - o) * (a - o) / 2;
  }
  return sum;
}

/* The definition, pair by pair, in long double, into `want`. */
static void by_definition(const pairs *p, es_infonce_loss loss, double T,
                          pairs *want) {
  const size_t d = p->d, n = p->n;
  long double *l = calloc(n, sizeof *l), L = 0;
  long double *dZ = calloc(2 * d * n, sizeof *dZ), *dZp = dZ + d * n;
  assert_true(l != NULL && dZ != NULL);
  for (size_t i = 0; i < n; i++) {
    long double top = -INFINITY, rest = 0;
    for (size_t j = 0; j < n; j++) {
      l[j] = logit(p, loss, T, i, j);
      top = fmaxl(top, l[j]);
    }
    for (size_t j = 0; j < n; j++) rest += j == i ? 0 : expl(l[j] - top);
    const long double by = l[i] - top, sum = rest + expl(by);
    L += by > -9000 ? log1pl(rest / expl(by)) : logl(sum) - by;
    for (size_t j = 0; j < n; j++) {
      const bool dot = loss == ES_INFONCE_DOT, own = i == j;
      const long double a = own ? -rest / sum : expl(l[j] - top) / sum;
      const double *b = dot || own ? p->Zp : p->Z;
      long double *db = dot || own ? dZp : dZ;
      for (size_t k = 0; k < d; k++) {
        const long double z = p->Z[k + i * d], o = b[k + j * d];
        dZ[k + i * d] += dot ? a * o / T : a * (o - z);
        db[k + j * d] += dot ? a * z / T : a * (z - o);
      }
    }
  }
  want->L = (double)L;
  for (size_t k = 0; k < d * n; k++) {
    want->dZ[k] = (double)dZ[k];
    want->dZp[k] = (double)dZp[k];
  }
  free(l);
  free(dZ);
}

static double distance(size_t n, const double *a, const double *b) {
  double sum = 0;
  for (size_t k = 0; k < n; k++) sum += (a[k] - b[k]) * (a[k] - b[k]);
  return sqrt(sum);
}

/* Sizes around a block and a chunk, losses, and scales for which rows share a
 * shift (1), or have each its own (12: |z - z'|^2/2 is far above 200). Norms of
 * the gradient are of order one or more times kappa's error. */
static void all_sizes(void **state) {
  static const size_t sizes[] = {1,   2,   7,   8,   9,   63,  64,  65,
                                 255, 256, 257, 511, 512, 513, 700, 1025};
  (void)state;
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
    for (int k = 0; k < 4; k++) {
      const es_infonce_loss loss = k < 2 ? ES_INFONCE_DISTANCE : ES_INFONCE_DOT;
      const double scale = k == 1 ? 12 : 1, T = k == 2 ? .1 : 2;
      pairs p = pairs_of(17, sizes[s], scale), want = pairs_of(17, sizes[s], 1);
      es_infonce *w = scratch(17, sizes[s], loss, T);
      const size_t size = 17 * sizes[s];
      /* |z|^2 is near 17 scale^2; below three times that. */
      const double kappa = 3 * 17 * scale * scale / (k == 2 ? .1 : 1);
      const double relative = RELATIVE(17, sizes[s], kappa);
      solve(w, &p);
      by_definition(&p, loss, T, &want);
      assert_close(p.L, want.L, relative, 0);
      assert_true(distance(size, p.dZ, want.dZ) <=
                  relative * es_norm(size, want.dZ));
      assert_true(distance(size, p.dZp, want.dZp) <=
                  relative * es_norm(size, want.dZp));
      es_infonce_free(w);
      pairs_free(&p);
      pairs_free(&want);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(references_of_50_digits),
      cmocka_unit_test(numbers_of_the_theory),
      cmocka_unit_test(all_sizes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
