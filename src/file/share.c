/* Finding the program's own data: see share.h. */
#include "file/share.h"

#include "file/atomic.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONGEST = 4096 };

/* Sets *out to dir/tail/kind[/name] where that exists; false without memory. */
static bool look(char **out, const char *dir, const char *tail,
                 const char *kind, const char *name) {
  char *base = es_file_join(dir, tail);
  char *folder = base == NULL ? NULL : es_file_join(base, kind);
  char *path =
      folder == NULL || name == NULL ? folder : es_file_join(folder, name);
  if (path != folder) free(folder);
  free(base);
  if (path == NULL) return false;
  if (es_file_exists(path))
    *out = path;
  else
    free(path);
  return true;
}

/* The folder of the running program; false if the system does not tell, or
 * only in part. */
static bool program_folder(char out[LONGEST]) {
  const ssize_t n = readlink("/proc/self/exe", out, LONGEST - 1);
  if (n <= 0 || n >= LONGEST - 1) return false;
  out[n] = '\0';
  char *slash = strrchr(out, '/');
  if (slash == NULL) return false;
  *slash = '\0';
  return true;
}

es_status es_share_find(char **out, const char *kind, const char *name,
                        es_diag *diag) {
  char program[LONGEST];
  const char *given = getenv("EIGENSTEP_DATADIR");
  bool room = true;
  *out = NULL;
  if (name != NULL && strchr(name, '/') != NULL)
    return es_fail(diag, ES_FILE_MISSING, "%s: not a plain name", name);
  if (given != NULL && given[0] != '\0') {
    room = look(out, given, ".", kind, name);
  } else if (program_folder(program)) {
    room = look(out, program, ".", kind, name);
    if (room && *out == NULL)
      room = look(out, program, "../share/eigenstep", kind, name);
  }
  if (!room) return es_fail(diag, ES_NO_MEMORY, "no memory");
  if (*out != NULL) return ES_OK;
  return es_fail(diag, ES_FILE_MISSING,
                 "%s/%s: not found under EIGENSTEP_DATADIR, beside the program "
                 "or under its prefix",
                 kind, name == NULL ? "" : name);
}
