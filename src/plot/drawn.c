/* What was drawn in a folder: taking it away, and finding what is not there. */
#include "file/atomic.h"
#include "plot/plot.h"
#include "plot/script.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIGURE = 300 }; /* room for the name of a figure's file */

const char *const es_plot_extension[ES_PLOT_EXTENSIONS] = {"svg", "png", "pdf",
                                                           "gif"};

size_t es_plot_stem(const char *name) {
  const size_t n = strlen(name);
  return n > 3 && strcmp(name + n - 3, ".gp") == 0 ? n - 3 : 0;
}

bool es_plot_next(const char **kinds, char kind[ES_PLOT_KIND]) {
  const size_t n = strcspn(*kinds, ",");
  if (**kinds == '\0') return false;
  snprintf(kind, ES_PLOT_KIND, "%.*s", (int)n, *kinds);
  *kinds += n + ((*kinds)[n] == ',');
  return true;
}

/* The figure that a script draws, in form i. */
static void name_figure(char out[FIGURE], const char *script, int i) {
  snprintf(out, FIGURE, "%.*s.%s", (int)es_plot_stem(script), script,
           es_plot_extension[i]);
}

static es_status cannot_read(const char *path, int error, es_diag *diag) {
  return es_fail(diag, error == ENOMEM ? ES_NO_MEMORY : ES_FILE_DATA,
                 "%s: cannot be read: %s", path, strerror(error));
}

/* Whether DIR/script was written here: not what is no file, or is closed to
 * us. */
static es_status recognise(bool *ours, const char *dir, const char *script,
                           es_diag *diag) {
  char begin[sizeof ES_PLOT_MARK] = "";
  char *path = es_file_join(dir, script);
  *ours = false;
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  FILE *file = fopen(path, "rb");
  if (file != NULL)
    *ours = fread(begin, 1, sizeof ES_PLOT_MARK - 1, file) ==
                sizeof ES_PLOT_MARK - 1 &&
            strcmp(begin, ES_PLOT_MARK) == 0;
  const int error = file != NULL && !ferror(file) ? 0 : errno;
  if (file != NULL) fclose(file);
  const bool known =
      error == 0 || error == ENOENT || error == EACCES || error == EISDIR;
  const es_status status = known ? ES_OK : cannot_read(path, error, diag);
  free(path);
  return status;
}

/* The script last: what is left of a removal that failed is still known. */
static es_status forget_one(const char *dir, const char *script,
                            es_diag *diag) {
  char name[FIGURE];
  bool ours;
  es_status status = recognise(&ours, dir, script, diag);
  if (!ours) return status;
  for (int i = 0; status == ES_OK && i < ES_PLOT_EXTENSIONS; i++) {
    name_figure(name, script, i);
    status = es_file_remove(dir, name, diag);
  }
  return status == ES_OK ? es_file_remove(dir, script, diag) : status;
}

static es_status forget_all(const char *dir, es_diag *diag) {
  es_status status = es_file_remove(dir, "curves.csv", diag);
  if (status != ES_OK) return status;
  DIR *folder = opendir(dir);
  if (folder == NULL)
    return errno == ENOENT ? ES_OK : cannot_read(dir, errno, diag);
  for (struct dirent *entry; status == ES_OK && (entry = readdir(folder));)
    if (es_plot_stem(entry->d_name) > 0)
      status = forget_one(dir, entry->d_name, diag);
  closedir(folder);
  return status;
}

es_status es_plot_forget(const char *dir, const char *kinds, es_diag *diag) {
  es_status status = ES_OK;
  char kind[ES_PLOT_KIND], script[ES_PLOT_KIND + 3];
  if (kinds == NULL) return forget_all(dir, diag);
  while (status == ES_OK && es_plot_next(&kinds, kind)) {
    snprintf(script, sizeof script, "%s.gp", kind);
    status = forget_one(dir, script, diag);
  }
  return status;
}

static bool is_drawn(const char *dir, const char *script) {
  char name[FIGURE];
  bool drawn = false;
  for (int i = 0; !drawn && i < ES_PLOT_EXTENSIONS; i++) {
    name_figure(name, script, i);
    drawn = es_file_has(dir, name);
  }
  return drawn;
}

/* A script of ours in dir without a figure. */
static es_status find_bare_script(bool *out, const char *dir, es_diag *diag) {
  es_status status = ES_OK;
  bool ours;
  DIR *folder = opendir(dir);
  if (folder == NULL)
    return errno == ENOENT ? ES_OK : cannot_read(dir, errno, diag);
  for (struct dirent *entry;
       status == ES_OK && !*out && (entry = readdir(folder));) {
    if (es_plot_stem(entry->d_name) == 0) continue;
    status = recognise(&ours, dir, entry->d_name, diag);
    *out = ours && !is_drawn(dir, entry->d_name);
  }
  closedir(folder);
  return status;
}

es_status es_plot_lacks(bool *out, const char *dir, const char *kinds,
                        es_diag *diag) {
  char kind[ES_PLOT_KIND], script[ES_PLOT_KIND + 3];
  *out = false;
  if (kinds == NULL) return find_bare_script(out, dir, diag);
  while (!*out && es_plot_next(&kinds, kind)) {
    snprintf(script, sizeof script, "%s.gp", kind);
    *out = !es_file_has(dir, script) || !is_drawn(dir, script);
  }
  return ES_OK;
}
