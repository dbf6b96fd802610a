/* Losses of embeddings where they are known: symmetries, collapse, equal and
 * opposite views, lengths and temperatures at the ends. */
#include "tests/models/losses.h"

#include <string.h>

/* By column: where nothing changes when a view, or both, move as a whole. */
static void means_do_not_matter(void **state) {
  (void)state;
  static const loss_case both[] = {{{"loss=barlow"}, 37, 5},
                                   {{"loss=vicreg"}, 37, 5},
                                   {{"loss=spectral"}, 37, 5},
                                   {{"loss=infonce"}, 37, 5}};
  for (int k = 0; k < 4; k++) {
    const loss_case *c = &both[k];
    opened o = open_loss(c);
    const double L = loss_value(&o);
    double sum[5] = {0}, first[5] = {0};
    for (size_t i = 0; i < o.size; i++) {
      sum[i % 5] += o.dz[i];
      if (i < o.size / 2) first[i % 5] += o.dz[i];
      o.z[i] += 3 * (double)(i % 5) - 5 + (k == 0 && i < o.size / 2 ? 2 : 0);
    }
    for (size_t j = 0; j < 5; j++) {
      assert_close(sum[j], 0, 0, 1e-12);
      if (k == 0) assert_close(first[j], 0, 0, 1e-13);
    }
    assert_close(loss_value(&o), L, 1e-12, 0);
    close_loss(&o);
  }
}

/* Lengths do not matter where cosines count, however large: gradients fall with
 * them, and have no part along z. */
static void lengths_do_not_matter(void **state) {
  (void)state;
  static const loss_case c = {{"loss=simclr", "temperature=0.2"}, 9, 4};
  static const double scale[] = {1e-7, 1e150};
  opened o = open_loss(&c), p = open_loss(&c);
  const double L = loss_value(&o);
  for (size_t i = 0; i < 18; i++) {
    double along = 0;
    for (size_t j = 0; j < 4; j++) along += o.z[i * 4 + j] * o.dz[i * 4 + j];
    assert_close(along, 0, 0, 1e-14);
  }
  for (int k = 0; k < 2; k++) {
    for (size_t i = 0; i < p.size; i++) p.z[i] = scale[k] * o.z[i];
    assert_close(loss_value(&p), L, 1e-13, 0);
    for (size_t i = 0; i < p.size; i++)
      assert_close(p.dz[i] * scale[k], o.dz[i], 1e-12, 1e-15);
  }
  close_loss(&o);
  close_loss(&p);
}

static void collapse(const char *loss, size_t n, size_t d, double at,
                     double want) {
  const loss_case c = {{loss}, n, d};
  opened o = open_loss(&c);
  for (size_t k = 0; k < o.size; k++) o.z[k] = at;
  assert_close(loss_value(&o), want, 4 * DBL_EPSILON, 0);
  for (size_t k = 0; k < o.size; k++)
    assert_close(o.dz[k], 0, 0, at == 0 ? 0 : 1e-14);
  close_loss(&o);
}

/* Constant embeddings, .1 (no binary fraction) and 0: no variance; the epsilons
 * make c = 0, a standard deviation of .01, and cosines of 1 or, at 0, of 0. */
static void constants(void **state) {
  (void)state;
  for (int k = 0; k < 2; k++) {
    const double at = .1 * k;
    collapse("loss=barlow", 7, 3, at, 3);
    collapse("loss=barlow", 2, 1, at, 1);
    collapse("loss=vicreg", 7, 3, at, 25 * .99);
    collapse("loss=vicreg", 2, 1, at, 25 * .99);
    collapse("loss=simclr", 7, 3, at, log(13));
    collapse("loss=simclr", 2, 1, at, log(3));
    collapse("loss=spectral", 7, 3, at, 0);
    collapse("loss=infonce", 7, 3, at, log(7));
  }
}

/* Equal views with orthonormal columns times 2: barlow's c is v/(v + 1e-5) on
 * the diagonal and 0 off it; VICReg wants nothing. */
static void identical_views(void **state) {
  (void)state;
  static const double signs[4][3] = {
      {2, 2, 2}, {2, -2, -2}, {-2, 2, -2}, {-2, -2, 2}};
  const loss_case barlow = {{"loss=barlow"}, 4, 3};
  const loss_case vicreg = {{"loss=vicreg"}, 4, 3};
  opened o = open_loss(&barlow), p = open_loss(&vicreg);
  for (size_t k = 0; k < o.size; k++) o.z[k] = p.z[k] = signs[k / 3 % 4][k % 3];
  const double miss = 1e-5 / (4 + 1e-5);
  assert_close(loss_value(&o), 3 * miss * miss, 1e-9, 0);
  assert_close(loss_value(&p), 0, 0, 0);
  for (size_t k = 0; k < p.size; k++) assert_close(p.dz[k], 0, 0, 0);
  close_loss(&o);
  close_loss(&p);
}

/* Of four views that point along e_1, e_1 (a pair) and e_2, e_2, all four
 * anchors lose ln(e^2 + 2) - 2 at temperature 1/2. */
