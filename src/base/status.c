/* Status table and the one function that fills a diagnostic. */
#include <eigenstep/status.h>

#include <stdarg.h>
#include <stdio.h>

typedef struct status_row {
  const char *name;
  int exit_code;
  const char *text;
} status_row;

#define STATUS_ROW(name, exit_code, text) {#name, exit_code, text},
static const status_row rows[ES_STATUS_COUNT] = {ES_STATUS_LIST(STATUS_ROW)};

static const status_row *row_of(es_status code) {
  static const status_row unknown = {"ES_?", 1, "unknown status"};
  return (unsigned)code < ES_STATUS_COUNT ? &rows[code] : &unknown;
}

const char *es_status_text(es_status code) { return row_of(code)->text; }
const char *es_status_name(es_status code) { return row_of(code)->name; }
int es_status_exit_code(es_status code) { return row_of(code)->exit_code; }

#undef es_fail
es_status es_fail(es_diag *diag, es_status code, const char *format, ...) {
  if (diag == NULL) return code;
  diag->code = code;
  va_list args;
  va_start(args, format);
  vsnprintf(diag->message, sizeof diag->message, format, args);
  va_end(args);
  /* Messages quote user text: one line on a terminal must stay one line. */
  for (char *c = diag->message; *c != '\0'; c++)
    if ((unsigned char)*c < ' ' || *c == 127) *c = '?';
  return code;
}
