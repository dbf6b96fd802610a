/* What is claimed of the large problem: at rtol 1e-8, five times SciPy's DOP853
 * and twice the best of GSL's steppers, at equal or smaller error. Ours is the
 * method that solver.method=auto takes, at the loosest rtol <= 1e-8 where its
 * error is not above the peer's. */
#include "tests/bench/ode/rounds.h"

#include <math.h>
#include <string.h>

static const double claimed_rtol = 1e-8;

/* The fastest of ours that is no worse than the peer, as far as the reference
 * can tell. */
static const row *ours_against(const pass *s, const row *peer) {
  const row *best = NULL;
  for (size_t i = 0; i < s->n; i++) {
    const row *r = &s->rows[i];
    if (!r->chosen || r->outcome != DONE || r->rtol > claimed_rtol) continue;
    if (!(fmax(r->error, s->apart) <= fmax(peer->error, s->apart))) continue;
    if (best == NULL || r->seconds < best->seconds) best = r;
  }
  return best;
}

/* The ratio to the best peer of a package (and name, unless NULL): that in
 * which ours gains least. */
static double least_ratio(const pass *s, const char *package, const char *name,
                          const row **peer, const row **ours) {
  double least = INFINITY;
  *peer = *ours = NULL;
  for (size_t i = 0; i < s->n; i++) {
    const row *r = &s->rows[i];
    if (strcmp(r->method->package, package) != 0 || r->outcome != DONE ||
        r->rtol != claimed_rtol)
      continue;
    if (name != NULL && strcmp(r->method->name, name) != 0) continue;
    const row *mine = ours_against(s, r);
    const double ratio = mine != NULL ? r->seconds / mine->seconds : 0;
    if (!(ratio < least)) continue;
    least = ratio;
    *peer = r;
    *ours = mine;
  }
  return least;
}

static void claim(const pass *s, FILE *csv, const char *package,
                  const char *name, double needed) {
  const row *peer, *ours;
  const double ratio = least_ratio(s, package, name, &peer, &ours);
  if (peer == NULL) {
    printf("skip  %s %s: no answer to compare with\n", package,
           name != NULL ? name : "");
    return;
  }
  const bool holds = ratio >= needed;
  printf("%s  d=64, m=784, %zu thread%s: %.2f times faster than %s's %s at "
         "rtol 1e-8 (at least %g); ",
         holds ? "pass" : "FAIL", s->threads, s->threads > 1 ? "s" : "", ratio,
         package, peer->method->name, needed);
  if (ours != NULL)
    printf("%s at rtol %g, errors %.2g and %.2g\n", ours->method->name,
           ours->rtol, ours->error, peer->error);
  else
    printf("no run of ours is as accurate: %.2g\n", peer->error);
  fprintf(csv, "%s %s,%zu,%.3f,%g,%d,%s,%g,%.4g,%.4g,%.5g,%.5g\n", package,
          peer->method->name, s->threads, ratio, needed, holds,
          ours != NULL ? ours->method->name : "",
          ours != NULL ? ours->rtol : NAN, ours != NULL ? ours->error : NAN,
          peer->error, ours != NULL ? ours->seconds : NAN, peer->seconds);
}

void claims(const pass *s, FILE *csv) {
  claim(s, csv, "SciPy", "DOP853", 5);
  claim(s, csv, "GSL", NULL, 2);
  fflush(stdout);
}
