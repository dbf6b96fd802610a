/* The main of the tests of the oneDNN engine: what is built without oneDNN
 * skips them. */
#ifndef ES_TESTS_ONEDNN_MAIN_H
#define ES_TESTS_ONEDNN_MAIN_H

#include "tests/check.h"

#if ES_HAVE_DNNL
#define ONEDNN_MAIN(...)                                                       \
  int main(void) {                                                             \
    const struct CMUnitTest tests[] = {__VA_ARGS__};                           \
    return cmocka_run_group_tests(tests, NULL, NULL);                          \
  }
#else
static void built_without(void **state) {
  (void)state;
  skip();
}
#define ONEDNN_MAIN(...)                                                       \
  int main(void) {                                                             \
    const struct CMUnitTest tests[] = {cmocka_unit_test(built_without)};       \
    return cmocka_run_group_tests(tests, NULL, NULL);                          \
  }
#endif

#endif
