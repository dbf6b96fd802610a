/* The preamble of a script with other figure settings: see restyle.h. */
#include "plot/restyle.h"

#include "file/atomic.h"
#include "plot/figure.h"
#include "plot/script.h"

#include <stdlib.h>
#include <string.h>

static const char *next_line(const char *line) {
  const char *end = strchr(line, '\n');
  return end == NULL ? line + strlen(line) : end + 1;
}

static bool begins(const char *line, const char *word) {
  return strncmp(line, word, strlen(word)) == 0;
}

/* Where the preamble ends; NULL: there is no body that reads settings. */
static const char *find_body(const char *text) {
  const char *body = strstr(text, "\n" ES_PLOT_COMMON);
  return body == NULL || strstr(body, "figure_") == NULL ? NULL : body + 1;
}

/* The most modes that a family of columns has, as of its lines n_FAMILY = k. */
static size_t count_modes(const char *text, const char *body) {
  size_t most = 0;
  for (const char *line = text; line < body; line = next_line(line)) {
    unsigned long k = 0;
    if (begins(line, "n_") && sscanf(line, "%*[^=\n]= %lu", &k) == 1 &&
        k > most)
      most = k;
  }
  return most;
}

static es_status ask(const char *path, const char *text, const char *body,
                     const es_config *figure, es_diag *diag) {
  if (body == NULL)
    return es_fail(diag, ES_FILE_DATA,
                   "%s: was drawn before figures had settings; make its data "
                   "again, or draw it as it is",
                   path);
  const size_t modes = count_modes(text, body);
  if (es_figure_any_mode(figure, modes)) return ES_OK;
  return es_config_blame(figure, "figure", "modes", diag,
                         "%s has modes 1 to %zu", path, modes);
}

static es_status rewrite(const char *path, const char *text, const char *body,
                         const es_config *figure, es_diag *diag) {
  es_part part;
  const es_status status = es_part_open(&part, path, diag);
  if (status != ES_OK) return status;
  for (const char *line = text; line < body; line = next_line(line))
    if (!begins(line, "figure_"))
      fwrite(line, 1, (size_t)(next_line(line) - line), part.stream);
  es_figure_write(part.stream, figure);
  fputs(body, part.stream);
  return es_part_commit(&part, diag);
}

es_status es_plot_restyle(const char *dir, const char *script,
                          const es_config *figure, bool asking, es_diag *diag) {
  unsigned char *bytes = NULL;
  size_t n = 0;
  char *path = es_file_join(dir, script);
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = es_file_read(&bytes, &n, path, ES_PLOT_LARGEST, diag);
  const char *text = (const char *)bytes;
  if (status == ES_OK && begins(text, ES_PLOT_MARK)) {
    const char *body = find_body(text);
    status = ask(path, text, body, figure, diag);
    if (status == ES_OK && !asking)
      status = rewrite(path, text, body, figure, diag);
  }
  free(bytes);
  free(path);
  return status;
}
