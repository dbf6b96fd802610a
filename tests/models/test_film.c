/* Embeddings kept along a training: what each frame is, files, and what cannot
 * be. */
#include "tests/models/monitored.h"

#include "models/resnet/film.h"

enum { N = 12, D = 3, POINTS = 7, ROWS = 4 };

static es_film *film_of(const trained *t) {
  es_film *film;
  es_diag diag = {0};
  assert_ok(es_film_new(&film, t->trainer, t->config, &diag), diag);
  return film;
}

/* A run of five steps with rows at 0, 2, 4 and 5, from row `from` on: each is
 * measured and filmed, and kept here. */
static void film_rows(es_film *film, trained *t, size_t from, size_t to,
                      double (*z)[2 * N * D], double *times) {
  static const size_t at[ROWS] = {0, 2, 4, 5};
  es_diag diag = {0};
  es_monitor *m = monitor_of(t, 0, NULL, NULL);
  for (size_t k = from; k < to; k++) {
    take_steps(t->trainer, at[k] - (size_t)es_trainer_done(t->trainer));
    times[k] = row_of(m, t)[0];
    memcpy(z[k], es_monitor_embedding(m), sizeof *z);
    assert_ok(es_film_add(film, z[k], &diag), diag);
  }
  es_monitor_free(m);
}

#define FILMED(f)                                                              \
  (write_waves(f, 18, 8),                                                      \
   TRAINER("data.name=idx", (f)->word, "net.width=2", "method.dim=3",          \
           "train.batch=5", "train.eval_n=12", "train.steps=5",                \
           "train.log_every=2", "train.embeddings=7"))

static void save(const folder *f, const trained *t, const es_film *film) {
  es_h5 *file;
  es_diag diag = {0};
  assert_ok(es_h5_create(&file, f->packed, &diag), diag);
  assert_ok(es_trainer_save(t->trainer, file, &diag), diag);
  if (film != NULL) assert_ok(es_film_save(film, file, &diag), diag);
  assert_ok(es_h5_commit(file, &diag), diag);
}

static es_status load(const folder *f, trained *t, es_film *film,
                      es_diag *diag) {
  es_h5_source *file;
  assert_ok(es_h5_open(&file, f->packed, diag), *diag);
  assert_ok(es_trainer_load(t->trainer, file, diag), *diag);
  const es_status status = es_film_load(film, file, diag);
  es_h5_close(file);
  return status;
}

/* Frames are the first views of the first pairs, exactly, after a stop too. */
static void frames_are_the_rows(void **state) {
  const folder *f = *state;
  static double z[ROWS][2 * N * D], got[ROWS][POINTS][D];
  double times[ROWS], got_times[ROWS];
  es_diag diag = {0};
  es_h5_source *file;
  trained first = FILMED(f), second = FILMED(f);
  es_film *film = film_of(&first), *rest = film_of(&second);
  film_rows(film, &first, 0, 2, z, times);
  save(f, &first, film);
  assert_ok(load(f, &second, rest, &diag), diag);
  film_rows(rest, &second, 2, ROWS, z, times);
  save(f, &second, rest);
  assert_ok(es_h5_open(&file, f->packed, &diag), diag);
  const size_t dims[] = {ROWS, POINTS, D};
  assert_ok(es_h5_read(file, "/embeddings", &got[0][0][0], dims, 3, &diag),
            diag);
  assert_ok(es_h5_read(file, "/times", got_times, dims, 1, &diag), diag);
  es_h5_close(file);
  for (size_t k = 0; k < ROWS; k++) {
    assert_memory_equal(got[k], z[k], sizeof *got);
    assert_true(got_times[k] == times[k]);
    assert_true(k == 0 || memcmp(got[k], got[k - 1], sizeof *got) != 0);
  }
  /* The end of such a run is a checkpoint as well. */
  assert_ok(load(f, &first, film, &diag), diag);
  es_film_free(film);
  es_film_free(rest);
  close_trained(&first);
  close_trained(&second);
}

/* A checkpoint without frames, and with one too few. */
static void other_frames_are_refused(void **state) {
  const folder *f = *state;
  static double z[ROWS][2 * N * D];
  double times[ROWS];
  for (size_t rows = 0; rows < 2; rows++) {
    es_diag diag = {0};
    trained t = FILMED(f);
    es_film *film = film_of(&t);
    film_rows(film, &t, 0, rows, z, times);
    take_steps(t.trainer, 2);
    save(f, &t, rows == 0 ? NULL : film);
    assert_status(load(f, &t, film, &diag), ES_FILE_CORRUPT);
    assert_non_null(strstr(diag.message, "images"));
    assert_non_null(strstr(diag.message, rows == 0 ? "/times" : "2 frames"));
    es_film_free(film);
    close_trained(&t);
  }
}

/* No film unless asked for, at most of the pairs there are, and settings that
 * cannot be. */
static void settings(void **state) {
  const folder *f = *state;
  es_diag diag = {0};
  es_film *film;
  trained t = SMALL_RESNET(f, "train.steps=3", "train.embeddings=0");
  assert_ok(es_film_new(&film, t.trainer, t.config, &diag), diag);
  assert_null(film);
  es_film_free(film);
  close_trained(&t);
  const es_keys sets[] = {es_train_keys, es_data_keys};
  es_config *c;
  assert_ok(es_config_new(&c, sets, 2, &diag), diag);
  assert_ok(es_config_set(c, "train.eval_n=12", &diag), diag);
  assert_ok(es_config_set(c, "train.embeddings=13", &diag), diag);
  assert_status(es_train_settle(c, &diag), ES_BAD_VALUE);
  assert_non_null(strstr(diag.message, "train.embeddings=13"));
  assert_non_null(strstr(diag.message, "eval_n=12"));
  es_config_free(c);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_FOLDER(frames_are_the_rows),
      IN_FOLDER(other_frames_are_refused),
      IN_FOLDER(settings),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
