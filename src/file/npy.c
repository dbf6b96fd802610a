/* NumPy's NPY format, versions 1 to 3: see array.h. Layout: "\x93NUMPY", two
 * bytes of version, the header's length (2 bytes, from version 2 on 4, little
 * endian), the header, the numbers. */
#include "file/array.h"

#include "base/slab.h"
#include "file/atomic.h"
#include "file/npy_header.h"
#include "file/open.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* NumPy itself refuses headers beyond 10,000 bytes. */
enum { MOST_HEADER = 65536, BLOCK = 8192 };

typedef struct reader {
  int fd;
  size_t size; /* of the file */
  const char *path;
  es_diag *diag;
} reader;

static es_status corrupt(const reader *r, const char *what) {
  return es_file_fail(r->diag, ES_FILE_CORRUPT, r->path, "%s", what);
}

static es_status pull(void *out, size_t n, const reader *r) {
  size_t got;
  const int error = es_file_pull(r->fd, out, n, &got);
  if (error != 0)
    return es_file_fail(r->diag, ES_FILE_CORRUPT, r->path, "cannot be read: %s",
                        strerror(error));
  return got == n ? ES_OK : corrupt(r, "ends too early");
}

/* Reads magic, version and length; *start is where the header begins. */
static es_status read_prefix(size_t *start, size_t *n, const reader *r) {
  unsigned char b[12];
  es_status status = r->size < 10 ? corrupt(r, "is not a NPY file: too short")
                                  : pull(b, 10, r);
  if (status != ES_OK) return status;
  if (memcmp(b, "\x93NUMPY", 6) != 0)
    return corrupt(r, "is not a NPY file: it does not begin with \\x93NUMPY");
  if (b[6] < 1 || b[6] > 3)
    return es_file_fail(r->diag, ES_FILE_CORRUPT, r->path,
                        "NPY version %u is not known", b[6]);
  *start = b[6] == 1 ? 10 : 12;
  b[10] = b[11] = 0;
  if (b[6] > 1) status = pull(b + 10, 2, r);
  *n = (size_t)b[8] | (size_t)b[9] << 8 | (size_t)b[10] << 16 |
       (size_t)b[11] << 24;
  return status;
}

/* Reads the header and compares the sizes it tells with the file's own. */
static es_status read_header(es_npy_header *h, const reader *r) {
  char text[MOST_HEADER];
  size_t start = 0, n = 0;
  es_status status = read_prefix(&start, &n, r);
  if (status != ES_OK) return status;
  if (n > sizeof text || n > r->size - start)
    return corrupt(r, "its header is longer than the file, or than 64 KiB");
  status = pull(text, n, r);
  if (status != ES_OK) return status;
  const char *wrong = es_npy_parse(h, text, n);
  if (wrong != NULL) return corrupt(r, wrong);
  size_t count, bytes;
  if (!es_size_mul(&count, h->shape[0], h->shape[1]) ||
      !es_size_mul(&bytes, count, h->item) || bytes != r->size - start - n)
    return es_file_fail(r->diag, ES_FILE_CORRUPT, r->path,
                        "%zu x %zu numbers of %zu bytes do not fill the %zu "
                        "bytes behind its header",
                        h->shape[0], h->shape[1], h->item, r->size - start - n);
  return ES_OK;
}

static double decode(const unsigned char *b, const es_npy_header *h) {
  uint64_t bits = 0;
  for (size_t k = 0; k < h->item; k++)
    bits |= (uint64_t)b[h->big_endian ? h->item - 1 - k : k] << 8 * k;
  if (h->kind == 'u') return (double)bits;
  if (h->kind == 'i') {
    const uint64_t sign = UINT64_C(1) << (8 * h->item - 1);
    /* Two's complement; with 8 bytes 2*sign wraps to 0, as it must. */
    return bits < sign ? (double)bits : -(double)(2 * sign - bits);
  }
  double wide;
  float narrow;
  const uint32_t low = (uint32_t)bits;
  memcpy(&wide, &bits, sizeof wide);
  memcpy(&narrow, &low, sizeof narrow);
  return h->item == 8 ? wide : (double)narrow;
}

static es_status read_numbers(es_array *out, const es_npy_header *h,
                              const reader *r) {
  unsigned char block[BLOCK];
  const size_t n = out->rows * out->cols, most = BLOCK / h->item;
  for (size_t first = 0; first < n; first += most) {
    const size_t count = n - first < most ? n - first : most;
    const es_status status = pull(block, count * h->item, r);
    if (status != ES_OK) return status;
    for (size_t k = 0; k < count; k++) {
      const size_t at = first + k, i = at % out->rows, j = at / out->rows;
      out->data[h->fortran ? i * out->cols + j : at] =
          decode(block + k * h->item, h);
    }
  }
  return ES_OK;
}

es_status es_npy_read(es_array *out, const char *path, es_diag *diag) {
  reader r = {.path = path, .diag = diag};
  es_npy_header h;
  *out = (es_array){0};
  es_status status = es_file_open(&r.fd, &r.size, path, diag);
  if (status != ES_OK) return status;
  status = read_header(&h, &r);
  if (status == ES_OK)
    status = es_array_new(out, h.shape[0], h.shape[1], path, diag);
  if (status == ES_OK) status = read_numbers(out, &h, &r);
  if (status == ES_OK) status = es_array_check(out, path, diag);
  close(r.fd);
  if (status != ES_OK) es_array_free(out);
  return status;
}

es_status es_npy_write(const char *path, const double *data, size_t rows,
                       size_t cols, es_diag *diag) {
  /* Version 1 with a header of 118 bytes, so that the numbers are aligned to
   * 64: its end is filled with blanks and a newline. */
  enum { PREFIX = 10, HEADER = 118 };
  char head[PREFIX + HEADER + 1] = "\x93NUMPY\x01";
  size_t n;
  if (!es_size_mul(&n, rows, cols) || n > SIZE_MAX / sizeof *data)
    return es_file_fail(diag, ES_BAD_SHAPE, path, "%zu x %zu is too large",
                        rows, cols);
  const char order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? '<' : '>';
  head[8] = HEADER;
  const int used = snprintf(
      head + PREFIX, HEADER + 1,
      "{'descr': '%cf8', 'fortran_order': False, 'shape': (%zu, %zu), }", order,
      rows, cols);
  memset(head + PREFIX + used, ' ', (size_t)(HEADER - used));
  head[PREFIX + HEADER - 1] = '\n';
  es_part part;
  es_status status = es_part_open(&part, path, diag);
  if (status != ES_OK) return status;
  status = es_part_write(&part, head, PREFIX + HEADER, diag);
  if (status == ES_OK)
    status = es_part_write(&part, data, n * sizeof *data, diag);
  if (status == ES_OK) return es_part_commit(&part, diag);
  es_part_abandon(&part);
  return status;
}
