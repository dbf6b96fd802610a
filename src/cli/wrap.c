/* Lines of help at a terminal's width: see wrap.h. */
#include "cli/wrap.h"

#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { NARROWEST = 40, USUAL = 80 };

size_t es_wrap_width(void) {
  struct winsize size = {0};
  if (isatty(STDOUT_FILENO) != 1) return 0;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return USUAL;
  return size.ws_col < NARROWEST ? 0 : size.ws_col;
}

/* Characters of n bytes of UTF-8. */
static size_t columns(const char *text, size_t n) {
  size_t k = 0;
  for (size_t i = 0; i < n; i++) k += ((unsigned char)text[i] & 0xC0) != 0x80;
  return k;
}

/* Where the text of a line begins: after its name and two blanks or more, or
 * after its indent; n for what is typed. */
static size_t text_of(const char *line, size_t n) {
  const size_t indent = strspn(line, " ");
  if (indent != 2) return indent < n ? indent : n;
  for (size_t i = indent; i + 2 < n; i++)
    if (line[i] == ' ' && line[i + 1] == ' ') return i + strspn(line + i, " ");
  return n;
}

static void put_line(FILE *out, const char *line, size_t n, size_t width) {
  size_t i = text_of(line, n), at = columns(line, i);
  const int hang = at == 0 ? 0 : (int)at + 2;
  bool first = true;
  fwrite(line, 1, i, out);
  while (i < n) {
    const size_t word = strcspn(line + i, " \n");
    const size_t long_word = columns(line + i, word);
    const bool fits = (size_t)hang + long_word <= width;
    if (!first && at + 1 + long_word > width && fits) {
      fprintf(out, "\n%*s", hang, "");
      at = (size_t)hang;
    } else if (!first) {
      fputc(' ', out);
      at++;
    }
    fwrite(line + i, 1, word, out);
    at += long_word;
    i += word + strspn(line + i + word, " ");
    first = false;
  }
  fputc('\n', out);
}

void es_wrap_put(FILE *out, const char *text, size_t width) {
  while (*text != '\0') {
    const size_t n = strcspn(text, "\n");
    put_line(out, text, n, width);
    text += n + (text[n] == '\n');
  }
}
