/* Tables for figures from arrays.h5: see prepare.h.
 *   modes.csv       the leading eigenvectors as tiles: mode, gamma, x, y, value
 *                   and, of three channels, red, green, blue in [0,255]
 *   images.csv      of a contrastive layer's stationary directions v_j, where
 *                   A v = r C v, the images C v_j likewise: the four of least
 *                   r, which stay longest, and the four of largest; r in
 *                   gamma's place
 *   spectra.csv     eigenvalues of the embedding's covariance, a row each of a
 *                   run's trace: step, rank, log10, -inf of one that is not
 *                   positive
 *   embedding.csv   points over time, less their mean, in the first three
 *                   principal directions: frame, t, point, x, y, z */
#include "plot/prepare.h"

#include "file/array.h"
#include "file/atomic.h"
#include "file/csv.h"
#include "linalg/linalg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TILES = 20, IMAGES = 8, AXES = 3, MOST_FRAMES = 60, PATH = 4096 };

static es_status read_dataset(es_array *out, const char *dir, const char *name,
                              es_diag *diag) {
  char path[PATH];
  const int n = snprintf(path, sizeof path, "%s/arrays.h5", dir);
  if (n < 0 || (size_t)n >= sizeof path)
    return es_fail(diag, ES_FILE_MISSING, "%s: path too long", dir);
  if (es_file_exists(path)) return es_h5_read_array(out, path, name, diag);
  return es_fail(diag, ES_FILE_MISSING,
                 "%s is missing: this figure needs output.modes=on or "
                 "output.embeddings=N, from data; of a network "
                 "train.embeddings=N",
                 path);
}

static es_status open_table(es_csv *csv, const char *dir, const char *name,
                            const char *const *names, size_t n, es_diag *diag) {
  char *path = es_file_join(dir, name);
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = es_csv_open(csv, path, NULL, diag);
  free(path);
  if (status != ES_OK) return status;
  status = es_csv_header(csv, names, n, diag);
  if (status != ES_OK) es_csv_abandon(csv);
  return status;
}

/* Shape of the images whose pixels are V's rows; colour: three channels. */
typedef struct tiling {
  size_t pixels, width;
  bool colour;
} tiling;

static double largest_of(const es_array *V, size_t rows, size_t j) {
  double largest = 1e-300;
  for (size_t i = 0; i < rows; i++)
    largest = fmax(largest, fabs(V->data[i * V->cols + j]));
  return largest;
}

/* Mode j: its first channel's pixels, scaled to a largest size of 1; and as a
 * colour, about middle grey, scaled alike in all channels. */
static es_status write_tile(es_csv *csv, const es_array *V, double gamma,
                            size_t j, const tiling *t, es_diag *diag) {
  const double scale = largest_of(V, t->pixels, j);
  const double spread = t->colour ? largest_of(V, 3 * t->pixels, j) : 0;
  for (size_t i = 0; i < t->pixels; i++) {
    double row[8] = {(double)(j + 1), gamma, (double)(i % t->width),
                     (double)(i / t->width), V->data[i * V->cols + j] / scale};
    for (size_t c = 0; t->colour && c < 3; c++)
      row[5 + c] =
          127.5 * (1 + V->data[(c * t->pixels + i) * V->cols + j] / spread);
    const es_status status = es_csv_row(csv, row, t->colour ? 8 : 5, diag);
    if (status != ES_OK) return status;
  }
  return ES_OK;
}

/* Into dir/file, gamma under the name of its column. */
static es_status write_tiles(const char *dir, const char *file,
                             const char *column, const es_array *V,
                             const es_array *gamma, const es_array *shape,
                             es_diag *diag) {
  const char *const names[] = {"mode",  column, "x",     "y",
                               "value", "red",  "green", "blue"};
  es_csv csv;
  const bool three = shape->rows * shape->cols == 3;
  const double height = three ? shape->data[1] : 0;
  const double width = three ? shape->data[2] : 0;
  if (!(height >= 1 && width >= 1) || !(height * width <= (double)V->rows) ||
      gamma->rows < V->cols)
    return es_fail(diag, ES_FILE_DATA,
                   "%s/arrays.h5: its modes are not of images", dir);
  tiling t = {(size_t)height * (size_t)width, (size_t)width, false};
  t.colour = shape->data[0] == 3 && V->rows / 3 >= t.pixels;
  es_status status = open_table(&csv, dir, file, names, t.colour ? 8 : 5, diag);
  if (status != ES_OK) return status;
  for (size_t j = 0; status == ES_OK && j < TILES && j < V->cols; j++)
    status = write_tile(&csv, V, gamma->data[j], j, &t, diag);
  return es_csv_end(&csv, status, diag);
}

