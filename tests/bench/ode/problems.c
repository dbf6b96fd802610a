/* The small problems: BYOL's eigenmodes, and standard ones of the literature.
 *
 * References: Hairer, Norsett, Wanner, "Solving Ordinary Differential Equations
 * I", II.10 (Pleiades); Hairer, Wanner, "Solving Ordinary Differential
 * Equations II", IV.10 (Robertson, HIRES, Van der Pol). The published values at
 * the end are those of Mazzia and Magherini's "Test Set for Initial Value
 * Problem Solvers" 2.4. */
#include "tests/bench/ode/ode.h"

#include "base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double wide[] = {1e-3, 1e-4, 1e-6, 1e-8, 1e-10, 1e-12};
static const double middle[] = {1e-4, 1e-6, 1e-8, 1e-10};

void problem_room(problem *p) {
  p->start = bench_room(p->cells * p->n, sizeof(double));
  p->params = bench_room(p->cells * p->n_params, sizeof(double));
  p->scale = bench_room(p->n, sizeof(double));
  p->times = bench_room(p->n_times, sizeof(double));
  for (size_t i = 0; i < p->n; i++) p->scale[i] = 1;
}

static void linear_times(problem *p, double end) {
  for (size_t k = 0; k < p->n_times; k++)
    p->times[k] = end * (double)(k + 1) / (double)p->n_times;
}

/* p, s, tau of BYOL's decoupled eigenmodes (theory.md 4). Numbers of a cell:
 * alpha_p, eta, beta, b = 1 + sigma^2. */
static es_status modes_rhs(double t, const double *y, double *f, void *self) {
  const double *c = self, p = y[0], s = y[1], tau = y[2];
  const double r = tau - c[3] * p;
  (void)t;
  f[0] = c[0] * s * r - c[1] * p;
  f[1] = 2 * p * s * r - 2 * c[1] * s;
  f[2] = c[2] * (1 - tau) - tau * (p * r - c[1]);
  return ES_OK;
}

static es_status modes_jacobian(double t, const double *y, double *J,
                                double *dfdt, void *self) {
  const double *c = self, p = y[0], s = y[1], tau = y[2], b = c[3];
  const double r = tau - b * p;
  (void)t, (void)dfdt;
  J[0] = -c[0] * s * b - c[1];
  J[1] = 2 * s * (r - b * p);
  J[2] = -tau * (r - b * p);
  J[3] = c[0] * r;
  J[4] = 2 * p * r - 2 * c[1];
  J[6] = c[0] * s;
  J[7] = 2 * p * s;
  J[8] = -c[2] - (p * r - c[1]) - tau * p;
  return ES_OK;
}

static double between(double low, double high, uint64_t index) {
  return low + (high - low) * es_random_uniform(1, ES_STREAM_USER, index);
}

/* One cell is theory.md's check; of more, each has its own rates and start. */
void problem_modes(problem *p, size_t cells) {
  static const double check[4] = {1, .04, .4, 1.0009}, y0[3] = {.1, .01, 0};
  *p = (problem){.name = cells == 1 ? "mode" : "modes-200",
                 .title = "BYOL's p, s, tau: one cell",
                 .n = 3,
                 .cells = cells,
                 .n_params = 4,
                 .n_times = 10,
                 .n_state = 3,
                 .rhs = modes_rhs,
                 .jacobian = modes_jacobian,
                 .wrong = 1e4,
                 .cap = 10,
                 .rtol = wide,
                 .n_rtols = 6};
  problem_room(p);
  linear_times(p, 40);
  memcpy(p->params, check, sizeof check);
  memcpy(p->start, y0, sizeof y0);
  if (cells == 1) return;
  p->title = "BYOL's p, s, tau: 200 random cells";
  for (size_t j = 0; j < cells; j++) {
    const double own[4] = {exp(between(log(.2), log(5), 8 * j)),
                           exp(between(log(.001), log(.1), 8 * j + 1)), .4,
                           1 + between(0, .2, 8 * j + 2)};
    memcpy(p->params + 4 * j, own, sizeof own);
    p->start[3 * j] = between(.1, 1, 8 * j + 3);
    p->start[3 * j + 1] = between(.01, 1, 8 * j + 4);
    p->start[3 * j + 2] = between(0, 1, 8 * j + 5);
  }
}

