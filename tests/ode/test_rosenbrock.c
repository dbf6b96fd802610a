/* rosenbrock: the conditions of its order and its stability, from the running
 * code. */
#include "tests/check.h"

#include "ode/stepper.h"
#include "tests/ode/trees.h"

#include <float.h>
#include <string.h>

enum { MOST = 8, LINE = 8 };

typedef struct lab {
  const forest *all;
  int tree;     /* whose system is solved */
  bool by_time; /* leaves are t itself */
  int n;
  double re, im; /* of lambda */
  /* what one step needs */
  double work[(16 + 2 * LINE) * LINE], y[4][LINE], atol[LINE];
} lab;

/* The tree's nodes as components: y_k' is the product of the children of k, so
 * that from 0 the root becomes t^order/gamma(tree), and the step gives the sum
 * that the condition of this tree sets equal to 1/gamma. Nodes are numbered
 * from the root, each before its children. */
static bool is_time(const lab *l, int which) {
  return l->by_time && l->all->tree[which].n == 0;
}

static int size_of(const lab *l, int which) {
  int size = is_time(l, which) ? 0 : 1;
  for (int i = 0; i < l->all->tree[which].n; i++)
    size += size_of(l, l->all->tree[which].child[i]);
  return size;
}

static void slopes(const lab *l, int which, int k, double t, const double *y,
                   double *dydt) {
  const struct tree *at = &l->all->tree[which];
  int child = k + 1;
  dydt[k] = 1;
  for (int i = 0; i < at->n; i++) {
    if (is_time(l, at->child[i])) {
      dydt[k] *= t;
      continue;
    }
    dydt[k] *= y[child];
    slopes(l, at->child[i], child, t, y, dydt);
    child += size_of(l, at->child[i]);
  }
}

static es_status grow(double t, const double *y, double *dydt, void *context) {
  const lab *l = context;
  slopes(l, l->tree, 0, t, y, dydt);
  return ES_OK;
}

/* By the product rule at y = 0, t = 0, where all steps here begin: only a node
 * with a single child has a derivative other than 0. */
static void derive(const lab *l, int which, int k, double *J, double *dfdt) {
  const struct tree *at = &l->all->tree[which];
  int child = k + 1;
  for (int i = 0; i < at->n; i++) {
    const bool time = is_time(l, at->child[i]);
    if (at->n == 1 && time) dfdt[k] = 1;
    if (at->n == 1 && !time) J[k + child * l->n] = 1;
    if (!time) derive(l, at->child[i], child, J, dfdt);
    child += size_of(l, at->child[i]);
  }
}

static es_status grow_jacobian(double t, const double *y, double *J,
                               double *dfdt, void *context) {
  const lab *l = context;
  assert_true(t == 0 && y[0] == 0);
  derive(l, l->tree, 0, J, dfdt);
  return ES_OK;
}

static es_step unit_step(lab *l, int n, es_ode_rhs rhs,
                         es_ode_jacobian jacobian) {
  memset(l->y, 0, sizeof l->y);
  l->n = n;
  for (int i = 0; i < LINE; i++) l->atol[i] = 1;
  es_step s = {.n = (size_t)n,
               .stride = LINE,
               .rhs = rhs,
               .jacobian = jacobian,
               .context = l,
               .rtol = 1e-300,
               .atol = l->atol,
               .work = l->work,
               .t_new = 1,
               .h = 1,
               .y = l->y[0],
               .f = l->y[1],
               .y_new = l->y[2],
               .f_new = l->y[3]};
  assert_true(es_stepper_rosenbrock.doubles(LINE) <=
              sizeof l->work / sizeof *l->work);
  es_stepper_rosenbrock.begin(&s);
  return s;
}

/* One step of length 1 in the system of a tree, ready to be interpolated. */
static es_step step_tree(lab *l, const forest *all, int which, bool by_time) {
  l->all = all;
  l->tree = which;
  l->by_time = by_time;
  es_step s = unit_step(l, 1, grow, grow_jacobian);
  l->n = size_of(l, which);
  s.n = (size_t)l->n;
  assert_int_equal(es_step_rhs(&s, 0, s.y, s.f), ES_OK);
  for (int i = 0; i < LINE; i++) l->atol[i] = DBL_MAX;
  assert_int_equal(es_stepper_rosenbrock.attempt(&s), ES_OK);
  assert_int_equal(es_stepper_rosenbrock.prepare(&s), ES_OK);
  return s;
}

/* The rounding of the coefficients, half a unit each, can move a sum by at most
 * 2.8e-14 (of the interpolant: 2.3e-14), found by moving each in turn; that of
 * the steps' own sums is of the same size and rarely all of one sign. */
static const double close_enough = 5e-14;

