/* A loop compiled for AVX-512, AVX2 and the baseline, chosen by the processor
 * when the program starts. */
#ifndef ES_NET_CLONES_ONEDNN_H
#define ES_NET_CLONES_ONEDNN_H

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) &&         \
    defined(__linux__)
#define ES_DNN_CLONES                                                          \
  __attribute__((target_clones("arch=x86-64-v4", "avx2", "default")))
#else
#define ES_DNN_CLONES
#endif

#endif