/* Seven stars of masses 1 to 7 in a plane: x, y, x', y'. */
static es_status pleiades_rhs(double t, const double *y, double *f,
                              void *self) {
  (void)t, (void)self;
  memcpy(f, y + 14, 14 * sizeof *f);
  for (int i = 0; i < 7; i++) {
    double ax = 0, ay = 0;
    for (int j = 0; j < 7; j++) {
      if (j == i) continue;
      const double dx = y[j] - y[i], dy = y[7 + j] - y[7 + i];
      const double d2 = dx * dx + dy * dy;
      const double pull = (j + 1) / (d2 * sqrt(d2));
      ax += pull * dx;
      ay += pull * dy;
    }
    f[14 + i] = ax;
    f[21 + i] = ay;
  }
  return ES_OK;
}

void problem_pleiades(problem *p) {
  static const double y0[28] = {3,    3, -1, -3, 2,     -2, 2, 3, -3, 2,
                                0,    0, -4, 4,  0,     0,  0, 0, 0,  1.75,
                                -1.5, 0, 0,  0,  -1.25, 1,  0, 0};
  *p = (problem){.name = "pleiades",
                 .title = "Pleiades: seven stars in a plane",
                 .n = 28,
                 .cells = 1,
                 .n_times = 3,
                 .n_state = 28,
                 .rhs = pleiades_rhs,
                 .wrong = 1e4, /* close passes multiply errors */
                 .cap = 10,
                 .rtol = wide,
                 .n_rtols = 6};
  problem_room(p);
  linear_times(p, 3);
  memcpy(p->start, y0, sizeof y0);
}

static es_status robertson_rhs(double t, const double *y, double *f,
                               void *self) {
  const double a = .04 * y[0], b = 1e4 * y[1] * y[2], c = 3e7 * y[1] * y[1];
  (void)t, (void)self;
  f[0] = b - a;
  f[1] = a - b - c;
  f[2] = c;
  return ES_OK;
}

static es_status robertson_jacobian(double t, const double *y, double *J,
                                    double *dfdt, void *self) {
  const double fall = 6e7 * y[1];
  const double rows[3][3] = {{-.04, 1e4 * y[2], 1e4 * y[1]},
                             {.04, -1e4 * y[2] - fall, -1e4 * y[1]},
                             {0, fall, 0}};
  (void)t, (void)dfdt, (void)self;
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) J[i + 3 * j] = rows[i][j];
  return ES_OK;
}

void problem_robertson(problem *p) {
  static const double end[3] = {2.083340149701255e-8, 8.333360770334713e-14,
                                .9999999791665050};
  *p = (problem){.name = "robertson",
                 .title = "Robertson's reactions to t = 1e11",
                 .n = 3,
                 .cells = 1,
                 .n_times = 12,
                 .n_state = 3,
                 .rhs = robertson_rhs,
                 .jacobian = robertson_jacobian,
                 .stiff = true,
                 .decades = true,
                 .by_component = true,
                 .wrong = 1e4,
                 .cap = 2,
                 .rtol = middle,
                 .n_rtols = 4,
                 .published = "IVP test set",
                 .ref = end};
  problem_room(p);
  p->start[0] = 1;
  /* Sizes at the end, which are small. */
  p->scale[0] = 1e-8;
  p->scale[1] = 1e-13;
  for (size_t k = 0; k < p->n_times; k++) p->times[k] = pow(10, (double)k);
}

static es_status hires_rhs(double t, const double *y, double *f, void *self) {
  const double bond = 280 * y[5] * y[7];
  (void)t, (void)self;
  f[0] = -1.71 * y[0] + .43 * y[1] + 8.32 * y[2] + .0007;
  f[1] = 1.71 * y[0] - 8.75 * y[1];
  f[2] = -10.03 * y[2] + .43 * y[3] + .035 * y[4];
  f[3] = 8.32 * y[1] + 1.71 * y[2] - 1.12 * y[3];
  f[4] = -1.745 * y[4] + .43 * y[5] + .43 * y[6];
  f[5] = -bond + .69 * y[3] + 1.71 * y[4] - .43 * y[5] + .69 * y[6];
  f[6] = bond - 1.81 * y[6];
  f[7] = -f[6];
  return ES_OK;
}

