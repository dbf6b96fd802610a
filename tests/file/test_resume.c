/* A run that is killed at any moment and goes on ends in the same bytes: a
 * table that grows, and a checkpoint that tells how much of it counts, as a
 * training writes them. */
#include "temp.h"

#include "file/csv.h"
#include "file/h5.h"

#include <errno.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <time.h>

enum { STEPS = 5, EVERY = 2, N = 3, NO_TRACE = 91 };
static const char *const names[] = {"step", "loss, mean", "w"};
static const size_t shape[] = {N};

typedef struct run {
  double step, length; /* of the table, when the checkpoint was written */
  double x[N];
  float w[N];
} run;

/* A kill loses nothing that the kernel has, so where runs are killed by the
 * hundred they need not wait for the disk. */
static bool waits_for_disk = true;

int fsync(int fd) { return waits_for_disk ? (int)syscall(SYS_fsync, fd) : 0; }

/* Nothing that a checkpoint does not hold must matter: chaotic, so that a bit
 * that is lost shows. */
static void advance(run *r) {
  for (size_t i = 0; i < N; i++) {
    r->x[i] = 3.9 * r->x[i] * (1 - r->x[i]);
    r->w[i] += (float)r->x[i] / 3;
  }
  r->step++;
}

static es_status save(run *r, es_csv *csv, const char *path, es_diag *diag) {
  uint64_t bytes;
  es_h5 *h5;
  es_status status = es_csv_sync(csv, &bytes, diag);
  if (status == ES_OK) status = es_h5_create(&h5, path, diag);
  if (status != ES_OK) return status;
  r->length = (double)bytes;
  status = es_h5_write(h5, "/step", &r->step, NULL, 0, diag);
  if (status == ES_OK)
    status = es_h5_write(h5, "/length", &r->length, NULL, 0, diag);
  if (status == ES_OK) status = es_h5_write(h5, "/x", r->x, shape, 1, diag);
  if (status == ES_OK)
    status = es_h5_write_float(h5, "/params/w", r->w, shape, 1, diag);
  if (status == ES_OK) return es_h5_commit(h5, diag);
  es_h5_abandon(h5);
  return status;
}

static es_status load(run *r, const char *path, es_diag *diag) {
  es_h5_source *h5;
  es_status status = es_h5_open(&h5, path, diag);
  if (status != ES_OK) return status;
  status = es_h5_read(h5, "/step", &r->step, NULL, 0, diag);
  if (status == ES_OK)
    status = es_h5_read(h5, "/length", &r->length, NULL, 0, diag);
  if (status == ES_OK) status = es_h5_read(h5, "/x", r->x, shape, 1, diag);
  if (status == ES_OK)
    status = es_h5_read_float(h5, "/params/w", r->w, shape, 1, diag);
  es_h5_close(h5);
  return status;
}

static es_status begin(run *r, es_csv *csv, const char *table,
                       const char *arrays, es_diag *diag) {
  *r = (run){.x = {0.1, 0.2, 0.3}};
  if (es_file_exists(arrays)) {
    es_status status = load(r, arrays, diag);
    if (status == ES_OK)
      status = es_csv_reopen(csv, table, (uint64_t)r->length, names, 3, diag);
    return status;
  }
  es_status status = es_csv_open(csv, table, NULL, diag);
  if (status == ES_OK) status = es_csv_header(csv, names, 3, diag);
  return status;
}

/* Begins or goes on, to the end; gives an es_status. */
static int train(void **state) {
  es_diag diag = {0};
  es_csv csv = {0};
  run r;
  const char *table = at(state, "trace.csv"), *arrays = at(state, "arrays.h5");
  es_status status = begin(&r, &csv, table, arrays, &diag);
  while (status == ES_OK && r.step < STEPS) {
    advance(&r);
    const double row[] = {r.step, r.x[0], (double)r.w[N - 1]};
    status = es_csv_row(&csv, row, 3, &diag);
    if (status == ES_OK && fmod(r.step, EVERY) == 0)
      status = save(&r, &csv, arrays, &diag);
  }
  if (status == ES_OK) return (int)es_csv_close(&csv, &diag);
  es_csv_leave(&csv);
  return (int)status;
}

