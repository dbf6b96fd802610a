/* posix_spawn with a pipe: see process.h. */
#include "plot/process.h"

#include "file/atomic.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Reads until the end; what does not fit is read and dropped, so that the
 * program never blocks on a full pipe. */
static void drain(int fd, char *out, size_t size) {
  char spill[4096];
  size_t used = 0;
  for (;;) {
    const ssize_t n = read(fd, spill, sizeof spill);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    const size_t fits =
        size - 1 - used < (size_t)n ? size - 1 - used : (size_t)n;
    memcpy(out + used, spill, fits);
    used += fits;
  }
  out[used] = '\0';
}

static int spawn(pid_t *child, char *const argv[], const char *dir,
                 const int pipe_ends[2]) {
  posix_spawn_file_actions_t actions;
  int error = posix_spawn_file_actions_init(&actions);
  if (error != 0) return error;
  error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                           O_RDONLY, 0);
  if (error == 0)
    error =
        posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
  if (error == 0)
    error =
        posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDERR_FILENO);
  if (error == 0 && dir != NULL)
    error = posix_spawn_file_actions_addchdir_np(&actions, dir);
  if (error == 0)
    error = posix_spawnp(child, argv[0], &actions, NULL, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

es_status es_process_run(char *const argv[], const char *dir, char *out,
                         size_t size, int *exit_code, es_diag *diag) {
  int ends[2], state = 0;
  pid_t child;
  out[0] = '\0';
  if (dir != NULL && !es_file_is_directory(dir))
    return es_fail(diag, ES_FILE_MISSING, "%s: no such folder", dir);
  if (pipe2(ends, O_CLOEXEC) != 0)
    return es_fail(diag, ES_TOOL_MISSING, "%s: %s", argv[0], strerror(errno));
  const int error = spawn(&child, argv, dir, ends);
  close(ends[1]);
  if (error == 0) drain(ends[0], out, size);
  close(ends[0]);
  if (error == ENOENT) {
    *exit_code = 127;
    return ES_OK;
  }
  if (error != 0)
    return es_fail(diag, ES_TOOL_MISSING, "%s: %s", argv[0], strerror(error));
  pid_t ended;
  do ended = waitpid(child, &state, 0);
  while (ended < 0 && errno == EINTR);
  /* A host that ignores SIGCHLD has no children to wait for: how it ended is
   * not known, which is not the same as well. */
  if (ended < 0)
    return es_fail(diag, ES_TOOL_MISSING, "%s: its exit code is not known: %s",
                   argv[0], strerror(errno));
  *exit_code = WIFSIGNALED(state) ? 128 + WTERMSIG(state) : WEXITSTATUS(state);
  return ES_OK;
}
