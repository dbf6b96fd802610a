/* Losses by their definitions, loop after loop in long double, and the cases
 * that tests hold against them. */
#ifndef ES_TESTS_MODELS_NAIVE_LOSSES_H
#define ES_TESTS_MODELS_NAIVE_LOSSES_H

#include "tests/models/losses.h"

typedef long double exact;

static inline exact mean_of(const double *z, size_t n, size_t d, size_t j) {
  exact sum = 0;
  for (size_t i = 0; i < n; i++) sum += z[i * d + j];
  return sum / n;
}

/* sum_i (a_i - mean a)(b_i - mean b) of column j of a and k of b. */
static inline exact moment(const double *a, size_t j, const double *b, size_t k,
                           size_t n, size_t d) {
  const exact ma = mean_of(a, n, d, j), mb = mean_of(b, n, d, k);
  exact sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += (a[i * d + j] - ma) * (b[i * d + k] - mb);
  return sum;
}

static inline exact naive_barlow(const double *z, size_t n, size_t d) {
  const double *y = z + n * d;
  exact loss = 0;
  for (size_t j = 0; j < d; j++)
    for (size_t k = 0; k < d; k++) {
      const exact a = moment(z, j, z, j, n, d) / n + 1e-5L;
      const exact b = moment(y, k, y, k, n, d) / n + 1e-5L;
      const exact c = moment(z, j, y, k, n, d) / n / sqrtl(a * b);
      loss += j == k ? (c - 1) * (c - 1) : .0051L * c * c;
    }
  return loss;
}

static inline exact naive_vicreg(const double *z, size_t n, size_t d) {
  exact loss = 0;
  for (size_t k = 0; k < n * d; k++) {
    const exact apart = (exact)z[k] - z[n * d + k];
    loss += 25 * apart * apart / (n * d);
  }
  for (const double *y = z; y <= z + n * d; y += n * d)
    for (size_t j = 0; j < d; j++)
      for (size_t k = 0; k < d; k++) {
        const exact c = moment(y, j, y, k, n, d) / (n - 1);
        if (j != k)
          loss += c * c / d;
        else if (sqrtl(c + 1e-4L) < 1)
          loss += 12.5L * (1 - sqrtl(c + 1e-4L)) / d;
      }
  return loss;
}

static inline exact cosine(const double *a, const double *b, size_t d) {
  exact ab = 0, aa = 0, bb = 0;
  for (size_t j = 0; j < d; j++) {
    ab += (exact)a[j] * b[j];
    aa += (exact)a[j] * a[j];
    bb += (exact)b[j] * b[j];
  }
  return ab / (sqrtl(aa) * sqrtl(bb));
}

static inline exact naive_simclr(const double *z, size_t n, size_t d) {
  exact loss = 0;
  for (size_t a = 0; a < 2 * n; a++) {
    exact sum = 0;
    for (size_t b = 0; b < 2 * n; b++)
      if (b != a) sum += expl(cosine(z + a * d, z + b * d, d) / .5L);
    loss += logl(sum) - cosine(z + a * d, z + (a + n) % (2 * n) * d, d) / .5L;
  }
  return loss / (2 * n);
}

static inline exact naive_positives(const double *z, size_t n, size_t d) {
  exact loss = 0;
  for (size_t i = 0; i < n; i++)
    loss -= cosine(z + i * d, z + (n + i) * d, d) / .1L / n;
  return loss;
}

static inline exact naive_spectral(const double *z, size_t n, size_t d) {
  exact loss = 0;
  for (size_t j = 0; j < d; j++)
    for (size_t k = 0; k < d; k++) {
      const exact s = moment(z, j, z, k, 2 * n, d) / (2 * n);
      loss += s * s;
    }
  for (size_t j = 0; j < d; j++) {
    const exact mean = mean_of(z, 2 * n, d, j);
    for (size_t i = 0; i < n; i++)
      loss -= 2 * (z[i * d + j] - mean) * (z[(n + i) * d + j] - mean) / n;
  }
  return loss;
}

static inline exact square(const double *a, const double *b, size_t d) {
  exact sum = 0;
  for (size_t j = 0; j < d; j++) sum += ((exact)a[j] - b[j]) * (a[j] - b[j]);
  return sum;
}

static inline exact naive_infonce(const double *z, size_t n, size_t d) {
  exact loss = 0;
  for (size_t i = 0; i < n; i++) {
    const exact own = square(z + i * d, z + (n + i) * d, d) / 2;
    exact sum = expl(-own);
    for (size_t j = 0; j < n; j++)
      if (j != i) sum += expl(-square(z + i * d, z + j * d, d) / 2);
    loss += (own + logl(sum)) / n;
  }
  return loss;
}