/* Trees of at most five nodes hold, not all of six do; with t in the place of
 * the leaves the same conditions hold. */
static void steps_meet_every_condition(void **state) {
  (void)state;
  static forest all;
  static lab l;
  double missed = 0;
  plant(&all);
  for (int k = 0; k < all.n && all.tree[k].order <= 6; k++)
    for (int by_time = 0; by_time < 2; by_time++) {
      if (by_time && all.tree[k].order == 1) continue;
      const es_step s = step_tree(&l, &all, k, by_time);
      const double want = 1 / all.tree[k].gamma;
      if (all.tree[k].order <= 5)
        assert_close(s.y_new[0], want, 0, close_enough);
      else
        missed = fmax(missed, fabs(s.y_new[0] - want));
    }
  assert_true(missed > 1e-3);
}

static void the_interpolant_meets_those_of_order_four(void **state) {
  (void)state;
  static forest all;
  static lab l;
  double missed = 0, y[LINE];
  plant(&all);
  for (int k = 0; k < all.n && all.tree[k].order <= 5; k++)
    for (int part = 0; part <= 10; part++) {
      const es_step s = step_tree(&l, &all, k, false);
      const double theta = part / 10.;
      es_stepper_rosenbrock.dense(&s, theta, y);
      const double want = pow(theta, all.tree[k].order) / all.tree[k].gamma;
      if (all.tree[k].order <= 4 || part == 0 || part == 10)
        assert_close(y[0], want, 0, close_enough);
      else
        missed = fmax(missed, fabs(y[0] - want));
    }
  assert_true(missed > 1e-4);
}

/* All components of a tree's system are trees within it. */
static void the_estimate_is_of_order_four(void **state) {
  (void)state;
  static forest all;
  static lab l;
  double seen = 0;
  plant(&all);
  for (int k = 0; k < all.n && all.tree[k].order <= 5; k++) {
    es_step s = step_tree(&l, &all, k, false);
    for (int i = 0; i < LINE; i++) l.atol[i] = 1;
    assert_int_equal(es_stepper_rosenbrock.attempt(&s), ES_OK);
    if (all.tree[k].order <= 4)
      assert_close(s.error, 0, 0, close_enough);
    else
      seen = fmax(seen, s.error);
  }
  assert_true(seen > 1e-4);
}

/* y' = lambda y, y complex. */
static es_status turn(double t, const double *y, double *dydt, void *context) {
  (void)t;
  const lab *l = context;
  dydt[0] = l->re * y[0] - l->im * y[1];
  dydt[1] = l->im * y[0] + l->re * y[1];
  return ES_OK;
}

static es_status turn_jacobian(double t, const double *y, double *J,
                               double *dfdt, void *context) {
  (void)t, (void)y, (void)dfdt;
  const lab *l = context;
  J[0] = J[3] = l->re;
  J[1] = l->im;
  J[2] = -l->im;
  return ES_OK;
}

/* |R(z)| of the step, or of what it would be without the last correction. */
static double growth(double re, double im, bool embedded) {
  static lab l;
  l.re = re;
  l.im = im;
  es_step s = unit_step(&l, 2, turn, turn_jacobian);
  s.y[0] = 1;
  assert_int_equal(es_step_rhs(&s, 0, s.y, s.f), ES_OK);
  assert_int_equal(es_stepper_rosenbrock.attempt(&s), ES_OK);
  if (!embedded) return hypot(s.y_new[0], s.y_new[1]);
  const double *u = s.work + (5 + 7) * LINE; /* u_8, see rosenbrock.c */
  return hypot(s.y_new[0] - u[0], s.y_new[1] - u[1]);
}

/* All poles of R lie right of the axis (at 1/gamma), so that |R| <= 1 on the
 * imaginary axis, seen at 800 places over 12 decades, is A-stability. R falls
 * as 1/z: with R(infinity) = 0 it is L-stability. The same for the embedded
 * solution. Stages reach some 100 times y where u_1 does: 1e-13. */
static void it_is_l_stable(void **state) {
  (void)state;
  for (int embedded = 0; embedded < 2; embedded++) {
    for (int i = -400; i <= 400; i++) {
      const double y = pow(10, i / 66.), r = growth(0, y, embedded);
      if (!(r <= 1 + 1e-13)) fail_msg("|R(%g i)| - 1 = %.3g", y, r - 1);
    }
    for (double x = 1e3; x < 1e13; x *= 10) {
      assert_true(growth(-x, 0, embedded) < 40 / x + 1e-12);
      assert_true(growth(0, x, embedded) < 40 / x + 1e-12);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(steps_meet_every_condition),
      cmocka_unit_test(the_interpolant_meets_those_of_order_four),
      cmocka_unit_test(the_estimate_is_of_order_four),
      cmocka_unit_test(it_is_l_stable),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
