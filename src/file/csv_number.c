/* Numbers as %.17g writes them, in a fraction of its time: tables of sweeps
 * hold them by the million.
 *
 * x = m 2^e is multiplied by 10^s, with s such that the integer part has 17
 * digits, or 18. 10^s = 5^b 2^b 10^(28 a), 5^b exact and 10^(28 a) to 128 bits:
 * relative to x 10^s < 2^60 the product is known to 2^-127, to 2^-67 of the
 * last digit. Where 64 bits behind it are a half, or one less in the last,
 * printf tells which way to round; elsewhere there is no doubt. */
#include "file/csv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

enum { DIGITS = 17, STEP = 28, LEAST = -11 };
static const uint64_t least_17 = 10000000000000000UL; /* of 17 digits */

static const uint64_t fives[STEP] = {
    1U,
    5U,
    25U,
    125U,
    625U,
    3125U,
    15625U,
    78125U,
    390625U,
    1953125U,
    9765625U,
    48828125U,
    244140625U,
    1220703125U,
    6103515625UL,
    30517578125UL,
    152587890625UL,
    762939453125UL,
    3814697265625UL,
    19073486328125UL,
    95367431640625UL,
    476837158203125UL,
    2384185791015625UL,
    11920928955078125UL,
    59604644775390625UL,
    298023223876953125UL,
    1490116119384765625UL,
    7450580596923828125UL,
};

/* 10^(28 a) = (high 2^64 + low) 2^shift, rounded down, from a = LEAST on. */
static const struct power {
  uint64_t high, low;
  int shift;
} powers[] = {
    {0xe61acf033d1a45dfUL, 0x6fb92487298e33bdUL, -1151},
    {0xe858ad248f5c22c9UL, 0xd1b3400f8f9cff68UL, -1058},
    {0xea9c227723ee8bcbUL, 0x465e15a979c1cadcUL, -965},
    {0xece53cec4a314ebdUL, 0xa4f8bf5635246428UL, -872},
    {0xef340a98172aace4UL, 0x86fb897116c87c34UL, -779},
    {0xf18899b1bc3f8ca1UL, 0xdc44e6c3cb279ac1UL, -686},
    {0xf3e2f893dec3f126UL, 0x5a89dba3c3efccfaUL, -593},
    {0xf64335bcf065d37dUL, 0x4d4617b5ff4a16d5UL, -500},
    {0xf8a95fcf88747d94UL, 0x75a44c6397ce912aUL, -407},
    {0xfb158592be068d2eUL, 0xeed6e2f0f0d56712UL, -314},
    {0xfd87b5f28300ca0dUL, 0x8bca9d6e188853fcUL, -221},
    {0x8000000000000000UL, 0x0000000000000000UL, -127},
    {0x813f3978f8940984UL, 0x4000000000000000UL, -34},
    {0x82818f1281ed449fUL, 0xbff8f10e7a8921a4UL, 59},
    {0x83c7088e1aab65dbUL, 0x792667c6da79e0faUL, 152},
    {0x850fadc09923329eUL, 0x03e2cf6bc604ddb0UL, 245},
    {0x865b86925b9bc5c2UL, 0x0b8a2392ba45a9b2UL, 338},
    {0x87aa9aff79042286UL, 0x90fb44d2f05d0842UL, 431},
    {0x88fcf317f22241e2UL, 0x441fece3bdf81f03UL, 524},
    {0x8a5296ffe33cc92fUL, 0x82bd6b70d99aaa6fUL, 617},
    {0x8bab8eefb6409c1aUL, 0x1ad089b6c2f7548eUL, 710},
    {0x8d07e33455637eb2UL, 0xdb0b487b6423e1e8UL, 803},
    {0x8e679c2f5e44ff8fUL, 0x570f09eaa7ea7648UL, 896},
    {0x8fcac257558ee4e6UL, 0x213a4f0aa5e8a7b1UL, 989},
};

/* floor(n/2^k) for a number n of four words, least first, 64 <= k < 256, as far
 * as it fits into 64 bits; *behind gets the next 64 bits. */
static uint64_t shifted(const uint64_t n[4], int k, uint64_t *behind) {
  uint64_t part[6] = {n[0], n[1], n[2], n[3], 0, 0};
  const int word = k / 64, bit = k % 64;
  const uint64_t *p = part + word;
  *behind = bit == 0 ? p[-1] : p[-1] >> bit | p[0] << (64 - bit);
  return bit == 0 ? p[0] : p[0] >> bit | p[1] << (64 - bit);
}

