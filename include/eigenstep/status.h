/* Status codes and diagnostics. Every function that can fail returns an
 * es_status; details go into a diagnostic that the caller supplies. The
 * library itself never prints, exits or aborts. */
#ifndef EIGENSTEP_STATUS_H
#define EIGENSTEP_STATUS_H

#include <stddef.h>

/* Around what a public header declares: what the shared library lets be seen,
 * all else being hidden, and C's linkage where C++ reads it. */
#ifdef __cplusplus
#define ES_API_BEGIN                                                           \
  extern "C" {                                                                 \
  _Pragma("GCC visibility push(default)")
#define ES_API_END                                                             \
  _Pragma("GCC visibility pop")                                                \
  }
#else
#define ES_API_BEGIN _Pragma("GCC visibility push(default)")
#define ES_API_END _Pragma("GCC visibility pop")
#endif

ES_API_BEGIN

/* name, exit code of the program, sentence */
#define ES_STATUS_LIST(X)                                                      \
  X(ES_OK, 0, "done")                                                          \
  X(ES_STEP_UNDERFLOW, 1, "the step became too small to advance t")            \
  X(ES_NOT_FINITE, 1, "a value became infinite or not a number")               \
  X(ES_RHS_FAILED, 1, "the right-hand side failed")                            \
  X(ES_NO_CONVERGENCE, 1, "an iteration did not converge")                     \
  X(ES_DIVERGED, 1, "the solution passed the limit")                           \
  X(ES_USAGE, 2, "the command line was not understood")                        \
  X(ES_UNKNOWN_KEY, 2, "no such key")                                          \
  X(ES_BAD_VALUE, 2, "a value is of the wrong type or out of range")           \
  X(ES_BAD_SHAPE, 2, "sizes do not fit together")                              \
  X(ES_EXISTS, 2, "the output exists already")                                 \
  X(ES_FILE_MISSING, 3, "a file is missing or cannot be opened")               \
  X(ES_FILE_CORRUPT, 3, "a file is damaged or of another format")              \
  X(ES_FILE_DATA, 3, "a file holds values that cannot be used")                \
  X(ES_FILE_WRITE, 3, "a file cannot be written")                              \
  X(ES_TOOL_MISSING, 3, "a program that is needed is missing or failed")       \
  X(ES_BUDGET, 4, "a budget was used up")                                      \
  X(ES_NO_MEMORY, 4, "there is not enough memory")                             \
  X(ES_INTERRUPTED, 5, "interrupted")

#define ES_STATUS_ENUM(name, exit_code, text) name,
typedef enum es_status {
  ES_STATUS_LIST(ES_STATUS_ENUM) ES_STATUS_COUNT
} es_status;
#undef ES_STATUS_ENUM

#define ES_MUST_USE __attribute__((warn_unused_result))
#define ES_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* What went wrong, and where. Zero-initialise it; any pointer to one may be
 * NULL, and then only the status is returned. */
typedef struct es_diag {
  es_status code;
  double t;          /* flow time reached, for numerical failures */
  double h;          /* last step tried */
  size_t steps;      /* steps taken so far */
  char message[512]; /* one line, without a newline */
} es_diag;

/* Returns the sentence that belongs to a code. Never NULL. */
const char *es_status_text(es_status code);

/* Returns the enumerator's name, such as "ES_BAD_VALUE". Never NULL. */
const char *es_status_name(es_status code);

/* Returns the program's exit code for a status (0 to 5). */
int es_status_exit_code(es_status code);

/* Records code and a formatted line in diag (may be NULL) and returns code,
 * so that a failing check reads `return es_fail(diag, ES_BAD_VALUE, …)`.
 * Control characters in the line are replaced by '?'. */
es_status es_fail(es_diag *diag, es_status code, const char *format, ...)
    ES_PRINTF(3, 4);

ES_API_END

#ifdef __clang_analyzer__
/* Clang's analyzer reads one source at a time, and would not know that the
 * status that comes back is the code, and so no ES_OK. */
#define es_fail(diag, code, ...) (es_fail(diag, code, __VA_ARGS__), (code))
#endif

#endif
