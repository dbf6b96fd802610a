/* index.html of an experiment: what was claimed, what came out, the figures. */
#ifndef ES_REPORT_HTML_H
#define ES_REPORT_HTML_H

#include "report/verdict.h"

typedef struct es_report {
  const char *title, *source, *claim; /* any may be NULL */
  const char *dir; /* the folder of the page; links go to what is in it */
  const es_verdict *verdict;
  size_t n_verdicts;
  const char *const *stage; /* names; each is a folder beside the page, and
                               every *.svg in it is shown */
  size_t n_stages;
} es_report;

/* Writes the page atomically. Text is escaped; links are relative. */
es_status es_report_write(const char *path, const es_report *report,
                          es_diag *diag) ES_MUST_USE;

#endif