static es_status prepare_modes(const char *dir, es_diag *diag) {
  es_array V = {0}, gamma = {0}, shape = {0};
  es_status status = read_dataset(&V, dir, "/V", diag);
  if (status == ES_OK) status = read_dataset(&gamma, dir, "/gamma", diag);
  if (status == ES_OK) status = read_dataset(&shape, dir, "/image_shape", diag);
  if (status == ES_OK)
    status = write_tiles(dir, "modes.csv", "gamma", &V, &gamma, &shape, diag);
  es_array_free(&V);
  es_array_free(&gamma);
  es_array_free(&shape);
  return status;
}

/* Of n directions, by rising r, the k-th shown: the first and the last. */
static size_t shown(size_t k, size_t n, size_t count) {
  return k < count / 2 ? k : n - count + k;
}

/* Column k of images (m×count, row-major) = C v of the direction, its largest
 * entry positive, for the sign of v is the eigensolver's; r[k] = a/c. */
static void image_of(es_array *images, double *r, const es_array *C,
                     const es_array *modes, const es_array *c,
                     const es_array *a, size_t k) {
  const size_t m = C->rows, n = modes->cols, count = images->cols;
  const size_t j = shown(k, n, count);
  double largest = 0;
  r[k] = a->data[j] / c->data[j];
  for (size_t i = 0; i < m; i++) {
    double sum = 0;
    for (size_t l = 0; l < m; l++)
      sum += C->data[i * m + l] * modes->data[l * n + j];
    images->data[i * count + k] = sum;
    if (fabs(sum) > fabs(largest)) largest = sum;
  }
  for (size_t i = 0; largest < 0 && i < m; i++)
    images->data[i * count + k] *= -1;
}

static es_status write_images(const char *dir, const es_array *set,
                              es_diag *diag) {
  const es_array *C = &set[0], *modes = &set[1], *c = &set[2], *a = &set[3];
  es_array images = {0}, r = {0};
  const size_t n = modes->cols, count = n < IMAGES ? n : IMAGES;
  if (C->rows != C->cols || modes->rows != C->rows || c->rows != n ||
      a->rows != n)
    return es_fail(diag, ES_FILE_DATA,
                   "%s/arrays.h5: /C, /modes, /c and /a do not fit", dir);
  es_status status = es_array_new(&images, C->rows, count, "images", diag);
  if (status == ES_OK) status = es_array_new(&r, count, 1, "r", diag);
  for (size_t k = 0; status == ES_OK && k < count; k++)
    image_of(&images, r.data, C, modes, c, a, k);
  if (status == ES_OK)
    status = write_tiles(dir, "images.csv", "r", &images, &r, &set[4], diag);
  es_array_free(&images);
  es_array_free(&r);
  return status;
}

static es_status prepare_images(const char *dir, es_diag *diag) {
  static const char *const names[] = {"/C", "/modes", "/c", "/a",
                                      "/image_shape"};
  es_array set[5] = {{0}};
  es_status status = ES_OK;
  for (size_t i = 0; status == ES_OK && i < 5; i++)
    status = read_dataset(&set[i], dir, names[i], diag);
  if (status == ES_OK) status = write_images(dir, set, diag);
  for (size_t i = 0; i < 5; i++) es_array_free(&set[i]);
  return status;
}

/* Scratch for principal_axes, all d×d but values (d). */
typedef struct axis_work {
  double *C, *P, *T, *values;
} axis_work;

/* Second moment of one frame's points (row-major n×d) without the directions
 * found so far: C = P (sum x x^T)/n P. */
