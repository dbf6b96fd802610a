/* The flow of p, W and W_a along one mode, and its derivative: direction.h. */
#include "models/linear/direction.h"

void es_direction_flow(const es_eigenmode *m, bool descends, const double *v,
                       double *dv) {
  dv[0] = m->alpha_p * direction_rates(m, descends, v[0], v + 1, dv + 1) -
          m->eta_p * v[0];
}

void es_direction_jacobian(const es_eigenmode *m, const double *v, double *J,
                           size_t n) {
  const double size = direction_size(m, v + 1), y = v[2], z = v[3];
  const direction d = direction_of(m, v[0], y, z);
  const direction_slope e = direction_slope_of(m, v[0], y, z);
  const direction *by[4] = {&e.p, NULL, &e.y, &e.z};
  const double drive = m->alpha_p * size * size;
  for (size_t k = 0; k < 4; k++) {
    if (by[k] == NULL) continue;
    double *column = J + k * n;
    column[0] = drive * y * by[k]->r;
    column[1] = by[k]->rate;
    column[2] = by[k]->turn * z;
    column[3] = -by[k]->turn * y;
  }
  J[0] -= m->eta_p;
  J[0 + n] = 2 * drive * y * d.r;
  J[0 + 2 * n] += drive * d.r;
  J[3 + 2 * n] -= d.turn;
  J[2 + 3 * n] += d.turn;
}
