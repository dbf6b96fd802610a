/* Figures inside the page: see figures.h. As an image an SVG cannot run what is
 * in it, nor do names in two of them meet. */
#include "report/figures.h"

#include "file/atomic.h"
#include "report/markup.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LARGEST = 4 << 20, LARGEST_SVG = 512 << 10 };

typedef struct figures {
  FILE *out;
  const char *dir, *stage, *title;
  bool *starved; /* something was left out for want of memory */
} figures;

/* stage/NAME for a NAME of n characters with another suffix, to be freed;
 * under dir if it is to be opened. */
static char *path_of(const figures *f, const char *dir, const char *name,
                     size_t n, const char *suffix) {
  char *path = NULL;
  const int length =
      dir != NULL
          ? asprintf(&path, "%s/%s/%.*s%s", dir, f->stage, (int)n, name, suffix)
          : asprintf(&path, "%s/%.*s%s", f->stage, (int)n, name, suffix);
  if (length < 0) *f->starved = true;
  return length < 0 ? NULL : path;
}

/* Bytes of a file, or -1. */
static long long size_of(const figures *f, const char *name, size_t n,
                         const char *suffix) {
  struct stat about;
  char *path = path_of(f, f->dir, name, n, suffix);
  const bool there = path != NULL && stat(path, &about) == 0;
  free(path);
  return there ? (long long)about.st_size : -1;
}

static void put_link(const figures *f, const char *name, size_t n,
                     const char *suffix) {
  if (size_of(f, name, n, suffix) < 0) return;
  char *link = path_of(f, NULL, name, n, suffix);
  if (link == NULL) return;
  fputs(" <a href=\"", f->out);
  es_markup_url(f->out, link);
  fprintf(f->out, "\">%s</a>", suffix + 1);
  free(link);
}

static void put_caption(const figures *f, const char *name, size_t n) {
  char *shown = strndup(name, n);
  if (shown == NULL) *f->starved = true;
  fputs("<figcaption>", f->out);
  es_markup_text(f->out, shown);
  free(shown);
  fputs(":", f->out);
  put_link(f, name, n, ".svg");
  put_link(f, name, n, ".gif");
  put_link(f, name, n, ".png");
  put_link(f, name, n, ".pdf");
  put_link(f, name, n, ".gp");
  fputs("</figcaption>", f->out);
}

static es_status put_image(const figures *f, const char *name, size_t n,
                           const char *suffix, es_diag *diag) {
  char *path = path_of(f, f->dir, name, n, suffix), *shown = strndup(name, n);
  es_status status = path != NULL && shown != NULL
                         ? ES_OK
                         : es_fail(diag, ES_NO_MEMORY, "no memory");
  const char *type = suffix[1] == 's'   ? "image/svg+xml"
                     : suffix[1] == 'g' ? "image/gif"
                                        : "image/png";
  if (status == ES_OK) {
    fputs("<img alt=\"Figure ", f->out);
    es_markup_text(f->out, shown);
    fprintf(f->out, " of stage %s", f->stage);
    if (f->title != NULL) fputs(": ", f->out);
    es_markup_text(f->out, f->title);
    fputs("\" src=\"", f->out);
    status = es_markup_data(f->out, path, type, diag);
    fputs("\">\n", f->out);
  }
  free(path);
  free(shown);
  return status;
}

/* The figure of this name in the form that is shown. */
static es_status put_figure(const figures *f, const char *name, size_t n,
                            const char *suffix, es_diag *diag) {
  const long long size = size_of(f, name, n, suffix);
  es_status status = ES_OK;
  fputs("<figure>\n", f->out);
  if (size <= LARGEST)
    status = put_image(f, name, n, suffix, diag);
  else
    fprintf(f->out,
            "<p>This figure has %lld MB, too many for the page; it is in the "
            "file.</p>\n",
            size >> 20);
  put_caption(f, name, n);
  fputs("</figure>\n", f->out);
  return status;
}

static bool ends_in(const char *name, const char *suffix) {
  const size_t n = strlen(name), k = strlen(suffix);
  return n > k && name[0] != '.' && strcmp(name + n - k, suffix) == 0;
}

/* A PNG is shown where no SVG is, or where that is large. */
static es_status put_file(const figures *f, const char *name, es_diag *diag) {
  const size_t n = strlen(name) - 4;
  const long long svg = size_of(f, name, n, ".svg");
  const long long png = size_of(f, name, n, ".png");
  const bool as_png = png >= 0 && (svg < 0 || svg > LARGEST_SVG);
  if (as_png != (name[n + 1] == 'p') && name[n + 1] != 'g') return ES_OK;
  return put_figure(f, name, n, name + n, diag);
}

static int is_figure(const struct dirent *entry) {
  return ends_in(entry->d_name, ".svg") || ends_in(entry->d_name, ".png") ||
         ends_in(entry->d_name, ".gif");
}

es_status es_figures_write(FILE *out, const char *dir, const char *stage,
                           const char *title, es_diag *diag) {
  bool starved = false;
  const figures f = {out, dir, stage, title, &starved};
  struct dirent **entry = NULL;
  char *folder = es_file_join(dir, stage);
  if (folder == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  const int n = scandir(folder, &entry, is_figure, alphasort);
  es_status status =
      n >= 0 || errno == ENOENT
          ? ES_OK
          : es_fail(diag, errno == ENOMEM ? ES_NO_MEMORY : ES_FILE_MISSING,
                    "%s: cannot be read: %s", folder, strerror(errno));
  for (int i = 0; i < n; i++) {
    if (status == ES_OK) status = put_file(&f, entry[i]->d_name, diag);
    free(entry[i]);
  }
  free(entry);
  free(folder);
  if (status == ES_OK && starved)
    return es_fail(diag, ES_NO_MEMORY, "no memory for the page's figures");
  return status;
}
