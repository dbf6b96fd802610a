/* The coefficients, as the running code uses them: a right-hand side that
 * answers call number i with the unit vector e_i makes the stepper write its
 * own tableau into the arguments of the calls (y = 0, h = 1, so the argument of
 * stage i is sum_j a_ij e_j). All conditions of order p, one for each rooted
 * tree of at most p nodes (Hairer, Norsett, Wanner II.2, theorem 2.13), are
 * then checked for steps, interpolants and error estimates. */
#include "tests/check.h"

#include "ode/stepper.h"
#include "tests/ode/trees.h"

#include <float.h>
#include <string.h>

enum { MOST = 16 };

typedef struct tableau {
  int stages;           /* with those that only the interpolant uses */
  int calls;            /* stages seen, the first counted */
  double a[MOST][MOST]; /* row of stage i, from 0 */
  double c[MOST];
  double b[MOST];         /* y_new */
  double e_answer[MOST];  /* for estimate(): slopes that are asked for */
  double work[40 * MOST]; /* the stepper's */
  double y[4][MOST];      /* y, f, y_new, f_new */
  double atol[MOST];
} tableau;

static es_status reveal(double t, const double *y, double *dydt,
                        void *context) {
  tableau *tb = context;
  const int stage = tb->calls++;
  assert_true(stage < tb->stages);
  tb->c[stage] = t;
  memcpy(tb->a[stage], y, sizeof(double) * (size_t)tb->stages);
  memset(dydt, 0, sizeof(double) * (size_t)tb->stages);
  dydt[stage] = 1;
  return ES_OK;
}

static es_status answer(double t, const double *y, double *dydt,
                        void *context) {
  (void)t, (void)y;
  tableau *tb = context;
  dydt[0] = tb->e_answer[tb->calls++];
  return ES_OK;
}

static es_step unit_step(tableau *tb, size_t n, es_ode_rhs rhs) {
  memset(tb->y, 0, sizeof tb->y);
  tb->calls = 1;
  return (es_step){.n = n,
                   .stride = MOST,
                   .rhs = rhs,
                   .context = tb,
                   .rtol = 1e-300,
                   .atol = tb->atol,
                   .work = tb->work,
                   .t_new = 1,
                   .h = 1,
                   .y = tb->y[0],
                   .f = tb->y[1],
                   .y_new = tb->y[2],
                   .f_new = tb->y[3]};
}

/* Leaves the attempt in *s, so that it can be interpolated. */
static void read_tableau(tableau *tb, es_step *s, const es_stepper *stepper,
                         int stages) {
  memset(tb, 0, sizeof *tb);
  tb->stages = stages;
  for (int i = 0; i < MOST; i++) tb->atol[i] = 1e300;
  *s = unit_step(tb, (size_t)stages, reveal);
  s->f[0] = 1;
  assert_int_equal(stepper->attempt(s), ES_OK);
  if (stepper->prepare != NULL) assert_int_equal(stepper->prepare(s), ES_OK);
  assert_int_equal(tb->calls, stages);
  memcpy(tb->b, s->y_new, sizeof tb->b);
}

/* The error estimate of slopes k, in units of 1. */
static double estimate(tableau *tb, const es_stepper *stepper,
                       const double *k) {
  tb->atol[0] = 1;
  es_step s = unit_step(tb, 1, answer);
  memcpy(tb->e_answer, k, sizeof tb->e_answer);
  s.f[0] = k[0];
  assert_int_equal(stepper->attempt(&s), ES_OK);
  return s.error;
}

/* The elementary weights of every stage, and the sums of their terms' sizes,
 * which bound how rounding can move them. */
typedef struct weights {
  double phi[TREES][MOST], size[TREES][MOST];
} weights;

static void weigh(weights *w, const forest *all, const tableau *tb) {
  for (int k = 0; k < all->n; k++)
    for (int i = 0; i < tb->stages; i++) {
      w->phi[k][i] = w->size[k][i] = 1;
      for (int c = 0; c < all->tree[k].n; c++) {
        const int child = all->tree[k].child[c];
        double sum = 0, size = 0;
        for (int j = 0; j < i; j++) {
          sum += tb->a[i][j] * w->phi[child][j];
          size += fabs(tb->a[i][j]) * w->size[child][j];
        }
        w->phi[k][i] *= sum;
        w->size[k][i] *= size;
      }
    }
}

