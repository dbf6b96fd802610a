/* Until nothing moves: see rest.h. */
#include "sweep/rest.h"

#include "base/slab.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double first = 1e4, longer = 100, never = 1e300;

static bool same(const double *a, const double *b, size_t n, double rtol) {
  double most = 0, moved = 0;
  for (size_t i = 0; i < n; i++) {
    most = fmax(most, fabs(b[i]));
    moved = fmax(moved, fabs(b[i] - a[i]));
  }
  return moved <= 100 * rtol * most;
}

es_status es_rest_solve(es_ode *ode, double *t, double *y, size_t n,
                        double rtol, uint64_t max_steps, double *steps,
                        es_diag *diag) {
  double *before = es_zeroed(n, 1, sizeof *before), next = first;
  es_status status = before != NULL
                         ? ES_OK
                         : es_fail(diag, ES_NO_MEMORY, "no memory for a state");
  while (status == ES_OK) {
    while (next <= *t) next *= longer;
    memcpy(before, y, n * sizeof *y);
    const double from = *t;
    status = es_ode_solve(ode, from, y, &next, 1, NULL, t, diag);
    const es_ode_statistics stats = es_ode_stats(ode);
    *steps += (double)(stats.steps + stats.rejected);
    const bool ended = *t < next;
    if (status != ES_OK || ended) break;
    if (next >= longer * from && from >= first && same(before, y, n, rtol))
      break;
    if (*steps >= (double)max_steps || next > never)
      status = es_fail(diag, ES_BUDGET, "still moving at t = %.3g", *t);
  }
  free(before);
  return status;
}
