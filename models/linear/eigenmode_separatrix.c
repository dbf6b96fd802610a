/* Where the starts that survive begin and end: a survivor is looked for on a
 * grid, bisection on the fate places the boundary beside it, and the saddle's
 * stable manifold, solved for from there, must pass through that place.
 *
 * At tau0 >= 0 and fixed p0 a larger s0 survives where a smaller one does (not
 * proved; no grid of starts shows otherwise), so that survivors lie above a
 * curve s(p0). It falls and then rises: at one s0 they are an
 * interval of p0. It may be narrower than the grid, and then the lowest point
 * of the curve is looked for by golden section. A start with p0 < 0 and c <= 0
 * collapses, which bounds the interval below.
 * At eta = 0 the boundary is c = 0 for p0 < 0 and c = -p*^2/alpha_p above, p* =
 * lambda_d tau/lambda_s (theory.md 4). */
#include "models/linear/eigenmode_separatrix.h"

#include <math.h>

enum { GRID = 64, HALVINGS = 24, SECTIONS = 40 };

typedef struct search {
  const es_eigenmode *mode;
  es_orbit *orbit;
  double s0, unit;  /* unit: p of the saddle */
  double low, high; /* beyond these all collapse */
  const es_watch *watch;
  es_diag *diag;
  es_status status;
} search;

/* Undecided counts as collapse at one place: nothing is certain there. */
static bool survives(search *s, double p0, double s0) {
  es_fate fate = ES_FATE_UNDECIDED;
  if (s->status == ES_OK && s->watch != NULL &&
      s->watch->ask(s->watch->context, "separatrix", 0, 0))
    s->status = es_fail(s->diag, ES_INTERRUPTED, "interrupted");
  if (s->status == ES_OK)
    s->status = es_orbit_fate(&fate, s->orbit, p0, s0, s->diag);
  return fate == ES_FATE_STABLE;
}

/* Places of a grid that is even in units of the saddle's p near 0 and even in
 * ratios far from it. */
static double place(const search *s, size_t i) {
  const double from = asinh(s->low / s->unit), to = asinh(s->high / s->unit);
  return s->unit * sinh(from + (to - from) * (double)i / GRID);
}

/* log of the least s0 that survives at p0, coarsely; s0 itself does not. */
static double log_least(search *s, double p0) {
  double low = log(s->s0), high = low;
  do high += 2;
  while (high < low + 60 && s->status == ES_OK && !survives(s, p0, exp(high)));
  for (int k = 0; k < HALVINGS; k++) {
    const double middle = low + (high - low) / 2;
    if (survives(s, p0, exp(middle)))
      high = middle;
    else
      low = middle;
  }
  return high;
}

/* Golden section for the lowest point of s(p0) between a and b; ends at once
 * where s0 survives. */
static bool lowest(search *s, double a, double b, double *found) {
  const double share = (3 - sqrt(5)) / 2;
  double x = a + share * (b - a), y = b - share * (b - a);
  double at_x = log_least(s, x), at_y = log_least(s, y);
  for (int k = 0; k < SECTIONS && s->status == ES_OK; k++) {
    const bool left = at_x < at_y;
    if (left) {
      b = y;
      y = x;
      at_y = at_x;
      x = a + share * (b - a);
    } else {
      a = x;
      x = y;
      at_x = at_y;
      y = b - share * (b - a);
    }
    *found = left ? x : y;
    if (survives(s, *found, s->s0)) return true;
    *(left ? &at_x : &at_y) = log_least(s, *found);
  }
  return false;
}

/* A p0 that survives; false: there is none. */
static bool survivor(search *s, double *found) {
  size_t best = 1;
  double least = INFINITY;
  for (size_t i = 1; i < GRID; i++) {
    *found = place(s, i);
    if (survives(s, *found, s->s0)) return true;
  }
  for (size_t i = 1; i < GRID && s->status == ES_OK; i += 3) {
    const double here = log_least(s, place(s, i));
    if (here < least) {
      least = here;
      best = i;
    }
  }
  return lowest(s, place(s, best > 3 ? best - 3 : 0),
                place(s, best + 3 < GRID ? best + 3 : GRID), found);
}

/* Narrows the bracket of a p0 that survives and one that does not to that share
 * of its place, or to neighbouring numbers; returns its middle. */
static double bisect(search *s, double *alive, double *dead, double share) {
  while (s->status == ES_OK) {
    const double middle = *alive + (*dead - *alive) / 2;
    if (middle == *alive || middle == *dead ||
        fabs(*alive - *dead) <= share * fmax(fabs(middle), s->unit))
      break;
    *(survives(s, middle, s->s0) ? alive : dead) = middle;
  }
  return *alive + (*dead - *alive) / 2;
}

