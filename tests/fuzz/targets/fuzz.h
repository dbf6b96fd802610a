/* Fuzz targets: bytes that a reader of the program is given. A target is one
 * file and one line in FUZZ_TARGETS. Whatever the bytes, a reader returns, with
 * ES_OK or with a status that the contract has for them and one line that says
 * which file it is, and holds no more memory at a time than times·n + beyond
 * bytes for the n that it was given: what a target allows is in its table row,
 * with the reason beside it. What was read well is looked at as its caller
 * would; fuzz_bad is for what should not be so. */
#ifndef ES_TESTS_FUZZ_H
#define ES_TESTS_FUZZ_H

#include "data/data.h"
#include "file/array.h"

#include <eigenstep/config.h>

#include <stddef.h>

typedef struct fuzz_target {
  const char *name; /* of its folder of seeds, and of its dictionary */
  void (*run)(const unsigned char *bytes, size_t n);
  size_t times, beyond;
  void (*open)(void); /* once, before the first run; NULL: nothing to do */
} fuzz_target;

#define FUZZ_TARGETS(X)                                                        \
  X(yaml)                                                                      \
  X(override)                                                                  \
  X(value) X(experiment) X(npy) X(idx) X(records) X(table) X(h5) X(record)
#define FUZZ_DECLARE(id) extern const fuzz_target fuzz_##id;
FUZZ_TARGETS(FUZZ_DECLARE)
#undef FUZZ_DECLARE

/* The target of that name, or NULL; the k-th, or NULL beyond the last. */
const fuzz_target *fuzz_find(const char *name);
const fuzz_target *fuzz_at(size_t k);

/* Says what is wrong and aborts. */
void fuzz_bad(const char *format, ...) ES_PRINTF(1, 2)
    __attribute__((noreturn));

/* Bytes of memory held at a time since: see allowance.c. */
void fuzz_memory_begin(void);
size_t fuzz_memory_most(void);

/* One input, with all checks. The target has been opened. */
void fuzz_one(const fuzz_target *target, const unsigned char *bytes, size_t n);

/* A folder in memory where there is one, made at the first call and removed
 * when the process ends; path of a file in it, valid for the process. */
const char *fuzz_folder(void);
const char *fuzz_path(const char *name);
/* Writes a file there; returns its path. */
const char *fuzz_put(const char *name, const void *bytes, size_t n);

/* Bits of statuses that fuzz_judge takes: refusals of a file, of a setting. */
#define FUZZ_BIT(status) (1u << (status))
#define FUZZ_FILE                                                              \
  (FUZZ_BIT(ES_FILE_MISSING) | FUZZ_BIT(ES_FILE_CORRUPT) |                     \
   FUZZ_BIT(ES_FILE_DATA))
#define FUZZ_SETTING (FUZZ_BIT(ES_BAD_VALUE) | FUZZ_BIT(ES_UNKNOWN_KEY))

/* Fails unless the status is ES_OK, or one of those with a line that has
 * `named` in it (NULL: any). */
void fuzz_judge(es_status status, const es_diag *diag, unsigned may,
                const char *named);

/* The bytes as a text, up to the first NUL, in memory to free. */
char *fuzz_text(const unsigned char *bytes, size_t n);

/* True where a range (lin:a:b:n) may have 10^5 points or more. Of those a word
 * may ask for 10^8, 800 MB, which no file's size answers for: such inputs are
 * left out. */
bool fuzz_has_long_range(const char *text);

/* Settings as YAML, in memory to free. */
char *fuzz_written(const es_config *config, size_t *n);

/* What was read is finite, no more than the file's bytes, or nothing. */
void fuzz_array(const es_array *array, es_status status, size_t bytes);

/* A data set opened, or NULL where it was refused and judged. */
es_dataset *fuzz_dataset(const char *name, const char *path, const char *split,
                         unsigned may, const char *named);

#endif
