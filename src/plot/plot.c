/* Drawing with gnuplot: see plot.h. Figures are drawn under NAME.EXT.part and
 * renamed once gnuplot has ended well. */
#include "plot/plot.h"

#include "base/text.h"
#include "file/atomic.h"
#include "file/csv.h"
#include "file/share.h"
#include "plot/figure.h"
#include "plot/prepare.h"
#include "plot/process.h"
#include "plot/restyle.h"
#include "plot/script.h"
#include "plot/slim.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* True of a file that ends as a figure of this kind does, blanks aside: on a
 * full disk gnuplot says nothing. */
static bool is_whole(const char *path, const char *extension) {
  static const char *const ends[ES_PLOT_EXTENSIONS] = {
      "</svg>", "IEND\256B`\202", "%%EOF", ";"};
  char tail[32];
  size_t n = 0;
  FILE *file = fopen(path, "rb");
  if (file == NULL) return false;
  if (fseek(file, -(long)sizeof tail, SEEK_END) == 0)
    n = fread(tail, 1, sizeof tail, file);
  fclose(file);
  while (n > 0 && tail[n - 1] == '\n') n--;
  for (int i = 0; i < ES_PLOT_EXTENSIONS; i++) {
    const size_t length = strlen(ends[i]);
    if (strcmp(extension, es_plot_extension[i]) == 0)
      return n >= length && memcmp(tail + n - length, ends[i], length) == 0;
  }
  return false;
}

/* Renames DIR/NAME.EXT.part to DIR/NAME.EXT, or removes it. */
static es_status settle_figure(const char *dir, const char *name,
                               const char *extension, bool keep,
                               es_diag *diag) {
  char from[4096], to[4096];
  const int n = snprintf(to, sizeof to, "%s/%s.%s", dir, name, extension);
  snprintf(from, sizeof from, "%s/%s.%s.part", dir, name, extension);
  if (n < 0 || (size_t)n + 6 > sizeof from)
    return es_fail(diag, ES_FILE_WRITE, "%s: path too long", dir);
  if (!es_file_exists(from)) return ES_OK; /* that terminal is not there */
  if (!keep) {
    remove(from);
    return ES_OK;
  }
  const bool done = is_whole(from, extension);
  const int lack = es_file_lack(from); /* before there is room again */
  if (done && rename(from, to) == 0) return ES_OK;
  const int error = done ? errno : lack;
  remove(from);
  return es_fail(diag, ES_FILE_WRITE, "%s: cannot be written: %s", to,
                 error != 0 ? strerror(error) : "gnuplot did not end it");
}

/* The last line that is not empty: gnuplot ends with what was wrong. */
static const char *last_line(char *text) {
  size_t n = strlen(text);
  while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' ')) text[--n] = 0;
  const char *line = strrchr(text, '\n');
  return line == NULL ? text : line + 1;
}

/* script is NAME.gp, a plain file name inside dir. */
static es_status run_script(const char *dir, const char *script,
                            es_diag *diag) {
  char output[4096], name[256], plain[300];
  int code = 0;
  /* A name that starts with '-' must not be read as an option. */
  snprintf(plain, sizeof plain, "./%s", script);
  char *const argv[] = {"gnuplot", "-e", "suffix='.part'", plain, NULL};
  es_status status =
      es_process_run(argv, dir, output, sizeof output, &code, diag);
  if (status != ES_OK) return status;
  if (code == 127)
    return es_fail(diag, ES_TOOL_MISSING,
                   "gnuplot is missing (package gnuplot-nox); the data in %s "
                   "are whole, and `eigenstep plot` draws them later",
                   dir);
  snprintf(name, sizeof name, "%.*s", (int)es_plot_stem(script), script);
  for (int i = 0; i < ES_PLOT_EXTENSIONS; i++) {
    const es_status settled =
        settle_figure(dir, name, es_plot_extension[i], code == 0,
                      status == ES_OK ? diag : NULL);
    if (status == ES_OK) status = settled;
  }
  if (code != 0)
    return es_fail(diag, ES_TOOL_MISSING, "gnuplot failed on %s/%s: %s", dir,
                   script, last_line(output));
  return status;
}

/* A title as gnuplot strings: between single quotes nothing is special but the
 * quote. Doubling it fails at the beginning of a string, so it is appended from
 * a string of its own. */
static void write_quoted(FILE *out, const char *text) {
  fputc('\'', out);
  for (; *text != '\0'; text++) {
    if (*text == '\'')
      fputs("' . \"\\047\" . '", out);
    else
      fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
  }
  fputc('\'', out);
}

/* What gnuplot takes for a variable's name. */
static bool is_identifier(const char *text, size_t n) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
  return n > 0 && strspn(text, letters) >= n;
}

/* k of a family that can be in a table of so many columns. */
static bool ends_in_count(size_t *k, const char *digits, size_t columns) {
  const size_t n = strlen(digits);
  return strspn(digits, "0123456789") == n && es_text_size(k, digits, n) &&
         *k > 0 && *k <= columns;
}

/* What is drawn, and where it is: title is a text, trace a file in dir or NULL.
 */
typedef struct figure {
  const char *dir, *kind, *title, *trace;
  const es_config *look;
} figure;

/* The table's name; n_FAMILY = k for every run of its columns FAMILY_1 …
 * FAMILY_k. */
