/* Contrastive learning beside a training: the flow of the last maps from the
 * start, and along with the features; see contrastive.h. */
#include "overlay/contrastive.h"

#include "models/resnet/loss.h"
#include "overlay/contrastive_flow.h"
#include "overlay/live.h"

#include <stdlib.h>
#include <string.h>

enum { NAME = 48 };

typedef struct live {
  es_maps maps;
  es_pair_flow *flow;      /* its features: those of the start; */
  es_map_columns *columns; /* from then on of the last row (moving) */
  es_trainer *trainer;
  const es_config *config;
  size_t size, n, d;  /* of W; eval pairs; of an embedding */
  size_t measured;    /* columns of the maps as they are; sigma of them are */
  size_t sigma;       /* singular values */
  bool moving;        /* an encoder moves the features */
  double *W;          /* the maps of the start, then of a row */
  double *fed, fed_t; /* the state of the flow on features as they were */
  double *row;        /* a row of the columns */
  es_slab slab;
} live;

/* Not where the tangent kernel is asked for, which no flow of maps has. */
static bool speaks(const es_config *config) {
  const char *loss = es_config_text(config, "method", "loss");
  return loss != NULL && es_loss_of(config) == &es_loss_infonce &&
         !es_config_is(config, "train", "predict", "ntk");
}

static void close_live(void *self) {
  live *l = self;
  if (l == NULL) return;
  es_map_columns_free(l->columns);
  es_pair_flow_free(l->flow);
  es_slab_close(&l->slab);
  free(l);
}

static es_status allocate(live *l, es_diag *diag) {
  size_t total = 0;
  for (int k = 0; k < 2; k++) es_slab_add(&total, l->size, sizeof(double));
  es_slab_add(&total, l->measured, sizeof(double));
  const es_status status = es_slab_open(&l->slab, total, diag);
  if (status != ES_OK) return status;
  l->fed = es_slab_take(&l->slab, l->size, sizeof(double));
  l->W = es_slab_take(&l->slab, l->size, sizeof(double));
  l->row = es_slab_take(&l->slab, l->measured, sizeof(double));
  return ES_OK;
}

