/* Which vectors the machine has. */
#include "sweep/lanes.h"

#include <string.h>

static const char *const names[ES_SIMDS] = {"none", "avx2", "avx512"};

const char *es_simd_name(es_simd simd) { return names[simd]; }

/* The kernels are compiled for what is asked for here and for nothing more. */
bool es_simd_has(es_simd simd) {
#if defined(__x86_64__)
  const bool avx2 =
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (simd == ES_SIMD_AVX2) return avx2;
  if (simd == ES_SIMD_AVX512)
    return avx2 && __builtin_cpu_supports("avx512f") &&
           __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
#endif
  return simd == ES_SIMD_NONE;
}

static es_simd widest(void) {
  es_simd best = ES_SIMD_AVX512;
  while (!es_simd_has(best)) best--;
  return best;
}

es_status es_simd_choose(es_simd *out, const char *name, es_diag *diag) {
  *out = widest();
  if (name == NULL || strcmp(name, "auto") == 0) return ES_OK;
  for (es_simd simd = ES_SIMD_NONE; simd < ES_SIMDS; simd++)
    if (strcmp(name, names[simd]) == 0) {
      if (!es_simd_has(simd))
        return es_fail(diag, ES_BAD_VALUE,
                       "solver.simd=%s: this machine does not have it; it has "
                       "%s",
                       name, names[*out]);
      *out = simd;
      return ES_OK;
    }
  return es_fail(diag, ES_BAD_VALUE,
                 "solver.simd=%s: must be auto, avx512, avx2 or none", name);
}
