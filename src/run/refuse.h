/* What the readers of an experiment file share. Private to the room. */
#ifndef ES_RUN_REFUSE_H
#define ES_RUN_REFUSE_H

#include "run/plan.h"

/* Refuses a node of the plan's file: "path:line:column: …", exit 2. */
#define ES_REFUSE(plan, node, diag, ...)                                       \
  es_plan_refuse((plan)->path, (node), (diag), __VA_ARGS__)

es_status es_plan_refuse(const char *path, const es_node *node, es_diag *diag,
                         const char *format, ...) ES_PRINTF(4, 5);

/* The same with what another has said of the node; want of memory stays want of
 * memory. */
es_status es_plan_pass_on(const char *path, const es_node *node,
                          const es_diag *said, es_diag *diag);

/* True of a text of letters, digits and the characters of between, 64 at most,
 * one at least: NULL is none. */
bool es_plan_plain(const char *name, const char *between);

#endif
