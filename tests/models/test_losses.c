/* Losses of embeddings: their definitions, gradients by differences, what they
 * refuse. Known points: test_losses_points.c; the covariance loss has its own
 * file. */
#include "tests/models/naive_losses.h"

#include <stdio.h>
#include <string.h>

/* Of n columns of d numbers of order one: values are sums over at most 2n d or
 * d^2 terms, each of a few dozen roundings of numbers of at most the size of
 * the loss and one (25 in VICReg's square, whose terms are the loss). */
static void agree_with_loops(void **state) {
  (void)state;
  for (int k = 0; k < LOSS_CASES; k++)
    for (uint64_t seed = 1; seed < 4; seed++) {
      const loss_case *c = &loss_cases[k].c;
      opened o = open_loss(c);
      draw_views(&o, c, seed);
      const double want =
          (double)(loss_cases[k].naive != NULL
                       ? loss_cases[k].naive(o.z, c->n, c->d)
                       : loss_cases[k].against(o.z, o.t, c->n, c->d));
      const double terms = (double)(2 * c->n + c->d * c->d);
      assert_close(loss_value(&o), want, 0,
                   (1 + fabs(want)) * terms * 10 * DBL_EPSILON);
      close_loss(&o);
    }
}

/* So that all of this is checked of a loss that is new in the table. */
static void every_loss_has_a_case(void **state) {
  (void)state;
  for (size_t i = 0; es_loss_list(i) != NULL; i++) {
    char word[48];
    bool has = false;
    snprintf(word, sizeof word, "loss=%s", es_loss_list(i)->name);
    for (int k = 0; k < LOSS_CASES; k++)
      has = has || strcmp(loss_cases[k].c.words[0], word) == 0 ||
            es_loss_list(i) == &es_loss_covariance; /* has its own file */
    if (!has) fail_msg("no row of loss_cases (naive_losses.h) has %s", word);
  }
}

/* (8 (L(h) - L(-h)) - (L(2h) - L(-2h)))/12h by entry k of x, in units of h. */
static double difference(opened *o, double *x, size_t k, double h) {
  const double kept = x[k];
  double L[5];
  for (int s = -2; s <= 2; s++) {
    x[k] = kept + s * h;
    L[s + 2] = loss_value(o);
  }
  x[k] = kept;
  return (8 * (L[3] - L[1]) - (L[4] - L[0])) / (12 * h);
}

/* The error of the formula falls with h^4: by halves a sixteenth, so that what
 * is left of it is under a tenth of the change. What rounds in L counts
 * 18/12h. */
static void check_gradient(opened *o, const loss_case *c, double *x,
                           const double *gradient) {
  static const double h = 1. / 256;
  double *want = loss_numbers(o->size), *left = loss_numbers(o->size);
  const double L = loss_value(o);
  const double terms = (double)(2 * c->n + c->d * c->d);
  const double rounding = (1 + fabs(L)) * terms * 10 * DBL_EPSILON;
  double largest = 0, worst = 0;
  for (size_t k = 0; k < o->size; k++) {
    want[k] = difference(o, x, k, h / 2);
    left[k] = fabs(want[k] - difference(o, x, k, h)) / 10 + 3 / h * rounding;
    largest = fmax(largest, fabs(want[k]));
    worst = fmax(worst, left[k]);
  }
  loss_value(o);
  assert_true(largest > 1e-4);
  assert_true(worst < 1e-7 * (1 + fabs(L)));
  for (size_t k = 0; k < o->size; k++)
    assert_close(gradient[k], want[k], 0, left[k]);
  free(want);
  free(left);
}

static void gradients_agree_with_differences(void **state) {
  (void)state;
  for (int k = 0; k < LOSS_CASES; k++) {
    const loss_case *c = &loss_cases[k].c;
    if (c->n > 40) continue;
    opened o = open_loss(c);
    if (c->d == 1 && by_cosine(&o)) {
      (void)loss_value(&o);
      for (size_t i = 0; i < o.size; i++) assert_close(o.dz[i], 0, 0, 1e-14);
    } else {
      check_gradient(&o, c, o.z, o.dz);
      if (o.loss->targets) check_gradient(&o, c, o.t, o.dt);
    }
    close_loss(&o);
  }
}