/* Whether p0 certainly collapses: bisection takes what is not decided for dead.
 */
static bool collapses(search *s, double p0) {
  es_fate fate = ES_FATE_UNDECIDED;
  if (s->status == ES_OK)
    s->status = es_orbit_fate(&fate, s->orbit, p0, s->s0, s->diag);
  return fate == ES_FATE_COLLAPSED;
}

/* The branch between the two: the manifold, solved for from a bracket that is
 * still wide, so that it is not the answer that it is compared with. Where that
 * is too far away for Newton's method it begins at the answer after all. */
static void branch(es_separatrix *out, int k, search *s, double alive,
                   double dead, const es_eigenmode_point *saddle) {
  static const double wide = 1e-8, beside = 1e-6;
  const double side = copysign(1, dead - alive);
  double p0 = bisect(s, &alive, &dead, wide);
  const double answer = bisect(s, &alive, &dead, 0);
  for (int from = 0; from < 2 && s->status == ES_OK; from++) {
    s->status =
        es_eigenmode_manifold(&p0, s->orbit, s->mode, saddle, s->s0, s->diag);
    if (!isnan(p0)) break;
    if (from == 0) p0 = answer;
  }
  const double unit = fmax(fabs(answer), s->unit);
  out->undecided[k] = isnan(p0) && !collapses(s, answer + side * beside * unit);
  out->p0[k] = isnan(p0) && !out->undecided[k] ? answer : p0;
  out->residual[k] = fabs(p0 - answer);
}

static es_status solve(es_separatrix *out, search *s,
                       const es_eigenmode_point *saddle) {
  double alive = NAN;
  while (s->status == ES_OK && survives(s, s->high, s->s0)) s->high *= 4;
  if (!survivor(s, &alive)) return s->status;
  for (int k = 0; k < 2; k++)
    branch(out, k, s, alive, k == 0 ? s->low : s->high, saddle);
  return s->status;
}

/* eta = 0: no saddle, but the boundary is known. Nothing between collapse,
 * which is certain at once, and survival. */
static es_status undamped(es_separatrix *out, const es_eigenmode *mode) {
  const double tau = mode->ema ? 1 : mode->tau0;
  const double most = mode->lambda_d * tau / mode->lambda_s;
  const double square = mode->alpha_p * mode->s0;
  out->p0[0] = -sqrt(square);
  out->p0[1] = hypot(most, out->p0[0]);
  out->residual[0] = out->residual[1] = 0;
  return ES_OK;
}

static es_status damped(es_separatrix *out, const es_eigenmode *mode,
                        const es_watch *watch, es_diag *diag) {
  es_eigenmode_point point[3];
  if (es_eigenmode_points(mode, point) < 3) return ES_OK;
  double slow = INFINITY;
  for (int k = 0; k < 3; k++)
    if (point[1].eig[k] != 0 && !isnan(point[1].eig[k]))
      slow = fmin(slow, fabs(point[1].eig[k]));
  const double size = sqrt(mode->alpha_p * mode->s0);
  search s = {.mode = mode,
              .s0 = mode->s0,
              .unit = point[1].p,
              .low = -size,
              .high = 4 * fmax(point[2].p, size),
              .watch = watch,
              .diag = diag};
  s.status = es_orbit_new(&s.orbit, mode, point[1].p, 2000 / slow, diag);
  const es_status status =
      s.status == ES_OK ? solve(out, &s, &point[1]) : s.status;
  es_orbit_free(s.orbit);
  return status;
}

/* At a constant tau < 0 all of the flow is that of -tau with p reversed. */
static void reverse(es_separatrix *out) {
  const es_separatrix other = *out;
  for (int k = 0; k < 2; k++) {
    out->p0[k] = -other.p0[1 - k];
    out->residual[k] = other.residual[1 - k];
    out->undecided[k] = other.undecided[1 - k];
  }
}

es_status es_eigenmode_separatrix(es_separatrix *out, const es_eigenmode *mode,
                                  const es_watch *watch, es_diag *diag) {
  es_eigenmode facing = *mode;
  const bool away = !mode->ema && mode->tau0 < 0;
  *out = (es_separatrix){.p0 = {NAN, NAN}, .residual = {NAN, NAN}};
  if (!(mode->s0 > 0) || (!mode->ema && mode->tau0 == 0)) return ES_OK;
  if (away) facing.tau0 = -mode->tau0;
  const es_status status = mode->eta_s == 0 ? undamped(out, &facing)
                                            : damped(out, &facing, watch, diag);
  if (away) reverse(out);
  return status;
}