/* Exit code of a child, or -1 where it was killed. */
static int outcome(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR)
    ;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static pid_t start(void **state) {
  fflush(NULL);
  const pid_t child = fork();
  if (child == 0) _exit(train(state));
  return child;
}

/* Trains in a child that is killed between its n-th system call and the next;
 * *ended tells how many have returned if there are fewer. */
static int train_until_call(void **state, long n, long *ended) {
  fflush(NULL);
  const pid_t child = fork();
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0) _exit(NO_TRACE);
    raise(SIGSTOP);
    _exit(train(state));
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  for (long stop = 0;; stop++) {
    if (stop == 2 * n) kill(child, SIGKILL); /* start, in, out, in, … */
    ptrace(PTRACE_SYSCALL, child, NULL, NULL);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSTOPPED(status)) continue;
    *ended = stop / 2;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
}

typedef struct result {
  unsigned char *table, *arrays;
  size_t n, m;
} result;

static result result_of(void **state) {
  es_diag diag = {0};
  result r;
  assert_ok(es_file_read(&r.table, &r.n, at(state, "trace.csv"), 9999, &diag),
            diag);
  assert_ok(
      es_file_read(&r.arrays, &r.m, at(state, "arrays.h5"), 1 << 20, &diag),
      diag);
  return r;
}

static void forget(result *r) {
  free(r->table);
  free(r->arrays);
}

/* Whole files, and nothing beside them. */
static void assert_result(void **state, const result *want) {
  result got = result_of(state);
  assert_int_equal(got.n, want->n);
  assert_int_equal(got.m, want->m);
  assert_memory_equal(got.table, want->table, want->n);
  assert_memory_equal(got.arrays, want->arrays, want->m);
  forget(&got);
  assert_false(es_file_exists(at(state, "trace.csv.part")));
  assert_false(es_file_exists(at(state, "arrays.h5.part")));
}

static void clean(void **state) {
  static const char *const files[] = {"trace.csv", "trace.csv.part",
                                      "arrays.h5", "arrays.h5.part"};
  for (size_t i = 0; i < 4; i++) unlink(at(state, files[i]));
}

/* What stands under the final names is whole at every moment: a table that
 * ended, a checkpoint that can be read. */
static void assert_whole(void **state, const result *want) {
  run r;
  es_diag diag = {0};
  if (es_file_exists(at(state, "arrays.h5")))
    assert_ok(load(&r, at(state, "arrays.h5"), &diag), diag);
  if (!es_file_exists(at(state, "trace.csv"))) return;
  unsigned char *bytes;
  size_t n;
  assert_ok(es_file_read(&bytes, &n, at(state, "trace.csv"), 9999, &diag),
            diag);
  assert_int_equal(n, want->n);
  assert_memory_equal(bytes, want->table, n);
  free(bytes);
}

static result uninterrupted(void **state) {
  clean(state);
  assert_int_equal(outcome(start(state)), ES_OK);
  return result_of(state);
}

/* To which a child that is killed tells nothing, slowly. */
static bool under_valgrind(void) { return getenv("ES_UNDER_VALGRIND") != NULL; }

static bool can_trace(void **state) {
  long calls = 0;
  clean(state);
  if (under_valgrind()) return false;
  waits_for_disk = false;
  return train_until_call(state, -1, &calls) == ES_OK;
}

static void killed_between_any_two_system_calls(void **state) {
  if (!can_trace(state)) skip();
  result want = uninterrupted(state);
  long calls = 0, n = 0;
  for (int code = -1; code == -1; n++) {
    clean(state);
    code = train_until_call(state, n, &calls);
    assert_true(code == -1 || code == ES_OK);
    assert_whole(state, &want);
    assert_int_equal(outcome(start(state)), ES_OK);
    assert_result(state, &want);
  }
  assert_true(n > 20);
  forget(&want);
}

/* Kills a run at one call, the next at every call, and lets the third end. The
 * first: after two thirds of its calls; and not at all, so that the second
 * finds an ended table. */
