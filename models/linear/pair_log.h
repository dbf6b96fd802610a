/* Logarithms and angles to twice the precision of double (pair.h), in the form
 * in which partial fractions need them: divided by a rate that may vanish, so
 * that a root at distance 0 from another is no case of its own. */
#ifndef ES_MODELS_LINEAR_PAIR_LOG_H
#define ES_MODELS_LINEAR_PAIR_LOG_H

#include "models/linear/pair.h"

/* ln(num/den)/scale, where num - den = scale*part; num and den have one sign,
 * and scale = 0 gives the limit part/den. */
pair es_pair_log_over(pair num, pair den, pair part, pair scale);

/* The angle of (c, delta sqrt(D)) in (-pi, pi], over sqrt(D); D >= 0, and D = 0
 * gives the limit delta/c. */
pair es_pair_angle_over(pair delta, pair c, pair D);

#endif
