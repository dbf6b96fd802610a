/* What run.json says of a stage's runs. Private to the room. */
#ifndef ES_REPORT_FACTS_H
#define ES_REPORT_FACTS_H

#include <eigenstep/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { ES_FACTS_TEXT = 120 };

/* Of one stage; texts are "" where no record has them. Of a repeated stage (its
 * runs are in 000, 001, …): the first run's, and the time of all. */
typedef struct es_facts {
  size_t runs; /* with a record */
  bool repeated;
  char command[ES_FACTS_TEXT], target[ES_FACTS_TEXT], seeds[ES_FACTS_TEXT];
  char version[ES_FACTS_TEXT], date[ES_FACTS_TEXT], cpu[ES_FACTS_TEXT];
  int threads; /* 0: not known */
  double wall; /* seconds, of all runs */
} es_facts;

/* Reads dir/stage. What is not there, or is no JSON, is no fact; fails for want
 * of memory alone. */
es_status es_facts_read(es_facts *out, const char *dir, const char *stage,
                        es_diag *diag) ES_MUST_USE;

/* "12.3 s", "4 min 5 s" or "2 h 3 min". */
void es_facts_time(FILE *out, double seconds);

#endif
