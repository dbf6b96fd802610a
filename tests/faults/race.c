/* Races, for ThreadSanitizer to find, and the same without: race KIND [fixed].
 * loop: all threads of a parallel loop add to one number.
 * phase: a thread reads what its neighbour writes before a barrier.
 * lock: one thread does not take the lock that the others take.
 * tests/tsan believes nobody who does not tell these from each other. */
#include <omp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { N = 1000, TEAM = 4 };

static long loop(bool fixed) {
  long sum = 0;
  if (fixed) {
#pragma omp parallel for reduction(+ : sum)
    for (long i = 0; i < N; i++) sum += i;
  } else {
#pragma omp parallel for
    for (long i = 0; i < N; i++) sum += i;
  }
  return sum;
}

static long phase(bool fixed) {
  long own[TEAM] = {0}, next[TEAM] = {0};
#pragma omp parallel num_threads(TEAM)
  {
    const int me = omp_get_thread_num();
    own[me] = me;
    if (fixed) {
#pragma omp barrier
    }
    next[me] = own[(me + 1) % TEAM];
  }
  return next[0] + next[TEAM - 1];
}

static long lock(bool fixed) {
  long sum = 0;
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
#pragma omp parallel num_threads(TEAM)
  {
    const bool takes = fixed || omp_get_thread_num() != 0;
    if (takes) pthread_mutex_lock(&mutex);
    sum++;
    if (takes) pthread_mutex_unlock(&mutex);
  }
  return sum;
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    long (*run)(bool fixed);
  } kinds[] = {{"loop", loop}, {"phase", phase}, {"lock", lock}};
  for (size_t k = 0; argc > 1 && k < sizeof kinds / sizeof *kinds; k++)
    if (strcmp(argv[1], kinds[k].name) == 0) {
      printf("%s: %ld\n", argv[1], kinds[k].run(argc > 2));
      return 0;
    }
  return 2;
}