static es_status hires_jacobian(double t, const double *y, double *J,
                                double *dfdt, void *self) {
  const double u = 280 * y[7], v = 280 * y[5];
  const double rows[8][8] = {
      {-1.71, .43, 8.32},
      {1.71, -8.75},
      {0, 0, -10.03, .43, .035},
      {0, 8.32, 1.71, -1.12},
      {0, 0, 0, 0, -1.745, .43, .43},
      {0, 0, 0, .69, 1.71, -u - .43, .69, -v},
      {0, 0, 0, 0, 0, u, -1.81, v},
      {0, 0, 0, 0, 0, -u, 1.81, -v},
  };
  (void)t, (void)dfdt, (void)self;
  for (int i = 0; i < 8; i++)
    for (int j = 0; j < 8; j++) J[i + 8 * j] = rows[i][j];
  return ES_OK;
}

void problem_hires(problem *p) {
  static const double end[8] = {.7371312573325668e-3, .1442485726316185e-3,
                                .5888729740967575e-4, .1175651343283149e-2,
                                .2386356198831331e-2, .6238968252742796e-2,
                                .2849998395185769e-2, .2850001604814231e-2};
  *p = (problem){.name = "hires",
                 .title = "HIRES: a plant's response to light",
                 .n = 8,
                 .cells = 1,
                 .n_times = 4,
                 .n_state = 8,
                 .rhs = hires_rhs,
                 .jacobian = hires_jacobian,
                 .stiff = true,
                 .by_component = true,
                 .wrong = 1e4,
                 .cap = 2,
                 .rtol = middle,
                 .n_rtols = 4,
                 .published = "IVP test set",
                 .ref = end};
  problem_room(p);
  linear_times(p, 321.8122);
  p->start[0] = 1;
  p->start[7] = .0057;
  for (size_t i = 0; i < 8; i++) p->scale[i] = 1e-4;
}

/* y'' = mu (1 - y^2) y' - y with mu = 1000, time in units of mu: y' = z,
 * z' = mu^2 ((1 - y^2) z - y). */
static const double stiffness = 1e6;

static es_status van_der_pol_rhs(double t, const double *y, double *f,
                                 void *self) {
  (void)t, (void)self;
  f[0] = y[1];
  f[1] = stiffness * ((1 - y[0] * y[0]) * y[1] - y[0]);
  return ES_OK;
}

static es_status van_der_pol_jacobian(double t, const double *y, double *J,
                                      double *dfdt, void *self) {
  (void)t, (void)dfdt, (void)self;
  J[1] = stiffness * (-2 * y[0] * y[1] - 1);
  J[2] = 1;
  J[3] = stiffness * (1 - y[0] * y[0]);
  return ES_OK;
}

void problem_van_der_pol(problem *p) {
  static const double end[2] = {1.706167732170483, -.8928097010247975};
  *p = (problem){.name = "van-der-pol",
                 .title = "Van der Pol's oscillator, mu = 1000",
                 .n = 2,
                 .cells = 1,
                 .n_times = 4,
                 .n_state = 2,
                 .rhs = van_der_pol_rhs,
                 .jacobian = van_der_pol_jacobian,
                 .stiff = true,
                 .by_component = true,
                 .wrong = 1e4,
                 .cap = 2,
                 .rtol = middle,
                 .n_rtols = 4,
                 .published = "IVP test set",
                 .ref = end};
  problem_room(p);
  linear_times(p, 2);
  p->start[0] = 2;
}

void problem_free(problem *p) {
  es_instance_close(&p->instance);
  es_congruence_free(p->eigen);
  free(p->gamma);
  free(p->start);
  free(p->params);
  free(p->scale);
  free(p->times);
  *p = (problem){0};
}