static void restricted_moment(axis_work *w, const double *points, size_t n,
                              size_t d) {
  es_syrk(d, n, 1 / (double)n, points, 0, w->C);
  es_gemm(false, false, d, d, d, 1, w->P, d, w->C, d, 0, w->T, d);
  es_gemm(false, false, d, d, d, 1, w->T, d, w->P, d, 0, w->C, d);
}

static double trace_of(const double *C, size_t d) {
  double sum = 0;
  for (size_t i = 0; i < d; i++) sum += C[i + i * d];
  return sum;
}

/* Leading direction at the first frame in which it carries a tenth of what a
 * direction carries in the end: later on all directions weigh alike, and their
 * order of appearance could not be told. P then leaves it out. Where the points
 * fill no further direction the axis stays 0. */
static es_status next_axis(double *axis, axis_work *w, const es_array *points,
                           size_t frames, double threshold, es_diag *diag) {
  const size_t d = points->cols, n = points->rows / frames;
  for (size_t f = 0; f < frames; f++) {
    restricted_moment(w, points->data + f * n * d, n, d);
    if (trace_of(w->C, d) < threshold && f + 1 < frames) continue;
    const es_status status = es_eigen_symmetric(d, w->C, w->values, true, diag);
    if (status != ES_OK) return status;
    if (w->values[d - 1] < threshold && f + 1 < frames) continue;
    if (w->values[d - 1] <= 1e-11 * threshold) break; /* rounding is left */
    memcpy(axis, w->C + (d - 1) * d, d * sizeof *axis);
    for (size_t j = 0; j < d; j++)
      for (size_t i = 0; i < d; i++) w->P[i + j * d] -= axis[i] * axis[j];
    break;
  }
  return ES_OK;
}

