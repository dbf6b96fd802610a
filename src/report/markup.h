/* What pages are written with: escaped text, addresses, files inside a page,
 * tables. Write errors are the stream's: they are found when the file is
 * committed. Private to the room. */
#ifndef ES_REPORT_MARKUP_H
#define ES_REPORT_MARKUP_H

#include <eigenstep/status.h>
#include <stddef.h>
#include <stdio.h>

/* Text, also inside a quoted attribute: & < > " escaped, control characters
 * but for line ends and tabs as U+FFFD. NULL is nothing. */
void es_markup_text(FILE *out, const char *text);

/* A relative address: all but letters, digits and -_.~/ as %XX. */
void es_markup_url(FILE *out, const char *path);

/* A file as an address that holds it: data:TYPE;base64,… ES_FILE_MISSING,
 * ES_FILE_DATA where it cannot be read. */
es_status es_markup_data(FILE *out, const char *path, const char *type,
                         es_diag *diag) ES_MUST_USE;

/* A CSV file as a table with a caption, numbers to four digits; of a longer one
 * the first `most` rows, and the caption says of how many. No file: nothing. A
 * file that is no table is refused as es_table_read does. */
es_status es_markup_table(FILE *out, const char *path, const char *caption,
                          size_t most, es_diag *diag) ES_MUST_USE;

/* A text file of at most `most` bytes in a closed <details> under this summary;
 * of a longer one the beginning, and a line that says so. No file: nothing. */
es_status es_markup_details(FILE *out, const char *path, const char *summary,
                            size_t most, es_diag *diag) ES_MUST_USE;

#endif