static void a_known_contrast(void **state) {
  (void)state;
  const loss_case c = {{"loss=simclr"}, 2, 2};
  static const double z[8] = {3, 0, 0, 1, 5, 0, 0, .5};
  opened o = open_loss(&c);
  memcpy(o.z, z, sizeof z);
  assert_close(loss_value(&o), log(exp(2) + 2) - 2, 4 * DBL_EPSILON, 0);
  close_loss(&o);
}

/* A loss with targets that are the network's own outputs: the gradient by them
 * is the sum. Where nothing is wanted by t, the rest is as it was. */
static void targets_may_be_outputs(void **state) {
  (void)state;
  static const loss_case c = {{"loss=cosine"}, 6, 3};
  static const double h = 1e-3;
  opened o = open_loss(&c);
  const es_loss *l = o.loss;
  double *z = loss_numbers(o.size), along = 0, L[5];
  memcpy(z, o.z, o.size * sizeof *z);
  const double first = l->value(o.self, z, z, o.dz, o.dt);
  for (size_t k = 0; k < o.size; k++)
    along += (o.dz[k] + o.dt[k]) * sin(2. * (double)k);
  for (int s = -2; s <= 2; s++) {
    for (size_t k = 0; k < o.size; k++)
      o.z[k] = z[k] + s * h * sin(2. * (double)k);
    L[s + 2] = l->value(o.self, o.z, o.z, o.t, NULL);
  }
  assert_close(along, (8 * (L[3] - L[1]) - (L[4] - L[0])) / (12 * h), 1e-7,
               1e-9);
  const double again = l->value(o.self, z, z, o.t, NULL);
  assert_true(first == again);
  assert_memory_equal(o.t, o.dz, o.size * sizeof *o.t);
  free(z);
  close_loss(&o);
}

/* Equal and opposite directions, of any length; at no distance nothing pulls.
 */
static void known_targets(void **state) {
  (void)state;
  const loss_case cosine_case = {{"loss=cosine"}, 2, 2};
  const loss_case l2_case = {{"loss=l2"}, 2, 2};
  static const double z[8] = {3, 0, 0, 1, 5, 0, 0, -2};
  opened o = open_loss(&cosine_case), p = open_loss(&l2_case);
  memcpy(o.z, z, sizeof z);
  memcpy(o.t, z, sizeof z);
  memcpy(p.z, z, sizeof z);
  memcpy(p.t, z, sizeof z);
  assert_close(loss_value(&o), (0 + 4 + 0 + 4) / 2., 0, 0);
  for (size_t k = 0; k < 8; k++) assert_close(o.dz[k], 0, 0, 0);
  assert_close(loss_value(&p), (4 + 9 + 4 + 9) / 4., 0, 0);
  assert_close(p.dz[0], (3 - 5) / 2., 0, 0);
  assert_close(p.dt[0], (3 - 5) / 2., 0, 0);
  assert_close(p.dz[7], (-2 - 1) / 2., 0, 0);
  close_loss(&o);
  close_loss(&p);
}

/* Below 1e-12 the divisor is that number: the loss is linear in z there, and
 * its gradient has a part along z, as PyTorch's. */
static void next_to_nothing(void **state) {
  (void)state;
  const loss_case c = {{"loss=cosine"}, 2, 2};
  static const double z[8] = {5e-13, 0, 0, 1, 1, 0, 0, 1};
  static const double t[8] = {1, 0, 0, 1, 3, 0, 0, 1};
  opened o = open_loss(&c);
  memcpy(o.z, z, sizeof z);
  memcpy(o.t, t, sizeof t);
  assert_close(loss_value(&o), (2 - 2 * .5) / 2, 4 * DBL_EPSILON, 0);
  assert_close(o.dz[0], -1e12, 4 * DBL_EPSILON, 0);
  assert_close(o.dz[1], 0, 0, 0);
  close_loss(&o);
}

/* So low a temperature that all weight is on one: no overflow, and a loss that
 * keeps its digits where the pair is nearest by far. */
static void low_temperatures(void **state) {
  (void)state;
  const loss_case c = {{"loss=simclr", "temperature=0.01"}, 2, 2};
  static const double z[8] = {1, 0, .5, .75, 1, 0, .5, .75};
  opened o = open_loss(&c);
  memcpy(o.z, z, sizeof z);
  const double apart = 100 * (1 - .5 / sqrt(.25 + .5625));
  assert_close(loss_value(&o), log1p(2 * exp(-apart)), 1e-12, 0);
  o.z[4] = -1; /* the first pair is as far apart as can be */
  const double loss = loss_value(&o);
  assert_true(loss > 50 && loss < 200);
  close_loss(&o);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(means_do_not_matter),
      cmocka_unit_test(lengths_do_not_matter),
      cmocka_unit_test(constants),
      cmocka_unit_test(identical_views),
      cmocka_unit_test(a_known_contrast),
      cmocka_unit_test(targets_may_be_outputs),
      cmocka_unit_test(known_targets),
      cmocka_unit_test(next_to_nothing),
      cmocka_unit_test(low_temperatures),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
