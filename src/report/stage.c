/* A stage on the page: see stage.h. */
#include "report/stage.h"

#include "file/atomic.h"
#include "report/figures.h"
#include "report/markup.h"

#include <stdlib.h>

enum { LONGEST_SETTINGS = 64 << 10 };

static void heading(FILE *out, const char *stage, const es_facts *f) {
  fprintf(out, "<section aria-labelledby=\"stage-%s\">\n<h2 id=\"stage-%s\">%s",
          stage, stage, stage);
  fputs("</h2>\n", out);
  if (f->runs == 0) return;
  fputs("<p class=\"facts\">", out);
  if (f->repeated) fprintf(out, "%zu runs of ", f->runs);
  fputs("<code>", out);
  es_markup_text(out, f->command);
  fputs(" ", out);
  es_markup_text(out, f->target);
  fputs("</code> in ", out);
  es_facts_time(out, f->wall);
  if (f->seeds[0] != '\0') fputs("; ", out);
  es_markup_text(out, f->seeds);
  fputs(f->repeated && f->seeds[0] != '\0' ? " (the first)</p>\n" : "</p>\n",
        out);
}

typedef struct shown {
  const char *file, *caption;
  size_t most; /* rows */
} shown;

static es_status tables(FILE *out, const char *folder, es_diag *diag) {
  static const shown all[] = {
      {"agreement.csv", "Agreement of theory and measurement", 60},
      {"steps.csv", "Steps: predicted and measured times", 20},
      {"accuracies.csv", "Accuracies", 60},
      {"summary.csv", "Summary over repeated runs", 40},
      {"probe.csv", "Probes", 20},
      {"table.csv", "Table", 20}};
  es_status status = ES_OK;
  for (size_t k = 0; status == ES_OK && k < sizeof all / sizeof *all; k++) {
    char *path = es_file_join(folder, all[k].file);
    status = path == NULL ? es_fail(diag, ES_NO_MEMORY, "no memory")
                          : es_markup_table(out, path, all[k].caption,
                                            all[k].most, diag);
    free(path);
  }
  return status;
}

static es_status settings(FILE *out, const char *folder, const es_facts *f,
                          es_diag *diag) {
  char *path =
      es_file_join(folder, f->repeated ? "000/config.yaml" : "config.yaml");
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  const es_status status = es_markup_details(
      out, path, f->repeated ? "Settings of the first run" : "Settings",
      LONGEST_SETTINGS, diag);
  free(path);
  return status;
}

/* Of folder, under the path that the page's links begin with. */
static void links(FILE *out, const char *folder, const char *path) {
  static const char *const files[] = {
      "trace.csv",     "steps.csv",   "prediction.csv", "overlay.csv",
      "agreement.csv", "table.csv",   "summary.csv",    "accuracies.csv",
      "probe.csv",     "sweep.csv",   "sweep.h5",       "embed.h5",
      "arrays.h5",     "config.yaml", "run.json"};
  for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
    if (!es_file_has(folder, files[k])) continue;
    fputs("<a href=\"", out);
    es_markup_url(out, path);
    fprintf(out, "/%s\">%s</a> ", files[k], files[k]);
  }
}

/* The runs of a repeated stage have their files in 000, 001, … */
static es_status run_links(FILE *out, const char *folder, const char *stage,
                           const es_facts *f, es_diag *diag) {
  if (!f->repeated) return ES_OK;
  fprintf(out, "<details><summary>Files of %zu runs</summary>\n<ul>\n",
          f->runs);
  bool there = true;
  for (size_t i = 0; there; i++) {
    char name[24], path[96];
    snprintf(name, sizeof name, "%03zu", i);
    snprintf(path, sizeof path, "%s/%s", stage, name);
    char *item = es_file_join(folder, name);
    if (item == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
    there = es_file_is_directory(item);
    if (there) {
      fprintf(out, "<li>%s: ", name);
      links(out, item, path);
      fputs("</li>\n", out);
    }
    free(item);
  }
  fputs("</ul>\n</details>\n", out);
  return ES_OK;
}

es_status es_stage_write(FILE *out, const char *dir, const char *stage,
                         const es_facts *facts, const char *title,
                         es_diag *diag) {
  char *folder = es_file_join(dir, stage);
  if (folder == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  heading(out, stage, facts);
  es_status status = es_figures_write(out, dir, stage, title, diag);
  if (status == ES_OK) status = tables(out, folder, diag);
  if (status == ES_OK) status = settings(out, folder, facts, diag);
  fputs("<p class=\"files\">Files: ", out);
  links(out, folder, stage);
  fputs("</p>\n", out);
  if (status == ES_OK) status = run_links(out, folder, stage, facts, diag);
  fputs("</section>\n", out);
  free(folder);
  return status;
}
