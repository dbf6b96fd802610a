/* The experiment's page: see html.h. */
#include "report/html.h"

#include "file/atomic.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void escaped(FILE *out, const char *text) {
  for (; text != NULL && *text != '\0'; text++) {
    switch (*text) {
    case '&':
      fputs("&amp;", out);
      break;
    case '<':
      fputs("&lt;", out);
      break;
    case '>':
      fputs("&gt;", out);
      break;
    case '"':
      fputs("&quot;", out);
      break;
    default:
      fputc(*text, out);
    }
  }
}

static void paragraph(FILE *out, const char *label, const char *text) {
  if (text == NULL) return;
  fprintf(out, "<p><b>%s</b> ", label);
  escaped(out, text);
  fputs("</p>\n", out);
}

static void verdicts(FILE *out, const es_report *r) {
  if (r->n_verdicts == 0) return;
  fputs("<table><tr><th>criterion</th><th>value</th><th>verdict</th></tr>\n",
        out);
  for (size_t i = 0; i < r->n_verdicts; i++) {
    fputs("<tr><td>", out);
    escaped(out, r->verdict[i].criterion);
    fprintf(out, "</td><td>%.4g</td><td class=\"%s\">%s</td></tr>\n",
            r->verdict[i].value, r->verdict[i].verdict, r->verdict[i].verdict);
  }
  fputs("</table>\n", out);
}

/* stage/name, if dir holds it; freed by the caller. */
static char *present(const char *dir, const char *stage, const char *name) {
  char *folder = es_file_join(dir, stage);
  const bool there = folder != NULL && es_file_has(folder, name);
  free(folder);
  return there ? es_file_join(stage, name) : NULL;
}

static int is_figure(const struct dirent *entry) {
  const size_t n = strlen(entry->d_name);
  return n > 4 && strcmp(entry->d_name + n - 4, ".svg") == 0;
}

/* A stage that made no folder has no figures; one that cannot be read is an
 * error. */
static es_status figures(FILE *out, const char *dir, const char *stage,
                         es_diag *diag) {
  struct dirent **entry = NULL;
  char *folder = es_file_join(dir, stage);
  if (folder == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  const int n = scandir(folder, &entry, is_figure, alphasort);
  const bool good = n >= 0 || errno == ENOENT;
  const es_status status =
      good ? ES_OK
           : es_fail(diag, ES_FILE_MISSING, "%s: cannot be read: %s", folder,
                     strerror(errno));
  for (int i = 0; i < n; i++) {
    fprintf(out, "<img src=\"%s/", stage);
    escaped(out, entry[i]->d_name);
    fputs("\" alt=\"", out);
    escaped(out, entry[i]->d_name);
    fputs("\">\n", out);
    free(entry[i]);
  }
  free(entry);
  free(folder);
  return status;
}

static es_status stages(FILE *out, const es_report *r, es_diag *diag) {
  es_status status = ES_OK;
  static const char *const files[] = {
      "trace.csv", "steps.csv", "table.csv", "summary.csv", "probe.csv",
      "sweep.csv", "sweep.h5",  "arrays.h5", "config.yaml", "run.json"};
  for (size_t i = 0; status == ES_OK && i < r->n_stages; i++) {
    fprintf(out, "<h2>%s</h2>\n", r->stage[i]);
    status = figures(out, r->dir, r->stage[i], diag);
    fputs("<p>", out);
    for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
      char *link = present(r->dir, r->stage[i], files[k]);
      if (link != NULL) fprintf(out, "<a href=\"%s\">%s</a> ", link, files[k]);
      free(link);
    }
    fputs("</p>\n", out);
  }
  return status;
}

es_status es_report_write(const char *path, const es_report *report,
                          es_diag *diag) {
  es_part part;
  es_status status = es_part_open(&part, path, diag);
  if (status != ES_OK) return status;
  FILE *out = part.stream;
  fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<title>",
        out);
  escaped(out, report->title);
  fputs("</title>\n<style>body{font:16px/1.5 sans-serif;max-width:60em;"
        "margin:2em auto;padding:0 1em}img{max-width:100%;border:1px solid "
        "#ddd}td,th{padding:.2em 1em .2em 0;text-align:left}"
        ".holds{color:#060}.fails{color:#a00}</style></head><body>\n<h1>",
        out);
  escaped(out, report->title);
  fputs("</h1>\n", out);
  paragraph(out, "Source.", report->source);
  paragraph(out, "Claim.", report->claim);
  verdicts(out, report);
  status = stages(out, report, diag);
  fputs("</body></html>\n", out);
  if (status != ES_OK) {
    es_part_abandon(&part);
    return status;
  }
  return es_part_commit(&part, diag);
}
