/* A library to preload: the system's clock jumps. CLOCK_JUMP is seconds that
 * it is off, with another sign every 20 ms of true time; CLOCK_AT (seconds
 * since 1970) stands still there instead. Monotonic clocks are as they are. */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

typedef int get(clockid_t clock, struct timespec *out);

static get *true_clock(void) {
  return (get *)(size_t)dlsym(RTLD_NEXT, "clock_gettime");
}

static time_t moved(time_t now) {
  const char *at = getenv("CLOCK_AT"), *by = getenv("CLOCK_JUMP");
  struct timespec t;
  if (at != NULL) return (time_t)strtoll(at, NULL, 10);
  true_clock()(CLOCK_MONOTONIC, &t);
  const long long off = by == NULL ? 0 : strtoll(by, NULL, 10);
  return now + (time_t)(t.tv_nsec / 20000000 % 2 == 0 ? off : -off);
}

int clock_gettime(clockid_t clock, struct timespec *out) {
  const int got = true_clock()(clock, out);
  if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)
    out->tv_sec = moved(out->tv_sec);
  return got;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone) {
  struct timespec t;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &t);
  *out = (struct timeval){t.tv_sec, t.tv_nsec / 1000};
  return 0;
}

time_t time(time_t *out) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  if (out != NULL) *out = t.tv_sec;
  return t.tv_sec;
}