/* Largest residual of the conditions of one order, sum_i b_i phi_i =
 * theta^order/gamma, and the same in units of what rounding explains: each
 * term is a product of at most `order` coefficients, each rounded once, with
 * as many roundings of products and at most MOST of sums per level. */
static double residual(double *in_roundings, const forest *all,
                       const weights *w, const double *b, int stages, int order,
                       double theta) {
  double worst = 0;
  *in_roundings = 0;
  for (int k = 0; k < all->n; k++) {
    if (all->tree[k].order != order) continue;
    double sum = -pow(theta, order) / all->tree[k].gamma, size = 0;
    for (int i = 0; i < stages; i++) {
      sum += b[i] * w->phi[k][i];
      size += fabs(b[i]) * w->size[k][i];
    }
    worst = fmax(worst, fabs(sum));
    const double unit = DBL_EPSILON / 2 * (2 * order + MOST) * size;
    *in_roundings = fmax(*in_roundings, fabs(sum) / unit);
  }
  return worst;
}

typedef struct fixture {
  forest all;
  weights w;
  tableau tb;
  es_step step;
} fixture;

/* Orders up to p hold to rounding, order p + 1 does not hold. */
static void check_weights(fixture *x, const double *b, double theta, int p,
                          double absolute) {
  double units;
  for (int q = 1; q <= p; q++) {
    const double r =
        residual(&units, &x->all, &x->w, b, x->tb.stages, q, theta);
    if (!(units <= 1 && r <= absolute))
      fail_msg("order %d at theta %g: residual %.3g, %.3g roundings", q, theta,
               r, units);
  }
  if (p == TREE_ORDER) return;
  const double r =
      residual(&units, &x->all, &x->w, b, x->tb.stages, p + 1, theta);
  assert_true(r > 1e-6 && units > 1e3);
}

static void make(fixture *x, const es_stepper *stepper, int stages) {
  memset(x, 0, sizeof *x);
  plant(&x->all);
  read_tableau(&x->tb, &x->step, stepper, stages);
  weigh(&x->w, &x->all, &x->tb);
}

static void check_row_sums(const tableau *tb) {
  for (int i = 1; i < tb->stages; i++) {
    double sum = 0, size = 0;
    for (int j = 0; j < i; j++) sum += tb->a[i][j], size += fabs(tb->a[i][j]);
    assert_close(sum, tb->c[i], 0, MOST * DBL_EPSILON / 2 * size);
  }
}

/* The interpolant of the step left in x, at theta. */
static void check_interpolant(const es_stepper *stepper, fixture *x,
                              double absolute) {
  double b[MOST];
  for (int i = 1; i < 10; i++) {
    stepper->dense(&x->step, i / 10., b);
    check_weights(x, b, i / 10., stepper->dense_order, absolute);
  }
  stepper->dense(&x->step, 0, b);
  for (int i = 0; i < x->tb.stages; i++) assert_close(b[i], 0, 0, 0);
  stepper->dense(&x->step, 1, b);
  for (int i = 0; i < x->tb.stages; i++)
    assert_close(b[i], x->tb.b[i], 0, 400 * DBL_EPSILON);
}

/* The estimate is blind to all trees of at most `blind` nodes, and not to all
 * of the next order. */
static void check_estimate(const es_stepper *stepper, fixture *x, int blind) {
  double seen = 0;
  for (int k = 0; k < x->all.n && x->all.tree[k].order <= blind + 1; k++) {
    const double error = estimate(&x->tb, stepper, x->w.phi[k]);
    double size = 0;
    for (int i = 0; i < x->tb.stages; i++) size = fmax(size, x->w.size[k][i]);
    if (x->all.tree[k].order > blind)
      seen = fmax(seen, error);
    else
      assert_close(error, 0, 0, 100 * DBL_EPSILON * size);
  }
  assert_true(seen > 1e-6);
}

/* The sums' terms add up to at most about 110 in size, so that the rounding of
 * the coefficients alone, half a unit each, moves them by up to 1.2e-14. */
static void tsit5_meets_every_condition(void **state) {
  (void)state;
  fixture x;
  make(&x, &es_stepper_tsit5, 7);
  check_row_sums(&x.tb);
  check_weights(&x, x.tb.b, 1, 5, 2e-14);
  check_interpolant(&es_stepper_tsit5, &x, 2e-14);
  check_estimate(&es_stepper_tsit5, &x, 4);
}

