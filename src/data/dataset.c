/* Data sets: the table, opening, subsets, pairs. See data.h. */
#include "data/augment.h"
#include "data/colour.h"
#include "data/noise.h"
#include "data/source.h"
#include "data/whiten.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOURCE_ROW(id, name) &es_source_##id,
static const es_source_kind *const kinds[] = {ES_SOURCES(SOURCE_ROW)};
enum { KINDS = sizeof kinds / sizeof *kinds };

struct es_dataset {
  const es_source_kind *kind;
  es_source source;
  size_t factors;
  es_augment augment;
  es_colour colour;
  es_noise noise;
  bool one_sided; /* view 0 is the sample as it is */
  size_t n, side;
  size_t *pick;      /* n indices into the full set; NULL: all, in order */
  es_whiten *whiten; /* what views go through, or NULL */
};

es_data_info es_data_list(size_t index) {
  static const es_data_info none = {NULL, NULL, NULL, NULL};
  return index < KINDS ? kinds[index]->info : none;
}

const es_source_kind *es_source_named(const char *name) {
  for (size_t i = 0; name != NULL && i < KINDS; i++)
    if (strcmp(kinds[i]->info.name, name) == 0) return kinds[i];
  return NULL;
}

es_status es_dataset_choose(es_dataset *set, size_t n, es_diag *diag) {
  const size_t count = set->source.count;
  set->n = n;
  if (set->n == count) return ES_OK;
  /* The indices of a source of c samples take less room than its bytes would,
   * so the sizes cannot overflow. */
  size_t *scratch = malloc(count * sizeof *scratch);
  set->pick = malloc(set->n * sizeof *set->pick);
  if (scratch != NULL && set->pick != NULL)
    es_random_choose(set->pick, set->n, count, scratch, set->source.seed,
                     ES_STREAM_SUBSET);
  const bool enough = scratch != NULL && set->pick != NULL;
  free(scratch);
  return enough
             ? ES_OK
             : es_fail(diag, ES_NO_MEMORY, "no memory for %zu indices", count);
}

static es_status choose_samples(es_dataset *set, const es_config *config,
                                es_diag *diag) {
  const size_t count = set->source.count;
  const size_t n = es_config_size(config, "data", "n");
  if (n > count)
    return es_config_blame(config, "data", "n", diag,
                           "%s has %zu samples, expected a whole number in "
                           "[1, %zu]",
                           set->kind->info.name, count, count);
  if (set->source.blank) {
    set->n = n == 0 ? count : n;
    return ES_OK;
  }
  return es_dataset_choose(set, n == 0 ? count : n, diag);
}

static es_status set_geometry(es_dataset *set, const es_config *config,
                              es_diag *diag) {
  const es_source *s = &set->source;
  set->side = es_config_size(config, "data", "size");
  if (set->side == 0 && s->height != s->width)
    return es_fail(diag, ES_BAD_VALUE,
                   "data.size is not set: images of %zux%zu are not square, "
                   "so give the side of a view in pixels",
                   s->height, s->width);
  if (set->side == 0) set->side = s->height;
  set->augment = es_augment_from(config);
  const es_status status =
      es_colour_from(&set->colour, config, set->side, diag);
  if (status != ES_OK) return status;
  if (set->augment.shift >= set->side)
    return es_config_blame(config, "augment", "shift", diag,
                           "views are %zu pixels wide, expected a whole "
                           "number in [0, %zu]",
                           set->side, set->side - 1);
  return ES_OK;
}

/* Parts that few sets have are refused of the others. */
static es_status check_split(const es_dataset *set, const es_config *config,
                             es_diag *diag) {
  if (set->kind->unlabeled ||
      !es_config_is(config, "data", "split", "unlabeled"))
    return ES_OK;
  return es_config_blame(config, "data", "split", diag,
                         "%s has no such part, expected train or test",
                         set->kind->info.name);
}

