/* Tangent kernels in either precision, and of more rows than one tile. */
#include "tests/ntk/tangents.h"

#include <omp.h>
#include <stdlib.h>

/* Forward is the same; some ten operations going back round by 2^-24, and sums
 * of at most 36 positions by at most 36 of it: together below 1e-5, of what is
 * 2^-53 in double. */
static void floats_make_the_same_kernel(void **state) {
  (void)state;
  es_graph g = {0};
  nets_case c;
  nets_small(&g);
  nets_open(&c, &g, MOST, 1, 7);
  es_tangent_plan plan = plan_of(&c);
  plan.output = 1;
  double K[MOST * MOST], single[MOST * MOST], apart = 0;
  double f[MOST * OUT], other[MOST * OUT], trace[OUT], own[OUT];
  const size_t d = nets_values(&c, 1) / MOST;
  assert_true(d <= OUT);
  run(&plan, &c, f, K, trace);
  plan.single = true;
  run(&plan, &c, other, single, own);
  assert_memory_equal(f, other, MOST * d * sizeof *f);
  for (size_t k = 0; k < MOST * MOST; k++)
    apart = fmax(apart, fabs(single[k] - K[k]));
  assert_true(apart < 1e-5 * largest(K, MOST * MOST));
  assert_true(apart > 1e-10 * largest(K, MOST * MOST));
  for (size_t o = 0; o < d; o++) assert_close(own[o], trace[o], 1e-5, 0);
  nets_close(&c);
  es_graph_free(&g);
}

/* Tiles, and sums of them, of more rows than one has, with further rows; in
 * halves as in one. K of x with itself, of one linear layer: x·x'. */
static void many_rows(void **state) {
  (void)state;
  enum { ROWS = 600, COLUMNS = 530, IN = 3 };
  es_graph g = {0};
  nets_case c;
  size_t x = es_graph_input(&g, IN, 1, 1);
  x = es_graph_conv(&g, x, "one", 1, 1, 1, 0);
  es_graph_output(&g, x);
  nets_open(&c, &g, ROWS, 1, 9);
  double *K = calloc((size_t)ROWS * COLUMNS, sizeof *K);
  assert_non_null(K);
  es_tangent_plan plan = plan_of(&c);
  plan.columns = COLUMNS;
  for (int single = 0; single < 2; single++) {
    plan.single = single == 1;
    run(&plan, &c, NULL, K, NULL);
    for (size_t i = 0; i < ROWS; i++)
      for (size_t j = 0; j < COLUMNS; j++) {
        double want = 0;
        for (size_t q = 0; q < IN; q++)
          want += c.input[i * IN + q] * c.input[j * IN + q];
        assert_close(K[i * COLUMNS + j], want, 0, single ? 1e-5 : 1e-13);
      }
  }
  free(K);
  nets_close(&c);
  es_graph_free(&g);
}

int main(void) {
  omp_set_num_threads(1); /* too little to share */
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(floats_make_the_same_kernel),
      cmocka_unit_test(many_rows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
