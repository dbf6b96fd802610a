/* The experiment's page: see html.h. */
#include "report/html.h"

#include "file/atomic.h"
#include "report/facts.h"
#include "report/markup.h"
#include "report/stage.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_FILE = 64 << 10 };

/* Nothing but what is in the page may be loaded, and nothing in it runs. */
static const char head[] =
    "<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
    "'none'; img-src data:; style-src 'unsafe-inline'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n";

static const char style[] =
    "<style>\n"
    ":root{color-scheme:light dark;--line:#ccc;--soft:#555;--good:#0a5c1f;"
    "--bad:#a01010;--open:#7a5200}\n"
    "@media(prefers-color-scheme:dark){:root{--line:#555;--soft:#aaa;"
    "--good:#7fd491;--bad:#ff9a90;--open:#e8c069}}\n"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;"
    "padding:0 1rem}\n"
    "h1{line-height:1.25}h2{margin-top:2.5rem;border-top:1px solid "
    "var(--line);padding-top:1rem}\n"
    "figure{margin:1rem 0}figcaption,.facts,.files{color:var(--soft);"
    "font-size:.9rem}\n"
    "img{max-width:100%;height:auto;background:#fff;border:1px solid "
    "var(--line)}\n"
    ".wide{overflow-x:auto;margin:1rem 0}\n"
    "table{border-collapse:collapse;font-size:.9rem}caption{text-align:left;"
    "font-weight:600;padding-bottom:.3rem}\n"
    "td,th{padding:.2rem 1rem .2rem 0;text-align:left;vertical-align:top;"
    "border-bottom:1px solid var(--line)}\n"
    ".n{font-variant-numeric:tabular-nums;white-space:nowrap}\n"
    "pre{overflow-x:auto;font-size:.85rem;white-space:pre-wrap}"
    "summary{cursor:pointer}\n"
    ".holds{color:var(--good)}.fails{color:var(--bad)}"
    ".inconclusive{color:var(--open)}td[class]{font-weight:600}"
    "td.n{font-weight:400}\n"
    "@media print{body{max-width:none;margin:0;font-size:11pt}"
    "figure,tr{break-inside:avoid}h2{break-after:avoid}a{color:inherit}}\n"
    "</style>\n";

static void paragraph(FILE *out, const char *label, const char *text) {
  if (text == NULL) return;
  fprintf(out, "<p><b>%s</b> ", label);
  es_markup_text(out, text);
  fputs("</p>\n", out);
}

/* "3 criteria hold, 1 fails." */
static void count_verdicts(FILE *out, const es_report *r) {
  static const char *const names[] = {"holds", "fails", "inconclusive"};
  const char *between = "";
  fprintf(out, "<p>Of %zu criteri%s ", r->n_verdicts,
          r->n_verdicts == 1 ? "on" : "a");
  for (size_t k = 0; k < 3; k++) {
    size_t n = 0;
    for (size_t i = 0; i < r->n_verdicts; i++)
      n += strcmp(r->verdict[i].verdict, names[k]) == 0;
    if (n == 0) continue;
    fprintf(out, "%s<b class=\"%s\">%zu %s</b>", between, names[k], n,
            k == 2   ? n == 1 ? "is inconclusive" : "are inconclusive"
            : n == 1 ? names[k]
            : k == 0 ? "hold"
                     : "fail");
    between = ", ";
  }
  fputs(".</p>\n", out);
}

static void number(FILE *out, double x) {
  fprintf(out, "<td class=\"n\">%.4g</td>", x);
}