static es_status write_families(FILE *out, const figure *f, es_diag *diag) {
  es_table table = {0};
  if (f->trace == NULL) return ES_OK;
  char *path = es_file_join(f->dir, f->trace);
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  fprintf(out, "trace = '%s'\n", f->trace);
  const es_status status = es_table_header(&table, path, diag);
  free(path);
  for (size_t j = 0; status == ES_OK && j < table.columns; j++) {
    const char *mark = strrchr(table.name[j], '_');
    const bool last =
        j + 1 == table.columns ||
        strncmp(table.name[j], table.name[j + 1],
                mark == NULL ? 0 : (size_t)(mark + 1 - table.name[j])) != 0;
    size_t k;
    if (mark != NULL && last && ends_in_count(&k, mark + 1, table.columns) &&
        is_identifier(table.name[j], (size_t)(mark - table.name[j])))
      fprintf(out, "n_%.*s = %zu\n", (int)(mark - table.name[j]), table.name[j],
              k);
  }
  es_table_free(&table);
  return status;
}

static es_status append_share(FILE *out, const char *name, es_diag *diag) {
  char *path = NULL;
  unsigned char *text = NULL;
  size_t n = 0;
  es_status status = es_share_find(&path, "plots", name, diag);
  if (status == ES_OK)
    status = es_file_read(&text, &n, path, ES_PLOT_LARGEST, diag);
  if (status == ES_OK) fwrite(text, 1, n, out);
  free(text);
  free(path);
  return status;
}

static es_status write_script(const char *path, const figure *f,
                              es_diag *diag) {
  char file[128];
  es_part part;
  es_status status = es_part_open(&part, path, diag);
  if (status != ES_OK) return status;
  fprintf(part.stream,
          ES_PLOT_MARK "; run it again with gnuplot in this folder.\n"
                       "name = '%s'\ntitle_text = ",
          f->kind);
  write_quoted(part.stream, f->title);
  fputc('\n', part.stream);
  status = write_families(part.stream, f, diag);
  es_figure_write(part.stream, f->look);
  if (status == ES_OK) status = append_share(part.stream, "common.gp", diag);
  snprintf(file, sizeof file, "%s.gp", f->kind);
  if (status == ES_OK) status = append_share(part.stream, file, diag);
  if (status == ES_OK) return es_part_commit(&part, diag);
  es_part_abandon(&part);
  return status;
}

static es_status draw_one(const figure *f, es_diag *diag) {
  char script[128];
  snprintf(script, sizeof script, "%s.gp", f->kind);
  char *path = es_file_join(f->dir, script);
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = es_plot_prepare(f->dir, f->kind, diag);
  if (status == ES_OK) status = write_script(path, f, diag);
  free(path);
  if (status == ES_OK) status = run_script(f->dir, script, diag);
  return status;
}

es_status es_plot_draw(const char *dir, const char *kinds, const char *title,
                       const es_config *look, es_diag *diag) {
  es_status status = ES_OK;
  figure f = {.dir = dir, .title = title, .look = look};
  if (es_file_has(dir, "trace.csv")) status = es_plot_slim(&f.trace, dir, diag);
  char kind[ES_PLOT_KIND];
  f.kind = kind;
  while (status == ES_OK && es_plot_next(&kinds, kind))
    status = draw_one(&f, diag);
  return status;
}

/* What is done to every script of a folder: whether it can look so is asked of
 * all before any is rewritten, and they are rewritten before they are drawn,
 * since a folder may list twice what is replaced meanwhile. */
typedef struct errand {
  enum { ASK, RESTYLE, DRAW } what;
  const es_config *look;
  size_t n; /* scripts that were treated */
} errand;

static es_status treat(const char *dir, const char *script, errand *e,
                       es_diag *diag) {
  const es_status status =
      e->what == DRAW
          ? run_script(dir, script, diag)
          : es_plot_restyle(dir, script, e->look, e->what == ASK, diag);
  e->n += status == ES_OK;
  return status;
}

/* gnuplot waits for a pipe, and takes a folder for an empty script. */
static bool is_no_file(const char *path) {
  struct stat about;
  return stat(path, &about) == 0 && !S_ISREG(about.st_mode);
}

static es_status treat_folder(const char *dir, int depth, errand *e,
                              es_diag *diag) {
  es_status status = ES_OK;
  DIR *folder = opendir(dir);
  if (folder == NULL)
    return es_fail(diag, ES_FILE_MISSING, "%s: no such folder", dir);
  for (struct dirent *entry; status == ES_OK && (entry = readdir(folder));) {
    if (entry->d_name[0] == '.') continue;
    char *path = es_file_join(dir, entry->d_name);
    if (path == NULL)
      status = es_fail(diag, ES_NO_MEMORY, "no memory");
    else if (es_plot_stem(entry->d_name) > 0 && !is_no_file(path))
      status = treat(dir, entry->d_name, e, diag);
    else if (depth > 0 && es_file_is_directory(path))
      status = treat_folder(path, depth - 1, e, diag);
    free(path);
  }
  closedir(folder);
  return status;
}

es_status es_plot_again(const char *dir, const es_config *look, size_t *n,
                        es_diag *diag) {
  es_status status = ES_OK;
  errand e = {.what = look == NULL ? DRAW : ASK, .look = look};
  for (; status == ES_OK && e.what <= DRAW; e.what++) {
    e.n = 0;
    status = treat_folder(dir, 1, &e, diag);
  }
  *n = e.n;
  if (status == ES_OK && *n == 0)
    return es_fail(diag, ES_FILE_MISSING,
                   "%s: no figure's script (NAME.gp) in it", dir);
  return status;
}

bool es_plot_gnuplot(char *out, size_t size) {
  char *const argv[] = {"gnuplot", "-e",
                        "print 'gnuplot ', GPVAL_VERSION, ' patchlevel ', "
                        "GPVAL_PATCHLEVEL, ':', GPVAL_TERMINALS",
                        NULL};
  int code = 0;
  if (es_process_run(argv, NULL, out, size, &code, NULL) != ES_OK) return false;
  out[strcspn(out, "\n")] = '\0';
  return code == 0;
}