/* out = (a1 2^64 + a0) (b1 2^64 + b0) */
static void multiply(uint64_t out[4], wide a, const struct power *b) {
  const uint64_t a0 = (uint64_t)a, a1 = (uint64_t)(a >> 64);
  const wide low = (wide)a0 * b->low, high = (wide)a1 * b->high;
  const wide left = (wide)a1 * b->low, right = (wide)a0 * b->high;
  const wide middle = (low >> 64) + (uint64_t)left + (uint64_t)right;
  const wide top = high + (left >> 64) + (right >> 64) + (middle >> 64);
  out[0] = (uint64_t)low;
  out[1] = (uint64_t)middle;
  out[2] = (uint64_t)top;
  out[3] = (uint64_t)(top >> 64);
}

/* x 10^s = m 2^e 10^s, rounded; false where it is not known which way. */
static bool scaled(uint64_t m, int e, int s, uint64_t *out) {
  const uint64_t half = (uint64_t)1 << 63;
  const int a = (s - STEP * LEAST) / STEP + LEAST, b = s - STEP * a;
  const struct power *power = &powers[a - LEAST];
  uint64_t product[4], behind;
  multiply(product, (wide)m * fives[b], power);
  *out = shifted(product, -(e + b + power->shift), &behind);
  if (behind == half || behind == half - 1) return false;
  *out += behind > half;
  return true;
}

/* The 17 digits of x > 0 as a number, and the place of the first: x = d.ddd…
 * 10^k. */
static bool digits_of(double x, uint64_t *out, int *k) {
  int e;
  const double fraction = frexp(x, &e); /* x = fraction 2^e, 1/2 <= fraction */
  const uint64_t m = (uint64_t)(fraction * 0x1p53);
  /* floor((e - 1) log10 2), k itself or one less */
  *k = (int)floor((e - 1) * 0.30102999566398120);
  if (!scaled(m, e - 53, DIGITS - 1 - *k, out)) return false;
  if (*out < 10 * least_17) return true;
  ++*k;
  if (!scaled(m, e - 53, DIGITS - 1 - *k, out)) return false;
  return true;
}

static size_t put_exponent(char *out, int k) {
  size_t n = 0;
  out[n++] = 'e';
  out[n++] = k < 0 ? '-' : '+';
  if (k < 0) k = -k;
  if (k >= 100) out[n++] = (char)('0' + k / 100);
  out[n++] = (char)('0' + k / 10 % 10);
  out[n++] = (char)('0' + k % 10);
  return n;
}

/* Copies n digits with a point behind the first `whole` of them. */
static size_t put_digits(char *out, const char *digit, size_t n, size_t whole) {
  memcpy(out, digit, whole);
  if (n == whole) return n;
  out[whole] = '.';
  memcpy(out + whole + 1, digit + whole, n - whole);
  return n + 1;
}

/* n digits, the last not 0, of a number whose first is at 10^k. */
static size_t lay_out(char *out, char *digit, size_t n, int k) {
  if (k < -4 || k >= DIGITS) {
    const size_t used = put_digits(out, digit, n, 1);
    return used + put_exponent(out + used, k);
  }
  if (k < 0) {
    const size_t zeros = (size_t)(-1 - k);
    memcpy(out, "0.0000", 2 + zeros);
    memcpy(out + 2 + zeros, digit, n);
    return 2 + zeros + n;
  }
  const size_t whole = (size_t)k + 1;
  return put_digits(out, digit, n > whole ? n : whole, whole);
}

/* With a decimal point whatever the locale, whose radix is all that can stand
 * there beside digits, signs and the exponent. */
static size_t by_printf(char out[64], double value) {
  char local[64];
  size_t n = 0;
  snprintf(local, sizeof local, "%.17g", value);
  for (const char *c = local; *c != '\0'; c++)
    if (strchr("+-0123456789e", *c) != NULL)
      out[n++] = *c;
    else if (n == 0 || out[n - 1] != '.')
      out[n++] = '.';
  return n;
}

static size_t word(char *out, const char *text) {
  const size_t n = strlen(text);
  memcpy(out, text, n);
  return n;
}

size_t es_csv_number(char out[64], double value) {
  char digit[DIGITS];
  uint64_t all;
  int k;
  if (isnan(value)) return word(out, "nan");
  if (isinf(value)) return word(out, value < 0 ? "-inf" : "inf");
  if (value == 0) return word(out, signbit(value) ? "-0" : "0");
  if (!digits_of(fabs(value), &all, &k)) return by_printf(out, value);
  uint32_t half[2] = {(uint32_t)(all / 100000000), (uint32_t)(all % 100000000)};
  for (int i = DIGITS - 1; i >= 0; i--) {
    uint32_t *part = &half[i > DIGITS - 9];
    digit[i] = (char)('0' + *part % 10);
    *part /= 10;
  }
  size_t n = DIGITS;
  while (n > 1 && digit[n - 1] == '0') n--;
  const size_t sign = value < 0;
  if (sign == 1) *out = '-';
  return sign + lay_out(out + sign, digit, n, k);
}
