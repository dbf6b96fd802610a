/* Solutions to hold others against: two methods of different hands at a much
 * tighter tolerance. The distance between them says how far either can be
 * trusted. */
#include "tests/bench/ode/ode.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CANDIDATES = 4 };

/* A method with its tolerance, in order of trust. */
typedef struct candidate {
  method method;
  double rtol;
} candidate;

/* Explicit pairs as far as they can; where the problem is stiff BDF and
 * extrapolation too. The two of the large problem are as tight as a minute
 * lets them be. */
static size_t candidates(candidate *out, const problem *p) {
  size_t n = 0;
  method sundials[8];
  if (p->large) {
    out[n++] = (candidate){method_gsl("rk8pd"), 1e-10};
    out[n++] = (candidate){method_ours("exponential"), 1e-10};
    out[n++] = (candidate){method_ours("dop853"), 1e-11};
    return n;
  }
  if (!p->stiff) {
    out[n++] = (candidate){method_gsl("rk8pd"), 1e-14};
    out[n++] = (candidate){method_ours("tsit5"), 1e-14};
    return n;
  }
  if (!p->decades) out[n++] = (candidate){method_ours("dop853"), 1e-13};
  if (methods_sundials(sundials, 8) > 1)
    out[n++] = (candidate){sundials[1], 1e-14};
  out[n++] = (candidate){method_gsl("bsimp"), 1e-14};
  out[n++] = (candidate){method_gsl("msbdf"), 1e-12};
  return n;
}

static bool solve(double *out, const candidate *c, const problem *p) {
  problem patient = *p;
  row r = {.method = &c->method, .rtol = c->rtol};
  patient.cap = p->large ? 300 : 20;
  row_solve(&r, &patient, NULL, out);
  return r.outcome == DONE;
}

bool reference(double *out, double *agreement, char *by, size_t size,
               const problem *p) {
  candidate c[CANDIDATES];
  size_t found = 0;
  const size_t n = candidates(c, p), all = p->cells * p->n_times * p->n_state;
  double *second = bench_room(all, sizeof *second);
  for (size_t i = 0; i < n && found < 2; i++) {
    if (!solve(found == 0 ? out : second, &c[i], p)) continue;
    const size_t used = found == 0 ? 0 : strlen(by);
    snprintf(by + used, size - used, "%s%s %s at %g", found == 0 ? "" : ", ",
             c[i].method.package, c[i].method.name, c[i].rtol);
    found++;
  }
  double observed = NAN;
  *agreement = INFINITY;
  if (found == 2) {
    compare(agreement, &observed, p, second, out);
    if (observed > *agreement) *agreement = observed;
  }
  free(second);
  return found == 2;
}
