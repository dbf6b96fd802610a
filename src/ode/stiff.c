/* Stiffness (Hairer, Wanner, "Solving Ordinary Differential Equations II",
 * IV.2): where stability and not accuracy holds an explicit method's steps
 * short, h |lambda| stays near the end of its interval of stability; |lambda|
 * comes from two stages at one time. At tight tolerances, where the little that
 * the fast mode is off meets large coefficients in the error, it stays some way
 * inside, at 2 to 5 of dop853's 6.4 in problems of the literature; smooth
 * problems stay below 1 there. Looked for now and then only, until the first
 * step that is held.
 *
 * A change must pay. Steps of an implicit method are dearer, by how much is
 * guessed (below); whether they are longer by more is found out: it is tried
 * once the steps held in a row have cost as much as the trial may, and is over
 * where, some steps in a row, h |lambda| is less than `price` times what it was
 * in those, so that the explicit method would cover the time for less. A trial
 * that failed at once doubles the patience before the next: all trials together
 * never cost much more than the steps that they are to save. */
#include "ode/stiff.h"

/* Where in its interval of stability a step is taken to be held; steps in a row
 * that make up one's mind, and that change it; plain steps between two looks;
 * steps within which a change was a mistake. */
#define HELD .5
enum { MANY = 15, FEW = 6, PAUSE = 9, TRIAL = 20 };

/* In evaluations of f, each taken to be worth 20 n operations: 8 of f and one
 * of f_t; J of n columns by differences or n^2 entries; 2/3 n^3 for the factors
 * and 16 n^2 for the solutions; two for the calls. A method without factors
 * works as much on each evaluation as that costs (a linear part's, say). */
static double evaluations(const es_stepper *stiff, double n, bool analytic) {
  if (!stiff->factors) return 2 * stiff->stages;
  return 11 + (analytic ? n / 20 : n) + n * n / 30 + .8 * n;
}

static uint64_t first_patience(const es_stiff *w) {
  return (uint64_t)(MANY * fmax(w->price, 1));
}

void es_stiff_begin(es_stiff *w, const es_stepper *plain,
                    const es_stepper *stiff, size_t n, bool analytic) {
  *w = (es_stiff){.plain = plain, .stiff = stiff, .wait = PAUSE};
  if (stiff != NULL)
    w->price = evaluations(stiff, (double)n, analytic) / plain->stages;
  w->patience = first_patience(w);
}

bool es_stiff_due(const es_stiff *w, const es_stepper *stepper) {
  if (stepper->rate == NULL || !(w->plain->stable > 0)) return false;
  return stepper != w->plain || w->wait == 0;
}

static bool see_plain(es_stiff *w, double t, double z, bool shortened,
                      es_ode_statistics *stats) {
  if (shortened || z > HELD * w->plain->stable) {
    w->level += (z - w->level) / (double)++w->held;
    w->calm = 0;
    stats->stiff_steps++;
    if (w->held == MANY && isnan(stats->t_stiff)) stats->t_stiff = t;
  } else if (++w->calm >= FEW || w->held == 0) {
    w->held = 0;
    w->wait = PAUSE;
  }
  return w->stiff != NULL && w->held >= w->patience;
}

bool es_stiff_see(es_stiff *w, const es_stepper *stepper, double t, double h,
                  bool shortened, es_ode_statistics *stats) {
  const bool due = es_stiff_due(w, stepper);
  if (stepper->l_stable) stats->implicit_steps++;
  if (w->wait > 0) w->wait--;
  if (!due) return false;
  w->since++;
  bool change = false;
  if (stepper == w->plain)
    change = see_plain(w, t, h * w->rate, shortened, stats);
  else {
    w->calm = h * w->rate < w->level * w->price ? w->calm + 1 : 0;
    change = w->calm >= FEW && w->since > FEW;
    if (change)
      w->patience = w->since < TRIAL ? 2 * w->patience : first_patience(w);
  }
  if (!change) return false;
  w->held = w->calm = w->since = 0;
  stats->switches++;
  return true;
}

double es_stiff_first(const es_stiff *w) {
  return w->rate > 0 ? w->level / w->rate : INFINITY;
}
