/* A trainer's checkpoint that was damaged (tests/mutate.h): the trainer goes on
 * from numbers that are worth it, or says which file is not. */
#include "tests/mutate.h"

#include "tests/models/trained.h"

static es_status load(const char *path, void *context, es_diag *diag) {
  trained *t = context;
  es_h5_source *file;
  es_status status = es_h5_open(&file, path, diag);
  if (status != ES_OK) return status;
  status = es_trainer_load(t->trainer, file, diag);
  es_h5_close(file);
  if (status != ES_OK) return status;
  const float *params = es_trainer_params(t->trainer);
  for (size_t k = 0; k < params_size(t->trainer); k++)
    if (!isfinite(params[k])) mutate_bad("parameter %zu", k);
  if (es_trainer_done(t->trainer) > es_trainer_steps(t->trainer))
    mutate_bad("step %g", (double)es_trainer_done(t->trainer));
  return ES_OK;
}

/* The trainer has its memory already, so what is held is HDF5's: up to 6 MB
 * (tests/file/test_mutated.c). */
static void checkpoints(void **state) {
  if (getenv("ES_UNDER_VALGRIND") != NULL) skip(); /* HDF5's own reads */
  const folder *f = *state;
  char path[160];
  es_h5 *file;
  es_diag diag = {0};
  size_t n;
  write_waves(f, 18, 6);
  trained t =
      TRAINER("data.name=idx", f->word, "net.arch=linear", "method.dim=2",
              "train.batch=5", "train.eval_n=12", "data.center=on");
  take_steps(t.trainer, 2);
  snprintf(path, sizeof path, "%s/arrays.h5", f->name);
  assert_ok(es_h5_create(&file, path, &diag), diag);
  assert_ok(es_trainer_save(t.trainer, file, &diag), diag);
  assert_ok(es_h5_commit(file, &diag), diag);
  unsigned char *bytes = mutate_get(path, &n);
  mutant m = {.path = path,
              .read = load,
              .context = &t,
              .slow = true,
              .beyond = 6 << 20};
  es_h5_quiet();
  mutate_none(&m, bytes, n);
  mutate_cuts(&m, bytes, n, 101);
  mutate_bits(&m, bytes, n, 5);
  for (size_t k = 0; k + 8 <= n; k += mutate_step(&m, 80))
    mutate_size(&m, bytes, n, k, 8, false);
  mutate_tell(&m, "checkpoint");
  free(bytes);
  unlink(path);
  close_trained(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {IN_FOLDER(checkpoints)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
