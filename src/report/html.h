/* index.html of an experiment: what was claimed, what came out, the figures. */
#ifndef ES_REPORT_HTML_H
#define ES_REPORT_HTML_H

#include "report/verdict.h"

typedef struct es_report {
  const char *title, *source, *claim; /* any may be NULL; also: */
  const char *file; /* the experiment's own file, shown at the end */
  const char *dir;  /* the folder of the page; links go to what is in it */
  const es_verdict *verdict;
  size_t n_verdicts;
  const char *const *stage; /* plain names, each of a folder beside the page */
  size_t n_stages;
} es_report;

/* Writes the page atomically: title, source, claim, the runs' version, time and
 * seeds, the verdicts, then of each stage its figures, tables of agreement,
 * steps, accuracies and repeated runs, its settings, and links to its files.
 * It stands alone: figures are in it (figures.h), nothing else is loaded, and
 * nothing is run. Text is escaped, links are relative. */
es_status es_report_write(const char *path, const es_report *report,
                          es_diag *diag) ES_MUST_USE;

#endif