/* axes (dim×3), in the order in which the directions appear. */
static es_status principal_axes(const es_array *points, size_t frames,
                                double *axes, es_diag *diag) {
  const size_t d = points->cols, n = points->rows / frames;
  double *block = calloc(3 * d * d + d, sizeof *block);
  if (block == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  axis_work w = {block, block + d * d, block + 2 * d * d, block + 3 * d * d};
  es_status status = ES_OK;
  for (size_t i = 0; i < d; i++) w.P[i + i * d] = 1;
  restricted_moment(&w, points->data + (frames - 1) * n * d, n, d);
  const double threshold = .1 * trace_of(w.C, d) / (double)d;
  for (size_t a = 0; status == ES_OK && a < AXES && a < d; a++)
    status = next_axis(axes + a * d, &w, points, frames, threshold, diag);
  free(block);
  return status;
}

/* Frames: rows of the trajectory, thinned evenly to MOST_FRAMES. */
static es_status write_frames(es_csv *csv, const es_array *points,
                              const es_array *times, const double *axes,
                              es_diag *diag) {
  const size_t d = points->cols, rows = times->rows;
  const size_t n = points->rows / rows;
  const size_t frames = rows < MOST_FRAMES ? rows : MOST_FRAMES;
  es_status status = ES_OK;
  for (size_t f = 0; f < frames; f++) {
    const size_t r = frames == 1 ? 0 : f * (rows - 1) / (frames - 1);
    for (size_t i = 0; status == ES_OK && i < n; i++) {
      const double *x = points->data + (r * n + i) * d;
      double row[] = {(double)f, times->data[r], (double)i, 0, 0, 0};
      for (size_t a = 0; a < AXES; a++)
        for (size_t k = 0; k < d; k++) row[3 + a] += x[k] * axes[k + a * d];
      status = es_csv_row(csv, row, 6, diag);
    }
  }
  return status;
}

/* Squares of them are summed: of up to 2^31. */
static es_status check_embeddings(const char *dir, const es_array *points,
                                  const es_array *times, es_diag *diag) {
  if (points->rows % times->rows != 0 || points->rows < times->rows)
    return es_fail(diag, ES_FILE_DATA,
                   "%s/arrays.h5: /embeddings and /times do not fit", dir);
  for (size_t k = 0; k < points->rows * points->cols; k++)
    if (fabs(points->data[k]) > 1e140)
      return es_fail(diag, ES_FILE_DATA,
                     "%s/arrays.h5: /embeddings holds %g, beyond 1e140", dir,
                     points->data[k]);
  return ES_OK;
}

/* Each frame's points less their mean: figures are of the spread about it. */
static void centre(es_array *points, size_t frames) {
  const size_t d = points->cols, n = points->rows / frames;
  for (size_t f = 0; f < frames; f++)
    for (size_t j = 0; j < d; j++) {
      double *x = points->data + f * n * d + j, sum = 0;
      for (size_t i = 0; i < n; i++) sum += x[i * d];
      for (size_t i = 0; i < n; i++) x[i * d] -= sum / (double)n;
    }
}

static es_status prepare_embedding(const char *dir, es_diag *diag) {
  static const char *const names[] = {"frame", "t", "point", "x", "y", "z"};
  es_array points = {0}, times = {0};
  es_csv csv;
  double *axes = NULL;
  es_status status = read_dataset(&points, dir, "/embeddings", diag);
  if (status == ES_OK) status = read_dataset(&times, dir, "/times", diag);
  if (status == ES_OK) status = check_embeddings(dir, &points, &times, diag);
  if (status == ES_OK) {
    centre(&points, times.rows);
    axes = calloc(AXES * points.cols, sizeof *axes);
    if (axes == NULL) status = es_fail(diag, ES_NO_MEMORY, "no memory");
  }
  if (status == ES_OK) status = principal_axes(&points, times.rows, axes, diag);
  if (status == ES_OK)
    status = open_table(&csv, dir, "embedding.csv", names, 6, diag);
  if (status == ES_OK)
    status =
        es_csv_end(&csv, write_frames(&csv, &points, &times, axes, diag), diag);
  free(axes);
  es_array_free(&points);
  es_array_free(&times);
  return status;
}

/* Row i of a trace: its eigenvalues, from column `first` on, a row each. */
static es_status write_spectrum(es_csv *csv, const es_table *trace, size_t step,
                                size_t first, size_t i, es_diag *diag) {
  const double *value = trace->value + i * trace->columns;
  es_status status = ES_OK;
  for (size_t j = first; status == ES_OK && j < trace->columns &&
                         strncmp(trace->name[j], "cov_lambda_", 11) == 0;
       j++) {
    const double row[] = {value[step], (double)(j - first + 1),
                          value[j] > 0 ? log10(value[j]) : -INFINITY};
    status = es_csv_row(csv, row, 3, diag);
  }
  return status;
}

static es_status write_spectra(const char *dir, const es_table *trace,
                               es_diag *diag) {
  static const char *const names[] = {"step", "rank", "log10"};
  const size_t step = es_table_column(trace, "step");
  const size_t first = es_table_column(trace, "cov_lambda_1");
  es_csv csv;
  if (step >= trace->columns || first >= trace->columns)
    return es_fail(diag, ES_FILE_DATA,
                   "%s/trace.csv: no columns step and cov_lambda_1", dir);
  es_status status = open_table(&csv, dir, "spectra.csv", names, 3, diag);
  if (status != ES_OK) return status;
  for (size_t i = 0; status == ES_OK && i < trace->rows; i++)
    status = write_spectrum(&csv, trace, step, first, i, diag);
  return es_csv_end(&csv, status, diag);
}

static es_status prepare_spectra(const char *dir, es_diag *diag) {
  es_table trace = {0};
  char *path = es_file_join(dir, "trace.csv");
  if (path == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory");
  es_status status = es_table_read(&trace, path, diag);
  free(path);
  if (status == ES_OK) status = write_spectra(dir, &trace, diag);
  es_table_free(&trace);
  return status;
}

es_status es_plot_prepare(const char *dir, const char *kind, es_diag *diag) {
  if (strcmp(kind, "modes") == 0 || strcmp(kind, "factors") == 0)
    return prepare_modes(dir, diag);
  if (strcmp(kind, "crop-collapse") == 0) return prepare_images(dir, diag);
  if (strcmp(kind, "bimodal") == 0) return prepare_spectra(dir, diag);
  if (strcmp(kind, "embedding") == 0) return prepare_embedding(dir, diag);
  return ES_OK;
}
