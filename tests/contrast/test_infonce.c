/* InfoNCE's value and gradient (infonce.h): against 50 digits on embeddings of
 * many scales (tests/oracle/infonce.py), against theory.md 6, against a plain
 * loop on many sizes, and what does not change them. Tolerances:
 * infonce.h. */
#include "tests/contrast/infonce.h"

#include <stdio.h>
#include <string.h>

enum { MOST = 96, ROOM = 10 };

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
  } all[] = {{"Z", r->Z, ROOM},       {"Zp", r->Zp, ROOM},
             {"dZ", r->dZ, ROOM},     {"dZp", r->dZp, ROOM},
             {"x", r->x, ROOM},       {"xp", r->xp, ROOM},
             {"X", r->X, ROOM},       {"dZ_size", r->dZ_size, 1},
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

/* Columns of ROOM become columns of `rows`. */
static void pack(double *a, size_t rows, size_t columns) {
  for (size_t i = 0; i < columns; i++)
    memmove(a + i * rows, a + i * ROOM, rows * sizeof *a);
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
  assert_int_equal(cases, 22);
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

/* The largest |z|^2, in units of logits. */
static double kappa_of(const pairs *p, es_infonce_loss loss, double T) {
  double most = 0;
  for (size_t i = 0; i < p->n * p->d; i += p->d)
    most = fmax(most, fmax(es_norm(p->d, p->Z + i), es_norm(p->d, p->Zp + i)));
  return most * most / (loss == ES_INFONCE_DOT ? T : 1);
}

static void against_definition(size_t d, size_t n, es_infonce_loss loss,
                               double scale, double T) {
  const size_t size = d * n;
  pairs p = pairs_of(d, n, scale), want = pairs_of(d, n, 1);
  es_infonce *w = scratch(d, n, loss, T);
  const double relative = RELATIVE(d, n, kappa_of(&p, loss, T));
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

/* Sizes around blocks and chunks, of each edge that there is; scales for which
 * rows share a shift (1), or have each its own (12: -l_ii is far above 200). */
static void all_sizes(void **state) {
  static const size_t sizes[] = {1,  2,   7,   8,   9,   63,  64,
                                 65, 127, 128, 129, 255, 257, 513};
  (void)state;
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    against_definition(17, sizes[s], ES_INFONCE_DISTANCE, 1, 1);
    against_definition(17, sizes[s], ES_INFONCE_DISTANCE, 12, 1);
    against_definition(17, sizes[s], ES_INFONCE_DOT, 1, .1);
    against_definition(17, sizes[s], ES_INFONCE_DOT, 1, 2);
  }
  against_definition(3, 1025, ES_INFONCE_DISTANCE, 1, 1);
  against_definition(3, 1025, ES_INFONCE_DISTANCE, 30, 1);
  against_definition(3, 1025, ES_INFONCE_DOT, 1, 1);
  against_definition(2, 2049, ES_INFONCE_DISTANCE, 1, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(references_of_50_digits),
      cmocka_unit_test(numbers_of_the_theory),
      cmocka_unit_test(all_sizes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
