/* config.yaml: every key that has a value, so that reading it back gives the
 * same values to the last bit. */
#include "base/text.h"
#include "config/store.h"
#include "config/utf8.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Characters that YAML takes raw in a quoted scalar of one line. */
static bool printable(uint32_t c) {
  if (c < 0x20 || (c >= 0x7f && c < 0xa0)) return false;
  return c != 0x2028 && c != 0x2029 && c != 0xfeff && c != 0xfffe &&
         c != 0xffff;
}

static bool all_printable(const char *text) {
  uint32_t code = 0;
  for (size_t n; (n = es_utf8_decode(&code, text)) > 0; text += n)
    if (!printable(code)) return false;
  return true;
}

/* Words that other readers of YAML take for something else than text. */
static bool is_reserved(const char *text) {
  static const char *const words[] = {"on",    "off", "yes", "no",   "true",
                                      "false", "y",   "n",   "null", ".inf",
                                      ".nan",  ".",   "..."};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strcasecmp(text, words[i]) == 0) return true;
  return false;
}

/* Narrower than YAML: what stays itself without quotes anywhere. */
static bool is_plain(const char *text) {
  static const char inside[] = "_./-";
  if (!isascii(*text) || (!isalpha(*text) && *text != '/' && *text != '.'))
    return false;
  for (const char *c = text; *c != '\0'; c++) {
    const bool colon = *c == ':' && c[1] != '\0';
    if (!isascii(*c) || (!isalnum(*c) && !strchr(inside, *c) && !colon))
      return false;
  }
  return !is_reserved(text);
}

static void write_single_quoted(FILE *out, const char *text) {
  fputc('\'', out);
  for (; *text != '\0'; text++) {
    if (*text == '\'') fputc('\'', out);
    fputc(*text, out);
  }
  fputc('\'', out);
}

static void write_double_quoted(FILE *out, const char *text) {
  uint32_t code = 0;
  fputc('"', out);
  for (size_t n; (n = es_utf8_decode(&code, text)) > 0; text += n) {
    if (code == '\n')
      fputs("\\n", out);
    else if (code == '"' || code == '\\')
      fprintf(out, "\\%c", (int)code);
    else if (printable(code))
      fwrite(text, 1, n, out);
    else
      fprintf(out, "\\U%08X", (unsigned)code);
  }
  fputc('"', out);
}

static void write_text(FILE *out, const char *text) {
  if (is_plain(text))
    fputs(text, out);
  else if (all_printable(text))
    write_single_quoted(out, text);
  else
    write_double_quoted(out, text);
}

static void write_real(FILE *out, double x) {
  char number[ES_REAL_SIZE];
  fputs(es_value_format(number, x), out);
}

static void write_row(FILE *out, const double *x, size_t n, size_t stride) {
  fputc('[', out);
  for (size_t i = 0; i < n; i++) {
    if (i > 0) fputs(", ", out);
    write_real(out, x[i * stride]);
  }
  fputc(']', out);
}

static void write_matrix(FILE *out, const es_matrix *M) {
  fputc('[', out);
  for (size_t i = 0; i < M->rows; i++) {
    if (i > 0) fputs(", ", out);
    write_row(out, M->data + i, M->cols, M->rows);
  }
  fputc(']', out);
}

static void write_words(FILE *out, const es_entry *entry) {
  const es_matrix *list = &entry->value.array;
  fputc('[', out);
  for (size_t i = 0; i < list->rows; i++) {
    size_t n;
    const char *word =
        es_choice_word(entry->key->choices, (size_t)list->data[i], &n);
    fprintf(out, "%s%.*s", i > 0 ? ", " : "", (int)n, word);
  }
  fputc(']', out);
}

/* A range is written as given, because quotes would make it text; a text that
 * begins like one is none. */
static void write_source(FILE *out, const char *text, es_kind kind) {
  if (es_range_is(text) && (kind == ES_LIST || kind == ES_MATRIX))
    fputs(text, out);
  else
    write_text(out, text);
}

static void write_value(FILE *out, const es_entry *entry) {
  const es_value *value = &entry->value;
  const es_kind kind = entry->key->kind;
  if (kind == ES_FLAG)
    fputs(value->flag ? "on" : "off", out);
  else if (kind == ES_WORDS)
    write_words(out, entry);
  else if (kind == ES_REAL || kind == ES_SIZE)
    write_real(out, value->real);
  else if (value->text != NULL)
    write_source(out, value->text, kind);
  else if (kind == ES_LIST)
    write_row(out, value->array.data, value->array.rows, 1);
  else
    write_matrix(out, &value->array);
}

static void write_key(FILE *out, const es_entry *entry, bool *begun) {
  if (!*begun) fprintf(out, "%s:\n", entry->key->section);
  *begun = true;
  fprintf(out, "  %s: ", entry->key->name);
  write_value(out, entry);
  fputc('\n', out);
}

/* Axes by when they were given, which is the order of the grid. */
static void write_axes(FILE *out, const es_config *config, size_t first) {
  const char *section = config->entry[first].key->section;
  bool begun = false;
  for (size_t order = 1; order <= config->given; order++)
    for (size_t i = first; i < config->n; i++) {
      const es_entry *entry = &config->entry[i];
      if (entry->is_axis && entry->order == order && entry->has &&
          strcmp(entry->key->section, section) == 0)
        write_key(out, entry, &begun);
    }
}

static void write_section(FILE *out, const es_config *config, size_t first) {
  const char *section = config->entry[first].key->section;
  bool begun = false;
  for (size_t i = first; i < config->n; i++) {
    const es_entry *entry = &config->entry[i];
    if (entry->has && !entry->is_axis &&
        strcmp(entry->key->section, section) == 0)
      write_key(out, entry, &begun);
  }
  write_axes(out, config, first);
}

/* Whether no key before i is of the same section. */
static bool is_first(const es_config *config, size_t i) {
  const char *section = config->entry[i].key->section;
  for (size_t k = 0; k < i; k++)
    if (strcmp(config->entry[k].key->section, section) == 0) return false;
  return true;
}

es_status es_config_write(const es_config *config, FILE *out, es_diag *diag) {
  for (size_t i = 0; i < config->n; i++)
    if (is_first(config, i)) write_section(out, config, i);
  if (fflush(out) != 0 || ferror(out))
    return es_fail(diag, ES_FILE_WRITE, "the configuration cannot be written");
  return ES_OK;
}

es_status es_config_render(char **out, size_t *n, const es_config *config,
                           es_diag *diag) {
  *out = NULL;
  *n = 0;
  FILE *text = open_memstream(out, n);
  es_status status =
      text == NULL ? ES_NO_MEMORY : es_config_write(config, text, NULL);
  if (text != NULL && fclose(text) != 0) status = ES_NO_MEMORY;
  if (status == ES_OK) return ES_OK;
  free(*out);
  *out = NULL;
  return es_fail(diag, ES_NO_MEMORY, "no memory for the configuration");
}
