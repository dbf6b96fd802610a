/* A strict parser of NPY's dictionary: see npy_header.h. */
#include "file/npy_header.h"

#include <stdint.h>
#include <string.h>

typedef struct parser {
  const char *at, *end;
} parser;

static void skip_blanks(parser *p) {
  while (p->at < p->end && (*p->at == ' ' || *p->at == '\n')) p->at++;
}

/* Takes the word, and blanks before it, if it stands here. */
static bool take(parser *p, const char *word) {
  skip_blanks(p);
  const size_t n = strlen(word);
  if ((size_t)(p->end - p->at) < n || memcmp(p->at, word, n) != 0) return false;
  p->at += n;
  return true;
}

static bool take_size(parser *p, size_t *out) {
  skip_blanks(p);
  const char *first = p->at;
  *out = 0;
  for (; p->at < p->end && *p->at >= '0' && *p->at <= '9'; p->at++) {
    const size_t digit = (size_t)(*p->at - '0');
    if (*out > (SIZE_MAX - digit) / 10) return false;
    *out = *out * 10 + digit;
  }
  return p->at > first;
}

/* '<f8': byte order, kind, bytes per number. */
static const char *take_type(parser *p, es_npy_header *h) {
  static const char unknown[] =
      "its type is none of f4, f8, i1 to i8, u1 to u8";
  if (!take(p, "'")) return unknown;
  const char order = (char)(p->at < p->end ? *p->at : '\0');
  if (order == '\0' || strchr("<>|", order) == NULL) return unknown;
  p->at++;
  h->kind = (char)(p->at < p->end ? *p->at : '\0');
  if (h->kind == '\0' || strchr("fiu", h->kind) == NULL) return unknown;
  p->at++;
  if (!take_size(p, &h->item) || !take(p, "'")) return unknown;
  const bool size_is_known = h->item == 4 || h->item == 8 ||
                             (h->kind != 'f' && (h->item == 1 || h->item == 2));
  if (!size_is_known || (order == '|' && h->item != 1)) return unknown;
  h->big_endian = order == '>';
  return NULL;
}

static const char *take_shape(parser *p, es_npy_header *h) {
  static const char broken[] = "its header has a broken shape";
  size_t length;
  if (!take(p, "(")) return broken;
  bool comma = true;
  while (!take(p, ")")) {
    if (!comma || !take_size(p, &length)) return broken;
    comma = take(p, ",");
    if (h->rank < 2) h->shape[h->rank] = length;
    h->rank++;
  }
  return h->rank == 1 || h->rank == 2 ? NULL : "it has not 1 or 2 dimensions";
}

static const char *take_order(parser *p, es_npy_header *h) {
  h->fortran = take(p, "True");
  return h->fortran || take(p, "False") ? NULL
                                        : "its header has a broken order";
}

/* One entry; the bits of *seen refuse an entry that comes twice. */
static const char *take_entry(parser *p, es_npy_header *h, unsigned *seen) {
  static const struct {
    const char *key;
    const char *(*value)(parser *, es_npy_header *);
  } entries[] = {{"'descr'", take_type},
                 {"'fortran_order'", take_order},
                 {"'shape'", take_shape}};
  for (unsigned k = 0; k < 3; k++) {
    if ((*seen & 1u << k) != 0 || !take(p, entries[k].key)) continue;
    *seen |= 1u << k;
    return take(p, ":") ? entries[k].value(p, h) : "its header is broken";
  }
  return "its header is broken";
}

const char *es_npy_parse(es_npy_header *out, const char *text, size_t n) {
  parser p = {text, text + n};
  unsigned seen = 0;
  *out = (es_npy_header){.shape = {1, 1}};
  if (!take(&p, "{")) return "its header is broken";
  bool comma = true;
  while (!take(&p, "}")) {
    if (!comma) return "its header is broken";
    const char *wrong = take_entry(&p, out, &seen);
    if (wrong != NULL) return wrong;
    comma = take(&p, ",");
  }
  skip_blanks(&p);
  return p.at == p.end && seen == 7 ? NULL : "its header is broken";
}