static es_status measure_start(live *l, es_diag *diag) {
  const size_t batch = es_config_size(l->config, "train", "batch");
  double *W = es_zeroed(l->size, 1, sizeof *W);
  if (W == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_maps_take(&l->maps, l->trainer, W);
  es_status status = es_map_columns_new(&l->columns, &l->maps, W, diag);
  if (status == ES_OK)
    status = es_pair_flow_new(&l->flow, &l->maps, l->n, batch, diag);
  if (status == ES_OK) {
    l->measured = es_map_columns_count(l->columns);
    l->sigma = es_map_columns_sigma(l->columns);
    status = allocate(l, diag);
  }
  if (status == ES_OK) memcpy(l->fed, W, l->size * sizeof *W);
  if (status == ES_OK) memcpy(l->W, W, l->size * sizeof *W);
  free(W);
  return status == ES_OK
             ? es_maps_features(&l->maps, l->trainer,
                                es_pair_flow_features(l->flow), diag)
             : status;
}

static es_status open_live(void **self, const es_live_run *run, es_diag *diag) {
  live *l = calloc(1, sizeof *l);
  *self = l;
  if (l == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  l->trainer = run->trainer;
  l->config = run->config;
  l->n = es_trainer_eval_n(run->trainer);
  const es_status status = es_maps_find(
      &l->maps, es_trainer_network(run->trainer), run->config, diag);
  if (status != ES_OK) return status;
  l->moving = l->maps.input != ES_MAPS_IMAGE;
  l->size = l->maps.at[l->maps.layers];
  l->d = l->maps.width[l->maps.layers];
  return measure_start(l, diag);
}

static size_t columns(const void *self) {
  const live *l = self;
  return l->measured + (l->moving ? l->sigma : 0);
}

static void column(const void *self, size_t j, char *name, size_t size) {
  const live *l = self;
  char own[NAME];
  if (j < l->measured) {
    es_map_columns_name(l->columns, j, name, size);
    return;
  }
  es_map_columns_name(l->columns, j - l->measured, own, sizeof own);
  snprintf(name, size, "fed_%s", own);
}

/* From the row before, on its features; then those of this row. */
static es_status feed(live *l, es_trainer *trainer, double t, double *out,
                      es_diag *diag) {
  es_status status =
      es_pair_flow_advance(l->flow, l->fed_t, l->fed, &t, 1, NULL, NULL, diag);
  l->fed_t = t;
  if (status == ES_OK)
    status = es_map_columns_row(l->columns, t, l->fed, l->row, diag);
  if (status != ES_OK) return status;
  memcpy(out, l->row, l->sigma * sizeof *out);
  return es_maps_features(&l->maps, trainer, es_pair_flow_features(l->flow),
                          diag);
}

static es_status row(void *self, es_trainer *trainer, double *out,
                     es_diag *diag) {
  live *l = self;
  const double t = es_trainer_time(trainer, es_trainer_done(trainer));
  es_maps_take(&l->maps, trainer, l->W);
  const es_status status = es_map_columns_row(l->columns, t, l->W, out, diag);
  return status == ES_OK && l->moving
             ? feed(l, trainer, t, out + l->measured, diag)
             : status;
}

/* The table of a prediction while it is made: step, t, loss, the maps' columns,
 * the embedding's spectrum. */
typedef struct table {
  const live *l;
  const double *step;
  double *cell;
  size_t width, rows;
  es_diag *diag;
} table;

static es_status add(void *context, double t, const double *W) {
  table *p = context;
  const live *l = p->l;
  double *out = p->cell + p->rows * p->width;
  out[0] = p->step[p->rows++];
  out[1] = t;
  es_status status = es_pair_flow_loss(l->flow, W, out + 2);
  if (status == ES_OK)
    status = es_map_columns_row(l->columns, t, W, out + 3, p->diag);
  return status == ES_OK
             ? es_pair_flow_spectrum(l->flow, W, out + 3 + l->measured, p->diag)
             : status;
}

static es_status write_table(const table *p, const char *path, es_diag *diag) {
  const live *l = p->l;
  char *names = es_zeroed(p->width, NAME, 1);
  const char **list = es_zeroed(p->width, 1, sizeof *list);
  es_status status = names == NULL || list == NULL
                         ? es_fail(diag, ES_NO_MEMORY, "no memory")
                         : ES_OK;
  for (size_t j = 0; status == ES_OK && j < p->width; j++) {
    char *name = names + j * NAME;
    list[j] = name;
    if (j < 3)
      snprintf(name, NAME, "%s", j == 0 ? "step" : j == 1 ? "t" : "loss");
    else if (j < 3 + l->measured)
      es_map_columns_name(l->columns, j - 3, name, NAME);
    else
      snprintf(name, NAME, "cov_lambda_%zu", j - 2 - l->measured);
  }
  if (status == ES_OK)
    status = es_live_table(path, list, p->width, p->cell, p->rows, diag);
  free(names);
  free(list);
  return status;
}

/* Logged steps: 0, every log_every'th, the last. */
static size_t logged(const live *l, double *step, double *t) {
  const uint64_t every = es_config_size(l->config, "train", "log_every");
  const uint64_t last = es_trainer_steps(l->trainer);
  size_t n = 0;
  for (uint64_t k = 0;; k = k + every < last ? k + every : last) {
    if (step != NULL) step[n] = (double)k;
    if (t != NULL) t[n] = es_trainer_time(l->trainer, k);
    n++;
    if (k == last) return n;
  }
}

static es_status predict(const void *self, const char *path, es_diag *diag) {
  const live *l = self;
  const size_t n = logged(l, NULL, NULL);
  table p = {.l = l, .width = 3 + l->measured + l->d, .diag = diag};
  double *axes = es_zeroed(2 * n, 1, sizeof *axes);
  double *W = es_zeroed(l->size, 1, sizeof *W);
  p.cell = es_zeroed(n, p.width, sizeof *p.cell);
  es_status status = axes == NULL || W == NULL || p.cell == NULL
                         ? es_fail(diag, ES_NO_MEMORY, "no memory")
                         : ES_OK;
  if (status == ES_OK) {
    logged(l, axes, axes + n);
    p.step = axes;
    memcpy(W, l->W, l->size * sizeof *W);
    status = es_pair_flow_advance(l->flow, 0, W, axes + n, n, add, &p, diag);
  }
  if (status == ES_OK) status = write_table(&p, path, diag);
  free(axes);
  free(W);
  free(p.cell);
  return status;
}

#define GROUP "/prediction/"

static es_status save(const void *self, es_h5 *file, es_diag *diag) {
  const live *l = self;
  const size_t shape[] = {2 * l->n, l->maps.width[0]};
  /* Steps are plain descent's: train.predict is refused with others. */
  const double theorem = 1;
  es_status status =
      es_h5_write(file, GROUP "theorem", &theorem, NULL, 0, diag);
  if (status != ES_OK || !l->moving) return status;
  status = es_h5_write(file, GROUP "fed_t", &l->fed_t, NULL, 0, diag);
  if (status == ES_OK)
    status = es_h5_write(file, GROUP "fed_maps", l->fed, &l->size, 1, diag);
  return status == ES_OK
             ? es_h5_write(file, GROUP "features",
                           es_pair_flow_features(l->flow), shape, 2, diag)
             : status;
}

static es_status load(void *self, es_h5_source *file, es_diag *diag) {
  live *l = self;
  const size_t shape[] = {2 * l->n, l->maps.width[0]};
  if (!l->moving) return ES_OK;
  es_status status = es_h5_read(file, GROUP "fed_t", &l->fed_t, NULL, 0, diag);
  if (status == ES_OK)
    status = es_h5_read(file, GROUP "fed_maps", l->fed, &l->size, 1, diag);
  return status == ES_OK
             ? es_h5_read(file, GROUP "features",
                          es_pair_flow_features(l->flow), shape, 2, diag)
             : status;
}

static const char *const tables[] = {"overlay.csv", "agreement.csv", NULL};

const es_family es_family_contrastive = {
    .name = "contrastive",
    .speaks = speaks,
    .open = open_live,
    .close = close_live,
    .columns = columns,
    .column = column,
    .row = row,
    .predict = predict,
    .save = save,
    .load = load,
    .overlay = es_contrastive_overlay,
    .plot = "overlay-contrastive",
    .tables = tables,
};
