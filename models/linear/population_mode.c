/* One mode of the population flow: see population.h. */
#include "models/linear/population.h"

#include <math.h>

/* For r < 1/2 both parts of the numerator are positive; above, its conjugate
 * takes the zero at 2 out, 2 (2-r)/(2r - 1 + sqrt(1+4r)), and 2c - a is exact
 * there. */
double es_population_stable(double c, double a) {
  if (a >= 2 * c) return 0;
  int e = 0;
  const double m = frexp(c, &e), n = ldexp(a, -e), r = n / m;
  const double root = sqrt(1 + 4 * r);
  if (r < 1e-20) return c / a;
  if (r < .5) return (1 - 2 * r + root) / (2 * r);
  return 2 * ((2 * m - n) / m) / (2 * r - 1 + root);
}
