/* Stiff reference problems with published solutions: F. Mazzia, C. Magherini,
 * "Test Set for Initial Value Problem Solvers", release 2.4 (2008): Robertson's
 * reaction, HIRES, Van der Pol's oscillator with mu = 1000 (there with time and
 * slope in units of mu). */
#ifndef ES_TESTS_ODE_STIFF_PROBLEMS_H
#define ES_TESTS_ODE_STIFF_PROBLEMS_H

#include <eigenstep/ode.h>

static inline es_status robertson(double t, const double *y, double *dydt,
                                  void *c) {
  (void)t, (void)c;
  dydt[0] = -.04 * y[0] + 1e4 * y[1] * y[2];
  dydt[2] = 3e7 * y[1] * y[1];
  dydt[1] = -dydt[0] - dydt[2];
  return ES_OK;
}

static inline es_status robertson_jacobian(double t, const double *y, double *J,
                                           double *dfdt, void *c) {
  (void)t, (void)dfdt, (void)c;
  J[0] = -.04;
  J[1] = .04;
  J[3] = 1e4 * y[2];
  J[5] = 6e7 * y[1];
  J[4] = -J[3] - J[5];
  J[6] = 1e4 * y[1];
  J[7] = -J[6];
  return ES_OK;
}

static inline es_status hires(double t, const double *y, double *dydt,
                              void *c) {
  (void)t, (void)c;
  const double bound = 280 * y[5] * y[7];
  dydt[0] = -1.71 * y[0] + .43 * y[1] + 8.32 * y[2] + .0007;
  dydt[1] = 1.71 * y[0] - 8.75 * y[1];
  dydt[2] = -10.03 * y[2] + .43 * y[3] + .035 * y[4];
  dydt[3] = 8.32 * y[1] + 1.71 * y[2] - 1.12 * y[3];
  dydt[4] = -1.745 * y[4] + .43 * y[5] + .43 * y[6];
  dydt[5] = -bound + .69 * y[3] + 1.71 * y[4] - .43 * y[5] + .69 * y[6];
  dydt[6] = bound - 1.81 * y[6];
  dydt[7] = -dydt[6];
  return ES_OK;
}

static inline es_status hires_jacobian(double t, const double *y, double *J,
                                       double *dfdt, void *c) {
  (void)t, (void)dfdt, (void)c;
  const double linear[8][8] = {
      {-1.71, .43, 8.32},
      {1.71, -8.75},
      {0, 0, -10.03, .43, .035},
      {0, 8.32, 1.71, -1.12},
      {0, 0, 0, 0, -1.745, .43, .43},
      {0, 0, 0, .69, 1.71, -.43 - 280 * y[7], .69, -280 * y[5]},
      {0, 0, 0, 0, 0, 280 * y[7], -1.81, 280 * y[5]},
      {0, 0, 0, 0, 0, -280 * y[7], 1.81, -280 * y[5]},
  };
  for (int i = 0; i < 8; i++)
    for (int j = 0; j < 8; j++) J[i + j * 8] = linear[i][j];
  return ES_OK;
}

static inline es_status van_der_pol(double t, const double *y, double *dydt,
                                    void *c) {
  (void)t, (void)c;
  dydt[0] = y[1];
  dydt[1] = 1000 * (1 - y[0] * y[0]) * y[1] - y[0];
  return ES_OK;
}

static inline es_status van_der_pol_jacobian(double t, const double *y,
                                             double *J, double *dfdt, void *c) {
  (void)t, (void)dfdt, (void)c;
  J[1] = -2000 * y[0] * y[1] - 1;
  J[2] = 1;
  J[3] = 1000 * (1 - y[0] * y[0]);
  return ES_OK;
}

#endif
