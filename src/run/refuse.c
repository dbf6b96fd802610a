/* What the readers of an experiment file share: see refuse.h. */
#include "run/refuse.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

es_status es_plan_refuse(const char *path, const es_node *node, es_diag *diag,
                         const char *format, ...) {
  char text[400];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  return es_fail(diag, ES_BAD_VALUE, "%s:%zu:%zu: %s", path, node->line,
                 node->column, text);
}

es_status es_plan_pass_on(const char *path, const es_node *node,
                          const es_diag *said, es_diag *diag) {
  return said->code == ES_NO_MEMORY
             ? es_fail(diag, ES_NO_MEMORY, "%s", said->message)
             : es_plan_refuse(path, node, diag, "%s", said->message);
}

bool es_plan_plain(const char *name, const char *between) {
  if (name == NULL || name[0] == '\0' || strlen(name) > 64) return false;
  for (; *name != '\0'; name++)
    if (!isalnum((unsigned char)*name) && strchr(between, *name) == NULL)
      return false;
  return true;
}
