/* GSL's steppers on one BYOL eigenmode, as its user would write them: p, s and
 * tau with their Jacobian, one driver for all cells. */
#ifndef ES_BENCH_SWEEP_GSL_H
#define ES_BENCH_SWEEP_GSL_H

#include <gsl/gsl_errno.h>
#include <gsl/gsl_odeiv2.h>
#include <stddef.h>

enum { SETTINGS = 5, STATE = 3 };

/* A cell: alpha_p, eta, beta, p0, s0; the rest is the same for all. */
static const double sweep_b = 1.1, sweep_tau0 = .5, sweep_end = 100;

static int gsl_rhs(double t, const double *y, double *f, void *context) {
  const double *x = context, p = y[0], s = y[1], tau = y[2];
  const double r = tau - sweep_b * p, pull = p * r - x[1];
  (void)t;
  f[0] = x[0] * s * r - x[1] * p;
  f[1] = 2 * s * pull;
  f[2] = x[2] * (1 - tau) - tau * pull;
  return GSL_SUCCESS;
}

static int gsl_jacobian(double t, const double *y, double *J, double *dfdt,
                        void *context) {
  const double *x = context, p = y[0], s = y[1], tau = y[2];
  const double r = tau - sweep_b * p, pull = p * r - x[1];
  (void)t;
  J[0] = -x[0] * s * sweep_b - x[1];
  J[1] = x[0] * r;
  J[2] = x[0] * s;
  J[3] = 2 * s * (r - sweep_b * p);
  J[4] = 2 * pull;
  J[5] = 2 * s * p;
  J[6] = -tau * (r - sweep_b * p);
  J[7] = 0;
  J[8] = -x[2] - pull - tau * p;
  for (int i = 0; i < STATE; i++) dfdt[i] = 0;
  return GSL_SUCCESS;
}

typedef struct gsl_peer {
  const char *name;
  const gsl_odeiv2_step_type *type;
} gsl_peer;

enum { GSL_PEERS = 11 };
static inline void gsl_peers(gsl_peer out[GSL_PEERS]) {
  const gsl_odeiv2_step_type *const types[GSL_PEERS] = {
      gsl_odeiv2_step_rkck,  gsl_odeiv2_step_rk8pd,   gsl_odeiv2_step_rkf45,
      gsl_odeiv2_step_rk4,   gsl_odeiv2_step_msadams, gsl_odeiv2_step_bsimp,
      gsl_odeiv2_step_msbdf, gsl_odeiv2_step_rk4imp,  gsl_odeiv2_step_rk2imp,
      gsl_odeiv2_step_rk2,   gsl_odeiv2_step_rk1imp};
  for (int i = 0; i < GSL_PEERS; i++)
    out[i] = (gsl_peer){types[i]->name, types[i]};
}

/* Final states (n × STATE) of n cells (n × SETTINGS); false: it failed. */
static inline bool gsl_solve(const gsl_peer *peer, const double *cells,
                             size_t n, double rtol, double atol, double *out) {
  double x[SETTINGS];
  const double first = 1e-3;
  bool good = true;
  gsl_odeiv2_system system = {gsl_rhs, gsl_jacobian, STATE, x};
  gsl_odeiv2_driver *driver =
      gsl_odeiv2_driver_alloc_y_new(&system, peer->type, first, atol, rtol);
  if (driver == NULL) return false;
  for (size_t i = 0; i < n && good; i++) {
    double t = 0, *y = out + STATE * i;
    for (size_t k = 0; k < SETTINGS; k++) x[k] = cells[SETTINGS * i + k];
    y[0] = x[3], y[1] = x[4], y[2] = sweep_tau0;
    gsl_odeiv2_driver_reset(driver);
    gsl_odeiv2_driver_reset_hstart(driver, first);
    good = gsl_odeiv2_driver_apply(driver, &t, sweep_end, y) == GSL_SUCCESS;
  }
  gsl_odeiv2_driver_free(driver);
  return good;
}

#endif
