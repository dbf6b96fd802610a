/* See deep_mode.h. */
#include "models/linear/deep_mode.h"

#include "models/linear/pair_log.h"
#include "models/linear/scaled.h"

#include "base/slab.h"

#include <stdlib.h>

struct es_deep_mode {
  size_t L;
  double lambda, eta;
  double *sigma0, *root;   /* L */
  deep_integral *integral; /* NULL: nothing but decay, or L = 1 */
  pair rate;               /* |omega| is this times 2^rate_e */
  int rate_e;
  pair decay;  /* (2L-2) eta */
  pair end;    /* t*; hi = inf: none */
  pair margin; /* J(1) - omega/decay, where decay wins */
};

static const pair one = {1, 0};

static pair times_two_to(pair x, int e) {
  return (pair){ldexp(x.hi, e), ldexp(x.lo, e)};
}

/* rate and rate_e, from significands alone: rate in [1/2, 1). */
static void set_rate(es_deep_mode *b) {
  const size_t least = es_deep_integral_least(b->integral);
  b->rate = (pair){frexp(fabs(b->lambda), &b->rate_e), 0};
  b->rate_e++;
  for (size_t l = 0; l < b->L; l++) {
    int e = 0, shift = 0;
    if (l == least) continue;
    const double m = frexp(b->sigma0[l], &e);
    const pair product = pair_multiply(b->rate, pair_product(m, m));
    frexp(product.hi, &shift);
    b->rate = times_two_to(product, -shift);
    b->rate_e += 2 * e + shift;
  }
}

/* x/|omega|, where that is a number of doubles' range. */
static pair over_rate(const es_deep_mode *b, pair x) {
  return times_two_to(pair_divide(x, b->rate), -b->rate_e);
}

/* |omega| x. */
static pair by_rate(const es_deep_mode *b, pair x) {
  return times_two_to(pair_multiply(b->rate, x), b->rate_e);
}

/* t* from T*: -ln(1 - q)/decay with q = decay T*. */
static void set_end(es_deep_mode *b) {
  const pair whole = es_deep_integral_whole(b->integral);
  const pair T = over_rate(b, whole);
  b->end = (pair){INFINITY, 0};
  if (!(b->decay.hi > 0)) {
    if (isfinite(T.hi)) b->end = T;
    return;
  }
  /* 1 - q from a difference first: near 0 it is exact. */
  const pair q = times_two_to(pair_multiply(b->decay, whole), -b->rate_e);
  const pair rest = pair_divide(pair_subtract(b->rate, q), b->rate);
  if (q.hi <= b->rate.hi && rest.hi > 0)
    b->end = es_pair_log_over(one, rest, T, b->decay);
  else
    b->margin = pair_subtract(whole, by_rate(b, pair_divide(one, b->decay)));
}

es_status es_deep_mode_new(es_deep_mode **out, size_t L, const double *sigma0,
                           size_t stride, double lambda, double eta,
                           es_diag *diag) {
  es_deep_mode *b = *out = calloc(1, sizeof *b);
  bool still = lambda == 0 || L == 1;
  if (b == NULL) return es_fail(diag, ES_NO_MEMORY, "no memory for a mode");
  *b = (es_deep_mode){.L = L, .lambda = lambda, .eta = eta};
  b->end = (pair){INFINITY, 0};
  b->decay = pair_product(2 * (double)L - 2, eta);
  b->sigma0 = es_zeroed(L, 1, sizeof *b->sigma0);
  b->root = es_zeroed(L, 1, sizeof *b->root);
  es_status status = ES_OK;
  if (b->sigma0 == NULL || b->root == NULL)
    status = es_fail(diag, ES_NO_MEMORY, "no memory for a mode");
  for (size_t l = 0; status == ES_OK && l < L; l++) {
    b->sigma0[l] = sigma0[l * stride];
    still = still || b->sigma0[l] == 0;
  }
  if (status == ES_OK && !still)
    status = es_deep_integral_new(&b->integral, L, b->sigma0, diag);
  if (status != ES_OK) {
    es_deep_mode_free(b);
    *out = NULL;
    return status;
  }
  if (b->integral == NULL) return ES_OK;
  set_rate(b);
  if (lambda > 0) set_end(b);
  return ES_OK;
}

void es_deep_mode_free(es_deep_mode *b) {
  if (b == NULL) return;
  es_deep_integral_free(b->integral);
  free(b->sigma0);
  free(b->root);
  free(b);
}

double es_deep_mode_blowup(const es_deep_mode *b) { return b->end.hi; }

double es_deep_time(size_t L, double eta, double t) {
  const double rate = (2 * (double)L - 2) * eta;
  return rate * t > 0 ? -expm1(-rate * t) / rate : t;
}

double es_deep_time_back(size_t L, double eta, double T) {
  const double rate = (2 * (double)L - 2) * eta;
  if (!(rate * T > 0)) return T;
  return rate * T < 1 ? -log1p(-rate * T) / rate : INFINITY;
}

/* |omega| T of t. */
static pair gone(const es_deep_mode *b, double t) {
  return by_rate(b, (pair){es_deep_time(b->L, b->eta, t), 0});
}

/* omega (T* - T): as a difference while little has gone, and then from what is
 * left of the time. */
static pair left(const es_deep_mode *b, double t) {
  const pair whole = es_deep_integral_whole(b->integral);
  const double decay = b->decay.hi, lost = exp(-decay * t);
  if (!isfinite(b->end.hi)) {
    if (lost > .5) return pair_subtract(whole, gone(b, t));
    const pair rest = pair_scale(pair_divide(one, b->decay), lost);
    return pair_add(b->margin, by_rate(b, rest));
  }
  const pair to_go = pair_subtract(b->end, (pair){t, 0});
  if (!(decay > 0)) return by_rate(b, to_go);
  if (t < .5 * b->end.hi) return pair_subtract(whole, gone(b, t));
  const double x = decay * to_go.hi;
  const double share = x > 0 ? lost * -expm1(-x) / x : lost;
  return by_rate(b, pair_scale(to_go, share));
}

/* One layer: sigma0 e^{(lambda - eta) t}. */
static double exponential(const es_deep_mode *b, double t) {
  const pair rate = pair_sum(b->lambda, -b->eta);
  const double x = rate.hi * t;
  const scaled grown =
      scaled_exp(fabs(x) < 7000 ? pair_scale(rate, t) : (pair){x, 0});
  return scaled_value(scaled_mul(scaled_make(b->sigma0[0], 0), grown));
}

es_status es_deep_mode_at(es_deep_mode *b, double t, double *sigma,
                          size_t stride) {
  const double kept = exp(-b->eta * t);
  es_status status = ES_OK;
  if (b->L == 1) {
    *sigma = exponential(b, t);
    return ES_OK;
  }
  for (size_t l = 0; l < b->L; l++) b->root[l] = 1;
  if (b->integral != NULL && b->lambda < 0) {
    status = es_deep_integral_shrunk(b->integral, gone(b, t), b->root);
  } else if (b->integral != NULL) {
    const pair rest = left(b, t);
    if (!(rest.hi > 0)) return ES_DIVERGED;
    es_deep_integral_grown(b->integral, rest, b->root);
  }
  for (size_t l = 0; l < b->L; l++)
    sigma[l * stride] = kept * b->sigma0[l] * b->root[l];
  return status;
}
