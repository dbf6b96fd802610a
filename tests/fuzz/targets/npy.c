/* Arrays of NumPy. */
#include "fuzz.h"

#include "file/array.h"

static void run(const unsigned char *bytes, size_t n) {
  es_array a;
  es_diag diag = {0};
  const es_status status =
      es_array_read(&a, fuzz_put("in.npy", bytes, n), &diag);
  fuzz_judge(status, &diag, FUZZ_FILE, "in.npy");
  fuzz_array(&a, status, n);
  es_array_free(&a);
}

/* Of a byte, a number of eight; and the file, read in one piece or by pieces of
 * 64 KiB. */
const fuzz_target fuzz_npy = {
    .name = "npy", .run = run, .times = 9, .beyond = 128 << 10};