/* An interval has its columns only where a verdict has one. */
static void verdicts(FILE *out, const es_report *r) {
  bool interval = false;
  if (r->n_verdicts == 0) return;
  for (size_t i = 0; i < r->n_verdicts; i++)
    interval = interval || (!isnan(r->verdict[i].value) &&
                            !(r->verdict[i].low == r->verdict[i].high));
  fputs("<h2>Verdict</h2>\n", out);
  count_verdicts(out, r);
  fprintf(out,
          "<div class=\"wide\" tabindex=\"0\"><table>\n<thead><tr><th "
          "scope=\"col\">criterion</th><th scope=\"col\">value</th>%s<th "
          "scope=\"col\">verdict</th></tr></thead>\n<tbody>\n",
          interval ? "<th scope=\"col\">low</th><th scope=\"col\">high</th>"
                   : "");
  for (size_t i = 0; i < r->n_verdicts; i++) {
    const es_verdict *v = &r->verdict[i];
    fputs("<tr><td>", out);
    es_markup_text(out, v->criterion);
    fputs("</td>", out);
    number(out, v->value);
    if (interval) number(out, v->low);
    if (interval) number(out, v->high);
    fprintf(out, "<td class=\"%s\">%s</td></tr>\n", v->verdict, v->verdict);
  }
  fputs("</tbody></table></div>\n", out);
}

/* When, with what and for how long; the first stage's record stands for all. */
static void run_facts(FILE *out, const es_report *r, const es_facts *facts) {
  double wall = 0;
  const es_facts *first = NULL;
  for (size_t i = 0; i < r->n_stages; i++) {
    if (facts[i].runs > 0 && first == NULL) first = &facts[i];
    wall += facts[i].wall;
  }
  if (first == NULL) return;
  fputs("<p class=\"facts\">Run ", out);
  es_markup_text(out, first->date);
  fputs(" with eigenstep ", out);
  es_markup_text(out, first->version);
  fputs(", ", out);
  es_facts_time(out, wall);
  if (first->threads > 0)
    fprintf(out, " with %d thread%s", first->threads,
            first->threads == 1 ? "" : "s");
  fputs(" on ", out);
  es_markup_text(out, first->cpu);
  fputs(".</p>\n", out);
}

static void contents(FILE *out, const es_report *r) {
  if (r->n_stages < 3) return;
  fputs("<nav aria-label=\"Stages\"><p>Stages:", out);
  for (size_t i = 0; i < r->n_stages; i++)
    fprintf(out, " <a href=\"#stage-%s\">%s</a>%s", r->stage[i], r->stage[i],
            i + 1 < r->n_stages ? "," : "");
  fputs("</p></nav>\n", out);
}

static es_status body(FILE *out, const es_report *r, const es_facts *facts,
                      es_diag *diag) {
  fputs("<body>\n<main>\n<h1>", out);
  es_markup_text(out, r->title);
  fputs("</h1>\n", out);
  paragraph(out, "Source.", r->source);
  paragraph(out, "Claim.", r->claim);
  run_facts(out, r, facts);
  contents(out, r);
  verdicts(out, r);
  es_status status = ES_OK;
  for (size_t i = 0; status == ES_OK && i < r->n_stages; i++)
    status =
        es_stage_write(out, r->dir, r->stage[i], &facts[i], r->title, diag);
  if (status == ES_OK && r->file != NULL)
    status = es_markup_details(out, r->file, "The experiment's file",
                               LONGEST_FILE, diag);
  fputs("</main>\n</body>\n</html>\n", out);
  return status;
}

static es_status page(FILE *out, const es_report *r, es_diag *diag) {
  es_facts *facts = calloc(r->n_stages + 1, sizeof *facts);
  if (facts == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = ES_OK;
  for (size_t i = 0; status == ES_OK && i < r->n_stages; i++)
    status = es_facts_read(&facts[i], r->dir, r->stage[i], diag);
  fprintf(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n%s<title>", head);
  es_markup_text(out, r->title != NULL ? r->title : "An experiment");
  fprintf(out, "</title>\n%s</head>\n", style);
  if (status == ES_OK) status = body(out, r, facts, diag);
  free(facts);
  return status;
}

es_status es_report_write(const char *path, const es_report *report,
                          es_diag *diag) {
  es_part part;
  es_status status = es_part_open(&part, path, diag);
  if (status != ES_OK) return status;
  status = page(part.stream, report, diag);
  if (status == ES_OK) return es_part_commit(&part, diag);
  es_part_abandon(&part);
  return status;
}
