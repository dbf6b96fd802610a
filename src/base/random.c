/* Philox4x32-10 and what is drawn from it: see random.h. */
#include "base/random.h"

#include <math.h>

static void philox_round(uint32_t c[4], const uint32_t k[2]) {
  const uint64_t a = (uint64_t)0xD2511F53u * c[0];
  const uint64_t b = (uint64_t)0xCD9E8D57u * c[2];
  const uint32_t c1 = c[1], c3 = c[3];
  c[0] = (uint32_t)(b >> 32) ^ c1 ^ k[0];
  c[1] = (uint32_t)b;
  c[2] = (uint32_t)(a >> 32) ^ c3 ^ k[1];
  c[3] = (uint32_t)a;
}

void es_random_philox(uint32_t out[4], const uint32_t counter[4],
                      const uint32_t key[2]) {
  uint32_t k[2] = {key[0], key[1]};
  for (int i = 0; i < 4; i++) out[i] = counter[i];
  for (int round = 0; round < 10; round++) {
    philox_round(out, k);
    k[0] += 0x9E3779B9u;
    k[1] += 0xBB67AE85u;
  }
}

static void block(uint64_t out[2], uint64_t seed, uint32_t stream,
                  uint64_t index) {
  const uint32_t counter[4] = {(uint32_t)index, (uint32_t)(index >> 32), stream,
                               0};
  const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
  uint32_t word[4];
  es_random_philox(word, counter, key);
  out[0] = (uint64_t)word[1] << 32 | word[0];
  out[1] = (uint64_t)word[3] << 32 | word[2];
}

static double unit(uint64_t bits) { return (double)(bits >> 11) * 0x1p-53; }

uint64_t es_random_bits(uint64_t seed, uint32_t stream, uint64_t index) {
  uint64_t b[2];
  block(b, seed, stream, index);
  return b[0];
}

double es_random_uniform(uint64_t seed, uint32_t stream, uint64_t index) {
  return unit(es_random_bits(seed, stream, index));
}

uint64_t es_random_below(uint64_t n, uint64_t seed, uint32_t stream,
                         uint64_t index) {
  /* High word of the 128-bit product (Lemire); written with 32-bit halves
   * because ISO C11 has no 128-bit integer. */
  const uint64_t x = es_random_bits(seed, stream, index);
  const uint64_t xl = (uint32_t)x, xh = x >> 32, nl = (uint32_t)n, nh = n >> 32;
  const uint64_t mid = xh * nl + (xl * nl >> 32);
  const uint64_t low = xl * nh + (uint32_t)mid;
  return xh * nh + (mid >> 32) + (low >> 32);
}

double es_random_normal(uint64_t seed, uint32_t stream, uint64_t index) {
  uint64_t b[2];
  block(b, seed, stream, index);
  /* 1 - u lies in (0,1], so the logarithm is finite. */
  return sqrt(-2 * log(1 - unit(b[0]))) * cos(2 * M_PI * unit(b[1]));
}

void es_random_choose(size_t *out, size_t k, size_t n, size_t *scratch,
                      uint64_t seed, uint32_t stream) {
  for (size_t i = 0; i < n; i++) scratch[i] = i;
  for (size_t i = 0; i < k; i++) {
    const size_t j = i + (size_t)es_random_below(n - i, seed, stream, i);
    out[i] = scratch[j];
    scratch[j] = scratch[i];
  }
}
