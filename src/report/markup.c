/* Text, addresses and files as markup: see markup.h. */
#include "report/markup.h"

#include "file/atomic.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

void es_markup_text(FILE *out, const char *text) {
  for (; text != NULL && *text != '\0'; text++) {
    const unsigned char c = (unsigned char)*text;
    if (c == '&')
      fputs("&amp;", out);
    else if (c == '<')
      fputs("&lt;", out);
    else if (c == '>')
      fputs("&gt;", out);
    else if (c == '"')
      fputs("&quot;", out);
    else if ((c < ' ' && c != '\n' && c != '\t') || c == 0x7f)
      fputs("\xef\xbf\xbd", out);
    else
      fputc(c, out);
  }
}

void es_markup_url(FILE *out, const char *path) {
  for (; *path != '\0'; path++) {
    const unsigned char c = (unsigned char)*path;
    if (isalnum(c) || strchr("-_.~/", c) != NULL)
      fputc(c, out);
    else
      fprintf(out, "%%%02X", c);
  }
}

/* Three bytes, of which n are there, as four letters of base64. */
static void put_letters(FILE *out, const unsigned char *b, size_t n) {
  static const char letters[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  fputc(letters[b[0] >> 2], out);
  fputc(letters[(b[0] & 3) << 4 | b[1] >> 4], out);
  fputc(n > 1 ? letters[(b[1] & 15) << 2 | b[2] >> 6] : '=', out);
  fputc(n > 2 ? letters[b[2] & 63] : '=', out);
}

static es_status unreadable(const char *path, es_diag *diag) {
  return es_fail(diag, ES_FILE_DATA, "%s: cannot be read: %s", path,
                 strerror(errno));
}

es_status es_markup_data(FILE *out, const char *path, const char *type,
                         es_diag *diag) {
  FILE *in = fopen(path, "rb");
  if (in == NULL)
    return es_fail(diag, ES_FILE_MISSING, "%s: cannot be read: %s", path,
                   strerror(errno));
  fprintf(out, "data:%s;base64,", type);
  for (size_t n = 3; n == 3;) {
    unsigned char b[3] = {0};
    n = fread(b, 1, 3, in);
    if (n > 0) put_letters(out, b, n);
  }
  const bool good = !ferror(in);
  fclose(in);
  return good ? ES_OK : unreadable(path, diag);
}

/* A character of several bytes that was cut is left out. */
static size_t whole_characters(const char *text, size_t n) {
  while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80) n--;
  return n;
}

es_status es_markup_details(FILE *out, const char *path, const char *summary,
                            size_t most, es_diag *diag) {
  if (!es_file_exists(path)) return ES_OK;
  FILE *in = fopen(path, "rb");
  if (in == NULL) return unreadable(path, diag);
  char *text = malloc(most + 2);
  if (text == NULL) {
    fclose(in);
    return es_fail(diag, ES_NO_MEMORY, "no memory");
  }
  size_t n = fread(text, 1, most + 1, in);
  const bool more = n > most, good = !ferror(in);
  fclose(in);
  if (!good) {
    free(text);
    return unreadable(path, diag);
  }
  if (more) n = whole_characters(text, most);
  text[n] = '\0';
  fputs("<details><summary>", out);
  es_markup_text(out, summary);
  fputs("</summary>\n<pre>", out);
  es_markup_text(out, text);
  fprintf(out, "</pre>\n%s</details>\n",
          more ? "<p>The file goes on: it is longer than is shown here.</p>\n"
               : "");
  free(text);
  return ES_OK;
}
