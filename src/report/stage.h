/* One stage of an experiment on its page. Private to the room. */
#ifndef ES_REPORT_STAGE_H
#define ES_REPORT_STAGE_H

#include "report/facts.h"

#include <eigenstep/status.h>

/* Its heading, what was run, its figures, tables, settings and links to its
 * files; title: see figures.h. */
es_status es_stage_write(FILE *out, const char *dir, const char *stage,
                         const es_facts *facts, const char *title,
                         es_diag *diag) ES_MUST_USE;

#endif