static void killed_while_it_goes_on(void **state) {
  if (!can_trace(state)) skip();
  result want = uninterrupted(state);
  long calls = 0, none;
  clean(state);
  assert_int_equal(train_until_call(state, -1, &calls), ES_OK);
  for (int ends = 0; ends <= 1; ends++) {
    const long first = ends ? -1 : calls * 2 / 3;
    int code = -1;
    for (long n = 0; code == -1; n++) {
      clean(state);
      assert_int_equal(train_until_call(state, first, &none),
                       first < 0 ? ES_OK : -1);
      code = train_until_call(state, n, &none);
      assert_true(code == -1 || code == ES_OK);
      assert_whole(state, &want);
      assert_int_equal(outcome(start(state)), ES_OK);
      assert_result(state, &want);
    }
  }
  forget(&want);
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Without a tracer: up to 8 kills of one training, at moments spread over the
 * time that it takes, which is guessed anew when it was too long. */
static void killed_at_random_moments(void **state) {
  if (under_valgrind()) skip();
  waits_for_disk = true;
  const double before = seconds();
  result want = uninterrupted(state);
  double took = seconds() - before;
  uint64_t bits = 88172645463325252u;
  int kills = 0;
  for (int trial = 0; trial < 15; trial++) {
    int code = -1;
    clean(state);
    for (int attempt = 0; code == -1 && attempt < 8; attempt++) {
      bits ^= bits << 13; /* xorshift64 */
      bits ^= bits >> 7;
      bits ^= bits << 17;
      const pid_t child = start(state);
      usleep((useconds_t)(1e6 * took * (double)(bits >> 11) * 0x1p-53));
      kill(child, SIGKILL);
      code = outcome(child);
      if (code == -1)
        kills++;
      else
        took *= 0.7;
      assert_whole(state, &want);
    }
    if (code == -1) code = outcome(start(state));
    assert_int_equal(code, ES_OK);
    assert_result(state, &want);
  }
  assert_true(kills > 0);
  forget(&want);
}

/* The disk ends at any byte, of the table or of a checkpoint: an error, and
 * with room again the run goes on. */
static void a_full_disk_is_gone_on_from(void **state) {
  waits_for_disk = false;
  result want = uninterrupted(state);
  for (size_t limit = 0; limit < want.m; limit += under_valgrind() ? 610 : 61) {
    clean(state);
    assert_int_equal(with_full_disk(limit, train, state), ES_FILE_WRITE);
    assert_whole(state, &want);
    assert_int_equal(outcome(start(state)), ES_OK);
    assert_result(state, &want);
  }
  forget(&want);
}

/* A run goes on while another is at it: refused, and the other is undisturbed.
 */
static void a_living_run_is_not_gone_on_from(void **state) {
  result want = uninterrupted(state);
  es_csv csv;
  run r;
  es_diag diag = {0};
  const char *table = at(state, "trace.csv"), *arrays = at(state, "arrays.h5");
  assert_ok(begin(&r, &csv, table, arrays, &diag), diag);
  assert_int_equal(outcome(start(state)), ES_FILE_WRITE);
  es_csv_leave(&csv);
  assert_int_equal(outcome(start(state)), ES_OK);
  assert_result(state, &want);
  forget(&want);
}

static void what_was_lost_is_said(void **state) {
  result want = uninterrupted(state);
  es_csv csv;
  run r;
  es_diag diag = {0};
  const char *table = put(state, "trace.csv", want.table, want.n / 2);
  const char *arrays = at(state, "arrays.h5");
  assert_status(begin(&r, &csv, table, arrays, &diag), ES_FILE_CORRUPT);
  assert_says(&diag, ES_FILE_CORRUPT,
              "/trace.csv: cannot be continued: it has");
  put(state, "arrays.h5", want.arrays, want.m / 2);
  assert_status(begin(&r, &csv, table, arrays, &diag), ES_FILE_CORRUPT);
  assert_says(&diag, ES_FILE_CORRUPT, "/arrays.h5: ");
  forget(&want);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      temp_test(killed_between_any_two_system_calls),
      temp_test(killed_while_it_goes_on),
      temp_test(killed_at_random_moments),
      temp_test(a_full_disk_is_gone_on_from),
      temp_test(a_living_run_is_not_gone_on_from),
      temp_test(what_was_lost_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