static void dop853_meets_every_condition(void **state) {
  (void)state;
  fixture x;
  make(&x, &es_stepper_dop853, 16);
  check_row_sums(&x.tb);
  check_weights(&x, x.tb.b, 1, 8, 1e-13);
  check_interpolant(&es_stepper_dop853, &x, 1e-12);
  check_estimate(&es_stepper_dop853, &x, 5);
}

/* E5^2/sqrt(E5^2 + E3^2/100) shows E3 only together with E5. The weights of
 * order 3 that E3 compares with use stages 1, 9 and 12 and are fixed by their
 * three conditions, so E3 is known here; E5 is blind to a tree z of four nodes,
 * so that adding z to slopes k moves E3 alone: E5 found from k must explain
 * k + 3000 z too. E5 of 3000 z is not 0 but some roundings of terms of size
 * 10, which is 1e-11 of the E5 here. */
static void dop853_compares_with_order_three(void **state) {
  (void)state;
  fixture x;
  make(&x, &es_stepper_dop853, 16);
  const double c9 = x.tb.c[8], w9 = 1 / (6 * c9 * (1 - c9)), w12 = .5 - w9 * c9;
  double e3[MOST], k[MOST], moved[MOST], seen = 0, added = 0;
  memcpy(e3, x.tb.b, sizeof e3);
  e3[0] -= 1 - w9 - w12;
  e3[8] -= w9;
  e3[11] -= w12;
  const double *z = x.w.phi[7];
  assert_int_equal(x.all.tree[7].order, 4);
  for (int i = 0; i < MOST; i++) {
    k[i] = cos(i);
    moved[i] = k[i] + 3000 * z[i];
    seen += e3[i] * k[i];
    added += e3[i] * moved[i];
  }
  const double q = estimate(&x.tb, &es_stepper_dop853, k);
  const double a = .01 * seen * seen;
  const double e5 = (q * q + sqrt(q * q * q * q + 4 * q * q * a)) / 2;
  assert_true(fabs(added) > 2 * fabs(seen) && q > 1e-3);
  assert_close(estimate(&x.tb, &es_stepper_dop853, moved),
               e5 / sqrt(e5 + .01 * added * added), 5e-11, 0);
}

/* One of the 286 trees of nine nodes is enough to see that the order is not 9:
 * the tall one, sum_i b_i (A^8 1)_i = 1/9!. */
static void dop853_is_not_of_order_nine(void **state) {
  (void)state;
  fixture x;
  make(&x, &es_stepper_dop853, 16);
  double v[MOST], next[MOST], sum = 0;
  for (int i = 0; i < 16; i++) v[i] = 1;
  for (int level = 0; level < 8; level++) {
    for (int i = 0; i < 16; i++) {
      next[i] = 0;
      for (int j = 0; j < i; j++) next[i] += x.tb.a[i][j] * v[j];
    }
    memcpy(v, next, sizeof v);
  }
  for (int i = 0; i < 16; i++) sum += x.tb.b[i] * v[i];
  assert_true(fabs(sum * 362880 - 1) > 1e-3);
}

/* The slopes of the interpolant at both ends are those of the solution there:
 * b_i'(0) = [i = 1], b_i'(1) = [i = last stage of the step]. Differences over
 * 1e-6 of polynomials with coefficients below 2000 are off by at most 1e-2. */
static void interpolants_are_smooth_across_steps(void **state) {
  (void)state;
  const es_stepper *const list[2] = {&es_stepper_tsit5, &es_stepper_dop853};
  const int stages[2] = {7, 16}, last[2] = {6, 12};
  for (int m = 0; m < 2; m++) {
    fixture x;
    make(&x, list[m], stages[m]);
    double at0[MOST], at1[MOST];
    list[m]->dense(&x.step, 1e-6, at0);
    list[m]->dense(&x.step, 1 - 1e-6, at1);
    for (int i = 0; i < stages[m]; i++) {
      assert_close(at0[i] / 1e-6, i == 0, 0, 1e-2);
      assert_close((x.tb.b[i] - at1[i]) / 1e-6, i == last[m], 0, 1e-2);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tsit5_meets_every_condition),
      cmocka_unit_test(dop853_meets_every_condition),
      cmocka_unit_test(dop853_compares_with_order_three),
      cmocka_unit_test(dop853_is_not_of_order_nine),
      cmocka_unit_test(interpolants_are_smooth_across_steps),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
