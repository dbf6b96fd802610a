/* Running a program without a shell, with its output captured. */
#ifndef ES_PLOT_PROCESS_H
#define ES_PLOT_PROCESS_H

#include <eigenstep/status.h>

/* Runs argv[0] (found in PATH) in the folder dir (NULL: here) with standard
 * input closed and output and errors captured into out (terminated; what does
 * not fit is dropped). *exit_code is the program's, 127 if it is not there,
 * 128 and the signal's number if one ended it. ES_FILE_MISSING if dir is not a
 * folder. */
es_status es_process_run(char *const argv[], const char *dir, char *out,
                         size_t size, int *exit_code,
                         es_diag *diag) ES_MUST_USE;

#endif
