/* What every unit test includes: cmocka, and the comparison of doubles that
 * it lacks. */
#ifndef ES_TESTS_CHECK_H
#define ES_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <eigenstep/status.h>
#include <math.h>
#include <stdbool.h>

#ifdef __clang_analyzer__
/* What fails ends its test; cmocka's declarations do not say so. */
#include <stdlib.h>
#define _assert_true(c, ...) ((c) ? (void)0 : abort())
#define _assert_int_equal(a, b, ...) ((a) == (b) ? (void)0 : abort())
#define _assert_in_range(x, from, to, ...)                                     \
  ((x) >= (from) && (x) <= (to) ? (void)0 : abort())
#define _fail(...) abort()
#endif

/* True if |got - want| <= rtol*|want| + atol; false for NaN in either. Written
 * so that a NaN fails. */
static inline bool close_to(double got, double want, double rtol, double atol) {
  return fabs(got - want) <= rtol * fabs(want) + atol;
}

/* Whether long double has more digits than double. valgrind computes it with 64
 * bits, OpenBLAS's norms included: references in it are worth nothing there,
 * nor is the range of double. */
static inline bool long_double_is_wide(void) {
  volatile long double small = 0x1p-60L;
  return 1 + small != 1;
}

#define assert_close(got, want, rtol, atol)                                    \
  do {                                                                         \
    const double got_ = (got), want_ = (want);                                 \
    if (!close_to(got_, want_, (rtol), (atol)))                                \
      fail_msg("%s = %.17g, want %.17g (difference %.3g)", #got, got_, want_,  \
               got_ - want_);                                                  \
  } while (0)

/* The call must return ES_OK; the diagnostic's message is shown if not. */
#define assert_ok(call, diag)                                                  \
  do {                                                                         \
    const es_status status_ = (call);                                          \
    if (status_ != ES_OK)                                                      \
      fail_msg("%s: %s: %s", #call, es_status_name(status_), (diag).message);  \
  } while (0)

#define assert_status(call, want)                                              \
  do {                                                                         \
    const es_status status_ = (call);                                          \
    if (status_ != (want))                                                     \
      fail_msg("%s gave %s, want %s", #call, es_status_name(status_), #want);  \
  } while (0)

#endif
