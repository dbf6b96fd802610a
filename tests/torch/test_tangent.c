/* Our tangent kernel against PyTorch's autograd: tangent.py, in double and by
 * two ways in float. */
#include "tests/file/temp.h"
#include "tests/torch/python.h"
#include "tests/torch/tangent.h"

static void the_kernel_is_autograds(void **state) {
  need_torch();
  tangent_case c = {.width = 4, .side = 12, .rows = 8, .dim = 3};
  es_diag diag = {0};
  char *path = strdup(at(state, "tangent.h5"));
  assert_non_null(path);
  assert_ok(tangent_open(&c, &diag), diag);
  assert_ok(tangent_run(&c, &diag), diag);
  assert_ok(tangent_write(&c, path, &diag), diag);
  torch_agrees("tangent.py", path);
  tangent_close(&c);
  free(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {temp_test(the_kernel_is_autograds)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
