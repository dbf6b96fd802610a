/* HDF5 files: arrays by name, arrays.h5 of a training (its checkpoint, kernels
 * and embeddings for overlays, a map of views), and the table of a sweep. */
#include "fuzz.h"

#include "cli/cli.h"
#include "data/whiten.h"
#include "file/h5.h"
#include "file/h5_table.h"
#include "models/resnet/method.h"
#include "models/resnet/trainer.h"
#include "overlay/frame.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { IMAGES = 12, SIDE = 6, HEAD = 16, OUTPUTS = 2 };

static es_config *config;
static es_trainer *trainer;

/* Images that the seeds were trained on. */
static void put_images(void) {
  unsigned char file[HEAD + IMAGES * SIDE * SIDE] = {
      0, 0, 8, 3, 0, 0, 0, IMAGES, 0, 0, 0, SIDE, 0, 0, 0, SIDE};
  for (size_t k = 0; k < IMAGES * SIDE * SIDE; k++)
    file[HEAD + k] = (unsigned char)((7 * k * k + 11 * k) >> 2);
  fuzz_put("images.idx", file, sizeof file);
}

static void open_trainer(void) {
  static const char *const words[] = {
      "data.name=idx",    "net.arch=linear",         "method.dim=2",
      "train.batch=4",    "train.steps=4",           "train.optimizer=sgd",
      "train.warmup=0",   "train.schedule=constant", "train.eval_n=8",
      "augment.noise=0.1"};
  char path[160];
  es_diag diag = {0};
  put_images();
  snprintf(path, sizeof path, "data.path=%s", fuzz_path("images.idx"));
  es_status status = es_cli_configure_train(&config, "barlow-twins", &diag);
  if (status == ES_OK) status = es_config_set(config, path, &diag);
  for (size_t k = 0; status == ES_OK && k < sizeof words / sizeof *words; k++)
    status = es_config_set(config, words[k], &diag);
  if (status == ES_OK) status = es_train_settle(config, &diag);
  if (status == ES_OK) status = es_trainer_new(&trainer, config, NULL, &diag);
  if (status != ES_OK) fuzz_bad("%s", diag.message);
  es_h5_quiet();
}

/* By its names, as commands take it. */
static void read_arrays(const char *path, size_t bytes) {
  static const char *const sets[] = {"/g/v", "/prediction/gamma",
                                     "/prediction/Z0", "/eval/end", "/modes"};
  es_diag diag = {0};
  for (size_t k = 0; k < sizeof sets / sizeof *sets; k++) {
    es_array array;
    const es_status status = es_h5_read_array(&array, path, sets[k], &diag);
    fuzz_judge(status, &diag, FUZZ_FILE, "in.h5");
    fuzz_array(&array, status, bytes);
    es_array_free(&array);
  }
}

static void read_shape(es_h5_source *file, const char *set, size_t bytes) {
  es_diag diag = {0};
  size_t dims[4], rank, n = 1;
  const es_status status = es_h5_shape(file, set, dims, &rank, &diag);
  fuzz_judge(status, &diag, FUZZ_FILE, "in.h5");
  if (status != ES_OK) return;
  if (rank > 4) fuzz_bad("rank %zu", rank);
  for (size_t k = 0; k < rank; k++) n *= dims[k];
  if (n > bytes) fuzz_bad("%zu numbers of %zu bytes", n, bytes);
}

static void read_checkpoint(es_h5_source *file) {
  es_whiten *whiten = NULL;
  es_diag diag = {0};
  es_status status = es_trainer_load(trainer, file, &diag);
  fuzz_judge(status, &diag, FUZZ_FILE, "in.h5");
  if (status == ES_OK && es_trainer_done(trainer) > es_trainer_steps(trainer))
    fuzz_bad("step %g", (double)es_trainer_done(trainer));
  status = es_whiten_load(&whiten, file, &diag);
  fuzz_judge(status, &diag, FUZZ_FILE, "in.h5");
  if (status == ES_OK && whiten != NULL)
    for (size_t k = 0; k < whiten->m * whiten->dims; k++)
      if (!isfinite(whiten->A[k])) fuzz_bad("entry %g", whiten->A[k]);
  if (status == ES_OK) es_whiten_free(whiten);
}

static void read_source(const char *path, size_t bytes) {
  es_h5_source *file;
  es_diag diag = {0};
  const es_status status = es_h5_open(&file, path, &diag);
  fuzz_judge(status, &diag, FUZZ_FILE, "in.h5");
  if (status != ES_OK) return;
  if (es_h5_has(file, "/g/v")) read_shape(file, "/g/v", bytes);
  read_shape(file, "/params/fc.weight", bytes);
  read_shape(file, "/train/whiten/basis", bytes);
  read_checkpoint(file);
  es_h5_close(file);
}

static void read_frames(const char *path) {
  es_frames frames;
  es_diag diag = {0};
  const es_status status = es_frames_read(&frames, path, OUTPUTS, &diag);
  fuzz_judge(status, &diag, FUZZ_FILE, "in.h5");
  if (status == ES_OK) es_frames_free(&frames);
}

static void read_table(const char *path) {
  static const char *const words[] = {"stable", "collapsed"};
  static const es_h5_column columns[] = {{"/eta", NULL, 0},
                                         {"/outcome", words, 2}};
  es_h5_table *table;
  uint64_t done;
  double eta[3];
  es_diag diag = {0};
  es_status status =
      es_h5_table_open(&table, path, columns, 2, 3, &done, &diag);
  fuzz_judge(status, &diag, FUZZ_FILE, "in.h5");
  if (status != ES_OK) return;
  if (done > 3) fuzz_bad("%g rows of 3", (double)done);
  status = es_h5_table_read(table, 0, 0, eta, (size_t)done, &diag);
  fuzz_judge(status, &diag, FUZZ_FILE, "in.h5");
  es_h5_table_leave(table);
}

static void run(const unsigned char *bytes, size_t n) {
  const char *path = fuzz_put("in.h5", bytes, n);
  read_arrays(path, n);
  read_source(path, n);
  read_frames(path);
  read_table(path);
}

/* HDF5 itself takes half a megabyte with any file, and up to 6 MB by sizes that
 * it believes (tests/file/test_mutated.c); ours are numbers of eight bytes, of
 * a byte each, and eigenfunctions beside them. */
const fuzz_target fuzz_h5 = {.name = "h5",
                             .run = run,
                             .times = 64,
                             .beyond = 16 << 20,
                             .open = open_trainer};
