/* Cells on a grid or at random in a box: see points.h. */
#include "sweep/points.h"

#include "base/random.h"

#include <string.h>

static es_status check_names(const es_axis *axis, size_t n, es_diag *diag) {
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < i; k++)
      if (strcmp(axis[i].name, axis[k].name) == 0 &&
          strcmp(axis[i].section, axis[k].section) == 0)
        return es_fail(diag, ES_BAD_VALUE, "%s.%s: is an axis twice",
                       axis[i].section, axis[i].name);
  return ES_OK;
}

es_status es_points_grid(es_points *out, const es_axis *axis, size_t n_axes,
                         es_diag *diag) {
  const uint64_t most = (uint64_t)1 << 53;
  if (n_axes > ES_MOST_AXES)
    return es_fail(diag, ES_BAD_VALUE, "sweep: more than %d axes",
                   ES_MOST_AXES);
  const es_status status = check_names(axis, n_axes, diag);
  if (status != ES_OK) return status;
  *out = (es_points){.axis = axis, .n_axes = n_axes, .n = 1};
  for (size_t k = 0; k < n_axes; k++) {
    if (axis[k].n == 0)
      return es_fail(diag, ES_BAD_VALUE, "sweep.%s: an axis without a value",
                     axis[k].name);
    if (axis[k].n > most / out->n)
      return es_fail(diag, ES_BAD_VALUE,
                     "sweep.%s: the grid has more than 2^53 cells",
                     axis[k].name);
    out->n *= axis[k].n;
  }
  return ES_OK;
}

es_status es_points_box(es_points *out, const es_axis *axis, size_t n_axes,
                        uint64_t n, uint64_t seed, es_diag *diag) {
  const es_status status = check_names(axis, n_axes, diag);
  if (status != ES_OK) return status;
  for (size_t k = 0; k < n_axes; k++) {
    if (axis[k].n != 1 && axis[k].n != 2)
      return es_fail(diag, ES_BAD_VALUE,
                     "box.%s: %zu values; give the two ends of an interval",
                     axis[k].name, axis[k].n);
    if (axis[k].value[axis[k].n - 1] < axis[k].value[0])
      return es_fail(diag, ES_BAD_VALUE,
                     "box.%s=%.10g,%.10g: the ends of an interval must rise",
                     axis[k].name, axis[k].value[0], axis[k].value[1]);
  }
  *out = (es_points){
      .axis = axis, .n_axes = n_axes, .n = n, .random = true, .seed = seed};
  return ES_OK;
}

static double in_box(const es_points *p, uint64_t cell, size_t k) {
  const double a = p->axis[k].value[0], b = p->axis[k].value[p->axis[k].n - 1];
  const double u =
      es_random_uniform(p->seed, ES_STREAM_BOX, cell * p->n_axes + k);
  const double x = a + u * (b - a);
  return x < b ? x : b; /* rounding must not leave the box */
}

void es_points_at(const es_points *points, uint64_t cell, double *axes) {
  for (size_t k = points->n_axes; k-- > 0;) {
    const es_axis *axis = &points->axis[k];
    if (points->random) {
      axes[k] = in_box(points, cell, k);
    } else {
      axes[k] = axis->value[cell % axis->n];
      cell /= axis->n;
    }
  }
}