/* Of both directions: row a of z meets row (a + n) mod 2n of t. */
static inline exact against_cosine(const double *z, const double *t, size_t n,
                                   size_t d) {
  exact loss = 0;
  for (size_t a = 0; a < 2 * n; a++)
    loss += 2 - 2 * cosine(z + a * d, t + (a + n) % (2 * n) * d, d);
  return loss / n;
}

static inline exact against_l2(const double *z, const double *t, size_t n,
                               size_t d) {
  exact loss = 0;
  for (size_t a = 0; a < 2 * n; a++)
    loss += square(z + a * d, t + (a + n) % (2 * n) * d, d) / 2;
  return loss / n;
}

static inline exact against_cross(const double *z, const double *t, size_t n,
                                  size_t d) {
  exact loss = 0;
  for (size_t a = 0; a < 2 * n; a++) {
    const double *y = t + (a + n) % (2 * n) * d;
    exact sum = 0;
    for (size_t c = 0; c < d; c++) sum += expl(z[a * d + c]);
    for (size_t c = 0; c < d; c++) loss -= y[c] * (z[a * d + c] - logl(sum));
  }
  return loss / (2 * n);
}

static inline exact contrast(const double *z, const double *t, size_t n,
                             size_t d, exact temperature) {
  exact loss = 0;
  for (size_t a = 0; a < 2 * n; a++) {
    const double *y = t + (a < n ? n * d : 0);
    exact sum = 0;
    for (size_t b = 0; b < n; b++)
      sum += expl(cosine(z + a * d, y + b * d, d) / temperature);
    loss += logl(sum) - cosine(z + a * d, y + a % n * d, d) / temperature;
  }
  return loss / n;
}

static inline exact against_directclr(const double *z, const double *t,
                                      size_t n, size_t d) {
  return contrast(z, t, n, d, .1L) / 2;
}

static inline exact against_mocov3(const double *z, const double *t, size_t n,
                                   size_t d) {
  return contrast(z, t, n, d, .2L) * .4L;
}

static const struct {
  loss_case c;
  exact (*naive)(const double *z, size_t n, size_t d);
  exact (*against)(const double *z, const double *t, size_t n, size_t d);
} loss_cases[] = {
    {{{"loss=barlow"}, 37, 5}, naive_barlow, NULL},
    {{{"loss=barlow"}, 2, 1}, naive_barlow, NULL},
    {{{"loss=barlow"}, 3, 7}, naive_barlow, NULL},
    {{{"loss=vicreg"}, 37, 5}, naive_vicreg, NULL},
    {{{"loss=vicreg"}, 2, 1}, naive_vicreg, NULL},
    {{{"loss=vicreg"}, 3, 7}, naive_vicreg, NULL},
    {{{"loss=simclr"}, 37, 5}, naive_simclr, NULL},
    {{{"loss=simclr"}, 2, 1}, naive_simclr, NULL},
    {{{"loss=simclr"}, 150, 3}, naive_simclr, NULL}, /* two blocks of anchors */
    {{{"loss=simclr", "negatives=off", "temperature=0.1"}, 37, 5},
     naive_positives,
     NULL},
    {{{"loss=spectral"}, 37, 5}, naive_spectral, NULL},
    {{{"loss=spectral"}, 2, 1}, naive_spectral, NULL},
    {{{"loss=infonce"}, 37, 5}, naive_infonce, NULL},
    {{{"loss=infonce"}, 2, 1}, naive_infonce, NULL},
    {{{"loss=infonce"}, 300, 3}, naive_infonce, NULL},
    {{{"loss=cosine"}, 37, 5}, NULL, against_cosine},
    {{{"loss=cosine"}, 2, 1}, NULL, against_cosine},
    {{{"loss=l2"}, 37, 5}, NULL, against_l2},
    {{{"loss=l2"}, 2, 1}, NULL, against_l2},
    {{{"loss=cross-entropy"}, 37, 5}, NULL, against_cross},
    {{{"loss=cross-entropy"}, 2, 2}, NULL, against_cross},
    {{{"loss=infonce", "temperature=0.1"}, 37, 5}, NULL, against_directclr},
    {{{"loss=infonce", "temperature=0.1"}, 2, 1}, NULL, against_directclr},
    {{{"loss=infonce", "temperature=0.2", "target=ema"}, 37, 5},
     NULL,
     against_mocov3},
};
enum { LOSS_CASES = sizeof loss_cases / sizeof *loss_cases };

/* Losses of lengths alone: on a line every cosine is 1 or -1. */
static inline bool by_cosine(const opened *o) {
  return o->loss == &es_loss_simclr || o->loss == &es_loss_cosine ||
         o->loss == &es_loss_infonce_cosine;
}

#endif