/* The one image of a blank source. */
static es_status make_up(es_source *s, es_diag *diag) {
  const size_t size = s->planes * s->height * s->width;
  if (!s->blank || size == 0) return ES_OK;
  s->bytes = malloc(size);
  if (s->bytes == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  for (size_t k = 0; k < size; k++) s->bytes[k] = (unsigned char)(37 * k);
  return ES_OK;
}

static es_status fill(es_dataset *set, const es_config *config, es_diag *diag) {
  const char *name = es_config_text(config, "data", "name");
  set->kind = es_source_named(name);
  if (set->kind == NULL)
    return es_fail(diag, ES_BAD_VALUE, "data.name=%s: no such data set",
                   name == NULL ? "" : name);
  set->source.seed = es_config_size(config, "data", "seed");
  set->one_sided = es_config_flag(config, "augment", "one_sided");
  while (set->kind->factors != NULL &&
         set->kind->factors[set->factors].name != NULL)
    set->factors++;
  es_status status = check_split(set, config, diag);
  if (status == ES_OK) status = set->kind->open(&set->source, config, diag);
  if (status == ES_OK) status = choose_samples(set, config, diag);
  if (status == ES_OK && set->kind->view == NULL)
    status = set_geometry(set, config, diag);
  if (status == ES_OK && set->kind->view == NULL)
    status = make_up(&set->source, diag);
  if (status == ES_OK)
    status = es_noise_from(&set->noise, config, es_dataset_dim(set), diag);
  return status;
}

static es_status open_set(es_dataset **out, bool blank, const es_config *config,
                          es_diag *diag) {
  *out = calloc(1, sizeof **out);
  if (*out == NULL)
    return es_fail(diag, ES_NO_MEMORY, "no memory for a data set");
  (*out)->source.blank = blank;
  const es_status status = fill(*out, config, diag);
  if (status != ES_OK) {
    es_dataset_free(*out);
    *out = NULL;
  }
  return status;
}

es_status es_dataset_open(es_dataset **out, const es_config *config,
                          es_diag *diag) {
  return open_set(out, false, config, diag);
}

static es_status open_whitened(es_dataset **out, bool blank,
                               const es_config *config,
                               const es_progress *progress, es_diag *diag) {
  es_status status = open_set(out, blank, config, diag);
  if (status != ES_OK) return status;
  const bool own = (*out)->kind->own_dims;
  if (!es_whiten_wanted(config, own)) return ES_OK;
  es_whiten *whiten;
  status = blank ? es_whiten_blank(&whiten, *out, own, config, diag)
                 : es_whiten_new(&whiten, *out, own, config, progress, diag);
  (*out)->whiten = whiten;
  if (status == ES_OK) return ES_OK;
  es_dataset_free(*out);
  *out = NULL;
  return status;
}

es_status es_dataset_open_whitened(es_dataset **out, const es_config *config,
                                   const es_progress *progress, es_diag *diag) {
  return open_whitened(out, false, config, progress, diag);
}

es_status es_dataset_look(es_dataset **out, const es_config *config,
                          es_diag *diag) {
  return open_whitened(out, true, config, NULL, diag);
}

size_t es_dataset_bytes(const es_dataset *set) {
  const es_source *s = &set->source;
  const size_t values = s->values == NULL ? 0 : s->dim * sizeof *s->values;
  return s->count * (s->planes * s->height * s->width + values);
}

const es_whiten *es_dataset_whiten(const es_dataset *set) {
  return set->whiten;
}

es_status es_dataset_whiten_as(es_dataset *set, const es_whiten *whiten,
                               es_diag *diag) {
  if (whiten == NULL) return ES_OK;
  if (es_dataset_dim(set) != whiten->m)
    return es_fail(diag, ES_FILE_DATA,
                   "views of %zu values, but data.whiten and data.dims were "
                   "measured on views of %zu",
                   es_dataset_dim(set), whiten->m);
  set->whiten = es_whiten_copy(whiten);
  return set->whiten != NULL
             ? ES_OK
             : es_fail(diag, ES_NO_MEMORY,
                       "no memory for directions of %zu values", whiten->m);
}

void es_dataset_free(es_dataset *set) {
  if (set == NULL) return;
  free(set->source.bytes);
  free(set->source.values);
  free(set->source.labels);
  free(set->pick);
  es_whiten_free(set->whiten);
  free(set);
}

size_t es_dataset_count(const es_dataset *set) { return set->n; }

/* Values of a view before whitening. */
static size_t values_of(const es_dataset *set) {
  const es_source *s = &set->source;
  return s->channels == 0 ? s->dim : s->channels * set->side * set->side;
}

size_t es_dataset_dim(const es_dataset *set) {
  return set->whiten == NULL ? values_of(set) : set->whiten->dims;
}

uint32_t es_dataset_checksum(const es_dataset *set) {
  return set->source.checksum;
}

void es_dataset_geometry(const es_dataset *set, size_t *channels,
                         size_t *side) {
  const bool vectors = set->whiten != NULL;
  *channels = vectors ? 0 : set->source.channels;
  *side = vectors ? 0 : set->side;
}

/* The geometry of a view: cut from what is stored, then painted. */
static void cut_view(const es_dataset *set, size_t sample,
                     const es_augment *augment, const es_draws *draws,
                     double *out) {
  const es_source *s = &set->source;
  const size_t bytes = s->planes * s->height * s->width;
  const es_image image = {s->bytes + sample * bytes, s->planes, s->height,
                          s->width};
  es_augment_view(out, &image, set->side, augment, draws);
  if (set->kind->paint != NULL)
    set->kind->paint(s, sample, out, set->side * set->side);
}

/* A view before noise. */
static void plain_view(const es_dataset *set, size_t sample,
                       const es_draws *draws, double *out) {
  const es_source *s = &set->source;
  if (set->kind->view != NULL) {
    set->kind->view(s, sample, draws, out);
    return;
  }
  cut_view(set, sample, &set->augment, draws, out);
  es_colour_view(out, s->channels, set->side, &set->colour, draws);
}

static size_t sample_of(const es_dataset *set, size_t i) {
  return set->pick == NULL ? i : set->pick[i];
}

/* The sample as it is; a generated vector as view 0 of draw 0. */
static void unchanged(const es_dataset *set, size_t sample, double *out) {
  static const es_augment none = {.crop_min = 1};
  const es_draws draws = es_draws_of(set->source.seed, 0, sample, 0);
  if (set->kind->view != NULL)
    set->kind->view(&set->source, sample, &draws, out);
  else
    cut_view(set, sample, &none, &draws, out);
}

static void view_of(const es_dataset *set, size_t i, uint64_t draw,
                    unsigned which, double *out) {
  const size_t sample = sample_of(set, i);
  const es_draws draws = es_draws_of(set->source.seed, draw, sample, which);
  if (which == 0 && set->one_sided) {
    unchanged(set, sample, out);
    return;
  }
  plain_view(set, sample, &draws, out);
  es_noise_add(out, which, &set->noise, &draws);
}

void es_dataset_view(const es_dataset *set, size_t i, uint64_t draw,
                     unsigned which, double *out) {
  double x[ES_WHITEN_VALUES];
  view_of(set, i, draw, which, set->whiten == NULL ? out : x);
  if (set->whiten != NULL) es_whiten_apply(set->whiten, x, out);
}

void es_dataset_image(const es_dataset *set, size_t i, double *out) {
  double x[ES_WHITEN_VALUES];
  unchanged(set, sample_of(set, i), set->whiten == NULL ? out : x);
  if (set->whiten != NULL) es_whiten_apply(set->whiten, x, out);
}

int es_dataset_label(const es_dataset *set, size_t i) {
  const unsigned char *labels = set->source.labels;
  return labels == NULL ? -1 : labels[sample_of(set, i)];
}

size_t es_dataset_classes(const es_dataset *set) {
  const es_source *s = &set->source;
  size_t classes = s->classes;
  for (size_t i = 0; s->labels != NULL && i < s->count; i++)
    if (s->labels[i] >= classes) classes = (size_t)s->labels[i] + 1;
  return classes;
}

size_t es_dataset_factors(const es_dataset *set) { return set->factors; }

es_data_factor es_dataset_factor(const es_dataset *set, size_t k) {
  return set->kind->factors[k];
}

void es_dataset_factor_of(const es_dataset *set, size_t i, size_t k,
                          double *out) {
  set->kind->factor(&set->source, sample_of(set, i), k, out);
}

static void pair_of(const es_dataset *set, size_t i, uint64_t draw, double *x,
                    double *xp) {
  const size_t sample = sample_of(set, i);
  double *const views[2] = {x, xp};
  es_draws draws[2];
  for (unsigned k = 0; k < 2; k++) {
    draws[k] = es_draws_of(set->source.seed, draw, sample, k);
    if (k == 0 && set->one_sided)
      unchanged(set, sample, x);
    else if (k == 1 && set->kind->still)
      memcpy(xp, x, values_of(set) * sizeof *x);
    else
      plain_view(set, sample, &draws[k], views[k]);
  }
  for (unsigned k = set->one_sided; k < 2; k++)
    es_noise_add(views[k], k, &set->noise, &draws[k]);
}

void es_dataset_pair(const es_dataset *set, size_t i, uint64_t draw, double *x,
                     double *xp) {
  double raw[2][ES_WHITEN_VALUES];
  if (set->whiten == NULL) {
    pair_of(set, i, draw, x, xp);
    return;
  }
  pair_of(set, i, draw, raw[0], raw[1]);
  es_whiten_apply(set->whiten, raw[0], x);
  es_whiten_apply(set->whiten, raw[1], xp);
}
