/* Files that are whole or absent. A file grows as NAME.part and gets its final
 * name by rename(2) after fsync; whatever fails before leaves the old file, or
 * none, under the final name. Also directories, and whole-file reading. */
#ifndef ES_FILE_ATOMIC_H
#define ES_FILE_ATOMIC_H

#include <eigenstep/status.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct es_part {
  FILE *stream; /* write here; NULL when closed */
  char *path, *part_path;
  bool failed; /* a sync failed: what was written may be lost */
  bool kept;   /* someone counts on its rows: a failed commit leaves it */
} es_part;

/* Opens path.part for writing, truncated. Refused with ES_FILE_WRITE where
 * path is a directory, a pipe or a device, and while another writer, of this
 * process or another, has the same part open. */
es_status es_part_open(es_part *part, const char *path,
                       es_diag *diag) ES_MUST_USE;

/* Opens path.part as it was left, cut to its first `bytes` bytes, and goes on
 * behind them. Where only path itself is there (a file that was ended already),
 * it becomes the part again first. ES_FILE_MISSING where neither is there,
 * ES_FILE_CORRUPT where it is shorter; both, and a refusal as es_part_open's,
 * leave all as it was. */
es_status es_part_reopen(es_part *part, const char *path, uint64_t bytes,
                         es_diag *diag) ES_MUST_USE;

/* Flushes and syncs what was written so far, and the part's name; *bytes is its
 * length. After a failure the part can only be left or abandoned. */
es_status es_part_sync(es_part *part, uint64_t *bytes,
                       es_diag *diag) ES_MUST_USE;

/* Closes the part and leaves it, flushed, under its own name for
 * es_part_reopen; a closed or zeroed part is accepted. */
void es_part_leave(es_part *part);

/* Writes n bytes to part->stream; ES_FILE_WRITE says why they were not taken.
 * The part must still be abandoned (or fails to commit). */
es_status es_part_write(es_part *part, const void *bytes, size_t n,
                        es_diag *diag) ES_MUST_USE;

/* Flushes, checks every earlier write, fsyncs, closes, renames. On failure the
 * .part file is removed, or left for es_part_reopen if it was ever synced. */
es_status es_part_commit(es_part *part, es_diag *diag) ES_MUST_USE;

/* Closes and removes the .part file; a closed or zeroed part is accepted. */
void es_part_abandon(es_part *part);

/* Writes n bytes to path atomically. */
es_status es_file_write(const char *path, const void *bytes, size_t n,
                        es_diag *diag) ES_MUST_USE;

/* For writes to a file that failed unseen, an errno: ENOSPC or EFBIG where its
 * disk is full or it is as large as it may be by now, else 0. */
int es_file_lack(const char *path);

/* Reads a whole regular file of at most max bytes; *out is NUL-terminated
 * beyond n, freed by the caller. A file that shrinks or grows while it is read
 * is ES_FILE_CORRUPT. */
es_status es_file_read(unsigned char **out, size_t *n, const char *path,
                       size_t max, es_diag *diag) ES_MUST_USE;

/* The same where there is something of that name; else ES_OK, *out NULL. */
es_status es_file_read_any(unsigned char **out, size_t *n, const char *path,
                           size_t max, es_diag *diag) ES_MUST_USE;

/* Makes a directory and its parents; an existing directory is fine. */
es_status es_file_mkdirs(const char *path, es_diag *diag) ES_MUST_USE;
/* Locks a folder for this process, alone or (shared) with others that share it,
 * until *fd is closed or the process ends, however it does; ES_FILE_WRITE while
 * another has it. *fd is -1 where the file system knows no locks. */
es_status es_file_hold(int *fd, const char *dir, bool shared,
                       es_diag *diag) ES_MUST_USE;
/* Removes dir/name if it is there; dir NULL: nothing. */
es_status es_file_remove(const char *dir, const char *name,
                         es_diag *diag) ES_MUST_USE;
/* Whether there is something of that name, and not a link to nothing; and the
 * same of dir/name. */
bool es_file_exists(const char *path);
bool es_file_has(const char *dir, const char *name);
bool es_file_is_directory(const char *path);

/* "dir/name" in newly allocated memory, NULL without memory; dir may be "". */
char *es_file_join(const char *dir, const char *name);

/* Adds bytes to a running CRC-32 (start with 0). */
uint32_t es_crc32(uint32_t crc, const void *bytes, size_t n);

#endif
