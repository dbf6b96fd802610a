/* Gauss's rule of 7 points on [-1, 1], exact for polynomials up to degree 13:
 * nodes -x[3] .. -x[1], x[0] = 0, x[1] .. x[3]. */
#ifndef ES_ODE_GAUSS_H
#define ES_ODE_GAUSS_H

static const double es_gauss_x[4] = {
    0, .40584515137739716691, .74153118559939443986, .94910791234275852453};
static const double es_gauss_w[4] = {
    .41795918367346938776, .38183005050511894495, .27970539148927666790,
    .12948496616886969327};

/* Node q = 0 .. 6 and its weight for the integral from 0 to theta. */
static inline double es_gauss(int q, double theta, double *weight) {
  const int m = q < 3 ? 3 - q : q - 3;
  *weight = theta / 2 * es_gauss_w[m];
  return theta / 2 * (1 + (q < 3 ? -es_gauss_x[m] : es_gauss_x[m]));
}

#endif