/* Blocks of anchors: the gradient by differences along a line. */
static void blocks_have_a_gradient(void **state) {
  (void)state;
  const loss_case c = {{"loss=simclr", "temperature=0.1"}, 300, 4};
  static const double h = 1e-3;
  opened o = open_loss(&c);
  double *z = loss_numbers(o.size), along = 0, L[5];
  memcpy(z, o.z, o.size * sizeof *z);
  (void)loss_value(&o);
  for (size_t k = 0; k < o.size; k++) along += o.dz[k] * o.t[k];
  for (int s = -2; s <= 2; s++) {
    for (size_t k = 0; k < o.size; k++) o.z[k] = z[k] + s * h * o.t[k];
    L[s + 2] = loss_value(&o);
  }
  assert_close(along, (8 * (L[3] - L[1]) - (L[4] - L[0])) / (12 * h), 1e-7,
               1e-9);
  free(z);
  close_loss(&o);
}

static size_t moved(size_t i, size_t view, size_t d, bool swap) {
  return (i + d) % view + ((i < view) == swap ? view : 0);
}

/* Where views change places, and pairs theirs, the loss stays and gradients
 * move along; where nothing is left behind in the scratch, to the bit again. */
static void views_and_pairs_may_be_swapped(void **state) {
  (void)state;
  for (int k = 0; k < LOSS_CASES; k++) {
    const loss_case *c = &loss_cases[k].c;
    opened o = open_loss(c), p = open_loss(c);
    const size_t view = c->n * c->d;
    const bool swap = o.loss != &es_loss_infonce; /* has anchors of one view */
    const double L = loss_value(&o), tiny = 1e-11 * (1 + fabs(L));
    for (size_t i = 0; i < o.size; i++) {
      const size_t from = moved(i, view, c->d, swap);
      p.z[i] = o.z[from];
      p.t[i] = o.t[from];
    }
    assert_close(loss_value(&p), L, 0, tiny);
    for (size_t i = 0; i < o.size; i++)
      assert_close(p.dz[i], o.dz[moved(i, view, c->d, swap)], 0, tiny);
    memcpy(p.z, o.z, o.size * sizeof *p.z);
    memcpy(p.t, o.t, o.size * sizeof *p.t);
    assert_true(loss_value(&p) == L);
    assert_memory_equal(p.dz, o.dz, o.size * sizeof *p.dz);
    assert_memory_equal(p.dt, o.dt, o.size * sizeof *p.dt);
    close_loss(&o);
    close_loss(&p);
  }
}

static void what_is_not_finite_shows(void **state) {
  (void)state;
  static const double odd[] = {NAN, INFINITY, 1e200};
  for (int k = 0; k < LOSS_CASES; k++) {
    opened o = open_loss(&loss_cases[k].c);
    const bool squares = !by_cosine(&o) && o.loss != &es_loss_cross_entropy;
    for (int i = 0; i < (squares ? 3 : 2); i++) {
      draw_views(&o, &loss_cases[k].c, 7);
      o.z[1] = odd[i];
      assert_false(isfinite(loss_value(&o)) != 0);
    }
    close_loss(&o);
  }
}

static void what_cannot_be_opened(void **state) {
  (void)state;
  static const struct {
    size_t n, d;
  } large[] = {{SIZE_MAX / 8, 8}, {SIZE_MAX / 16, 2}, {2, SIZE_MAX / 2 + 2}};
  for (size_t i = 0; es_loss_list(i) != NULL; i++) {
    const es_loss *loss = es_loss_list(i);
    for (int k = 0; k < 3; k++) {
      es_diag diag = {0};
      void *self = &diag;
      const es_status want =
          loss == &es_loss_infonce ? ES_BAD_SHAPE : ES_NO_MEMORY;
      const es_status got =
          loss->open(&self, large[k].n, large[k].d, NULL, &diag);
      if (got == ES_OK) { /* it needs no scratch */
        loss->close(self);
        continue;
      }
      assert_status(got, want);
      assert_null(self);
      assert_true(diag.message[0] != '\0');
    }
    loss->close(NULL);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(agree_with_loops),
      cmocka_unit_test(every_loss_has_a_case),
      cmocka_unit_test(gradients_agree_with_differences),
      cmocka_unit_test(blocks_have_a_gradient),
      cmocka_unit_test(views_and_pairs_may_be_swapped),
      cmocka_unit_test(what_is_not_finite_shows),
      cmocka_unit_test(what_cannot_be_opened),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
